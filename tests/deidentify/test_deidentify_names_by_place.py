"""Names by their place: ordinary words that are people, columns, initials; and words that stand where things do."""

from __future__ import annotations

import pytest

from polyclinic.deidentify import load_rules
from polyclinic.deidentify.lexicon import FAMILY, NAME, RARE, read_census
from polyclinic.deidentify.names.slots import before_of, is_thing_place, left_weight, right_weight

RULES = load_rules("en")


def names(text: str) -> list[str]:
    return [text[span.start : span.end] for span in RULES.find(text) if span.type == "name"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("He came with his partner, Heaven Lindgren, and left early.", "Heaven Lindgren"),
        ("I told RN Skip aware of the plan.", "Skip"),
        ("Called at 4, spoke with Sky at the front desk.", "Sky"),
        ("The wound was seen by Journey (niece) at home.", "Journey"),
        ("Dear Blessing,\n\nThe results are back.", "Blessing"),
        ("Ace L. Thorsen was in good spirits.", "Ace L. Thorsen"),
        ("We agree.\n\nKind regards,\n\nHarmony", "Harmony"),
        ("ok see you then\n\nthx\nbuddy", "buddy"),
        ("my sister noemí will drive me home, is that ok? Thanks Doctor.", "noemí"),
        ("BELONGINGS TO HAZEL. LAST MEAL AT NOON. FAMILY IS ON THE WAY IN NOW.", "HAZEL"),
        ("NKDA. UP TO DATE.\nBJORLUND RN 11/14 1647", "BJORLUND"),
        ("Follow up was offered. Children: Norm (3), Bo (5).", "Norm"),
        ("Discussed with Drs. Merchant and Grave, who agree.", "Grave"),
        ("He was adopted; his mother, Anne Roe (née Hunt), is well.", "Hunt"),
        ("Sign-out 19:00  Team: Rahman / Swan  pgr 2044", "Swan"),
        ("3N-15    Gold, Heaven W 39F    DKA, gap closed", "Gold, Heaven W"),
        ("RUSTY LAMB 58 Y/O M FROM HOME WITH A COUGH FOR TWO DAYS", "RUSTY LAMB"),
        ('{"family": "Cross", "given": ["Floyd"]}', "Cross"),
    ],
)
def test_ordinary_words_are_names_where_people_stand(text: str, name: str) -> None:
    assert any(name in found for found in names(text))


@pytest.mark.parametrize(
    "text",
    [
        "A 19 Fr Blake drain was left. The Hoyer lift was used. An Airex pad was tried.",
        "Thompson intact. Ober negative. Lachman neg, Thessaly pos. Hoover's sign was seen.",
        "Her brother drives a white Ford. Authorization was asked of Kaiser; the plan is Molina.",
        "PT: Part time, at the mill.\nDR: And you sleep?\nPT: Well, six hours.\nDR: Any pain?\nPT: Nine.",
        "Patient Namc: see label. Datc of visit: see label. Phonc: none.",
        "Best wishes to all. Many thanks for the referral.",
        "Diuresed well. Extubated. Was given the Cushingoid appearance of before.",
    ],
)
def test_things_findings_makers_and_misread_headings_are_no_names(text: str) -> None:
    assert names(text) == []


def test_what_a_name_owns_is_no_eponym() -> None:
    assert names("Ann's cell is on file.\nShe has Hashimoto's disease.") == ["Ann"]


def test_cells_below_a_heading_of_people_are_names() -> None:
    table = "BED|PATIENT|RN|PLAN\n4|Snow, May|Pearl|wean\n5|Price, Art|Wisdom|home\n"
    assert names(table) == ["Snow, May", "Pearl", "Price, Art", "Wisdom"]
    spaced = "RM   ATTG      RN        NOTE\n1    Bones     Serenity  stable\n2    Fields    Clover    home\n"
    assert {"Bones", "Serenity", "Fields"} <= set(names(spaced))


def test_initials_are_those_of_a_name_in_the_text() -> None:
    assert "QRB" in " ".join(names("Read by Quinn R. Bassett, MD.\n\nNo change since.\nQRB/kf\nSent."))
    assert names("Vitals stable.\nABC/kf sent over") == []


def test_a_name_found_once_is_found_at_the_beginning_of_a_sentence_when_it_acts() -> None:
    text = "Seen with his wife Hope. Hope carries a pen. There is hope for more."
    assert names(text) == ["Hope", "Hope"]


def test_the_weights_of_places() -> None:
    text = "told the nurse, Skip (son) said"
    start = text.index("Skip")
    assert before_of(text, start) == ("nurse", ",")
    assert right_weight(text, start + 4, frozenset()) == 2
    greeting = "Dear Skip,"
    assert left_weight(greeting, 5, *before_of(greeting, 5)) == 3
    assert is_thing_place("the Hoyer lift", 4, 9)
    assert not is_thing_place("told Hoyer that", 5, 10)


def test_the_census_is_read_and_ordinary_words_of_it_stay_ordinary() -> None:
    assert len(read_census()) == 88_799
    assert read_census()[0] == "smith"
    assert RULES.lexicon["lightsey"] & FAMILY
    assert RULES.lexicon["nipple"] & (RARE | NAME) == RARE
