"""Answers that must be JSON of a given form: what the endpoint is told, and what is wrong with what came."""

from __future__ import annotations

import functools
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Form = TypeVar("Form", bound=BaseModel)

MOST_SHOWN = 3  # mistakes of one answer that are told
_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


def read_json(text: str, form: type[Form]) -> Form:
    """Return an answer as `form`; thoughts before it and a code fence around it are taken away.

    Raises:
        ValidationError: it is no JSON or not of this form.
    """
    return form.model_validate_json(_bare(text))


def json_problem(text: str, form: type[BaseModel]) -> str:
    """Return what is wrong with an answer that should be `form` (`broken JSON: …`, `wrong fields: …`), or nothing."""
    try:
        form.model_validate_json(_bare(text))
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_context=False, include_input=False)
        if mistakes[0]["type"] == "json_invalid":
            return f"broken JSON: {mistakes[0]['msg'].removeprefix('Invalid JSON: ')}"
        told = [f"{'.'.join(map(str, m['loc'])) or 'the whole'}: {m['msg']}" for m in mistakes[:MOST_SHOWN]]
        more = f"; {len(mistakes) - MOST_SHOWN} more" if len(mistakes) > MOST_SHOWN else ""
        return f"wrong fields: {'; '.join(told)}{more}"
    return ""


@functools.cache
def response_format(form: type[BaseModel]) -> dict[str, Any]:
    """Return the `response_format` by which an endpoint is told the form; not every endpoint keeps to it."""
    schema = form.model_json_schema()
    return {"type": "json_schema", "json_schema": {"name": form.__name__, "schema": schema}}


def _bare(text: str) -> str:
    if text[:1] == "{":
        return text
    text = _THOUGHTS.sub("", text)
    fenced = _FENCE.match(text)
    return fenced.group(1) if fenced else text
