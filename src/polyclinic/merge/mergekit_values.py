"""The parameters of a mergekit file, as values and rules of ours.

There a value is a number, a list of numbers (a gradient over the layers) or a list of {filter, value}, of which the
first whose filter is found in the tensor's name counts; the model's own come before the slice's and the file's.
Tensors outside the layers take a gradient's first number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from polyclinic.merge.parameters import OUTSIDE, Rule, anchors, positions
from polyclinic.merge.yaml_nodes import Node

OURS = {"weight": "weights", "density": "density", "gamma": "gamma", "epsilon": "epsilon", "t": "t"}
PER_MODEL = ("weight", "density", "gamma", "epsilon")
SHARED = ("t", "normalize", "rescale", "lambda", "int8_mask", "max_iter", "tol", "filter_wise")
REQUIRED = None
_DELTA = {"weight": REQUIRED, "density": 1.0, "rescale": False, "lambda": 1.0}
# method -> its parameters and their defaults there
DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "linear": {"weight": REQUIRED, "normalize": True},
        "slerp": {"t": REQUIRED},
        "task_arithmetic": {"weight": REQUIRED, "normalize": False, "rescale": False, "lambda": 1.0},
        "ties": {**_DELTA, "normalize": True},
        "dare_linear": {**_DELTA, "normalize": False, "rescale": True},
        "dare_ties": {**_DELTA, "normalize": False, "rescale": True},
        "breadcrumbs": {**_DELTA, "gamma": 0.01, "normalize": False},
        "breadcrumbs_ties": {**_DELTA, "gamma": 0.01, "normalize": False},
        "della": {**_DELTA, "epsilon": 0.15, "normalize": True, "rescale": True},
        "della_linear": {**_DELTA, "epsilon": 0.15, "normalize": False, "rescale": True},
        "model_stock": {"filter_wise": False},
        "karcher": {"max_iter": 10, "tol": 1e-5},
    }
)


@dataclass(frozen=True)
class Scopes:
    """Where parameters may stand in a file."""

    root: Node
    method: str
    models: Sequence[Node | None]  # each model's own
    common: Sequence[Node]  # for all models, the nearest first

    def all(self) -> list[Node]:
        """Return every place where parameters stand."""
        return [node for node in (*self.models, *self.common) if node is not None]

    def shared(self, key: str) -> Node | None:
        """Return what is set for all models."""
        return next((found for scope in self.common if (found := scope.get(key)) is not None), None)


@dataclass(frozen=True)
class _Case:
    """A value for the tensors whose name has `filter` in it; for all when it is empty."""

    filter: str
    amount: float | str


def rules_and_values(scopes: Scopes, tensors: Sequence[str]) -> dict[str, Any]:
    """Return the settings `weights`, `density`, `gamma`, `epsilon`, `t` and `where`.

    A filter that is found in no tensor's name changes nothing there, so no rule is made of it. Raises UserError for
    values that are no numbers, or missing.
    """
    fields: dict[str, Any] = {}
    where: list[dict[str, Any]] = []
    for key, default in DEFAULTS[scopes.method].items():
        if key not in OURS:
            continue
        cases = [_cases(key, default, own, scopes, tensors) for own in ([None] if key == "t" else scopes.models)]
        common = [own[-1].amount for own in cases]
        fields[OURS[key]] = common
        where += _rules(OURS[key], "", common)[1:]
        # The first that matches counts there, the last here. Models with the same filters share their rules.
        filters = [[case.filter for case in own[:-1]] for own in cases]
        if all(one == other for one, other in pairwise(filters)):
            for place in reversed(range(len(filters[0]))):
                where += _rules(OURS[key], filters[0][place], [own[place].amount for own in cases])
        else:
            for model, own in enumerate(cases):
                for case in reversed(own[:-1]):
                    alone: list[float | str | None] = [None] * len(cases)
                    alone[model] = case.amount
                    where += _rules(OURS[key], case.filter, alone)
    placed = positions(tensors).values()
    where = [rule for rule in where if any(Rule.model_validate(rule).matches(position) for position in placed)]
    return {**fields, "where": where} if where else fields


def scalar(node: Node) -> Any:
    """Return a value that cannot differ between tensors. Raises UserError."""
    value = node.value
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0].value, dict):
        value = value[0].value  # a list with one value for all
    if isinstance(value, dict) and set(value) <= {"value", "filter"} and "value" in value:
        found = value.get("filter")
        if found is None or found.value in (None, "*"):
            value = value["value"].value
    if not isinstance(value, (bool, int, float)):
        raise node.error(f"expected one number, or true or false, found {node.plain()!r}")
    return value


def _rules(name: str, text: str, amounts: Sequence[float | str | None]) -> list[dict[str, Any]]:
    tensors = {"tensors": re.escape(text)} if text else {}
    rules: list[dict[str, Any]] = [{**tensors, name: list(amounts)}]
    if any(isinstance(amount, str) for amount in amounts):
        firsts = [None if amount is None else anchors(amount)[0] for amount in amounts]
        rules.append({**tensors, "layers": OUTSIDE, name: firsts})
    return rules


def _cases(key: str, default: Any, own: Node | None, scopes: Scopes, tensors: Sequence[str]) -> list[_Case]:
    found: list[_Case] = []
    for scope in [own, *scopes.common]:
        node = scope.get(key) if scope is not None else None
        for case in _read(node) if node is not None else []:
            if not case.filter:
                return [*found, case]
            if any(case.filter in name for name in tensors):
                found.append(case)
    if default is REQUIRED:
        raise (own or scopes.root).error(
            f"{scopes.method} needs the parameter {key!r} for every model and tensor, and it is not there"
        )
    return [*found, _Case("", default)]


def _read(node: Node) -> list[_Case]:
    value = node.value
    if isinstance(value, dict):
        return [_case(node)]
    if isinstance(value, list) and any(isinstance(item.value, dict) for item in value):
        return [_case(item) for item in value]
    return [_Case("", _amount(node))]


def _case(node: Node) -> _Case:
    node.check_keys(("filter", "value"))
    value, found = node.get("value"), node.get("filter")
    if value is None:
        raise node.error("expected a value")
    text = "" if found is None or found.value == "*" else str(found.value)
    return _Case(text, _amount(value))


def _amount(node: Node) -> float | str:
    items = node.value if isinstance(node.value, list) else [node]
    numbers = []
    for item in items:
        try:
            numbers.append(float(item.value))
        except (TypeError, ValueError):
            raise node.error(f"expected a number or a list of numbers, found {node.plain()!r}") from None
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise node.error(f"expected finite numbers, found {node.plain()!r}")
    return numbers[0] if len(numbers) == 1 else "..".join(map(str, numbers))
