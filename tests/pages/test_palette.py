"""Colours are strong enough on both grounds, and can be told apart by people who see fewer of them."""

from __future__ import annotations

import itertools

import pytest

from polyclinic.pages import palette

# Machado, Oliveira and Fernandes 2009, severity 1.0, applied to linear light.
DEFICIENCIES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
GROUNDS = [(palette.LIGHT, palette.SERIES_LIGHT), (palette.DARK, palette.SERIES_DARK)]


def lab(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of linear light."""
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    f = [max(v, 0.0) ** (1 / 3) if v > 0.008856 else 7.787 * max(v, 0.0) + 16 / 116 for v in (x, y, z)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def seen(color: str, deficiency: str) -> tuple[float, float, float]:
    """A colour as somebody with a deficiency sees it, in L*a*b*."""
    rgb = palette.linear_rgb(color)
    red, green, blue = (sum(m * v for m, v in zip(row, rgb, strict=True)) for row in DEFICIENCIES[deficiency])
    return lab(red, green, blue)


def test_the_contrast_of_black_and_white_is_21() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#123456", "#123456") == pytest.approx(1)


@pytest.mark.parametrize(("named", "series"), GROUNDS, ids=["light", "dark"])
def test_texts_and_series_stand_out_from_every_ground_they_lie_on(
    named: dict[str, str], series: tuple[str, ...]
) -> None:
    for ground in ("ground", "raised", "best", "near"):
        for text in ("text", "muted"):
            assert palette.contrast(named[text], named[ground]) >= 4.5, (text, ground)
    for text in ("link", "good", "bad"):
        assert palette.contrast(named[text], named["ground"]) >= 4.5, text
    assert palette.contrast(named["good"], named["best"]) >= 4.5
    assert palette.contrast(named["strong-line"], named["ground"]) >= 3
    for color in series:
        assert palette.contrast(color, named["ground"]) >= 4.5, color
        assert palette.contrast(color, named["raised"]) >= 3, color


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize(("named", "series"), GROUNDS, ids=["light", "dark"])
def test_the_first_four_series_can_be_told_apart_with_color_blindness(
    named: dict[str, str], series: tuple[str, ...], deficiency: str
) -> None:
    for one, other in itertools.combinations(series[:4], 2):
        distance = (
            sum((a - b) ** 2 for a, b in zip(seen(one, deficiency), seen(other, deficiency), strict=True)) ** 0.5
        )
        assert distance > 10, (one, other, distance)


def test_no_two_series_have_the_same_color_and_the_same_stroke() -> None:
    assert len(set(palette.SERIES_LIGHT)) == len(set(palette.SERIES_DARK)) == len(set(palette.DASHES)) == 8
