"""Files as streams of bytes, unpacked while they are read: .gz, .bz2, .xz, .zst, and the members of .tar and .zip.

Nothing is ever unpacked to disk. What a file is, its first bytes say, not its name. Members with a name that leads
out of the archive are refused all the same: such an archive was made to do harm.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol, cast

from polyclinic.corpus.readers.pieces import UnreadableError

PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
ARCHIVE_SUFFIXES = (".tar", ".tgz", ".zip")
BLOCK = 1 << 20  # bytes read at a time
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)


class ByteStream(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""


@dataclass(frozen=True)
class Member:
    """A file, or one file of an archive, as a stream of its unpacked bytes."""

    name: str  # path below the folder that is read; of a member of an archive, `archive/member`
    plain_name: str  # the same without the suffix of its packing
    stream: ByteStream
    problem: UnreadableError | None = None  # why it is not read; the stream is empty then


class _Checked:
    """A stream whose damage is told in one way, whatever packed it."""

    def __init__(self, stream: Any, name: str) -> None:
        self.stream, self.name = stream, name
        self.count = 0

    def read(self, size: int) -> bytes:
        try:
            data: bytes = self.stream.read(size)
        except DAMAGE as error:
            raise UnreadableError("damaged archive", self._detail(error)) from error
        except RuntimeError as error:  # zipfile: encrypted
            raise UnreadableError("encrypted", f"{self.name}: {error}") from error
        except OSError as error:
            if error.errno is None:  # a codec's word, not the disk's
                raise UnreadableError("damaged archive", self._detail(error)) from error
            raise
        self.count += len(data)
        return data

    def _detail(self, error: Exception) -> str:
        return f"damaged or cut off after {self.count} unpacked bytes ({error}); copy the file again"


class _StrictMember(tarfile.TarInfo):
    """A header of a tar archive; a broken one is an error and not, as tarfile takes it, the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _StrictMember:
        if len(buf) < tarfile.BLOCKSIZE:
            raise UnreadableError("damaged archive", "the tar archive is cut off; copy it again")
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if "end of file header" in str(error):
                raise
            raise UnreadableError("damaged archive", f"a header of the tar archive is broken ({error})") from error


def members(file: IO[bytes], path: Path, name: str) -> Iterator[Member]:
    """Yield the file itself or, of an archive, its files; each is read before the next is asked for.

    Args:
        file: the opened file, at its beginning.
        path: of the file.
        name: what the file is called in messages and ids.
    """
    if path.suffix.lower() == ".zip":
        yield from _zip_members(path, name)
        return
    stream, plain_name = unpacked(file, name)
    head = stream.read(tarfile.BLOCKSIZE)
    whole = cast(ByteStream, _Rest(head, stream))
    if head[257:262] == b"ustar" or plain_name.lower().endswith((".tar", ".tgz")):
        yield from _tar_members(whole, name)
    else:
        yield Member(name, plain_name, whole)


def unpacked(file: IO[bytes], name: str) -> tuple[ByteStream, str]:
    """Return the stream of unpacked bytes and the name without the packing's suffix; plain files stay as they are."""
    head = file.read(6)
    file.seek(0)
    stream: Any
    if head.startswith(b"\x1f\x8b"):
        stream = gzip.GzipFile(fileobj=file, mode="rb")
    elif head.startswith(b"BZh"):
        stream = bz2.BZ2File(file)
    elif head.startswith(b"\xfd7zXZ\x00"):
        stream = lzma.LZMAFile(file)  # noqa: SIM115  (the caller closes the file)
    elif head.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa

        stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
    else:
        return file, plain(name)
    return _Checked(stream, name), plain(name)


def plain(name: str) -> str:
    """Return a file's name without the suffix of its packing."""
    for suffix in PACKED_SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


class _Rest:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, stream: ByteStream) -> None:
        self.head, self.stream = head, stream

    def read(self, size: int) -> bytes:
        if self.head:
            data, self.head = self.head[:size], self.head[size:]
            return data
        return self.stream.read(size)


def _tar_members(stream: ByteStream, name: str) -> Iterator[Member]:
    # tarfile wants whole blocks; the streams of codecs may give less.
    whole = io.BufferedReader(cast(Any, _RawAdapter(stream)), BLOCK)
    try:
        archive = tarfile.open(fileobj=whole, mode="r|", tarinfo=_StrictMember)  # noqa: SIM115  (closed below)
    except tarfile.TarError as error:
        raise UnreadableError("damaged archive", f"not a tar archive ({error})") from error
    with archive:
        for member in _headers(archive):
            inner = f"{name}/{member.name}"
            if problem := _name_problem(member.name):
                yield Member(inner, inner, io.BytesIO(), problem)
            elif member.isdir():
                continue
            elif not member.isreg():
                problem = UnreadableError(
                    "no plain file", "a link or device in the archive; only plain files are read"
                )
                yield Member(inner, inner, io.BytesIO(), problem)
            else:
                opened = archive.extractfile(member)
                assert opened is not None
                yield _inner(opened, inner)
            archive.members = []  # type: ignore[attr-defined]  # tarfile keeps every header otherwise


def _headers(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while True:
        try:
            member = archive.next()
        except DAMAGE as error:
            raise UnreadableError("damaged archive", f"the tar archive is damaged or cut off ({error})") from error
        if member is None:
            return
        yield member


def _zip_members(path: Path, name: str) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise UnreadableError("damaged archive", f"not a whole zip archive ({error}); copy it again") from error
    with archive:
        for member in archive.infolist():
            inner = f"{name}/{member.filename}"
            if problem := _name_problem(member.filename):
                yield Member(inner, inner, io.BytesIO(), problem)
            elif not member.is_dir():
                try:
                    with archive.open(member) as opened:
                        yield _inner(opened, inner)
                except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                    problem = UnreadableError("damaged archive", str(error))
                    yield Member(inner, inner, io.BytesIO(), problem)


def _inner(opened: Any, name: str) -> Member:
    """Return a file of an archive, which may be packed itself."""
    checked = _Checked(opened, name)
    head = checked.read(6)
    rest: Any = _Rest(head, checked)
    if head.startswith(b"\x1f\x8b"):
        stream: Any = _Checked(gzip.GzipFile(fileobj=io.BufferedReader(_RawAdapter(rest), BLOCK), mode="rb"), name)
        return Member(name, plain(name), stream)
    return Member(name, name, rest)


def _name_problem(name: str) -> UnreadableError | None:
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or (len(name) > 1 and name[1] == ":") or "\0" in name:
        return UnreadableError("unsafe name", "the name leads out of the archive; such archives are made to do harm")
    return None


class _RawAdapter(io.RawIOBase):
    """A stream in the form that BufferedReader wants."""

    def __init__(self, stream: ByteStream) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
