"""Bars of shares, and pictures as files of their own."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from polyclinic.pages.share_bars import Part, share_bars
from polyclinic.pages.standalone import standalone

PARTS = [Part("kept", 2), Part("cut", 1), Part("never", 3)]
ATTACK = "<script>alert(1)</script>"
ROWS = {"layer 0": {"one": [0.75, 0.25, 0], ATTACK: [0.5, 0.5, 0]}, "layer 1": {"one": [1.0, 0, 0]}}


def test_the_parts_of_a_bar_fill_it_in_order_and_parts_without_a_share_are_not_named() -> None:
    made = share_bars(ROWS, PARTS, name="x", title="t", description="d")
    widths = [float(found) for found in re.findall(r'width="([\d.]+)" height="12" class="slice', made)]
    assert len(widths) == 5
    assert widths[0] + widths[1] == pytest.approx(widths[4])
    assert widths[0] == pytest.approx(3 * widths[1])
    assert "never" not in made
    assert "layer 0, one: kept 75.0%, cut 25.0%" in made
    assert ATTACK not in made
    assert "<svg" in share_bars({}, PARTS, name="x", title="t", description="d")


def test_a_picture_alone_is_well_formed_and_has_its_own_colours() -> None:
    made = standalone(share_bars(ROWS, PARTS, name="x", title="t", description="d"))
    root = ElementTree.fromstring(made)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    style = root.find("{http://www.w3.org/2000/svg}style")
    assert style is not None
    assert style.text is not None
    assert "svg .slice{fill:var(--own)" in style.text
    assert ".c2{--own:var(--series-2)}" in style.text
    assert "http" not in made.replace("http://www.w3.org/2000/svg", "")
