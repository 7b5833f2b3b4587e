from __future__ import annotations

import pytest

from polyclinic.pages import heat_map
from polyclinic.pages.heat_map import STRONGEST
from polyclinic.pages.palette import DARK, LIGHT, SERIES_DARK, SERIES_LIGHT, contrast


def made(values: list[list[float]], rows: list[str] | None = None) -> str:
    columns = [f"column {n}" for n in range(len(values[0]))]
    names = rows or [f"row {n}" for n in range(len(values))]
    return heat_map(names, columns, values, name="grid", title="Counts", description="All counts.")


def test_every_cell_has_its_number_and_the_fullest_the_strongest_colour() -> None:
    picture = made([[1, 0], [20_000, 1_500]])
    assert "<title>row 1, column 0: 20k</title>" in picture
    assert "<title>row 0, column 1: 0</title>" in picture
    assert f'fill-opacity="{STRONGEST}"' in picture
    assert picture.count('class="cell"') == 4
    assert ">1.5k</text>" in picture


def test_names_are_escaped() -> None:
    assert "<script>" not in made([[1.0]], rows=["<script>alert(1)</script>"])


def mixed(color: str, ground: str) -> str:
    """Return the colour of the fullest cell."""
    pairs = ((int(color[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(STRONGEST * one + (1 - STRONGEST) * other):02x}" for one, other in pairs)


def test_numbers_stay_readable_on_the_strongest_colour() -> None:
    for named, series in ((LIGHT, SERIES_LIGHT), (DARK, SERIES_DARK)):
        for color in series:
            assert contrast(named["text"], mixed(color, named["ground"])) >= 4.5, color


@pytest.mark.parametrize("values", [[], [[]], [[1.0], [1.0, 2.0]]])
def test_what_does_not_fit_together_is_an_error(values: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="expected"):
        heat_map(["a"] * len(values), ["b"], values, name="g", title="t", description="d")
