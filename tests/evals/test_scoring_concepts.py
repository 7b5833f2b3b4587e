"""UMLS F1 over a list of terms of the user's own; BERTScore beside the package and beside its formula."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from polyclinic.errors import UserError
from polyclinic.evals import score
from polyclinic.evals.scoring import Aids, score_replies
from polyclinic.evals.scoring.bertscore import open_bertscore
from polyclinic.evals.scoring.concepts import read_terms, score_concepts
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.tasks import load_task

TERMS = "code,term\nC1,heart failure\nC2,congestive heart failure\nC3,Fever\nC3,pyrexia\nC4,gout\nC9,heart failure\n"


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    (tmp_path / "terms.csv").write_text(TERMS)
    return tmp_path / "terms.csv"


def test_the_longest_term_counts_and_synonyms_are_one_concept(terms: Path) -> None:
    found = read_terms(terms)
    assert found.find("Congestive  heart-failure with pyrexia; FEVER.") == {"C2", "C3"}
    assert found.find("heart failure") == {"C1"}  # the first code of a term
    assert found.find("congestive heart") == frozenset()
    assert found.find("feverish goutweed") == frozenset()


def test_precision_recall_and_f1_are_those_of_sets(terms: Path) -> None:
    found = read_terms(terms)

    def row(text: str, *references: str, **more: Any) -> list[float | None]:
        return [one.value for one in score_concepts(text, list(references), found, **more)]

    assert row("fever, fever and gout", "pyrexia and heart failure") == [0.5, 0.5, 0.5]
    assert row("gout", "fever", "gout, fever") == pytest.approx([2 / 3, 1.0, 0.5])  # the best reference
    assert row("nothing", "no concept here") == [1.0, 1.0, 1.0]
    assert row("nothing", "no concept here", published=True) == [0.0, 0.0, 0.0]
    assert row("", "no concept here") == row("gout", "no concept here") == row("nothing", "gout") == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("terms.tsv", "CUI\tSTR\nC1\theart failure\n"),
        ("terms.jsonl", json.dumps({"code": "C1", "terms": ["cardiac failure", "heart failure"]}) + "\n"),
        (
            "MRCONSO.RRF",
            "C7|FRE|P|L|PF|S|Y|A||||MSH|PT|D1|heart failure|0|N|256|\n"
            "C8|ENG|P|L|PF|S|Y|A||||MSH|PT|D1|heart failure|0|O|256|\n"
            "C1|ENG|P|L|PF|S|Y|A||||MSH|PT|D1|Heart Failure|0|N|256|\n",
        ),
    ],
)
def test_terms_are_read_from_tables_json_and_umls(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_terms(tmp_path / name).find("Heart failure.") == {"C1"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"number,word\n1,gout\n", "expected the columns code and term, found number, word"),
        ("a.csv", b"", "found nothing"),
        ("a.csv", b"code,term\nC1\n", "a.csv:2: the row has 1 cells"),
        ("a.csv", b"code,term\n", "no terms here"),
        ("a.csv", b"code,term\nC1,\xff\n", "not UTF-8"),
        ("a.jsonl", b'{"code": 1, "term": "x"}\n', "a.jsonl:1: expected `code`"),
        ("a.rrf", b"C1|ENG\n", "a.rrf:1: expected the 18 columns"),
    ],
)
def test_another_layout_is_refused_with_its_place(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_terms(tmp_path / name)


def headline(task: str, aids: Aids, scorer: Any = "corrected") -> tuple[str, float | None, dict[str, Any]]:
    reply = Reply("m", "f", task, "1", text="fever and gout", gold="fever and heart failure")
    row = score_replies(load_task(task), [reply], scorer, aids)[0]
    return row[0].metric, row[0].value, {one.metric: one for one in row}


@pytest.mark.parametrize("scorer", ["corrected", "as_published"])
def test_the_mean_of_clue_has_five_parts_with_terms_and_says_what_is_missing_without(
    terms: Path, scorer: str
) -> None:
    def near(texts: Any, references: Any) -> list[float]:
        return [0.9] * len(texts)

    name, value, row = headline("clue-pls", Aids(similarity=near, terms=read_terms(terms)), scorer)
    parts = [row[part].value for part in ("rouge1", "rouge2", "rougeL", "bertscore_f1", "umls_f1")]
    assert row["umls_f1"].value == 0.5
    assert name == "summary_mean"
    assert value == pytest.approx(sum(parts) / 5)
    name, value, row = headline("clue-pls", Aids(similarity=near), scorer)
    assert name == "summary_mean_without_umls"
    assert value == pytest.approx((sum(parts) - 0.5) / 4)
    assert row["umls_f1"].value is None
    assert "no list of terms was given" in row["umls_f1"].reason
    assert headline("clue-pls", Aids(terms=read_terms(terms)), scorer)[0] == "rouge_mean"
    name, value, _ = headline("clue-meqsum", Aids(similarity=near, terms=read_terms(terms)), scorer)
    assert name == "summary_mean"
    assert value == pytest.approx((sum(parts) - 0.5) / 4)  # four parts, as published


def test_the_command_takes_a_file_of_terms(terms: Path, tmp_path: Path) -> None:
    items = [Sample("clue-medisumqa-1", "clue-medisumqa", "You had a fever.", input="Why?")]
    write_records(tmp_path / "items", items, Sample)
    (tmp_path / "mine.csv").write_text("id,prediction\n1,pyrexia\n")
    fields: dict[str, Any] = {"task": "clue-medisumqa", "predictions": tmp_path / "mine.csv"}
    made = score(out=tmp_path / "out", samples=[tmp_path / "items"], concepts=terms, **fields)
    assert {s.value for s in read_records(made, Score) if s.metric == "umls_f1"} == {1.0}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{number}" for number in range(40))]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=45, **shape)).save_pretrained(folder / "model")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=512).save_pretrained(folder / "model")
    return folder / "model"


def pairs() -> tuple[list[str], list[str]]:
    draw = random.Random(0)
    texts = [" ".join(f"w{draw.randrange(42)}" for _ in range(draw.randint(1, 20))) for _ in range(160)]
    return texts[:80], texts[80:]


def test_bertscore_is_what_the_formula_gives(encoder: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder).eval()

    def vectors(text: str) -> list[Any]:
        with torch.no_grad():
            states = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states[2][0]
        return [state / state.norm() for state in states]

    def f1(text: str, reference: str) -> float:
        said, wanted = vectors(text), vectors(reference)
        cosines = [[float(a @ b) for b in wanted] for a in said]
        precision = sum(max(row) for row in cosines[1:-1]) / (len(said) - 2)
        recall = sum(max(column) for column in list(zip(*cosines, strict=True))[1:-1]) / (len(wanted) - 2)
        return float(2 * precision * recall / (precision + recall))

    texts, references = (side[:20] for side in pairs())
    found = open_bertscore(encoder, 2)(texts, [[one] for one in references])
    assert found == pytest.approx([f1(*pair) for pair in zip(texts, references, strict=True)], abs=1e-5)


def test_bertscore_equals_the_package(encoder: Path) -> None:
    package = pytest.importorskip("bert_score", reason="the package bert-score is not installed")
    texts, references = pairs()
    for layer in (1, 3):
        theirs = package.score(texts, references, model_type=str(encoder), num_layers=layer)[2].tolist()
        assert open_bertscore(encoder, layer)(texts, [[one] for one in references]) == pytest.approx(theirs, abs=1e-5)
