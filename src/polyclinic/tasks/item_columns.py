"""From the rows of a source to the items of a task, many at a time: the fast way that items of .jsonl and Parquet go.

`item_batches` gives the same items as `source_items.task_items`, in the same order: as columns where everything in a
batch of rows is as it usually is, else one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyclinic.tasks.column_templates import ColumnTemplate, column_template
from polyclinic.tasks.distinct_ids import DistinctIds
from polyclinic.tasks.readers import Bad, Row, check_release, row_maker, source_files
from polyclinic.tasks.readers.batch_fields import Unusual, any_empty, as_text, batch_fields, stripped
from polyclinic.tasks.readers.row_batches import Batch, can_batch, row_batches
from polyclinic.tasks.readers.sentence_pairs import USUAL
from polyclinic.tasks.source import EVERYWHERE, Source
from polyclinic.tasks.source_items import (
    LONGEST_ITEM,
    Item,
    item_maker,
    label_check,
    on_side,
    parts_of,
    short_place,
    source_of,
    task_items,
)
from polyclinic.tasks.task import Task

PATIENCE = 3  # batches in a row that may be unusual before a file is read row by row to its end


@dataclass
class ItemColumns:
    """Items of a task as Arrow columns of text."""

    ids: Any
    inputs: Any
    outputs: Any
    documents: Any  # empty where each item stands alone
    place: Callable[[int], str]  # file and line of an item, by its number here

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.ids)

    def items(self, numbers: Sequence[int] | None = None) -> list[Item]:
        """Return the items, or those with these numbers, one by one."""
        chosen = range(len(self)) if numbers is None else numbers
        columns = [self.ids, self.inputs, self.outputs, self.documents]
        if numbers is not None:
            import pyarrow as pa

            columns = [column.take(pa.array(numbers, pa.int64())) for column in columns]
        rows = zip(chosen, *(column.to_pylist() for column in columns), strict=True)
        return [Item(name, self.place(n), text, (reply,), document) for n, name, text, reply, document in rows]

    def taken(self, which: Any) -> ItemColumns:
        """Return some of the items: `which` says for each whether it is taken."""
        import numpy as np
        import pyarrow as pa

        numbers, mask = np.flatnonzero(which), pa.array(which, pa.bool_())
        columns = [c.filter(mask) for c in (self.ids, self.inputs, self.outputs, self.documents)]
        ids, inputs, outputs, documents = columns
        return ItemColumns(ids, inputs, outputs, documents, place=lambda number: self.place(int(numbers[number])))


def item_batches(
    task: Task, data: Path | None, split: str, *, longest: int = LONGEST_ITEM, download: bool = False
) -> Iterator[ItemColumns | Item | Bad]:
    """Yield what `task_items` yields for instructions, as columns where that is possible; errors as there."""
    source = source_of(task, split)
    plan = None if data is None else _plan(task, source, data, split, longest)
    parts = parts_of(source, split)
    if plan is None or not all(plan.can_batch(part) for part in parts):
        yield from task_items(task, data, split, longest=longest, download=download)
        return
    for part in parts:
        yield from _of_part(plan, part)


@dataclass(frozen=True)
class _Plan:
    """How the items of a task are made by columns."""

    task: Task
    source: Source
    data: Path
    split: str
    longest: int
    wanted: frozenset[str]  # columns of the files that are needed
    input: ColumnTemplate
    output: ColumnTemplate
    wrong_label: Callable[[str], str] | None
    ids: DistinctIds

    def can_batch(self, part: str) -> bool:
        """Return whether all files of a part can be read by columns."""
        files = source_files(self.source, self.data, part)
        return bool(files) and all(can_batch(file, self.source) for file in files)


def _plan(task: Task, source: Source, data: Path, split: str, longest: int) -> _Plan | None:
    """Return how items are made by columns, or None where the task's templates or replies do not allow it."""
    text, reply = column_template(task.input), column_template(task.output)
    if text is None or reply is None or task.references:
        return None
    used = text.names | reply.names
    if "row" in used:
        return None
    wanted = set(used) - set(EVERYWHERE) | {*source.expect, *source.where, *source.not_empty}
    wanted |= {source.id, source.document} - {""}
    for column in source.columns.values():
        wanted |= {column} if isinstance(column, str) else set(column)
    if source.format == "multiple_choice":
        wanted |= {"question", "options", "answer"}
    elif source.format == "sentence_pairs":
        wanted |= {*USUAL, *USUAL.values()}
    check = label_check(task) if task.labels else None
    return _Plan(task, source, data, split, longest, frozenset(wanted), text, reply, check, DistinctIds())


