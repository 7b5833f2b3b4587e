"""Colours: told apart by people who see fewer of them, strong enough on the page's ground, light and dark.

A picture names a colour by its number (`class="c3"`); the style sheet says what it is in light and dark. Colour is
never the only sign: lines also have dashes, dots also have shapes, boxes also have words.
"""

from __future__ import annotations

LIGHT = {
    "ground": "#ffffff",
    "raised": "#f5f7f9",
    "line": "#d5dce3",
    "strong-line": "#7d8a97",
    "text": "#18222c",
    "muted": "#52606d",
    "link": "#0b5cad",
    "good": "#00664a",
    "bad": "#b3261e",
    "best": "#e2f3ec",
    "near": "#eef2f6",
}
DARK = {
    "ground": "#11171d",
    "raised": "#1a222b",
    "line": "#303c48",
    "strong-line": "#7d8a97",
    "text": "#e7edf3",
    "muted": "#a3b1be",
    "link": "#7dbcf7",
    "good": "#4fd1a5",
    "bad": "#ff8a80",
    "best": "#12382c",
    "near": "#222d38",
}
SERIES_LIGHT = ("#0b62b0", "#b84a00", "#007a5a", "#a3296e", "#5f6b76", "#6b4fc4", "#8a6a00", "#10808f")
SERIES_DARK = ("#6cb4f5", "#ff9a4d", "#3cc79a", "#f28cc0", "#b9c4ce", "#b49dff", "#e3cb45", "#58cbd8")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "12 3", "1 2", "6 2 1 2 1 2")


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, 1.4.3)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    """Return the relative luminance of `#rrggbb`, 0 to 1 (WCAG 2.2)."""
    red, green, blue = linear_rgb(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear_rgb(color: str) -> tuple[float, float, float]:
    """Return red, green and blue of `#rrggbb` as light, 0 to 1 (IEC 61966-2-1)."""
    values = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return red, green, blue


def color_class(number: int) -> str:
    """Return the class of the series with this number; after the last colour the first comes again."""
    return f"c{number % len(SERIES_LIGHT)}"


def style_variables() -> str:
    """Return the style rules that define all colours for light, dark and print."""
    light = _variables(LIGHT, SERIES_LIGHT)
    dark = _variables(DARK, SERIES_DARK)
    classes = "".join(f".c{i}{{--own:var(--series-{i})}}" for i in range(len(SERIES_LIGHT)))
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{classes}\n"
    )


def _variables(named: dict[str, str], series: tuple[str, ...]) -> str:
    return "".join(f"--{name}:{value};" for name, value in named.items()) + "".join(
        f"--series-{i}:{value};" for i, value in enumerate(series)
    )
