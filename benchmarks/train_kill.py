"""Kill a training at random moments until it ends, and compare its weights with those of an undisturbed run.

    python benchmarks/train_kill.py --kind sft --processes 2 --kills 20

Each try is the command itself in a process of its own, killed with SIGKILL after a random time; with --processes 2
torchrun's processes must die with it. Prints the kills, how many of them fell into each state, and whether the
fingerprints are equal. Kinds: dapt, lora (sft with LoRA), sft, dpo, sharded (dapt with FSDP2, which needs two).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from polyclinic.artifacts import read_manifest
from polyclinic.records import Document, Preference, Sample, write_records

WORDS = ("acute", "chronic", "renal", "hepatic", "fever", "pain", "left", "right", "without", "diabetes", "E11.9")
MODEL = "--vocabulary-size 400 --hidden-size 64 --intermediate-size 160 --layers 2 --heads 4 --max-positions 128"
COMMON = "--max-length 64 --batch-size 4 --gradient-accumulation 2 --warmup-steps 2 --precision float32 --seed 5"
KINDS = {
    "dapt": "dapt --documents {data}/documents --learning-rate 0.003",
    "sft": "sft --samples {data}/samples --learning-rate 0.003",
    "lora": "sft --samples {data}/samples --learning-rate 0.01 --lora {{rank: 4}}",
    "dpo": "dpo --preferences {data}/preferences --learning-rate 0.001",
    "sharded": "dapt --documents {data}/documents --learning-rate 0.003 --sharding full",
}


def main() -> None:
    """Print one line for each kill and the verdict; ends with 1 when the weights differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=KINDS, default="sft")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        polyclinic(f"model tiny --documents {folder}/documents {MODEL} --max-length 64 --steps 5 --out {folder}/base")
        words = f"train {KINDS[given.kind].format(data=folder)} --model {folder}/base {COMMON} --steps {given.steps}"
        words += f" --checkpoint-every 3{f' --launch torchrun:{given.processes}' if given.processes > 1 else ''}"
        began = time.monotonic()
        polyclinic(f"{words} --out {folder}/whole")
        took = time.monotonic() - began
        print(f"undisturbed: {took:.1f} s")
        killed = 0
        while killed < given.kills and not (folder / "killed").exists():
            after = chance.uniform(0.2, 1.1) * took
            if not killed_after(f"{words} --out {folder}/killed", after):
                break
            killed += 1
            print(f"kill {killed} after {after:.1f} s; checkpoints: {checkpoints(folder)}")
        if not (folder / "killed").exists():
            polyclinic(f"{words} --out {folder}/killed")
        found = [read_manifest(folder / part) for part in ("whole", "killed")]
        prints = [manifest.fingerprint if manifest else "" for manifest in found]
        equal = bool(prints[0]) and prints[0] == prints[1]
        result = {"kind": given.kind, "processes": given.processes, "kills": killed, "equal": equal}
        print(json.dumps(result))
        sys.exit(not equal)


def polyclinic(words: str) -> None:
    """Run a command to its end."""
    subprocess.run([sys.executable, "-m", "polyclinic", *split(words)], check=True, stderr=subprocess.DEVNULL)


def killed_after(words: str, seconds: float) -> bool:
    """Run a command and kill it; says whether it was still running."""
    process = subprocess.Popen([sys.executable, "-m", "polyclinic", *split(words)], stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(1)  # its processes see within a fifth of a second that it is gone
        return True
    if process.returncode:
        raise SystemExit(f"the command ended with {process.returncode}")
    return False


def split(words: str) -> list[str]:
    """Return the words of a command; what stands in braces is one."""
    before, brace, rest = words.partition("{")
    inside, _, after = rest.partition("}")
    return [*before.split(), *([f"{{{inside}}}"] if brace else []), *after.split()]


def checkpoints(folder: Path) -> list[str]:
    """Return the checkpoints there are, whole ones marked."""
    found = sorted((folder / ".making" / "killed" / "scratch").rglob("checkpoint-*"))
    return [place.name + ("" if (place / "complete").exists() else " (not whole)") for place in found]


def write_data(folder: Path) -> None:
    """Write documents, samples and preferences."""
    chance = random.Random(0)
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(5, 60))) for _ in range(120)]
    write_records(folder / "documents", [Document(f"d{i}", text) for i, text in enumerate(texts)], Document)
    said = [" ".join(text.split()[:4]) for text in texts]
    samples = [Sample(f"s{i}", "t", text, input=text, instruction="Repeat.") for i, text in enumerate(said)]
    pairs = [Preference(f"p{i}", "t", text, text + " more", input=text) for i, text in enumerate(said)]
    write_records(folder / "samples", samples, Sample)
    write_records(folder / "preferences", pairs, Preference)


if __name__ == "__main__":
    main()
