"""Somebody's predictions as replies: a csv or jsonl file of ids and texts, beside the items they answer.

A csv as MedS-Bench's code writes it (task_id, input, GT, output) brings its golds along and needs no items.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError, did_you_mean
from polyclinic.records import Reply, Sample, read_json_lines
from polyclinic.tasks import Task

ID_NAMES = ("id", "item", "item_id", "sample_id")
TEXT_NAMES = ("prediction", "output", "reply", "response", "text")
NO_PREDICTION = "no prediction for this item"
NULL = "the prediction is null"
LONGEST_CELL = 1 << 30  # characters
MOST_NAMED = 3  # foreign ids that an error names

GOLD_NAMES = ("task_id", "GT", "output")  # of the csv that MedS-Bench's code writes
_HALF = re.compile("[\ud800-\udfff]")

Row = tuple[str, dict[str, Any]]  # (place, fields)


def read_predictions(path: Path, task: Task, items: Sequence[Sample], model: str, fingerprint: str) -> list[Reply]:
    """Return one reply for each item, in the order of the items.

    An item without a prediction, or with null for one, is a reply with an `unanswered_reason`; an empty text is an
    empty reply. Ids are those of the items, with or without `<task>-` before them.

    Args:
        path: a .csv, .tsv, .jsonl or .jsonl.gz file.
        task: what the predictions are for.
        items: its items with their golds; may be empty for a file that brings its golds along.
        model: name of the model for people.
        fingerprint: by which the model is known.

    Raises UserError, naming place and field, for a file that cannot be read, fields that are missing, ids that are
    there twice, and ids that are no item's.
    """
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise UserError(f"{path}: no predictions here; expected rows with an id and a prediction")
    if set(GOLD_NAMES) <= first[1].keys():
        return _with_golds(path, task, [first, *rows], model, fingerprint)
    if not items:
        raise UserError(
            f"{path}: the golds are missing; give the task's items (samples, or data with the data set's folder)"
        )
    id_name, text_name = _names(first)
    found: dict[str, tuple[str, Any]] = {}
    known = {item.id for item in items}
    foreign: list[tuple[str, str]] = []
    for place, fields in (first, *rows):
        for name in (id_name, text_name):
            if name not in fields:
                raise UserError(f"{place}: field '{name}' is missing")
        wanted = str(fields[id_name])
        item = wanted if wanted in known else f"{task.name}-{wanted}"
        if item not in known:
            foreign.append((place, wanted))
        elif item in found:
            raise UserError(
                f"{place}: item {wanted} is predicted twice, first at {found[item][0]}; leave one of them out"
            )
        else:
            found[item] = (place, fields[text_name])
    if foreign:
        named = ", ".join(wanted for _, wanted in foreign[:MOST_NAMED]) + (
            ", ..." if len(foreign) > MOST_NAMED else ""
        )
        raise UserError(
            f"{foreign[0][0]}: {len(foreign)} of {len(foreign) + len(found)} ids are no items of {task.name}: {named}"
            f"{did_you_mean(foreign[0][1], sorted(known)[:5000])}; the items' ids look like {items[0].id}"
        )
    return [_reply(item, *_text(found.get(item.id)), model, fingerprint) for item in items]


def _text(found: tuple[str, Any] | None) -> tuple[str, str]:
    """Return the text of a prediction, and why there is none.

    JSON can spell half of a surrogate pair, as where a model was stopped inside of an emoji; no file can hold it, so
    the replacement character stands for it.
    """
    if found is None:
        return "", NO_PREDICTION
    value = found[1]
    if value is None:
        return "", NULL
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (text if text.isascii() else _HALF.sub("\ufffd", text)), ""


def _reply(item: Sample, text: str, reason: str, model: str, fingerprint: str) -> Reply:
    return Reply(
        model=model,
        fingerprint=fingerprint,
        task=item.task,
        item=item.id,
        text=text,
        unanswered_reason=reason,
        input=item.input,
        gold=item.output,
        options=item.options,
        subset=item.subset,
        cluster=item.document,
        metadata=item.metadata,
    )


def _with_golds(path: Path, task: Task, rows: Sequence[Row], model: str, fingerprint: str) -> list[Reply]:
    wanted = f"task{task.published.meds_ins_number}"
    replies = []
    for number, (place, fields) in enumerate(rows, start=1):
        for name in GOLD_NAMES:
            if name not in fields:
                raise UserError(f"{place}: field '{name}' is missing")
        if fields["task_id"] != wanted:
            continue
        gold = _text((place, fields["GT"]))[0]
        if not gold.strip():
            raise UserError(f"{place}: field 'GT': the gold is empty")
        item = Sample(f"row-{number}", task.name, gold, input=_text((place, fields.get("input")))[0])
        replies.append(_reply(item, *_text((place, fields["output"])), model, fingerprint))
    if not replies:
        others = ", ".join(sorted({str(fields["task_id"]) for _, fields in rows})[:5])
        if task.published.meds_ins_number is None:
            raise UserError(
                f"{path}: the golds here are of MedS-Bench's tasks ({others}), {task.name} is none of them; name the "
                "task they are of"
            )
        raise UserError(f"{path}: no row of {task.name} (task_id {wanted}) here; the file has {others}")
    return replies


def _names(first: Row) -> tuple[str, str]:
    place, fields = first
    id_name = next((name for name in ID_NAMES if name in fields), "")
    text_name = next((name for name in TEXT_NAMES if name in fields), "")
    if not id_name or not text_name:
        raise UserError(
            f"{place}: expected a field for the id ({', '.join(ID_NAMES)}) and one for the prediction "
            f"({', '.join(TEXT_NAMES)}), found {', '.join(map(str, fields))}"
        )
    return id_name, text_name


def _rows(path: Path) -> Iterator[Row]:
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        yield from read_json_lines(path)
    elif path.suffix in (".csv", ".tsv"):
        yield from _csv_rows(path)
    else:
        raise UserError(f"{path}: cannot read predictions from this; expected .csv, .tsv, .jsonl or .jsonl.gz")


def _csv_rows(path: Path) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)  # a reply may be longer than Python's 131,072 characters
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter="\t" if path.suffix == ".tsv" else ",", strict=True)
            header = next(reader, None)
            if header is None:
                return
            if doubled := {name for name in header if header.count(name) > 1}:
                raise UserError(f"{path}:1: the column {sorted(doubled)[0]!r} is there twice")
            begins = reader.line_num + 1
            for cells in reader:
                place = f"{path}:{begins}"
                begins = reader.line_num + 1
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise UserError(f"{place}: the row has {len(cells)} cells, the header {len(header)}")
                yield place, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise UserError(f"{path}: broken csv: {error}; save it with quotes around texts with commas") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
