"""Numbers told by a name before them, by the others of their form, by a council, or by a form of their own."""

from __future__ import annotations

import pytest

from polyclinic.deidentify import load_rules

RULES = load_rules("en")


def numbers(text: str) -> list[tuple[str, str]]:
    """Return the identifiers of a text that are no names, places or dates."""
    passed = ("name", "institution", "city", "date", "address")
    return [(s.type, text[s.start : s.end]) for s in RULES.find(text) if s.type not in passed]


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("1  Harold Castleberry (118-442)   Ngo   neoadj FOLFIRINOX", "mrn", "118-442"),
        ("Right, side room one. Albert Nwosu, 93, came from home with a UTI.", "age", "93"),
        ("A retired postman, 94, came in after two falls.", "age", "94"),
        ("DISPATCH: How old is Wilson?\nCALLER: 91. He has COPD.", "age", "91"),
        ("Shoshana Adler, PsyD (PSY 3041)", "license", "PSY 3041"),
        ("Reviewed by Bruno Castellani DO, GOsC 7742", "license", "7742"),
        ("He may be asked to attend. Ref LC/22/0093.", "device", "LC/22/0093"),
        ("Dr Pappas re Huda Tamimi, Medicare 2428 77843 1 / 2", "health_plan", "2428 77843 1 / 2"),
        ("W0447 24 118820   RBC    compat   on hold", "other_id", "W0447 24 118820"),
        ("Wing call, Mr Stocks A4417CK found by an officer.", "other_id", "A4417CK"),
        ("Eircode for the ambulance: H53 K7Y2.", "zip", "H53 K7Y2"),
        ("Tilba Street Practice, Bega NSW 2550", "zip", "2550"),
        ("the device's serial number z four four one oh seven for the record", "device", "z four four one oh seven"),
    ],
)
def test_numbers_without_a_label_right_before_them_are_found(text: str, kind: str, number: str) -> None:
    found = numbers(text)
    assert number in [value for _, value in found], found
    assert (kind, number) in found


def test_numbers_of_the_form_of_one_that_was_found_are_of_its_kind() -> None:
    text = "MRN KT441 was merged. The note says it is a duplicate of KT482, see HIM."
    assert ("mrn", "KT482") in numbers(text)


def test_what_begins_several_lines_in_one_form_is_a_number() -> None:
    text = "R1180\tcolonoscopy\tseen\nR1181\tgastroscopy\tbooked\nR1184\tcolonoscopy\tno show\n"
    assert [value for _, value in numbers(text)] == ["R1180", "R1181", "R1184"]


@pytest.mark.parametrize(
    "text",
    [
        "THE PATIENT IS A 74-YEAR-OLD GENTLEMAN.",
        "If it gets worse you must dial 999 at once.",
        "Freq: SN 2w3 1w6, PT eval. Dx G47.33, J96.12.",
        "12/03/24  99213 OFFICE VISIT            168.00",
        "Thresholds A 0.75 V @0.4, V 0.5 V @0.4.",
        "Sat 94, RR 22, pulse, 96, regular; saturations held at ninety four he woke up well",
        "Sodium 131 L 136-145 mmol/L; PLT 150000; family meeting 1400-1455",
    ],
)
def test_codes_measures_and_everybodys_numbers_are_none(text: str) -> None:
    assert numbers(text) == []
