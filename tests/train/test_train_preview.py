from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polyclinic.errors import UserError
from polyclinic.records import Document, Preference, Sample, write_records
from polyclinic.train import preview, sft


def page_of(folder: Path) -> str:
    return (folder / "page.html").read_text(encoding="utf-8")


def test_the_page_marks_what_is_learnt_and_strikes_out_what_is_cut(model: Path, tmp_path: Path) -> None:
    write_records(
        tmp_path / "s",
        [
            Sample("good", "t", "left <b>pain</b>", input="Where?", instruction="Answer."),
            Sample("long", "t", "fever " * 200, input="x"),
        ],
        Sample,
    )
    shown = page_of(preview(out=tmp_path / "p", model=model, samples=tmp_path / "s", options={"too_long": "cut"}))
    # The template is applied, tags in the data are text, the end of the turn is learnt.
    assert "<span>&lt;|im_start|&gt;system\nAnswer.&lt;|im_end|&gt;\n" in shown
    assert "<mark>left &lt;b&gt;pain&lt;/b&gt;&lt;|im_end|&gt;</mark>" in shown
    assert "<del> " in shown or "<del>fever" in shown
    assert "long, too long" in shown
    assert "<dt>tokens dropped</dt>" in shown


def test_each_kind_of_training_has_its_page(data: Path, model: Path, tmp_path: Path) -> None:
    wanted: dict[str, tuple[dict[str, Any], str]] = {
        "dapt": ({"documents": "documents", "options": {"packing": "best_fit", "max_length": 64}}, "best_fit"),
        "pit": ({"documents": "documents", "samples": "tasks"}, "Phase 2: tasks and documents"),
        "dpo": ({"preferences": "preferences"}, "rejected"),
    }
    for name, (given, text) in wanted.items():
        paths = {key: data / value if key != "options" else value for key, value in given.items()}
        shown = page_of(preview(out=tmp_path / name, model=model, **paths))
        assert text in shown
        assert "<mark>" in shown
        assert f"train.{name}" in shown


def test_a_training_leaves_the_page_beside_the_model(data: Path, model: Path, tmp_path: Path) -> None:
    made = sft(out=tmp_path / "m", model=model, samples=data / "instructions", steps=1, precision="float32",
               gradient_accumulation=1, warmup_steps=0)  # fmt: skip
    assert "Instructions" in page_of(made)


def test_a_cut_document_shows_what_is_cut(model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "d", [Document("d", "acute " * 40 + "end of it")], Document)
    options = {"too_long": "cut", "max_length": 16, "packing": "one_document"}
    shown = page_of(preview(out=tmp_path / "p", model=model, documents=tmp_path / "d", options=options))
    assert "end of it&lt;|endoftext|&gt;</del>" in shown


def test_what_cannot_be_shown_is_named(data: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give documents"):
        preview(out=tmp_path / "p", model=model)
    with pytest.raises(UserError, match=r"options\.packin: unknown field, did you mean 'packing'|options\.packin"):
        preview(out=tmp_path / "p", model=model, documents=data / "documents", options={"packin": "wrapped"})
    write_records(tmp_path / "p1", [Preference("p", "t", "a", "b", input="x")], Preference)
    with pytest.raises(UserError, match="the model has 128 positions"):
        preview(out=tmp_path / "p", model=model, preferences=tmp_path / "p1", options={"max_length": 4096})
