"""The results: models by tasks with intervals, every comparison, the merged model beside its experts."""

from __future__ import annotations

from markupsafe import Markup

from polyclinic.evals import Comparison, TaskSummary
from polyclinic.evals.metrics import ACCURACY, AS_PUBLISHED, LIKELIHOOD, is_share
from polyclinic.pages import (
    Cell,
    Estimate,
    Group,
    Section,
    element,
    figure,
    interval_chart,
    numbers,
    paragraph,
    table,
)
from polyclinic.pages import Column as TableColumn
from polyclinic.report.measured import Column, Compared, Measured, comparisons, lead_of, task_of, told_apart
from polyclinic.report.wording import (
    difference_text,
    estimate_text,
    hint_of,
    interval_text,
    metric_title,
    p_text,
    sentence,
    short_title,
    title_of,
    value_text,
    verdict_text,
)

HEADINGS = {ACCURACY: "Questions answered right", LIKELIHOOD: "Perplexity by domain"}
AXES = {ACCURACY: "questions answered right", LIKELIHOOD: "perplexity (log scale, lower is better)"}
PUBLISHED = "Faults of the published scorers included; to be put beside printed figures, not to be relied on."
LEGEND = "★ best; ≈ cannot be told apart from the best on the same items (paired 95% interval includes zero)."


def results_section(measured: Measured) -> Section | None:
    """Return the tables and charts of all models, None when nothing was measured."""
    parts: list[Markup] = []
    for metric in measured.metrics():
        columns = measured.columns(metric)
        parts.append(element("h3", HEADINGS.get(metric, _title(metric))))
        parts.append(scores_table(measured, columns, measured.run.measured))
        for task in dict.fromkeys(column.task for column in columns) if metric == ACCURACY else [metric]:
            chosen = [c for c in columns if c.task == task] if metric == ACCURACY else columns
            parts.append(scores_chart(measured, chosen, measured.run.measured, name=f"chart-{len(parts)}"))
    published = [
        scores_table(measured, measured.columns(metric, AS_PUBLISHED), measured.run.measured)
        for metric in measured.metrics(AS_PUBLISHED)
    ]
    if published:
        parts += [element("h3", "As the papers' code scores it"), paragraph(PUBLISHED, class_="muted"), *published]
    return Section("results", "Results", parts) if parts else None


def comparisons_section(measured: Measured) -> Section | None:
    """Return every comparison the recipe asks for: a sentence and a table for each pair of models."""
    found = comparisons(measured)
    if not found:
        return None
    parts = [
        paragraph(
            "Both models of a pair had the same items, and the difference is taken item by item. An interval stands "
            f"for itself; p-values are corrected (Holm) for all {len(found)} comparisons here, since among many some "
            "leave zero out by chance alone."
        )
    ]
    for one, other in dict.fromkeys((c.one, c.other) for c in found):
        of_pair = [c for c in found if (c.one, c.other) == (one, other)]
        parts += [element("h3", f"{one} against {other}"), paragraph(sentence(lead_of(measured, of_pair)))]
        rows = [_comparison_row(c) for c in of_pair]
        caption = f"Paired differences, {one} minus {other}; for perplexity the change, where less is better."
        heads = [TableColumn(title, number=True) for title in (one, other)]
        n, p = TableColumn("n", number=True), TableColumn("p", "corrected", number=True)
        columns = [TableColumn("task"), *heads, TableColumn("difference", "95% interval", number=True)]
        parts.append(table(caption, [*columns, n, p, TableColumn("what it says")], rows))
    return Section("comparisons", "Comparisons", parts)


def experts_section(measured: Measured) -> Section | None:
    """Return the merged model beside the models it was made from."""
    experts = measured.run.settings.experts
    if experts is None:
        return None
    merged = measured.run.model_of(experts.merged)
    models = [m for m in (merged, *map(measured.run.model_of, experts.of)) if m in measured.run.scores]
    columns = measured.all_columns
    if merged not in models or len(models) < 2 or not columns:
        return None
    parts = [
        scores_chart(measured, chosen, models, name=f"experts-{metric}")
        for metric in measured.metrics()
        if (chosen := measured.columns(metric))
    ]
    rows: list[list[Cell | str]] = []
    for column in columns:
        row: list[Cell | str] = [Cell(title_of(column))]
        for model in models[1:]:
            difference = measured.paired(merged, model, column)
            row.append(_difference_cell(column.metric, difference, with_n=True))
        rows.append(row)
    caption = (
        f"{merged} minus each model it was merged from, on the same items, with 95% intervals and n; for perplexity "
        "the change, where less is better."
    )
    heads = [TableColumn(model, number=True) for model in models[1:]]
    parts.append(table(caption, [TableColumn("task"), *heads], rows))
    return Section("experts", "The merged model beside its experts", parts)


