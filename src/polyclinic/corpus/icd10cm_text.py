"""A code of ICD-10-CM as text: a page, a line, or its terms in plain words without any code."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from polyclinic.corpus.icd10cm_table import Code

Rendering = Literal["page", "line", "terms"]

# What stands before the notes of a kind: on a page, and in plain words.
PAGE_LEADS: Mapping[str, str] = {
    "inclusionTerm": "Also used for:",
    "includes": "Includes:",
    "excludes1": "Not coded here:",
    "excludes2": "Not part of this code, but may be coded as well:",
    "codeFirst": "Code first:",
    "useAdditionalCode": "Use additional",
    "codeAlso": "Code also:",
    "notes": "Note:",
}
# Notes that tell a coder what to do are left out: without codes they say nothing. See CODING_ADVICE too.
TERM_LEADS: Mapping[str, str] = {
    "inclusionTerm": "Also called:",
    "includes": "Includes:",
    "excludes1": "Not the same as:",
    "excludes2": "May occur together with:",
}

CODE = re.compile(r"\b[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4}\b|\.-)?(?![0-9A-Za-z])")
CODING_ADVICE = re.compile(r"\b(?:code[sd]?|this category|following category)\b", re.IGNORECASE)
BRACKETED = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")


@dataclass(frozen=True)
class CodeText:
    """Writes codes as text."""

    rendering: Rendering
    categories: frozenset[str]  # all categories (three characters) that exist: what a code in a text can begin with
    hidden: Collection[str] = frozenset()  # codes that no note may name

    def title(self, code: Code) -> str:
        """Return the heading under which a person would find the code."""
        return code.description if self.rendering == "terms" else f"{code.code} {code.description}"

    def text(self, code: Code) -> str:
        """Return the text of a code; empty when it cannot be said without naming a code (`terms` only)."""
        headline = f"ICD-10-CM code {code.code}: {code.description}"
        if self.rendering == "line":
            return headline
        if self.rendering == "page":
            return "\n".join([headline, _place(code), *self._notes(code)])
        return self._terms(code)

    def names_code(self, text: str) -> bool:
        """Return whether a text names a code: one with a dot, or a category that exists; `vitamin B12` does not."""
        return any(len(found) > 3 or found in self.categories for found in CODE.findall(text))

    def without_codes(self, text: str) -> str:
        """Return the text without brackets that hold codes; empty when codes remain."""
        bare = BRACKETED.sub(lambda match: "" if self.names_code(match[0]) else match[0], text)
        # Brackets may name a part of a code: (with fifth character 5), (.4), (.5-).
        bare = re.sub(r"\s*\((?:with )?(?:\.|fifth|sixth|final)[^()]*\)", "", bare)
        return "" if self.names_code(bare) else " ".join(bare.split())

    def _notes(self, code: Code) -> list[str]:
        lines = []
        for kind, notes in code.notes.items():
            kept = [note for note in notes if not any(found in self.hidden for found in CODE.findall(note))]
            if kept:
                text, lead = _joined(kept), PAGE_LEADS[kind]
                if kind == "useAdditionalCode" and not text.startswith("code"):
                    lead = "Use additional code:"
                lines.append(f"{lead} {text}.")
        return lines

    def _terms(self, code: Code) -> str:
        description = self.without_codes(code.description)
        if not description:
            return ""
        lines = [description]
        # A category's parent is its block, which the next line names.
        above = self.without_codes(code.parent_description)
        if above and code.parent != code.block.name and above != description:
            lines.append(f"A kind of: {above}.")
        fields = [self.without_codes(place.description) for place in (code.block, code.chapter)]
        lines.append(f"Field: {'; '.join(field for field in fields if field)}.")
        for kind, lead in TERM_LEADS.items():
            medical = [note for note in code.notes.get(kind, ()) if not CODING_ADVICE.search(note)]
            kept = [bare for note in medical if (bare := self.without_codes(note))]
            if kept:
                lines.append(f"{lead} {_joined(kept)}.")
        return "\n".join(lines)


def _place(code: Code) -> str:
    above = "" if code.parent == code.block.name else f"{code.parent} ({code.parent_description}), in "
    divided = "" if code.leaf else " It is divided further."
    return (
        f"{code.code} belongs to {above}the block {code.block.name} ({code.block.description}) of chapter "
        f"{code.chapter.name} ({code.chapter.description}).{divided}"
    )


def _joined(notes: list[str]) -> str:
    """Return notes as one sentence; a note that ends in a colon opens a list."""
    text = ""
    for note in notes:
        text += note if not text else (f" {note}" if text.endswith((":", ",")) else f"; {note}")
    return text.rstrip(".;:, ")
