"""Ages over 89, in digits and in words: a number that only what stands around it tells from a pulse or a weight."""

from __future__ import annotations

import re

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.look_back import LookBack

OLD = 90  # from this age on it is an identifier
OLDEST = 125  # years; a greater number is no age
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen"
SPELLED = re.compile(
    rf"\b(?:ninety(?:[\s-](?:{_ONES}))?|(?:one|a)[\s-]hundred(?:[\s-](?:and[\s-])?(?:{_ONES}|{_TEENS}))?)\b"
    r"(?![\s-](?:percent|thousand|hundred|million|and\b|mg|milligrams|units|degrees|days|minutes|pounds|over|"
    r"point|beats|pack|meters|feet|yards|steps|seconds|times))",
    re.IGNORECASE,
)
PATTERNS = {"old": ("ninet", "hundred")}  # what is part of all these
BIRTHDAY = re.compile(
    r"\b(?:ninetieth|ninety-(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|(?:one[\s-])?hundredth|"
    r"(?:one[\s-])?hundred[\s-](?:and[\s-])?(?:first|second|third|fourth|fifth))(?=\s+(?:birthday|year))",
    re.IGNORECASE,
)
NINETIES = re.compile(
    r"\b(?:in|into|of)\s+(?:his|her|their|my|your)\s+(?:(?:early|mid|late|lower|upper)[-\s]+)?$", re.IGNORECASE
)
NINETIES_WORD = re.compile(r"\bnineties\b", re.IGNORECASE)
AFTER = re.compile(
    r"\s*-?\s*(?:years?|yrs?|yr|y)\.?[\s./-]*(?:old|of\s+age|olds?\b|o\b|/o\b|o\.)|\s?-?(?:yo|y\.o\.?|y/o|yof|"
    r"yom|y\.?o)\b|"
    r"\s?(?:W|B|A|H|C|AA)[MF]\b(?!\s?\d)|\s?\+?\s?(?:yo|y/o|years?\s+old)\b|"
    r"M(?![\w/°])|F(?![\w/°])(?=\s{2}|\t|\s\d|\s[A-Z]*\d|[|\]])|"
    r"\s?(?:yo\s?)?(?:[MF](?![a-zA-Z/°])(?=\s+(?:with|who|presents?|presenting|s/p|here|c/o|w/|admitted|h/o|"
    r"hx|adm|from|seen|in|was|is|pt|found)|\s*[,;:.\-)]|\s*$|\n))|"
    r"\s+years\s+young|\s+(?:y|yr)\s+(?:male|female|woman|man|lady|gentleman|[MF])\b|-year\b|"
    r"\s+year\s+(?:male|female|man|woman|lady|gentleman)|"
    r"\s+(?:years|yrs)\b(?!\s+(?:ago|later|of|history|experience|prior|before|since|in|survival|and\s+over))",
    re.IGNORECASE,
)
NOT_BEFORE = re.compile(
    r"(?:\b(?:temp(?:erature)?|t|tmax|tm|for|past|last|over|than|hr|bp|pulse|sat|sats|spo2|weight|wt|glucose)\W*"
    r"(?:of\s*)?|[<>≥≤=~])$",
    re.IGNORECASE,
)
# Words that nothing but an age follows.
STRONG = re.compile(
    r"(?:\bages?d?\b(?:\s*/\s*(?:sex|gender))?(?:\s+(?:is|was|of|now|today|currently|at\s+\w+))*|\bat\s+(?:the\s+)?age\s+(?:of\s+)?|"
    r"\bsex/age\b|\bturn(?:ed|s|ing)\b|\b(?:died|deceased|passed(?:\s+away)?|d\.)\s*(?:at|aged|age)?|"
    r"\blived\s+to(?:\s+be)?|\b(?:alive|living|well|healthy)\s+(?:at|age))"
    r"\s*(?:now\s+)?(?:[:=(|;–-]|\.{2,})?\s*(?:[MF]\s*/\s*)?$",
    re.IGNORECASE,
)
BEFORE = LookBack(
    r"(?:\bages?d?|\bage\s*(?:is|was|of|at\s+\w+)?|\bturn(?:ed|s|ing)|\bbirthday)\s*[:=(]?\s*|"
    r"\b(?:s?he|patient|pt|mother|father|mom|dad|husband|wife|who|grandmother|grandfather|i|you|brother|sister|"
    r"aunt|uncle|mum|gran|grandma|grandpa|woman|man|lady)"
    r"(?:\s+(?:is|was|am|are|be|will\s+be)|['’](?:s|m|re|ll\sbe))\s+(?:now\s+|almost\s+|nearly\s+|already\s+|about\s+|"
    r"actually\s+|only\s+|over\s+)*|"
    r"\bat\s+(?:the\s+)?age\s+(?:of\s+)?|"
    r"\b(?:died|deceased|passed(?:\s+away)?)\s+(?:at|aged)\s+|"
    r"\b(?:mother|father|grandmother|grandfather|aunt|uncle|sister|brother|spouse|husband|wife|mom|dad|parents?)"
    r"\s*[,:(]?\s*(?:age\s*)?",
    words_of(
        "age turn birthday she he patient pt mother father mom dad husband wife who grandmother grandma gran "
        "grandfather grandpa i you brother sister aunt uncle mum woman man lady spouse parent at died deceased passed"
    ),
)
ENDS = re.compile(r"\s*(?:[.,;)\n?!]|$|and\b|now\b|but\b|years|this\b|next\b|in\s(?:the\s)?[a-z])")
BIRTH_DATE = re.compile(
    r"(?:[/.-]\d{1,2}[/.-]\d{2,4}|(?:,\s?|[a-z.]\s|[A-Z-])(?:18|19|20)\d{2})\s*[(,]\s*(?:age\s*)?$"
)
SEX_BEHIND = re.compile(r"\s?/\s?[MF](?![A-Za-z/])")
SEX_AHEAD = re.compile(r"(?:^|[\s(:,|\t\"])[MF]\"?\s?[/,|\t]\s?$")
UNIT_LETTER = re.compile(r"\s?(?:yrs?|y)(?![A-Za-z/]|\.\w)", re.IGNORECASE)
PERSON_BEHIND = re.compile(r"\s(?:s?he|they)\b", re.IGNORECASE)
ENDING = re.compile(r"(?:th|st|nd|rd)(?=\s+(?:birthday|year\s+of\s+life|bday|b-day))")


