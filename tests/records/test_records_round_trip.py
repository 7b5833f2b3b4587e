"""What is written is what is read, in every form a set of records may have."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.records import BATCH, Document, Preference, Sample, Score, read_records, write_records

numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | numbers | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
metadata = st.dictionaries(st.text(max_size=6), json_values, max_size=3)
languages = st.sampled_from(["en", "de", "pt-BR"])
ANY_RECORD: dict[type[Any], st.SearchStrategy[Any]] = {
    Document: st.builds(Document, language=languages, metadata=metadata),
    Sample: st.builds(
        Sample, language=languages, options=st.lists(st.text(), max_size=4).map(tuple), metadata=metadata
    ),
    Preference: st.builds(Preference, language=languages),
    Score: st.builds(Score, value=st.none() | numbers, weight=numbers),
}
every_type = pytest.mark.parametrize("record_type", list(ANY_RECORD), ids=lambda t: t.type_name)


@every_type
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_parquet_gives_back_what_it_was_given(record_type: type[Any], data: st.DataObject) -> None:
    records = data.draw(st.lists(ANY_RECORD[record_type], max_size=5))
    with tempfile.TemporaryDirectory() as name:
        assert write_records(Path(name), records, record_type) == len(records)
        assert list(read_records(Path(name), record_type)) == records


@every_type
@given(data=st.data(), packed=st.booleans())
@settings(max_examples=25, deadline=None)
def test_json_lines_give_back_what_they_were_given(record_type: type[Any], data: st.DataObject, packed: bool) -> None:
    records = data.draw(st.lists(ANY_RECORD[record_type], max_size=5))
    text = "".join(json.dumps(dataclasses.asdict(r), ensure_ascii=packed) + "\n" for r in records).encode()
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / ("in.jsonl.gz" if packed else "in.jsonl")
        file.write_bytes(gzip.compress(text) if packed else text)
        assert list(read_records(file, record_type)) == records


@every_type
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_csv_gives_back_what_it_was_given(record_type: type[Any], data: st.DataObject) -> None:
    records = data.draw(st.lists(ANY_RECORD[record_type], min_size=1, max_size=5))
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "in.csv"
        _write_csv(file, records)
        assert list(read_records(file, record_type)) == records


def _write_csv(file: Path, records: Sequence[Any]) -> None:
    rows = [dataclasses.asdict(record) for record in records]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        for row in rows:
            cells = {k: json.dumps(v) if isinstance(v, (dict, tuple, list)) else v for k, v in row.items()}
            writer.writerow(cells)


def test_equal_records_give_equal_bytes(tmp_path: Path) -> None:
    def documents(order: int) -> list[Document]:
        fields = {"code": "E11.9", "leaf": True, "parent": "E11"}
        return [Document(str(i), "text", metadata=dict(list(fields.items())[::order])) for i in range(20)]

    for name, order in (("one", 1), ("two", -1)):
        write_records(tmp_path / name, iter(documents(order)), Document)
    one, two = (tmp_path / name / "records.parquet" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_records_stay_in_order_over_many_batches_and_files(tmp_path: Path) -> None:
    count = 2 * BATCH + 3
    write_records(tmp_path, (Document(str(i), "t") for i in range(count)), Document)
    (tmp_path / "records.parquet").rename(tmp_path / "b.parquet")
    write_records(tmp_path / "first", [Document("first", "t")], Document)
    (tmp_path / "first" / "records.parquet").rename(tmp_path / "a.parquet")
    assert [d.id for d in read_records(tmp_path, Document)] == ["first", *map(str, range(count))]


def test_a_set_may_be_empty(tmp_path: Path) -> None:
    assert write_records(tmp_path, [], Score) == 0
    assert list(read_records(tmp_path, Score)) == []


def test_a_document_in_csv_may_be_longer_than_a_usual_cell(tmp_path: Path) -> None:
    _write_csv(tmp_path / "in.csv", [Document("a", "word " * 60_000)])
    assert len(next(read_records(tmp_path / "in.csv", Document)).text) == 300_000


def test_what_a_csv_leaves_empty_takes_its_default(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text,language,metadata\na,b,,\nc,,de,\n")
    assert list(read_records(tmp_path / "in.csv", Document)) == [Document("a", "b"), Document("c", "", language="de")]
