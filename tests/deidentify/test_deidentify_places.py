"""Institutions, towns and streets: each class of name with sentences of its own, and what is none."""

from __future__ import annotations

import pytest

from polyclinic.deidentify import load_rules
from polyclinic.deidentify.lower_case_lines import lower_case_lines

RULES = load_rules("en")
PLACES = ("institution", "city", "address")


def places(text: str) -> list[str]:
    """Return what is found of places and institutions."""
    return [text[s.start : s.end] for s in RULES.find(text) if s.type in PLACES]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("She was admitted to Larch Hollow Hospital overnight.", "Larch Hollow Hospital"),
        ("He had surgery at Mercy Hospital of Saint Paul in the spring.", "Mercy Hospital of Saint Paul"),
        (
            "Records came from the University of Ostrander Medical Center today.",
            "University of Ostrander Medical Center",
        ),
        ("Seen by Quillfeather Spine & Joint, LLC for injections.", "Quillfeather Spine & Joint, LLC"),
        ("He is followed at Copperhill Gastroenterology, P.A. for colitis.", "Copperhill Gastroenterology, P.A."),
        ("Pt declined The Laurels at Denby because of the cost.", "The Laurels at Denby"),
        ("The referral went to Women's Health of Pocatello yesterday.", "Women's Health of Pocatello"),
        ("She works at Vandermeer Tool and Die on nights.", "Vandermeer Tool and Die"),
        ("He is employed by Pemberton & Sons as a clerk.", "Pemberton & Sons"),
        ("Her boys attend Roosevelt Middle School nearby.", "Roosevelt Middle School"),
        ("They were married in St. Brendan's last year.", "St. Brendan's"),
        ("She sings at Our Lady of Perpetual Help on Sundays.", "Our Lady of Perpetual Help"),
        ("He was seen at Toledo Methodist before.", "Toledo Methodist"),
        ("Transferred from BWH for dialysis.", "BWH"),
        ("He served with the 101st Airborne overseas.", "101st Airborne"),
        ("Called CVS to verify the dose.", "CVS"),
        (
            "PMD OKORO AT COPPERHILL GASTROENTEROLOGY, P.A. NOTIFIED. VITALS STABLE.",
            "COPPERHILL GASTROENTEROLOGY, P.A.",
        ),
        ("PATIENT BROUGHT IN FROM GOLDEN ACRES NURSING HOME. ALERT AND AWAKE.", "GOLDEN ACRES NURSING HOME"),
        (
            "[doctor] so, you were at mercy hospital of waco?\n[patient] yeah, for two weeks i think",
            "mercy hospital of waco",
        ),
        ('{"id": 4, "employer": "Silver Oak Supply", "note": "none"}', "Silver Oak Supply"),
        ("Patient|Employer|Reason\nA. B.|Copper Basin Mining|Cough", "Copper Basin Mining"),
        ("Pine Ridge Health\nDISCHARGE SUMMARY\n\nHe did well.", "Pine Ridge Health"),
        ("Social worker note\nThe Lung Center\n12 Elm St | Waco, TX 76701", "The Lung Center"),
    ],
)
def test_an_institution_is_found_as_a_whole(text: str, name: str) -> None:
    found = places(text)
    assert any(name in span for span in found), found


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("A retiree from Hope with a cough.", "Hope"),
        ("She moved to Truth or Consequences in 1999.", "Truth or Consequences"),
        ("He grew up in East St. Louis.", "East St. Louis"),
        ("They live out in Coeur d'Alene now.", "Coeur d'Alene"),
        ("12 Elm St | Sugar Land, TX 77478", "Sugar Land"),
        ("WOMAN BROUGHT FROM HOME IN SUGAR LAND CC WEAKNESS AND FEVER.", "SUGAR LAND"),
        ("He lives at Larch Manor in Flint.", "Flint"),
        ("<City>Barre</City><State>VT</State>", "Barre"),
        ("City: Normal\nState: IL", "Normal"),
    ],
)
def test_a_town_is_found_by_what_stands_around_it(text: str, town: str) -> None:
    assert town in places(text)


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("Send it to the shop on 4751 Via Verde, Bldg 96? Thanks.", "4751 Via Verde, Bldg 96"),
        ("RR 2 Box 19 | Hattiesburg, MS 39401", "RR 2 Box 19"),
        ("She lives on 1168 Hwy 93 South, alone.", "1168 Hwy 93 South"),
        ("Reach him at 6221 Martin Luther King Jr. Blvd today.", "6221 Martin Luther King Jr. Blvd"),
        ("Mail goes to 9862 Old Mill Rd from now on.", "9862 Old Mill Rd"),
        ("She lives at The Old Rectory, Church Lane with her son.", "The Old Rectory"),
        ("Home: Unit 4/19 Lake Albert Rd.", "4/19 Lake Albert Rd"),
        ("He was found on 14th Street yesterday.", "14th Street"),
        ("Pharmacy: Kroger, Meadow Drive, open late", "Meadow Drive"),
        (
            "[patient] the pharmacy on pleasant lane. [doctor] alright, and you still take it every day",
            "pleasant lane",
        ),
    ],
)
def test_a_street_is_found_as_a_whole(text: str, street: str) -> None:
    found = places(text)
    assert any(street in span for span in found), found


@pytest.mark.parametrize(
    "text",
    [
        "He was taken to the Emergency Department and then to the Cardiology Clinic.",
        "Transferred from an outside hospital to the Intensive Care Unit.",
        "Refer to Physical Medicine and Rehabilitation. Schedule Outpatient Imaging.",
        "Home Health Nursing and Social Services were consulted.",
        "Tenderness at McBurney's point; no Battle sign. Pain is at Baseline.",
        "He was born in Ohio, moved from the West Coast, and returned from West Virginia.",
        "CAR TOWED, AR PLATE ABC. WILL ADMIT. CT NEGATIVE.",
        "Pain began after a 9-10 hour drive; incision at 2 o'clock is healing.",
        "[doctor] you should avoid salty foods and pizza and take care of yourself until then",
        "Philadelphia chromosome negative. Columbia negative. Montreal A2 L1.",
    ],
)
def test_departments_and_common_words_are_no_institutions_or_places(text: str) -> None:
    assert places(text) == []


def test_lines_in_lower_case_are_read_as_such_in_a_text_with_capitals() -> None:
    line = "transfer from toledo general hospital. she lives alone on kingsley drive in duluth and has two cats."
    text = f"ED Triage Note\nMR 4471\n\n{line}\n\nSigned by RN on Monday"
    assert list(lower_case_lines(RULES.vocabulary.read(text))) == [(text.index(line), text.index(line) + len(line))]
    assert {"toledo general hospital", "kingsley drive", "duluth"} <= set(places(text))


def test_a_text_that_is_written_with_capitals_has_no_lines_in_lower_case() -> None:
    text = "He lives alone. He walks with a cane, and his daughter visits on most days of the week.\n" * 4
    assert list(lower_case_lines(RULES.vocabulary.read(text))) == []


@pytest.mark.parametrize("text", ["", " ", "The", "at ", "PS 1", "P.S.", "a" * 20000, "Hospital " * 400])
def test_text_without_a_name_of_a_place_has_none(text: str) -> None:
    assert all(0 <= span.start < span.end <= len(text) for span in RULES.find(text))
    assert places(text) == [] or text == "P.S. 1"