def _of_part(plan: _Plan, part: str) -> Iterator[ItemColumns | Item | Bad]:
    source = plan.source
    row_of = row_maker(source)
    make = item_maker(plan.task, source, plan.data, plan.ids, longest=plan.longest)
    first = True
    for file in source_files(source, plan.data, part):
        misses = 0
        for batch in row_batches(file, source, plan.wanted):
            if misses <= PATIENCE and not (first and source.expect and not _is_release(batch, source)):
                try:
                    made = _columns(batch, plan)
                except Unusual:
                    misses += 1
                else:
                    misses, first = 0, False
                    yield made
                    continue
            for raw in batch.rows():
                if first and isinstance(raw, Row):
                    check_release(raw, source)
                    first = False
                row = raw if isinstance(raw, Bad) else row_of(raw)
                item = make(row) if isinstance(row, Row) else row
                if isinstance(item, Bad) or (
                    item is not None and on_side(source, plan.split, item.document, item.input)
                ):
                    yield item


def _is_release(batch: Batch, source: Source) -> bool:
    """Return whether the first row surely has all fields that tell the release."""
    columns = batch.columns
    return columns is not None and all(name in columns and columns[name][0].is_valid for name in source.expect)


def _columns(batch: Batch, plan: _Plan) -> ItemColumns:
    """Return the items of a batch as columns; raises Unusual where one of its rows is."""
    import pyarrow as pa

    source, task = plan.source, plan.task
    fields, numbers = batch_fields(batch, source)
    count = len(numbers)
    documents = pa.repeat(pa.scalar("", pa.string()), count)
    if source.document and source.document in fields:
        documents = as_text(fields[source.document]).fill_null("")
    ids = _with_number(short_place(batch.before_number, source, plan.data), numbers)
    if source.id and source.id in fields:
        ids = as_text(fields[source.id])
        if ids.null_count:
            raise Unusual
    fields.update(id=ids, document=documents)
    if "labels" in plan.input.names | plan.output.names:
        fields["labels"] = pa.array([task.labels] * count, pa.list_(pa.string()))
    inputs, outputs = plan.input.fill(fields, count), plan.output.fill(fields, count)
    for template, texts in ((plan.input, inputs), (plan.output, outputs)):
        if not template.constant.strip() and any_empty(stripped(texts)):
            raise Unusual
    if _most_characters(inputs, outputs, plan.longest) > plan.longest:
        raise Unusual
    if plan.wrong_label is not None and any(map(plan.wrong_label, outputs.unique().to_pylist())):
        raise Unusual
    if source.id:  # ids of the data set itself may repeat; places never do
        ids = pa.array([plan.ids.distinct(name) for name in ids.to_pylist()], pa.string())
    made = ItemColumns(ids, inputs, outputs, documents, lambda n: f"{batch.before_number}{numbers[n]}")
    if plan.split == "all" or "all" not in source.files:
        return made
    groups = zip(documents.to_pylist(), inputs.to_pylist(), strict=True)
    return made.taken([on_side(source, plan.split, document, text) for document, text in groups])


def _with_number(before: str, numbers: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(pa.scalar(before), numbers.cast(pa.string()), "")


def _most_characters(inputs: Any, outputs: Any, limit: int) -> int:
    """Return how many characters the longest item has, or fewer than that when none can have more than `limit`."""
    import pyarrow.compute as pc

    if not len(inputs):
        return 0
    in_bytes = pc.max(pc.add(pc.binary_length(inputs), pc.binary_length(outputs))).as_py()
    if in_bytes <= limit:
        return 0
    return int(pc.max(pc.add(pc.utf8_length(inputs), pc.utf8_length(outputs))).as_py())
