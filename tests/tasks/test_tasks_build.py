"""Test items made from documents."""

from pathlib import Path
from typing import Any

import pytest
from code_documents import code_document, code_set, write_set
from hypothesis import given
from hypothesis import strategies as st

from polyclinic import corpus, tasks
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records
from polyclinic.tasks.code_tree import read_code_tree
from polyclinic.tasks.held_out_text import pieces_of
from polyclinic.tasks.icd10cm_questions import answer_places

DATA = Path(__file__).parents[2].parent / "shared" / "data"
LEVELS = ["icd10cm-easy", "icd10cm-medium", "icd10cm-hard"]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return write_set(tmp_path / "documents", code_set())


def run(tmp_path: Path, name: str = "out", seed: int = 0, **fields: Any) -> list[Sample]:
    return list(read_records(tasks.build(out=tmp_path / name, seed=seed, **fields), Sample))


def facts(tmp_path: Path, name: str = "out") -> dict[str, Any]:
    manifest = read_manifest(tmp_path / name)
    assert manifest is not None
    return manifest.facts


def test_questions_have_one_right_answer_among_different_ones_at_the_tasks_distance(
    tmp_path: Path, documents: Path
) -> None:
    tree = read_code_tree(code_set())
    found = run(tmp_path, tasks=LEVELS, documents=documents, subset="seen")
    assert {s.task for s in found} == set(LEVELS)
    assert len({s.id for s in found}) == len(found)
    for sample in found:
        entry = tree.entries[sample.metadata["code"]]
        assert entry.leaf
        assert sample.output == entry.description
        assert sample.options.count(sample.output) == 1
        assert len({option.casefold() for option in sample.options}) == 4
        assert entry.code in sample.input
        assert (sample.subset, sample.domain, sample.license) == ("seen", "medcode", "public-domain")
        distances = [tree.distance(entry.code, c) for c in sample.metadata["wrong_codes"]]
        assert distances == sample.metadata["distances"]
        least, most = {"icd10cm-medium": (3, 5), "icd10cm-hard": (2, 2)}.get(sample.task, (1, 99))
        assert all(least <= d <= most for d in distances)


def test_every_place_holds_the_right_answer_equally_often(tmp_path: Path, documents: Path) -> None:
    found = run(tmp_path, tasks=LEVELS, documents=documents)
    for level in LEVELS:
        places = answer_places(s for s in found if s.task == level)
        assert max(places.values()) - min(places.values()) <= 1
        assert facts(tmp_path)[level]["answer_places"] == places


def test_codes_without_enough_wrong_answers_are_skipped_and_counted(tmp_path: Path, documents: Path) -> None:
    found = run(tmp_path, tasks="icd10cm-hard", documents=documents)
    assert len(found) == 24
    assert facts(tmp_path)["icd10cm-hard"]["codes_without_enough_wrong_definitions"] == 6
    alone = write_set(tmp_path / "alone", [code_document("A00.1", "A00", "cholera")])
    with pytest.raises(UserError, match="no code has 3 different wrong definitions"):
        run(tmp_path, "none", tasks="icd10cm-hard", documents=alone)


def test_equal_descriptions_never_stand_together(tmp_path: Path) -> None:
    same = [code_document(f"A00.{i}", "A00", "Cholera" if i % 2 else f"kind {i}") for i in range(10)]
    found = run(tmp_path, tasks="icd10cm-hard", documents=write_set(tmp_path / "same", same))
    assert all(len({o.casefold() for o in s.options}) == 4 for s in found)


def test_wrong_answers_come_from_the_table(tmp_path: Path, documents: Path) -> None:
    held_out = write_set(tmp_path / "held", [d for d in code_set() if d.metadata["code"] == "A00.1"])
    found = run(tmp_path, tasks=LEVELS, documents=held_out, table=documents, subset="unseen")
    assert [s.metadata["code"] for s in found] == ["A00.1"] * 3
    stranger = write_set(tmp_path / "strange", [code_document("Z99.1", "Z99", "something else")])
    with pytest.raises(UserError, match=r"1 of the codes asked about are not in it, e\.g\. Z99\.1"):
        run(tmp_path, "strange-out", tasks=LEVELS, documents=stranger, table=documents)


