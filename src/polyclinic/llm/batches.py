"""Provider batches: the second way over the same journal, at about half the price and within a day.

OpenAI's Batch API: the questions go up as a file of JSON lines (`/files`), a batch is made of it (`/batches`), and
the answers come down as a file. What is in an open batch is written into the journal before anything is sent, and the
batch carries our name for it, so a run that was killed finds its batches again and pays for nothing twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from polyclinic.errors import UserError
from polyclinic.llm.addresses import Guard, refuse_remote
from polyclinic.llm.batch_calls import BatchCalls
from polyclinic.llm.batch_file import QuestionFile, read_lines
from polyclinic.llm.budget import Budget, keep_budget
from polyclinic.llm.client import error_message, read_body
from polyclinic.llm.connections import NoAnswer
from polyclinic.llm.endpoint import Endpoint
from polyclinic.llm.event_loop import run_async
from polyclinic.llm.journal import Journal
from polyclinic.llm.ledger import Ledger
from polyclinic.llm.requests import ChatRequest, Failure, Reply, guarded, settle
from polyclinic.llm.tally import Tally
from polyclinic.progress import Progress

MOST_REQUESTS = 50_000  # of one batch, as OpenAI allows
MOST_BYTES = 100 << 20  # of one file; OpenAI allows 200 MB, Azure and others less
PRICE_SHARE = 0.5  # of the ordinary price that batches cost
ENDED = ("completed", "expired", "cancelled", "failed")
OURS = "polyclinic"  # the batch's metadata under which our name for it stands


@dataclass
class _Run:
    """One run, and what it has open."""

    endpoint: Endpoint
    journal: Journal
    calls: BatchCalls
    budget: Budget | None
    ledger: Ledger | None
    poll: float
    tally: Tally = field(default_factory=Tally)
    lines_failed: Counter[str] = field(default_factory=Counter)  # by key: how often it came back without an answer
    in_flight: int = 0


def ask_batches(
    requests: Callable[[], Iterable[ChatRequest]],
    endpoint: Endpoint,
    journal: Journal,
    *,
    poll: float = 60.0,
    most_requests: int = MOST_REQUESTS,
    price_share: float = PRICE_SHARE,
    progress: Progress | None = None,
    allow_remote: bool = False,
    guard: Guard | None = None,
    ledger: Path | None = None,
    budget: Budget | None = None,
) -> Tally:
    """Ask each request through the provider's batches until its matter is settled.

    Args:
        requests: gives the requests anew each time it is called: once a round, as an answer that cannot be used is
            asked for again in the next batch.
        endpoint: whom to ask; only its first address.
        journal: where answers, and what is in open batches, are kept.
        poll: seconds between two looks at the open batches.
        most_requests: of one batch.
        price_share: of the endpoint's prices that batches cost.
        progress: advanced by one for each settled request.
        allow_remote: whether the user allowed text to leave the local network.
        guard: de-identifier for a remote endpoint.
        ledger: file in which is written what leaves the local network.
        budget: what the answers of the journal may come to; what is in flight counts with its likely cost.

    Raises:
        BudgetSpent: the budget is used up; what was sent is waited for and kept.
        UserError: the address is refused, the key or model is wrong, or the provider refuses a batch.
    """
    endpoint = replace(
        endpoint,
        replicas=(),
        prompt_price=endpoint.prompt_price * price_share,
        completion_price=endpoint.completion_price * price_share,
    )
    remote = refuse_remote(endpoint.base_url, allow_remote=allow_remote, guard=guard)
    if remote and ledger is None:
        raise UserError(
            f"teacher_url: {endpoint.base_url} is remote, and no ledger is at hand; nothing is sent without one"
        )
    if budget is not None:
        budget.check(endpoint)

    def all_requests() -> Iterable[ChatRequest]:
        return guarded(requests(), guard) if remote and guard is not None else requests()

    async def work() -> Tally:
        kept = Ledger(ledger) if remote and ledger is not None else None
        async with BatchCalls(endpoint, remote) as calls:
            try:
                run = _Run(endpoint, journal, calls, budget, kept, poll)
                return await _rounds(run, all_requests, most_requests, progress)
            finally:
                if kept is not None:
                    kept.close()

    return run_async(work())


async def _rounds(
    run: _Run, requests: Callable[[], Iterable[ChatRequest]], most_requests: int, progress: Progress | None
) -> Tally:
    await _find_again(run)
    shown = 0
    while True:
        await _collect(run)
        asked = settled = 0
        tally = Tally(counts=run.tally.counts)
        file = QuestionFile()
        full = False
        with TemporaryDirectory() as folder:
            for request in requests():
                outcome = settle(request, run.endpoint, run.journal)
                if outcome.open is None:
                    settled += 1
                    tally.settled(outcome)
                    continue
                if full or outcome.open.key in file.keys:
                    continue
                if run.budget is not None:
                    in_flight = run.in_flight + len(file.keys)
                    full = not keep_budget(run.budget, run.journal.spent(), in_flight, outcome.open, run.endpoint)
                    if full:  # what fits goes out, and then it is seen what it came to
                        continue
                file.add(outcome.open)
                if len(file.keys) >= most_requests or file.bytes >= MOST_BYTES:
                    asked += await _send(run, file, Path(folder))
                    file = QuestionFile()
            asked += await _send(run, file, Path(folder))
        run.tally = replace(
            tally,
            asked=run.tally.asked,
            prompt_tokens=run.tally.prompt_tokens,
            completion_tokens=run.tally.completion_tokens,
            price=run.tally.price,
        )
        if progress is not None and settled > shown:
            progress.advance(settled - shown, run.tally.note())
            shown = settled
        if not asked:
            return run.tally


async def _send(run: _Run, file: QuestionFile, folder: Path) -> int:
    """Send a batch; it stands in the journal before, under a name of ours, and with the provider's id after."""
    if not file.questions:
        return 0
    name = hashlib.sha256("".join(sorted(file.keys)).encode()).hexdigest()[:32]
    address = run.endpoint.base_url
    with run.journal.notes() as database:
        database.execute("INSERT OR REPLACE INTO batches VALUES (?, ?, '')", (name, address))
        database.executemany("INSERT OR REPLACE INTO batched VALUES (?, ?)", ((key, name) for key in file.keys))
    if run.ledger is not None:
        for question in file.questions:
            run.ledger.sent(question, address, run.endpoint.model)
    file.write(folder / "questions.jsonl")
    uploaded = await run.calls.upload(folder / "questions.jsonl")
    made = await run.calls.create(uploaded, {OURS: name})
    with run.journal.notes() as database:
        database.execute("UPDATE batches SET id = ? WHERE name = ?", (made, name))
    run.in_flight += len(file.keys)
    run.tally.counts["batches"] = run.tally.counts.get("batches", 0) + 1
    return len(file.keys)


