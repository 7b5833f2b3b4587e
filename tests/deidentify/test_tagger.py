"""The tagger: the kernel and Python find the same, names stand together, and what it is taught it finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.corpus.invented_notes.identifiers import LabelledNote as InventedNote
from polyclinic.corpus.invented_notes.notes import EVERY_STYLE, draw_notes
from polyclinic.deidentify import Counts, load_rules
from polyclinic.deidentify.language import load_words
from polyclinic.deidentify.lexicon import COMMON, GIVEN, NAME, STOP, make_lexicon
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tagger import kernel
from polyclinic.deidentify.tagger.names import find_names
from polyclinic.deidentify.tagger.other_words import name_words, with_other_names
from polyclinic.deidentify.tagger.teaching import LabelledNote, teach
from polyclinic.deidentify.tagger.weights import Candidate, Tagger, load_weights, save_weights
from polyclinic.errors import UserError

RULES = load_rules("en")
IN_PYTHON = Tagger(RULES.words, RULES.lexicon, RULES.tagger.weights, compiled=False)
NOTE = (
    "Seen by Dr. O’Brien-Hayes (for K. Lindqvist) on 3/14.\r\nAttending: Möller, J.\n\n"
    "mr rice oob to chair\tper Price; wife ANNE-MARIE x2 ½ dose — İstanbul 𝔘 ok?\nCc: D'Souza's son"
)


def drawn(patients: int, seed: int) -> list[InventedNote]:
    return list(draw_notes(patients, seed, 2, EVERY_STYLE))


def taken(text: str) -> list[tuple[str, str]]:
    return [
        (text[s.start : s.end], s.type) for s in find_names(text, RULES.tagger.find(text), [], RULES.places.generic)
    ]


@pytest.mark.skipif(kernel.installed() is None, reason="the kernel was not built")
def test_kernel_and_python_find_the_same_in_a_note() -> None:
    found = RULES.tagger.find(NOTE)
    assert found == IN_PYTHON.find(NOTE)
    assert len(found) > 5


@pytest.mark.skipif(kernel.installed() is None, reason="the kernel was not built")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(NOTE.split(" ")),
            st.sampled_from(["\n", ": ", ", ", ".", "'s", "’", "-", "  ", "\t", "DR ", "seen by ", "\x00", "\ud800"]),
            st.text(max_size=6),
        ),
        max_size=30,
    )
)
def test_kernel_and_python_find_the_same_in_any_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert RULES.tagger.find(text) == IN_PYTHON.find(text)


@pytest.mark.skipif(kernel.installed() is None, reason="the kernel was not built")
def test_weights_without_words_of_their_own_are_read_within_their_tables() -> None:
    weights = replace(RULES.tagger.weights, words=())
    found = [
        Tagger(RULES.words, RULES.lexicon, weights, compiled=compiled).find(f"{NOTE}\nZq: Xv")
        for compiled in (True, False)
    ]
    assert found[0] == found[1]


def test_candidates_are_in_order_and_in_the_text() -> None:
    found = RULES.tagger.find(NOTE)
    assert all(0 <= one.start < one.end <= len(NOTE) for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
    assert all(abs(sum(one[1 : 1 + kernel.CLASSES]) - 1) < 1e-9 for one in found)


def test_names_of_notes_of_another_seed_are_found() -> None:
    counts = Counts()
    for note in drawn(30, 5):
        counts.add(note.text, note.spans, find_names(note.text, RULES.tagger.find(note.text), []))
    row = counts.rows()[0]
    assert row["type"] == "name"
    assert row["n"] > 200
    assert row["recall"] > 0.95
    assert row["precision"] > 0.95


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Discussed with Dr. Qvistgaard today.", "Qvistgaard"),
        ("Batista will follow in clinic next week.", "Batista"),
        ("PID|1||77^^^MRN||WEBB^FRANK||19740324|M", "WEBB^FRANK"),
        ("J.R. Okafor, RN gave the dose.", "J.R. Okafor"),
        ("Seen by Nguyen Thi Lan in clinic.", "Nguyen Thi Lan"),
        ("They were told. Frank is out in the hall with the nurse.", "Frank"),
        ("bed 4 mrs okonkwo slept, husband emeka called at 0300 and will be in", "okonkwo"),
    ],
)
def test_names_stand_whole(text: str, name: str) -> None:
    assert (name, "name") in taken(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mark the site. Will follow. May march in place.",
        "Crohn's disease, Montreal A2 L1 B2. Foley out, Babinski down.",
        "Seen in the Primary Care Clinic and the Emergency Department.",
        "Started on metoprolol and Lipitor; Tylenol as needed.",
    ],
)
def test_clinical_words_are_none(text: str) -> None:
    assert taken(text) == []


def candidate(text: str, word: str, share: float, **fields: int) -> Candidate:
    start = text.index(word)
    made = Candidate(hash(word), 1 - share, share, 0, 0, 0, 0, 0, 0, start, start + len(word), start, 0, 0, 15)
    return made._replace(**fields)


def test_a_word_that_is_a_name_elsewhere_needs_less() -> None:
    text = "Long coughs. Told long to rest; a cough as long as this"
    sure, weak = candidate(text, "Long", 0.9, hash=7), candidate(text, "long", 0.1, hash=7, shape=14)
    assert find_names(text, [sure, weak], []) == [Span(0, 4, "name"), Span(18, 22, "name")]
    assert find_names(text, [weak], []) == []


@pytest.mark.parametrize(
    ("bits", "shape", "least"),
    [
        (0, 15, 0.15),
        (COMMON, 15, 0.2),
        (NAME | COMMON, 15, 0.25),
        (NAME, 15, 0.3),
        (NAME | STOP, 15, 0.5),
        (NAME, 12, 0.4),
        (NAME | COMMON, 14, 0.4),
        (NAME, 14, 0.5),
    ],
)
def test_the_share_a_name_needs_is_by_lists_and_capitals(bits: int, shape: int, least: float) -> None:
    text = "told Post so"
    made = [candidate(text, "Post", share, bits=bits, shape=shape) for share in (least, least - 0.01)]
    assert [len(find_names(text, [one], [])) for one in made] == [1, 0]


def test_a_letter_alone_in_quotation_marks_is_nobody() -> None:
    text = 'answer "B" here'
    assert find_names(text, [candidate(text, "B", 0.55, shape=10)], []) == []


def test_a_capital_behind_a_family_name_and_a_comma_is_an_initial() -> None:
    text = "LUNDQUIST, P A NEG"
    words = [candidate(text, "LUNDQUIST", 0.9, shape=13), candidate(text, "P", 0.2, shape=10, token=2)]
    assert find_names(text, words, []) == [Span(0, 12, "name")]


def test_a_word_beside_a_very_sure_name_needs_less() -> None:
    text = "Dr. Lazarus Pink, Swan, Thea"
    words = [
        candidate(text, word, share, token=i)
        for i, (word, share) in enumerate([("Lazarus", 0.1), ("Pink", 0.95), ("Swan", 0.08), ("Thea", 0.95)])
    ]
    assert [text[s.start : s.end] for s in find_names(text, words, [])] == ["Lazarus Pink, Swan, Thea"]
    assert find_names(text, [words[0], words[1]._replace(name=0.5)], []) == [Span(12, 16, "name")]


def test_a_word_of_some_kind_of_name_or_place_is_the_likeliest() -> None:
    text = "from Holly today"
    split = candidate(text, "Holly", 0.1)._replace(none=0.45, institution=0.1, town=0.3)
    assert find_names(text, [split], []) == [Span(5, 10, "city")]
    assert find_names(text, [split._replace(bits=COMMON)], []) == []


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("This is Ifeoma Nwachukwu, last name N-W-A-C-H-U-K-W-U, calling.", "N-W-A-C-H-U-K-W-U"),
        ("dear doctor re siobhan devaney s i o b h a n of this parish", "s i o b h a n"),
    ],
)
def test_a_name_that_is_spelled_is_one(text: str, spelled: str) -> None:
    assert any(spelled in text[span.start : span.end] for span in RULES.find(text) if span.type == "name")


@pytest.mark.parametrize(
    ("text", "initials"),
    [
        ("Rest at home.\nJQX/mzt", ["JQX/mzt"]),
        ("Plan as above.\n\nJRS/mt\nD: 03/04/2024", ["JRS/mt"]),
        ("Rest.\nKarel Vance, MD/sbq", ["Karel Vance", "sbq"]),
        ("Rest. Karel Vance MD / jsq RPSGT", ["Karel Vance", "jsq"]),
        ("D: 3/4/2024 T: cwz 3/5/2024\n", ["cwz"]),
        ("Chest PA/lat\n", []),
        ("T: ok\nD: yes\n", []),
    ],
)
def test_initials_of_who_dictated_and_typed_are_names(text: str, initials: list[str]) -> None:
    assert [text[s.start : s.end] for s in RULES.find(text) if s.type == "name"] == initials


def test_a_reference_with_initials_is_an_identifier() -> None:
    text = "Our Ref: VQ/kd/778120\nDear Colleague,"
    assert [(text[s.start : s.end], s.type) for s in RULES.find(text)] == [("VQ/kd/778120", "other_id")]


def test_letters_that_spell_no_name_of_the_text_are_left() -> None:
    text = "Seen by Dr. Okafor: B-I-P-A-P at night, a b c of care."
    assert [text[s.start : s.end] for s in RULES.find(text) if s.type == "name"] == ["Okafor"]


def test_what_was_found_before_is_no_name() -> None:
    text = "at Price Clinic"
    assert find_names(text, [candidate(text, "Price", 0.9)], [Span(3, 15, "institution")]) == []


def test_words_of_a_script_that_was_not_taught_are_left_to_the_gate() -> None:
    text = "seen by Жуковский and Nuñez"
    words = [candidate(text, "Жуковский", 0.9), candidate(text, "Nuñez", 0.9, token=4)]
    assert [text[s.start : s.end] for s in find_names(text, words, [])] == ["Nuñez"]


def test_in_other_languages_only_words_with_a_capital_are_names() -> None:
    text = "Anna kam"
    words = [candidate(text, "Anna", 0.9, bits=GIVEN), candidate(text, "kam", 0.9, shape=14, bits=COMMON)]
    assert find_names(text, words, [], capitals_only=True) == [Span(0, 4, "name")]


@pytest.mark.skipif(kernel.installed() is None, reason="the kernel was not built")
def test_what_is_taught_is_found_and_the_same_notes_teach_the_same(tmp_path: Path) -> None:
    notes = [
        LabelledNote(note.text, tuple(Span(s.start, s.end, s.type) for s in note.spans), copies=0)
        for note in drawn(30, 1)
    ]
    weights = teach(notes)
    save_weights(weights, tmp_path / "one.safetensors")
    save_weights(teach(notes), tmp_path / "two.safetensors")
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
    tagger = Tagger(load_words("en"), make_lexicon(load_words("en")), load_weights(tmp_path / "one.safetensors"))
    counts = Counts()
    for note in drawn(15, 2):
        counts.add(note.text, note.spans, find_names(note.text, tagger.find(note.text), []))
    assert counts.rows()[0]["recall"] > 0.8
    assert counts.rows()[0]["precision"] > 0.8


def test_nothing_can_be_taught_by_nothing() -> None:
    with pytest.raises(UserError, match=r"expected labelled notes, found none|needs its compiled kernel"):
        teach([])


def test_a_file_that_holds_no_weights_is_named(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    broken = tmp_path / "w.safetensors"
    with pytest.raises(UserError, match=r"w\.safetensors: no such file"):
        load_weights(broken)
    broken.write_bytes(b"not weights")
    with pytest.raises(UserError, match=r"w\.safetensors: expected weights of the tagger"):
        load_weights(broken)
    weights = load_weights()
    save_file({"keys": weights.keys}, broken, {"tagger": '{"words": [], "scale": 1}'})
    with pytest.raises(UserError, match=r"w\.safetensors: expected weights of the tagger"):
        load_weights(broken)
    names = ("rows", "bias", "output", "output_bias")
    save_file(
        {"keys": weights.keys[:3], **{name: getattr(weights, name) for name in names}},
        broken,
        {"tagger": '{"words": [], "scale": 1}'},
    )
    with pytest.raises(UserError, match=rf"rows: expected int8 of shape \(3, {kernel.WIDTH}\)"):
        load_weights(broken)


def test_names_are_exchanged_and_labels_move_along() -> None:
    names, random = name_words(RULES.lexicon), Random(3)
    for note in drawn(5, 9):
        spans = tuple(Span(s.start, s.end, s.type) for s in note.spans)
        text, moved = with_other_names(note.text, spans, names, random)
        assert [s.type for s in moved] == [s.type for s in spans]
        for old, new in zip(spans, moved, strict=True):
            if old.type in ("mrn", "phone", "date") and text[new.start : new.end].isascii():
                before = "".join(c for c in note.text[old.start : old.end].lower() if c.isalnum())
                assert "".join(c for c in text[new.start : new.end].lower() if c.isalnum()) == before
