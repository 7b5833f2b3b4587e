"""Numbers with a label before them, or of a form that only an identifier has."""

from __future__ import annotations

import itertools
import re

from polyclinic.deidentify.calendar import CalendarRules
from polyclinic.deidentify.calendar_numbers import COMPACT, is_day, is_year
from polyclinic.deidentify.language import Words, either, words_of
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.phones import FAX_BEHIND
from polyclinic.deidentify.spans import Span

LOOK_BACK = 60  # characters before a number in which its label is looked for
SSN = re.compile(r"\d{3}(\s?[-–]\s?|[\s./])\d{2}\1\d{4}(?![\d-])")
MASKED_SSN = re.compile(r"(?:[x*#•●·_?.]{3}[-–\s]?[x*#•●·_?.]{2}[-–\s]?)$", re.IGNORECASE)
UNIT = re.compile(
    r"[\s-]?(?:mg|mcg|ug|µg|μg|g|gm|kg|ml|l|dl|cc|mm|cm|km|iu|units?|u|meq|mmol|mosm|copies|cells|k|x10|/(?!\d{3})|%|°|"
    r"bpm|lbs?|pounds|"
    r"cgy|gy|hz|ms|msec|seconds|minutes|hours|days|weeks|months|years|steps|calories|kcal|dollars|people|"
    r"patients|women|men|per\s|"
    r"platelets|leukocytes|wbc|rbc|colonies|cfu|international|thousand|million)(?![a-z\d])",
    re.IGNORECASE,
)
TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-–._:][A-Za-z0-9]+)*")
GROUPS = re.compile(r"(?:[ ]\d{2,}(?![\d/.:])){1,5}|(?:[ ][A-Z0-9]{2,5}(?![a-z/.]))(?:[ ]\d{2,5}(?![\d/.:]))*")
# Groups of a number in capitals and digits, with spaces between: 1EG4 TE5 MK73; BD51 SMR.
MORE_GROUPS = re.compile(
    r"(?:[ ·](?=[A-Z0-9]*\d)[A-Z0-9]{2,9}(?![A-Za-z0-9/.:%]|-?(?:year|yo|y/o)))+(?:[ ]\d(?![\w./:,%-]|\s[a-z]))?"
)
LETTER_GROUP = re.compile(
    r"[ ·](?!(?:DOB|SSN|MRN|MD|RN|DO|NP|PA|M|F|DR|MR|MS|AM|PM|ID|NO|EXP|ON|IN|AT|IS)\b)[A-Z]{2,4}(?![A-Za-z0-9./:'-])"
)
# What goes on behind a labelled number: 2019/8812, 123456789*01, a:9c:11
TAIL = re.compile(r"(?:[/*:.+=~|·-][A-Za-z0-9]+)+[*=]{0,2}")
BEFORE_DIGITS = re.compile(r"(?:(?<![A-Za-z0-9-])[A-Z]{1,6}[ ·*/.-]){1,2}$|(?<![A-Za-z0-9])[A-Z]\d{1,2}[A-Z]{0,2} $")
# A label behind the number: 455211 (MRN); 00-455-211 is her MRN
NUMBER_LABEL_BEHIND = re.compile(
    r"\s?(?:[(\[]\s?|is\s+(?:his|her|the|their|my)\s+|=\s?|-\s)(?:the\s+)?(?:(?P<ssn>ssn|ss#?|social)|(?P<mrn>mrn|mr#?|chart|"
    r"medical record)|(?P<health_plan>member|policy|insurance|group|medicare|medicaid|subscriber)|(?P<account>acc(?:oun)?t)|"
    r"(?P<license>npi|dea|licen[cs]e|dl|passport)|(?P<vehicle>vin|plates?|tag)|(?P<device>serial|s/n|sn|lot|udi)|"
    r"(?P<biometric>finger\s?prints?|voice\s?prints?|retinal? scan|iris scan|biometric)|"
    r"(?P<other_id>accession|case|csn|encounter|order|visit|id))\b",
    re.IGNORECASE,
)
# Labels that nothing of medicine has: their number may stand some words behind.
FAR_LABEL = re.compile(
    r"\b(?:(?P<biometric>(?:finger|thumb|palm|voice|ear|face|foot|hand)[ -]?prints?|biometrics?|(?:retinal?|iris|facial|face|"
    r"palm|hand|finger|voice|ear|gait|vein)[ -](?:vein |geometry |recognition )?(?:scan|template|id|code|geometry|recognition|"
    r"biometrics?|profile|hash|signature|vein|map|pattern|record|key|image|file)s?)|"
    r"(?P<ssn>ssn|social security)|(?P<license>licen[cs]ed?|npi|dea|passport|driver'?s|permit|certificate)|"
    r"(?P<vehicle>vin|plates?|vehicle|license tag|tags|car|truck|van|suv|sedan|pickup|minivan|motorcycle|jeep|"
    r"honda|toyota|ford|chevy|chevrolet|nissan|subaru|hyundai|kia|mazda|buick|dodge|bmw|volvo|tesla|lexus|audi|gmc)|"
    r"(?P<mrn>mrn|medical record|record number|chart number|patient id)|"
    r"(?P<health_plan>medicare|medicaid|insurance|insured|policy|member|subscriber|beneficiary|humana|aetna|cigna|"
    r"bcbs|blue cross|blue shield|anthem|tricare|kaiser|unitedhealthcare|uhc|payer|payor|hmo|ppo|health plan|centene|molina)|"
    r"(?P<account>account|acct|invoice|guarantor|visa|mastercard|amex|credit card|debit card)|"
    r"(?P<device>serial|s/n|udi|imei|pacemaker|defibrillator|implant|device|pump|cpap|bipap|sensor|transmitter|"
    r"hearing aid|wheelchair|stimulator|lvad|asset tag|concentrator|glucometer|monitor)|"
    r"(?P<other_id>accession|barcode|user ?name|user id|login|badge|locker|unos|tracking|docket|case number|police|inmate|"
    r"ticket|specimen|slide|blood unit|confirmation|employee|student|room key|wristband|study id))\b"
    r"(?:(?![.;!?]\s)[^\d\n]){0,44}$",
    re.IGNORECASE,
)
CARD = re.compile(r"(?:\d{4}[ -]){3}\d{4}(?!\d)")
# Letters that a reader of scanned pages takes for digits.
MISREAD = re.compile(r"[\dlIOo]{1,4}([-/.])[\dlIOo]{1,4}\1[\dlIOo]{2,4}(?![A-Za-z0-9])")
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
    r"pmc|doi|isbn|issn|isrctn|"
    r"concept(?:\s?id)?|umls|cui|mesh|omim|drg|procedure codes?|diagnosis codes?|billing codes?|codes?|dx "
    r"codes?)\s*[:#=-]?\s*",
    words_of(
        "nct icd cpt hcpcs snomed loinc rxnorm rxcui ndc pmid doi isbn issn isrctn concept umls cui mesh omim "
        "drg procedure diagnosis billing code dx"
    ),
)
MONEY_BEFORE = re.compile(r"(?:[$€£]|usd|n\s?=|=|<|>|≤|≥|~|±|count(?: of)?|counts?:?|total of|of)\s*$", re.IGNORECASE)
PLATE_BEFORE = re.compile(r"(?:^|[\s:#])([A-Z]{1,4}[ -]?)$")
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
AS_DIGITS = str.maketrans("lIoO", "1100")
MAC_OF_THREE = re.compile(r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-z.])", re.IGNORECASE)
STAGE = re.compile(
    r"[cpyra]*T(?:\d|is|X)[a-d]?(?:N(?:\d|X)[a-c]?)?(?:M(?:\d|X)[a-c]?)?$|(?:[CTLS]\d{1,2}){2,3}$|(?:G\d+P\d+(?:A\d+)?(?:L\d+)?)$",
    re.IGNORECASE,
)
VARIANT = re.compile(r"[A-Z]\d{2,5}[A-Z]{1,3}$|\d+[A-Z]>?[A-Z]$|(?:CYP|HLA|GLUT|SLC|UGT|ABC|FGFR|CD|IL|TNF)\w+$")
# What needs no more than a label that is a word: five digits, or letters with digits.
SHAPED = re.compile(
    r"\d{5,}(?![\d,.]\d)|(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])(?=\w*-?\w*\d{2})[A-Z0-9]+(?:-[A-Z0-9]+)*(?![A-Za-z])"
)
COUNTED = re.compile(
    r"(?:[A-Z]\d|[CTLS]\d{1,2}-|[A-Z]{1,3}\d{1,2}$|(?:COVID|SARS|HIV|HBV|HCV|HPV|IL|CD|HLA|CA|PD)-?\d*|\d+-?(?:MG|ML|MCG|CM|MM|G|KG|L|U|D|H|X)\b)"
    r"(?![A-Z0-9-]*\d{3})",
)
REGISTRY = re.compile(
    r"(?:nct|isrctn|actrn|chictr|ntr|japic|umin|drks|rbr|irct|ctri|eudract|pactr|tctr)[-\w]*\d", re.IGNORECASE
)
YEARS = re.compile(r"(?:19|20)\d{2}[-–](?:(?:19|20)\d{2}|\d{2})$")
STATE_BEHIND = re.compile(r"\s?[(\[/][A-Z]{2}(?:[)\]]|(?![A-Za-z]))")
LOWER_HEAD = re.compile(r"[A-Za-z]{2,6}[-_~](?=\d)")
UK_PLATE = re.compile(r"[A-Z]{2}\d{2} ?[A-Z]{3}(?![A-Za-z0-9])")
LOWER_LETTERS = re.compile(r"(?<![A-Za-z0-9-])[a-z]{2,3} $")
PLATE_LETTERS = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,4} $")
# What is counted or measured in five digits.
COUNT_BEFORE = re.compile(
    r"(?:\b(?:wbc|plt|platelets?|counts?|psa|ck|cpk|bnp|ferritin|levels?|titer|load|dose|total|about|approximately|around|"
    r"over|than|every|is|was|at|to|of|from|by|leukocytes?|between|and|nearly|almost|some|up|rpm|model|version|x)|[$€£<>≤≥~=±+×])"
    r"\s*:?\s*$",
    re.IGNORECASE,
)
MEASURED = re.compile(r"\d+-(?:[a-z]{3,}|mg|ml|cm|mm)(?:-[a-z]+)*$")  # 1800-calorie
MODEL = re.compile(r"[A-Z]{1,2}-?\d{3}$|\d{4}$")
AGED = re.compile(r"-?\s?(?:years?|yrs?|yo\b|y/o|y\.o|[MF]\b)", re.IGNORECASE)
_IN_GROUPS = frozenset(
    ("mrn", "health_plan", "account", "license", "vehicle", "ssn", "device", "biometric", "other_id")
)
_SIGNS = ("", ".", ",", ";", ".,", ")", "?", ":")
# Labels that are words of their own: they need `#`, `number`, `id` or a colon behind them.
_NEEDS_MORE = frozenset(
    words_of(
        "record chart unit hospital hosp patient group grp plan coverage policy member insurance ins benefit "
        "bill claim statement card receipt license licence certificate certification registration permit tag "
        "lot device implant lead pump pacemaker generator batch ref catalog cat prosthesis case specimen "
        "order visit study exam ticket document doc report sample message trial subject reference participant "
        "incident employee badge referral prescription path pathology surgical cytology slide block bag donor "
        "session call event episode admission adm registry protocol file folder number id identifier mr ur "
        "ser mac acc account medicare medicaid auth authorization pa billing fin har job har crash docket "
        "court student locker image series transaction workstation serial/lot encounter enc req rx "
        "clinic history hx register pt certificate social bin hmo ppo beneficiary subscriber dictation conf model/serial"
    )
)


