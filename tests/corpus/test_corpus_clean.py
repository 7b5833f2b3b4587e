"""Cleaning: named rules, each change counted and listed, and nothing said that a rule did not do."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic import corpus
from polyclinic.artifacts import read_manifest
from polyclinic.corpus.cleaning.language import script_of
from polyclinic.corpus.cleaning.rules import RULES, CleanRules, cleaned
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records, write_records

ENGLISH = "The patient was admitted with fever, cough and shortness of breath, and was treated with antibiotics. " * 3
GERMAN = "Der Patient wurde mit Fieber, Husten und Atemnot aufgenommen und mit Antibiotika behandelt. " * 3
RUSSIAN = "Пациент поступил с лихорадкой, кашлем и одышкой и получал лечение антибиотиками. " * 3


def by_rule(text: str, **rules: Any) -> tuple[str | None, list[str]]:
    made, changes = cleaned(Document("d", text), CleanRules(minimum_words=0, **rules))
    return (None if made is None else made.text), [change.rule for change in changes]


CASES = {
    "encoding": ("FiÃ¨vre Ã  39 Â°C chez lâ€™enfant", "Fièvre à 39 °C chez l’enfant"),
    "control_characters": ("a\x00b soft\u00adhyphen\x1b", "ab softhyphen"),
    "hyphenation": ("The treat-\nment was a well-\nknown one; treatment; well-known", None),
    "boilerplate": ("Skip to main content\nFever is common.\nPage 3 of 10\n© 2020 The Society", "Fever is common."),
    "table_debris": ("Contents\nAsthma ........ 12\nText follows.\n1.2\n3.4\n5\n6 7\nEnd.", None),
    "whitespace": ("one  two \n\n\n\nthree\u00a0four", "one two\n\nthree four"),
}


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_does_what_its_name_says_and_nothing_else_is_named(rule: str) -> None:
    before, after = CASES[rule]
    text, named = by_rule(before)
    assert rule in named
    assert set(named) <= {rule, "whitespace"}
    if after is not None:
        assert text == after


def test_a_hyphen_goes_from_a_word_and_stays_in_a_compound() -> None:
    text, _ = by_rule(CASES["hyphenation"][0])
    assert text == "The treatment was a well-known one; treatment; well-known"


def test_columns_of_numbers_go_and_figures_in_a_text_stay() -> None:
    assert by_rule(CASES["table_debris"][0])[0] == "Contents\nText follows.\nEnd."
    for kept in ("Na 138\nK 4.1\nCl 101\nHCO3 24", "12\n13\n14", "| 1 | 2 |\n|---|---|\n| 3 | 4 |\n| 5 | 6 |"):
        assert by_rule(kept) == (kept, [])


def test_lines_that_come_again_are_kept_once_and_turns_of_a_dialogue_all() -> None:
    footer = "Hospital of the Good Example, Department of Medicine"
    text, named = by_rule("\n".join(f"Finding number {i} is here.\n{footer}" for i in range(5)))
    assert text is not None
    assert text.count(footer) == 1
    assert named == ["repeated_lines"]
    dialogue = "Patient: Yes.\nDoctor: Any pain?\n" * 9
    assert by_rule(dialogue.strip()) == (dialogue.strip(), [])


def test_languages_are_told_by_the_model_or_by_the_script() -> None:
    for language_by, kept in (("model", [ENGLISH]), ("script", [ENGLISH, GERMAN])):
        left = [t for t in (ENGLISH, GERMAN, RUSSIAN) if by_rule(t, languages=("en",), language_by=language_by)[0]]
        assert left == kept
    assert by_rule("Fieber 39", languages=("en",))[1] == []  # too short to tell
    assert script_of("مريض يعاني من ارتفاع في درجة الحرارة وسعال وضيق في التنفس " * 3) == "Arabic"
    assert script_of("患者は発熱と咳と呼吸困難のため入院し抗菌薬による治療を受けた。" * 5) == "Kana"


def test_right_to_left_and_mixed_scripts_pass_as_they_are() -> None:
    for text in ("المريض \u200fيعاني من حمى 39°C", "שלום to the עולם", "患者 Fieber Пациент"):
        assert by_rule(text) == (text, [])


@given(st.text(max_size=300))
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    once, _ = by_rule(text)
    assert once is not None
    again, named = by_rule(once)
    assert again is not None
    # Taking one line out may leave a new one: it settles, and never grows.
    assert len(again) <= len(once)
    if again == once:
        assert named == []


def write(folder: Path, documents: Sequence[Document]) -> Path:
    write_records(folder, documents, Document)
    return folder


def corpus_of(count: int) -> list[Document]:
    slogan = "Ask your doctor before you start any kind of new treatment."
    return [
        Document(
            f"d{i}",
            f"## Case {i}\n\nThe patient number {i} had fever for {i % 9} days and recovered.\n\n{slogan}",
            source="leaflets" if i % 2 else "cases",
            license=("CC-BY-4.0", "CC-BY-NC-4.0", "")[i % 3],
            sections=(f"Case {i}",),
        )
        for i in range(count)
    ]


def test_every_changed_or_dropped_document_is_in_the_side_file_and_the_counts_agree(tmp_path: Path) -> None:
    given_documents = [*corpus_of(60), Document("short", "Fever."), Document("german", GERMAN)]
    out = corpus.clean(
        out=tmp_path / "out",
        documents=write(tmp_path / "in", given_documents),
        languages=["en"],
        licenses="commercial",
    )
    found = {d.id: d for d in read_records(out, Document)}
    changes = [json.loads(line) for line in (out / "changes.jsonl").read_text().splitlines()]
    dropped = {c["id"]: c["rule"] for c in changes if c["action"] == "dropped"}
    assert set(found) == {d.id for d in corpus_of(60) if d.license == "CC-BY-4.0"}
    assert set(found) | set(dropped) == {d.id for d in given_documents}
    assert not set(found) & set(dropped)
    assert dropped["d1"] == dropped["short"] == "licence"
    manifest = read_manifest(out)
    assert manifest is not None
    counted = Counter((c["rule"], c["action"]) for c in changes)
    said = {(rule, what): n for rule, row in manifest.facts["rules"].items() for what, n in row.items()}
    assert said == counted
    assert counted["shared_lines", "changed"] == 60
    assert found["d0"].text == "## Case 0\n\nThe patient number 0 had fever for 0 days and recovered."
    assert found["d0"].sections == ("Case 0",)
    page = (out / "cleaning.html").read_text()
    assert all(rule in page for rule in RULES)
    assert "Ask your doctor" in page


def test_the_page_escapes_what_it_shows(tmp_path: Path) -> None:
    documents = [Document(f"<b>{i}</b>", f"<script>alert({i})</script>  text of five words here") for i in range(3)]
    out = corpus.clean(out=tmp_path / "out", documents=write(tmp_path / "in", documents))
    page = (out / "cleaning.html").read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", corpus_of(50))
    one, other = (corpus.clean(out=tmp_path / n / "out", documents=folder, seed=3) for n in ("one", "other"))
    for file in ("records.parquet", "changes.jsonl", "cleaning.html"):
        assert (one / file).read_bytes() == (other / file).read_bytes()


def test_a_corpus_of_which_nothing_is_left_is_refused_with_the_rules(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [Document("a", "one two"), Document("b", "three")])
    with pytest.raises(UserError, match=r"no document is left of 2 \(dropped: 2 by length\)"):
        corpus.clean(out=tmp_path / "out", documents=folder)
    with pytest.raises(UserError, match="rules"):
        corpus.clean(out=tmp_path / "out", documents=folder, rules=["polish"])
