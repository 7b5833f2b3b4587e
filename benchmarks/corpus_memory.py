"""Memory of corpus.deduplicate, corpus.decontaminate and corpus.deidentify on a generated corpus, at several sizes.

Documents of about 2 kB, a tenth of them copies with some words changed, written as the package writes them; for
corpus.deidentify (`--steps deidentify`) invented notes, 400 patients' again and again, or the texts of a file. Each
step runs in a process of its own; printed are the peak of that process and of the largest one it started, CPU-seconds
of all of them, and wall time. With `--kill-after SECONDS` each run is killed then (SIGKILL, all processes) and run
again, and the figures are those after the kill; of corpus.deidentify the documents that came out and those that were
held back are counted.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from polyclinic.corpus.invented_notes.notes import EVERY_STYLE, draw_notes
from polyclinic.records import Document, Sample, read_records, write_records

SIZE = 2000  # bytes of a document, about


def documents(count: int) -> Iterator[Document]:
    """Yield documents; the copies are of one of the last thousand."""
    dice = random.Random(0)
    vocabulary = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(2, 11))) for _ in range(30_000)]
    sentences = [" ".join(dice.choices(vocabulary, k=12)).capitalize() + "." for _ in range(200_000)]
    last: list[list[str]] = []
    for number in range(count):
        if number % 10 == 9:
            text = list(dice.choice(last))
            text[dice.randrange(len(text))] = dice.choice(sentences)
        else:
            text = dice.choices(sentences, k=25)
        last = [*last[-999:], text] if number % 10 != 9 else last
        yield Document(id=f"d{number}", text=" ".join(text), source="made up", license=("", "CC-BY-4.0")[number % 2])


def notes(size: int, texts: Path | None) -> Iterator[Document]:
    """Yield invented notes, or the texts of a file, again and again, of so many bytes together."""
    if texts is None:
        drawn = [note.text for note in draw_notes(400, 0, 2, EVERY_STYLE)]
    else:
        with gzip.open(texts, "rt", encoding="utf-8") as lines:
            drawn = [json.loads(line)["text"] for line in lines]
    written = 0
    for number in itertools.count():
        if written >= size:
            return
        text = drawn[number % len(drawn)]
        written += len(text)
        yield Document(id=f"n{number}", text=text, source="made up", metadata={"patient": f"p{number}"})


def run(step: str, corpus: Path, items: Path, processes: int, out: Path) -> dict[str, float]:
    """Run one step in this process."""
    from polyclinic import corpus as room

    begun = time.monotonic()
    if step == "deidentify":
        os.environ["POLYCLINIC_DEIDENTIFY_KEY"] = "0123456789abcdef" * 4
        room.deidentify(documents=corpus, processes=processes, out=out)
    elif step == "deduplicate":
        room.deduplicate(documents=corpus, processes=processes, out=out)
    else:
        room.decontaminate(documents=corpus, items=items, processes=processes, out=out)
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    return {
        "cpu": cpu,
        "wall": time.monotonic() - begun,
        "peak": own.ru_maxrss / 1024,
        "largest": others.ru_maxrss / 1024,
    }


def killed(command: list[str], environment: dict[str, str], seconds: float) -> None:
    """Start a run in a process group of its own and kill all of it."""
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment, start_new_session=True)
    try:
        running.wait(seconds)
        sys.exit(f"the run was ready within {seconds:g} s; kill it sooner, or take more text")
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def counted(out: Path, count: int) -> str:
    """Say how many documents came out of corpus.deidentify or were held back, and whether an id stands twice."""
    kept, held = Counter[int](), Counter[int]()
    kept.update(hash(document.id) for document in read_records(out, Document))
    side = out / "local_only/held_back.jsonl"
    if side.exists():
        with side.open(encoding="utf-8") as lines:
            held.update(hash(json.loads(line)["id"]) for line in lines)
    twice = sum(number > 1 for ids in (kept, held) for number in ids.values())
    return f"  {kept.total()} came out, {held.total()} were held back, of {count}; {twice} ids stand twice"


def main() -> None:
    """Write the corpora and run the steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[100, 400, 1600])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--steps", nargs="+", default=["deduplicate", "decontaminate"])
    parser.add_argument("--texts", type=Path, help="documents to de-identify, packed lines of JSON, instead of notes")
    parser.add_argument("--folder", type=Path, help="where to work; it has to hold the corpora twice")
    parser.add_argument("--kill-after", type=float, help="seconds after which each run is killed, and run again")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        step, corpus, items, processes, out = chosen.one
        print(json.dumps(run(step, Path(corpus), Path(items), int(processes), Path(out))))
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as made:
        folder = Path(made)
        dice = random.Random(1)
        asked = (" ".join(f"q{dice.randrange(50_000)}" for _ in range(60)) for _ in range(5000))
        write_records(
            folder / "items", (Sample(id=str(n), task="t", input=q, output="") for n, q in enumerate(asked)), Sample
        )
        for megabytes in chosen.megabytes:
            corpus = folder / f"corpus-{megabytes}"
            if chosen.steps != ["deidentify"]:
                count = write_records(corpus, documents(megabytes * 1_000_000 // SIZE), Document)
            for step in chosen.steps:
                if step == "deidentify":
                    corpus = folder / f"notes-{megabytes}"
                    count = write_records(corpus, notes(megabytes * 1_000_000, chosen.texts), Document)
                command = [sys.executable, __file__, "--one", step, str(corpus), str(folder / "items")]
                out = folder / f"out-{step}-{megabytes}"
                command += [str(chosen.processes), str(out)]
                environment = {**os.environ, "OMP_NUM_THREADS": "1"}
                if chosen.kill_after is not None:
                    killed(command, environment, chosen.kill_after)
                done = subprocess.run(command, capture_output=True, text=True, env=environment)
                if done.returncode:
                    sys.exit(done.stderr)
                row = json.loads(done.stdout)
                print(
                    f"{step}, {megabytes} MB, {count} documents: peak {row['peak']:.0f} MB, largest beside it "
                    f"{row['largest']:.0f} MB, {row['cpu']:.0f} CPU-s, {row['wall']:.0f} s, "
                    f"{row['cpu'] / row['wall']:.2f} cores",
                    flush=True,
                )
                if step == "deidentify":
                    print(counted(out, count), flush=True)


if __name__ == "__main__":
    main()
