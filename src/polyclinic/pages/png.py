"""A picture of a page as a PNG file, for slides and papers: drawn by resvg, which needs no browser.

The words need a sans-serif font of the machine, or a font file that is given; without one they would be missing from
the picture, so that is an error.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from polyclinic.errors import UserError
from polyclinic.pages.palette import LIGHT, SERIES_LIGHT

FAMILIES = ("DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica", "Segoe UI", "Roboto")
_RULE = re.compile(r"^(svg [^{}@:]+)\{([^{}]*)\}", re.MULTILINE)
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15" font-family="{}">{}</text></svg>'
)


def svg_to_png(picture: Markup, *, scale: float = 2.0, fonts: Sequence[Path] = ()) -> bytes:
    """Return a picture of this room as PNG, in the colours of a light page, on its ground.

    Args:
        picture: an SVG as the functions of this room return it.
        scale: pixels for each CSS pixel of the picture.
        fonts: font files (.ttf, .otf) to take before those of the machine.

    Raises UserError when there is no font to write the words with.
    """
    import resvg_py

    for font in fonts:
        if not font.is_file():
            raise UserError(f"{font}: no such file; expected a font, .ttf or .otf")
    files = tuple(map(str, fonts))
    family = _family(files)
    head, _, rest = str(picture).partition(">")
    style = f"<style>text{{font-family:'{family}'}}{_style()}</style>"
    whole = f'{head} xmlns="http://www.w3.org/2000/svg">{style}{rest}'
    return resvg_py.svg_to_bytes(
        svg_string=whole, background=LIGHT["ground"], zoom=scale, font_files=list(files), sans_serif_family=family
    )


@functools.cache
def _family(files: tuple[str, ...]) -> str:
    """Return a font family that letters can be drawn with."""
    import resvg_py

    def drawn(svg: str, skip_system: bool) -> bytes:
        return resvg_py.svg_to_bytes(svg_string=svg, font_files=list(files), skip_system_fonts=skip_system)

    names = [name for file in files for name in _names_in(file)] if files else FAMILIES
    for name in names:
        if drawn(_PROBE.format(name, "M"), bool(files)) != drawn(_PROBE.format(name, ""), bool(files)):
            return name
    problem = (
        f"none of {', '.join(files)} can be read" if files else f"this machine has none of {', '.join(FAMILIES)}"
    )
    raise UserError(
        f"no font to write the words of a picture with: {problem}; "
        "install one (Debian: fonts-dejavu-core), or give a .ttf file"
    )


def _names_in(file: str) -> list[str]:
    """Return the family names in a TrueType or OpenType font (its table `name`, records 1 and 16)."""
    raw = Path(file).read_bytes()
    found = []
    for place in range(12, 12 + 16 * int.from_bytes(raw[4:6], "big"), 16):
        if raw[place : place + 4] != b"name":
            continue
        start = int.from_bytes(raw[place + 8 : place + 12], "big")
        count, texts = (int.from_bytes(raw[start + 2 * n : start + 2 * n + 2], "big") for n in (1, 2))
        for record in range(start + 6, start + 6 + 12 * count, 12):
            platform, _, _, kind, length, offset = (
                int.from_bytes(raw[record + 2 * n : record + 2 * n + 2], "big") for n in range(6)
            )
            if kind in (1, 16) and platform in (0, 3):
                text = raw[start + texts + offset : start + texts + offset + length]
                found.append(text.decode("utf-16-be", "replace"))
    return list(dict.fromkeys(found))


@functools.cache
def _style() -> str:
    """Return the page's rules for pictures with its light colours in them: resvg knows no variables."""
    css = resources.files("polyclinic.pages").joinpath("page.css").read_text(encoding="utf-8")
    made = []
    for selectors, text in _RULE.findall(css):
        body = text.replace("font-family:inherit;", "").replace("font:inherit;", "")
        for name, value in LIGHT.items():
            body = body.replace(f"var(--{name})", value)
        parts = [part.strip().removeprefix("svg ") for part in selectors.split(",")]
        if "var(--own)" not in body:
            made.append(f"{','.join(parts)}{{{body}}}")
            continue
        for number, color in enumerate(SERIES_LIGHT):
            own = [f"{part}.c{number},.c{number} {part}" for part in parts]
            made.append(f"{','.join(own)}{{{body.replace('var(--own)', color)}}}")
    return "".join(made)
