"""Checkpoints that are whole or not there.

transformers writes a checkpoint in place, file by file. Here one counts only when it carries a mark, which is written
after all its files have reached the disk; what a killed process left without a mark is removed before going on.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

MARK = "complete"
NAME = re.compile(r"checkpoint-(\d+)")


def mark_complete(checkpoint: Path) -> None:
    """Say that a checkpoint is whole, once its files are on disk."""
    for file in sorted(checkpoint.rglob("*")):
        if file.is_file():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
    _sync_folder(checkpoint)
    with (checkpoint / MARK).open("w") as stream:
        os.fsync(stream.fileno())
    _sync_folder(checkpoint)
    _sync_folder(checkpoint.parent)


def last_complete(folder: Path) -> Path | None:
    """Return the latest whole checkpoint in `folder`, or None."""
    whole = {step: path for step, path in _checkpoints(folder).items() if (path / MARK).is_file()}
    return whole[max(whole)] if whole else None


def keep_only(folder: Path, kept: Path | None) -> None:
    """Remove all checkpoints in `folder` but one: older ones, and those a killed process left half written."""
    for path in _checkpoints(folder).values():
        if path != kept:
            (path / MARK).unlink(missing_ok=True)
            shutil.rmtree(path)


def _checkpoints(folder: Path) -> dict[int, Path]:
    found = ((NAME.fullmatch(path.name), path) for path in folder.glob("checkpoint-*"))
    return {int(match.group(1)): path for match, path in found if match}


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
