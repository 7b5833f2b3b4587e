"""Teachers that are no plain endpoint: a provider's batches, and a model folder in this process."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.synth import chain, judge, pit

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from batch_server import BatchServer, answered
from random_teacher import save_random_teacher
from teacher_server import Payload, last_turn


def test_a_step_goes_through_batches_and_asks_again_what_cannot_be_used(tmp_path: Path) -> None:
    samples = [Sample(f"s{n}", "t", "o", instruction=f"Do {n}.") for n in range(4)]
    write_records(tmp_path / "samples", samples, Sample)

    def judging(payload: Payload, before: int) -> dict[str, Any]:
        keys = ("quality", "alignment", "coherence", "realism", "difficulty")
        again = len(payload["messages"]) > 1
        score = 9 if "Do 2." in payload["messages"][0]["content"] and not again else 3
        assert again or last_turn(payload).startswith("You judge")
        return answered(json.dumps({key: {"rationale": "r", "score": score} for key in keys}))

    with BatchServer(judging) as server:
        fields: dict[str, Any] = {"teacher_url": server.url, "teacher_model": "m", "batches": True}
        made = judge(out=tmp_path / "a", samples=tmp_path / "samples", judgements=2, batch_poll=0.01, **fields)
        assert server.seen == [], "nothing was asked one by one"
        assert len(server.batches) == 2
        with pytest.raises(UserError, match="cannot wait a day"):
            chain(out=tmp_path / "b", instructions=1, **fields)
    assert all(sample.metadata["quality"] == 3.0 for sample in read_records(made, Sample))
    facts = json.loads((made / "manifest.json").read_text())["facts"]
    assert facts["rejected"] == {"score off the scale": 2}


def test_a_model_folder_writes_without_any_endpoint(tmp_path: Path) -> None:
    notes = [Document(f"n{n}", f"Note {n}: a fever.") for n in range(2)]
    write_records(tmp_path / "notes", notes, Document)
    folder = save_random_teacher(tmp_path / "model", window=1024)
    fields: dict[str, Any] = {
        "documents": tmp_path / "notes",
        "teacher_url": f"folder:{folder}",
        "teacher_model": "random",
        "max_tokens": 16,
    }
    # Random weights never end an answer, so each is cut off: it was asked, and what came is counted.
    with pytest.raises(UserError, match="none of the answers to 2 requests could be used: 4 times summary: cut off"):
        pit(out=tmp_path / "a", **fields)
    with pytest.raises(UserError, match="a model folder has neither more_addresses nor batches"):
        pit(out=tmp_path / "b", batches=True, **fields)
    with pytest.raises(UserError, match="nowhere"):
        pit(out=tmp_path / "c", **{**fields, "teacher_url": "folder:nowhere"})
