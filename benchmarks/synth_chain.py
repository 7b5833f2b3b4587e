"""`synth.chain` against its longest stage alone, and against the three kinds one after the other.

    python benchmarks/synth_chain.py --instructions 400

A server on the loopback plays teacher and judge and answers after 50 ms; each of the two may have 16 requests in flight.
Every instruction is written (1 request), judged (`--judgements`) and one of its examples is made worse (1 request), so
with 2 judgements both endpoints have the same work. Walls are compared, as waiting is what overlaps; the longest stage
alone is the judging of the same instructions by `synth.judge`, or their writing and spoiling, whichever takes longer.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from polyclinic.synth import chain, judge, mediflow, preferences

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


def serve() -> None:
    """Serve on a free port of the loopback and print the URL; runs until it is killed."""
    import asyncio

    from aiohttp import web

    async def complete(request: web.Request) -> web.Response:
        payload = await request.json()
        await asyncio.sleep(DELAY)
        text = answer(payload["messages"][0]["content"], payload["seed"])
        usage = {"prompt_tokens": 100, "completion_tokens": 100}
        choices = [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]
        return web.json_response({"choices": choices, "usage": usage})

    async def run() -> None:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", complete)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


def timed(work: Any) -> float:
    """Return the wall seconds of a piece of work."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def main() -> None:
    """Run the stages one by one, then the chain, in turns."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--instructions", type=int, default=400)
    arguments.add_argument("--judgements", type=int, default=2)
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--serve", action="store_true", help="only serve; the benchmark starts this itself")
    given = arguments.parse_args()
    if given.serve:
        serve()
        return
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory() as folder:
                place = Path(folder)
                teacher: dict[str, Any] = {"teacher_url": url, "teacher_model": "writer", "concurrency": IN_FLIGHT}
                tiers = [{"instructions": given.instructions, "pairs": 1}]
                count = given.instructions
                writing = timed(lambda t=teacher, p=place: mediflow(out=p / "a", instructions=count, **t))
                judging = timed(
                    lambda t=teacher, p=place: judge(
                        out=p / "b",
                        samples=p / "a",
                        judgements=given.judgements,
                        **{**t, "teacher_model": "judge"},
                    )
                )
                spoiling = timed(
                    lambda t=teacher, p=place, n=tiers: preferences(
                        out=p / "c", samples=p / "b", tiers=n, verify=False, **t
                    )
                )
                chained = timed(
                    lambda t=teacher, p=place: chain(
                        out=p / "d",
                        instructions=count,
                        judge_url=url,
                        judge_model="judge",
                        judgements=given.judgements,
                        output_judgements=0,
                        tiers=[{"score": 1.0, "pairs": 1}],
                        verify=False,
                        **t,
                    )
                )
                longest = max(judging, writing + spoiling)
                alone = writing + judging + spoiling
                print(
                    f"writing {writing:.2f} s, judging {judging:.2f} s, spoiling {spoiling:.2f} s; chained "
                    f"{chained:.2f} s: {chained / longest:.2f} of the longest ({longest:.2f} s), "
                    f"{chained / alone:.2f} of all three one after the other",
                    flush=True,
                )
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
