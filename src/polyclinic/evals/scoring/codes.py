"""ICD-10 codes in a reply: exact, by their first three characters, and whether they exist.

Source: CLUE (Dada et al. 2024), MeDiSumCode; the code table is ICD-10-CM's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.evals.scoring.entities import f1_of, references_of, set_counts
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import says_something
from polyclinic.records import Reply
from polyclinic.tasks import Task

# A letter, two characters of which the first is a digit, and up to four more behind an optional dot. U codes exist
# since 2020 (U07.1), and C7A and the like have a letter third.
CODE = re.compile(r"(?<![A-Za-z0-9])([A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?)(?![A-Za-z0-9])")
CODE_METRICS = ("code_f1", "code_precision", "code_recall", "category_f1", "category_precision", "category_recall")


def codes_in(text: str) -> frozenset[str]:
    """Return the codes in a text without their dots; lower case counts where a code is written alone in a line."""
    return frozenset(code.replace(".", "") for code in CODE.findall(text.upper() if text.islower() else text))


def score_codes(
    task: Task, replies: Sequence[Reply], texts: Sequence[str], valid: Collection[str] | None = None
) -> list[list[Measured]]:
    """Score sets of codes: F1 exact and of the first three characters, their mean, and the share that exists.

    code_mean = (code_f1 + category_f1) / 2, each of counts summed over the task. `valid_codes` is the share of the
    predicted codes that the code table holds; it has no value where no code was predicted, and is part of no mean.

    Args:
        task: of the family codes.
        replies: with codes as gold.
        texts: the cleaned replies.
        valid: all codes that exist, without dots; default ICD-10-CM's table.
    """
    table = known_codes() if valid is None else valid
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        gold, predicted = codes_in("\n".join(references_of(reply))), codes_in(text)
        whole = set_counts(gold, predicted, says_something(text))
        short = set_counts(frozenset(c[:3] for c in gold), frozenset(c[:3] for c in predicted), says_something(text))
        both = {**whole, **{f"{name}_3": count for name, count in short.items()}}
        head = [Measured("code_mean", (f1_of(whole) + f1_of(short)) / 2, parts=both)]
        if task.metric == "micro_f1":
            head.insert(0, Measured("micro_f1", f1_of(whole), parts=whole))
        share = sum(code in table for code in predicted) / len(predicted) if predicted else None
        reason = "" if predicted else "no code in the reply"
        scored.append(
            [*head, *_sides("code", whole), *_sides("category", short), Measured("valid_codes", share, reason)]
        )
    return scored


def _sides(kind: str, counts: dict[str, int]) -> list[Measured]:
    precision = counts["matched"] / counts["predicted"] if counts["predicted"] else float(not counts["gold"])
    recall = counts["matched"] / counts["gold"] if counts["gold"] else float(not counts["predicted"])
    values = {"f1": f1_of(counts), "precision": precision, "recall": recall}
    return [Measured(f"{kind}_{side}", value, parts=counts) for side, value in values.items()]


@functools.cache
def known_codes() -> frozenset[str]:
    """Return the codes of the ICD-10-CM table that comes with simple-icd-10-cm, without dots."""
    import simple_icd_10_cm

    return frozenset(
        code.replace(".", "") for code in simple_icd_10_cm.get_all_codes(with_dots=False) if "-" not in code
    )


def read_code_list(path: Path) -> frozenset[str]:
    """Return the codes of a text file: the first code of each line, as in the ICD-10-CM order file.

    Raises UserError when the file cannot be read as text or holds no code.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as text ({error}); expected one code a line") from error
    found = frozenset(m.group(1).replace(".", "") for line in text.splitlines() if (m := CODE.search(line)))
    if not found:
        raise UserError(f"{path}: no ICD-10 code here; expected one code a line, such as E11.9")
    return found
