"""`synth.as_documents`: what a teacher wrote, as documents, so that `train.dapt` can learn it as text.

This is MediPhi's Explainer (Corbeil et al., ACL 2025, section 3.1.2): pages of code sets rewritten as a textbook
would explain them, then next-token prediction on the rewritten text.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.step_settings import Samples, Settings
from polyclinic.steps import Work, step_kind


class AsDocumentsSettings(Settings):
    """Whose texts become documents."""

    samples: list[Samples] = Field(min_length=1, description="what a teacher wrote, such as synth.pit makes")
    tasks: list[str] = Field(
        ["pit.explainer"], description="tasks of the samples whose output becomes a document; empty = all"
    )


@step_kind("synth.as_documents", AsDocumentsSettings, output="documents", version=1)
def as_documents(settings: AsDocumentsSettings, work: Work) -> None:
    """Make a document of every sample's output; language, domain, source and licence go with it.

    Raises UserError when no sample has one of the tasks, or an id occurs twice.
    """
    wanted = frozenset(settings.tasks)
    seen: set[str] = set()
    left = 0

    def documents() -> Iterator[Document]:
        nonlocal left
        for path in settings.samples:
            for sample in read_records(path, Sample):
                if wanted and sample.task not in wanted:
                    left += 1
                    continue
                if sample.id in seen:
                    raise UserError(f"{path}: the sample id '{sample.id}' occurs twice; give each sample its own")
                seen.add(sample.id)
                yield Document(
                    id=sample.id,
                    text=sample.output,
                    title=str(sample.metadata.get("title", "")),
                    domain=sample.domain,
                    language=sample.language,
                    source=sample.source,
                    license=sample.license,
                    metadata={"document": sample.document, "author": sample.author, "task": sample.task},
                )

    if not write_records(work.out, documents(), Document):
        raise UserError(
            f"synth.as_documents: no sample of {', '.join(sorted(wanted)) or 'any task'} among {left} in "
            f"{', '.join(map(str, settings.samples))}; name the tasks that are there"
        )
    work.facts.update(documents=len(seen), left_out=left)