async def _find_again(run: _Run) -> None:
    """Match batches of which a killed run did not learn the id with what the provider has; forget what it has not."""
    with run.journal.notes() as database:
        open_batches = database.execute(
            "SELECT name, id FROM batches WHERE address = ?", (run.endpoint.base_url,)
        ).fetchall()
    nameless = {name for name, identifier in open_batches if not identifier}
    if nameless:
        async for batch in run.calls.list():
            name = (batch.get("metadata") or {}).get(OURS)
            if name in nameless:
                nameless.discard(name)
                with run.journal.notes() as database:
                    database.execute("UPDATE batches SET id = ? WHERE name = ?", (batch["id"], name))
    for name in nameless:
        _forget(run.journal, name)
    with run.journal.notes() as database:
        run.in_flight = database.execute("SELECT count(*) FROM batched").fetchone()[0]


async def _collect(run: _Run) -> None:
    """Wait until all open batches have ended, and put their answers into the journal."""
    while True:
        with run.journal.notes() as database:
            found = database.execute(
                "SELECT name, id FROM batches WHERE address = ? ORDER BY rowid", (run.endpoint.base_url,)
            ).fetchall()
        if not found:
            return
        for name, identifier in found:
            batch = await run.calls.look(identifier)
            if batch.get("status") in ENDED:
                await _take(run, name, batch)
        with run.journal.notes() as database:
            row = database.execute(
                "SELECT count(*) FROM batches WHERE address = ?", (run.endpoint.base_url,)
            ).fetchone()
        if row[0]:
            await asyncio.sleep(run.poll)


