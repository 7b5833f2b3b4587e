"""A recipe: a YAML file with a list of named steps, checked whole before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from polyclinic.errors import UserError, did_you_mean
from polyclinic.pipeline.yaml_lines import Place, load_yaml
from polyclinic.step_settings import Settings, seed_problem, settings_problems
from polyclinic.steps import StepKind, article, check_paths, find_kind

RECIPE_KEYS = ("name", "title", "description", "seed", "steps", "report")
STEP_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
RECIPE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")  # it names a folder


@dataclass(frozen=True)
class RecipeStep:
    """One named step, its settings checked; inputs that come from other steps still read `$name`."""

    name: str
    kind: StepKind[Any]
    settings: Settings
    references: Mapping[str, tuple[str, ...]]  # by field: names of the steps it takes from
    seed: int
    line: int


@dataclass(frozen=True)
class Recipe:
    """A whole recipe; `steps` stand in an order in which they can run."""

    name: str
    title: str
    description: str
    seed: int
    steps: tuple[RecipeStep, ...]
    report: Mapping[str, Any]  # for the report room, which checks it
    path: Path
    text: str
    overrides: tuple[str, ...] = field(default=())  # what --set changed


def load_recipe(path: Path, overrides: Iterable[str] = (), seed: int | None = None) -> Recipe:
    """Read and check a recipe.

    Args:
        path: the file. Relative paths in it start at its folder, those in overrides at the working directory.
        overrides: `STEP.field=value` texts whose values are YAML.
        seed: instead of the recipe's; its runs then carry it in their name.

    Raises UserError with every problem found, each with file, line, field and what was expected.
    """
    raw, lines = load_yaml(path)
    problems = _Problems(path, lines)
    if not isinstance(raw, dict):
        raise UserError(f"{path}: expected a recipe: a mapping with 'steps'")
    for key in raw:
        if key not in RECIPE_KEYS:
            problems.add((key,), f"unknown field '{key}'{did_you_mean(key, RECIPE_KEYS)}")
    wanted = {
        "name": (str, "text"),
        "title": (str, "text"),
        "description": (str, "text"),
        "report": (dict, "a mapping"),
    }
    for key, (type_wanted, called) in wanted.items():
        if key in raw and not isinstance(raw[key], type_wanted):
            problems.add((key,), f"'{key}': expected {called}, found {raw[key]!r}")
    if isinstance(raw.get("name"), str) and not RECIPE_NAME.fullmatch(raw["name"]):
        problems.add(("name",), f"'name': expected letters, digits, spaces, '.', '_', '-', found {raw['name']!r}")
    if problem := seed_problem(raw.get("seed", 0)):
        problems.add(("seed",), f"'seed': {problem}")
    raw_steps = raw.get("steps")
    if not isinstance(raw_steps, dict) or not raw_steps:
        if not problems.found:  # a misspelt `steps` is named already
            problems.add(("steps",), "expected 'steps': a mapping from step name to step")
        raise problems.error()
    problems.raise_if_any()
    overrides = tuple(overrides)
    outside = _override(raw_steps, overrides)
    name = str(raw.get("name", path.stem))
    if seed is not None:
        name = f"{name}-seed-{seed}"
    else:
        seed = raw.get("seed", 0)
    steps: list[RecipeStep] = []
    for step_name, raw_step in raw_steps.items():
        step = _read_step(step_name, raw_step, seed, path.parent, outside, problems)
        if step is not None:
            steps.append(step)
    problems.raise_if_any()
    by_name = {step.name: step for step in steps}
    for step in steps:
        _check_references(step, by_name, problems)
    problems.raise_if_any()
    ordered = _in_order(steps, problems)
    for step in ordered:
        try:
            check_paths(step.kind, step.settings, where=step.name)
        except UserError as error:
            problems.add(("steps", step.name), str(error))
    problems.raise_if_any()
    return Recipe(
        name=name,
        title=str(raw.get("title", raw.get("name", path.stem))),
        description=raw.get("description", ""),
        seed=seed,
        steps=ordered,
        report=raw.get("report", {}),
        path=path,
        text=path.read_text(encoding="utf-8"),
        overrides=overrides,
    )


class _Problems:
    """Collects what is wrong, so that one message can name all of it."""

    def __init__(self, path: Path, lines: Mapping[Place, int]) -> None:
        self.path, self.lines, self.found = path, lines, list[tuple[int, str]]()

    def line(self, place: Place) -> int:
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def add(self, place: Place, message: str) -> None:
        self.found.append((self.line(place), message))

    def error(self) -> UserError:
        return UserError("\n".join(f"{self.path}:{line}: {text}" for line, text in sorted(self.found)))

    def raise_if_any(self) -> None:
        if self.found:
            raise self.error()


def _read_step(
    name: str, raw: Any, recipe_seed: int, folder: Path, outside: set[Place], problems: _Problems
) -> RecipeStep | None:
    place: Place = ("steps", name)
    if not STEP_NAME.fullmatch(name):
        problems.add(place, f"step name '{name}': expected small letters, digits and hyphens")
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("uses"), str):
        problems.add(place, f"{name}: expected a step: a mapping with 'uses: stage.kind'")
        return None
    try:
        kind = find_kind(raw["uses"])
    except UserError as error:
        problems.add((*place, "uses"), f"{name}: {error}")
        return None
    seed = raw.get("seed", recipe_seed)
    if problem := seed_problem(seed):
        problems.add((*place, "seed"), f"{name}.seed: {problem}")
        return None
    fields = {key: value for key, value in raw.items() if key not in ("uses", "seed")}
    references: dict[str, tuple[str, ...]] = {}
    for key, role in kind.roles.items():
        if key not in fields or not (role.input or role.source):
            continue
        values = fields[key] if isinstance(fields[key], list) else [fields[key]]
        if any(not isinstance(value, str) for value in values):
            continue  # the settings model says what is wrong with it
        if role.input:
            references[key] = tuple(value[1:] for value in values if value.startswith("$"))
        start = Path.cwd() if (*place, key) in outside else folder
        resolved = [v if role.input and v.startswith("$") else str(start / v) for v in values]
        fields[key] = resolved if isinstance(fields[key], list) else resolved[0]
    try:
        settings = kind.settings.model_validate(fields)
    except ValidationError as error:
        for key, problem in settings_problems(kind.settings, kind.name, error):
            problems.add((*place, *key.split(".")), f"{name}.{key}: {problem}" if key else f"{name}: {problem}")
        return None
    return RecipeStep(name, kind, settings, references, seed, problems.line(place))


def _check_references(step: RecipeStep, by_name: Mapping[str, RecipeStep], problems: _Problems) -> None:
    for key, names in step.references.items():
        wanted, other = step.kind.roles[key].input, step.kind.roles[key].other
        for name in names:
            place: Place = ("steps", step.name, key)
            if name not in by_name:
                problems.add(place, f"{step.name}.{key}: ${name}: there is no such step{did_you_mean(name, by_name)}")
            elif (output := by_name[name].kind.makes(by_name[name].settings)) not in (wanted, other):
                made = article(output)
                problems.add(
                    place,
                    f"{step.kind.name}.{key} wants {article(wanted)}, ${name} is {made} (in the step {step.name})",
                )


def _in_order(steps: list[RecipeStep], problems: _Problems) -> tuple[RecipeStep, ...]:
    """Order the steps so that each follows what it takes from, and data are read before anything is trained."""
    waiting = dict(enumerate(steps))
    done: set[str] = set()
    ordered: list[RecipeStep] = []
    while waiting:
        ready = [
            (_cost_class(step.kind.name), index)
            for index, step in waiting.items()
            if all(name in done for names in step.references.values() for name in names)
        ]
        if not ready:
            circle = _circle({step.name: step for step in waiting.values()})
            problems.add(("steps", circle[0]), f"the steps go in a circle: {' -> '.join(circle)}")
            raise problems.error()
        step = waiting.pop(min(ready)[1])
        done.add(step.name)
        ordered.append(step)
    return tuple(ordered)


def _cost_class(kind: str) -> int:
    """Reading comes first, then the teacher, then all else, so that bad input is found before long work."""
    stage = kind.partition(".")[0]
    if stage in ("corpus", "tasks") or kind == "model.hub":
        return 0
    return 1 if stage == "synth" else 2


def _circle(steps: Mapping[str, RecipeStep]) -> list[str]:
    way = [next(iter(steps))]
    while True:
        step = steps[way[-1]]
        following = next(n for names in step.references.values() for n in names if n in steps)
        if following in way:
            return [*way[way.index(following) :], following]
        way.append(following)


def _override(raw_steps: dict[str, Any], overrides: tuple[str, ...]) -> set[Place]:
    """Put `STEP.field=value` into the raw steps; return the places that were changed."""
    changed: set[Place] = set()
    for text in overrides:
        target, equals, value = text.partition("=")
        name, dot, key = target.partition(".")
        if not equals or not dot or not key:
            raise UserError(f"--set {text}: expected STEP.field=value")
        if name not in raw_steps or not isinstance(raw_steps[name], dict):
            raise UserError(f"--set {text}: there is no step '{name}'{did_you_mean(name, raw_steps)}")
        try:
            raw_steps[name][key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise UserError(f"--set {text}: the value is not YAML") from error
        changed.add(("steps", name, key))
    return changed
