from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_language_model import question, save_tiny_model, text

from polyclinic import models
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals import run
from polyclinic.records import Document, Sample, Score, read_records, write_records
from polyclinic.steps import Work
from polyclinic.tasks import build, load_task, neutral_text, prompt_text

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


def test_a_score_says_which_model_it_is_of(model: Path, samples: Path, tmp_path: Path) -> None:
    score = scored(run(model=model, samples=samples, out=tmp_path / "scores"))["q0"]
    assert (score.model, score.fingerprint) == ("tiny", models.fingerprint(model))
    named = scored(run(model=model, samples=samples, name="base", out=tmp_path / "named"))["q0"]
    assert (named.model, named.fingerprint) == ("base", models.fingerprint(model))
    shutil.copytree(model, tmp_path / "elsewhere")
    moved = scored(run(model=tmp_path / "elsewhere", samples=samples, name="base", out=tmp_path / "moved"))
    assert moved["q0"] == named


def test_the_facts_count_items_and_bits_per_byte(model: Path, samples: Path, tmp_path: Path) -> None:
    folder = run(model=model, samples=samples, out=tmp_path / "scores")
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.facts["items"], manifest.facts["unscored"]) == (24, 0)
    texts = [score for score in scored(folder).values() if score.task == "perplexity-notes"]
    nats = sum((score.value or 0) * score.weight for score in texts)
    length = sum(len(item.output.encode()) for item in ITEMS if not item.options)
    facts = manifest.facts["tasks"]["perplexity-notes"]
    assert facts["bits_per_byte"] == pytest.approx(nats / math.log(2) / length)
    assert facts["tokens"] == sum(score.weight for score in texts)
    assert manifest.facts["distinct_questions"] < manifest.facts["questions"]


def test_a_long_text_is_read_in_windows_that_overlap(model: Path, tmp_path: Path) -> None:
    samples = items_in(tmp_path / "long", [text(0, words=80)])
    tokenizer, slow = models.load_tokenizer(model), models.load_model(model)
    tokens = list(tokenizer(text(0, words=80).output)["input_ids"])
    assert len(tokens) > 3 * 96
    sequence, nats, end = [tokenizer.eos_token_id, *tokens], 0.0, 1
    while end < len(sequence):
        start = max(0, end - 24) if end > 1 else 0
        nats -= sum_of_logs(slow, sequence[start:end], sequence[end : start + 96])
        end = start + 96
    score = scored(run(model=model, samples=samples, out=tmp_path / "scores"))["t0"]
    assert score.weight == len(tokens)
    assert score.value == pytest.approx(nats / len(tokens), abs=1e-5)


def test_an_item_longer_than_the_window_is_unscored_and_counted(model: Path, tmp_path: Path) -> None:
    long = question(3, options=("Cholera " * 60, "Gout"), output="Gout")
    samples = items_in(tmp_path / "samples", [question(1), long, text(1, output="")])
    folder = run(model=model, samples=samples, out=tmp_path / "scores")
    found, manifest = scored(folder), read_manifest(folder)
    assert manifest is not None
    assert found["q1"].value in (0.0, 1.0)
    assert found["q3"].value is None
    assert "the window has 96" in found["q3"].unscored_reason
    assert found["t1"].value is None
    assert manifest.facts["unscored_reasons"] == {"no text to score": 1, "too long for the model's window": 1}


def test_a_model_that_returns_nan_scores_nothing_and_says_so(samples: Path, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "broken")
    model, tokenizer = models.load_model(folder), models.load_tokenizer(folder)
    with torch.no_grad():
        model.get_input_embeddings().weight[:] = math.nan
    models.save_model(folder, model, tokenizer)
    items = items_in(tmp_path / "few", [question(0), text(0)])
    for score in scored(run(model=folder, samples=items, out=tmp_path / "scores")).values():
        assert score.value is None
        assert score.unscored_reason.startswith("the model returned NaN")


def test_of_options_with_one_score_the_first_is_taken(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "flat")
    model, tokenizer = models.load_model(folder), models.load_tokenizer(folder)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()  # every token is equally likely
    models.save_model(folder, model, tokenizer)
    # Mutual information of any option is then zero.
    samples = items_in(tmp_path / "samples", [question(i) for i in range(8)])
    for score in scored(run(model=folder, samples=samples, out=tmp_path / "scores")).values():
        assert score.reply == question(int(score.item[1:])).options[0]


def test_the_chat_template_puts_the_question_as_the_users_turn(model: Path, tmp_path: Path) -> None:
    samples = items_in(tmp_path / "samples", [question(0)])
    slow, tokenizer = models.load_model(model), models.load_tokenizer(model)
    task = load_task("icd10cm-easy")

    def asked(prompt: str) -> list[int]:
        dressed = f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
        return list(tokenizer(dressed, add_special_tokens=False)["input_ids"])

    gains = []
    for option in question(0).options:
        tokens = list(tokenizer(option, add_special_tokens=False)["input_ids"])
        with_question = sum_of_logs(slow, asked(prompt_text(task, question(0))), tokens)
        gains.append(with_question - sum_of_logs(slow, asked(neutral_text(task, question(0))), tokens))
    score = scored(run(model=model, samples=samples, use_chat_template=True, out=tmp_path / "scores"))["q0"]
    assert score.reply == question(0).options[gains.index(max(gains))]


