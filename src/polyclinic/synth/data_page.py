"""The page of a data set that a teacher wrote, and its card: `page.html` and `README.md` beside the records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.records import Preference, Sample
from polyclinic.steps import Work
from polyclinic.synth.counted import MOST_VALUES, SCORE_NAMES, STEPS_OF_SCORE, Counted, count_records
from polyclinic.synth.dataset_card import write_card
from polyclinic.synth.judgements import JUDGEMENTS, subject_key

if TYPE_CHECKING:
    from markupsafe import Markup

    from polyclinic.pages import Section

PAGE = "page.html"
ORDER = {  # of values that have one; others stand by name
    "difficulty_level": ("low", "moderate", "moderate-hard", "hard", "very hard", "extreme"),
}
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
TOLD = ("input_data", "output_format", "difficulty_level", "error_type", "topic", "aspect")  # under a record
COUNTS = ("rejected", "failed", "left_out", "verification", "error_types", "not_kept")  # facts that are tables


def describe(work: Work, kind: str, record_type: type[Sample] | type[Preference], made: str) -> None:
    """Write the page and the card of what a step made; its facts must be there.

    Args:
        work: the step at its end, with its records written.
        kind: name of the step kind.
        record_type: Sample or Preference.
        made: how the data were made, in a sentence or two.
    """
    counted = count_records(work.out, record_type, work.name or kind)
    (work.out / PAGE).write_text(page_of(work.out, counted, work.facts, kind, made), encoding="utf-8")
    write_card(work.out, counted.described, made=made, facts={"step kind": kind, "seed": work.seed, **work.facts})


def page_of(folder: Path, counted: Counted, facts: Mapping[str, Any], kind: str, made: str) -> str:
    """Return the page of the records in `folder`."""
    from polyclinic.pages import ITEM_BROWSER, page

    sections = [
        _asking(facts),
        *_axes(counted),
        *_scores(counted),
        _lengths(counted),
        _copies(counted, facts),
        _browser(folder, counted),
    ]
    described = counted.described
    authors = ", ".join(name for name, _ in described.authors.most_common(3))
    return page(
        described.name,
        sections,
        kicker=kind,
        lead=f"{described.records:,} records, written by {authors}. {made}",
        foot="Written by a language model; may be wrong. For training and testing models, not for care of patients.",
        scripts=[ITEM_BROWSER],
    )


def _asking(facts: Mapping[str, Any]) -> Section:
    from polyclinic.pages import Column, Section, table
    from polyclinic.pages import facts as fact_list

    plain: list[tuple[str, str | Markup]] = [
        (name.replace("_", " "), _shown(value))
        for name, value in facts.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
    ]
    expected = facts.get("expected", {})
    plain += [(f"expected of {title}", text) for title, text in expected.items()]
    parts = [fact_list(plain)]
    for name in COUNTS:
        found = facts.get(name)
        if isinstance(found, Mapping) and found:
            columns = [Column("reason" if name != "error_types" else "error type"), Column("times", number=True)]
            most = sorted(found.items(), key=lambda entry: (-float(entry[1]), str(entry[0])))
            rows = [[str(key), _shown(value)] for key, value in most]
            parts.append(table(name.replace("_", " ").capitalize(), columns, rows, sortable=True))
    return Section("asking", "What came of it, and what it cost", parts)


def _axes(counted: Counted) -> Iterable[Section]:
    from polyclinic.pages import Section, figure, heat_map

    parts: list[Markup] = []
    for (row_axis, column_axis), cells in counted.grids.items():
        rows, columns = _values(row_axis, (row for row, _ in cells)), _values(column_axis, (c for _, c in cells))
        if min(len(rows), len(columns)) < 2 or max(len(rows), len(columns)) > MOST_VALUES:
            continue
        if len(columns) > len(rows) and len(columns) > 20:
            row_axis, column_axis, rows, columns = column_axis, row_axis, columns, rows
            cells = Counter({(c, r): n for (r, c), n in cells.items()})
        title = f"{_axis(row_axis)} by {_axis(column_axis)}"
        made = heat_map(
            rows,
            columns,
            [[cells[row, column] for column in columns] for row in rows],
            name=f"grid-{row_axis}-{column_axis}".replace("_", "-"),
            title=title,
            description=f"Records of each {_axis(row_axis)} and {_axis(column_axis)}.",
            number=len(parts),
        )
        parts.append(figure(made, f"Records: {title}."))
    return [Section("axes", "Counts over the axes", parts)] if parts else []


def _scores(counted: Counted) -> Iterable[Section]:
    from polyclinic.pages import Column, Section, figure, heat_map, table

    names = [name for name in SCORE_NAMES if name in counted.scores]
    if not names:
        return []
    steps = range(
        min(min(counted.scores[name]) for name in names), max(max(counted.scores[name]) for name in names) + 1
    )
    made = heat_map(
        names,
        [f"{step / STEPS_OF_SCORE:g}" for step in steps],
        [[counted.scores[name][step] for step in steps] for name in names],
        name="scores",
        title="Distribution of the judge's scores",
        description="Records by criterion and mean score, from 1 to 4.",
        number=2,
    )
    columns = [Column("criterion"), *(Column(text, number=True) for text in ("records", "mean", "below 3"))]
    rows = []
    for name in names:
        found = counted.scores[name]
        total = sum(found.values())
        mean = sum(step * n for step, n in found.items()) / total / STEPS_OF_SCORE
        low = sum(n for step, n in found.items() if step < 3 * STEPS_OF_SCORE)
        rows.append([name, f"{total:,}", f"{mean:.2f}", f"{100 * low / total:.1f} %"])
    parts = [figure(made, "Records by mean score, to the next fifth."), table("Scores", columns, rows)]
    return [Section("scores", "Judgements", parts)]


def _lengths(counted: Counted) -> Section:
    import numpy as np

    from polyclinic.pages import Column, Section, figure, heat_map, table

    names = ["least", "5 %", "quarter", "half", "three quarters", "95 %", "most"]
    columns = [Column("part"), Column("texts", number=True), Column("mean", "words", number=True)]
    columns += [Column(name, "words", number=True) for name in names]
    rows = []
    for part, lengths in counted.lengths.items():
        at = np.quantile(np.frombuffer(lengths, dtype=np.int64), QUANTILES)
        mean = sum(lengths) / len(lengths)
        rows.append([part, f"{len(lengths):,}", f"{mean:.0f}", *(f"{value:,.0f}" for value in at)])
    borders = (0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**9)
    heads = [f"{low} to {high - 1}" if high < 10**9 else f"{low} and more" for low, high in pairwise(borders)]
    values = [np.histogram(np.frombuffer(v, dtype=np.int64), borders)[0].tolist() for v in counted.lengths.values()]
    parts = [table("Words of each part: shares of the texts that are at most so long", columns, rows)]
    if counted.lengths:
        made = heat_map(
            list(counted.lengths),
            heads,
            values,
            name="lengths",
            title="Lengths in words",
            description="Texts of each part by their number of words.",
            number=4,
        )
        parts.append(figure(made, "Texts by their number of words."))
    return Section("lengths", "Lengths", parts)


def _copies(counted: Counted, facts: Mapping[str, Any]) -> Section:
    from polyclinic.pages import Column, Section, paragraph, table

    columns = [Column("part"), *(Column(text, number=True) for text in ("texts", "different", "repeated"))]
    rows = [
        [part, f"{total:,}", f"{different:,}", f"{total - different:,}"]
        for part, (total, different) in counted.different().items()
    ]
    left_out = facts.get("left_out", {})
    near = sum(n for reason, n in left_out.items() if "duplicate" in reason or "same" in reason or "like" in reason)
    said = f"{near:,} near-duplicates were left out." if left_out else "Near-duplicates were not looked for here."
    made = table(
        "Texts that are the same to the letter (an instruction stands in each of its examples)", columns, rows
    )
    return Section("copies", "Duplicates", [paragraph(said), made])


def _browser(folder: Path, counted: Counted) -> Section:
    from polyclinic.pages import (
        Answer,
        BrowserGroup,
        BrowserItem,
        BrowserWords,
        Section,
        item_browser,
        paragraph,
    )

    said = _judgements(folder, counted.shown)
    metrics = [name for name in SCORE_NAMES if name in counted.scores] or ["words of the output"]
    by_task: dict[str, list[BrowserItem]] = {}
    rejected = "rejected output" in counted.lengths
    for sample in counted.shown:
        known = sample.metadata
        values = {name: _value(known.get(name)) for name in metrics}
        if metrics == ["words of the output"]:
            values = {metrics[0]: float(len(sample.output.split()))}
        asked = "\n\n".join(filter(None, (sample.instruction, sample.input)))
        options = "\n".join(f"- {option}" for option in sample.options)
        answers = {
            "written": Answer(sample.output, f"{asked}\n\n{options}".strip(), values),
            "judgements": Answer(said.get(sample.id, "none on file"), "", values),
        }
        told = " · ".join(str(known[name]) for name in TOLD if known.get(name))
        by_task.setdefault(str(known.get("task_type") or sample.task), []).append(
            BrowserItem(sample.id, str(known.get("rejected_output", "")), answers, told)
        )
    groups = [BrowserGroup(task, metrics, items) for task, items in sorted(by_task.items())]
    words = BrowserWords("Task", "Left", "Right", "Asked", "Rejected output" if rejected else "")
    shown, total = len(counted.shown), counted.described.records
    note = (
        f"{shown:,} of {total:,} records, spread evenly over the set." if shown < total else f"All {total:,} records."
    )
    browser = item_browser(groups, ["written", "judgements"], name="samples", words=words)
    return Section("samples", "Samples with their judgements", [paragraph(note), browser])


def _judgements(folder: Path, samples: Sequence[Sample]) -> dict[str, str]:
    """Return what the judge said of each sample, as far as it is on file here."""
    file = folder / JUDGEMENTS
    if not file.exists():
        return {}
    wanted = {subject for sample in samples for subject in (sample.id, subject_key(sample, "instruction"))}
    found: dict[str, str] = {}
    with file.open(encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            if row["subject"] in wanted:
                found[row["subject"]] = _told(row["judgements"])
    texts = {}
    for sample in samples:
        both = (
            ("Instruction", found.get(subject_key(sample, "instruction"))),
            ("Output", found.get(sample.id)),
        )
        text = "\n\n".join(f"{title}\n{told}" for title, told in both if told)
        if text:
            texts[sample.id] = text
    return texts


def _told(judgements: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for number, judgement in enumerate(judgements, start=1):
        lines.append(f"Judgement {number}")
        for name, rationale in judgement.get("rationales", {}).items():
            lines.append(f"  {name} {judgement.get(name)}: {rationale}")
    return "\n".join(lines)


def _values(axis: str, found: Iterable[str]) -> list[str]:
    """Return the values of an axis in their order: their own, or by name."""
    known = ORDER.get(axis, ())
    return sorted(set(found), key=lambda value: (known.index(value) if value in known else len(known), value))


def _axis(name: str) -> str:
    return {"input_data": "input type", "task_type": "task", "difficulty_level": "difficulty"}.get(
        name, name.replace("_", " ")
    )


def _value(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _shown(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