def age_end(text: str, start: int, end: int) -> int | None:
    """Return where an age ends whose number, from 90 on, stands from `start` to `end`; None where it is none."""
    if (suffix := ENDING.match(text, end)) is not None:
        return suffix.end()
    if AFTER.match(text, end):
        return None if NOT_BEFORE.search(text, max(0, start - 14), start) else end
    head = text[max(0, start - 30) : start]
    behind = text[end : end + 1]
    if behind == "%":
        return None
    letter = UNIT_LETTER.match(text, end)
    if STRONG.search(head):
        if behind == "/" and not SEX_BEHIND.match(text, end):
            return None
        return letter.end() if letter is not None else end
    if SEX_BEHIND.match(text, end) or SEX_AHEAD.search(head[-6:]):
        return end
    if letter is not None and text[end : letter.end()].strip().lower() in ("y", "yr", "yrs"):
        return letter.end()
    if head[-3:].lower() == "at " and PERSON_BEHIND.match(text, end):
        return end
    if behind == ")" and BIRTH_DATE.search(head):
        return end
    if BEFORE.search(text, start - 30, start) and ENDS.match(text, end):
        return end
    return None


def decade_end(text: str, start: int, end: int) -> int | None:
    """Return where 90s, or 90's, end that are someone's years; None where they are a rate or the 1990s."""
    found = re.match(r"['’]?s\b", text[end : end + 3])
    if found is None:
        return None
    head = text[max(0, start - 26) : start]
    if re.match(r"\s+(?:woman|man|lady|gentleman|female|male|patient)\b", text[end + found.end() :]):
        return end + found.end()
    return end + found.end() if NINETIES.search(head) else None


def spelled_ages(text: str) -> list[tuple[int, int]]:
    """Return where ages over 89 stand in words."""
    found = [m.span() for m in BIRTHDAY.finditer(text)]
    for match in SPELLED.finditer(text):
        start, end = match.span()
        if (
            (AFTER.match(text, end) and not NOT_BEFORE.search(text, max(0, start - 14), start))
            or STRONG.search(text[max(0, start - 30) : start])
            or (BEFORE.search(text, start - 30, start) and ENDS.match(text, end))
            or (text[max(0, start - 3) : start].lower() == "at " and PERSON_BEHIND.match(text, end))
        ):
            found.append((start, end))
    for match in NINETIES_WORD.finditer(text):
        if NINETIES.search(text, max(0, match.start() - 26), match.start()):
            found.append(match.span())
    return found
