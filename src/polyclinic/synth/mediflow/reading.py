"""`synth.published`: the published MediFlow set as samples, in the place of what `synth.mediflow` would write."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Sample, write_records
from polyclinic.step_settings import Settings, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.mediflow.published import published_rows, row_as_sample, split_files


class PublishedSettings(Settings):
    """Where the published set lies, and what of it is read."""

    data: SourcePath = Field(description="your copy of microsoft/mediflow: its folder, or a .parquet or .jsonl file")
    split: Literal["mediflow", "mediflow_dpo"] = Field(
        "mediflow", description="mediflow: instructions; mediflow_dpo: those with a rejected output"
    )
    limit: int = Field(0, ge=0, description="rows, from the beginning; 0 = all")


def check_published(settings: PublishedSettings) -> None:
    """Look for the files of the split; raises UserError when there is none."""
    split_files(settings.data, settings.split)


@step_kind("synth.published", PublishedSettings, output="samples", version=1, check=check_published)
def published(settings: PublishedSettings, work: Work) -> None:
    """Read the published MediFlow set (`microsoft/mediflow`), or one of its layout, as samples.

    Scores and axes come into the samples' metadata under the names that `synth.judge` and `synth.mediflow` use, so
    `synth.select`, `synth.preferences` and `synth.pairs` take it. Raises UserError for another layout.
    """
    counted = Counter[str]()

    def samples() -> Iterator[Sample]:
        rows = published_rows(settings.data, settings.split)
        for number, (where, row) in enumerate(itertools.islice(rows, settings.limit or None)):
            sample = row_as_sample(row, number, settings.split, where)
            counted[str(sample.metadata["task_type"])] += 1
            yield sample

    if not write_records(work.out, samples(), Sample):
        raise UserError(f"{settings.data}: the split {settings.split} is empty")
    work.facts.update(samples=counted.total(), task_types=dict(sorted(counted.items())))
