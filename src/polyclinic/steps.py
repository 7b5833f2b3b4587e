"""What a step kind is: settings, typed inputs, one output, one function.

One definition opens three doors: a step of a recipe (`uses: merge.slerp`), a command (`polyclinic merge slerp`) and
a Python function (`polyclinic.merge.slerp(...)`). All three end in `run_step`, so they make the same artifact.

A kind is written so:

    class SlerpSettings(Settings):
        base: Model = Field(description="the model the experts were trained from")
        t: float = Field(0.5, ge=0, le=1, description="share of the expert")

    @step_kind("merge.slerp", SlerpSettings, output="model", version=1)
    def slerp(settings: SlerpSettings, work: Work) -> None:
        \"\"\"Merge two models on the sphere (Shoemake 1985).\"\"\"

and is found by its name: `merge.slerp` lives in the package `polyclinic.merge`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import platform
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from polyclinic import __version__, models
from polyclinic.adapter_folder import check_adapter_folder
from polyclinic.artifacts import (
    InputRecord,
    Manifest,
    building,
    canonical_hash,
    content_fingerprint,
    read_manifest,
    write_manifest,
)
from polyclinic.cost import Cost
from polyclinic.errors import UserError, did_you_mean
from polyclinic.model_card import write_card
from polyclinic.progress import Progress, progress_bar
from polyclinic.provenance import provenance

# The stages in the order the data takes, and the package each lives in.
STAGES: Mapping[str, str] = types.MappingProxyType(
    {
        "corpus": "polyclinic.corpus",
        "model": "polyclinic.model",
        "tasks": "polyclinic.tasks",
        "synth": "polyclinic.synth",
        "train": "polyclinic.train",
        "merge": "polyclinic.merge",
        "eval": "polyclinic.evals",
    }
)

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


@dataclass
class Work:
    """What a running step is given beside its settings."""

    out: Path  # empty folder that becomes the artifact
    scratch: Path  # for checkpoints and journals; survives a kill
    seed: int  # decides everything random
    name: str = ""  # of the step, for people
    facts: dict[str, Any] = field(default_factory=dict)  # put here what should stand in the manifest
    tensor_hashes: dict[str, str] = field(default_factory=dict)  # of what was hashed while it was written

    def progress(self, title: str, total: float) -> AbstractContextManager[Progress]:
        """Show a progress bar of `total` steps; see `polyclinic.progress`."""
        return progress_bar(f"{self.name}: {title}" if self.name else title, total)


RunFunction = Callable[["StepKind[Any]", Any, Work], None]  # calls a kind's function on settings and work


@dataclass(frozen=True)
class StepKind(Generic[SettingsType]):
    """A kind of step; call it as a function to make one artifact."""

    name: str  # stage.kind
    settings: type[SettingsType]
    output: str  # type of the artifact it makes
    version: int  # raised whenever its code changes the result
    function: Callable[[SettingsType, Work], None]
    packages: tuple[str, ...] = ()  # packages whose version changes the result
    check: Callable[[SettingsType], None] | None = None  # looks at the user's own files before anything runs
    shown: Callable[[Path], list[dict[str, Any]]] | None = None  # rows of a table the command shows of what it made
    out_optional: bool = False  # whether its command may throw away what it made once it has shown it
    output_of: Callable[[SettingsType], str] | None = None  # the type it makes, where the settings decide
    budget: Callable[[SettingsType, int], dict[str, Any]] | None = None  # what it would take, in so many processes;
    # `lines` of the answer are for people. Inputs that are not made yet are still called `$name`
    processes: bool = False  # whether several processes may run its function together, as torchrun starts them

    def makes(self, settings: SettingsType) -> str:
        """Return the type of the artifact it makes with these settings."""
        return self.output if self.output_of is None else self.output_of(settings)

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.function.__doc__ or "").strip().split("\n")[0]

    @property
    def roles(self) -> dict[str, FieldRole]:
        """The role of each settings field, by name."""
        return {name: _role(name, info) for name, info in self.settings.model_fields.items()}

    def __call__(self, *, out: Path | str, seed: int = 0, launch: RunFunction | None = None, **fields: Any) -> Path:
        """Make the artifact `out` and return its path; `fields` are the kind's settings and inputs.

        `launch` runs the function in another way, such as in several processes (see `polyclinic.launched`).

        Raises UserError when a field is unknown, of a wrong type or names a path that does not fit.
        """
        if problem := seed_problem(seed):
            raise UserError(f"{self.name}.seed: {problem}")
        settings = validate_settings(self, fields, where=self.name)
        check_paths(self, settings, where=self.name)
        taken = {role.name: _paths(settings, role.name) for role in self.roles.values() if role.input or role.source}
        with ThreadPoolExecutor() as pool:  # models are large, and hashing lets other threads run
            identified = {name: [pool.submit(identify, path) for path in paths] for name, paths in taken.items()}
        inputs = {name: [record.result() for record in records] for name, records in identified.items()}
        target = Path(out)
        return run_step(self, settings, target=target, step=target.name, seed=seed, inputs=inputs, run=launch)


def step_kind(
    name: str,
    settings: type[SettingsType],
    *,
    output: str,
    version: int,
    packages: tuple[str, ...] = (),
    check: Callable[[SettingsType], None] | None = None,
    shown: Callable[[Path], list[dict[str, Any]]] | None = None,
    out_optional: bool = False,
    output_of: Callable[[SettingsType], str] | None = None,
    processes: bool = False,
    budget: Callable[[SettingsType, int], dict[str, Any]] | None = None,
) -> Callable[[Callable[[SettingsType, Work], None]], StepKind[SettingsType]]:
    """Turn a function of settings and work into a step kind; see the head of this file."""

    def decorate(function: Callable[[SettingsType, Work], None]) -> StepKind[SettingsType]:
        return StepKind(
            name,
            settings,
            output,
            version,
            function,
            packages,
            check,
            shown,
            out_optional,
            output_of,
            budget,
            processes,
        )

    return decorate


def find_kind(name: str) -> StepKind[Any]:
    """Return the step kind called `name`; raises UserError when there is none."""
    stage, _, rest = name.partition(".")
    if stage not in STAGES or not rest:
        everything = [known for known_stage in STAGES for known in kinds_of(known_stage)]
        raise UserError(f"unknown step kind '{name}'{did_you_mean(name, everything)}; `polyclinic steps` lists them")
    kinds = kinds_of(stage)
    if name not in kinds:
        raise UserError(
            f"unknown step kind '{name}'{did_you_mean(name, kinds)}; the stage {stage} has {', '.join(kinds)}"
        )
    return kinds[name]


def kinds_of(stage: str) -> dict[str, StepKind[Any]]:
    """Return the step kinds of a stage by name, in the order its package lists them."""
    package = importlib.import_module(STAGES[stage])
    return {kind.name: kind for kind in vars(package).values() if isinstance(kind, StepKind)}


def validate_settings(kind: StepKind[SettingsType], fields: Mapping[str, Any], where: str) -> SettingsType:
    """Return the kind's settings made from `fields`; raises UserError naming each wrong field."""
    try:
        return kind.settings.model_validate(dict(fields))
    except ValidationError as error:
        raise UserError(
            "\n".join(
                f"{where}.{name}: {problem}" if name else f"{where}: {problem}"
                for name, problem in settings_problems(kind, error)
            )
        ) from error


