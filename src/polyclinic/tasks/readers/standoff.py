"""brat standoff: a text (.txt) with its annotations beside it (.ann), as n2c2 and SHAC are distributed.

T lines are mentions, E lines events, A lines attributes. The files the source names are the .txt files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.readers.text_lines import whole_text
from polyclinic.tasks.source import Source


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield one row: text, entities, types, typed, events, attributes."""
    text = whole_text(file, source.encoding)
    marks_file = file.with_suffix(".ann")
    if isinstance(text, Bad):
        yield text
        return
    if not marks_file.exists():
        yield Bad(str(file), f"its annotations are missing: expected {marks_file.name} beside it")
        return
    marks = whole_text(marks_file, source.encoding)
    if isinstance(marks, Bad):
        yield marks
        return
    mentions: dict[str, dict[str, str]] = {}
    events: list[dict[str, Any]] = []
    attributes: dict[str, dict[str, str]] = {}
    for number, line in enumerate(marks.splitlines(), start=1):
        cells = line.split("\t")
        if not line.strip() or line[0] not in "TEA":
            continue
        if len(cells) < 2:
            yield Bad(f"{marks_file}:{number}", "expected an id, a tab and the annotation", line[:200])
            return
        head = cells[1].split()
        if line[0] == "T":
            spans = cells[1].partition(" ")[2].split(";")
            try:
                covered = " ".join(text[int(s.split()[0]) : int(s.split()[1])] for s in spans)
            except (ValueError, IndexError):
                yield Bad(f"{marks_file}:{number}", f"expected a type and offsets, found {cells[1]!r}", line[:200])
                return
            mentions[cells[0]] = {"type": head[0], "text": covered}
        elif line[0] == "E":
            parts = [part.partition(":") for part in head]
            events.append({"id": cells[0], "arguments": [(role, ref) for role, _, ref in parts]})
        elif len(head) >= 2:
            attributes.setdefault(head[1], {})[head[0]] = head[2] if len(head) > 2 else "true"
    typed: dict[str, list[str]] = {}
    for mention in mentions.values():
        if not source.types or mention["type"] in source.types:
            typed.setdefault(mention["type"], []).append(mention["text"])
    shown = [
        {
            "type": event["arguments"][0][0],
            "trigger": mentions.get(event["arguments"][0][1], {}).get("text", ""),
            "arguments": [
                {"label": role, "text": mentions[ref]["text"], **attributes.get(ref, {})}
                for role, ref in event["arguments"][1:]
                if ref in mentions
            ],
        }
        for event in events
        if event["arguments"]
    ]
    fields: dict[str, Any] = {
        "text": text,
        "entities": list(dict.fromkeys(m for found in typed.values() for m in found)),
        "types": list(typed),
        "typed": typed,
        "events": shown,
        "attributes": attributes,
        "file": file.stem,
    }
    yield Row(str(file), fields)
