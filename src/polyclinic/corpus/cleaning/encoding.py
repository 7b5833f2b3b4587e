"""Characters: text that was decoded wrongly, control characters, hyphens at the ends of lines, white space."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any

# Directions are kept: right-to-left text needs its marks.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\u00ad\u200b\u2060]")
BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
HYPHEN = re.compile(r"([A-Za-z]{2,})-\n([a-z]{2,})")
BLANKS = re.compile("[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
UNTIDY = ("  ", "\t", " \n", "\n ", "\n\n\n")  # without any of these, and of others than ASCII, a text is tidy
EMPTY_LINES = re.compile(r"\n{3,}")


def repaired(text: str) -> str:
    """Return text with what was decoded wrongly (`Ã©` for `é`) put right, by ftfy, and composed (NFC)."""
    if text.isascii():
        return text
    import ftfy

    settings = _settings()
    lines = text.split("\n")
    fixed = (line if line.isascii() else ftfy.fix_text_segment(line, settings) for line in lines)
    return unicodedata.normalize("NFC", "\n".join(fixed))


@functools.cache
def _settings() -> Any:
    import ftfy

    # What is right stays: quotes, widths and entities of a text are its author's.
    return ftfy.TextFixerConfig(
        unescape_html=False,
        uncurl_quotes=False,
        fix_character_width=False,
        remove_control_chars=False,
        remove_terminal_escapes=False,
        fix_line_breaks=False,
        normalization=None,
        explain=False,
        max_decode_length=1_000_000,
    )


def without_control(text: str) -> str:
    """Return text without control characters and soft hyphens, its lines ended in one way."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return CONTROL.sub("", BREAKS.sub("\n", text))


def joined_words(text: str) -> str:
    """Return text with words put together that a hyphen divides at a line's end.

    The hyphen goes when the word without it, or neither of both, stands elsewhere in the text; a compound keeps it.
    """
    if "-\n" not in text:
        return text
    whole = text.lower()

    def join(found: re.Match[str]) -> str:
        together, compound = f"{found[1]}{found[2]}", f"{found[1]}-{found[2]}"
        return compound if compound.lower() in whole and together.lower() not in whole else together

    return HYPHEN.sub(join, text)


def tidied(text: str) -> str:
    """Return text with single blanks, no blanks at the ends of lines, and at most one empty line in a row."""
    if text.isascii() and not any(untidy in text for untidy in UNTIDY) and text == text.strip():
        return text
    lines = []
    for line in text.split("\n"):
        bare = line.lstrip(" \t")
        indent = line[: len(line) - len(bare)] if bare[:1] in "-*1|" else ""
        if not bare.isascii() or "  " in bare or "\t" in bare:  # the search is slow, and most lines need none
            bare = BLANKS.sub(" ", bare)
        lines.append(indent + bare.strip(" "))
    return EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()
