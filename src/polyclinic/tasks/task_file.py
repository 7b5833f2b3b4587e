"""Task files of MedS-Ins: one JSON file a task, which Super-NaturalInstructions reads too.

Thirteen keys are written, each a list (npj Digital Medicine 2025;8:58; the layout copies Super-NaturalInstructions,
Wang et al. 2022). Read is whatever was published: 13, 11 or 7 keys, plain strings for lists, instances without ids,
outputs that are no list, JSON documents called .jsonl, and the workbook of the contribution form.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from polyclinic.errors import UserError
from polyclinic.tasks.readers.row import Bad
from polyclinic.tasks.readers.text_lines import whole_text

# Key in the file -> field here, in the order of the published README; Instances come last.
LISTS = {
    "Contributors": "contributors",
    "Source": "source",
    "URL": "url",
    "Categories": "categories",
    "Reasoning": "reasoning",
    "Definition": "definition",
    "Input_language": "input_language",
    "Output_language": "output_language",
    "Instruction_language": "instruction_language",
    "Domains": "domains",
}
EXAMPLES = {"Positive Examples": "positive_examples", "Negative Examples": "negative_examples"}
WORKBOOK_NAMES = {"Text Domains": "Domains", "Input Language": "Input_language", "Output Language": "Output_language"}
WORKBOOK_NAMES |= {"Instruction Language": "Instruction_language"}


@dataclass(frozen=True, slots=True)
class Instance:
    """One input with all its good replies."""

    id: str
    input: str
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """An example in the definition, good or bad."""

    input: str
    output: str
    explanation: str = ""


@dataclass(frozen=True)
class TaskFile:
    """A task file in canonical form: every key a list."""

    contributors: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    url: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    definition: tuple[str, ...] = ()
    input_language: tuple[str, ...] = ()
    output_language: tuple[str, ...] = ()
    instruction_language: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    positive_examples: tuple[Example, ...] = ()
    negative_examples: tuple[Example, ...] = ()
    split_type: str = ""  # Train, Test or Train/Test; only in contribution forms
    instance_license: tuple[str, ...] = ()  # only in Super-NaturalInstructions
    instances: tuple[Instance, ...] = field(default=(), repr=False)


def read_task_file(path: Path) -> TaskFile:
    """Return a task file, whatever its variant, in canonical form.

    Raises UserError, naming file and instance, for broken JSON, a key that comes twice, no Instances, an instance
    without input or output, or a value of another type than text.
    """
    if path.suffix.lower() == ".xlsx":
        return _from_workbook(path)
    text = whole_text(path)
    if isinstance(text, Bad):
        raise UserError(f"{text.place}: {text.reason}")
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _without_doubles(pairs, path))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}: broken JSON at column {error.colno}: {error.msg}") from error
    if not isinstance(data, dict):
        raise UserError(f"{path}: expected one object with Definition and Instances, found {type(data).__name__}")
    return _canonical(data, path)


def instance_id(task: str, number: int, text: str) -> str:
    """Return `task-<uuid4 hex>` for an instance that has no id; the same instance always gets the same."""
    digest = blake2b(f"{task}\0{number}\0{text}".encode(), digest_size=16).digest()
    return f"{task}-{uuid.UUID(bytes=digest, version=4).hex}"


class TaskFileWriter:
    """Writes a task file instance by instance, so that memory does not grow with their number."""

    def __init__(self, path: Path, head: TaskFile) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = path.open("w", encoding="utf-8", newline="\n")
        keys: dict[str, Any] = {key: list(getattr(head, name)) for key, name in LISTS.items()}
        for key, name in EXAMPLES.items():
            keys[key] = [
                {"input": e.input, "output": e.output, "explanation": e.explanation} for e in getattr(head, name)
            ]
        shown = json.dumps(keys, ensure_ascii=False, indent=1)
        self._stream.write(shown.removesuffix("\n}") + ',\n "Instances": [')
        self._separator = "\n  "

    def add(self, instance: Instance) -> None:
        """Write one instance."""
        row = {"id": instance.id, "input": instance.input, "output": list(instance.output)}
        self._stream.write(self._separator + json.dumps(row, ensure_ascii=False))
        self._separator = ",\n  "

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        with self._stream:
            if kind is None:
                self._stream.write("\n ]\n}\n")


def write_task_file(path: Path, head: TaskFile, instances: Iterable[Instance]) -> int:
    """Write a task file and return the number of its instances; `head.instances` is not looked at."""
    count = 0
    with TaskFileWriter(path, head) as writer:
        for instance in instances:
            writer.add(instance)
            count += 1
    return count


def _canonical(data: dict[str, Any], path: Path) -> TaskFile:
    fields: dict[str, Any] = {name: _texts(data.get(key), f"{path}: {key}") for key, name in LISTS.items()}
    for key, name in EXAMPLES.items():
        entries = data.get(key) or []
        if not isinstance(entries, list):
            raise UserError(f"{path}: {key}: expected a list of examples, found {type(entries).__name__}")
        fields[name] = tuple(_example(entry, f"{path}: {key} {n}") for n, entry in enumerate(entries, start=1))
    found = data.get("Instances")
    if not isinstance(found, list):
        raise UserError(f"{path}: Instances: expected a list of objects with input and output, found {_type(found)}")
    fields["instances"] = tuple(_instances(found, path))
    fields["split_type"] = "/".join(_texts(data.get("Split Type"), f"{path}: Split Type"))
    fields["instance_license"] = _texts(data.get("Instance License"), f"{path}: Instance License")
    return TaskFile(**fields)


def _instances(found: list[Any], path: Path) -> Iterator[Instance]:
    task = path.name.partition("_")[0].partition(".")[0]
    for number, entry in enumerate(found, start=1):
        where = f"{path}: Instances {number}"
        if not isinstance(entry, dict):
            raise UserError(f"{where}: expected an object with input and output, found {_type(entry)}")
        text = entry.get("input")
        if not isinstance(text, str):
            raise UserError(f"{where}: input: expected text, found {_type(text)}")
        output = _texts(entry.get("output"), f"{where}: output")
        if not output:
            raise UserError(f"{where}: output: expected at least one reply, found none")
        yield Instance(str(entry.get("id") or instance_id(task, number, text)), text, output)


def _example(entry: Any, where: str) -> Example:
    if not isinstance(entry, dict) or not isinstance(entry.get("input"), str):
        raise UserError(f"{where}: expected an object with input, output and explanation")
    output = _texts(entry.get("output"), f"{where}: output")
    return Example(entry["input"], output[0] if output else "", str(entry.get("explanation") or ""))


def _texts(value: Any, where: str) -> tuple[str, ...]:
    """Return a list of texts from a list, a single text or nothing."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (str(value),)
    if isinstance(value, list) and all(isinstance(entry, (str, int, float)) for entry in value):
        return tuple(map(str, value))
    raise UserError(f"{where}: expected text or a list of texts, found {_type(value)}")


