"""The tensors of a model folder, where they lie on disk, and reading them piece by piece.

Everything the headers can tell is checked before a byte of data is read. What is resident stays small: reading goes
through pread into reused memory, or through maps of small windows. This file knows nothing about merging.
"""

from __future__ import annotations

import contextlib
import json
import math
import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.merge.numbers import FLOAT_BYTES, Bits, Float32, round_to, to_float32

ITEM_BYTES = {
    **FLOAT_BYTES,
    "F64": 8, "I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip


WINDOW = 2 << 20  # bytes of a file that are mapped at a time


class Tensor(Protocol):
    """One tensor that can be read piece by piece."""

    @property
    def dtype(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...

    def read(self, start: int, out: Float32) -> None:
        """Fill `out` with the elements from flat index `start` on."""


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a safetensors file."""

    name: str
    file: Path
    dtype: str  # safetensors name
    shape: tuple[int, ...]
    offset: int  # of its first byte in the file
    descriptor: int = -1  # of the open file

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Number of bytes."""
        return self.size * ITEM_BYTES[self.dtype]

    def read_bytes(self, start: int, out: Bits) -> None:
        """Fill `out` with bytes from `start` on, counted from the tensor's first. Raises UserError."""
        view, done = out.data, 0
        while done < out.size:
            try:
                count = os.preadv(self.descriptor, [view[done:]], self.offset + start + done)
            except OSError as error:
                raise UserError(f"{self.file}: tensor {self.name} cannot be read: {error.strerror}") from error
            if count == 0:
                raise UserError(f"{self.file}: tensor {self.name}: the file became shorter while it was read")
            done += count

    def read(self, start: int, out: Float32) -> None:
        """Fill `out` with the elements from flat index `start` on. Raises UserError for NaN and infinities."""
        width = FLOAT_BYTES[self.dtype]
        raw = np.empty(out.size * width, np.uint8)
        self.read_bytes(start * width, raw)
        if not to_float32(raw, self.dtype, out):
            place = start + int(np.flatnonzero(~np.isfinite(out))[0])
            raise UserError(
                f"{self.file}: tensor {self.name} holds {out[place - start]} at flat index {place}; "
                "a model with NaN or infinite weights cannot be merged: train or export it again"
            )


def stored_as(tensor: Tensor) -> str:
    """Return the dtype in which `read_stored` gives a tensor's elements: as they lie in the file, if they do."""
    return tensor.dtype if type(tensor) is StoredTensor else "F32"


def read_stored(tensor: Tensor, start: int, out: Bits) -> None:
    """Fill `out` with the elements from flat index `start` on, as `stored_as` says; they need not be finite."""
    if type(tensor) is StoredTensor:
        tensor.read_bytes(start * FLOAT_BYTES[tensor.dtype], out)
    else:
        tensor.read(start, out.view(np.float32))


class Pieces:
    """Gives the elements of a tensor as they are stored, piece by piece, without copying them where it can be.

    What lies in a file is mapped a window at a time, so what is resident stays small; the system is told which window
    comes next.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.width = FLOAT_BYTES[stored_as(tensor)]
        self._kept: object = None  # keeps the memory behind the last address alive
        self._begin = self._end = 0  # of the window, in the file
        self._address = 0

    def address(self, start: int, count: int) -> int:
        """Return where `count` elements from flat index `start` on lie in memory until the next call."""
        tensor = self.tensor
        if type(tensor) is StoredTensor and tensor.offset % self.width == 0:
            begin = tensor.offset + start * self.width
            return self._mapped(tensor, begin, begin + count * self.width)
        buffer = np.empty(count * self.width, np.uint8)
        read_stored(tensor, start, buffer)
        self._kept = buffer
        return buffer.ctypes.data

    def _mapped(self, tensor: StoredTensor, begin: int, end: int) -> int:
        if not self._begin <= begin <= end <= self._end:
            last = tensor.offset + tensor.bytes
            self._begin = begin // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
            self._end = min(max(end, begin + WINDOW), last)
            if os.fstat(tensor.descriptor).st_size < self._end:
                raise UserError(f"{tensor.file}: tensor {tensor.name}: the file became shorter while it was read")
            self._kept = None
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(tensor.descriptor, self._begin, 2 * WINDOW, os.POSIX_FADV_WILLNEED)
            window = mmap.mmap(
                tensor.descriptor, self._end - self._begin, access=mmap.ACCESS_READ, offset=self._begin
            )
            self._kept = np.frombuffer(window, np.uint8)
            self._address = self._kept.ctypes.data
        return self._address + begin - self._begin


@dataclass(frozen=True)
class RoundedTensor:
    """A tensor whose values are rounded to another dtype when they are read."""

    tensor: Tensor
    dtype: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.tensor.shape

    def read(self, start: int, out: Float32) -> None:
        """Fill `out` with the elements from flat index `start` on."""
        self.tensor.read(start, out)
        round_to(out, self.dtype)


@dataclass(frozen=True)
class MemoryTensor:
    """One tensor in memory, as float32; for trying a method without files."""

    values: Float32
    dtype: str = "F32"

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.values.shape

    def read(self, start: int, out: Float32) -> None:
        """Fill `out` with the elements from flat index `start` on."""
        out[...] = self.values.reshape(-1)[start : start + out.size]


@contextmanager
def open_weights(folders: Sequence[Path]) -> Iterator[list[dict[str, StoredTensor]]]:
    """Open model folders while the block runs; give for each its tensors by name, in the order of names.

    Raises UserError for headers that lie, tensors in two shards, and an index that does not fit its shards.
    """
    with contextlib.ExitStack() as stack:
        opened = []
        for folder in folders:
            found: dict[str, StoredTensor] = {}
            for file in models.weight_files(folder):
                descriptor = os.open(file, os.O_RDONLY)
                stack.callback(os.close, descriptor)
                for tensor in stored_tensors(file, descriptor):
                    if tensor.name in found:
                        raise UserError(
                            f"{folder}: tensor {tensor.name} lies in two shards, "
                            f"{found[tensor.name].file.name} and {file.name}"
                        )
                    found[tensor.name] = tensor
            _check_index(folder, found)
            opened.append(dict(sorted(found.items())))
        yield opened


def stored_tensors(file: Path, descriptor: int = -1) -> list[StoredTensor]:
    """Return the tensors of a safetensors file; raises UserError when an entry of its header cannot be true."""
    header = models.read_header(file)
    with file.open("rb") as stream:
        data = 8 + struct.unpack("<Q", stream.read(8))[0]
    tensors = [_stored_tensor(file, name, entry, data, descriptor) for name, entry in header.items()]
    end = data
    for tensor in sorted(tensors, key=lambda t: (t.offset, t.bytes)):
        if tensor.offset != end:
            raise UserError(f"{file}: damaged header: tensor {tensor.name} overlaps another or leaves a hole")
        end = tensor.offset + tensor.bytes
    return tensors


def _stored_tensor(file: Path, name: str, entry: dict[str, Any], data: int, descriptor: int) -> StoredTensor:
    where = f"{file}: tensor {name}"
    dtype, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    if dtype not in ITEM_BYTES:
        raise UserError(f"{where}: dtype {dtype} is not known; expected one of {', '.join(ITEM_BYTES)}")
    if any(not isinstance(n, int) or n < 0 for n in shape):
        raise UserError(f"{where}: damaged header: its shape is {list(shape)}")
    tensor = StoredTensor(name, file, dtype, shape, data + start, descriptor)
    if start < 0 or end - start != tensor.bytes:
        raise UserError(
            f"{where}: damaged header: {dtype} of shape {list(shape)} needs {tensor.bytes} bytes, "
            f"the header gives it {end - start}"
        )
    return tensor


def _check_index(folder: Path, found: dict[str, StoredTensor]) -> None:
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return
    for name, shard in json.loads(index.read_text(encoding="utf-8"))["weight_map"].items():
        if name not in found or found[name].file.name != shard:
            raise UserError(f"{index}: says that tensor {name} lies in {shard}, but it is not there")
