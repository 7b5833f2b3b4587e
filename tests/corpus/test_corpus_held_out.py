"""Which records are held out."""

from hypothesis import given
from hypothesis import strategies as st

from polyclinic.corpus.held_out import first_names, in_part, is_held_out, place_of

shares = st.floats(0, 1)


@given(st.text(), shares)
def test_every_record_is_in_exactly_one_of_the_two_parts(name: str, share: float) -> None:
    assert in_part(name, "train", share) != in_part(name, "held_out", share)
    assert in_part(name, "all", share)


@given(st.text(), shares, shares)
def test_what_a_small_share_holds_out_a_larger_one_does_too(name: str, one: float, other: float) -> None:
    assert is_held_out(name, max(one, other)) or not is_held_out(name, min(one, other))


def test_about_the_named_share_is_held_out() -> None:
    names = [f"document-{i}" for i in range(10_000)]
    assert abs(sum(is_held_out(n, 0.2) for n in names) / len(names) - 0.2) < 0.02
    assert not any(is_held_out(n, 0.0) for n in names)
    assert all(is_held_out(n, 1.0) for n in names)


def test_a_limit_says_nothing_about_what_is_held_out() -> None:
    names = [f"document-{i}" for i in range(10_000)]
    taken = first_names(names, 1000)
    assert taken is not None
    chosen = [n for n in names if place_of(n, "limit") in taken]
    assert len(chosen) == 1000
    assert abs(sum(is_held_out(n, 0.2) for n in chosen) / 1000 - 0.2) < 0.05
    assert first_names(names, 0) is None
