"""Numbers that nothing announces, which have the form of one that was found, or of others that begin lines.

A list of patients names its column once, or not at all: what is written as the others are (B-24-10872, B-24-10915;
R1180, R1181) is of their kind.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from polyclinic.deidentify.numbers.shapes import CODE_BEFORE, COUNTED, MANY_BEFORE, PUBLIC_CODE, STAGE, UNIT, VARIANT
from polyclinic.deidentify.spans import Span

IDENTIFIERS = frozenset(("mrn", "health_plan", "account", "license", "vehicle", "device", "biometric", "other_id"))
WRITTEN = re.compile(r"[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+)*")
PLAIN_YEARS = re.compile(r"(?:19|20)\d\d-(?:19|20)?\d\d$")
DIGIT, CAPITAL = re.compile(r"\d"), re.compile("[A-Z]")
FEWEST = 3  # lines that begin with one form
HEAD = re.compile(r"[A-Z]{1,4}-?\d{3,8}(?:-\d{1,4})?(?![\w/%.-])|\d{2,4}-\d{3,6}(?![\w/%.-])")
_NO_HEADS = re.compile(r"(?:ICD|CPT|HCPCS|[A-TV-Z]\d\d\d?$|[DJGE]\d{4}$|CT|MR|US|XR|PT|OT|IV|PO|Q\d)", re.IGNORECASE)


def form_of(token: str) -> str:
    """Return a number with a 9 for each digit and an A for each capital."""
    return CAPITAL.sub("A", DIGIT.sub("9", token))


def find_relatives(text: str, runs: Iterable[tuple[int, int, int]], found: list[Span]) -> list[Span]:
    """Return the numbers of a text that have the form of one in `found`, or with which several lines begin.

    Args:
        text: the text.
        runs: its runs of digits, as tokens hold them.
        found: what was found of it with digits.
    """
    forms: dict[str, str] = {}
    lengths: set[int] = set()
    for span in found:
        if span.type in IDENTIFIERS:
            token = text[span.start : span.end]
            digits = sum(c.isdigit() for c in token)
            if digits >= (5 if token.isdigit() else 3) and len(token) >= 5 and " " not in token:
                forms[form_of(token)] = span.type
                lengths.update(len(part) for part in re.findall(r"\d+", token))
    taken = bytearray(len(text))
    for span in found:
        taken[span.start : span.end] = b"\1" * (span.end - span.start)
    more: list[Span] = []
    heads: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    until = 0
    for start, end, _ in runs:
        if start < until or taken[start]:
            continue
        if end - start not in lengths and end - start < 3:
            continue
        begin = start
        while begin and (text[begin - 1].isalnum() or (text[begin - 1] in "-/." and text[begin - 2].isalnum())):
            begin -= 1
        whole = WRITTEN.match(text, begin)
        if whole is None or whole.end() < end or any(taken[begin : whole.end()]):
            continue
        token, until = whole[0], whole.end()
        kind = forms.get(form_of(token))
        if kind is not None and _may_be_one(text, begin, until, token):
            more.append(Span(begin, until, kind))
        elif (not begin or text[begin - 1] == "\n") and HEAD.match(text, begin) and not _NO_HEADS.match(token):
            heads[token[: (len(token) + 1) // 2] + form_of(token)].append((begin, until))
    for places in heads.values():
        if len({text[begin:end] for begin, end in places}) >= FEWEST:
            more += [Span(begin, end, "other_id") for begin, end in places]
    return more


def _may_be_one(text: str, begin: int, end: int, token: str) -> bool:
    if (
        any(c.islower() for c in token)
        or PLAIN_YEARS.match(token)
        or STAGE.match(token)
        or VARIANT.match(token)
        or COUNTED.match(token)
        or UNIT.match(text, end)
    ):
        return False
    letters = re.match("[A-Za-z]*", token)
    if letters is not None and letters[0] and PUBLIC_CODE.match(letters[0]):
        return False
    before = max(0, begin - 24)
    return not (CODE_BEFORE.search(text, before, begin) or MANY_BEFORE.search(text, before, begin))
