"""Tasks for the documents of a code set: written from their metadata, since a code page is not prose.

The question has the form of MedConceptsQA (Shoham & Rappoport 2024): `What is the description of the medical code …`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from polyclinic.records import Document

MOST_CHILDREN = 8
_CODE_LINE = re.compile(r"ICD-10-CM ([A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?):\s*([^\n]+)$")
_TERM_BREAK = re.compile(
    r",\s*|;\s*|\s+(?:with|without|due to|in|of|by|for|from|to|and|or|as|on|during|following|associated with)\s+"
    r"(?:the\s+)?|\s*[\[\]()]\s*"
)


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of ICD-10-CM."""

    code: str
    description: str
    parent: str = ""  # code of the category above; empty when not known
    chapter: str = ""  # number of the chapter
    leaf: bool = False  # whether it is a code that is billed; false as well when not known
    notes: dict[str, list[str]] = field(default_factory=dict)  # inclusion terms and the like, by heading


@dataclass
class CodeBook:
    """The codes that are known in one run, so that a code can name its parent and its children."""

    descriptions: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)

    def add(self, code: Code) -> None:
        """Take in one code."""
        self.descriptions[code.code] = code.description
        if code.parent:
            self.children.setdefault(code.parent, []).append(code.code)

    def parent_of(self, code: Code) -> str:
        """Return the code above, or the longest beginning of the code that is known; empty when there is none."""
        if code.parent:
            return code.parent
        for length in range(len(code.code) - 1, 2, -1):
            beginning = code.code[:length].rstrip(".")
            if beginning != code.code and beginning in self.descriptions:
                return beginning
        return ""


def find_code(document: Document) -> Code | None:
    """Return the code a document is about: from its metadata, or from a line `ICD-10-CM E11.9: …`; else None."""
    known = document.metadata
    code, description = known.get("code"), known.get("description")
    if isinstance(code, str) and isinstance(description, str) and code and description:
        return Code(
            code=code,
            description=description.strip().rstrip("."),
            parent=str(known.get("parent") or ""),
            chapter=str(known.get("chapter") or ""),
            leaf=bool(known.get("leaf")),
        )
    line = _CODE_LINE.match(document.text.strip()) if document.text.startswith("ICD-10-CM ") else None
    return Code(code=line[1], description=line[2].strip().rstrip(".")) if line else None


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
    sentences = [f"ICD-10-CM code {code.code} means {code.description}."]
    parent = book.parent_of(code)
    if parent:
        sentences.append(f"It belongs to {_named(parent, book)}{_in_chapter(code)}.")
    elif code.chapter:
        sentences.append(f"It belongs to chapter {code.chapter}.")
    return " ".join(sentences)


def _questions(code: Code, book: CodeBook) -> str:
    pairs = [
        (f"What is the description of the medical code {code.code} in ICD10CM?", f"{code.description}."),
        (f"Which medical code in ICD10CM has the description {code.description}?", f"{code.code}."),
    ]
    return "\n\n".join(f"Question: {question}\nAnswer: {answer}" for question, answer in pairs)


def _entities(code: Code, book: CodeBook) -> str:
    terms = [code.code, code.description, *_TERM_BREAK.split(code.description)]
    kept = {t.lower(): t for t in reversed(terms) if t and len(t) > 2}
    return "\n".join(f"- {term}" for term in dict.fromkeys(t for t in terms if kept.get(t.lower()) == t))


def _relations(code: Code, book: CodeBook) -> str:
    lines = []
    parent = book.parent_of(code)
    if parent:
        lines.append(f"{code.code} ({code.description}) is a kind of {_named(parent, book)}.")
    if code.chapter:
        lines.append(f"{code.code} is in chapter {code.chapter} of ICD-10-CM.")
    children = book.children.get(code.code, [])
    lines += [f"{child} ({book.descriptions[child]}) is a kind of {code.code}." for child in children[:MOST_CHILDREN]]
    return "\n".join(lines)


def _named(code: str, book: CodeBook) -> str:
    description = book.descriptions.get(code)
    return f"{code} ({description})" if description else code


def _in_chapter(code: Code) -> str:
    return f" in chapter {code.chapter}" if code.chapter else ""


def code_book(documents: Iterable[Document]) -> CodeBook:
    """Return the book of all codes among the documents."""
    book = CodeBook()
    for document in documents:
        code = find_code(document)
        if code is not None:
            book.add(code)
    return book
