from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from polyclinic.errors import UserError
from polyclinic.evals import compare, comparison_rows, summarize, summary_rows
from polyclinic.evals.statistics import wilson_interval
from polyclinic.records import Score, write_records


def score(model: str, item: int, value: float | None, **fields: Any) -> Score:
    made = {
        "model": model,
        "fingerprint": f"fingerprint of {model}",
        "task": "icd10cm-easy",
        "item": f"q{item}",
        "metric": "accuracy",
        "scorer": "option-likelihood-sum-1",
        "value": value,
    }
    return Score(**{**made, **fields})


def answers(model: str, right: int, n: int, **fields: Any) -> list[Score]:
    return [score(model, i, float(i < right), **fields) for i in range(n)]


def overlaps(
    model: str, touched: Sequence[int] = (), short: Sequence[int] = (), searched: int = 100, words: int = 13
) -> list[Score]:
    """What eval.contamination says of the first items: some stand in training data, some are too short to tell."""
    found = {i: None if i in short else 0.4 if i in touched else 0.0 for i in range(searched)}
    return [
        score(
            model,
            i,
            value,
            metric=f"overlap_{words}",
            scorer="word-runs-1",
            unscored_reason="too short to tell" if value is None else "",
        )
        for i, value in found.items()
    ]


def text_scores(model: str, nats: Sequence[float], tokens: Sequence[float]) -> list[Score]:
    return [
        score(model, i, value, task="perplexity-notes", metric="negative_log_likelihood", weight=weight)
        for i, (value, weight) in enumerate(zip(nats, tokens, strict=True))
    ]


def test_accuracy_is_summarized_with_wilsons_interval() -> None:
    (found,) = summarize([*answers("base", 30, 40), score("base", 99, None, unscored_reason="too long")])
    assert (found.model, found.task, found.n, found.unscored) == ("base", "icd10cm-easy", 40, 1)
    assert (found.estimate, found.low, found.high) == wilson_interval(30, 40)


def test_subsets_are_reported_apart() -> None:
    scores = [*answers("base", 3, 5, subset="seen"), *(score("base", 50 + i, 0.0, subset="unseen") for i in range(4))]
    assert [(s.subset, s.n, s.estimate) for s in summarize(scores)] == [("seen", 5, 0.6), ("unseen", 4, 0.0)]


def test_perplexity_is_weighted_by_tokens() -> None:
    (found,) = summarize(text_scores("base", [2.0, 3.0], [30, 10]))
    assert found.estimate == pytest.approx(math.exp(2.25))
    assert math.exp(2) - 1e-9 <= found.low < found.estimate < found.high <= math.exp(3) + 1e-9


def test_a_task_without_a_scored_item_has_no_figure() -> None:
    (found,) = summarize([score("base", 0, None, unscored_reason="too long")])
    assert (found.n, found.unscored) == (0, 1)
    assert math.isnan(found.estimate)


def test_an_item_that_was_scored_twice_is_an_error() -> None:
    with pytest.raises(UserError, match="model base, task icd10cm-easy: item q1 was scored twice"):
        summarize([score("base", 1, 1.0), score("base", 1, 0.0)])
    with pytest.raises(UserError, match="item q1 was scored twice"):
        compare([score("base", 1, 1.0), score("base", 1, 0.0)], [])


def test_a_clear_gain_is_called_better() -> None:
    (found,) = compare(answers("expert", 80, 100), answers("base", 50, 100))
    assert (found.n, found.estimate_a, found.estimate_b) == (100, 0.8, 0.5)
    assert found.difference == pytest.approx(0.3)
    assert 0.2 < found.low < 0.3 < found.high < 0.4
    assert found.p_value == found.holm_p == pytest.approx(2 / 2**30)
    assert found.verdict.startswith("expert is better than base: +30.0 points of accuracy (95% interval +2")


def test_few_items_are_too_few_to_tell_and_the_number_needed_is_said() -> None:
    one = [score("expert", i, value) for i, value in enumerate([1, 1, 1, 0, 0, 1, 0, 1])]
    other = [score("base", i, value) for i, value in enumerate([1, 0, 1, 1, 0, 1, 0, 0])]
    (found,) = compare(one, other)
    assert found.low <= 0 <= found.high
    assert found.needed is not None
    assert found.needed > 8
    assert found.verdict.startswith("too few items to tell expert and base apart: +12.5 points of accuracy")
    assert f"about {found.needed} items would show a difference of this size" in found.verdict


