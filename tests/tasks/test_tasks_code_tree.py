"""Distances in the code tree."""

import pytest
from code_documents import code_document, code_set
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.records import Document
from polyclinic.tasks.code_tree import read_code_tree

TREE = read_code_tree(code_set())
codes = st.sampled_from(sorted(TREE.entries))


@pytest.mark.parametrize(
    ("one", "other", "edges"),
    [
        ("A00.0", "A00.0", 0),
        ("A00.0", "A00", 1),
        ("A00.0", "A00.1", 2),
        ("A00.0", "A00.91", 3),
        ("A00.0", "A01.0", 4),
        ("A00.91", "A01.91", 6),
        ("A00.0", "B00.0", 8),
    ],
)
def test_edges_are_counted_through_the_common_ancestor(one: str, other: str, edges: int) -> None:
    assert TREE.distance(one, other) == edges


@given(codes, codes, codes)
def test_distance_is_a_metric(one: str, other: str, third: str) -> None:
    assert TREE.distance(one, other) == TREE.distance(other, one)
    assert (TREE.distance(one, other) == 0) == (one == other)
    assert TREE.distance(one, third) <= TREE.distance(one, other) + TREE.distance(other, third)


@given(codes, st.integers(1, 9), st.integers(1, 9))
def test_codes_at_a_distance_are_exactly_those_that_are_so_far_away(code: str, one: int, other: int) -> None:
    least, most = sorted((one, other))
    found = TREE.at_distance(code, least, most)
    assert len(found) == len(set(found))
    assert set(found) == {c for c in TREE.entries if c != code and least <= TREE.distance(code, c) <= most}


def test_without_documents_of_the_parents_codes_keep_their_distances() -> None:
    leaves = read_code_tree(d for d in code_set() if d.metadata["leaf"])
    for one in leaves.entries:
        for other in leaves.entries:
            assert leaves.distance(one, other) == TREE.distance(one, other)


def test_the_order_of_the_documents_does_not_matter() -> None:
    backward = read_code_tree(code_set()[::-1])
    assert all(backward.distance("A00.91", c) == TREE.distance("A00.91", c) for c in TREE.entries)


def test_documents_that_lack_a_place_or_come_twice_are_refused() -> None:
    with pytest.raises(UserError, match="document 'x': metadata 'parent' is missing"):
        read_code_tree([Document(id="x", text="", metadata={"code": "A00", "description": "cholera"})])
    with pytest.raises(UserError, match=r"the code A00\.1 occurred before"):
        read_code_tree([code_document("A00.1", "A00", "cholera")] * 2)
