"""Exams with several right options are asked option by option where the free reply names none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from chat_server import ChatServer, completion
from tiny_language_model import save_tiny_model

from polyclinic.artifacts import read_manifest
from polyclinic.evals import run, score
from polyclinic.evals.scoring import score_replies
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.tasks import load_task

QUESTION = "哪些是症状？{}\nA: 咳嗽\nB: 痛风\nC: 发热\nD: 哮喘"


@pytest.fixture
def items(tmp_path: Path) -> Path:
    made = [
        Sample(f"e{number}", "medcare-cmexam", "答案为AC", input=QUESTION.format(word), instruction="回答问题")
        for number, word in enumerate(["一", "二", "三"])
    ]
    write_records(tmp_path / "items", made, Sample)
    return tmp_path / "items"


def accuracies(folder: Path, metric: str, scorer: str = "corrected") -> dict[str, float | None]:
    found = [s for s in read_records(folder, Score) if s.metric == metric and s.scorer.startswith(scorer)]
    return {s.item: s.value for s in found}


def test_an_endpoint_says_yes_or_no_to_each_option(items: Path, tmp_path: Path) -> None:
    async def answer(payload: dict[str, Any], request: web.Request) -> web.StreamResponse:
        messages = [str(message["content"]) for message in payload["messages"]]
        first = next(text for text in messages if "哪些" in text)
        if messages[-1].startswith("选项"):
            if "三" in first and "选项D" in messages[-1]:
                return web.json_response({"error": {"message": "no"}}, status=400)
            return completion("是。" if messages[-1][2] in "AC" else "否")
        if messages[-1].startswith("答案为"):
            return completion("A")
        return completion("答案为AC" if "一" in first else "我不知道")

    with ChatServer(answer) as server:
        out = run(endpoint=server.url, endpoint_model="small", samples=[items], out=tmp_path / "out")
    found = {reply.item: reply for reply in read_records(out / "replies", Reply)}
    assert "options_said_yes" not in found["e0"].metadata
    assert (found["e1"].metadata["options_said_yes"], found["e1"].metadata["forced_letter"]) == ("AC", "A")
    assert "options_said_yes" not in found["e2"].metadata  # one option got no answer
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["replies"]["asked_option_by_option"] == 1
    made = score(out=tmp_path / "scores", replies=[out])
    assert accuracies(made, "accuracy") == {"e0": 1.0, "e1": 1.0, "e2": 0.0}
    assert accuracies(made, "free_accuracy") == {"e1": 0.0, "e2": 0.0}
    assert accuracies(made, "forced_accuracy") == {"e1": 0.0, "e2": 0.0}
    assert accuracies(made, "option_by_option_accuracy") == {"e1": 1.0}
    assert accuracies(made, "accuracy", "as_published")["e1"] == 0.0  # one forced letter is never two


def test_a_local_model_weighs_yes_against_no(items: Path, tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "model", window=512)
    out = run(model=model, samples=[items], max_new_tokens=2, out=tmp_path / "out")
    again = run(model=model, samples=[items], max_new_tokens=2, out=tmp_path / "again")
    chosen = [reply.metadata["options_said_yes"] for reply in read_records(out / "replies", Reply)]
    assert chosen == [reply.metadata["options_said_yes"] for reply in read_records(again / "replies", Reply)]
    assert all(set(letters) <= set("ABCD") for letters in chosen)
    alone = run(model=model, samples=[items], max_new_tokens=2, forced_letter=False, out=tmp_path / "alone")
    assert all("options_said_yes" not in reply.metadata for reply in read_records(alone / "replies", Reply))


def test_no_to_every_option_is_no_answer() -> None:
    reply = Reply("m", "f", "medcare-cmexam", "1", text="不知道", gold="答案为AC", metadata={"options_said_yes": ""})
    row = {one.metric: one.value for one in score_replies(load_task("medcare-cmexam"), [reply], "corrected")[0]}
    assert row == {"accuracy": 0, "answer_found": 0, "free_accuracy": 0, "option_by_option_accuracy": 0}