def settings_problems(kind: StepKind[Any], error: ValidationError) -> list[tuple[str, str]]:
    """Return (field, what is wrong and what was expected) for each error of a settings model."""
    known = list(kind.settings.model_fields)
    problems = []
    details = [(".".join(str(part) for part in detail["loc"]), detail) for detail in error.errors()]
    meant = [did_you_mean(place, known) for place, detail in details if detail["type"] == "extra_forbidden"]
    for place, detail in details:
        if detail["type"] == "extra_forbidden":
            listed = "" if "." in place else f"; {kind.name} has {', '.join(known)}"
            problem = f"unknown field{did_you_mean(place, known) or listed}"
        elif detail["type"] == "missing" and did_you_mean(place, [place]) in meant:
            continue  # it is there, misspelt
        elif detail["type"] == "missing":
            info = kind.settings.model_fields.get(place)
            problem = f"missing; {kind.name} needs it" + (f": {info.description}" if info is not None else "")
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


def check_paths(kind: StepKind[SettingsType], settings: SettingsType, where: str) -> None:
    """Check what can be checked of the user's own files before anything runs; raises UserError.

    Every path must exist, artifacts must be of the type the field takes, model folders must be whole. Fields that
    name a step (`$name`) are left to the plan.
    """
    for role in kind.roles.values():
        for path in _paths(settings, role.name) if role.input or role.source else []:
            if str(path).startswith("$"):
                continue
            place = f"{where}.{role.name}"
            if not path.exists():
                raise UserError(f"{place}: {path}: no such file or folder")
            manifest = read_manifest(path) if path.is_dir() else None
            if role.input and manifest is not None and manifest.output not in (role.input, role.other):
                raise UserError(f"{place} wants {article(role.input)}, {path} is {article(manifest.output)}")
            if role.input == "model" and not (role.other == "adapter" and models.is_adapter(path)):
                models.check_model_folder(path)
            if role.input == "adapter" or (role.other == "adapter" and models.is_adapter(path)):
                check_adapter_folder(path)
    if kind.check is not None:
        kind.check(settings)


