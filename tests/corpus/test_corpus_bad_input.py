"""Bad input of every kind: a line in the side file, and the run goes on."""

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic import corpus
from polyclinic.corpus.readers.cut_json import cut_json
from polyclinic.corpus.readers.cut_lines import cut_csv, lines
from polyclinic.corpus.readers.cut_xml import cut_xml
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records


def run(tmp_path: Path, path: Path, **fields: Any) -> list[Document]:
    return list(read_records(corpus.read(out=tmp_path / "out", documents=path, **fields), Document))


def left_out(tmp_path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (tmp_path / "out" / "left_out.jsonl").read_text().splitlines()]


def reasons(tmp_path: Path) -> dict[str, str]:
    return {one["place"]: one["reason"] for one in left_out(tmp_path)}


def tar(members: dict[str, bytes], *links: tuple[str, str]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return whole.getvalue()


def test_names_that_lead_out_of_an_archive_and_links_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    bad = {"../out.txt": b"x", "/etc/x.txt": b"x", "good/a.txt": b"good", "C:\\x.txt": b"x", "a/../../b.txt": b"x"}
    (folder / "a.tar").write_bytes(tar(bad, ("link.txt", "/etc/passwd")))
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.writestr("../slip.txt", "x")
        archive.writestr("fine.txt", "fine")
    before = {f for f in tmp_path.rglob("*") if f.is_file()}
    assert [d.text for d in run(tmp_path, folder)] == ["good", "fine"]
    assert list(reasons(tmp_path).values()) == ["unsafe name"] * 4 + ["no plain file", "unsafe name"]
    made = {f for f in tmp_path.rglob("*") if f.is_file()} - before
    assert {f.parent for f in made} == {tmp_path / "out"}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.999])
def test_a_tar_that_was_cut_off_or_overwritten_gives_what_is_whole(tmp_path: Path, share: float) -> None:
    members = {f"{i}.txt": os.urandom(3000).hex().encode() for i in range(40)}
    whole = tar(members)
    end = 40 * (512 + 6144)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "cut.tar").write_bytes(whole[: int(end * share)])
    (folder / "cut.tar.gz").write_bytes(gzip.compress(whole)[: int(len(gzip.compress(whole)) * share)])
    damaged = bytearray(whole)
    damaged[10 * 6656 : 10 * 6656 + 100] = b"\x01" * 100
    (folder / "damaged.tar").write_bytes(bytes(damaged))
    found = run(tmp_path, folder)
    assert {d.text for d in found} <= {text.decode() for text in members.values()}
    assert sum(d.id.startswith("damaged") for d in found) == 10
    assert {n for n, why in reasons(tmp_path).items() if why == "damaged archive"} >= {"damaged.tar", "cut.tar.gz"}
    assert any(name.startswith("cut.tar") for name in reasons(tmp_path))


