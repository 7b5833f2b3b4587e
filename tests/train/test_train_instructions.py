from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from training_families import make_family

from polyclinic.errors import UserError
from polyclinic.models import load_tokenizer
from polyclinic.records import Sample, write_records
from polyclinic.train import sft
from polyclinic.train.chat import ChatTokens
from polyclinic.train.instruction_rows import InstructionRows, instruction_rows, mixed
from polyclinic.train.sft import SftSettings

FAST: dict[str, Any] = {"precision": "float32", "gradient_accumulation": 1, "warmup_steps": 0, "steps": 2,
                        "batch_size": 2, "neftune_noise_alpha": 0}  # fmt: skip


def write(folder: Path, *samples: Sample) -> Path:
    write_records(folder, list(samples), Sample)
    return folder


def words(count: int, task: str = "t", instruction: str = "Repeat.") -> list[Sample]:
    return [Sample(f"{task}{i}", task, f"said {i}", input=f"text {i}", instruction=instruction) for i in range(count)]


def made(
    model: Path, samples: list[Path], max_length: int = 128, **settings: Any
) -> tuple[InstructionRows, list[str]]:
    tokenizer = load_tokenizer(model)
    rows = instruction_rows(
        SftSettings(model=model, samples=samples, **settings), ChatTokens(tokenizer, model), max_length, 0
    )
    return rows, [tokenizer.decode(row["input_ids"]) for row in rows.columns.data_set()]


def learnt(model: Path, rows: InstructionRows) -> list[str]:
    tokenizer = load_tokenizer(model)
    return [tokenizer.decode([t for t in row["labels"] if t != -100]) for row in rows.columns.data_set()]


def test_worked_examples_are_earlier_turns_of_the_same_instruction_and_not_learnt(
    model: Path, tmp_path: Path
) -> None:
    samples = write(tmp_path / "s", *words(8), *words(2, "other", "Say no."))
    rows, texts = made(model, [samples], few_shot_share=1, fewest_shots=2, most_shots=2)
    assert rows.with_shots == 10
    for name, text in zip(rows.names, texts, strict=True):
        number = name.strip("other")
        task = "other" if name.startswith("other") else "t"
        assert text.count("<|im_start|>user") == (3 if task == "t" else 2)
        assert text.count("<|im_start|>system") == 1
        assert text.count(f"text {number}<") == 1  # itself once: as the question
        assert text.rstrip().endswith(f"said {number}<|im_end|>")
    assert learnt(model, rows) == [f"said {name.strip('other')}<|im_end|>" for name in rows.names]
    again, _ = made(model, [samples], few_shot_share=1, fewest_shots=2, most_shots=2)
    assert again.columns.data_set()[:] == rows.columns.data_set()[:]


def test_the_share_with_examples_is_about_what_was_asked(model: Path, tmp_path: Path) -> None:
    rows, _ = made(model, [write(tmp_path / "s", *words(60))], few_shot_share=0.5)
    assert 18 <= rows.with_shots <= 42


def test_examples_are_left_out_first_when_a_sample_is_too_long(model: Path, tmp_path: Path) -> None:
    samples = write(tmp_path / "s", *words(8))
    whole, _ = made(model, [samples])
    longest = max(whole.columns.lengths("input_ids"))
    rows, texts = made(model, [samples], max_length=longest, few_shot_share=1)
    assert rows.with_shots == 0
    assert rows.lost_shots > 0
    assert not rows.dropped
    assert all(text.count("<|im_start|>user") == 1 for text in texts)


def test_shortening_takes_the_beginning_of_the_input(model: Path, tmp_path: Path) -> None:
    text = " ".join(f"word{i}" for i in range(100)) + " What is it?"
    samples = write(tmp_path / "s", Sample("1", "t", "pain", input=text, instruction="Answer."))
    rows, (shown,) = made(model, [samples], too_long="shorten")
    assert rows.columns.lengths("input_ids")[0] <= 128
    assert shown.startswith("<|im_start|>system\nAnswer.<|im_end|>")
    assert "What is it?<|im_end|>" in shown
    assert "word0 " not in shown
    assert sum(rows.dropped) > 0
    assert learnt(model, rows) == ["pain<|im_end|>"]
    long = write(tmp_path / "l", Sample("1", "t", "pain " * 200, input="x", instruction="Answer."))
    with pytest.raises(UserError, match=r"sample '1': \d+ tokens, but a row has 128, and instruction and output"):
        made(model, [long], too_long="shorten")


def test_weights_say_how_often_a_pass_takes_each_set(model: Path, tmp_path: Path) -> None:
    one, two = write(tmp_path / "1", *words(10)), write(tmp_path / "2", *words(6, "other"))
    rows, _ = made(model, [one, two])
    assert mixed(rows, None, 0) == list(range(16))
    order = mixed(rows, [0.5, 2], 0)
    assert len([i for i in order if i < 10]) == 5 == len({i for i in order if i < 10})
    assert sorted(i for i in order if i >= 10) == sorted([*range(10, 16)] * 2)
    facts = json.loads(
        (
            sft(out=tmp_path / "m", model=model, samples=[one, two], weights=[0.5, 2], **FAST) / "manifest.json"
        ).read_text()
    )["facts"]
    assert facts["samples_in_a_pass"] == 17


def test_a_mixture_of_nothing_is_refused(model: Path, tmp_path: Path) -> None:
    one = write(tmp_path / "1", *words(1))
    with pytest.raises(ValidationError, match="at least one of them larger, or no sample is left"):
        SftSettings(model=model, samples=[one], weights=[0])
    with pytest.raises(ValidationError, match="2 numbers for 1 sets of samples"):
        SftSettings(model=model, samples=[one], weights=[1, 2])
    with pytest.raises(UserError, match="nothing is left of the samples"):
        sft(out=tmp_path / "m", model=model, samples=[one], weights=[0.1], **FAST)
    empty = write(tmp_path / "e")
    with pytest.raises(UserError, match="samples: nothing to learn"):
        sft(out=tmp_path / "m", model=model, samples=[empty], **FAST)


def test_a_template_without_a_system_turn_has_the_instruction_before_the_input(model: Path, tmp_path: Path) -> None:
    gemma = make_family("gemma2", model, tmp_path / "gemma")
    rows, texts = made(gemma, [write(tmp_path / "s", *words(4))], few_shot_share=1, most_shots=1)
    for name, text in zip(rows.names, texts, strict=True):
        assert text.startswith("<|im_start|>user\nRepeat.\n\ntext ")
        assert text.count("Repeat.") == 1
        assert f"<|im_start|>user\ntext {name[1:]}<|im_end|>\n<|im_start|>model\nsaid {name[1:]}<|im_end|>" in text


def test_the_loss_on_held_out_samples_is_looked_at(data: Path, model: Path, tmp_path: Path) -> None:
    held_out = write(tmp_path / "h", *words(5))
    folder = sft(
        out=tmp_path / "m", model=model, samples=data / "instructions", held_out=held_out, evaluate_every=1, **FAST
    )
    assert "held_out" in (folder / "training_log.jsonl").read_text()
