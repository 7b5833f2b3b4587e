"""Runs of words that two sets of texts share: the words of the first are kept, the second streams by.

A word is what `word_hashes` says. A run is n words in a row within one text. Runs are compared by 64-bit hashes of
their words, so that two unlike runs are taken for one with a chance below one in a million for a million runs and a
billion words. Memory grows with the first set alone. This file knows nothing about records, tasks or models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.word_hashes import hash_words, overlapping_pieces, run_hashes, run_starts, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["KnownRuns", "RunIndex", "SharedRun", "open_runs", "shared_runs", "words_of"]

AT_ONCE = 1 << 20  # characters of texts that are hashed together


@dataclass(frozen=True, order=True)
class SharedRun:
    """A stretch of a text all of whose runs of a length stand in one thing."""

    start: int  # its first word in the text
    end: int  # the word after its last
    length: int  # words in a run
    thing: int  # number of the thing


@dataclass(frozen=True)
class KnownRuns:
    """The runs of one length that are looked for, and the things each stands in."""

    length: int
    runs: NDArray[np.uint64]  # hashes, sorted, each once
    firsts: NDArray[np.int64]  # where the things of each run begin in `things`; one more than there are runs
    things: NDArray[np.int32]
    maybe: NDArray[np.bool_]  # whether a run begins with these bits; most of a text's runs do not

    def find(self, words: NDArray[np.uint64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where known runs begin among the words of some texts, in order, and their numbers."""
        import numpy as np

        found = run_hashes(words, self.length)
        if not (len(self.runs) and len(found)):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        likely = np.flatnonzero(self.maybe[found >> np.uint64(65 - len(self.maybe).bit_length())])
        place = np.searchsorted(self.runs, found[likely])
        place[place == len(self.runs)] = 0
        hit = self.runs[place] == found[likely]
        likely, place = likely[hit], place[hit]
        # The end of the text in which the run begins; a run that reaches beyond is none.
        inside = ends[np.minimum(np.searchsorted(ends, likely, side="right"), len(ends) - 1)]
        whole = likely + self.length <= inside
        return likely[whole], place[whole]

    def save(self, folder: Path) -> None:
        """Write all of it into a folder, for `open_runs`."""
        import numpy as np

        for name in ARRAYS:
            np.save(folder / f"{name}-{self.length}.npy", getattr(self, name), allow_pickle=False)


ARRAYS = ("runs", "firsts", "things", "maybe")


def open_runs(folder: Path, length: int) -> KnownRuns:
    """Return runs that were saved; they stay on disk, so that several processes share the memory they take."""
    import numpy as np

    files = [folder / f"{name}-{length}.npy" for name in ARRAYS]
    arrays = [np.asarray(np.load(file, allow_pickle=False, mmap_mode="r")) for file in files]
    return KnownRuns(length, *arrays)


def shared_runs(known: Sequence[KnownRuns], texts: Sequence[str], *, compiled: bool = True) -> list[list[SharedRun]]:
    """Return for each text the stretches it shares with things, in order; most texts have none.

    Stretches of one thing and length that touch or overlap are one.

    Args:
        known: what is looked for.
        texts: what is searched.
        compiled: whether the kernel may be used where it is installed; what comes out is the same.
    """
    import numpy as np

    found: list[list[SharedRun]] = [[] for _ in texts]
    for batch in overlapping_pieces(texts, max((one.length for one in known), default=1) - 1, AT_ONCE):
        hashed = hash_words([piece.text for piece in batch], compiled=compiled)
        for one in known:
            positions, runs = one.find(hashed.words, hashed.ends)
            if not len(positions):
                continue
            entries = np.searchsorted(hashed.ends, positions, side="right")
            within = positions - hashed.starts[entries]
            for at, run in enumerate(runs.tolist()):
                piece = batch[int(entries[at])]
                start = piece.first_word + int(within[at])
                things = one.things[one.firsts[run] : one.firsts[run + 1]].tolist()
                found[piece.number] += [SharedRun(start, start + one.length, one.length, thing) for thing in things]
    return [_joined(own) if own else own for own in found]


