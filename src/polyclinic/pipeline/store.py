"""The store: a folder of artifacts named `<step>-<hash8>`, and the records of runs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from polyclinic.artifacts import MAKING, MANIFEST, InputRecord, Manifest, read_manifest
from polyclinic.errors import UserError
from polyclinic.records import RECORD_TYPES, read_records
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

    def tidy(self, folder: Path) -> None:
        """Remove what a process that was killed at its very end left beside its finished artifact."""
        if folder.exists():
            shutil.rmtree(self.folder / MAKING / folder.name, ignore_errors=True)

    def latest(self, step: str) -> Manifest | None:
        """Return the manifest of the newest artifact made under a step name."""
        found = [
            (manifest.started, (folder / MANIFEST).stat().st_mtime_ns, manifest.key, manifest)
            for folder in self._named(step)
            if (manifest := read_manifest(folder)) is not None and manifest.step == step
        ]
        return max(found, key=lambda entry: entry[:3])[3] if found else None

    def run_folder(self, recipe: str) -> Path:
        """Return the folder with the record and the page of a recipe's last run."""
        return self.folder / "runs" / recipe

    def identify(self, path: Path, wanted: str = "") -> InputRecord:
        """Return what a user's own file is known by; its hash is remembered by size and time of change.

        Records (`wanted` is documents, samples, preferences or scores) are read through once for each content, so
        that a broken line is found before anything runs. Raises UserError naming it.
        """
        memory = self.folder / ".fingerprints.json"
        known = _read_memory(memory)
        name, state = str(path.resolve()), _state(path)
        remembered, fingerprint, *checked = known.get(name, ["", ""])
        if remembered == state and (wanted in checked or wanted not in RECORD_TYPES):
            return InputRecord(name=path.name, key=f"content:{fingerprint}", fingerprint=fingerprint)
        record = identify(path)
        if record.key.startswith("content:"):
            checked = checked if fingerprint == record.fingerprint else []
            if wanted in RECORD_TYPES and wanted not in checked:
                for _ in read_records(path, RECORD_TYPES[wanted]):
                    pass
                checked.append(wanted)
            known[name] = [state, record.fingerprint, *checked]
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = memory.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps(known, indent=1), encoding="utf-8")
            os.replace(beside, memory)
        return record

    def _named(self, step: str) -> Iterator[Path]:
        yield from (f for f in self.folder.glob(f"{step}-????????") if f.is_dir())


def _read_memory(file: Path) -> dict[str, list[str]]:
    try:
        known = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):  # a memory that is lost or damaged costs time only
        return {}
    whole = isinstance(known, dict) and all(
        isinstance(entry, list) and len(entry) >= 2 and all(isinstance(text, str) for text in entry)
        for entry in known.values()
    )
    return known if whole else {}


def _state(path: Path) -> str:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        name = file.relative_to(path).as_posix()
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\0".encode())
    return digest.hexdigest()
