"""corpus.decontaminate: documents that hold text of benchmark items are left out, cut or marked.

Runs of 13 and of 8 words that a document shares with an item of a test split are looked for, as `eval.contamination`
does afterwards in what a model was trained on. Each is listed with the item, the document and the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.step_settings import Documents, Runtime, Samples, Settings, SourcePath
from polyclinic.steps import Work, step_kind

OVERLAPS = "overlaps.jsonl"  # side file: each stretch of a document that stands in an item


class DecontaminateSettings(Settings):
    """Settings of corpus.decontaminate."""

    documents: list[Documents] = Field(min_length=1, description="the corpora that are searched")
    items: list[Samples] = Field([], description="items of benchmarks, as tasks.build makes them")
    data: SourcePath | None = Field(
        None, description="the user's data folder; the test splits of all its data sets in the catalog are looked for"
    )
    tasks: list[str] = Field([], description="names of catalog tasks, where not all are meant")
    suite: str = Field("", description="instead of names: all tasks of this suite")
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")
    mode: Literal["drop", "cut", "mark"] = Field(
        "drop",
        description="what becomes of a document: left out, without the words, or whole with "
        "`contamination` in its metadata",
    )
    lengths: list[Annotated[int, Field(ge=2, le=100)]] = Field(
        [8, 13], min_length=1, description="words in a run; overlaps of every length are listed"
    )
    decisive: list[int] = Field(
        [13], min_length=1, description="those of the lengths for which a document is dropped, cut or marked"
    )
    common: float = Field(
        0.1,
        gt=0,
        le=1,
        description="share of a task's documents (10 at least) beyond which a run is the task's own wording",
    )
    margin: int = Field(0, ge=0, le=1000, description="words on either side that are cut as well")
    minimum_words: int = Field(20, ge=1, description="documents with fewer words after a cut are left out")
    processes: Annotated[int, Runtime] = Field(
        0, ge=0, description="processes that work; 0 = one for each core, at most four"
    )

    @model_validator(mode="after")
    def _fits(self) -> DecontaminateSettings:
        if len(set(self.lengths)) != len(self.lengths):
            raise ValueError(f"lengths: {self.lengths} has a length twice")
        if unknown := [length for length in self.decisive if length not in self.lengths]:
            raise ValueError(f"decisive: {unknown[0]} is none of the lengths {self.lengths}")
        if self.tasks and self.suite:
            raise ValueError("tasks, suite: expected one of the two")
        if (self.tasks or self.suite) and self.data is None:
            raise ValueError("data: missing; the items of tasks are made of the files in the user's data folder")
        if not self.items and self.data is None:
            raise ValueError("items, data: expected one of the two: what must the documents not hold?")
        return self


def check_decontaminate(settings: DecontaminateSettings) -> None:
    """Look the tasks up in the catalog; raises UserError."""
    from polyclinic.corpus.benchmark_items import asked_tasks

    asked_tasks(settings.tasks, settings.suite, settings.catalog, settings.data)


def shown_overlaps(out: Path) -> list[dict[str, Any]]:
    """Return a row for each length of runs: documents and items that share one, and items that have none."""
    manifest = read_manifest(out)
    facts = manifest.facts if manifest is not None else {}
    acted = {str(name): facts[name] for name in ("dropped", "cut", "marked") if name in facts}
    return [
        {
            "words in a row": length,
            "documents": f"{touched} of {facts['read']}",
            "items": f"{facts['items_found'][length]} of {facts['items']}",
            "too short items": facts["items_too_short"][length],
            **acted,
            "listed in": str(out / OVERLAPS),
        }
        for length, touched in facts.get("touched", {}).items()
    ]


@step_kind(
    "corpus.decontaminate",
    DecontaminateSettings,
    output="documents",
    version=2,
    check=check_decontaminate,
    shown=shown_overlaps,
)
def decontaminate(settings: DecontaminateSettings, work: Work) -> None:
    """Leave out, cut or mark the documents that hold text of benchmark items.

    Runs of words are compared (8 and 13 words, Brown et al. 2020), of what an item asks and of its right answer.
    Wording that many items of a task share is no evidence. `overlaps.jsonl` lists item, document and words.
    """
    import msgspec

    from polyclinic.corpus.benchmark_items import Benchmarks, asked_tasks
    from polyclinic.corpus.document_units import corpus_names, link_parts, list_units
    from polyclinic.corpus.parts import make_parts, part_counts, part_folders
    from polyclinic.corpus.searched_items import Search, read_search, write_search

    tasks = asked_tasks(settings.tasks, settings.suite, settings.catalog, settings.data)
    folder = work.scratch / "search"
    if not (folder / "search.json").exists():
        with work.progress("reading items", 1) as bar:
            benchmarks = Benchmarks(settings.items, tasks, settings.data)
            write_search(folder, benchmarks, settings.lengths, settings.common)
            bar.advance(1)
    about = read_search(folder)
    if not about.items:
        first = next(iter(about.missing.values()), "")
        further = f"; the first data set that is not here: {first}" if first else ""
        raise UserError(f"corpus.decontaminate: there are no items to look for{further}")
    search = Search(
        folder=str(folder.absolute()),
        corpora=corpus_names(settings.documents),
        mode=settings.mode,
        lengths=list(settings.lengths),
        decisive=list(settings.decisive),
        margin=settings.margin,
        minimum_words=settings.minimum_words,
    )
    units = list_units(settings.documents, work.scratch / "units")
    parts = work.scratch / "searched"
    with work.progress("searching", sum(unit.rows for unit in units)) as bar:

        def chunks() -> Iterator[bytes]:
            for unit in units:
                yield msgspec.json.encode(unit)
                bar.advance(unit.rows)

        few = sum(unit.rows for unit in units) <= FEW
        maker = "polyclinic.corpus.searched_items:search_maker"
        make_parts(chunks(), maker, msgspec.json.encode(search), parts, 1 if few else settings.processes)
    made = part_folders(parts)
    link_parts(made, work.out)
    with (work.out / OVERLAPS).open("wb") as side:
        for part in made:
            side.write((part / OVERLAPS).read_bytes())
    counts = part_counts(made)
    names = {"drop": "dropped", "cut": "cut", "mark": "marked"}
    work.facts.update(
        documents=counts.get("documents", 0),
        read=counts.get("read", 0),
        touched={f"{n}": counts.get(f"touched {n}", 0) for n in settings.lengths},
        **{name: counts.get(name, 0) for name in dict.fromkeys(("dropped", names[settings.mode]))},
        items=about.items,
        items_found={f"{n}": _found(made, n) for n in settings.lengths},
        items_too_short={f"{n}": about.too_short[str(n)] for n in settings.lengths},
        items_by_task=about.by_task,
        broken_rows_by_task=about.broken,
        missing=about.missing,
        by_corpus={
            name: {what: counts.get(f"{what} in {name}", 0) for what in ("read", "touched", names[settings.mode])}
            for name in search.corpora
        },
    )


FEW = 2_000  # documents that one process searches faster than several


def _found(parts: list[Path], length: int) -> int:
    """Return how many items were found in the documents of any part."""
    import numpy as np

    found = [np.load(part / f"found-{length}.npy", allow_pickle=False) for part in parts]
    return len(np.unique(np.concatenate(found))) if found else 0