class NumberLabels:
    """What labels and forms say of a number."""

    def __init__(self, words: Words, calendar: CalendarRules) -> None:
        """Compile the labels and street names of a language."""
        self.words, self.calendar = words, calendar
        joined = "|".join(
            f"(?P<{kind}>{pattern})" for kind, pattern in sorted(words.id_labels.items(), key=_label_order)
        )
        connector = r"(?:[\s.:;#=*()\[\]|<>\"'/•●·…_~→>]|\b(?:no|nos|num|nbr|number|numbers|numero|id|ids|is|was|of|ending|ends|in|code|"
        connector += r"identifier|ref|social|security|hic|template|hash|token|key|profile|scan|record|"
        connector += r"date|digits|last|four|4|are|on|file|the|card|model|name|holder|reads|read|as|and)\b|['’]s|-)*"
        starts = [piece for pattern in words.id_labels.values() for piece in top_level(pattern)]
        self.label = LookBack(rf"(?<![a-z0-9/])(?:{joined})(?![a-z]){connector}", starts)
        # A label that is also an ordinary word needs `#`, `no`, `id`, `:` or their like behind it.
        self.explicit = re.compile(
            r"(?:[#:=]|\b(?:no|num|nbr|number|numbers|id|ids|identifier|code|ending|ends)\b)", re.IGNORECASE
        )
        phone = either(words["phone_labels"])
        self.phone_label = LookBack(
            rf"(?<![a-z0-9])(?:{phone})(?:\s*\b(?:phone|number|no|line|to|is|at|me|him|her|us|them|my|his|on|"
            rf"back|or|and|the|office|desk|for|"
            r"questions|with)\b)*[\s.:#()*-]*",
            words["phone_labels"],
        )
        self.fax_label = LookBack(
            rf"\b(?:{words.any_of('fax_labels')})(?:\s*\b(?:number|no|to|is|at|line|it|the|results|"
            rf"records)\b)*[\s.:#()+*1-]*",
            words["fax_labels"],
        )
        self.pager_label = LookBack(
            rf"(?<![a-z0-9])(?:{words.any_of('pager_labels')})(?:\s*\b(?:number|no|id|is|at|me|him|her|"
            rf"on)\b)*[\s.:#()-]*",
            words["pager_labels"],
        )
        streets = either(words["street_types"])
        short = either(words["short_street_types"])
        not_street = either(words["no_street_words"])
        unit = (
            r"(?:(?:\s*,\s*|\s+|\s*\n\s*)(?:(?:apt|apartment|suite|ste|unit|flat|floor|fl|bldg|building|lot|"
            r"trailer|trlr|room|rm|space|spc|no)\b\.?"
            r"\s*#?\s*[\w-]{1,6}\b|#\s?[\w-]{1,6}\b|\d{1,2}(?:st|nd|rd|th)\s+(?:floor|fl)\b))?"
        )
        compass = (
            r"(?:\s+(?:n|s|e|w|ne|nw|se|sw|north|south|east|west|northeast|northwest|southeast|southwest)\b\.?)?"
        )
        word = rf"(?!(?:{not_street})\b)(?:[A-Za-z]{{1,2}}\.|[A-Za-z0-9][\w'’-]*)"
        self.address = re.compile(
            rf"\d{{1,6}}(?:[A-Za-z]\b|"
            rf"-\d{{1,4}})?(?:\s1/2)?,?{compass}\s+(?:{word}\s+){{1,3}}?(?:(?:{streets})\b|"
            rf"(?:{short})\b\.?){compass}{unit}"
            rf"|\d{{2,6}}{compass}\s+(?:broadway|(?:(?:state|county|us|u\.s\.|rural|farm)\s+)?(?:highway|hwy|"
            rf"route|rte|road|rd)\.?\s+\d{{1,5}}|avenue\s+[a-z]\b){unit}",
            re.IGNORECASE,
        )
        self.flat = re.compile(
            r"\b(?:(?:apt|apartment|suite|ste|unit|flat)\b\.?\s*#?\s*|(?:flat|apt|unit|suite)\s\w{1,4},\s)$",
            re.IGNORECASE,
        )
        self.street_words = words["street_types"] | words["short_street_types"] | {"broadway", "route", "rte"}
        self.street_ends = frozenset(word + sign for word in self.street_words for sign in _SIGNS)
        self.box = LookBack(
            r"(?:p\.?\s?o\.?\s+)?\bbox\s+(?:no\.?\s*|#\s*)?|\brural route\s*#?\s*", ["po", "p.", "box", "rural"]
        )
        states = f"{either(words['states'])}|{words.any_of('state_names_of_two_words')}"
        codes = "|".join(sorted(words["state_codes"])) or "(?!)"
        low = "|".join(code.lower() for code in sorted(words["state_codes"]))
        self.state_before = LookBack(
            rf"\b(?:{codes}|{states}|{low}|D\.C)\.?(?:[,|]?\s{{1,3}}(?:\|\s)?|[\^-])|\b(?:{words.any_of('zip_labels')})(?:\s(?:is|was))?[\"']?\s*[:#=]?\s*[\"']?",
            [
                "d.c",
                *words["state_codes"],
                *words["states"],
                *words["state_names_of_two_words"],
                *words["zip_labels"],
            ],
        )

    def _label_type(self, text: str, start: int, shaped: bool = False) -> str:
        """Return the type that the label before a number says, or an empty string; a number of an identifier's
        shape needs less of a label."""
        low = max(0, start - LOOK_BACK)
        newline = text.rfind("\n", low, start)
        if newline >= 0:
            # A label may end the line before; what stands higher says nothing.
            above = text[max(low, text.rfind("\n", low, newline) + 1) : newline].rstrip()
            if text[newline + 1 : start].strip() or not (
                above.endswith((":", "#"))
                or (text[start : start + 20].partition("\n")[0].count(" ") < 2 and len(above) < 26)
            ):
                low = newline + 1
            else:
                low = max(low, text.rfind("\n", low, newline) + 1)
        found = self.label.search(text, low, start)
        if found is None:
            return ""
        kind = found.lastgroup or ""
        word = found[kind].lower()
        if (
            word in _NEEDS_MORE
            and not self.explicit.search(found[0][len(word) :])
            and "#" not in word
            and (word != "id" or not text[max(0, found.start() - 2) : found.start()].strip().isalpha())
        ):  # Interpreter ID 88213
            return kind if shaped or (SHAPED.match(text, start) and not COUNTED.match(text, start)) else ""
        return kind

    def _labelled(self, text: str, begin: int, end: int, kind: str, digits: int) -> Span | None:
        token = text[begin:end]
        if kind == "ssn":
            if (whole := SSN.match(text, begin)) is not None:
                end = whole.end()
            elif (more := GROUPS.match(text, end)) is not None and digits + sum(c.isdigit() for c in more[0]) == 9:
                end = more.end()
            elif digits not in (4, 9) and "x" not in token.lower():
                return None
            return Span(begin, end, kind)
        if UNIT.match(text, end) and digits < 6:
            return None
        if len(token) < 3 and kind not in ("health_plan", "biometric"):
            return None
        if len(token) == 4 and token.isdigit() and is_year(int(token)):
            if kind == "vehicle":
                return None
            label = text[max(0, begin - 8) : begin].lower()
            if not re.search(r"(?:#|no\.?|number|id|:)\s*$", label):
                return None
        if (
            len(token) == 3
            and token.isdigit()
            and kind in ("other_id", "device", "mrn")
            and not re.search(r"[#:]\s*$|\bid\s$|(?:no\.?|number)\s*$", text[max(0, begin - 8) : begin].lower())
        ):
            return None
        end = self._to_its_end(text, begin, end, kind)
        if kind == "license" and "plate" in text[max(0, begin - 30) : begin].lower():
            kind = "vehicle"
        return Span(begin, end, kind)

    def _to_its_end(self, text: str, begin: int, end: int, kind: str) -> int:
        """Return where a number with a label ends that goes on after spaces, or after signs."""
        token = text[begin:end]
        if (tail := TAIL.match(text, end)) is not None and any(c.isdigit() for c in tail[0]):
            end = tail.end()
        if kind == "account" and (card := CARD.match(text, begin)) is not None:
            return card.end()
        if kind not in _IN_GROUPS:
            return end
        ends = [end]
        if (more := GROUPS.match(text, end)) is not None and any(c.isdigit() for c in more[0]):
            ends.append(more.end())
        if (more := MORE_GROUPS.match(text, end)) is not None:
            ends.append(more.end())
        for last in sorted(ends[1:], reverse=True):
            if not (UNIT.match(text, last) or AGED.match(text, last)):
                end = last
                break
        if (
            kind in ("vehicle", "license", "health_plan")
            and (len(token) <= 4 or end > ends[0])
            and (letters := LETTER_GROUP.match(text, end)) is not None
        ):
            end = letters.end()
        if kind == "license" and (state := STATE_BEHIND.match(text, end)) is not None:
            end = state.end()
        return end

    def _mixed(self, text: str, start: int) -> Span | None:
        """Look at a token of digits, and perhaps letters, that is neither date nor phone: a number with a "
        "label, or a shape."""
        begin = start
        low = max(0, start - 24)
        while begin > low and (
            text[begin - 1].isalnum() or (text[begin - 1] in "-_" and begin - 1 > low and text[begin - 2].isalnum())
        ):
            begin -= 1
        found = TOKEN.match(text, begin)
        if found is None:
            return None
        token, end = found[0], found.end()
        digits = sum(c.isdigit() for c in token)
        if ":" in token:
            if mac := MAC.match(text, begin):
                return Span(begin, mac.end(), "device")
            token = token.split(":")[0] if not token.split(":")[0].isalpha() else token
            if ":" in token:  # MRN:12345
                head, _, tail = token.partition(":")
                begin, token = begin + len(head) + 1, tail
                if not tail[:1].isalnum():
                    return None
                token = tail.partition(":")[0]
            end = begin + len(token)
            digits = sum(c.isdigit() for c in token)
        elif len(token) == 17 and "-" in token and (mac := MAC.match(text, begin)):
            return Span(begin, mac.end(), "device")
        elif "." in token and (mac := MAC_OF_THREE.match(text, begin)):
            return Span(begin, mac.end(), "device")
        if not digits:
            return None
        if begin and text[begin - 1] == "." and text[begin - 2 : begin - 1].isdigit():
            return None  # the end of a decimal
        if (
            digits <= 2
            and len(token) > 4
            and "-" in token
            and not token[0].isdigit()
            and token.replace("-", "").isalpha() is False
        ) and not re.search(r"[#:]\s*$", text[max(0, begin - 3) : begin]):
            return None  # COVID-19, half-life-2
        if (digits < 3 and token.isdigit()) or MEASURED.match(token) or REGISTRY.match(token):
            return None
        if (misread := MISREAD.match(text, begin)) is not None and (spot := _misread(misread)) is not None:
            return spot
        kind = self._label_type(text, begin)
        if not kind and text[begin - 2 : begin - 1].isalpha():
            begin, kind = self._after_letters(text, begin)
        if not kind and (behind := NUMBER_LABEL_BEHIND.match(text, end)) is not None and digits >= 3:
            kind = behind.lastgroup or ""
        if not kind and (head := LOWER_HEAD.match(token)) is not None:  # ssn-123456789
            kind = self._label_type(text, begin + head.end())
        if kind:
            return self._labelled(text, begin, end, kind, digits)
        if text[begin - 1 : begin] == "#" and digits >= 5:
            return Span(begin, self._to_its_end(text, begin, end, "other_id"), "other_id")
        if (
            self.pager_label.search(text, begin - 24, begin)
            and 3 <= digits <= 7
            and re.fullmatch(r"\d{1,4}-?\d{2,6}", token)
        ):
            return Span(begin, end, "phone")
        if digits >= 10 and token.isdigit() and self.phone_label.search(text, begin - 40, begin):
            return Span(begin, end, self._phone_or_fax(text, begin, end))
        if (
            digits == 4
            and text[begin - 1 : begin] in ("-", "*", "x", "X", " ", "–", "•", "●", "·", "_", "#")
            and MASKED_SSN.search(text, max(0, begin - 8), begin)
        ):
            return Span(begin, end, "ssn")
        if begin >= 1 and re.match(r"[x*]{3}-?[x*]{2}-?\d{4}$", token, re.IGNORECASE):
            return Span(end - 4, end, "ssn")
        return self._shape(text, begin, end, token, digits) or self._far(text, begin, end, token, digits)

    def _after_letters(self, text: str, begin: int) -> tuple[int, str]:
        """Return where a number begins with groups of letters before it, and its type: plate EJB 3815."""
        groups = BEFORE_DIGITS.search(text, max(0, begin - 15), begin)
        if groups is None:
            low = LOWER_LETTERS.search(text, max(0, begin - 4), begin)
            if low is not None and self._label_type(text, low.start()) == "vehicle":
                return low.start(), "vehicle"
            return begin, ""
        starts = [groups.start()]
        if (last := re.search(r"[ ·*/.-][A-Z]{1,6}[ ·*/.-]$", groups[0])) is not None:
            starts.append(groups.start() + last.start() + 1)
        for start in starts:
            kind = self._label_type(text, start, shaped=True)
            if kind in _IN_GROUPS:
                return start, kind
        return begin, ""

    def _far(self, text: str, begin: int, end: int, token: str, digits: int) -> Span | None:
        """Return a number whose label stands some words before it, when the number looks like one."""
        letters = any(c.isupper() for c in token)
        plate = None if letters or digits > 4 else PLATE_LETTERS.search(text, max(0, begin - 5), begin)
        if (
            digits < 2
            or len(token) < 4
            or (not letters and digits < 4 and plate is None)
            or UNIT.match(text, end)
            or text[begin - 1 : begin] in ("$", ".")
            or (token.isdigit() and len(token) == 4 and is_year(int(token)))
            or re.match(r"[-/.:]?\s?(?:[a-z%]|\d)", text[end : end + 3])
            and token.isdigit()
        ):
            return None
        low = max(text.rfind("\n", 0, begin) + 1, begin - 72)
        label = FAR_LABEL.search(text, low, begin)
        if label is None or CODE_BEFORE.search(text, begin - 24, begin) or PUBLIC_CODE.search(token):
            return None
        kind = label.lastgroup or "other_id"
        if kind == "vehicle" and plate is not None:
            return Span(plate.start(), end, kind)
        if kind == "vehicle" and (not letters or not 4 <= len(token) <= 17 or MODEL.match(token)):
            return None
        if kind not in ("biometric", "ssn", "vehicle") and not letters and digits < 5:
            return None
        return Span(begin, self._to_its_end(text, begin, end, kind), kind)

    def _shape(self, text: str, begin: int, end: int, token: str, digits: int) -> Span | None:
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
        if token[0].isalpha() and (post := CANADA_POSTCODE.match(text, begin)) is not None:
            return Span(begin, post.end(), "zip")
        letters = re.match(r"[A-Za-z_]*", token)
        head = letters[0] if letters else ""
        if token[0] in "xX" and re.fullmatch(r"[xX]\d-?\d{4,5}", token):
            return Span(begin + 1, end, "phone")
        if GRAVIDA.match(token) or (head and PUBLIC_CODE.match(head)):
            return None
        if token.isdigit():
            if digits < 5 or UNIT.match(text, end) or CODE_BEFORE.search(text, begin - 24, begin):
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
            if (
                digits in (10, 11)
                and not text[end : end + 1].isalnum()
                and self.phone_label.search(text, begin - 40, begin)
            ):
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
        if len(token) >= 6 and digits >= 3 and token.isalnum() and token.upper() == token and not STAGE.match(token):
            changes = sum(a.isdigit() != b.isdigit() for a, b in itertools.pairwise(token))
            if (
                changes >= 2
                and not VARIANT.match(token)
                and not UNIT.match(text, begin + len(token.rstrip(CAPITALS)))
            ):
                return Span(begin, end, "other_id")
        if (
            digits >= 5
            and any(c.isalpha() for c in token)
            and re.search(r"[A-Z]", token)
            and (longest >= 3 or len(parts) == 1)
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
            and max(map(len, parts)) >= 4
        ):
            if text[begin - 1 : begin] in ("$", "±") or YEARS.match(token) or UNIT.match(text, end):
                return None
            return Span(begin, end, "other_id")
        if token[0] in "xX" and re.fullmatch(r"[xX](?:\d-)?\d{4,5}", token):
            return Span(begin + 1, end, "phone")
        if re.fullmatch(
            r"[A-Z]{1,4}-?\d{2}-\d{3,7}|[A-Z]{1,4}-\d{4,}[A-Z]?|(?!CA-|HLA|MRI|PT-)[A-Z]{2,4}-\d{3}", token
        ):
            return Span(begin, end, "other_id")
        return None

    def _phone_or_fax(self, text: str, start: int, end: int | None = None) -> str:
        if end is not None and FAX_BEHIND.match(text, end):
            return "fax"
        return "fax" if self.fax_label.search(text, start - 30, start) else "phone"


