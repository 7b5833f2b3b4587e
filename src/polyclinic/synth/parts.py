"""Cut a long document into parts a teacher can read, at the ends of paragraphs, lines, sentences or words."""

from __future__ import annotations

import re

# From the best place to cut to the worst; a text without any of them is cut anywhere.
_ENDS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?])\s+"), re.compile(r"\s+"))


def split_into_parts(text: str, longest: int) -> list[str]:
    """Return a text in parts of at most `longest` characters and of about equal length; nothing is lost but space."""
    text = text.strip()
    if len(text) <= longest:
        return [text] if text else []
    number = -(-len(text) // longest)
    # Equal parts are read better than full ones with a short rest; a tenth is room to find an end.
    wanted = min(longest, int(len(text) / number * 1.1) + 1)
    parts = []
    while len(text) > wanted:
        cut = _cut(text, wanted)
        parts.append(text[:cut].strip())
        text = text[cut:].strip()
    return [part for part in (*parts, text) if part]


def _cut(text: str, longest: int) -> int:
    """Return where to cut: the last good end in the second half of what may be taken."""
    for end in _ENDS:
        last = 0
        for found in end.finditer(text, longest // 2, longest):
            last = found.start()
        if last:
            return last
    return longest
