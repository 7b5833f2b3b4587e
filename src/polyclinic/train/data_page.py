"""The page of what a training will read: real rows, with what is learnt in colour, their lengths, and what is cut.

It is written before the first step, into the folder of what is made and by `train.preview`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from polyclinic.train.batches import IGNORED, BatchPlan

if TYPE_CHECKING:
    from markupsafe import Markup
    from transformers import PreTrainedTokenizerBase

    from polyclinic.train.instruction_rows import InstructionRows
    from polyclinic.train.token_rows import TokenColumns, TokenRows

PAGE = "page.html"
SHOWN = 6  # rows on the page
LONGEST_SHOWN = 600  # tokens of a row on the page, at its beginning and at its end
QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)
State = Literal["learnt", "read", "cut"]
Part = tuple[Any, State]  # tokens, a sequence or an array, and what becomes of them


@dataclass(frozen=True)
class ShownRow:
    """A row as it goes into the model, and what of its record does not."""

    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class ShownData:
    """What one phase reads."""

    name: str
    lengths: Sequence[int]  # of all rows
    max_length: int
    rows: Sequence[ShownRow]
    facts: Sequence[tuple[str, str]] = ()  # what was dropped and the like


def write_data_page(folder: Path, kind: str, tokenizer: PreTrainedTokenizerBase, phases: Iterable[ShownData]) -> None:
    """Write `page.html` into a folder."""
    from polyclinic.pages import Section, element, page, paragraph, preformatted

    sections = [
        Section(f"data-{number}", data.name, _phase(tokenizer, data)) for number, data in enumerate(phases, start=1)
    ]
    template = str(tokenizer.chat_template or "")
    if template:
        sections.append(Section("template", "The chat template", [preformatted(template)]))
    lead = paragraph(
        "Rows as the model gets them, special tokens and all. ",
        element("mark", "Marked"),
        " text is learnt, plain text is only read, ",
        element("del", "struck-out"),
        " text is cut off.",
    )
    written = page("What will be trained on", sections, kicker=kind, lead=lead)
    (folder / PAGE).write_text(written, encoding="utf-8")


def shown_documents(
    name: str, rows: TokenRows, plan: BatchPlan, isolated: bool, facts: Sequence[tuple[str, str]] = ()
) -> ShownData:
    """Return what a phase on plain texts reads; `isolated`: the first token of each text is not learnt."""
    first = plan.epoch(0)
    lengths = [sum(stop - start for start, stop in row) for batch in first for row in batch]
    every = [row for batch in first for row in batch]
    shown = []
    for number in _chosen(lengths):
        parts: list[Part] = []
        for start, stop in every[number]:
            read = 1 if isolated or start == every[number][0][0] else 0  # nothing comes before the first token
            parts += [(rows.tokens[start : start + read], "read"), (rows.tokens[start + read : stop], "learnt")]
            if plan.dropped and len(every[number]) == 1:
                parts.append((rows.tokens[stop : rows.end_of(start)], "cut"))
        records = rows.records(every[number])
        shown.append(ShownRow(", ".join(records[:5]) + (" ..." if len(records) > 5 else ""), parts))
    given = [
        ("texts", f"{len(rows):,}"),
        ("packing", plan.packing),
        ("tokens dropped", f"{plan.dropped:,}"),
        ("tokens that are padding", f"{_padding(first):,} of a pass"),
    ]
    return ShownData(name, lengths, plan.max_length, shown, [*given, *facts])


def shown_instructions(rows: InstructionRows, max_length: int) -> ShownData:
    """Return what a training on instructions reads."""
    lengths, data = rows.columns.lengths("input_ids"), rows.columns.data_set()
    shown = [
        ShownRow(rows.names[number], _masked(data[number]["input_ids"], data[number]["labels"]))
        for number in _chosen(lengths)
    ]
    if rows.cut_example is not None:
        name, ids, labels = rows.cut_example
        cut = _masked(ids[:max_length], labels[:max_length])
        shown.append(ShownRow(f"{name}, too long", [*cut, (ids[max_length:], "cut")]))
    facts = [
        ("samples", f"{len(rows.names):,}"),
        ("samples left out", f"{rows.skipped:,}"),
        ("tokens dropped", f"{sum(rows.dropped):,}"),
        ("with worked examples", f"{rows.with_shots:,}"),
        ("worked examples that did not fit", f"{rows.lost_shots:,}"),
    ]
    return ShownData("Instructions", lengths, max_length, shown, facts)


def shown_preferences(
    rows: TokenColumns, names: Sequence[str], max_length: int, facts: Sequence[tuple[str, str]]
) -> ShownData:
    """Return what a training on preferences reads; the chosen and the rejected reply stand after the same request."""
    prompts, chosen, rejected = (rows.lengths(name) for name in ("prompt_ids", "chosen_ids", "rejected_ids"))
    lengths = [p + max(c, r) for p, c, r in zip(prompts, chosen, rejected, strict=True)]
    data = rows.data_set()
    shown = []
    for number in _chosen(lengths)[: SHOWN // 2 + 1]:
        row = data[number]
        for kind in ("chosen", "rejected"):
            kept = max_length - len(row["prompt_ids"])
            reply = row[f"{kind}_ids"]
            parts: list[Part] = [(row["prompt_ids"], "read"), (reply[:kept], "learnt"), (reply[kept:], "cut")]
            shown.append(ShownRow(f"{names[number]}, {kind}", parts))
    return ShownData("Preferences", lengths, max_length, shown, [("pairs", f"{len(names):,}"), *facts])


def _chosen(lengths: Sequence[int]) -> list[int]:
    """Return which rows are shown: from the shortest to the longest, evenly spread."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    count = min(SHOWN, len(order))
    return [order[round(i * (len(order) - 1) / max(1, count - 1))] for i in range(count)]


