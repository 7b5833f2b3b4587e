"""A budget for a journal: what its answers may come to before the run is stopped."""

from __future__ import annotations

from dataclasses import dataclass

from polyclinic.errors import UserError
from polyclinic.llm.endpoint import Endpoint
from polyclinic.llm.journal import Spent
from polyclinic.llm.requests import Asked, Question

CHARACTERS_OF_A_TOKEN = 4  # of English; only for what is not known yet


class BudgetSpent(UserError):
    """The budget is used up; every answer so far is kept."""


@dataclass(frozen=True)
class Budget:
    """What all answers of a journal may come to, those of earlier runs included; None sets no bound.

    What is in flight counts with what an answer came to on the average so far (before there is one, with the most it
    can come to), so a bound on tokens or money is passed by the difference of the last few answers from the average
    at most. A bound on requests is kept exactly.
    """

    requests: int | None = None  # that are sent; 429 does not count
    tokens: int | None = None  # sent and answered
    money: float | None = None  # in what the endpoint's prices are in

    def check(self, teacher: Asked) -> None:
        """Raise UserError when money is bounded and nobody said what the model costs."""
        prices = getattr(teacher, "prompt_price", 0.0) + getattr(teacher, "completion_price", 0.0)
        if self.money is not None and hasattr(teacher, "prompt_price") and not prices:
            raise UserError(
                f"budget: money is bounded by {self.money:g}, and no price is known for {teacher.model}; give the "
                "prices for a million tokens (prompt_price, completion_price)"
            )

    def has_room(self, sent: int, spent: Spent, in_flight: int, expected: Spent) -> bool:
        """Return whether one more request fits; false when that is not known before what is in flight came back.

        Args:
            sent: requests sent so far.
            spent: what the answers so far came to.
            in_flight: requests that are not answered yet.
            expected: what one answer may come to, taken while there is none.

        Raises:
            BudgetSpent: nothing is in flight, and one more does not fit.
        """
        each_tokens = spent.tokens / spent.answers if spent.answers else expected.tokens
        each_price = spent.price / spent.answers if spent.answers else expected.price
        for name, bound, used in (
            ("requests", self.requests, sent + 1),
            ("tokens", self.tokens, spent.tokens + (in_flight + 1) * each_tokens),
            ("money", self.money, spent.price + (in_flight + 1) * each_price),
        ):
            if bound is not None and used > bound:
                if in_flight:
                    return False
                raise BudgetSpent(
                    f"budget: the {name} of {bound:,g} are used up: {sent:,} requests, {spent.tokens:,} tokens, "
                    f"{spent.price:.2f} money so far. Every answer is kept; raise the budget and run again to go on"
                )
        return True


def keep_budget(budget: Budget, spent: Spent, in_flight: int, question: Question, endpoint: Endpoint) -> bool:
    """Say whether a question fits, see `Budget.has_room`; `spent` is of all that was sent and is not in flight."""
    length = len(question.body) // CHARACTERS_OF_A_TOKEN
    most = question.request.max_tokens or endpoint.max_tokens
    expected = Spent(1, 1, length, most, endpoint.price(length, most))
    return budget.has_room(spent.sent + in_flight, spent, in_flight, expected)
