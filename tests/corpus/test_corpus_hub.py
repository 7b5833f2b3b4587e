"""Data sets in a hub's form, by a map of fields; nothing is fetched here."""

import json
from pathlib import Path

import pytest

from polyclinic import corpus
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records


def test_a_folder_in_a_hubs_form_is_read_by_a_map_of_fields(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    rows = [{"note_id": i, "note": f"Note number {i} says little.", "age": 40 + i} for i in range(5)] + [{"note": ""}]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    fields = {"text": "note", "id": "note_id"}
    out = corpus.hub(out=tmp_path / "out", dataset=str(folder), fields=fields, extra_fields="metadata")
    found = list(read_records(out, Document))
    assert [(d.id, d.text) for d in found] == [(str(i), f"Note number {i} says little.") for i in range(5)]
    assert found[2].metadata == {"age": 42}
    assert {d.source for d in found} == {"notes"}
    assert json.loads((out / "left_out.jsonl").read_text())["place"] == "notes/train.jsonl:6"


def test_a_data_set_of_a_hub_needs_its_commit() -> None:
    with pytest.raises(UserError, match="`revision` is missing: 'owner/name' is no folder here"):
        corpus.hub(out="nowhere", dataset="owner/name")