def article(type_name: str) -> str:
    """Return a type as a sentence names it: `a model`, `an adapter`, `documents`."""
    return {"model": "a model", "adapter": "an adapter"}.get(type_name, type_name)


def identify(path: Path) -> InputRecord:
    """Return what a finished artifact or a user's own file is known by."""
    manifest = read_manifest(path) if path.is_dir() else None
    if manifest is not None:
        return InputRecord(name=manifest.step, key=manifest.key, fingerprint=manifest.fingerprint)
    fingerprint = content_fingerprint(path)
    return InputRecord(name=path.name, key=f"content:{fingerprint}", fingerprint=fingerprint)


def key_of(
    kind: StepKind[SettingsType],
    settings: SettingsType,
    seed: int,
    inputs: Mapping[str, Sequence[InputRecord]],
) -> str:
    """Return the hash that names an artifact: kind, code version, settings, seed, packages and inputs' keys."""
    return canonical_hash(
        {
            "kind": kind.name,
            "code_version": kind.version,
            "settings": result_settings(kind, settings),
            "seed": seed,
            "packages": package_versions(kind.packages),
            "inputs": {name: [record.key for record in found] for name, found in inputs.items() if found},
        }
    )


def result_settings(kind: StepKind[SettingsType], settings: SettingsType) -> dict[str, Any]:
    """Return the settings that change the result, defaults included, as JSON."""
    left_out = {r.name for r in kind.roles.values() if r.input or r.source or r.runtime}
    dumped: dict[str, Any] = json.loads(settings.model_dump_json(exclude=left_out))
    return dumped


def package_versions(names: Sequence[str]) -> dict[str, str]:
    """Return the installed version of each package, or `not installed`."""
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def run_step(
    kind: StepKind[SettingsType],
    settings: SettingsType,
    *,
    target: Path,
    step: str,
    seed: int,
    inputs: Mapping[str, Sequence[InputRecord]],
    run: RunFunction | None = None,
) -> Path:
    """Run one step into the folder `target` with its manifest, or resume it; returns `target`.

    Nothing is seen at `target` before it is whole (see `polyclinic.artifacts.building`). Raises UserError when
    `target` lies inside an input. `run` calls the kind's function in another way, such as in several processes
    (see `polyclinic.launched`).
    """
    for role in kind.roles.values():
        for path in _paths(settings, role.name) if role.input else []:
            if target.resolve().is_relative_to(path.resolve()):
                raise UserError(f"{target} lies inside the input {path}; choose a folder outside of it")
    started, cost = datetime.now(UTC), Cost()
    key, output = key_of(kind, settings, seed, inputs), kind.makes(settings)
    with building(target, key) as place:
        work = Work(place.out, place.scratch, seed, step)
        (run or _here)(kind, settings, work)
        taken = [
            (role.input, path) for role in kind.roles.values() if role.input for path in _paths(settings, role.name)
        ]
        licenses, sources = provenance(output, place.out, taken)
        fingerprint = (
            models.fingerprint(place.out, work.tensor_hashes) if output == "model" else content_fingerprint(place.out)
        )
        manifest = Manifest(
            polyclinic=__version__,
            step=step,
            kind=kind.name,
            output=output,
            key=key,
            code_version=kind.version,
            settings=result_settings(kind, settings),
            inputs={name: list(found) for name, found in inputs.items() if found},
            seed=seed,
            packages=package_versions(kind.packages),
            fingerprint=fingerprint,
            licenses=licenses,
            sources=sources,
            facts=work.facts,
            started=started.isoformat(timespec="seconds"),
            seconds=round(cost.seconds(), 3),
            cpu_seconds=round(cost.cpu_seconds(), 3),
            peak_memory_mb=round(cost.peak_memory_mb(), 1),
            versions={
                "python": platform.python_version(),
                **package_versions(("torch", "transformers", "trl", "tokenizers", "pyarrow")),
            },
        )
        if output in ("model", "adapter"):
            write_card(place.out, manifest, [path for type_name, path in taken if type_name in ("model", "adapter")])
        write_manifest(place.out, manifest)
    return target


def _here(kind: StepKind[Any], settings: Any, work: Work) -> None:
    kind.function(settings, work)


def _paths(settings: Settings, name: str) -> list[Path]:
    value = getattr(settings, name)
    if value is None:
        return []
    return [Path(v) for v in value] if isinstance(value, (list, tuple)) else [Path(value)]


def _role(name: str, info: Any) -> FieldRole:
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
