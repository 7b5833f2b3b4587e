"""The stages in their order, on one machine or many."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from polyclinic.corpus.duplicates.candidates import (
    candidate_chunks,
    exact_chunks,
    pair_chunks,
    unique_chunks,
)
from polyclinic.corpus.duplicates.choice import chosen_chunks, listed_chunks, written_chunks
from polyclinic.corpus.duplicates.comparison import compared_chunks, run_set_chunks
from polyclinic.corpus.duplicates.job import Job, Stage, run_share, run_stage, units_of
from polyclinic.corpus.duplicates.sketches import sketch_chunks

HERE = "polyclinic.corpus.duplicates"
STAGES = (
    Stage("sketches", f"{HERE}.sketches:sketch_maker", sketch_chunks),
    Stage("exact", f"{HERE}.candidates:exact_maker", exact_chunks),
    Stage("unique", f"{HERE}.candidates:unique_maker", unique_chunks),
    Stage("candidates", f"{HERE}.candidates:candidate_maker", candidate_chunks),
    Stage("pairs", f"{HERE}.candidates:pair_maker", pair_chunks),
    Stage("run-sets", f"{HERE}.comparison:run_set_maker", run_set_chunks),
    Stage("compared", f"{HERE}.comparison:compared_maker", compared_chunks),
    Stage("chosen", f"{HERE}.choice:chosen_maker", chosen_chunks),
    Stage("listed", f"{HERE}.choice:listed_maker", listed_chunks),
    Stage("written", f"{HERE}.choice:written_maker", written_chunks),
)

NAMES = tuple(stage.name for stage in STAGES)


def find_duplicates(job: Job, processes: int = 0, done: Callable[[float], None] | None = None) -> None:
    """Make all stages of a job that are not made yet.

    Args:
        job: the search.
        processes: how many work; 0 as many as there are cores, at most four.
        done: told how far all of it is, from 0 to the number of stages.
    """
    for number, stage in enumerate(STAGES):
        told = None if done is None else functools.partial(_tell, done, number)
        run_stage(job, stage, processes, told)
        if done is not None:
            done(number + 1)


def find_duplicates_on_cluster(
    job: Job,
    ranks: int,
    *,
    executor: Literal["local", "slurm", "ray"] = "local",
    workers: int = 1,
    stages: Sequence[str] = NAMES,
    **options: Any,
) -> None:
    """Do the same over datatrove's executors: each stage in `ranks` shares, finished shares are not run again.

    Slurm's jobs are only submitted, so that there one stage is named in `stages` at a time, when the one before it is
    done. When all are, `corpus.deduplicate` with the setting `prepared` writes the documents.

    Args:
        job: the search; its folder and the corpora must be seen by all machines.
        ranks: shares of a stage.
        executor: as in `polyclinic.llm.run_ranks`.
        workers: ranks that run at the same time.
        stages: names of the stages to make, in their order.
        options: further arguments of datatrove's executor.

    Raises UserError when datatrove is not installed or a process died; what is done is kept.
    """
    from polyclinic.llm import run_ranks

    units_of(job)  # the corpora are numbered once, by one process
    (Path(job.folder) / "job.json").write_bytes(msgspec.json.encode(job))
    for stage in STAGES:
        if stage.name in stages:
            share = functools.partial(_share, job, stage.name)
            marks = Path(job.folder) / "ranks" / stage.name
            run_ranks(share, ranks, marks, executor=executor, workers=workers, **options)


def _share(job: Job, name: str, rank: int, ranks: int) -> None:
    run_share(job, next(stage for stage in STAGES if stage.name == name), rank, ranks)


def _tell(done: Callable[[float], None], number: int, made: int, total: int) -> None:
    done(number + made / max(1, total))
