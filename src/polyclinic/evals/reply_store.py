"""Replies on file: one SQLite database for one model asked in one way, written batch by batch.

The head says what all replies depend on (weights, tokenizer, template, decoding, backend and its version); a file
with another head is begun anew, so a reply is never given to another model. A batch is on file whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.evals.writing import Written

TABLES = """
CREATE TABLE IF NOT EXISTS head (text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, finish_reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, problem TEXT NOT NULL) WITHOUT ROWID;
"""


class ReplyStore:
    """Replies by the keys of their requests; failures of an earlier run are forgotten, so they are tried again.

    Args:
        path: the file; made when it is not there.
        head: what all replies depend on.

    Raises UserError when the file is no database.
    """

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(dict(head), sort_keys=True)
        try:
            self._database = self._open(path)
            found = self._database.execute("SELECT text FROM head").fetchone()
            if found is not None and found[0] != text:
                self._database.close()
                for file in path.parent.glob(f"{path.name}*"):
                    file.unlink()
                self._database, found = self._open(path), None
            if found is None:
                self._database.execute("INSERT INTO head VALUES (?)", (text,))
            self._database.execute("DELETE FROM failures")
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"{path}: cannot be used as a file of replies ({error}); if the disk is full, make room. If the file "
                "is damaged, move it away; its replies will be asked for again"
            ) from error

    def find(self, key: str) -> Written | None:
        """Return what is known under a key, None when it was not asked yet."""
        row = self._database.execute("SELECT text, finish_reason FROM replies WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return Written(*row)
        failed = self._database.execute("SELECT problem FROM failures WHERE key = ?", (key,)).fetchone()
        return None if failed is None else Written(problem=failed[0])

    def add(self, found: Mapping[str, Written]) -> None:
        """Keep the replies of one batch, all or none."""
        with self._database:
            self._database.execute("BEGIN")
            for key, one in found.items():
                if one.problem:
                    self._database.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (key, one.problem))
                else:
                    # A lone surrogate cannot be stored as UTF-8; a reply that holds one keeps a question mark there.
                    text = one.text.encode("utf-8", "replace").decode()
                    row = (key, text, one.finish_reason)
                    self._database.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?)", row)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        database = sqlite3.connect(path, isolation_level=None)
        try:
            # WAL with NORMAL: what is committed survives a kill of the process.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(TABLES)
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database