def test_less_perplexity_is_better() -> None:
    dice = random.Random(0)
    hard = [dice.uniform(2, 4) for _ in range(60)]
    tokens = [dice.randint(20, 200) for _ in range(60)]
    easier = [value - 0.2 + dice.uniform(-0.05, 0.05) for value in hard]
    (found,) = compare(text_scores("expert", easier, tokens), text_scores("base", hard, tokens))
    assert found.difference == pytest.approx(-0.2, abs=0.02)
    assert found.estimate_a / found.estimate_b == pytest.approx(math.exp(found.difference))
    assert found.verdict.startswith("expert is better than base: perplexity -18")


def test_two_tokenizers_are_compared_by_the_nats_of_whole_texts() -> None:
    # The same texts with the same likelihood, cut into half as many tokens by one model: nobody is better.
    one = text_scores("coarse", [4.0, 5.0, 6.0], [50, 60, 70])
    other = text_scores("fine", [2.0, 2.5, 3.0], [100, 120, 140])
    (found,) = compare(one, other)
    assert found.difference == pytest.approx(0)
    assert found.p_value == 1.0


def test_items_that_one_side_lacks_are_counted_and_named() -> None:
    one = [*answers("expert", 5, 10), score("expert", 20, 1.0), score("expert", 30, None)]
    other = [*answers("base", 4, 10), score("base", 21, 1.0), score("base", 22, 1.0), score("base", 30, 1.0)]
    (found,) = compare(one, other)
    assert found.n == 10
    assert (found.only_a, found.only_b, found.unscored) == (("q20",), ("q21", "q22"), ("q30",))
    assert "1 item asked of expert only (q20); 2 items asked of base only (q21, q22)" in found.verdict
    assert "1 item without a value (q30)" in found.verdict


def test_several_tasks_are_corrected_together() -> None:
    one = [s for task in ("a", "b", "c") for s in answers("expert", 70, 100, task=task)]
    other = [s for task in ("a", "b", "c") for s in answers("base", 63, 100, task=task)]
    found = compare(one, other)
    assert [c.p_value for c in found] == pytest.approx([2 / 2**7] * 3)
    assert [c.holm_p for c in found] == pytest.approx([6 / 2**7] * 3)
    assert all("corrected for 3 comparisons" in c.verdict for c in found)


def test_a_difference_that_correction_takes_away_is_called_possible_chance() -> None:
    tasks = [f"task-{i}" for i in range(8)]
    one = [s for task in tasks for s in answers("expert", 70, 100, task=task)]
    other = [s for task in tasks for s in answers("base", 63, 100, task=task)]
    assert all("looks better than base, but it may be chance" in c.verdict for c in compare(one, other))


@pytest.mark.parametrize(("right", "says"), [(80, "has more no error share than"), (7, "seems to have more")])
def test_more_of_a_share_that_is_no_quality_is_not_called_better(right: int, says: str) -> None:
    tasks = [f"task-{i}" for i in range(8)]
    one = [s for t in tasks for s in answers("expert", right, 100, task=t, metric="no_error_share")]
    other = [s for t in tasks for s in answers("base", 0, 100, task=t, metric="no_error_share")]
    for found in compare(one, other):
        assert says in found.verdict
        assert "better" not in found.verdict


def test_items_of_one_letter_are_not_counted_as_independent() -> None:
    one = [score("expert", i, float(i < 12), cluster=f"letter {i // 6}") for i in range(24)]
    other = [score("base", i, 0.0, cluster=f"letter {i // 6}") for i in range(24)]
    (found,) = compare(one, other)
    assert found.p_value == 0.5  # two of four letters differ, not twelve items
    assert found.low <= 0


def test_equal_answers_are_called_equal() -> None:
    one, other = ([score(m, i, v, metric="rouge1") for i, v in enumerate((0.3, 0.5))] for m in ("expert", "base"))
    (found,) = compare(one, other)
    assert found.verdict == "expert and base do the same on all 2 items"


def test_one_item_does_not_make_an_interval() -> None:
    (found,) = compare(answers("expert", 1, 1), answers("base", 0, 1))
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert "says nothing about the spread" in found.verdict


