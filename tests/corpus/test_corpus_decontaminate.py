"""No document holds the text of a benchmark item unseen: all overlaps are found and no others, and acted on."""

from __future__ import annotations

import importlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.artifacts import read_manifest
from polyclinic.corpus import decontaminate, document_units
from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.word_hashes import words_of

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "benchmarks"
ITEM = "The patient was admitted with fever, a productive cough and night sweats for two weeks before admission."
TASK = """
title: Fever
category: Text Classification
domain: Clinical texts
family: label
builder: source
metric: label_accuracy
license: CC0-1.0
definition: Say whether there is fever.
labels: ["yes", "no"]
input: "{{ note }}"
output: "{{ fever }}"
source:
  name: Fever
  folder: fever
  format: json_rows
  files: {train: [train.jsonl], test: [test.jsonl]}
"""


def filler(seed: int, count: int = 60) -> str:
    dice = random.Random(seed)
    return " ".join("".join(dice.choices("abcdefghij", k=6)) for _ in range(count))


def item(name: str, text: str, output: str = "yes") -> Sample:
    return Sample(id=name, task="fever", input=text, output=output)


def items(folder: Path, *samples: Sample) -> Path:
    write_records(folder / "items", samples, Sample)
    return folder / "items"


def corpus(folder: Path, *documents: Document) -> Path:
    write_records(folder / "corpus", documents, Document)
    return folder / "corpus"


def overlaps(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "overlaps.jsonl").read_text(encoding="utf-8").splitlines()]


def facts(out: Path) -> dict[str, Any]:
    manifest = read_manifest(out)
    assert manifest is not None
    return manifest.facts


def three(folder: Path) -> Path:
    """Return a clean document, one that holds the item in other case and punctuation, and one with 8 words of it."""
    return corpus(
        folder,
        Document(id="clean", text=filler(1)),
        Document(
            id="holds",
            text=f"{filler(2)}.\n{ITEM.upper().replace(',', ' –')} {filler(3)}",
            metadata={"page": 3},
            sections=("ADMITTED", filler(3)[:10]),
        ),
        Document(id="part", text=f"{filler(4)} {' '.join(ITEM.split()[:8])} {filler(5)}"),
    )


def test_documents_with_an_item_are_left_out_and_the_words_are_listed(tmp_path: Path) -> None:
    out = decontaminate(
        documents=three(tmp_path), items=items(tmp_path, item("1", ITEM), item("2", filler(9))), out=tmp_path / "out"
    )
    assert [document.id for document in read_records(out, Document)] == ["clean", "part"]
    rows = [{**row, "words": len(row["words"].split())} for row in overlaps(out)]
    common = {"task": "fever", "item": "1", "corpus": "corpus", "field": "text", "first_word": 60}
    assert rows == [
        {**common, "document": "holds", "length": 8, "words": 17, "action": "listed"},
        {**common, "document": "holds", "length": 13, "words": 17, "action": "dropped"},
        {**common, "document": "part", "length": 8, "words": 8, "action": "listed"},
    ]
    assert overlaps(out)[0]["words"] == " ".join(words_of(ITEM))
    assert facts(out)["touched"] == {"8": 2, "13": 1}
    assert facts(out)["items_found"] == {"8": 1, "13": 1}
    assert (facts(out)["read"], facts(out)["documents"], facts(out)["dropped"]) == (3, 2, 1)
    assert facts(out)["by_corpus"] == {"corpus": {"read": 3, "touched": 2, "dropped": 1}}


def test_cutting_takes_the_words_and_nothing_else(tmp_path: Path) -> None:
    given_items = items(tmp_path, item("1", ITEM))
    out = decontaminate(documents=three(tmp_path), items=given_items, mode="cut", out=tmp_path / "out")
    found = {document.id: document for document in read_records(out, Document)}
    assert found["holds"].text == f"{filler(2)}.\n. {filler(3)}"
    assert found["holds"].sections == (filler(3)[:10],)
    assert found["holds"].metadata == {"page": 3}
    assert facts(out)["cut"] == 1
    out = decontaminate(
        documents=three(tmp_path / "b"), items=given_items, mode="cut", margin=50, out=tmp_path / "wide"
    )
    found = {document.id: document for document in read_records(out, Document)}
    assert words_of(found["holds"].text) == words_of(filler(2))[:10] + words_of(filler(3))[50:]
    out = decontaminate(
        documents=three(tmp_path / "c"), items=given_items, mode="cut", minimum_words=500, out=tmp_path / "short"
    )
    assert [document.id for document in read_records(out, Document)] == ["clean", "part"]
    assert facts(out)["dropped"] == 1


