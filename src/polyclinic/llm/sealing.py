"""Sealed shards: what came of a list of requests, out of the journal, as Parquet files in the order of the requests.

A shard is written beside its place, put on disk and renamed, so one that is there is whole, and sealing again goes on
behind the last. What was tried how often is no part of it: an undisturbed run and one that was killed give the same
bytes. DuckDB reads the shards as one table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.llm.requests import Answers, Asked, ChatRequest, Outcome, settle

if TYPE_CHECKING:
    import duckdb

SHARD_ROWS = 50_000


def seal(
    requests: Iterable[ChatRequest], teacher: Asked, journal: Answers, folder: Path, shard_rows: int = SHARD_ROWS
) -> int:
    """Write what came of each request into `folder`, `answers-00000.parquet` and so on; return the number of rows.

    Columns: `key`, `template`, `sample`, `messages` (JSON), `outcome` (accepted, rejected or failed), `reason`,
    `answer` (raw: the accepted one, or the last rejected), `finish_reason`, and over all the answers to the request
    `asked`, `prompt_tokens`, `completion_tokens`, `price`.

    Raises:
        UserError: a request is not settled; ask for everything first. Shards before it are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = number = 0
    waiting = iter(requests)
    while True:
        file = folder / f"answers-{number:05d}.parquet"
        known = _keys(file) if file.exists() else []
        if len(known) == shard_rows:
            _check_same(file, islice(waiting, shard_rows), known, teacher)
            found = shard_rows
        else:  # none yet, or the last one of a shorter list
            found = _write_shard(file, (_row(request, teacher, journal) for request in islice(waiting, shard_rows)))
        rows += found
        number += 1
        if found < shard_rows:
            break
    beyond = folder / f"answers-{number if found else number - 1:05d}.parquet"
    if beyond.exists():
        raise _of_others(beyond)
    return rows


def _keys(file: Path) -> list[str]:
    import pyarrow.parquet

    found: list[str] = pyarrow.parquet.read_table(file, columns=["key"]).column("key").to_pylist()
    return found


def _check_same(file: Path, requests: Iterable[ChatRequest], known: list[str], teacher: Asked) -> None:
    """Raise UserError when a whole shard is of other requests."""
    keys = ["" if request.withheld else request.key(teacher) for request in requests]
    if keys != known:
        raise _of_others(file)


def _of_others(file: Path) -> UserError:
    return UserError(
        f"{file}: a sealed shard of other requests (another teacher, other prompts or order, or a longer list); "
        "seal into another folder or remove this one"
    )


def read_shards(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection, in memory, in which `answers` is the table of all sealed shards of a folder.

    Raises:
        UserError: there are none.
    """
    import duckdb

    if not any(folder.glob("answers-*.parquet")):
        raise UserError(f"{folder}: no sealed shards here; expected answers-00000.parquet and so on")
    connection = duckdb.connect()
    pattern = str(folder / "answers-*.parquet").replace("'", "''")
    connection.execute(f"CREATE VIEW answers AS SELECT * FROM read_parquet('{pattern}')")
    return connection


def _row(request: ChatRequest, teacher: Asked, journal: Answers) -> dict[str, Any]:
    outcome = settle(request, teacher, journal)
    key = "" if request.withheld else request.key(teacher)
    if outcome.open is not None:
        raise UserError(f"the answer to request {key[:16]} is not in the journal; ask for everything first")
    replies = [reply for reply, _ in outcome.rejected] + ([outcome.accepted] if outcome.accepted else [])
    name, reason = _verdict(outcome)
    return {
        "key": key,
        "template": request.template,
        "sample": request.sample,
        "messages": json.dumps(request.messages),
        "outcome": name,
        "reason": reason,
        "answer": replies[-1].text if replies else "",
        "finish_reason": replies[-1].finish_reason if replies else "",
        "asked": len(replies),
        "prompt_tokens": sum(reply.prompt_tokens for reply in replies),
        "completion_tokens": sum(reply.completion_tokens for reply in replies),
        "price": sum(reply.price for reply in replies),
    }


def _verdict(outcome: Outcome) -> tuple[str, str]:
    if outcome.accepted is not None:
        return "accepted", ""
    if outcome.failure is not None:
        return "failed", outcome.failure.reason
    return "rejected", outcome.rejected[-1][1]


def _write_shard(file: Path, rows: Iterator[dict[str, Any]]) -> int:
    """Write a shard and return its rows; none leaves no file."""
    import pyarrow
    import pyarrow.parquet

    text, number = pyarrow.string(), pyarrow.int64()
    schema = pyarrow.schema(
        [
            *(("key", text), ("template", text), ("sample", number), ("messages", text), ("outcome", text)),
            *(("reason", text), ("answer", text), ("finish_reason", text), ("asked", number)),
            *(("prompt_tokens", number), ("completion_tokens", number), ("price", pyarrow.float64())),
        ]
    )
    count = 0
    half_written = file.with_name(f".{file.name}")
    with pyarrow.parquet.ParquetWriter(half_written, schema, compression="zstd") as writer:
        for some in _batches(rows, 2_000):
            writer.write_table(pyarrow.Table.from_pylist(some, schema))
            count += len(some)
    if not count:
        half_written.unlink()
        return 0
    with half_written.open("rb") as stream:
        os.fsync(stream.fileno())
    os.replace(half_written, file)
    return count


def _batches(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while some := list(islice(rows, size)):
        yield some
