"""The package's own documents: short notes, guidelines and encyclopedia articles written for demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from polyclinic.corpus.held_out import Part, in_part
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records, write_records
from polyclinic.step_settings import Settings
from polyclinic.steps import Work, step_kind

FOLDER = Path(__file__).parent / "demonstration"
Domain = Literal["notes", "guidelines", "encyclopedia"]


class DemonstrationSettings(Settings):
    """Which of the package's own documents."""

    domains: list[Domain] = Field(
        ["notes", "guidelines", "encyclopedia"], min_length=1, description="which documents, in this order"
    )
    part: Part = Field("all", description="all documents, those to train on, or those held out")
    held_out_share: float = Field(
        0.2, ge=0, le=1, description="share that is held out, by a hash of the document's id"
    )


@step_kind("corpus.demonstration", DemonstrationSettings, output="documents", version=1)
def demonstration(settings: DemonstrationSettings, work: Work) -> None:
    """Take the short documents that come with the package.

    They were written for demonstration and tests, are no medical advice, and are free to use (CC0-1.0).
    """
    counts: dict[str, int] = {}

    def documents() -> Iterator[Document]:
        for domain in dict.fromkeys(settings.domains):
            for document in read_records(FOLDER / f"{domain}.jsonl", Document):
                if in_part(document.id, settings.part, settings.held_out_share):
                    counts[domain] = counts.get(domain, 0) + 1
                    yield document

    count = write_records(work.out, documents(), Document)
    if count == 0:
        raise UserError(
            f"corpus.demonstration: no document is left in part '{settings.part}' with held_out_share "
            f"{settings.held_out_share}; take another share"
        )
    work.facts.update(documents=count, by_domain=counts)
