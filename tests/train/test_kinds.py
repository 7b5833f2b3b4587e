from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from polyclinic.errors import UserError
from polyclinic.models import load_model, load_tokenizer
from polyclinic.records import Document, Preference, Sample, read_records, write_records
from polyclinic.steps import Work
from polyclinic.train import dapt, dpo, pit, sft
from polyclinic.train.chat import ChatTokens
from polyclinic.train.pit import PitSettings, phase_rows
from polyclinic.train.token_rows import tokenize

FAST: dict[str, Any] = {"precision": "float32", "gradient_accumulation": 1, "warmup_steps": 1}


def facts_of(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["facts"]
    return facts


def losses_of(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "training_log.jsonl").read_text().splitlines()]


def test_dapt_learns_and_says_what_it_did(data: Path, model: Path, tmp_path: Path) -> None:
    made = dapt(
        out=tmp_path / "m", model=model, documents=data / "documents", learning_rate=3e-3, batch_size=4,
        max_length=64, log_every=5, **FAST,
    )  # fmt: skip
    losses, facts = losses_of(made), facts_of(made)
    assert losses[-1] < losses[0] - 0.1
    assert facts["dropped_tokens"] == 0
    assert facts["documents"] == 80
    assert facts["steps"] == json.loads((made / "training_log.jsonl").read_text().splitlines()[-1])["step"]
    tokenizer = load_tokenizer(model)
    expected = sum(len(tokenizer(d.text)["input_ids"]) + 1 for d in read_records(data / "documents", Document))
    assert facts["tokens"] == expected
    assert (made / "config.json").read_bytes() == (model / "config.json").read_bytes()


