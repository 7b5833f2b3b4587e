"""The hash of each word of many texts, and of runs of words.

A word's hash is a polynomial in FACTOR, modulo 2**64, over random numbers of its bytes (UTF-8), then mixed
(MurmurHash3's finaliser, Appleby 2011). A run's is a polynomial in FACTOR over the hashes of its words.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyclinic.word_hashes.kernel import installed
from polyclinic.word_hashes.words import ascii_or_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FACTOR = 0x9E3779B97F4A7C15  # odd, so that no digit of a hash is lost when it is multiplied
SHORT = 48  # bytes of a word that numpy hashes together with others
WORD_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class WordHashes:
    """The words of some texts, one text after the other."""

    words: NDArray[np.uint64]  # none is 0
    ends: NDArray[np.int64]  # of each text in `words`

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each text begins in `words`."""
        import numpy as np

        return np.concatenate([np.zeros(1, np.int64), self.ends[:-1]])[: len(self.ends)]


def hash_words(texts: Sequence[str], *, compiled: bool = True) -> WordHashes:
    """Return the hashes of the words of texts.

    Args:
        texts: any texts; what takes memory is about nine times their bytes with numpy, twice with the kernel.
        compiled: whether the kernel may be used where it is installed; the numbers are the same.
    """
    import numpy as np

    encoded = [ascii_or_words(text).encode("utf-8", "replace") for text in texts]
    ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
    kernel = installed() if compiled else None
    buffer = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    if kernel is not None:
        return WordHashes(*kernel.words(buffer, ends, byte_numbers()))
    return _hash_words(buffer, ends)


@functools.cache
def byte_numbers() -> NDArray[np.uint64]:
    """Return a number for each byte that can stand in a word, the same for both cases of a letter; 0 for others."""
    import numpy as np

    made = mixed(np.arange(1, 257, dtype=np.uint64) * np.uint64(FACTOR)) | np.uint64(1)
    table = np.zeros(256, dtype=np.uint64)
    for byte in (*WORD_BYTES, *range(128, 256)):
        table[byte] = made[byte]
    for byte in b"abcdefghijklmnopqrstuvwxyz":
        table[byte - 32] = made[byte]
    table.flags.writeable = False
    return table


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers whose every bit depends on every bit of those given (MurmurHash3's finaliser)."""
    import numpy as np

    made = numbers ^ (numbers >> np.uint64(33))
    made *= np.uint64(0xFF51AFD7ED558CCD)
    made ^= made >> np.uint64(33)
    made *= np.uint64(0xC4CEB9FE1A85EC53)
    made ^= made >> np.uint64(33)
    return made


def run_starts(ends: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Return where runs of `length` words begin that do not reach from one text into the next."""
    import numpy as np

    total = int(ends[-1]) if len(ends) else 0
    inside = np.ones(max(0, total), dtype=bool)
    for back in range(1, length):
        cut = ends - back
        inside[cut[cut >= 0]] = False
    return np.flatnonzero(inside)


def run_hashes(words: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """Return the hashes of all runs of `length` words, whatever text they are of: one for each place they begin at.

    A run of two parts has the hash of the first, times FACTOR to the length of the second, plus that of the second;
    so blocks of 1, 2, 4, ... words are made one from the other and put together as the digits of `length` say.
    """
    import numpy as np

    made, size = np.zeros(len(words) + 1, dtype=np.uint64), 0
    block, block_size = words, 1
    while True:
        if length & block_size:  # this block goes in front of what is there
            together = len(words) - size - block_size + 1
            if together < 1:
                return np.zeros(0, dtype=np.uint64)
            made = block[:together] * _power(size) + made[block_size : block_size + together]
            size += block_size
        if size == length:
            return made
        block = block[:-block_size] * _power(block_size) + block[block_size:]
        block_size *= 2


def _hash_words(buffer: NDArray[np.uint8], ends: NDArray[np.int64]) -> WordHashes:
    """Do in numpy what the kernel's `words` does."""
    import numpy as np

    numbers = byte_numbers()[buffer]
    inside = np.concatenate([np.zeros(1, bool), numbers != 0, np.zeros(1, bool)])
    # A text's end ends a word, also where the next text begins with one.
    first = inside[1:-1] & ~inside[:-2]
    last = inside[1:-1] & ~inside[2:]
    borders = ends[(ends > 0) & (ends < len(buffer))]
    first[borders] |= inside[1:-1][borders]
    last[borders - 1] |= inside[1:-1][borders - 1]
    starts, stops = np.flatnonzero(first), np.flatnonzero(last) + 1
    sizes = stops - starts
    hashes = np.zeros(len(starts), dtype=np.uint64)
    factor = np.uint64(FACTOR)
    chosen = np.flatnonzero(sizes <= SHORT)
    for place in range(SHORT):
        chosen = chosen[sizes[chosen] > place]
        if not len(chosen):
            break
        hashes[chosen] = hashes[chosen] * factor + numbers[starts[chosen] + place]
    for word in np.flatnonzero(sizes > SHORT).tolist():
        powers = np.full(sizes[word], factor, dtype=np.uint64)
        powers[0] = 1
        np.multiply.accumulate(powers, out=powers)
        hashes[word] = (numbers[starts[word] : stops[word]] * powers[::-1]).sum()
    hashes = mixed(hashes)
    hashes[hashes == 0] = 1
    return WordHashes(hashes, np.searchsorted(stops, ends, side="right"))


def _power(exponent: int) -> np.uint64:
    import numpy as np

    return np.uint64(pow(FACTOR, exponent, 1 << 64))