def test_a_document_that_is_too_large_is_left_out_without_being_held(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    big = "x" * 3_000_000
    (folder / "a.txt").write_text(big)
    (folder / "b.jsonl").write_text(json.dumps({"text": big}) + "\n" + json.dumps({"text": "small line"}) + "\n")
    (folder / "c.csv").write_text(f'id,text\nbig,"{big}"\nsmall,"small row"\n')
    (folder / "d.xml").write_text(
        f"<set><article><body><p>{big}</p></body></article><article><body><p>small one</p></body></article></set>"
    )
    (folder / "e.json").write_text(json.dumps([{"text": "first of a list"}, {"text": big}]))
    assert [d.text for d in run(tmp_path, folder, maximum_megabytes=1)] == [
        *("small line", "small row", "small one", "first of a list"),
    ]
    assert list(reasons(tmp_path)) == ["a.txt", "b.jsonl:1", "c.csv:2", "d.xml#1", "e.json#2"]
    assert set(reasons(tmp_path).values()) == {"too large"}


def test_a_cell_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    text = "Fever, cough.\n" * 750_000
    (tmp_path / "in.csv").write_text(f'id,text\na,"{text}"\nb,short\n')
    one, other = run(tmp_path, tmp_path / "in.csv")
    assert len(one.text) == len(text) > 10_000_000
    assert other.text == "short"


def test_a_quote_that_is_never_closed_costs_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('id,text\na,"one\ntwo"\nb,"open\nc,"x ""y"""\nd,last\n')
    assert [(d.id, d.text) for d in run(tmp_path, tmp_path / "in.csv")] == [
        ("a", "one\ntwo"),
        ("c", 'x "y"'),
        ("d", "last"),
    ]
    assert reasons(tmp_path) == {"in.csv:4": "broken csv"}


def test_text_that_is_no_text_is_named_by_kind(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_bytes("Fièvre".encode("latin-1"))
    (folder / "b.txt").write_bytes(b"Fever\0and more")
    (folder / "c.txt").write_bytes("Fièvre \u05d7\u05d5\u05dd \u202b39\u202c".encode("utf-16"))
    (folder / "d.txt").write_bytes("\ufeffحمى 39°C and שלום".encode())
    (folder / "e.jsonl").write_bytes(b'{"text": "Fi\xe8vre"}\n{"text": "ok"}\n')
    (folder / "f.csv").write_bytes(b"id,text\n1,Fi\xe8vre\n2,good\n")
    assert [d.text for d in run(tmp_path, folder)] == [
        *("Fièvre \u05d7\u05d5\u05dd \u202b39\u202c", "حمى 39°C and שלום", "ok", "good"),
    ]
    assert reasons(tmp_path) == {
        "a.txt": "not UTF-8",
        "b.txt": "NUL bytes",
        "e.jsonl:1": "not UTF-8",
        "f.csv:2": "not UTF-8",
    }


def test_one_file_of_many_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number:02d}.txt").write_text(f"Note {number}")
    (folder / "07.txt").unlink()
    (folder / "07.txt").symlink_to(tmp_path / "nowhere.txt")
    (folder / "08.txt").unlink()
    (folder / "08.txt").symlink_to(folder / "08.txt")  # a circle
    assert len(run(tmp_path, folder)) == 28
    assert reasons(tmp_path) == {"07.txt": "unreadable file", "08.txt": "unreadable file"}


def test_links_to_folders_are_named_and_links_to_files_are_followed(tmp_path: Path) -> None:
    ward = tmp_path / "ward"
    ward.mkdir()
    (ward / "x.txt").write_text("Hot.")
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for name in ("ward", "deep/ward"):
        (folder / name).symlink_to(ward)
    with pytest.raises(UserError, match="it holds a link to a folder, ward, which is not followed"):
        run(tmp_path, folder)
    (folder / "y.txt").symlink_to(ward / "x.txt")
    assert [d.text for d in run(tmp_path, folder)] == ["Hot."]
    assert reasons(tmp_path) == {"deep/ward": "linked folder", "ward": "linked folder"}


@pytest.mark.skipif(os.geteuid() == 0, reason="the super-user may open everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(name)
    (folder / "a.txt").chmod(0)
    assert len(run(tmp_path, folder)) == 1


def test_archives_and_packed_files_that_are_none_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    (folder / "b.tar").write_bytes(b"no tar at all")
    (folder / "c.jsonl.gz").write_bytes(b'{"text": "not packed after all"}\n')
    (folder / "d.xml").write_text("<html>not known</html>")
    (folder / "e.tar").write_bytes(tar({"x.png": b"PNG"}))
    (folder / "f.parquet").write_bytes(b"PAR1")
    assert [d.text for d in run(tmp_path, folder)] == ["not packed after all"]
    assert reasons(tmp_path) == {
        "a.zip": "damaged archive",
        "b.tar": "damaged archive",
        "d.xml": "unknown XML",
        "e.tar": "nothing to read",
        "f.parquet": "broken Parquet",
    }


def test_only_when_nothing_is_usable_the_command_ends_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{\n{\n")
    (tmp_path / "half.jsonl").write_text('{\n{"text": "fine"}\n')
    command = [sys.executable, "-m", "polyclinic", "corpus", "read", "--documents"]
    bad = subprocess.run([*command, "bad.jsonl", "--out", "a"], cwd=tmp_path, capture_output=True, text=True)
    assert bad.returncode == 2
    assert "no document is left: 0 read, 2 broken JSON; first bad.jsonl:1" in bad.stderr
    assert "Traceback" not in bad.stderr
    half = subprocess.run([*command, "half.jsonl", "--out", "b"], cwd=tmp_path, capture_output=True, text=True)
    assert half.returncode == 0
    assert "broken JSON" in half.stdout
    assert "left_out.jsonl" in half.stdout


def test_an_empty_reason_is_never_given(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(
        '{"text": "ok"}\n[]\n{"text": null}\n{"id": 3}\n{"text": ["a"]}\n{"txt": "a"}\n'
    )
    run(tmp_path, tmp_path / "in.jsonl")
    assert len(left_out(tmp_path)) == 5
    assert all(one["place"] and one["reason"] and one["detail"] for one in left_out(tmp_path))


class Pieces:
    """A stream that gives its bytes in pieces of chosen sizes, as codecs do."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.parts = list(self._cut(data, sizes))

    def _cut(self, data: bytes, sizes: list[int]) -> Iterator[bytes]:
        for size in sizes:
            if data[:size]:
                yield data[:size]
            data = data[size:]
        if data:
            yield data

    def read(self, size: int) -> bytes:
        return self.parts.pop(0) if self.parts else b""


sizes = st.lists(st.integers(1, 40), max_size=30)


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from('ab"\n\r,é'), max_size=12), max_size=8), sizes)
def test_where_a_stream_is_cut_changes_nothing(cells: list[str], cuts: list[int]) -> None:
    import csv

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["text"])
    writer.writerows([[cell] for cell in cells])
    data = out.getvalue().encode()
    whole = list(cut_csv(Pieces(data, []), "f", 1000))
    assert list(cut_csv(Pieces(data, cuts), "f", 1000)) == whole
    read = [next(csv.reader(io.StringIO(piece.data.decode(), newline="")))[0] for piece in whole]
    assert read == cells
    assert list(lines(Pieces(data, cuts), 1000)) == list(lines(Pieces(data, []), 1000))


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["<page>a</page>", "<page x='1'>b", "c", "</page>", "<pages/>", "\n"]), max_size=9),
    sizes,
)
def test_where_xml_and_json_are_cut_changes_nothing(parts: list[str], cuts: list[int]) -> None:
    data = "".join(parts).encode()
    assert list(cut_xml(Pieces(data, cuts), "f", "page", 500)) == list(cut_xml(Pieces(data, []), "f", "page", 500))
    rows = json.dumps([{"n": part} for part in parts]).encode()
    assert list(cut_json(Pieces(rows, cuts), "f", 500)) == list(cut_json(Pieces(rows, []), "f", 500))
    assert len(list(cut_json(Pieces(rows, cuts), "f", 500))) == len(parts)


def test_a_folder_whose_files_are_all_of_other_kinds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"it holds \.png; expected \.jsonl"):
        run(tmp_path, tmp_path)
