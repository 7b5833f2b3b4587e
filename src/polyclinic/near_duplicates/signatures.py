"""MinHash signatures of texts, and the keys under which similar texts meet.

A signature holds, for each of bands x rows hash functions, the smallest hash of the text's runs of words; two texts
have the same value in a place with the probability of their Jaccard index J (Broder 1997). Texts meet when all rows
of a band are equal, which happens with the probability 1 - (1 - J**rows)**bands. `looks` puts the same values into
bands in further ways, no value twice beside the same other: at J = 0.8, 14 bands of 8 rows find 0.924 of all pairs
with one look and 0.997 with three, and no more is hashed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyclinic.word_hashes import hash_words, mixed, pieces, run_hashes, run_starts
from polyclinic.word_hashes.hashes import FACTOR
from polyclinic.word_hashes.kernel import installed
from polyclinic.word_hashes.pieces import PIECE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOTHING = 0xFFFFFFFFFFFFFFFF  # every value of a text without words


@dataclass(frozen=True)
class MinHash:
    """How texts are hashed; only signatures of the same can be compared.

    Args:
        words: words in a run; a text of fewer is one run.
        bands: bands of a look.
        rows: values that must be equal in a band.
        looks: ways in which the values are put into bands; at most as many as there are bands.
    """

    words: int = 5
    bands: int = 14
    rows: int = 8
    looks: int = 3

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense; raises ValueError."""
        if min(self.words, self.bands, self.rows, self.looks) < 1 or self.looks > self.bands:
            raise ValueError(f"{self}: expected numbers from 1 up, and at most as many looks as bands")

    @property
    def values(self) -> int:
        """Values in a signature."""
        return self.bands * self.rows

    @property
    def keys(self) -> int:
        """Keys of a text."""
        return self.bands * self.looks

    def chance(self, similarity: float) -> float:
        """Return about how likely two texts of this Jaccard index meet, taking looks as independent."""
        return 1 - (1 - similarity**self.rows) ** self.keys


def signatures(
    texts: Iterable[str], plan: MinHash | None = None, *, compiled: bool = True, at_once: int = PIECE
) -> NDArray[np.uint64]:
    """Return the signatures of texts, one row for each: (texts, bands x rows).

    Each value is the smallest product, modulo 2**64, of an odd number with the mixed hashes of the runs
    (multiply-shift hashing, Dietzfelbinger et al. 1997, without the shift). Memory does not grow with the length of
    a text.

    Args:
        texts: any number of them.
        plan: MinHash() if none is given.
        compiled: whether the kernel may be used where it is installed; the numbers are the same.
        at_once: characters of text that are hashed together; what comes out is the same.
    """
    import numpy as np

    plan = plan or MinHash()
    multipliers = _multipliers(plan.values)
    found: list[NDArray[np.uint64]] = []
    carried = np.zeros(0, np.uint64)  # last words of a text that goes on in the next piece
    begun: NDArray[np.uint64] | None = None  # smallest values of its earlier pieces
    for piece, goes_on in pieces(texts, at_once):
        hashed = hash_words(piece, compiled=compiled)
        words, ends = hashed.words, hashed.ends
        if len(carried):
            words, ends = np.concatenate([carried, words]), ends + len(carried)
        first_words = int(ends[0])
        last_start = int(ends[-2]) if len(ends) > 1 else 0
        last = words[last_start:]
        made = _signatures(words, ends, plan.words, multipliers, compiled)
        if begun is not None and first_words < plan.words:
            made[0] = begun  # no run has become whole
        elif begun is not None:
            made[0] = np.minimum(made[0], begun)
        if goes_on:
            enough = len(last) >= plan.words
            begun = made[-1:].copy() if enough or (len(ends) == 1 and begun is not None) else None
            carried = last[len(last) - plan.words + 1 :].copy() if enough else last.copy()
            made = made[:-1]
            begun = None if begun is None else begun[0]
        else:
            carried, begun = np.zeros(0, np.uint64), None
        found.append(made)
    return np.concatenate(found) if found else np.zeros((0, plan.values), dtype=np.uint64)


def band_keys(made: NDArray[np.uint64], plan: MinHash | None = None) -> NDArray[np.uint64]:
    """Return the keys of signatures, (texts, bands x looks): texts with an equal key in one place are candidates.

    Texts without words have keys like all others; they are alike to each other only.
    """
    import numpy as np

    plan = plan or MinHash()
    keys = np.zeros((len(made), plan.keys), dtype=np.uint64)
    order = _bands(plan)
    for row in range(plan.rows):
        keys *= np.uint64(FACTOR)
        keys += made[:, order[:, row]]
    return mixed(keys)


def estimated_jaccard(made: NDArray[np.uint64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of equal values for pairs of signatures (rows of `made`): the Jaccard index as estimated."""
    import numpy as np

    step = max(1, (1 << 24) // max(1, made.shape[1]))
    shares = [
        (made[block[:, 0]] == made[block[:, 1]]).mean(axis=1)
        for block in (pairs[start : start + step] for start in range(0, len(pairs), step))
    ]
    return np.concatenate(shares) if shares else np.zeros(0)


@functools.cache
def _multipliers(count: int) -> NDArray[np.uint64]:
    import numpy as np

    made = mixed(np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0xD1B54A32D192ED03)) | np.uint64(1)
    made.flags.writeable = False
    return made


def _bands(plan: MinHash) -> NDArray[np.int64]:
    """Return which values make up each band: in look k, row r of band b is that of band b + k r of the first look."""
    import numpy as np

    band, row = np.arange(plan.bands)[:, None], np.arange(plan.rows)[None, :]
    return np.concatenate([(band + look * row) % plan.bands * plan.rows + row for look in range(plan.looks)])


def _signatures(
    words: NDArray[np.uint64],
    ends: NDArray[np.int64],
    length: int,
    multipliers: NDArray[np.uint64],
    compiled: bool,
) -> NDArray[np.uint64]:
    import numpy as np

    kernel = installed() if compiled else None
    if kernel is not None:
        return kernel.signatures(np.ascontiguousarray(words), np.ascontiguousarray(ends), length, multipliers)
    made = np.full((len(ends), len(multipliers)), NOTHING, dtype=np.uint64)
    runs, run_ends = mixed_runs(words, ends, length)
    column = multipliers[:, None]
    start = 0
    products = np.empty((len(multipliers), 512), dtype=np.uint64)
    for text, end in enumerate(run_ends.tolist()):
        for at in range(start, end, 512):
            block = runs[at : min(end, at + 512)]
            part = products[:, : len(block)]
            np.multiply(column, block, out=part)
            np.minimum(made[text], part.min(axis=1), out=made[text])
        start = end
    return made


def mixed_runs(
    words: NDArray[np.uint64], ends: NDArray[np.int64], length: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the mixed hashes of each text's runs, and where each text ends among them.

    A text of fewer words than `length` is one run; one without words has none.
    """
    import numpy as np

    starts = run_starts(ends, length)
    runs = run_hashes(words, length)[starts]
    begins = np.concatenate([np.zeros(1, np.int64), ends[:-1]])[: len(ends)]
    sizes = ends - begins
    counts = np.maximum(sizes - length + 1, 0)
    short = np.flatnonzero((sizes > 0) & (sizes < length))
    if len(short):
        places = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])[short]
        whole = [run_hashes(words[begins[i] : ends[i]], int(sizes[i]))[0] for i in short.tolist()]
        runs = np.insert(runs, places, np.array(whole, dtype=np.uint64))
        counts[short] = 1
    return mixed(runs), np.cumsum(counts)
