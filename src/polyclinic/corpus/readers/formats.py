"""The formats that are read: which files are of each, how they are cut, and what makes documents of the pieces."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from polyclinic.corpus.readers.cut_json import cut_json
from polyclinic.corpus.readers.cut_lines import cut_csv, cut_lines, too_large
from polyclinic.corpus.readers.cut_xml import cut_xml
from polyclinic.corpus.readers.opened import ARCHIVE_SUFFIXES, BLOCK, ByteStream, Member, plain
from polyclinic.corpus.readers.pieces import Options, Piece, Reader, UnreadableError
from polyclinic.corpus.readers.plain import decoded
from polyclinic.corpus.readers.rows import json_object

FormatName = Literal[
    "auto",
    "rows",
    "text",
    "markdown",
    "html",
    "pdf",
    "jats",
    "pubmed",
    "mediawiki",
    "fhir",
    "medical_wikipedia",
    "epfl_guidelines",
    "mtsamples",
    "pmc_patients",
    "asclepius",
    "mimic_note",
]
FORMAT_NAMES = get_args(FormatName)
ROW_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
HERE = "polyclinic.corpus.readers"


@dataclass(frozen=True)
class Format:
    """One format of files."""

    suffixes: tuple[str, ...]  # of its files, without those of packing
    reader: str  # module:function, loaded when it is needed
    element: str = ""  # of XML: what holds one document


FORMATS: Mapping[str, Format] = {
    "rows": Format(ROW_SUFFIXES, f"{HERE}.rows:read_rows"),
    "text": Format((".txt", ".text"), f"{HERE}.plain:read_plain"),
    "markdown": Format((".md", ".markdown"), f"{HERE}.plain:read_plain"),
    "html": Format((".html", ".htm", ".xhtml"), f"{HERE}.html_page:read_html"),
    "pdf": Format((".pdf",), f"{HERE}.pdf:read_pdf"),
    "jats": Format((".xml", ".nxml", ".jats"), f"{HERE}.jats:read_jats", "article"),
    "pubmed": Format((".xml",), f"{HERE}.pubmed:read_pubmed", "PubmedArticle"),
    "mediawiki": Format((".xml",), f"{HERE}.mediawiki:read_mediawiki", "page"),
    "fhir": Format((".ndjson", ".jsonl", ".json"), f"{HERE}.fhir:read_fhir"),
    **{
        name: Format(ROW_SUFFIXES, f"{HERE}.layouts:read_{name}")
        for name in ("medical_wikipedia", "epfl_guidelines", "mtsamples", "pmc_patients", "asclepius", "mimic_note")
    },
}
# What the beginning of an XML file says it is.
XML_ROOTS = (
    ("pubmed", re.compile(rb"<Pubmed(?:ArticleSet|Article)\b")),
    ("mediawiki", re.compile(rb"<mediawiki\b")),
    ("jats", re.compile(rb"<(?:\w+:)?(?:article|pmc-articleset)[\s>]|<!DOCTYPE\s+article\b")),
)
# What an object of JSON says that is a resource of FHIR.
RESOURCE = re.compile(rb'"resourceType"\s*:')


def suffixes_of(format: str) -> tuple[str, ...]:
    """Return the suffixes of a format's files; of `auto`, those of all."""
    if format != "auto":
        return FORMATS[format].suffixes
    return tuple(dict.fromkeys(suffix for known in FORMATS.values() for suffix in known.suffixes))


def is_readable(name: str, format: str) -> bool:
    """Return whether a file of this name is of the format, packed or not, or an archive that may hold such files."""
    bare = plain(name).lower()
    return bare.endswith(suffixes_of(format)) or bare.endswith(ARCHIVE_SUFFIXES)


def format_of(name: str, asked: str) -> str:
    """Return the format of a file by its name; what is in XML, JSON and archives is looked at later."""
    if asked != "auto":
        return asked
    bare = plain(name).lower()
    if bare.endswith((".xml", ".nxml", ".jats")):
        return "xml"
    return next((known for known, one in FORMATS.items() if bare.endswith(one.suffixes)), "")


