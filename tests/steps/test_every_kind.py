"""What holds of every step kind in the house."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from polyclinic.errors import UserError
from polyclinic.kind_commands import kind_rows, setting_rows
from polyclinic.records import RECORD_TYPES
from polyclinic.steps import STAGES, StepKind, find_kind, kinds_of

KINDS: list[StepKind[Any]] = [kind for stage in STAGES for kind in kinds_of(stage).values()]
# A data set of another's layout, a page and a measurement are for people: no step takes them.
TYPES = {*RECORD_TYPES, "model", "adapter", "statistics", "measurement", "dataset", "page"}
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)


@each_kind
def test_it_is_found_by_its_name_in_the_package_of_its_stage(kind: StepKind[Any]) -> None:
    stage, _, name = kind.name.partition(".")
    assert find_kind(kind.name) is kind
    assert getattr(importlib.import_module(STAGES[stage]), name) is kind


@each_kind
def test_it_says_in_one_line_what_it_does(kind: StepKind[Any]) -> None:
    assert 10 < len(kind.summary) < 118
    assert kind.summary.rstrip().endswith(".")
    assert inspect.getdoc(kind.function)
    assert kind.version >= 1


@each_kind
def test_every_field_is_described(kind: StepKind[Any]) -> None:
    rows = setting_rows(kind)
    assert rows
    for row in rows:
        assert row["what"], f"{kind.name}.{row['field']} has no description"
        assert row["type"], f"{kind.name}.{row['field']} has no type that people can read"
        assert "typing." not in row["type"]


@each_kind
def test_every_number_has_bounds_or_is_free_on_purpose(kind: StepKind[Any]) -> None:
    schema = kind.settings.model_json_schema()["properties"]
    bounds = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    for name, field in schema.items():
        for part in [field, *field.get("anyOf", [])]:
            if part.get("type") in ("integer", "number"):
                assert bounds & part.keys() or name in ("scale",), f"{kind.name}.{name} has no bounds"


@each_kind
def test_inputs_and_output_have_types_that_exist(kind: StepKind[Any]) -> None:
    assert kind.output in TYPES
    assert {role.input for role in kind.roles.values()} <= {"", *TYPES}
    assert not any(role.input and (role.source or role.runtime) for role in kind.roles.values())


@each_kind
def test_its_settings_have_no_name_that_a_recipe_or_a_command_needs(kind: StepKind[Any]) -> None:
    assert not {"uses", "seed", "out", "help"} & set(kind.settings.model_fields)


def test_the_list_of_kinds_has_them_all_once() -> None:
    names = [row["kind"] for row in kind_rows()]
    assert names == [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    wanted = {
        *("corpus.icd10cm", "corpus.read", "model.tiny", "model.hub", "synth.pit", "eval.run"),
        *("train.dapt", "train.pit", "train.sft", "train.dpo"),
        *("merge.slerp", "merge.task_arithmetic", "merge.breadcrumbs"),
    }
    assert wanted <= set(names)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "train.pitt",
            r"unknown step kind 'train.pitt'; did you mean 'train.pit'\?; the stage train has dapt|train.dapt",
        ),
        ("trian.pit", r"unknown step kind 'trian.pit'; did you mean 'train.pit'\?; `polyclinic steps` lists them"),
        ("slerp", "unknown step kind 'slerp'.*`polyclinic steps` lists them"),
        ("train", "unknown step kind 'train'"),
        ("train.", "unknown step kind 'train.'"),
        ("", "unknown step kind ''"),
        (".pit", "unknown step kind '.pit'"),
        ("os.system", "unknown step kind 'os.system'"),
    ],
)
def test_an_unknown_kind_is_named_with_the_nearest_one(name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        find_kind(name)
