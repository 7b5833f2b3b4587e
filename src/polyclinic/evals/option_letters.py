"""The letters of an item's options, and whether a reply to an exam names one.

MedCare's exams are answered freely first; a reply without the closing sentence is followed by the marker, and the
likeliest letter is taken (Evaluation of MedCare: shared marker, one more token). Here that is the fallback alone.
"""

from __future__ import annotations

import re
import string

from polyclinic.records import Sample
from polyclinic.tasks import Task

LINE = re.compile(r"^\s*[（(]?([A-Z])[)）]?\s*[:：.．、)]", re.MULTILINE)
EXAMS = "medcare"  # the suite whose exams are asked for a letter again


def letters_of(sample: Sample) -> tuple[str, ...]:
    """Return the letters of the options: those that begin lines of the input, else one an option, else A to D."""
    found: list[str] = []
    for letter in LINE.findall(sample.input):
        if letter == string.ascii_uppercase[len(found)]:
            found.append(letter)
            if len(found) == 26:
                break
    if len(found) >= 2:
        return tuple(found)
    return tuple(string.ascii_uppercase[: len(sample.options) or 4])


def is_exam(task: Task) -> bool:
    """Say whether a task is one of MedCare's exams."""
    return EXAMS in task.suites and task.family in ("multiple_choice", "option_letters")


def marker(task: Task) -> str:
    """Return the words behind which an exam's answer stands."""
    return "答案为" if task.language.startswith("zh") else "The answer is"


def names_a_letter(reply: str, task: Task, letters: tuple[str, ...]) -> bool:
    """Say whether a letter of an option stands behind the marker in a reply."""
    among = "".join(letters)
    tail = "" if task.language.startswith("zh") else r"(?![a-zA-Z])"
    pattern = rf"(?i:{re.escape(marker(task))})[\s:：*\"“'(（]*(?:[Oo]ption\s+)?[{among}]+{tail}"
    return re.search(pattern, reply) is not None
