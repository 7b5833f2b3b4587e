"""How an item becomes a prompt: bare, as in the paper of MedS-Ins, or as in its code.

    plain   system: definition                          user: the input
    paper   zero-shot   system: definition              user: Input: <input>
            few-shot    system: Case1: Input: …, Output: … / Case2: … / definition / reminder
                                                        user: Input: <input>
    code    zero-shot   system: definition              user: the input
            few-shot    system: examples, definition and, without any separator, the reminder
                                                        user: Input: / <input> / Output:

Sources: npj Digital Medicine 2025;8:58, Methods (`paper`); Evaluation/EvalDataset.py of the MedS-Ins repository
(`code`, letter by letter, so that published prompts can be made again). The paper does not print its reminder: ours.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Literal

from polyclinic.tasks.source_items import Item

PromptName = Literal["plain", "paper", "code"]
PAPER_REMINDER = "Learn from the cases above what the output should look like."
CODE_REMINDER = "Please learn from the few-shot cases to see what content you have to output."
PAPER_INPUT = "Input: "
POOL = 2000  # items that worked examples are drawn from, chosen by a hash
POOL_TEXT = 2_000_000  # characters of a pool, so that the pools of all tasks together stay small
POOL_ANYWAY = 33  # items that are kept however long they are: the most examples of a prompt, and the query


def prompt(name: PromptName, definition: str, item: Item, shots: Sequence[Item]) -> tuple[str, str]:
    """Return the system turn and the user turn of an item."""
    if not shots:
        return definition, PAPER_INPUT + item.input if name == "paper" else item.input
    if name == "code":
        cases = [f"Input:\n{shot.input}\n\nOutput:\n{shot.outputs[0]}\n" for shot in shots]
        return "\n\n".join(cases) + f"\n\n{definition}{CODE_REMINDER}", f"Input:\n{item.input}\nOutput:\n"
    cases = [
        f"Case{number}: Input: {shot.input}, Output: {shot.outputs[0]}" for number, shot in enumerate(shots, start=1)
    ]
    return "\n".join([*cases, definition, PAPER_REMINDER]), PAPER_INPUT + item.input


def shot_pool(items: Iterable[Item], seed: int, task: str, size: int = POOL) -> list[Item]:
    """Return up to `size` items of the training split, drawn by a hash of seed and id, in the order of the hash."""
    pool = ShotPool(seed, task, size)
    for item in items:
        pool.offer([item.id], lambda numbers, item=item: [item])  # type: ignore[misc]
    return pool.drawn()


class ShotPool:
    """The items that worked examples are drawn from: those whose hashes are smallest, whatever order they come in.

    Of long items there are fewer: those before, by hash, all texts together would pass POOL_TEXT characters.
    """

    def __init__(self, seed: int, task: str, size: int = POOL) -> None:
        self.seed, self.task, self.size = seed, task, size
        self._heap: list[tuple[int, int, Item]] = []  # largest hash first
        self._offered = 0
        self._characters = 0
        self._below = 1 << 64  # hashes from the smallest that fell out are out for good

    def offer(self, names: Sequence[str], items: Callable[[Sequence[int]], list[Item]]) -> None:
        """Take those of the items with these ids that belong here; `items` makes items from their numbers."""
        found = places(self.seed, "pool", self.task, names)
        numbers = [number for number, where in enumerate(found) if where < self._below]
        for number, item in zip(numbers, items(numbers) if numbers else [], strict=True):
            if found[number] >= self._below:
                continue
            # Of equal hashes, the item that came first is taken.
            heapq.heappush(self._heap, (-found[number], -self._offered - number, item))
            self._characters += _length(item)
            while len(self._heap) > self.size or (self._characters > POOL_TEXT and len(self._heap) > POOL_ANYWAY):
                negative, _, out = heapq.heappop(self._heap)
                self._characters -= _length(out)
                self._below = -negative
        self._offered += len(names)

    def drawn(self) -> list[Item]:
        """Return the items, in the order of their hashes."""
        return [item for _, _, item in sorted(self._heap, key=lambda entry: (-entry[0], -entry[1]))]


def draw_shots(pool: Sequence[Item], item: Item, shots: int, seed: int, task: str) -> list[Item]:
    """Return `shots` items of the pool: never the item itself, nor its document, nor one with the same input."""
    if not pool:
        return []
    start, step = place(seed, "shots", task, item.id), place(seed, "step", task, item.id)
    # A step without a common factor with the length visits every item once; the length is made odd by a gap at most.
    length = len(pool) | 1
    step = _coprime(step % length, length)
    found: list[Item] = []
    for turn in range(length):
        index = (start + turn * step) % length
        if index >= len(pool):
            continue
        shot = pool[index]
        if shot.id == item.id or shot.input == item.input or (item.document and shot.document == item.document):
            continue
        if any(shot.input == other.input for other in found):
            continue
        found.append(shot)
        if len(found) == shots:
            break
    return found


def place(seed: int, what: str, task: str, name: str) -> int:
    """Return a number from 0 to 2**64 - 1 that follows from its arguments alone."""
    return int.from_bytes(blake2b(f"{seed}\0{what}\0{task}\0{name}".encode(), digest_size=8).digest(), "big")


def places(seed: int, what: str, task: str, names: Iterable[str]) -> list[int]:
    """Return the `place` of each name."""
    start = blake2b(f"{seed}\0{what}\0{task}\0".encode(), digest_size=8)
    found = []
    for name in names:
        hashed = start.copy()
        hashed.update(name.encode())
        found.append(int.from_bytes(hashed.digest(), "big"))
    return found


def _length(item: Item) -> int:
    return len(item.input) + sum(map(len, item.outputs))


def _coprime(step: int, length: int) -> int:
    import math

    step = max(step, 1)
    while math.gcd(step, length) != 1:
        step += 1
    return step
