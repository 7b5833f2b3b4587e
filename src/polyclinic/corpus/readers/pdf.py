"""PDF files: the text of their pages (pypdf). Pages that are pictures have none; they need OCR first."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from polyclinic.corpus.readers.opened import plain
from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece, UnreadableError, shown
from polyclinic.corpus.readers.plain import filled
from polyclinic.records import Document

SURROGATES = re.compile("[\ud800-\udfff\0]")
DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?")


def read_pdf(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield the document of one file, its pages divided by empty lines."""
    pages, title, date = pdf_text(piece.data)
    text = "\n\n".join(page for page in pages if page)
    if not text:
        detail = f"{len(pages)} pages and no text; they may be pictures of pages"
        yield LeftOut(piece.place, "no text", detail, piece.name)
        return
    name = PurePosixPath(plain(piece.name)).stem
    fields = {"id": piece.name, "text": text, "title": title or name, "date": date}
    yield Document(**filled({**fields, "metadata": {"pages": len(pages)}}, options))


def pdf_text(data: bytes) -> tuple[list[str], str, str]:
    """Return (text of each page, title, date); raises UnreadableError when the file is none or is locked."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it says a line for each small fault of a file
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError("encrypted", "the PDF needs a password")
        pages = [_tidied(page.extract_text() or "") for page in reader.pages]
        facts: Any = reader.metadata or {}
        title, made = str(facts.get("/Title") or ""), str(facts.get("/CreationDate") or "")
    except UnreadableError:
        raise
    except Exception as error:  # whatever a parser of wild files may raise is the file's fault
        raise UnreadableError("broken PDF", f"{type(error).__name__}: {shown(str(error))}") from error
    found = DATE.match(made)
    date = "-".join(part for part in found.groups() if part) if found else ""
    return pages, _tidied(title), date


def _tidied(text: str) -> str:
    lines = (line.rstrip() for line in SURROGATES.sub("\ufffd", text).splitlines())
    return "\n".join(lines).strip()
