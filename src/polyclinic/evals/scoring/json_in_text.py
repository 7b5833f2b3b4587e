"""The JSON value in a reply, with or without words and a code fence around it."""

from __future__ import annotations

import json
import re
from typing import Any

LONGEST = 200_000  # characters of a reply that are searched
_FENCE = re.compile(r"```(?:json)?(.*?)```", re.DOTALL | re.IGNORECASE)


def json_in(text: str) -> Any:
    """Return the list or object that a text is or holds, the first one that can be read; None when there is none."""
    text = text[:LONGEST]
    fenced = _FENCE.findall(text)
    decoder = json.JSONDecoder()
    for candidate in (*fenced, text):
        for start in _starts(candidate):
            try:
                found = decoder.raw_decode(candidate, start)[0]
            except (ValueError, RecursionError):
                continue
            if isinstance(found, (list, dict)):
                return found
    return None


def _starts(text: str) -> list[int]:
    """Return where a value may begin: the first brackets of each kind."""
    return sorted(place for bracket in "[{" if (place := text.find(bracket)) >= 0)
