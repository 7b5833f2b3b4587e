"""Rules of another language, or of one's own: a YAML file; what is wrong in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyclinic.deidentify import load_rules, load_words
from polyclinic.errors import UserError


def test_a_file_extends_english_with_names_labels_and_patterns(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(
        "extends: en\n"
        "family_names: zbqwarth\n"
        "id_labels: {mrn: 'krankenblatt'}\n"
        "patterns:\n  - {type: other_id, needs: 'ward-', pattern: 'ward-\\d+'}\n"
    )
    rules = load_rules(str(file))
    text = "Zbqwarth has Krankenblatt 4711-22, ward-12; seen 03/04/2024."
    assert {(text[s.start : s.end], s.type) for s in rules.find(text)} >= {
        ("Zbqwarth", "name"),
        ("4711-22", "mrn"),
        ("ward-12", "other_id"),
        ("03/04/2024", "date"),
    }


def test_a_language_of_its_own_has_its_own_months_and_order(tmp_path: Path) -> None:
    file = tmp_path / "de.yaml"
    file.write_text(
        "language: de\ndate_order: day_first\n"
        "months: {januar: 1, märz: 3, mai: 5}\n"
        "titles: [herr, frau, dr]\nnot_names: der die das und am im\ngiven_names: heinrich\nfamily_names: brinkmann\n"
    )
    text = "Herr Heinrich Brinkmann kam am 14. März 2024 und am 03.04.2024."
    rules = load_rules(str(file))
    found = [(text[s.start : s.end], s.type) for s in rules.find(text)]
    assert ("Heinrich Brinkmann", "name") in found
    assert ("03.04.2024", "date") in found
    assert any(kind == "date" and "März 2024" in piece for piece, kind in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: en\nnamez: [a]\n", "unknown field 'namez'"),
        ("extends: tlh\n", "extends 'tlh', which is neither one of en nor a file"),
        ("months: {may: 5}\n", "field 'language': expected a language"),
        ("extends: en\ndate_order: sideways\n", "field 'date_order': expected month_first or day_first"),
        ("extends: en\nmonths: {may: five}\n", "field 'months': expected words with int values"),
        ("extends: en\ntitles: [no, on]\n", "field 'titles': expected words; put those that YAML reads otherwise"),
        ("extends: en\nid_labels: {shoe: 'x'}\n", "unknown type 'shoe'"),
        ("extends: en\npatterns: [{type: name, pattern: '('}]\n", "is not a regular expression: missing"),
        ("extends: en\npatterns: [{type: nose, pattern: 'a'}]\n", "the pattern .*unknown type 'nose'"),
        ("- a\n- b\n", "expected names with lists of words, found list"),
        ("a: [\n", "not a YAML file"),
    ],
)
def test_what_is_wrong_in_a_file_of_rules_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=message):
        load_words(str(file))


def test_an_unknown_language_is_named_with_those_there_are() -> None:
    with pytest.raises(UserError, match="rules: 'xx' is neither a language that comes along \\(en\\)"):
        load_words("xx")
