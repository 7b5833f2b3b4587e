"""Further wordings of a task's definition, kept beside the task in `<task>.wordings.yaml`.

    definition: Shorten a consumer question.        what they are wordings of
    hands:                                           written by people: each list is one hand
    - [Make the question of the consumer shorter., ...]
    wordings:                                        written by rules or by a teacher, with their origin
    - {text: ..., origin: teacher, author: NAME, basis: 3, seed: 0, version: 4f1c…}

`{{ labels }}` stands for the task's closed list, divided by commas. A file may say `extends: <other>` and take the
definition and the wordings of `<other>.wordings.yaml`, and say with `fill` what stands for other names in double
braces: tasks that ask for the same thing share them. What a wording must keep stands in `wording_rules.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from polyclinic.errors import UserError, did_you_mean
from polyclinic.tasks.task import Task
from polyclinic.tasks.wording_rules import normalised

ENDING = ".wordings.yaml"
LABELS = "{{ labels }}"
Origin = Literal["hand", "rules", "teacher"]


class Wording(BaseModel):
    """One wording of a definition, and where it is from. Unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, description="the wording")
    origin: Origin = Field(description="written by a person, by rules, or by a teacher model")
    author: str = Field(min_length=1, description="hand 1 to 5, the rules, or the name of the model")
    basis: int = Field(0, ge=0, description="number of the wording it was made from; 0 = the definition")
    seed: int = Field(0, ge=0, description="what decided everything random")
    version: str = Field("", description="version of the rules, or of the prompt the teacher was given")


