"""corpus.deidentify and deid-check: what is suspicious is held back, a patient keeps one name, kills lose nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from polyclinic.artifacts import read_manifest
from polyclinic.corpus import deidentify
from polyclinic.corpus.deidentification.check import check_labels
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records, write_records

NOTES = [
    Document(
        "a-1",
        "Mr. Okafor (MRN: 00123456) was seen 03/04/2024.",
        title="Okafor, visit",
        metadata={"patient": "1", "ward": "4W"},
    ),
    Document("a-2", "Okafor is better. Seen 03/11/2024.", metadata={"patient": "1"}, date="2024-03-11"),
    Document("b-1", "Ms. Okafor was seen 03/04/2024.", metadata={"patient": "2"}),
    Document("c-1", "The clinic knows Жуковский well.", metadata={"patient": "3"}),
    Document("d-1", "Give lisinopril 10 mg daily.", source="handbook", license="CC0-1.0"),
]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text("k" * 32)
    return file


def documents(folder: Path) -> list[Document]:
    return list(read_records(folder, Document))


def test_a_patient_keeps_one_surrogate_and_suspicious_documents_are_held_back(tmp_path: Path, key: Path) -> None:
    write_records(tmp_path / "notes", NOTES, Document)
    made = deidentify(documents=tmp_path / "notes", key_file=key, out=tmp_path / "out")
    first, second, other, plain = documents(made)
    everything = " ".join(f"{d.id} {d.text} {d.title} {d.metadata}" for d in (first, second, other, plain))
    for original in ("Okafor", "00123456", "03/04/2024", "a-1", "4W", "Жуковский"):
        assert original not in everything
    name = first.text.split()[1]
    assert second.text.startswith(f"{name} is better")
    assert first.title.startswith(f"{name}, ")
    assert name not in other.text
    assert first.metadata == second.metadata != other.metadata
    assert plain.text == NOTES[4].text
    assert (plain.source, plain.license) == ("handbook", "CC0-1.0")
    shift = [piece for piece in (*first.text.split(), *second.text.split()) if "/" in piece]
    assert shift[0] != "03/04/2024."
    assert second.date != "2024-03-11"
    manifest = read_manifest(made)
    assert manifest is not None
    assert manifest.facts["held_back"] == 1
    assert manifest.facts["identifiers"]["name"] == 3  # of the texts
    assert "k" * 32 not in (made / "manifest.json").read_text()
    held = json.loads((made / "local_only" / "held_back.jsonl").read_text())
    assert held["id"] == "c-1"
    assert "Жуковский" not in json.dumps(held)
    page = (made / "local_only" / "deidentified.html").read_text()
    assert "These are originals" in page
    assert "Okafor" in page


def test_suspicious_documents_may_be_kept_and_are_marked(tmp_path: Path, key: Path) -> None:
    write_records(tmp_path / "notes", NOTES, Document)
    made = deidentify(
        documents=tmp_path / "notes",
        key_file=key,
        suspicious="keep",
        samples=0,
        keep_ids=True,
        keep_metadata="ward",
        out=tmp_path / "out",
    )
    found = {d.id: d for d in documents(made)}
    assert found["c-1"].metadata["suspicious"] is True
    assert found["a-1"].metadata["ward"] == "4W"
    assert "Okafor" not in (made / "local_only" / "deidentified.html").read_text()


def test_bytes_are_the_same_however_many_processes_work_and_others_for_another_secret(
    tmp_path: Path, key: Path
) -> None:
    write_records(tmp_path / "notes", NOTES, Document)
    files = []
    for number, processes in enumerate((1, 2)):
        made = deidentify(
            documents=tmp_path / "notes", key_file=key, processes=processes, out=tmp_path / f"out{number}"
        )
        files.append((made / "records.parquet").read_bytes())
    assert files[0] == files[1]
    key.write_text("o" * 32)
    made = deidentify(documents=tmp_path / "notes", key_file=key, out=tmp_path / "other")
    assert (made / "records.parquet").read_bytes() != files[0]


def test_without_a_secret_or_with_nothing_left_it_says_what_to_do(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POLYCLINIC_DEIDENTIFY_KEY", "POLYCLINIC_DEIDENTIFY_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    write_records(tmp_path / "notes", NOTES[3:4], Document)
    with pytest.raises(UserError, match=r"corpus\.deidentify\.key_file: no secret"):
        deidentify(documents=tmp_path / "notes", out=tmp_path / "out")
    with pytest.raises(UserError, match="no document is left of 1: all were held back"):
        deidentify(documents=tmp_path / "notes", key_file=key, out=tmp_path / "out")
    with pytest.raises(UserError, match="expected LABEL=type"):
        deidentify(documents=tmp_path / "notes", key_file=key, labels="PER", out=tmp_path / "out")


def test_a_killed_run_goes_on_and_loses_and_doubles_nothing(tmp_path: Path, key: Path) -> None:
    import pyarrow.parquet as pq

    from polyclinic.corpus import document_units

    many = [Document(f"n-{n}", f"Mr. Okafor, MRN: 00{n:06d}, seen 03/04/2024. " * 6) for n in range(600)]
    write_records(tmp_path / "small", many, Document)
    table = pq.read_table(tmp_path / "small" / "records.parquet")
    (tmp_path / "notes").mkdir()
    for number in range(6):  # each file is a unit of work
        pq.write_table(table.slice(number * 100, 100), tmp_path / "notes" / f"records-{number}.parquet")
    assert document_units.UNIT_ROWS > 100
    code = (
        "from polyclinic.corpus import deidentify; "
        f"deidentify(documents={str(tmp_path / 'notes')!r}, key_file={str(key)!r}, processes=1, "
        f"out={str(tmp_path / 'out')!r})"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL)
    scratch = tmp_path / ".making" / "out" / "scratch"
    until = time.monotonic() + 120
    while time.monotonic() < until and len(list(scratch.glob("parts-*/0*"))) < 2 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {p.name: p.stat().st_mtime_ns for p in scratch.glob("parts-*/00000[01]")}
    if not (tmp_path / "out").exists():
        assert finished
        deidentify(documents=tmp_path / "notes", key_file=key, processes=1, out=tmp_path / "out")
    whole = deidentify(documents=tmp_path / "notes", key_file=key, processes=1, out=tmp_path / "whole")
    assert documents(tmp_path / "out") == documents(whole)
    assert len(documents(whole)) == 600


def test_labels_without_the_model_they_are_of_are_refused(tmp_path: Path, key: Path) -> None:
    write_records(tmp_path / "notes", NOTES, Document)
    with pytest.raises(UserError, match=r"labels: .* name its folder, or leave them out"):
        deidentify(documents=tmp_path / "notes", key_file=key, labels=["HOSP=institution"], out=tmp_path / "out")


def test_deid_check_counts_what_is_covered_and_what_is_wrong(tmp_path: Path) -> None:
    text = "Mr. Okafor, MRN: 00123456, and XYZZYX. Seen 03/04/2024."
    spans = [
        {"start": 4, "end": 10, "type": "name"},
        {"start": 17, "end": 25, "type": "mrn"},
        {"start": 31, "end": 37, "type": "name"},
    ]
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps({"id": "1", "text": text, "spans": spans, "style": "short"}) + "\n")
    checked = check_labels(file, examples=5)
    rows = {row["type"]: row for row in checked.counts.rows()}
    assert (rows["name"]["n"], rows["name"]["recall"], rows["name"]["precision"]) == (2, 0.5, 1.0)
    assert rows["mrn"]["recall"] == 1.0
    assert rows["date"]["precision"] == 0.0  # it was found and nobody labelled it
    assert rows["name"]["recall_low"] < 0.5 < rows["name"]["recall_high"]
    assert [missed[1] for missed in checked.counts.missed] == ["XYZZYX"]
    assert checked.gate_rows()[1] == {"notes": "with a missed identifier", "n": 1, "held_back": 1}
    assert set(checked.by_style) == {"short"}
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    with pytest.raises(UserError, match="no labelled notes"):
        check_labels(empty)
    file.write_text('{"id": "1", "text": "a", "spans": [{"start": 0, "end": 9, "type": "name"}]}\n')
    with pytest.raises(UserError, match=r"labels\.jsonl:1: span 1: expected 0 <= start < end <= 1"):
        check_labels(file)


def test_the_rules_find_what_the_invented_notes_label() -> None:
    from polyclinic.corpus.invented_notes.notes import EVERY_STYLE, draw_notes
    from polyclinic.deidentify import Counts, load_rules

    rules, counts = load_rules("en"), Counts()
    for note in draw_notes(25, 4, 2, EVERY_STYLE):
        counts.add(note.text, note.spans, rules.find(note.text))
    rows = {row["type"]: row for row in counts.rows()}
    assert rows["all"]["recall"] > 0.96
    assert rows["all"]["precision"] > 0.97
    assert all(rows[kind]["recall"] > 0.97 for kind in ("date", "phone", "mrn", "email"))
