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
    r"silverado|corolla|camry|civic|accord|tacoma|prius|tahoe|malibu|altima|sentra|elantra|vauxhall|peugeot|renault|"
    r"skoda|fiat|holden|mitsubishi|suzuki|mercedes|lorry|taxi|motorbike|scooter|hilux|ute|rego|reg|trailer|"
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
# A prisoner of England (A4417CK), a patient of New Zealand (ZKA0148)
OF_ONE_FORM = re.compile(r"[A-Z]\d{4}[A-Z]{2}$|[A-HJ-NP-Z]{3}\d{4}$")
# National insurance (UK): QQ 12 34 56 C; a bank account; a health card of Quebec
INSURED = re.compile(
    r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D](?![A-Za-z0-9])|"
    r"[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])|"
    r"[A-Z]{4} \d{4} \d{4}(?!\d)"
)
PICTURED = re.compile(
    r"(?:dsc[fn]?|img|pict?|dscn|dcim|pxl|mvi|photo)[_-]?\d{3,5}$", re.IGNORECASE
)  # a camera's names
NO_POSTCODE = re.compile(
    r"st|nd|rd|th|hr|lb|ft|dl|ug|yr|gt|bd|qd|at|as|an|by|be|he|we|tb|ga|la|ra|pt|gs|ty|px|hx|rx|wt|ht"
)
# In notes without capitals: a-771-20934, d24-30917; and what no range is, for its second part begins with 0: 24-0771
LOWER_NUMBER = re.compile(r"[a-z]{1,4}-?\d{2,4}-\d{4,7}$|[a-z]{1,3}-\d{5,7}$|[A-Z]{2,6}0\d{3,6}$|\d{2,4}-0\d{2,6}$")
CARD_IN_GROUPS = re.compile(r"\d{4} \d{5} \d(?:\s?/\s?\d)?(?![\d/%]|[.,]\d)")  # Medicare (Australia)
EIRCODE = re.compile(r"(?:[AC-FHKNPRTV-Y]\d\d|D6W) (?=[A-Z]*\d)(?=\d*[A-Z])[0-9AC-FHKNPRTV-Y]{4}(?![A-Za-z0-9])")
# Codes that say something of medicine and nothing of a person.
PUBLIC_CODE = re.compile(
    r"(?:nct|icd|cpt|hcpcs|snomed|loinc|rxnorm|rxcui|ndc|pmid|pmc|doi|isbn|issn|isrctn|umls|cui|mesh|omim|drg|"
    r"covid|sars|rs|nm_|np_|dd|sf|"
    r"grch|chembl|ec|cas|drugbank|orpha|hgnc|ensg|cd|hla|cyp|il|vitamin|codes?|asa|tnm|figo|fda|iso|nhanes|"
    r"dsm|mesh|gard|medlineplus|cms|hcfa|phq|gad|moca|mmse|bims|promis|koos|"
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
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAC_OF_THREE = re.compile(r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-z.])", re.IGNORECASE)
STAGE = re.compile(
    r"S1Q3T3$|[cpyra]*T(?:\d|is|X)[a-d]?(?:N(?:\d|X)[a-c]?)?(?:M(?:\d|X)[a-c]?)?$|(?:[CTLS]\d{1,2}){2,3}$|"
    r"(?:G\d+P\d+(?:A\d+)?(?:L\d+)?)$",
    re.IGNORECASE,
)
VARIANT = re.compile(r"[A-Z]\d{2,5}[A-Z]{1,3}$|\d+[A-Z]>?[A-Z]$|(?:CYP|HLA|GLUT|SLC|UGT|ABC|FGFR|CD|IL|TNF)\w+$")
# What needs no more than a label that is a word: five digits, or letters with digits.
SHAPED = re.compile(
    r"\d{5,}(?![\d,.]\d)|(?=(?:-?\d){5})(?!(?:19|20)\d\d-)\d{2,}(?:-\d{2,})+(?![\w%])|"
    r"(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])(?=\w*-?\w*\d{2})[A-Z0-9]+(?:-[A-Z0-9]+)*(?![A-Za-z])|"
    # LC/22/0093, 24/0088172; 4417 208 993, 2953 10847 1, 884 2210 7756; 1EG4 TE5
    r"(?=[A-Z\d/]*[A-Z])(?=[A-Z/]*\d[A-Z/]*\d[A-Z/]*\d)[A-Z\d]{1,6}(?:/[A-Z\d]{1,7}){1,4}(?![\w%])|"
    r"\d{2,4}/\d[\d-]{3,}(?![\w%])|\d{2,4}/[A-Z]{1,3}/\d{3,}|"
    r"(?=(?: ?\d){7})\d{2,5}(?: \d{2,6}){1,4}(?: \d)?(?![\w%/]|[.,:-]\d)"
)
# What is billed: 99213, 97530, G0439
BILLED = re.compile(
    r"(?:992[0-9]\d|993[0-9]\d|994[0-9]\d|9079[12]|9083[2-9]|9084[67]|9085[37]|9047[1-4]|90[67]\d\d|9300[05]|"
    r"93010|9330[3-8]|9401\d|9406\d|"
    r"9476\d|9571\d|958[0-9]\d|9590\d|961[0-3]\d|963[67]\d|9637[2-7]|970[1-3]\d|971[1-6]\d|9753\d|9754\d|9775\d|"
    r"98940|98941|"
    r"11[07]\d\d|1204\d|17[01]\d\d|2055[0-3]|2060[0-9]|2061[01]|6232\d|644[89]\d|27447|27130|2988[01]|47562|49505|"
    r"594\d\d|36415|36416|4323[59]|4537[8-9]|4538[0-5]|4538\d|"
    r"580\d\d|"
    r"7045\d|7104[5-8]|7125\d|7210\d|73[0-6]\d\d|7417[678]|767[0-9]\d|7680[15]|7681[17]|7706[3-7]|8004[78]|"
    r"8005[03]|80061|8007[46]|"
    r"8100[0-5]|8102[05]|8230[67]|8260[78]|8272[78]|8294[78]|8303[67]|8443[69]|8448[14]|8502[57]|85610|85730|"
    r"8708[068]|8749[01]|8763[57]|"
    r"878[08]\d|8814[2-3]|8830[4579]|[ABEGJKLQSTV][0-9]\d{3})$"
)
FOUR = re.compile(r"\d{4}(?![\w%/]|[.,:-]\d|\s?[-–]\s?\d)")
CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d$")
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
LOWER_LETTERS = re.compile(r"(?<![A-Za-z0-9-])[a-z]{2,4} $")
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
# 1800-calorie, 74-YEAR-OLD
MEASURED = re.compile(
    r"\d{2,3}[-–]\d{2,3}[FC]$|\d+-(?:[a-z]{3,}|mg|ml|cm|mm)(?:-[a-z]+)*$|"
    r"\d+-(?i:years?|yrs?|days?|weeks?|wks?|months?|mos?|hours?|hrs?|minutes?|min|point|pack|lead|view|foot|feet|"
    r"inch|pounds?|lbs?|"
    r"liters?|french|gauge|step|vessel|part|way|mile|calories?|beats?|stage|grade|hr)(?:-[A-Za-z]+)*$"
)
CODED = re.compile(r"[A-TV-Z]\d[0-9AB]\.\d[0-9A-Z]{0,3}$")  # a diagnosis: G47.33
MODEL = re.compile(r"[A-Z]{1,2}-?\d{3}$|\d{4}$")
AGED = re.compile(r"-?\s?(?:years?|yrs?|yo\b|y/o|y\.o|[MF]\b)", re.IGNORECASE)
IN_GROUPS = frozenset(
    ("mrn", "health_plan", "account", "license", "vehicle", "ssn", "device", "biometric", "other_id")
)


