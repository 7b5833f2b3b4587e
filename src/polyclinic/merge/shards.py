"""Writes a model's tensors into safetensors files whose layout is fixed before the first byte is written.

Since every tensor's place is known, several threads can write at once and in any order, and the bytes are the same.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import xxhash

from polyclinic.errors import UserError
from polyclinic.merge.numbers import Bits
from polyclinic.merge.weights import ITEM_BYTES, StoredTensor

WRITE = 4 << 20  # bytes written at a time: smaller writes cost the system more
PAGE = 4096  # bytes: what direct writes are aligned to
ROOM = 1 << 20  # bytes that are added at a time, at most


class Target(Protocol):
    """Where the bytes of a merged tensor go."""

    def write(self, start: int, data: Bits) -> None:
        """Take bytes from `start` on, counted from the tensor's first."""


@dataclass(frozen=True)
class Place:
    """Where a tensor of the result goes."""

    name: str
    file: Path
    offset: int
    descriptor: int
    direct: int = -1  # the same file, opened for writes that bypass the page cache, where the file system has that

    def write(self, start: int, data: Bits) -> None:
        """Write bytes from `start` on, counted from the tensor's first. Raises UserError when the disk is full.

        Whole pages go to the disk directly when they lie in memory as they will lie in the file: that costs no copy,
        and the cache keeps what it holds.
        """
        begin, view = self.offset + start, data.data
        head = min(-begin % PAGE, data.size)
        middle = (data.size - head) // PAGE * PAGE
        if self.direct < 0 or not middle or (data.ctypes.data + head) % PAGE:
            self._write(self.descriptor, view, begin)
            return
        self._write(self.descriptor, view[:head], begin)
        self._write(self.direct, view[head : head + middle], begin + head)
        self._write(self.descriptor, view[head + middle :], begin + head + middle)

    def _write(self, descriptor: int, view: memoryview, begin: int) -> None:
        done = 0
        while done < len(view):
            try:
                done += os.pwrite(descriptor, view[done:], begin + done)
            except OSError as error:
                if descriptor == self.direct and error.errno == errno.EINVAL:  # other alignment than pages is wanted
                    descriptor = self.descriptor
                    continue
                raise _cannot_write(self.file, f"tensor {self.name}", error) from error


class TensorWriter:
    """Collects the bytes of one tensor, in order, writes them in large pieces and hashes them on the way."""

    def __init__(self, place: Target, size: int, largest: int = ROOM) -> None:
        """Prepare for `size` bytes at `place`, which come at most `largest` at a time."""
        self.place, self.size = place, size
        self.written = 0
        self.digest = xxhash.xxh3_128()
        # Memory that lies to pages as the file does, so that whole pages can be written directly.
        self.skew = place.offset % PAGE if isinstance(place, Place) else 0
        room = min(size, WRITE + largest) + 2 * PAGE
        memory = np.empty(room + PAGE, np.uint8)
        self.memory = memory[-memory.ctypes.data % PAGE :]
        self.filled = self.skew  # how far the memory is filled

    def room(self, count: int) -> Bits:
        """Return memory for the next bytes; `add` says that they are there."""
        if self.filled + count > self.memory.size:
            raise ValueError(f"{count} bytes at a time are too many")
        return self.memory[self.filled : self.filled + count]

    def address(self, count: int) -> int:
        """Return where the memory for the next bytes begins."""
        return int(self.room(count).ctypes.data)

    def add(self, count: int) -> None:
        """Take the next bytes, which are in the memory `room` gave."""
        self.digest.update(self.memory[self.filled : self.filled + count].data)
        self.filled += count
        if self.filled >= WRITE:
            whole = self.filled // PAGE * PAGE
            self._write(whole)
            rest = self.filled - whole
            self.memory[:rest] = self.memory[whole : self.filled].copy()
            self.skew, self.filled = 0, rest

    def finish(self) -> str:
        """Write what is left; return the hash of all bytes. Raises RuntimeError when bytes are missing."""
        self._write(self.filled)
        if self.written != self.size:
            raise RuntimeError(f"the method gave {self.written} of {self.size} bytes")
        return self.digest.hexdigest()

    def _write(self, end: int) -> None:
        if end > self.skew:
            self.place.write(self.written, self.memory[self.skew : end])
            self.written += end - self.skew


@contextmanager
def shards(folder: Path, tensors: Sequence[StoredTensor], shard_bytes: int) -> Iterator[dict[str, Place]]:
    """Make the weight files for tensors like these and give each one's place while the block runs.

    One `model.safetensors` when all fit into `shard_bytes`, otherwise numbered shards and their index; a tensor
    larger than that has a shard of its own. Raises UserError when the disk has too little room.
    """
    total = sum(tensor.bytes for tensor in tensors)
    free = shutil.disk_usage(folder).free
    if total > free:
        raise UserError(
            f"{folder}: the merged weights need {total / 1e9:.2f} GB, the disk has {free / 1e9:.2f} GB left"
        )
    groups = _groups(tensors, shard_bytes)
    names = (
        ["model.safetensors"]
        if len(groups) == 1
        else [f"model-{i + 1:05d}-of-{len(groups):05d}.safetensors" for i in range(len(groups))]
    )
    places: dict[str, Place] = {}
    with ExitStack() as stack:
        for name, group in zip(names, groups, strict=True):
            file = folder / name
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            stack.callback(os.close, descriptor)
            direct = _open_directly(file)
            if direct >= 0:
                stack.callback(os.close, direct)
            _lay_out(file, descriptor, direct, group, places)
        yield places
    if len(groups) > 1:
        index = {
            "metadata": {"total_size": total},
            "weight_map": {name: places[name].file.name for name in sorted(places)},
        }
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def _groups(tensors: Sequence[StoredTensor], shard_bytes: int) -> list[list[StoredTensor]]:
    groups: list[list[StoredTensor]] = [[]]
    filled = 0
    for tensor in sorted(tensors, key=lambda t: t.name):
        if groups[-1] and filled + tensor.bytes > shard_bytes:
            groups.append([])
            filled = 0
        groups[-1].append(tensor)
        filled += tensor.bytes
    return groups


def _open_directly(file: Path) -> int:
    """Return a descriptor for writes that bypass the page cache, or -1 where there are none."""
    flag = getattr(os, "O_DIRECT", 0)
    with suppress(OSError):
        return os.open(file, os.O_WRONLY | flag) if flag else -1
    return -1


def _lay_out(
    file: Path, descriptor: int, direct: int, group: Sequence[StoredTensor], places: dict[str, Place]
) -> None:
    # Wide numbers first, so that every tensor begins at a multiple of its own width.
    ordered = sorted(group, key=lambda t: (-ITEM_BYTES[t.dtype], t.name))
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offsets: dict[str, int] = {}
    end = 0
    for tensor in ordered:
        header[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [end, end + tensor.bytes],
        }
        offsets[tensor.name] = end
        end += tensor.bytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    start = struct.pack("<Q", len(text)) + text
    try:
        if hasattr(os, "posix_fallocate") and end:
            os.posix_fallocate(descriptor, 0, len(start) + end)
        else:
            os.ftruncate(descriptor, len(start) + end)
        os.pwrite(descriptor, start, 0)
    except OSError as error:
        raise _cannot_write(file, "the weights", error) from error
    for tensor in ordered:
        places[tensor.name] = Place(tensor.name, file, len(start) + offsets[tensor.name], descriptor, direct)


def _cannot_write(file: Path, what: str, error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(
            f"{file}: {what} cannot be written: {error.strerror}; make room and run the same command again"
        )
    return error
