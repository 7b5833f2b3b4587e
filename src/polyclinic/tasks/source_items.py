"""From the rows of a source to the items of a task: templates filled, labels checked, sides of a split kept apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.tasks.distinct_ids import DistinctIds
from polyclinic.tasks.readers import Bad, Row, read_source
from polyclinic.tasks.readers.row import LONGEST_SHOWN
from polyclinic.tasks.source import Source
from polyclinic.tasks.task import Task
from polyclinic.tasks.templates import compiled, template_names

TEST_SHARE = 0.1  # of a source without official splits
CHOICES = ("multiple_choice", "patient_questions")  # formats whose rows have options
LONGEST_ITEM = 1_000_000  # characters of input and output together


@dataclass(slots=True)
class Item:
    """One item of a task, before it is put into a prompt."""

    id: str  # unique within the task
    place: str  # file and line
    input: str
    outputs: tuple[str, ...]  # all good replies; the first is the one that is learned
    document: str = ""  # patient or article
    options: tuple[str, ...] = ()
    right: str = ""  # the right option
    cuttable: tuple[int, int] | None = None  # where in the input the part begins and ends that may be cut
    kept: dict[str, Any] = field(default_factory=dict)  # what its scorer wants to know


def task_items(
    task: Task,
    data: Path | None,
    split: str,
    *,
    as_choice: bool = False,
    to_ask: bool = False,
    longest: int = LONGEST_ITEM,
    download: bool = False,
) -> Iterator[Item | Bad]:
    """Yield the items of a task; what cannot be one comes as Bad with place, field and what was expected.

    Args:
        task: with a source whose layout is known.
        data: the user's data folder.
        split: train, validation, test or all.
        as_choice: whether items of the family multiple_choice carry their options, for scoring by likelihood.
        to_ask: whether items know what asking a model needs: their options, and where their input may be cut.
        longest: characters of input and output together; longer items are Bad.
        download: whether a data set that is not there may be streamed from its hub.

    Raises UserError when the data are missing or the task has no such split.
    """
    source = source_of(task, split)
    make = item_maker(task, source, data, DistinctIds(), as_choice=as_choice, to_ask=to_ask, longest=longest)
    for part in parts_of(source, split):
        for row in read_source(source, data, part, download):
            item = row if isinstance(row, Bad) else make(row)
            if isinstance(item, Bad) or on_side(source, split, item.document, item.input):
                yield item


def parts_of(source: Source, split: str) -> list[str]:
    """Return the groups of files that a split is read from: its own, all, or that of a source without splits."""
    return ["all"] if "all" in source.files else list(source.files) if split == "all" else [split]


def on_side(source: Source, split: str, document: str, text: str) -> bool:
    """Return whether an item with this document and input belongs to a split of the source."""
    if split == "all" or "all" not in source.files:
        return True
    return side(source.name, document or " ".join(text.split()).casefold()) == split


def side(source: str, group: str) -> str:
    """Return `train` or `test` for a document of a source without official splits: 90 to 10, whatever the seed.

    All items of one document (patient, article; where there is none, all items with the same input) are on one side,
    and on the same in every task made from the source.
    """
    place = int.from_bytes(blake2b(f"{source}\0{group}".encode(), digest_size=8).digest(), "big")
    return "test" if place < TEST_SHARE * 2**64 else "train"


def source_of(task: Task, split: str) -> Source:
    """Return the source of a task; raises UserError when its layout is unknown or it has no such split."""
    if task.source is None or not task.buildable:
        name = task.source.name if task.source is not None else task.name
        raise UserError(
            f"task {task.name}: the layout of {name} is not known to the catalog (format: unknown); "
            "describe it in a task of your own that extends this one's parent, or export MedS-Ins JSON and read that"
        )
    if split != "all" and split not in task.splits:
        raise UserError(
            f"task {task.name}: {task.source.name} has no split '{split}'; it has {', '.join(task.splits) or 'none'}"
        )
    return task.source


def short_place(place: str, source: Source, data: Path | None) -> str:
    """Return a place without the folder that the source lies in: what names an item."""
    return place.removeprefix(f"{data}/{source.folder}/").removeprefix(f"{data}/")


def item_maker(
    task: Task,
    source: Source,
    data: Path | None,
    ids: DistinctIds,
    *,
    as_choice: bool = False,
    to_ask: bool = False,
    longest: int = LONGEST_ITEM,
) -> Callable[[Row], Item | Bad]:
    """Return a function that makes an item of a row, or says what is wrong with it; arguments as in `task_items`."""
    fill_input = compiled(task.question if as_choice else task.input)
    fill_output = compiled("{{ answer }}" if as_choice else task.output)
    fill_cuttable = compiled(task.cuttable) if task.cuttable and to_ask else None
    wrong_label = label_check(task) if task.labels and not as_choice else None
    with_row = any("row" in template_names(text) for text in (task.question, task.input, task.output, task.cuttable))
    root, upper = f"{data}/{source.folder}/", f"{data}/"

    def make(row: Row) -> Item | Bad:
        fields = row.fields
        if with_row:
            fields["row"] = dict(fields)
        fields["labels"] = task.labels
        if source.id and source.id in fields:
            name = str(fields[source.id])
        else:
            name = row.place.removeprefix(root).removeprefix(upper)
        fields["id"] = name
        fields["document"] = document = str(fields.get(source.document, "")) if source.document else ""
        what = "input"
        try:
            text = fill_input(fields)
            what = "output"
            reply = fill_output(fields)
            what = "cuttable"
            part = "" if fill_cuttable is None else fill_cuttable(fields)
        except UserError as error:
            there = ", ".join(sorted(key for key in fields if key not in ("row", "labels")))
            return Bad(row.place, f"field '{what}': {error}; the row has {there}", kind="template")
        kept = {name: fields[name] for name in task.kept if name in fields} if to_ask else {}
        if (half := half_character(text, reply, name, document, *map(str, kept.values()))) is not None:
            return Bad(row.place, f"half a character ({half}); the text was cut or decoded wrongly")
        if not text.strip() or not reply.strip():
            return Bad(row.place, f"field '{'output' if text.strip() else 'input'}' is empty", kind="empty")
        if len(text) + len(reply) > longest:
            return Bad(
                row.place,
                f"field 'input': the item has {len(text) + len(reply)} characters, at most {longest} are taken",
                text[:LONGEST_SHOWN],
                kind="over-long",
            )
        if wrong_label is not None and (problem := wrong_label(reply)):
            return Bad(row.place, f"field 'output': {problem}", text[:LONGEST_SHOWN], kind="label")
        outputs: tuple[str, ...] = (reply,)
        if task.references:
            others = fields.get(task.references, ())
            if not isinstance(others, (list, tuple)):
                return Bad(row.place, f"field '{task.references}': expected a list of replies")
            outputs = tuple(dict.fromkeys((reply, *(str(other) for other in others if str(other).strip()))))
        if source.id:  # ids of the data set itself may repeat; places never do
            name = ids.distinct(name)
        if as_choice and len(fields.get("answers", ())) != 1:
            return Bad(row.place, f"field 'answer': expected one right option, found {len(fields['answers'])}")
        options = tuple(fields["options"]) if as_choice or (to_ask and source.format in CHOICES) else ()
        right = reply if as_choice else ""
        return Item(name, row.place, text, outputs, document, options, right, _span(text, part), kept)

    return make


def half_character(*texts: str) -> str | None:
    """Return half a surrogate pair that stands in a text, which JSON can spell and no file can hold."""
    for text in texts:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                return f"\\u{ord(error.object[error.start]):04x} at {error.start}"
    return None


def _span(text: str, part: str) -> tuple[int, int] | None:
    """Return where a part of a text begins and ends, None when it is not there."""
    found = part.strip()
    start = text.find(found) if found else -1
    return None if start < 0 else (start, start + len(found))


def label_check(task: Task) -> Callable[[str], str]:
    """Return a function that says what is wrong with a reply that should be made of labels."""
    known = {label.casefold() for label in task.labels}
    longest_first = sorted(task.labels, key=len, reverse=True)
    # The template, or a task file made by somebody else's, may write words around the label.
    words = re.sub(r"\{[{%].*?[%}]\}", "", task.output).strip()
    in_sentence = bool(words) or (task.source is not None and task.source.format == "task_json")
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(label)}(?!\w)" for label in longest_first), re.IGNORECASE)

    def check(reply: str) -> str:
        if reply.casefold() in known:
            return ""
        found = {match.group(0).casefold() for match in pattern.finditer(reply)}
        if task.family == "label_set":
            rest = pattern.sub("", reply)
            if found and not re.search(r"\w", rest):
                return ""
        elif len(found) == 1 and in_sentence:
            return ""
        shown = reply if len(reply) <= 80 else f"{reply[:77]}..."
        return (
            f"expected {'labels' if task.family == 'label_set' else 'one label'} of the closed list, found {shown!r}"
        )

    return check
