"""The ICD-10-PCS code set as documents: procedures, each code with the meaning of its seven characters."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pydantic import Field

from polyclinic.corpus.code_pages import CodePage, CodePageSettings, CodeSet, sentence, table_text, write_code_pages
from polyclinic.errors import UserError
from polyclinic.step_settings import SourcePath
from polyclinic.steps import Work, step_kind

ORDER_LINE = re.compile(r"^\d{5} ([0-9A-HJ-NP-Z]{3,7}) +([01]) (.{60}) (.+?)\s*$")
MOST_CODES = 400_000  # of a release; there are some 79,000
Axis = tuple[str, dict[str, str]]  # title of a character, and its values with their labels


class Icd10pcsSettings(CodePageSettings):
    """Which codes, from which release, as which text."""

    tables: SourcePath = Field(description="CMS file icd10pcs_tables_YYYY.xml")
    order: SourcePath | None = Field(None, description="CMS file icd10pcs_order_YYYY.txt: the full descriptions")
    definitions: SourcePath | None = Field(
        None, description="CMS file icd10pcs_definitions_YYYY.xml: definitions, and what a value includes"
    )


def check_icd10pcs(settings: Icd10pcsSettings) -> None:
    """Look at the head of the tables; raises UserError when they are something else."""
    with settings.tables.open("rb") as stream:
        if b"ICD10PCS.tabular" not in stream.read(2000):
            raise UserError(f"{settings.tables}: not ICD-10-PCS tables; expected CMS's icd10pcs_tables_YYYY.xml")


@step_kind("corpus.icd10pcs", Icd10pcsSettings, output="documents", version=1, check=check_icd10pcs)
def icd10pcs(settings: Icd10pcsSettings, work: Work) -> None:
    """Make a document of each ICD-10-PCS code: description, place in the tables, meaning of its characters.

    Source: the public-domain tables of CMS. Without the order file a description is put together from the labels.
    """
    check_icd10pcs(settings)
    full = _read_order(settings.order) if settings.order is not None else {}
    defined = _read_definitions(settings.definitions) if settings.definitions is not None else {}
    root = _root(settings.tables)
    pages = list(_pages(root, settings.tables, full, defined))
    release = " ".join((root.findtext("version") or "").split())
    write_code_pages(CodeSet("ICD-10-PCS", "icd10pcs", release, "public-domain", pages), settings, work)


def _pages(
    root: ElementTree.Element, path: Path, full: Mapping[str, str], defined: Mapping[tuple[str, str, str], str]
) -> Iterator[CodePage]:
    count = 0
    for table in root.iter("pcsTable"):
        head = [_axis(axis, path) for axis in table.findall("axis")]
        if len(head) != 3:
            raise UserError(f"{path}: a <pcsTable> has {len(head)} axes before its rows; expected 3")
        start = [next(iter(values.items()), ("?", "?")) for _, values in head]
        stem = "".join(code for code, _ in start)
        operation = table.findall("axis")[2].findtext("definition") or ""
        place = (("", f"table {stem}"), ("", f"the body system {start[1][1]}"), ("", f"the section {start[0][1]}"))
        yield CodePage(
            code=stem,
            description=full.get(stem) or ", ".join(label for _, label in start),
            path=(place[1], place[2]),
            leaf=False,
            lines=tuple(filter(None, [sentence(f"{start[2][1]}: {operation}") if operation else ""])),
        )
        for row in table.findall("pcsRow"):
            axes = [_axis(axis, path) for axis in row.findall("axis")]
            for values in itertools.product(*(axis[1].items() for axis in axes)):
                count += 1
                if count > MOST_CODES:
                    raise UserError(f"{path}: more than {MOST_CODES} codes; this is no release of ICD-10-PCS")
                code = stem + "".join(value for value, _ in values)
                labels = {axis[0]: label for axis, (_, label) in zip(axes, values, strict=True)}
                meaning = full.get(code) or _described(start[2][1], labels)
                lines = [sentence(f"{head[2][0]}: {start[2][1]}. {operation}")]
                for title, label in labels.items():
                    more = defined.get((start[0][0], title, label), "")
                    if not label.startswith("No "):
                        lines.append(sentence(f"{title}: {label}{f' ({more})' if more else ''}"))
                yield CodePage(code, meaning, place, True, tuple(lines), metadata={"characters": labels})


def _described(operation: str, labels: Mapping[str, str]) -> str:
    """Return a description from the labels, in the manner of the official ones."""
    words = [operation]
    for title, label in labels.items():
        if label.startswith("No "):
            continue
        if title == "Approach":
            label = f"{label} Approach" if "Approach" not in label and label != "External" else label
        words.append(label)
    return f"{words[0]} {', '.join(words[1:])}" if len(words) > 1 else words[0]


def _axis(axis: ElementTree.Element, path: Path) -> Axis:
    title = " ".join((axis.findtext("title") or "").split())
    values = {label.get("code", ""): " ".join((label.text or "").split()) for label in axis.findall("label")}
    if not title or not values:
        raise UserError(f"{path}: an <axis> without <title> or <label>; expected icd10pcs_tables_YYYY.xml")
    return title, values


def _read_order(path: Path) -> dict[str, str]:
    found = {}
    for number, line in enumerate(table_text(path).splitlines(), start=1):
        if line.strip():
            match = ORDER_LINE.match(line)
            if match is None:
                raise UserError(
                    f"{path}:{number}: not a line of an ICD-10-PCS order file; expected a number of five digits, "
                    f"a code, 0 or 1, a short and a long description, found {line[:60]!r}"
                )
            found[match[1]] = match[4]
    return found


def _read_definitions(path: Path) -> dict[tuple[str, str, str], str]:
    """Return (section, title of the axis, label) -> its definition or what it includes."""
    found: dict[tuple[str, str, str], str] = {}
    for section in _root(path).iter("section"):
        for axis in section.iter("axis"):
            name = " ".join((axis.findtext("title") or "").split())
            for terms in axis.iter("terms"):
                label = " ".join((terms.findtext("title") or "").split())
                said = [" ".join((one.text or "").split()) for one in (*terms.findall("definition"),)]
                includes = [" ".join((one.text or "").split()) for one in terms.findall("includes")]
                parts = [*said, *([f"includes {'; '.join(includes)}"] if includes else [])]
                if label and parts:
                    found[section.get("code", ""), name, label] = "; ".join(part.rstrip(".") for part in parts)
    return found


def _root(path: Path) -> Any:
    try:
        if b"<!ENTITY" in path.read_bytes()[:100_000]:
            raise UserError(f"{path}: the file declares XML entities, which are refused")
        return ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise UserError(f"{path}:{error.position[0]}: broken XML: {error}") from error
