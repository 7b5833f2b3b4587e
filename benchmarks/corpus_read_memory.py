"""Peak memory of corpus.read and corpus.clean, by the size of what they read.

The input is made on the fly: an archive of JATS articles (.tar.gz, one article in fifty of several megabytes) and
notes in .jsonl.gz, half of the bytes each. Both kinds run as commands; the memory is that of all their processes
together (proportional set size, sampled), so pages they share count once. A killed reading is finished as well.

    python benchmarks/corpus_read_memory.py --gigabytes 0.5 2
    python benchmarks/corpus_read_memory.py --one-document 500

The second way puts one document of so many megabytes beside an ordinary one, in each of six layouts: it must be
passed over with a reason, and the other one read.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import psutil

WORDS = re.findall(
    r"\w+",
    "patient fever treatment with without renal acute chronic dose daily study results significant mean group risk "
    "therapy cells disease clinical trial response years blood pressure cancer liver heart the of and in to was",
)
ARTICLE = (
    '<article article-type="research-article"><front><article-meta><article-id pub-id-type="pmc">'
    "{number}</article-id>"
    "<title-group><article-title>Study {number}</article-title></title-group></article-meta></front><body>"
    "{body}</body></article>"
)


def write_inputs(folder: Path, size: int) -> int:
    """Write files that unpack to about `size` bytes; return the number of documents."""
    folder.mkdir()
    chance = random.Random(0)
    paragraphs = [" ".join(chance.choices(WORDS, k=120)) + "." for _ in range(2000)]
    documents = written = 0
    with tarfile.open(folder / "articles.tar.gz", "w:gz", compresslevel=1) as archive:
        while written < size // 2:
            count = 4000 if documents % 50 == 49 else chance.randint(20, 60)
            texts = "".join(f"<p>{documents}-{i} {chance.choice(paragraphs)}</p>" for i in range(count))
            data = ARTICLE.format(number=documents, body=f"<sec><title>Methods</title>{texts}</sec>").encode()
            member = tarfile.TarInfo(f"PMC/{documents}.xml")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
            documents, written = documents + 1, written + len(data)
    written = 0
    with gzip.open(folder / "notes.jsonl.gz", "wb", compresslevel=1) as stream:
        while written < size // 2:
            text = "\n".join(chance.choices(paragraphs, k=3))
            line = json.dumps({"id": f"n{documents}", "text": f"{documents}: {text}"}).encode() + b"\n"
            stream.write(line)
            documents, written = documents + 1, written + len(line)
    return documents


def write_large(folder: Path, size: int) -> None:
    """Write an ordinary document and one of `size` bytes in each of six layouts."""
    folder.mkdir()
    paragraph = (" ".join(random.Random(0).choices(WORDS, k=120)) + ". ").encode()
    layouts = {
        "lines.jsonl": (b'{"id": "small-1", "text": "An ordinary note."}\n{"id": "big", "text": "', b'"}\n'),
        "array.json": (b'[{"id": "small-2", "text": "An ordinary note."}, {"id": "big", "text": "', b'"}]'),
        "table.csv": (b'id,text\nsmall-3,An ordinary note.\nbig,"', b'"\n'),
        "plain.txt": (b"", b""),
        "page.html": (b"<html><body><p>", b"</p></body></html>"),
    }
    for name, (head, tail) in layouts.items():
        with (folder / name).open("wb") as stream:
            stream.write(head)
            for _ in range(size // len(paragraph)):
                stream.write(paragraph)
            stream.write(tail)
    small = ARTICLE.format(number=1, body="<sec><title>Methods</title><p>An ordinary article.</p></sec>").encode()
    with tarfile.open(folder / "articles.tar.gz", "w:gz", compresslevel=1) as archive:
        for name, data in (
            ("1.xml", small),
            ("2.xml", small.replace(b"ordinary", paragraph * (size // len(paragraph)))),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def read_large(megabytes: int, folder: Path) -> None:
    """Read documents of `megabytes` beside ordinary ones; print the memory and what became of them."""
    write_large(folder / "in", megabytes * 1_000_000)
    command = ["corpus", "read", "--documents", str(folder / "in"), "--processes", "2", "--out", str(folder / "read")]
    peak, seconds, wall = run(command)
    found = names(folder / "read")
    passed = [json.loads(line) for line in (folder / "read" / "left_out.jsonl").read_text().splitlines()]
    reasons = ", ".join(sorted(f"{one['place']}: {one['reason']}" for one in passed))
    print(f"{megabytes} MB in one document, six layouts: {peak:.0f} MiB, {seconds:.0f} CPU-s, {wall:.0f} s")
    print(f"read: {sorted(found)}; passed over: {reasons}")


def run(command: list[str], kill_after: float = 0.0) -> tuple[float, float, float]:
    """Run a command; return (peak MiB of all its processes, CPU-seconds, wall), killed if that is asked for."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "polyclinic", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    root = psutil.Process(process.pid)
    peak = seconds = 0.0
    used: dict[int, float] = {}
    while process.poll() is None:
        total = 0
        try:
            for one in (root, *root.children(recursive=True)):
                total += one.memory_full_info().pss
                times = one.cpu_times()
                used[one.pid] = times.user + times.system
        except psutil.Error:
            pass  # one of them ended in the meantime
        peak, seconds = max(peak, total / (1 << 20)), sum(used.values())
        if kill_after and time.monotonic() - started > kill_after:
            process.send_signal(signal.SIGKILL)
        time.sleep(0.2)
    if process.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"{command}: ended with {process.returncode}")
    return peak, seconds, time.monotonic() - started