def _masked(ids: Sequence[int], labels: Sequence[int]) -> list[Part]:
    found: list[Part] = []
    for learnt, group in groupby(zip(ids, labels, strict=True), key=lambda pair: pair[1] != IGNORED):
        found.append(([token for token, _ in group], "learnt" if learnt else "read"))
    return found


def _padding(batches: Sequence[Sequence[Sequence[tuple[int, int]]]]) -> int:
    lengths = [[sum(stop - start for start, stop in row) for row in batch] for batch in batches]
    return sum(max(batch) * len(batch) - sum(batch) for batch in lengths)


def _phase(tokenizer: PreTrainedTokenizerBase, data: ShownData) -> list[Markup]:
    from polyclinic.pages import Column, element, facts, folded, table

    ordered = sorted(data.lengths)
    values = [ordered[round(q * (len(ordered) - 1))] for q in QUANTILES]
    over = sum(n >= data.max_length for n in ordered)
    columns = [Column("rows"), *(Column(f"{q:.0%}", number=True) for q in QUANTILES), Column("full", number=True)]
    lengths = table(
        "Tokens of a row, shortest to longest",
        columns,
        [[f"{len(ordered):,}", *(f"{value:,}" for value in values), f"{over:,} of {data.max_length:,}"]],
    )
    made = [facts(data.facts), lengths]
    for number, row in enumerate(data.rows):
        count = sum(len(tokens) for tokens, _ in row.parts)
        text = element("pre", *_text(tokenizer.decode, row.parts))
        made.append(folded(f"{row.title} ({count:,} tokens)", text, opened=number == 0))
    return made


def _text(decode: Callable[..., str], parts: Sequence[Part]) -> list[Markup]:
    from polyclinic.pages import element

    tags = {"learnt": "mark", "read": "span", "cut": "del"}
    made = []
    for tokens, state in parts:
        ids = [int(token) for token in tokens]
        if not ids:
            continue
        if len(ids) > 2 * LONGEST_SHOWN:
            left_out = f"\n... {len(ids) - 2 * LONGEST_SHOWN:,} tokens ...\n"
            text = decode(ids[:LONGEST_SHOWN]) + left_out + decode(ids[-LONGEST_SHOWN:])
        else:
            text = decode(ids)
        made.append(element(tags[state], text))
    return made
