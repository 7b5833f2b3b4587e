"""Files as they are, gzipped (.gz) or compressed with Zstandard (.zst): one way to open them, one to name damage."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import IO, cast

COMPRESSED = (".gz", ".zst")
BUFFER = 1 << 20
# What a compressed file that is damaged raises while it is read; of OSErrors only those without a number, since the
# others are the disk's.
DAMAGE = (EOFError, zlib.error, OSError)


def open_bytes(file: Path) -> IO[bytes]:
    """Open a file for reading; what is compressed comes decompressed, piece by piece."""
    if file.suffix == ".gz":
        return cast(IO[bytes], gzip.open(file, "rb"))
    if file.suffix == ".zst":
        import pyarrow as pa

        return io.BufferedReader(pa.input_stream(str(file), compression="zstd", buffer_size=None), BUFFER)
    return file.open("rb")


def plain_name(file: Path) -> str:
    """Return the name of a file in lower case, without the ending that says how it is compressed."""
    return file.stem.lower() if file.suffix in COMPRESSED else file.name.lower()


def damage(file: Path, error: BaseException) -> str:
    """Return what to say of a compressed file that is cut off; raises the error again when it is the disk's."""
    if isinstance(error, OSError) and (error.errno is not None or file.suffix not in COMPRESSED):
        raise error
    kind = {".gz": "gzip", ".zst": "Zstandard"}.get(file.suffix, "")
    return f"the {kind} file is damaged or cut off ({error}); copy or download it again"
