"""What is done with answers that cannot be used, and how it is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from pydantic import BaseModel, Field
from teacher_server import Payload, TeacherServer, completion, last_turn

from polyclinic.llm import ChatRequest, Endpoint, Journal, Outcome, Tally, ask_all, read_json, settle


class Judgement(BaseModel):
    """A score with its reason."""

    reason: str
    score: int = Field(ge=1, le=4)


GOOD = '{"reason": "clear", "score": 3}'
REQUEST = ChatRequest((("user", "judge this"),), template="1", answer=Judgement)


def ask(
    folder: Path, answers: list[web.Response | str], request: ChatRequest = REQUEST
) -> tuple[Tally, Outcome, list[Payload]]:
    """Ask one request; the server gives the answers one after the other, the last one again and again."""

    async def behaviour(payload: Payload, number: int, _: web.Request) -> web.StreamResponse:
        answer = answers[min(number, len(answers) - 1)]
        return completion(answer) if isinstance(answer, str) else answer

    with TeacherServer(behaviour) as server, Journal(folder / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url, "trial", first_wait=0.01, timeout=5.0)
        tally = ask_all([request], endpoint, journal)
        return tally, settle(request, endpoint, journal), server.seen


def test_an_answer_of_the_form_is_taken_and_the_form_is_told(tmp_path: Path) -> None:
    tally, outcome, seen = ask(tmp_path, [GOOD])
    assert outcome.accepted is not None
    assert read_json(outcome.accepted.text, Judgement) == Judgement(reason="clear", score=3)
    assert seen[0]["response_format"]["json_schema"]["schema"]["required"] == ["reason", "score"]
    assert tally.reasons == {}


@pytest.mark.parametrize("text", [f"```json\n{GOOD}\n```", f"<think>hm {{</think>\n{GOOD}", f" \n{GOOD}"])
def test_a_fence_and_thoughts_around_json_do_no_harm(tmp_path: Path, text: str) -> None:
    tally, outcome, _ = ask(tmp_path, [text])
    assert (tally.accepted, tally.rejected) == (1, 0)
    assert outcome.accepted is not None
    assert read_json(outcome.accepted.text, Judgement).score == 3


@pytest.mark.parametrize(
    ("answer", "kind", "shown"),
    [
        ('{"reason": "cl', "broken JSON", "EOF while parsing"),
        ('{"reason": "a\x07b", "score": 3}', "broken JSON", "control character"),
        ('{"reason": "clear", "score": 7}', "wrong fields", "score: Input should be less than or equal to 4"),
        ('{"grade": "A"}', "wrong fields", "reason: Field required; score: Field required"),
        ("[1, 2]", "wrong fields", "the whole: "),
        ("Certainly! Here is my judgement.", "broken JSON", "expected value"),
        ("  \n", "empty answer", "empty answer"),
    ],
)
def test_an_endpoint_that_lies_about_its_form_is_told_what_is_wrong(
    tmp_path: Path, answer: str, kind: str, shown: str
) -> None:
    tally, outcome, seen = ask(tmp_path, [answer, GOOD])
    assert outcome.accepted is not None
    assert tally.reasons == {kind: 1}
    assert shown in last_turn(seen[1])
    assert seen[1]["messages"][1] == {"role": "assistant", "content": answer}


def test_a_form_is_asked_for_four_times_at_most_and_shows_the_last_mistake_only(tmp_path: Path) -> None:
    tally, outcome, seen = ask(tmp_path, ["{", "[", '{"score": 9}'])
    assert outcome.accepted is None
    assert (len(seen), tally.rejected) == (4, 4)
    assert [len(payload["messages"]) for payload in seen] == [1, 3, 3, 3]
    assert [payload["seed"] for payload in seen] == [0, 1, 2, 3]
    assert tally.reasons == {"broken JSON": 2, "wrong fields": 2}


def test_json_that_ends_with_the_tokens_is_counted_as_cut_off(tmp_path: Path) -> None:
    tally, outcome, _ = ask(tmp_path, [completion('{"reason": "very lo', finish_reason="length"), GOOD])
    assert outcome.accepted is not None
    assert tally.reasons == {"cut off at max_tokens": 1}


@pytest.mark.parametrize("finish_reason", ["content_filter", "stop"])
def test_what_the_endpoint_refuses_is_not_paid_for_again(tmp_path: Path, finish_reason: str) -> None:
    message = {"role": "assistant", "content": None, "refusal": "I may not"}
    if finish_reason == "content_filter":
        message = {"role": "assistant", "content": ""}
    body = {"choices": [{"message": message, "finish_reason": finish_reason}]}
    tally, outcome, seen = ask(tmp_path, [web.json_response(body)])
    assert len(seen) == 1
    assert outcome.accepted is None
    assert tally.reasons == {"refusal": 1}


def test_a_request_that_asks_for_no_form_takes_what_comes(tmp_path: Path) -> None:
    tally, outcome, _ = ask(tmp_path, [""], ChatRequest((("user", "say nothing"),)))
    assert outcome.accepted is not None
    assert tally.accepted == 1


def test_the_same_answers_can_be_read_with_another_form_free_of_charge(tmp_path: Path) -> None:
    request = ChatRequest((("user", "judge this"),), check=lambda reply: "")
    later = ChatRequest((("user", "judge this"),), check=lambda reply: "too short" if len(reply.text) < 99 else "")
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url, "trial")
        ask_all([request], endpoint, journal)
        outcome = settle(later, endpoint, journal)
        assert len(server.seen) == 1
    assert [reason for _, reason in outcome.rejected] == ["too short"]
    assert outcome.open is not None


def test_the_live_line_says_what_was_asked_accepted_rejected_and_spent(tmp_path: Path) -> None:
    notes: list[str] = []
    steps = 0.0

    class Bar:
        def advance(self, by: float = 1, note: str = "") -> None:
            nonlocal steps
            steps += by
            notes.append(note)

    async def behaviour(payload: Payload, number: int, _: web.Request) -> web.StreamResponse:
        return completion("{" if number == 0 else GOOD)

    with TeacherServer(behaviour) as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url, "trial", prompt_price=1000.0, completion_price=2000.0)
        ask_all([REQUEST], endpoint, journal, progress=Bar())
    assert steps == 1
    assert notes[-1] == "2 asked, 1 accepted, 1 rejected (broken JSON 1), 20 tokens, 0.03 spent"


def test_two_who_ask_the_same_at_the_same_time_pay_once(tmp_path: Path) -> None:
    same = [ChatRequest((("user", "the same"),))] * 8
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        tally = ask_all(same, Endpoint(server.url, "trial"), journal)
        assert len(server.seen) == 1
    assert (tally.accepted, tally.asked) == (8, 1)
