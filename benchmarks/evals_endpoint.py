"""Asking an endpoint: eval.run against a bare asyncio loop, and the memory of 100,000 items.

A server of its own process answers after 50 ms. The bare loop is aiohttp with as many workers as requests may be in
flight; it sends the same bodies and reads the answers, and keeps nothing. Ours is measured twice: asking alone
(journal and all), and the whole step with prompts, replies and scores on disk. They take turns; each has a process of
its own, so that CPU seconds and memory are its own.

    python benchmarks/evals_endpoint.py --items 2000 --concurrency 32 --repeats 3
    python benchmarks/evals_endpoint.py --memory 100000 --concurrency 128
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TASK = """
title: Sections
category: Text Classification
domain: Clinical texts
family: label
builder: source
metric: label_accuracy
license: CC0-1.0
commercial_use: true
definition: Name the section.
labels: [plan, history]
input: "{{ text }}"
output: "{{ label }}"
shots: 0
source: {name: Sections, folder: set, format: json_rows, files: {test: rows.jsonl}}
"""


def write_items(folder: Path, count: int) -> None:
    """Write rows of some 60 words and the task that asks about them."""
    (folder / "set").mkdir()
    (folder / "catalog").mkdir()
    (folder / "catalog" / "sections.yaml").write_text(TASK)
    words = " ".join(f"word{i}" for i in range(60))
    with (folder / "set" / "rows.jsonl").open("w") as stream:
        for number in range(count):
            label = "plan" if number % 2 else "history"
            stream.write(json.dumps({"text": f"Note {number}: {words}", "label": label}) + "\n")


def serve(port: Any, delay: float) -> None:
    """Answer chat requests after `delay` seconds until the process is ended."""
    from aiohttp import web

    message = {"role": "assistant", "content": "plan"}
    body = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(delay)
        return web.Response(body=body, content_type="application/json")

    async def main() -> None:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        port.value = runner.addresses[0][1]
        await asyncio.Event().wait()

    asyncio.run(main())


def bare(folder: Path, url: str, concurrency: int) -> dict[str, float]:
    """Send all items with aiohttp alone and read the answers."""
    import aiohttp

    rows = [json.loads(line) for line in (folder / "set" / "rows.jsonl").open()]
    bodies = iter(
        json.dumps(
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": "Name the section."},
                    {"role": "user", "content": row["text"]},
                ],
                "temperature": 0.0,
                "seed": 0,
                "max_tokens": 32,
            }
        ).encode()
        for row in rows
    )

    async def worker(session: aiohttp.ClientSession) -> None:
        headers = {"Content-Type": "application/json"}
        for body in bodies:
            async with session.post(f"{url}/chat/completions", data=body, headers=headers) as response:
                answer = json.loads(await response.read())
                assert answer["choices"][0]["message"]["content"] == "plan"

    async def main() -> None:
        connector = aiohttp.TCPConnector(limit=concurrency)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(worker(session) for _ in range(concurrency)))

    return timed(lambda: asyncio.run(main()), len(rows))


def asking(folder: Path, url: str, concurrency: int) -> dict[str, float]:
    """Ask all items through the endpoint backend, journal and all."""
    from polyclinic.evals.backends.endpoint import EndpointBackend
    from polyclinic.evals.run_settings import RunSettings
    from polyclinic.evals.writing import WritingRequest
    from polyclinic.steps import Work

    rows = [json.loads(line) for line in (folder / "set" / "rows.jsonl").open()]
    settings = RunSettings(endpoint=url, endpoint_model="m", tasks=["sections"], concurrency=concurrency)
    with tempfile.TemporaryDirectory() as scratch:
        backend = EndpointBackend(settings, Work(Path(scratch), Path(scratch), 0))
        requests = [
            WritingRequest((("system", "Name the section."), ("user", row["text"])), row["text"], 32) for row in rows
        ]
        found = timed(lambda: backend.write(requests, lambda *_: None), len(rows))
        assert all(backend.written(request).text == "plan" for request in requests)
        backend.close()
    return found


def whole(folder: Path, url: str, concurrency: int) -> dict[str, float]:
    """Make the items, ask them, keep replies and scores: the step itself."""
    from polyclinic.artifacts import read_manifest
    from polyclinic.evals import run

    rows = sum(1 for _ in (folder / "set" / "rows.jsonl").open())
    with tempfile.TemporaryDirectory() as out:
        found = timed(
            lambda: run(
                endpoint=url,
                endpoint_model="m",
                tasks=["sections"],
                data=folder,
                catalog=folder / "catalog",
                concurrency=concurrency,
                out=Path(out) / "run",
            ),
            rows,
        )
        manifest = read_manifest(Path(out) / "run")
        assert manifest is not None
        assert manifest.facts["items"] == rows
        assert manifest.facts["unscored"] == 0
        found["memory_mb"] = manifest.peak_memory_mb
    return found


def timed(work: Any, items: int) -> dict[str, float]:
    """Return items a second and CPU milliseconds an item of one call."""
    import resource

    def cpu() -> float:
        own = resource.getrusage(resource.RUSAGE_SELF)
        return own.ru_utime + own.ru_stime

    began, used = time.monotonic(), cpu()
    work()
    seconds = time.monotonic() - began
    return {"items_per_second": items / seconds, "cpu_ms": 1000 * (cpu() - used) / items}


WAYS = {"bare": bare, "asking": asking, "whole": whole}


def apart(way: str, folder: Path, url: str, concurrency: int) -> dict[str, float]:
    """Run one way in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder), "--url", url]
    done = subprocess.run([*command, "--concurrency", str(concurrency)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--memory", type=int, default=0, help="items of a run whose memory is looked at instead")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(json.dumps(WAYS[given.way](given.folder, given.url, given.concurrency)))
        return
    port = multiprocessing.Value("i", 0)
    server = multiprocessing.Process(target=serve, args=(port, given.delay), daemon=True)
    server.start()
    while not port.value:
        time.sleep(0.05)
    url = f"http://127.0.0.1:{port.value}/v1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_items(folder, given.memory or given.items)
        if given.memory:
            found = apart("whole", folder, url, given.concurrency)
            print(
                f"{given.memory} items: peak memory {found['memory_mb']:.0f} MiB, {found['cpu_ms']:.2f} CPU-ms each"
            )
        else:
            apart("bare", folder, url, given.concurrency)  # the server's first requests are slower
            runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
            for _ in range(given.repeats):
                for way, measured in runs.items():
                    measured.append(apart(way, folder, url, given.concurrency))
            base = statistics.median(run["items_per_second"] for run in runs["bare"])
            print(f"{given.items} items, {given.concurrency} in flight, answers after {given.delay * 1000:.0f} ms")
            for way, measured in runs.items():
                speed = statistics.median(run["items_per_second"] for run in measured)
                cpu = statistics.median(run["cpu_ms"] for run in measured)
                print(f"{way:8} {speed:8.1f} items/s  {100 * speed / base:5.1f} % of bare  {cpu:6.2f} CPU-ms an item")
    server.terminate()


if __name__ == "__main__":
    main()
