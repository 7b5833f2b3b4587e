"""The ICD-10-CM code set as documents a model can learn from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from polyclinic.corpus.held_out import Part, first_names, is_held_out, place_of
from polyclinic.corpus.icd10cm_table import (
    ORDER_LINE,
    Code,
    CodeTable,
    packaged_files,
    read_code_list,
    read_order_file,
    read_tabular,
)
from polyclinic.corpus.icd10cm_text import CodeText, Rendering
from polyclinic.errors import UserError, did_you_mean
from polyclinic.records import Document, write_records
from polyclinic.step_settings import Settings, SourcePath
from polyclinic.steps import Work, step_kind

ROMAN_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
ROMAN = tuple(tens + ones for tens in ("", "X", "XX") for ones in ROMAN_ONES)  # ROMAN[4] is IV
RANGE = re.compile(r"^[A-Z]\d\w(\.\w{1,4})?(-[A-Z]\d\w(\.\w{1,4})?)?$")


class Icd10cmSettings(Settings):
    """Which codes, from which release, as which text."""

    tabular: SourcePath | None = Field(
        None, description="CMS file icd10cm_tabular_YYYY.xml; default: the one that simple-icd-10-cm carries"
    )
    order: SourcePath | None = Field(
        None, description="CMS file icd10cm-order-YYYY.txt of the same year: which seventh characters exist"
    )
    chapters: list[str] = Field(
        [], description="chapters by number (4), roman number (IV) or name; empty = all. Adds up with `blocks`"
    )
    blocks: list[str] = Field(
        [], description="blocks or ranges of codes: E08-E13, I21, I21.0-I21.4; empty = all. Adds up with `chapters`"
    )
    leaves_only: bool = Field(False, description="leave out codes that are divided further")
    seventh_characters: bool = Field(
        True, description="extend codes by their seventh character (initial encounter, sequela, ...)"
    )
    render: Rendering = Field(
        "page",
        description="page (code, place, notes), line (code and description) or terms (plain words without any code)",
    )
    part: Part = Field("all", description="all codes, those to train on, or those held out")
    held_out_share: float = Field(
        0.1, ge=0, le=1, description="share of the undivided codes that is held out, by a hash of the code"
    )
    limit: int = Field(0, ge=0, description="at most so many codes, spread over all by a hash; 0 = all")
    domain: str = Field("medcode", min_length=1, description="domain of the documents")

    @field_validator("chapters", "blocks", mode="before")
    @classmethod
    def _numbers_are_names(cls, value: Any) -> Any:
        return [str(v) if isinstance(v, int) else v for v in value] if isinstance(value, (list, tuple)) else value

    @field_validator("blocks")
    @classmethod
    def _ranges(cls, value: list[str]) -> list[str]:
        for name in value:
            if not RANGE.match(name):
                raise ValueError(f"'{name}' is not a block or range of codes; expected E08-E13, I21 or I21.0-I21.4")
        return value

    @model_validator(mode="after")
    def _order_needs_tabular(self) -> Self:
        if self.order is not None and self.tabular is None:
            raise ValueError(
                "`order` needs `tabular` of the same year; the order file alone has no tree and no notes"
            )
        return self


def check_icd10cm(settings: Icd10cmSettings) -> None:
    """Look at the heads of the user's own files; raises UserError when they are something else."""
    if settings.tabular is None:
        packaged_files()
    elif b"<ICD10CM.tabular" not in _head(settings.tabular):
        raise UserError(f"{settings.tabular}: not an ICD-10-CM tabular file; expected CMS's icd10cm_tabular_YYYY.xml")
    if settings.order is not None:
        first = _head(settings.order).split(b"\n")[0].decode("utf-8", "replace")
        if not ORDER_LINE.match(first):
            raise UserError(f"{settings.order}:1: not an ICD-10-CM order file; expected CMS's icd10cm-order-YYYY.txt")


