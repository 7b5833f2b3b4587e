"""Which options a reply to a multiple-choice question names.

The letters that stand behind the answer marker, else at the head of the reply, else alone in its last line; where no
letter is named, the option whose text is. A reply that lists the options without choosing names all of them, and is
thereby wrong. What cannot be read is an empty set: wrong, and counted by the metric `answer_found`.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

from polyclinic.evals.scoring.reply_text import after_markers, first_line, folded, lines_of

LETTERS = "ABCDEFGHIJ"
MOST_CLAIMS = 2  # different answers behind markers up to which the last one counts; more is listing
_BETWEEN = r"(?:\s*(?:,|，|、|;|；|/|&|\+|and|or|et|ou|y|o|e|и|и/или|和|或|及|と|,\s*and)\s*|\s+(?=[A-J]\b))"
_LEAD = (
    r"^[\s\"'`*_(\[{<«“‘#>（【「《:：.\-–—=]{0,20}"
    r"(?:(?:option|choice|letter|answer|respuesta|opci[oó]n|r[ée]ponse|ответ|вариант|选项|选|選択肢)\s*[:：]?\s*)?"
    r"[\s\"'`*_(\[{<«“‘（【「《]{0,20}"
)
# A letter that begins a word is none: neither `A tumour` nor `Bacteria`, but `A: tumour`, `(a)`, `B`.
_END = r"(?=$|[\s\"'`*_)\]}>»”’）】」》]*(?:$|[.:：,，、;；)）\]】}」》。!?\n\-–—|=]|[^\x00-\x7f]))"
_ONE = re.compile(_LEAD + r"([A-Ja-j])" + _END)
_ONE_WORD = re.compile(_LEAD + r"([B-HJ])(?=\s)")  # `B because ...`; A and I may be words
_SEVERAL = re.compile(_LEAD + rf"([A-J](?:{_BETWEEN}\(?[A-J]\)?)+)(?![A-Za-z])")
_RUN = re.compile(_LEAD + r"([A-J]{2,10})" + _END)
_ALONE = re.compile(r"(?<![\w'’])([A-J])(?![\w'’])(?!\s+[a-z])|(?<![\w'’])([B-HJ])(?![\w'’])")
_LETTERED = re.compile(r"^[\s*_(\[（【#>\-]*([A-Ja-j])[*_]*\s*(?:[.:：、)）\]】]|[-–—]\s)\s*(.*)$")


def letters_of(indices: Sequence[int]) -> frozenset[str]:
    """Return the letters of options by their places, 0 for A."""
    return frozenset(LETTERS[index] for index in indices if index < len(LETTERS))


def named_options(text: str, options: Sequence[str] = ()) -> frozenset[str]:
    """Return the letters of the options that a cleaned reply names; empty when none can be read.

    Args:
        text: the reply, as `reply_text.clean` leaves it.
        options: the options' texts in order of their letters, where they are known.
    """
    if not text:
        return frozenset()
    if options:
        same = [index for index, option in enumerate(options) if option == text]
        if len(same) == 1:
            return letters_of(same)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    claims = [claim for part in after_markers(text) if (claim := _head(first_line(part), True))]
    if claims:
        if len(set(claims)) > MOST_CLAIMS:
            return frozenset().union(*claims)
        return claims[-1]
    parts = after_markers(text)
    if options and parts and (found := _by_text(first_line(parts[-1]), options)):
        return found
    lines = lines_of(text)
    lettered = frozenset(m.group(1).upper() for line in lines if (m := _LETTERED.match(line)))
    if len(lettered) > 1 and (_LETTERED.match(lines[-1]) or _LETTERED.match(lines[0])):
        return lettered
    for line in (lines[0], lines[-1]):
        if found := _head(line, len(lines) == 1):
            return found
    last = lines[-1]
    if options and (found := _by_text(last, options)):
        return found
    if found := frozenset((m.group(1) or m.group(2)) for m in _ALONE.finditer(last)):
        return found
    return _by_text(text, options) if options else frozenset()


def options_in(text: str) -> tuple[str, ...]:
    """Return the options that stand in a question, each on a line of its own behind its letter; () without.

    They must be lettered from A on without a gap.
    """
    found: dict[str, str] = {}
    for line in text.split("\n"):
        if (match := _LETTERED.match(line)) and len(found) < len(LETTERS):
            if match.group(1).upper() == LETTERS[len(found)]:
                found[match.group(1).upper()] = match.group(2).strip()
            elif match.group(1).upper() == "A":
                found = {"A": match.group(2).strip()}
    return tuple(found.values()) if len(found) > 1 else ()


def _head(text: str, whole: bool) -> frozenset[str]:
    """Return the letters at the head of a line; `whole` when nothing else could be meant by a letter before words."""
    if match := _SEVERAL.match(text):
        return frozenset(re.findall(r"(?<![A-Za-z])[A-J](?![A-Za-z])", match.group(1)))
    if match := _ONE.match(text):
        return frozenset(match.group(1).upper())
    if (match := _RUN.match(text)) and list(match.group(1)) == sorted(set(match.group(1))):
        return frozenset(match.group(1))
    if whole and (match := _ONE_WORD.match(text)):
        return frozenset(match.group(1))
    return frozenset()


def _by_text(text: str, options: Sequence[str]) -> frozenset[str]:
    """Return the option whose text stands in a text, the longest first; empty unless it is exactly one."""
    pattern, places = _option_pattern(tuple(options))
    if pattern is None:
        return frozenset()
    found = {places[match.group(0)] for match in pattern.finditer(folded(text))}
    return letters_of(sorted(found)) if len(found) == 1 else frozenset()


@functools.lru_cache(maxsize=4096)
def _option_pattern(options: tuple[str, ...]) -> tuple[re.Pattern[str] | None, dict[str, int]]:
    places: dict[str, int] = {}
    for index, option in enumerate(options):
        if text := folded(option):
            places.setdefault(text, index)
    if not places:
        return None, places
    longest_first = sorted(places, key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in longest_first)), places
