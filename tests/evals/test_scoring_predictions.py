"""eval.score: kept replies and files of predictions, whatever is wrong with them; judges and encoders."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from polyclinic.artifacts import read_manifest
from polyclinic.cli import build_app
from polyclinic.errors import UserError
from polyclinic.evals import score
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.tasks import build

TASK = "clue-meqsum"


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    made = [Sample(f"{TASK}-{n}", TASK, f"what is gout number {n}", input=f"question {n}") for n in range(4)]
    write_records(tmp_path / "samples", made, Sample)
    return tmp_path / "samples"


def predictions(folder: Path, text: str, name: str = "mine.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def scored(folder: Path, metric: str = "rouge1", scorer: str = "corrected-2") -> dict[str, Score]:
    return {s.item: s for s in read_records(folder, Score) if s.metric == metric and s.scorer == scorer}


def test_predictions_are_scored_by_item_with_or_without_the_task_in_their_ids(tmp_path: Path, samples: Path) -> None:
    file = predictions(tmp_path, f'id,prediction\n1,what is gout number 1\n{TASK}-0,\n3,"a, b"\n')
    made = score(out=tmp_path / "scores", task=TASK, predictions=file, samples=[samples])
    found = scored(made)
    assert [found[f"{TASK}-{n}"].value for n in range(4)] == [0.0, 1.0, None, 0.0]
    assert found[f"{TASK}-2"].unscored_reason == "no prediction for this item"
    manifest = read_manifest(made)
    assert manifest is not None
    assert (manifest.facts["items"], manifest.facts["unscored"]) == (4, 1)
    assert {s.scorer for s in read_records(made, Score)} == {"corrected-2", "as_published-2"}
    assert sum(bool(s.gold) for s in read_records(made, Score)) == 4  # the texts stand in the first score of an item


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        ("id,prediction\n1,a\n1,b\n", "mine.csv", r"mine.csv:3: item 1 is predicted twice, first at .*mine.csv:2"),
        ("id,prediction\n1,a\n9,b\n8,c\n", "mine.csv", r"mine.csv:3: 2 of 3 ids are no items of clue-meqsum: 9, 8"),
        ("number,prediction\n1,a\n", "mine.csv", "expected a field for the id"),
        ("id,answer\n1,a\n", "mine.csv", "one for the prediction"),
        ("id,prediction\n1,a,b\n", "mine.csv", "the row has 3 cells, the header 2"),
        ("id,id,prediction\n1,1,a\n", "mine.csv", "the column 'id' is there twice"),
        ('id,prediction\n1,"a\n', "mine.csv", "broken csv"),
        ("", "mine.csv", "no predictions here"),
        ('{"id": "1"}\n', "mine.jsonl", "expected a field for the id"),
        (
            '{"id": "1", "prediction": "a"}\n{"id": "2"}\n',
            "mine.jsonl",
            r"mine.jsonl:2: field 'prediction' is missing",
        ),
        ("{broken", "mine.jsonl", r"mine.jsonl:1: broken JSON"),
        ("x", "mine.txt", "expected .csv"),
    ],
)
def test_wrong_files_are_named_with_place_and_expectation(
    tmp_path: Path, samples: Path, text: str, name: str, problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        score(out=tmp_path / "out", task=TASK, predictions=predictions(tmp_path, text, name), samples=[samples])
    assert not (tmp_path / "out").exists()


def test_bytes_that_are_no_text_are_named(tmp_path: Path, samples: Path) -> None:
    (tmp_path / "mine.csv").write_bytes(b"id,prediction\n1,\xff\xfe\n")
    with pytest.raises(UserError, match="not UTF-8"):
        score(out=tmp_path / "out", task=TASK, predictions=tmp_path / "mine.csv", samples=[samples])


def test_null_numbers_control_characters_and_a_megabyte_are_predictions(tmp_path: Path, samples: Path) -> None:
    rows = [None, 7, "\x00what is \x1bgout number 2", "word " * 200_000]
    text = "".join(json.dumps({"id": str(n), "prediction": row}) + "\n" for n, row in enumerate(rows))
    made = score(
        out=tmp_path / "out", task=TASK, predictions=predictions(tmp_path, text, "m.jsonl"), samples=[samples]
    )
    found = scored(made)
    assert found[f"{TASK}-0"].unscored_reason == "the prediction is null"
    assert found[f"{TASK}-2"].value == 1.0
    assert [found[f"{TASK}-{n}"].value for n in (1, 3)] == [0.0, 0.0]


def test_the_csv_of_medsbench_brings_its_golds_along(tmp_path: Path) -> None:
    text = "task_id,input,GT,output\ntask114,q,What is gout?,what is gout\ntask41,q,Neutral,x\n"
    file = predictions(tmp_path, text)
    made = score(out=tmp_path / "out", task="meds-ins-114-medqsum-text-summurization", predictions=file)
    assert [s.value for s in scored(made).values()] == [1.0]
    with pytest.raises(UserError, match="no row of meds-ins-110"):
        score(out=tmp_path / "other", task="meds-ins-110-rct-text-summurization", predictions=file)


def test_of_golds_brought_along_a_null_is_unscored_and_a_missing_field_is_named(tmp_path: Path) -> None:
    task = "meds-ins-114-medqsum-text-summurization"
    rows: list[dict[str, Any]] = [
        {"task_id": "task114", "GT": "None", "output": None},
        {"task_id": "task114", "GT": "What is gout?", "output": "what is gout"},
    ]
    file = predictions(tmp_path, "".join(json.dumps(row) + "\n" for row in rows), "m.jsonl")
    found = list(scored(score(out=tmp_path / "out", task=task, predictions=file)).values())
    assert [(s.value, s.unscored_reason) for s in found] == [(None, "the prediction is null"), (1.0, "")]
    for name in ("task_id", "GT", "output"):
        broken = [rows[1], {key: value for key, value in rows[1].items() if key != name}]
        file = predictions(tmp_path, "".join(json.dumps(row) + "\n" for row in broken), "broken.jsonl")
        with pytest.raises(UserError, match=rf"broken.jsonl:2: field '{name}' is missing"):
            score(out=tmp_path / "no", task=task, predictions=file)
    with pytest.raises(UserError, match=r"golds here are of MedS-Bench's tasks \(task114\), clue-meqsum is none"):
        score(out=tmp_path / "no", task=TASK, predictions=predictions(tmp_path, json.dumps(rows[1]), "m.jsonl"))


def test_half_of_an_emoji_at_the_end_of_a_prediction_is_kept_as_a_replacement_character(
    tmp_path: Path, samples: Path
) -> None:
    file = predictions(tmp_path, '{"id": "1", "prediction": "what is gout number 1 \\ud83d"}\n', "m.jsonl")
    made = score(out=tmp_path / "out", task=TASK, predictions=file, samples=[samples])
    assert scored(made)[f"{TASK}-1"].value == 1.0
    assert [s.reply for s in read_records(made, Score) if s.reply] == ["what is gout number 1 \ufffd"]


def test_predictions_are_of_the_split_a_task_is_tested_with_unless_another_is_named(tmp_path: Path) -> None:
    data, task = tmp_path / "data", "medcare-medmcqa"
    (data / "medmcqa").mkdir(parents=True)
    options = {"A": "flu", "B": "gout", "C": "rash", "D": "none"}
    for split, questions in (("validation", ("Which?", "What?")), ("train", ("Who?",))):
        rows = [{"id": q, "question": q, "options": options, "answer": "gout", "answer_idx": "B"} for q in questions]
        (data / "medmcqa" / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ids = {
        split: [
            sample.id
            for sample in read_records(
                build(out=tmp_path / split, tasks=task, data=data, split=split, form="written"), Sample
            )
        ]
        for split in ("validation", "train")
    }
    for given, split in (("", "validation"), ("train", "train")):
        lines = ["id,prediction", *(f"{name},The answer is B" for name in ids[split])]
        file = predictions(tmp_path, "\n".join(lines), f"{split}.csv")
        made = score(out=tmp_path / f"of-{split}", task=task, predictions=file, data=data, split=given)
        assert [s.value for s in scored(made, "accuracy").values()] == [1.0] * len(ids[split])
    only = "meds-ins-070-wikidoc-questions"
    with pytest.raises(UserError, match=rf"eval.score.split: missing; {only}: .* give split: train"):
        score(out=tmp_path / "no", task=only, predictions=tmp_path / "train.csv", data=data)


def test_missing_golds_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the golds are missing"):
        score(out=tmp_path / "out", task=TASK, predictions=predictions(tmp_path, "id,prediction\n1,a\n"))


def test_settings_that_do_not_go_together_say_so(tmp_path: Path) -> None:
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "give either replies, or task and predictions"),
        ({"task": TASK}, "predictions: missing"),
        ({"task": "clue-meqsam", "predictions": __file__}, "unknown task 'clue-meqsam'"),
        ({"task": TASK, "predictions": __file__, "rubric": "none"}, "rubric none"),
        ({"task": TASK, "predictions": __file__, "judge_url": "http://localhost:1/v1"}, "go together"),
    )
    for fields, problem in wrong:
        with pytest.raises(UserError, match=problem):
            score(out=tmp_path / "out", seed=0, **fields)


def test_kept_replies_are_scored_again_and_twice_the_same(tmp_path: Path) -> None:
    replies = [
        Reply("one", "f1", TASK, "1", text="what is gout", gold="what is gout"),
        Reply("one", "f1", "ncbi-disease", "1", text="gout", gold="gout, fever"),
        Reply("one", "f1", TASK, "2", gold="x", unanswered_reason="timed out: 300 s"),
        Reply("two", "f2", TASK, "1", text="gout", gold="what is gout"),
    ]
    write_records(tmp_path / "run" / "replies", replies, Reply)
    first = score(out=tmp_path / "a", replies=[tmp_path / "run"])
    second = score(out=tmp_path / "b", replies=[tmp_path / "run" / "replies"])
    assert (first / "records.parquet").read_bytes() == (second / "records.parquet").read_bytes()
    manifest = read_manifest(first)
    assert manifest is not None
    assert manifest.facts["tasks"][TASK]["unscored_reasons"] == {"timed out": 1}
    assert {s.model for s in read_records(first, Score)} == {"one", "two"}
    only = score(out=tmp_path / "c", replies=[tmp_path / "run"], scorer="as_published")
    assert {s.task for s in read_records(only, Score)} == {TASK}
    write_records(tmp_path / "twice", [replies[0], replies[0]], Reply)
    with pytest.raises(UserError, match="is there twice"):
        score(out=tmp_path / "d", replies=[tmp_path / "twice"])


def test_the_command_prints_figures_without_keeping_anything(tmp_path: Path, samples: Path) -> None:
    file = predictions(tmp_path, "id,prediction\n" + "".join(f"{n},what is gout number {n}\n" for n in range(4)))
    asked = ["eval", "score", "--task", TASK, "--predictions", str(file), "--samples", str(samples)]
    result = CliRunner().invoke(build_app("eval"), [*asked, "--scorer", "corrected", "--json"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["rows"]
    assert {row["metric"]: row["estimate"] for row in rows}["rouge1"] == 1.0
    assert CliRunner().invoke(build_app("eval"), asked).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.csv", "samples"]


@pytest.fixture
def judge() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A judge that likes long answers, and answers nonsense about one of them."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body)
            text = body["messages"][0]["content"].partition("[answer to judge]")[2]
            level = 5 if "rest in bed" in text else 2
            levels = dict.fromkeys(("fluency", "relevance", "completeness", "proficiency"), level)
            content = "I like it" if "nonsense" in text else json.dumps(levels)
            reply = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}], "usage": {}}
            data = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    server.shutdown()
    thread.join()


def test_a_judge_is_asked_once_a_reply_and_what_it_does_not_answer_is_unscored(
    tmp_path: Path, judge: tuple[str, list[dict[str, Any]]]
) -> None:
    url, asked = judge
    texts = {"1": "rest in bed", "2": "no", "3": "nonsense", "4": ""}
    replies = [Reply("m", "f", "medcare-ccte", n, text=t, gold="卧床", input="患者") for n, t in texts.items()]
    write_records(tmp_path / "replies", replies, Reply)
    made = score(
        out=tmp_path / "out", replies=[tmp_path / "replies"], judge_url=url, judge_model="j", scorer="corrected"
    )
    found = scored(made, "judge")
    assert [found[n].value for n in texts] == [5.0, 2.0, None, 1.0]
    assert found["3"].unscored_reason.startswith("not judged: broken JSON")
    assert [scored(made, "judge_fluency")[n].value for n in ("1", "3")] == [5.0, None]
    # The empty reply was not asked about, and only the answer that was no JSON was asked for again.
    assert [len(body["messages"]) for body in asked].count(1) == 3
    assert all("nonsense" in body["messages"][0]["content"] for body in asked if len(body["messages"]) > 1)
    assert {body["temperature"] for body in asked} == {0.0}
    without = score(out=tmp_path / "without", replies=[tmp_path / "replies"], scorer="corrected")
    assert all("judge_url" in s.unscored_reason for s in scored(without, "judge").values())


def test_a_rubric_of_the_users_own_is_checked(tmp_path: Path) -> None:
    from polyclinic.evals.scoring.judge import load_rubric

    file = tmp_path / "mine.yaml"
    for text, problem in (
        ("name: a\nuser: x\ndimensions: {}\n", "dimensions"),
        ("name: a\nuser: '{{ nothing }}'\ndimensions: {ok: fine}\n", "names 'nothing'"),
        ("name: a\nuser: x\ndimensions: {ok: fine}\nlow: 5\nhigh: 1\n", "below"),
        ("- no\n", "mine.yaml"),
    ):
        file.write_text(text)
        with pytest.raises(UserError, match=problem):
            load_rubric(str(file))


def test_bertscore_is_one_for_the_same_text_and_adds_the_mean_of_clue(tmp_path: Path, samples: Path) -> None:
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel, BertTokenizerFast

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "what", "is", "gout", "number", "0", "1", "2", "3"]
    (tmp_path / "vocab.txt").write_text("\n".join(vocabulary))
    torch.manual_seed(0)
    model = BertModel(
        BertConfig(vocab_size=13, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16)
    )
    model.save_pretrained(tmp_path / "encoder")
    BertTokenizerFast(vocab_file=str(tmp_path / "vocab.txt")).save_pretrained(tmp_path / "encoder")
    file = predictions(tmp_path, "id,prediction\n0,what is gout number 0\n1,number is\n2,\n3,3 gout\n")
    made = score(out=tmp_path / "out", task=TASK, predictions=file, samples=[samples], bertscore=tmp_path / "encoder")
    found = scored(made, "bertscore_f1")
    assert found[f"{TASK}-0"].value == pytest.approx(1.0, abs=1e-5)
    assert found[f"{TASK}-2"].value == 0.0
    assert 0 < (found[f"{TASK}-1"].value or 0) < 1
    means = scored(made, "summary_mean")
    parts = [scored(made, name)[f"{TASK}-1"].value or 0 for name in ("rouge1", "rouge2", "rougeL", "bertscore_f1")]
    assert means[f"{TASK}-1"].value == pytest.approx(sum(parts) / 4)
    with pytest.raises(UserError, match="has the layers 1 to 2"):
        score(
            out=tmp_path / "no",
            task=TASK,
            predictions=file,
            samples=[samples],
            bertscore=tmp_path / "encoder",
            bertscore_layer=3,
        )
    with pytest.raises(UserError, match="not a model folder"):
        score(out=tmp_path / "no", task=TASK, predictions=file, samples=[samples], bertscore=tmp_path / "samples")
