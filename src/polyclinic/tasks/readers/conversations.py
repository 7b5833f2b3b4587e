"""Conversations: ShareGPT (`conversations` of from and value), LIMA (a list of texts), chat messages (role, content).

What it gives: `turns`, a list of role and text, the roles being system, user and assistant; of the first exchange
`input` and `output`; `system`; and `earlier` and `exchanges` for those who want all of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers import json_list, table_rows
from polyclinic.tasks.readers.compressed import plain_name
from polyclinic.tasks.readers.row import LONGEST_SHOWN, Bad, Row
from polyclinic.tasks.source import Source

ROLES = {
    "human": "user",
    "user": "user",
    "prompter": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "model": "assistant",
    "system": "system",
}
LISTS = ("conversations", "conversation", "messages", "items")
NAMES = ("from", "role")
TEXTS = ("value", "content", "text")


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield the records of a .json or .jsonl file of conversations; a long list is read element by element."""
    if not plain_name(file).endswith(".json") or not json_list.is_list(file):
        yield from table_rows.read(file, source)
        return
    for found in json_list.read(file, source.encoding):
        if isinstance(found, Bad):
            yield found
        elif isinstance(found[1], dict):
            yield Row(found[0], {name: value for name, value in found[1].items() if value is not None})
        else:
            yield Bad(found[0], f"expected a conversation: an object, found {type(found[1]).__name__}")


def normalise(row: Row, source: Source) -> Row | Bad:
    """Give a record the fields of a conversation; one without a question and a reply comes as Bad."""
    fields = row.fields
    name = next((name for name in LISTS if isinstance(fields.get(name), list)), "")
    if not name:
        found = ", ".join(map(str, fields))
        return Bad(
            row.place, f"expected a list called {' or '.join(LISTS)}; found {found}", str(fields)[:LONGEST_SHOWN]
        )
    turns: list[tuple[str, str]] = []
    for number, entry in enumerate(fields[name], start=1):
        turn = _turn(entry, number)
        if isinstance(turn, str):
            return Bad(row.place, f"field '{name}', turn {number}: {turn}", str(fields)[:LONGEST_SHOWN])
        if turns and turns[-1][0] == turn[0] and turn[0] != "system":
            turns[-1] = (turn[0], f"{turns[-1][1]}\n\n{turn[1]}")  # said in two parts
        else:
            turns.append(turn)
    exchanges = [
        (number, asked, reply)
        for number, ((role, asked), (other, reply)) in enumerate(itertools.pairwise(turns))
        if role == "user" and other == "assistant" and asked.strip() and reply.strip()
    ]
    if not exchanges:
        return Bad(
            row.place, f"field '{name}': no question with a reply to it", str(fields)[:LONGEST_SHOWN], kind="empty"
        )
    fields["system"] = "\n".join(text for role, text in turns if role == "system")
    fields["turns"] = [{"role": role, "text": text} for role, text in turns]
    fields["exchanges"] = [{"input": asked, "output": reply, "turn": number} for number, asked, reply in exchanges]
    fields["input"], fields["output"] = exchanges[0][1:]
    return row


def _turn(entry: Any, number: int) -> tuple[str, str] | str:
    """Return role and text of a turn, or what is wrong with it."""
    if isinstance(entry, str):  # LIMA: question and reply by turns
        return ("user" if number % 2 else "assistant", entry)
    if not isinstance(entry, dict):
        return f"expected role and text, found {type(entry).__name__}"
    role = next((entry[name] for name in NAMES if name in entry), None)
    text = next((entry[name] for name in TEXTS if name in entry), None)
    if isinstance(text, list):  # a message in parts
        text = "\n".join(str(part.get("text", "")) for part in text if isinstance(part, dict))
    if not isinstance(role, str) or role.lower() not in ROLES:
        return f"expected one of {', '.join(ROLES)} under {' or '.join(NAMES)}, found {role!r}"
    if not isinstance(text, str):
        return f"expected text under {' or '.join(TEXTS)}, found {type(text).__name__}"
    return ROLES[role.lower()], text
