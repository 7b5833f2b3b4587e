"""Three chained stages (write, judge, spoil) against the longest of them alone.

    python benchmarks/llm/chained.py

Each stage has its own endpoint name and at most 16 requests in flight, 96 items are under way both times; the server
answers after 50 ms. Walls are compared, as waiting is what overlaps.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from running import answering_server
from work_of_the_benchmark import prompt

from polyclinic.llm import Ask, ChatRequest, Endpoint, Journal, ask_in_steps


def main() -> None:
    """Run the longest stage alone, then all three chained."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--items", type=int, default=2_000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    with answering_server() as url, tempfile.TemporaryDirectory() as place:
        writer, judge, spoiler = (Endpoint(url, name, concurrency=16) for name in ("writer", "judge", "spoiler"))

        async def alone(item: int, ask: Ask) -> None:
            await ask(ChatRequest((("system", "alone"), ("user", prompt(item)))), writer)

        async def chained(item: int, ask: Ask) -> None:
            written = await ask(ChatRequest((("system", "write"), ("user", prompt(item)))), writer)
            assert written.accepted is not None
            judged = await ask(ChatRequest((("system", "judge"), ("user", written.accepted.text))), judge)
            assert judged.accepted is not None
            await ask(ChatRequest((("system", "spoil"), ("user", judged.accepted.text))), spoiler)

        for round_number in range(given.rounds):
            seconds = []
            for name, steps, at_once in (("alone", alone, 96), ("chained", chained, 96)):
                with Journal(Path(place) / f"{name}-{round_number}.sqlite") as journal:
                    start = time.monotonic()
                    ask_in_steps(range(given.items), steps, journal, at_once=at_once)
                    seconds.append(time.monotonic() - start)
            print(
                f"one stage {seconds[0]:.2f} s, three chained {seconds[1]:.2f} s: {seconds[1] / seconds[0]:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
