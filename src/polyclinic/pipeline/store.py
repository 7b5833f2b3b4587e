"""The store: a folder of artifacts named `<step>-<hash8>`, and the records of runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from polyclinic.artifacts import MAKING, InputRecord, Manifest, read_manifest
from polyclinic.errors import UserError
from polyclinic.steps import identify


class Store:
    """Finished artifacts, found by the key of what made them."""

    def __init__(self, folder: Path) -> None:
        """Open the store at `folder`; it need not exist yet."""
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder}: the store must be a folder")
        self.folder = folder

    def place(self, step: str, key: str) -> Path:
        """Return the folder an artifact has or will have.

        A finished artifact with this key is taken under whatever step name it was made.
        """
        named = self.folder / f"{step}-{key[:8]}"
        if named.exists():
            return named
        for folder in sorted(self.folder.glob(f"*-{key[:8]}")):
            manifest = read_manifest(folder)
            if manifest is not None and manifest.key == key:
                return folder
        return named

    def finished(self, folder: Path, key: str) -> bool:
        """Say whether `folder` holds the finished artifact with this key.

        Raises UserError when something else stands in its place.
        """
        if not folder.exists():
            return False
        manifest = read_manifest(folder)
        if manifest is None or manifest.key != key:
            raise UserError(f"{folder}: this is not the artifact its name says; move it away and run again")
        return True

    def half_made(self, folder: Path) -> bool:
        """Say whether an earlier try at `folder` was cut off and can be resumed."""
        return (self.folder / MAKING / folder.name / "scratch").exists()

    def latest(self, step: str) -> Manifest | None:
        """Return the manifest of the newest artifact made under a step name."""
        found = [m for f in self._named(step) if (m := read_manifest(f)) is not None and m.step == step]
        return max(found, key=lambda m: m.started, default=None)

    def run_folder(self, recipe: str) -> Path:
        """Return the folder with the record and the page of a recipe's last run."""
        return self.folder / "runs" / recipe

    def identify(self, path: Path) -> InputRecord:
        """Return what a user's own file is known by; its hash is remembered by size and time of change."""
        memory = self.folder / ".fingerprints.json"
        known: dict[str, list[str]] = {}
        if memory.is_file():
            known = json.loads(memory.read_text(encoding="utf-8"))
        name, state = str(path.resolve()), _state(path)
        if known.get(name, ["", ""])[0] == state:
            return InputRecord(name=path.name, key=f"content:{known[name][1]}", fingerprint=known[name][1])
        record = identify(path)
        if record.key.startswith("content:"):
            known[name] = [state, record.fingerprint]
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = memory.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps(known, indent=1), encoding="utf-8")
            os.replace(beside, memory)
        return record

    def _named(self, step: str) -> Iterator[Path]:
        yield from (f for f in self.folder.glob(f"{step}-????????") if f.is_dir())


def _state(path: Path) -> str:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return ";".join(f"{f.name} {f.stat().st_size} {f.stat().st_mtime_ns}" for f in files)