def test_a_bfloat16_model_stays_one(data: Path, model: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    load_model(model, "bfloat16").save_pretrained(half)
    load_tokenizer(model).save_pretrained(half)
    options = {"documents": data / "documents", "steps": 2, "batch_size": 4, "max_length": 64, **FAST}
    made = dapt(out=tmp_path / "m", model=half, **options)
    assert load_model(made, "auto").dtype == torch.bfloat16
    whole = dapt(out=tmp_path / "w", model=half, output_dtype="float32", **options)
    assert load_model(whole, "auto").dtype == torch.float32


def test_phase_1_is_the_tasks_and_phase_2_the_tasks_before_their_document(model: Path, work: Work) -> None:
    folder = work.out.parent
    write_records(
        folder / "d",
        [Document("a", "acute pain", source="x"), Document("b", "fever", source="x"), Document("c", " ", source="x")],
        Document,
    )
    write_records(
        folder / "s",
        [
            Sample("1", "pit.summary", "pain", document="a", source="x"),
            Sample("2", "pit.entities", "acute", document="a", source="x"),
            Sample("3", "pit.relations", "left", document="a", source="x"),
            Sample("4", "pit.summary", "gone", document="z", source="x"),
        ],
        Sample,
    )
    settings = PitSettings(
        model=model, samples=[folder / "s"], documents=[folder / "d"], tasks=["summary", "entities"]
    )
    tokenizer = load_tokenizer(model)
    phase1, phase2 = phase_rows(settings, work, tokenizer)

    def texts(rows: Any) -> list[str]:
        return [tokenizer.decode(rows.tokens[start:stop]) for start, stop in rows.spans()]

    end = "<|endoftext|>"
    assert texts(phase1) == [f"pain{end}acute{end}"]
    assert texts(phase2) == [f"pain{end}acute{end}acute pain{end}", f"fever{end}"]
    assert work.facts == {"sequences_phase1": 1, "sequences_phase2": 2, "task_texts": 2, "unused_tasks": 1}


def test_a_control_token_in_a_document_is_plain_text(model: Path) -> None:
    tokenizer = load_tokenizer(model)
    (tokens,) = tokenize(tokenizer, ["pain<|im_end|><|endoftext|>"])
    assert tokenizer.decode(tokens) == "pain<|im_end|><|endoftext|>"
    assert not set(tokens) & set(tokenizer.all_special_ids)


def test_sft_learns_to_reply(data: Path, model: Path, tmp_path: Path) -> None:
    made = sft(
        out=tmp_path / "m", model=model, samples=data / "instructions", learning_rate=1e-2, epochs=6, batch_size=8,
        neftune_noise_alpha=0, log_every=4, **FAST,
    )  # fmt: skip
    losses = losses_of(made)
    assert losses[-1] < losses[0] - 1
    assert facts_of(made)["dropped_tokens"] == 0
    assert (made / "config.json").read_bytes() == (model / "config.json").read_bytes()
    assert (made / "generation_config.json").read_bytes() == (model / "generation_config.json").read_bytes()


def test_the_loss_of_sft_is_that_of_the_learnt_tokens(data: Path, model: Path, tmp_path: Path) -> None:
    write_records(
        tmp_path / "s", [Sample("1", "t", "left pain", input="pain"), Sample("2", "t", "E11.9", input="x")], Sample
    )
    made = sft(out=tmp_path / "m", model=model, samples=tmp_path / "s", steps=2, batch_size=2, neftune_noise_alpha=0,
               log_every=1, **FAST)  # fmt: skip
    chat, network = ChatTokens(load_tokenizer(model), model), load_model(model).eval()
    total, count = 0.0, 0
    for text, reply in (("pain", "left pain"), ("x", "E11.9")):
        c = chat.conversation("", text, reply, "x")
        ids = torch.tensor([c.prompt + c.reply[: c.learnt]])
        with torch.no_grad():
            logits = network(ids).logits[0, :-1].log_softmax(-1)
        picked = logits.gather(1, ids[0, 1:, None])[-c.learnt :, 0]
        total, count = total - float(picked.sum()), count + c.learnt
    assert losses_of(made)[0] == pytest.approx(total / count, abs=1e-4)


def test_dpo_starts_at_log_two_and_falls(data: Path, model: Path, tmp_path: Path) -> None:
    made = dpo(
        out=tmp_path / "m", model=model, preferences=data / "preferences", learning_rate=5e-3, epochs=2, batch_size=8,
        log_every=1, **FAST,
    )  # fmt: skip
    losses = losses_of(made)
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses[-1] < 0.6
    assert (made / "config.json").read_bytes() == (model / "config.json").read_bytes()


def test_a_loss_that_is_no_number_stops_the_run_with_advice(data: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not a number any more at step .*Lower learning_rate"):
        dapt(
            out=tmp_path / "m", model=model, documents=data / "documents", learning_rate=1, max_gradient_norm=0,
            adam_beta2=0, batch_size=4, max_length=64, epochs=100, schedule="constant", weight_decay=1, **FAST,
        )  # fmt: skip
    assert not (tmp_path / "m").exists()


def write(folder: Path, *records: Any) -> Path:
    write_records(folder, list(records), type(records[0]))
    return folder


def test_what_cannot_be_trained_on_is_refused_before_the_first_step(data: Path, model: Path, tmp_path: Path) -> None:
    documents, out = data / "documents", tmp_path / "m"
    empty = write(tmp_path / "empty", Document("d", "  "))
    with pytest.raises(UserError, match="max_length: 1000 tokens, but the model has 128 positions"):
        dapt(out=out, model=model, documents=documents, max_length=1000)
    with pytest.raises(UserError, match="documents: no text in"):
        dapt(out=out, model=model, documents=empty)
    with pytest.raises(UserError, match="held_out: no text in"):
        dapt(out=out, model=model, documents=documents, held_out=empty)
    with pytest.raises(UserError, match=r"warmup_steps: 500, but .* ends at step \d+"):
        dapt(out=out, model=model, documents=documents, warmup_steps=500)
    with pytest.raises(UserError, match=r"no pit\.relations among them, only pit\.entities, pit\.summary"):
        pit(out=out, model=model, documents=documents, samples=data / "tasks", tasks=["relations"])
    elsewhere = write(tmp_path / "elsewhere", Sample("1", "pit.summary", "s", document="nowhere", source="words"))
    with pytest.raises(UserError, match="none of them is about one of the documents"):
        pit(out=out, model=model, documents=documents, samples=elsewhere)
    no_output = write(tmp_path / "no_output", Sample("s9", "t", "", input="x"))
    with pytest.raises(UserError, match="sample 's9': the reply is empty"):
        sft(out=out, model=model, samples=no_output)
    long = write(tmp_path / "long", Sample("s1", "t", "pain " * 300, input="x"), Sample("s2", "t", "pain", input="x"))
    with pytest.raises(UserError, match=r"sample 's1': \d+ tokens, but a row has 128"):
        sft(out=out, model=model, samples=long)
    same = write(tmp_path / "same", Preference("p1", "t", "a", "a", input="x"))
    with pytest.raises(UserError, match="preference 'p1': chosen and rejected are the same"):
        dpo(out=out, model=model, preferences=same)
    assert not out.exists()


def test_a_long_sample_is_skipped_or_cut_when_asked_and_counted(model: Path, tmp_path: Path) -> None:
    long = write(tmp_path / "long", Sample("s1", "t", "pain " * 300, input="x"), Sample("s2", "t", "pain", input="x"))
    for too_long, samples in (("skip", 1), ("cut", 2)):
        made = sft(out=tmp_path / too_long, model=model, samples=long, too_long=too_long, steps=2, **FAST)
        facts = facts_of(made)
        assert facts["samples"] == samples
        assert facts["skipped_samples"] == 2 - samples
        assert facts["dropped_tokens"] > 100


def test_a_tokenizer_that_is_larger_than_the_embedding_is_refused(data: Path, model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    tokenizer = load_tokenizer(broken)
    tokenizer.add_tokens([f"word{i}" for i in range(500)])
    tokenizer.save_pretrained(broken)
    with pytest.raises(UserError, match=r"the model's embedding has \d+ rows"):
        dapt(out=tmp_path / "m", model=broken, documents=data / "documents")
