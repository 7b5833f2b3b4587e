"""A folder of results: built beside its place, renamed into it when whole, with a manifest of what made it.

This file knows nothing about step kinds or recipes. `building` is the only way an artifact comes into being, so a
killed process or a full disk never leaves a folder that looks whole.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import mmap
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import xxhash
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from polyclinic.errors import UserError, WorkStopped

MANIFEST = "manifest.json"
NOT_CONTENT = (MANIFEST, "README.md", "page.html", "training_log.jsonl")  # which tell of times and places
MAPPED = 8 << 20  # bytes of a file that are hashed at a time
FULL = 1 << 16  # bytes free below which a disk is full: what is left when a write did not fit
OPENINGS = 1000  # tries at a folder that other processes keep removing
MAKING = ".making"  # where artifacts are while they are half made; beside the finished ones


class InputRecord(BaseModel):
    """One artifact or file that went into another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str  # step name for an artifact of the store, path for the user's own file
    key: str  # key of the step that made it, or `content:` and a hash for the user's own file
    fingerprint: str = ""  # hash of the content


class Manifest(BaseModel):
    """What made an artifact, from what, when and at what cost."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    polyclinic: str  # version of this package
    step: str  # name of the step in the recipe, or of the folder
    kind: str  # step kind, e.g. train.pit
    output: str  # type of the artifact: documents, samples, model, ...
    key: str  # hash of kind, code version, settings, seed and inputs
    code_version: int  # version of the kind's code that changes results
    settings: dict[str, Any]  # all settings that change the result, defaults included
    inputs: dict[str, list[InputRecord]]  # by field
    seed: int
    packages: dict[str, str] = Field(default_factory=dict)  # packages whose version is part of the key
    fingerprint: str = ""  # hash of the content
    licenses: dict[str, int] = Field(default_factory=dict)  # licence -> records, of all data in it
    sources: dict[str, int] = Field(default_factory=dict)  # source -> records, of all data in it
    facts: dict[str, Any] = Field(default_factory=dict)  # what the step measured: counts, losses
    started: str = ""  # ISO 8601, UTC
    seconds: float = 0.0  # wall time, without earlier tries that were killed
    cpu_seconds: float = 0.0
    peak_memory_mb: float = 0.0
    versions: dict[str, str] = Field(default_factory=dict)  # python and the libraries it ran with


@dataclass(frozen=True)
class Building:
    """An artifact while it is half made."""

    out: Path  # what will become the artifact; empty at the start
    scratch: Path  # survives a kill and is there when the work is resumed; gone when the artifact is whole


@contextmanager
def building(target: Path, key: str = "") -> Iterator[Building]:
    """Make the folder `target`: the block fills `out`, a manifest among it; then it is renamed into place.

    A block that raises, or a process that is killed, leaves no `target`; `scratch` is kept for the next try of the
    same `key`. What another key left there (other settings under the same name) is thrown away.
    Raises UserError when `target` exists or another process is making it, and OSError with ENOSPC when the disk is
    full, whatever the library that was writing calls it.
    """
    room = target.parent / MAKING
    with _locked(room / f"{target.name}.lock", target):
        if target.exists():
            raise UserError(f"{target} exists already; choose another folder or remove it first")
        place = room / target.name
        out, scratch = place / "out", place / "scratch"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        if not (place / "key").is_file() or (place / "key").read_text() != key:
            shutil.rmtree(scratch, ignore_errors=True)
            (place / "key").write_text(key)
        scratch.mkdir(exist_ok=True)
        try:
            yield Building(out, scratch)
        except BaseException as error:
            full = (
                isinstance(error, Exception)
                and not isinstance(error, (UserError, WorkStopped))
                and is_full(room, error)
            )
            if not any(scratch.iterdir()):  # there is nothing to go on from
                _clear(room, place)
            if full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
            raise
        if not (out / MANIFEST).exists():
            raise RuntimeError(f"{target.name}: made without a manifest")
        _sync(out)
        os.replace(out, target)
        _sync_folder(target.parent)
        _clear(room, place)


def _clear(room: Path, place: Path) -> None:
    """Remove what is left of making one artifact, and the room when no other is being made in it."""
    shutil.rmtree(place, ignore_errors=True)
    (room / f"{place.name}.lock").unlink(missing_ok=True)
    with suppress(OSError):  # another artifact is being made here
        room.rmdir()


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of an artifact, or None when the folder has none.

    Raises UserError when it cannot be read.
    """
    file = folder / MANIFEST
    if not file.is_file():
        return None
    try:
        return Manifest.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise UserError(
            f"{file}: not a manifest of this version ({error.errors()[0]['msg']}); move the folder away"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json` into an artifact that is being made."""
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")


def content_fingerprint(path: Path) -> str:
    """Return the hash (xxh3, 128 bits) of a file, or of all files below a folder with their names.

    It tells content apart and is no seal against forgery; on large models it is many times faster than SHA-256.

    Manifests, cards, pages and logs of trainings are left out: they tell of times and places, not of content.
    """
    digest = xxhash.xxh3_128()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        name = "" if path.is_file() else file.relative_to(path).as_posix()
        if name in NOT_CONTENT or name.startswith("tensorboard/"):
            continue
        digest.update(f"{name}\0{file.stat().st_size}\0".encode())
        if file is not path and not os.access(file, os.R_OK):
            digest.update(b"\0unreadable")  # one of thousands may be; whoever reads the folder says so
            continue
        with file.open("rb", buffering=0) as stream:
            for start in range(0, file.stat().st_size, MAPPED):
                # Mapped, not read: the hash goes through the page cache itself, at a third of the cost.
                length = min(MAPPED, os.fstat(stream.fileno()).st_size - start)
                if hasattr(os, "posix_fadvise"):  # what comes next is read from the disk meanwhile
                    os.posix_fadvise(stream.fileno(), start, 2 * MAPPED, os.POSIX_FADV_WILLNEED)
                if length > 0:
                    with mmap.mmap(stream.fileno(), length, access=mmap.ACCESS_READ, offset=start) as block:
                        digest.update(block)
    return digest.hexdigest()


def canonical_hash(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON object, whatever the order of its fields."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _locked(file: Path, target: Path) -> Iterator[None]:
    with _opened(file) as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"{target} is being made by another process; wait for it or stop it") from error
        yield


def _opened(file: Path) -> IO[str]:
    failed: OSError | None = None
    for _ in range(OPENINGS):
        # Another process that was ready may remove the empty folder at any moment; mkdir then says that it exists.
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            return file.open("w")
        except (FileNotFoundError, FileExistsError) as error:
            failed = error
        if file.parent.exists() and not file.parent.is_dir():
            raise UserError(f"{file.parent} is a file; artifacts are made in a folder of this name, so move it away")
        for folder in file.parents:
            if folder.is_symlink() and not folder.exists():
                raise UserError(f"{folder} is a link to {os.readlink(folder)}, which is not there; mount or mend it")
    raise UserError(f"{file.parent}: the folder cannot be made ({failed}); choose another place") from failed


def is_full(folder: Path, error: Exception) -> bool:
    """Say whether a write failed for want of space; each library has its own error for that, some say nothing."""
    said = any(text in str(error) for text in ("No space left", "os error 28", "disk is full"))
    return said or shutil.disk_usage(folder).free < FULL


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        elif path.is_dir():
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
