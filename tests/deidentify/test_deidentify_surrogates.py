"""Surrogates: the same for the same patient and secret, others for others, and dates that keep their intervals."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.deidentify import Deidentifier, load_rules, mark_of, read_secret
from polyclinic.errors import UserError

RULES = load_rules("en")
KEY, OTHER = b"k" * 32, b"o" * 32
NOTE = (
    "Patient Name: SMITH, JOHN A.   MRN: 00123456   DOB: 03/04/1952\n"
    "Mr. Smith was seen on March 14, 2024 and again on 2024-03-20 by Dr. Okafor. Phone (617) 555-1234.\n"
    "He lives at 12 Elm Street, Fall River, MA 02720. SSN 123-45-6789. Mail: j.smith@hospital.com.\n"
)
names = st.sampled_from(["Okafor", "Smith", "Kowalski", "Nguyen", "Garcia", "Fitzgerald", "Hernandez"])
patients = st.text(min_size=1, max_size=12)
days = st.dates(date(1990, 1, 1), date(2030, 12, 31))


def surrogate(text: str, patient: str = "p", key: bytes = KEY, style: str = "surrogates") -> str:
    return Deidentifier(key, RULES, style=style).work(text, patient).text


def test_a_note_keeps_its_form_and_none_of_its_identifiers() -> None:
    made = surrogate(NOTE)
    for original in (
        "SMITH",
        "Smith",
        "JOHN",
        "00123456",
        "1952",
        "March 14",
        "2024-03-20",
        "Okafor",
        "617",
        "Elm",
        "02720",
        "6789",
    ):
        assert original not in made
    assert "Fall River" not in made
    assert made.count("\n") == NOTE.count("\n")
    family = made.partition("Name: ")[2].partition(",")[0]
    assert family.isupper()
    assert f"Mr. {family.capitalize()} was seen" in made  # the same person, in either case
    assert "555-01" in made
    assert "@example.org" in made


@settings(max_examples=25)
@given(names, patients)
def test_the_same_patient_has_the_same_surrogate_wherever_the_name_stands(name: str, patient: str) -> None:
    first = surrogate(f"Dr. {name} was here.", patient)
    second = surrogate(f"We called Dr. {name} at noon.", patient)
    made = first.removeprefix("Dr. ").removesuffix(" was here.")
    assert second == f"We called Dr. {made} at noon."
    assert made != name


def test_another_secret_changes_every_surrogate() -> None:
    spans = RULES.find(NOTE)
    mine, others = (Deidentifier(key, RULES).work(NOTE, "p") for key in (KEY, OTHER))
    assert len(spans) > 9
    assert mine.text != others.text
    pieces = [{w for w in text.split() if w not in NOTE.split() and len(w) > 5} for text in (mine.text, others.text)]
    assert len(pieces[0]) > 8
    assert not pieces[0] & pieces[1]


def test_another_patient_has_other_surrogates_and_another_shift() -> None:
    made = {surrogate("Dr. Okafor, seen 03/04/2024, MRN: 00123456.", f"p{n}") for n in range(12)}
    assert len(made) == 12


@settings(max_examples=60)
@given(days, days, patients)
def test_intervals_between_dates_are_kept(first: date, second: date, patient: str) -> None:
    written = [f"{d.month:02d}/{d.day:02d}/{d.year}" for d in (first, second)]
    made = surrogate(f"Seen {written[0]} and then {written[1]}.", patient)
    moved = [piece.strip(".") for piece in made.split() if "/" in piece]
    if abs((first - second).days) >= 89 * 365:
        return
    read = [date(int(m[6:]), int(m[:2]), int(m[3:5])) for m in moved]
    assert read[1] - read[0] == second - first
    assert read[0] != first
    assert (read[0] - first) % timedelta(days=7) == timedelta(0)  # weekdays stay right


@pytest.mark.parametrize(
    "written",
    [
        "2024-03-14",
        "March 14, 2024",
        "14 March 2024",
        "14-Mar-2024",
        "Mar 14th, 2024",
        "3/14/2024",
        "3/14/24",
        "20240314",
        "14MAR2024",
    ],
)
def test_every_way_of_writing_a_day_is_moved_alike(written: str) -> None:
    from polyclinic.deidentify.dates.shifted import DateShift

    shift = DateShift(RULES.words, 70)
    shift.look_at(["03/14/2024"])
    moved = shift.moved(written)
    assert shift.whole(moved) == date(2024, 3, 14) + timedelta(days=70)
    assert [c for c in moved if not c.isalnum()] == [c for c in written if not c.isalnum()]


@pytest.mark.parametrize(
    "written",
    ["the fall of 2018", "Thanksgiving 2018", "0 3 / 0 4 / 2 0 1 9", "03 04 1961", "03|04|2019", "Nov-Dec 2018"],
)
def test_nothing_of_a_date_stays_however_it_is_written(written: str) -> None:
    from polyclinic.deidentify.dates.shifted import DateShift

    shift = DateShift(RULES.words, 70)
    shift.look_at(["03/14/2024"])
    moved = shift.moved(written)
    pieces = {piece for piece in re.split(r"\W+", written) if len(piece) > 2}
    assert not {piece for piece in pieces if piece in moved}


def test_a_date_without_a_year_moves_with_the_year_of_the_note() -> None:
    made = surrogate("Admitted 12/28/2023. Fever on 12/30. Home since January 2024.")
    first, second = (piece.strip(".") for piece in made.split() if "/" in piece)
    whole = date(int(first[6:]), int(first[:2]), int(first[3:5]))
    assert (whole + timedelta(days=2)).strftime("%m/%d") == second


def test_a_year_of_birth_does_not_tell_an_age_over_89() -> None:
    made = surrogate("DOB: 01/02/1921. Seen 05/06/2024. She is a 103-year-old woman.")
    born, seen = (int(piece.strip(".")[-4:]) for piece in made.split() if "/" in piece)
    assert seen - born == 90
    assert "a 90-year-old woman" in made


@settings(max_examples=25)
@given(
    st.sampled_from([NOTE, "Dr. Okafor, 03/04/2024", "no identifier", "", "MRN: 00123456 and [NAME-00aa11]"]),
    patients,
)
def test_tags_are_found_no_second_time(text: str, patient: str) -> None:
    once = surrogate(text, patient, style="tags")
    assert surrogate(once, patient, style="tags") == once
    assert "Okafor" not in once


def test_the_secret_comes_from_file_or_environment_and_is_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POLYCLINIC_DEIDENTIFY_KEY", "POLYCLINIC_DEIDENTIFY_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match=r"key_file: no secret for the surrogates.*openssl rand"):
        read_secret()
    file = tmp_path / "key"
    file.write_text("short\n")
    with pytest.raises(UserError, match="a secret of 5 bytes can be guessed; expected 16 or more"):
        read_secret(file)
    with pytest.raises(UserError, match="cannot be read"):
        read_secret(tmp_path / "absent")
    file.write_text("a" * 32 + "\n")
    assert read_secret(file) == b"a" * 32
    monkeypatch.setenv("POLYCLINIC_DEIDENTIFY_KEY_FILE", str(file))
    assert read_secret() == b"a" * 32
    monkeypatch.setenv("POLYCLINIC_DEIDENTIFY_KEY", "b" * 32)
    assert read_secret() == b"b" * 32
    assert mark_of(b"a" * 32) != mark_of(b"b" * 32)
