"""Gold answers reach the maximum; empty, echoing and adversarial replies do not score: in every family."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.evals.scoring import SCORERS, has_published, pooled, score_records, score_replies
from polyclinic.evals.scoring.free_text import TEXT_METRICS
from polyclinic.records import Reply
from polyclinic.tasks import Task, load_catalog, load_task
from polyclinic.tasks.source_items import Item, task_items

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "benchmarks"
OPTIONS = ("Stable angina", "Unstable angina", "A tumour of the lung", "Reflux")
# Not better when higher: shares to read beside the others.
SHARES = {"no_error_share", "majority_share"}

# task, gold, further fields of the reply, replies that list everything or dodge, and must not score
CASES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    (
        "meds-bench-122-medmcqa-test-set",
        "The right answer is B: Unstable angina",
        {"options": OPTIONS},
        [
            "A, B, C, D",
            "ABCD",
            "A: Stable angina\nB: Unstable angina\nC: A tumour of the lung\nD: Reflux",
            "The answer is A. The answer is B. The answer is C. The answer is D.",
            "It is stable angina or unstable angina or reflux",
            "Stable angina",
            "I do not know",
            "bcd",
        ],
    ),
    ("medcare-cmb", "答案为ABD", {"options": tuple("甲乙丙丁戊")}, ["答案为ABCDE", "A", "答案为AB", "甲乙丙丁戊"]),
    (
        "clue-mednli",
        "neutral",
        {},
        [
            "entailment, contradiction, neutral",
            "entailment",
            "neutral\ncontradiction",
            "It is either neutral or entailment.",
        ],
    ),
    (
        "meds-ins-130-ddxplus-text-classification-train",
        "The diagnosis result is stable angina.",
        {},
        ["Unstable angina"],
    ),
    (
        "meds-ins-012-pubmedqa-classification",
        "no",
        {},
        ["not sure about the diagnosis", "yes or no", "no\nyes", "nothing"],
    ),
    ("meds-ins-117-mimic4ed-benchmark-hospitalization", "True", {}, ["True or False", "False", "Truely"]),
    (
        "meds-ins-106-hoc-text-classification",
        "resisting cell death, cellular energetics",
        {},
        ["resisting cell deaths", "cell death"],
    ),
    (
        "meds-ins-126-bc5chem-named-enetity-recognition",
        "vitamin (B12, oral), aspirin.",
        {},
        ["There is no related entity.", "vitamin", "oral"],
    ),
    ("meds-ins-126-bc5chem-named-enetity-recognition", "There is no related enetity.", {}, ["aspirin", "x, y, z"]),
    ("meds-ins-029-drug-dose-extraction", "5 mg/kg", {}, ["5 mg/kg or 10 mg/kg", "The dose is 15 mg/kg", "mg/kg"]),
    (
        "meds-ins-074-pmc-patient-case-report-basic-information-extraction",
        "Gender: F\n\nAge: [[45.0, 'year']]",
        {},
        ["Gender: M\nAge: [[44.0, 'year']]", "Gender: F\nGender: M\nAge: 45 years\nAge: 44 years", "45 F"],
    ),
    ("clue-medec", "5", {}, ["1 2 3 4 5 6 7", "-1", "1\n2\n3\n4\n5", "5 or 6", "correct", "0.5", "no idea"]),
    (
        "clue-sdoh",
        '[{"entity": "Tobacco", "label": "StatusTime", "value": "quit smoking"}]',
        {"input": "He quit smoking in 1990 and drinks beer."},
        ["[]", "not JSON", '{"entity": "Tobacco"}', '[{"entity": "Drug", "label": "Type", "value": "beer"}]'],
    ),
    ("clue-medisumcode", "E11.9, I10", {}, ["Z99.9, A00.1", "diabetes", "no codes"]),
    ("meds-ins-114-medqsum-text-summurization", "How is gout treated?", {}, ["...", "xyz", "何か", "\x00\x01"]),
    ("meds-ins-051-mmedbench-explanation-chinese", "患者发热三天，应当住院。", {}, ["xyz", "hello"]),
    ("meds-ins-054-mmedbench-explanation-japanese", "患者は三日間熱がある。", {}, ["xyz", "hello"]),
    ("meds-ins-055-mmedbench-explanation-russian", "Пациент жалуется на боль.", {}, ["xyz", "hello"]),
    ("meds-ins-056-mmedbench-explanation-spanish", "El niño tiene fiebre.", {}, ["xyz", "hello"]),
    ("meds-ins-053-mmedbench-explanation-french", "L'élève a une fièvre.", {}, ["xyz", "hello"]),
    (
        "medcare-cblue-cmeee-v2",
        "上述句子中的实体包含：\n疾病实体：肺炎，流感\n症状实体：咳嗽",
        {},
        ["症状实体：肺炎，流感", "肺炎，流感，咳嗽"],
    ),
    (
        "medcare-cblue-imcs-v2-ner",
        "症状实体：咳嗽，发热\n药品名称实体：布洛芬",
        {},
        ["药品名称实体：咳嗽", "咳嗽，发热"],
    ),
    (
        "medcare-cblue-cmeie",
        "具有病因关系的头尾实体对如下：头实体为肺炎，尾实体为细菌。头实体为流感，尾实体为病毒。",
        {},
        ["具有病因关系的头尾实体对如下：头实体为细菌，尾实体为肺炎。", "肺炎，细菌"],
    ),
    ("medcare-cblue-chip-cdn", "肺部感染，肺炎", {}, ["肺部", "感染，炎"]),
    (
        "medcare-cblue-chip-cdee",
        "上述事件如下：\n主体词：疼痛；发生状态：；描述词：剧烈，持续；解剖部位：腹部",
        {},
        ["主体词：疼痛；发生状态：否定；描述词：剧烈；解剖部位：腹部", "疼痛"],
    ),
    ("medcare-cblue-chip-mdcfnpc", "上述结果：\n咳嗽：阳性\n发热：阴性", {}, ["咳嗽：阴性\n发热：阳性", "阳性"]),
    ("medcare-cblue-imcs-v2-sr", "结果如下：\n咳嗽：患有该症状", {}, ["咳嗽：没有患有该症状", "咳嗽"]),
    ("medcare-cblue-chip-sts", "是的", {}, ["是的 不是", "不是", "不同"]),
    ("medcare-cblue-kuake-ir", "相关", {}, ["不相关", "相关\n不相关", "相关，不相关"]),
    ("medcare-cblue-kuake-qtr", "部分匹配", {}, ["完全匹配", "部分匹配，完全匹配"]),
    ("medcare-cblue-chip-ctc", "症状(患者感受)", {}, ["疾病", "疾病，症状(患者感受)"]),
    ("medcare-cblue-imcs-v2-dac", "给出诊断", {}, ["关于症状的询问", "非上述类型"]),
    ("medcare-cblue-meddg", "您好，请问您发热多久了？", {}, ["xyz", "hello"]),
    (
        "medcare-cblue-imcs-v2-mrg",
        "报告如下：\n主诉：咳嗽三天\n诊断：肺炎",
        {},
        ["主诉：\n诊断：", "xyz", "主诉\n诊断"],
    ),
]


def reply_to(task: Task, text: str, gold: str, item: str = "1", **fields: Any) -> Reply:
    return Reply("m", "f", task.name, item, text=text, gold=gold, **fields)


def figures(task: Task, replies: list[Reply], scorer: Any = "corrected") -> dict[str, float]:
    measured = score_replies(task, replies, scorer)
    scores = [s for r, row in zip(replies, measured, strict=True) for s in score_records(r, [(scorer, row)])]
    return {
        name: pooled(name, [s for s in scores if s.metric == name])
        for name in dict.fromkeys(s.metric for s in scores)
    }


@pytest.mark.parametrize(
    ("name", "gold", "fields", "bad"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)]
)
def test_gold_reaches_the_maximum_and_other_replies_do_not_score(
    name: str, gold: str, fields: dict[str, Any], bad: list[str]
) -> None:
    task = load_task(name)
    of_gold = figures(task, [reply_to(task, gold, gold, **fields)])
    assert {metric: value for metric, value in of_gold.items() if metric not in SHARES} == pytest.approx(
        dict.fromkeys(of_gold.keys() - SHARES, 1.0)
    )
    for text in ["", " \n ", *bad]:
        headline = score_replies(task, [reply_to(task, text, gold, **fields)], "corrected")[0][0]
        assert headline.value is not None, text
        assert headline.value == 0 or (
            task.family in ("entities", "structured", "option_letters") and headline.value < 0.7
        ), text
    assert score_replies(task, [reply_to(task, "", gold, **fields)], "corrected")[0][0].value == 0


@pytest.mark.parametrize("name", ["medcare-cblue-cmeee-v2", "meds-ins-126-bc5chem-named-enetity-recognition"])
def test_listing_many_entities_costs_precision(name: str) -> None:
    task = load_task(name)
    gold = "疾病实体：a" if "cblue" in name else "a"
    many = (
        gold
        + ("，" if "cblue" in name else ", ")
        + ("，" if "cblue" in name else ", ").join(f"x{n}" for n in range(99))
    )
    assert figures(task, [reply_to(task, many, gold)])[task.metric] == pytest.approx(2 / 101)


def test_listing_all_hallmarks_scores_what_chance_gives() -> None:
    task = load_task("meds-ins-106-hoc-text-classification")
    replies = [reply_to(task, ", ".join(task.labels), label, item=label) for label in task.labels]
    found = figures(task, replies)
    assert found["macro_f1"] == pytest.approx(2 / 11)
    assert found["exact_set"] == 0


def verified() -> list[str]:
    found = [task for task in load_catalog().values() if task.verified and task.builder == "source"]
    return [task.name for task in found if "mediphi-validation" not in task.suites]  # a teacher writes those anew


@pytest.mark.skipif(not DATA.exists(), reason=f"the released data sets are not in {DATA}")
@pytest.mark.parametrize("name", verified())
def test_gold_answers_of_every_verified_task_reach_the_maximum(name: str) -> None:
    task = load_task(name)
    items: list[Item] = []
    for split in ("test", "validation", "train"):
        try:
            items = [
                one
                for one in itertools.islice(task_items(task, DATA, split, to_ask=True), 200)
                if isinstance(one, Item)
            ]
        except UserError:
            continue
        if items:
            break
    assert items
    replies = [
        reply_to(
            task,
            item.outputs[0],
            item.outputs[0],
            item.id,
            input=item.input,
            options=item.options,
            metadata={"references": list(item.outputs)} if len(item.outputs) > 1 else {},
        )
        for item in items
    ]
    found = figures(task, replies)
    # ROUGE-2 of a gold of one word is 0, as in rouge-score: the stated maximum is the share of longer golds.
    assert {m: v for m, v in found.items() if m not in SHARES | {"rouge2"}} == pytest.approx(
        dict.fromkeys(found.keys() - SHARES - {"rouge2"}, 1.0)
    )
    empty = figures(task, [reply_to(task, "", r.gold, r.item, input=r.input, options=r.options) for r in replies])
    assert next(iter(empty.values())) == 0


@pytest.mark.parametrize("name", [task.name for task in load_catalog().values() if task.family != "perplexity"])
def test_every_task_of_the_catalog_has_a_scorer(name: str) -> None:
    task = load_task(name)
    replies = [reply_to(task, text, "A: x, y", str(n)) for n, text in enumerate(["A: x, y", "", "\x00" * 3, "?"])]
    for scorer in SCORERS:
        if scorer == "as_published" and not has_published(task):
            continue
        found = score_replies(task, replies, scorer)
        assert len(found) == len(replies)
        assert all(row for row in found)


def test_what_was_not_answered_is_unscored_with_its_reason_and_never_zero() -> None:
    task = load_task("clue-meqsum")
    replies = [
        reply_to(task, "a b", "a b", "1"),
        Reply("m", "f", task.name, "2", unanswered_reason="timed out", gold="a"),
    ]
    for scorer in SCORERS:
        first, second = score_replies(task, replies, scorer)
        assert [one.metric for one in first] == [one.metric for one in second]
        assert all(one.value is None and one.reason == "timed out" for one in second)
    everything = score_replies(task, replies[1:], "corrected")
    assert everything[0][0].reason == "timed out"


def test_a_task_that_nobody_published_a_scorer_for_says_so() -> None:
    with pytest.raises(UserError, match="no published code"):
        score_replies(load_task("ncbi-disease"), [], "as_published")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from([case[:3] for case in CASES]))
def test_no_text_makes_a_scorer_fail_or_leave_the_scale(text: str, case: tuple[str, str, dict[str, Any]]) -> None:
    task = load_task(case[0])
    reply = reply_to(task, text, case[1], **case[2])
    for scorer in SCORERS if has_published(task) else SCORERS[:1]:
        for one in score_replies(task, [reply], scorer)[0]:
            assert one.value is None or 0 <= one.value <= 1 + 1e-9


@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_megabyte_of_text_is_scored_in_seconds(number: int) -> None:
    name, gold, fields, _ = CASES[number]
    task = load_task(name)
    for filler in ("answer is ", "A, ", "(", "<think>", "6 ", "```", "\u4e00", '[{"value": "'):
        long = filler * (1_000_000 // len(filler))
        if "mmedbench" in name:
            long = long[:5_000]  # the speed of the dictionaries is not ours
        value = score_replies(task, [reply_to(task, long, gold, **fields)], "corrected")[0][0].value
        assert value is not None
        assert value < 0.5


def test_a_gold_without_any_word_of_the_rule_is_right_when_it_is_repeated() -> None:
    task = load_task("meds-ins-114-medqsum-text-summurization")
    for text, expected in (("？？", 1.0), ("！", 0.0)):
        assert figures(task, [reply_to(task, text, "？？")])["rougeL"] == expected


def test_several_references_and_single_ones_stand_in_their_places() -> None:
    task = load_task("meds-ins-114-medqsum-text-summurization")
    golds = [["a b c d", "x"], ["e f g h"], ["y", "i j k l", "z"], ["m n o p"]]
    texts = ["a b c d", "e f", "i j k l", ""]
    replies = [
        reply_to(task, text, group[0], str(n), metadata={"references": group})
        for n, (text, group) in enumerate(zip(texts, golds, strict=True))
    ]
    found = [{one.metric: one.value for one in row} for row in score_replies(task, replies, "corrected")]
    assert [round(row["rouge1"] or 0, 3) for row in found] == [1.0, 0.667, 1.0, 0.0]
    assert [row["corpus_bleu4"] for row in found] == pytest.approx([1.0, 0.368, 1.0, 0.0], abs=1e-3)


def test_all_text_metrics_are_there_for_every_language() -> None:
    for language in ("chinese", "english", "french", "japanese", "russian", "spanish"):
        name = next(task for task in load_catalog() if task.endswith(f"mmedbench-explanation-{language}"))
        row = score_replies(load_task(name), [reply_to(load_task(name), "a", "a")], "corrected")[0]
        assert set(TEXT_METRICS) <= {one.metric for one in row}
