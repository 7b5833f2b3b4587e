"""The suites of a leaderboard: means and columns of each, measured and printed, with radar and bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup

from polyclinic.evals.metrics import AS_PUBLISHED
from polyclinic.evals.published_figures import SHARED, SuiteFigure
from polyclinic.evals.suites import Suite, load_suites
from polyclinic.pages import (
    Bar,
    BarGroup,
    Cell,
    Section,
    Spokes,
    bar_chart,
    element,
    figure,
    folded,
    numbers,
    paragraph,
    radar_chart,
    table,
)
from polyclinic.pages import Column as TableColumn
from polyclinic.report.wording import metric_title, scorer_title

Head = tuple[str, str]  # key and metric


def suites_section(figures: Sequence[SuiteFigure], models: Sequence[str]) -> Section | None:
    """Return all suites of which something was measured, None for none."""
    parts: list[Markup] = []
    for number, suite in enumerate(load_suites().values()):
        own = [found for found in figures if found.suite == suite.name]
        measured = {found.key for found in own if not found.published and found.key in suite.columns}
        if len(measured) > 1:  # a single data set that a suite shares with another does not make it worth a table
            parts += _suite(suite, own, models, f"suite-{number}")
    return Section("suites", "Suites", parts) if parts else None


def _suite(suite: Suite, figures: Sequence[SuiteFigure], models: Sequence[str], name: str) -> list[Markup]:
    means = _heads(figures, lambda found: _is_mean(suite, found))
    columns = _heads(figures, lambda found: found.key in suite.columns)
    measured = {(f.key, f.metric) for f in figures if not f.published}
    means, columns = ([head for head in heads if head in measured] for heads in (means, columns))
    parts = [element("h3", suite.title), paragraph(suite.paper, class_="muted")]
    caption = f"{suite.title}: means as the paper takes them, in points. A mean needs all its parts."
    if any(_has(figures, head) for head in means):
        parts.append(_table(suite, figures, means, models, caption))
    whole = _table(suite, figures, columns, models, f"{suite.title}: every data set, in points.")
    parts.append(folded("Every data set", whole, opened=len(columns) <= 6))
    # The means of a suite of categories are a picture; a suite with one average shows its data sets.
    shown = [head for head in means if not head[0].endswith(SHARED)]
    complete = [head for head in (shown if len(shown) > 3 else columns) if _has(figures, head)]
    parts += _pictures(suite, figures, complete, models, name)
    return parts


def _is_mean(suite: Suite, found: SuiteFigure) -> bool:
    return found.key.removesuffix(SHARED) in suite.means


def _heads(figures: Iterable[SuiteFigure], wanted: Callable[[SuiteFigure], bool]) -> list[Head]:
    return list(dict.fromkeys((found.key, found.metric) for found in figures if wanted(found)))


def _has(figures: Iterable[SuiteFigure], head: Head) -> bool:
    return any((f.key, f.metric) == head and not f.published and f.estimate is not None for f in figures)


def _table(
    suite: Suite, figures: Sequence[SuiteFigure], heads: Sequence[Head], models: Sequence[str], caption: str
) -> Markup:
    titles = {(found.key, found.metric): found.title for found in figures}
    columns = [TableColumn("model"), TableColumn("scored")]
    columns += [TableColumn(titles[head], _unit(head[1]), number=True) for head in heads]
    gains = any(found.gains is not None for found in figures)
    if gains and any(key == "average" for key, _ in heads):
        columns += [TableColumn("gains", number=True), TableColumn("variation", "of gains", number=True)]
    rows = []
    for model, scorer, published in _lines(figures, models):
        own = _own(figures, (model, scorer, published))
        if not any(head in own for head in heads):
            continue
        said = "printed" if published else scorer_title(scorer)
        cells = [Cell(element("em", model) if published else model), Cell(said)]
        cells += [_cell(own.get(head)) for head in heads]
        if len(columns) > len(cells):
            cells += _gain_cells(own.get(("average", "score")))
        rows.append(cells)
    return table(f"{caption} Sorted by the column whose head is pressed.", columns, rows, sortable=True)


def _lines(figures: Sequence[SuiteFigure], models: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Return model, scorer and whether it was printed, of each line of a table: measured models first."""
    place = {model: number for number, model in enumerate(models)}
    ordered = sorted(figures, key=lambda f: (f.published, 0 if f.published else place.get(f.model, len(place))))
    return list(dict.fromkeys((f.model, f.scorer, f.published) for f in ordered))


def _own(figures: Sequence[SuiteFigure], line: tuple[str, str, bool]) -> dict[Head, SuiteFigure]:
    return {(f.key, f.metric): f for f in figures if (f.model, f.scorer, f.published) == line}


