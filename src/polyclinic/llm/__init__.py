"""Text in, text out: a teacher behind an OpenAI-compatible chat endpoint, and the journal of what it answered.

In: an iterator of `ChatRequest`. Out: replies in a `Journal`, each paid once however often a run is killed.
This room knows nothing about documents or tasks; the caller says where the journal lies, what makes an answer usable,
and hands in the guard without which nothing is sent beyond the local network.
"""

from .addresses import Guard, is_local_address, refuse_remote
from .asking import Tally, ask_all, guarded
from .journal import Journal
from .requests import ChatRequest, Endpoint, Failure, Outcome, Reply, settle

__all__ = [
    "ChatRequest",
    "Endpoint",
    "Failure",
    "Guard",
    "Journal",
    "Outcome",
    "Reply",
    "Tally",
    "ask_all",
    "guarded",
    "is_local_address",
    "refuse_remote",
    "settle",
]
