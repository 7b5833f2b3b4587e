"""Data sets through Hugging Face `datasets`: from the hub when the user allows it, or saved on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source


def read_saved(folder: Path, source: Source, split: str) -> Iterator[Row | Bad]:
    """Yield the rows of a data set that `save_to_disk` wrote."""
    import datasets

    found = datasets.load_from_disk(str(folder))
    if not isinstance(found, datasets.DatasetDict):
        yield from _rows(found, str(folder))
    elif split == "all":
        for name, rows in found.items():
            yield from _rows(rows, f"{folder}, {name}")
    elif split in found:
        yield from _rows(found[split], str(folder))
    else:
        raise UserError(f"{folder}: the data set has no split '{split}'; it has {', '.join(found)}")


def read_hub(source: Source, split: str) -> Iterator[Row | Bad]:
    """Yield the rows of a data set on the hub, streamed; nothing of it is kept on disk. `all` is all its splits.

    Raises UserError when the hub cannot be reached or has no such data set or split.
    """
    import datasets

    try:
        config = source.hub_config or None
        if split == "all":
            splits = datasets.load_dataset(source.hub, config, streaming=True)
        else:
            splits = {split: datasets.load_dataset(source.hub, config, split=split, streaming=True)}
        for name, found in splits.items():
            yield from _rows(found, f"{source.hub}, {name}")
    except (OSError, ValueError, datasets.exceptions.DatasetNotFoundError) as error:
        raise UserError(
            f"{source.hub}: the hub's data set cannot be read ({error}); download it and give its folder as data"
        ) from error


def _rows(found: Iterable[dict[str, Any]], where: str) -> Iterator[Row]:
    for number, fields in enumerate(found, start=1):
        yield Row(f"{where}, row {number}", {name: cell for name, cell in fields.items() if cell is not None})
