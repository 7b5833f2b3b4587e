"""Readers: one file a format, none knows a data set. In: a source and the user's data folder. Out: rows.

A reader yields `Row`s and, for what it cannot read, `Bad`s with place and reason; only the user's own settings (an
encoding that does not exist) raise. What a format gives beside the file's own fields stands in `source.FIELDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.tasks.readers import (
    articles,
    bioc,
    code_table,
    conversations,
    delimited,
    hub_rows,
    iob,
    json_rows,
    multiple_choice,
    parquet_rows,
    patient_questions,
    pubtator,
    relations,
    report_sections,
    sentence_pairs,
    standoff,
    table_rows,
    workbook,
)
from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source

__all__ = ["Bad", "Row", "missing_message", "read_source", "source_files"]

FileReader = Callable[[Path, Source], Iterator[Row | Bad]]
Normaliser = Callable[[Row, Source], Row | Bad]


def _task_json(file: Path, source: Source) -> Iterator[Row | Bad]:
    from polyclinic.tasks.readers import task_json

    return task_json.read(file, source)


READERS: dict[str, FileReader] = {
    "delimited": delimited.read,
    "json_rows": json_rows.read,
    "workbook": workbook.read,
    "parquet_rows": parquet_rows.read,
    "patient_questions": patient_questions.read,
    "iob": iob.read,
    "pubtator": pubtator.read,
    "bioc": bioc.read,
    "standoff": standoff.read,
    "articles": articles.read,
    "code_table": code_table.read,
    "conversations": conversations.read,
    "task_json": _task_json,
}
# These begin with rows of any tabular file and give them the same names, whatever the file calls them.
NORMALISERS: dict[str, Normaliser] = {
    "conversations": conversations.normalise,
    "multiple_choice": multiple_choice.normalise,
    "patient_questions": multiple_choice.normalise,
    "sentence_pairs": sentence_pairs.normalise,
    "relations": relations.normalise,
    "report_sections": report_sections.normalise,
}


def source_files(source: Source, data: Path, split: str) -> list[Path]:
    """Return the files of a split in the user's data folder: those of the first pattern that finds any."""
    root = data / source.folder
    for pattern in source.files.get(split, ()):  # type: ignore[call-overload]
        if found := sorted(path for path in root.glob(pattern) if path.is_file()):
            return found
    return []


def missing_message(source: Source, data: Path | None, split: str) -> str:
    """Return what to say when the files of a split are not there: name, who grants access, where to put them."""
    version = f" {source.version}" if source.version else ""
    patterns = " or ".join(source.files.get(split, ()))  # type: ignore[call-overload]
    root = (data if data is not None else Path("DATA")) / source.folder
    grant = f"; {source.granted_by} grants access" if source.granted_by else ""
    address = f" ({source.address})" if source.address != "unknown" else ""
    hub = f", or allow the download of {source.hub} from the hub" if source.hub else ""
    return (
        f"{source.name}{version}{address}: the files of the split '{split}' are not here{grant}; "
        f"put the official release at {root}/ so that it holds {patterns}{hub}"
    )


def read_source(source: Source, data: Path | None, split: str, download: bool = False) -> Iterator[Row | Bad]:
    """Yield the rows of a split, with the names that the source's columns give them.

    Args:
        source: where the files are and how they are read.
        data: the user's data folder; each data set has its own folder in it.
        split: train, validation, test or all.
        download: whether a data set that is not there may be streamed from its hub.

    Raises UserError when the data are missing, or are another release than the source describes.
    """
    make = row_maker(source)
    first = True
    for row in _raw_rows(source, data, split, download):
        if isinstance(row, Bad):
            yield row
            continue
        if first:
            first = False
            check_release(row, source)
        made = make(row)
        if made is not None:
            yield made


def row_maker(source: Source) -> Callable[[Row], Row | Bad | None]:
    """Return a function that gives a row the names the task knows; None for a row that it does not ask for."""
    normalise = NORMALISERS.get(source.format)
    where, columns, needed = source.where, list(source.columns.items()), source.not_empty

    def make(row: Row) -> Row | Bad | None:
        fields = row.fields
        if where and not _as_asked({name: v for name, v in where.items() if name in fields}, fields):
            return None
        for name, column in columns:
            if isinstance(column, str):
                if column in fields:
                    fields[name] = fields[column]
            else:
                fields[name] = [fields[part] for part in column if part in fields]
        made = row if normalise is None else normalise(row, source)
        if needed and any(fields.get(name) in (None, "", []) for name in needed):
            return None
        return made if not where or isinstance(made, Bad) or _as_asked(where, fields) else None

    return make


def _raw_rows(source: Source, data: Path | None, split: str, download: bool) -> Iterator[Row | Bad]:
    read = READERS.get(source.format, table_rows.read)
    files = source_files(source, data, split) if data is not None else []
    folder = data / source.folder if data is not None else None
    if files:
        for file in files:
            yield from read(file, source)
    elif folder is not None and ((folder / "dataset_info.json").exists() or (folder / "dataset_dict.json").exists()):
        yield from hub_rows.read_saved(folder, source, split)
    elif source.hub and download:
        yield from hub_rows.read_hub(source, split)
    else:
        raise UserError(missing_message(source, data, split))


def check_release(row: Row, source: Source) -> None:
    """Raise UserError when a row lacks a field by which the release is told from others."""
    if lacking := [name for name in source.expect if name not in row.fields]:
        version = f" {source.version}" if source.version else ""
        raise UserError(
            f"{row.place}: this is not the release of {source.name}{version} that the catalog describes: "
            f"field '{lacking[0]}' is missing, found {', '.join(map(str, row.fields))}; "
            f"get the release named, or describe yours in a task of your own"
        )


def _as_asked(where: dict[str, tuple[str, ...]], fields: dict[str, Any]) -> bool:
    return all(str(fields.get(name, "")) in values for name, values in where.items())
