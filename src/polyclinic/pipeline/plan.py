"""What a recipe would do: every step done, to do, or to be made again, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from polyclinic.artifacts import InputRecord, Manifest
from polyclinic.errors import UserError
from polyclinic.pipeline.recipe import Recipe, RecipeStep
from polyclinic.pipeline.store import Store
from polyclinic.step_settings import FieldRole
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
    wanted: frozenset[str] | None = None  # the steps that matter now; None for all

    @property
    def chosen(self) -> tuple[PlannedStep, ...]:
        """The steps that matter now."""
        return tuple(p for p in self.steps if self.wanted is None or p.step.name in self.wanted)

    @property
    def to_make(self) -> tuple[PlannedStep, ...]:
        """Those of them that are not done."""
        return tuple(p for p in self.chosen if p.state != "done")

    def only(self, name: str) -> Plan:
        """Return this plan when only the step `name`, and what it needs, is to be made."""
        by_name = {planned.step.name: planned for planned in self.steps}
        needed: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in needed:
                needed.add(current)
                waiting += [n for names in by_name[current].step.references.values() for n in names]
        return self.those(needed)

    def those(self, names: Iterable[str]) -> Plan:
        """Return this plan when only the steps `names` are to be made; what they need must be among them or done."""
        return replace(self, wanted=frozenset(names))


def make_plan(recipe: Recipe, store: Store) -> Plan:
    """Compare a recipe with the store; nothing is run."""
    planned: dict[str, PlannedStep] = {}
    folders: dict[str, Path] = {}  # by key: two steps that are the same share one artifact
    for step in recipe.steps:
        inputs = _inputs(step, planned, store)
        key = key_of(step.kind, step.settings, step.seed, inputs)
        folder = folders.setdefault(key, store.place(step.name, key))
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
            else _identify(step, role, Path(path), store)
            for path in paths
        ]
    return inputs


def _identify(step: RecipeStep, role: FieldRole, path: Path, store: Store) -> InputRecord:
    try:
        return store.identify(path, role.input)
    except UserError as error:
        raise UserError(f"{step.name}.{role.name}: {error}") from error


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
                changes.append(f"input {name}: {new.name} {_what_happened(new, planned)}")
    return changes


def _what_happened(record: InputRecord, planned: Mapping[str, PlannedStep]) -> str:
    if record.key.startswith("content:") or record.name not in planned:
        return "has other content"
    return "was made again" if planned[record.name].state == "done" else "is made again"


def _differences(place: str, before: Any, now: Any) -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            line
            for key in sorted(before.keys() | now.keys())
            for line in _differences(f"{place}.{key}", before.get(key), now.get(key))
        ]
    return [] if before == now else [f"{place} {_short(before)} -> {_short(now)}"]


def _short(value: Any) -> str:
    text = _shown(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _shown(value: Any) -> str:
    """Return a setting as one would write it: 2e-4, not 0.0002."""
    if isinstance(value, float):
        digits, exponent = f"{value:e}".split("e")
        plain, power = f"{value!r}", f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"
        return power if len(power) < len(plain) and float(power) == value else plain
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return "none" if value is None else str(value)


def _names(found: list[InputRecord]) -> str:
    return ", ".join(record.name for record in found) or "nothing"
