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
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic

from pydantic import ValidationError

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
from polyclinic.step_settings import (
    FieldRole,
    SettingsType,
    paths_of,
    role_of,
    seed_problem,
    settings_problems,
)

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
        return {name: role_of(name, info) for name, info in self.settings.model_fields.items()}

    def __call__(self, *, out: Path | str, seed: int = 0, launch: RunFunction | None = None, **fields: Any) -> Path:
        """Make the artifact `out` and return its path; `fields` are the kind's settings and inputs.

        `launch` runs the function in another way, such as in several processes (see `polyclinic.launched`).

        Raises UserError when a field is unknown, of a wrong type or names a path that does not fit.
        """
        if problem := seed_problem(seed):
            raise UserError(f"{self.name}.seed: {problem}")
        settings = validate_settings(self, fields, where=self.name)
        check_paths(self, settings, where=self.name)
        roles = [role for role in self.roles.values() if role.input or role.source]
        taken = {role.name: paths_of(settings, role.name) for role in roles}
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
                for name, problem in settings_problems(kind.settings, kind.name, error)
            )
        ) from error


def check_paths(kind: StepKind[SettingsType], settings: SettingsType, where: str) -> None:
    """Check what can be checked of the user's own files before anything runs; raises UserError.

    Every path must exist, artifacts must be of the type the field takes, model folders must be whole. Fields that
    name a step (`$name`) are left to the plan.
    """
    for role in kind.roles.values():
        for path in paths_of(settings, role.name) if role.input or role.source else []:
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
        for path in paths_of(settings, role.name) if role.input else []:
            if target.resolve().is_relative_to(path.resolve()):
                raise UserError(f"{target} lies inside the input {path}; choose a folder outside of it")
    started, cost = datetime.now(UTC), Cost()
    key, output = key_of(kind, settings, seed, inputs), kind.makes(settings)
    with building(target, key) as place:
        work = Work(place.out, place.scratch, seed, step)
        (run or _here)(kind, settings, work)
        taken = [
            (role.input, path) for role in kind.roles.values() if role.input for path in paths_of(settings, role.name)
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
