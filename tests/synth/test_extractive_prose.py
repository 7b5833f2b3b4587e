from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.records import Document
from polyclinic.synth.extractive import CodeBook, write_tasks
from polyclinic.synth.extractive.passages import question_subject, read_passages, split_sentences

TASKS = ("summary", "question_answer", "entities", "relations")
CORPORA = Path(__file__).parents[2].parent / "shared" / "data" / "corpora"

ENCYCLOPEDIA = Document(
    id="e1",
    title="Osteoporosis",
    text="Osteoporosis is a skeletal disease of low bone mass in which minor force can break a bone.\n"
    "Causes: Bone loss speeds up after the menopause. Smoking hastens it.\n"
    "Symptoms: None until a fracture.\n"
    "Treatment: Bisphosphonates lead drug therapy. Denosumab is used to treat women after the menopause.",
)
NOTE = Document(
    id="n1",
    text="Doctor: Good morning. How long have you had the chest pain?\n"
    "Patient: It started two days ago, after lunch.\n"
    "Doctor: How are you otherwise?\n"
    "Patient: Well enough, thank you.\n\n"
    "GENHX:\nThe patient is a 61-year-old man who presents with chest pain for two days.\n\n"
    "Assessment: Stable angina, probably caused by coronary artery disease.\n"
    "Plan: Begin aspirin 75 mg daily. Refer for an exercise test.",
)


def written(document: Document) -> dict[str, str]:
    return write_tasks(document, TASKS, CodeBook())


def test_an_article_is_asked_for_its_definition_and_by_its_headings() -> None:
    answers = written(ENCYCLOPEDIA)["question_answer"]
    assert (
        "Question: What is osteoporosis?\n"
        "Answer: Osteoporosis is a skeletal disease of low bone mass in which minor force can break a bone."
    ) in answers
    assert "Question: What causes osteoporosis?\nAnswer: Bone loss speeds up" in answers
    assert "Question: How is osteoporosis treated?\nAnswer: Bisphosphonates lead drug therapy." in answers


def test_an_article_is_summarised_by_its_own_sentences() -> None:
    summary = written(ENCYCLOPEDIA)["summary"]
    assert summary.startswith("Osteoporosis is a skeletal disease")
    assert summary.endswith(".")


def test_relations_are_sentences_of_two_sides() -> None:
    assert written(ENCYCLOPEDIA)["relations"].split("\n") == [
        "Osteoporosis is a kind of skeletal disease.",
        "Denosumab is used to treat women after the menopause.",
    ]


def test_entities_are_terms_of_the_text_one_a_line() -> None:
    terms = written(ENCYCLOPEDIA)["entities"].split("\n")
    assert terms[0] == "- osteoporosis"
    assert {"- skeletal disease", "- fracture", "- drug therapy", "- denosumab"} <= set(terms)


def test_a_note_is_asked_for_its_plan_and_what_was_asked_in_it() -> None:
    answers = written(NOTE)["question_answer"]
    assert "Question: What is the plan?\nAnswer: Begin aspirin 75 mg daily. Refer for an exercise test." in answers
    assert "Question: What is the history of the patient?\nAnswer: The patient is a 61-year-old man" in answers
    assert "Question: How long have you had the chest pain?\nAnswer: It started two days ago, after lunch." in answers
    assert "How are you" not in answers


def test_a_note_is_summarised_with_the_names_of_its_sections() -> None:
    assert "Assessment: Stable angina" in written(NOTE)["summary"]


def test_a_question_at_the_head_is_answered_by_the_text() -> None:
    text = "What is (are) Gaucher disease ?\nGaucher disease is an inherited disorder that affects many organs."
    assert written(Document(id="m", text=text))["question_answer"].startswith(
        "Question: What is Gaucher disease?\nAnswer: Gaucher disease is an inherited disorder"
    )
    assert question_subject("What are the treatments for polycythemia vera?") == "polycythemia vera"


def test_items_under_a_heading_are_related_to_the_topic() -> None:
    text = "TRICHOMONIASIS\nIntroduction\nA common infection.\n\nClinical features\n- Dysuria\n- Burning"
    assert written(Document(id="t", text=text))["relations"].split("\n") == [
        "Dysuria is a sign of trichomoniasis.",
        "Burning is a sign of trichomoniasis.",
    ]


def test_hard_line_breaks_do_not_break_sentences() -> None:
    text = "Women are far more\nfrequently affected. Men are more\nlikely to be carriers."
    found = [s.text for s in read_passages(Document(id="x", text=text)).sentences]
    assert found == ["Women are far more frequently affected.", "Men are more likely to be carriers."]


def test_abbreviations_and_initials_do_not_end_sentences() -> None:
    text = "Dr. Miller saw e.g. Mr. J. Smith (see Fig. 2). He gave 2.5 mg. It helped!"
    assert split_sentences(text) == [
        "Dr. Miller saw e.g. Mr. J. Smith (see Fig. 2).",
        "He gave 2.5 mg.",
        "It helped!",
    ]


def test_a_text_with_nothing_in_it_gives_nothing() -> None:
    assert written(Document(id="x", text="\n \n")) == dict.fromkeys(TASKS, "")


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("abcA .:\n?-#|[]()1Doctor: isare\u2022é"), max_size=400))
def test_any_text_is_read_without_fault_and_twice_alike(text: str) -> None:
    document = Document(id="x", text=text, title=text[:20])
    assert written(document) == written(document)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared corpora are not here")
@pytest.mark.parametrize("domain", ["clinical", "guidelines", "medwiki", "pubmed"])
def test_nearly_every_real_document_gets_a_summary_that_ends_properly(domain: str) -> None:
    with gzip.open(CORPORA / f"{domain}.jsonl.gz", "rt", encoding="utf-8") as stream:
        documents = [Document(**json.loads(line)) for line, _ in zip(stream, range(60), strict=False)]
    summaries = [write_tasks(d, ("summary",), CodeBook())["summary"] for d in documents]
    assert sum(bool(s) for s in summaries) >= 0.95 * len(documents)
    assert all(s[-1] in ".!?)\"”'" for s in summaries if s)
    assert max(len(s.split()) for s in summaries) < 200
