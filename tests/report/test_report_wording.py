"""A comparison is put into words that say no more than was measured."""

from __future__ import annotations

import dataclasses

from polyclinic.evals import Comparison
from polyclinic.report.measured import Column, Compared
from polyclinic.report.wording import difference_text, sentence, short_title, title_of, verdict_text

EASY = Column("icd10cm-easy", "unseen", "accuracy", "option-likelihood-1")
NOTES = Column("perplexity-notes", "", "negative_log_likelihood", "text-likelihood-1")
FOUND = Comparison(
    model_a="expert",
    model_b="base",
    task="icd10cm-easy",
    subset="unseen",
    metric="accuracy",
    scorer="option-likelihood-1",
    n=300,
    estimate_a=0.61,
    estimate_b=0.27,
    difference=0.34,
    low=0.28,
    high=0.40,
    p_value=0.0001,
    holm_p=0.0004,
    needed=20,
    verdict="",
)


def compared(column: Column = EASY, **changes: float) -> Compared:
    return Compared("expert", "base", column, dataclasses.replace(FOUND, **changes), 40)  # type: ignore[arg-type]


def test_a_clear_difference_is_said_with_both_figures_interval_and_n() -> None:
    assert sentence(compared()) == (
        "expert answers 61% of the questions right in ICD-10-CM, easy (unseen), base 27%: difference +34 points "
        "(95% interval +28 to +40), n = 300."
    )
    assert verdict_text(compared()) == "expert is better"
    assert verdict_text(compared(difference=-0.34, low=-0.4, high=-0.28)) == "base is better"


def test_an_interval_around_zero_is_said_to_tell_nothing_apart() -> None:
    found = compared(low=-0.02)
    assert sentence(found).endswith("The interval includes zero: the two cannot be told apart.")
    assert verdict_text(found) == "cannot be told apart"


def test_a_difference_that_does_not_survive_correction_may_be_chance() -> None:
    found = compared(holm_p=0.21)
    assert sentence(found).endswith("It may be chance: p = 0.21 when corrected for the 40 comparisons of this page.")
    assert verdict_text(found) == "expert looks better, may be chance"


def test_less_perplexity_is_better_and_shown_as_a_share() -> None:
    found = compared(NOTES, estimate_a=20.0, estimate_b=40.0, difference=-0.6931, low=-0.75, high=-0.63)
    assert difference_text(NOTES.metric, found.comparison) == ("−50%", "−53% to −47%")
    assert sentence(found) == (
        "Perplexity of clinical notes is 20.0 for expert, 40.0 for base: difference −50% (95% interval "
        "−53% to −47%), n = 300."
    )
    assert verdict_text(found) == "expert is better"


def test_a_task_outside_the_catalog_is_shown_by_its_name() -> None:
    assert title_of(Column("own-task", "ward", "accuracy", "s")) == "own-task (ward)"
    assert short_title(NOTES) == "Clinical notes"
