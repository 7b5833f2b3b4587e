"""Dates of digits alone: which strings of them are dates, and when 3/4 is a day and not a score or a dose."""

from __future__ import annotations

import re
from datetime import date

from polyclinic.deidentify.language import Words, either
from polyclinic.deidentify.look_back import LookBack

FIRST_YEAR, LAST_YEAR = 1850, 2100
FULL = re.compile(
    r"(\d{1,4})(\s?[/.\-–]\s?)(\d{1,2})(\s?[/.\-–]\s?)(\d{4}|'?\d{2}|\d)(?![\d/]|"
    r"[.\-–]\d)(?:T\d{2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
RANGE = re.compile(
    r"(\d{1,2})/(\d{1,2})(?:/(\d{2,4}))?\s?(?:-|–|to|through|thru|and|&)\s?(\d{1,2})/(\d{1,2})/(\d{2,4})(?![\d/])"
)
DAYS = re.compile(r"(\d{1,2})/(\d{1,2})\s?(?:-|–)\s?(\d{1,2})/(\d{1,2})(?![\d/])")
MONTH_YEAR = re.compile(
    r"(\d{1,2})(?:\s?/\s?|-)(\d{4})(?![\d/\-])|(0\d)\.((?:19|20)\d{2})(?![\d.])|(\d{1,2})/['’](\d{2})(?!\d)"
)
YEAR_MONTH = re.compile(r"(\d{4})[/-](\d{2})(?![\d/\-])")
MONTH_DAY = re.compile(r"(\d{1,2})[/](\d{1,2})(?![\d/%])(?!-\d)")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)(?:T?\d{4,6})?(?![\w])")
# Signs that only a whole date has between its numbers: 03|04|2019, 03_04_2019.
ODD_SIGNS = re.compile(r"(\d{1,2})([|_\\·~,])(\d{1,2})\2((?:18|19|20)\d{2})(?!\d)")
# Only after a label: 03 04 1961, 1961 03 04.
SPACED = re.compile(
    r"(\d{1,2})[ |](\d{1,2})[ |](\d{4}|\d{2})(?![\d/.:,%]|\s?[a-z])|(\d{4}) (\d{2}) (\d{2})(?![\d/.:])"
)
# Digits set apart, as by a reader of scanned pages: 0 3 / 0 4 / 2 0 1 9.
APART = re.compile(r"\d(?: ?\d)? ?([/.-]) ?\d(?: ?\d)? ?\1 ?\d(?: ?\d)(?:(?: ?\d){2})?(?![\d/])")
DASHED_DAY = re.compile(r"(\d{2})-(\d{2})(?![\d/.%-]|\s?[A-Za-zµ%]{1,3}\b)")
LISTED = re.compile(r"\d{1,2}/\d{1,2}(?:(?:,? (?:and |& )?|,|; ?)\d{1,2}/\d{1,2}(?![\d/%])(?!-\d)){1,8}")
PAIR = re.compile(r"(\d{1,2})/(\d{1,2})")
DATE_LABEL = re.compile(
    r"(?:\bd\.?o\.?[bsda]\.?|\b(?:birth|birthday|born|date|dated|admitted|admit|admission|discharged?|service|"
    r"seen|collected|signed|dictated|transcribed|printed|visit|expires|exp|on|since)\b\.?)"
    r"(?:\s(?:on|is|was|of|date))*\s*[:=#]?\s*$",
    re.IGNORECASE,
)
TIME_AFTER = re.compile(
    r",?\s{0,3}(?:at\s+|@\s?)?(?:(?<![/\d])(?:[01]?\d|2[0-3]):[0-5]\d|"
    r"(?:(?<=[\s@])(?:[01]\d|2[0-3])[0-5]\d(?!\d|/|\s?m[lg])))|\s?(?:AM|PM|am|pm|a\.m\.|p\.m\.|noon)\b"
)
PART_BEHIND = re.compile(
    r"\s?[,(]\s?\d+(?:\.\d+)?\s?%|\s?\(\d|\s\d+/\d+|\s(?:of|patients|subjects|participants|occasions?|attempts?|"
    r"times|cases|in\s+(?:the|all|both)|on\s+the\s+(?:left|right))\b"
)
SAME_DAY = re.compile(r"\b(?:today|tonight|yesterday|tomorrow)\s?[(,]?\s?$", re.IGNORECASE)
# What makes a pair of numbers a score, by its second number.
_SCORED = r"score|scale|\brat(?:ed?|es|ing)\b|\bgrad(?:e|ed|ing)\b"
NEAR = {
    of: re.compile(rf"{_SCORED}|{words}", re.IGNORECASE)
    for of, words in {
        1: r"\bratio",
        2: r"\btab|\bpack|\bmile|\bpills?\b|\bhour|\bhalf|\binch|\bcup|\bnormal saline|\bNS\b",
        3: r"orient|\bcup|\bthird|\bdistal|\bproximal|\bmiddle|\bupper|\blower|\bmid|\btab|recall|\bgait",
        4: r"pulse|reflex|\bdtr|edema|brisk|\bstage|patell|achilles|tonsil|\bcup|\btab|\bradial|pedal|dorsalis|"
        r"\bT\d|\bNS\b",
        5: r"strength|motor|power|weak|muscle|deltoid|bicep|tricep|\bgrip|flex|exten|abduct|adduct|quad|hamstring|"
        r"extremit|bilateral|throughout|neuro|\b[RL]?[UL]E\b|\b[UL]L\b|\bSAM\b|tone|straight leg",
        6: r"murmur|systolic|diastolic|heart|cardi|\bCV\b|\bS1|\bSEM\b|\bHSM\b|gallop|\brub|ejection|sternal",
        7: r"\bhx\b|\bago\b|\bdays\b|\bcourse\b|\bHPC\b",
        10: r"pain|discomfort|severity|\bache|sore|10/10|intensity|stress|apgar|headache|worst|\bbest\b|mood|energy",
        12: r"\bago\b|\bmonths\b|nodes?\b|positive",
        15: r"\bgcs|coma|nodes?\b|positive",
    }.items()
}
SCORES = frozenset((2, 3, 4, 5, 6, 10))
STRONG_CUE = re.compile(
    r"\b(?:on|since|dated?|seen|admitted|discharged|from|until|till|through|thru|visit|dos|doa|dod|due|"
    r"(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day)?)\.?:?\s?[(\[]?$",
    re.IGNORECASE,
)
# What is done or seen on a day: her 2/3 visit, the 2/3 labs, 2/3 CT.
SEEN_BEHIND = re.compile(
    r"\s(?:visit|labs?|ct|mri|x-?ray|cxr|echo|note|call|appt|clinic|scan|bx|biopsy|film|results?|culture|at\s\d|"
    r"\d{1,2}\s?[ap]\.?m|(?:to|thru|through)\s\d{1,2}/|\(?(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day)?\b)",
    re.IGNORECASE,
)
DURATION = re.compile(r"\s?(?:hx|h/o|ago|history|course|previously|duration|later|of)\b", re.IGNORECASE)
DURATION_AHEAD = re.compile(
    r"\b(?:for|past|last|over|next|every|after|within)\s(?:the\s)?(?:past\s|last\s)?$", re.IGNORECASE
)
MIXED_NUMBER = re.compile(r"(?<![\d./-])\d{1,3}\s$|[A-Za-z=<>~≥≤]$|\b(?:an?|about)\s$", re.IGNORECASE)
PART_BEHIND = re.compile(
    r"\s?[,(]\s?\d+(?:\.\d+)?\s?%|\s?\(\d|\s\d+/\d+\s|\s(?:of|patients|subjects|participants|occasions?|"
    r"attempts?|times|"
    r"cases|in\s+(?:the|all|both)|on\s+the\s+(?:left|right))\b"
)
SAME_DAY = re.compile(r"\b(?:today|tonight|yesterday|tomorrow)\s?[(,]?\s?$", re.IGNORECASE)
# What scores, murmurs, doses and durations are out of; a day of the month of these needs more than its form.
DENOMINATORS = frozenset((1, 2, 3, 4, 5, 6, 7, 10, 12, 15))
# Words before 3/4 that say what was done, seen or taken that day: by their endings, so that no list is needed.
DONE = re.compile(
    r"(?:\b[A-Za-z]{2,}(?:scop(?:y|ies)|grams?|ectomy|otomy|ostomy|plasty|graphy|opsy|section|culture|films?|"
    r"doppler)|"
    r"\b(?!grad|rat|scor|limit|decreas|increas|reduc|weaken|impair|preserv|measur|test|compromis|diminish|unchang|"
    r"need|bas|elevat|advanc|estimat)[A-Za-z']{2,}(?:[^aeou]ed|'d)|"
    r"\b(?:CXR|CT|CTA|MRI|MRA|TTE|TEE|EGD|EEG|EMG|KUB|U/?S|UA|UCx|BCx|SCx|Cx|cx|EKG|ECG|PET|CABG|PCI|ERCP|MRCP|LP|"
    r"PFTs?|DEXA|abx|echo|scan|biopsy|bx|stress|[Xx]-?ray|cath|surgery|transplant|trach|PEG|PICC|labs?|clinic|EDD|"
    r"EDC|LMP|BM|shot|vaccine|flu|booster|tdap|dose|labs|rx|appt|note|call|visit))\s?[(:]?\s?$"
)


