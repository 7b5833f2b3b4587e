"""Instruction samples and preference pairs made by rule."""

import random
from pathlib import Path
from typing import Any

import pytest
from code_documents import code_set, write_set
from hypothesis import given
from hypothesis import strategies as st

from polyclinic import tasks
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Document, Preference, Sample, read_records
from polyclinic.tasks.corruptions import CORRUPTIONS, Reply, corrupt
from polyclinic.tasks.document_parts import first_sentences, heading_and_body, sections
from polyclinic.tasks.instructions import load_templates, share_out

ARTICLE = Document(
    id="article",
    title="Gout",
    text="Gout is an inflammatory arthritis caused by urate crystals.\nCauses: Urate stays high for years.\n"
    "Treatment: Colchicine eases the attack. Allopurinol 100 mg daily lowers urate.",
    domain="encyclopedia",
    source="test set",
    license="CC0-1.0",
)
NOTE = Document(
    id="note",
    text="Chief complaint: Painful left toe.\nAssessment: Acute gout, probable.\nPlan: Start colchicine 0.5 mg twice "
    "daily. Check urate in four weeks. Return if fever comes.",
    domain="notes",
    source="test set",
    license="CC0-1.0",
)
QUESTION = Document(id="question", text="What is (are) Gout ?\n" + "Gout is a disease of the joints. " * 8)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return write_set(tmp_path / "documents", [ARTICLE, NOTE, QUESTION, *code_set()])


def run(tmp_path: Path, documents: Path, name: str = "out", **fields: Any) -> list[Sample]:
    return list(read_records(tasks.instructions(out=tmp_path / name, documents=documents, **fields), Sample))


def test_every_kind_of_work_is_made_from_what_the_documents_say(tmp_path: Path, documents: Path) -> None:
    found = run(tmp_path, documents, limit=0)
    assert {s.task for s in found} == {f"instruction.{t.name}" for t in load_templates()}
    assert {s.author for s in found} == {"template"}
    assert all(s.instruction and s.input and s.output and s.document for s in found)
    replies = {s.id: s.output for s in found}
    assert replies["code-description-icd10cm-A00.1"] == "disease A00 of kind 1"
    assert replies["description-code-icd10cm-A00.1"] == "A00.1"
    assert replies["code-place-icd10cm-A00.1"] == (
        "A00.1 stands under A00 (what A00 is), in the block A00-A99 (block A) of chapter 1, chapter 1."
    )
    assert replies["code-place-icd10cm-A00"] == (
        "A00 is a category of the block A00-A99 (block A) of chapter 1, chapter 1."
    )
    assert replies["title-article"] == "Gout"
    assert replies["definition-article"] == "Gout is an inflammatory arthritis caused by urate crystals."
    assert replies["answer-question"].startswith("Gout is a disease")
    plan = next(s for s in found if s.task == "instruction.section" and '"Plan"' in s.input)
    assert plan.output.startswith("Start colchicine")
    assert (plan.domain, plan.license, plan.source) == ("notes", "CC0-1.0", "test set")
    passage = next(s for s in found if s.task == "instruction.section-name" and s.output == "Treatment")
    assert "Headings: Causes, Treatment" in passage.input


def test_a_limit_is_shared_out_by_weight_and_seed(tmp_path: Path, documents: Path) -> None:
    fields: dict[str, Any] = {"tasks": ["code-description", "description-code"], "limit": 40}
    found = run(tmp_path, documents, weights={"code-description": 3}, **fields)
    assert sum(s.task == "instruction.code-description" for s in found) == 30
    assert len(found) == 40
    assert run(tmp_path, documents, "again", seed=0, weights={"code-description": 3}, **fields) == found
    assert run(tmp_path, documents, "other", seed=1, weights={"code-description": 3}, **fields) != found


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 40), min_size=1),
    st.dictionaries(st.sampled_from("abcd"), st.floats(0.1, 9)),
    st.integers(0, 100),
)
def test_shares_never_exceed_what_is_there_and_use_up_the_limit(
    available: dict[str, int], weights: dict[str, float], limit: int
) -> None:
    counts = share_out(available, weights, limit)
    assert all(counts[name] <= available[name] for name in available)
    assert sum(counts.values()) == min(limit or 1000, sum(available.values()))


def test_wrong_names_and_documents_that_allow_nothing_are_refused(tmp_path: Path, documents: Path) -> None:
    with pytest.raises(UserError, match=r"tasks: unknown kind of work 'titel'; did you mean 'title'\?"):
        run(tmp_path, documents, tasks="titel")
    with pytest.raises(UserError, match="weights: unknown kind of work 'x'"):
        run(tmp_path, documents, weights={"x": 1})
    with pytest.raises(UserError, match=r"the weight of title is -1\.0"):
        run(tmp_path, documents, weights={"title": -1})
    plain = write_set(tmp_path / "plain", [Document(id="x", text="nothing here")])
    with pytest.raises(UserError, match="the documents allow no sample"):
        run(tmp_path, plain)
    with pytest.raises(UserError, match="the document 'note' comes twice"):
        run(tmp_path, write_set(tmp_path / "twice", [NOTE, NOTE]), limit=0)


