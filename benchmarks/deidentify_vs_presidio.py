"""The rule layer beside presidio's pattern recognisers: documents per CPU-second, in turns, in one run.

    python -m venv /tmp/presidio && /tmp/presidio/bin/pip install presidio-analyzer
    python benchmarks/deidentify_vs_presidio.py --presidio-python /tmp/presidio/bin/python [--notes notes.jsonl]

"By form alone" is the part of the rule layer that looks for what those patterns look for: numbers, dates, phones,
mail and web addresses, and streets; without names, places and institutions. The peer is an AnalyzerEngine over
presidio's predefined English recognisers that need no language model: all of them (with the one for phones, which
asks the library phonenumbers), and the pattern recognisers alone. Documents are invented notes, or the
`text` of lines of JSON. Each turn reads all documents, first the peer's and then ours; printed are medians over the
rounds, and the ratios of all of them. "De-identified whole" is rules, gate and surrogates; another version of the
package is measured with its `src` in PYTHONPATH.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from polyclinic.corpus.invented_notes.notes import EVERY_STYLE, draw_notes
from polyclinic.deidentify import Deidentifier, load_rules

PEER = """
import json, sys, time
from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine

registry = RecognizerRegistry()
registry.load_predefined_recognizers(languages=["en"])
registry.remove_recognizer("SpacyRecognizer")
nothing = NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}])
nothing.load()
patterns = RecognizerRegistry(recognizers=[r for r in registry.recognizers if isinstance(r, PatternRecognizer)])
engines = {
    name: AnalyzerEngine(registry=found, nlp_engine=nothing, supported_languages=["en"])
    for name, found in (("all", registry), ("patterns", patterns))
}
texts = json.load(open(sys.argv[1]))
for engine in engines.values():
    engine.analyze(texts[0], language="en")
print("ready", flush=True)
for line in sys.stdin:
    engine = engines[line.strip()]
    started = time.process_time()
    spans = sum(len(engine.analyze(text, language="en")) for text in texts)
    print(json.dumps([time.process_time() - started, spans]), flush=True)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presidio-python", required=True, help="Python of an environment with presidio-analyzer")
    parser.add_argument("--notes", type=Path, help="lines of JSON with `text`, instead of invented notes")
    parser.add_argument("--patients", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.notes:
        with arguments.notes.open() as stream:
            texts = [json.loads(line)["text"] for line in stream]
    else:
        texts = [note.text for note in draw_notes(arguments.patients, 11, 3, EVERY_STYLE)]
    rules = load_rules("en")
    rules.find(texts[0])
    seconds: dict[str, list[float]] = {name: [] for name in ("ours", "form", "whole", "all", "patterns")}
    spans = dict.fromkeys(seconds, 0)

    def ours() -> int:
        return sum(len(rules.find(text)) for text in texts)

    def form() -> int:
        return sum(len(rules.find_by_form(rules.vocabulary.read(text), [])) for text in texts)

    deidentifier = Deidentifier(b"0123456789abcdef" * 2, rules)

    def whole() -> int:
        return sum(len(deidentifier.work(text, str(number)).spans) for number, text in enumerate(texts))

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "texts.json").write_text(json.dumps(texts))
        (Path(folder) / "peer.py").write_text(PEER)
        command = [arguments.presidio_python, f"{folder}/peer.py", f"{folder}/texts.json"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as peer:
            assert peer.stdin is not None
            assert peer.stdout is not None
            assert peer.stdout.readline() == "ready\n"
            for _ in range(arguments.rounds):
                for name, other, find in (("all", "ours", ours), ("patterns", "form", form)):
                    peer.stdin.write(f"{name}\n")
                    peer.stdin.flush()
                    took: list[Any] = json.loads(peer.stdout.readline())
                    seconds[name].append(took[0])
                    spans[name] = took[1]
                    started = time.process_time()
                    spans[other] = find()
                    seconds[other].append(time.process_time() - started)
                started = time.process_time()
                spans["whole"] = whole()
                seconds["whole"].append(time.process_time() - started)
            peer.stdin.close()
    print(f"{len(texts)} documents of {sum(map(len, texts)) / len(texts):.0f} characters")
    print("| | documents per CPU-second | CPU-ms a document | identifiers | ours is faster by | by form alone by |")
    print("|---|---|---|---|---|---|")
    titles = {
        "ours": "rule layer",
        "form": "by form alone",
        "whole": "de-identified whole",
        "all": "presidio, all",
        "patterns": "presidio, patterns",
    }
    for name, title in titles.items():
        per = statistics.median(seconds[name]) / len(texts)
        faster = ["", ""]
        if name in ("all", "patterns"):
            for place, mine in enumerate(("ours", "form")):
                ratios = sorted(peer / own for peer, own in zip(seconds[name], seconds[mine], strict=True))
                faster[place] = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        print(f"| {title} | {1 / per:.0f} | {1000 * per:.2f} | {spans[name]} | {faster[0]} | {faster[1]} |")


if __name__ == "__main__":
    sys.exit(main())
