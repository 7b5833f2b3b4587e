"""One question to an endpoint until it is answered, has failed for good, or the run must stop.

| what comes back | what is done | counted as |
|---|---|---|
| 429 | wait as long as `Retry-After` says, or a growing time; costs no attempt | rate_limited |
| 5xx, 408 | wait with jitter, doubling; costs an attempt | server_error |
| nothing within `timeout` | the same; it may have been paid for | timeout |
| a connection that breaks off, or none | the same | cut_off, no_connection |
| 200 with something that is no completion | the same | not_an_answer |
| 401, 403 | stop the run and name the environment variable of the key | |
| 404 | stop the run and name the model | |
| quota used up | stop the run | |
| any other status | the request has failed; the reason is counted | |
"""

from __future__ import annotations

import email.utils
import json
import math
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from polyclinic.errors import UserError
from polyclinic.llm.connections import NoAnswer
from polyclinic.llm.endpoint import Endpoint
from polyclinic.llm.requests import Failure, Question, Reply
from polyclinic.llm.window import Address, Addresses

LONGEST_WAIT = 60.0  # seconds between two tries that the endpoint does not ask for
LONGEST_ASKED_WAIT = 3600.0  # seconds of `Retry-After` that are honoured
LONGEST_REFUSED = 6 * 3600.0  # seconds for which a request is put off with 429 before the run stops
LOOK_AGAIN = 0.05  # seconds until it is looked again whether a question may be sent
OVERLOADED = (429, 503, 529)

Before = Callable[[Endpoint], bool]  # called before each sending; see `ask`
Sleep = Callable[[float], Awaitable[None]]


async def ask(
    addresses: Addresses,
    question: Question,
    counts: dict[str, int],
    before: Before,
    sleep: Sleep,
    jitter: random.Random,
) -> Reply | Failure:
    """Send a question until it is answered or has failed; `counts` gets what happened on the way.

    Args:
        addresses: where it may be sent.
        question: what is sent.
        counts: happenings by name, see the table above.
        before: called before each sending; false when it must wait, raises when nothing more may be sent.
        sleep: waits so many seconds; raises when nothing more may be sent.
        jitter: draws how much longer or shorter a wait is.

    Raises:
        UserError: the key, the model or the quota is wrong, so no request can succeed.
    """
    sent = waits = 0
    first_refused = 0.0
    while True:
        address = await _take(addresses, before, sleep)
        endpoint = address.endpoint
        overloaded = failed = False
        asked_wait: float | None = None
        try:
            # The key is made from the first address's name of the model; another may have its own name for it.
            same = endpoint.model == addresses.all[0].endpoint.model
            sent += 1
            answer = await address.connections.post(question.body if same else question.request.body(endpoint))
            if answer.status == 200:
                return read_completion(answer.body, sent, endpoint)
            message = error_message(answer.body)
            overloaded, failed = answer.status in OVERLOADED, answer.status >= 500
            stop_for(answer.status, message, endpoint, quota_used_up=b"insufficient_quota" in answer.body)
            if answer.status == 429:
                sent -= 1
                kind, asked_wait = "rate_limited", seconds_asked(answer.retry_after)
                first_refused = first_refused or time.monotonic()
                if time.monotonic() - first_refused > LONGEST_REFUSED:
                    raise UserError(
                        f"{endpoint.base_url} has answered 429 for {LONGEST_REFUSED / 3600:.0f} hours{_said(message)}"
                        "; what was answered is kept: run again when the limit allows it"
                    )
            else:
                kind, reason = "server_error", f"status {answer.status}" + (f": {message}" if message else "")
                first_refused = 0.0
                if answer.status < 500 and answer.status != 408:
                    return Failure(reason, refused=True)
        except NoAnswer as error:
            kind, reason, failed, first_refused = error.kind, str(error), True, 0.0
        finally:
            addresses.give_back(address, overloaded=overloaded, failed=failed)
        if kind != "rate_limited" and sent >= endpoint.attempts:
            return Failure(f"no answer after {sent} attempts, last: {reason}")
        counts[kind] = counts.get(kind, 0) + 1
        wait = min(LONGEST_WAIT, endpoint.first_wait * 2 ** min(waits, 16)) * (0.5 + 0.5 * jitter.random())
        # A little more than is asked for, so that not all requests come back at the same moment.
        await sleep(wait if asked_wait is None else asked_wait * (1 + 0.1 * jitter.random()))
        waits += 1


async def _take(addresses: Addresses, before: Before, sleep: Sleep) -> Address:
    """Return an address that has room, as soon as a question may be sent to it."""
    while True:
        address = await addresses.take()
        allowed = False
        try:
            allowed = before(address.endpoint)
        finally:
            if not allowed:
                addresses.put_back(address)
        if allowed:
            return address
        await sleep(LOOK_AGAIN)


def read_completion(raw: bytes, attempts: int, endpoint: Endpoint) -> Reply:
    """Return the reply in a chat completion; raises NoAnswer when it is none."""
    try:
        body = parse_json(raw)
    except ValueError as error:
        raise NoAnswer("not_an_answer", "broken JSON") from error
    return read_body(body, attempts, endpoint)


def parse_json(raw: bytes) -> Any:
    """Return what JSON from outside says, halves of surrogate pairs as question marks; raises ValueError."""
    try:
        return orjson.loads(raw)
    except ValueError:
        try:
            return json.loads(raw.decode("utf-8", "replace"), object_pairs_hook=_whole)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def read_body(body: Any, attempts: int, endpoint: Endpoint) -> Reply:
    """Return the reply in a parsed chat completion; raises NoAnswer when it is none."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        content = message.get("content")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise NoAnswer("not_an_answer", "a body without choices[0].message") from error
    finish_reason = str(choice.get("finish_reason") or "")
    if isinstance(content, list):  # parts, as some servers send
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not isinstance(content, str):
        content = str(message.get("refusal") or "")
        finish_reason = "refusal" if content else finish_reason
    usage = body.get("usage")
    asked, said = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
    return Reply(
        text=content,
        finish_reason=finish_reason,
        prompt_tokens=asked,
        completion_tokens=said,
        attempts=attempts,
        price=endpoint.price(asked, said),
    )


def _whole(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object without halves of surrogate pairs, which JSON can spell and no file can hold."""
    return {k: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for k, v in pairs}


def _tokens(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and 0 <= value < 1 << 40 else 0


def error_message(raw: bytes) -> str:
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


def stop_for(status: int, message: str, endpoint: Endpoint, quota_used_up: bool) -> None:
    """Raise UserError when no request can succeed."""
    said = _said(message)
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


def _said(message: str) -> str:
    return f" ({message})" if message else ""


def seconds_asked(retry_after: str) -> float | None:
    """Return the seconds `Retry-After` asks for (a number or a date, RFC 9110), or None without one."""
    text = retry_after.strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return None
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_ASKED_WAIT)
