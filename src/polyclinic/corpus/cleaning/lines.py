"""Lines that say nothing: what stands around a page's text, lines that come again, remains of tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

LONGEST_BOILERPLATE = 240  # characters of a line
SHORTEST_REPEATED = 40  # characters; labels and short answers in a dialogue may well come again
RUN_OF_NUMBERS = 4  # lines in a row without a letter, from which on they are the remains of a table

BOILERPLATE = re.compile(
    r"""^[\s>*•|-]*(?:
      (?:skip|jump)\ to\ (?:main\ |page\ )?(?:content|navigation|search).*
    | (?:accept|reject|manage)\ (?:all\ )?cookies.*
    | (?:this|our)\ (?:web)?site\ uses\ cookies.*
    | we\ use\ cookies.*
    | (?:cookie|privacy)\ (?:policy|notice|settings|statement)\.?
    | terms\ (?:of\ (?:use|service)|(?:and|&)\ conditions)\.?
    | (?:©|\(c\)|copyright)\ .{0,160}
    | .{0,120}all\ rights\ reserved\.?
    | (?:share|follow|like|tweet|pin)\ (?:this|us|on)\b.{0,60}
    | (?:facebook|twitter|linkedin|whatsapp|instagram|youtube|e-?mail|print|rss)(?:\s*[|/·,]\s*\w[\w-]*)*
    | (?:subscribe|sign\ up|sign\ in|log\ ?in|register|create\ an?\ account)\b.{0,60}
    | (?:click|tap)\ here\b.{0,80}
    | (?:read|learn|show|view|load)\ (?:more|less|full\ text|pdf)\b.{0,40}
    | (?:download|open|view)\ (?:the\ |this\ )?(?:pdf|full\ text|article|citation|figure|image)\b.{0,60}
    | (?:open\ in\ a|opens?\ in)\ (?:new|separate)\ (?:tab|window)\.?
    | (?:home|menu|search|back\ to\ top|top\ of\ page|next|previous|advertisement|sponsored|loading\.*)
    | (?:home|you\ are\ here)\s*[»>›/].{0,160}
    | (?:page|p\.)\ *\d+(?:\ *(?:of|/)\ *\d+)?
    | [-–—\s]*\d{1,4}[-–—\s]*(?=$)(?<=[-–—])
    | (?:last|page\ last)\ (?:reviewed|updated|modified)\b.{0,60}
    | javascript\ (?:is|seems\ to\ be)\ (?:disabled|required|not\ enabled).{0,120}
    | (?:please\ )?enable\ javascript\b.{0,80}
    | pre-publication\ history
    | the\ pre-publication\ history\ for\ this\ paper\ can\ be\ accessed\ here:?.{0,80}
    | (?:supplementary|supporting)\ (?:information|material|data)s?\ (?:is|are)\ (?:available|linked)\b.{0,160}
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
LEADERS = re.compile(r"(?:\.\s?){5,}\s*[ivxlc\d]*\s*$")
EMPTY_ROW = re.compile(r"^\s*\|(?:[\s|:-]*)\|\s*$")
RULE_ROW = re.compile(r"^\s*\|?[\s|:-]*-{3,}[\s|:-]*$")


def without_boilerplate(text: str, phrases: Sequence[str] = ()) -> str:
    """Return text without lines of a page's frame, and without lines that hold one of the user's own phrases."""
    own = [phrase.casefold() for phrase in phrases if phrase.strip()]

    def wanted(line: str) -> bool:
        if not line or len(line) > LONGEST_BOILERPLATE:
            return True
        if own and any(phrase in line.casefold() for phrase in own):
            return False
        return BOILERPLATE.match(line) is None

    lines = text.split("\n")
    kept = [line for line in lines if wanted(line)]
    return text if len(kept) == len(lines) else "\n".join(kept)


def without_lines(text: str, unwanted: Collection[str]) -> str:
    """Return text without certain lines."""
    lines = text.split("\n")
    kept = [line for line in lines if line.strip() not in unwanted]
    return text if len(kept) == len(lines) else "\n".join(kept)


def without_repeats(text: str, most: int) -> str:
    """Return text in which a line that stands more than `most` times stands once; twice in a row is once."""
    lines = text.split("\n")
    counts = Counter(
        line for line in lines if len(line.strip()) >= SHORTEST_REPEATED and not line.startswith(("#", "|"))
    )
    often = {line for line, count in counts.items() if count > most}
    kept: list[str] = []
    seen: set[str] = set()
    last = ""
    for line in lines:
        again = line in often and line in seen
        in_a_row = line == last and line in counts
        if not (again or in_a_row):
            kept.append(line)
        if line in often:
            seen.add(line)
        if line:
            last = line
    return text if len(kept) == len(lines) else "\n".join(kept)


def without_debris(text: str) -> str:
    """Return text without contents lists, empty rows of tables, and columns of numbers that lost their tables."""
    lines = text.split("\n")
    kept: list[str] = []
    run: list[str] = []  # lines without a letter, and the empty ones between them

    def end_run() -> None:
        if sum(bool(line.strip()) for line in run) < RUN_OF_NUMBERS:
            kept.extend(run)
        run.clear()

    for number, line in enumerate(lines):
        if len(line) < 200 and LEADERS.search(line):
            continue
        if EMPTY_ROW.match(line) and not _under_a_head(lines, number):
            continue
        bare = line.strip()
        if (bare and _numbers_only(bare)) or (not bare and run):
            run.append(line)
            continue
        end_run()
        kept.append(line)
    end_run()
    return text if len(kept) == len(lines) else "\n".join(kept)


def _under_a_head(lines: Sequence[str], number: int) -> bool:
    """Return whether a row is the rule of a Markdown table, which needs it."""
    return bool(RULE_ROW.match(lines[number])) and number > 0 and lines[number - 1].lstrip().startswith("|")


def _numbers_only(line: str) -> bool:
    if line[0] in "#-*" or "|" in line or "=" in line:
        return False
    return not any(c.isalpha() for c in line) and any(c.isdigit() for c in line)
