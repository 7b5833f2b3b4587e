"""Which records are held out: decided by a hash of the id alone, so every step that asks agrees.

A record that is held out with a small share is held out with every larger one. Nothing here depends on a seed: two
steps with the same share give parts that do not meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

Part = Literal["all", "train", "held_out"]


def is_held_out(name: str, share: float) -> bool:
    """Return whether the record called `name` is among the `share` (0 to 1) that is held out."""
    return place_of(name, "held out") < share * 2.0**64


def in_part(name: str, part: Part, share: float) -> bool:
    """Return whether the record called `name` is in this part of its set."""
    return part == "all" or (part == "held_out") == is_held_out(name, share)


def first_names(names: Iterable[str], limit: int) -> set[int] | None:
    """Return the places (hashes) of the `limit` names that are taken from a larger set; None takes all.

    Taking by hash spreads over the whole set, where taking the first would take one file or one chapter.
    """
    if limit == 0:
        return None
    import heapq

    return set(heapq.nsmallest(limit, {place_of(name, "limit") for name in names}))


def place_of(name: str, purpose: str) -> int:
    """Return a number from 0 to 2**64 - 1 that depends on the name and the purpose only.

    The purpose keeps decisions apart: what a limit takes must say nothing about what is held out.
    """
    return int.from_bytes(hashlib.blake2b(f"{purpose}\0{name}".encode(), digest_size=8).digest(), "big")
