"""Our ROUGE, BLEU and word rules against the packages they must equal: thousands of random pairs in many scripts."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.evals.scoring import words
from polyclinic.evals.scoring.bleu import bleu1, bleu1_columns, bleu_columns, bleu_parts
from polyclinic.evals.scoring.overlap import TOGETHER, shared, shared_columns
from polyclinic.evals.scoring.pooling import pooled
from polyclinic.evals.scoring.rouge import rouge_chinese_l, rouge_columns, rouge_f1, rouge_package_l
from polyclinic.records import Score

PAIRS = 1000
SAMPLE = """
the a patient Patient's had fever, no pain. 5 mg/kg B12 U.S. don't (chest) x-ray 3.5 10,000 año naïve это 患者 发热
头痛。 。 痛み は です ， ： . ... & &amp; 1-2 <skipped> “q” «non» ¿qué? élève Пациент, боль— cannot 'tis `` '' " ' --
[x] {y} $3.88 3,36 10:30 … # * can't I'll gonna .5 ,6
"""
PIECES = SAMPLE.split()
SPACES = (" ", " ", " ", " ", "  ", "\n", "\t", "", "\u00a0", "\u3000", "-\n")


def texts(seed: int, pairs: int = PAIRS) -> list[tuple[str, str]]:
    generator = random.Random(seed)

    def one() -> str:
        count = generator.randint(0, 25)
        return "".join(generator.choice(PIECES) + generator.choice(SPACES) for _ in range(count))

    made = [(one(), one()) for _ in range(pairs)]
    return [(a, a) if generator.random() < 0.15 else (a, b) for a, b in made]


def test_rouge_equals_rouge_score() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rouge2", "rougeL"])
    divide = words.RULES["rouge"]()
    for reply, gold in texts(1):
        expected = scorer.score(gold, reply)
        found = rouge_f1(divide(reply), [divide(gold)])
        assert found == pytest.approx([expected[name].fmeasure for name in ("rouge1", "rouge2", "rougeL")], abs=1e-12)


def test_the_best_of_several_references_equals_rouge_score() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rouge2", "rougeL"])
    divide = words.RULES["rouge"]()
    pairs = texts(2, 300)
    for (reply, one), (other, third) in itertools.pairwise(pairs):
        expected = scorer.score_multi([one, other, third], reply)
        found = rouge_f1(divide(reply), [divide(text) for text in (one, other, third)])
        assert found == pytest.approx([expected[name].fmeasure for name in ("rouge1", "rouge2", "rougeL")], abs=1e-12)


def test_published_rouge_l_equals_the_package_rouge() -> None:
    package = pytest.importorskip("rouge").Rouge(metrics=["rouge-l"])
    for reply, gold in texts(3, 800):
        try:
            expected = package.get_scores(reply, gold)[0]["rouge-l"]["f"]
        except ValueError:  # no sentence on one side, where ours is 0
            expected = 0.0
        assert rouge_package_l(reply, gold) == pytest.approx(expected, abs=1e-12)


def test_chinese_rouge_equals_rouge_chinese_on_bert_words() -> None:
    package = pytest.importorskip("rouge_chinese").Rouge()
    basic = pytest.importorskip("transformers").BasicTokenizer(tokenize_chinese_chars=True)
    divide = words.RULES["characters"]()
    for reply, gold in texts(4, 800):
        left, right = basic.tokenize(reply), basic.tokenize(gold)
        assert divide(reply) == left
        expected = package.get_scores(" ".join(left) or "无 。", " ".join(right) or "无 。")[0]
        found = rouge_chinese_l(divide(reply), divide(gold))
        assert found == pytest.approx([expected[name]["f"] for name in ("rouge-1", "rouge-2", "rouge-l")], abs=1e-12)


def test_words_equal_nltk_word_for_word() -> None:
    whole = pytest.importorskip("nltk.tokenize.destructive").NLTKWordTokenizer().tokenize
    divide = words.RULES["nltk"]()
    for text in (text for pair in texts(5, 1500) for text in pair):
        assert divide(text) == whole(text)
        assert divide(text) == whole(text)  # from memory too


def test_words_equal_sacrebleu_word_for_word() -> None:
    bleu = pytest.importorskip("sacrebleu.metrics").BLEU
    for rule in ("13a", "zh"):
        expected, divide = bleu(tokenize=rule).tokenizer, words.RULES[rule]()
        for text in (text for pair in texts(6) for text in pair):
            assert divide(text) == expected(text.rstrip()).split()


def test_sentence_bleu_of_unigrams_equals_nltk() -> None:
    package: Any = pytest.importorskip("nltk.translate.bleu_score")
    smoothing, divide = package.SmoothingFunction().method1, words.RULES["nltk"]()
    for reply, gold in texts(7):
        left, right = divide(reply), divide(gold)
        if right:
            expected = package.sentence_bleu([right], left, weights=(1, 0, 0, 0), smoothing_function=smoothing)
            assert bleu1(left, [right]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("references", [1, 3])
def test_corpus_bleu_equals_sacrebleu(references: int) -> None:
    package: Any = pytest.importorskip("sacrebleu.metrics")
    generator, divide = random.Random(8), words.RULES["13a"]()
    for _ in range(30):
        golds = [[gold for _, gold in texts(generator.randrange(10**6), 20)] for _ in range(references)]
        replies = [" ".join(gold.split()[1:]) or "x" for gold in golds[-1]]
        expected = package.BLEU(tokenize="13a", smooth_method="none").corpus_score(replies, golds).score / 100
        scores = [
            Score("m", "f", "t", str(place), "corpus_bleu4", "s", 0.0, parts=bleu_parts(divide(reply), group))
            for place, reply in enumerate(replies)
            for group in [[divide(column[place]) for column in golds]]
        ]
        assert pooled("corpus_bleu4", scores) == pytest.approx(expected, abs=1e-9)


def test_f1_over_classes_equals_scikit_learn() -> None:
    metrics: Any = pytest.importorskip("sklearn.metrics")
    generator = random.Random(9)
    for _ in range(40):
        labels = [f"label {n}" for n in range(generator.randint(2, 7))]
        gold = [generator.choice(labels) for _ in range(40)]
        said = [g if generator.random() < 0.5 else generator.choice([*labels, "none of them"]) for g in gold]
        scores = [
            Score("m", "f", "t", str(n), "macro_f1", "s", 0.0, parts={"gold": g, "predicted": s})
            for n, (g, s) in enumerate(zip(gold, said, strict=True))
        ]
        report = metrics.classification_report(gold, said, output_dict=True, zero_division=0)
        assert pooled("macro_f1", scores) == pytest.approx(report["macro avg"]["f1-score"])
        assert pooled("weighted_f1", scores) == pytest.approx(report["weighted avg"]["f1-score"])
        recalls = [report[label]["recall"] for label in set(gold)]
        assert pooled("balanced_accuracy", scores) == pytest.approx(sum(recalls) / len(recalls))


def test_f1_of_label_sets_equals_scikit_learn() -> None:
    metrics: Any = pytest.importorskip("sklearn.metrics")
    binarizer: Any = pytest.importorskip("sklearn.preprocessing").MultiLabelBinarizer
    generator, labels = random.Random(10), ["a", "b", "c", "d", "never"]
    for _ in range(40):
        rows = [
            tuple(sorted(x for x in labels[:-1] if generator.random() < 0.4) for _ in range(2)) for _ in range(30)
        ]
        scores = [
            Score("m", "f", "t", str(n), "x", "s", 0.0, parts={"gold": g, "predicted": p, "classes": 5})
            for n, (g, p) in enumerate(rows)
        ]
        both = binarizer(classes=labels)
        gold, said = both.fit_transform([g for g, _ in rows]), both.transform([p for _, p in rows])
        for side in ("precision", "recall", "f1"):
            function = getattr(metrics, f"{side}_score")
            assert pooled(f"macro_{side}", scores) == pytest.approx(
                function(gold, said, average="macro", zero_division=0)
            )
            assert pooled(f"micro_{side}", scores) == pytest.approx(
                function(gold, said, average="micro", zero_division=0)
            )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abcd"), max_size=9)))
)
def test_counting_many_pairs_together_equals_counting_one_by_one(pairs: list[tuple[list[str], list[str]]]) -> None:
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    expected = [[shared(one, other, order) for order in (1, 2, 3, 4)] for one, other in pairs]
    assert shared_columns(ones, others, 4) == expected
    assert rouge_columns(ones, others) == [rouge_f1(one, [other]) for one, other in pairs]
    assert bleu_columns(ones, others) == [bleu_parts(one, [other]) for one, other in pairs]
    assert bleu1_columns(ones, others) == [bleu1(one, [other]) for one, other in pairs]


def test_blocks_of_many_words_are_counted_as_one_by_one() -> None:
    divide = words.RULES["rouge"]()
    pairs = [(divide(reply * 40), divide(gold * 40)) for reply, gold in texts(11, 300)]
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    assert sum(map(len, ones + others)) > 2 * TOGETHER
    assert shared_columns(ones, others, 2) == [[shared(one, other, n) for n in (1, 2)] for one, other in pairs]
