"""Task files of MedS-Ins and Super-NaturalInstructions, in every published variant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source
from polyclinic.tasks.task_file import read_task_file


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield a row for each instance: input, output (the first reply), outputs (all), definition, instance_id."""
    try:
        found = read_task_file(file)
    except UserError as error:
        place, _, reason = str(error).partition(": ")
        yield Bad(place, reason)
        return
    for number, instance in enumerate(found.instances, start=1):
        yield Row(
            f"{file}, instance {number}",
            {
                "instance_id": instance.id,
                "input": instance.input,
                "output": instance.output[0],
                "outputs": list(instance.output),
                "definition": found.definition[0] if found.definition else "",
            },
        )
