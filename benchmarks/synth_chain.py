"""`synth.chain` against its longest stage alone, and against the three kinds one after the other.

    python benchmarks/synth_chain.py --instructions 400

A server on the loopback plays teacher and judge and answers after 50 ms; each of the two may have 16 requests in
flight. Every instruction is written (1 request), judged (`--judgements`) and one of its examples is made worse (1
request), so with 2 judgements both endpoints have the same work. Walls are compared, as waiting is what overlaps; the
longest stage alone is the judging of the same instructions by `synth.judge`, or the writing and spoiling, which share
an endpoint, whichever takes longer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from polyclinic.synth import chain, judge, mediflow, preferences

sys.path.insert(0, str(Path(__file__).parent / "llm"))
from answering_server import Connection, Server

DELAY = 0.05
IN_FLIGHT = 16


def answer(asked: str, seed: int) -> str:
    """Return what a good teacher would say; it depends on the question alone."""
    if asked.startswith("You are an expert"):
        number = int(re.findall(r"Then come (\d) examples", asked)[0])
        output = '{{"found": "finding {}"}}' if "The output format: JSON" in asked else "Finding {}."
        form = "<example><input>{} {}</input><output>{}</output></example>"
        blocks = "".join(form.format(seed, n, output.format(n)) for n in range(number))
        return f"<instruction>Find it, number {seed}.</instruction><examples>{blocks}</examples>"
    if asked.startswith("You judge"):
        keys = re.findall(r'^  "(\w+)":', asked, re.MULTILINE)
        return json.dumps({key: {"rationale": "because", "score": 4} for key in keys})
    return asked.partition("The good output:\n<<<\n")[2].partition("\n>>>")[0].replace("inding", "inding, or not,")


class Playing(Connection):
    """A connection on which teacher and judge answer."""

    def answer(self, body: bytes) -> None:
        """Answer a request after the delay."""
        payload = json.loads(body)
        self.server.different.add(body)
        text = answer(payload["messages"][0]["content"], payload["seed"])
        asyncio.get_running_loop().call_later(DELAY, self.complete, text.encode())


async def serve() -> None:
    """Serve on a free port of the loopback and print the URL; runs until it is killed."""
    server = Server(DELAY, False, 0)
    listening = await asyncio.get_running_loop().create_server(lambda: Playing(server), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", flush=True)
    await listening.serve_forever()


def timed(work: Any) -> float:
    """Return the wall seconds of a piece of work."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def one_round(url: str, place: Path, count: int, judgements: int) -> None:
    """Run the three kinds one after the other, then the chain, and print the ratios."""
    teacher: dict[str, Any] = {"teacher_url": url, "teacher_model": "writer", "concurrency": IN_FLIGHT}
    judging_model = {**teacher, "teacher_model": "judge"}
    tiers = [{"instructions": count, "pairs": 1}]
    writing = timed(lambda: mediflow(out=place / "a", instructions=count, **teacher))
    judging = timed(lambda: judge(out=place / "b", samples=place / "a", judgements=judgements, **judging_model))
    spoiling = timed(lambda: preferences(out=place / "c", samples=place / "b", tiers=tiers, verify=False, **teacher))
    chained = timed(
        lambda: chain(
            out=place / "d",
            instructions=count,
            judge_url=url,
            judge_model="judge",
            judgements=judgements,
            output_judgements=0,
            tiers=[{"score": 1.0, "pairs": 1}],
            verify=False,
            **teacher,
        )
    )
    longest, all_three = max(judging, writing + spoiling), writing + judging + spoiling
    print(
        f"writing {writing:.2f} s, judging {judging:.2f} s, spoiling {spoiling:.2f} s; chained {chained:.2f} s: "
        f"{chained / longest:.2f} of the longest ({longest:.2f} s), {chained / all_three:.2f} of all three in a row",
        flush=True,
    )


def main() -> None:
    """Run the stages one by one, then the chain, in turns."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--instructions", type=int, default=400)
    arguments.add_argument("--judgements", type=int, default=2)
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--serve", action="store_true", help="only serve; the benchmark starts this itself")
    given = arguments.parse_args()
    if given.serve:
        uvloop.run(serve())
        return
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory() as folder:
                one_round(url, Path(folder), given.instructions, given.judgements)
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
