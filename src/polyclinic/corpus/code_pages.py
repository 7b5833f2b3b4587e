"""Pages of code sets: a code, what it means, its place in the tree, notes, synonyms and neighbours.

ICD-10-CM has files of its own, since its notes refer to codes; what is here serves the sets that are plain tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from polyclinic.corpus.held_out import Part, first_names, is_held_out, place_of
from polyclinic.errors import UserError
from polyclinic.records import Document, write_records
from polyclinic.step_settings import Settings
from polyclinic.steps import Work

MOST_NEIGHBOURS = 12  # codes that a page names beside or below its own


@dataclass(frozen=True, slots=True)
class CodePage:
    """What is known of one code."""

    code: str
    description: str
    path: tuple[tuple[str, str], ...]  # (name, description) of what it belongs to, the nearest first
    leaf: bool  # whether no code stands below it
    lines: tuple[str, ...] = ()  # notes, each a sentence
    synonyms: tuple[str, ...] = ()
    related: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()  # (lead, codes with their descriptions)
    metadata: dict[str, Any] = field(default_factory=dict)


class CodePageSettings(Settings):
    """Which codes, and as which text."""

    render: Literal["page", "line"] = Field(
        "page", description="page (code, place, notes, neighbours) or line (code and description)"
    )
    chapters: list[str] = Field([], description="codes that begin so; empty = all, e.g. A10, 0, 25")
    leaves_only: bool = Field(False, description="leave out codes that are divided further")
    part: Part = Field("all", description="all codes, those to train on, or those held out")
    held_out_share: float = Field(
        0.1, ge=0, le=1, description="share of the undivided codes that is held out, by a hash of the code"
    )
    limit: int = Field(0, ge=0, description="at most so many codes, spread over all by a hash; 0 = all")
    domain: str = Field("medcode", min_length=1, description="domain of the documents")


@dataclass(frozen=True)
class CodeSet:
    """A code set as it was read."""

    name: str  # ICD-10-PCS, ATC
    prefix: str  # of the documents' ids
    release: str  # year or version, empty when the files do not say it
    license: str
    pages: Sequence[CodePage]


def write_code_pages(codes: CodeSet, settings: CodePageSettings, work: Work) -> None:
    """Write the wanted codes as documents.

    Documents of the part `train` name no code that is held out. Raises UserError when none is left.
    """
    held_out = {p.code for p in codes.pages if p.leaf and is_held_out(p.code, settings.held_out_share)}
    hidden = held_out if settings.part == "train" else set()
    starts = tuple(start.upper() for start in settings.chapters)
    chosen = [
        page
        for page in codes.pages
        if (not starts or page.code.startswith(starts))
        and (page.leaf or not settings.leaves_only)
        and (settings.part == "all" or (settings.part == "held_out") == (page.code in held_out))
    ]
    taken = first_names((page.code for page in chosen), settings.limit)

    def documents() -> Iterator[Document]:
        with work.progress("writing codes", len(chosen)) as bar:
            for page in chosen:
                bar.advance()
                if taken is None or place_of(page.code, "limit") in taken:
                    yield _document(page, codes, settings, hidden)

    count = write_records(work.out, documents(), Document)
    if count == 0:
        raise UserError(
            f"corpus.{codes.prefix}: no code is left; chapters {settings.chapters}, part {settings.part} with "
            f"held_out_share {settings.held_out_share} and leaves_only leave none of {len(codes.pages)}"
        )
    work.facts.update(release=codes.release, documents=count, held_out_codes=len(held_out))


def _document(page: CodePage, codes: CodeSet, settings: CodePageSettings, hidden: set[str]) -> Document:
    headline = f"{codes.name} code {page.code}: {page.description}"
    text = headline if settings.render == "line" else "\n".join([headline, *_lines(page, hidden)])
    source = f"{codes.name} {codes.release}".strip()
    return Document(
        id=f"{codes.prefix}-{page.code}",
        text=text,
        title=f"{page.code} {page.description}",
        domain=settings.domain,
        source=source,
        license=codes.license,
        date=codes.release[:4] if codes.release[:4].isdigit() else "",
        metadata={
            "code": page.code,
            "description": page.description,
            "leaf": page.leaf,
            "parent": page.path[0][0] if page.path else "",
            **page.metadata,
        },
    )


def _lines(page: CodePage, hidden: set[str]) -> Iterator[str]:
    if page.path:
        places = ", in ".join(f"{name} ({meaning})" if name else meaning for name, meaning in page.path)
        divided = "" if page.leaf else " It is divided further."
        yield f"{page.code} belongs to {places}.{divided}"
    elif not page.leaf:
        yield f"{page.code} is divided further."
    if page.synonyms:
        yield f"Also called: {'; '.join(page.synonyms)}."
    yield from page.lines
    for lead, found in page.related:
        shown = [f"{code} ({meaning})" for code, meaning in found if code not in hidden]
        if shown:
            more = f"; and {len(shown) - MOST_NEIGHBOURS} more" if len(shown) > MOST_NEIGHBOURS else ""
            yield f"{lead}: {'; '.join(shown[:MOST_NEIGHBOURS])}{more}."


def sentence(text: str) -> str:
    """Return text on one line, ended by a full stop."""
    line = " ".join(text.split())
    return line if not line or line.endswith((".", "!", "?")) else f"{line}."


def table_text(path: Path) -> str:
    """Return a table's text: UTF-8, or the Windows encoding that older releases have."""
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserError(f"{path}: neither UTF-8 nor Windows-1252; save the file as UTF-8")
