"""The page of corpora: what they hold, how long, from where, under which licence, and samples to read."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from polyclinic.corpus.licences import allows_commercial_use
from polyclinic.corpus.statistics import QUANTILES, UNKNOWN, CorpusCounts, bin_names
from polyclinic.pages import (
    Bar,
    BarGroup,
    Cell,
    Column,
    Section,
    bar_chart,
    figure,
    folded,
    page,
    paragraph,
    prose,
    share_bar,
    table,
)
from polyclinic.pages.numbers import count, percent

MOST_VALUES = 100  # sources, licences ... that a table lists; the others are summed up
TITLES = {"source": "Sources", "license": "Licences", "language": "Languages", "domain": "Domains"}


def statistics_page(counts: Sequence[CorpusCounts], title: str = "What is in the corpora") -> str:
    """Return one HTML page: documents, tokens, lengths, sources, licences, duplicates, contamination, samples."""
    unit = "words" if counts[0].tokens is None else "tokens"
    documents, size = sum(one.documents for one in counts), sum(_size(one) for one in counts)
    lead = paragraph(
        f"{count(documents)} documents in {len(counts)} {'corpus' if len(counts) == 1 else 'corpora'}, "
        f"{count(size)} {unit}, {count(size / documents)} of them in a document on average."
    )
    sections = [
        Section("size", "Size and length", [_sizes(counts, unit), _picture(counts, unit), _lengths(counts)]),
        *(Section(name, shown, [_values(counts, name)]) for name, shown in TITLES.items()),
        Section("copies", "Duplicates and contamination", [_copies(counts), *_findings(counts)]),
        Section("samples", "Samples", [part for one in counts for part in _samples(one)]),
    ]
    return page(title, [section for section in sections if section.parts], lead=lead)


def _size(one: CorpusCounts) -> int:
    return one.words if one.tokens is None else one.tokens


def _number(value: float) -> Cell:
    return Cell(count(value), order=value)


def _sizes(counts: Sequence[CorpusCounts], unit: str) -> Markup:
    columns = [Column("corpus"), *(Column(name, number=True) for name in ("documents", "words"))]
    columns += [Column("tokens", number=True)] if unit == "tokens" else []
    columns += [Column(f"{q} %", f"{unit} at most", number=True) for q in QUANTILES]
    rows: list[list[Cell | str]] = [
        [
            one.name,
            _number(one.documents),
            _number(one.words),
            *([_number(one.tokens)] if one.tokens is not None else []),
            *(_number(one.quantile(q)) for q in QUANTILES),
        ]
        for one in counts
    ]
    return table(f"Size, and {unit} that so many of the documents do not exceed", columns, rows, sortable=True)


def _picture(counts: Sequence[CorpusCounts], unit: str) -> Markup:
    bars = [BarGroup(one.name, [Bar(unit, float(_size(one)))]) for one in counts]
    drawn = bar_chart(
        bars,
        name="size-of-corpora",
        title=f"{unit.capitalize()} by corpus",
        description="The table above says the same in figures.",
        x_title=unit,
    )
    return figure(drawn, f"{unit.capitalize()} by corpus.")


def _lengths(counts: Sequence[CorpusCounts]) -> Markup:
    columns = [Column("words"), *(Column(one.name, "% of its documents", number=True) for one in counts)]
    rows: list[list[Cell | str]] = [
        [name, *(Cell(percent(one.bins[name] / one.documents, 1), order=one.bins[name]) for one in counts)]
        for name in bin_names()
    ]
    return table("Documents by words", columns, rows)


def _values(counts: Sequence[CorpusCounts], name: str) -> Markup:
    totals = {value: sum(one.values[name][value] for one in counts) for one in counts for value in one.values[name]}
    ordered = sorted(totals, key=lambda value: (-totals[value], value))
    documents = sum(one.documents for one in counts)
    columns = [Column(name), Column("documents", number=True), Column("share", number=True)]
    columns += [Column("commercial use")] if name == "license" else []
    columns += [Column(one.name, number=True) for one in counts] if len(counts) > 1 else []
    rows: list[list[Cell | str]] = []
    for value in ordered[:MOST_VALUES]:
        share = totals[value] / documents
        row: list[Cell | str] = [value, _number(totals[value])]
        row.append(Cell(Markup("{} {}").format(share_bar(share), percent(share, 1)), order=share))
        if name == "license":
            row.append("not known" if value == UNKNOWN else "yes" if allows_commercial_use(value) else "no")
        row += [_number(one.values[name][value]) for one in counts] if len(counts) > 1 else []
        rows.append(row)
    left = len(ordered) - len(rows)
    rest = f"; {count(left)} more are not listed" if left > 0 else ""
    return table(f"{len(ordered)} in all{rest}", columns, rows, sortable=True)


def _copies(counts: Sequence[CorpusCounts]) -> Markup:
    columns = [
        Column("corpus"),
        Column("same text as one before", "documents", number=True),
        Column("share", number=True),
        Column("without a word", "documents", number=True),
    ]
    rows: list[list[Cell | str]] = [
        [one.name, _number(one.copies), percent(one.copies / one.documents, 1), _number(one.empty)] for one in counts
    ]
    return table("As they are now", columns, rows)


def _findings(counts: Sequence[CorpusCounts]) -> list[Markup]:
    columns = [
        Column("corpus"),
        Column("step"),
        Column("found"),
        Column("documents", number=True),
        Column("share", "of those it read", number=True),
    ]
    rows: list[list[Cell | str]] = [
        [one.name, finding.step, name.replace("_", " "), _number(number), percent(number / max(1, finding.read), 2)]
        for one in counts
        for finding in one.found
        for name, number in finding.figures.items()
    ]
    without = [
        f"{one.name}: {what} were not looked for in its store."
        for one in counts
        for what in ("duplicates", "contamination")
        if what not in {finding.what for finding in one.found}
    ]
    made = [table("What earlier steps found and took out", columns, rows)] if rows else []
    return [*made, *(paragraph(text) for text in without)]


def _samples(one: CorpusCounts) -> list[Markup]:
    return [
        folded(f"{one.name}: {name}{f', {title}' if title else ''}", prose(text), opened=number == 0)
        for number, (name, title, text) in enumerate(one.samples)
    ]
