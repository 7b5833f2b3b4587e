"""Read a judge's answer: a JSON object with a rationale and a score from 1 to 4 for each criterion.

Source: Corbeil et al., ACL 2025, section 3.2.1 and appendix A.5.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyclinic.records import Sample
from polyclinic.synth.answers import without_thoughts

LOWEST, HIGHEST = 1, 4
JUDGEMENTS = "judgements.jsonl"  # beside the samples: every judgement with its reasons
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)


class UnusableAnswer(ValueError):
    """An answer does not have the form that was asked for; the text begins with the kind of fault and a colon."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one answer of a judge says, by criterion."""

    scores: Mapping[str, int]
    rationales: Mapping[str, str]


def read_judgement(answer: str, criteria: Sequence[str]) -> Judgement:
    """Return a judgement; raises UnusableAnswer when a criterion or its score is missing or off the scale."""
    found = read_object(answer)
    scores, rationales = {}, {}
    for key in criteria:
        cell = found.get(key)
        if not isinstance(cell, dict) or "score" not in cell:
            raise UnusableAnswer(f"no score: '{key}' needs an object with rationale and score")
        score = cell["score"]
        if isinstance(score, str) and score.strip().isdigit():
            score = int(score)
        if isinstance(score, float) and score.is_integer():
            score = int(score)
        if not isinstance(score, int) or isinstance(score, bool) or not LOWEST <= score <= HIGHEST:
            raise UnusableAnswer(
                f"score off the scale: '{key}' got {json.dumps(score)[:40]}; expected a whole number from "
                f"{LOWEST} to {HIGHEST}"
            )
        scores[key] = score
        rationales[key] = str(cell.get("rationale", ""))
    return Judgement(scores, rationales)


def read_object(answer: str) -> dict[str, Any]:
    """Return the JSON object that an answer consists of, fenced or not; raises UnusableAnswer otherwise."""
    text = without_thoughts(answer).strip()
    fenced = _FENCE.match(text)
    try:
        found = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError) as error:
        raise UnusableAnswer(f"broken JSON: {error}") from error
    if not isinstance(found, dict):
        raise UnusableAnswer(f"broken JSON: expected an object, found {type(found).__name__}")
    return found


def mean_scores(judgements: Sequence[Judgement]) -> dict[str, float]:
    """Return the mean score of each criterion: S_j = sum over v of c_v v / M (appendix A.5); none gives nothing."""
    if not judgements:
        return {}
    return {key: sum(one.scores[key] for one in judgements) / len(judgements) for key in judgements[0].scores}


def subject_key(sample: Sample, what: str) -> str:
    """Return what is judged once: the sample itself, or the instruction it shares with others."""
    if what == "output":
        return sample.id
    return hashlib.sha256(sample.instruction.encode("utf-8", "surrogatepass")).hexdigest()[:24]
