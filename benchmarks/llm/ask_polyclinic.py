"""Ask with polyclinic: journal and validation included; prints what came of it as JSON.

python benchmarks/llm/ask_polyclinic.py URL REQUESTS JOURNAL [--seal FOLDER]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from work_of_the_benchmark import IN_FLIGHT, SYSTEM, Instruction, prompt

from polyclinic.llm import ChatRequest, Endpoint, Journal, Reply, ask_all, json_problem, seal


def check(reply: Reply) -> str:
    """Say what is wrong with an answer."""
    return json_problem(reply.text, Instruction)


def requests(number: int) -> Iterator[ChatRequest]:
    """Yield the requests; none asks for a form, as the other clients do not either."""
    for n in range(number):
        turns = (("system", SYSTEM), ("user", prompt(n)))
        yield ChatRequest(turns, template="1", check=check, asked_at_most=4)


def main() -> None:
    """Read the arguments, ask, seal."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("url")
    arguments.add_argument("requests", type=int)
    arguments.add_argument("journal", type=Path)
    arguments.add_argument("--seal", type=Path)
    arguments.add_argument("--timeout", type=float, default=300.0)
    arguments.add_argument("--first-wait", type=float, default=1.0)
    given = arguments.parse_args()
    endpoint = Endpoint(
        given.url, "trial", concurrency=IN_FLIGHT, timeout=given.timeout, first_wait=given.first_wait, attempts=8
    )
    start = time.monotonic()
    with Journal(given.journal) as journal:
        tally = ask_all(requests(given.requests), endpoint, journal)
        seconds = time.monotonic() - start
        rows = seal(requests(given.requests), endpoint, journal, given.seal, shard_rows=5_000) if given.seal else 0
    print(json.dumps({**asdict(tally), "seconds": seconds, "rows": rows}))


if __name__ == "__main__":
    main()