def shape_of(text: str, begin: int, end: int, token: str, digits: int, phone_label: LookBack) -> Span | None:
    """Return an identifier that is one by its form alone."""
    if len(token) == 17 and digits >= 5 and not token.isdigit() and VIN.match(text, begin):
        return Span(begin, end, "vehicle")
    if digits == 4 and len(token) == 7 and OF_ONE_FORM.match(token):
        return Span(begin, end, "other_id")
    if token[0].isalpha() and (insured := INSURED.match(text, begin)) is not None:
        return Span(begin, insured.end(), "ssn")
    if digits == 4 and token.isdigit() and (card := CARD_IN_GROUPS.match(text, begin)) is not None:
        return Span(begin, card.end(), "health_plan")
    if 4 >= end - begin >= 3 and token[0].isalpha() and (post := EIRCODE.match(text, begin)) is not None:
        return Span(begin, post.end(), "zip")
    if digits >= 6 and "-" in token and (uuid := UUID.match(text, begin)):
        return Span(begin, uuid.end(), "other_id")
    if digits >= 4 and len(token) >= 11 and MBI.match(text, begin):
        return Span(begin, end, "health_plan")
    if 7 >= end - begin >= 4 and token[0].isupper() and (plate := UK_PLATE.match(text, begin)):
        return Span(begin, plate.end(), "vehicle")
    if 4 >= end - begin >= 2 and token[0].isalpha():
        post = UK_POSTCODE.match(text, begin)
        if post is None and token.islower() and (post := UK_POSTCODE.match(text[begin : begin + 10].upper())):
            low = begin + post.end()
            return None if NO_POSTCODE.match(text, low - 2) else Span(begin, low, "zip")
        if post is not None:
            return Span(begin, post.end(), "zip")
    if token[0].isalpha() and (post := CANADA_POSTCODE.match(text, begin)) is not None and not STAGE.match(token):
        return Span(begin, post.end(), "zip")
    if digits < 3:
        return None
    letters = re.match(r"[A-Za-z_]*", token)
    head = letters[0] if letters else ""
    if token[0] in "xpX" and re.fullmatch(r"[xp]\d?-?\d{4,5}|X-?\d{4}", token):
        return Span(begin, end, "phone")
    if GRAVIDA.match(token) or (head and PUBLIC_CODE.match(head)):
        return None
    if digits <= 5 and PICTURED.match(token):
        return Span(begin, end, "photo")
    if token.isdigit():
        if digits == 5 and BILLED.match(token) and text[begin - 1 : begin] != "#":
            return None
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
        if (
            token[0] != "0"
            and re.fullmatch(r"\d+[A-Za-z]{1,4}", token)
            and UNIT.match(text, begin + len(token.rstrip(CAPITALS + CAPITALS.lower())))
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
    if digits >= 4 and LOWER_NUMBER.match(token) and not TIMES.match(token) and not UNIT.match(text, end):
        return Span(begin, end, "other_id")
    if re.fullmatch(r"[A-Z]{1,4}-?\d{2}-\d{3,7}|[A-Z]{1,4}-\d{4,}[A-Z]?|(?!CA-|HLA|MRI|PT-)[A-Z]{2,4}-\d{3}", token):
        return Span(begin, end, "other_id")
    return None


def _changes(token: str) -> int:
    """Return how often letters and digits take turns."""
    plain = [c.isdigit() for c in token if c.isalnum()]
    return sum(a != b for a, b in itertools.pairwise(plain))
