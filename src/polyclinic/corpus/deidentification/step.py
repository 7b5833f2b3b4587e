"""corpus.deidentify: documents with surrogates in place of what identifies a person.

What is suspicious after that holds a document back. What tells of the originals (samples with the identifiers marked,
the list of what was held back) lies in `local_only/`, apart from the documents.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from polyclinic.errors import UserError
from polyclinic.step_settings import Documents, Runtime, Settings, SourcePath
from polyclinic.steps import Work, step_kind

LOCAL_ONLY = "local_only"  # folder of the artifact that holds originals
HELD_BACK = "held_back.jsonl"
PAGE = "deidentified.html"
JOB = "polyclinic.corpus.deidentification.job:make_deidentifier"
UNIT_ROWS = 1024  # documents that one process takes at a time: some ten seconds of work


class DeidentifySettings(Settings):
    """Settings of corpus.deidentify."""

    documents: Documents = Field(description="the documents")
    key_file: Annotated[Path | None, Runtime] = Field(
        None, description="file with the secret of the surrogates; empty = as the environment says (docs/corpus.md)"
    )
    language: str = Field("en", min_length=2, description="language whose rules are used")
    rules: SourcePath | None = Field(None, description="YAML file with rules of your own, instead of a language's")
    patient_fields: list[str] = Field(
        ["patient", "patient_id", "subject_id", "subject"],
        description="fields of the metadata that say whose text it is, the first that is there; a document without "
        "any counts as a patient of its own",
    )
    style: Literal["surrogates", "tags"] = Field(
        "surrogates", description="what stands in place of an identifier: one like it, or a tag such as [NAME-3fa1c2]"
    )
    suspicious: Literal["hold", "keep"] = Field(
        "hold",
        description="what becomes of documents in which something suspicious remains: held back, or kept and marked",
    )
    model: SourcePath | None = Field(None, description="a token-classification model folder that looks as well")
    labels: list[str] = Field([], description="what its labels mean, LABEL=type each; empty = by their usual names")
    threshold: float = Field(
        0.5, gt=0, le=1, description="probability of an identifier from which a token counts as one"
    )
    presidio: bool = Field(False, description="whether presidio looks as well (pip install polyclinic[presidio])")
    keep_metadata: list[str] = Field([], description="fields of the metadata that stay as they are; all others go")
    keep_ids: bool = Field(False, description="whether documents keep their ids, which may name a patient")
    samples: int = Field(
        20, ge=0, le=1000, description="documents shown with their identifiers in local_only/; 0 = none"
    )
    processes: Annotated[int, Runtime] = Field(
        0, ge=0, le=256, description="processes that work; 0 = one for each core, at most four"
    )

    @field_validator("labels")
    @classmethod
    def _each_a_pair(cls, labels: list[str]) -> list[str]:
        for label in labels:
            if "=" not in label:
                raise ValueError(f"'{label}': expected LABEL=type, e.g. HOSP=institution")
        return labels

    @model_validator(mode="after")
    def _labels_of_a_model(self) -> DeidentifySettings:
        if self.labels and self.model is None:
            raise ValueError("labels: they say what the labels of `model` mean; name its folder, or leave them out")
        return self


def check_deidentify(settings: DeidentifySettings) -> None:
    """Look at the secret, the rules and the model; raises UserError before anything runs."""
    from polyclinic.deidentify import load_words, read_secret

    read_secret(settings.key_file, "corpus.deidentify.key_file")
    load_words(str(settings.rules or settings.language))


def found_rows(folder: Path) -> list[dict[str, Any]]:
    """Return one row for each type of identifier: how many were replaced."""
    from polyclinic.artifacts import read_manifest

    manifest = read_manifest(folder)
    facts = manifest.facts if manifest is not None else {}
    return [{"identifier": kind, "replaced": count} for kind, count in facts.get("identifiers", {}).items()]


@step_kind(
    "corpus.deidentify",
    DeidentifySettings,
    output="documents",
    version=6,
    packages=("presidio-analyzer",),
    check=check_deidentify,
    shown=found_rows,
)
def deidentify(settings: DeidentifySettings, work: Work) -> None:
    """Replace what identifies a person by surrogates, and hold back what may still name one.

    Dates of a patient move by the same number of days, names and numbers become others, the same for the same patient
    and secret. Ids and metadata go too unless they are kept by name. A run that was killed goes on where it was.
    Raises UserError when there is no secret, or no document is left.
    """
    import msgspec

    from polyclinic.corpus.document_units import link_parts, list_units
    from polyclinic.corpus.parts import make_parts, part_counts, part_folders
    from polyclinic.deidentify import mark_of, read_secret

    secret = read_secret(settings.key_file, "corpus.deidentify.key_file")
    units = list_units([settings.documents], work.scratch / "units", UNIT_ROWS)
    folder = work.scratch / f"parts-{mark_of(secret)}"  # another secret makes other parts
    with work.progress("de-identifying", sum(unit.rows for unit in units)) as bar:

        def chunks() -> Any:
            for unit in units:
                yield msgspec.msgpack.encode(unit)
                bar.advance(unit.rows)

        make_parts(chunks(), JOB, _job(settings, secret), folder, settings.processes)
    parts = part_folders(folder)
    counts = part_counts(parts)
    if not counts.get("kept"):
        raise UserError(
            f"{settings.documents}: no document is left of {counts.get('documents', 0)}: all were held back "
            f"as something "
            "suspicious remains in them; look at them with `suspicious: keep`, and put words that are no names into "
            "`common_words` of rules of your own (docs/corpus.md)"
        )
    link_parts(parts, work.out)
    _write_local(settings, work, parts, counts)
    work.facts.update(
        documents=counts["kept"],
        read=counts["documents"],
        held_back=counts.get("held back", 0),
        suspicious_kept=counts.get("suspicious kept", 0),
        with_a_patient=counts.get("with a patient", 0),
        identifiers=_named(counts, "found "),
        suspicious=_named(counts, "suspicious: "),
        secret=mark_of(secret),
    )


def _job(settings: DeidentifySettings, secret: bytes) -> bytes:
    import msgspec

    from polyclinic.corpus.deidentification.job import DeidentifyJob

    return msgspec.msgpack.encode(
        DeidentifyJob(
            secret=secret,
            rules=str(settings.rules or settings.language),
            style=settings.style,
            suspicious=settings.suspicious,
            patient_fields=settings.patient_fields,
            keep_metadata=settings.keep_metadata,
            keep_ids=settings.keep_ids,
            model=str(settings.model or ""),
            labels=dict(label.split("=", 1) for label in settings.labels),
            threshold=settings.threshold,
            presidio=settings.presidio,
            samples=settings.samples,
        )
    )


def _write_local(settings: DeidentifySettings, work: Work, parts: list[Path], counts: dict[str, int]) -> None:
    """Write what holds originals: the list of what was held back, and the page with samples."""
    from polyclinic.corpus.deidentification.page import deidentified_page, read_samples

    local = work.out / LOCAL_ONLY
    local.mkdir(mode=0o700)
    if counts.get("held back"):
        with (local / HELD_BACK).open("wb") as side:
            for part in parts:
                with (part / HELD_BACK).open("rb") as lines:
                    shutil.copyfileobj(lines, side, 1 << 20)
    page = deidentified_page(work.name or "documents", counts, read_samples(parts, settings.samples))
    (local / PAGE).write_text(page, encoding="utf-8")


def _named(counts: dict[str, int], head: str) -> dict[str, int]:
    found = {name.removeprefix(head): count for name, count in counts.items() if name.startswith(head)}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