def test_other_items_under_the_same_name_are_not_compared() -> None:
    with pytest.raises(UserError, match="item q0: the right answer is 'Gout' for expert and 'Asthma' for base"):
        compare([score("expert", 0, 1.0, gold="Gout")], [score("base", 0, 1.0, gold="Asthma")])
    with pytest.raises(UserError, match="score both models with the same scorer"):
        compare([score("expert", 0, 1.0)], [score("base", 0, 1.0, scorer="option-likelihood-per_token-1")])


def test_two_models_on_one_side_are_an_error() -> None:
    with pytest.raises(UserError, match=r"scores of two models on one side: expert .* and base"):
        compare([score("expert", 0, 1.0), score("base", 1, 1.0)], answers("base", 1, 2))


def test_folders_of_scores_become_rows_against_the_first_model(tmp_path: Path) -> None:
    for name, right in (("base", 50), ("expert", 80), ("merged", 52)):
        write_records(tmp_path / name, answers(name, right, 100), Score)
    paths = [tmp_path / name for name in ("base", "expert", "merged")]
    rows = comparison_rows(paths)
    assert [(row["model"], row["baseline"], row["n"]) for row in rows] == [
        ("expert", "base", 100),
        ("merged", "base", 100),
    ]
    assert rows[0]["holm_p"] == pytest.approx(2 * rows[0]["p_value"])
    assert [(row["model"], row["estimate"]) for row in summary_rows(paths)] == [
        ("base", 0.5),
        ("expert", 0.8),
        ("merged", 0.52),
    ]


def test_a_task_that_only_one_model_was_asked_is_a_row_without_items(tmp_path: Path) -> None:
    write_records(tmp_path / "base", answers("base", 5, 10), Score)
    write_records(tmp_path / "expert", answers("expert", 5, 10, task="icd10cm-hard"), Score)
    rows = comparison_rows([tmp_path / "base", tmp_path / "expert"])
    assert sorted((row["task"], row["n"], row["only_model"], row["only_baseline"]) for row in rows) == [
        ("icd10cm-easy", 0, 0, 10),
        ("icd10cm-hard", 0, 10, 0),
    ]
    assert rows[0]["verdict"].startswith("nothing to compare: no item has a value for both expert and base")


def test_one_name_for_two_models_is_an_error(tmp_path: Path) -> None:
    write_records(tmp_path / "one", answers("base", 5, 10), Score)
    write_records(tmp_path / "two", answers("base", 5, 10, fingerprint="another"), Score)
    with pytest.raises(UserError, match="'base' is another model here"):
        summary_rows([tmp_path / "one", tmp_path / "two"])
    with pytest.raises(UserError, match="scores of one model only"):
        comparison_rows([tmp_path / "one"])


def test_unscored_items_are_counted_and_both_ends_are_shown() -> None:
    scores = [*answers("base", 30, 40), *(score("base", 90 + i, None, unscored_reason="hung up") for i in range(10))]
    (found,) = summarize(scores)
    assert (found.n, found.unscored, found.estimate) == (40, 10, 0.75)
    assert (found.lowest, found.highest) == (0.6, 0.8)
    assert found.standard_error == pytest.approx(math.sqrt(0.75 * 0.25 / 39))
    (whole,) = summarize(answers("base", 30, 40))
    assert (whole.lowest, whole.highest) == (None, None)
    (judged,) = summarize([score("base", 0, 4.0, metric="judge"), score("base", 1, None, metric="judge")])
    assert (judged.lowest, judged.highest) == (None, None)


def test_two_scorers_of_one_artifact_stand_apart_and_are_families_of_their_own() -> None:
    def both(model: str, right: int, more: int) -> list[Score]:
        ours = answers(model, right, 100, scorer="corrected-1")
        return [*ours, *answers(model, more, 100, scorer="as_published-1")]

    assert [(s.scorer, s.estimate) for s in summarize(both("base", 50, 70))] == [
        ("corrected-1", 0.5),
        ("as_published-1", 0.7),
    ]
    found = compare(both("expert", 63, 80), both("base", 50, 70))
    assert [(c.scorer, c.together) for c in found] == [("corrected-1", 1), ("as_published-1", 1)]
    assert [c.difference for c in found] == pytest.approx([0.13, 0.1])


