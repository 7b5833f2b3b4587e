"""Checks of tasks and items: the rules of the Super-NaturalInstructions validator, and what it does not look for.

In: catalog tasks with the user's data, or task files. Out: findings, each with task, file and line. Rules from
Super-NaturalInstructions (Wang et al. 2022, src/test_all.py): more than 25 and at most 6,500 instances, inputs not
repeated, more than one distinct output, a normalised entropy above 0.8 where there are fewer than 15, examples not
among the instances, a definition that names a language other than English. The rest is ours.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from polyclinic.errors import UserError
from polyclinic.tasks.catalog import load_catalog, load_task, suite_tasks
from polyclinic.tasks.names import CATEGORIES, DOMAINS, LANGUAGES
from polyclinic.tasks.overlap import overlap
from polyclinic.tasks.readers import Bad
from polyclinic.tasks.source_items import LONGEST_ITEM, Item, task_items
from polyclinic.tasks.task import Task
from polyclinic.tasks.task_file import read_task_file

FEWEST, MOST = 25, 6500  # instances of a contributed task
FEW_OUTPUTS, LEAST_ENTROPY = 15, 0.8
SHOWN = 3  # findings of one kind that are listed for a task; the rest is counted
FILE_NAME = re.compile(r"^task\d+_[a-z0-9_]+\.jsonl?$")
# A replacement character, and UTF-8 that was read as Latin-1 or cp1252: Ã©, â€™, Â°.
DAMAGE = re.compile("\ufffd|Ã[\u0080-\u00bf]|â€[\u0080-\u203a™œ\u009d]|Â[\u00a0-\u00bf]")
DEIDENTIFIED = re.compile(r"\[\*\*[^\]]*\*\*\]|\b___\b")  # marks of MIMIC-III and MIMIC-IV


@dataclass(frozen=True)
class Finding:
    """Something a person should look at. Errors make a check fail; warnings do not."""

    task: str
    place: str  # file and line, record or field
    level: Literal["error", "warning"]
    rule: str
    message: str


def check_tasks(
    names: Iterable[str] = (), suite: str = "", data: Path | None = None, catalog: Path | None = None
) -> list[dict[str, Any]]:
    """Check tasks of the catalog, and their items where their data are in the user's folder.

    Without names and suite the whole catalog is looked at. Returns findings as rows, the errors first.
    Raises UserError for unknown names, and for a catalog file that is no task.
    """
    if suite:
        tasks = suite_tasks(suite, catalog)
    else:
        tasks = [load_task(name, catalog) for name in names] or list(load_catalog(catalog).values())
    found = [finding for task in tasks for finding in _task_findings(task)]
    if data is not None:
        for task in tasks:
            if task.builder == "source" and task.buildable:
                found += _data_findings(task, data)
    return _rows(found)


def check_files(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Check MedS-Ins or Super-NaturalInstructions task files; returns findings as rows, the errors first."""
    return _rows([finding for path in paths for finding in _file_findings(path)])


def entropy(counts: Iterable[int]) -> float:
    """Return the entropy of a distribution divided by that of equal parts: 0 one value, 1 all equally often."""
    numbers = [count for count in counts if count]
    total = sum(numbers)
    if len(numbers) < 2:
        return 0.0
    return -sum(n / total * math.log(n / total) for n in numbers) / math.log(len(numbers))


def item_findings(
    task: str, items: Iterable[Item | Bad], *, restricted: bool = False, contributed: bool = False
) -> Iterator[Finding]:
    """Yield what is wrong with the items of one task; keeps a hash of each input and the distinct outputs.

    Args:
        task: name under which findings are told.
        items: the items, and what could not be one.
        restricted: whether marks of de-identified notes are to be expected.
        contributed: whether repeated inputs are an error; in published data sets they are what they are.
    """
    repeated: Literal["error", "warning"] = "error" if contributed else "warning"
    inputs: dict[bytes, str] = {}
    outputs: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    count = 0

    def told(rule: str, place: str, message: str, level: Literal["error", "warning"] = "error") -> Iterator[Finding]:
        kinds[rule] += 1
        if kinds[rule] <= SHOWN:
            yield Finding(task, place, level, rule, message)

    for item in items:
        if isinstance(item, Bad):
            yield from told("broken", item.place, item.reason)
            continue
        count += 1
        key = blake2b(item.input.strip().encode(), digest_size=12).digest()
        if (first := inputs.setdefault(key, item.place)) != item.place:
            yield from told("repeated-input", item.place, f"the input stood before, at {first}", repeated)
        if len(outputs) < 10_000 or item.outputs[0] in outputs:
            outputs[item.outputs[0]] += 1
        if match := DAMAGE.search(item.input) or DAMAGE.search(item.outputs[0]):
            yield from told(
                "encoding", item.place, f"damaged text {match.group(0)!r}: decoded wrongly once", "warning"
            )
        if not restricted and (match := DEIDENTIFIED.search(item.input)):
            yield from told(
                "restricted", item.place, f"a mark of de-identified notes, {match.group(0)!r}, in open data"
            )
    for rule, number in kinds.items():
        if number > SHOWN:
            yield Finding(task, "", "warning", rule, f"{number - SHOWN} more of this kind")
    if count <= FEWEST:
        yield Finding(task, "", "warning", "few", f"{count} items; more than {FEWEST} are expected")
    if count and len(outputs) == 1:
        label = next(iter(outputs))
        yield Finding(task, "", "error", "one-output", f"all {count} items have the output {label!r}")
    elif 1 < len(outputs) < FEW_OUTPUTS and (value := entropy(outputs.values())) <= LEAST_ENTROPY:
        shares = ", ".join(f"{label!r} {n}" for label, n in outputs.most_common(4))
        yield Finding(
            task, "", "warning", "skewed", f"normalised entropy of the outputs {value:.2f}, at most 0.8: {shares}"
        )


