"""Days of a month written as ranks in digits: the 14th, Tuesday 3rd, the 3rd or 4th; not a 5th rib or a 2nd dose."""

from __future__ import annotations

import re

BEFORE = re.compile(
    r"(?:\b(?:on|until|till|since|by|from|before|after|through|of|dated|discharged|admitted|returned?|seen|you|"
    r"again|due|for|starting|(?:mon|tues|wednes|thurs|fri|satur|sun)day),?\s+(?:the\s+)|\badmit(?:ted)?:\s|"
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+|"
    r"\d(?:st|nd|rd|th)\s*(?:or|and|&|-|–|to|,)\s*(?:the\s+)?)$",
    re.IGNORECASE,
)
THE = re.compile(r"\bthe\s+$", re.IGNORECASE)
RANKED = re.compile(
    r"\s+(?:day|floor|percentile|hospital|postoperative|pod|post|rib|ribs|toe|finger|digit|metatarsal|metacarpal|"
    r"week|month|year|trimester|degree|dose|cycle|round|visit|time|nerve|ventricle|intercostal|cranial|grade|ward|"
    r"level|attempt|try|line|century|birthday|anniversary|hole|street|st\b|ave|tee|page|edition|house|generation|pregnancy|one|street|avenue|(?:and|or|to)\s+\d+(?:st|nd|rd|th)\s+[a-z])",
    re.IGNORECASE,
)
ENDS = re.compile(
    r"\s*(?:[.,;:!?)\n/\"”-]|$|(?:of\s+(?:this|last|next|the|that)|and|but|or|for|to|at|with|he|she|we|they|i|it|when|"
    r"after|so|in|because|until|through|by|per|via|if|from|then|his|her|the|a|was|is|due|unless|who|where|pt|patient|"
    r"am|pm)\b)",
    re.IGNORECASE,
)
SELDOM_RANKS = 9
ON_THE = re.compile(r"\b(?:on|until|till|since|from|by)\s+the\s+$", re.IGNORECASE)
LAST_OF_TENS = 20  # 21st and its like are seldom ranks
MONTH_LONG = 31  # days
RANKS = 3  # the 1st, the 2nd and the 3rd are more often ranks than days


def ordinal_day(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return where a day stands whose number, from `start` to `end`, has an ending behind it; None for a rank."""
    if text[end : end + 2].lower() not in ("st", "nd", "rd", "th") or text[end + 2 : end + 3].isalnum():
        return None
    number = int(text[start:end])
    if not 1 <= number <= MONTH_LONG or RANKED.match(text, end + 2):
        return None
    if not ENDS.match(text, end + 2) and not (
        number > SELDOM_RANKS and ON_THE.search(text, max(0, start - 12), start)
    ):
        return None
    the = THE.search(text, max(0, start - 5), start)
    if number > LAST_OF_TENS and text[start - 2 : start] == ", " and text[end + 2 : end + 3] in (",", ".", ";"):
        return start, end + 2  # January 30th, scratch that, 31st.
    if BEFORE.search(text, max(0, start - 22), start) or (the is not None and number > RANKS):
        return (the.start() if the is not None else start), end + 2
    return None
