"""General collections as they are published: Super-NaturalInstructions, and conversations (ShareGPT, LIMA, chat).

In: files and folders of the user's. Out: candidates, each with what decides over it and the samples it gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from polyclinic.errors import UserError
from polyclinic.records import Sample
from polyclinic.tasks import read_task_file
from polyclinic.tasks.names import LANGUAGES
from polyclinic.tasks.readers import Bad, conversations
from polyclinic.tasks.source import Source

NATURAL = "Super-NaturalInstructions"
CODES = {name: code for code, name in LANGUAGES.items()}
ENDINGS = (".json", ".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task of a collection, or a conversation."""

    id: str  # unique within the collections
    place: str  # file and line
    request: str  # what is asked: the definition of a task, the first question of a conversation
    reply: str  # the reply to it; empty for a task
    domains: tuple[str, ...]  # as the collection itself says
    content: Any  # what samples are made of


@dataclass(frozen=True, slots=True)
class Collection:
    """Files of one form."""

    form: Literal["super_natural_instructions", "conversations"]
    files: tuple[Path, ...]
    name: str  # for people: the source of its samples


def find_collections(paths: Sequence[Path], form: str) -> list[Collection]:
    """Return what lies at the paths; a folder is searched, one with `tasks/task*.json` is Super-NaturalInstructions.

    Raises UserError when there is nothing to read.
    """
    found = []
    for path in paths:
        if path.is_dir():
            folder = path / "tasks" if (path / "tasks").is_dir() else path
            tasks = sorted(folder.glob("task*.json"), key=lambda file: (_number(file), file.name))
            files = sorted(file for file in path.rglob("*") if _is_conversation_file(file))
        elif path.exists():
            tasks = [path] if path.name.startswith("task") and path.suffix == ".json" else []
            files = [path]
        else:
            raise UserError(f"{path}: no such file or folder; expected a collection")
        if form == "super_natural_instructions" or (form == "auto" and tasks):
            chosen = tasks or (files if path.is_file() else [])
            made = Collection("super_natural_instructions", tuple(chosen), NATURAL)
        else:
            made = Collection("conversations", tuple(files), path.name.partition(".")[0])
        if not made.files:
            raise UserError(
                f"{path}: nothing to read; expected task files of Super-NaturalInstructions (tasks/task*.json), or "
                "conversations as .json, .jsonl or .parquet"
            )
        found.append(made)
    return found


def candidates(collection: Collection) -> Iterator[Candidate | Bad]:
    """Yield the candidates of a collection in the order of its files; what cannot be read comes as Bad."""
    if collection.form == "super_natural_instructions":
        for file in collection.files:
            try:
                task = read_task_file(file)
            except UserError as error:
                place, _, reason = str(error).partition(": ")
                yield Bad(place, reason)
                continue
            definition = task.definition[0] if task.definition else ""
            yield Candidate(file.stem, str(file), definition, "", task.domains, task)
        return
    source = Source(name=collection.name, folder="-", format="conversations", files={"all": ("-",)})
    seen: dict[str, int] = {}
    for file in collection.files:
        for number, row in enumerate(conversations.read(file, source), start=1):
            made = row if isinstance(row, Bad) else conversations.normalise(row, source)
            if isinstance(made, Bad):
                yield made
                continue
            name = str(made.fields.get("id") or f"{file.name}-{number}")
            seen[name] = seen.get(name, 0) + 1
            name = f"{name}-{seen[name]}" if seen[name] > 1 else name
            yield Candidate(name, made.place, made.fields["input"], made.fields["output"], (), made.fields)


def samples_of(candidate: Candidate, collection: Collection, license_name: str, turns: str) -> Iterator[Sample]:
    """Yield the samples a candidate gives: the instances of a task, or the exchanges of a conversation."""
    if collection.form == "super_natural_instructions":
        task = candidate.content
        number = candidate.id.partition("_")[0]
        own = next((text for text in task.instance_license if text.casefold() != "unknown"), "")
        for instance in task.instances:
            yield Sample(
                id=instance.id if instance.id.startswith(f"{number}-") else f"{number}-{instance.id}",
                task=candidate.id,
                instruction=candidate.request,
                input=instance.input,
                output=instance.output[0],
                domain=task.domains[0] if task.domains else "",
                language=CODES.get(task.input_language[0] if task.input_language else "English", "und"),
                source=task.source[0] if task.source else collection.name,
                license=license_name or own or "unknown",
                author=collection.name,
                metadata={
                    "category": task.categories[0] if task.categories else "unknown",
                    **({"references": list(instance.output)} if len(instance.output) > 1 else {}),
                },
            )
        return
    fields = candidate.content
    for exchange in fields["exchanges"][: 1 if turns == "first" else None]:
        yield Sample(
            id=f"{collection.name}/{candidate.id}-{exchange['turn']}",
            task="conversation",
            instruction=fields["system"],
            input=_with_earlier(fields["turns"], exchange),
            output=exchange["output"],
            document=f"{collection.name}/{candidate.id}",
            domain="Daily conversations",
            source=str(fields.get("source") or collection.name),
            license=license_name or "unknown",
            author=collection.name,
            metadata={"category": "Dialogue" if len(fields["exchanges"]) > 1 else "Question Answering"},
        )


def _with_earlier(turns: Sequence[dict[str, str]], exchange: dict[str, Any]) -> str:
    """Return a question with the conversation before it, each turn headed by who speaks."""
    earlier = [turn for turn in turns[: exchange["turn"]] if turn["role"] != "system"]
    if not earlier:
        return str(exchange["input"])
    said = [*earlier, {"role": "user", "text": exchange["input"]}]
    return "\n\n".join(f"{turn['role'].capitalize()}: {turn['text']}" for turn in said)


def _is_conversation_file(file: Path) -> bool:
    name = file.name.lower().removesuffix(".gz").removesuffix(".zst")
    return file.is_file() and name.endswith(ENDINGS) and not file.name.startswith(".")


def _number(file: Path) -> int:
    digits = file.name.removeprefix("task").partition("_")[0]
    return int(digits) if digits.isdigit() else 0
