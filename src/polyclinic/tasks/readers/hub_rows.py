"""Data sets through Hugging Face `datasets`: from the hub when the user allows it, or saved on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source


def read_saved(folder: Path, source: Source, split: str) -> Iterator[Row | Bad]:
    """Yield the rows of a data set that `save_to_disk` wrote."""
    import datasets

    found = datasets.load_from_disk(str(folder))
    if isinstance(found, datasets.DatasetDict):
        if split not in found:
            raise UserError(f"{folder}: the data set has no split '{split}'; it has {', '.join(found)}")
        found = found[split]
    for number, fields in enumerate(found, start=1):
        yield Row(f"{folder}, row {number}", {name: cell for name, cell in fields.items() if cell is not None})


def read_hub(source: Source, split: str) -> Iterator[Row | Bad]:
    """Yield the rows of a data set on the hub, streamed; nothing of it is kept on disk.

    Raises UserError when the hub cannot be reached or has no such data set or split.
    """
    import datasets

    try:
        found = datasets.load_dataset(source.hub, source.hub_config or None, split=split, streaming=True)
        for number, fields in enumerate(found, start=1):
            place = f"{source.hub}, {split}, row {number}"
            yield Row(place, {name: cell for name, cell in fields.items() if cell is not None})
    except (OSError, ValueError, datasets.exceptions.DatasetNotFoundError) as error:
        raise UserError(
            f"{source.hub}: the hub's data set cannot be read ({error}); download it and give its folder as data"
        ) from error
