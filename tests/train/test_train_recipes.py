from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polyclinic.pipeline import Store, load_recipe, make_plan

RECIPES = Path(__file__).parents[2] / "recipes"


def steps_of(name: str) -> dict[str, Any]:
    return {step.name: step.settings for step in load_recipe(RECIPES / f"{name}.yaml").steps}


@pytest.mark.parametrize("name", ["mediphi", "mmedins"])
def test_the_recipes_of_the_papers_can_be_planned(name: str, tmp_path: Path) -> None:
    plan = make_plan(load_recipe(RECIPES / f"{name}.yaml"), Store(tmp_path))
    assert plan.steps
    assert {step.state for step in plan.steps} == {"to do"}


def test_mediphi_has_the_published_batches_and_rates() -> None:
    steps = steps_of("mediphi")
    effective = {
        name: s.batch_size * s.gradient_accumulation for name, s in steps.items() if hasattr(s, "batch_size")
    }
    # MediPhi, Tables 6 to 8.
    assert (effective["pubmed-expert"], effective["mediphi-sft"], effective["mediphi-instruct"]) == (512, 256, 128)
    pit, sft, dpo = steps["medcode-expert"], steps["mediphi-sft"], steps["mediphi-instruct"]
    assert (pit.phase1_learning_rate, pit.phase1_epochs) == (1e-4, 1)
    assert (pit.phase2_learning_rate, pit.phase2_epochs) == (3e-4, 2)
    assert (sft.learning_rate, sft.epochs, sft.warmup_steps, sft.neftune_noise_alpha) == (2e-5, 2, 40, 5)
    assert (dpo.learning_rate, dpo.epochs, dpo.warmup_steps, dpo.beta) == (1e-6, 1, 50, 0.1)
    kinds = {name.removeprefix("medcode-"): s.tasks for name, s in steps.items() if name.startswith("medcode-")
             and hasattr(s, "phase1_epochs")}  # fmt: skip
    assert kinds == {
        "expert": ["summary"], "question-answer": ["question_answer"], "entities": ["entities"],
        "relations": ["relations"],
    }  # fmt: skip
    assert (steps["medcode-explainer"].learning_rate, steps["medcode-explainer"].epochs) == (1e-4, 2)
    assert len(steps["datamix"].documents) == 5


def test_mmedins_has_the_published_batch_rate_and_length() -> None:
    sft = steps_of("mmedins")["mmedins"]
    assert sft.batch_size * sft.gradient_accumulation == 128
    assert (sft.learning_rate, sft.epochs, sft.max_length) == (1e-5, 5, 2048)
