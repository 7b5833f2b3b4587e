"""Runs of 8 and 13 words that 5,000 items share with ten million words: against sets of tuples, in one run.

Planted items must all be found, and no others. Prints CPU-seconds, their ratio, and peak memory.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Iterator

from polyclinic.word_runs import RunIndex, words_of

ITEMS, WORDS_OF_ITEM, WORDS_OF_DOCUMENT = 5000, 100, 300
LENGTHS = (8, 13)


def main() -> None:
    """Run both, alternating over the same documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=10_000_000, help="words of training data")
    parser.add_argument("--repetitions", type=int, default=1)
    chosen = parser.parse_args()
    dice = random.Random(0)
    vocabulary = [f"w{number}" for number in range(50_000)]
    weights = [1 / (number + 1) for number in range(50_000)]
    items = [" ".join(dice.choices(vocabulary, weights, k=WORDS_OF_ITEM)) for _ in range(ITEMS)]
    planted = set(range(0, ITEMS, 50))
    documents = chosen.words // WORDS_OF_DOCUMENT

    def training() -> Iterator[tuple[str, str]]:
        drawn = random.Random(1)
        pool = [" ".join(drawn.choices(vocabulary, weights, k=WORDS_OF_DOCUMENT)) for _ in range(2000)]
        every = max(1, documents // len(planted))
        for number in range(documents):
            extra = items[50 * (number // every)] if number % every == 0 and 50 * (number // every) < ITEMS else ""
            yield str(number), f"{pool[number % len(pool)]} {extra}"

    for _ in range(chosen.repetitions):
        begun = time.process_time()
        for _ in training():  # what it costs to make the texts
            pass
        making = time.process_time() - begun
        begun = time.process_time()
        index = RunIndex(LENGTHS, [(item,) for item in items], ["task"] * ITEMS, [str(i) for i in range(ITEMS)])
        index.see(training())
        found = set(index.shared(13).nonzero()[0].tolist())
        ours = time.process_time() - begun - making
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begun = time.process_time()
        known = [{run for item in items for run in _runs(item, length)} for length in LENGTHS]
        met: list[set[tuple[str, ...]]] = [set() for _ in LENGTHS]
        for _, text in training():
            for length, runs, hits in zip(LENGTHS, known, met, strict=True):
                hits.update(run for run in _runs(text, length) if run in runs)
        also = {i for i, item in enumerate(items) if any(run in met[1] for run in _runs(item, 13))}
        theirs = time.process_time() - begun - making
        if not found == also == planted:
            sys.exit(f"found {len(found)} and {len(also)} of {len(planted)} planted items")
        whole = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(
            f"{chosen.words:,} words: ours {ours:.1f} CPU-s, {memory:.0f} MB; sets of tuples {theirs:.1f} CPU-s, "
            f"{whole:.0f} MB; ratio {theirs / ours:.1f}; {len(found)} of {len(planted)} planted found, 0 others\n"
        )


def _runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    words = words_of(text)
    return (tuple(words[i : i + length]) for i in range(len(words) - length + 1))


if __name__ == "__main__":
    main()
