"""Institutions by their known names, their last word, what they do; towns behind `in`; streets in speech."""

import pytest

from polyclinic.deidentify import load_rules


def covered(text: str, part: str) -> bool:
    place = text.index(part)
    marked = {i for span in load_rules("en").find(text) for i in range(span.start, span.end)}
    return all(i in marked for i in range(place, place + len(part)) if text[i].isalnum())


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Refill sent to Walgreens today.", "Walgreens"),
        ("she works at dollar general and is tired", "dollar general"),
        ("Dialysis at Fresenius South three times a week.", "Fresenius South"),
        ("He works nights at Target and sleeps by day.", "Target"),
        ("He was an inpatient at the Mater last year.", "Mater"),
        ("She is in the tenth grade at West Jordan High.", "West Jordan High"),
        ("Crutches came from Thief River Drug on time.", "Thief River Drug"),
        ("The daughter asked; Great Oaks can accept him with transport.", "Great Oaks"),
        ("No bed tonight, but Casa Amanecer has a bed after seven.", "Casa Amanecer"),
        ("His school (Great Neck Middle) needs the form.", "Great Neck Middle"),
        ("needs a letter for work (northgate timber) about his back", "northgate timber"),
        ("Meals are brought from Golden Dragon by the grandson.", "Golden Dragon"),
        ("He works at a bank in Conway Springs, and fishes.", "Conway Springs"),
        ("THE CLERK FOUND HIM IN THE STORE ON MACCORKLE AVE.", "MACCORKLE AVE"),
        ("He lives alone at RT 2 BOX 88, with a dog.", "RT 2 BOX 88"),
        ("Deliver to W164 N9210 Water St, side door.", "W164 N9210 Water St"),
        (
            "send the crew to forty one fox run lane the dog is in the yard and the door is open",
            "fox run lane",
        ),
    ],
)
def test_a_place_is_found_by_what_stands_around_it(text: str, part: str) -> None:
    assert covered(text, part)


@pytest.mark.parametrize(
    "text",
    [
        "We are on target with weight and diet.",
        "It hurts at times and at rest.",
        "Feeds run via Dobhoff at goal.",
        "A nurse from Case Management called.",
        "The Mayo stand was covered.",
        "Vitals stable, Cr 1.6 and K 4.",
        "He was placed in Trendelenburg, then supine.",
        "Full time school (since May) is going well for the boy.",
    ],
)
def test_what_only_looks_like_a_place_is_left(text: str) -> None:
    found = [span for span in load_rules("en").find(text) if span.type in ("institution", "city", "address")]
    assert not found