def test_the_seed_decides_and_equal_seeds_give_equal_bytes(tmp_path: Path, documents: Path) -> None:
    fields: dict[str, Any] = {"tasks": LEVELS, "documents": documents, "items": 10}
    run(tmp_path, "one", seed=1, **fields)
    run(tmp_path, "again", seed=1, **fields)
    other = run(tmp_path, "other", seed=2, **fields)
    one, again = (read_manifest(tmp_path / name) for name in ("one", "again"))
    assert one is not None
    assert again is not None
    assert one.fingerprint == again.fingerprint
    assert list(read_records(tmp_path / "one", Sample)) != other
    by_task = [[s.metadata["code"] for s in other if s.task == level] for level in LEVELS]
    assert by_task[0] == by_task[1]  # the levels ask about the same codes


def test_perplexity_items_are_pieces_of_documents_of_the_domain(tmp_path: Path) -> None:
    text = " ".join(f"word{i}" for i in range(100))
    notes = [Document(id=f"n{i}", text=text, domain="notes", source="s", license="CC0-1.0") for i in range(5)]
    other = Document(id="g", text=text, domain="guidelines")
    folder = write_set(tmp_path / "documents", [*notes, other])
    found = run(tmp_path, tasks="perplexity-notes", documents=folder, words=40)
    assert len(found) == 15
    assert {s.document for s in found} == {n.id for n in notes}
    assert all((s.input, s.options, s.license) == ("", (), "CC0-1.0") for s in found)
    assert max(len(s.output.split()) for s in found) <= 40
    few = run(tmp_path, "few", tasks="perplexity-notes", documents=folder, words=40, items=7)
    assert [len([s for s in few if s.document == n.id]) for n in notes].count(1) == 3  # no document twice before
    assert [len([s for s in few if s.document == n.id]) for n in notes].count(2) == 2  # every one is there once
    assert len({s.id for s in few}) == 7
    with pytest.raises(UserError, match="perplexity-medwiki needs documents of domain 'medwiki'; they are of guidel"):
        run(tmp_path, "none", tasks="perplexity-medwiki", documents=folder)


@given(st.text(alphabet="ab \n\t"), st.integers(1, 9))
def test_pieces_keep_every_word_in_order_and_none_is_too_long(text: str, words: int) -> None:
    pieces = pieces_of(text, words)
    assert " ".join(pieces).split() == text.split()
    lengths = [len(piece.split()) for piece in pieces]
    assert all(1 <= n <= words for n in lengths)
    assert not lengths or max(lengths) - min(lengths) <= 1


def test_unknown_tasks_and_documents_without_codes_are_refused(tmp_path: Path, documents: Path) -> None:
    with pytest.raises(UserError, match=r"unknown task 'icd10cm'; did you mean"):
        run(tmp_path, tasks="icd10cm", documents=documents)
    plain = write_set(tmp_path / "plain", [Document(id="x", text="y")])
    with pytest.raises(UserError, match=r"tasks\.build\.documents: no document carries a code"):
        run(tmp_path, tasks=LEVELS, documents=plain)
    with pytest.raises(UserError, match=r"tasks\.build\.items"):
        run(tmp_path, tasks=LEVELS, documents=documents, items=0)


def test_questions_about_held_out_codes_of_the_real_set(tmp_path: Path) -> None:
    chapters: dict[str, Any] = {"blocks": ["I20-I52", "E08-E13"]}
    table = corpus.icd10cm(out=tmp_path / "table", **chapters)
    held_out = corpus.icd10cm(out=tmp_path / "held", part="held_out", held_out_share=0.2, **chapters)
    found = run(tmp_path, tasks=LEVELS, documents=held_out, table=table, items=50)
    assert sum(s.task == "icd10cm-easy" for s in found) == 50
    assert sum(s.task == "icd10cm-medium" for s in found) == 50
    assert all(len(set(s.options)) == 4 for s in found)


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared corpora are not here")
def test_perplexity_items_of_real_corpora_can_be_built(tmp_path: Path) -> None:
    domains = ["clinical", "guidelines"]
    read = [
        corpus.read(out=tmp_path / d, documents=DATA / "corpora" / f"{d}.jsonl.gz", domain=d, part="held_out")
        for d in domains
    ]
    found = run(tmp_path, tasks=[f"perplexity-{d}" for d in domains], documents=read, items=40)
    assert [sum(s.domain == d for s in found) for d in domains] == [40, 40]
