"""What can be asked of a document without a model: its code, its heading, its sections.

Everything here is found by form alone (line starts, capitals, punctuation), so it holds for notes, guidelines and
articles that are written in sections, and finds nothing in others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from polyclinic.records import Document

SECTION = re.compile(
    r"^(?:#{1,6} +(?P<heading>[^\n]{2,60})|(?P<label>[A-Z][A-Za-z0-9 /&'-]{1,40}):[ \t]*)", re.MULTILINE
)
SPEAKERS = frozenset(
    {"doctor", "patient", "nurse", "clinician", "mother", "father", "family", "guest", "interviewer"}
)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
HEADING_WORDS = 30  # a longer first line is text
BODY_WORDS = 30  # what a heading needs to stand over


def parts_of(document: Document, words: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (kind of part, names for templates) for everything that can be asked of a document.

    Kinds: `code` (metadata of a code with its place), `heading` (heading, body, definition), `question` (a heading
    that is a question, and its answer), `section` (text, section, content, sections). Texts are cut to whole
    sentences of at most `words` words; a section is only asked of a text that fits whole.
    """
    if "code" in document.metadata:
        names = {k: v for k, v in document.metadata.items() if isinstance(v, str)}
        if names.get("parent") == names.get("block"):
            names["parent"] = names["parent_description"] = ""
        yield "code", names
        return
    heading, body = heading_and_body(document)
    if heading.endswith("?"):
        yield "question", {"question": heading, "answer": first_sentences(body, words)}
    elif heading:
        names = {"heading": heading, "body": first_sentences(body, words), "definition": definition(heading, body)}
        yield "heading", names
    if len(body.split()) <= words:
        found = sections(body)
        choices = ", ".join(found) if len(found) > 1 else ""  # one heading alone is nothing to choose from
        for name, content in found.items():
            yield "section", {"text": body, "section": name, "content": content, "sections": choices}


def heading_and_body(document: Document) -> tuple[str, str]:
    """Return a document's heading and what stands under it; the heading is empty when there is none."""
    text = document.text.strip()
    first, _, rest = text.partition("\n")
    first = first.lstrip("# ").strip()
    if document.title:
        return document.title, _without_line(text, document.title)
    is_heading = (
        0 < len(first.split()) <= HEADING_WORDS
        and len(rest.split()) >= BODY_WORDS
        and not first.endswith((".", ":", ",", ";"))
        and not SECTION.match(first)
        and not first.startswith("[")
    )
    return (" ".join(first.replace(" ?", "?").split()), _without_line(rest, first)) if is_heading else ("", text)


def sections(text: str) -> dict[str, str]:
    """Return the sections of a text by name, in order: lines that begin `Plan:` or are Markdown headings.

    Names that come twice are left out, as turns of a conversation are; so are sections of fewer than three words.
    """
    marks = list(SECTION.finditer(text))
    names = [(mark["heading"] or mark["label"]).strip() for mark in marks]
    ends = [*(mark.start() for mark in marks), len(text)][1:]
    found = {}
    for mark, name, end in zip(marks, names, ends, strict=False):
        content = text[mark.end() : end].strip()
        if names.count(name) == 1 and name.casefold() not in SPEAKERS and len(content.split()) >= 3:
            found[name] = content
    return found


def definition(heading: str, body: str) -> str:
    """Return the sentence that opens a text and begins with its heading, as articles do, or nothing."""
    first = next(iter(sentences(body)), "")
    start = re.sub(r"^(?:an?|the) ", "", first.casefold())
    return first if start.startswith(heading.casefold()) and first.endswith(".") else ""


def first_sentences(text: str, words: int) -> str:
    """Return as many whole sentences from the beginning as have at most `words` words together."""
    if len(text.split()) <= words:
        return text
    end = left = 0
    for sentence in sentences(text):
        left += len(sentence.split())
        if left > words:
            break
        end = text.index(sentence, end) + len(sentence)
    return text[:end].rstrip()


def sentences(text: str) -> list[str]:
    """Return the sentences of a text: cut behind `.`, `!`, `?` before a capital or number, and at line ends."""
    return [s.strip() for line in text.splitlines() for s in SENTENCE_END.split(line) if s.strip()]


def _without_line(text: str, heading: str) -> str:
    """Return a text without the lines it begins with that only say its heading again."""
    first, _, rest = text.strip().partition("\n")
    if first.lstrip("# ").strip().casefold() == heading.casefold():
        return _without_line(rest, heading)
    return text.strip()
