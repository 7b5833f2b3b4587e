"""Kill a run of 5,000 requests at a random moment, ten times, and finish it each time.

    python benchmarks/llm/killed.py --rounds 10

Printed: rows lost, requests paid twice (64 are in flight), and whether the sealed Parquet is the same, byte for
byte, as that of a run that was not disturbed.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from running import HERE, answering_server, measure, seen


def sealed(folder: Path) -> list[bytes]:
    """Return the bytes of all shards."""
    return [file.read_bytes() for file in sorted(folder.glob("*.parquet"))]


def main() -> None:
    """Run once undisturbed, then kill and finish."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=10)
    arguments.add_argument("--requests", type=int, default=5_000)
    given = arguments.parse_args()
    number = str(given.requests)
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with answering_server() as url:
            started = time.monotonic()
            whole = ["ask_polyclinic.py", url, number, str(folder / "whole.sqlite"), "--seal", str(folder / "whole")]
            assert measure(sys.executable, *whole, folder=folder).status == 0
            seconds = time.monotonic() - started
        for round_number in range(given.rounds):
            journal, out = folder / f"{round_number}.sqlite", folder / f"sealed-{round_number}"
            with answering_server() as url:
                command = [sys.executable, str(HERE / "ask_polyclinic.py"), url, number, str(journal)]
                running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                time.sleep(chance.uniform(0.05, 0.95) * seconds)
                running.kill()
                running.wait()
                before = seen(url)[0]
                again = ["ask_polyclinic.py", url, number, str(journal), "--seal", str(out)]
                done = measure(sys.executable, *again, folder=folder)
                asked, _, different = seen(url)
            print(
                f"killed after {before} requests: exit status {done.status}, rows lost {given.requests - different}, "
                f"paid twice {asked - given.requests}, Parquet the same: {sealed(out) == sealed(folder / 'whole')}",
                flush=True,
            )


if __name__ == "__main__":
    main()