def test_further_metrics_of_a_task_do_not_count_as_further_tasks() -> None:
    def scored(model: str, right: int) -> list[Score]:
        return [
            s
            for task in ("a", "b")
            for metric in ("accuracy", "answer_found")
            for s in answers(model, right, 100, task=task, metric=metric)
        ]

    assert [(c.metric, c.together) for c in compare(scored("expert", 70), scored("base", 63))] == [
        ("accuracy", 2),
        ("answer_found", 2),
        ("accuracy", 2),
        ("answer_found", 2),
    ]


def test_items_that_stand_in_training_data_can_be_left_out(tmp_path: Path) -> None:
    write_records(tmp_path / "base", answers("base", 50, 100), Score)
    write_records(tmp_path / "expert", answers("expert", 80, 100), Score)
    # The expert was trained on items 50 to 79, which are all that it has before the base.
    write_records(tmp_path / "overlaps", overlaps("expert", range(50, 80)), Score)
    write_records(tmp_path / "overlaps-of-base", overlaps("base"), Score)
    paths = [tmp_path / name for name in ("base", "expert", "overlaps", "overlaps-of-base")]
    (whole,) = comparison_rows(paths)
    assert whole["difference"] == pytest.approx(0.3)
    (clean,) = comparison_rows(paths, untouched="13")
    assert (clean["n"], clean["difference"]) == (70, 0.0)
    (row,) = [row for row in summary_rows(paths) if row["model"] == "expert"]
    assert (row["n"], row["searched_13"], row["touched_13"], row["n_13"]) == (100, 100, 30, 70)
    assert row["estimate_13"] == pytest.approx(50 / 70)
    with pytest.raises(UserError, match="no overlaps of 8 words for base among the results"):
        comparison_rows(paths, untouched="8")


def test_an_item_that_is_too_short_to_tell_or_was_not_searched_is_left_out_too(tmp_path: Path) -> None:
    write_records(tmp_path / "base", answers("base", 50, 100), Score)
    write_records(tmp_path / "expert", answers("expert", 80, 100), Score)
    # Items 40 to 49 are too short; nobody looked for the last ten in the base's training data.
    write_records(tmp_path / "overlaps", overlaps("expert", short=range(40, 50)), Score)
    write_records(tmp_path / "overlaps-of-base", overlaps("base", short=range(40, 50), searched=90), Score)
    paths = [tmp_path / name for name in ("base", "expert", "overlaps", "overlaps-of-base")]
    (clean,) = comparison_rows(paths, untouched="13")
    assert (clean["n"], clean["estimate"], clean["baseline_estimate"]) == (80, 70 / 80, 40 / 80)


def test_a_model_in_whose_training_data_nobody_looked_is_named_with_what_to_do(tmp_path: Path) -> None:
    write_records(tmp_path / "base", answers("base", 50, 100), Score)
    write_records(tmp_path / "expert", answers("expert", 80, 100), Score)
    write_records(tmp_path / "overlaps", overlaps("expert"), Score)
    paths = [tmp_path / name for name in ("base", "expert", "overlaps")]
    problem = r"no overlaps of 13 words for base among .* `polyclinic eval contamination --scores DIR --lengths 13"
    with pytest.raises(UserError, match=problem):
        comparison_rows(paths, untouched="13")
    write_records(tmp_path / "overlaps-of-base", overlaps("base", range(100)), Score)
    with pytest.raises(UserError, match="no item is left to compare expert with base on"):
        comparison_rows([*paths, tmp_path / "overlaps-of-base"], untouched="13")


def test_no_difference_on_few_items_is_no_proof_of_none() -> None:
    (found,) = compare(answers("expert", 5, 10), answers("base", 5, 10))
    assert found.low < -0.15 < 0.15 < found.high
    assert math.isnan(found.detectable)
    said = "expert and base do the same on all 10 items, which leaves room for -16.7 to +16.7 points of accuracy"
    assert found.verdict == said


def test_the_smallest_difference_these_items_show_is_said() -> None:
    (found,) = compare(answers("expert", 55, 100), answers("base", 50, 100))
    assert found.detectable == pytest.approx(2.8016 * found.standard_error, rel=1e-3)
