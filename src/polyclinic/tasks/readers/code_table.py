"""Tables of codes: the ICD-10-CM order file of CMS (fixed columns), or csv and tsv with code and description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from polyclinic.tasks.readers import delimited
from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.readers.text_lines import text_lines
from polyclinic.tasks.source import Source

# Order number, code without its dot, 1 for a code that may be billed, short and long description.
ORDER_LINE = re.compile(r"^\d{5} ([A-Z]\w{2,6}) +([01]) (.{60}) (.+?)\s*$")


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield a row for each code: code (with its dot), description, short, leaf."""
    if "order" not in file.name or file.suffix == ".csv":
        for row in delimited.read(file, source):
            if isinstance(row, Row):
                code = str(row.fields.get("code", row.fields.get("icd_code", ""))).strip()
                text = str(row.fields.get("description", row.fields.get("long_title", ""))).strip()
                if not code or not text:
                    yield Bad(row.place, f"expected code and description, found {', '.join(row.fields)}")
                    continue
                row.fields.update(code=code, description=text, short=text, leaf=True)
            yield row
        return
    for number, line in enumerate(text_lines(file, source.encoding), start=1):
        if isinstance(line, Bad):
            yield line
            continue
        found = ORDER_LINE.match(line)
        if found is None:
            if line.strip():
                yield Bad(f"{file}:{number}", "expected a line of an ICD-10-CM order file", line[:200])
            continue
        code, leaf, short, description = found.groups()
        dotted = f"{code[:3]}.{code[3:]}" if len(code) > 3 else code
        yield Row(
            f"{file}:{number}",
            {"code": dotted, "leaf": leaf == "1", "short": short.strip(), "description": description},
        )
