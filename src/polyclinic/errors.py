"""The one error a user is meant to read: it says where, what was expected, and what to do.

The command line prints it as one message without a traceback and ends with exit status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """The user's input is wrong: a recipe, a file, a record, a model folder.

    The message names the place (file, line, field or record), says what was expected and what to do.
    """


class WorkStopped(Exception):
    """Work that went well had to stop: a disk is full, a process was killed. The same command goes on from there.

    The command line prints it as one message without a traceback and ends with exit status 1.
    """


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` when a known word is close to `word`, otherwise an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
