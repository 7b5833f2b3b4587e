"""A graph is laid out in layers: downwards, inside its width, nothing over anything."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.pages import Node, graph_picture
from polyclinic.pages.layers import crossings, lay_out

Graph = tuple[list[str], list[tuple[str, str]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 30))
    nodes = [f"step-{i}" for i in range(count)]
    pairs = [(a, b) for a, b in itertools.combinations(range(count), 2)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=60)) if pairs else []
    return nodes, [(nodes[a], nodes[b]) for a, b in chosen]


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_edges_point_down_and_nothing_overlaps(graph: Graph) -> None:
    nodes, edges = graph
    layout = lay_out(nodes, edges, node_width=150, pass_width=14)
    level = {name: i for i, layer in enumerate(layout.layers) for name in layer}
    assert {name for name in level if name not in layout.passing} == set(nodes)
    for (start, end), way in layout.ways.items():
        assert (way[0], way[-1]) == (start, end)
        assert [level[name] for name in way] == list(range(level[start], level[end] + 1))
    for layer in layout.layers:
        room = {name: 14 if name in layout.passing else 150 for name in layer}
        for one, other in itertools.pairwise(layer):
            assert layout.across[other] - layout.across[one] >= (room[one] + room[other]) / 2 - 1e-6
        for name in layer:
            assert room[name] / 2 - 1e-6 <= layout.across[name] <= layout.width - room[name] / 2 + 1e-6


def test_crossings_are_taken_out_where_that_is_possible() -> None:
    nodes = ["a", "b", "c", "x", "y", "z"]
    edges = [("a", "z"), ("b", "y"), ("c", "x")]
    layout = lay_out(nodes, edges, node_width=100, pass_width=10)
    below = {name: [e for s, e in edges if s == name] for name in nodes}
    assert crossings(layout.layers, below) == 0


def test_crossings_are_counted() -> None:
    below = {"a": ["y"], "b": ["x"], "c": ["x", "y"]}
    assert crossings([["a", "b", "c"], ["x", "y"]], below) == 2


def test_a_circle_is_an_error() -> None:
    with pytest.raises(ValueError, match="circle"):
        lay_out(["a", "b"], [("a", "b"), ("b", "a")], node_width=100, pass_width=10)


def test_a_graph_without_nodes_is_an_empty_picture() -> None:
    assert "<svg" in graph_picture([], [], name="none", title="nothing", description="")


def test_the_same_graph_gives_the_same_picture_with_names_escaped() -> None:
    nodes = [Node("<script>a", "kind.<b>", "3 s", "<i>"), Node("b", group="x", target="step-2", state="failed")]
    one, other = (
        graph_picture(nodes, [("<script>a", "b")], name="g", title="<t>", description="<d>") for _ in range(2)
    )
    assert one == other
    assert "<script>" not in one
    assert "<b>" not in one
    assert 'href="#step-2"' in one


def test_a_full_layer_passes_what_leads_nowhere_to_the_next() -> None:
    ends = [f"scores-{i}" for i in range(12)]
    layout = lay_out(["model", *ends], [("model", end) for end in ends], node_width=100, pass_width=10)
    assert [len([n for n in layer if n not in layout.passing]) for layer in layout.layers] == [1, 7, 5]
    assert layout.width <= 7 * 100 + 10


def test_many_sources_stand_in_two_rows() -> None:
    sources = [f"text-{i}" for i in range(10)]
    layout = lay_out([*sources, "model"], [(s, "model") for s in sources], node_width=100, pass_width=10)
    assert [len([n for n in layer if n not in layout.passing]) for layer in layout.layers] == [3, 7, 1]
