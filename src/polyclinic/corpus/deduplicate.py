"""corpus.deduplicate: documents that stand in the corpora twice, or nearly so, are kept once.

Of documents with the same text, and of those whose sets of runs of words have a Jaccard index of `threshold` or more,
the copy with the freest licence stays; `duplicates/` says how they are found in bounded memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.step_settings import Documents, Runtime, Settings
from polyclinic.steps import Work, step_kind

REMOVED = "removed.jsonl"  # side file: each document that is not in the artifact, and the one that is instead


class DeduplicateSettings(Settings):
    """Settings of corpus.deduplicate."""

    documents: list[Documents] = Field(
        min_length=1, description="the corpora; of equally free copies that of the corpus named first is kept"
    )
    near: bool = Field(True, description="whether near-duplicates are removed too, not only equal texts")
    threshold: float = Field(
        0.8, gt=0, le=1, description="Jaccard index of the runs of words from which two documents are near-duplicates"
    )
    words: int = Field(5, ge=1, le=100, description="words in a run; a document of fewer words is one run")
    bands: int = Field(14, ge=1, le=256, description="bands of a MinHash signature")
    rows: int = Field(
        8, ge=1, le=64, description="values in a band; documents are compared when all of them are equal"
    )
    looks: int = Field(
        3,
        ge=1,
        le=16,
        description="ways in which the same values are put into bands: 1 finds 0.924 of the pairs at Jaccard 0.8, "
        "3 find 0.997",
    )
    processes: Annotated[int, Runtime] = Field(
        0, ge=0, description="processes that work; 0 = one for each core, at most four"
    )
    prepared: Annotated[Path | None, Runtime] = Field(
        None, description="folder of a job that a cluster has done or begun, with these settings"
    )

    @model_validator(mode="after")
    def _looks_fit(self) -> DeduplicateSettings:
        if self.looks > self.bands:
            raise ValueError(f"looks: {self.looks} is more than there are bands ({self.bands})")
        return self


def check_deduplicate(settings: DeduplicateSettings) -> None:
    """Look at the folder of a prepared job; raises UserError."""
    if settings.prepared is not None:
        _check_prepared(settings, settings.prepared)


def shown_removed(out: Path) -> list[dict[str, Any]]:
    """Return a row of what was kept and removed."""
    manifest = read_manifest(out)
    names = ("read", "documents", "removed_exact", "removed_near", "clusters")
    facts = manifest.facts if manifest is not None else {}
    return [{**{name.replace("_", " "): facts.get(name) for name in names}, "listed in": str(out / REMOVED)}]


@step_kind(
    "corpus.deduplicate",
    DeduplicateSettings,
    output="documents",
    version=1,
    check=check_deduplicate,
    shown=shown_removed,
)
def deduplicate(settings: DeduplicateSettings, work: Work) -> None:
    """Keep one of each set of equal and nearly equal documents, within and across corpora.

    Near-duplicates are found with MinHash (Broder 1997) and compared exactly; those that hang together are one
    cluster. Kept is the document with the freest licence, then of the corpus named first, then the longest, then by a
    hash of the id; so the order of the documents changes nothing. `removed.jsonl` lists the others.
    """
    from polyclinic.corpus.document_units import link_parts
    from polyclinic.corpus.duplicates.job import document_count
    from polyclinic.corpus.duplicates.stages import STAGES, find_duplicates
    from polyclinic.corpus.parts import part_counts

    check_deduplicate(settings)
    job = job_for(settings, settings.prepared or work.scratch / "duplicates")
    with work.progress("finding duplicates", len(STAGES)) as bar:
        reached = 0.0

        def done(place: float) -> None:
            nonlocal reached
            bar.advance(place - reached)
            reached = place

        find_duplicates(job, settings.processes, done)
    count = document_count(job)
    if count == 0:
        raise UserError(f"{', '.join(map(str, settings.documents))}: no documents here; there is nothing to compare")
    by_corpus = _write_removed(job, work.out, settings.documents)
    link_parts(job.parts("written"), work.out)
    counts = part_counts(job.parts("chosen"))
    work.facts.update(
        documents=count - counts["removed_exact"] - counts["removed_near"],
        read=count,
        removed_exact=counts["removed_exact"],
        removed_near=counts["removed_near"],
        clusters=counts["clusters"],
        pairs_compared=part_counts(job.parts("compared")).get("compared", 0) if settings.near else 0,
        by_corpus=by_corpus,
    )


def job_for(settings: DeduplicateSettings, folder: Path) -> Any:
    """Return the search for duplicates that these settings ask for, done in a folder."""
    from polyclinic.corpus.duplicates.job import Job

    names = ("near", "threshold", "words", "bands", "rows", "looks")
    return Job(
        str(folder.absolute()),
        tuple(str(path.absolute()) for path in settings.documents),
        **{name: getattr(settings, name) for name in names},
    )


def _check_prepared(settings: DeduplicateSettings, folder: Path) -> None:
    """Raise UserError when a folder holds another search than these settings ask for."""
    import msgspec

    from polyclinic.corpus.duplicates.job import Job

    file = folder / "job.json"
    if not file.exists():
        raise UserError(f"{folder}: no search for duplicates was begun here (no job.json); see docs/corpus.md")
    there, wanted = msgspec.json.decode(file.read_bytes(), type=Job), job_for(settings, folder)
    for name in Job.__struct_fields__:
        if name not in ("folder", "at_once") and getattr(there, name) != getattr(wanted, name):
            raise UserError(
                f"{folder}: the search there has {name} {getattr(there, name)}, the settings say "
                f"{getattr(wanted, name)}; set it alike or use another folder"
            )


def _write_removed(job: Any, out: Path, corpora: list[Path]) -> dict[str, dict[str, int]]:
    """Write the side file; return by corpus how many documents were removed for the sake of which corpus."""
    import msgspec

    from polyclinic.corpus.document_units import corpus_names
    from polyclinic.corpus.duplicates.choice import removed_documents

    names = corpus_names(corpora)
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    encode = msgspec.json.Encoder().encode
    out.mkdir(parents=True, exist_ok=True)
    with (out / REMOVED).open("wb") as side:
        for one in removed_documents(job):
            corpus, other = names[one.corpus], names[one.kept_corpus]
            row = {
                "id": one.id,
                "corpus": corpus,
                "source": one.source,
                "license": one.license,
                "kept_id": one.kept_id,
                "kept_corpus": other,
                "kept_source": one.kept_source,
                "kept_license": one.kept_license,
                "how": "exact" if one.exact else "near",
                "jaccard": round(one.jaccard, 6),
            }
            side.write(encode(row) + b"\n")
            counts[corpus][other] = counts[corpus].get(other, 0) + 1
    return counts
