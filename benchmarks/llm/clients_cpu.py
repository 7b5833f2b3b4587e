"""CPU time for each request at 64 in flight against a server that answers after 50 ms, ours and others, in turns.

    python benchmarks/llm/clients_cpu.py --requests 20000 \
        --peer datatrove=PYTHON --peer curator=PYTHON --peer data_designer=PYTHON

Each client is a process of its own; its CPU time counts whole, with imports, journal and validation. What it costs to
start (a run of 64 requests) is given too, and the ratio without it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from running import Measured, answering_server, measure, seen

FEW = 64


def run(python: str, script: str, number: int, folder: Path) -> tuple[Measured, int]:
    """Run a client with so many requests; return its cost and how many requests the server answered."""
    with answering_server() as url:
        more = [str(folder / f"{number}.sqlite")] if script == "ask_polyclinic.py" else []
        done = measure(python, script, url, str(number), *more, folder=folder)
        return done, seen(url)[1]


def main() -> None:
    """Read the arguments, run all clients, print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=20_000)
    arguments.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    arguments.add_argument("--rounds", type=int, default=1, help="times our own client is run")
    given = arguments.parse_args()
    clients = [("polyclinic", sys.executable)] * given.rounds + [("aiohttp", sys.executable)]
    clients += [tuple(peer.split("=", 1)) for peer in given.peer]
    clients += [("polyclinic", sys.executable)]  # and once more at the end: the machine may have changed
    rows = []
    for name, python in clients:
        with tempfile.TemporaryDirectory() as folder:
            script = f"ask_{name}.py"
            start, _ = run(python, script, FEW, Path(folder))
            whole, answered = run(python, script, given.requests, Path(folder))
        each = 1000 * whole.cpu / given.requests
        net = 1000 * (whole.cpu - start.cpu) / (given.requests - FEW)
        rows.append((name, each, net))
        print(
            f"{name:14} {each:7.3f} ms/request, {net:7.3f} without the start of {start.cpu:5.2f} s; "
            f"{whole.megabytes:5.0f} MB; {answered} answered; exit status {whole.status}",
            flush=True,
        )
        if whole.status:
            print(whole.said[-2000:])
    ours = [row for row in rows if row[0] == "polyclinic"]
    mean, mean_net = sum(row[1] for row in ours) / len(ours), sum(row[2] for row in ours) / len(ours)
    for name, each, net in rows:
        if name != "polyclinic":
            print(f"{name}: {each / mean:.1f} times ours, {net / mean_net:.1f} without the start")


if __name__ == "__main__":
    main()