def test_turns_of_a_conversation_are_no_sections() -> None:
    assert sections("Doctor: How are you today?\nPatient: I am well, thanks.") == {}
    assert sections("Step: do this first\nStep: do that then\nPlan: rest for a week") == {"Plan": "rest for a week"}


def test_a_heading_is_a_title_or_a_short_first_line_over_a_text() -> None:
    body = "word " * 40
    assert heading_and_body(Document(id="x", text=f"GOUT\nGout\n{body}"))[0] == "GOUT"
    assert heading_and_body(Document(id="x", text=f"What is it ?\n{body}"))[0] == "What is it?"
    assert heading_and_body(Document(id="x", text=f"Doctor: hello\n{body}"))[0] == ""
    assert heading_and_body(Document(id="x", title="Gout", text=f"Gout\n{body}")) == ("Gout", body.strip())


@given(st.text(alphabet="aB. \n"), st.integers(1, 9))
def test_a_cut_text_is_a_beginning_and_not_too_long(text: str, words: int) -> None:
    cut = first_sentences(text, words)
    assert text.startswith(cut)
    assert len(cut.split()) <= words


words = st.sampled_from(["The", "patient", "has", "acute", "pain", ".", "5", "mg", "left", "Is", "without", "Daily."])
texts = st.one_of(st.text(min_size=1), st.lists(words, min_size=1).map(" ".join))


@given(texts, st.lists(texts, max_size=3), st.lists(texts, max_size=3), st.integers(0, 99))
def test_a_worse_reply_always_differs_from_the_good_one(
    text: str, same_task: list[str], same_document: list[str], seed: int
) -> None:
    for name in CORRUPTIONS:
        made = corrupt(Reply(text, same_task, same_document), [name], random.Random(seed))
        if made is not None:
            assert made[0] == name
            assert made[1].strip()
            assert made[1].split() != text.split()


@pytest.mark.parametrize(
    ("name", "text", "worse"),
    [
        ("brevity", "Type 2 diabetes mellitus without complications", "Type 2"),
        ("ambiguity", "Give 5 mg into the left arm.", "Give some mg into the one or both arm."),
        ("grammatical_errors", "The pulse is regular.", "The pulse are regular."),
        ("misinterpretation", "Start colchicine.", "the other reply"),
        ("factual_inaccuracy", "A00.1", "A00.2"),
    ],
)
def test_rules_do_what_their_names_say(name: str, text: str, worse: str) -> None:
    reply = Reply(text, ["A00.2"], ["the other reply"])
    assert CORRUPTIONS[name](reply, random.Random(0)) == worse


def test_pairs_carry_their_error_and_their_request(tmp_path: Path, documents: Path) -> None:
    samples = tasks.instructions(out=tmp_path / "samples", documents=documents, limit=0)
    out = tasks.preferences(out=tmp_path / "out", samples=samples, pairs=3)
    found = list(read_records(out, Preference))
    originals = {s.id: s for s in read_records(samples, Sample)}
    assert len({p.id for p in found}) == len(found) > 2 * len(originals)
    for pair in found:
        sample = originals[pair.id.removesuffix(f"-{pair.error_type}")]
        assert pair.error_type in CORRUPTIONS
        assert pair.chosen == sample.output
        assert pair.chosen != pair.rejected
        assert (pair.instruction, pair.input, pair.author) == (sample.instruction, sample.input, "rule")
    manifest = read_manifest(out)
    assert manifest is not None
    assert sum(manifest.facts["by_error"].values()) == len(found)
    again = tasks.preferences(out=tmp_path / "again", samples=samples, pairs=3)
    assert (again / "records.parquet").read_bytes() == (out / "records.parquet").read_bytes()


def test_error_types_that_are_unknown_or_never_apply_are_refused(tmp_path: Path, documents: Path) -> None:
    samples = tasks.instructions(out=tmp_path / "samples", documents=documents, tasks="description-code")
    with pytest.raises(UserError, match=r"unknown error type 'speling_errors'; did you mean 'spelling_errors'\?"):
        tasks.preferences(out=tmp_path / "out", samples=samples, errors=["speling_errors"])
    with pytest.raises(UserError, match="none of brevity applies to any of 42 samples"):
        tasks.preferences(out=tmp_path / "out", samples=samples, errors=["brevity"])
