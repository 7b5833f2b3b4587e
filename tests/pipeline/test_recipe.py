"""A recipe is checked whole before anything runs; every problem has its line, its field and what was expected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_recipe import RECIPE, write_recipe

from polyclinic.errors import UserError
from polyclinic.pipeline import Recipe, load_recipe

MODELS = """\
steps:
  texts: {uses: corpus.read, documents: texts.jsonl}
  tasks: {uses: synth.pit, documents: $texts}
  base:
    uses: model.tiny
    documents: $texts
  expert:
    uses: train.pit
    model: $base
    samples: $tasks
    documents: $texts
"""


def problem_of(folder: Path, text: str, *overrides: str) -> str:
    file = write_recipe(folder, text)
    with pytest.raises(UserError) as caught:
        load_recipe(file, overrides)
    return str(caught.value).replace(f"{file}:", ":")


def loaded(folder: Path, text: str, *overrides: str) -> Recipe:
    return load_recipe(write_recipe(folder, text), overrides)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("model: $base", "modle: $base", ":9: expert.modle: unknown field; did you mean 'model'?"),
        ("train.pit", "train.pitt", ":8: expert: unknown step kind 'train.pitt'; did you mean 'train.pit'?"),
        ("$base", "$bass", ":9: expert.model: $bass: there is no such step; did you mean 'base'?"),
        ("$base", "$texts", ":9: train.pit.model wants a model, $texts is documents (in the step expert)"),
        ("samples: $tasks", "samples: [$tasks, $base]", ":10: train.pit.samples wants samples, $base is a model"),
        ("$base", "$expert", ":7: the steps go in a circle: expert -> expert"),
        ("texts.jsonl}", "no.jsonl}", ":2: texts.documents: "),
        ("uses: model.tiny", "use: model.tiny", ":4: base: expected a step: a mapping with 'uses: stage.kind'"),
        ("  base:", "  Base:", ":4: step name 'Base': expected small letters, digits and hyphens"),
        ("    model: $base\n", "", ":7: expert.model: missing; train.pit needs it: the model to go on from"),
        ("$base", "$base\n    batch_size: many", ":10: expert.batch_size: input should be a valid integer"),
        (
            "$base",
            "$base\n    phase1_learning_rate: 2",
            ":10: expert.phase1_learning_rate: input should be less than",
        ),
        ("$base", "$base\n    seed: -1", ":10: expert.seed: expected a whole number from 0 to 4294967295, found -1"),
        ("$base", "7", ":9: expert.model: input is not a valid path"),
        ("steps:", "stepz:", ":1: unknown field 'stepz'; did you mean 'steps'?"),
        ("steps:", "seed: 1.5\nsteps:", ":1: 'seed': expected a whole number from 0 to 4294967295, found 1.5"),
        ("steps:", "name: ../up\nsteps:", ":1: 'name': expected letters, digits, spaces"),
        ("steps:", "title: 7\nsteps:", ":1: 'title': expected text, found 7"),
        ("steps:", "report: []\nsteps:", ":1: 'report': expected a mapping, found []"),
        (MODELS, "", ": expected a recipe: a mapping with 'steps'"),
        (MODELS, "steps: []", ":1: expected 'steps': a mapping from step name to step"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    loaded(tmp_path, MODELS)
    found = problem_of(tmp_path, MODELS.replace(old, new, 1))
    assert found.replace(str(tmp_path / "recipe.yaml"), "").startswith(message)
    assert len(found.splitlines()) == 1


def test_a_circle_is_shown_all_around(tmp_path: Path) -> None:
    text = (
        "steps:\n"
        "  x: {uses: merge.slerp, base: $c, models: $a}\n"
        "  a: {uses: merge.slerp, base: $b, models: $b}\n"
        "  b: {uses: merge.slerp, base: $c, models: $c}\n"
        "  c: {uses: merge.slerp, base: $a, models: $a}\n"
    )
    assert problem_of(tmp_path, text) in (
        ":5: the steps go in a circle: c -> a -> b -> c",
        ":3: the steps go in a circle: a -> b -> c -> a",
    )


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = MODELS.replace("model: $base", "modle: $base").replace("uses: corpus.read,", "uses: corpus.raed,")
    assert [line.split(":")[1] for line in problem_of(tmp_path, text).splitlines()] == ["2", "9"]


def test_the_order_in_the_file_does_not_matter_and_reading_comes_first(tmp_path: Path) -> None:
    head, *steps = MODELS.replace("  base:", "@  base:").replace("  expert:", "@  expert:").split("@")
    assert len(steps) == 2
    turned = "steps:\n" + steps[1] + steps[0] + "".join(reversed(head.splitlines(keepends=True)[1:]))
    assert [s.name for s in loaded(tmp_path, turned).steps] == ["texts", "tasks", "base", "expert"]
    assert [s.name for s in loaded(tmp_path, MODELS).steps] == ["texts", "tasks", "base", "expert"]


def test_paths_of_a_recipe_start_at_its_folder_and_those_of_set_where_the_user_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "other.txt").write_text("text")
    monkeypatch.chdir(tmp_path / "here")
    step = loaded(tmp_path, RECIPE).steps[0]
    assert getattr(step.settings, "documents") == tmp_path / "texts.jsonl"  # noqa: B009
    step = loaded(tmp_path, RECIPE, "texts.documents=other.txt").steps[0]
    assert getattr(step.settings, "documents") == tmp_path / "here" / "other.txt"  # noqa: B009
    assert os.listdir(tmp_path / "here") == ["other.txt"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("texts.limit", "--set texts.limit: expected STEP.field=value"),
        ("limit=3", "--set limit=3: expected STEP.field=value"),
        ("text.limit=3", "--set text.limit=3: there is no step 'text'; did you mean 'texts'?"),
        ("texts.limit=[", "--set texts.limit=[: the value is not YAML"),
        ("texts.limt=3", ":4: texts.limt: unknown field; did you mean 'limit'?"),
        ("texts.limit=-3", ":4: texts.limit: input should be greater than or equal to 0, found -3"),
        ("tasks.documents=$tasks", ":11: synth.pit.documents wants documents, $tasks is samples"),
    ],
)
def test_a_mistake_in_set_is_named(override: str, message: str, tmp_path: Path) -> None:
    assert problem_of(tmp_path, RECIPE, override).startswith(message)


def test_set_replaces_what_the_recipe_says_and_is_remembered(tmp_path: Path) -> None:
    recipe = loaded(tmp_path, RECIPE, "texts.limit=3", "tasks.tasks=[summary, entities]", "tasks.seed=9")
    settings = {step.name: step.settings.model_dump() for step in recipe.steps}
    assert settings["texts"]["limit"] == 3
    assert settings["tasks"]["tasks"] == ["summary", "entities"]
    assert [step.seed for step in recipe.steps] == [0, 9]
    assert recipe.overrides == ("texts.limit=3", "tasks.tasks=[summary, entities]", "tasks.seed=9")


def test_a_recipe_that_came_with_the_project_is_whole() -> None:
    for file in (Path(__file__).parents[2] / "recipes").glob("quickstart.yaml"):
        assert load_recipe(file).name == file.stem
