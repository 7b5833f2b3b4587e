"""Ids that a data set gives its items, made distinct; what is kept is a hash of each, 16 to 32 bytes."""

from __future__ import annotations

from array import array

import xxhash

_START = 1 << 12


class DistinctIds:
    """Knows which ids were there before, by their 64-bit hashes in a table with open addressing."""

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * _START))  # 0 = free
        self._count = 0
        self._repeats: dict[int, int] = {}

    def distinct(self, name: str) -> str:
        """Return the id itself the first time it comes, then `id-2`, `id-3`, ..."""
        hashed = xxhash.xxh3_64_intdigest(name.encode()) or 1
        if self._is_new(hashed):
            return name
        self._repeats[hashed] = self._repeats.get(hashed, 1) + 1
        return f"{name}-{self._repeats[hashed]}"

    def _is_new(self, hashed: int) -> bool:
        table, last = self._table, len(self._table) - 1
        place = hashed & last
        while table[place]:
            if table[place] == hashed:
                return False
            place = (place + 1) & last
        table[place] = hashed
        self._count += 1
        if 2 * self._count > last:
            self._grow()
        return True

    def _grow(self) -> None:
        old = self._table
        self._table = table = array("Q", bytes(16 * len(old)))
        last = len(table) - 1
        for hashed in old:
            if hashed:
                place = hashed & last
                while table[place]:
                    place = (place + 1) & last
                table[place] = hashed
