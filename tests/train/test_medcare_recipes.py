"""The recipes that come with MedCare's stages are whole, and read what they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyclinic.pipeline.recipe import load_recipe
from polyclinic.report import read_settings
from polyclinic.train.medcare_rows import read_conversations

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.mark.parametrize("name", ["medcare", "medcare-ablation", "polyclinic"])
def test_a_recipe_is_whole(name: str) -> None:
    recipe = load_recipe(RECIPES / f"{name}.yaml")
    assert recipe.name == name
    read_settings(recipe.report, [step.name for step in recipe.steps])


def test_the_published_settings_stand_in_the_recipe() -> None:
    steps = {step.name: step.settings.model_dump() for step in load_recipe(RECIPES / "medcare.yaml").steps}
    one, two = steps["knowledge"], steps["aligned"]
    assert (one["rank"], one["alpha"], one["experts"], one["top_k"], one["shared_experts"]) == (16, 32, 8, 2, 2)
    assert (two["rank"], two["alpha"], one["epochs"], two["epochs"]) == (32, 64, 1, 3)
    for stage in (one, two):
        assert stage["batch_size"] * stage["gradient_accumulation"] == 128
        assert (stage["learning_rate"], stage["warmup_steps"], stage["max_length"]) == (2e-4, 0.03, 3072)


def test_the_conversations_of_the_recipe_can_be_read() -> None:
    for file in sorted((RECIPES / "templates").glob("medcare-*.jsonl")):
        assert len(list(read_conversations(file))) == 2
