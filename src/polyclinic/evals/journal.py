"""What was already asked of a model, kept on disk batch by batch, so that an interrupted evaluation goes on.

Answers are keyed by the tokens that were asked; the head of the file says of which model (its weights, tokenizer and
template), in which precision and with which library versions. A journal with another head is not used.
This file knows nothing about models or tasks.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any


class Journal:
    """Answers by key, in a file of JSON lines that grows by one line a batch.

    Use it as a context manager. A line that a killed process left unfinished is cut off, and so is all after it.

    Args:
        path: the file; made when it is not there.
        head: what all answers depend on. When the file has another head, it is begun anew.
    """

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self.answers: dict[str, float] = {}
        first = json.dumps({"head": dict(head)}, sort_keys=True).encode() + b"\n"
        whole = 0  # bytes of finished lines
        if path.exists():
            with path.open("rb") as stream:
                if stream.readline() == first:
                    whole = len(first)
                    for line in stream:
                        found = _parse(line)
                        if found is None:
                            break
                        self.answers.update(found)
                        whole += len(line)
        self.stream = path.open("r+b" if whole else "wb")
        self.stream.truncate(whole)
        self.stream.seek(whole)
        if not whole:
            self._write(first)

    def add(self, answers: Mapping[str, float]) -> None:
        """Keep the answers of one batch; they are on the disk when this returns. NaN is kept as such."""
        self.answers.update(answers)
        # A float written by repr comes back with the same bits; JSON has no NaN or infinity, they become texts.
        cells = {key: value if math.isfinite(value) else str(value) for key, value in answers.items()}
        self._write(json.dumps(cells).encode() + b"\n")

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.close()

    def _write(self, line: bytes) -> None:
        self.stream.write(line)
        self.stream.flush()
        os.fsync(self.stream.fileno())


def _parse(line: bytes) -> dict[str, float] | None:
    """Return the answers in a line, or None when the line was not written to its end."""
    if not line.endswith(b"\n"):
        return None
    try:
        return {key: float(value) for key, value in json.loads(line).items()}
    except (ValueError, AttributeError, TypeError):
        return None
