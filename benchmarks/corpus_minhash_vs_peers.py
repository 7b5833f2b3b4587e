"""Near-duplicates among 30,000 documents of about 300 words: ours, datatrove, datasketch and rensa, in turns.

A tenth of the documents are copies of others with 1 to 12 words changed; which pairs are near-duplicates is known
exactly. Prints documents per CPU-second, recall (of the planted pairs with a Jaccard index of 0.8 or more), precision
(of the pairs that were found), and the share found of the planted pairs by their index. Peers run in environments of
their own: `--peer datatrove=PYTHON` and so on.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

COPIES = 0.1
PEERS = Path(__file__).with_name("corpus_peers.py")


def write_documents(path: Path, count: int, seed: int) -> dict[tuple[int, int], float]:
    """Write documents; return the planted pairs with their exact Jaccard index."""
    dice = random.Random(seed)
    vocabulary = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(2, 11))) for _ in range(30_000)]
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(vocabulary))))
    base = round(count * (1 - COPIES))
    planted: dict[tuple[int, int], float] = {}
    with path.open("w", encoding="utf-8") as lines:
        written: list[list[str]] = []
        for number in range(count):
            if number < base:
                words = dice.choices(vocabulary, cum_weights=weights, k=dice.randint(260, 340))
                written.append(words)
            else:
                other = number - base
                words = list(written[other])
                for place in dice.sample(range(len(words)), dice.randint(1, 12)):
                    words[place] = dice.choice(vocabulary)
                planted[other, number] = exact_jaccard(written[other], words)
            ends = iter(range(12, len(words) + 12, 12))
            text = ". ".join(" ".join(words[end - 12 : end]).capitalize() for end in ends)
            lines.write(json.dumps({"id": str(number), "text": text}) + "\n")
    return planted


def exact_jaccard(one: list[str], other: list[str]) -> float:
    """Return the Jaccard index of the runs of five words."""
    a, b = ({tuple(words[at : at + 5]) for at in range(len(words) - 4)} for words in (one, other))
    return len(a & b) / len(a | b)


def ours(path: str, way: str) -> dict[str, Any]:
    """Find the pairs in this process; `whole` is the step with reading, checking and writing."""
    from polyclinic.near_duplicates import MinHash, similar_pairs

    similar_pairs(["a b", "a b"])  # imports
    begun = time.process_time()
    if way == "whole":
        from polyclinic.corpus import deduplicate

        with tempfile.TemporaryDirectory() as folder:
            out = deduplicate(documents=path, out=Path(folder) / "out")
            rows = [json.loads(line) for line in (out / "removed.jsonl").read_text().splitlines()]
        pairs = [tuple(sorted((int(row["id"]), int(row["kept_id"])))) for row in rows]
    else:
        with open(path, encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in lines]
        found = similar_pairs(texts, 0.8, MinHash(looks=1 if way == "one-look" else 3), compiled=way != "numpy")
        pairs = [(pair.first, pair.second) for pair in found]
    cpu = time.process_time() - begun
    return {"pairs": pairs, "cpu": cpu, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def quality(found: dict[str, Any], planted: dict[tuple[int, int], float]) -> tuple[float, float, str]:
    """Return recall, precision, and the shares found by index."""
    pairs = {tuple(pair) for pair in found.get("pairs", [])}
    removed = set(found.get("removed", []))
    hit = {pair for pair in planted if pair in pairs or removed & set(pair)}
    high = [pair for pair, index in planted.items() if index >= 0.8]
    strange = len(pairs - set(planted)) + len(removed - {number for pair in planted for number in pair})
    right = sum(planted[pair] >= 0.8 for pair in hit)
    shares = []
    for low, top in ((0.7, 0.8), (0.8, 0.83), (0.83, 0.9), (0.9, 1.01)):
        own = [pair for pair, index in planted.items() if low <= index < top]
        shares.append(f"{low:.2f}-{min(top, 1):.2f}: {sum(p in hit for p in own)}/{len(own)}")
    return sum(p in hit for p in high) / len(high), right / max(1, len(hit) + strange), ", ".join(shares)


def main() -> None:
    """Run all, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=30_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--peer", action="append", default=[], help="NAME=PYTHON")
    parser.add_argument("--ours", default="kernel,numpy,one-look,whole")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        way, path = chosen.one.split("=", 1)
        print(json.dumps(ours(path, way)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "documents.jsonl"
        planted = write_documents(path, chosen.documents, seed=1)
        commands = {
            f"ours, {way}": [sys.executable, __file__, "--one", f"{way}={path}"] for way in chosen.ours.split(",")
        }
        for peer in chosen.peer:
            name, python = peer.split("=", 1)
            commands[name] = [python, str(PEERS), name, str(path)]
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
        for _ in range(chosen.repeats):
            for name, command in commands.items():
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode:
                    sys.exit(f"{name}: {done.stderr}")
                rows[name].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{chosen.documents} documents, {sum(v >= 0.8 for v in planted.values())} planted pairs at 0.8 or more")
    print("| way | documents per CPU-s | CPU-s of each run | recall | precision | peak MB | found by index |")
    print("|---|---|---|---|---|---|---|")
    for name, runs in rows.items():
        cpu = [run["cpu"] for run in runs]
        recall, precision, shares = quality(runs[0], planted)
        print(
            f"| {name} | {chosen.documents / statistics.median(cpu):,.0f} | {', '.join(f'{c:.2f}' for c in cpu)} "
            f"| {recall:.4f} | {precision:.4f} | {runs[0]['memory']:.0f} | {shares} |"
        )


if __name__ == "__main__":
    main()
