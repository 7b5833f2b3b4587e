"""A catalog of small tasks of every family that is answered in writing, with data of the user's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from polyclinic.records import Sample

COMMON = """
title: {name}
category: {category}
domain: Clinical texts
family: {family}
builder: source
metric: {metric}
license: CC0-1.0
commercial_use: true
definition: {definition}
input: "{input}"
output: "{output}"
{more}
source:
  name: {name}
  folder: {name}
  format: json_rows
  files: {{train: train.jsonl, test: test.jsonl}}
  id: name
"""
WORDS = ["cough", "fever", "gout", "asthma", "nausea", "rash", "fatigue", "vertigo"]


def write_catalog(folder: Path, suites: str = "", shots: int = 2) -> dict[str, Path]:
    """Write tasks `symptom` (label), `symptoms` (entities) and `summary` (free text) with 12 + 6 rows each.

    Returns the settings `data` and `catalog`.
    """
    tasks: dict[str, dict[str, str]] = {
        "symptom": {
            "category": "Text Classification",
            "family": "label",
            "metric": "label_accuracy",
            "definition": "Name the symptom.",
            "output": "{{ symptom }}",
            "more": f"labels: [{', '.join(WORDS)}]",
        },
        "symptoms": {
            "category": "Named Entity Recognition",
            "family": "entities",
            "metric": "entity_f1",
            "definition": "List the symptoms.",
            "output": "{{ symptom }}.",
            "more": "",
        },
        "summary": {
            "category": "Text Summarization",
            "family": "free_text",
            "metric": "rougeL",
            "definition": "Summarize the note.",
            "output": "The patient has {{ symptom }}.",
            "more": "",
        },
    }
    (folder / "catalog").mkdir(parents=True, exist_ok=True)
    for name, fields in tasks.items():
        more = f'{fields["more"]}\nshots: {shots}\nsuites: [{suites}]\ncuttable: "{{{{ text }}}}"'
        text = COMMON.format(name=name, input="{{ text }} Question: which one?", **{**fields, "more": more})
        (folder / "catalog" / f"{name}.yaml").write_text(text)
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
        for split, count in (("train", 12), ("test", 6)):
            rows = [_row(f"{split}-{number}", number) for number in range(count)]
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / "data" / name / f"{split}.jsonl").write_text(lines)
    return {"data": folder / "data", "catalog": folder / "catalog"}


def _row(name: str, number: int) -> dict[str, Any]:
    symptom = WORDS[number % len(WORDS)]
    return {"name": name, "symptom": symptom, "text": f"{name}: the patient came in with {symptom} and left."}


def note(number: int, task: str = "summary", **fields: Any) -> Sample:
    """Return an item of one of these tasks."""
    symptom = WORDS[number % len(WORDS)]
    made: dict[str, Any] = {
        "id": f"{task}-{number}",
        "task": task,
        "instruction": "Summarize the note.",
        "input": f"Note {number}: the patient came in with {symptom}.",
        "output": f"The patient has {symptom}.",
        "document": f"patient-{number % 3}",
    }
    return Sample(**{**made, **fields})
