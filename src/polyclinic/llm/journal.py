"""The journal: every answer that was paid for, in one SQLite file, so that a killed run pays nothing twice.

Answers are kept raw, so parsing them is free to change. Writes are committed together (group commit); `add` returns
when its answer is on file, and a request counts as in flight until then. One process at a time may write. A reserve
of disk space is held while the journal is open, so that what is in flight can still be kept when the disk fills up.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from polyclinic.errors import UserError
from polyclinic.llm.requests import Failure, Reply

COMMIT_INTERVAL = 0.02  # seconds that answers wait for others to be committed with
RESERVE = 8 << 20  # bytes of disk held for what is in flight when the disk fills up
CACHE = 16 << 10  # KiB of the file in memory: the index of some hundred thousand keys
VERSION = 1  # of the tables
TABLES = """
CREATE TABLE replies (
    key TEXT PRIMARY KEY,      -- hash of payload, template version and sample index
    text TEXT NOT NULL,        -- the raw answer
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    attempts INTEGER NOT NULL, -- times the request was sent
    price REAL NOT NULL        -- in the money the endpoint's prices are in
);
CREATE TABLE failures (key TEXT PRIMARY KEY, reason TEXT NOT NULL, refused INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE spent (answers INTEGER, sent INTEGER, prompt_tokens INTEGER, completion_tokens INTEGER, price REAL);
CREATE TABLE batches (
    name TEXT PRIMARY KEY,     -- ours; it stands in the provider's metadata
    address TEXT NOT NULL,     -- base URL of the provider
    id TEXT NOT NULL           -- the provider's; empty until it is known
);
CREATE TABLE batched (key TEXT PRIMARY KEY, batch TEXT NOT NULL) WITHOUT ROWID; -- what is asked in open batches
"""
TOTALS = "count(*), coalesce(sum(attempts), 0), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)"
FROM_VERSION_0 = f"""
ALTER TABLE replies RENAME TO replies_0;
DROP TABLE failures;
{TABLES}
INSERT INTO replies SELECT key, text, finish_reason, prompt_tokens, completion_tokens, attempts, 0.0 FROM replies_0;
DROP TABLE replies_0;
"""
REPLY = "text, finish_reason, prompt_tokens, completion_tokens, attempts, price"


@dataclass(frozen=True, slots=True)
class Spent:
    """What the answers of a journal came to."""

    answers: int = 0
    sent: int = 0  # requests that were sent for them; 429 not counted
    prompt_tokens: int = 0
    completion_tokens: int = 0
    price: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens sent and answered."""
        return self.prompt_tokens + self.completion_tokens


class Journal:
    """Answers by request key. Use it as a context manager; failures of an earlier run are forgotten on opening."""

    def __init__(self, path: Path) -> None:
        """Open or make the journal at `path`; raises UserError when another process has it, or it is no journal."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.full = ""  # why nothing more can be written, once that is so
        self._reserve = path.with_name(f"{path.name}.reserve")
        self._lock: IO[str] = path.with_name(f"{path.name}.lock").open("w")
        self._waiting: dict[str, tuple[Reply | Failure, asyncio.Future[None]]] = {}
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise UserError(f"{path}: another run is writing this journal; wait for it or stop it") from error
        try:
            self._database = _open(path)
            self._failed = False
            self._spent = Spent(*self._database.execute("SELECT * FROM spent").fetchone())
            _hold_space(self._reserve)
        except (sqlite3.DatabaseError, OSError) as error:
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
        """Commit what is open and close the file; raises UserError when it can no longer be written."""
        try:
            self._write(list(self._waiting.items()))
        finally:
            self._waiting.clear()
            with suppress(sqlite3.Error):
                self._database.close()
            self._reserve.unlink(missing_ok=True)
            self._lock.close()

    def find(self, key: str) -> Reply | Failure | None:
        """Return the answer to a request, why it has none, or None when it was not asked yet."""
        if key in self._waiting:
            return self._waiting[key][0]
        if not self._database.in_transaction:  # or each look would take and give back the locks of the file
            self._database.execute("BEGIN")
        return find_answer(self._database, key, self._failed)

    def count(self) -> int:
        """Return the number of answers on file."""
        return self._spent.answers

    def spent(self) -> Spent:
        """Return what all answers on file came to, those of earlier runs among them."""
        return self._spent

    async def add(self, key: str, result: Reply | Failure) -> None:
        """Put a result on file and return when it is committed, together with others that came at the same time.

        Raises:
            UserError: it could not be written, even into the space held in reserve.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_later(COMMIT_INTERVAL, self._commit)
        done: asyncio.Future[None] = loop.create_future()
        self._waiting[key] = (result, done)
        await done

    def put(self, results: Iterable[tuple[str, Reply | Failure]]) -> None:
        """Put many results on file at once, in one transaction; raises UserError as `add` does."""
        self._write([(key, (result, None)) for key, result in results])

    @contextmanager
    def notes(self) -> Iterator[sqlite3.Connection]:
        """Give the database for a transaction of one's own, as the open batches are; all of it is kept or nothing."""
        try:
            if not self._database.in_transaction:
                self._database.execute("BEGIN")
            yield self._database
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._trouble(error) from error
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, {}
        try:
            self._write(list(waiting.items()))
        except UserError as error:
            for _, done in waiting.values():
                if not done.done():
                    done.set_exception(error)
        else:
            for _, done in waiting.values():
                if not done.done():
                    done.set_result(None)

    def _write(self, results: list[tuple[str, tuple[Reply | Failure, asyncio.Future[None] | None]]]) -> None:
        if not results:
            return
        try:
            self._transaction(results)
        except sqlite3.Error as error:
            trouble = self._trouble(error)
            if not self._reserve.exists():
                raise trouble from error
            self.full = str(trouble)
            self._reserve.unlink(missing_ok=True)
            try:
                self._transaction(results)
            except sqlite3.Error:
                raise trouble from error

    def _transaction(self, results: list[tuple[str, tuple[Reply | Failure, asyncio.Future[None] | None]]]) -> None:
        rows, failures = [], []
        spent = self._spent
        answers, sent, asked, said, price = (
            *(spent.answers, spent.sent, spent.prompt_tokens, spent.completion_tokens),
            spent.price,
        )
        for key, (result, _) in results:
            if isinstance(result, Failure):
                failures.append((key, result.reason, result.refused))
            else:
                rows.append(
                    (
                        *(key, result.text, result.finish_reason, result.prompt_tokens, result.completion_tokens),
                        *(result.attempts, result.price),
                    )
                )
                answers += 1
                sent += result.attempts
                asked += result.prompt_tokens
                said += result.completion_tokens
                price += result.price
        try:
            if not self._database.in_transaction:
                self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            if failures:
                self._database.executemany("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", failures)
            self._database.execute(
                "UPDATE spent SET answers = ?, sent = ?, prompt_tokens = ?, completion_tokens = ?, price = ?",
                (answers, sent, asked, said, price),
            )
            self._database.execute("COMMIT")
        except sqlite3.Error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        self._spent = Spent(answers, sent, asked, said, price)
        self._failed = self._failed or bool(failures)

    def _trouble(self, error: sqlite3.Error) -> UserError:
        return UserError(
            f"{self.path}: an answer could not be written ({error}); make room on the disk and run again: "
            "what is on file is kept"
        )


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # WAL with NORMAL: what is committed survives a kill of the process.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA cache_size = -{CACHE}")
    found = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "spent" not in found:
        make = FROM_VERSION_0 if "replies" in found else TABLES
        database.executescript(
            f"BEGIN; {make} INSERT INTO spent SELECT {TOTALS}, 0.0 FROM replies; "
            f"PRAGMA user_version = {VERSION}; COMMIT;"
        )
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise sqlite3.DatabaseError(f"its tables are of version {version}, not {VERSION}")
    database.execute("DELETE FROM failures")
    return database


def _hold_space(file: Path) -> None:
    with file.open("wb") as stream:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(stream.fileno(), 0, RESERVE)
        else:  # macOS
            stream.write(bytes(RESERVE))


def find_answer(database: sqlite3.Connection, key: str, failed: bool) -> Reply | Failure | None:
    """Return what a journal's database has under a key; `failed` says whether there may be failures in it."""
    row = database.execute(f"SELECT {REPLY} FROM replies WHERE key = ?", (key,)).fetchone()
    if row is not None:
        return Reply(*row)
    row = failed and database.execute("SELECT reason, refused FROM failures WHERE key = ?", (key,)).fetchone()
    return Failure(row[0], bool(row[1])) if row else None
