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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.merge.numbers import Bits
from polyclinic.merge.weights import ITEM_BYTES, StoredTensor


@dataclass(frozen=True)
class Place:
    """Where a tensor of the result goes."""

    name: str
    file: Path
    offset: int
    descriptor: int

    def write(self, start: int, data: Bits) -> None:
        """Write bytes from `start` on, counted from the tensor's first. Raises UserError when the disk is full."""
        view, done = data.data, 0
        while done < data.size:
            try:
                done += os.pwrite(self.descriptor, view[done:], self.offset + start + done)
            except OSError as error:
                raise _cannot_write(self.file, f"tensor {self.name}", error) from error


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
            _lay_out(file, descriptor, group, places)
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


def _lay_out(file: Path, descriptor: int, group: Sequence[StoredTensor], places: dict[str, Place]) -> None:
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
        places[tensor.name] = Place(tensor.name, file, len(start) + offsets[tensor.name], descriptor)


def _cannot_write(file: Path, what: str, error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(
            f"{file}: {what} cannot be written: {error.strerror}; make room and run the same command again"
        )
    return error
