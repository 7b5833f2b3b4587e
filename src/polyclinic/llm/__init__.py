"""Text in, text out: a teacher behind an OpenAI-compatible chat endpoint, and the journal of what it answered.

In: an iterator of `ChatRequest`. Out: replies in a `Journal`, each paid once however often a run is killed.
This room knows nothing about documents or tasks; the caller says where the journal lies, what makes an answer usable,
and hands in the guard without which nothing is sent beyond the local network.
"""

from .addresses import Guard, Withheld, is_local_address, refuse_remote
from .asking import Ask, ask_all, ask_in_steps, read_steps
from .budget import Budget, BudgetSpent
from .endpoint import Endpoint, Replica
from .journal import Journal, JournalFiles, Spent
from .json_answers import json_problem, read_json
from .line import Teacher
from .requests import Asked, ChatRequest, Failure, Outcome, Reply, guarded, settle
from .tally import Tally

__all__ = [
    "Ask",
    "Asked",
    "Budget",
    "BudgetSpent",
    "ChatRequest",
    "Endpoint",
    "Failure",
    "Guard",
    "Journal",
    "JournalFiles",
    "Outcome",
    "Replica",
    "Reply",
    "Spent",
    "Tally",
    "Teacher",
    "Withheld",
    "ask_all",
    "ask_in_steps",
    "guarded",
    "is_local_address",
    "json_problem",
    "read_json",
    "read_steps",
    "refuse_remote",
    "settle",
]
