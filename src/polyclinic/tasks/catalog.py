"""The catalog: every task once, one YAML file each, in the folder `catalog` beside this file.

A file may say `extends: _name` and take everything from another file that it does not say itself; files whose name
starts with an underscore are only there to be extended. A folder of the user's own goes through the same door.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from polyclinic.errors import UserError, did_you_mean
from polyclinic.tasks.task import Task

FOLDER = Path(__file__).parent / "catalog"


def load_catalog(extra: Path | None = None) -> dict[str, Task]:
    """Return all tasks by name: the package's own, then those of the folder `extra`.

    Raises UserError, naming file and field, for a broken file, an unknown key, a wrong type, a bad template, a
    parent that is missing or extends itself, a task whose name is not its file's, or a name used twice.
    """
    tasks = dict(_own_catalog())
    if extra is not None:
        own = _parse(FOLDER)
        for name, task in _read_folder(extra, own).items():
            if name in tasks:
                raise UserError(
                    f"{extra / f'{name}.yaml'}: the catalog has a task '{name}' already; give it another name"
                )
            tasks[name] = task
    return tasks


def load_task(name: str, extra: Path | None = None) -> Task:
    """Return one task; raises UserError when the catalog has none of that name."""
    tasks = load_catalog(extra)
    if name not in tasks:
        raise UserError(
            f"unknown task '{name}'{did_you_mean(name, tasks)}; the catalog has {', '.join(tasks)} "
            "(`polyclinic tasks list` says what they are)"
        )
    return tasks[name]


def suite_tasks(suite: str, extra: Path | None = None) -> list[Task]:
    """Return the tasks of a suite; raises UserError when no task is in it."""
    tasks = load_catalog(extra)
    found = [task for task in tasks.values() if suite in task.suites]
    if not found:
        suites = sorted({name for task in tasks.values() for name in task.suites})
        raise UserError(f"unknown suite '{suite}'{did_you_mean(suite, suites)}; the catalog has {', '.join(suites)}")
    return found


def task_rows(suite: str | None = None, extra: Path | None = None) -> list[dict[str, Any]]:
    """Return what a list of tasks shows of each: name, category, domain, suites, access, license, verified."""
    tasks = suite_tasks(suite, extra) if suite else list(load_catalog(extra).values())
    return [
        {
            "name": task.name,
            "category": task.category,
            "domain": task.domain,
            "suites": list(task.suites),
            "access": task.access,
            "license": task.license,
            "verified": task.verified,
        }
        for task in tasks
    ]


@functools.cache
def _own_catalog() -> dict[str, Task]:
    return _read_folder(FOLDER, {})


def _read_folder(folder: Path, parents: dict[str, tuple[Path, dict[str, Any]]]) -> dict[str, Task]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected a catalog: one YAML file for each task")
    files = _parse(folder)
    everything = {**parents, **files}
    tasks = {}
    for name, (file, _) in files.items():
        if name.startswith("_"):
            continue
        fields = _with_parents(name, everything)
        fields.setdefault("name", name)
        try:
            task = Task.model_validate(fields)
        except ValidationError as error:
            raise UserError("\n".join(_problems(file, error))) from error
        if task.name != name:
            raise UserError(f"{file}: name: the file is called {name}.yaml, the task '{task.name}'; make them equal")
        tasks[name] = task
    return tasks


def _parse(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return (file, its fields) by name for each YAML file of a folder."""
    import yaml

    files = {}
    for file in sorted(folder.glob("*.yaml")):
        try:
            fields = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f"{file}:{mark.line + 1}" if mark else str(file)
            raise UserError(f"{place}: broken YAML: {getattr(error, 'problem', error)}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{file}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
        if not isinstance(fields, dict) or not all(isinstance(key, str) for key in fields):
            raise UserError(f"{file}: expected `field: value` lines, found {type(fields).__name__}")
        files[file.stem] = (file, fields)
    return files


def _with_parents(name: str, files: dict[str, tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    """Return the fields of a file with what it takes from the files it extends."""
    fields: dict[str, Any] = {}
    way: list[str] = []
    while name:
        file, own = files[name]
        way.append(name)
        fields = {**own, **fields}
        parent = own.get("extends", "")
        fields.pop("extends", None)
        if parent and parent not in files:
            raise UserError(f"{file}: extends: no file {parent}.yaml{did_you_mean(str(parent), files)}")
        if parent in way:
            raise UserError(f"{file}: extends: a circle: {' -> '.join([*way, parent])}")
        name = parent
    return fields


def _problems(file: Path, error: ValidationError) -> list[str]:
    lines = []
    for detail in error.errors():
        place = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            problem = (
                f"unknown field{did_you_mean(place, Task.model_fields)}; a task has {', '.join(Task.model_fields)}"
            )
        elif detail["type"] == "missing":
            problem = f"missing; {Task.model_fields[place].description}"
        elif detail["type"] == "value_error":
            problem = detail["msg"].removeprefix("Value error, ")
        else:
            problem = f"{detail['msg'][0].lower()}{detail['msg'][1:]}, found {detail['input']!r}"
        lines.append(f"{file}: {place}: {problem}" if place else f"{file}: {problem}")
    return lines
