"""Whatever is wrong with a file of records, the message names the file, the line or row, and the field."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, Score, read_records, write_records

GOOD = '{"id": "a", "text": "b"}'


def problem_of(path: Path, record_type: type[Any] = Document) -> str:
    with pytest.raises(UserError) as caught:
        list(read_records(path, record_type))
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a" "b"}', ":3: broken JSON at column 12: Expecting ',' delimiter; expected one object a line"),
        ('{"id": "a", ', ":3: broken JSON at column 1[12]"),
        ("[1, 2]", ":3: expected a JSON object, found list"),
        ('{"id": "a", "text": "b", "domian": "notes"}', ":3: unknown field 'domian'; did you mean 'domain'?"),
        ('{"id": "a", "text": "b", "type_name": "x"}', ":3: unknown field 'type_name'"),
        ('{"id": "a"}', ":3: field 'text' is missing"),
        ('{"id": "a", "text": null}', ":3: field 'text' is missing"),
        ('{"id": 7, "text": "b"}', ":3: field 'id': expected text, found int"),
        ('{"id": "a", "text": "b", "metadata": [1]}', ":3: field 'metadata': expected an object, found list"),
        ('{"id": "a", "text": "b", "metadata": "{"}', ":3: field 'metadata': expected JSON"),
        ('{"id": "a", "text": "\\ud83d"}', r":3: field 'text': half a character \(\\ud83d\) at 0"),
        ('{"id": "a", "text": "b", "metadata": {"x": "\\udc00"}}', ":3: field 'metadata': half a character"),
        ('{"id": "a", "text": ' + "7" * 5000 + "}", ":3: JSON that cannot be read"),
        ("[" * 100_000, ":3: JSON that cannot be read"),
    ],
)
def test_a_broken_line_is_named_with_file_and_line(line: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(f"{GOOD}\n\n{line}\n")
    assert re.match(message.replace("?", "[?]"), problem_of(file))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('"options": ["a", 1]', ":1: field 'options': expected a list of texts, found list"),
        ('"options": ["\\ud800"]', ":1: field 'options': half a character"),
    ],
)
def test_broken_options_are_named(line: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(f'{{"id": "a", "task": "t", "output": "o", {line}}}\n')
    assert problem_of(file, Sample).startswith(message)


@pytest.mark.parametrize("value", ["true", '"0.5"', "[1]", "1" + "0" * 400])
def test_a_score_must_be_a_number(value: str, tmp_path: Path) -> None:
    row = dict.fromkeys(("model", "fingerprint", "task", "item", "metric", "scorer"), "x")
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps(row)[:-1] + f', "value": {value}}}\n')
    assert problem_of(file, Score).startswith(":1: field 'value': ")


def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    lines = tmp_path / "in.jsonl"
    lines.write_bytes(GOOD.encode() + b'\n{"id": "caf\xe9"}\n')
    assert problem_of(lines).startswith(":2: not UTF-8 (byte 11)")
    table = tmp_path / "in.csv"
    table.write_bytes(b"id,text\na,b\nc,caf\xe9\n")
    assert problem_of(table).startswith(":3: not UTF-8")


def test_the_byte_order_mark_that_some_editors_write_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    (tmp_path / "in.csv").write_bytes(b"\xef\xbb\xbfid,text\na,b\n")
    for file in tmp_path.iterdir():
        assert list(read_records(file, Document)) == [Document("a", "b")]


@given(cut=st.integers(0, 10_000), flipped=st.booleans(), flip=st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_a_damaged_gzip_is_named_or_reads_as_it_was(cut: int, flipped: bool, flip: int) -> None:
    whole = bytearray(gzip.compress("".join(f'{{"id": "{i}", "text": "t"}}\n' for i in range(300)).encode(), mtime=0))
    cut %= len(whole)
    if flipped:
        whole[cut] ^= flip
    else:
        del whole[cut:]
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "in.jsonl.gz"
        file.write_bytes(whole)
        documents, message = [], ""
        try:
            documents = list(read_records(file, Document))
        except UserError as error:
            message = str(error)
        whole_after_all = (
            len(documents) == 300 and flipped
        ) or not whole  # a flipped date says nothing of the content
        assert whole_after_all or message.startswith(str(file))


@given(cut=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_a_cut_off_parquet_file_is_named(cut: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        write_records(Path(name), [Document(str(i), "text " * i) for i in range(50)], Document)
        file = Path(name) / "records.parquet"
        whole = file.read_bytes()
        file.write_bytes(whole[: cut % len(whole)])
        with pytest.raises(UserError, match="not a whole Parquet file"):
            list(read_records(Path(name), Document))


def test_damaged_pages_of_a_parquet_file_are_named(tmp_path: Path) -> None:
    write_records(tmp_path, [Document(str(i), f"{i * 7919} " * 40) for i in range(200)], Document)
    file = tmp_path / "records.parquet"
    whole = bytearray(file.read_bytes())
    whole[40:400] = bytes(360)
    file.write_bytes(whole)
    with pytest.raises(UserError, match="not a whole Parquet file"):
        list(read_records(file, Document))


def test_a_parquet_row_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a", "b"], "text": ["x", None]}), tmp_path / "in.parquet")
    assert problem_of(tmp_path / "in.parquet") == ", row 2: field 'text' is missing"
    pq.write_table(pa.table({"id": ["a"], "text": [b"x"]}), tmp_path / "in.parquet")
    assert problem_of(tmp_path / "in.parquet") == ", row 1: field 'text': expected text, found bytes"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id,text\na,b\nc\n", ":3: the row has another number of cells than the header"),
        ("id,text\na,b,c\n", ":2: the row has another number of cells than the header"),
        ("id,txt\na,b\n", ":2: unknown field 'txt'; did you mean 'text'?"),
        ('id,text\na,"b\n', ":2: broken csv: unexpected end of data"),
        ("id,text,metadata\na,b,{\n", ":2: field 'metadata': expected JSON"),
    ],
)
def test_a_broken_csv_row_is_named(table: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(table)
    assert problem_of(tmp_path / "in.csv").startswith(message)


def test_a_csv_number_that_is_none_is_named(tmp_path: Path) -> None:
    names = "model,fingerprint,task,item,metric,scorer,value"
    (tmp_path / "in.csv").write_text(f"{names}\nm,f,t,i,accuracy,s,high\n")
    assert problem_of(tmp_path / "in.csv", Score) == ":2: field 'value': expected a number, found 'high'"
    (tmp_path / "in.csv").write_text(f"{names}\nm,f,t,i,accuracy,s,\n")
    assert next(read_records(tmp_path / "in.csv", Score)).value is None


def test_a_path_without_records_is_named(tmp_path: Path) -> None:
    assert problem_of(tmp_path) == ": no Parquet files here; expected a folder of documents"
    assert problem_of(tmp_path / "no.jsonl") == ": no such file or folder; expected documents"
    (tmp_path / "in.xlsx").touch()
    assert problem_of(tmp_path / "in.xlsx").startswith(": cannot read documents from this; expected a folder")