def is_day(year: int, month: int, day: int) -> bool:
    """Return whether a month has such a day; a year of 0 is unknown."""
    if not 1 <= month <= 12 or day < 1:
        return False
    try:
        date(year or 2000, month, day)
    except ValueError:
        return False
    return True


def is_year(year: int) -> bool:
    """Return whether a number of four digits is likely a year of a patient's life."""
    return FIRST_YEAR <= year <= LAST_YEAR


class NumericDates:
    """The dates of one language that have no words."""

    def __init__(self, words: Words) -> None:
        """Compile what stands before and after a day and a score."""
        self.words = words
        cues = either(words["day_cues"])
        self.cue = LookBack(rf"(?<![a-z0-9])(?:{cues})\.?:?\s*(?:the\s+)?[(\[]?|@\s?", [*words["day_cues"], "@"])
        self.not_after = re.compile(rf"\s*-?(?:{either(words['not_days_after'])})\b", re.IGNORECASE)
        self.not_before = LookBack(
            rf"(?<![a-z0-9])(?:{either(words['not_days_before'])})\s*(?:(?:of|is|was|at|:|=|-|score|scored|"
            rf"total|today|now|about|around)\s*)*",
            words["not_days_before"],
        )

    def find_numeric(self, text: str, start: int) -> tuple[int, int] | None:
        """Return where a date of digits stands that begins at the digit `start`, or None."""
        if (found := FULL.match(text, start)) and self._full(found, text, start):
            return start, found.end()
        if (
            (found := RANGE.match(text, start))
            and _either_order(found[1], found[2])
            and _either_order(found[4], found[5])
        ):
            return start, found.end()
        if (found := MONTH_YEAR.match(text, start)) is not None:
            month, year = (number for number in found.groups() if number is not None)
            if 1 <= int(month) <= 12 and (len(year) == 2 or is_year(int(year))):
                return start, found.end()
        if (found := YEAR_MONTH.match(text, start)) and 1 <= int(found[2]) <= 12 and is_year(int(found[1])):
            return start, found.end()
        return None

    def find_rare(self, text: str, start: int) -> tuple[int, int] | None:
        """Return where a date stands that is written with other signs, or with its digits apart."""
        if (found := ODD_SIGNS.match(text, start)) and _either_order(found[1], found[3]):
            return start, found.end()
        if (found := APART.match(text, start)) and " " in found[0]:
            parts = found[0].replace(" ", "").split(found[1])
            if len(parts[2]) in (2, 4) and _either_order(parts[0], parts[1]):
                return start, found.end()
        if (found := SPACED.match(text, start)) and DATE_LABEL.search(text, max(0, start - 24), start):
            if found[4] and is_year(int(found[4])) and is_day(int(found[4]), int(found[5]), int(found[6])):
                return start, found.end()
            if found[1] and _either_order(found[1], found[2]) and (len(found[3]) == 2 or is_year(int(found[3]))):
                return start, found.end()
        return None

    def find_dashed(self, text: str, start: int) -> tuple[int, int] | None:
        """Return where a date like 03-14 stands, which only its context tells from a range."""
        found = DASHED_DAY.match(text, start)
        if (
            found is None
            or not _either_order(found[1], found[2])
            or not (found[1][0] == "0" or int(found[2]) > 12)
            or int(found[1]) > 12
        ):
            return None
        head = text[max(0, start - 32) : start].rpartition("\n")[2]
        if DATE_LABEL.search(head) or (
            found[1][0] == "0" and (not head.strip(" \t-*•[(") or self.cue.search(text, start - 32, start))
        ):
            return start, found.end()
        return None

    def find_month_day(self, text: str, start: int) -> tuple[int, bool] | None:
        """Return where a date like 3/14 ends, and whether it is sure to be one; None for a score, a part or a time.

        What is not sure is a date where the text has others of that month.
        """
        found = MONTH_DAY.match(text, start)
        days = DAYS.match(text, start)
        if days and _either_order(days[1], days[2]) and _either_order(days[3], days[4]):
            found = days
        elif found is None or not _either_order(found[1], found[2]):
            return None
        first, second, end = found[1], found[2], found.end()
        of = int(second)
        if self.not_after.match(text, end) or (first == "24" and of == 7):
            return None
        near = NEAR.get(of)
        if of in (7, 12) and (DURATION_AHEAD.search(text, max(0, start - 16), start) or DURATION.match(text, end)):
            return None
        if TIME_AFTER.match(text, end) or SAME_DAY.search(text, max(0, start - 12), start):
            return end, True
        part = PART_BEHIND.match(text, end) is not None and of in DENOMINATORS
        measured = near is not None and (
            near.search(text, max(0, start - 90), end + 40) is not None or (of in (5, 10) and f"{of}/{of}" in text)
        )
        if not part and not (measured and of == 10) and STRONG_CUE.search(text, max(0, start - 18), start):
            return end, True
        if measured and of in SCORES:
            return None
        if not part and self.cue.search(text, start - 32, start):
            return end, True
        if self.not_before.search(text, start - 32, start):
            return None
        if found is days or (len(first) == 2 and len(second) == 2 and "0" in (first[0], second[0])):
            return end, True
        if of not in DENOMINATORS:
            return (end, False) if PART_BEHIND.match(text, end) and of not in (11, 13, 14) else (end, True)
        head = text[max(0, start - 32) : start].rpartition("\n")[2]
        if (
            not head.strip(" \t-*•[(")
            and (text[end : end + 1] in (":", "\t", ")", "]", "-") or text[end : end + 2] in (" -", " –", "  "))
        ) or (not measured and DONE.search(head) and (of != 5 or "(" not in head[-2:])):
            return end, True
        if (listed := LISTED.match(text, start)) is not None and self._of_list(listed[0]):
            return end, True
        if measured or part or (first == second and of < 11) or MIXED_NUMBER.search(head):
            return None
        fenced = text[start - 1 : start] in ("(", "[", "|") and text[end : end + 1] in (")", "]", "|")
        sure = SEEN_BEHIND.match(text, end) is not None or (fenced and of not in (5, 6, 10))
        return end, sure

    def _of_list(self, listed: str) -> bool:
        """Say whether pairs in a row are days: one is no score, or each is later than the one before."""
        pairs = [(int(m[1]), int(m[2])) for m in PAIR.finditer(listed)]
        if not all(_either_order(str(a), str(b)) for a, b in pairs):
            return False
        if any(b not in DENOMINATORS for _, b in pairs):
            return True
        return len({b for _, b in pairs}) == len(pairs) and pairs == sorted(pairs) and pairs[-1][1] > 5

    def _full(self, found: re.Match[str], text: str, start: int) -> bool:
        first, separator, second, other, third = found.groups()
        if separator.strip() != other.strip():
            return False
        sign = separator.strip()
        if (separator != sign or other != sign) and not (
            len(third) == 4 or sign == "/" or DATE_LABEL.search(text, max(0, start - 24), start)
        ):
            return False  # 3 - 4 - 5
        if len(first) == 4:
            return len(third) <= 2 and is_day(int(first), int(second), int(third)) and is_year(int(first))
        if len(first) == 3 or len(third) == 1:
            return False
        year = int(third.lstrip("'"))
        if len(third) == 4 and not is_year(year):
            return False
        if (
            sign == "."
            and len(third) != 4
            and not (len(first) == len(second) == 2)
            and not DATE_LABEL.search(text, max(0, start - 24), start)
        ):
            return False
        return _either_order(first, second)


def _either_order(first: str, second: str) -> bool:
    return is_day(0, int(first), int(second)) or is_day(0, int(second), int(first))
