"""Who has gained what on which task, over several seeds: specialists before merging, merged models after it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from polyclinic.evals.metrics import LIKELIHOOD, lower_is_better
from polyclinic.pages import figure, heat_map
from polyclinic.report.measured import Measured
from polyclinic.report.over_seeds import columns_of, difference_over_seeds
from polyclinic.report.settings import GainSettings
from polyclinic.report.wording import title_of


def gain_heat_map(runs: Sequence[Measured], gains: GainSettings) -> Markup:
    """Return a figure: models by tasks, the mean gain over the base; a cell without a gain is empty.

    Perplexities count as nats per token times 100, shares as points. Raises UserError for a task that was not
    measured in every run.
    """
    columns = columns_of(runs, list(dict.fromkeys(gains.own.values())))
    models = [*gains.own, *gains.models]
    values = []
    for model in models:
        row = []
        for column in columns:
            found = difference_over_seeds(runs, model, gains.base, column)
            gained = 0.0 if found is None else -found.mean if lower_is_better(column.metric) else found.mean
            row.append(round(max(0.0, 100 * gained), 1))
        values.append(row)
    unit = "hundredths of a nat per token" if all(c.metric == LIKELIHOOD for c in columns) else "points"
    said = f"Mean gain over {gains.base} on the same items, in {unit}; an empty cell is no gain, or a loss."
    chart = heat_map(
        models,
        [title_of(column) for column in columns],
        values,
        name="gains-by-task",
        title="Gain over the base by model and task",
        description=said,
    )
    return figure(chart, f"{said} Specialists above, models made of them below.")
