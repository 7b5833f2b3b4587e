"""A model folder as a teacher, behind the same interface as an endpoint."""

from __future__ import annotations

import shutil
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Annotated

import pytest
import torch
from pydantic import BaseModel, Field
from random_teacher import save_random_teacher

from polyclinic.errors import UserError
from polyclinic.llm import (
    Ask,
    ChatRequest,
    Journal,
    LocalModel,
    ask_all,
    ask_in_steps,
    open_local_model,
    read_json,
    read_steps,
    settle,
)


class Finding(Enum):
    """A closed list."""

    FEVER = "fever"
    COUGH = "cough"


class Judgement(BaseModel):
    """A form that even random weights come to the end of."""

    score: Annotated[int, Field(ge=1, le=4)]
    certain: bool
    findings: Annotated[list[Finding], Field(min_length=1, max_length=3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_teacher(tmp_path_factory.mktemp("teacher") / "model")


def requests(number: int, answer: type[BaseModel] | None = None) -> list[ChatRequest]:
    system = ("system", "the patient has no fever")
    return [ChatRequest((system, ("user", f"judge text {'x' * n}")), answer=answer) for n in range(number)]


def texts(teacher: LocalModel, file: Path, asked: list[ChatRequest]) -> list[str]:
    with Journal(file) as journal:
        ask_all(asked, teacher, journal)
        outcomes = [settle(request, teacher, journal) for request in asked]
    return [o.accepted.text if o.accepted else o.failure.reason if o.failure else "rejected" for o in outcomes]


def test_random_weights_write_valid_json_when_the_grammar_holds_them(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("xgrammar")
    teacher = open_local_model(folder, temperature=1.0, max_tokens=120)
    with Journal(tmp_path / "journal.sqlite") as journal:
        asked = requests(8, Judgement)
        tally = ask_all(asked, teacher, journal)
        assert (tally.accepted, tally.rejected, tally.failed) == (8, 0, 0)
        for request in asked:
            reply = settle(request, teacher, journal).accepted
            assert reply is not None
            assert 1 <= read_json(reply.text, Judgement).score <= 4
            assert reply.finish_reason == "stop"
            assert reply.completion_tokens > 0
        assert ask_all(asked, teacher, journal).asked == 0


def test_the_same_question_gets_the_same_answer_and_another_sample_another(folder: Path, tmp_path: Path) -> None:
    teacher = open_local_model(folder, temperature=1.0, max_tokens=12)
    asked = [*requests(3), replace(requests(1)[0], sample=1)]
    first = texts(teacher, tmp_path / "a.sqlite", asked)
    assert first == texts(teacher, tmp_path / "b.sqlite", asked[::-1])[::-1]
    assert first[0] != first[3]
    assert first[0] != texts(replace(teacher, seed=5), tmp_path / "c.sqlite", asked)[0]


def test_greedy_answers_are_those_of_transformers_whatever_the_batch(folder: Path, tmp_path: Path) -> None:
    from polyclinic.models import load_model, load_tokenizer

    asked = requests(5)
    ours = texts(open_local_model(folder, max_tokens=10), tmp_path / "a.sqlite", asked)
    assert ours == texts(open_local_model(folder, max_tokens=10, batch=3), tmp_path / "b.sqlite", asked)
    tokenizer, model = load_tokenizer(folder), load_model(folder)
    for request, text in zip(asked, ours, strict=True):
        messages = [{"role": role, "content": content} for role, content in request.messages]
        prompt = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            written = model.generate(**prompt, max_new_tokens=10, do_sample=False)
        assert text == tokenizer.decode(written[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True)


def test_the_weights_are_its_name_and_not_its_place(folder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    other = save_random_teacher(tmp_path / "other", seed=1)
    request = requests(1)[0]
    assert request.key(open_local_model(moved)) == request.key(open_local_model(folder))
    assert request.key(open_local_model(other)) != request.key(open_local_model(folder))


def test_what_does_not_fit_into_the_context_fails_alone(folder: Path, tmp_path: Path) -> None:
    asked = [ChatRequest((("user", "x" * 2000),)), *requests(2)]
    found = texts(open_local_model(folder, max_tokens=5), tmp_path / "a.sqlite", asked)
    assert found[0].startswith("too long: 20")
    assert "the model takes 512" in found[0]
    assert all(found[1:])


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no weights here"):
        open_local_model(tmp_path)


def test_a_model_that_vanishes_stops_the_run(folder: Path, tmp_path: Path) -> None:
    teacher = open_local_model(Path(shutil.copytree(folder, tmp_path / "copy")))
    shutil.rmtree(tmp_path / "copy")
    with Journal(tmp_path / "journal.sqlite") as journal, pytest.raises(UserError, match="copy"):
        ask_all(requests(2), teacher, journal)


def test_it_takes_its_place_in_steps(folder: Path, tmp_path: Path) -> None:
    teacher = open_local_model(folder, max_tokens=4)

    async def steps(item: int, ask: Ask) -> str:
        written = await ask(requests(5)[item], teacher)
        assert written.accepted is not None
        again = await ask(ChatRequest((("user", written.accepted.text or "nothing"),)), teacher)
        return again.accepted.text if again.accepted else ""

    with Journal(tmp_path / "journal.sqlite") as journal:
        ask_in_steps(range(3), steps, journal, at_once=3)
        assert len(list(read_steps(range(3), steps, journal))) == 3