class WordingsFile(BaseModel):
    """A file of wordings. Unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    extends: str = Field("", description="task or group whose wordings are taken first")
    definition: str = Field("", description="the definition these are wordings of; empty = that of `extends`")
    fill: dict[str, str] = Field({}, description="name in double braces -> the text that stands for it")
    hands: tuple[tuple[str, ...], ...] = Field((), description="wordings written by people, one list a hand")
    wordings: tuple[Wording, ...] = Field((), description="wordings written by rules or a teacher")


def load_wordings(task: Task, *, catalog: Path | None = None, more: Iterable[Path] = ()) -> list[Wording]:
    """Return the wordings of a task: the package's, those of the user's catalog, then those in the folders `more`.

    A wording that says the same as one before, letter case and punctuation aside, is left out. Raises UserError for a
    broken file, and for wordings of another definition than the task has now.
    """
    found: list[Wording] = []
    folders = [*([catalog] if catalog is not None else []), *more]
    for files in (_package_files(), *map(wordings_files, folders)):
        if task.name not in files:
            continue
        definition, wordings = _read(task.name, files)
        if definition != task.definition:
            raise UserError(
                f"{files[task.name]}: these are wordings of {definition!r}, but the definition of {task.name} is "
                f"{task.definition!r}; write them again, or remove the file"
            )
        found += wordings
    return _distinct(task, found)


def wordings_files(folder: Path) -> dict[str, Path]:
    """Return the files of wordings in a folder and the folders in it, by task."""
    return {path.name.removesuffix(ENDING): path for path in sorted(folder.rglob(f"*{ENDING}"))}


@functools.cache
def _package_files() -> dict[str, Path]:
    return wordings_files(Path(__file__).parent / "catalog")


def write_wordings(path: Path, definition: str, wordings: Sequence[Wording]) -> None:
    """Write the wordings of one task; those by hand come as lists, one a hand."""
    import yaml

    hands: dict[str, list[str]] = {}
    for wording in wordings:
        if wording.origin == "hand":
            hands.setdefault(wording.author, []).append(wording.text)
    made: dict[str, Any] = {"definition": definition}
    if hands:
        made["hands"] = list(hands.values())
    if others := [w.model_dump(exclude_defaults=True) for w in wordings if w.origin != "hand"]:
        made["wordings"] = others
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=118)
    path.write_text(text, encoding="utf-8", newline="\n")


def store_wordings(made: Path, catalog: Path) -> dict[str, tuple[int, int]]:
    """Put the wordings that `synth.paraphrase` made beside the tasks of a user's catalog.

    Returns task -> (wordings that were added, wordings there are now). Those that are there already are not added
    again. Raises UserError when `made` holds no wordings or the two are about different definitions.
    """
    files = wordings_files(made)
    if not files:
        raise UserError(f"{made}: no wordings here; expected what synth.paraphrase made: files *{ENDING}")
    counts = {}
    for name, path in files.items():
        definition, new = _read(name, files)
        target = wordings_files(catalog).get(name, catalog / f"{name}{ENDING}")
        old: list[Wording] = []
        if target.exists():
            earlier, old = _read(name, {name: target})
            if earlier != definition:
                raise UserError(
                    f"{target}: holds wordings of {earlier!r}, {path} of {definition!r}; remove one of them"
                )
        known = {normalised(wording.text) for wording in (*old, Wording(text=definition, origin="hand", author="-"))}
        added = [wording for wording in new if normalised(wording.text) not in known]
        write_wordings(target, definition, [*old, *added])
        counts[name] = (len(added), len(old) + len(added))
    return counts


def wording_rows(tasks: Iterable[Task], catalog: Path | None = None) -> list[dict[str, Any]]:
    """Return how many wordings each task has, by origin."""
    rows = []
    for task in tasks:
        wordings = load_wordings(task, catalog=catalog)
        counts = {origin: sum(w.origin == origin for w in wordings) for origin in ("hand", "rules", "teacher")}
        rows.append({"name": task.name, **counts, "published": task.published.rewrites})
    return rows


def listed_labels(task: Task) -> str:
    """Return the closed list as a definition shows it: divided by commas, or semicolons where labels have commas."""
    return ("; " if any("," in label for label in task.labels) else ", ").join(task.labels)


def _distinct(task: Task, wordings: Iterable[Wording]) -> list[Wording]:
    known = {normalised(task.definition)}
    labels = listed_labels(task)
    found = []
    for wording in wordings:
        if LABELS in wording.text:
            wording = wording.model_copy(update={"text": wording.text.replace(LABELS, labels)})
        if (key := normalised(wording.text)) not in known:
            known.add(key)
            found.append(wording)
    return found


def _read(name: str, files: dict[str, Path]) -> tuple[str, list[Wording]]:
    """Return the definition and the wordings of a file and of those it extends."""
    definition, found, way = "", list[Wording](), list[str]()
    fill: dict[str, str] = {}
    while name:
        path = files[name]
        way.append(name)
        file = _parse(path)
        by_hand = [
            Wording(text=text, origin="hand", author=f"hand {number}")
            for number, texts in enumerate(file.hands, start=1)
            for text in texts
        ]
        fill = {**file.fill, **fill}
        found = [*by_hand, *file.wordings, *found]
        definition = definition or file.definition
        name = file.extends
        if name and name not in files:
            raise UserError(f"{path}: extends: no file {name}{ENDING}{did_you_mean(name, files)}")
        if name in way:
            raise UserError(f"{path}: extends: a circle: {' -> '.join([*way, name])}")
    if not definition:
        raise UserError(f"{files[way[-1]]}: definition: missing; what these are wordings of")
    return _filled(definition, fill), [w.model_copy(update={"text": _filled(w.text, fill)}) for w in found]


def _filled(text: str, fill: dict[str, str]) -> str:
    for name, value in fill.items():
        text = text.replace(f"{{{{ {name} }}}}", value)
    return text


def _parse(path: Path) -> WordingsFile:
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same values, ten times faster
        fields = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise UserError(
            f"{path}{f':{mark.line + 1}' if mark else ''}: broken YAML: {getattr(error, 'problem', error)}"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    if not isinstance(fields, dict):
        raise UserError(f"{path}: expected definition, hands and wordings, found {type(fields).__name__}")
    try:
        return WordingsFile.model_validate(fields)
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(map(str, detail["loc"]))
        known = ", ".join(WordingsFile.model_fields if len(detail["loc"]) < 2 else Wording.model_fields)
        problem = f"unknown field; there are {known}" if detail["type"] == "extra_forbidden" else detail["msg"]
        raise UserError(f"{path}: {place}: {problem}") from error
