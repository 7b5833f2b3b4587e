"""Corpora are counted as they are, and the page says what earlier steps found in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from polyclinic import corpus
from polyclinic.cli import build_app
from polyclinic.corpus.statistics import CorpusCounts, count_documents, statistics_rows, token_counter
from polyclinic.corpus.statistics_page import statistics_page
from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, write_records

DOCUMENTS = [
    Document(id="1", text="one two three", title="<b>Title</b>", license="CC-BY-4.0", source="a", domain="notes"),
    Document(id="2", text="one two three", license="CC-BY-NC-4.0", source="a", domain="notes"),
    Document(id="3", text="word " * 600, language="de", source="b"),
    Document(id="4", text="…"),
]


def folder(place: Path, documents: list[Document], name: str = "docs") -> Path:
    write_records(place / name, documents, Document)
    return place / name


def test_what_is_counted_is_what_is_there(tmp_path: Path) -> None:
    lines = tmp_path / "more.jsonl"
    lines.write_text('{"id": "9", "text": "one two three"}\n{"id": "8", "text": "new"}\n', encoding="utf-8")
    first, second = count_documents([folder(tmp_path, DOCUMENTS), lines])
    assert (first.documents, first.words, first.tokens, first.copies, first.empty) == (4, 606, None, 1, 1)
    assert dict(first.values["license"]) == {"CC-BY-4.0": 1, "CC-BY-NC-4.0": 1, "unknown": 2}
    assert dict(first.bins) == {"≤ 32": 3, "≤ 2048": 1}
    assert (first.quantile(50), first.quantile(100)) == (3, 600)
    assert (second.name, second.documents, second.copies) == ("more.jsonl", 2, 1)
    assert len(first.samples) == 3
    assert count_documents([folder(tmp_path / "again", DOCUMENTS)], samples=3)[0].samples == first.samples
    assert count_documents([folder(tmp_path / "other", DOCUMENTS[::-1])], samples=3)[0].samples == first.samples
    rows = statistics_rows([first, second])
    assert {(r["corpus"], r["name"]): r["documents"] for r in rows if r["what"] == "copies"} == {
        ("docs", "same text as one before"): 1,
        ("docs", "no words"): 1,
        ("more.jsonl", "same text as one before"): 1,
        ("more.jsonl", "no words"): 0,
    }
    assert sum(r["share"] for r in rows if r["what"] == "license" and r["corpus"] == "docs") == 100


def test_tokens_are_those_of_the_given_tokenizer(tmp_path: Path) -> None:
    place = folder(tmp_path, DOCUMENTS)
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"?": 0, "one": 1, "two": 2}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tiny = tmp_path / "model"
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="?").save_pretrained(str(tiny))
    counts = count_documents([place], tokenizer=tiny)[0]
    count = token_counter(tiny)
    assert list(counts.lengths) == count([document.text for document in DOCUMENTS]) == [3, 3, 600, 1]
    assert counts.tokens == sum(counts.lengths)


def test_the_page_and_the_command_say_what_steps_found_and_escape_everything(tmp_path: Path) -> None:
    raw = folder(tmp_path, DOCUMENTS)
    once = corpus.deduplicate(documents=raw, out=tmp_path / "once")
    write_records(tmp_path / "items", [Sample(id="1", task="t", input="word " * 20, output="x")], Sample)
    clean = corpus.decontaminate(documents=once, items=tmp_path / "items", out=tmp_path / "clean")
    counts = count_documents([clean, raw])
    assert [(f.step, f.what, f.read, f.figures) for f in counts[0].found] == [
        ("clean", "contamination", 3, {"touched_8": 1, "touched_13": 1, "dropped": 1}),
        ("once", "duplicates", 4, {"removed_exact": 1, "removed_near": 0}),
    ]
    assert counts[1].found == []
    html = statistics_page(counts)
    assert "<b>Title</b>" not in html
    assert "&lt;b&gt;Title&lt;/b&gt;" in html
    assert "docs: duplicates were not looked for in its store." in html
    assert "removed exact" in html
    runner = CliRunner()
    page = tmp_path / "page.html"
    done = runner.invoke(build_app("corpus"), ["corpus", "statistics", str(clean), "--page", str(page), "--json"])
    assert done.exit_code == 0, done.output
    assert "What is in the corpora" in page.read_text(encoding="utf-8")
    rows = json.loads(done.stdout)
    assert {"corpus": "clean", "what": "contamination", "name": "dropped (clean)"}.items() <= next(
        row for row in rows if row["what"] == "contamination" and "dropped" in row["name"]
    ).items()


def test_nothing_to_count_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no documents here"):
        count_documents([folder(tmp_path, [])])
    with pytest.raises(UserError, match="no such file"):
        count_documents([tmp_path / "missing"])
    assert CorpusCounts("x").quantile(50) == 0