def test_a_model_without_a_chat_template_cannot_be_asked_with_one(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "plain")
    (folder / "chat_template.jinja").unlink()
    samples = items_in(tmp_path / "samples", [question(0)])
    with pytest.raises(UserError, match="has no chat template; set use_chat_template to false"):
        run(model=folder, samples=samples, use_chat_template=True, out=tmp_path / "scores")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (question(7, task="icd10cm-eazy"), r"item q7: unknown task 'icd10cm-eazy'; did you mean 'icd10cm-easy'"),
        (
            question(7, output="Measles"),
            r"item q7: field 'output': the right answer 'Measles' is none of the options",
        ),
        (question(7, options=("Gout",), output="Gout"), r"item q7: field 'options': expected at least two, found 1"),
        (question(7, options=("Gout", " "), output="Gout"), r"item q7: field 'options': an option is empty"),
        (question(0), r"item q0 of task icd10cm-easy is there twice"),
    ],
)
def test_a_broken_item_is_named(model: Path, tmp_path: Path, item: Sample, message: str) -> None:
    samples = items_in(tmp_path / "samples", [question(0), item])
    with pytest.raises(UserError, match=message):
        run(model=model, samples=samples, out=tmp_path / "scores")
    assert not (tmp_path / "scores").exists()


def test_no_items_at_all_is_an_error(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no items here; there is nothing to ask"):
        run(model=model, samples=items_in(tmp_path / "none", []), out=tmp_path / "scores")


class Killed(Exception):
    """Stands for a kill."""


class KilledAfter(Work):
    """The work of a process that is killed after two batches."""

    @contextmanager
    def progress(self, title: str, total: float) -> Iterator[Any]:
        """Break off when the third batch is done."""
        calls = iter(range(2))

        class Bar:
            def advance(self, steps: float = 1, note: str = "") -> None:
                if next(calls, None) is None:
                    raise Killed

        yield Bar()


def test_a_killed_run_goes_on_where_it_was_and_ends_with_the_same_scores(
    model: Path, samples: Path, tmp_path: Path
) -> None:
    settings = run.settings(model=model, samples=[samples], batch_tokens=100)
    for name in ("killed", "undisturbed", "again", "scratch", "other"):
        (tmp_path / name).mkdir()
    run.function(settings, Work(tmp_path / "undisturbed", tmp_path / "other", 0))
    with pytest.raises(Killed):
        run.function(settings, KilledAfter(tmp_path / "killed", tmp_path / "scratch", 0))
    journal = tmp_path / "scratch" / "answers.jsonl"
    done = journal.read_bytes()
    assert len(done.splitlines()) == 1 + 3
    journal.write_bytes(done[:-40])  # the kill came while the third line was written
    run.function(settings, Work(tmp_path / "again", tmp_path / "scratch", 0))
    whole = (tmp_path / "other" / "answers.jsonl").read_bytes()
    assert journal.read_bytes() == whole
    assert whole.startswith(b"\n".join(done.splitlines()[:3]))
    assert (tmp_path / "again" / "records.parquet").read_bytes() == (
        tmp_path / "undisturbed" / "records.parquet"
    ).read_bytes()


def test_answers_of_another_model_are_not_taken_for_this_one(model: Path, samples: Path, tmp_path: Path) -> None:
    for name in ("one", "two", "scratch"):
        (tmp_path / name).mkdir()
    run.function(run.settings(model=model, samples=[samples]), Work(tmp_path / "one", tmp_path / "scratch", 0))
    other = save_tiny_model(tmp_path / "moved" / "tiny", seed=1)
    run.function(run.settings(model=other, samples=[samples]), Work(tmp_path / "two", tmp_path / "scratch", 0))
    fresh = scored(run(model=other, samples=samples, out=tmp_path / "fresh"))
    assert scored(tmp_path / "two") == fresh
    assert scored(tmp_path / "one") != fresh


def test_tasks_named_instead_of_samples_are_made_and_asked(tmp_path: Path, model: Path) -> None:
    notes = [Document(f"n{i}", f"The patient came with cough number {i}.", domain="notes") for i in range(3)]
    write_records(tmp_path / "notes", notes, Document)
    out = run(out=tmp_path / "made", model=model, tasks="perplexity-notes", documents=tmp_path / "notes", items=2)
    scores = list(read_records(out, Score))
    assert [score.task for score in scores] == ["perplexity-notes"] * 2
    build(out=tmp_path / "items", tasks="perplexity-notes", documents=tmp_path / "notes", items=2, form="items")
    same = run(out=tmp_path / "given", model=model, samples=tmp_path / "items")
    assert list(read_records(same, Score)) == scores


def test_nothing_to_ask_is_an_error(tmp_path: Path, model: Path) -> None:
    with pytest.raises(UserError, match="nothing to ask: give samples, or tasks or a suite"):
        run(out=tmp_path / "out", model=model)