def test_marking_keeps_the_document_and_says_what_is_in_it(tmp_path: Path) -> None:
    out = decontaminate(
        documents=three(tmp_path), items=items(tmp_path, item("1", ITEM)), mode="mark", out=tmp_path / "out"
    )
    found = {document.id: document for document in read_records(out, Document)}
    assert list(found) == ["clean", "holds", "part"]
    assert found["holds"].metadata == {
        "page": 3,
        "contamination": [{"task": "fever", "item": "1", "length": 13, "words": " ".join(words_of(ITEM))}],
    }
    assert found["part"].metadata == found["clean"].metadata == {}


def test_a_title_counts_and_an_answer_counts_and_what_is_decisive_can_be_chosen(tmp_path: Path) -> None:
    answer = filler(7, 20)
    documents = corpus(
        tmp_path,
        Document(id="title", title=ITEM, text=filler(1)),
        Document(id="answer", text=f"{filler(2)} {answer}"),
        Document(id="eight", text=f"{filler(4)} {' '.join(ITEM.split()[3:11])} {filler(5)}"),
    )
    given_items = items(tmp_path, item("1", ITEM, answer))
    out = decontaminate(documents=documents, items=given_items, decisive=[8], out=tmp_path / "out")
    assert list(read_records(out, Document)) == []
    out = decontaminate(documents=documents, items=given_items, mode="cut", out=tmp_path / "cut")
    assert [(d.id, d.title) for d in read_records(out, Document)] == [("title", ""), ("answer", ""), ("eight", "")]


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.sampled_from(["drop", "cut"]))
def test_what_is_left_shares_no_run_with_any_item(
    tmp_path_factory: pytest.TempPathFactory, dice: random.Random, mode: str
) -> None:
    """Few words, so that cutting brings others together."""
    folder = tmp_path_factory.mktemp("left")
    samples = [item(str(n), " ".join(dice.choices("abcdé急", k=dice.randint(3, 9)))) for n in range(4)]
    documents = [
        Document(id=str(n), text=" ".join(dice.choices(["a", "b.", "c", "D", "é", "急"], k=20))) for n in range(12)
    ]
    out = decontaminate(
        documents=corpus(folder, *documents),
        items=items(folder, *samples),
        lengths=[3],
        decisive=[3],
        mode=mode,
        minimum_words=1,
        out=folder / "out",
    )

    def runs(text: str) -> set[tuple[str, ...]]:
        words = words_of(text)
        return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}

    known = set().union(*(runs(sample.input) for sample in samples))
    left = {document.id: document for document in read_records(out, Document)}
    assert not any(runs(document.text) & known for document in left.values())
    untouched = {document.id for document in documents if not runs(document.text) & known}
    assert all(left[document.id] == document for document in documents if document.id in untouched)
    if mode == "drop":
        assert set(left) == untouched
    assert {row["document"] for row in overlaps(out)} == {document.id for document in documents} - untouched


def test_one_process_and_two_make_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_units, "UNIT_ROWS", 1)
    monkeypatch.setattr(importlib.import_module("polyclinic.corpus.decontaminate"), "FEW", 0)
    folders = []
    for number in range(4):
        texts = [f"{filler(100 * number + n)} {ITEM if n % 3 == 0 else ''}" for n in range(20)]
        documents = [Document(id=f"{number}-{n}", text=text) for n, text in enumerate(texts)]
        write_records(tmp_path / f"c{number}", documents, Document)
        folders.append(tmp_path / f"c{number}")
    given_items = items(tmp_path, item("1", ITEM))
    made = [
        decontaminate(documents=folders, items=given_items, processes=processes, out=tmp_path / f"out{processes}")
        for processes in (1, 2)
    ]
    names = sorted(file.name for file in made[0].iterdir() if file.name != "manifest.json")
    assert names == ["overlaps.jsonl", *(f"records-{n:05d}.parquet" for n in range(4))]
    for name in names:
        assert (made[0] / name).read_bytes() == (made[1] / name).read_bytes()
    assert sum(1 for _ in read_records(made[0], Document)) == 4 * 13