def _task_findings(task: Task) -> Iterator[Finding]:
    place = f"{task.name}.yaml"
    if task.builder == "source":
        if task.license == "unknown":
            yield Finding(task.name, place, "warning", "license", "the licence is unknown; check it before use")
        spoken = {LANGUAGES.get(code, code) for code in (task.language, task.output_language or task.language)}
        if task.instruction_language == "en":
            for name in sorted(spoken - {"English"}):
                if name not in task.definition:
                    yield Finding(
                        task.name, place, "error", "language", f"the definition should name the language {name}"
                    )
    if not task.definition and task.builder == "source":
        yield Finding(task.name, place, "error", "definition", "there is no definition")
    if len(set(task.labels)) < len(task.labels):
        yield Finding(task.name, place, "error", "labels", "a label stands twice in the closed list")


def _data_findings(task: Task, data: Path) -> Iterator[Finding]:
    closed = task.access != "open"
    there = []
    for split in task.splits:
        try:
            yield from item_findings(f"{task.name}/{split}", task_items(task, data, split), restricted=closed)
            there.append(split)
        except UserError as error:
            yield Finding(task.name, split, "warning", "data", str(error))
    for test in ("validation", "test"):
        if "train" in there and test in there:
            yield from _overlap_findings(task, data, test)
    if there:
        yield from _empty_fields(task, data, there[0])


def _overlap_findings(task: Task, data: Path, test: str) -> Iterator[Finding]:
    def texts(split: str) -> Iterator[tuple[str, str]]:
        for item in task_items(task, data, split, longest=LONGEST_ITEM):
            if isinstance(item, Item):
                yield item.place, item.input

    found = overlap(texts(test), texts("train"))
    for place, (other, how) in list(found.items())[:SHOWN]:
        yield Finding(f"{task.name}/{test}", place, "warning", "overlap", f"{other} of the training split {how}")
    if len(found) > SHOWN:
        yield Finding(f"{task.name}/{test}", "", "warning", "overlap", f"{len(found)} items in all")


def _empty_fields(task: Task, data: Path, split: str) -> Iterator[Finding]:
    """Look for template fields that no row fills."""
    from polyclinic.tasks.readers import Row, read_source
    from polyclinic.tasks.templates import template_names

    assert task.source is not None
    part = "all" if "all" in task.source.files else split
    names = (template_names(task.input) | template_names(task.output)) - {"row", "labels", "id", "document"}
    for row in read_source(task.source, data, part):
        if isinstance(row, Row):
            names -= {name for name in names if row.fields.get(name) not in (None, "", [], {})}
        if not names:
            return
    for name in sorted(names):
        yield Finding(
            task.name, split, "error", "never-fills", f"no row has the field '{name}' that a template names"
        )


def _file_findings(path: Path) -> Iterator[Finding]:
    task = path.stem
    try:
        found = read_task_file(path)
    except UserError as error:
        yield Finding(task, str(path), "error", "broken", str(error))
        return
    if not FILE_NAME.match(path.name):
        yield Finding(task, str(path), "warning", "file-name", "expected task<number>_<lower case>.json")
    for name, values, known in (
        ("Categories", found.categories, CATEGORIES),
        ("Domains", found.domains, DOMAINS),
        ("Input_language", found.input_language, tuple(LANGUAGES.values())),
        ("Output_language", found.output_language, tuple(LANGUAGES.values())),
    ):
        if not values:
            yield Finding(task, f"{path}: {name}", "error", "missing", f"{name} is empty")
        for value in values:
            if value not in known:
                yield Finding(task, f"{path}: {name}", "warning", "unknown-name", f"{value!r} is no known name")
    if not found.definition or not found.definition[0].strip():
        yield Finding(task, f"{path}: Definition", "error", "definition", "there is no definition")
    for name in found.input_language:
        if name != "English" and found.definition and name not in found.definition[0]:
            yield Finding(task, f"{path}: Definition", "error", "language", f"should name the language {name}")
    ids = Counter(instance.id for instance in found.instances)
    for name, number in ids.items():
        if number > 1:
            yield Finding(task, f"{path}: {name}", "error", "repeated-id", f"the id stands {number} times")
    if len(found.instances) > MOST:
        yield Finding(
            task, str(path), "warning", "many", f"{len(found.instances)} instances; at most {MOST} are usual"
        )
    given = (found.positive_examples, found.negative_examples)
    if any(given) and (len(given[0]) < 2 or not given[1]):
        yield Finding(task, str(path), "warning", "examples", "expected two positive examples and a negative one")
    shown = {example.input for examples in given for example in examples}
    for number, instance in enumerate(found.instances, start=1):
        place = f"{path}, instance {number}"
        if instance.input in shown:
            yield Finding(task, place, "error", "example", "the input is an example in the definition too")
        if not instance.input.strip() or not all(text.strip() for text in instance.output):
            yield Finding(task, place, "error", "empty", "input or output is empty")
    items = (
        Item(instance.id, f"{path}, instance {number}", instance.input, instance.output)
        for number, instance in enumerate(found.instances, start=1)
    )
    yield from item_findings(task, items, contributed=True)


def _rows(found: list[Finding]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in sorted(found, key=lambda f: f.level != "error")]
