"""Numbers right behind a name: an age, the number of a record.

H. Castleberry (118-442); Lakshmi Raghunathan / SVW5510; Albert Nwosu, 93, came; Early, Vivian 90 - PEG
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from polyclinic.deidentify.dates.calendar_numbers import is_year
from polyclinic.deidentify.spans import Span

AGE = re.compile(
    r"(?:[ \t]{1,12}|,\s?|:[ ]|[ ]?\(|\s[-–—|/]\s|\||[ ]is[ ](?:now[ ])?|['’]s[ ]|[ ]was[ ])(?:aged?\s)?(9\d|"
    r"1[01]\d)(?:\s?(?:y|yrs?|yo)\b|[MF]\b)?"
    r"(?![\w%°/]|[.,:]\d|\s?[-–]\s?\d|-[A-Za-z]|\s?(?:%|mg|mcg|ml|mm|kg|lbs?|bpm|units?|on\s(?:RA|room|\d)|over|"
    r"AM\b|PM\b|am\b|pm\b|systolic|percent|degrees|days?|weeks?|months?|hours?|minutes?|min|times|\d+\s?/|/))"
)
OPENED = re.compile(r"[,|:]")
PHONE = re.compile(
    r"(?:[ ]{1,4}|[,:][ ]|[ ]?\()((?:\d{4} \d{4}|\d{1,2}-\d{4}|\d{3} \d{4}|\d{3}-\d{4}|\d{5} \d{5,6}))(?![\d/:-]|"
    r"\s\d)"
)
NUMBER = re.compile(
    r"(?:[ ]?\(|[ ]?[/|][ ]?|,[ ]|[ ]?[–—-][ ]|[ ]{2,12}|\t|:[ ])(?:#[ ]?|no\.?[ ])?"
    r"((?:[A-Z]{1,4}[ -]?\d{3,9}(?:[ -]\d{2,6}){0,2}|[A-Z]{1,4}-?\d{2}-\d{3,7}|\d{2,4}(?:-\d{2,6}){1,2}|\d{5,10}|"
    r"\d{1,4}[A-Z]{1,3}\d{2,6}))(?![\w%/:]|[.,-]\d|\s?(?:mg|ml|mcg|%))"
)
MIXED = re.compile(
    r"[ ]\(?((?!(?:rm|ext|bed|apt|unit)\d)[A-Za-z]{1,3}-?\d{4,9})(?![\w%/-])", re.IGNORECASE
)  # mrs noakes k220418
FOUR_DIGITS = re.compile(r"[ ](\d{4})(?![\w%/:-]|[.,]\d|[ ](?:mg|ml|mcg|units?|kcal|cc|g|steps|hrs?|hours)\b)")
CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d$")
ROOM = re.compile(r"(?:ROOM|RM|BED|WARD|UNIT|APT|EXT|BAY|FLAT|SUITE|STE|LOT|PO|BOX|TEMP|BP|HR|WT|EF)[ -]?\d")
TIMES = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d-(?:[01]\d|2[0-4])[0-5]\d$|(?:19|20)\d\d-(?:\d\d|(?:19|20)\d\d)$")
NO_PATIENT = re.compile(r"(?:C|T|L|S)\d-\d|(?:ICD|CPT|COVID|HLA|CD|IL)\b|[A-Z]-?\d{1,2}$")


def find_beside_names(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return ages over 89 and numbers of records that stand right behind the names in `spans`, which are in order."""
    found = []
    four: list[tuple[int, int]] = []  # four digits behind names
    for place, span in enumerate(spans):
        if span.type != "name":
            continue
        until = spans[place + 1].start if place + 1 < len(spans) else len(text)
        if until == span.end:
            continue
        near = text[span.end : span.end + 14]
        if not any(c.isdigit() for c in near):
            continue
        age = AGE.match(text, span.end)
        if age is not None and age.end() <= until:
            if int(age[1]) < 100 or OPENED.match(age[0].strip()):
                found.append(Span(age.start(1), age.end(1), "age"))
            continue
        if (phone := PHONE.match(text, span.end)) is not None and phone.end() <= until:
            found.append(Span(phone.start(1), phone.end(1), "phone"))
            continue
        plain = FOUR_DIGITS.match(text, span.end)
        if plain is not None and plain.end() <= until:
            four.append(plain.span(1))
            continue
        number = NUMBER.match(text, span.end) or MIXED.match(text, span.end)
        if number is None or ROOM.match(number[1]) or number.end() > until:
            continue
        token = number[1]
        digits = sum(c.isdigit() for c in token)
        if (
            digits < (4 if " " in token else 3)
            or TIMES.match(token)
            or NO_PATIENT.match(token)
            or (digits < 5 and token.isdigit())
        ):
            continue
        if digits == 4 and is_year(int("".join(c for c in token if c.isdigit()))):
            continue
        found.append(Span(number.start(1), number.end(1), "mrn"))
    # Digits that might all be times, or years, are; a list of patients has others.
    clear = [place for place in four if not (CLOCK.match(text, *place) or is_year(int(text[slice(*place)])))]
    if len(four) > 2 and len(clear) > len(four) / 4:
        found += [Span(start, end, "mrn") for start, end in four]
    else:
        found += [
            Span(start, end, "phone") for start, end in clear if text[end : end + 1] in ("", "\n", ",", ".", ";", ")")
        ]
    return found
