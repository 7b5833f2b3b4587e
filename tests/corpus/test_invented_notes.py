"""Invented notes and their labels."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic import corpus
from polyclinic.corpus.invented_notes.identifiers import IDENTIFIERS, read_labels
from polyclinic.corpus.invented_notes.marked_text import mark, read_off, without_marks, wrap
from polyclinic.corpus.invented_notes.notes import EVERY_STYLE, draw_notes
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records


def test_notes_come_as_documents_with_labels_and_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = corpus.invented_notes(out=tmp_path / "first", patients=12, seed=5)
    again = corpus.invented_notes(out=tmp_path / "again", patients=12, seed=5)
    other = corpus.invented_notes(out=tmp_path / "other", patients=12, seed=6)
    labels = (first / "labels.jsonl").read_bytes()
    assert labels == (again / "labels.jsonl").read_bytes()
    assert labels != (other / "labels.jsonl").read_bytes()
    assert (first / "records.parquet").read_bytes() == (again / "records.parquet").read_bytes()
    documents = {d.id: d for d in read_records(first, Document)}
    notes = list(read_labels(first / "labels.jsonl"))
    assert {note.id: note.text for note in notes} == {d.id: d.text for d in documents.values()}
    assert all(documents[note.id].metadata == {"style": note.style, "patient": note.patient} for note in notes)
    assert len({note.patient for note in notes}) == 12


def test_every_style_and_every_type_appears_and_spans_are_what_they_say() -> None:
    notes = list(draw_notes(150, 1, 3, EVERY_STYLE))
    assert {note.style for note in notes} == set(EVERY_STYLE)
    assert {span.type for note in notes for span in note.spans} == set(IDENTIFIERS)
    for note in notes:
        for span in note.spans:
            words = note.text[span.start : span.end]
            assert words == words.strip() != ""
            if span.type in ("date", "mrn", "ssn", "zip", "age"):
                assert any(c.isdigit() for c in words) or words.isalpha(), words
            if span.type == "age":
                assert int(words) > 89
            if span.type == "email":
                assert "@" in words
        # Every birth date and record number that is in the text in the same writing is labelled wherever it stands.
        numbers = {note.text[s.start : s.end] for s in note.spans if s.type == "mrn"}
        covered = {i for s in note.spans for i in range(s.start, s.end)}
        for number in numbers:
            place = note.text.find(number)
            while place >= 0:
                assert place in covered
                place = note.text.find(number, place + 1)


def test_more_patients_change_none_before_them() -> None:
    assert list(draw_notes(6, 2, 2, EVERY_STYLE))[: len(list(draw_notes(3, 2, 2, EVERY_STYLE)))] == list(
        draw_notes(3, 2, 2, EVERY_STYLE)
    )


def test_one_style_alone_can_be_asked_for(tmp_path: Path) -> None:
    made = corpus.invented_notes(out=tmp_path / "out", patients=4, styles="radiology")
    assert {note.style for note in read_labels(made / "labels.jsonl")} == {"radiology"}
    with pytest.raises(UserError, match="styles"):
        corpus.invented_notes(out=tmp_path / "bad", patients=4, styles="poem")


words = st.lists(st.from_regex("[abcé]{1,5}( [abcé]{1,5}){0,2}", fullmatch=True), min_size=1, max_size=8)


@given(words, st.integers(3, 30), st.lists(st.sampled_from(sorted(IDENTIFIERS)), min_size=8, max_size=8))
def test_what_is_marked_is_found_again_after_wrapping_and_capitals(
    texts: list[str], columns: int, kinds: list[str]
) -> None:
    marked = " and ".join(mark(kind, text) for kind, text in zip(kinds, texts, strict=False))
    for changed in (marked, wrap(marked, columns), marked.upper()):
        text, spans = read_off(changed)
        assert text == without_marks(changed)
        assert [s.type for s in spans] == kinds[: len(texts)]
        found = [text[s.start : s.end].replace("\n", " ").lower() for s in spans]
        assert found == texts


@pytest.mark.parametrize(
    "marked", [mark("name", "A")[:-1], mark("name", "A") + "\uf8ff", "\ue000\uf8ff", "\ue000\ue001"]
)
def test_a_mark_that_is_not_closed_is_an_error(marked: str) -> None:
    with pytest.raises(ValueError, match="mark"):
        read_off(marked)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "a", "text": "abc"}, "field 'spans'"),
        ({"id": "a", "spans": []}, "field 'text'"),
        ({"id": "a", "text": "abc", "spans": [{"start": 1, "end": 9, "type": "name"}]}, "0 <= start < end <= 3"),
        ({"id": "a", "text": "abc", "spans": [{"start": True, "end": 2, "type": "name"}]}, "0 <= start < end"),
        ({"id": "a", "text": "abc", "spans": [{"start": 0, "end": 2, "type": "nmae"}]}, "did you mean 'name'"),
        ({"id": "a", "text": "abc", "spans": [{"start": 0, "end": 2, "type": ["x"]}]}, "unknown type"),
        ({"id": "a", "text": "abc", "spans": ["x"]}, "span 1: expected an object"),
        (
            {
                "id": "a",
                "text": "abc",
                "spans": [{"start": 0, "end": 2, "type": "name"}, {"start": 1, "end": 3, "type": "date"}],
            },
            "overlap",
        ),
    ],
)
def test_wrong_labels_are_refused_with_their_place(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match=message) as caught:
        list(read_labels(path))
    assert f"{path}:1" in str(caught.value)


def test_an_id_that_repeats_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(
        json.dumps({"id": "a", "text": "abc", "spans": []}) + "\n" + '{"id": "a", "text": "x", "spans": []}'
    )
    with pytest.raises(UserError, match="twice"):
        list(read_labels(path))