def scores_table(measured: Measured, columns: list[Column], models: list[str]) -> Markup:
    """Return a table of models by tasks of one metric, the best of each column marked."""
    metric = columns[0].metric
    marks = {column: measured.marks(column) for column in columns}
    heads, same_n = [], {}
    for column in columns:
        counts = {f.n for model in models if (f := measured.get(model, column)) is not None}
        same_n[column] = len(counts) == 1
        unit = f"n = {numbers.count(counts.pop())}" if same_n[column] else ""
        heads.append(TableColumn(short_title(column), unit, number=True))
    rows = []
    for model in models:
        cells = [
            _figure_cell(measured, model, column, marks[column].get(model, ""), with_n=not same_n[column])
            for column in columns
        ]
        rows.append([Cell(model), *cells])
    what = {
        ACCURACY: "Share of questions answered right",
        LIKELIHOOD: "Perplexity for each token of held-out text, lower is better",
    }.get(metric, _title(metric))
    scorers = ", ".join(sorted({column.scorer for column in columns}))
    caption = f"{what}, with 95% intervals. {LEGEND} Scorer: {scorers}."
    return table(caption, [TableColumn("model"), *heads], rows, sortable=True)


def scores_chart(measured: Measured, columns: list[Column], models: list[str], *, name: str) -> Markup:
    """Return a dot-and-interval chart of one metric, a group for each column."""
    metric = columns[0].metric
    groups = []
    for column in columns:
        rows = [
            Estimate(
                model,
                found.estimate,
                found.low,
                found.high,
                f"{estimate_text(found)} ({interval_text(found)}), n = {numbers.count(found.n)}",
                measured.run.number(model),
            )
            for model in models
            if (found := measured.get(model, column)) is not None
        ]
        if rows:
            groups.append(Group(short_title(column), rows))
    highest = [
        f.high for model in models for c in measured.columns(metric) if (f := measured.get(model, c)) is not None
    ]
    share = is_share(metric, [found.estimate for found in _summaries(measured, columns, models)])
    tasks = list(dict.fromkeys(column.task for column in columns))
    hints = [hint for task in tasks if (hint := hint_of(task))] if len(tasks) == 1 else []
    chances = {
        1 / task.options
        for t in tasks
        if metric == ACCURACY and (task := task_of(t)) is not None and task.builder != "source"
    }
    chance = chances.pop() if len(chances) == 1 else None
    axis = AXES.get(metric, metric_title(metric))
    caption = "Dots are estimates, lines their 95% intervals."
    if hints:
        caption = f"{title_of(Column(tasks[0], '', metric, ''))}: {hints[0]}. {caption}"
    if chance is not None:
        caption += f" The dashed line is what guessing gives ({numbers.percent(chance)})."
    titles = ", ".join(group.title for group in groups)
    chart = interval_chart(
        groups,
        name=name,
        title=f"{'Perplexity' if metric == LIKELIHOOD else HEADINGS.get(metric, _title(metric))}: {titles}",
        description="; ".join(f"{group.title}, {row.name}: {row.text}" for group in groups for row in group.rows),
        x_title=axis,
        share=share,
        logarithmic=metric == LIKELIHOOD,
        reference=chance,
        reference_name="chance",
        span=(0.0, max(highest, default=1.0)) if share else None,
    )
    return figure(chart, caption)


def _summaries(measured: Measured, columns: list[Column], models: list[str]) -> list[TaskSummary]:
    return [found for c in columns for model in models if (found := measured.get(model, c)) is not None]


def _title(metric: str) -> str:
    title = metric_title(metric)
    return title[:1].upper() + title[1:]


def _comparison_row(found: Compared) -> list[Cell | str]:
    column, comparison = found.column, found.comparison
    verdict = verdict_text(found)
    return [
        Cell(title_of(column)),
        value_text(column.metric, comparison.estimate_a, comparison.n),
        value_text(column.metric, comparison.estimate_b, comparison.n),
        _difference_cell(column.metric, comparison, with_n=False),
        numbers.count(comparison.n),
        p_text(comparison.holm_p),
        Cell(element("strong", verdict) if verdict.endswith("is better") else verdict),
    ]


def _difference_cell(metric: str, comparison: Comparison | None, *, with_n: bool) -> Cell:
    if comparison is None:
        return Cell(numbers.NO_VALUE, notes=("not measured",))
    difference, interval = difference_text(metric, comparison)
    notes = (interval, f"n = {numbers.count(comparison.n)}") if with_n else (interval,)
    return Cell(element("strong", difference) if told_apart(comparison) else difference, notes=notes)


def _figure_cell(measured: Measured, model: str, column: Column, mark: str, *, with_n: bool) -> Cell:
    found = measured.get(model, column)
    if found is None:
        summary = measured.summaries.get((model, column))
        missing = f"{numbers.count(summary.unscored)} unscored" if summary is not None else "not measured"
        return Cell(numbers.NO_VALUE, notes=(missing,))
    notes = [interval_text(found)]
    if with_n:
        notes.append(f"n = {numbers.count(found.n)}")
    if found.unscored:
        notes.append(f"{numbers.count(found.unscored)} unscored")
    return Cell(estimate_text(found), notes=notes, order=found.estimate, mark=mark)
