"""Questions with options, however a table writes them: options as an object by letter, a list, or one column each;
the right one as a letter, an index, a number, or its text; one right option or several.
"""

from __future__ import annotations

import string
from typing import Any

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source

LETTERS = string.ascii_uppercase


def normalise(row: Row, source: Source) -> Row | Bad:
    """Return the row with question, options, letters, lettered, answers, answer_letters, answer, letter.

    `lettered` is the options as lines, "A: text". `answer` and `letter` are the right option's; where several are
    right, they are joined by "; " and by nothing.
    """
    fields = row.fields
    if not ("question" in fields and "options" in fields and "answer" in fields):
        name = next(name for name in ("question", "options", "answer") if name not in fields)
        return Bad(row.place, f"field '{name}' is missing or empty; found {', '.join(fields)}", str(fields))
    options, letters = _options(fields["options"])
    if len(options) < 2:
        return Bad(row.place, f"field 'options': expected at least two options, found {fields['options']!r}")
    places = _places(fields["answer"], options, letters, source.answer_is)
    if isinstance(places, str):
        return Bad(row.place, f"field 'answer': {places}", str(fields))
    right = [options[place] for place in places]
    marks = [letters[place] for place in places]
    fields["options"], fields["letters"] = options, letters
    fields["lettered"] = "\n".join([f"{letter}: {text}" for letter, text in zip(letters, options, strict=True)])
    fields["answers"], fields["answer_letters"] = right, marks
    fields["answer"], fields["letter"] = "; ".join(right), "".join(marks)
    return row


def _options(value: Any) -> tuple[list[str], list[str]]:
    """Return the texts of the options and their letters; options without a text are not there."""
    if isinstance(value, dict):
        pairs = [(str(letter), str(text).strip()) for letter, text in value.items() if text is not None]
    elif isinstance(value, (list, tuple)):
        if all(type(item) is str for item in value) and len(value) <= len(LETTERS):
            texts = [item.strip() for item in value]
            if all(texts):  # nearly always
                return texts, list(LETTERS[: len(texts)])
        texts = [item.get("value", item.get("text")) if isinstance(item, dict) else item for item in value]
        pairs = [(LETTERS[i], str(text).strip()) for i, text in enumerate(texts[:26]) if text is not None]
    else:
        pairs = []
    kept = [(letter, text) for letter, text in pairs if text]
    return [text for _, text in kept], [letter for letter, _ in kept]


def _places(value: Any, options: list[str], letters: list[str], answer_is: str) -> list[int] | str:
    """Return where the right options stand, or what is wrong."""
    if type(value) is str and answer_is == "letter" and value in letters:  # nearly always
        return [letters.index(value)]
    if type(value) is int and answer_is != "letter" and answer_is != "text":
        number = value - (answer_is == "number")
        if 0 <= number < len(options):
            return [number]
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    places = []
    for one in values:
        if answer_is == "text":
            found = [options.index(str(one).strip())] if str(one).strip() in options else None
        elif answer_is == "letter":
            marks = [mark for mark in str(one).upper() if mark not in " ,;"]
            known = {letter.upper(): place for place, letter in enumerate(letters)}
            found = [known[mark] for mark in marks] if marks and all(mark in known for mark in marks) else None
        else:
            text = str(one).strip()
            number = int(text) - (answer_is == "number") if text.lstrip("-").isdigit() else -1
            found = [number] if 0 <= number < len(options) else None
        if not found:
            wanted = {"text": "the text of an option", "letter": f"letters of {''.join(letters)}"}.get(
                answer_is, f"a whole number for one of {len(options)} options"
            )
            return f"expected {wanted}, found {one!r}"
        places += found
    return list(dict.fromkeys(places))