@step_kind(
    "corpus.icd10cm",
    Icd10cmSettings,
    output="documents",
    version=1,
    packages=("simple-icd-10-cm",),
    check=check_icd10cm,
)
def icd10cm(settings: Icd10cmSettings, work: Work) -> None:
    """Make a document of each ICD-10-CM code: description, place in the tree, notes.

    Only undivided codes are held out, never their parents. Documents of the part `train` do not name a held-out code
    in their notes. Source: the public-domain tables of CMS and NCHS.
    """
    table = _read_table(settings)
    chosen = _choose(table, settings)
    held_out = {c.code for c in table.codes if c.leaf and is_held_out(c.code, settings.held_out_share)}
    in_this_part = [
        c for c in chosen if settings.part == "all" or (settings.part == "held_out") == (c.code in held_out)
    ]
    taken = first_names((c.code for c in in_this_part), settings.limit)
    codes = [c for c in in_this_part if taken is None or place_of(c.code, "limit") in taken]
    writer = CodeText(
        settings.render,
        frozenset(c.code[:3] for c in table.codes),
        hidden=held_out if settings.part == "train" else frozenset(),
    )

    def documents() -> Iterator[Document]:
        with work.progress("writing codes", len(codes)) as bar:
            for code in codes:
                bar.advance()
                text = writer.text(code)
                if text:
                    yield _document(code, writer.title(code), text, table.version, settings.domain)

    count = write_records(work.out, documents(), Document)
    if count == 0:
        raise UserError(
            f"corpus.icd10cm: no code is left; part {settings.part} with held_out_share {settings.held_out_share} "
            "and leaves_only leave none of the chosen codes"
        )
    work.facts.update(
        release=table.version,
        documents=count,
        leaves=sum(c.leaf for c in codes),
        held_out_codes=sum(c.code in held_out for c in chosen),
        left_out_because_they_name_codes=len(codes) - count,
    )


def _read_table(settings: Icd10cmSettings) -> CodeTable:
    if settings.tabular is None:
        tabular, listed = packaged_files()
        return read_tabular(tabular, read_code_list(listed), settings.seventh_characters)
    valid = read_order_file(settings.order) if settings.order is not None else None
    return read_tabular(settings.tabular, valid, settings.seventh_characters)


def _choose(table: CodeTable, settings: Icd10cmSettings) -> list[Code]:
    """Return the codes of the wanted chapters and ranges; raises UserError for a name that fits none."""
    codes = [c for c in table.codes if c.leaf or not settings.leaves_only]
    if not settings.chapters and not settings.blocks:
        return codes
    numbers = {_chapter_number(name, table) for name in settings.chapters}
    ranges = [(name, *_ends(name)) for name in settings.blocks]
    for name, first, last in ranges:
        if not any(_within(c.code, first, last) for c in table.codes):
            raise UserError(f"corpus.icd10cm.blocks: no code of ICD-10-CM {table.version} is in '{name}'")
    return [
        c
        for c in codes
        if c.chapter.name in numbers or any(_within(c.code, first, last) for _, first, last in ranges)
    ]


def _chapter_number(name: str, table: CodeTable) -> str:
    titles = {c.chapter.description.casefold(): c.chapter.name for c in table.codes}
    numbers = set(titles.values())
    word = name.strip()
    if word and word.upper() in ROMAN:
        word = str(ROMAN.index(word.upper()))
    if word in numbers:
        return word
    if word.casefold() in titles:
        return titles[word.casefold()]
    raise UserError(
        f"corpus.icd10cm.chapters: unknown chapter '{name}'{did_you_mean(word.casefold(), titles)}; "
        "expected a number from 1 to 22, a roman number, or the chapter's full name"
    )


def _ends(name: str) -> tuple[str, str]:
    first, _, last = name.partition("-")
    return first, last or first


def _within(code: str, first: str, last: str) -> bool:
    return code[: len(first)] >= first and code[: len(last)] <= last


def _document(code: Code, title: str, text: str, version: str, domain: str) -> Document:
    return Document(
        id=f"icd10cm-{code.code}",
        text=text,
        title=title,
        domain=domain,
        source=f"ICD-10-CM {version}".strip(),
        license="public-domain",
        metadata={
            "code": code.code,
            "description": code.description,
            "leaf": code.leaf,
            "parent": code.parent,
            "parent_description": code.parent_description,
            "block": code.block.name,
            "block_description": code.block.description,
            "chapter": code.chapter.name,
            "chapter_description": code.chapter.description,
        },
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(1000)
