"""Documents that are there twice are kept once, the freest copy, whatever their order, processes and partitions."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.artifacts import read_manifest
from polyclinic.corpus import deduplicate
from polyclinic.corpus.deduplicate import DeduplicateSettings, job_for
from polyclinic.corpus.document_units import list_units
from polyclinic.corpus.duplicates.choice import removed_documents
from polyclinic.corpus.duplicates.job import Job
from polyclinic.corpus.duplicates.stages import STAGES, find_duplicates, find_duplicates_on_cluster
from polyclinic.errors import UserError
from polyclinic.near_duplicates import jaccard, run_sets
from polyclinic.records import Document, read_records, write_records

LICENSES = ["", "CC-BY-NC-4.0", "CC-BY-4.0", "CC0-1.0"]  # from the least free to the freest
WORDS = [f"w{number}" for number in range(400)]


def documents(count: int, seed: int = 0) -> list[Document]:
    """Return documents a third of which are copies, half of these with a word or two changed."""
    dice = random.Random(seed)
    made: list[Document] = []
    for number in range(count):
        words = dice.choices(WORDS, k=60)
        if made and number % 3 == 0:
            words = dice.choice(made).text.split()
            for _ in range(dice.choice([0, 1, 2])):
                words[dice.randrange(len(words))] = "changed"
        made.append(Document(id=f"d{number}", text=" ".join(words), license=dice.choice(LICENSES), source="made up"))
    return made


def corpus(folder: Path, made: Sequence[Document], name: str = "a") -> Path:
    write_records(folder / name, made, Document)
    return folder / name


def kept_ids(out: Path) -> list[str]:
    return [document.id for document in read_records(out, Document)]


def removed(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "removed.jsonl").read_text(encoding="utf-8").splitlines()]


def facts(out: Path) -> dict[str, Any]:
    manifest = read_manifest(out)
    assert manifest is not None
    return manifest.facts


def test_each_cluster_keeps_its_freest_copy_and_the_side_file_says_which(tmp_path: Path) -> None:
    text = " ".join(WORDS[:60])
    near = " ".join(["changed", *WORDS[1:60]])
    first = [
        Document(id="pmc", text=text, license="CC-BY-NC-4.0"),
        Document(id="alone", text=" ".join(WORDS[100:160])),
        Document(id="near", text=near, license="CC-BY-4.0"),
    ]
    second = [Document(id="pmc", text=text, license="CC0-1.0"), Document(id="again", text=text)]
    out = deduplicate(documents=[corpus(tmp_path, first), corpus(tmp_path, second, "b")], out=tmp_path / "out")
    assert [(d.id, d.license) for d in read_records(out, Document)] == [("alone", ""), ("pmc", "CC0-1.0")]
    rows = removed(out)
    assert [(row["id"], row["corpus"], row["kept_corpus"], row["how"]) for row in rows] == [
        ("pmc", "a", "b", "exact"),
        ("near", "a", "b", "near"),
        ("again", "b", "b", "exact"),
    ]
    assert all(row["kept_id"] == "pmc" and row["kept_license"] == "CC0-1.0" for row in rows)
    assert [row["jaccard"] for row in rows] == [1, round(55 / 57, 6), 1]
    assert facts(out)["removed_exact"] == 2
    assert facts(out)["by_corpus"] == {"a": {"b": 2}, "b": {"b": 1}}


def test_of_equally_free_copies_the_first_corpus_and_then_the_longer_text_stays(tmp_path: Path) -> None:
    text = " ".join(WORDS[:60])
    first = corpus(tmp_path, [Document(id="x", text=text)])
    second = corpus(tmp_path, [Document(id="y", text=f"{text} longer"), Document(id="z", text=text)], "b")
    assert kept_ids(deduplicate(documents=[first, second], out=tmp_path / "1")) == ["x"]
    assert kept_ids(deduplicate(documents=[second, first], out=tmp_path / "2")) == ["y"]


def test_no_two_that_are_kept_are_alike_and_each_that_is_not_has_one_in_its_place(tmp_path: Path) -> None:
    made = documents(300)
    out = deduplicate(documents=[corpus(tmp_path, made)], out=tmp_path / "out")
    by_id = {document.id: document for document in made}
    kept, rows = kept_ids(out), removed(out)
    assert sorted(kept + [row["id"] for row in rows]) == sorted(by_id)
    sets = run_sets([by_id[name].text for name in kept])
    pairs = [(i, j) for i in range(len(kept)) for j in range(i)]
    import numpy as np

    assert jaccard(sets, np.array(pairs)).max() < 0.8
    for row in rows:
        assert row["kept_id"] in kept
        own = run_sets([by_id[row["id"]].text, by_id[row["kept_id"]].text])
        assert abs(float(jaccard(own, np.array([(0, 1)]))[0]) - row["jaccard"]) < 1e-6
        assert LICENSES.index(row["license"]) <= LICENSES.index(row["kept_license"])
    counts = facts(out)
    assert counts["removed_exact"] + counts["removed_near"] == len(rows)
    assert counts["documents"] == len(kept)


@settings(max_examples=8)
@given(st.randoms(use_true_random=False), st.sampled_from([7, 1 << 22]))
def test_the_order_of_documents_and_the_size_of_partitions_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, dice: random.Random, at_once: int
) -> None:
    folder = tmp_path_factory.mktemp("order")
    made = documents(60, seed=dice.randrange(3))

    def kept(order: Sequence[Document], name: str, at_once: int) -> set[tuple[str, str]]:
        job = Job(
            str(folder / f"job-{name}"),
            (str(corpus(folder, order, name)),),
            bands=6,
            rows=3,
            looks=1,
            at_once=at_once,
        )
        find_duplicates(job)
        assert all(order[one.document].id == one.id for one in removed_documents(job))
        return {(one.id, one.kept_id) for one in removed_documents(job)}

    assert kept(made, "a", 1 << 22) == kept(dice.sample(made, len(made)), "b", at_once)


def test_one_process_and_two_and_a_cluster_make_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from polyclinic.corpus import document_units as units
    from polyclinic.corpus.duplicates import job as job_module

    monkeypatch.setattr(units, "UNIT_ROWS", 1)  # so that each row group is a unit
    monkeypatch.setattr(job_module, "FEW", 0)
    folders = [corpus(tmp_path, documents(40, seed=n), f"c{n}") for n in range(4)]
    names = [*(f"records-{number:05d}.parquet" for number in range(4)), "removed.jsonl"]
    for number, processes in enumerate((1, 2)):
        out = deduplicate(documents=folders, processes=processes, out=tmp_path / f"out{number}")
    assert len(list_units(folders, tmp_path / "listed")) == 4
    wanted = [(out / name).read_bytes() for name in names]
    assert [(tmp_path / "out0" / name).read_bytes() for name in names] == wanted
    # The same in three shares, each of them called as a rank is, one stage after the other.
    from polyclinic.corpus.duplicates.job import run_share

    job = job_for(DeduplicateSettings(documents=folders), tmp_path / "shared")
    list_units(folders, tmp_path / "shared")
    for stage in STAGES:
        for rank in (2, 0, 1):
            run_share(job, stage, rank, 3)
    (tmp_path / "shared" / "job.json").write_text(json.dumps({**json.loads(_encoded(job))}))
    out = deduplicate(documents=folders, prepared=tmp_path / "shared", out=tmp_path / "out-shared")
    assert [(out / name).read_bytes() for name in names] == wanted
    with pytest.raises(UserError, match=r"threshold 0\.8, the settings say 0\.9"):
        deduplicate(documents=folders, threshold=0.9, prepared=tmp_path / "shared", out=tmp_path / "other")
    with pytest.raises(UserError, match="no search for duplicates was begun"):
        deduplicate(documents=folders, prepared=tmp_path, out=tmp_path / "other")


def test_the_executors_of_datatrove_run_the_stages(tmp_path: Path) -> None:
    pytest.importorskip("datatrove", reason="the extra `cluster` is not installed")
    folder = corpus(tmp_path, documents(60))
    wanted = deduplicate(documents=[folder], out=tmp_path / "alone")
    job = job_for(DeduplicateSettings(documents=[folder]), tmp_path / "job")
    find_duplicates(job, processes=1)
    import shutil

    for name in ("chosen", "written"):  # the last two stages over executors, the others are there
        shutil.rmtree(tmp_path / "job" / name)
    find_duplicates_on_cluster(job, 2, workers=1, stages=("chosen", "written"))
    out = deduplicate(documents=[folder], prepared=tmp_path / "job", out=tmp_path / "out")
    assert (out / "records.parquet").read_bytes() == (wanted / "records.parquet").read_bytes()


def test_only_equal_texts_where_near_ones_are_not_asked_for(tmp_path: Path) -> None:
    text = " ".join(WORDS[:60])
    made = [Document(id="a", text=text), Document(id="b", text=text), Document(id="c", text=f"{text} more")]
    out = deduplicate(documents=[corpus(tmp_path, made)], near=False, out=tmp_path / "out")
    assert len(kept_ids(out)) == 2
    assert facts(out)["removed_near"] == 0


def test_documents_without_words_are_duplicates_only_when_their_texts_are_equal(tmp_path: Path) -> None:
    made = [Document(id=str(i), text=text) for i, text in enumerate(["…", "!", "…", "a", "a b", "", ""])]
    out = deduplicate(documents=[corpus(tmp_path, made)], out=tmp_path / "out")
    assert {document.text for document in read_records(out, Document)} == {"…", "!", "a", "a b", ""}
    assert len(kept_ids(out)) == 5


def test_jsonl_and_csv_are_read_too_and_what_is_no_document_is_named(tmp_path: Path) -> None:
    lines = tmp_path / "notes.jsonl"
    lines.write_text('{"id": "1", "text": "one two"}\n{"id": "1", "text": "one two"}\n', encoding="utf-8")
    table = tmp_path / "more.csv"
    table.write_text("id,text\n2,one two\n3,three\n", encoding="utf-8")
    out = deduplicate(documents=[lines, table], out=tmp_path / "out")
    assert sorted(document.text for document in read_records(out, Document)) == ["one two", "three"]
    lines.write_text('{"id": "1", "text": "one"}\n{"id": "1", "txt": "two"}\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"notes\.jsonl:2: unknown field 'txt'"):
        deduplicate(documents=[lines], out=tmp_path / "bad")
    lines.write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="no documents here"):
        deduplicate(documents=[lines], out=tmp_path / "empty")
    with pytest.raises(UserError, match="looks: 5 is more than there are bands"):
        deduplicate(documents=[table], bands=4, looks=5, out=tmp_path / "looks")


def test_a_killed_run_goes_on_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    folder = corpus(tmp_path, documents(400))
    wanted = deduplicate(documents=[folder], out=tmp_path / "whole")
    code = (
        "import sys\nfrom polyclinic.corpus import deduplicate\n"
        f"deduplicate(documents=[{str(folder)!r}], processes=1, out={str(tmp_path / 'out')!r})\n"
    )
    scratch = tmp_path / ".making" / "out" / "scratch" / "duplicates"
    stages = ("sketches", "compared")
    for stage in stages:
        process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": "1"})
        while process.poll() is None and not (scratch / stage).exists():
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "out").exists(), "the run was over before it could be killed"
        assert (scratch / stages[0]).exists()
    out = deduplicate(documents=[folder], out=tmp_path / "out")
    for name in ("records.parquet", "removed.jsonl"):
        assert (out / name).read_bytes() == (wanted / name).read_bytes()


def _encoded(job: Job) -> bytes:
    import msgspec

    return msgspec.json.encode(job)
