"""Ages over 89, in digits and in words: a number that only what stands around it tells from a pulse or a weight."""

from __future__ import annotations

import re
from collections.abc import Sequence

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.numbers.shapes import UNIT
from polyclinic.deidentify.tokens import Tokens, at_places, has_plain_letters

OLD = 90  # from this age on it is an identifier
OLDEST = 125  # years; a greater number is no age
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen"
SPELLED = re.compile(
    rf"\b(?:ninety(?:[\s-](?:{_ONES}))?|(?:one|a)[\s-]hundred(?:[\s-](?:and[\s-])?(?:{_ONES}|{_TEENS}))?)\b"
    r"(?![\s-](?:percent|thousand|hundred|million|and\b(?!\s(?:s?he|his|her|they|the|lives?)\b)|mg|milligrams|"
    r"units|degrees|days|minutes|pounds|over|"
    r"point|beats|pack|meters|feet|yards|steps|seconds|times))",
    re.IGNORECASE,
)
PATTERNS = {"old": ("ninet", "hundred")}  # what is part of all these
COUNTED_HUNDRED = re.compile(r"\b(?:one|a)[\s-]$", re.IGNORECASE)  # before it
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
    r"(?:\bages?d?\b(?:\s*/\s*(?:sex|gender))?(?:\s+(?:is|was|of|now|today|currently|as\s+(?:stated|given|"
    r"recorded)|stated|"
    r"\(?in\s+years\)?|\(y(?:ea)?rs\)|last\s+birthday|at\s+(?:last\s+|time\s+of\s+)?\w+))*|"
    r"\bat\s+(?:the\s+)?age\s+(?:of\s+)?|"
    r"\bsex/age\b|\bturn(?:ed|s|ing)\b|\b(?:died|deceased|passed(?:\s+away)?|d\.)\s*(?:at|aged|age)?|"
    r"\blived\s+to(?:\s+be)?|\b(?:alive|living|well|healthy)\s+(?:at|age))"
    r"\s*(?:now\s+)?(?:[:=(|;–-]|\.{2,})?\s*(?:[MF]\s*/\s*)?$",
    re.IGNORECASE,
)
BEFORE = LookBack(
    r"(?:\bages?d?|\bage\s*(?:is|was|of|at\s+\w+)?|\bturn(?:ed|s|ing)|\bbirthday)\s*[:=(,]?\s*|"
    r"\b(?:woman|man|lady|gentleman|widow|widower|patient|girl|boy|fellow|soul|age)\s+of\s+|"
    r"\b(?:s?he|patient|pt|mother|father|mom|dad|husband|wife|who|grandmother|grandfather|i|you|brother|sister|"
    r"aunt|uncle|mum|gran|grandma|grandpa|woman|man|lady)"
    r"(?:\s+(?:is|was|am|are|be|will\s+be)|['’](?:s|m|re|ll\sbe))\s+(?:now\s+|almost\s+|nearly\s+|already\s+|"
    r"about\s+|"
    r"actually\s+|only\s+|over\s+)*|"
    r"\bat\s+(?:the\s+)?age\s+(?:of\s+)?|"
    r"\b(?:died|deceased|passed(?:\s+away)?)\s+(?:at|aged)\s+|"
    r"\b(?:mother|father|grandmother|grandfather|aunt|uncle|sister|brother|spouse|husband|wife|mom|dad|parents?|"
    r"siblings?|"
    r"twin|cousin|partner|neighbou?r|roommate|mum|gran|nan|granny|grandma|grandpa)"
    r"(?:-in-law)?\s*(?:[,:(]|at\s|alive\s(?:at\s)?)?\s*(?:age\s*)?|"
    r"\bages\s+\d{1,3}(?:,\s*\d{1,3})*,?\s+(?:and|&)\s+",
    words_of(
        "sibling twin cousin partner neighbor neighbour roommate nan granny widow fellow soul girl boy gentleman "
        "age turn birthday she he patient pt mother father mom dad husband "
        "wife who grandmother grandma gran "
        "grandfather grandpa i you brother sister aunt uncle mum woman man lady spouse parent at died deceased passed"
    ),
)
# How old is he? - 91.  How old would you say - ninety two
HOW_OLD = re.compile(
    r"\bhow\s+old\b[^\d]{0,44}$|\bwhat['’]?s?(?:\s+is)?\s+(?:his|her|your|their|the)\s+age\b[^\d]{0,24}$",
    re.IGNORECASE,
)
# A retired postman, 94, came in; Lola Charing, mother-in-law, 91, home
BETWEEN_COMMAS = re.compile(r"(?:[a-z]{3,}|[A-Z][a-z]+),\s?$")
COMMA_BEHIND = re.compile(r"\s?,\s?[A-Za-z]|\s?,\s(?:who|with)\b")
VITAL_BEFORE = re.compile(
    r"\b(?:sats?|saturations?|pulse|rate|glucose|sugars?|temp(?:erature)?|weight|height|pressure|oxygen|oximetry|"
    r"heart|room|bed|score|level|"
    r"systolic|diastolic|sodium|chloride|mcv|min|max|mean|range|total|number|page|route|highway|apartment|unit|"
    r"percent|about|was|is|of|to|"
    r"from|and|or|at|than|then|by|in|on|for|the)\b\W*$",
    re.IGNORECASE,
)
HELD = re.compile(
    r"\b(?:sat\w*|pulse|rate|held|hold\w*|sitting|stable|heart|oxygen|o2|pressure|weight|sugars?)\b[^.]*$",
    re.IGNORECASE,
)
# What goes on in speech behind the years that someone is: he is ninety one he wants to see me
SAID_OF = re.compile(
    r"\b(?:s?he|they|i|you|we|who|mother|father|mom|dad|mum|husband|wife|grandmother|grandfather|gran|grandma|"
    r"grandpa|nana|granny|"
    r"aunt(?:ie)?|uncle|brother|sister)(?:['’](?:s|m|re)|\s+(?:is|was|am|are|be|s|m|re|turned|turns|just\s+turned|"
    r"made\s+it\s+to))\s+"
    r"(?:now\s+|almost\s+|nearly\s+|only\s+|like\s+|what\s+|maybe\s+)*$",
    re.IGNORECASE,
)
GOES_ON = re.compile(
    r"\s+(?!(?:percent|per|over|on|point|beats?|kilos?|pounds?|lbs?|degrees?|out|systolic|diastolic|to|units?|"
    r"milligrams?|meters?|miles?|"
    r"minutes?|hours?|days?|weeks?|months?|times|steps|feet|inches|of|plus|or|"
    r"and(?!\s(?:s?he|his|her|they|i|we|the|has|is|was|lives?|had|not|still|very|quite|as)\b)|sats?|hundred|"
    r"thousand|million|x|by|cm|kg|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|oh|zero|nd|rd|th)\b)[a-z]",
    re.IGNORECASE,
)
ENDS = re.compile(
    r"\s*(?:[.,;)\n?!]|$|and\b|now\b|but\b|years|from\b|who\b|with\b|this\b|next\b|in\s(?:the\s)?[a-z])"
)
BIRTH_DATE = re.compile(
    r"(?:[/.-]\d{1,2}[/.-]\d{2,4}|(?:,\s?|[a-z.]\s|[A-Z-])(?:18|19|20)\d{2})\s*[(,]\s*(?:age\s*)?$"
)
SEX_BEHIND = re.compile(r"\s?/\s?[MF](?![A-Za-z/])")
SEX_AHEAD = re.compile(r"(?:^|[\s(:,|\t\"])[MF]\"?\s?[/,|\t]\s?$")
UNIT_LETTER = re.compile(r"\s?(?:yrs?|y)(?![A-Za-z/]|\.\w)", re.IGNORECASE)
PERSON_BEHIND = re.compile(r"\s(?:s?he|they)\b", re.IGNORECASE)
TH = re.compile(r"th\b(?![ -](?:percentile|%|centile|day|visit|floor|minute|patient|street|st\b|ave))")
ENDING = re.compile(r"(?:th|st|nd|rd)(?=\s+(?:birthday|year\s+of\s+life|bday|b-day))")


