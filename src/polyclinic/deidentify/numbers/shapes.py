"""Numbers of a form that only an identifier has, and the patterns of numbers that are none.

Whether a label stands beside is asked in `labels`.
"""

from __future__ import annotations

import itertools
import re

from polyclinic.deidentify.dates.calendar_numbers import COMPACT, is_day, is_year
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.spans import Span

SSN = re.compile(r"\d{3}(\s?[-–]\s?|[\s./])\d{2}\1\d{4}(?![\d-])")
MASKED_SSN = re.compile(r"(?:[x*#•●·_?.]{3}[-–\s]?[x*#•●·_?.]{2}[-–\s]?)$", re.IGNORECASE)
UNIT = re.compile(
    r"[\s-]?(?:mg|mcg|ug|µg|μg|g|gm|kg|ml|l|dl|cc|mm|cm|km|iu|units?|u|meq|mmol|mosm|copies|cells|k|x10|"
    r"/(?!\d{3})|%|°|"
    r"bpm|lbs?|pounds|"
    r"cgy|gy|hz|ms|msec|seconds|minutes|hours|days|weeks|months|years|steps|calories|kcal|dollars|people|"
    r"patients|women|men|per\s|"
    r"platelets|leukocytes|wbc|rbc|colonies|cfu|international|thousand|million)(?![a-z\d])",
    re.IGNORECASE,
)
TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-–._:][A-Za-z0-9]+)*")
GROUPS = re.compile(
    r"(?:[ ]\d{2,}(?!\d|[/.:]\d)){1,5}|(?:[ ][A-Z0-9]{2,5}(?![a-z/]|\.\d))(?:[ ]\d{2,5}(?!\d|[/.:]\d))*"
)
# Groups of a number in capitals and digits, with spaces between: 1EG4 TE5 MK73; BD51 SMR.
MORE_GROUPS = re.compile(
    r"(?:[ ·](?=[A-Z0-9]*\d)[A-Z0-9]{2,9}(?![A-Za-z0-9/%]|[.:]\w|-?(?:year|yo|y/o)))+(?:[ ]\d(?![\w./:,%-]|\s[a-z]))?"
)
LETTER_GROUP = re.compile(
    r"[ ·](?!(?:DOB|SSN|MRN|MD|RN|DO|NP|PA|M|F|DR|MR|MS|AM|PM|ID|NO|EXP|ON|IN|AT|IS)\b)[A-Z]{2,4}(?![A-Za-z0-9./:'-])"
)
# What goes on behind a labelled number: 2019/8812, 123456789*01, a:9c:11
TAIL = re.compile(r"(?:[/*:.+=~|·-][A-Za-z0-9]+)+[*=]{0,2}")
BEFORE_DIGITS = re.compile(r"(?:(?<![A-Za-z0-9-])[A-Z]{1,6}[ ·*/.-]){1,2}$|(?<![A-Za-z0-9])[A-Z]\d{1,2}[A-Z]{0,2} $")
# A label behind the number: 455211 (MRN); 00-455-211 is her MRN
NUMBER_LABEL_BEHIND = re.compile(
    r"\s?(?:[(\[]\s?|is\s+(?:his|her|the|their|my)\s+|=\s?|-\s)(?:the\s+)?(?:(?P<ssn>ssn|ss#?|social)|"
    r"(?P<mrn>mrn|mr#?|chart|"
    r"medical record)|(?P<health_plan>member|policy|insurance|group|medicare|medicaid|subscriber)|"
    r"(?P<account>acc(?:oun)?t)|"
    r"(?P<license>npi|dea|licen[cs]e|dl|passport)|(?P<vehicle>vin|plates?|tag)|(?P<device>serial|s/n|sn|lot|udi)|"
    r"(?P<biometric>finger\s?prints?|voice\s?prints?|retinal? scan|iris scan|biometric)|"
    r"(?P<other_id>accession|case|csn|encounter|order|visit|id))\b",
    re.IGNORECASE,
)
# Labels that nothing of medicine has: their number may stand some words behind.
FAR_LABEL = re.compile(
    r"\b(?:(?P<biometric>(?:finger|thumb|palm|voice|ear|face|foot|hand)[ -]?prints?|biometrics?|(?:retinal?|"
    r"iris|facial|face|"
    r"palm|hand|finger|voice|ear|gait|vein)[ -](?:vein |geometry |recognition )?(?:scan|template|id|code|"
    r"geometry|recognition|"
    r"biometrics?|profile|hash|signature|vein|map|pattern|record|key|image|file)s?)|"
    r"(?P<ssn>ssn|social security)|(?P<license>licen[cs]ed?|npi|dea|passport|driver'?s|permit|certificate)|"
    r"(?P<vehicle>vin|plates?|vehicle|license tag|tags|car|truck|van|suv|sedan|pickup|minivan|motorcycle|jeep|"
    r"honda|toyota|ford|chevy|chevrolet|nissan|subaru|hyundai|kia|mazda|buick|dodge|bmw|volvo|tesla|lexus|audi|gmc)|"
    r"(?P<mrn>mrn|medical record|record number|chart number|patient id)|"
    r"(?P<health_plan>medicare|medicaid|insurance|insured|policy|member|subscriber|beneficiary|humana|aetna|cigna|"
    r"bcbs|blue cross|blue shield|anthem|tricare|kaiser|unitedhealthcare|uhc|payer|payor|hmo|ppo|health plan|"
    r"centene|molina)|"
    r"(?P<account>account|acct|invoice|guarantor|visa|mastercard|amex|credit card|debit card)|"
    r"(?P<device>serial|s/n|udi|imei|pacemaker|defibrillator|implant|device|pump|cpap|bipap|sensor|transmitter|"
    r"hearing aid|wheelchair|stimulator|lvad|asset tag|concentrator|glucometer|monitor)|"
    r"(?P<other_id>accession|barcode|user ?name|user id|login|badge|locker|unos|tracking|docket|case number|"
    r"police|inmate|"
    r"ticket|specimen|slide|blood unit|confirmation|employee|student|room key|wristband|study id))\b"
    r"(?:(?![.;!?]\s)[^\d\n]){0,44}$",
    re.IGNORECASE,
)
CARD = re.compile(r"(?:\d{4}[ -]){3}\d{4}(?!\d)")
VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}(?![A-Za-z0-9])")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
MAC = re.compile(r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![0-9a-f])", re.IGNORECASE)
MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Yac-hjkmnp-rt-y][A-Za-z0-9]\d-?[A-Za-z][A-Za-z0-9]\d-?[A-Za-z]{2}\d{2}(?![A-Za-z0-9])"
)
UK_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}(?![A-Za-z0-9])")
CANADA_POSTCODE = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z]\s?\d[A-Z]\d(?![A-Za-z0-9])")
# Codes that say something of medicine and nothing of a person.
PUBLIC_CODE = re.compile(
    r"(?:nct|icd|cpt|hcpcs|snomed|loinc|rxnorm|rxcui|ndc|pmid|pmc|doi|isbn|issn|isrctn|umls|cui|mesh|omim|drg|"
    r"covid|sars|rs|nm_|np_|"
    r"grch|chembl|ec|cas|drugbank|orpha|hgnc|ensg|cd|hla|cyp|il|vitamin|codes?|asa|tnm|figo|fda|iso|nhanes|"
    r"dsm|mesh|gard|medlineplus|"
    r"sct|atc|unii|egfr|version|v|page|pages|pp|figure|table|section|chapter|eudract|ctri|chictr|actrn|jprn|drks)$",
    re.IGNORECASE,
)
GRAVIDA = re.compile(r"[Gg]\d{1,2}[Pp]\d{1,4}")
CODE_BEFORE = LookBack(
    r"\b(?:nct|icd|icd-?(?:9|10)(?:-cm|-pcs)?|cpt|hcpcs|snomed(?:\s?ct)?|loinc|rxnorm|rxcui|ndc|pmid|pmcid|"
    r"pmc|doi|isbn|issn|isrctn|iso|astm|ieee|"
    r"concept(?:\s?id)?|umls|cui|mesh|omim|drg|procedure codes?|diagnosis codes?|billing codes?|codes?|dx "
    r"codes?)\s*[:#=-]?\s*(?:[A-Z]?[\d.]+(?:,\s*|\s+and\s+|\s)){0,3}",
    words_of(
        "nct icd cpt hcpcs snomed loinc rxnorm rxcui ndc pmid doi isbn issn isrctn iso astm ieee concept umls cui "
        "mesh omim drg procedure diagnosis billing code dx"
    ),
)
MONEY_BEFORE = re.compile(r"(?:[$€£]|usd|n\s?=|=|<|>|≤|≥|~|±|count(?: of)?|counts?:?|total of|of)\s*$", re.IGNORECASE)
PLATE_BEFORE = re.compile(r"(?:^|[\s:#])([A-Z]{1,4}[ -]?)$")
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAC_OF_THREE = re.compile(r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-z.])", re.IGNORECASE)
STAGE = re.compile(
    r"[cpyra]*T(?:\d|is|X)[a-d]?(?:N(?:\d|X)[a-c]?)?(?:M(?:\d|X)[a-c]?)?$|(?:[CTLS]\d{1,2}){2,3}$|"
    r"(?:G\d+P\d+(?:A\d+)?(?:L\d+)?)$",
    re.IGNORECASE,
)
VARIANT = re.compile(r"[A-Z]\d{2,5}[A-Z]{1,3}$|\d+[A-Z]>?[A-Z]$|(?:CYP|HLA|GLUT|SLC|UGT|ABC|FGFR|CD|IL|TNF)\w+$")
# What needs no more than a label that is a word: five digits, or letters with digits.
SHAPED = re.compile(
    r"\d{5,}(?![\d,.]\d)|(?=(?:-?\d){5})(?!(?:19|20)\d\d-)\d{2,}(?:-\d{2,})+(?![\w%])|(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])(?=\w*-?\w*\d{2})[A-Z0-9]+(?:-[A-Z0-9]+)*(?![A-Za-z])"
)
COUNTED = re.compile(
    r"(?:[A-Z]\d|[CTLS]\d{1,2}-|[A-Z]{1,3}\d{1,2}$|(?:COVID|SARS|HIV|HBV|HCV|HPV|IL|CD|HLA|CA|PD)-?\d*|"
    r"\d+-?(?:MG|ML|MCG|CM|MM|G|KG|L|U|D|H|X)\b)"
    r"(?![A-Z0-9-]*\d{3})",
)
REGISTRY = re.compile(
    r"(?:nct|isrctn|actrn|chictr|ntr|japic|umin|drks|rbr|irct|ctri|eudract|pactr|tctr)[-\w]*\d", re.IGNORECASE
)
TIMES = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d[-–](?:[01]\d|2[0-4])[0-5]\d$")  # 0715-0745
THREE_DIGITS = re.compile(r"\d{3}")
YEARS = re.compile(r"(?:19|20)\d{2}[-–](?:(?:19|20)\d{2}|\d{2})$")
STATE_BEHIND = re.compile(r"\s?[(\[/][A-Z]{2}(?:[)\]]|(?![A-Za-z]))")
LOWER_HEAD = re.compile(r"[A-Za-z]{2,6}[-_~](?=\d)")
UK_PLATE = re.compile(r"[A-Z]{2}\d{2} ?[A-Z]{3}(?![A-Za-z0-9])")
# Two groups of capitals and digits: EZ2 94K, 4LK M82.
PLATE = re.compile(
    r"(?=[A-Z -]*\d)(?=[\d -]*[A-Z])[A-Z0-9]{2,4}[ -](?=[A-Z]*\d|[A-Z]+\d*)[A-Z0-9]{2,4}(?![A-Za-z0-9])"
)
LOWER_LETTERS = re.compile(r"(?<![A-Za-z0-9-])[a-z]{2,3} $")
PLATE_LETTERS = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,4} $")
# What is counted or measured in five digits.
COUNT_BEFORE = re.compile(
    r"(?:\b(?:wbc|b?-?hcg|plt|platelets?|counts?|psa|ck|cpk|bnp|ferritin|levels?|titer|load|dose|total|about|"
    r"approximately|around|"
    r"over|than|every|is|was|at|to|of|from|by|leukocytes?|between|and|nearly|almost|some|up|rpm|model|version|"
    r"x)|[$€£<>≤≥~=±+×])"
    r"\s*:?\s*$",
    re.IGNORECASE,
)
# What is measured in six digits.
MANY_BEFORE = re.compile(
    r"(?:\b(?:plt|plts|platelets?|counts?|load|vl|b?-?hcg|ck|cpk|ferritin|copies|rna|dna|total|titer)|[<>≤≥~=±+×$€£])"
    r"\s*(?:was|is|of|at|to)?\s*:?\s*$",
    re.IGNORECASE,
)
MEASURED = re.compile(r"\d+-(?:[a-z]{3,}|mg|ml|cm|mm)(?:-[a-z]+)*$")  # 1800-calorie
MODEL = re.compile(r"[A-Z]{1,2}-?\d{3}$|\d{4}$")
AGED = re.compile(r"-?\s?(?:years?|yrs?|yo\b|y/o|y\.o|[MF]\b)", re.IGNORECASE)
IN_GROUPS = frozenset(
    ("mrn", "health_plan", "account", "license", "vehicle", "ssn", "device", "biometric", "other_id")
)


