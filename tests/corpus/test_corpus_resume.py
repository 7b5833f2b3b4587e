"""kill -9 at any moment, then the same command: no document is lost and none is there twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from polyclinic import corpus
from polyclinic.artifacts import read_manifest
from polyclinic.corpus import parts
from polyclinic.corpus.readers.pieces import Piece
from polyclinic.records import Document, read_records, write_records

TEXT = "The patient was admitted with fever and cough."


def files_of(folder: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in sorted(folder.iterdir()) if f.name != "manifest.json"}


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four chunks of notes, with ids that repeat across them and lines that are broken."""
    file = tmp_path_factory.mktemp("in") / "notes.jsonl"
    with file.open("w") as stream:
        for number in range(13_000):
            name = f"n{number % 12_500}"
            row = json.dumps({"id": name, "text": f"{number} {TEXT}", "source": "ward"})
            stream.write(row + "\n" if number % 1000 else '{"id": broken\n')
    return file


@pytest.fixture(scope="module")
def undisturbed(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus.read(out=tmp_path_factory.mktemp("whole") / "out", documents=notes, processes=1)


def test_any_number_of_processes_gives_the_same_bytes(notes: Path, undisturbed: Path, tmp_path: Path) -> None:
    several = corpus.read(out=tmp_path / "out", documents=notes, processes=3)
    assert files_of(several) == files_of(undisturbed)
    names = [d.id for d in read_records(several, Document)]
    assert len(names) == len(set(names)) > 12_400
    manifest = read_manifest(several)
    assert manifest is not None
    left_out = manifest.facts["left_out"]
    assert len(names) + sum(left_out.values()) == 13_000
    assert left_out == {"broken JSON": 13, "repeated id": 500 - 1}


def killed(command: list[str], place: Path, wanted: int) -> None:
    """Run a command and kill it as soon as it has made `wanted` parts."""
    process = subprocess.Popen([sys.executable, "-m", "polyclinic", *command], stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list(place.glob("[0-9]*[0-9]"))) < wanted:
        time.sleep(0.005)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_reading_that_was_killed_goes_on_and_ends_as_if_undisturbed(
    notes: Path, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / ".making" / "out" / "scratch" / "parts"
    command = ["corpus", "read", "--documents", str(notes), "--out", str(tmp_path / "out"), "--processes", "2"]
    killed(command, folder, 2)
    assert not (tmp_path / "out").exists()
    made = {p.name: p.stat().st_mtime_ns for p in folder.glob("[0-9]*[0-9]")}
    assert made
    out = corpus.read(out=tmp_path / "out", documents=notes, processes=2)
    assert files_of(out) == files_of(undisturbed)


def test_a_cleaning_that_was_killed_goes_on_and_ends_as_if_undisturbed(tmp_path: Path) -> None:
    for number in range(6):  # a unit of work each
        notes = [Document(f"n{number}-{i}", f"{i}  {TEXT}\n\n\n\n{TEXT}") for i in range(20)]
        write_records(tmp_path / "made", notes, Document)
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "made" / "records.parquet").rename(tmp_path / "in" / f"records-{number}.parquet")
    folder = tmp_path / "one" / ".making" / "out" / "scratch" / "cleaned"
    killed(
        ["corpus", "clean", "--documents", str(tmp_path / "in"), "--out", str(tmp_path / "one" / "out")], folder, 1
    )
    one, other = (corpus.clean(out=tmp_path / name / "out", documents=tmp_path / "in") for name in ("one", "other"))
    assert files_of(one) == files_of(other)
    assert len(list(read_records(one, Document))) == 120


def test_parts_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    job = "polyclinic.corpus.read_part:make_reader"
    folder = tmp_path / "parts"
    settings = b'{"options": {}}'
    chunks = [msgspec.msgpack.encode([Piece(f"f:{n}", b'{"text": "a"}', "f.jsonl")]) for n in range(4)]
    (folder / "000001.777").mkdir(parents=True)  # half made when a run was killed
    assert parts.make_parts(chunks, job, settings, folder, 1) == 4
    first = {p.name: (p / "counts.json").stat().st_mtime_ns for p in parts.part_folders(folder)}
    assert list(first) == ["000000", "000001", "000002", "000003"]
    assert parts.make_parts(chunks, job, settings, folder, 2) == 4
    assert {p.name: (p / "counts.json").stat().st_mtime_ns for p in parts.part_folders(folder)} == first


def test_what_a_process_cannot_do_is_raised_with_its_reason(tmp_path: Path) -> None:
    good = msgspec.msgpack.encode([Piece("f:1", b'{"text": "a"}', "f.jsonl")])
    job = "polyclinic.corpus.read_part:make_reader"
    with pytest.raises(RuntimeError, match=r"a process of the corpus failed:\n(?s:.*)msgspec"):
        parts.make_parts([good, good, b"\xc1", good], job, b'{"options": {}}', tmp_path / "parts", 2)
