"""What MedCare's stages learn from: samples, and conversations in the format of MedCareData, as rows of tokens.

    {"conversations": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}], "eval": {...}}

one on a line; `role` is taken for `from`, `system`, `user` and `assistant` for roles; `eval` is what a scorer would
need, and is left out. Every reply of a conversation is learnt, with the end of its turn.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.step_settings import Samples, SourcePath
from polyclinic.steps import Work
from polyclinic.train.batches import IGNORED
from polyclinic.train.chat import ChatTokens, TooLong, fit
from polyclinic.train.settings import OptimizerSettings
from polyclinic.train.token_rows import TokenColumns

ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}
Turn = tuple[str, str]  # role and text


class ConversationSettings(OptimizerSettings):
    """Where the rows come from, and which of their tokens are learnt."""

    samples: list[Samples] = Field([], description="samples with instruction or input, and output")
    conversations: list[SourcePath] = Field(
        [], description="files (.jsonl, .jsonl.gz) in MedCareData's format: `conversations` of from and value"
    )
    system: str = Field(
        "You are a helpful assistant.",
        description="system turn of conversations without one of their own; empty = none",
    )
    learn_role_markers: bool = Field(
        False,
        description="learn what the template puts before each turn as well, as the published code does by accident",
    )
    too_long: TooLong = Field(
        "error", description="what to do with a row longer than max_length: error, skip it, or cut its end"
    )


def conversation_rows(
    settings: ConversationSettings, chat: ChatTokens, max_length: int, work: Work
) -> tuple[TokenColumns, list[str]]:
    """Return samples and conversations as `input_ids` and `labels`, with the place of each; note what was dropped.

    Raises UserError when there are none, or when one is broken, has no reply, or is too long.
    """
    rows = TokenColumns("input_ids", "labels")
    names: list[str] = []
    dropped: list[int] = []
    skipped = 0
    for name, turns in _all(settings, chat):
        ids, labels = turn_tokens(chat, turns, name, settings.learn_role_markers)
        kept = fit(len(ids), max_length, settings.too_long, name, dropped.append)
        if kept and any(label != IGNORED for label in labels[:max_length]):
            rows.append(input_ids=ids[:max_length], labels=labels[:max_length])
            names.append(name)
        else:
            skipped += 1
    if not len(rows):
        given = ", ".join(str(path) for path in (*settings.samples, *settings.conversations))
        raise UserError(
            f"samples, conversations: nothing to learn{f' in {given}' if given else ''}; give samples with "
            "instruction or input, and output, or conversations with replies"
        )
    work.facts.update(dropped_tokens=sum(dropped), skipped_samples=skipped)
    return rows, names


def turn_tokens(chat: ChatTokens, turns: Sequence[Turn], name: str, markers: bool) -> tuple[list[int], list[int]]:
    """Return the tokens of a conversation and their labels: what the assistant wrote, with the end of its turn.

    With `markers`, what the template puts before the text of every turn is learnt too. Raises UserError when the
    template writes earlier turns differently once later ones are there.
    """
    written = ""
    said: list[dict[str, str]] = []
    parts: list[tuple[str, bool]] = []  # neighbours differ, so that text is cut into tokens as it is when asked
    for role, text in turns:
        said.append({"role": role, "content": text})
        whole = _rendered(chat, said, name)
        piece = whole[len(written) :]
        at = piece.find(text)
        if not whole.startswith(written) or at < 0:
            raise UserError(
                f"{chat.place}: its chat template changes what {name} says, or writes it differently when a further "
                "turn is there, so replies cannot be told from what comes before them"
            )
        end = len(piece.rstrip())
        for part, learnt in (piece[:at], markers), (piece[at:end], role == "assistant"), (piece[end:], False):
            if part and parts and parts[-1][1] == learnt:
                parts[-1] = (parts[-1][0] + part, learnt)
            elif part:
                parts.append((part, learnt))
        written = whole
    ids: list[int] = []
    labels: list[int] = []
    for part, learnt in parts:
        tokens = chat.tokenizer(part, add_special_tokens=False, verbose=False)["input_ids"]
        ids += tokens
        labels += tokens if learnt else [IGNORED] * len(tokens)
    return ids, labels


def read_conversations(path: Path) -> Iterator[tuple[str, list[Turn]]]:
    """Yield place and turns of every conversation of a file. Raises UserError naming the line that is broken."""
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield f"{path}:{number}", _turns(line, f"{path}:{number}")


def _turns(line: str, place: str) -> list[Turn]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{place}: broken JSON: {error}") from error
    entries = found.get("conversations") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not entries:
        raise UserError(f'{place}: expected "conversations", a list of turns with from and value')
    turns: list[Turn] = []
    for count, entry in enumerate(entries, start=1):
        role = entry.get("from", entry.get("role")) if isinstance(entry, dict) else None
        text = entry.get("value", entry.get("content")) if isinstance(entry, dict) else None
        if role not in ROLES or not isinstance(text, str):
            raise UserError(
                f"{place}: turn {count}: expected from (one of {', '.join(ROLES)}) and value, "
                f"found {str(entry)[:100]}"
            )
        turns.append((ROLES[role], text))
    if not any(role == "assistant" and text.strip() for role, text in turns):
        raise UserError(f"{place}: nobody replies (gpt, assistant), so there is nothing to learn; leave the line out")
    return turns


def _all(settings: ConversationSettings, chat: ChatTokens) -> Iterator[tuple[str, list[Turn]]]:
    for path in settings.samples:
        for sample in read_records(path, Sample):
            name = f"{path}: sample '{sample.id}'"
            if not (sample.instruction.strip() or sample.input.strip()):
                raise UserError(f"{name}: neither instruction nor input; a request is needed to learn a reply to it")
            if not sample.output.strip():
                raise UserError(f"{name}: the reply is empty; leave the record out or give it one")
            request = [(turn["role"], turn["content"]) for turn in chat.turns(sample.instruction, sample.input)]
            yield name, [*request, ("assistant", sample.output)]
    for path in settings.conversations:
        files = (
            sorted(p for p in path.rglob("*") if p.name.endswith((".jsonl", ".jsonl.gz")))
            if path.is_dir()
            else [path]
        )
        for file in files:
            for name, turns in read_conversations(file):
                if turns[0][0] != "system" and settings.system and chat.system_role:
                    turns = [("system", settings.system), *turns]
                yield name, turns


def _rendered(chat: ChatTokens, turns: list[dict[str, str]], name: str) -> str:
    from jinja2.exceptions import TemplateError

    try:
        text: str = chat.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=False)
    except TemplateError as error:
        raise UserError(f"{chat.place}: its chat template refuses {name}: {error}") from error
    return text
