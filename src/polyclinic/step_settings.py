"""The settings of a step: its fields, what each is for, and what is wrong with values that do not fit.

A field's annotation says whether it takes an artifact (`Documents`, `Model`), a file of the user (`SourcePath`), or
leaves the result as it is (`Annotated[int, Runtime]`).
"""

from __future__ import annotations

import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from polyclinic.errors import did_you_mean

LONGEST_SHOWN = 200  # characters of a wrong value that an error repeats


@dataclass(frozen=True)
class Artifact:
    """Marks a settings field as an input: the path of an artifact of this type."""

    type: str  # documents, samples, preferences, model, adapter, scores or statistics
    other: str = ""  # a second type that is taken as well


@dataclass(frozen=True)
class SourceMark:
    """Marks a settings field as a path to the user's own file or folder, whose content is part of the key."""


@dataclass(frozen=True)
class RuntimeMark:
    """Marks a settings field that changes how a step runs but not what it makes; it is not part of the key."""


Documents = Annotated[Path, Artifact("documents")]
Samples = Annotated[Path, Artifact("samples")]
Preferences = Annotated[Path, Artifact("preferences")]
Model = Annotated[Path, Artifact("model")]
Adapter = Annotated[Path, Artifact("adapter")]
ModelOrAdapter = Annotated[Path, Artifact("model", other="adapter")]
Scores = Annotated[Path, Artifact("scores")]
Statistics = Annotated[Path, Artifact("statistics")]
SourcePath = Annotated[Path, SourceMark()]
Runtime = RuntimeMark()


class Settings(BaseModel):
    """The settings of a step kind. Unknown fields are errors; a single value is taken for a list of one."""

    # No infinities: JSON has no such number, so two of them could not be told apart in a key.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _one_for_a_list(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        made = dict(data)
        for name, value in data.items():
            if name in cls.model_fields and not isinstance(value, (list, tuple, dict)) and value is not None:
                annotation = cls.model_fields[name].annotation
                if typing.get_origin(annotation) in (list, tuple):
                    made[name] = [value]
        return made


SettingsType = TypeVar("SettingsType", bound=Settings)


@dataclass(frozen=True)
class FieldRole:
    """What a settings field is for."""

    name: str
    input: str = ""  # type of the artifact it takes, if it is an input
    other: str = ""  # a second type it takes as well
    many: bool = False  # whether it takes several
    source: bool = False  # whether it is a path to the user's own file
    runtime: bool = False  # whether it leaves the result unchanged


def settings_problems(model: type[Settings], kind: str, error: ValidationError) -> list[tuple[str, str]]:
    """Return (field, what is wrong and what was expected) for each error of a settings model."""
    known = list(model.model_fields)
    problems = []
    details = [(".".join(str(part) for part in detail["loc"]), detail) for detail in error.errors()]
    meant = [did_you_mean(place, known) for place, detail in details if detail["type"] == "extra_forbidden"]
    for place, detail in details:
        if detail["type"] == "extra_forbidden":
            listed = "" if "." in place else f"; {kind} has {', '.join(known)}"
            problem = f"unknown field{did_you_mean(place, known) or listed}"
        elif detail["type"] == "missing" and did_you_mean(place, [place]) in meant:
            continue  # it is there, misspelt
        elif detail["type"] == "missing":
            info = model.model_fields.get(place)
            problem = f"missing; {kind} needs it" + (f": {info.description}" if info is not None else "")
        elif detail["type"] == "value_error":
            problem = detail["msg"].removeprefix("Value error, ")
        else:
            found = repr(detail["input"])
            found = found if len(found) <= LONGEST_SHOWN else f"{found[: LONGEST_SHOWN - 3]}..."
            problem = f"{detail['msg'][0].lower()}{detail['msg'][1:]}, found {found}"
        problems.append((place, problem))
    return problems


def seed_problem(seed: Any) -> str:
    """Return what is wrong with a seed, or an empty string: generators take 0 to 2**32 - 1."""
    if type(seed) is int and 0 <= seed < 2**32:
        return ""
    return f"expected a whole number from 0 to {2**32 - 1}, found {seed!r}"


def paths_of(settings: Settings, name: str) -> list[Path]:
    """Return the paths that a field holds: none, one or several."""
    value = getattr(settings, name)
    if value is None:
        return []
    return [Path(v) for v in value] if isinstance(value, (list, tuple)) else [Path(value)]


def role_of(name: str, info: Any) -> FieldRole:
    """Return what a field is for, from the marks of its annotation (pydantic's `FieldInfo`)."""
    markers = list(info.metadata) + _markers(info.annotation)
    types_taken = [m for m in markers if isinstance(m, Artifact)]
    return FieldRole(
        name=name,
        input=types_taken[0].type if types_taken else "",
        other=types_taken[0].other if types_taken else "",
        many=typing.get_origin(info.annotation) in (list, tuple),
        source=any(isinstance(m, SourceMark) for m in markers),
        runtime=any(isinstance(m, RuntimeMark) for m in markers),
    )


def _markers(annotation: Any) -> list[Any]:
    found = list(getattr(annotation, "__metadata__", ()))
    for part in typing.get_args(annotation):
        found += _markers(part)
    return found
