"""Dates, numbers, phones and ages by class: the forms a class has, and what of medicine looks like them."""

from __future__ import annotations

import pytest

from polyclinic.deidentify import Span, load_rules, suspicions
from polyclinic.deidentify.dates.month_days import settled
from polyclinic.deidentify.dates.shifted import DateShift
from polyclinic.deidentify.numbers.misread import read_again

RULES = load_rules("en")
NUMERIC = frozenset(
    (
        "date",
        "age",
        "phone",
        "fax",
        "ssn",
        "mrn",
        "health_plan",
        "account",
        "license",
        "vehicle",
        "device",
        "other_id",
    )
)


def found(text: str) -> set[str]:
    return {text[s.start : s.end] for s in RULES.find(text) if s.type in NUMERIC}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        # A part is never greater than its whole, and a range goes up.
        ("Drain pulled, lap chole 6/2, eating well.", "6/2"),
        ("[ ] recheck potassium 9-4\n[ ] bed by window", "9-4"),
        ("Hgb 9.8 (7/3), stable since.", "7/3"),
        ("Culture 9/10: no growth.", "9/10"),
        ("Tube out on 1/10 after lunch.", "1/10"),
        ("11-03 afebrile\n11-04 walked", "11-04"),
        # Signs, orders and months of other hands.
        ("Bled on 9.17.64 for the first time.", "9.17.64"),
        ("Handover 13OCT24 at seven.", "13OCT24"),
        ("he stopped it on nov 3, 2022 for a tooth, she said to me.", "nov 3, 2022"),
        ("Treated in 9/95. Then well.", "9/95"),
        ("WBC 12.4 (April), rest normal.", "April"),
        ("Return the 14th for sutures.", "the 14th"),
        ("Family training Sat 8th with her son.", "8th"),
        ("NEEDS A NOTE TO MONDAY 17 SEEN BY US", "17"),
        ('Easter was hard. It began on "Thanksgiving."', "Thanksgiving"),
    ],
)
def test_dates_are_found_by_their_class(text: str, what: str) -> None:
    assert what in found(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Seen 7/25/2O12 by us.", "7/25/2O12"),
        ("Admit : S.25.24 Age 61", "S.25.24"),
        ("Phone : (4O6) 555-0161", "(4O6) 555-0161"),
        ("Call +1 603 55S 0151 now.", "+1 603 55S 0151"),
        ("Butte MT S9S01", "S9S01"),
        ("Tel (6l7) 555-O1 43 home", "(6l7) 555-O1 43"),
    ],
)
def test_digits_read_as_letters_are_read_again(text: str, what: str) -> None:
    spans = RULES.find(text)
    assert what in {text[s.start : s.end] for s in spans}


def test_a_text_read_again_keeps_its_length_and_words_stay_words() -> None:
    assert read_again("on 7/25/2O12", 3) == "on 7/25/2012"
    assert read_again("LOSS of 2O", 0) is None
    assert read_again("B12 was low", 0) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("MRN 446 434 53. LAST TETANUS UNKNOWN", "446 434 53"),
        ("Nowak, Ida   290-33-44   35 y", "290-33-44"),
        ("Policy: 785-55-1891E", "785-55-1891E"),
        ("his last 4 of\nsocial 4833 on file", "4833"),
        ("CAR TOWED, TAG EZ2 94K", "EZ2 94K"),
        ("handicap placard X947885", "X947885"),
        ("Payer ZQL407972399-15 active", "ZQL407972399-15"),
        ('NAME,MRN,VALUE,DATE\n"Nowak, Ida",44-52,3.9,7-17\n', "7-17"),
        ('NAME,MRN,VALUE,DATE\n"Nowak, Ida",44-52,3.9,7-17\n', "44-52"),
        ("NP: Dvorak p39096", "39096"),
        ("reach me on 54432", "54432"),
        ("call 5-4432 after six", "5-4432"),
        ("my cell is 617 555 01 43", "617 555 01 43"),
        ("desk ext-54432", "54432"),
        ("617-555-0143 or -0144", "617-555-0143 or -0144"),
        ("daughter 617-555-01 43 in", "617-555-01 43"),
        ("cb 617..555..0143 dad", "617..555..0143"),
        ("it's 617 five five five oh one four three", "617 five five five oh one four three"),
        ("Nowak, Ida 94M   knee pain", "94"),
        ("IDA,F,99,1/2/2020", "99"),
        ("at 93 she still drives", "93"),
        ("husband 92, well", "92"),
    ],
)
def test_numbers_phones_and_ages_are_found_by_their_class(text: str, what: str) -> None:
    assert any(what in one for one in found(text))


