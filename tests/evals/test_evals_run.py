from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_language_model import question, save_tiny_model, text

from polyclinic import models
from polyclinic.artifacts import read_manifest
from polyclinic.evals import run
from polyclinic.records import Sample, Score, read_records, write_records
from polyclinic.tasks import load_task, neutral_text, prompt_text

ITEMS = [item for i in range(12) for item in (question(i), text(i, words=4 + 2 * i))]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return items_in(tmp_path_factory.mktemp("samples"), ITEMS)


def items_in(folder: Path, items: Iterable[Sample]) -> Path:
    write_records(folder, items, Sample)
    return folder


def scored(folder: Path) -> dict[str, Score]:
    return {score.item: score for score in read_records(folder, Score)}


def sum_of_logs(model: Any, context: list[int], continuation: list[int]) -> float:
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([context + continuation]), use_cache=False).logits[0].double()
    log_p = torch.log_softmax(logits, dim=-1)
    return sum(float(log_p[len(context) + i - 1, token]) for i, token in enumerate(continuation))


def test_scores_are_those_of_a_plain_slow_reference(model: Path, samples: Path, tmp_path: Path) -> None:
    found = scored(run(model=model, samples=samples, out=tmp_path / "scores"))
    slow, tokenizer = models.load_model(model), models.load_tokenizer(model)

    def encode(written: str) -> list[int]:
        return list(tokenizer(written, add_special_tokens=False)["input_ids"])

    assert list(found) == [item.id for item in ITEMS]
    for item in ITEMS:
        score, task = found[item.id], load_task(item.task)
        if item.options:
            gains = []
            for option in item.options:
                with_question, without = (
                    sum_of_logs(slow, encode(prompt), encode(" " + option + task.answer_suffix))
                    for prompt in (prompt_text(task, item), neutral_text(task, item))
                )
                gains.append(with_question - without)
            assert score.reply == item.options[gains.index(max(gains))]
            assert score.value == float(score.reply == item.output)
            assert (score.prompt, score.gold, score.metric) == (prompt_text(task, item), item.output, "accuracy")
        elif len(encode(item.output)) < 96:
            tokens = encode(item.output)
            nats = -sum_of_logs(slow, [tokenizer.eos_token_id], tokens)
            assert score.value == pytest.approx(nats / len(tokens), abs=1e-5)
            assert (score.weight, score.metric) == (len(tokens), "negative_log_likelihood")
            assert score.cluster == item.document


@pytest.mark.parametrize("batch_tokens", [1, 64, 500])
def test_the_size_of_batches_does_not_change_the_scores(
    model: Path, samples: Path, tmp_path: Path, batch_tokens: int
) -> None:
    usual = scored(run(model=model, samples=samples, out=tmp_path / "usual"))
    other = scored(run(model=model, samples=samples, batch_tokens=batch_tokens, out=tmp_path / "other"))
    for item, score in usual.items():
        assert other[item].value == pytest.approx(score.value, abs=1e-4)
        assert other[item].reply == score.reply


def test_the_same_run_gives_the_same_bytes(model: Path, samples: Path, tmp_path: Path) -> None:
    one = run(model=model, samples=samples, out=tmp_path / "one")
    two = run(model=model, samples=samples, out=tmp_path / "two")
    assert (one / "records.parquet").read_bytes() == (two / "records.parquet").read_bytes()
    assert read_manifest(one).fingerprint == read_manifest(two).fingerprint  # type: ignore[union-attr]
