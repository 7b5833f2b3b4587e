"""Days of a month in two numbers, 3/14 or 3-14: what tells them from scores, parts, doses, pressures and ranges.

A part is never greater than its whole, and a range goes up, so 9/4 and 9-4 are days unless something beside them is
measured. The others are days after a word for one (on, seen, due), beside a time, in a list of days, and where the
text has dates of that month; they are none near what is scored out of their second number, or before what is counted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from polyclinic.deidentify.dates.calendar_numbers import DATE_LABEL, NumericDates, either_order
from polyclinic.deidentify.language import Words, either
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.spans import Span

DAYS = re.compile(r"(\d{1,2})/(\d{1,2})\s?(?:-|–)\s?(\d{1,2})/(\d{1,2})(?![\d/])")
MONTH_DAY = re.compile(r"(\d{1,2})[/](\d{1,2})(?![\d/%]|\.\d)(?!-\d)")
DASHED = re.compile(r"(\d{1,2})-(\d{1,2})(?![\d/%-]|\.\d|[A-Za-zµ])")
LISTED = re.compile(
    r"\d{1,2}/\d{1,2}(?:(?:,? (?:and |& |then )?|,|; ?|[ ]{2,12}|\t)\d{1,2}/\d{1,2}(?![\d/%])(?!-\d)){1,8}"
)
PAIR = re.compile(r"(\d{1,2})/(\d{1,2})")
TIME_AFTER = re.compile(
    r",?[^\S\n]{0,3}(?:at\s+|@\s?)?(?:(?<![/\d])(?:[01]?\d|2[0-3]):[0-5]\d|"
    r"(?:(?<=[\s@])(?:[01]\d|2[0-3])[0-5]\d(?!\d|/|\s?m[lg])))|\s?(?:AM|PM|am|pm|a\.m\.|p\.m\.|noon)\b"
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
        r"\bT\d|\bNS\b|orient|a&o|\bao\b",
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
# What scores, murmurs, doses and durations are out of; a day of the month of these needs more than its form.
DENOMINATORS = frozenset((1, 2, 3, 4, 5, 6, 7, 10, 12, 15))
STRONG_CUE = re.compile(
    r"\b(?:on|since|dated?|born|says|refill\spool|seen|admitted|discharged|from|until|till|through|thru|visit|dos|doa|dod|due|adm|disch|"
    r"t/?c\sto\s[A-Za-z]{2,12}|week\sof|w/e|w/c|dict|typed|rtc|appt|nights|as\sof|thru|avail|back|chg|healed|inj|er\sx1|d/c'?d?|"
    r"(?:night|morning|evening|afternoon|day)\sof|"
    r"(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day)?)\.?:?\s?[(\[]?$",
    re.IGNORECASE,
)
SCORE_FROM = re.compile(r"\b(?:from|until|till|through|thru)\s$", re.IGNORECASE)  # from 8/10 to 3/10
# What is done or seen on a day: her 2/3 visit, the 2/3 labs, 2/3 CT.
SEEN_BEHIND = re.compile(
    r"\s(?:visit|labs?|ct|mri|x-?ray|cxr|echo|note|call|appt|clinic|scan|bx|biopsy|film|results?|culture|at\s\d|"
    r"\d{1,2}\s?[ap]\.?m|(?:to|thru|through)\s\d{1,2}/|\(?(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day)?\b)",
    re.IGNORECASE,
)
DURATION = re.compile(r"\s?(?:hx|h/o|post|ago|history|course|previously|duration|later|of)\b", re.IGNORECASE)
DURATION_AHEAD = re.compile(
    r"\b(?:for|past|last|over|next|every|after|within)\s(?:the\s)?(?:past\s|last\s)?$", re.IGNORECASE
)
MIXED_NUMBER = re.compile(r"(?<![\d./-])\d{1,3}\s$|[A-Za-z=<>~≥≤]$|\b(?:an?|about)\s$", re.IGNORECASE)
PART_BEHIND = re.compile(
    r"\s?[,(]\s?\d+(?:\.\d+)?\s?%|\s?\(\d|\s\d+/\d+\s|\s(?:of|patients|subjects|participants|occasions?|"
    r"attempts?|times|cases|in\s+(?:the|all|both)|on\s+the\s+(?:left|right))\b"
)
# What is counted stands in the plural: 8/10 groups, 2/3 blood cultures. These words end so and are something else.
COUNTED_BEHIND = re.compile(
    r"\s(?:(?!(?:at|in|on|by|with|w|for|to|from|per|via|and|was|is)\s)[A-Za-z][a-z-]+\s)?(?!(?:labs|results|films|was|is|has|its|his|this|as|us|plus|versus|vs|does|goes|"
    r"says|states|reports|denies|complains|remains|presents|shows|reveals|needs|vitals|rounds|status|pus)\b)"
    r"[A-Za-z]{2,}(?:[^s\W]s|S)\b(?!')"
)
# An instrument has its number in its name: PHQ-9, GAD7, AUDIT-C, MOCA-B.
INSTRUMENT = re.compile(r"\b(?!(?:POD|HD|DOL|PPD|DAY)\b)[A-Z][A-Za-z]{1,7}-?(?:\d{1,2}|(?<=-)[A-Z])\s?[:=]?\s?$")
NAMED_BEFORE = re.compile(r"\b[A-Z][A-Za-z]{2,}\s?[:=]?\s?$")  # Alvarado 9/10, GDS 5/15
OF_A_VALUE = re.compile(r"\d[%+]?\s?\(\s?$|(?:neg|pos|normal|nl|wnl|stable)\.?\s?\(\s?$", re.IGNORECASE)
# Words before 3/4 that say what was done, seen or taken that day: by their endings, so that no list is needed.
DONE = re.compile(
    r"(?:\b[A-Za-z]{2,}(?:scop(?:y|ies)|grams?|ectomy|otomy|ostomy|plasty|graphy|opsy|section|culture|films?|"
    r"doppler)|\bs/p\s[A-Za-z]{2,12}(?:\s[A-Za-z]{2,12})?|\b(?:given|fall|fell|quit|died|drawn|taken|sent|seen)|"
    r"\b(?!grad|rat|scor|limit|decreas|increas|reduc|weaken|impair|preserv|measur|test|compromis|diminish|unchang|"
    r"need|bas|elevat|advanc|estimat|orient|attend|answer|recall|nam|miss|improv|consum|finish)"
    r"[A-Za-z']{2,}(?:[^aeou]ed|'d)|"
    r"\b(?:CXR|CT|CTA|MRI|MRA|TTE|TEE|EGD|EEG|EMG|KUB|U/?S|UA|UCx|BCx|SCx|Cx|cx|EKG|ECG|PET|CABG|PCI|ERCP|MRCP|LP|"
    r"PFTs?|DEXA|abx|echo|scan|biopsy|bx|stress|[Xx]-?ray|cath|surgery|transplant|trach|PEG|PICC|labs?|clinic|EDD|"
    r"EDC|LMP|BM|shot|vaccine|flu|booster|tdap|dose|labs|rx|appt|note|call|visit|eval|consult|f/u|A/P|[Ee]cho|[Ss]can|[Bb]iopsy|"
    r"[Ll]abs|[Ii]maging|IMAGING|LABS|ECHO|[Ss]urgery|[Cc]ultures?))\s?[(:]?\s?$"
)
# Before a day written 5-14: next 5-14, Tu 10-8 at the head of a line.
DASHED_CUE = re.compile(
    r"\b(?:next|repeat|recheck|rebook(?:ed)?|resched(?:uled)?|expires?|exp|appt|rtc|until|signed|called|seen|"
    r"signs off)\s$",
    re.IGNORECASE,
)
ACUITY = re.compile(r"\s?(?:N\d|[Uu]naided|[Pp]inhole|PH\b)")  # 6/18 N8
WEEKDAY_HEAD = re.compile(r"^[ \t]*(?:M|Tu|W|Th|F|Sa|Su)\s$")
NOT_SCORED = ("dose", "visit", "inr", "total", "reassess", "takes", "taking", "day", "week", "cycle")
NO_DENOMINATORS = frozenset(("13", "14", "16", "17", "18", "19", "22", "25", "26", "29", "31"))
LENS = re.compile(r"x\s?\d{1,3}\s$")  # -0.50x90 6/5
FIELDS = re.compile(r"\b(?:humphrey|hvf|sita|fields?|vf|[RL]|OD|OS)\s$", re.IGNORECASE)
# Who dictated and typed a note: D: 3/5 T: 3/6, D: FRENCH 3/5    T: MJO 3/6.
DICTATED = re.compile(r"(?:^|\s)[DT]:\s?$")
DICTATED_NEXT = re.compile(r"[ \t]{1,6}[DT]: ?[A-Z\d]")
# The day behind a signature, at the end of a paragraph: Bev Lark, 10/10.
SIGNED = re.compile(r"^[^.:;?!]{0,40}\b[A-Z][a-zà-ÿ]+,\s$")
SIGNED_END = re.compile(r"\.?[ \t]*(?:\n[ \t]*\n|\n?$)")
IN_PLACE = re.compile(r"\s(?:in|on|at)\s")
LINE_HEAD = " \t-*•[("
CELL_ENDS = re.compile(r"\s*(?:$|\n(?!\s*[a-z]))|\s{2,}|\t|\s?[|,;\])]|\.(?!\d)|:\s|\s-\s")
RANGED = re.compile(
    r"\b(?:ref|range|reference|normal|nl|goal|target|every|q|x|between|about|approximately|[LCTS]|grade|for|"
    r"size|age[sd]?|sleeps?|works?|hours)[.:\s(]*$|[(\[<>=~x]\s?$",
    re.IGNORECASE,
)
NUMBERS = re.compile(r"\d+|[A-Za-z]{3,}")
# What is seldom a part or a score, where the text writes other days so, and where it does not.
SELDOM_PARTS = re.compile(r"(?:[2-9]|1[0-2])/(?:1|2|12|15)|6/6|8/8|9/9|11/11")
NEVER_PARTS = re.compile(r"(?:[3-9]|1[0-2])/(?:2|15)|8/8|9/9|11/11")
SHORT_DAY = re.compile(r"\d{1,2}/\d{1,2}(?:/\d{2})?$")
CLAUSE_ENDS = re.compile(
    r"\s?(?:[.,;:)\]|–—-](?!\d)|\n|$|(?:by|then|at|with|w/|and|for|in(?!\.)|on|to|per|from|via|but|he|she|no|ok|was)\b)"
)
SECONDARY = re.compile(r"\s(?!(?:at|in|on|by|with|w|for|to|from|per|and|was|is)\b)[a-z]{3,}")
CLOSE = 24  # characters before a pair in which a word for a score is close
RECENT = 1  # years before the latest date of a text, within which its months are those of the present


class MonthDays(NumericDates):
    """The days of one language that are written without their year."""

    def __init__(self, words: Words) -> None:
        """Compile what stands before and after a day and a score."""
        self.words = words
        cues = either(words["day_cues"])
        self.cue = LookBack(rf"(?<![a-z0-9])(?:{cues})\.?:?\s*(?:the\s+)?[(\[]?|@\s?", [*words["day_cues"], "@"])
        self.not_after = re.compile(rf"\s*-?(?:{either(words['not_days_after'])})\b", re.IGNORECASE)
        self.not_before = LookBack(
            rf"(?<![a-z0-9/])(?:{either(words['not_days_before'])})[.#]?\s*(?:(?:of|is|was|at|:|=|-|score|scored|"
            rf"total|today|now|about|around)\s*)*",
            words["not_days_before"],
        )

    def find_month_day(self, text: str, start: int) -> tuple[int, bool] | None:
        """Return where a date like 3/14 ends, and whether it is sure to be one; None for a score, a part or a time.

        What is not sure is a date where the text has others of that month.
        """
        found = MONTH_DAY.match(text, start)
        days = DAYS.match(text, start)
        if days and either_order(days[1], days[2]) and either_order(days[3], days[4]):
            found = days
        elif found is None or not either_order(found[1], found[2]):
            return None
        first, of, end = int(found[1]), int(found[2]), found.end()
        if (
            self.not_after.match(text, end)
            or ACUITY.match(text, end)
            or LENS.search(text, max(0, start - 6), start)
            or (first == 24 and of == 7)
        ):
            return None
        if DICTATED.search(text, max(0, start - 4), start) or DICTATED_NEXT.match(text, end):
            return end, True
        if of in (7, 12) and (DURATION_AHEAD.search(text, max(0, start - 16), start) or DURATION.match(text, end)):
            return None
        if TIME_AFTER.match(text, end) or SAME_DAY.search(text, max(0, start - 12), start):
            return end, True
        head = text[max(0, start - 32) : start].rpartition("\n")[2]
        begins = not head.strip(LINE_HEAD) or head[-2:] in (". ", ": ", "; ")
        part = first <= of and (
            (of in DENOMINATORS and PART_BEHIND.match(text, end) is not None)
            or (not begins and COUNTED_BEHIND.match(text, end) is not None)
        )
        near = NEAR.get(of) if first <= of else None
        measured = near is not None and (
            near.search(text, max(0, start - 90), end + 40) is not None
            or (of in (5, 10) and first != of and f"{of}/{of}" in text)
        )
        if (
            not part
            and not (measured and of == 10 and SCORE_FROM.search(head))
            and STRONG_CUE.search(text, max(0, start - 18), start)
        ):
            return end, True
        if head[-1:] == "(" and OF_A_VALUE.search(head) and text[end : end + 1] == ")":
            near_by = near is not None and near.search(text, max(0, start - 24), end)
            return None if near_by else (end, True)
        if measured and of in SCORES:
            return None
        if not part and self.cue.search(text, start - 32, start):
            return end, True
        if self._measured_before(text, start) or INSTRUMENT.search(head):
            return None
        if not measured and SIGNED.search(head) and SIGNED_END.match(text, end):
            return end, True
        if part and not measured and of > 10 and IN_PLACE.match(text, end) and DONE.search(head):
            part = False
        if part and of not in (11, 13, 14):
            return None if of in DENOMINATORS or first <= of < 10 else (end, False)
        weeks = of == 7 and first % 7 == 0  # 14/7: two weeks
        if found is days or (first > of and not weeks and not head[-1:].isalpha()):
            return end, True
        padded = len(found[1]) == len(found[2]) == 2 and "0" in (found[1][0], found[2][0])
        if padded or (of not in DENOMINATORS and first != of):
            return end, True
        if text[end : end + 1] == ":" and not measured:
            return end, True
        if (
            not head.strip(LINE_HEAD)
            and (text[end : end + 1] in (":", "\t", ")", "]", "-") or text[end : end + 2] in (" -", " –", "  "))
        ) or (not measured and DONE.search(head) and (of != 5 or "(" not in head[-2:])):
            return end, True
        if (listed := LISTED.match(text, start)) is not None and _of_list(listed[0]):
            return end, True
        if measured or (first == of and of in (1, 5)) or MIXED_NUMBER.search(head):
            return None
        if of in (5, 10, 15) and NAMED_BEFORE.search(text, max(0, start - 32), start):
            return None
        if first == of and of < 11:
            return end, False
        fenced = text[start - 1 : start] in ("(", "[", "|") and text[end : end + 1] in (")", "]", "|")
        sure = SEEN_BEHIND.match(text, end) is not None or (fenced and of not in (5, 6, 10))
        return end, sure

    def is_score(self, text: str, start: int) -> bool:
        """Say whether what stands close to 3/14 says outright that it is a score, a part or a spell of time."""
        found = MONTH_DAY.match(text, start)
        if found is None:
            return False
        first, of, end = int(found[1]), int(found[2]), found.end()
        if ACUITY.match(text, end) or INSTRUMENT.search(text, max(0, start - 12), start):
            return True
        if self._measured_before(text, start) or (of == 7 and first % 7 == 0):  # 14/7: two weeks
            return True
        if of in (7, 12) and (DURATION_AHEAD.search(text, max(0, start - 16), start) or DURATION.match(text, end)):
            return True
        if first == of == 2 and SECONDARY.match(text, end):  # AKI 2/2 sepsis
            return True
        near = NEAR.get(of) if first <= of else None
        return near is not None and near.search(text, max(0, start - CLOSE), end + CLOSE // 2) is not None

    def find_dashed(self, text: str, start: int) -> tuple[int, bool] | None:
        """Return where a date like 3-14 ends, and whether it is sure to be one; None for a range."""
        found = DASHED.match(text, start)
        if found is None or not either_order(found[1], found[2]):
            return None
        first, second, end = int(found[1]), int(found[2]), found.end()
        head = text[max(0, start - 32) : start].rpartition("\n")[2]
        begins = not head.strip(LINE_HEAD)
        closed = CELL_ENDS.match(text, end) is not None
        padded = "0" in (found[1][0], found[2][0]) and len(found[1]) == len(found[2]) == 2
        if not closed and UNIT_BEHIND.match(text, end) and not (begins and padded):
            return None
        if (time := TIME_AFTER.match(text, end)) and (first <= 12 or ":" in time[0]):
            return end, True
        if (
            RANGED.search(head)
            or head.endswith("CA ")
            or INSTRUMENT.search(head)
            or self._measured_before(text, start)
        ):
            return None
        if FIELDS.search(head) and second in (1, 2):
            return None  # Humphrey 24-2
        if (closed or padded or text[end : end + 2] == " (") and DASHED_CUE.search(head):
            return end, True
        if WEEKDAY_HEAD.search(head):
            return end, True
        if (
            DATE_LABEL.search(head)
            or (padded and DICTATED.search(head))
            or ((padded or closed) and (STRONG_CUE.search(head) or DONE.search(head)))
        ):
            return end, True
        if padded and (begins or self.cue.search(text, start - 32, start)):
            return end, True
        if not closed:
            return None
        return end, first > second

    def _measured_before(self, text: str, start: int) -> bool:
        """Say whether the words before a pair say that it is measured; not `called pt 6/2`, `Dr. Day is 3/19`."""
        found = self.not_before.search(text, start - 32, start)
        if found is None:
            return False
        pair = PAIR.match(text, start)
        if pair is not None and pair[2] in NO_DENOMINATORS and found[0].lower().startswith(NOT_SCORED):
            return False
        if found[0].startswith("pt ") or (text[start + 1 : start + 3].count("/") and found[0][:3].lower() == "inr"):
            return False
        return not (
            found[0].startswith("Day ") and text[max(0, found.start() - 4) : found.start()] in ("Dr. ", " Dr ")
        )


UNIT_BEHIND = re.compile(r"\s?[A-Za-zµ%°]")


def settled(text: str, found: Sequence[Span], unsure: Sequence[tuple[int, int]], words: Words) -> list[Span]:
    """Return those of the unsure days whose month is that of a date of the present, or the one beside it.

    What may be a range (3-5) is a day only where others are written so, or with a number that no month has.
    """
    dates = [text[s.start : s.end] for s in found if s.type == "date"]
    read = [_month_and_year(written, words) for written in dates]
    latest = max((year for _, year in read if year), default=0)
    present = {month for month, year in read if month and (not year or year >= latest - RECENT)}
    near = {(month + step - 1) % 12 + 1 for month in present for step in (-1, 0, 1)}
    slashed = any(SHORT_DAY.match(written) for written in dates)
    dashed = any(DASHED.fullmatch(written) for written in dates)
    days = []
    for start, end in unsure:
        written = text[start:end]
        month = _month_and_year(written, words)[0]
        if month not in near and not (
            (SELDOM_PARTS if slashed else NEVER_PARTS).fullmatch(written) and CLAUSE_ENDS.match(text, end)
        ):
            continue
        if "-" in written and not dashed and int(written.partition("-")[2]) <= 12:
            continue
        if not any(s.start < end and start < s.end for s in found):
            days.append(Span(start, end, "date"))
    return days


def _month_and_year(written: str, words: Words) -> tuple[int, int]:
    """Return month and year of a date, each 0 where it has none."""
    pieces = NUMBERS.findall(written.lower())
    named = next((words.months[piece] for piece in pieces if piece in words.months), 0)
    numbers = [piece for piece in pieces if piece.isdigit()]
    year = next((int(n) for n in numbers if len(n) == 4), 0)
    if not year and len(numbers) > 2 - bool(named) and len(numbers[-1]) == 2:
        year = 2000 + int(numbers[-1]) if int(numbers[-1]) < 50 else 1900 + int(numbers[-1])
    short = [int(n) for n in numbers if len(n) <= 2]
    month = named or next((n for n in short if 1 <= n <= 12), 0)
    if not month and numbers and len(numbers[0]) >= 8:
        year, month = int(numbers[0][:4]), int(numbers[0][4:6])
    return month, year


def _of_list(listed: str) -> bool:
    """Say whether pairs in a row are days: one is no score, or each is later than the one before."""
    pairs = [(int(m[1]), int(m[2])) for m in PAIR.finditer(listed)]
    if not all(either_order(str(a), str(b)) for a, b in pairs):
        return False
    if any(b not in DENOMINATORS for _, b in pairs):
        return True
    if len(pairs) > 2 and all(a == c and b + 1 == d for (a, b), (c, d) in itertools.pairwise(pairs)):
        return True  # heads of columns: 2/1  2/2  2/3
    return len({b for _, b in pairs}) == len(pairs) and pairs == sorted(pairs) and pairs[-1][1] > 5
