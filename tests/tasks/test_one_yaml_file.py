"""A data set of a known format is one YAML file of the user's and no Python: csv, jsonl, Parquet, and `datasets`."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from polyclinic import tasks
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.tasks import count_samples, export_task_files, load_task, read_task_file

TASK = """
title: Fever
category: Text Classification
domain: Clinical texts
family: label
builder: source
metric: label_accuracy
license: CC0-1.0
definition: Say whether there is fever.
labels: ["yes", "no"]
input: "{{ note }}"
output: "{{ fever }}"
source:
  name: Fever
  folder: fever
  format: FORMAT
  files: {train: [FILES]}
  document: patient
  MORE
"""
Rows = Sequence[dict[str, str]]
ROWS: Rows = [{"note": f"note {n}, é", "fever": "yes" if n % 2 else "no", "patient": f"p{n // 3}"} for n in range(60)]


def write_csv(folder: Path, rows: Rows) -> None:
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def lines(rows: Rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def write_jsonl(folder: Path, rows: Rows) -> None:
    (folder / "rows.jsonl").write_bytes(lines(rows))


def write_parts(folder: Path, rows: Rows) -> None:
    """Three files of one split, two of them compressed."""
    (folder / "rows-1.jsonl").write_bytes(lines(rows[:20]))
    (folder / "rows-2.jsonl.gz").write_bytes(gzip.compress(lines(rows[20:40])))
    (folder / "rows-3.jsonl.zst").write_bytes(pa.compress(lines(rows[40:]), "zstd", asbytes=True))


def write_parquet(folder: Path, rows: Rows) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows[:31])), folder / "rows-1.parquet", row_group_size=7)
    pq.write_table(pa.Table.from_pylist(list(rows[31:])), folder / "rows-2.parquet")


def write_saved(folder: Path, rows: Rows) -> None:
    import datasets

    datasets.DatasetDict({"train": datasets.Dataset.from_list(list(rows))}).save_to_disk(str(folder))


KINDS: dict[str, tuple[str, str, Callable[[Path, Rows], None]]] = {
    "csv": ("delimited", "rows.csv", write_csv),
    "jsonl": ("json_rows", "rows.jsonl", write_jsonl),
    "parts": ("json_rows", '"rows-*.jsonl*"', write_parts),
    "parquet": ("parquet_rows", '"rows-*.parquet"', write_parquet),
    "saved": ("parquet_rows", '"none/*.parquet"', write_saved),
}


def prepared(tmp_path: Path, kind: str, more: str = "", rows: Rows = ROWS) -> dict[str, Any]:
    format_, files, write = KINDS[kind]
    (tmp_path / "data" / "fever").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    write(tmp_path / "data" / "fever", rows)
    text = TASK.replace("FORMAT", format_).replace("FILES", files).replace("MORE", more)
    (tmp_path / "mine" / "fever.yaml").write_text(text, encoding="utf-8")
    return {"tasks": "fever", "catalog": tmp_path / "mine", "data": tmp_path / "data"}


def build(out: Path, **fields: Any) -> list[Sample]:
    return list(read_records(tasks.build(out=out, **fields), Sample))


@pytest.mark.parametrize("kind", KINDS)
def test_one_file_adds_a_data_set(tmp_path: Path, kind: str) -> None:
    own = prepared(tmp_path, kind)
    found = build(tmp_path / "out", **own)
    assert [(s.input, s.output, s.document) for s in found] == [
        (row["note"], row["fever"], f"Fever/{row['patient']}") for row in ROWS
    ]
    assert len({sample.id for sample in found}) == 60
    [file] = export_task_files([tmp_path / "out"], tmp_path / "files", tmp_path / "mine")
    instances = read_task_file(tmp_path / "files" / file).instances
    assert [(i.id, i.input, i.output) for i in instances] == [(s.id, s.input, (s.output,)) for s in found]
    assert count_samples([tmp_path / "out"], tmp_path / "mine").samples == 60
    assert load_task("fever", tmp_path / "mine").title == "Fever"


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parts", "parquet"])
def test_every_choice_of_a_build_gives_the_same_samples_from_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    """Ids are the data set's own here, so that the same items are drawn whatever file they come from."""
    rows = [{**row, "key": f"k{n}"} for n, row in enumerate(ROWS)]
    fields: dict[str, Any] = {"few_shot_share": 0.5, "shots": 3, "fewest_shots": 1, "items": 30, "prompt": "paper"}
    (tmp_path / "lines").mkdir()
    (tmp_path / "own").mkdir()
    expected = build(tmp_path / "expected", **prepared(tmp_path / "lines", "jsonl", "id: key", rows), **fields)
    found = build(tmp_path / "found", **prepared(tmp_path / "own", kind, "id: key", rows), **fields)
    assert found == expected
    assert len(found) == 30
    assert {len(sample.metadata.get("shots", [])) for sample in found} == {0, 1, 2, 3}


