"""Suites: what papers print follows from their own tables, and our means are made in the same way."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from polyclinic.evals.metrics import scorer_kind
from polyclinic.evals.published_figures import SuiteFigure
from polyclinic.evals.suite_figures import suite_figures
from polyclinic.evals.suites import JOURNAL, load_published, load_suites, variation
from polyclinic.records import Score
from polyclinic.tasks import load_catalog

CLUE = load_suites()["clue+"]
ORDER = CLUE.means["average"].columns
BASES = {"BioMistral-7B-DARE": "Mistral-7B-Instruct-v0.1", "Llama3-Med42-8B": "Meta-Llama-3-8B-Instruct"}


def printed(suite: str) -> dict[tuple[str, str, str], float]:
    return {(r.model, r.column, r.metric): r.value for r in load_published(suite) if r.version in JOURNAL}


def scores(
    model: str, task: str, right: int, n: int, metric: str = "accuracy", scorer: str = "corrected-1"
) -> list[Score]:
    return [Score(model, f"f {model}", task, f"{task}-{i}", metric, scorer, float(i < right)) for i in range(n)]


def clue_scores(model: str, right: int, leave_out: Sequence[str] = ()) -> list[Score]:
    return [
        score
        for name in ORDER
        if name not in leave_out
        for task in CLUE.columns[name].tasks
        for score in scores(model, task, right, 50)
    ]


def only(
    found: list[SuiteFigure], model: str, key: str, metric: str = "score", scorer: str = "corrected"
) -> SuiteFigure:
    (one,) = [
        f for f in found if (f.model, f.key, f.metric) == (model, key, metric) and f.published == (scorer == "")
    ]
    return one


def test_every_task_of_a_suite_is_in_the_catalog_and_every_task_of_the_catalog_in_its_suite() -> None:
    catalog = load_catalog()
    for name, suite in load_suites().items():
        asked = {task for column in suite.columns.values() for task in column.tasks}
        assert asked <= catalog.keys()
        assert {task.name for task in catalog.values() if name in task.suites} <= asked


@pytest.mark.parametrize(
    ("suite", "rows"), [("clue+", 251), ("mediphi-exams", 50), ("medcare", 225), ("meds-bench", 1283)]
)
def test_the_printed_figures_are_all_there_once(suite: str, rows: int) -> None:
    found = load_published(suite)
    assert len(found) == len({(r.model, r.column, r.metric, r.version) for r in found}) == rows
    known = {*load_suites()[suite].columns, *load_suites()[suite].means}
    assert {r.column for r in found} <= known


def test_the_average_of_clue_plus_follows_from_its_data_sets() -> None:
    table = printed("clue+")
    models = [model for model, column, _ in table if column == "mednli"]
    assert len(models) == 14
    for model in models:
        mean = math.fsum(table[model, name, "score"] for name in ORDER) / 12
        assert mean == pytest.approx(table[model, "average", "score"], abs=0.1)


def test_gains_and_variation_follow_from_the_data_sets() -> None:
    table = printed("clue+")
    checked = 0
    for model in [model for model, column, _ in table if column == "mednli"]:
        if (model, "average", "gains") not in table:
            continue
        base = BASES.get(model, "Phi-3.5-mini-instruct")
        gains = [table[model, name, "score"] - table[base, name, "score"] for name in ORDER]
        assert sum(gain > 1e-9 for gain in gains) == table[model, "average", "gains"]
        # The tables are rounded to a tenth, and some values are printed with n, most with n - 1.
        known = table[model, "average", "variation"]
        assert any(value == pytest.approx(known, rel=0.1) for value in variation(gains)), model
        checked += 1
    assert checked == 11


@pytest.mark.parametrize(("mean", "models"), [("exams-zh-8", 15), ("exams-zh-4", 7), ("exams-en-3", 7)])
def test_the_means_of_medcare_follow_from_its_exams(mean: str, models: int) -> None:
    table = printed("medcare")
    columns = load_suites()["medcare"].means[mean].columns
    checked = 0
    for model in dict.fromkeys(model for model, _, _ in table):
        parts = [table.get((model, name, "score")) for name in columns]
        known = table.get((model, mean, "score"))
        if known is None or None in parts or model == "ChatGPT":  # its printed mean is not that of its row
            continue
        assert math.fsum(part or 0.0 for part in parts) / len(parts) == pytest.approx(known, abs=0.011)
        checked += 1
    assert checked >= models - 1


def test_the_category_means_of_meds_bench_follow_from_its_columns() -> None:
    table = printed("meds-bench")
    checked, off = 0, []
    for key, mean in load_suites()["meds-bench"].means.items():
        for (model, column, metric), known in table.items():
            if column != key or len(mean.columns) < 2:
                continue
            parts = [table.get((model, name, metric)) for name in mean.columns]
            if None in parts:
                continue
            checked += 1
            found = math.fsum(part or 0.0 for part in parts) / len(parts)
            if abs(found - known) > 0.06:
                off.append((model, key, metric, round(found, 2), known))
    assert checked > 100
    # Rows that the reference lists as printed with another mean than theirs.
    assert len(off) <= 6, off


def test_the_average_is_given_only_when_all_data_sets_were_measured() -> None:
    whole = suite_figures({"base": clue_scores("base", 20), "expert": clue_scores("expert", 30)})
    average = only(whole, "expert", "average")
    assert average.estimate == pytest.approx(60.0)
    assert average.standard_error == pytest.approx(
        math.sqrt((10 + 1 / 3 + 1 / 3) * (0.6 * 0.4 / 49)) / 12 * 100
    )  # the three levels of ICD10CM are one data set, and so are the three tasks of LongHealth
    assert average.gains is not None
    assert (average.gains.count, average.gains.of) == (12, 12)
    assert average.gains.difference == pytest.approx(20.0)
    assert average.gains.p_value < 1e-6
    some = suite_figures(
        {"base": clue_scores("base", 20, ["mednli"]), "expert": clue_scores("expert", 30, ["mednli", "pls"])}
    )
    assert only(some, "expert", "average").estimate is None
    assert (only(some, "expert", "average").measured, only(some, "expert", "average").of) == (10, 12)
    shared = only(some, "base", "average-shared")
    assert shared.title == "AVG: the 10 of 12 measured"
    assert shared.estimate == pytest.approx(40.0)


def test_published_models_are_put_on_the_columns_that_were_measured() -> None:
    scored = clue_scores("base", 20, [name for name in ORDER if name not in ("meqsum", "medec")])
    found = suite_figures({"base": scored})
    one = only(found, "MediPhi-Instruct", "average-shared", scorer="")
    assert one.estimate == pytest.approx((42.8 + 34.4) / 2)
    assert one.published
    assert (one.low, one.n, one.remark) == (None, 0, "mean taken here")
    assert only(found, "MediPhi-Instruct", "average", scorer="").estimate == 43.4
    assert not [f for f in suite_figures({"base": scored}, published=False) if f.published]


def test_a_column_of_several_files_pools_their_items_or_takes_their_mean() -> None:
    ct = load_suites()["meds-bench"].columns["summarization-ct"].tasks
    scored = [s for i, task in enumerate(ct) for s in scores("m", task, 10, 10 + 10 * i, "rougeL")]
    pooled = only(suite_figures({"m": scored}), "m", "summarization-ct", "rougeL")
    assert pooled.n == 10 + 20 + 30 + 40 + 50 + 60
    assert pooled.estimate == pytest.approx(100 * 60 / 210)
    levels = [
        s
        for t, right in zip(CLUE.columns["icd10cm"].tasks, (10, 20, 60), strict=True)
        for s in scores("m", t, right, 100)
    ]
    assert only(suite_figures({"m": levels}), "m", "icd10cm").estimate == pytest.approx(30.0)


def test_the_published_exclusion_stands_beside_the_mean_of_all_sixteen() -> None:
    suite = load_suites()["meds-bench"]
    tasks = [t for name in suite.means["summarization-all"].tasks_of for t in suite.columns[name].tasks]
    assert len(tasks) == 16
    scored = [s for t in tasks for s in scores("m", t, 8 if "-ct-" in t or "-mri-" in t else 2, 10, "rougeL")]
    found = suite_figures({"m": scored})
    assert only(found, "m", "summarization", "rougeL").estimate == pytest.approx(20.0)
    assert only(found, "m", "summarization-all", "rougeL").estimate == pytest.approx((4 * 20 + 12 * 80) / 16)


def test_the_two_scorers_are_never_mixed() -> None:
    task = "clue-mednli"
    both = [*scores("m", task, 30, 50), *scores("m", task, 40, 50, scorer="as_published-1")]
    found = {f.scorer: f.estimate for f in suite_figures({"m": both}, published=False) if f.key == "mednli"}
    assert found == {"corrected": pytest.approx(60.0), "as_published": pytest.approx(80.0)}
    assert scorer_kind("option-likelihood-sum-1") == "corrected"


def test_items_without_a_value_are_counted_and_never_zero() -> None:
    scored = [
        *scores("m", "clue-mednli", 10, 20),
        Score("m", "f m", "clue-mednli", "x", "accuracy", "corrected-1", None),
    ]
    one = only(suite_figures({"m": scored}), "m", "mednli")
    assert (one.n, one.unscored) == (20, 1)
    assert one.estimate == pytest.approx(50.0)


def test_variation_of_gains_is_that_of_the_equation_and_that_of_the_print() -> None:
    assert variation([1.0, 3.0]) == pytest.approx((0.5, math.sqrt(2) / 2))
    assert all(math.isnan(value) for value in variation([1.0]))
    assert variation([1.0, -1.0]) == (math.inf, math.inf)
