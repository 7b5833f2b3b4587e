"""Keep what a teacher wrote apart from the benchmarks: no run of 13 words may stand in an item of a test.

The benchmarks are items as built, and the split that each task of the catalog is tested with (test, else validation)
where its files are in the user's data folder.
Runs that a tenth of the items of a benchmark share are its wording ("Question: ... Answer:") and do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records

RUN = 13  # words


@dataclass(frozen=True, slots=True)
class TestItem:
    """One item of a benchmark."""

    __test__ = False  # it is no test of ours

    benchmark: str
    name: str
    document: str
    texts: tuple[str, ...]


class Benchmarks:
    """The runs of all items of the benchmarks that the user has.

    Args:
        samples: items that were built, such as tasks.build makes.
        data: the user's data folder, with data sets in the folders their tasks name.
        catalog: folder of the user's own tasks.
        without: suite whose tasks are left out.

    Raises:
        UserError: the folder holds nothing that a task is tested with, or an item cannot be read.
    """

    def __init__(
        self, samples: Sequence[Path], data: Path | None, catalog: Path | None = None, without: str = ""
    ) -> None:
        from polyclinic.word_runs import RunIndex

        self.counts: dict[str, int] = {}  # items by benchmark
        items: list[TestItem] = []
        for item in (*_built(samples), *_of_catalog(data, catalog, without)):
            self.counts[item.benchmark] = self.counts.get(item.benchmark, 0) + 1
            items.append(item)
        if data is not None and not items:
            raise UserError(
                f"{data}: the test split of no task of the catalog is here, nor the validation split of one without; "
                "`polyclinic tasks list` names the tasks, `polyclinic tasks show NAME` the files"
            )
        self.names = [f"{item.benchmark}/{item.name}" for item in items]
        self._index = (
            RunIndex(
                [RUN],
                [item.texts for item in items],
                [item.benchmark for item in items],
                [item.document or item.name for item in items],
            )
            if items
            else None
        )

    def overlaps(self, texts: Sequence[str]) -> list[str]:
        """Return for each text the item that it shares a run with, or an empty text."""
        if self._index is None:
            return ["" for _ in texts]
        return [self.names[found[0].thing] if found else "" for found in self._index.hits(texts)]


def _built(paths: Sequence[Path]) -> Iterator[TestItem]:
    for path in paths:
        for sample in read_records(path, Sample):
            yield TestItem(sample.task, sample.id, sample.document, (sample.input, sample.output))


def _of_catalog(data: Path | None, catalog: Path | None, without: str) -> Iterator[TestItem]:
    """Yield the items tasks are tested with, as far as they are there; files that several tasks share come once."""
    from polyclinic.tasks import load_catalog
    from polyclinic.tasks.readers import source_files
    from polyclinic.tasks.source_items import Item, task_items

    if data is None:
        return
    seen: set[tuple[Path, ...]] = set()
    for task in load_catalog(catalog).values():
        split = task.test_split
        if task.source is None or not task.buildable or not split:
            continue
        if without in task.suites:
            continue
        files = tuple(source_files(task.source, data, "all" if "all" in task.source.files else split))
        if not files or files in seen:
            continue
        seen.add(files)
        for item in task_items(task, data, split):
            if isinstance(item, Item):
                yield TestItem(task.name, item.id, item.document, (item.input, *item.outputs))