def _without_doubles(pairs: list[tuple[str, Any]], path: Path) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise UserError(f"{path}: the key '{double}' comes twice in one object; one of them would be lost")
    return made


def _from_workbook(path: Path) -> TaskFile:
    """Read the contribution form: sheets `Basic Information` (name, value) and `Instances` (Input, Output)."""
    import zipfile

    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise UserError(f"{path}: not a whole workbook ({error}); expected an .xlsx file") from error
    for name in ("Basic Information", "Instances"):
        if name not in book.sheetnames:
            raise UserError(f"{path}: expected a sheet '{name}', found {', '.join(book.sheetnames)}")
    data: dict[str, Any] = {}
    for cells in book["Basic Information"].iter_rows(values_only=True):
        if len(cells) > 1 and cells[0] and cells[1] is not None:
            name = WORKBOOK_NAMES.get(str(cells[0]).strip(), str(cells[0]).strip())
            value = str(cells[1]).strip()
            data[name] = [value] if name == "Definition" else [part.strip() for part in value.split(",")]
    rows = book["Instances"].iter_rows(values_only=True)
    header = [str(cell or "").strip().lower() for cell in next(rows, ())]
    if not {"input", "output"} <= set(header):
        raise UserError(f"{path}: sheet Instances: expected the columns Input and Output, found {', '.join(header)}")
    places = header.index("input"), header.index("output")
    data["Instances"] = [
        {"input": str(cells[places[0]]), "output": [str(cells[places[1]])]}
        for cells in rows
        if cells[places[0]] is not None and cells[places[1]] is not None
    ]
    book.close()
    return _canonical(data, path)


def _type(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
