"""Documents from the user's own files: .jsonl, .jsonl.gz, .parquet, .txt and .md, one file or a folder of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from polyclinic.corpus.files import FoundFiles, RowRules, find_files, read_file, text_size
from polyclinic.corpus.held_out import Part, first_names, in_part, place_of
from polyclinic.errors import UserError
from polyclinic.records import Document, write_records
from polyclinic.steps import Settings, SourcePath, Work, step_kind


class ReadSettings(Settings):
    """Where the documents are, what holds for those that do not say it themselves, and which are taken."""

    documents: SourcePath = Field(
        description="a file or a folder (with its folders) of .jsonl, .jsonl.gz, .parquet, .txt, .md"
    )
    domain: str = Field("", description="domain of documents that name none: notes, guidelines, pubmed, ...")
    license: str = Field("", description="licence of documents that name none, SPDX where there is one")
    source: str = Field("", description="source of documents that name none, e.g. a data set's name")
    language: str = Field("en", min_length=2, description="language of documents that name none, BCP 47")
    extra_fields: Literal["error", "ignore"] = Field(
        "error", description="what to do with fields of a .jsonl or .parquet row that a document does not have"
    )
    minimum_characters: int = Field(1, ge=1, description="shorter documents are left out and counted")
    part: Part = Field("all", description="all documents, those to train on, or those held out")
    held_out_share: float = Field(
        0.05, ge=0, le=1, description="share that is held out, by a hash of the document's id"
    )
    limit: int = Field(0, ge=0, description="at most so many documents, spread over all by a hash; 0 = all")


def check_read(settings: ReadSettings) -> None:
    """Look for files that can be read, and at the first document; raises UserError."""
    found = find_files(settings.documents)
    for _ in read_file(found.readable[0], found.root, _rules(settings)):
        break


@step_kind("corpus.read", ReadSettings, output="documents", version=1, check=check_read)
def read(settings: ReadSettings, work: Work) -> None:
    """Read documents from files.

    Files are taken in the order of their names. Rows need `text`; a row without `id` is called by its file and line,
    a .txt or .md file by its path. Reading streams: all that is kept of each document is a number for its id.
    Raises UserError, naming file and line, for broken rows, text that is not UTF-8, ids that occur twice, and
    when no document is left.
    """
    found = find_files(settings.documents)
    counts = {"read": 0, "too_short": 0, "in_other_part": 0}
    documents = _chosen(found, settings, work, counts)
    if settings.limit:
        # Which ids are taken is known only when all have been seen, so the files are read twice.
        taken = first_names((document.id for document in documents), settings.limit) or set()
        counts.update(dict.fromkeys(counts, 0))
        documents = (d for d in _chosen(found, settings, work, counts) if place_of(d.id, "limit") in taken)
    count = write_records(work.out, documents, Document)
    if count == 0:
        raise UserError(
            f"{settings.documents}: no document is left: {counts['read']} read, {counts['too_short']} shorter than "
            f"minimum_characters ({settings.minimum_characters}), {counts['in_other_part']} not in part "
            f"'{settings.part}' with held_out_share {settings.held_out_share}"
        )
    work.facts.update(documents=count, files=len(found.readable), **counts, files_of_other_kinds=found.others)


def _chosen(found: FoundFiles, settings: ReadSettings, work: Work, counts: dict[str, int]) -> Iterator[Document]:
    """Yield the documents of the wanted part and length, counting what is left out."""
    seen: set[int] = set()
    with work.progress("reading", sum(map(text_size, found.readable))) as bar:
        for file in found.readable:
            left = text_size(file)
            for where, document in read_file(file, found.root, _rules(settings)):
                counts["read"] += 1
                left -= (done := min(_row_size(document), left - 1))  # the rest when the file is through
                bar.advance(done)
                place = place_of(document.id, "repeated")
                if place in seen:
                    raise UserError(
                        f"{where}: the id '{document.id}' occurred before, at "
                        f"{_first_place(found, settings, document.id)}; ids must be unique in a corpus"
                    )
                seen.add(place)
                if len(document.text.strip()) < settings.minimum_characters:
                    counts["too_short"] += 1
                elif not in_part(document.id, settings.part, settings.held_out_share):
                    counts["in_other_part"] += 1
                else:
                    yield document
            bar.advance(left, f"{counts['read']} documents")


def _row_size(document: Document) -> int:
    """Return about how much of its file a document fills: its longer fields and some 60 characters of JSON."""
    return len(document.text) + len(document.id) + len(document.source) + len(document.license) + 60


def _first_place(found: FoundFiles, settings: ReadSettings, name: str) -> str:
    rows = (row for file in found.readable for row in read_file(file, found.root, _rules(settings)))
    return next(where for where, document in rows if document.id == name)


def _rules(settings: ReadSettings) -> RowRules:
    return RowRules(
        {
            "domain": settings.domain,
            "license": settings.license,
            "source": settings.source,
            "language": settings.language,
        },
        ignore_extra_fields=settings.extra_fields == "ignore",
    )
