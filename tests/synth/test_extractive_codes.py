from __future__ import annotations

from typing import Any

import pytest

from polyclinic.records import Document
from polyclinic.synth.extractive import CodeBook, find_code, write_tasks

TASKS = ("summary", "question_answer", "entities", "relations")
METADATA: dict[str, Any] = {
    "code": "E11.9",
    "description": "Type 2 diabetes mellitus without complications",
    "parent": "E11",
    "leaf": True,
    "chapter": "4",
}
PAGE = Document(
    id="icd10cm-E11.9",
    text="ICD-10-CM code E11.9: Type 2 diabetes mellitus without complications\nAlso used for: Diabetes NOS; T2D.",
    domain="medcode",
    metadata=METADATA,
)
CATEGORY = Document(
    id="icd10cm-E11",
    text="ICD-10-CM code E11: Type 2 diabetes mellitus",
    metadata={
        **METADATA,
        "code": "E11",
        "description": "Type 2 diabetes mellitus",
        "parent": "E08-E13",
        "block": "E08-E13",
    },
)


def book(*documents: Document) -> CodeBook:
    made = CodeBook()
    for document in documents:
        code = find_code(document)
        assert code is not None
        made.add(code)
    return made


def test_a_code_is_summarised_with_its_place_and_its_other_names() -> None:
    assert write_tasks(PAGE, ("summary",), book(PAGE, CATEGORY))["summary"] == (
        "ICD-10-CM code E11.9 means Type 2 diabetes mellitus without complications. "
        "It belongs to E11 (Type 2 diabetes mellitus), in chapter 4. It includes Diabetes NOS; T2D."
    )


def test_a_code_is_asked_for_in_both_directions() -> None:
    answers = write_tasks(PAGE, ("question_answer",), book(PAGE))["question_answer"]
    assert answers.startswith(
        "Question: What does the ICD-10-CM code E11.9 stand for?\n"
        "Answer: Type 2 diabetes mellitus without complications.\n\n"
        "Question: Which ICD-10-CM code stands for Type 2 diabetes mellitus without "
        "complications?\n"
        "Answer: E11.9."
    )


def test_relations_are_the_place_in_the_tree() -> None:
    known = book(PAGE, CATEGORY)
    assert (
        "E11.9 (Type 2 diabetes mellitus without complications) is a kind of E11 (Type 2 diabetes mellitus)."
        in (write_tasks(PAGE, ("relations",), known)["relations"])
    )
    assert (
        "E11.9 (Type 2 diabetes mellitus without complications) is a kind of E11."
        in (write_tasks(CATEGORY, ("relations",), known)["relations"])
    )


def test_a_document_that_hides_its_code_gets_tasks_that_hide_it() -> None:
    text = "Type 2 diabetes mellitus without complications\nA kind of: Type 2 diabetes mellitus.\nField: Diabetes."
    document = Document(id="icd10cm-E11.9", text=text, metadata={**METADATA, "parent_description": "see E11"})
    tasks = write_tasks(document, TASKS, book(CATEGORY, PAGE))
    assert all(tasks.values())
    assert not any("E11" in text for text in tasks.values())
    assert "is a kind of Type 2 diabetes mellitus" in tasks["summary"]


@pytest.mark.parametrize(
    "text",
    [
        "ICD-10-CM S10.15XD: Foreign body of throat, subsequent encounter",
        "ICD-10-CM S10.15XD Foreign body of throat, subsequent encounter\nIncludes: splinter",
    ],
)
def test_a_code_line_without_metadata_is_read_and_placed_by_its_beginning(text: str) -> None:
    document = Document(id="a", text=text)
    above = Document(id="b", text="ICD-10-CM S10.15: Foreign body of throat")
    summary = write_tasks(document, ("summary",), book(document, above))["summary"]
    assert "ICD-10-CM code S10.15XD means Foreign body of throat, subsequent encounter." in summary
    assert "It belongs to S10.15 (Foreign body of throat)." in summary


def test_a_text_that_only_mentions_a_code_is_prose() -> None:
    assert find_code(Document(id="x", text="She was coded as E11.9 on discharge.")) is None
