"""Benchmark items in documents: ours against datatrove's n-gram filter, in turns, over the same documents.

20,000 items of 20 to 40 words; documents of about 300 words, a twentieth of which hold 13 words or more of an item
and as many 12 words of one, which is no overlap of 13. Prints documents per CPU-second and what was found. datatrove
runs in an environment of its own: `--datatrove-python PYTHON`.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

PEERS = Path(__file__).with_name("corpus_peers.py")
LENGTHS = {"13": (13,), "8 and 13": (8, 13)}


def write_files(folder: Path, documents: int, items: int) -> set[int]:
    """Write documents and items; return the numbers of the documents that hold 13 words of an item."""
    dice = random.Random(3)
    vocabulary = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(2, 11))) for _ in range(30_000)]
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(vocabulary))))
    asked = [dice.choices(vocabulary, cum_weights=weights, k=dice.randint(20, 40)) for _ in range(items)]
    planted = set()
    for name, texts in (("items", (" ".join(words) for words in asked)), ("documents", iter(()))):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as lines:
            for number, text in enumerate(texts):
                lines.write(
                    json.dumps({"id": str(number), "text": text, "task": "t", "output": "", "input": text}) + "\n"
                )
    with (folder / "documents.jsonl").open("w", encoding="utf-8") as lines:
        for number in range(documents):
            words = dice.choices(vocabulary, cum_weights=weights, k=dice.randint(260, 340))
            if number % 10 == 0:
                item = dice.choice(asked)
                size = 12 if number % 20 else dice.randint(13, len(item))
                start = dice.randrange(len(item) - size + 1)
                # The words on either side must not happen to go on with the item.
                at = dice.randrange(len(words))
                words[at:at] = ["unlike", *item[start : start + size], "unlike"]
                if size >= 13:
                    planted.add(number)
            lines.write(json.dumps({"id": str(number), "text": " ".join(words).capitalize()}) + "\n")
    return planted


def ours(folder: Path, lengths: tuple[int, ...], compiled: bool) -> dict[str, Any]:
    """Search in this process."""
    from polyclinic.word_runs import RunIndex

    RunIndex(lengths, [("a",)], ["t"], ["1"])  # imports
    begun = time.process_time()
    with (folder / "items.jsonl").open(encoding="utf-8") as lines:
        items = [(json.loads(line)["text"],) for line in lines]
    names = [str(number) for number in range(len(items))]
    index = RunIndex(lengths, items, ["t"] * len(items), names, compiled=compiled)
    indexing = time.process_time() - begun
    removed, waiting, at = [], [], 0
    with (folder / "documents.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            waiting.append(json.loads(line)["text"])
            if len(waiting) == 512:
                removed += [at + n for n, hits in enumerate(index.hits(waiting)) if any(h.length == 13 for h in hits)]
                at, waiting = at + len(waiting), []
    removed += [at + n for n, hits in enumerate(index.hits(waiting)) if any(h.length == 13 for h in hits)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"removed": removed, "cpu": time.process_time() - begun, "indexing": indexing, "memory": memory}


def whole(folder: Path) -> dict[str, Any]:
    """Run the step, with reading, checking and writing."""
    from polyclinic.corpus import decontaminate
    from polyclinic.records import Sample, write_records

    with (folder / "items.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    write_records(folder / "items", (Sample(id=r["id"], task="t", input=r["text"], output="") for r in rows), Sample)
    begun = time.process_time()
    out = decontaminate(documents=folder / "documents.jsonl", items=folder / "items", processes=1, out=folder / "out")
    cpu = time.process_time() - begun
    found = [json.loads(line) for line in (out / "overlaps.jsonl").read_text().splitlines()]
    removed = sorted({int(row["document"]) for row in found if row["length"] == 13})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"removed": removed, "cpu": cpu, "indexing": 0.0, "memory": memory}


def main() -> None:
    """Run all, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--datatrove-python", default="")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        way, place = chosen.one.split("=", 1)
        if way == "whole":
            print(json.dumps(whole(Path(place))))
        else:
            kind, lengths = way.split(", ")
            print(json.dumps(ours(Path(place), LENGTHS[lengths], kind == "kernel")))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        planted = write_files(folder, chosen.documents, chosen.items)
        ways = ["kernel, 13", "numpy, 13", "kernel, 8 and 13", "whole"]
        commands = {f"ours: {way}": [sys.executable, __file__, "--one", f"{way}={folder}"] for way in ways}
        if chosen.datatrove_python:
            paths = [str(folder / f"{name}.jsonl") for name in ("documents", "items")]
            commands["datatrove"] = [chosen.datatrove_python, str(PEERS), "datatrove-decontamination", *paths]
        print("| way | documents per CPU-s, items included | searching alone | found | false | peak MB |")
        print("|---|---|---|---|---|---|")
        for name, command in commands.items():
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{name}: {done.stderr}")
            run = json.loads(done.stdout.splitlines()[-1])
            found = set(run["removed"])
            print(
                f"| {name} | {chosen.documents / run['cpu']:,.0f} "
                f"| {chosen.documents / (run['cpu'] - run['indexing']):,.0f} "
                f"| {len(found & planted)} of {len(planted)} | {len(found - planted)} | {run['memory']:.0f} |"
            )


if __name__ == "__main__":
    main()
