"""The catalog: every task once, one YAML file each, in the folder `catalog` beside this file.

A file may say `extends: _name` and take everything from another file that it does not say itself, also inside of
`source` and `published`; files whose name starts with an underscore are only there to be extended. Folders are for
people: a task is known by its name alone. A folder of the user's own goes through the same door.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from polyclinic.errors import UserError, did_you_mean
from polyclinic.tasks.source import Published, Source
from polyclinic.tasks.task import Task
from polyclinic.tasks.wordings import ENDING

FOLDER = Path(__file__).parent / "catalog"
NESTED: dict[str, type[BaseModel]] = {"source": Source, "published": Published}


def load_catalog(extra: Path | None = None) -> dict[str, Task]:
    """Return all tasks by name: the package's own, then those of the folder `extra`.

    Raises UserError, naming file and field, for a broken file, an unknown key, a wrong type, a bad template, a
    parent that is missing or extends itself, a task whose name is not its file's, or a name used twice.
    """
    tasks = dict(_own_catalog())
    if extra is not None:
        for name, task in _read_folder(extra, _own_files()).items():
            if name in tasks:
                raise UserError(
                    f"{extra / f'{name}.yaml'}: the catalog has a task '{name}' already; give it another name"
                )
            tasks[name] = task
    return tasks


def load_task(name: str, extra: Path | None = None) -> Task:
    """Return one task, looking at its file and those it extends alone.

    Raises UserError when the catalog has no task of that name, and for what is wrong with its file.
    """
    return _load_task(name, extra, _stamp(extra))


@functools.lru_cache(maxsize=512)
def _load_task(name: str, extra: Path | None, stamp: tuple[tuple[str, int, int], ...]) -> Task:
    paths = _paths(FOLDER) if extra is None else {**_paths(FOLDER), **_own_paths(extra)}
    if name.startswith("_") or name not in paths:
        known = [path for path in paths if not path.startswith("_")]
        raise UserError(
            f"unknown task '{name}'{did_you_mean(name, known)}; `polyclinic tasks list` shows all {len(known)}"
        )
    return _task(name, _line_of_files(name, paths), paths)


def _line_of_files(name: str, paths: Mapping[str, Path]) -> dict[str, CatalogFile]:
    """Return the file of a task and those it extends, itself first."""
    files: dict[str, CatalogFile] = {}
    while name and name not in files and name in paths:
        files[name] = _parse_file(paths[name])
        name = str(files[name].fields.get("extends", ""))
    return files


def _stamp(extra: Path | None) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when a file of the user's own catalog does."""
    if extra is None:
        return ()
    found = sorted(extra.rglob("*.yaml")) if extra.is_dir() else []
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in found)


def tasks_and_catalog(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which a folder that stands among `tasks` has become `catalog`, and its tasks are named.

    `tasks: [mine]` is `catalog: mine` with the names of all tasks in `mine`. A name of the catalog is never taken for
    a folder. Raises UserError when more than one folder is given, or a path that is no folder.
    """
    made = dict(fields)
    given = made.get("tasks")
    entries = [given] if isinstance(given, (str, Path)) else list(given) if isinstance(given, (list, tuple)) else []
    names: list[Any] = []
    for entry in entries:
        path = _folder_of_tasks(entry)
        if path is None:
            names.append(entry)
            continue
        if made.get("catalog") not in (None, "", path, str(path)):
            raise UserError(f"tasks: {path} and {made['catalog']} are two folders of tasks; give one")
        made["catalog"] = path
        names += [name for name in _own_paths(path) if not name.startswith("_")]
    if made.get("catalog") != fields.get("catalog"):
        if not names:
            raise UserError(f"tasks: {made['catalog']}: no tasks here; expected one YAML file for each task")
        made["tasks"] = names
    return made


def _folder_of_tasks(entry: Any) -> Path | None:
    """Return the folder that an entry of `tasks` names, None when it is the name of a task."""
    text = str(entry)
    if text in _package_paths() or not text:
        return None
    path = Path(text)
    if path.is_dir():
        return path
    if "/" in text or isinstance(entry, Path):
        raise UserError(f"tasks: {text}: no such folder; expected names of tasks, or a folder with tasks of your own")
    return None


def suite_tasks(suite: str, extra: Path | None = None) -> list[Task]:
    """Return the tasks of a suite; raises UserError when no task is in it."""
    tasks = load_catalog(extra)
    found = [task for task in tasks.values() if suite in task.suites]
    if not found:
        suites = sorted({name for task in tasks.values() for name in task.suites})
        raise UserError(f"unknown suite '{suite}'{did_you_mean(suite, suites)}; the catalog has {', '.join(suites)}")
    return found


def suite_counts(extra: Path | None = None) -> list[dict[str, Any]]:
    """Return by suite: entries, tasks as the suite counts them, how many can be built, are verified, are open."""
    tasks = load_catalog(extra).values()
    rows = []
    for suite in sorted({name for task in tasks for name in task.suites}):
        own = [task for task in tasks if suite in task.suites]
        rows.append(
            {
                "suite": suite,
                "entries": len(own),
                "tasks": len({task.counted_as.get(suite, task.name) for task in own}),
                "buildable": sum(task.buildable for task in own),
                "verified": sum(task.verified for task in own),
                "open": sum(task.access == "open" for task in own),
            }
        )
    return rows


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


@functools.cache
def _own_files() -> dict[str, CatalogFile]:
    return _parse(FOLDER)


@dataclass(frozen=True)
class CatalogFile:
    """One YAML file of a catalog."""

    path: Path
    fields: dict[str, Any]


def _read_folder(folder: Path, parents: dict[str, CatalogFile]) -> dict[str, Task]:
    files = _own_files() if folder == FOLDER else _parse(folder)
    everything = {**parents, **files}
    return {name: _task(name, everything, everything) for name in files if not name.startswith("_")}


def _task(name: str, files: dict[str, CatalogFile], known: Iterable[str]) -> Task:
    fields, way = _with_parents(name, files, known)
    fields.setdefault("name", name)
    try:
        task = Task.model_validate(fields)
    except ValidationError as error:
        raise UserError("\n".join(_problems([files[step] for step in way], error))) from error
    if task.name != name:
        path = files[name].path
        raise UserError(f"{path}: name: the file is called {name}.yaml, the task '{task.name}'; make them equal")
    return task


def _parse(folder: Path) -> dict[str, CatalogFile]:
    """Return the YAML files of a folder and of the folders in it, by name."""
    return {name: _parse_file(path) for name, path in _paths(folder).items()}


@functools.cache
def _package_paths() -> dict[str, Path]:
    return _find_paths(FOLDER)


def _paths(folder: Path) -> dict[str, Path]:
    """Return the YAML files of a folder and of the folders in it, by name; no name may come twice."""
    return _package_paths() if folder == FOLDER else _find_paths(folder)


def _own_paths(folder: Path) -> dict[str, Path]:
    """Return the files of the user's own catalog; raises UserError for a task that the package has too."""
    own = _find_paths(folder)
    for name, path in own.items():
        if not name.startswith("_") and name in _package_paths():
            raise UserError(f"{path}: the catalog has a task '{name}' already; give it another name")
    return own


def _find_paths(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected a catalog: one YAML file for each task")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.yaml"), key=lambda path: path.relative_to(folder).as_posix()):
        if path.name.endswith(ENDING):
            continue
        if path.stem in found:
            raise UserError(f"{path}: {found[path.stem]} has this name already; names are unique in a catalog")
        found[path.stem] = path
    return found