@pytest.mark.parametrize(
    "text",
    [
        "Oriented 3/4, recall 2/3. Attended 8/10 groups, met 3/5 goals, needs help with 4/6 ADLs.",
        "PHQ-2 1/6, GAD7 9/21, Bishop 6/13, Alvarado 9/10, GDS 5/15, biophysical profile 8/8.",
        "BiPAP 12/5, CPAP 10-12, CIWA 8-12, INR goal 2-3, page 2/5, P. 02/05.",
        "Prednisone 40-40-30-20-10. Insulin at 0800 1200 1700. Bath 0715-0745.",
        "Social: 1998 retired from the mill. SS 1800 6 units. BP 118 72 1430.",
        "Stage T2N1M0. G0LD 3 COPD. Ischemia on 2D echo. CPT 99214, 93306, 36415.",
        "Platelets 150000, HCG 12500, r/v in 4/52, TTO 14/7, 3/7 history of cough.",
        "She may 2 or 3 times a week; mar 1 dose was given; the 4th toe, a 2nd dose.",
        "Sat 22 on room air. Sun 20 units at noon. Party on Sat 8th floor.",
        "Verified with the lab by phone 1610, told again on the phone at 1710.",
    ],
)
def test_what_is_measured_counted_or_coded_stays(text: str) -> None:
    assert found(text) == set()


def test_what_may_be_a_day_is_one_where_the_text_has_that_month_and_year() -> None:
    text = "3/14/2024 bill of 3/5 and 1/2, was 8/9"
    dates = [Span(0, 9, "date")]
    places = [(18, 21), (26, 29), (35, 38)]
    assert settled(text, dates, places, RULES.words) == [Span(18, 21, "date")]
    assert settled(text, [], places, RULES.words) == []
    old = "3/14/1961, now 5/2/2024; bill of 3/5"
    both = [Span(0, 9, "date"), Span(15, 23, "date")]
    assert settled(old, both, [(33, 36)], RULES.words) == []


@pytest.mark.parametrize(("written", "moved"), [("13OCT24", "27OCT24"), ("9-4", "9-18"), ("3/14", "3/28")])
def test_dates_of_these_forms_move_by_the_same_days(written: str, moved: str) -> None:
    shift = DateShift(RULES.words, 14)
    shift.look_at(["10/13/2024"])
    assert shift.moved(written) == moved


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Number 4471 9 is hers; badge 4471.", "a label with a number"),
        ("Left with BX 44719302.", "a long number"),
        ("He drove, plate KLM 4482 seen.", "letters with digits"),
        ("Cough since 3/5.", "digits that may be a day"),
        ("She was a 94 year old.", "a number that may be an age"),
        ("Scan of 04/2019 was clean.", "digits like a date"),
        ("Sent to P.O. Box 562 again.", "a label with a number"),
        ("Records of 8atista were lost.", "a word with a digit in it"),
        ("See scar.png of it.", "an address of a machine, or a file"),
        ("Employer: Xavier", "a field whose value may be a name"),
        ("He went to Great Plains Elementary today.", "an institution by its last word"),
        ("Dictated. TGC/jz", "letters that may be initials"),
        ("Hamilton, John, 25 minutes", "a word of the lists of names"),
        ("The store on Mill Rd closed.", "a street without a number"),
        ("Transferred from LRMC today.", "an abbreviation that may be an institution's"),
        ("He coughs since October.", "a month"),
    ],
)
def test_the_gate_sees_what_nothing_explains(text: str, reason: str) -> None:
    reading = RULES.read(text)
    assert reason in {one.reason for one in suspicions(reading, [], RULES)}


@pytest.mark.parametrize(
    "text",
    [
        "Na 138, K 4.1, WBC 12,500, platelets 150,000, troponin 0.04. ICD-10 E11.65, CPT 99213.",
        "BP 120/80, HR 72, SpO2 94% on 2 L. Ejection fraction 55-60%. Insulin at 0800 and 2100.",
        "Stage T2N1M0, EGFR L858R, CYP2D6, COVID-19, A1c 7.2, L4-5, 4-0 Vicryl, smoked from 1985-1992.",
        "Seen in the emergency department by the physical therapy team at 1430, back in 3-5 days.",
    ],
)
def test_the_gate_lets_explained_numbers_pass(text: str) -> None:
    reading = RULES.read(text)
    assert suspicions(reading, [], RULES) == []
