"""A recipe of two quick steps without a model, written where a test may change it."""

from __future__ import annotations

import json
from pathlib import Path

from polyclinic.pipeline import Plan, Store, load_recipe, make_plan, run_plan

RECIPE = """\
name: small
seed: 0
steps:
  texts:
    uses: corpus.read
    documents: texts.jsonl
    domain: notes
    held_out_share: 1.0e-4
  tasks:
    uses: synth.pit
    documents: $texts
"""


def write_texts(file: Path, count: int = 6, word: str = "calm") -> Path:
    """Write `count` short notes."""
    rows = [{"id": f"n{i}", "text": f"The patient has asthma. Day {i} was {word}."} for i in range(count)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def write_recipe(folder: Path, text: str = RECIPE) -> Path:
    """Write a recipe beside its texts."""
    if not (folder / "texts.jsonl").exists():
        write_texts(folder / "texts.jsonl")
    (folder / "recipe.yaml").write_text(text)
    return folder / "recipe.yaml"


def plan_of(folder: Path, text: str = RECIPE, *overrides: str) -> Plan:
    """Return the plan of a recipe in `folder` over the store in it."""
    return make_plan(load_recipe(write_recipe(folder, text), overrides), Store(folder / "store"))


def run(folder: Path, text: str = RECIPE, *overrides: str) -> Plan:
    """Run a recipe and return the plan that was run."""
    plan = plan_of(folder, text, *overrides)
    run_plan(plan, lambda line: None)
    return plan


def states(plan: Plan) -> dict[str, str]:
    """Return the state of each step."""
    return {planned.step.name: planned.state for planned in plan.steps}


def reasons(plan: Plan, step: str) -> tuple[str, ...]:
    """Return why a step is made again."""
    return next(planned.reasons for planned in plan.steps if planned.step.name == step)
