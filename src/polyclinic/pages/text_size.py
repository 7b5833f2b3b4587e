"""How wide a text will be, near enough to keep labels apart without asking a browser."""

from __future__ import annotations

import unicodedata

NARROW = set("iljtfrI.,:;'|!()[]{}` ")
WIDE = set("mwMW@%—")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide `text` is in a sans-serif font of `size` pixels; rather too wide than too narrow."""
    total = 0.0
    for letter in text:
        if unicodedata.east_asian_width(letter) in "WF":
            total += 1.0
        elif letter in NARROW:
            total += 0.36
        elif letter in WIDE:
            total += 0.97
        elif letter.isupper():
            total += 0.72
        else:
            total += 0.61
    return total * size * (1.1 if bold else 1.0)


def shortened(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Return `text`, cut with an ellipsis when it is wider than `width`."""
    if text_width(text, size, bold=bold) <= width:
        return text
    kept = text
    while kept and text_width(kept + "…", size, bold=bold) > width:
        kept = kept[:-1]
    return kept.rstrip(" -_.") + "…"


def wrapped(text: str, size: float, width: float, lines: int, *, bold: bool = False) -> list[str]:
    """Break `text` after spaces, hyphens and dots into at most `lines` lines; the last is cut when it must be."""
    parts: list[str] = []
    word = ""
    for letter in text:
        word += letter
        if letter in " -_./":
            parts.append(word)
            word = ""
    parts.append(word)
    found = [""]
    for part in parts:
        if found[-1] and text_width((found[-1] + part).rstrip(), size, bold=bold) > width and len(found) < lines:
            found.append("")
        found[-1] += part
    return [shortened(line.strip(), size, width, bold=bold) for line in found if line.strip()] or [""]
