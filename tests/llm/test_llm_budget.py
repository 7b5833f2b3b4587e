"""A budget stops a run cleanly, and an estimate says before what it comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from teacher_server import TeacherServer

from polyclinic.errors import UserError
from polyclinic.llm import Budget, BudgetSpent, ChatRequest, Endpoint, Journal, ask_all, estimate


def requests(number: int) -> list[ChatRequest]:
    return [ChatRequest((("user", f"text {n}"),)) for n in range(number)]


def priced(url: str) -> Endpoint:
    """Seven tokens at 1,000 and three at 1,000 for a million: each answer of the server costs 0.01."""
    return Endpoint(url, "trial", concurrency=4, prompt_price=1000.0, completion_price=1000.0)


@pytest.mark.parametrize(
    ("budget", "fits", "more"),
    [(Budget(requests=20), 20, 0), (Budget(tokens=200), 20, 4), (Budget(money=0.2001), 20, 4)],
    ids=["requests", "tokens", "money"],
)
def test_a_budget_stops_the_run_and_what_was_paid_is_kept(
    tmp_path: Path, budget: Budget, fits: int, more: int
) -> None:
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        ask_all(requests(10), priced(server.url), journal)
        with pytest.raises(BudgetSpent, match=r"are used up.*Every answer is kept"):
            ask_all(requests(1000), priced(server.url), journal, budget=budget)
        assert journal.count() == len(server.seen)
        assert fits - 4 <= journal.count() <= fits + more
        done = journal.count()
        with pytest.raises(BudgetSpent):
            ask_all(requests(1000), priced(server.url), journal, budget=budget)
        assert journal.count() <= max(done, fits + more)
        ask_all(requests(done), priced(server.url), journal, budget=budget)  # what is on file costs nothing


def test_a_budget_that_suffices_is_not_noticed(tmp_path: Path) -> None:
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        tally = ask_all(requests(20), priced(server.url), journal, budget=Budget(requests=20, money=1.1))
        assert tally.accepted == 20
        assert tally.price == pytest.approx(0.2)
        assert journal.spent().price == pytest.approx(0.2)


def test_money_without_prices_is_an_error_before_anything_is_sent(tmp_path: Path) -> None:
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        with pytest.raises(UserError, match="no price is known for trial"):
            ask_all(requests(1), Endpoint(server.url, "trial"), journal, budget=Budget(money=1.0))
        assert server.seen == []


def test_what_was_spent_before_is_known_after_the_journal_was_closed(tmp_path: Path) -> None:
    with TeacherServer() as server:
        with Journal(tmp_path / "journal.sqlite") as journal:
            ask_all(requests(5), priced(server.url), journal)
        with Journal(tmp_path / "journal.sqlite") as journal:
            spent = journal.spent()
    assert (spent.answers, spent.sent, spent.prompt_tokens, spent.completion_tokens) == (5, 5, 35, 15)
    assert spent.price == pytest.approx(0.05)


def test_an_estimate_counts_what_is_on_file_as_paid_and_learns_from_it(tmp_path: Path) -> None:
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = replace(priced(server.url), max_tokens=100)
        before = estimate(requests(10), endpoint, journal)
        assert (before.requests, before.on_file, before.completion_tokens) == (10, 0, 500)
        assert before.most_price == pytest.approx((before.prompt_tokens + 1000) / 1000)
        ask_all(requests(4), endpoint, journal)
        after = estimate(requests(10), endpoint, journal, seconds_of_an_answer=20)
        assert (after.on_file, after.completion_tokens) == (4, 6 * 3)
        assert after.seconds == 6 * 20 / 4
        assert after.text().startswith("6 of 10 requests to ask; ")
        assert len(server.seen) == 4
        ask_all(requests(10), endpoint, journal)
        assert estimate(requests(10), endpoint, journal).text() == "10 requests, all on file: nothing to pay"
