"""A run that never happened, but looks like one: about 27 steps with scores, logs, documents and samples.

`python tests/report/synthetic_run.py FOLDER` writes its store and its page, to be looked at in a browser.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from polyclinic.artifacts import InputRecord, Manifest, write_manifest
from polyclinic.pipeline import RunRecord, StepRecord, write_run
from polyclinic.records import Document, Sample, Score, write_records

PARTS = ("seen", "unseen")
ACCURACY = {  # chance of a right answer: easy, medium, hard
    "base": (0.27, 0.26, 0.25),
    "medcode-raw": (0.64, 0.50, 0.39),
    "notes-raw": (0.25, 0.26, 0.24),
    "medcode-expert": (0.61, 0.47, 0.37),
    "notes-expert": (0.27, 0.25, 0.26),
    "merged": (0.56, 0.43, 0.33),
    "merged-sft": (0.58, 0.42, 0.34),
    "merged-dpo": (0.57, 0.43, 0.34),
}
PERPLEXITY = {  # medcode, notes, guidelines, encyclopedia
    "base": (38.0, 61.0, 70.0, 82.0),
    "medcode-raw": (5.1, 240.0, 260.0, 310.0),
    "notes-raw": (71.0, 31.0, 78.0, 92.0),
    "medcode-expert": (7.4, 88.0, 96.0, 104.0),
    "notes-expert": (48.0, 37.0, 66.0, 79.0),
    "merged": (9.2, 44.0, 70.0, 83.0),
    "merged-sft": (9.9, 45.5, 72.0, 85.0),
    "merged-dpo": (10.0, 45.6, 72.3, 85.4),
}
DOMAINS = ("medcode", "notes", "guidelines", "encyclopedia")
STEPS: dict[str, tuple[str, str, float, dict[str, list[str]]]] = {
    "icd": ("corpus.icd10cm", "documents", 3.4, {}),
    "notes": ("corpus.read", "documents", 0.3, {}),
    "guidelines": ("corpus.read", "documents", 0.3, {}),
    "encyclopedia": ("corpus.read", "documents", 0.3, {}),
    "notes-split": ("corpus.hold_out", "documents", 0.4, {"documents": ["notes"]}),
    "questions": ("tasks.build", "samples", 4.1, {"documents": ["icd"]}),
    "held-out-text": ("tasks.build", "samples", 1.2, {"documents": ["icd", "notes", "guidelines", "encyclopedia"]}),
    "base": ("model.tiny", "model", 71.2, {"documents": ["icd", "notes-split", "guidelines", "encyclopedia"]}),
    "medcode-tasks": ("synth.pit", "samples", 6.8, {"documents": ["icd"]}),
    "notes-tasks": ("synth.pit", "samples", 0.9, {"documents": ["notes-split"]}),
    "instructions": ("tasks.instructions", "samples", 1.1, {"documents": ["icd", "notes-split"]}),
    "preferences": ("tasks.preferences", "preferences", 0.8, {"samples": ["instructions"]}),
    "medcode-raw": (
        "train.pit",
        "model",
        96.4,
        {"model": ["base"], "samples": ["medcode-tasks"], "documents": ["icd"]},
    ),
    "notes-raw": (
        "train.pit",
        "model",
        24.9,
        {"model": ["base"], "samples": ["notes-tasks"], "documents": ["notes-split"]},
    ),
    "medcode-expert": ("merge.slerp", "model", 0.7, {"base": ["base"], "expert": ["medcode-raw"]}),
    "notes-expert": ("merge.slerp", "model", 0.7, {"base": ["base"], "expert": ["notes-raw"]}),
    "merged": ("merge.breadcrumbs", "model", 1.1, {"base": ["base"], "models": ["medcode-expert", "notes-expert"]}),
    "searched": ("merge.search", "model", 62.0, {"base": ["base"], "models": ["medcode-expert", "notes-expert"]}),
    "merged-sft": ("train.sft", "model", 38.2, {"model": ["merged"], "samples": ["instructions"]}),
    "merged-dpo": ("train.dpo", "model", 31.5, {"model": ["merged-sft"], "preferences": ["preferences"]}),
} | {
    f"{model}-scores": ("eval.run", "scores", 9.0, {"model": [model], "samples": ["questions", "held-out-text"]})
    for model in ACCURACY
}
CONDITIONS = (
    "Type 2 diabetes mellitus",
    "Essential hypertension",
    "Acute bronchitis",
    "Fracture of the radius",
    "Asthma",
    "Iron deficiency anemia",
    "Migraine",
    "Cellulitis of the lower limb",
)
QUALITIES = ("unspecified", "with complications", "without complications", "initial encounter", "in remission")


def make_store(folder: Path, *, items: int = 300, stain: str = "", seed: int = 7) -> RunRecord:
    """Write the artifacts and the record of the run into the store `folder`; returns the record.

    `stain` is put into every text that comes from data, to see whether the page escapes it.
    """
    dice = random.Random(seed)
    records: list[StepRecord] = []
    for name, (kind, output, seconds, inputs) in STEPS.items():
        artifact = folder / f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        artifact.mkdir(parents=True)
        facts: dict[str, Any] = {}
        if output == "documents":
            facts["documents"] = write_records(artifact, _documents(name, stain), Document)
        elif output == "samples":
            facts["samples"] = write_records(artifact, _samples(name, items, stain), Sample)
            if kind == "synth.pit":
                facts["teacher"] = f"extractive teacher (no model){stain}"
        elif output == "scores":
            write_records(artifact, _scores(inputs["model"][0], items, stain), Score)
        elif kind.startswith(("train.", "model.")):
            facts = _write_log(artifact, kind, dice, stain)
        elif kind == "merge.search":
            facts = search_facts(stain)
        write_manifest(artifact, _manifest(name, kind, output, seconds, inputs, facts, stain))
        state = "done" if kind.startswith("corpus.") else "made"
        records.append(
            StepRecord(
                name=name,
                kind=kind,
                inputs=inputs,
                artifact=artifact.name,
                state=state,
                seconds=0.0 if state == "done" else seconds,
            )
        )
    run = RunRecord(
        recipe="quickstart",
        title=f"MediPhi in miniature{stain}",
        description="A base, two experts trained with pre-instruction tuning, each merged back with the base, the "
        f"experts merged, aligned to instructions, and everything measured.{stain}",
        seed=17,
        started=f"2026-11-20T09:12:44+00:00{stain}",
        finished=f"2026-11-20T09:18:36+00:00{stain}",
        seconds=352.4,
        recipe_text=_recipe(stain),
        overrides=[f"base.steps=400{stain}"] if stain else [],
        report={
            "compare": [
                ["medcode-expert", "base"],
                ["merged", "base"],
                ["merged-scores", "medcode-expert-scores"],
                ["merged-dpo", "merged-sft"],
            ],
            "headline": f"icd10cm-easy/unseen{stain}",
            "experts": {"merged": "merged", "of": ["medcode-expert", "notes-expert"]},
        },
        steps=records,
    )
    write_run(folder / "runs" / run.recipe, run)
    return run


def _documents(name: str, stain: str) -> Iterable[Document]:
    for i in range(40):
        condition, quality = CONDITIONS[i % 8], QUALITIES[i // 8]
        yield Document(
            id=f"{name}-{i}",
            title=f"{condition}, {quality}{stain}",
            text=f"ICD-10-CM code E{i:02d}.{i % 10}: {condition}, {quality}.\nParent: E{i:02d}, {condition}.\n"
            f"Includes: {condition.lower()} that is {quality}.\nExcludes: everything that is not.\n{stain}"
            + "The patient was seen in the clinic, examined, and sent home with advice. "
            * (i % 5 * 3),
            domain="medcode" if name == "icd" else name.removesuffix("-split"),
            source=("ICD-10-CM 2021" if name == "icd" else "polyclinic demonstration set") + stain,
            license=("public-domain" if name == "icd" else "CC0-1.0") + stain,
        )


def _samples(name: str, items: int, stain: str) -> Iterable[Sample]:
    if name.endswith("-tasks"):
        source = "icd" if name == "medcode-tasks" else "notes-split"
        for i in range(40):
            condition, quality = CONDITIONS[i % 8], QUALITIES[i // 8]
            for task, output in (
                ("pit.summary", f"{condition}, {quality}, is coded E{i:02d}.{i % 10}; its parent is E{i:02d}."),
                ("pit.question_answer", f"Q: What is E{i:02d}.{i % 10}?\nA: {condition}, {quality}."),
            ):
                yield Sample(
                    id=f"{task}-{i}",
                    task=task,
                    output=output + stain,
                    document=f"{source}-{i}",
                    author=f"extractive teacher (no model){stain}",
                    license="public-domain",
                )
        return
    if name != "questions":
        yield Sample(id=f"{name}-0", task="perplexity-notes", output=f"held-out text{stain}")
        return
    for level in ("easy", "medium", "hard"):
        for i in range(items):
            options = _options(i, stain)
            yield Sample(
                id=f"{level}-{i}",
                task=f"icd10cm-{level}",
                input=f"What is the description of the ICD-10-CM code E{i % 90:02d}.{i % 10}?{stain}",
                output=options[i % 4],
                options=tuple(options),
                subset=PARTS[i % 2] + stain,
            )


def _options(i: int, stain: str) -> list[str]:
    return [f"{CONDITIONS[(i + k) % 8]}, {QUALITIES[(i + k) % 5]}{stain}" for k in range(4)]


def _scores(model: str, items: int, stain: str) -> Iterable[Score]:
    dice = random.Random(model)
    fingerprint = hashlib.sha256(model.encode()).hexdigest()
    shared = random.Random("items")
    for level, share in zip(("easy", "medium", "hard"), ACCURACY[model], strict=True):
        for i in range(items):
            right = statistics.NormalDist().cdf(0.8 * shared.gauss() + 0.6 * dice.gauss()) < share
            options = _options(i, stain)
            reply = options[i % 4] if right else options[(i + 1 + dice.randrange(3)) % 4]
            lost = model == "base" and level == "hard" and i == 3
            yield Score(
                model="as the evaluation named it",
                fingerprint=fingerprint,
                task=f"icd10cm-{level}",
                item=f"{level}-{i}",
                metric="accuracy",
                scorer="option-likelihood-1",
                value=None if lost else float(right),
                unscored_reason=f"the prompt is longer than the model's window{stain}" if lost else "",
                subset=PARTS[i % 2] + stain,
                reply=reply,
                gold=options[i % 4],
            )
    for domain, perplexity in zip(DOMAINS, PERPLEXITY[model], strict=True):
        for i in range(30):
            hardness = shared.gauss(0, 0.2)
            yield Score(
                model="as the evaluation named it",
                fingerprint=fingerprint,
                task=f"perplexity-{domain}",
                item=f"{domain}-{i}",
                metric="negative_log_likelihood",
                scorer="text-likelihood-1",
                value=math.log(perplexity) + hardness + dice.gauss(0, 0.02),
                weight=float(shared.randrange(90, 260)),
            )


def _write_log(artifact: Path, kind: str, dice: random.Random, stain: str) -> dict[str, Any]:
    phases = {"train.pit": ("tasks", "tasks+documents"), "train.dpo": ("dpo",), "train.sft": ("sft",)}.get(
        kind, ("pretrain",)
    )
    loss = 8.2 if kind == "model.tiny" else 3.6
    rows: list[dict[str, Any]] = []
    for phase in phases:
        steps = {"model.tiny": 620, "train.pit": 240, "train.sft": 60, "train.dpo": 40}[kind]
        for step in range(1, steps + 1):
            if kind == "train.dpo":
                loss = 0.693 * math.exp(-step / 45) + 0.12 + dice.gauss(0, 0.02)
            else:
                goal = 3.2 if kind == "model.tiny" else 1.4 if phase == phases[-1] else 2.0
                loss += (goal - loss) * 0.012 + dice.gauss(0, 0.035)
            rows.append({"phase": phase + stain, "step": step, "loss": loss, "learning_rate": 1e-4})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (artifact / "training_log.jsonl").write_text(text, encoding="utf-8")
    facts = {"tokens": 12_000 * len(rows), "steps": len(rows), "final_loss": loss, "dropped_tokens": 0}
    return facts | ({"parameters": 2_613_248} if kind == "model.tiny" else {})


def search_facts(stain: str = "", evaluations: int = 60) -> dict[str, Any]:
    """Return what a search over two models by weights and density leaves in its manifest."""
    dice = random.Random(3)
    path: list[dict[str, Any]] = [
        {"values": {"weights": [0.5, 0.5], "density": [0.5]}, "score": 0.52, "dropped": False, "refused": ""}
    ]
    for number in range(1, evaluations + 1):
        spread = 0.5 * math.exp(-number / 25)
        weights = [min(1.0, max(0.0, goal + dice.gauss(0, spread))) for goal in (0.8, 0.3)]
        density = min(0.9, max(0.1, 0.6 + dice.gauss(0, spread)))
        score = 0.58 - 0.2 * (weights[0] - 0.8) ** 2 - 0.2 * (weights[1] - 0.3) ** 2 - 0.1 * (density - 0.6) ** 2
        refused = f"gamma leaves no room for density{stain}" if number % 17 == 0 else ""
        found = {"values": {"weights": weights, "density": [density]}, "score": -1.0 if refused else score}
        path.append({**found, "dropped": not refused and score < 0.56, "refused": refused})
    best = max((n for n, one in enumerate(path) if not one["dropped"]), key=lambda n: float(path[n]["score"]))
    return {
        "merged": [f"medcode-expert{stain}", f"notes-expert{stain}"],
        "baseline": {"values": path[0]["values"], "score": 0.52, "low": 0.49, "high": 0.55},
        "best": {**{k: path[best][k] for k in ("values", "score")}, "low": 0.55, "high": 0.61, "number": best},
        "items": {"first": 240, "search": 960, "held_back": 240, "tasks": [f"icd10cm-easy{stain}", "icd10cm-hard"]},
        "held_back": {
            "n": 240,
            "documents": 180,
            "baseline": {"estimate": 0.51, "low": 0.45, "high": 0.57},
            "best": {"estimate": 0.56, "low": 0.5, "high": 0.62},
            "difference": {"estimate": 0.05, "low": 0.012, "high": 0.088, "p_value": 0.011},
        },
        "path": path,
        "evaluations": {
            "made": len(path),
            "dropped": sum(one["dropped"] for one in path),
            "refused": sum(bool(one["refused"]) for one in path),
        },
    }


def _manifest(
    name: str, kind: str, output: str, seconds: float, inputs: dict[str, list[str]], facts: dict[str, Any], stain: str
) -> Manifest:
    return Manifest(
        polyclinic="0.1.0",
        step=name,
        kind=kind,
        output=output,
        key=hashlib.sha256(name.encode()).hexdigest(),
        code_version=2 if kind == "merge.search" else 1,
        settings={"algorithm": "cmaes", "method": "ties"} if kind == "merge.search" else {},
        inputs={field: [InputRecord(name=n, key=n) for n in names] for field, names in inputs.items()},
        seed=17,
        fingerprint=hashlib.sha256(name.encode()).hexdigest(),
        licenses={f"public-domain{stain}": 3246, f"CC0-1.0{stain}": 96},
        sources={
            f"ICD-10-CM 2021{stain}": 3246,
            f"polyclinic demonstration set (written for demonstration, not medical advice){stain}": 96,
        },
        facts=facts,
        started="2026-11-20T09:13:01+00:00",
        seconds=seconds,
        cpu_seconds=seconds * 1.8,
        peak_memory_mb=412.0 if output != "model" else 1480.5,
        versions={"python": "3.11.7", "torch": f"2.13.0{stain}", "transformers": "5.23.0"},
    )


def _recipe(stain: str) -> str:
    lines = ["name: quickstart", "title: MediPhi in miniature", "seed: 17", f"# {stain}", "steps:"]
    for name, (kind, _, _, inputs) in STEPS.items():
        lines.append(f"  {name}:")
        lines.append(f"    uses: {kind}")
        lines += [f"    {field}: [{', '.join('$' + n for n in names)}]" for field, names in inputs.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from polyclinic.report import make_report

    target = Path(sys.argv[1])
    make_report(make_store(target / "store"), target / "store", target / "report.html")
