"""The published scorers repeat their faults, and the corrected one does not."""

from __future__ import annotations

from typing import Any

import pytest

from polyclinic.evals.scoring import SCORERS, pooled, score_records, score_replies
from polyclinic.evals.scoring.sdoh import Pair, pair_f1
from polyclinic.records import Reply
from polyclinic.tasks import load_task


def both(name: str, text: str, gold: str, **fields: Any) -> tuple[float | None, float | None]:
    """Return the headline of one reply, published and corrected."""
    reply = Reply("m", "f", name, "1", text=text, gold=gold, **fields)
    first, second = (score_replies(load_task(name), [reply], s)[0][0].value for s in ("as_published", "corrected"))
    return first, second


@pytest.mark.parametrize(
    ("name", "text", "gold", "published", "corrected"),
    [
        # MCQA: every gold that is not English is wrong, a word that begins with a letter of an option is that option
        ("meds-ins-058-medqa-question-answering-zh", "正确答案是 B: 乙", "正确答案是 B: 乙", 0, 1),
        ("meds-ins-057-medqa-question-answering-en", "Because of that, C", "The right answer is B: x", 1, 0),
        ("meds-ins-057-medqa-question-answering-en", "The right answer is E: x", "The right answer is E: x", 0, 1),
        ("meds-bench-123-pubmedqa-test-set", "maybe", "maybe", 0, 1),
        ("meds-bench-123-pubmedqa-test-set", "", "no", 1, 0),
        # substrings
        (
            "meds-ins-130-ddxplus-text-classification-train",
            "unstable angina",
            "The diagnosis result is stable angina.",
            1,
            0,
        ),
        ("meds-ins-012-pubmedqa-classification", "This is not known", "no", 1, 0),
        (
            "meds-ins-041-mednli-textual-entailment-discriminative",
            "Entailment, neutral or contradiction",
            "Neutral",
            1,
            0,
        ),
        ("clue-mednli", "not entailment but neutral", "neutral", 1, 0),
        ("meds-ins-117-mimic4ed-benchmark-hospitalization", "untrue", "True", 1, 0),
        # entities: the last letter goes, the sentinel counts in its misspelt form alone
        ("meds-ins-126-bc5chem-named-enetity-recognition", "fever, gout.", "gout, fever.", 0, 1),
        (
            "meds-ins-126-bc5chem-named-enetity-recognition",
            "There is no related entity.",
            "There is no related enetity.",
            0,
            1,
        ),
        ("meds-ins-126-bc5chem-named-enetity-recognition", "aspirix", "aspirin", 1, 0),
        ("meds-ins-001-participant-extraction", "adults, children, dogs", "adults", 1, 0.5),
        # MedCare: what is no marker is no answer; an empty label is the first one
        ("medcare-cmb", "选ABD", "答案为ABD", 0, 1),
        ("medcare-cblue-kuake-ir", "", "相关", 1, 0),
        ("medcare-cblue-chip-mdcfnpc", "咳嗽：阳性", "上述：\n咳嗽：阳性", 0, 1),
        ("clue-medec", "The answer is 5", "5", 0, 1),
    ],
)
def test_faults_are_kept_in_one_scorer_and_gone_in_the_other(
    name: str, text: str, gold: str, published: float, corrected: float
) -> None:
    assert both(name, text, gold, options=tuple("甲乙丙丁戊") if name == "medcare-cmb" else ()) == (
        published,
        corrected,
    )


def test_rouge_l_printed_as_rouge_1_is_named_by_what_it_is() -> None:
    reply = Reply("m", "f", "t", "1", text="b a. a b", gold="a b. a c")
    row = score_replies(load_task("meds-ins-114-medqsum-text-summurization"), [reply], "as_published")[0]
    assert [one.metric for one in row] == ["text_overlap", "bleu1", "rougeL"]


def test_empty_rationales_are_left_out_by_the_published_scorer_and_wrong_in_ours() -> None:
    published, corrected = both("meds-ins-052-mmedbench-explanation-english", "", "Because.")
    assert published is None
    assert corrected == 0


def test_valid_codes_raise_the_published_score_of_wrong_codes_alone() -> None:
    published, corrected = both("clue-medisumcode", "A00.1", "E11.9")
    assert published == pytest.approx(1 / 3)
    assert corrected == 0


def test_absent_hallmarks_count_as_zero_in_the_published_mean() -> None:
    task = load_task("meds-ins-106-hoc-text-classification")
    reply = Reply("m", "f", task.name, "1", text="resisting cell death", gold="resisting cell death")
    for scorer, expected in zip(SCORERS, (1.0, 0.1), strict=True):
        row = score_replies(task, [reply], scorer)[0]
        scores = [one for one in score_records(reply, [("corrected", row)]) if one.metric == "macro_f1"]
        assert pooled("macro_f1", scores) == pytest.approx(expected)


def test_labels_that_do_not_exist_are_classes_of_the_published_mean() -> None:
    task = load_task("medcare-cblue-kuake-qic")
    replies = [
        Reply("m", "f", task.name, str(n), text=text, gold="病情诊断")
        for n, text in enumerate(["病情诊断", "胡言", "乱语"])
    ]
    figures: dict[str, float] = {}
    for scorer in SCORERS:
        measured = score_replies(task, replies, scorer)
        rows = [s for r, row in zip(replies, measured, strict=True) for s in score_records(r, [("corrected", row)])]
        figures[scorer] = pooled("macro_f1", [s for s in rows if s.metric == "macro_f1"])
    assert figures == pytest.approx({"as_published": 0.5 / 3, "corrected": 0.5})


def test_a_forced_letter_stands_in_for_a_free_reply_without_one_and_both_are_reported() -> None:
    task = load_task("medcare-cmb")
    reply = Reply(
        "m",
        "f",
        task.name,
        "1",
        text="我不知道",
        gold="答案为B",
        options=("甲", "乙"),
        metadata={"forced_letter": "B"},
    )
    row = {one.metric: one.value for one in score_replies(task, [reply], "corrected")[0]}
    assert row == {"accuracy": 1, "answer_found": 0, "free_accuracy": 0, "forced_accuracy": 1}
    assert score_replies(task, [reply], "as_published")[0][0].value == 1


def test_every_occurrence_of_a_determinant_counts_and_pairs_are_matched_one_to_one() -> None:
    text = "wine. He drinks red wine daily"
    gold = [Pair("alcohol/type", "red wine")]
    assert pair_f1(gold, [Pair("alcohol/type", "wine")], text) == pytest.approx(
        {"type": 1.0, "partial": 0.5, "exact": 0.0, "strict": 0.0}
    )
    several = pair_f1(gold, [Pair("alcohol/type", "red"), Pair("alcohol/type", "wine")], text)
    assert several["type"] == pytest.approx(2 / 3)
    item = '[{"entity": "Alcohol", "label": "Type", "value": "%s"}]'
    published, corrected = both("clue-sdoh", item % "wine", item % "red wine", input=text)
    assert (published, corrected) == (0, 1)  # eval4ner looks at the first `wine` alone


def test_corrections_of_medec_are_scored_where_the_item_has_one() -> None:
    task = load_task("clue-medec")
    gold = "5 He takes 5 mg of warfarin."
    values = {}
    for text in (gold, "5", "5 He takes 10 mg of warfarin."):
        row = score_replies(task, [Reply("m", "f", task.name, "1", text=text, gold=gold)], "corrected")[0]
        values[text] = {one.metric: one.value for one in row}
        assert values[text]["sentence_id_accuracy"] == 1
    assert [round(v["correction_rouge1"] or 0, 3) for v in values.values()] == [1.0, 0.0, 0.833]