def age_end(text: str, start: int, end: int) -> int | None:
    """Return where an age ends whose number, from 90 on, stands from `start` to `end`; None where it is none."""
    if (suffix := ENDING.match(text, end)) is not None:
        return suffix.end()
    if text[start - 3 : start] in ("'s ", "’s ") and TH.match(text, end):
        return end + 2  # her sister Corazon's 90th
    if (after := AFTER.match(text, end)) is not None and (end - start == 2 or after[0] not in (" m", " f")):
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
    if head[-3:].lower() == "at " and PERSON_BEHIND.match(text, end) and not HELD.search(head):
        return end
    if behind == ")" and BIRTH_DATE.search(head):
        return end
    if BEFORE.search(text, start - 30, start) and ENDS.match(text, end):
        return end
    return end if _said_of_someone(text, start, end) else None


def _said_of_someone(text: str, start: int, end: int) -> bool:
    """Say whether a number from 90 on answers how old someone is, or stands between commas behind someone."""
    if HOW_OLD.search(text, max(0, start - 70), start):
        return not UNIT.match(text, end)
    head = text[max(0, start - 40) : start]
    if SAID_OF.search(head) and GOES_ON.match(text, end):
        return True
    return (
        end - start == 2
        and BETWEEN_COMMAS.search(head) is not None
        and COMMA_BEHIND.match(text, end) is not None
        and VITAL_BEFORE.search(head) is None
    )


def decade_end(text: str, start: int, end: int) -> int | None:
    """Return where 90s, or 90's, end that are someone's years; None where they are a rate or the 1990s."""
    found = re.match(r"['’]?s\b", text[end : end + 3])
    if found is None:
        return None
    head = text[max(0, start - 26) : start]
    if re.match(r"\s+(?:woman|man|lady|gentleman|female|male|patient)\b", text[end + found.end() :]):
        return end + found.end()
    return end + found.end() if NINETIES.search(head) else None


def spelled_ages(tokens: Tokens) -> list[tuple[int, int]]:
    """Return where ages over 89 stand in words."""
    text = tokens.text
    places: Sequence[int] = range(len(text))
    if has_plain_letters(text):
        hits = tokens.hits.get("old", ())
        heads = (COUNTED_HUNDRED.search(text, max(0, at - 5), at) for at in hits)
        places = sorted({*hits, *(head.start() for head in heads if head is not None)})
    found = [m.span() for m in at_places(BIRTHDAY, text, places)]
    for match in at_places(SPELLED, text, places):
        start, end = match.span()
        if (
            (AFTER.match(text, end) and not NOT_BEFORE.search(text, max(0, start - 14), start))
            or STRONG.search(text[max(0, start - 30) : start])
            or (BEFORE.search(text, start - 30, start) and ENDS.match(text, end))
            or (
                text[max(0, start - 3) : start].lower() == "at "
                and PERSON_BEHIND.match(text, end)
                and not HELD.search(text, max(0, start - 30), start)
            )
            or _said_of_someone(text, start, end)
            or (found and found[-1][1] == start - 1 and HOW_OLD.search(text, max(0, start - 84), start))
        ):
            found.append((start, end))
    for match in at_places(NINETIES_WORD, text, places):
        if NINETIES.search(text, max(0, match.start() - 26), match.start()):
            found.append(match.span())
    return found
