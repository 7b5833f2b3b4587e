"""MedCare at small scale on real data, several seeds: what each part gains in alignment and loses of knowledge.

Knowledge is questions and answers made from medwiki, guidelines and medcode; alignment is entity extraction (BC5CDR
and NCBI diseases) and the writing of sections (MTS-Dialog). A small base reads text first, then every variant starts
from it. What is measured, on the same items for all:

- knowledge: exams, the right one of four answers by its likelihood per token, and the perplexity of the right answers
  (codes and questions that were trained on);
- alignment: perplexity of good replies to held-out requests, and the F1 of entities written greedily.

    nice python benchmarks/medcare_small.py --data ../shared/data --out /tmp/medcare-small --seeds 3

goes on where it stopped and prints the table of what is done. `--hidden 256 --scale 8` is a base of 5 M parameters
with eight times the text.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from polyclinic.adapters.noise_folder import put_with_noise
from polyclinic.models import load_model, load_tokenizer
from polyclinic.records import Document, Sample, Score, read_records, write_records

CODE = "Which disease has this ICD-10-CM code?"
ANSWER = "Answer the question."
ENTITIES = "List the diseases in the text."
SECTION = "Write the section of the note."
LATE = ("knowledge without noise beside", "stage 2, none, frozen", "stage 2, projection, frozen")  # after all seeds
EXAM, REPLIES, WRITTEN = 100, 50, 10  # items of each task


def documents(data: Path, domain: str, limit: int) -> Iterator[dict[str, Any]]:
    with gzip.open(data / "corpora" / f"{domain}.jsonl.gz", "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            if number < limit:
                yield json.loads(line)


def first_words(text: str, count: int) -> str:
    return " ".join(text.split()[:count])


def knowledge_samples(data: Path, scale: float) -> list[Sample]:
    made = []
    for row in documents(data, "medcode", int(8000 * scale)):
        code, _, name = row["text"].removeprefix("ICD-10-CM ").partition(": ")
        if int(row["id"].rpartition("-")[2]) % 20 == 1:
            made.append(Sample(row["id"], "medcode", name, input=code, instruction=CODE))
    for domain, count in (("medwiki", int(300 * scale)), ("guidelines", int(150 * scale))):
        for row in documents(data, domain, count):
            head, _, body = row["text"].partition("\n")
            question = head if domain == "medwiki" else f"What is said about {head.strip().lower()}?"
            if body.strip():
                made.append(
                    Sample(
                        row["id"], domain, first_words(body, 40), input=first_words(question, 30), instruction=ANSWER
                    )
                )
    return made


def sentences(file: Path) -> Iterator[tuple[str, list[str]]]:
    words: list[tuple[str, str]] = []
    for line in [*file.read_text(encoding="utf-8").splitlines(), ""]:
        if line.strip():
            word, _, tag = line.partition("\t")
            words.append((word, tag.strip()))
            continue
        found: list[list[str]] = []
        for word, tag in words:
            if tag.startswith("B"):
                found.append([word])
            elif tag.startswith("I") and found:
                found[-1].append(word)
        if words:
            yield " ".join(word for word, _ in words), list(dict.fromkeys(" ".join(one) for one in found))
        words = []


def alignment_samples(data: Path, part: str, count: int) -> list[Sample]:
    made = []
    ner = data / "benchmarks" / "ner"
    for task, folder in (("bc5cdr", "BC5CDR-disease-IOB"), ("ncbi", "NCBI-disease-IOB")):
        kept = [s for s in sentences(ner / folder / f"{'train' if part == 'train' else 'devel'}.tsv") if s[1]]
        for i, (text, names) in enumerate([s for s in kept if len(s[0].split()) < 50][:count]):
            made.append(Sample(f"{task}-{part}-{i}", task, "; ".join(names), input=text, instruction=ENTITIES))
    file = data / "benchmarks" / "mts_dialog" / "Main-Dataset"
    name = "MTS-Dialog-TrainingSet.csv" if part == "train" else "MTS-Dialog-ValidationSet.csv"
    with (file / name).open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if len(r["dialogue"].split()) < 70 and r["section_text"].strip()]
    for i, row in enumerate(rows[:count]):
        text = f"{row['section_header']}: {' '.join(row['dialogue'].split())}"
        made.append(
            Sample(f"mts-{part}-{i}", "mts", first_words(row["section_text"], 40), input=text, instruction=SECTION)
        )
    return made


def with_options(samples: list[Sample]) -> dict[str, list[str]]:
    """Return four answers for the first items of each task of knowledge, the right one first."""
    chance = random.Random(0)
    made = {}
    for task in ("medcode", "medwiki", "guidelines"):
        own = [s for s in samples if s.task == task]
        for sample in chance.sample(own, min(EXAM, len(own))):
            others = [s.output for s in chance.sample(own, 12) if s.output != sample.output]
            made[sample.id] = [sample.output, *others[:3]]
    return made


class Asked:
    """A model that is asked for likelihoods and replies."""

    def __init__(self, base: Path, adapter: Path | None, noise: bool) -> None:
        from polyclinic.adapter_folder import put_adapter
        from polyclinic.train.chat import ChatTokens

        model: Any = load_model(base)
        if adapter is not None:
            model = put_with_noise(model, adapter) if noise else put_adapter(model, adapter)
        self.model, self.chat = model.eval(), ChatTokens(load_tokenizer(base), base)

    def likelihoods(self, rows: list[tuple[Sample, str]]) -> list[tuple[float, int]]:
        """Return the negative log-likelihood of each reply, and its tokens."""
        made = []
        tokens = [self.chat.conversation(s.instruction, s.input, reply, s.id) for s, reply in rows]
        for start in range(0, len(rows), 32):
            batch = tokens[start : start + 32]
            longest = max(len(c.prompt) + c.learnt for c in batch)
            ids = torch.zeros(len(batch), longest, dtype=torch.long)
            for i, c in enumerate(batch):
                ids[i, : len(c.prompt) + c.learnt] = torch.tensor(c.prompt + c.reply[: c.learnt])
            with torch.no_grad():
                logits = self.model(ids).logits.log_softmax(-1)
            for i, c in enumerate(batch):
                places = torch.arange(len(c.prompt) - 1, len(c.prompt) + c.learnt - 1)
                picked = logits[i, places, ids[i, places + 1]]
                made.append((-float(picked.sum()), c.learnt))
        return made

    def replies(self, samples: list[Sample]) -> list[str]:
        """Return what is written greedily, at most 24 tokens."""
        made = []
        for sample in samples:
            prompt = self.chat.conversation(sample.instruction, sample.input, "x", sample.id).prompt
            with torch.no_grad():
                found = self.model.generate(
                    input_ids=torch.tensor([prompt]), max_new_tokens=24, do_sample=False,
                    eos_token_id=self.chat.end_of_turn, pad_token_id=0,
                )  # fmt: skip
            made.append(self.chat.tokenizer.decode(found[0, len(prompt) :], skip_special_tokens=True))
        return made


def measure(asked: Asked, name: str, knowledge: list[Sample], held_out: list[Sample]) -> list[Score]:
    scores = []

    def add(sample: Sample, metric: str, value: float, weight: float = 1.0) -> None:
        scores.append(Score(name, name, sample.task, sample.id, metric, "medcare_small 1", value, weight=weight))

    options = with_options(knowledge)
    by_id = {s.id: s for s in knowledge}
    rows = [(by_id[i], answer) for i, answers in options.items() for answer in answers]
    found = asked.likelihoods(rows)
    for place, item in enumerate(options):
        own = [nats / tokens for nats, tokens in found[4 * place : 4 * place + 4]]
        add(by_id[item], "accuracy", float(own[0] < min(own[1:])))
        add(by_id[item], "negative_log_likelihood", own[0], found[4 * place][1])
    for sample, (nats, tokens) in zip(held_out, asked.likelihoods([(s, s.output) for s in held_out]), strict=True):
        add(sample, "negative_log_likelihood", nats / tokens, tokens)
    entities = [s for task in ("bc5cdr", "ncbi") for s in [s for s in held_out if s.task == task][:WRITTEN]]
    for sample, reply in zip(entities, asked.replies(entities), strict=True):
        gold = {x.strip().lower() for x in sample.output.split(";")}
        said = {x.strip().lower() for x in reply.split(";") if x.strip()}
        right = len(gold & said)
        add(sample, "entity_f1", 2 * right / (len(gold) + len(said)))
    return scores


def variants() -> dict[str, dict[str, Any]]:
    """Return what each variant is made by, in the order of the table."""
    two = {"knowledge": "stage 1", "stage": 2}
    return {
        "plain LoRA, same size": {"stage": 0},
        "knowledge without noise beside": {"stage": 1, "noise": False},
        "stage 1": {"stage": 1},
        "stage 1, noise kept": {"of": "stage 1"},
        "stage 2, none": {**two, "orthogonality": "none"},
        "stage 2, penalty_norm": {**two, "orthogonality": "penalty_norm"},
        "stage 2, penalty_published": {**two, "orthogonality": "penalty_published"},
        "stage 2, projection": {**two, "orthogonality": "projection"},
        "stage 2, none, frozen": {**two, "orthogonality": "none", "knowledge_trainable": False},
        "stage 2, projection, frozen": {**two, "orthogonality": "projection", "knowledge_trainable": False},
    }


def made_by(name: str, what: dict[str, Any], base: Path, place: Path, seed: int) -> tuple[Path, bool]:
    """Make a variant where it is not there yet; return its adapter and whether its noise counts."""
    from polyclinic.train import medcare_align, medcare_knowledge, sft

    def folder(of: str) -> Path:
        return place / folder_name(of)

    common = {
        "batch_size": 8, "gradient_accumulation": 1, "warmup_steps": 0.05, "precision": "float32",
        "too_long": "cut", "max_length": 128, "checkpoint_every": 100, "seed": seed, "model": base,
    }  # fmt: skip
    if "of" in what:
        return folder(what["of"]), True
    if folder(name).exists():
        return folder(name), False
    both = [place.parent / "knowledge", place.parent / "alignment"]
    if what["stage"] == 0:  # ranks that make the trainable size that of stage 1, routers included
        sft(
            out=folder(name), samples=both, epochs=1, learning_rate=2e-3, neftune_noise_alpha=0,
            lora={"rank": 53, "alpha": 106, "dropout": 0.05}, **common,
        )  # fmt: skip
    elif what["stage"] == 1:
        medcare_knowledge(
            out=folder(name), samples=both, epochs=1, learning_rate=2e-3, rank=8, alpha=16,
            noise=what.get("noise", True), **common,
        )  # fmt: skip
    else:
        options = {k: v for k, v in what.items() if k not in ("stage", "knowledge")}
        medcare_align(
            out=folder(name), knowledge=folder(what["knowledge"]), samples=both[1], epochs=2, learning_rate=2e-3,
            rank=16, alpha=32, log_every=20, **options, **common,
        )  # fmt: skip
    return folder(name), False


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with corpora/ and benchmarks/")
    parser.add_argument("--out", type=Path, required=True, help="where everything is made; it goes on from there")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--scale", type=float, default=1, help="times as much of all data")
    given = parser.parse_args()
    from polyclinic.model import tiny

    given.out.mkdir(parents=True, exist_ok=True)
    knowledge = knowledge_samples(given.data, given.scale)
    train = alignment_samples(given.data, "train", int(200 * given.scale))
    held_out = alignment_samples(given.data, "held out", REPLIES)
    for name, samples in (("knowledge", knowledge), ("alignment", train)):
        if not (given.out / name).exists():
            write_records(given.out / name, samples, Sample)
    if not (given.out / "base").exists():
        texts = [
            Document(row["id"], first_words(row["text"], 300), source=row["source"], license=row["license"])
            for domain, count in (("general", 500), ("pubmed", 500), ("medwiki", 500), ("clinical", 300))
            for row in documents(given.data, domain, int(count * given.scale))
        ]
        write_records(given.out / "texts", texts, Document)
        tiny(
            out=given.out / "base", documents=given.out / "texts", vocabulary_size=given.vocabulary,
            hidden_size=given.hidden, intermediate_size=3 * given.hidden, layers=given.layers, heads=4,
            max_positions=256, max_length=128, batch_size=16, learning_rate=3e-3, warmup_steps=0.05,
        )  # fmt: skip
    asked_for: dict[str, dict[str, Any]] = {"base": {}, **variants()}
    rounds = [(seed, late) for late in (False, True) for seed in range(given.seeds)]
    for seed, late in rounds:
        place = given.out / f"seed-{seed}"
        place.mkdir(exist_ok=True)
        for name in [name for name in asked_for if (name in LATE) == late]:
            what = asked_for[name]
            file = place / "scores" / folder_name(name)
            if file.exists():
                continue
            adapter, noise = (None, False) if name == "base" else made_by(name, what, given.out / "base", place, seed)
            asked = Asked(given.out / "base", adapter, noise)
            write_records(file, measure(asked, name, knowledge, held_out), Score)
            print(f"seed {seed}: {name}", flush=True)
    table(given.out, given.seeds)


def table(out: Path, seeds: int) -> None:
    """Print every variant with its intervals, and its paired difference from stage 1; see `mean_over_seeds`."""
    from polyclinic.evals import compare, summarize

    names = ["base", *variants()]
    scores = {name: pooled(mean_over_seeds(out, name, seeds)) for name in names}
    names = [name for name in names if scores[name]]
    columns = [
        ("knowledge", "accuracy", "exam"),
        ("knowledge", "negative_log_likelihood", "knowledge, perplexity"),
        ("alignment", "negative_log_likelihood", "alignment, perplexity"),
        ("alignment", "entity_f1", "entity F1"),
    ]
    print("| variant | seeds | " + " | ".join(title for *_, title in columns) + " | overlap of rows |")
    print("|---" * (len(columns) + 3) + "|")
    for name in names:
        by_column = {(one.task, one.metric): one for one in summarize(scores[name])}
        cells = [by_column[task, metric] for task, metric, _ in columns]
        shown = [f"{one.estimate:.4g} ({one.low:.4g} to {one.high:.4g})" for one in cells]
        spread = [one for one in (overlap(out, name, seed) for seed in range(seeds)) if one is not None]
        shown.append(f"{sum(spread) / len(spread):.3f}" if spread else "")
        done = sum((out / f"seed-{seed}" / "scores" / folder_name(name)).exists() for seed in range(seeds))
        print(f"| {name} | {done} | {' | '.join(shown)} |")
    print("\n| against stage 1 | exam | knowledge, nats per token | alignment, nats per token |")
    print("|---|---|---|---|")
    for name in names:
        if name != "stage 1" and "stage 1" in names:
            pairs = {(one.task, one.metric): one for one in compare(scores[name], scores["stage 1"])}
            cells = [pairs[task, metric] for task, metric, _ in columns[:3]]
            said = [f"{one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})" for one in cells]
            print(f"| {name} | {' | '.join(said)} |")


def folder_name(name: str) -> str:
    return name.replace(", ", "-").replace(" ", "-")


def overlap(out: Path, name: str, seed: int) -> float | None:
    file = out / f"seed-{seed}" / folder_name(name) / "overlap.json"
    if not file.exists():
        return None
    rows = [entry["rows"] for entry in json.loads(file.read_text()).values()]
    return float(sum(rows) / len(rows))


def mean_over_seeds(out: Path, name: str, seeds: int) -> list[Score]:
    """Return one score an item: the mean over the seeds that are done. The intervals are those over items."""
    from dataclasses import replace

    found: dict[tuple[str, str], list[Score]] = {}
    for seed in range(seeds):
        folder = out / f"seed-{seed}" / "scores" / folder_name(name)
        if folder.exists():
            for score in read_records(folder, Score):
                found.setdefault((score.item, score.metric), []).append(score)
    return [replace(own[0], value=sum(s.value or 0.0 for s in own) / len(own)) for own in found.values()]


def pooled(scores: list[Score]) -> list[Score]:
    """Return the scores with the tasks of a part taken as one."""
    from dataclasses import replace

    parts = {"medcode": "knowledge", "medwiki": "knowledge", "guidelines": "knowledge"}
    return [replace(score, task=parts.get(score.task, "alignment")) for score in scores]


if __name__ == "__main__":
    main()
