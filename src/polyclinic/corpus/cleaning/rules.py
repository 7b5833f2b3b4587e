"""The rules in their order, each with its name: what changes a text, and then what drops a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, get_args

from polyclinic.corpus.cleaning import encoding, language, lines
from polyclinic.corpus.licences import Licences, allows_commercial_use
from polyclinic.corpus.readers.plain import headings
from polyclinic.records import Document

RuleName = Literal[
    "encoding",
    "control_characters",
    "hyphenation",
    "boilerplate",
    "shared_lines",
    "repeated_lines",
    "table_debris",
    "whitespace",
    "licence",
    "language",
    "length",
]
RULES: tuple[RuleName, ...] = get_args(RuleName)
WHAT: dict[RuleName, str] = {
    "encoding": "text that was decoded wrongly is put right (ftfy)",
    "control_characters": "control characters and soft hyphens are taken out",
    "hyphenation": "words that a hyphen divides at a line's end are joined",
    "boilerplate": "lines of a page's frame are taken out",
    "shared_lines": "lines that stand in many documents of one source are taken out",
    "repeated_lines": "lines that come again and again are kept once",
    "table_debris": "contents lists, empty rows and stray columns of numbers are taken out",
    "whitespace": "blanks and empty lines are tidied",
    "licence": "documents that do not surely allow commercial use are dropped",
    "language": "documents in other languages are dropped",
    "length": "documents with too few or too many words are dropped",
}


@dataclass(frozen=True)
class CleanRules:
    """Which rules hold, and their measures."""

    rules: tuple[RuleName, ...] = RULES
    languages: tuple[str, ...] = ()
    language_by: Literal["model", "script"] = "model"
    language_sure: float = 0.8
    licenses: Licences = "any"
    minimum_words: int = 5
    maximum_words: int = 0
    most_repeats: int = 3
    boilerplate: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a rule did to a document."""

    rule: RuleName
    action: Literal["changed", "dropped"]
    detail: str
    before: str  # the text as the rule found it
    after: str  # and as it left it


def cleaned(
    document: Document, rules: CleanRules, shared: Collection[str] = ()
) -> tuple[Document | None, list[Change]]:
    """Return the cleaned document, or None when a rule drops it, and what each rule did.

    `shared` are lines of the document that stand in many others of its source.
    """
    changers: dict[RuleName, Callable[[str], str]] = {
        "encoding": encoding.repaired,
        "control_characters": encoding.without_control,
        "hyphenation": encoding.joined_words,
        "boilerplate": lambda text: lines.without_boilerplate(text, rules.boilerplate),
        "shared_lines": lambda text: lines.without_lines(text, shared) if shared else text,
        "repeated_lines": lambda text: lines.without_repeats(text, rules.most_repeats),
        "table_debris": lines.without_debris,
        "whitespace": encoding.tidied,
    }
    droppers: dict[RuleName, Callable[[Document], str]] = {
        "licence": lambda one: _licence_problem(one, rules),
        "language": lambda one: _language_problem(one, rules),
        "length": lambda one: _length_problem(one, rules),
    }
    text, changes = document.text, list[Change]()
    for name, change in changers.items():
        if name in rules.rules and (after := change(text)) != text:
            changes.append(Change(name, "changed", _difference(text, after), text, after))
            text = after
    if text != document.text:
        present = set(headings(text))
        kept = tuple(section for section in document.sections if section in present)
        title = encoding.repaired(document.title) if "encoding" in rules.rules else document.title
        document = replace(document, text=text, title=title, sections=kept)
    for name, problem in droppers.items():
        if name in rules.rules and (detail := problem(document)):
            changes.append(Change(name, "dropped", detail, document.text, ""))
            return None, changes
    return document, changes


def _difference(before: str, after: str) -> str:
    fewer = len(before) - len(after)
    if fewer > 0:
        return f"{fewer} characters fewer"
    return f"{-fewer} characters more" if fewer else "the same length"


def _licence_problem(document: Document, rules: CleanRules) -> str:
    if rules.licenses == "any" or allows_commercial_use(document.license):
        return ""
    return f"licence {document.license!r}" if document.license else "no licence"


def _language_problem(document: Document, rules: CleanRules) -> str:
    if not rules.languages:
        return ""
    if rules.language_by == "script":
        script = language.script_of(document.text)
        wanted = {name for one in rules.languages for name in language.scripts_of(one)}
        return f"written in {script}" if script and script not in wanted else ""
    found, sure = language.language_of(document.text)
    wanted = {one.partition("-")[0].lower() for one in rules.languages}
    return f"{found} ({sure:.2f})" if found and found not in wanted and sure >= rules.language_sure else ""


def _length_problem(document: Document, rules: CleanRules) -> str:
    found = re.finditer(r"\w+", document.text)
    words = sum(1 for _ in islice(found, rules.minimum_words))
    if words < rules.minimum_words:
        return f"{words} words, fewer than minimum_words ({rules.minimum_words})"
    if rules.maximum_words and (words := words + sum(1 for _ in found)) > rules.maximum_words:
        return f"{words} words, more than maximum_words ({rules.maximum_words})"
    return ""
