"""The ledger: what left the building, when, to whom, and at what cost.

A file of JSON lines that is only ever added to. A row is written before a text is sent and another when its answer
came, so nothing can leave without a row, wherever a run is killed.

    {"time": "2026-11-21T09:30:00.123+00:00", "sent": KEY, "to": URL, "model": NAME, "messages": [[ROLE, TEXT], ...]}
    {"time": "...", "answered": KEY, "prompt_tokens": 812, "completion_tokens": 230, "price": 0.0031}
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.llm.requests import Failure, Question, Reply

NAME = "ledger.jsonl"


class Ledger:
    """Rows are whole: each is one write to a file opened for appending, so several processes may share it."""

    def __init__(self, path: Path) -> None:
        """Open or make the ledger; raises UserError when that is not possible."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise UserError(
                f"{path}: the ledger cannot be written ({error.strerror}); nothing is sent without it"
            ) from error
        self.path = path

    def sent(self, question: Question, url: str, model: str) -> None:
        """Write down that a question is about to be sent; raises UserError when it cannot be, so it must not be."""
        self._row(sent=question.key, to=url, model=model, messages=question.request.messages)

    def answered(self, key: str, result: Reply | Failure) -> None:
        """Write down what came back."""
        if isinstance(result, Failure):
            self._row(answered=key, failure=result.reason)
        else:
            self._row(
                answered=key,
                prompt_tokens=result.prompt_tokens,
                completion_tokens=result.completion_tokens,
                price=result.price,
            )

    def close(self) -> None:
        """Write everything to disk and close the file."""
        os.fsync(self._file)
        os.close(self._file)

    def _row(self, **fields: Any) -> None:
        row = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields}
        line = json.dumps(row).encode("ascii") + b"\n"
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise self._trouble(str(error.strerror)) from error
        if written != len(line):
            raise self._trouble("the disk is full")

    def _trouble(self, reason: str) -> UserError:
        return UserError(f"{self.path}: the ledger cannot be written ({reason}); nothing more is sent without it")