@pytest.mark.parametrize("layout", ["one split", "no official splits"])
def test_a_data_set_of_the_hub_is_streamed_when_the_user_allows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    """A folder in the layout of a hub's data set stands for the hub: what loads it is `datasets` itself."""
    repository = tmp_path / "owner" / "fever" / "data"
    repository.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(ROWS[:50]), repository / "train-00000-of-00001.parquet")
    pq.write_table(pa.Table.from_pylist(ROWS[50:]), repository / "test-00000-of-00001.parquet")
    (tmp_path / "mine").mkdir()
    text = TASK.replace("FORMAT", "parquet_rows").replace("FILES", '"*.parquet"').replace("MORE", "hub: owner/fever")
    if layout != "one split":
        text = text.replace("files: {train:", "files: {all:")
    (tmp_path / "mine" / "fever.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    fields: dict[str, Any] = {"tasks": "fever", "catalog": tmp_path / "mine"}
    with pytest.raises(UserError, match="missing; fever is made from the files of Fever"):
        build(tmp_path / "refused", **fields)
    found = build(tmp_path / "out", download=True, **fields)
    if layout == "one split":
        assert [sample.input for sample in found] == [row["note"] for row in ROWS[:50]]
    else:
        other = build(tmp_path / "test", download=True, split="test", **fields)
        assert sorted(s.input for s in [*found, *other]) == sorted(row["note"] for row in ROWS)
        assert not {s.document for s in found} & {s.document for s in other}


def test_a_hub_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "mine").mkdir()
    text = TASK.replace("FORMAT", "parquet_rows").replace("FILES", '"*.parquet"').replace("MORE", "hub: no/such-set")
    (tmp_path / "mine" / "fever.yaml").write_text(text)
    with pytest.raises(UserError, match=r"no/such-set: the hub's data set cannot be read .* give its folder as data"):
        build(tmp_path / "out", tasks="fever", catalog=tmp_path / "mine", download=True)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_broken_items_are_set_aside_from_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    rows = list(ROWS)
    rows[7] = {**rows[7], "note": "x" * 2_000_000}
    rows[9] = {**rows[9], "fever": "perhaps"}
    own = prepared(tmp_path, kind, rows=rows)
    with pytest.raises(UserError, match=r"task fever: field 'input': the item has 2\d* characters.*skip_bad"):
        build(tmp_path / "refused", **own)
    found = build(tmp_path / "out", skip_bad=True, task_json=True, **own)
    assert len(found) == 58
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    assert manifest.facts["fever"] == {"items": 58, "few_shot": 0, "set_aside": 2}
    aside = [json.loads(line) for line in (tmp_path / "out" / "set_aside.jsonl").read_text().splitlines()]
    assert ["characters" in row["reason"] for row in aside] == [True, False]
    assert "expected one label of the closed list, found 'perhaps'" in aside[1]["reason"]
    [file] = (tmp_path / "out" / "meds-ins").iterdir()
    assert len(read_task_file(file).instances) == 58
    long = build(tmp_path / "long", skip_bad=True, longest=3_000_000, **own)
    assert max(len(sample.input) for sample in long) == 2_000_000
