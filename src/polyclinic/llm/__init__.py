"""Text in, text out: a teacher behind OpenAI-compatible endpoints, or a local model, and the journal of its answers.

In: an iterator of `ChatRequest`. Out: replies in a `Journal`, each paid once however often a run is killed.

    ask_all, ask_in_steps   ask: one request for each item, or several that follow from one another
    ask_batches             the same by a provider's batches, slower and cheaper
    settle, read_steps      what came of it, from the journal alone, as often as one likes
    seal, read_shards       the answers as Parquet, and as a table of DuckDB
    run_ranks               the same on many machines

This room knows nothing about documents or tasks; the caller says where the journal lies, what makes an answer usable,
and hands in the guard without which nothing is sent beyond the local network.
"""

from .addresses import Guard, Withheld, is_local_address, refuse_remote
from .asking import Ask, ask_all, ask_in_steps, read_steps
from .batches import ask_batches
from .budget import Budget, BudgetSpent
from .endpoint import Endpoint, Replica
from .estimate import Estimate, estimate
from .journal import Journal, Spent
from .journal_files import JournalFiles
from .json_answers import json_problem, read_json
from .ledger import Ledger
from .line import Teacher
from .local_model import LocalModel, open_local_model
from .ranks import journal_of, journals, of_rank, run_ranks
from .requests import Asked, ChatRequest, Failure, Outcome, Reply, guard_request, guarded, settle
from .sealing import read_shards, seal
from .tally import Tally

__all__ = [
    "Ask",
    "Asked",
    "Budget",
    "BudgetSpent",
    "ChatRequest",
    "Endpoint",
    "Estimate",
    "Failure",
    "Guard",
    "Journal",
    "JournalFiles",
    "Ledger",
    "LocalModel",
    "Outcome",
    "Replica",
    "Reply",
    "Spent",
    "Tally",
    "Teacher",
    "Withheld",
    "ask_all",
    "ask_batches",
    "ask_in_steps",
    "estimate",
    "guard_request",
    "guarded",
    "is_local_address",
    "journal_of",
    "journals",
    "json_problem",
    "of_rank",
    "open_local_model",
    "read_json",
    "read_shards",
    "read_steps",
    "refuse_remote",
    "run_ranks",
    "seal",
    "settle",
]
