"""Records of patients with several documents and questions about them, as LongHealth has: JSON, a patient by id.

Each question becomes one row for each repeat, with the documents that stand beside it in an order that is drawn:

    own      all of the patient's
    mixed    those that hold the answer and ten of other patients; one more option says that there is no answer
    others   ten of other patients alone: that option is right

What is drawn depends on patient, question and repeat alone, so that every build has the same rows. Source: Adams et
al. 2024 (LongHealth, tasks 1 to 3), as CLUE asks them (Dada et al. 2024, eval/eval_LongHealth.py), where nothing is
seeded. CLUE shortens the last documents to the window before it puts them in order; here what asks cuts the middle.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers import json_rows
from polyclinic.tasks.readers.row import LONGEST_SHOWN, Bad, Row
from polyclinic.tasks.source import Source

DISTRACTIONS = 10  # documents of other patients
NO_ANSWER = "Question cannot be answered with provided documents"
OPTIONS = tuple(f"answer_{letter}" for letter in "abcdefgh")


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield a row for each question and repeat: question, options, answer, documents, repeat, patient, item.

    A patient without texts or questions, and a question without options, answer or the documents it names, is Bad.
    """
    patients: list[Row] = []
    for row in json_rows.read(file, source.model_copy(update={"each": ""})):
        problem = row if isinstance(row, Bad) else _patient_problem(row)
        if isinstance(problem, Bad):
            yield problem
        elif isinstance(row, Row):
            patients.append(row)
    texts = [(str(row.fields.get("key", row.place)), list(row.fields["texts"].values())) for row in patients]
    for row in patients:
        name = str(row.fields.get("key", row.place))
        others = [text for other, own in texts if other != name for text in own]
        for number, question in enumerate(row.fields["questions"], start=1):
            place = f"{row.place}, question {number}"
            if problem_text := _question_problem(question, row.fields["texts"], source):
                yield Bad(place, problem_text, str(question)[:LONGEST_SHOWN])
                continue
            for repeat in range(1, source.repeats + 1):
                yield Row(place, _asked(row.fields["texts"], others, question, source, name, number, repeat))


def _asked(
    own: dict[str, str],
    others: list[str],
    question: dict[str, Any],
    source: Source,
    patient: str,
    number: int,
    repeat: int,
) -> dict[str, Any]:
    draw = random.Random(f"{source.name}/{source.context}/{patient}/{number}/{repeat}")
    options = [str(question[name]) for name in OPTIONS if question.get(name)]
    answer = str(question["correct"])
    if source.context == "own":
        documents = list(own.values())
    else:
        options.append(NO_ANSWER)
        documents = draw.sample(others, min(DISTRACTIONS, len(others)))
        if source.context == "mixed":
            documents += [own[name] for name in question["answer_location"]]
        else:
            answer = NO_ANSWER
    draw.shuffle(documents)
    return {
        "question": str(question["question"]),
        "options": options,
        "answer": answer,
        "documents": documents,
        "repeat": repeat,
        "patient": patient,
        "item": f"{patient}-{number}-{repeat}",
    }


def _patient_problem(row: Row) -> Bad | None:
    texts, questions = row.fields.get("texts"), row.fields.get("questions")
    if not isinstance(texts, dict) or not texts or not all(isinstance(text, str) for text in texts.values()):
        return Bad(row.place, "field 'texts': expected documents by their names")
    if not isinstance(questions, list):
        return Bad(row.place, "field 'questions': expected a list")
    return None


def _question_problem(question: Any, texts: dict[str, str], source: Source) -> str:
    if not isinstance(question, dict) or not question.get("question") or not question.get("correct"):
        return "expected an object with question, answer_a to answer_e, and correct"
    if source.context == "mixed":
        named = question.get("answer_location")
        if not isinstance(named, dict) or not named or any(name not in texts for name in named):
            return "field 'answer_location': expected names of the patient's documents"
    return ""
