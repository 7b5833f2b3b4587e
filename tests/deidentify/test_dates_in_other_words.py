"""Dates as they are said, misread, or written for short, and what looks like one and is none."""

import pytest

from polyclinic.deidentify import load_rules


def dates(text: str) -> list[str]:
    return [text[span.start : span.end] for span in load_rules("en").find(text) if span.type == "date"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tremor since late May, worse.", "late May"),
        ("Humira 9/2022-4/2024, loss of response.", "9/2022-4/2024"),
        ("Overdosed 2/15 in the bathroom.", "2/15"),
        ("The next opening with Dr. Day is 3/19.", "3/19"),
        ("Called the pt 6/2. He is well.", "6/2"),
        ("JOB 44 D: 03-29  T: 03-30", "03-29"),
        ("INR 5/14 at home was 2.4.", "5/14"),
        ("Resident signs off 3.19 at noon.", "3.19"),
        ("A patient of ours (14.4.88) was seen.", "14.4.88"),
        ("ADMIT JAN l4 l998 WARD 3", "JAN l4 l998"),
        ("SEEN ON 0CT0BER 28 AS PLANNED", "0CT0BER 28"),
        ("A1c was 9.2 in may, better now.", "may"),
        ("Prochaine visite le 3 octobre.", "3 octobre"),
        ("Dry since St David's Day, he says.", "St David's Day"),
        ("Wait until after Queen's Birthday.", "Queen's Birthday"),
        ("next conf. Feb.", "Feb"),
        ("home on saturday the fourteenth well then augmentin and a review by the practice nurse", "fourteenth"),
        ("operation date six oh two twenty four anaesthetist doctor kehoe and the usual team here", "twenty four"),
        ("Doctor: date of birth?\nCaller: Five, eleven, ninety-two.", "Five, eleven, ninety-two"),
        ("roster\nMon 6       Fogarty\nTue 7       Eze", "6"),
    ],
)
def test_a_day_is_found_as_people_write_and_say_it(text: str, expected: str) -> None:
    assert any(expected in found for found in dates(text)), dates(text)


@pytest.mark.parametrize(
    "text",
    [
        "CA 19-9: 1,204 and falling.",
        "Aspirin 150 from 12/40.",
        "R 6/18 N8; L 6/9 N5.",
        "Defect on Humphrey 24-2.",
        "Known to have Christmas disease.",
        "Happy to see him in the new year.",
        "Clinic runs Mon 9 to 5.",
        "Weight at the 15th percentile.",
        "NIPPV 22/6, rate 30.",
        "He may come and see us.",
    ],
)
def test_what_looks_like_a_day_is_left(text: str) -> None:
    assert not dates(text)
