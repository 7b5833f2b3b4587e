"""Names by agreement with others of the text, initials by their places, and what looks like a name and is none."""

from __future__ import annotations

import pytest

from polyclinic.deidentify import load_rules

FILLER = "The patient was seen and examined and the plan was discussed with the team. "


def names(text: str) -> list[str]:
    return [text[s.start : s.end] for s in load_rules("en").find(text) if s.type == "name"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Our ref: QT/lmw/4471\nClinic date: 3 May 2019\n\nDear colleague,", ["QT", "lmw"]),
        ("DICTATED 4/4/2018 TRANSCRIBED 4/5/2018 BY AS\n\nThe end of it.", ["AS"]),
        ("Registered by: NO\n", ["NO"]),
        ("Midline placed 7/12 (QZ). Dressing intact.", ["QZ"]),
        ("--- copied forward from 9 Feb 2017 (Hunt) ---\nStable overnight.", ["Hunt"]),
        ("Sections are submitted in B2-B6 (vq).\n\nMICROSCOPIC: benign.", ["vq"]),
    ],
)
def test_initials_stand_in_the_places_where_people_leave_them(text: str, wanted: list[str]) -> None:
    assert set(wanted) <= set(names(text))


def test_the_end_of_a_timed_entry_is_who_signs_below() -> None:
    text = "08:10 ambulated x2, tolerated VAO\n09:30 foley out, to void Osborne\n11:00 ate 50%\n\nVera Osborne RN\n"
    assert {"VAO", "Osborne", "Vera Osborne"} <= set(names(text))


def test_the_end_of_a_timed_entry_is_no_name_without_agreement() -> None:
    text = (
        "08:10 turned, dressing dry CDI\n09:30 lungs with fine crackles BBS\n11:00 SpO2 94% RA\n\nVera Osborne RN\n"
    )
    assert names(text) == ["Vera Osborne"]


def test_initials_after_each_call_agree_with_one_written_out() -> None:
    text = "10:05 Left a message, no answer. tw\n11:40 Called back, will come in. Teodora W.\n12:10 Sent. TW\n"
    assert {"tw", "Teodora W.", "TW"} <= set(names(text))


def test_a_line_of_initials_and_a_degree_signs_a_note() -> None:
    assert names(FILLER + "\n\n-IV rn\n") == ["IV"]


def test_a_note_in_lower_case_below_a_heading_is_read_as_such() -> None:
    text = (
        "TRIAGE NOTE\nVisit 1234567\n\n"
        "she fell at home this morning. her mother, rosalind park, is w/ her and was told the plan. she is well.\n"
        "report given to siu-ling tam, lpn, who will come for her soon. she is resting in the room now.\n"
    )
    assert {"rosalind park", "siu-ling tam"} <= set(names(text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ANESTHESIA: Haddad\nTYPE OF ANESTHESIA: Spinal.\n", "Haddad"),
        ("Attending: Sun   Resident: Brooks\n", "Sun"),
        ("Primary care: Hao Sun, DO\n", "Hao Sun"),
        ("Client: De La Cruz, Angel I   Visit: 02/24/2021\n", "De La Cruz, Angel I"),
        ("CASE NOTE\nDO, MARY L  Unit 6 South\n", "DO, MARY L"),
        ("RE: ERIK VAN DYKE\nMRN: A5599043\n", "ERIK VAN DYKE"),
        ("Emergency contact 2: Ward, Latoya (daughter)\n", "Ward, Latoya"),
        ("They were told. Frank is out in the hall with the nurse.", "Frank"),
        ("He lives with Eun-Ji in a small flat.", "Eun-Ji"),
    ],
)
def test_names_of_small_words_count_where_a_field_is_theirs(text: str, wanted: str) -> None:
    assert wanted in names(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thrombectomy was performed with TICI 2b reperfusion.",
        "EXAMINATION: XR KNEE RIGHT 4 VIEWS\n\nNo fracture is seen today.",
        "EXAMINATION: MR ENTEROGRAPHY\n\nNo stricture is seen today.",
        "The line was a R IJ TLC placed yesterday.",
        "Religion: Baptist   Language: English",
        "Relation: Self\nPrimary insurance: none",
        "He asked about the da Vinci robot. There was no Graham Steell murmur.",
        "She is a woman with Fitzpatrick type II skin.",
        "Crohn's disease, Montreal A2 L1 B2.",
        "Ventana and Dako reagents were used for the stains.",
        "Ventolin as needed, Zomvexa PRN.",
        "QTc 428 ms. MSE: Casually dressed.",
        "This is what I would do. Weight bearing as tolerated.",
        "EXAMINER: Any pain?\nPARENT: Just a little.\nEXAMINER: Where?\nPARENT: Here.\nEXAMINER: Since when?\n",
        "Doctor: Hi.\nPatient: Yeah.\nDoctor: When?\nPatient: Overall, last week.\nDoctor: Fine.\nPatient: So\n",
    ],
)
def test_what_is_written_like_a_name_and_is_none(text: str) -> None:
    assert names(text) == []


def test_a_contraction_or_greeting_is_no_part_of_a_name() -> None:
    assert names("Who came with you? That's Oksana, my wife.") == ["Oksana"]
    assert names("Subject: Visit\n\nDear Joe,\n\nThe results are in.") == ["Joe"]
