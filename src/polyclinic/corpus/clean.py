"""corpus.clean: documents go through named rules; what each rule changed or dropped is counted and listed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from polyclinic.corpus.cleaning.rules import RULES, RuleName
from polyclinic.corpus.licences import Licences
from polyclinic.errors import UserError
from polyclinic.step_settings import Documents, Runtime, Settings
from polyclinic.steps import Work, step_kind

CHANGES = "changes.jsonl"
PAGE = "cleaning.html"
JOBS = "polyclinic.corpus.cleaning.job"


class CleanSettings(Settings):
    """Which rules are used, and their measures."""

    documents: Documents = Field(description="the documents to clean")
    rules: list[RuleName] = Field(list(RULES), min_length=1, description="rules to use; their order is fixed")
    languages: list[str] = Field(
        [], description="documents in other languages are dropped, e.g. en, de; empty = all are kept"
    )
    language_by: Literal["model", "script"] = Field(
        "model", description="how the language is found: by py3langid's model, or by the script alone"
    )
    language_sure: float = Field(
        0.8, ge=0, le=1, description="how sure the model must be that a document is in another language"
    )
    licenses: Licences = Field("any", description="commercial: drop what does not surely allow commercial use")
    minimum_words: int = Field(5, ge=0, description="documents with fewer words are dropped")
    maximum_words: int = Field(0, ge=0, description="documents with more words are dropped; 0 = no limit")
    most_repeats: int = Field(3, ge=1, description="a line that a document has more often is kept once")
    shared_lines: float = Field(
        0.2, gt=0, le=1, description="share of a source's documents in which a line stands that is taken out"
    )
    boilerplate: list[str] = Field([], description="phrases of your own; a line (up to 240 letters) with one goes")
    processes: Annotated[int, Runtime] = Field(
        0, ge=0, le=64, description="processes at work; 0 = one for each core, at most 4"
    )


def shown_rules(out: Path) -> list[dict[str, Any]]:
    """Return a row for each rule that did something."""
    from polyclinic.artifacts import read_manifest

    manifest = read_manifest(out)
    return [
        {"rule": rule, "changed": counts.get("changed", 0), "dropped": counts.get("dropped", 0)}
        for rule, counts in (manifest.facts.get("rules", {}) if manifest is not None else {}).items()
    ]


@step_kind(
    "corpus.clean",
    CleanSettings,
    output="documents",
    version=1,
    packages=("ftfy", "py3langid"),
    shown=shown_rules,
)
def clean(settings: CleanSettings, work: Work) -> None:
    """Clean documents by named rules, and list what each rule changed or dropped.

    `changes.jsonl` has a line for each document and rule, `cleaning.html` the figures with examples before and after.
    Work goes unit by unit in several processes; a run that was killed goes on where it was.
    Raises UserError when no document is left.
    """
    import msgspec

    from polyclinic.corpus.cleaning.page import cleaning_page
    from polyclinic.corpus.document_units import link_parts, list_units
    from polyclinic.corpus.parts import forget_parts, make_parts, part_counts, part_folders

    units = list_units([settings.documents], work.scratch / "units")
    chunks = [msgspec.msgpack.encode(unit) for unit in units]
    table, sources = _count_shared(settings, work, chunks)
    job = _job(settings, table, sources)
    folder = work.scratch / "cleaned"
    with work.progress("cleaning", sum(unit.rows for unit in units)) as bar:
        make_parts(_told(chunks, units, bar), f"{JOBS}:make_cleaner", job, folder, settings.processes)
    parts = part_folders(folder)
    counts = part_counts(parts)
    if not counts.get("kept"):
        forget_parts(work.scratch)
        dropped = ", ".join(f"{count} by {rule}" for rule, count in _dropped(counts).items())
        raise UserError(
            f"{settings.documents}: no document is left of {counts.get('documents', 0)}"
            f"{f' (dropped: {dropped})' if dropped else ''}; use other rules or measures"
        )
    link_parts(parts, work.out)
    _join_changes(parts, work.out)
    page = cleaning_page(work.name or "documents", counts, _samples(parts))
    (work.out / PAGE).write_text(page, encoding="utf-8")
    work.facts.update(
        documents=counts["kept"],
        read=counts["documents"],
        characters_before=counts["characters before"],
        characters_after=counts["characters after"],
        rules={
            rule: {what: counts[f"{rule} {what}"] for what in ("changed", "dropped") if counts.get(f"{rule} {what}")}
            for rule in RULES
            if counts.get(f"{rule} changed") or counts.get(f"{rule} dropped")
        },
    )


def _count_shared(settings: CleanSettings, work: Work, chunks: list[bytes]) -> tuple[Path | None, dict[str, int]]:
    """Return the table of shared lines and the number of documents by source, counted in a first pass."""
    from polyclinic.corpus.parts import make_parts, part_counts, part_folders

    if "shared_lines" not in settings.rules:
        return None, {}
    folder, table = work.scratch / "counted", work.scratch / "shared_lines.npy"
    with work.progress("counting shared lines", len(chunks)) as bar:
        make_parts(_told(chunks, None, bar), f"{JOBS}:make_counter", b"", folder, settings.processes)
    parts = part_folders(folder)
    if not table.exists():
        from polyclinic.corpus.cleaning.shared_lines import save_sums

        save_sums(parts, table)
    counts = part_counts(parts)
    return table, {name.removeprefix("source "): count for name, count in counts.items()}


def _job(settings: CleanSettings, table: Path | None, sources: dict[str, int]) -> bytes:
    import msgspec

    from polyclinic.corpus.cleaning.job import CleanJob
    from polyclinic.corpus.cleaning.rules import CleanRules

    rules = CleanRules(
        rules=tuple(settings.rules),
        languages=tuple(settings.languages),
        language_by=settings.language_by,
        language_sure=settings.language_sure,
        licenses=settings.licenses,
        minimum_words=settings.minimum_words,
        maximum_words=settings.maximum_words,
        most_repeats=settings.most_repeats,
        boilerplate=tuple(settings.boilerplate),
    )
    return msgspec.json.encode(CleanJob(rules, str(table or ""), sources, settings.shared_lines))


def _told(chunks: list[bytes], units: Any, bar: Any) -> Any:
    """Yield chunks, telling the bar how many documents, or chunks, are handed out."""
    for number, chunk in enumerate(chunks):
        yield chunk
        bar.advance(units[number].rows if units is not None else 1)


def _dropped(counts: dict[str, int]) -> dict[str, int]:
    return {rule: counts[f"{rule} dropped"] for rule in RULES if counts.get(f"{rule} dropped")}


def _join_changes(parts: list[Path], out: Path) -> None:
    import shutil

    with (out / CHANGES).open("wb") as side:
        for part in parts:
            with (part / CHANGES).open("rb") as lines:
                shutil.copyfileobj(lines, side, 1 << 20)


def _samples(parts: list[Path]) -> list[Any]:
    """Return the examples of all parts, of each rule those with the smallest hashes."""
    import heapq

    import msgspec

    from polyclinic.corpus.cleaning.job import SAMPLES, Sample

    by_rule: dict[str, list[Sample]] = {}
    for part in parts:
        for one in msgspec.json.decode((part / "samples.json").read_bytes(), type=list[Sample]):
            rows = by_rule.setdefault(one.rule, [])
            rows.append(one)
            by_rule[one.rule] = heapq.nsmallest(SAMPLES, rows, key=lambda sample: (sample.order, sample.id))
    return [one for rows in by_rule.values() for one in rows]
