"""Sunburst and Sankey: areas and widths are the sizes, and every part is told."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.pages import sankey, sunburst

names = st.sampled_from(["a", "b", "<c>", "d & e"])
ways = st.dictionaries(st.tuples(names, names, names), st.integers(1, 1000).map(float), min_size=1, max_size=12)


def titles(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter("title")][1:]


@settings(max_examples=40, deadline=None)
@given(ways)
def test_each_ring_holds_the_whole(parts: dict[tuple[str, ...], float]) -> None:
    told = titles(str(sunburst(parts, name="s", title="t", description="d")))
    for level in range(3):
        ring = [text for text in told if text.partition(":")[0].count(" / ") == level]
        assert len(ring) == len({way[: level + 1] for way in parts})
        sizes = [float(text.rpartition(":")[2].split()[0].replace(",", "")) for text in ring]
        assert sum(sizes) == pytest.approx(sum(parts.values()), abs=len(sizes))


@settings(max_examples=40, deadline=None)
@given(ways)
def test_bands_are_as_wide_as_what_flows(flows: dict[tuple[str, ...], float]) -> None:
    svg = str(sankey(flows, name="s", title="t", description="d", height=2000))
    bands = {
        (band.findtext("title") or "").partition(" (")[0]: float(band.attrib["stroke-width"])
        for band in ElementTree.fromstring(svg).iter("path")
    }
    assert bands
    sizes = {text: float(text.rpartition(": ")[2].replace(",", "")) for text in bands}
    widest = max(sizes, key=lambda text: sizes[text])
    for text, width in bands.items():
        assert width == pytest.approx(max(bands[widest] * sizes[text] / sizes[widest], 0.4), rel=0.05, abs=0.02)


def test_numbers_in_paths_are_finite_also_for_a_single_part() -> None:
    for svg in (
        sunburst({("a", "b"): 1.0}, name="s", title="t", description="d"),
        sankey({("a", "b"): 1.0}, name="k", title="t", description="d"),
    ):
        assert not re.search(r"\b(nan|inf)\b", str(svg))