def _cell(found: SuiteFigure | None) -> Cell:
    if found is None:
        return Cell(numbers.NO_VALUE, order=-math.inf)
    if found.estimate is None:
        return Cell(numbers.NO_VALUE, notes=(f"{found.measured} of {found.of} measured",), order=-math.inf)
    if found.published:
        return Cell(element("em", f"{found.estimate:.1f}", title=found.remark), order=found.estimate)
    notes = [interval_text(found.low, found.high), f"n = {numbers.count(found.n)}"]
    if found.unscored:
        notes.append(f"{numbers.count(found.unscored)} unscored")
    if found.remark and found.metric == "score":
        notes.append(metric_title(found.remark))
    return Cell(f"{found.estimate:.1f}", notes=notes, order=found.estimate)


def interval_text(low: float | None, high: float | None) -> str:
    """Return the bounds of an interval in points; nothing is known of the spread of one item."""
    if low is None or high is None or not math.isfinite(low):
        return "no interval"
    return f"{low:.1f} to {high:.1f}"


def _gain_cells(found: SuiteFigure | None) -> list[Cell]:
    gains = found.gains if found is not None else None
    if found is None or gains is None:
        return [Cell(numbers.NO_VALUE, order=-math.inf), Cell(numbers.NO_VALUE, order=-math.inf)]
    notes = []
    if math.isfinite(gains.difference):
        notes = [f"{gains.difference:+.1f} ({gains.low:+.1f} to {gains.high:+.1f})"]
    spread = f"{gains.variation:.2f} / {gains.variation_sample:.2f}"
    if found.published:
        spread = f"{gains.variation_sample:.1f}"
    elif not math.isfinite(gains.variation_sample):
        spread = numbers.NO_VALUE
    count = f"{gains.count} of {gains.of}"
    return [Cell(count, notes=notes, order=float(gains.count)), Cell(spread, order=gains.variation_sample)]


def _unit(metric: str) -> str:
    return "" if metric == "score" else metric_title(metric)


def _pictures(
    suite: Suite, figures: Sequence[SuiteFigure], heads: Sequence[Head], models: Sequence[str], name: str
) -> list[Markup]:
    titles = {(found.key, found.metric): found.title for found in figures}
    both = {key for key, _ in heads if sum(other == key for other, _ in heads) > 1}
    labels = {
        head: f"{titles[head]} ({metric_title(head[1])})" if head[0] in both else titles[head] for head in heads
    }
    lines: list[tuple[str, int, dict[Head, SuiteFigure]]] = []
    two = len({f.scorer for f in figures if not f.published}) > 1
    for model, scorer, published in _lines(figures, models):
        if published and model not in suite.drawn:
            continue
        found = _own(figures, (model, scorer, published))
        own = {head: one for head, one in found.items() if one.estimate is not None}
        if scorer == AS_PUBLISHED and not published and two:
            continue  # one line a model; the tables have both ways of scoring
        shown = f"{model}, printed" if published else model
        if any(head in own for head in heads):
            lines.append((shown, len(lines), own))
    if not (heads and lines):
        return []
    points = [head for head in heads if load_scale(suite, head[0]) == 100]
    parts = []
    if len(points) >= 3:
        drawn = [Spokes(n, [own[h].estimate if h in own else None for h in points], i) for n, i, own in lines]
        title, axes = f"{suite.title} at a glance", [labels[head] for head in points]
        said = "; ".join(f"{one.name}: {', '.join(map(_value, axes, one.values))}" for one in drawn)
        chart = radar_chart(axes, drawn, name=f"{name}-radar", title=title, description=said)
        parts.append(figure(chart, f"{title}, 0 to 100 points; the bars below show how sure it is."))
    groups = [
        BarGroup(labels[head], [_bar(n, i, own[head]) for n, i, own in lines if head in own]) for head in points
    ]
    said = "; ".join(f"{g.title}: {', '.join(_value(b.name, b.value) for b in g.bars)}" for g in groups)
    chart = bar_chart(
        [group for group in groups if group.bars],
        name=f"{name}-bars",
        title=f"{suite.title}: bars with intervals",
        description=said,
        x_title="points; the thin lines are 95% intervals",
    )
    parts.append(figure(chart, f"{suite.title}, points with 95% intervals. Hollow bars were printed by papers."))
    return parts


def load_scale(suite: Suite, key: str) -> float:
    """Return what a value of 1 is shown as in a column; means are in points."""
    return suite.columns[key].scale if key in suite.columns else 100


def _bar(name: str, number: int, found: SuiteFigure) -> Bar:
    low, high = found.low, found.high
    if low is not None and not math.isfinite(low):
        low = high = None
    return Bar(name, found.estimate or 0.0, low, high, number, hollow=found.published)


def _value(name: str, value: float | None) -> str:
    return f"{name} {numbers.NO_VALUE if value is None else f'{value:.1f}'}"
