"""3,000 requests to a server with faults, and without: all must come through, in at most 3 times the time.

    python benchmarks/llm/faults.py

Faults, of all requests: 5 % 429, 3 % 500, 3 % broken JSON, 0.2 % hangs, 0.5 % dropped connections. The time-out is
2 s and the first wait 0.2 s, as the server answers after 50 ms.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from running import answering_server, measure, seen


def main() -> None:
    """Run both, in turns."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=3_000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    for round_number in range(given.rounds):
        seconds = []
        for faults in ([], ["--faults", "--seed", str(round_number)]):
            with tempfile.TemporaryDirectory() as folder, answering_server(*faults) as url:
                journal = str(Path(folder) / "journal.sqlite")
                options = [url, str(given.requests), journal, "--timeout", "2", "--first-wait", "0.2"]
                done = measure(sys.executable, "ask_polyclinic.py", *options, folder=Path(folder))
                assert done.status == 0, done.said
                said = json.loads(done.said)
                seconds.append(said["seconds"])
                asked = seen(url)[0]
        print(
            f"{said['accepted']} of {given.requests} valid, {asked} requests sent, {said['rejected']} rejected, "
            f"{said['failed']} failed; {seconds[1]:.1f} s against {seconds[0]:.1f} s: {seconds[1] / seconds[0]:.2f} "
            f"times; {said['counts']}",
            flush=True,
        )


if __name__ == "__main__":
    main()
