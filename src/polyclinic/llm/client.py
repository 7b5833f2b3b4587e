"""One request to a chat endpoint until it is answered, has failed for good, or the run must stop.

| what comes back | what is done |
|---|---|
| 429 | wait as long as `Retry-After` says, or a growing time; costs no attempt |
| 5xx, 408, time out, cut or broken answer | wait with jitter, doubling; costs an attempt |
| 401, 403 | stop the run and name the environment variable of the key |
| 404 | stop the run and name the model |
| quota used up | stop the run |
| any other status | the request has failed; the reason is counted |
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import math
import random
import time
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.llm.requests import Endpoint, Failure, Reply

if TYPE_CHECKING:
    import aiohttp

LONGEST_WAIT = 60.0  # seconds between two tries that the endpoint does not ask for
LONGEST_ASKED_WAIT = 3600.0  # seconds of `Retry-After` that are honoured
LARGEST_ANSWER = 16 << 20  # bytes; a longer body is not an answer


class NotAnAnswer(Exception):
    """A body with status 200 that is no chat completion."""


async def ask(
    session: aiohttp.ClientSession, endpoint: Endpoint, body: bytes, counts: dict[str, int]
) -> Reply | Failure:
    """Send a body until it is answered or has failed; `counts` gets what happened on the way.

    Raises:
        UserError: the key, the model or the quota is wrong, so no request can succeed.
    """
    import aiohttp

    sent = waits = 0
    while True:
        wait = _backoff(endpoint.first_wait, waits)
        try:
            sent += 1
            async with session.post(endpoint.url, data=body, allow_redirects=False) as response:
                raw = await _body(response)
                status, asked_wait = response.status, response.headers.get("Retry-After", "")
            if status == 200:
                return _reply(raw, sent)
        except NotAnAnswer as error:
            reason = str(error)
        except TimeoutError:
            reason = "timeout"
        except aiohttp.ClientConnectorError as error:
            reason = f"no connection ({error.os_error.strerror or error.os_error})"
        except aiohttp.ClientError as error:
            reason = f"connection broke off ({type(error).__name__})"
        else:
            message = _message(raw)
            _stop_for(status, message, endpoint, quota_used_up=b"insufficient_quota" in raw)
            if status == 429:
                sent -= 1
                waits += 1
                counts["rate_limited"] = counts.get("rate_limited", 0) + 1
                await asyncio.sleep(_seconds(asked_wait, wait))
                continue
            reason = f"status {status}" + (f": {message}" if message else "")
            if status < 500 and status != 408:
                return Failure(reason, refused=True)
        if sent >= endpoint.attempts:
            return Failure(f"no answer after {sent} attempts, last: {reason}")
        waits += 1
        counts["sent_again"] = counts.get("sent_again", 0) + 1
        await asyncio.sleep(wait)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise NotAnAnswer("an answer of more than 16 MiB")
    return b"".join(parts)


def _reply(raw: bytes, attempts: int) -> Reply:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotAnAnswer("broken JSON") from error
    try:
        choice = body["choices"][0]
        message = choice["message"]
        content = message.get("content")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise NotAnAnswer("a body without choices[0].message") from error
    if isinstance(content, list):  # parts, as some servers send
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not isinstance(content, str):
        content = message.get("refusal") or ""
    usage = body.get("usage")
    return Reply(
        text=str(content).encode("utf-8", "replace").decode(),
        finish_reason=str(choice.get("finish_reason") or ""),
        prompt_tokens=_tokens(usage, "prompt_tokens"),
        completion_tokens=_tokens(usage, "completion_tokens"),
        attempts=attempts,
    )


def _tokens(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and 0 <= value < 1 << 40 else 0


def _message(raw: bytes) -> str:
    """Return what an endpoint says of an error, in one line of at most 200 characters."""
    text = raw.decode("utf-8", "replace")
    try:
        error = json.loads(text)
        while isinstance(error, dict):
            error = error.get("error") or error.get("message") or error.get("detail") or error.get("code") or ""
        text = str(error)
    except (ValueError, RecursionError):
        pass  # not JSON: the body itself is the message
    return " ".join(text.split())[:200]


def _stop_for(status: int, message: str, endpoint: Endpoint, quota_used_up: bool) -> None:
    """Raise UserError when no request can succeed."""
    said = f" ({message})" if message else ""
    if status in (401, 403):
        if endpoint.key_variable:
            advice = f"the key in the environment variable {endpoint.key_variable} is wrong or may not use the model"
        else:
            advice = "it wants a key; name the environment variable that holds it with teacher_key_variable"
        raise UserError(f"{endpoint.base_url} answers {status}{said}: {advice}")
    if status == 404:
        raise UserError(
            f"{endpoint.url} answers 404{said}: either it does not serve the model '{endpoint.model}' (check "
            "teacher_model), or the URL is not the right one (check teacher_url; it usually ends in /v1)"
        )
    if status == 402 or quota_used_up:
        raise UserError(
            f"{endpoint.base_url} answers {status}{said}: the quota is used up; what was answered is kept, so run "
            "again when there is more"
        )


def _seconds(retry_after: str, otherwise: float) -> float:
    """Return the seconds `Retry-After` asks for (a number or a date, RFC 9110), or `otherwise` without one."""
    text = retry_after.strip()
    if not text:
        return otherwise
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return otherwise
    if math.isnan(seconds):
        return otherwise
    # A little more, so that not all requests come back at the same moment.
    return min(max(seconds, 0.0), LONGEST_ASKED_WAIT) * (1 + 0.1 * random.random())


def _backoff(first: float, waits: int) -> float:
    """Return the next wait in seconds: doubling, with jitter, at most a minute."""
    return float(min(LONGEST_WAIT, first * 2 ** min(waits, 16)) * (0.5 + 0.5 * random.random()))