async def _take(run: _Run, name: str, batch: dict[str, Any]) -> None:
    """Put the answers of an ended batch into the journal, and forget the batch."""
    with run.journal.notes() as database:
        keys = {key for (key,) in database.execute("SELECT key FROM batched WHERE batch = ?", (name,))}
    left = set(keys)
    results: list[tuple[str, Reply | Failure]] = []

    def take(key: str, result: Reply | Failure | None) -> None:
        left.discard(key)
        # A batch may be taken twice when the run was killed in between.
        if result is None or isinstance(run.journal.find(key), Reply):
            return
        results.append((key, result))
        run.tally.came(result)
        if len(results) >= 1000:
            _keep(run, results)

    for field_name in ("output_file_id", "error_file_id"):
        if batch.get(field_name):
            async for line in read_lines(run.calls.download(str(batch[field_name]))):
                key = str(line.get("custom_id"))
                if key in left:
                    take(key, _read_line(run, key, line))
    if batch.get("status") != "failed":
        for key in sorted(left):
            take(key, _no_answer(run, key, "no line in the files of its batch"))
    _keep(run, results)
    _forget(run.journal, name)
    run.in_flight -= len(keys)
    if batch.get("status") == "failed":
        errors = (batch.get("errors") or {}).get("data") or [{}]
        raise UserError(
            f"{run.endpoint.base_url}: the provider refuses the batch {batch.get('id')}: "
            f"{errors[0].get('message') or 'it does not say why'}. What was answered is kept"
        )


def _read_line(run: _Run, key: str, line: dict[str, Any]) -> Reply | Failure | None:
    """Return what a line says of a request, or None when it is to be asked again."""
    response = line.get("response") or {}
    status = response.get("status_code")
    if status == 200:
        try:
            return read_body(response.get("body"), 1, run.endpoint)
        except NoAnswer as error:
            reason = str(error)
    else:
        said = error_message(json.dumps(response.get("body") or line.get("error") or {}).encode())
        reason = f"status {status}: {said}" if status else said or "no answer"
        if isinstance(status, int) and 400 <= status < 500 and status not in (408, 429):
            return Failure(reason, refused=True)
    return _no_answer(run, key, reason)


def _no_answer(run: _Run, key: str, reason: str) -> Failure | None:
    """Count a request that came back without an answer; None when it is to be asked again."""
    run.lines_failed[key] += 1
    run.tally.counts["batch_lines_failed"] = run.tally.counts.get("batch_lines_failed", 0) + 1
    if run.lines_failed[key] >= run.endpoint.attempts:
        return Failure(f"no answer after {run.lines_failed[key]} attempts, last: {reason}")
    return None


def _keep(run: _Run, results: list[tuple[str, Reply | Failure]]) -> None:
    """Put answers on file, write them into the ledger, and clear the list."""
    run.journal.put(results)
    if run.ledger is not None:
        for key, result in results:
            run.ledger.answered(key, result)
    results.clear()


def _forget(journal: Journal, name: str) -> None:
    with journal.notes() as database:
        database.execute("DELETE FROM batched WHERE batch = ?", (name,))
        database.execute("DELETE FROM batches WHERE name = ?", (name,))
