"""A teacher beyond the local network: what it gets passed the de-identifier, and stands in the store's ledger.

0.0.0.0 is no local address, so the server of the tests is a remote one there.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.synth import pit

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from teacher_server import Payload, TeacherServer, completion

NOTES = [
    Document(
        "a", "Mr. Okafor (MRN: 00123456) has pneumonia. He was seen on 03/04/2024 and given antibiotics for a week."
    ),
    Document("b", "The clinic knows Жуковский well. The cough is better."),
]


async def summary(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    return completion("The man has pneumonia and was given antibiotics for a week.")


def test_what_is_sent_is_deidentified_suspicious_texts_stay_and_the_ledger_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_records(tmp_path / "notes", NOTES, Document)
    with TeacherServer(summary) as server:
        usual: dict[str, Any] = {
            "documents": tmp_path / "notes",
            "tasks": ["summary"],
            "teacher_url": server.url.replace("127.0.0.1", "0.0.0.0"),
            "teacher_model": "trial",
        }
        with pytest.raises(UserError, match="would leave the building"):
            pit(out=tmp_path / "store" / "refused", **usual)
        monkeypatch.setenv("POLYCLINIC_DEIDENTIFY_KEY", "k" * 32)
        made = pit(out=tmp_path / "store" / "samples", allow_remote=True, **usual)
        sent = json.dumps(server.seen)
    assert len(server.seen) == 1
    for original in ("Okafor", "00123456", "03/04/2024", "Жуковский"):
        assert original not in sent
    assert "has pneumonia" in sent
    (sample,) = read_records(made, Sample)
    assert sample.document == "a"
    assert sample.output.startswith("The man has pneumonia")
    rows = [json.loads(line) for line in (tmp_path / "store" / "ledger.jsonl").read_text().splitlines()]
    assert len([row for row in rows if "sent" in row]) == len([row for row in rows if "answered" in row]) == 1
    assert "Okafor" not in json.dumps(rows)
    manifest = read_manifest(made)
    assert manifest is not None
    (reason,) = manifest.facts["failed"]
    assert re.match(r"summary: withheld: \d places may still hold an identifier", reason)
    assert "Жуковский" not in reason