def test_the_test_splits_of_the_users_data_sets_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "fever.yaml").write_text(f"name: fever\n{TASK}", encoding="utf-8")
    folder = tmp_path / "data" / "fever"
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_text(json.dumps({"note": filler(4, 120), "fever": "no"}) + "\n", encoding="utf-8")
    rows = [{"note": ITEM, "fever": "yes"}, {"note": "fever", "fever": "no"}, {"note": ITEM, "fever": "perhaps"}]
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = decontaminate(
        documents=three(tmp_path), data=tmp_path / "data", catalog=tmp_path / "tasks", out=tmp_path / "out"
    )
    assert [document.id for document in read_records(out, Document)] == ["clean", "part"]
    found = facts(out)
    assert found["items_by_task"] == {"fever": 2}
    assert found["items_too_short"] == {"8": 1, "13": 1}
    assert found["broken_rows_by_task"] == {"fever": 1}
    assert len(found["missing"]) > 50  # all other data sets of the catalog, with who grants access
    with pytest.raises(UserError, match=r"decontaminate\.tasks: clue-mednli.*are not here"):
        decontaminate(documents=three(tmp_path), data=tmp_path / "data", tasks=["clue-mednli"], out=tmp_path / "no")


def test_a_data_set_that_is_there_to_be_learnt_is_no_benchmark(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    task = TASK.replace(", test: [test.jsonl]", "")
    assert task != TASK
    (tmp_path / "tasks" / "fever.yaml").write_text(f"name: fever\n{task}", encoding="utf-8")
    folder = tmp_path / "data" / "fever"
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_text(json.dumps({"note": ITEM, "fever": "no"}) + "\n", encoding="utf-8")
    given = items(tmp_path, item("1", filler(77, 60)))
    out = decontaminate(
        documents=three(tmp_path),
        items=given,
        data=tmp_path / "data",
        catalog=tmp_path / "tasks",
        out=tmp_path / "out",
    )
    assert len(list(read_records(out, Document))) == 3
    with pytest.raises(UserError, match=r"decontaminate\.tasks: fever: its data set has neither a test nor"):
        decontaminate(
            documents=three(tmp_path),
            data=tmp_path / "data",
            catalog=tmp_path / "tasks",
            tasks=["fever"],
            out=tmp_path / "no",
        )


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    documents, given_items = three(tmp_path), items(tmp_path, item("1", ITEM))
    with pytest.raises(UserError, match="what must the documents not hold"):
        decontaminate(documents=documents, out=tmp_path / "out")
    with pytest.raises(UserError, match="decisive: 13 is none of the lengths"):
        decontaminate(documents=documents, items=given_items, lengths=[8], out=tmp_path / "out")
    with pytest.raises(UserError, match="data: missing"):
        decontaminate(documents=documents, tasks=["clue-mednli"], out=tmp_path / "out")
    write_records(tmp_path / "none", [], Sample)
    with pytest.raises(UserError, match="there are no items to look for"):
        decontaminate(documents=documents, items=tmp_path / "none", out=tmp_path / "out")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared benchmark data are not here")
def test_real_items_are_found_in_a_document_and_not_in_another(tmp_path: Path) -> None:
    line = (SHARED / "medmcqa" / "validation.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(row)["question"] for row in line]
    long = next(text for text in questions if len(words_of(text)) > 30)
    documents = corpus(
        tmp_path, Document(id="leak", text=f"{filler(1)} {long}"), Document(id="clean", text=filler(2))
    )
    out = decontaminate(documents=documents, data=SHARED, tasks=["medcare-medmcqa"], out=tmp_path / "out")
    assert [document.id for document in read_records(out, Document)] == ["clean"]
    assert facts(out)["items_by_task"]["medcare-medmcqa"] > 1000


def test_a_killed_run_goes_on_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    folders = []
    for number in range(6):
        documents = [
            Document(id=f"{number}-{n}", text=f"{filler(n)} {ITEM if n % 5 == 0 else ''}") for n in range(50)
        ]
        write_records(tmp_path / f"c{number}", documents, Document)
        folders.append(str(tmp_path / f"c{number}"))
    given_items = items(tmp_path, item("1", ITEM))
    wanted = decontaminate(documents=folders, items=given_items, processes=1, out=tmp_path / "whole")
    arguments = f"documents={folders!r}, items={str(given_items)!r}, processes=1, out={str(tmp_path / 'out')!r}"
    code = f"from polyclinic.corpus import decontaminate\ndecontaminate({arguments})\n"
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": "1"})
    searched = tmp_path / ".making" / "out" / "scratch" / "searched"
    while process.poll() is None and not (searched / "000001").exists():
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert not (tmp_path / "out").exists(), "the run was over before it could be killed"
    out = decontaminate(documents=folders, items=given_items, processes=1, out=tmp_path / "out")
    names = sorted(file.name for file in wanted.iterdir() if file.name != "manifest.json")
    assert names == sorted(file.name for file in out.iterdir() if file.name != "manifest.json")
    for name in names:
        assert (out / name).read_bytes() == (wanted / name).read_bytes()
