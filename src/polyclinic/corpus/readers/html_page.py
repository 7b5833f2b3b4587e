"""HTML pages: the text of a page without what stands around it, as Markdown (trafilatura)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from polyclinic.corpus.readers.opened import plain
from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece, UnreadableError, shown
from polyclinic.corpus.readers.plain import filled, headings
from polyclinic.records import Document


def read_html(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield the document of one page."""
    text, title, date = page_text(piece.data, options.tables)
    if not text:
        yield LeftOut(piece.place, "no text", "no main text was found in the page", piece.name)
        return
    name = PurePosixPath(plain(piece.name)).stem
    fields = {"id": piece.name, "text": text, "title": title or name, "date": date, "sections": headings(text)}
    yield Document(**filled(fields, options))


def page_text(data: bytes | str, tables: bool) -> tuple[str, str, str]:
    """Return (Markdown, title, date) of a page; raises UnreadableError when it is none."""
    import trafilatura

    try:
        text = trafilatura.extract(
            data,
            output_format="markdown",
            include_comments=False,
            include_tables=tables,
            include_formatting=True,
            include_links=False,
            favor_recall=True,
        )
        about: Any = trafilatura.extract_metadata(data)
    except Exception as error:  # whatever a parser of wild pages may raise is the page's fault
        raise UnreadableError("broken HTML", f"{type(error).__name__}: {shown(str(error))}") from error
    title, date = (about.title, about.date) if about is not None else ("", "")
    return (text or "").strip(), (title or "").strip(), (date or "").strip()
