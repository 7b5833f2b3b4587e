from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.records import Preference, Sample, read_records, write_records
from polyclinic.synth import export, pairs, published
from polyclinic.synth.mediflow.published import COLUMNS, published_row, row_as_sample

SCORES = {"quality": 3.8, "alignment": 4.0, "coherence": 3.6, "realism": 3.2, "difficulty": 2.4}


def sample(number: int, part: str = "complete document") -> Sample:
    return Sample(
        id=f"mediflow-{number}.1",
        task="mediflow.reasoning_and_diagnosis",
        instruction=f"Do {number}.",
        input="A note.",
        output=f"Output {number}.",
        license="CC0-1.0",
        author="tutor",
        metadata={
            "task_type": "reasoning & diagnosis",
            "input_data": "Discharge Summary",
            "input_data_granular": part,
            "output_format": "plain_text",
            "difficulty_level": "very hard",
            **SCORES,
        },
    )


def test_a_data_set_has_the_published_columns_and_splits_and_is_read_back(tmp_path: Path) -> None:
    samples = [sample(n, "hospital course" if n % 2 else "complete document") for n in range(5)]
    write_records(tmp_path / "samples", samples, Sample)
    chosen = Preference("p", samples[2].task, "Output 2.", "Output 3.", "A note.", "Do 2.", "brevity")
    write_records(tmp_path / "pairs", [chosen], Preference)
    made = export(out=tmp_path / "set", samples=tmp_path / "samples", preferences=tmp_path / "pairs")

    import datasets

    loaded = datasets.load_dataset(str(made), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"mediflow", "mediflow_dpo"}
    assert tuple(loaded["mediflow"].column_names) == COLUMNS
    row = loaded["mediflow_dpo"][0]
    assert (row["output"], row["rejected_output"], row["error_type"]) == ("Output 2.", "Output 3.", "brevity")
    assert (row["quality"], row["difficulty"], row["task_type"]) == (3.8, 2.4, "reasoning & diagnosis")
    assert loaded["mediflow"][1]["input_data"] == "Discharge Summary: hospital course"
    assert loaded["mediflow"][0]["rejected_output"] == ""

    back = list(read_records(published(out=tmp_path / "back", data=made), Sample))
    assert [(s.task, s.instruction, s.input, s.output, s.metadata) for s in back] == [
        (s.task, s.instruction, s.input, s.output, s.metadata) for s in samples
    ]
    assert {(s.license, s.author) for s in back} == {("CDLA-Permissive-2.0", "GPT-4o-0806")}
    bad = published(out=tmp_path / "bad", data=made, split="mediflow_dpo")
    (pair,) = read_records(pairs(out=tmp_path / "again", samples=bad), Preference)
    assert (pair.chosen, pair.rejected, pair.error_type) == ("Output 2.", "Output 3.", "brevity")
    card = (made / "README.md").read_text()
    assert "path: data/mediflow_dpo-*.parquet" in card
    assert "CC0-1.0: 5" in card


@given(st.text(), st.text(), st.sampled_from([None, 1.0, 3.4]))
def test_a_row_holds_a_sample(instruction: str, output: str, quality: float | None) -> None:
    known: dict[str, Any] = {"task_type": "note scoring", "input_data": "Care Plan", "output_format": "json"}
    one = Sample("i", "mediflow.note_scoring", output, instruction=instruction, metadata=known)
    if quality is not None:
        one.metadata["quality"] = quality
    back = row_as_sample(published_row(one), 0, "mediflow", "here")
    assert (back.instruction, back.output, back.task) == (instruction, output, one.task)
    assert back.metadata.get("quality") == quality


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"instruction": "a", "input": "b", "output": "c", "task": "x"}, "unknown column 'task'; did you mean"),
        ({"instruction": "a", "input": "b"}, "column 'output': expected text, found NoneType"),
        ({"instruction": "a", "input": "b", "output": "c", "quality": "good"}, "'quality': expected a number"),
    ],
)
def test_another_layout_is_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match=rf"rows\.jsonl:1: .*{message}"):
        published(out=tmp_path / "out", data=file)


def test_a_split_that_is_not_there_and_samples_without_rejected_outputs_are_named(tmp_path: Path) -> None:
    (tmp_path / "set" / "data").mkdir(parents=True)
    (tmp_path / "set" / "data" / "mediflow_dpo-00000.parquet").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"no files of the split mediflow; .* found data/mediflow_dpo-00000"):
        published(out=tmp_path / "out", data=tmp_path / "set")
    with pytest.raises(UserError, match="not a whole Parquet file"):
        published(out=tmp_path / "out", data=tmp_path / "set", split="mediflow_dpo")
    write_records(tmp_path / "samples", [sample(1)], Sample)
    with pytest.raises(UserError, match=r"none of 1 samples .* has a `rejected_output`"):
        pairs(out=tmp_path / "out", samples=tmp_path / "samples")