def shape_of(text: str, begin: int, end: int, token: str, digits: int, phone_label: LookBack) -> Span | None:
    """Return an identifier that is one by its form alone."""
    if len(token) == 17 and digits >= 5 and not token.isdigit() and VIN.match(text, begin):
        return Span(begin, end, "vehicle")
    if digits >= 6 and "-" in token and (uuid := UUID.match(text, begin)):
        return Span(begin, uuid.end(), "other_id")
    if digits >= 4 and len(token) >= 11 and MBI.match(text, begin):
        return Span(begin, end, "health_plan")
    if 7 >= end - begin >= 4 and token[0].isupper() and (plate := UK_PLATE.match(text, begin)):
        return Span(begin, plate.end(), "vehicle")
    if 4 >= end - begin >= 2 and token[0].isalpha() and (post := UK_POSTCODE.match(text, begin)):
        return Span(begin, post.end(), "zip")
    if token[0].isalpha() and (post := CANADA_POSTCODE.match(text, begin)) is not None and not STAGE.match(token):
        return Span(begin, post.end(), "zip")
    if digits < 3:
        return None
    letters = re.match(r"[A-Za-z_]*", token)
    head = letters[0] if letters else ""
    if token[0] in "xp" and re.fullmatch(r"[xp]\d?-?\d{4,5}", token):
        return Span(begin + 1, end, "phone")
    if GRAVIDA.match(token) or (head and PUBLIC_CODE.match(head)):
        return None
    if token.isdigit():
        if digits < 5 or UNIT.match(text, end) or CODE_BEFORE.search(text, begin - 24, begin):
            return None
        if digits == 6 and MANY_BEFORE.search(text, max(0, begin - 24), begin):
            return None
        if digits == 5 and (
            COUNT_BEFORE.search(text, max(0, begin - 24), begin) or text[end : end + 1] in ("-", "–")
        ):
            return None
        if (digits == 8 and (compact := COMPACT.match(text, begin)) and is_year(int(compact[1]))) and (
            is_day(int(compact[1]), int(compact[2]), int(compact[3]))
        ):
            return Span(begin, end, "date")
        if MONEY_BEFORE.search(text, max(0, begin - 12), begin) and digits <= 7:
            return None
        if digits in (10, 11) and not text[end : end + 1].isalnum() and phone_label.search(text, begin - 40, begin):
            return Span(begin, end, "phone")
        if (
            (digits == 12 or digits == 14)
            and is_day(int(token[:4]), int(token[4:6]), int(token[6:8]))
            and is_year(int(token[:4]))
        ):
            return Span(begin, end, "date")
        return Span(begin, end, "other_id")
    if CODE_BEFORE.search(text, begin - 24, begin):
        return None
    parts = re.split(r"[-–/_.]", token)
    longest = max((len(p) for p in parts if p.isdigit()), default=0)
    if (
        len(token) >= 6
        and digits >= 3
        and token.isalnum()
        and token.upper() == token
        and _changes(token) >= 2
        and not (STAGE.match(token) or VARIANT.match(token))
        and not UNIT.match(text, begin + len(token.rstrip(CAPITALS)))
    ):
        return Span(begin, end, "other_id")
    if (
        digits >= 5
        and any(c.isalpha() for c in token)
        and re.search(r"[A-Z]", token)
        and (longest >= 3 or len(parts) == 1 or THREE_DIGITS.search(token) or _changes(token) > 3)
    ):
        if re.fullmatch(r"\d+[A-Za-z]{1,4}", token) and UNIT.match(
            text, begin + len(token.rstrip(CAPITALS + CAPITALS.lower()))
        ):
            return None
        return Span(begin, end, "other_id")
    if (
        digits >= 7
        and len(parts) > 1
        and all(p.isdigit() for p in parts)
        and "." not in token
        and (max(map(len, parts)) >= 4 or len(parts) > 2)
    ):
        numbers = [int(p) for p in parts]
        if len(parts) > 2 and not any(n % 5 for n in numbers) and "-0" not in token:
            return None  # 40-40-30-20-10: a dose that goes down
        if text[begin - 1 : begin] in ("$", "±") or YEARS.match(token) or TIMES.match(token) or UNIT.match(text, end):
            return None
        return Span(begin, end, "other_id")
    if re.fullmatch(r"[A-Z]{1,4}-?\d{2}-\d{3,7}|[A-Z]{1,4}-\d{4,}[A-Z]?|(?!CA-|HLA|MRI|PT-)[A-Z]{2,4}-\d{3}", token):
        return Span(begin, end, "other_id")
    return None


def _changes(token: str) -> int:
    """Return how often letters and digits take turns."""
    plain = [c.isdigit() for c in token if c.isalnum()]
    return sum(a != b for a, b in itertools.pairwise(plain))
