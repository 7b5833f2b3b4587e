"""Tables of articles as Markdown: merged cells are repeated, so that each row reads by itself."""

from __future__ import annotations

from polyclinic.corpus.readers.xml_text import Element, local_name, text_of

MOST_COLUMNS = 200
MOST_CELLS = 100_000  # of one table; a span of a million rows is no table


def markdown_table(table: Element) -> str:
    """Return a `<table>` (XHTML model, as in JATS) as a Markdown table; empty when it has no text."""
    head: list[list[str]] = []
    body: list[list[str]] = []
    for part in table:
        name = local_name(part)
        if name == "thead":
            head += _rows(part)
        elif name in ("tbody", "tfoot"):
            body += _rows(part)
        elif name == "tr":
            body += _rows([part])
    rows = head + body
    if not any(any(row) for row in rows):
        return ""
    width = max(map(len, rows))
    if not head:
        head, body = body[:1], body[1:]
    titles = [_joined([row[i] for row in head if i < len(row)]) for i in range(width)]
    lines = [_line(titles, width), "|" + "---|" * width, *(_line(row, width) for row in body if any(row))]
    return "\n".join(lines)


def _rows(part: Element) -> list[list[str]]:
    """Return the rows of a part of a table as a grid: a cell that spans others stands in each of them."""
    grid: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # column -> (rows still to fill, text)
    cells = 0
    for row in part:
        if row.tag != "tr" and local_name(row) != "tr":
            continue
        line: list[str] = []

        for cell in row:
            tag = cell.tag
            if tag != "td" and tag != "th" and local_name(cell) not in ("td", "th"):
                continue
            if hanging:
                _fill(line, hanging)
            text = text_of(cell)
            if "|" in text:
                text = text.replace("|", "\\|")
            rows = 1 if (rowspan := cell.get("rowspan")) is None else _span(rowspan)
            columns = 1 if (colspan := cell.get("colspan")) is None else _span(colspan)
            for _ in range(columns):
                if len(line) >= MOST_COLUMNS:
                    break
                if rows > 1:
                    hanging[len(line)] = (rows - 1, text)
                line.append(text)
        if hanging:
            _fill(line, hanging)
        cells += len(line)
        if cells > MOST_CELLS:
            break
        grid.append(line)
    return grid


def _fill(line: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    """Add what cells of rows above hang down into the next columns."""
    while (held := hanging.get(len(line))) is not None and len(line) < MOST_COLUMNS:
        left, text = held
        if left == 1:
            del hanging[len(line)]
        else:
            hanging[len(line)] = (left - 1, text)
        line.append(text)


def _span(value: str) -> int:
    if value == "1" or not value.strip().isdigit() or len(value) > 6:
        return 1
    return min(max(int(value), 1), MOST_COLUMNS)


def _joined(texts: list[str]) -> str:
    return " ".join(dict.fromkeys(text for text in texts if text))


def _line(cells: list[str], width: int) -> str:
    return "| " + " | ".join(cells + [""] * (width - len(cells))) + " |"
