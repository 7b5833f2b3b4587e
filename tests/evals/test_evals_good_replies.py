"""Given replies weighed behind their requests, as training puts them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_language_model import save_tiny_model

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.evals import run
from polyclinic.records import Sample, Score, read_records, write_records

OPTIONS = ("gout", "flu", "typhoid fever")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny", window=160)


def items() -> list[Sample]:
    asked: dict[str, Any] = {"instruction": "Name the disease.", "input": "a swollen toe", "output": "gout"}
    return [
        Sample("r1", "alignment-replies", **asked),
        Sample("e1", "knowledge-exam", options=OPTIONS, **asked),
        Sample("long", "alignment-replies", **{**asked, "input": "toe " * 200}),
    ]


def log_likelihood(folder: Path, instruction: str, text: str, reply: str) -> tuple[float, int]:
    """Return log p of a reply and the end of its turn, token by token from the whole conversation, and its tokens."""
    model, tokenizer = models.load_model(folder), models.load_tokenizer(folder)
    turns = [{"role": "system", "content": instruction}] if instruction else []
    turns.append({"role": "user", "content": text})
    opened = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    start = tokenizer(opened, add_special_tokens=False)["input_ids"]
    end = tokenizer(f"{reply}<|im_end|>", add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logits = model(torch.tensor([start + end])).logits[0].double().log_softmax(-1)
    return sum(float(logits[len(start) + i - 1, token]) for i, token in enumerate(end)), len(end)


def test_a_reply_is_weighed_behind_its_request_with_the_end_of_its_turn(model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "items", items(), Sample)
    out = run(model=model, samples=tmp_path / "items", out=tmp_path / "scores")
    found = {score.item: score for score in read_records(out, Score)}
    nats, tokens = log_likelihood(model, "Name the disease.", "a swollen toe", "gout")
    reply = found["r1"]
    assert (reply.metric, reply.scorer, reply.weight) == ("negative_log_likelihood", "reply-likelihood-1", tokens)
    assert reply.value is not None
    assert math.isclose(reply.value, -nats / tokens, abs_tol=1e-5)

    def information(option: str) -> float:
        behind, _ = log_likelihood(model, "Name the disease.", "a swollen toe", option)
        return behind - log_likelihood(model, "", "Name the disease.", option)[0]

    best = max(OPTIONS, key=information)
    assert (found["e1"].reply, found["e1"].value) == (best, float(best == "gout"))
    assert found["long"].value is None
    assert found["long"].unscored_reason.startswith("too long for the model's window")


def test_without_the_template_requests_are_plain_text(model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "items", items()[:2], Sample)
    values = []
    for template in (None, False):
        out = run(
            model=model, samples=tmp_path / "items", use_chat_template=template, out=tmp_path / f"scores-{template}"
        )
        values.append({score.item: score.value for score in read_records(out, Score)})
    assert values[0]["r1"] != values[1]["r1"]


def test_items_of_these_tasks_are_made_by_hand(model: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"knowledge-exam: it is made from requests with good replies: .*tasks\.build"
    ):
        run(model=model, tasks="knowledge-exam", out=tmp_path / "scores")