def names(folder: Path) -> list[str]:
    """Return the ids of the documents in a folder."""
    import pyarrow.parquet as pq

    files = sorted(folder.glob("*.parquet"))
    return [name for file in files for name in pq.read_table(file, columns=["id"]).column(0).to_pylist()]


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[0.5, 2])
    parser.add_argument("--one-document", type=int, metavar="MEGABYTES", help="read one such document instead")
    parser.add_argument("--folder", type=Path, help="where the files are made; a temporary folder by default")
    given = parser.parse_args()
    if given.one_document:
        with tempfile.TemporaryDirectory(dir=given.folder) as name:
            read_large(given.one_document, Path(name))
        return
    print("| unpacked | documents | kind | peak, all processes | CPU-s | wall | lost | twice |")
    print("|---|---|---|---|---|---|---|---|")
    for size in given.gigabytes:
        with tempfile.TemporaryDirectory(dir=given.folder) as name:
            folder = Path(name)
            documents = write_inputs(folder / "in", int(size * (1 << 30)))
            read = ["corpus", "read", "--documents", str(folder / "in"), "--processes", "2"]
            jobs = {
                "read": [*read, "--out", str(folder / "read")],
                "clean": [
                    *("corpus", "clean", "--documents", str(folder / "read"), "--out", str(folder / "clean")),
                    *("--processes", "2"),
                ],
            }
            walls = 0.0
            for kind, command in jobs.items():
                peak, seconds, wall = run(command)
                found = names(folder / kind)
                lost, twice = documents - len(set(found)), len(found) - len(set(found))
                print(
                    f"| {size:g} GiB | {documents:,} | {kind} | {peak:.0f} MiB | {seconds:.0f} | {wall:.0f} s ",
                    end="",
                )
                print(f"| {lost} | {twice} |", flush=True)
                walls = walls or wall
            shutil.rmtree(folder / "clean")
            command = [*read, "--out", str(folder / "again")]
            run(command, kill_after=walls / 2)
            peak, seconds, wall = run(command)
            same = names(folder / "again") == names(folder / "read")
            what = "read, killed, finished"
            print(f"| {size:g} GiB | {documents:,} | {what} | {peak:.0f} MiB | {seconds:.0f} | {wall:.0f} s ", end="")
            print(f"| {'the same' if same else 'OTHER'} documents | |", flush=True)


if __name__ == "__main__":
    main()
