"""Samples as MedS-Ins task files, one a task."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.tasks.catalog import load_catalog
from polyclinic.tasks.source_samples import language_name, task_file_stem, task_head
from polyclinic.tasks.task_file import Instance, TaskFile, TaskFileWriter


def export_task_files(paths: Iterable[Path], out: Path, catalog: Path | None = None) -> dict[str, int]:
    """Write the samples of each task into `out/<task file>.json`; returns file name -> instances.

    A task of the catalog says category, domain and definition; of others the samples do. Streams.
    Raises UserError when `out` exists, or there are no samples.
    """
    if out.exists():
        raise UserError(f"{out}: there is such a folder or file already; name one that does not exist")
    tasks = load_catalog(catalog)
    counts: dict[str, int] = {}
    writers: dict[str, TaskFileWriter] = {}
    stems: dict[str, str] = {}
    with ExitStack() as stack:
        for path in paths:
            for sample in read_records(path, Sample):
                if sample.task not in writers:
                    task = tasks.get(sample.task)
                    stem = task_file_stem(task) if task is not None else f"task_{sample.task}"
                    head = task_head(task) if task is not None and task.definition else _head(sample)
                    stems[sample.task] = f"{stem}.json"
                    writers[sample.task] = stack.enter_context(TaskFileWriter(out / f"{stem}.json", head))
                replies = tuple(sample.metadata.get("references", ())) or (sample.output,)
                writers[sample.task].add(Instance(sample.id, sample.input, replies))
                counts[stems[sample.task]] = counts.get(stems[sample.task], 0) + 1
    if not counts:
        raise UserError(f"{', '.join(map(str, paths))}: no samples here; there is nothing to export")
    return counts


def _head(sample: Sample) -> TaskFile:
    language = (language_name(sample.language),)
    return TaskFile(
        contributors=("Polyclinic",),
        source=(sample.source or "unknown",),
        url=("unknown",),
        categories=(str(sample.metadata.get("category", "unknown")),),
        definition=(sample.instruction,),
        input_language=language,
        output_language=language,
        instruction_language=("English",),
        domains=(sample.domain or "unknown",),
    )
