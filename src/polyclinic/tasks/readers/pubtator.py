"""PubTator files: `id|t|title`, `id|a|abstract`, then a line for each mention or relation; articles divided by an
empty line. BC5CDR and the NCBI disease corpus are distributed so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.readers.text_lines import text_lines
from polyclinic.tasks.source import Source


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield a row for each article; a mention whose text is not what its offsets say comes as Bad."""
    block: list[str] = []
    start, broken = 1, None
    for number, line in enumerate(text_lines(file, source.encoding), start=1):
        if isinstance(line, Bad):
            broken = broken or line
        elif line.strip():
            start = number if not block else start
            block.append(line.rstrip("\r\n"))
        elif block:
            yield broken or _article(file, start, block, source.types)
            block, broken = [], None
    if block or broken:
        yield broken or _article(file, start, block, source.types)


def _article(file: Path, start: int, block: list[str], wanted: tuple[str, ...]) -> Row | Bad:
    texts: dict[str, str] = {}
    typed: dict[str, list[str]] = {}
    relations: list[dict[str, str]] = []
    name = ""
    for number, line in enumerate(block, start=start):
        parts = line.split("|", 2)
        if len(parts) == 3 and parts[1] in ("t", "a"):
            name, texts[parts[1]] = parts[0], parts[2]
            continue
        cells = line.split("\t")
        if len(cells) >= 5 and cells[1].isdigit() and cells[2].isdigit():
            text = f"{texts.get('t', '')} {texts.get('a', '')}"
            if text[int(cells[1]) : int(cells[2])] != cells[3]:
                return Bad(
                    f"{file}:{number}",
                    f"the text at {cells[1]}-{cells[2]} is not {cells[3]!r}",
                )
            if not wanted or cells[4] in wanted:
                typed.setdefault(cells[4], []).append(cells[3])
        elif len(cells) == 4:
            relations.append({"subject": cells[2], "predicate": cells[1], "object": cells[3]})
        else:
            return Bad(f"{file}:{number}", "expected id|t|title, id|a|abstract, a mention or a relation", line[:200])
    if "t" not in texts:
        return Bad(f"{file}:{start}", "expected an article to begin with id|t|title", block[0][:200])
    fields: dict[str, Any] = {
        "pmid": name,
        "title": texts["t"],
        "abstract": texts.get("a", ""),
        "text": f"{texts['t']} {texts.get('a', '')}".strip(),
        "entities": list(dict.fromkeys(m for mentions in typed.values() for m in mentions)),
        "types": list(typed),
        "typed": typed,
        "relations": relations,
    }
    return Row(f"{file}:{start}", fields)
