"""Tasks for the documents of a code set: written from what they are known by, since a code page is not prose.

The questions are not worded as the test's are (see tasks/catalog/_icd10cm.yaml), so that a test asks for what was
learnt, not for how it was put.
A document that does not show its code in text or title (plain words only) gets tasks that do not show it either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from polyclinic.records import Document

MOST_CHILDREN = 8
MOST_NOTES = 3
_CODE_LINE = re.compile(r"ICD-10-CM (?:code )?([A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?):?\s+([^\n]+)")
_TERM_BREAK = re.compile(
    r",\s*|;\s*|\s+(?:with|without|due to|in|of|by|for|from|to|and|or|as|on|during|following|associated with)\s+"
    r"(?:the\s+|their\s+)?|\s*[\[\]()]\s*"
)
_ALSO = re.compile(r"(?:Also used for|Also called|Includes):\s+([^\n]+)")
_NOT = re.compile(r"(?:Not coded here|Not the same as|Excludes1):\s+([^\n]+)")
_KIND = re.compile(r"A kind of: ([^\n]+)\.")
_FIELD = re.compile(r"Field: ([^\n]+)\.")


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of ICD-10-CM as far as its document shows it."""

    code: str  # empty when the document does not show it
    description: str
    parent: str = ""  # code of the category above; empty when not known
    parent_description: str = ""
    place: str = ""  # block and chapter, in words
    also: tuple[str, ...] = ()  # other names and what is included
    excluded: tuple[str, ...] = ()  # what is not meant


@dataclass
class CodeBook:
    """The codes that are known in one run, so that a code can name its parent and its children."""

    descriptions: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)

    def add(self, code: Code) -> None:
        """Take in one code that its document shows."""
        if code.code and code.code not in self.descriptions:
            self.descriptions[code.code] = code.description
            if code.parent:
                self.children.setdefault(code.parent, []).append(code.code)

    def parent_of(self, code: Code) -> str:
        """Return the code above, or the longest beginning of the code that is known; empty when there is none."""
        if code.parent or not code.code:
            return code.parent
        for length in range(len(code.code) - 1, 2, -1):
            beginning = code.code[:length].rstrip(".")
            if beginning in self.descriptions:
                return beginning
        return ""


def find_code(document: Document) -> Code | None:
    """Return the code a document is about: from its metadata, or from a line `ICD-10-CM E11.9: …`; else None."""
    known, text = document.metadata, document.text
    code, description = known.get("code"), known.get("description")
    if isinstance(code, str) and isinstance(description, str) and code and description:
        if code not in text and code not in document.title:
            return _plain_words(text)
        parent = str(known.get("parent") or "")
        return Code(
            code=code,
            description=_bare(description),
            # The block, which a category has above it, is said with the chapter.
            parent=parent if parent != known.get("block") else "",
            parent_description=_bare(str(known.get("parent_description") or "")),
            place=_place(document),
            also=_notes(_ALSO, text),
            excluded=_notes(_NOT, text),
        )
    line = _CODE_LINE.match(text) if text.startswith("ICD-10-CM ") else None
    if line is None:
        return None
    return Code(code=line[1], description=_bare(line[2]), also=_notes(_ALSO, text), excluded=_notes(_NOT, text))


def write_code_task(task: str, code: Code, book: CodeBook) -> str:
    """Return the text of one task for a code."""
    writers = {
        "summary": _summary,
        "question_answer": _questions,
        "entities": _entities,
        "relations": _relations,
    }
    return writers[task](code, book)


def _summary(code: Code, book: CodeBook) -> str:
    above = _above(code, book)
    place = code.place
    if code.code:
        sentences = [f"ICD-10-CM code {code.code} means {code.description}."]
        belongs = f"{above}, in {place}" if above and place else above or place
        if belongs:
            sentences.append(f"It belongs to {belongs}.")
    elif above:
        sentences = [f"{code.description} is a kind of {above}{', in ' if place else ''}{place}."]
    else:
        sentences = [f"{code.description}{' belongs to ' if place else ''}{place}."]
    if code.also:
        sentences.append(f"It includes {'; '.join(code.also)}.")
    return " ".join(sentences)


def _questions(code: Code, book: CodeBook) -> str:
    pairs = []
    above = _above(code, book)
    if code.code:
        pairs = [
            (f"What does the ICD-10-CM code {code.code} stand for?", code.description),
            (f"Which ICD-10-CM code stands for {code.description}?", code.code),
        ]
        if above:
            pairs.append((f"To which category does the ICD-10-CM code {code.code} belong?", above))
    else:
        if above:
            pairs.append((f"What kind of condition is {code.description}?", above))
        if code.place:
            pairs.append((f"Where does ICD-10-CM place {code.description}?", f"In {code.place}"))
        if code.also:
            pairs.append((f"What else is {code.description} called?", "; ".join(code.also)))
    return "\n\n".join(f"Question: {question}\nAnswer: {answer}." for question, answer in pairs)


def _entities(code: Code, book: CodeBook) -> str:
    terms = [code.code, code.description, *_TERM_BREAK.split(code.description), *code.also]
    kept: dict[str, str] = {}
    for term in terms:
        if len(term) > 2:
            kept.setdefault(term.lower(), term)
    return "\n".join(f"- {term}" for term in kept.values())


def _relations(code: Code, book: CodeBook) -> str:
    above = _above(code, book)
    name = f"{code.code} ({code.description})" if code.code else code.description
    lines = [f"{name} is a kind of {above}."] if above else []
    if code.place:
        lines.append(f"{code.code or code.description} is in {code.place}.")
    children = book.children.get(code.code, []) if code.code else []
    lines += [f"{child} ({book.descriptions[child]}) is a kind of {code.code}." for child in children[:MOST_CHILDREN]]
    unlike = f"{code.code} is not used for" if code.code else f"{code.description} is not the same as"
    lines += [f"{unlike} {other}." for other in code.excluded]
    return "\n".join(lines)


def _above(code: Code, book: CodeBook) -> str:
    """Return the category above as people write it: `E11 (Type 2 diabetes mellitus)`."""
    parent = book.parent_of(code)
    description = code.parent_description if code.parent or not code.code else ""
    description = description or book.descriptions.get(parent, "")
    if not parent:
        return description
    return f"{parent} ({description})" if description else parent


def _plain_words(text: str) -> Code:
    """Return what a document in plain words says of its entry; the metadata, which has codes, is not looked at."""
    kind, place = _KIND.search(text), _FIELD.search(text)
    return Code(
        code="",
        description=_bare(text.split("\n", 1)[0]),
        parent_description=_bare(kind[1]) if kind else "",
        place=f"the field {place[1]}" if place else "",
        also=_notes(_ALSO, text),
        excluded=_notes(_NOT, text),
    )


def _place(document: Document) -> str:
    known = document.metadata
    parts = []
    for name in ("block", "chapter"):
        if known.get(name):
            described = known.get(f"{name}_description")
            parts.append(f"{name} {known[name]}" + (f" ({_bare(str(described))})" if described else ""))
    # `the block E08-E13 (…) of chapter 4 (…)`, but `chapter 4 (…)`.
    return f"the {' of '.join(parts)}" if len(parts) == 2 else "".join(parts)


def _notes(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.search(text)
    return tuple(n.strip() for n in found[1].rstrip(".").split("; ")[:MOST_NOTES] if n.strip()) if found else ()


def _bare(text: str) -> str:
    return text.strip().rstrip(".")