def cut(member: Member, asked: str, maximum: int, path: Path) -> Iterator[Piece]:
    """Yield the pieces of a file or of a member of an archive.

    Args:
        member: what is cut.
        asked: the format, or `auto`.
        maximum: bytes of a piece; larger ones are left out without being held in memory.
        path: of the file itself, for Parquet, which is not read as a stream.

    Raises UnreadableError when the file is damaged.
    """
    if member.problem is not None:
        raise member.problem
    name, bare = member.name, member.plain_name.lower()
    if not bare.endswith(suffixes_of(asked)):
        return
    format, stream = format_of(member.plain_name, asked), member.stream
    if format == "xml":
        format, stream = _xml_format(stream)
    if bare.endswith(".parquet"):
        yield from _row_groups(path, name)
    elif FORMATS[format].element:
        yield from cut_xml(stream, name, FORMATS[format].element, maximum)
    elif bare.endswith((".csv", ".tsv")):
        yield from cut_csv(stream, name, maximum)
    elif bare.endswith((".jsonl", ".ndjson")):
        yield from cut_lines(stream, name, maximum)
    elif bare.endswith(".json"):
        yield from cut_json(stream, name, maximum)
    else:
        yield _whole(stream, name, maximum)


def reader_for(piece: Piece, options: Options) -> Reader:
    """Return what makes documents of a piece."""
    format = format_of(piece.name, options.format)
    if format == "xml":
        head = piece.data[:40]
        format = "pubmed" if head.startswith(b"<Pubmed") else "mediawiki" if head.startswith(b"<page") else "jats"
    elif options.format == "auto" and not options.fields and _is_resource(piece):
        format = "fhir"
    return _loaded(FORMATS[format].reader)


def _is_resource(piece: Piece) -> bool:
    """Return whether a piece is a resource of FHIR; a row that has a text, which no resource has, is none."""
    if not plain(piece.name).lower().endswith(FORMATS["fhir"].suffixes) or not RESOURCE.search(piece.data):
        return False
    try:
        row = json_object(decoded(piece.data))
    except UnreadableError:
        return False  # the reader of rows says what is wrong with it
    return isinstance(row.get("resourceType"), str) and not isinstance(row.get("text"), str)


@functools.cache
def _loaded(name: str) -> Reader:
    module, _, function = name.partition(":")
    return cast(Reader, getattr(importlib.import_module(module), function))


class _Looked:
    """A stream whose beginning was looked at."""

    def __init__(self, head: bytes, stream: ByteStream) -> None:
        self.head, self.stream = head, stream

    def read(self, size: int) -> bytes:
        if self.head:
            head, self.head = self.head, b""
            return head
        return self.stream.read(size)


def _xml_format(stream: ByteStream) -> tuple[str, ByteStream]:
    head = b""
    while len(head) < 65536 and (block := stream.read(65536)):
        head += block
    looked = head.decode("utf-16", "replace").encode() if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    for name, root in XML_ROOTS:
        if root.search(looked):
            return name, _Looked(head, stream)
    if b"<!ENTITY" in looked:
        detail = "the file declares XML entities (<!ENTITY ...>), which are refused"
        raise UnreadableError("XML entities", detail)
    raise UnreadableError("unknown XML", "neither JATS articles, PubMed citations nor a MediaWiki dump")


def _whole(stream: ByteStream, name: str, maximum: int) -> Piece:
    blocks, size = [], 0
    while block := stream.read(BLOCK):
        blocks.append(block)
        size += len(block)
        if size > maximum:
            return too_large(name, name, maximum)
    return Piece(name, b"".join(blocks), name)


def _row_groups(path: Path, name: str) -> Iterator[Piece]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not name.endswith(path.name):
        raise UnreadableError("Parquet in an archive", "unpack the archive first; Parquet is not read as a stream")
    try:
        with pq.ParquetFile(path) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError("broken Parquet", f"not a whole Parquet file ({error})") from error
    row = 0
    for group, size in enumerate(sizes):
        yield Piece(f"{name}:{row + 1}", b"", name, header=f"{path.resolve()}\n{group}\n{row}")
        row += size
