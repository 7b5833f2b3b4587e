"""Several journals read as one, as the ranks of a cluster leave them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from polyclinic.errors import UserError
from polyclinic.llm.journal import Spent, find_answer
from polyclinic.llm.requests import Failure, Reply


class JournalFiles:
    """Reads several journals as one, as the ranks of a cluster leave them; it writes nothing and locks nobody out."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Open the journals; raises UserError when one is not there or is no journal."""
        self._databases = []
        for path in paths:
            if not path.is_file():
                raise UserError(f"{path}: no journal here; has its rank not run yet?")
            try:
                database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
                database.execute("SELECT price FROM replies LIMIT 1")
            except sqlite3.DatabaseError as error:
                raise UserError(f"{path}: cannot be read as a journal of answers ({error})") from error
            self._databases.append(database)

    def __enter__(self) -> JournalFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        for database in self._databases:
            database.close()

    def find(self, key: str) -> Reply | Failure | None:
        """Return the answer to a request from whichever journal has it, why it has none, or None."""
        failure = None
        for database in self._databases:
            found = find_answer(database, key, failed=True)
            if isinstance(found, Reply):
                return found
            failure = failure or found
        return failure

    def spent(self) -> Spent:
        """Return what the answers of all the journals came to."""
        rows = [database.execute("SELECT * FROM spent").fetchone() for database in self._databases]
        return Spent(*(sum(column) for column in zip(*rows, strict=True)))
