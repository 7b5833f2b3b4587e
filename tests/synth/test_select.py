from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records, write_records
from polyclinic.synth import select
from polyclinic.synth.select import first_of_copies

WORDS = [f"word{n}" for n in range(300)]


def text(seed: int, length: int = 40) -> str:
    return " ".join(np.random.default_rng(seed).choice(WORDS, length).tolist())


def sample(number: int, quality: float | None = 4.0, example: int = 1, **known: Any) -> Sample:
    scores = {} if quality is None else {"quality": quality}
    usual = {"task_type": "summarization", "input_data": "Care Plan", "output_format": "json"}
    return Sample(
        id=f"m-{number}.{example}",
        task="mediflow.summarization",
        instruction=text(number),
        input=text(1000 * example + number, 20),
        output="out",
        metadata={**usual, **scores, **known},
    )


def run(tmp_path: Path, samples: list[Sample], **fields: Any) -> tuple[list[str], dict[str, str], dict[str, Any]]:
    """Return the ids that are kept, the reasons of the others, and the facts."""
    write_records(tmp_path / "samples", samples, Sample)
    made = select(out=tmp_path / "out", samples=tmp_path / "samples", **fields)
    manifest = read_manifest(made)
    assert manifest is not None
    side = made / "left_out.jsonl"
    rows = [json.loads(line) for line in side.read_text().splitlines()] if side.exists() else []
    kept = [one.id for one in read_records(made, Sample)]
    return kept, {row["id"]: row["reason"] for row in rows}, manifest.facts


def test_what_has_no_score_or_too_low_a_score_is_left_out(tmp_path: Path) -> None:
    samples = [sample(0), sample(1, 2.9), sample(2, None), sample(3, 3.0), sample(4, correctness=2.0), sample(5)]
    samples[-1].metadata["correctness"] = 4.0
    kept, reasons, facts = run(tmp_path, samples[:4])
    assert kept == ["m-0.1", "m-3.1"]
    assert reasons == {
        "m-1.1": "quality too low: 2.9 below 3",
        "m-2.1": "no score: 'quality' is not in its metadata",
    }
    assert facts["left_out"] == {"no score": 1, "quality too low": 1}
    kept, reasons, _ = run(tmp_path / "outputs", samples[4:], least_output={"correctness": 3.0})
    assert kept == ["m-5.1"]
    assert reasons == {"m-4.1": "correctness too low: 2 below 3"}


def test_the_best_of_each_cell_are_kept_whole(tmp_path: Path) -> None:
    samples = [sample(n, 3 + n / 100, example) for n in range(30) for example in (1, 2)]
    samples += [sample(n, 3.0, example, output_format="plain_text") for n in range(30, 34) for example in (1, 2)]
    kept, reasons, facts = run(tmp_path, samples, samples_kept=16)
    assert {name.partition(".")[0] for name in kept} == {f"m-{n}" for n in (*range(26, 30), *range(30, 34))}
    assert len(kept) == 16
    assert set(reasons.values()) == {"enough: better ones of its cell, or of all, are kept"}
    assert (facts["cells"], facts["largest_cell"], facts["smallest_cell"]) == (2, 8, 8)
    without, _, _ = run(tmp_path / "b", samples, samples_kept=16, axes=[])
    assert {name.partition(".")[0] for name in without} == {f"m-{n}" for n in range(22, 30)}


def test_of_instructions_that_are_nearly_the_same_the_best_stays(tmp_path: Path) -> None:
    first, copy, other = sample(1, 3.5), sample(2, 3.9), sample(3, 4.0)
    copy = Sample(**{**_fields(copy), "instruction": first.instruction + " please", "input": first.input})
    twice = Sample(**{**_fields(other), "id": "again"})
    kept, reasons, facts = run(tmp_path, [first, copy, other, twice])
    assert kept == ["m-2.1", "m-3.1"]
    assert reasons == {
        "m-1.1": "near-duplicate: instruction of m-2.1",
        "again": "duplicate: instruction and input were there before",
    }
    assert facts["instructions"] == 2
    assert len(run(tmp_path / "b", [first, copy, other], duplicates="none")[0]) == 3
    assert len(run(tmp_path / "c", [first, copy, other], duplicates="sample")[0]) == 2


def test_what_stands_in_a_benchmark_is_left_out_alone(tmp_path: Path) -> None:
    one, other = sample(1), sample(1, example=2)
    words = one.input.split()
    item = Sample("b7", "exam", "yes", input=" ".join(["A", "question", *words[2:15], "and", "more"]))
    write_records(tmp_path / "exam", [item], Sample)
    kept, reasons, facts = run(tmp_path, [one, other], benchmarks=tmp_path / "exam")
    assert kept == ["m-1.2"]
    assert reasons == {"m-1.1": "in a benchmark: shares 13 words in a row with exam/b7"}
    assert facts["benchmarks"] == {"exam": 1}


def test_test_splits_in_the_users_folder_are_found_by_the_catalog(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "medqa"
    folder.mkdir(parents=True)
    one, other = sample(1), sample(2)
    row = {"question": f"{one.instruction} What is it?", "options": {"A": "a", "B": "b"}, "answer_idx": "A"}
    (folder / "test.jsonl").write_text(json.dumps(row) + "\n")
    kept, reasons, facts = run(tmp_path, [one, other], data=tmp_path / "data")
    assert kept == ["m-2.1"]
    assert reasons["m-1.1"].startswith("in a benchmark: shares 13 words in a row with med")
    assert sum(facts["benchmarks"].values()) == 1


def test_a_benchmark_that_is_asked_on_its_validation_split_is_kept_apart_from_too(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "medmcqa"
    folder.mkdir(parents=True)
    one, other = sample(1), sample(2)
    for split, text_of_item in (("validation", one.instruction), ("train", other.instruction)):
        row = {"question": f"{text_of_item} What is it?", "options": {"A": "a", "B": "b"}, "answer_idx": "A"}
        (folder / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    kept, reasons, facts = run(tmp_path, [one, other], data=tmp_path / "data")
    assert kept == ["m-2.1"], "what stands in a training split may be trained on"
    assert reasons["m-1.1"].startswith("in a benchmark: shares 13 words in a row with med")
    assert sum(facts["benchmarks"].values()) == 1


def test_nothing_kept_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none of 2 samples is kept: 2 times quality too low"):
        run(tmp_path, [sample(1, 1.0), sample(2, 2.0)])


@given(st.lists(st.integers(0, 6), max_size=12))
def test_copies_are_named_by_the_first_of_them(numbers: list[int]) -> None:
    found = first_of_copies([text(number) for number in numbers], 0.8)
    assert found == [numbers.index(number) for number in numbers]


def _fields(one: Sample) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}
