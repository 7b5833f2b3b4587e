"""Checks of task files: the rules of the Super-NaturalInstructions validator (Wang et al. 2022, src/test_all.py).

More than 25 and at most 6,500 instances, ids unique, nothing empty, examples not among the instances, known
categories and languages, a definition that names a language other than English; and the lists of tasks of a split,
in which every task stands once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.tasks.findings import Finding
from polyclinic.tasks.item_checks import item_findings
from polyclinic.tasks.names import CATEGORIES, DOMAINS, LANGUAGES
from polyclinic.tasks.readers.text_lines import whole_text
from polyclinic.tasks.source_items import Item
from polyclinic.tasks.task_file import TaskFile, read_task_file

MOST = 6500  # instances of a contributed task
FILE_NAME = re.compile(r"^task\d+_[a-z0-9_]+\.jsonl?$")
KEY = re.compile(r'(?<!\\)"(\w[\w ]*)"\s*:')
SPLIT_LIST = "*_tasks.txt"  # train_tasks.txt, test_tasks.txt, excluded_tasks.txt


# Keys that the layout of Super-NaturalInstructions asks for; the variant of MedS-Ins with seven keys has not all.
NEEDED = {"Source": "source", "Contributors": "contributors", "Instruction_language": "instruction_language"}
IN_LONG_FORMS = ("Contributors", "Positive Examples")


def file_findings(path: Path) -> Iterator[Finding]:
    """Yield what is wrong with a MedS-Ins or Super-NaturalInstructions task file."""
    task = path.stem
    try:
        found = read_task_file(path)
    except UserError as error:
        yield Finding(task, str(path), "error", "broken", str(error))
        return
    places = _Places(path)
    if not FILE_NAME.match(path.name):
        yield Finding(task, str(path), "warning", "file-name", "expected task<number>_<lower case>.json")
    yield from _head_findings(task, found, places)
    ids = Counter(instance.id for instance in found.instances)
    for number, instance in enumerate(found.instances, start=1):
        if ids[instance.id] > 1:
            message = f"the id {instance.id} stands {ids.pop(instance.id)} times"
            yield Finding(task, places.instance(number), "error", "repeated-id", message)
    if len(found.instances) > MOST:
        message = f"{len(found.instances)} instances; at most {MOST} are usual"
        yield Finding(task, places.key("Instances"), "warning", "many", message)
    shown = {example.input for examples in (found.positive_examples, found.negative_examples) for example in examples}
    for number, instance in enumerate(found.instances, start=1):
        if instance.input in shown:
            message = "the input is an example in the definition too"
            yield Finding(task, places.instance(number), "error", "example", message)
        if not instance.input.strip() or not all(text.strip() for text in instance.output):
            yield Finding(task, places.instance(number), "error", "empty", "input or output is empty")
    yield from item_findings(task, file_items(path, found), contributed=True)


def file_items(path: Path, found: TaskFile) -> Iterator[Item]:
    """Yield the instances of a task file as items, with file and line."""
    places = _Places(path)
    for number, instance in enumerate(found.instances, start=1):
        yield Item(instance.id, places.instance(number), instance.input, instance.output)


def split_findings(folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the lists of a split: `train_tasks.txt`, `test_tasks.txt`, `excluded_tasks.txt`.

    Every task stands in exactly one of them; those of a folder `tasks` beside the split, as Super-NaturalInstructions
    has it, in at least one.
    """
    seen: dict[str, str] = {}
    for path in sorted(folder.glob(SPLIT_LIST)):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            name, place = line.strip(), f"{path}:{number}"
            if not name:
                continue
            if name in seen:
                yield Finding(name, place, "error", "split", f"the task stands in a split already, at {seen[name]}")
            seen.setdefault(name, place)
    for tasks in (folder / "tasks", folder.parent / "tasks", folder.parent.parent / "tasks"):
        for path in sorted(tasks.glob("task*.json")):
            if path.stem not in seen:
                yield Finding(path.stem, str(path), "error", "split", f"the task is in no list of {folder}")


def _head_findings(task: str, found: TaskFile, places: _Places) -> Iterator[Finding]:
    for name, values, known in (
        ("Categories", found.categories, CATEGORIES),
        ("Domains", found.domains, DOMAINS),
        ("Input_language", found.input_language, tuple(LANGUAGES.values())),
        ("Output_language", found.output_language, tuple(LANGUAGES.values())),
    ):
        if not values:
            yield Finding(task, places.key(name), "error", "missing", f"{name} is empty or not there")
        for value in values:
            if value not in known:
                yield Finding(task, places.key(name), "warning", "unknown-name", f"{value!r} is no known name")
    for name, field in NEEDED.items():
        long_form = any(key in places.keys for key in IN_LONG_FORMS)
        if not getattr(found, field) and (long_form or name == "Source"):
            yield Finding(task, places.key(name), "warning", "missing", f"{name} is empty or not there")
    definition = found.definition[0] if found.definition else ""
    if not definition.strip():
        yield Finding(task, places.key("Definition"), "error", "definition", "there is no definition")
    for name in dict.fromkeys((*found.input_language, *found.output_language)):
        if name != "English" and definition and name not in definition:
            message = f"should name the language {name}"
            yield Finding(task, places.key("Definition"), "error", "language", message)
    given = (found.positive_examples, found.negative_examples)
    if any(given) and (len(given[0]) < 2 or not given[1]):
        message = "expected two positive examples and a negative one"
        yield Finding(task, places.key("Positive Examples"), "warning", "examples", message)


class _Places:
    """Where keys and instances of a task file stand: file and line; of a workbook, sheet and row."""

    def __init__(self, path: Path) -> None:
        self.path, self.keys, self.instances = path, dict[str, int](), list[int]()
        if path.suffix.lower() == ".xlsx":
            return
        inside = False
        text = whole_text(path)
        for number, line in enumerate(text.split("\n") if isinstance(text, str) else (), start=1):
            # A quotation mark inside a text is written with a backslash, so these are keys and nothing else.
            for key in KEY.findall(line):
                if inside and key == "input":
                    self.instances.append(number)
                else:
                    inside = inside or key == "Instances"
                    self.keys.setdefault(key, number)

    def key(self, name: str) -> str:
        """Return where a key stands, or the file alone."""
        return f"{self.path}:{self.keys[name]}" if name in self.keys else f"{self.path}: {name}"

    def instance(self, number: int) -> str:
        """Return where the instance with this number, from 1, stands."""
        if self.path.suffix.lower() == ".xlsx":
            return f"{self.path}, sheet Instances, row {number + 1}"
        if number <= len(self.instances):
            return f"{self.path}:{self.instances[number - 1]}"
        return f"{self.path}, instance {number}"