def _parse_file(path: Path) -> CatalogFile:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same values, ten times faster
    try:
        fields = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise UserError(f"{place}: broken YAML: {getattr(error, 'problem', error)}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    if not isinstance(fields, dict) or not all(isinstance(key, str) for key in fields):
        raise UserError(f"{path}: expected `field: value` lines, found {type(fields).__name__}")
    return CatalogFile(path, fields)


def _with_parents(name: str, files: dict[str, CatalogFile], known: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the fields of a file with what it takes from the files it extends, and the names of all of them."""
    fields: dict[str, Any] = {}
    way: list[str] = []
    while name:
        file = files[name]
        way.append(name)
        fields = _merged(file.fields, fields)
        parent = file.fields.get("extends", "")
        fields.pop("extends", None)
        if parent and parent not in files:
            raise UserError(f"{file.path}: extends: no file {parent}.yaml{did_you_mean(str(parent), known)}")
        if parent in way:
            raise UserError(f"{file.path}: extends: a circle: {' -> '.join([*way, parent])}")
        name = parent
    return fields, way


def _merged(parent: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    """Return a parent's fields under a child's; `source` and `published` are merged field by field."""
    made = {**parent, **child}
    for name in ("source", "published"):
        both = (parent.get(name), child.get(name))
        if all(isinstance(part, dict) for part in both):
            made[name] = {**both[0], **both[1]}  # type: ignore[dict-item]
    return made


def field_place(name: str, field: str, extra: Path | None = None) -> str:
    """Return file and line where a task says a field, a parent's where it is inherited; the file alone if nowhere."""
    paths = _paths(FOLDER) if extra is None else {**_paths(FOLDER), **_own_paths(extra)}
    path, line = _place(list(_line_of_files(name, paths).values()), tuple(field.split(".")))
    return f"{path}:{line}" if line else str(path)


def _problems(files: list[CatalogFile], error: ValidationError) -> list[str]:
    """Return one line for each error: the file and line that say the field (a parent's, where it is inherited)."""
    lines = []
    for detail in error.errors():
        way = tuple(str(part) for part in detail["loc"])
        known = NESTED.get(way[0], Task).model_fields if way[:-1] else Task.model_fields
        place = ".".join(way)
        if detail["type"] == "extra_forbidden":
            problem = f"unknown field{did_you_mean(way[-1], known)}; {way[0] if way[:-1] else 'a task'} has "
            problem += ", ".join(known)
        elif detail["type"] == "missing":
            described = known.get(way[-1])
            problem = f"missing; {described.description if described else 'the field is needed'}"
        elif detail["type"] == "value_error":
            problem = detail["msg"].removeprefix("Value error, ")
            if not place and (named := problem.partition(":")[0]) in Task.model_fields:
                way = (named,)
        else:
            problem = f"{detail['msg'][0].lower()}{detail['msg'][1:]}, found {detail['input']!r}"
        file, line = _place(files, way)
        lines.append(f"{file}{f':{line}' if line else ''}: {place}{': ' if place else ''}{problem}")
    return lines


def _place(files: list[CatalogFile], way: tuple[str, ...]) -> tuple[Path, int]:
    """Return the file and line where a field is said, the first file without a line when none says it."""
    import yaml

    for file in files:
        node, line = yaml.compose(file.path.read_text(encoding="utf-8")), 0
        for key in way:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            found = next(((k, v) for k, v in pairs if k.value == key), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        if line:
            return file.path, line
    return files[0].path, 0
