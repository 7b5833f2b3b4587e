"""Numbers that only the tagger's weights find: what they are a part of, and what they cannot be."""

from __future__ import annotations

import pytest

from polyclinic.deidentify import load_rules
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tagger.numbers import MOST_GROWN, find_numbers
from polyclinic.deidentify.tagger.weights import Candidate

RULES = load_rules("en")
NOBODY = Candidate(0, 1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def candidates(text: str, *parts: str, **shares: float) -> list[Candidate]:
    found, place = [], 0
    for number, part in enumerate(parts):
        start = text.index(part, place)
        place = start + len(part)
        one = NOBODY._replace(start=start, end=place, token=number, shape=3)
        found.append(Candidate(**{**one._asdict(), **shares}))
    return found


def taken(text: str, *parts: str, **shares: float) -> list[tuple[str, str]]:
    found = find_numbers(text, candidates(text, *parts, **shares), [], RULES.calendar)
    return [(text[span.start : span.end], span.type) for span in found]


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("MRI 10/11 clear", "10", "10/11"),
        ("seen 31.3. alone", "31", "31.3"),
        ("on 2024-03-14 x", "14", "2024-03-14"),
        ("team Mon 18 at noon", "18", "18"),
        ("back from June on", "June", "June"),
    ],
)
def test_a_date_is_taken_whole(text: str, part: str, whole: str) -> None:
    assert taken(text, part, date=0.95) == [(whole, "date")]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("acuity 20/40", "20"),
        ("in 2/52 or so", "52"),
        ("grade 0/5", "5"),
        ("at 1930", "1930"),
        ("the 4th toe", "th"),
        ("back Thurs again", "Thurs"),
    ],
)
def test_what_can_be_no_day_is_no_date(text: str, part: str) -> None:
    assert taken(text, part, date=0.95) == []


def test_a_day_without_a_month_needs_more() -> None:
    assert taken("team Mon 18 at noon", "18", date=0.6) == []


def test_parts_of_a_number_are_one_number_with_its_letters() -> None:
    assert taken("plate CK 41 HTX seen", "41", number=0.9) == []
    assert taken("plate CK-4177-HTX seen", "4177", "HTX", number=0.9) == [("4177-HTX", "other_id")]
    assert taken("case WC608 here", "608", number=0.9) == [("WC608", "other_id")]


def test_four_digits_are_a_number_only_where_that_is_sure_and_no_time() -> None:
    assert taken("q 4471 y", "4471", number=0.8) == []
    assert taken("q 4471 y", "4471", number=0.95) == [("4471", "other_id")]
    assert taken("q 1930 y", "1930", number=0.95) == []


def test_only_an_age_over_89_is_one() -> None:
    assert taken("Eunice 104 waved", "104", age=0.9) == [("104", "age")]
    assert taken("Eunice 64 waved", "64", age=0.9) == []


def test_what_was_found_before_is_not_looked_at() -> None:
    text = "MRI 10/11 clear"
    assert find_numbers(text, candidates(text, "10", date=0.9), [Span(4, 9, "other_id")], RULES.calendar) == []


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("LP 2/20 bands 5. Discharged with Solu-Medrol.", "2/20"),
        ("she was admitted on the twelfth with a large stroke", "twelfth"),
        ("Next visit Tuesday 14th with the nurse.", "14th"),
    ],
)
def test_days_that_no_word_announces_are_found(text: str, identifier: str) -> None:
    assert any(identifier in text[span.start : span.end] for span in RULES.find(text) if span.type == "date")


@pytest.mark.parametrize("text", ["Snellen 6/6 both eyes.", "Apgar 8/9, weight 3320 g.", "review in 6/52 please"])
def test_scores_and_spells_are_no_dates(text: str) -> None:
    assert not [span for span in RULES.find(text) if span.type == "date"]


def test_a_part_of_an_endless_number_is_looked_at_only_so_far() -> None:
    text = "1/" * 5000 + "1"
    found = find_numbers(text, candidates(text, "1", date=0.95), [], RULES.calendar)
    assert found == []
    longest = "A1" * 5000
    (span,) = find_numbers(longest, candidates(longest, "A1", number=0.95), [], RULES.calendar)
    assert span.end - span.start <= 2 + 2 * MOST_GROWN
