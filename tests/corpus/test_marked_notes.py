"""Labelled notes as marked text: what is read, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.corpus.deidentification.check import check_labels
from polyclinic.corpus.invented_notes.identifiers import IDENTIFIERS, Span
from polyclinic.corpus.invented_notes.marked_notes import read_labelled, read_marked
from polyclinic.errors import UserError

TEXT = "# note ward round\n⟦name|Skip Hollis⟧ seen ⟦date|3/14⟧.\nStable.\n\n# note pager\ncall ⟦name|rose⟧\n"


def test_marks_become_spans_of_the_text_without_them(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(TEXT, encoding="utf-8")
    first, second = read_marked(file)
    assert first.text == "Skip Hollis seen 3/14.\nStable."
    assert first.spans == (Span(0, 11, "name"), Span(17, 21, "date"))
    assert (first.id, first.style, second.id, second.style) == ("notes-1", "ward round", "notes-2", "pager")
    assert second.text[second.spans[0].start :] == "rose"
    assert [note.id for note in read_labelled(file)] == ["notes-1", "notes-2"]


def test_marked_text_can_be_checked_as_lines_of_json_can(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert check_labels(file).counts.labelled == {"name": 2, "date": 1}


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="⟦⟧\r\n#", codec="utf-8"), max_size=8),
            st.sampled_from([*IDENTIFIERS]),
            st.text(st.characters(exclude_characters="⟦⟧\r\n", codec="utf-8"), min_size=1, max_size=8),
        ),
        max_size=6,
    )
)
def test_every_mark_is_where_it_was(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, str, str]]
) -> None:
    file = tmp_path_factory.mktemp("marked") / "some.txt"
    file.write_text("# note any\n" + "".join(f"{a}⟦{kind}|{b}⟧" for a, kind, b in parts), encoding="utf-8")
    (note,) = read_marked(file)
    assert note.text == "".join(a + b for a, _, b in parts)
    assert [(note.text[s.start : s.end], s.type) for s in note.spans] == [(b, kind) for _, kind, b in parts]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Seen today.\n# note a\nx\n", r"notes\.txt:1: expected '# note STYLE' before the first note"),
        ("# note a\n⟦nam|Ann⟧ well\n", r"notes\.txt:1: the note has a mark of unknown type 'nam'.*name"),
        ("# note a\nwell\n# note b\n⟦name|Ann well\n", r"notes\.txt:3: the note has a mark that is no ⟦type\|text⟧"),
        ("", "no labelled notes; expected lines of JSON with id, text and spans, or marked text"),
    ],
)
def test_what_is_no_marked_text_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        check_labels(file)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(b"# note a\n\xff\xfe")
    with pytest.raises(UserError, match=r"notes\.txt: expected notes as UTF-8 text"):
        list(read_marked(file))