@dataclass
class RunIndex:
    """The runs of some texts of named things, and which of them were met elsewhere.

    Args:
        lengths: words in a run; several are looked for in one pass.
        things: texts of each thing; a run does not reach from one text into the next.
        groups: the set each thing belongs to.
        families: for each thing what it shares with others by right: things of one group and family count once when
            it is asked whether a run is common.
        common: share of a group's families above which a run is the wording of the group and not of one of its
            things; such runs are left out. Never 10 families or fewer.
        compiled: whether the kernel may be used where it is installed; what comes out is the same.
    """

    lengths: Sequence[int]
    things: Iterable[Sequence[str]]
    groups: Sequence[str]
    families: Sequence[str]
    common: float = 0.1
    compiled: bool = True

    def __post_init__(self) -> None:
        """Hash the runs of all things."""
        import numpy as np

        self.count = 0
        words, ends, owners = self._hashed_things()
        group = np.unique(np.asarray(self.groups, dtype=str), return_inverse=True)[1]
        group_count = int(group.max(initial=-1)) + 1
        names = np.asarray([f"{g} {f}" for g, f in zip(group, self.families, strict=True)], dtype=str)
        first, family = np.unique(names, return_index=True, return_inverse=True)[1:]
        most = np.maximum(10, self.common * np.bincount(group[first], minlength=group_count))
        self.known: dict[int, KnownRuns] = {}
        self._places: dict[int, NDArray[np.int64]] = {}  # of the runs of all things, among those known
        self._owners: dict[int, NDArray[np.int64]] = {}
        self._met: dict[int, NDArray[np.int64]] = {}  # for each known run the number of its first meeting, or -1
        self._meetings: list[tuple[str, str]] = []  # place and words, each run once
        for length in self.lengths:
            starts = run_starts(ends, length)
            runs, places = np.unique(run_hashes(words, length)[starts], return_inverse=True)
            # Each run once for each thing, and once for each family of a group to see how common it is there.
            owner, place = _distinct_pairs(owners[starts], places, len(runs))
            relative, spread_place = _distinct_pairs(family[owner], place, len(runs))
            key = group[first[relative]] * len(runs) + spread_place
            seen, counts = np.unique(key, return_counts=True)
            mine = np.searchsorted(seen, group[owner] * len(runs) + place)
            kept = counts[mine] <= most[group[owner]]
            self._places[length], self._owners[length] = place[kept], owner[kept]
            self._met[length] = np.full(len(runs), -1, dtype=np.int64)
            self.known[length] = _known(length, runs, place[kept], owner[kept])

    def see(self, passing: Iterable[tuple[str, str]]) -> int:
        """Look for the runs in texts that pass by, given as (place, text); return how many words there were."""
        import numpy as np

        places: dict[int, str] = {}  # of the texts that are waiting

        def texts() -> Iterator[str]:
            for number, (place, text) in enumerate(passing):
                places[number] = place
                yield text

        total = last_number = last_end = 0
        for batch in overlapping_pieces(texts(), max(self.lengths) - 1, AT_ONCE):
            hashed = hash_words([piece.text for piece in batch], compiled=self.compiled)
            for piece, size in zip(batch, (hashed.ends - hashed.starts).tolist(), strict=True):
                # Parts of one text share words.
                counted = last_end - piece.first_word if piece.number == last_number else 0
                last_number, last_end = piece.number, piece.first_word + size
                total += size - counted
            words: dict[int, list[str]] = {}
            for length in self.lengths:
                positions, runs = self.known[length].find(hashed.words, hashed.ends)
                fresh = np.flatnonzero(self._met[length][runs] < 0)
                for at, run in zip(positions[fresh].tolist(), runs[fresh].tolist(), strict=True):
                    if self._met[length][run] >= 0:
                        continue
                    entry = int(np.searchsorted(hashed.ends, at, side="right"))
                    if entry not in words:
                        words[entry] = words_of(batch[entry].text)
                    start = at - int(hashed.starts[entry])
                    self._met[length][run] = len(self._meetings)
                    self._meetings.append(
                        (places[batch[entry].number], " ".join(words[entry][start : start + length]))
                    )
            for number in [number for number in places if number < batch[-1].number]:
                del places[number]
        return total

    def hits(self, texts: Sequence[str]) -> list[list[SharedRun]]:
        """Return for each text the stretches it shares with things; see `shared_runs`."""
        return shared_runs([self.known[length] for length in self.lengths], texts, compiled=self.compiled)

    def runs(self, length: int) -> NDArray[np.int64]:
        """Return how many different runs each thing has, without the common ones."""
        import numpy as np

        return np.bincount(self._owners[length], minlength=self.count)

    def shared(self, length: int) -> NDArray[np.int64]:
        """Return how many of them were met in the texts that passed by."""
        import numpy as np

        met = self._met[length][self._places[length]] >= 0
        return np.bincount(self._owners[length][met], minlength=self.count)

    def evidence(self, length: int) -> dict[int, tuple[str, str]]:
        """Return for each thing that shares a run where the first was met, and its words."""
        import numpy as np

        met = self._met[length][self._places[length]]
        there = np.flatnonzero(met >= 0)
        owners, meetings = self._owners[length][there], met[there]
        order = np.lexsort((meetings, owners))
        firsts = order[np.unique(owners[order], return_index=True)[1]]
        return {int(owners[at]): self._meetings[int(meetings[at])] for at in firsts}

    def _hashed_things(self) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the words of all things, where their texts end, and whose each word is."""
        import numpy as np

        owner_of: list[int] = []

        def texts() -> Iterator[str]:
            for own in self.things:
                for text in own:
                    owner_of.append(self.count)
                    yield text
                self.count += 1

        words, ends = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        numbers: list[int] = []  # of the text each piece is of
        begin = 0
        for batch in overlapping_pieces(texts(), max(self.lengths, default=1) - 1, AT_ONCE):
            hashed = hash_words([piece.text for piece in batch], compiled=self.compiled)
            words.append(hashed.words)
            ends.append(hashed.ends + begin)
            numbers.extend(piece.number for piece in batch)
            begin += len(hashed.words)
        all_ends = np.concatenate(ends)
        owners = np.array(owner_of, dtype=np.int64)[numbers]
        return np.concatenate(words), all_ends, np.repeat(owners, np.diff(all_ends, prepend=0))


def _known(length: int, runs: NDArray[np.uint64], places: NDArray[np.int64], owners: NDArray[np.int64]) -> KnownRuns:
    """Return what is looked for: the runs, and the things they stand in; of a run that is common everywhere, none."""
    import numpy as np

    order = np.argsort(places, kind="stable")
    counts = np.bincount(places, minlength=len(runs))
    wanted = runs[counts > 0]
    bits = max(8, len(wanted).bit_length() + 4)
    maybe = np.zeros(1 << bits, dtype=bool)
    maybe[wanted >> np.uint64(64 - bits)] = True
    firsts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return KnownRuns(length, runs, firsts, owners[order].astype(np.int32), maybe)


def _joined(runs: Sequence[SharedRun]) -> list[SharedRun]:
    """Return runs of one thing and length that touch as one stretch; all sorted."""
    made: list[SharedRun] = []
    by_thing = itemgetter(0, 1)
    keyed = sorted((run.thing, run.length, run.start, run.end) for run in runs)
    for (thing, length), group in groupby(keyed, key=by_thing):
        start = end = -1
        for _, _, first, last in group:
            if first > end:
                if end >= 0:
                    made.append(SharedRun(start, end, length, thing))
                start = first
            end = max(end, last)
        made.append(SharedRun(start, end, length, thing))
    return sorted(made)


def _distinct_pairs(
    ones: NDArray[np.int64], others: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different pairs of two columns of numbers, sorted; the second are below `size`."""
    import numpy as np

    found = np.unique(ones * max(1, size) + others)
    return np.divmod(found, max(1, size))
