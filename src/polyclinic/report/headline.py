"""The headline: what the run showed, in plain words made from the measured scores."""

from __future__ import annotations

from markupsafe import Markup

from polyclinic.evals.metrics import ACCURACY, LIKELIHOOD
from polyclinic.evals.verdicts import LEVEL
from polyclinic.pages import bullets, element, joined, numbers, paragraph
from polyclinic.report.measured import Measured, comparisons, lead_of, told_apart
from polyclinic.report.wording import estimate_text, interval_text, metric_title, sentence, title_of

OTHERS = 4  # sentences under the first one


def headline(measured: Measured) -> Markup:
    """Return the first sentences of the page: what the recipe asked to compare, on the task it names.

    Which comparison leads is decided by the recipe, before the scores are known, never by the outcome.
    """
    found = comparisons(measured)
    if not found:
        return _without_comparisons(measured)
    pairs = list(dict.fromkeys((c.one, c.other) for c in found))
    leads = [sentence(lead_of(measured, [c for c in found if (c.one, c.other) == pair])) for pair in pairs]
    parts = [paragraph(leads[0], class_="lead")]
    if len(leads) > 1:
        parts.append(bullets(leads[1 : 1 + OTHERS]))
    if len(found) > 1:
        sure = sum(1 for c in found if told_apart(c.comparison) and c.comparison.holm_p < LEVEL)
        link = element("a", f"{len(found)} comparisons", href="#comparisons")
        held = f", {sure} show a difference that holds when their number is corrected for."
        parts.append(paragraph("Of the ", link, " this recipe asks for", held, class_="muted"))
    return joined(parts)


def _without_comparisons(measured: Measured) -> Markup:
    columns = measured.all_columns
    if not columns:
        return paragraph("No model was measured in this run.", class_="lead")
    column = columns[0]
    marks = measured.marks(column)
    best = next((m for m, mark in marks.items() if mark == "best"), None)
    model = best or next(m for m in measured.run.measured if measured.get(m, column) is not None)
    figure = measured.get(model, column)
    if figure is None:
        return paragraph("No model could be scored in this run.", class_="lead")
    metric = "" if column.metric == LIKELIHOOD else f", {metric_title(column.metric)},"
    what = (
        f"{model} answers {estimate_text(figure)} of the questions right in {title_of(column)}"
        if column.metric == ACCURACY
        else f"{title_of(column)}{metric} is {estimate_text(figure)} for {model}"
    )
    return paragraph(
        f"{what} (95% interval {interval_text(figure)}), n = {numbers.count(figure.n)}"
        + (", the best of the models measured." if best else "."),
        class_="lead",
    )
