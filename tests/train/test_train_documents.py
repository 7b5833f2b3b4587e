from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from polyclinic.errors import UserError
from polyclinic.models import load_tokenizer
from polyclinic.records import Document, Sample, write_records
from polyclinic.steps import Work
from polyclinic.train import dapt, pit
from polyclinic.train.batches import BatchPlan, full_pieces
from polyclinic.train.dapt import DaptSettings
from polyclinic.train.language_modeling import document_rows
from polyclinic.train.pit import PitSettings, phase_rows

FAST: dict[str, Any] = {"precision": "float32", "gradient_accumulation": 1, "warmup_steps": 0, "batch_size": 4,
                        "neftune_noise_alpha": 0}  # fmt: skip


def facts_of(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["facts"]
    return facts


@pytest.fixture
def long(tmp_path: Path) -> Path:
    write_records(
        tmp_path / "long",
        [Document("long", "acute pain " * 100), Document("short", "fever"), Document("b", "left")],
        Document,
    )
    return tmp_path / "long"


def test_a_long_document_is_split_without_loss_or_cut_when_asked_and_counted(
    model: Path, long: Path, tmp_path: Path
) -> None:
    whole = dapt(out=tmp_path / "split", model=model, documents=long, max_length=32, **FAST)
    cut = dapt(out=tmp_path / "cut", model=model, documents=long, max_length=32, too_long="cut", **FAST)
    total = sum(len(load_tokenizer(model)(t)["input_ids"]) + 1 for t in ("acute pain " * 100, "fever", "left"))
    assert facts_of(whole)["dropped_tokens"] == 0
    assert facts_of(whole)["tokens"] == total
    assert facts_of(cut)["dropped_tokens"] == total - facts_of(cut)["tokens"] > 0
    with pytest.raises(ValidationError, match="wrapped packing cuts rows from the whole corpus"):
        DaptSettings(model=model, documents=[long], packing="wrapped", too_long="cut")


def test_rows_know_their_records(model: Path, long: Path, work: Work) -> None:
    rows = document_rows(work, load_tokenizer(model), [long])
    for packing in ("one_document", "best_fit", "wrapped"):
        plan = BatchPlan(rows, packing=packing, max_length=32, batch_size=2, seed=0)
        named = [rows.records(row) for batch in plan for row in batch]
        assert {name for names in named for name in names} == {"long", "short", "b"}
        assert all(len(names) == 1 for names in named) or packing != "one_document"


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=30),
    st.integers(4, 20),
    st.sampled_from(["one_document", "best_fit"]),
)
def test_splitting_keeps_every_token_and_cutting_counts_what_it_drops(
    lengths: list[int], longest: int, packing: Any
) -> None:
    import numpy as np

    from polyclinic.train.token_rows import TokenRows

    ends = np.cumsum(np.array(lengths, dtype=np.int64))
    rows = TokenRows(np.arange(ends[-1], dtype=np.uint32), ends)
    for too_long, kept in (("split", sum(lengths)), ("cut", sum(min(n, longest) for n in lengths))):
        plan = BatchPlan(rows, packing=packing, max_length=longest, batch_size=3, seed=1, too_long=too_long)  # type: ignore[arg-type]
        seen = sorted(token for batch in plan for row in batch for a, b in row for token in range(a, b))
        assert len(seen) == len(set(seen)) == kept == sum(lengths) - plan.dropped


def test_a_loss_that_explodes_names_the_documents_of_the_batch(model: Path, long: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"long|short"):
        dapt(
            out=tmp_path / "m", model=model, documents=long, learning_rate=1, max_gradient_norm=0, adam_beta2=0,
            weight_decay=1, schedule="constant", epochs=200, max_length=32, **FAST,
        )  # fmt: skip


def test_held_out_documents_are_looked_at(model: Path, data: Path, long: Path, tmp_path: Path) -> None:
    made = dapt(
        out=tmp_path / "m", model=model, documents=data / "documents", held_out=long, evaluate_every=1, steps=2,
        max_length=32, **FAST,
    )  # fmt: skip
    assert "held_out" in (made / "training_log.jsonl").read_text()


@pytest.mark.parametrize("task", ["summary", "question_answer", "entities", "relations", "explainer"])
def test_phase_1_learns_the_outputs_of_one_task_alone(task: str, model: Path, work: Work) -> None:
    folder = work.out.parent
    write_records(
        folder / "d", [Document("a", "acute pain", source="x"), Document("b", "fever", source="x")], Document
    )
    kinds = ("summary", "question_answer", "entities", "relations", "explainer")
    write_records(
        folder / "s",
        [Sample(f"{d}-{k}", f"pit.{k}", f"{k} of {d}", instruction="Write.", input="text", document=d, source="x")
         for d in "ab" for k in kinds],
        Sample,
    )  # fmt: skip
    settings = PitSettings(model=model, samples=[folder / "s"], documents=[folder / "d"], tasks=[task])
    tokenizer = load_tokenizer(model)
    phase1, phase2 = phase_rows(settings, work, tokenizer)
    end = "<|endoftext|>"
    # No chat format, no instruction: outputs, then the document, an end of text behind each.
    assert [tokenizer.decode(phase1.tokens[a:b]) for a, b in phase1.spans()] == [
        f"{task} of a{end}",
        f"{task} of b{end}",
    ]
    assert [tokenizer.decode(phase2.tokens[a:b]) for a, b in phase2.spans()] == [
        f"{task} of a{end}acute pain{end}", f"{task} of b{end}fever{end}",
    ]  # fmt: skip
    # One document a row: neither another document nor padding can be seen.
    plan = BatchPlan(phase2, packing="one_document", max_length=64, batch_size=4, seed=0)
    assert all(len(row) == 1 for batch in plan for row in batch)


def test_the_explainer_is_dapt_on_explanations_and_both_phases_can_be_left_out(
    model: Path, data: Path, tmp_path: Path
) -> None:
    made = pit(out=tmp_path / "m", model=model, documents=data / "documents", samples=data / "tasks", phase2_epochs=0,
               phase1_epochs=0.2, max_length=32, **FAST)  # fmt: skip
    phases = {json.loads(line)["phase"] for line in (made / "training_log.jsonl").read_text().splitlines()}
    assert phases == {"phase 1 tasks"}


def test_packed_texts_are_split_into_full_rows_and_a_rest_that_is_no_crumb() -> None:
    assert full_pieces((0, 100), 40) == [(0, 40), (40, 80), (80, 100)]
    assert full_pieces((5, 86), 40) == [(5, 45), (45, 70), (70, 86)]
    assert full_pieces((0, 40), 40) == [(0, 40)]
    assert full_pieces((0, 9), 4) == [(0, 4), (4, 7), (7, 9)]
