"""The searches for the best merge: the path of each, and its best mix beside equal weights on unseen items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from polyclinic.pages import (
    Cell,
    Column,
    Estimate,
    Group,
    Section,
    element,
    figure,
    interval_chart,
    joined,
    numbers,
    paragraph,
    side_by_side,
    table,
)
from polyclinic.pages.trials_chart import Trial, Trials, trials_chart
from polyclinic.report.run_data import Run
from polyclinic.report.wording import p_text

KIND, VERSION = "merge.search", 2  # of the records that are read here
BEST, EQUAL = "best mix", "equal weights"


def searches_section(run: Run) -> Section | None:
    """Return what each search of the run found and how, None when there was none."""
    parts: list[Markup] = []
    for name, step in run.steps.items():
        manifest = step.manifest
        if manifest is not None and manifest.kind == KIND and manifest.code_version >= VERSION:
            parts += _search(f"search-{len(parts)}", name, manifest.facts, manifest.settings)
    return Section("searches", "The search for the best mix", parts) if parts else None


def _search(id_: str, name: str, facts: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Markup]:
    path, models = facts["path"], facts["merged"]
    made = facts["evaluations"]
    how = {"cmaes": "CMA-ES", "grid": "a grid"}[settings["algorithm"]]
    tasks = facts["items"]["tasks"]
    of_items = "the mean score of the items"
    score = f"{of_items} of {tasks[0]}"
    if len(tasks) > 1:
        score = f"the mean over {numbers.count(len(tasks))} tasks ({', '.join(tasks)}) of {of_items}"
    told = (
        f"{name} tried {numbers.count(made['made'] - 1)} mixes of {', '.join(models)} with {settings['method']}, by "
        f"{how}, and equal weights first; {numbers.count(made['dropped'])} were dropped early and "
        f"{numbers.count(made['refused'])} could not be tried. The score is {score}; the search saw "
        f"{numbers.count(facts['items']['search'])} items."
    )
    return [
        element("h3", name),
        paragraph(verdict(facts)),
        *_figures(id_, name, facts),
        paragraph(told),
        _path_of_scores(id_, name, facts, path),
        _paths_of_parameters(id_, name, models, path),
        _mix(models, facts),
    ]


def verdict(facts: Mapping[str, Any]) -> Markup:
    """Say how the best mix compares with equal weights on items the search did not see."""
    if facts["best"]["number"] == 0:
        return joined([element("strong", "No mix was better than equal weights"), " on the items of the search."])
    best, equal = (_score(facts[name]["score"]) for name in ("best", "baseline"))
    held = facts.get("held_back")
    if held is None:
        text = f"The best mix scores {best}, equal weights {equal}, both on the items the search chose it by. "
        warning = "No items were held back, so this difference is larger than it will be on others."
        return joined([text, element("strong", warning)])
    difference = held["difference"]
    p = p_text(difference["p_value"])
    said = (
        f"On {numbers.count(held['n'])} items of {numbers.count(held['documents'])} documents that the search did "
        f"not see, the best mix scores {_estimate(held['best'])}, equal weights {_estimate(held['baseline'])}: "
        f"difference {_signed(difference['estimate'])} (95% interval {_signed(difference['low'])} to "
        f"{_signed(difference['high'])}), p {'' if p.startswith('<') else '= '}{p}. "
    )
    if difference["low"] <= 0 <= difference["high"]:
        return joined([said, element("strong", "The interval includes zero: the two cannot be told apart.")])
    better = BEST if difference["estimate"] > 0 else EQUAL
    return joined([said, element("strong", f"The {better} {'is' if better == BEST else 'are'} better.")])


def _figures(id_: str, name: str, facts: Mapping[str, Any]) -> list[Markup]:
    """Return the best mix and equal weights with intervals, on both kinds of items, and their paired difference."""
    held, groups = facts.get("held_back"), []
    if held is not None:
        rows = [_row(BEST, held["best"], 0), _row(EQUAL, held["baseline"], 1)]
        groups.append(Group(f"items the search did not see, n = {numbers.count(held['n'])}", rows))
    seen = [
        _row(title, {"estimate": one["score"], "low": one["low"], "high": one["high"]}, number)
        for number, (title, one) in enumerate(((BEST, facts["best"]), (EQUAL, facts["baseline"])))
    ]
    groups.append(Group(f"items of the search, n = {numbers.count(facts['items']['search'])}", seen))
    scores = interval_chart(
        groups,
        name=f"{id_}-figures",
        title=f"{name}: the best mix and equal weights",
        description="; ".join(f"{group.title}: {row.name} {row.text}" for group in groups for row in group.rows),
        x_title="score",
        width=520 if held is not None else 1000,
    )
    caption = (
        "Scores with 95% intervals over documents. On the items of the search the best is shown too well, since it "
        "was chosen by them."
    )
    if held is None:
        return [figure(scores, caption)]
    difference = Estimate("difference", **_bounds(held["difference"]), text=_range(held["difference"]), number=0)
    paired = interval_chart(
        [Group("items the search did not see", [difference])],
        name=f"{id_}-difference",
        title=f"{name}: the best mix minus equal weights, item by item",
        description=f"Difference {difference.text}.",
        x_title="difference of scores",
        reference=0.0,
        reference_name="no difference",
        width=520,
    )
    paired_caption = "The same items answered by both, with the 95% interval of the difference."
    return [side_by_side([figure(scores, caption), figure(paired, paired_caption)])]


def _path_of_scores(id_: str, name: str, facts: Mapping[str, Any], path: Sequence[Mapping[str, Any]]) -> Markup:
    trials = [
        Trial(number, one["score"], _state(one), f"{number}: {_what(one)}; {_values_text(one['values'])}")
        for number, one in enumerate(path)
        if number
    ]
    stairs = [(float(number), path[number]["score"]) for number in improvements(path)]
    chart = trials_chart(
        [Trials("a mix, asked all items", trials, stairs)],
        name=f"{id_}-path",
        title=f"{name}: the score of every mix that was tried",
        description=(
            f"{len(trials)} mixes; equal weights score {_score(facts['baseline']['score'])}, the best "
            f"{_score(facts['best']['score'])}, found as number {facts['best']['number']}."
        ),
        x_title="evaluation",
        y_title="score on the items of the search",
        reference=facts["baseline"]["score"],
        reference_name=EQUAL,
    )
    best = facts["best"]["number"]
    caption = (
        f"Every mix in the order it was tried; the best is number {best}." if best else "Every mix that was tried."
    )
    return figure(chart, caption)


def _paths_of_parameters(id_: str, name: str, models: Sequence[str], path: Sequence[Mapping[str, Any]]) -> Markup:
    """Return a chart for each parameter: what was tried for each model, and what the best so far had."""
    charts = []
    changes = improvements(path)
    for parameter, first in path[0]["values"].items():
        series = []
        for index in range(len(first)):
            trials = [
                Trial(number, one["values"][parameter][index], "", f"{number}: {_what(one)}")
                for number, one in enumerate(path)
                if number
            ]
            stairs = [(float(number), path[number]["values"][parameter][index]) for number in changes]
            series.append(Trials(models[index] if len(first) > 1 else "all models", trials, stairs, index))
        last = ", ".join(f"{one.name} {numbers.significant(one.best[-1][1])}" for one in series)
        chart = trials_chart(
            series,
            name=f"{id_}-{parameter}",
            title=f"{name}: {parameter} over the search",
            description=f"Best at the end: {last}.",
            x_title="evaluation",
            y_title=parameter,
            width=520,
        )
        charts.append(
            figure(chart, f"{parameter}: dots were tried, the line is the best so far. At the end: {last}.")
        )
    return side_by_side(charts)


def _mix(models: Sequence[str], facts: Mapping[str, Any]) -> Markup:
    best, equal = facts["best"]["values"], facts["baseline"]["values"]
    rows: list[list[Cell | str]] = []
    for index, model in enumerate(models):
        cells = [
            Cell(numbers.significant(values[min(index, len(values) - 1)]), order=values[min(index, len(values) - 1)])
            for parameter in best
            for values in (best[parameter], equal[parameter])
        ]
        rows.append([model, *cells])
    columns = [Column("model")]
    columns += [Column(parameter, which, number=True) for parameter in best for which in (BEST, EQUAL)]
    return table("The mix that was made into the model, and the one it is compared with.", columns, rows)


def improvements(path: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the numbers of the candidates that were the best so far, equal weights (0) first."""
    found = [0]
    for number, one in enumerate(path):
        if not one["dropped"] and one["score"] > path[found[-1]]["score"]:
            found.append(number)
    return found


def _state(one: Mapping[str, Any]) -> str:
    return "refused" if one["refused"] else "dropped" if one["dropped"] else ""


def _what(one: Mapping[str, Any]) -> str:
    if one["refused"]:
        return f"refused: {one['refused']}"
    return f"{_score(one['score'])}{', dropped early' if one['dropped'] else ''}"


def _values_text(values: Mapping[str, Sequence[float]]) -> str:
    return "; ".join(f"{name} {', '.join(map(numbers.significant, found))}" for name, found in values.items())


def _row(name: str, interval: Mapping[str, float], number: int) -> Estimate:
    return Estimate(name, **_bounds(interval), text=_estimate(interval), number=number)


def _bounds(interval: Mapping[str, float]) -> dict[str, float]:
    return {"value": interval["estimate"], "low": interval["low"], "high": interval["high"]}


def _estimate(interval: Mapping[str, float]) -> str:
    return f"{_score(interval['estimate'])} ({_score(interval['low'])} to {_score(interval['high'])})"


def _range(interval: Mapping[str, float]) -> str:
    return f"{_signed(interval['estimate'])} ({_signed(interval['low'])} to {_signed(interval['high'])})"


def _score(value: float) -> str:
    return f"{value:.3f}"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", numbers.MINUS)
