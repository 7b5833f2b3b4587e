"""The journal: every answer that was paid for, in one SQLite file, so that a killed run pays nothing twice.

Answers are kept raw, so parsing them is free to change. Writes are committed together (group commit); `add` returns
when its answer is on file, and a request counts as in flight until then. One process at a time may write.
"""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import IO

from polyclinic.errors import UserError
from polyclinic.llm.requests import Failure, Reply

COMMIT_INTERVAL = 0.02  # seconds that answers wait for others to be committed with
TABLES = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY,      -- hash of payload, template version and sample index
    text TEXT NOT NULL,        -- the raw answer
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    attempts INTEGER NOT NULL  -- times the request was sent
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
"""


class Journal:
    """Answers by request key. Use it as a context manager; failures of an earlier run are forgotten on opening."""

    def __init__(self, path: Path) -> None:
        """Open or make the journal at `path`; raises UserError when another process has it, or it is no journal."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock: IO[str] = path.with_name(f"{path.name}.lock").open("w")
        self._waiting: asyncio.Future[None] | None = None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise UserError(f"{path}: another run is writing this journal; wait for it or stop it") from error
        try:
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            # WAL with NORMAL: what is committed survives a kill of the process.
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(TABLES)
            self._database.execute("DELETE FROM failures")
        except sqlite3.DatabaseError as error:
            self._lock.close()
            raise UserError(
                f"{path}: cannot be used as a journal of answers ({error}); if the disk is full, make room. If the "
                "file is damaged, move it away; its answers will be asked for again"
            ) from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Commit what is open and close the file."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")
        self._database.close()
        self._lock.close()

    def find(self, key: str) -> Reply | Failure | None:
        """Return the answer to a request, why it has none, or None when it was not asked yet."""
        row = self._database.execute(
            "SELECT text, finish_reason, prompt_tokens, completion_tokens, attempts FROM replies WHERE key = ?",
            (key,),
        ).fetchone()
        if row is not None:
            return Reply(*row)
        failed = self._database.execute("SELECT reason FROM failures WHERE key = ?", (key,)).fetchone()
        return None if failed is None else Failure(failed[0])

    def count(self) -> int:
        """Return the number of answers on file."""
        return int(self._database.execute("SELECT count(*) FROM replies").fetchone()[0])

    async def add(self, key: str, result: Reply | Failure) -> None:
        """Put a result on file and return when it is committed, together with others that came at the same time."""
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(COMMIT_INTERVAL, self._commit)
        waiting = self._waiting
        try:
            if not self._database.in_transaction:
                self._database.execute("BEGIN")
            if isinstance(result, Failure):
                self._database.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (key, result.reason))
            else:
                self._database.execute(
                    "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        key,
                        result.text,
                        result.finish_reason,
                        result.prompt_tokens,
                        result.completion_tokens,
                        result.attempts,
                    ),
                )
        except sqlite3.OperationalError as error:
            raise self._full(error) from error
        await asyncio.shield(waiting)

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, None
        try:
            if self._database.in_transaction:
                self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if waiting is not None and not waiting.done():
                waiting.set_exception(self._full(error))
        else:
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    def _full(self, error: sqlite3.Error) -> UserError:
        return UserError(
            f"{self.path}: an answer could not be written ({error}); make room on the disk and run again: "
            "what is on file is kept"
        )
