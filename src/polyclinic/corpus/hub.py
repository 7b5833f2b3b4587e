"""Documents from a data set of a hub, or of a folder in a hub's form, by a map of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
from pydantic import Field, model_validator

from polyclinic.corpus.held_out import Part
from polyclinic.corpus.licences import Licences
from polyclinic.corpus.readers.pieces import ExtraFields, Options, Piece
from polyclinic.errors import UserError
from polyclinic.step_settings import Runtime, Settings
from polyclinic.steps import Work, step_kind


class HubSettings(Settings):
    """Which data set, and which of its columns are what."""

    dataset: str = Field(min_length=1, description="id of a data set (owner/name), or a folder in a hub's form")
    config: str = Field("", description="its configuration, where it has several")
    split: str = Field("train", min_length=1, description="its split")
    revision: str = Field("", description="commit of a data set of a hub; it is needed, or the data could change")
    fields: dict[str, str] = Field(
        {}, description="field of a document -> column, e.g. {text: note, id: note_id}; empty = as they are called"
    )
    extra_fields: ExtraFields = Field("ignore", description="what to do with columns that a document does not have")
    domain: str = Field("", description="domain of documents that name none")
    license: str = Field("", description="licence of documents that name none, SPDX where there is one")
    source: str = Field("", description="source of documents that name none; the data set's id by default")
    language: str = Field("en", min_length=2, description="language of documents that name none, BCP 47")
    licenses: Licences = Field("any", description="commercial: take only what surely allows commercial use")
    minimum_characters: int = Field(1, ge=1, description="shorter documents are left out and counted")
    part: Part = Field("all", description="all documents, those to train on, or those held out")
    held_out_share: float = Field(0.05, ge=0, le=1, description="share that is held out, by a hash of the id")
    limit: int = Field(0, ge=0, description="at most so many documents, spread over all by a hash; 0 = all")
    processes: Annotated[int, Runtime] = Field(
        0, ge=0, le=64, description="processes at work; 0 = as for corpus.read"
    )

    @model_validator(mode="after")
    def _revision_of_a_hub(self) -> Self:
        if not self.revision and not Path(self.dataset).is_dir():
            raise ValueError(
                f"`revision` is missing: '{self.dataset}' is no folder here, and a data set of a hub needs the commit"
            )
        return self


@step_kind("corpus.hub", HubSettings, output="documents", version=1, packages=("datasets",))
def hub(settings: HubSettings, work: Work) -> None:
    """Read documents from any data set of a hub, streamed; only the data set that is named is fetched.

    Rows that are no documents are listed in `left_out.jsonl`. Raises UserError when the data set cannot be read or
    when no document is left.
    """
    from polyclinic.corpus.found_files import chunks_of
    from polyclinic.corpus.part_files import gather_parts
    from polyclinic.corpus.parts import forget_parts, make_parts, part_counts, part_folders
    from polyclinic.corpus.read_part import ReadJob

    source = settings.source or Path(settings.dataset).name
    defaults = {"domain": settings.domain, "license": settings.license, "source": source}
    options = Options(
        format="rows",
        defaults={**defaults, "language": settings.language},
        fields=settings.fields,
        extra_fields=settings.extra_fields,
    )
    job = ReadJob(options, settings.minimum_characters, settings.part, settings.held_out_share, settings.licenses)
    folder = work.scratch / "parts"
    encode = msgspec.msgpack.Encoder().encode
    with work.progress("rows", 1) as bar:
        chunks = (encode(chunk) for chunk in chunks_of(_pieces(settings)))
        make_parts(
            chunks, "polyclinic.corpus.read_part:make_reader", msgspec.json.encode(job), folder, settings.processes
        )
        bar.advance()
    counts = part_counts(part_folders(folder))
    made = gather_parts(folder, work.out, counts, limit=settings.limit)
    if made.documents == 0:
        forget_parts(work.scratch)
        first = f"; first {made.first.place}: {made.first.detail}" if made.first else ""
        raise UserError(f"{settings.dataset}: no document is left of {counts.get('read', 0)} read{first}")
    work.facts.update(documents=made.documents, read=counts.get("read", 0), left_out=made.left_out)


def _pieces(settings: HubSettings) -> Iterator[Piece]:
    from polyclinic.corpus.readers.rows import plain_value

    name = f"{Path(settings.dataset).name}/{settings.split}.jsonl"
    encode = msgspec.json.Encoder().encode
    for number, row in enumerate(_rows(settings), start=1):
        yield Piece(f"{name}:{number}", encode({column: plain_value(value) for column, value in row.items()}), name)


def _rows(settings: HubSettings) -> Iterator[dict[str, Any]]:
    import datasets

    try:
        rows = datasets.load_dataset(
            settings.dataset,
            settings.config or None,
            split=settings.split,
            revision=settings.revision or None,
            streaming=True,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"{settings.dataset}: the data set cannot be read: {error}") from error
    yield from rows
