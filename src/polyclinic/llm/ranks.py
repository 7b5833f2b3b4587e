"""Many machines: the same work in shards, with a journal each, run by datatrove's executors.

A rank is a plain function of its number and the number of ranks; it takes its share of the items (`of_rank`), asks
with a journal of its own (`journal_of`, as SQLite does not work on network drives with several writers), and can be
called without any of this. Finished ranks are marked by datatrove and not run again; one that was killed goes on from
its journal. `journals` reads all of them as one.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Literal, TypeVar

from polyclinic.errors import UserError
from polyclinic.llm.journal_files import JournalFiles

Item = TypeVar("Item")
RankWork = Callable[[int, int], object]  # called with the number of the rank, from 0, and the number of ranks

MARKS = "datatrove"  # folder of the marks of finished ranks, and of their logs


def of_rank(items: Iterable[Item], rank: int, ranks: int) -> Iterator[Item]:
    """Yield the share of a rank: every item whose place in the list, divided by `ranks`, leaves `rank`."""
    return islice(items, rank, None, ranks)


def journal_of(folder: Path, rank: int, ranks: int) -> Path:
    """Return where the journal of a rank lies.

    Raises:
        UserError: the folder holds journals of another number of ranks; their answers would be asked for again.
    """
    for file in folder.glob("journal-*-of-*.sqlite"):
        found = re.fullmatch(r"journal-\d+-of-(\d+)\.sqlite", file.name)
        if found and int(found.group(1)) != ranks:
            raise UserError(
                f"{folder}: its journals are of {int(found.group(1))} ranks, not {ranks}; go on with as many, or use "
                "another folder (what is on file would be asked for again)"
            )
    return folder / f"journal-{rank:05d}-of-{ranks:05d}.sqlite"


def journals(folder: Path, ranks: int) -> JournalFiles:
    """Return the journals of all ranks as one, to read; raises UserError when one is not there."""
    return JournalFiles(journal_of(folder, rank, ranks) for rank in range(ranks))


def run_ranks(
    work: RankWork,
    ranks: int,
    folder: Path,
    *,
    executor: Literal["local", "slurm", "ray"] = "local",
    workers: int = 1,
    **options: Any,
) -> None:
    """Run every rank that is not finished yet.

    Args:
        work: what one rank does; a function of a module, or `functools.partial` of one, so that other processes can
            be told of it.
        ranks: how many there are.
        folder: where journals lie and finished ranks are marked; all machines must see it.
        executor: processes of this machine, jobs of Slurm, or tasks of Ray. Slurm's jobs are only submitted.
        workers: ranks that run at the same time.
        options: further arguments of datatrove's executor; Slurm needs `time` and `partition`.

    Raises:
        UserError: datatrove is not installed, or a process of this machine died; what it had answered is kept.
    """
    try:
        import datatrove.executor as engines
    except ImportError as error:
        raise UserError(
            "many machines are run by datatrove, which is not installed: pip install 'polyclinic[cluster]'"
        ) from error
    folder = folder.absolute()
    marks = str(folder / MARKS)
    if executor == "local":
        _run_locally(work, ranks, marks, min(workers, ranks), options)
    elif executor == "slurm":
        engines.SlurmPipelineExecutor([_Step(work)], tasks=ranks, workers=workers, logging_dir=marks, **options).run()
    else:
        engines.RayPipelineExecutor([_Step(work)], tasks=ranks, workers=workers, logging_dir=marks, **options).run()


def _run_locally(work: RankWork, ranks: int, marks: str, workers: int, options: dict[str, Any]) -> None:
    """Give each worker a row of ranks in a process of its own.

    datatrove's own pool of processes waits for ever when one of them is killed.
    """
    spawned = multiprocessing.get_context("spawn")
    starts = [ranks * worker // workers for worker in range(workers + 1)]
    processes = [
        spawned.Process(target=_run_row, args=(work, ranks, start, end - start, marks, options))
        for start, end in pairwise(starts)
    ]
    for process in processes:
        process.start()
    try:
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.terminate()
            process.join()
    died = [
        f"ranks {start} to {end - 1} (exit status {process.exitcode})"
        for process, (start, end) in zip(processes, pairwise(starts), strict=True)
        if process.exitcode
    ]
    if died:
        raise UserError(
            f"{'; '.join(died)}: did not finish, see above and {marks}/logs. Every answer is kept; run again to go on"
        )


def _run_row(work: RankWork, ranks: int, first: int, count: int, marks: str, options: dict[str, Any]) -> None:
    from datatrove.executor import LocalPipelineExecutor

    LocalPipelineExecutor(
        [_Step(work)],
        tasks=ranks,
        workers=1,
        local_tasks=count,
        local_rank_offset=first,
        logging_dir=marks,
        **options,
    ).run()


class _Step:
    """A rank's work as datatrove calls it."""

    def __init__(self, work: RankWork) -> None:
        self.work = work

    def __call__(self, data: object, rank: int, world_size: int) -> None:
        self.work(rank, world_size)
