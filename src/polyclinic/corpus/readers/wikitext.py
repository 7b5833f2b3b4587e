"""Wikitext as Markdown: headings, paragraphs and lists; templates, tables, files and notes are taken out.

One pass with a stack over the opening and closing signs: no text, however it nests, takes more than linear time.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

SIGNS = re.compile(r"(\{\{|\}\}|\{\||\|\}|\[\[|\]\])")
PAIRS = {"}}": "{{", "|}": "{|", "]]": "[["}
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
SELF_CLOSED = re.compile(r"<ref\b[^<>]*/>", re.IGNORECASE)
DROPPED = re.compile(
    r"<(ref|gallery|timeline|syntaxhighlight|source|score|imagemap|templatestyles|noinclude|includeonly)\b[^<>]*>"
    r"(?:(?!<\1\b).)*?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
EXTERNAL = re.compile(r"\[(?:https?:)?//[^\s\]]+(?:[ \t]+([^\]\n]*))?\]")
HEADING = re.compile(r"^(={1,6})\s*(.+?)\s*\1\s*$")
MAGIC = re.compile(r"__[A-Z]{3,}__")
FILES = ("file:", "image:", "media:", "datei:", "fichier:", "archivo:")
END_SECTIONS = frozenset(
    (
        *("references", "external links", "see also", "further reading", "notes", "bibliography", "sources"),
        *("footnotes", "gallery", "citations", "works cited", "notes and references", "explanatory notes"),
    )
)


@dataclass
class PlainText:
    """What a page's wikitext holds."""

    text: str  # Markdown
    sections: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)


def plain_text(source: str) -> PlainText:
    """Return the text of a page."""
    text = DROPPED.sub("", SELF_CLOSED.sub("", COMMENT.sub("", source)))
    made = PlainText("")
    text = _unnested(text, made.categories)
    text = EXTERNAL.sub(lambda found: found[1] or "", text)
    text = MAGIC.sub("", TAG.sub("", text.replace("<br", " <br")).replace("'''", "").replace("''", ""))
    made.text = _paragraphs(html.unescape(text).replace("\u00a0", " "), made.sections)
    return made


def _unnested(text: str, categories: list[str]) -> str:
    """Return the text with templates, tables and links replaced by what a reader sees of them."""
    stack: list[tuple[str, list[str]]] = [("", [])]
    for part in SIGNS.split(text):
        if part in ("{{", "{|", "[["):
            stack.append((part, []))
        elif part in PAIRS and stack[-1][0] == PAIRS[part]:
            sign, inside = stack.pop()
            stack[-1][1].append(_seen(sign, "".join(inside), categories))
        elif part == "]]" and any(sign == "[[" for sign, _ in stack[-3:]):
            while stack[-1][0] != "[[":  # a table or template that is not closed within a link
                sign, inside = stack.pop()
                stack[-1][1].append("".join(inside))
            sign, inside = stack.pop()
            stack[-1][1].append(_seen(sign, "".join(inside), categories))
        elif part:
            stack[-1][1].append(part if part not in PAIRS else "")
    # What was never closed is taken as it stands, or the rest of the page would be lost.
    return "".join(piece for _, inside in stack for piece in inside)


def _seen(sign: str, inside: str, categories: list[str]) -> str:
    if sign == "{|":
        return ""
    if sign == "{{":
        return _template(inside)
    target, _, label = inside.partition("|")
    name = target.strip().lower().lstrip(":")
    if name.startswith("category:"):
        if not target.strip().startswith(":"):
            categories.append(target.strip().partition(":")[2].strip())
        return ""
    if name.startswith(FILES):
        return ""
    return label.rpartition("|")[2] if label else target.strip().lstrip(":")


def _template(inside: str) -> str:
    """Return what a few common templates show; the others show what no text needs."""
    name, *values = inside.split("|")
    values = [value.strip() for value in values if "=" not in value]
    match name.strip().lower():
        case "convert" | "cvt" if len(values) >= 2:
            if len(values) >= 4 and values[1] in ("-", "–", "to", "and", "by", "x"):
                between = f" {values[1]} " if values[1].isalpha() else "–"
                return f"{values[0]}{between}{values[2]} {values[3]}"
            return f"{values[0]} {values[1]}"
        case "lang" | "transl" | "transliteration" if len(values) >= 2:
            return values[-1]
        case "nowrap" | "abbr" | "val" | "nobold" | "small" | "chem2" | "em" | "tooltip" if values:
            return values[0]
        case "chem" | "chem name" if values:
            return "".join(values)
        case "nbsp" | "spaces" | "snd" | "ndash" | "spaced ndash":
            return " "
    return ""


def _paragraphs(text: str, sections: list[str]) -> str:
    blocks: list[str] = []
    ended = 0  # level of a section that only leads elsewhere; what stands below it is left out
    for raw in text.split("\n"):
        line = " ".join(raw.split())
        if found := HEADING.match(line):
            level, title = len(found[1]), found[2].strip()
            if ended and level > ended:
                continue
            ended = level if title.casefold() in END_SECTIONS else 0
            if not ended:
                while blocks and blocks[-1].startswith("#") and blocks[-1].index(" ") >= level:
                    blocks.pop()  # a section with nothing in it
                    sections.pop()
                blocks += [f"{'#' * max(level, 2)} {title}"]
                sections.append(title)
            continue
        if ended or not line or line.startswith(("|", "!")):
            blocks.append("") if blocks and blocks[-1] and not blocks[-1].startswith("#") else None
            continue
        sign = line[0]
        if sign in "*#:;":
            deep = len(line) - len(line.lstrip("*#:;"))
            item = line[deep:].strip()
            if not item:
                continue
            if sign in "*#":
                line = f"{'  ' * (min(deep, 4) - 1)}{'-' if line[deep - 1] == '*' else '1.'} {item}"
                if blocks and blocks[-1].lstrip().startswith(("- ", "1. ")):
                    blocks[-1] += f"\n{line}"
                    continue
            else:
                line = item
        blocks.append(line)
    while blocks and (blocks[-1].startswith("#") or not blocks[-1]):
        if blocks.pop():
            sections.pop()
    return "\n\n".join(block for block in blocks if block)