def _misread(found: re.Match[str]) -> Span | None:
    """Return a date, phone or social security number some of whose digits were read as letters."""
    token = found[0]
    if token.replace(found[1], "").isdigit():
        return None
    parts = token.translate(AS_DIGITS).split(found[1])
    if sum(c.isdigit() for c in token) < 4:
        return None
    sizes = tuple(map(len, parts))
    if sizes == (3, 2, 4):
        return Span(found.start(), found.end(), "ssn")
    if sizes == (3, 3, 4):
        return Span(found.start(), found.end(), "phone")
    if (
        max(sizes[:2]) <= 2
        and sizes[2] in (2, 4)
        and (is_day(0, int(parts[0]), int(parts[1])) or is_day(0, int(parts[1]), int(parts[0])))
    ):
        return Span(found.start(), found.end(), "date")
    return None


def top_level(pattern: str) -> list[str]:
    """Return the alternatives of a pattern that stand outside of its brackets."""
    found, depth = [""], 0
    for character in pattern:
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            found.append("")
        else:
            found[-1] += character
    return [piece for piece in found if piece]


def _label_order(item: tuple[str, str]) -> int:
    """Say which labels are tried first: those that are long or say most."""
    order = ("ssn", "biometric", "vehicle", "license", "device", "health_plan", "account", "mrn", "other_id")
    return order.index(item[0]) if item[0] in order else len(order)
