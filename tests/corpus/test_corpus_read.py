"""Reading documents from the user's own files."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from polyclinic import corpus
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "corpora"


def write_lines(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def run(tmp_path: Path, path: Path, name: str = "out", **fields: Any) -> list[Document]:
    return list(read_records(corpus.read(out=tmp_path / name, documents=path, **fields), Document))


def left_out(tmp_path: Path, name: str = "out") -> list[dict[str, str]]:
    return [json.loads(line) for line in (tmp_path / name / "left_out.jsonl").read_text().splitlines()]


def zst(data: bytes) -> bytes:
    with pa.BufferOutputStream() as sink:
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(data)
        return bytes(sink.getvalue())


# bzip2 packs 900 kB at a time, of which nothing is whole when the end is missing.
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": lambda data: bz2.compress(data, 1),
    "xz": lzma.compress,
    "zst": zst,
}


def facts(tmp_path: Path, name: str = "out") -> dict[str, Any]:
    manifest = read_manifest(tmp_path / name)
    assert manifest is not None
    return manifest.facts


def rows(count: int) -> list[dict[str, Any]]:
    return [{"id": f"d{i}", "text": f"text {i}"} for i in range(count)]


def test_a_folder_is_read_in_the_order_of_its_names_with_all_formats(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_lines(folder / "b" / "rows.jsonl", [{"id": "jsonl", "text": "one"}])
    with gzip.open(folder / "c.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write('{"id": "gz", "text": "two", "license": "CC-BY-4.0"}\n')
    pq.write_table(pa.table({"id": ["parquet"], "text": ["three"]}), folder / "d.parquet")
    (folder / "a.txt").write_text("four\n", encoding="utf-8")
    (folder / "e.md").write_text("# Heading\n\nfive", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"PNG")
    (folder / ".hidden.txt").write_text("no", encoding="utf-8")
    found = run(tmp_path, folder, domain="notes", license="CC0-1.0", source="ours", language="de")
    assert [(d.id, d.text) for d in found] == [
        ("a.txt", "four"),
        ("jsonl", "one"),
        ("gz", "two"),
        ("parquet", "three"),
        ("e.md", "# Heading\n\nfive"),
    ]
    assert {d.domain for d in found} == {"notes"}
    assert {d.language for d in found} == {"de"}
    assert [d.license for d in found] == ["CC0-1.0", "CC0-1.0", "CC-BY-4.0", "CC0-1.0", "CC0-1.0"]
    assert found[4].title == "Heading"
    assert facts(tmp_path)["files_of_other_kinds"] == {".png": 1}


def test_a_row_without_id_is_called_by_its_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"text": "one"}\n\n{"text": "two"}\n', encoding="utf-8")
    assert [d.id for d in run(tmp_path, file)] == ["in.jsonl:1", "in.jsonl:3"]


def test_unknown_fields_are_named_unless_they_are_to_be_ignored(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "in.jsonl", [{"text": "one", "pmid": 7}])
    with pytest.raises(UserError, match=r"in\.jsonl:1: unknown field 'pmid'"):
        run(tmp_path, file)
    assert run(tmp_path, file, extra_fields="ignore")[0].text == "one"


def test_a_broken_line_is_left_out_with_its_place_and_the_run_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"text": "one"}\n{"text": \n[1]\n{"text": 7}\n{"text": "two"}\n', encoding="utf-8")
    assert [d.text for d in run(tmp_path, file)] == ["one", "two"]
    assert [(one["place"], one["reason"]) for one in left_out(tmp_path)] == [
        ("in.jsonl:2", "broken JSON"),
        ("in.jsonl:3", "broken JSON"),
        ("in.jsonl:4", "not a document"),
    ]
    assert facts(tmp_path)["left_out"] == {"broken JSON": 2, "not a document": 1}


@pytest.mark.parametrize(("keep", "text"), [("first", "two"), ("last", "three")])
def test_of_an_id_that_comes_twice_one_is_kept_and_both_places_are_named(
    tmp_path: Path, keep: str, text: str
) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", [{"id": "x", "text": "two"}])
    write_lines(tmp_path / "in" / "b.jsonl", [{"id": "y", "text": "one"}, {"id": "x", "text": "three"}])
    found = run(tmp_path, tmp_path / "in", repeated_ids=keep)
    assert {d.id: d.text for d in found} == {"x": text, "y": "one"}
    (one,) = left_out(tmp_path)
    assert (one["reason"], one["id"]) == ("repeated id", "x")
    assert {one["place"], one["detail"].split()[-5].rstrip(";")} == {"a.jsonl:1", "b.jsonl:2"}


@pytest.mark.parametrize("name", ["latin.txt", "latin.md", "latin.jsonl"])
def test_text_that_is_not_utf8_is_named_with_its_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes('{"text": "Fieber über 39°"}'.encode("latin-1"))
    with pytest.raises(UserError, match=rf"{name}.*not UTF-8 \(byte \d+\)"):
        run(tmp_path, tmp_path / name)


def test_half_a_character_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "ok"}\n{"text": "cut \\ud83d"}\n', encoding="utf-8")
    assert len(run(tmp_path, tmp_path / "in.jsonl")) == 1
    assert left_out(tmp_path)[0]["place"] == "in.jsonl:2"
    assert "half a character" in left_out(tmp_path)[0]["detail"]


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_packed_file_that_was_cut_off_gives_what_is_whole_and_says_so(tmp_path: Path, packing: str) -> None:
    lines = b"".join(b'{"text": "line %d %d"}\n' % (i, i * i * 7919 % 99991) for i in range(20_000))
    whole = PACKINGS[packing](lines)
    (tmp_path / f"whole.jsonl.{packing}").write_bytes(whole)
    (tmp_path / f"cut.jsonl.{packing}").write_bytes(whole[: len(whole) * 7 // 8])
    assert len(run(tmp_path, tmp_path / f"whole.jsonl.{packing}", "all")) == 20_000
    found = run(tmp_path, tmp_path / f"cut.jsonl.{packing}")
    assert 0 < len(found) < 20_000
    assert [d.text for d in found] == [f"line {i} {i * i * 7919 % 99991}" for i in range(len(found))]
    assert left_out(tmp_path)[-1]["reason"] == "damaged archive"


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "in.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(UserError, match=r"in\.parquet: not a whole Parquet file"):
        run(tmp_path, tmp_path / "in.parquet")


def test_an_unreadable_suffix_or_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.docx").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"in\.docx: cannot read documents from this; expected \.jsonl"):
        run(tmp_path, tmp_path / "in.docx")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no file here that can be read; it is empty"):
        run(tmp_path, tmp_path / "empty")


def test_a_corpus_without_any_document_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(UserError, match="no document is left: 0 read"):
        run(tmp_path, tmp_path / "in.jsonl")
    file = write_lines(tmp_path / "short.jsonl", [{"text": "  "}, {"text": "abc"}])
    with pytest.raises(UserError, match=r"2 too short; first .*minimum_characters \(4\)"):
        run(tmp_path, file, minimum_characters=4)


def test_the_parts_of_two_steps_do_not_meet_and_make_the_whole(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "in.jsonl", rows(200))
    train = {d.id for d in run(tmp_path, file, "train", part="train", held_out_share=0.3)}
    held_out = {d.id for d in run(tmp_path, file, "held", part="held_out", held_out_share=0.3)}
    assert not train & held_out
    assert len(train | held_out) == 200
    assert facts(tmp_path, "train")["in_other_part"] == len(held_out)


def test_a_limit_takes_the_same_documents_in_any_order_of_the_file(tmp_path: Path) -> None:
    forward = write_lines(tmp_path / "a.jsonl", rows(100))
    backward = write_lines(tmp_path / "b.jsonl", rows(100)[::-1])
    one = [d.id for d in run(tmp_path, forward, "one", limit=10)]
    other = [d.id for d in run(tmp_path, backward, "other", limit=10)]
    assert len(one) == 10
    assert one == other[::-1]
    assert one != [f"d{i}" for i in range(10)]


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared corpora are not here")
def test_a_real_corpus_reads_as_it_is(tmp_path: Path) -> None:
    found = run(tmp_path, DATA / "guidelines.jsonl.gz", domain="guidelines")
    assert len(found) == 766
    assert {d.domain for d in found} == {"guidelines"}
    assert all(d.license and d.source for d in found)
