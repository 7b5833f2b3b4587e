"""Texts with headings, section by section: a note that has everything in the wrong place is not a good note.

A heading is a line of its own (`PHYSICAL EXAM`, `**Physical exam:**`, `## Results`) or stands before a colon
(`CC: knee pain`). What follows it, up to the next known heading, is the section; headings that a task does not know
are text. A section that comes twice is one. What stands before the first heading is in no section.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.rouge import rouge_f1
from polyclinic.evals.scoring.words import divided

NAMES = ("rouge1", "rouge2", "rougeL")


def sections_in(text: str, headings: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the text of each section that a text has, by the section's name.

    Args:
        text: a note.
        headings: name of a section -> how its headings are written, in any case.
    """
    pattern, names = _pattern(tuple((name, tuple(written)) for name, written in headings.items()))
    found: dict[str, list[str]] = {}
    section = ""
    for line in text.split("\n"):
        if match := pattern.match(line):
            section = names[" ".join(match.group(1).casefold().split())]
            found.setdefault(section, [])
            line = match.group(2) or ""
        if section:
            found[section].append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def score_sections(
    text: str, references: Sequence[str], headings: Mapping[str, Sequence[str]], rule: str
) -> list[Measured]:
    """Score a text section by section by ROUGE F1; of several references the first counts.

    section_rouge1, _rouge2 and _rougeL are means over the sections of the reference, each with the same weight;
    rouge1_<section> is there for each of them. A section that the text lacks is 0; one that the reference lacks is
    not looked at. Nothing for a reference without headings.
    """
    wanted = {name: body for name, body in sections_in(references[0], headings).items() if body}
    if not wanted:
        return []
    said = sections_in(text, headings)
    values = []
    for name, body in wanted.items():
        reply, reference = divided([said.get(name, ""), body], rule)
        values.append((1.0, 1.0, 1.0) if said.get(name) == body else rouge_f1(reply, [reference]))
    means = [sum(column) / len(wanted) for column in zip(*values, strict=True)]
    row = [Measured(f"section_{name}", mean) for name, mean in zip(NAMES, means, strict=True)]
    return row + [Measured(f"rouge1_{name}", value[0]) for name, value in zip(wanted, values, strict=True)]


@functools.lru_cache(maxsize=64)
def _pattern(headings: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    names = {" ".join(one.casefold().split()): name for name, written in headings for one in written}
    longest_first = sorted(names, key=len, reverse=True)
    either = "|".join(r"\s+".join(map(re.escape, one.split())) for one in longest_first)
    return re.compile(rf"^[\s#*_>]*({either})[\s*_]*(?:[:：][\s*_]*(.*))?$", re.IGNORECASE), names
