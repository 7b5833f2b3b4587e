"""Scoring stored replies of mixed tasks, against rouge-score, nltk and sacrebleu one by one.

    python benchmarks/evals_scoring_vs_peers.py --data DATA --peers-python PYTHON [--replies 100000]

DATA is the folder with the released data sets (MeQSum, MTS-Dialog, ACI-Bench, ICD-10-CM, BC5CDR, PubMedQA, MedMCQA);
PYTHON a Python of its own with `rouge-score nltk sacrebleu`. The replies are golds with words dropped and exchanged:
text tasks by the shares of MIX, and LABELS of the whole are labels, entities and options, which the peers do not
score but we do. In each round the peers and we take turns, task by task; CPU-seconds of the scoring alone. Printed:
how far the figures are apart (they must agree to five digits), the ratio for the text tasks, the ratio with all our
work counted, and what `eval.score` costs in whole, reading and writing included.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.evals import score
from polyclinic.evals.scoring import score_replies
from polyclinic.evals.scoring.pooling import pooled
from polyclinic.evals.scoring.score_records import score_records
from polyclinic.records import Reply, write_records
from polyclinic.tasks import load_catalog
from polyclinic.tasks.source_items import Item, task_items

MIX = {
    "clue-meqsum": 0.25,
    "mts-dialog-section": 0.3,
    "meds-ins-115-icd10-code-explanation": 0.24,
    "clue-aci-bench": 0.01,
}
LABELS = {
    "meds-bench-127-test-bc5disease-named-enetity-recognition": 0.08,
    "meds-bench-123-pubmedqa-test-set": 0.04,
    "medcare-medmcqa": 0.08,
}
METRICS = ("rouge1", "rouge2", "rougeL", "bleu1", "corpus_bleu4")
PEERS = """
import json, sys, time
from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

rouge = RougeScorer(["rouge1", "rouge2", "rougeL"])
words, smoothing = NLTKWordTokenizer().tokenize, SmoothingFunction().method1
for line in sys.stdin:
    pairs = json.loads(line)
    began = time.process_time()
    sums = {"rouge1": 0.0, "rouge2": 0.0, "rougeL": 0.0, "bleu1": 0.0}
    for reply, gold in pairs:
        for name, found in rouge.score(gold, reply).items():
            sums[name] += found.fmeasure
    for reply, gold in pairs:
        sums["bleu1"] += sentence_bleu(
            [words(gold)], words(reply), weights=(1, 0, 0, 0), smoothing_function=smoothing
        )
    figures = {name: total / len(pairs) for name, total in sums.items()}
    bleu = BLEU(tokenize="13a", smooth_method="none")
    replies, golds = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    figures["corpus_bleu4"] = bleu.corpus_score(replies, [golds]).score / 100
    print(json.dumps({"seconds": time.process_time() - began, "figures": figures}), flush=True)
"""


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers-python", required=True)
    parser.add_argument("--replies", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    catalog, generator = load_catalog(), random.Random(0)
    stored = {
        name: list(replies_of(name, asked.data, round(share * asked.replies), generator))
        for name, share in (MIX | LABELS).items()
    }
    peers = subprocess.Popen(
        [asked.peers_python, "-c", PEERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert peers.stdin is not None
    assert peers.stdout is not None
    for name, replies in stored.items():  # libraries and dictionaries are loaded
        score_replies(catalog[name], replies[:20], "corrected")
    total = {"ours": 0.0, "peers": 0.0, "labels": 0.0}
    for name, replies in stored.items():
        seconds = {"ours": 0.0, "peers": 0.0}
        worst = 0.0
        for place in range(asked.rounds):
            part = replies[place :: asked.rounds]
            began = time.process_time()
            measured = score_replies(catalog[name], part, "corrected")
            seconds["ours"] += time.process_time() - began
            if name in LABELS:
                continue
            peers.stdin.write(json.dumps([(reply.text, reply.gold) for reply in part]) + "\n")
            peers.stdin.flush()
            answer = json.loads(peers.stdout.readline())
            seconds["peers"] += answer["seconds"]
            scores = [
                one
                for reply, row in zip(part, measured, strict=True)
                for one in score_records(reply, [("corrected", row)])
            ]
            for metric in METRICS:
                ours = pooled(metric, [one for one in scores if one.metric == metric])
                difference = abs(ours - answer["figures"][metric])
                worst = max(worst, difference)
                if difference >= 0.5e-5:
                    print(f"{name}, {metric}: {ours:.6f} and {answer['figures'][metric]:.6f}")
        kind = "labels" if name in LABELS else "ours"
        total[kind] += seconds["ours"]
        total["peers"] += seconds["peers"]
        ratio = (
            f"ratio {seconds['peers'] / seconds['ours']:.1f}, largest difference {worst:.1e}"
            if kind == "ours"
            else ""
        )
        print(f"{name}: {len(replies)} replies, ours {seconds['ours']:.2f} s, peers {seconds['peers']:.2f} s {ratio}")
        if worst >= 0.5e-5:
            raise SystemExit(f"{name}: the figures differ in the fifth digit")
    peers.stdin.close()
    peers.wait()
    print(f"text tasks: ratio {total['peers'] / total['ours']:.1f}")
    print(f"all our work against their text tasks: ratio {total['peers'] / (total['ours'] + total['labels']):.1f}")
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "replies"
        write_records(kept, (reply for replies in stored.values() for reply in replies), Reply)
        began, cpu = time.perf_counter(), time.process_time()
        score(out=Path(folder) / "scores", replies=[kept], scorer="corrected")
        print(
            f"eval.score, reading and writing included: {time.process_time() - cpu:.1f} CPU-s, "
            f"{time.perf_counter() - began:.1f} s"
        )


def replies_of(name: str, data: Path, wanted: int, generator: random.Random) -> Iterator[Reply]:
    """Yield replies to a task's items: their golds with words dropped and exchanged."""
    task = load_catalog()[name]
    found: list[Item] = []
    for split in ("train", "validation", "test"):
        if split in task.splits and len(found) < wanted:
            with suppress(UserError):  # a split that is not in the data folder
                found += [one for one in task_items(task, data, split, to_ask=True) if isinstance(one, Item)]
    for number in range(wanted):
        item = found[number % len(found)]
        gold = item.outputs[0]
        yield Reply(
            "somebody",
            "0",
            name,
            f"{item.id}-{number}",
            text=altered(gold, generator) if name in MIX else gold,
            input=item.input,
            gold=gold,
            options=item.options,
        )


def altered(text: str, generator: random.Random) -> str:
    """Return a text with a sixth of its words dropped and a fifth exchanged."""
    words, kept = text.split(" "), []
    for word in words:
        draw = generator.random()
        if draw >= 1 / 6:
            kept.append(generator.choice(words) if draw < 1 / 6 + 0.2 else word)
    return " ".join(kept).strip() or "unknown"


if __name__ == "__main__":
    main()
