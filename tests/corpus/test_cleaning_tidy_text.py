"""Text that is tidy already takes a short way through cleaning, which must lead where the long one does."""

from hypothesis import given
from hypothesis import strategies as st

from polyclinic.corpus.cleaning.encoding import tidied, without_control

LINES = st.lists(
    st.sampled_from(["a", "b.", "- c", "1 d", " ", "  ", "\t", "\n", "\n\n\n", "|", "\x07", "\r\n"])
).map("".join)


@given(LINES)
def test_blanks_are_tidied_alike_by_the_short_way_and_the_long_one(text: str) -> None:
    assert tidied(text) == tidied(f"{text}  ")  # two blanks at the end, which go, ask for the long way


@given(LINES)
def test_control_characters_go_alike_by_the_short_way_and_the_long_one(text: str) -> None:
    assert without_control(text) == without_control(f"{text}\u200b")  # a character that does not show does as well


@given(LINES)
def test_tidying_a_tidied_text_changes_nothing(text: str) -> None:
    assert tidied(tidied(text)) == tidied(text)
