"""Numbers that a reader of scanned pages took apart: their parts are one number, and what looks like them stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.deidentify import load_rules
from polyclinic.deidentify.dates.shifted import DateShift
from polyclinic.deidentify.language import load_words
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.numbers.scattered import find_scattered

RULES = load_rules("en")
NOTHING = LookBack("(?!)", ["no"])
MISREAD = {"0": "Oo", "1": "lI", "5": "S", "8": "B"}


def found(text: str) -> set[tuple[str, str]]:
    return {(text[s.start : s.end], s.type) for s in RULES.find(text)}


@pytest.mark.parametrize(
    ("text", "what", "kind"),
    [
        ("Call mom @ 9 O7 55 5- O l l9  after 3.", "9 O7 55 5- O l l9", "phone"),
        ("dob  8 - 3O - 2l  here", "8 - 3O - 2l", "date"),
        ("DOB l O /O3/ 38 MR", "l O /O3/ 38", "date"),
        ("HELD 5/ l2 for pulse", "5/ l2", "date"),
        ("born ll.ll.l95l today", "ll.ll.l95l", "date"),
        ("SSN O24 - l8 - 77O6 ok", "O24 - l8 - 77O6", "ssn"),
        ("bleep O 3 5 2 tonight", "O 3 5 2", "phone"),
        ("new MRN 88 2 l 10 given", "88 2 l 10", "mrn"),
        ("mobile O79 55 5 O19 92 (son)", "O79 55 5 O19 92", "phone"),
    ],
)
def test_what_was_taken_apart_is_one_number(text: str, what: str, kind: str) -> None:
    assert (what, kind) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "VA OD 20/20 OS 20/40 ph 20/25, L5 radicular, O2 2 l by cannula.",
        "Pedigree: II-1 mother, II-3 uncle, I-2 aunt. Take I-10 home. Vodka 1/2 l a day.",
        "BP log: 150s 148 162, off at 1330. O2 2 l, sat 95.",
        "HR 110s/60s, CT L -20, Westgard 1-2s warning.",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert {what for what in found(text) if what[1] in ("phone", "date", "ssn", "mrn")} == set()


@given(st.lists(st.sampled_from("0123456789"), min_size=10, max_size=10), st.data())
def test_a_phone_is_found_however_its_signs_were_misread(digits: list[str], data: st.DataObject) -> None:
    digits[0], digits[3] = "6", "7"
    places = data.draw(st.lists(st.sampled_from([1, 2, 4, 5, 6, 7, 8, 9]), max_size=4, unique=True))
    for place in places:
        digits[place] = data.draw(st.sampled_from(MISREAD.get(digits[place], digits[place])))
    number = f"({''.join(digits[:3])}) {''.join(digits[3:6])} - {''.join(digits[6:])}"
    text = f"Please call her mother at {number} after six."
    covered = {i for s in RULES.find(text) for i in range(s.start, s.end)}
    assert all(i in covered for i in range(text.index(number), text.index(number) + len(number)) if text[i].isalnum())


def test_a_misread_date_moves_by_as_many_days_as_others() -> None:
    shift = DateShift(load_words("en"), 7)
    assert shift.moved("3/1/2021") == "3/8/2021"
    assert shift.moved("8 - 2O - 2l") == "8-27-21"
    shift.look_at(["2O - 8 - 2l"])
    assert shift.moved("3/1/2021") == "10/1/2021"


def test_boxes_of_monitors_are_no_post_boxes() -> None:
    assert not {kind for _, kind in found("On tele box 12 since noon.")} & {"address"}
    assert ("P.O. Box 12", "address") in found("Write to P.O. Box 12, Erie, PA.")


def test_a_row_of_numbers_without_end_is_looked_at_only_so_far() -> None:
    text = "12 O4 " * 2000
    assert find_scattered(text, 6000, 6002, NOTHING, NOTHING, lambda text, start: "mrn") is None
