"""Documents from files of many formats: one file, an archive, or a folder of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import Field, field_validator, model_validator

from polyclinic.corpus.found_files import FoundFiles, chunks_of, file_size, find_files, pieces_of
from polyclinic.corpus.held_out import Part
from polyclinic.corpus.licences import Licences
from polyclinic.corpus.parts import forget_parts, make_parts, part_counts, part_folders
from polyclinic.corpus.readers.formats import FormatName
from polyclinic.corpus.readers.pieces import ExtraFields, Options
from polyclinic.errors import UserError, did_you_mean
from polyclinic.records import Document
from polyclinic.step_settings import Runtime, Settings, SourcePath
from polyclinic.steps import Work, step_kind

FIELDS = tuple(name for name in Document.__dataclass_fields__ if name != "type_name")


class ReadSettings(Settings):
    """Where the documents are, what holds for those that do not say it themselves, and which are taken."""

    documents: SourcePath = Field(
        description="a file or a folder (with its folders) of .jsonl, .csv, .parquet, .txt, .md, .html, .pdf, .xml, "
        "packed or not, or archives of them"
    )
    domain: str = Field("", description="domain of documents that name none: notes, guidelines, pubmed, ...")
    license: str = Field("", description="licence of documents that name none, SPDX where there is one")
    source: str = Field("", description="source of documents that name none, e.g. a data set's name")
    language: str = Field("en", min_length=2, description="language of documents that name none, BCP 47")
    format: FormatName = Field(
        "auto", description="what the files are; auto goes by their names, and for XML and FHIR by what is in them"
    )
    fields: dict[str, str] = Field(
        {}, description="for rows: field of a document -> column, e.g. {text: note_text, id: note_id}"
    )
    extra_fields: ExtraFields = Field(
        "error",
        description="what to do with columns of a row that a document does not have: leave the row out, "
        "pass over the column, or keep it in the metadata",
    )
    tables: bool = Field(True, description="keep the tables of articles and pages, as Markdown")
    references: bool = Field(False, description="keep the lists of references of articles")
    licenses: Licences = Field("any", description="commercial: take only what surely allows commercial use")
    repeated_ids: Literal["first", "last"] = Field(
        "first", description="which of the documents with one id is taken; last for updates of PubMed"
    )
    minimum_characters: int = Field(1, ge=1, description="shorter documents are left out and counted")
    maximum_megabytes: float = Field(
        32, ge=0.001, le=1024, description="larger documents are left out; decides how much memory is needed"
    )
    part: Part = Field("all", description="all documents, those to train on, or those held out")
    held_out_share: float = Field(
        0.05, ge=0, le=1, description="share that is held out, by a hash of the document's id"
    )
    limit: int = Field(0, ge=0, description="at most so many documents, spread over all by a hash; 0 = all")
    processes: Annotated[int, Runtime] = Field(
        0, ge=0, le=64, description="processes at work; 0 = one for each core, at most 4"
    )

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name not in FIELDS:
                raise ValueError(f"a document has no field '{name}'{did_you_mean(name, FIELDS)}")
        return value

    @model_validator(mode="after")
    def _fields_need_rows(self) -> Self:
        if self.fields and self.format not in ("auto", "rows"):
            raise ValueError(f"`fields` maps the columns of rows; the format {self.format} has its own")
        return self


def check_read(settings: ReadSettings) -> None:
    """Look for files that can be read; raises UserError."""
    find_files(settings.documents, settings.format)


def shown_left_out(out: Path) -> list[dict[str, Any]]:
    """Return a row for each reason for which documents were left out."""
    from polyclinic.artifacts import read_manifest

    manifest = read_manifest(out)
    reasons = manifest.facts.get("left_out", {}) if manifest is not None else {}
    side = str(out / "left_out.jsonl")
    return [{"left out": reason, "documents": count, "listed in": side} for reason, count in reasons.items()]


@step_kind("corpus.read", ReadSettings, output="documents", version=3, check=check_read, shown=shown_left_out)
def read(settings: ReadSettings, work: Work) -> None:
    """Read documents from files of many formats.

    Files are taken in the order of their names. Rows need `text`; a row without `id` is called by its file and line,
    a file of one document by its path. What cannot be read is listed in `left_out.jsonl` with its place and the
    reason, and the run goes on. Reading streams, in several processes; a run that was killed goes on where it was.
    Raises UserError when no document is left.
    """
    found = find_files(settings.documents, settings.format)
    folder = work.scratch / "parts"
    with work.progress("reading", sum(map(file_size, found.readable))) as bar:
        make_parts(_chunks(found, settings, bar.advance), JOB, _job(settings), folder, settings.processes)
    _finish(settings, work, found, folder)


JOB = "polyclinic.corpus.read_part:make_reader"


def _chunks(found: FoundFiles, settings: ReadSettings, advance: Any) -> Iterator[bytes]:
    encode = msgspec.msgpack.Encoder().encode
    maximum = int(settings.maximum_megabytes * (1 << 20))
    for chunk in chunks_of(pieces_of(found, settings.format, maximum, advance)):
        yield encode(chunk)


def _job(settings: ReadSettings) -> bytes:
    from polyclinic.corpus.read_part import ReadJob

    options = Options(
        format=settings.format,
        defaults={name: getattr(settings, name) for name in ("domain", "license", "source", "language")},
        fields=settings.fields,
        extra_fields=settings.extra_fields,
        tables=settings.tables,
        references=settings.references,
        maximum_bytes=int(settings.maximum_megabytes * (1 << 20)),
    )
    job = ReadJob(options, settings.minimum_characters, settings.part, settings.held_out_share, settings.licenses)
    return msgspec.json.encode(job)


def _finish(settings: ReadSettings, work: Work, found: FoundFiles, folder: Path) -> None:
    from polyclinic.corpus.part_files import gather_parts

    counts = part_counts(part_folders(folder))
    made = gather_parts(folder, work.out, counts, keep=settings.repeated_ids, limit=settings.limit)
    if made.documents == 0:
        forget_parts(work.scratch)
        reasons = [f"{count} {reason}" for reason, count in made.left_out.items()]
        if other := counts.get("in_other_part", 0):
            reasons.append(f"{other} not in part '{settings.part}' with held_out_share {settings.held_out_share}")
        first = made.first
        place = f"; first {first.place}: {first.detail or first.reason}" if first else ""
        raise UserError(
            f"{settings.documents}: no document is left: {counts.get('read', 0)} read"
            f"{', ' + ', '.join(reasons) if reasons else ''}{place}"
        )
    work.facts.update(
        documents=made.documents,
        files=len(found.readable),
        read=counts.get("read", 0),
        in_other_part=counts.get("in_other_part", 0),
        left_out=made.left_out,
        files_of_other_kinds=found.others,
    )
