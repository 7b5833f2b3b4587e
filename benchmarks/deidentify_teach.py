"""Teach the tagger of de-identification from labelled notes, and write its weights.

    python benchmarks/deidentify_teach.py --out src/polyclinic/deidentify/tagger/weights.safetensors

The notes: those of `deid_notes` (written by hand), the styles of `corpus.invented_notes` and of the two opened sets,
and texts in which nobody is named: the prompts of the package, and questions of MedQA, PubMedQA and MedMCQA (MIT)
where `--clean` has them. `--without` leaves files of `deid_notes` out and measures rules and tagger together on them:
recall / precision.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polyclinic
from polyclinic.corpus.invented_notes.marked_notes import read_labelled
from polyclinic.deidentify import Counts
from polyclinic.deidentify.detect import Rules
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tagger.teaching import LabelledNote, teach
from polyclinic.deidentify.tagger.weights import Tagger, save_weights

HERE = Path(__file__).parent
SETS = ((HERE / "deid_opened_first/generate.py", "2026"), (HERE / "deid_opened_second/generate.py", "29"))
# A question with one of these may name somebody.
MAY_NAME = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|named|name is|called)\b|[a-z] et al", re.IGNORECASE)
CLEAN = 3000  # texts of each collection


def main() -> None:
    """Teach, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--without", nargs="*", default=[], help="files of deid_notes, by their names without .txt")
    parser.add_argument("--clean", type=Path, default=HERE.parents[1] / "shared/data/benchmarks")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    files = sorted((HERE / "deid_notes").glob("*.txt"))
    kept = [file for file in files if file.stem not in given.without]
    notes = [*written(kept), *generated(), *without_names(given.clean)]
    weights = teach(notes, seed=given.seed, say=lambda line: print(line, flush=True))
    if given.out:
        save_weights(weights, given.out)
        print(f"{given.out}: {given.out.stat().st_size:,} bytes")
    rules = Rules("en")
    rules.tagger = Tagger(rules.words, rules.lexicon, weights)
    for file in files:
        if file.stem in given.without:
            counts = Counts()
            for note in written([file]):
                counts.add(note.text, note.spans, rules.find(note.text))
            for row in counts.rows():
                if row["n"]:
                    print(
                        f"{file.stem}: {row['type']} {row['recall']:.3f} / {row['precision'] or 0:.3f} (n {row['n']})"
                    )


def written(files: list[Path]) -> Iterator[LabelledNote]:
    """Yield the notes of files."""
    for file in files:
        for note in read_labelled(file):
            yield LabelledNote(note.text, tuple(Span(s.start, s.end, s.type) for s in note.spans))


def generated() -> Iterator[LabelledNote]:
    """Yield notes of the generators; they count half, as their sentences recur."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        command = ["-m", "polyclinic", "corpus", "invented_notes", "--patients", "300", "--seed", "11"]
        subprocess.run([sys.executable, *command, "--out", str(out / "visible")], check=True, capture_output=True)
        made = [out / "visible/labels.jsonl"]
        for script, seed in SETS:
            made.append(out / f"{script.parent.name}.jsonl")
            command = [str(script), "--patients", "300", "--seed", seed, "--out", str(made[-1])]
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
        for file in made:
            for note in read_labelled(file):
                spans = tuple(Span(s.start, s.end, s.type) for s in note.spans)
                yield LabelledNote(note.text, spans, weight=0.5, copies=1)


def without_names(folder: Path) -> Iterator[LabelledNote]:
    """Yield texts in which nobody is named."""
    package = Path(polyclinic.__file__).parent
    for file in sorted(package.glob("**/*.jinja")):
        yield LabelledNote(re.sub(r"\{[{%].*?[%}]\}", " ", file.read_text(encoding="utf-8")), (), copies=0)
    if not folder.is_dir():
        print(f"{folder}: not there; taught without the questions of benchmarks", flush=True)
        return
    for file in sorted([*folder.glob("med*qa/*.jsonl"), *folder.glob("pubmedqa/*.json")]):
        for text in _texts(file):
            if len(text) > 60 and not MAY_NAME.search(text):
                yield LabelledNote(text, (), weight=0.5, copies=0)


def _texts(file: Path) -> Iterator[str]:
    if file.suffix == ".jsonl":
        lines = file.read_text(encoding="utf-8").splitlines()[:CLEAN]
        for line in lines:
            row = json.loads(line)
            yield "\n".join(str(row[name]) for name in ("question", "exp") if row.get(name))
    else:
        for row in list(json.loads(file.read_text(encoding="utf-8")).values())[:CLEAN]:
            yield "\n".join([row["QUESTION"], *row["CONTEXTS"]])


if __name__ == "__main__":
    main()
