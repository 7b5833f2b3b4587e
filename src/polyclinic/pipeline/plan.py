"""What a recipe would do: every step done, to do, or to be made again, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from polyclinic.artifacts import InputRecord, Manifest
from polyclinic.pipeline.recipe import Recipe, RecipeStep
from polyclinic.pipeline.store import Store
from polyclinic.steps import key_of, package_versions, result_settings

State = Literal["done", "to do", "resume", "again"]


@dataclass(frozen=True)
class PlannedStep:
    """One step of a plan."""

    step: RecipeStep
    key: str
    folder: Path  # where its artifact is or will be
    inputs: Mapping[str, list[InputRecord]]
    state: State
    reasons: tuple[str, ...]  # why it is made again
    last_seconds: float | None  # how long it took the last time it was made


@dataclass(frozen=True)
class Plan:
    """The steps of a recipe in the order they run."""

    recipe: Recipe
    store: Store
    steps: tuple[PlannedStep, ...]

    @property
    def to_make(self) -> tuple[PlannedStep, ...]:
        """The steps that are not done."""
        return tuple(step for step in self.steps if step.state != "done")

    def only(self, name: str) -> Plan:
        """Return the part of the plan that the step `name` needs, itself included."""
        by_name = {planned.step.name: planned for planned in self.steps}
        needed: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in needed:
                needed.add(current)
                waiting += [n for names in by_name[current].step.references.values() for n in names]
        return Plan(self.recipe, self.store, tuple(p for p in self.steps if p.step.name in needed))


def make_plan(recipe: Recipe, store: Store) -> Plan:
    """Compare a recipe with the store; nothing is run."""
    planned: dict[str, PlannedStep] = {}
    for step in recipe.steps:
        inputs = _inputs(step, planned, store)
        key = key_of(step.kind, step.settings, step.seed, inputs)
        folder = store.place(step.name, key)
        previous = store.latest(step.name)
        state: State
        reasons: tuple[str, ...] = ()
        if store.finished(folder, key):
            state = "done"
        elif store.half_made(folder):
            state = "resume"
        elif previous is not None:
            state, reasons = "again", tuple(_changes(previous, step, inputs, planned))
        else:
            state = "to do"
        seconds = previous.seconds if previous is not None else None
        planned[step.name] = PlannedStep(step, key, folder, inputs, state, reasons, seconds)
    return Plan(recipe, store, tuple(planned.values()))


def _inputs(step: RecipeStep, planned: Mapping[str, PlannedStep], store: Store) -> dict[str, list[InputRecord]]:
    inputs: dict[str, list[InputRecord]] = {}
    for role in step.kind.roles.values():
        value = getattr(step.settings, role.name)
        if not (role.input or role.source) or value is None:
            continue
        paths = value if isinstance(value, (list, tuple)) else [value]
        inputs[role.name] = [
            InputRecord(name=str(path)[1:], key=planned[str(path)[1:]].key)
            if role.input and str(path).startswith("$")
            else store.identify(Path(path))
            for path in paths
        ]
    return inputs


def _changes(
    previous: Manifest,
    step: RecipeStep,
    inputs: Mapping[str, list[InputRecord]],
    planned: Mapping[str, PlannedStep],
) -> list[str]:
    """Return what differs from the last time the step was made, one text for each difference."""
    if previous.kind != step.kind.name:
        return [f"uses {previous.kind} -> {step.kind.name}"]
    changes = []
    if previous.code_version != step.kind.version:
        changes.append(f"code of {step.kind.name}: version {previous.code_version} -> {step.kind.version}")
    if previous.seed != step.seed:
        changes.append(f"seed {previous.seed} -> {step.seed}")
    changes += _differences("settings", previous.settings, result_settings(step.kind, step.settings))
    changes += _differences("package", previous.packages, package_versions(step.kind.packages))
    for name in sorted(previous.inputs.keys() | {n for n, found in inputs.items() if found}):
        before, now = previous.inputs.get(name, []), inputs.get(name, [])
        if [r.key for r in before] == [r.key for r in now]:
            continue
        if [r.name for r in before] != [r.name for r in now]:
            changes.append(f"input {name}: {_names(before)} -> {_names(now)}")
            continue
        for old, new in zip(before, now, strict=True):
            if old.key != new.key:
                changed = "is made again" if new.name in planned else "has other content"
                changes.append(f"input {name}: {new.name} {changed}")
    return changes


def _differences(place: str, before: Any, now: Any) -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            line
            for key in sorted(before.keys() | now.keys())
            for line in _differences(f"{place}.{key}", before.get(key), now.get(key))
        ]
    return [] if before == now else [f"{place} {_short(before)} -> {_short(now)}"]


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _names(found: list[InputRecord]) -> str:
    return ", ".join(record.name for record in found) or "nothing"
