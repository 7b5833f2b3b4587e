"""What a candidate of a search costs, beside what asking its items costs: merging, rounding and keeping are the rest.

    python benchmarks/search_candidate_cost.py

A base and fine-tunes, random and Llama-shaped, are made in a temporary folder. For each method a candidate is
evaluated as the search does it (merged into the live model, asked all items, kept), then the same items are asked of
the model as it is; in turn, several times. The ratio of CPU-seconds is printed, with one thread for the model. The
wall ratio says more on a machine that does nothing else. `--questions` sets how much is asked: the fewer tokens, the
more merging counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

METHODS: dict[str, dict[str, Any]] = {
    "linear": {},
    "task_arithmetic": {},
    "slerp": {"search": {"t": [0.0, 1.0]}},
    "ties": {"options": {"density": 0.5, "flavour": "mergekit"}},
    "dare_ties": {"options": {"density": 0.5}},
    "breadcrumbs_ties": {"options": {"density": 0.5, "gamma": 0.05}},
    "della": {"options": {"density": 0.5, "epsilon": 0.15}},
}
VOCABULARY = 8000


def main() -> int:
    """Measure and print a table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default=",".join(METHODS), help="comma-separated")
    parser.add_argument("--experts", type=int, default=3)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--words", type=int, default=60, help="of a question")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folders = write_models(folder, arguments.experts, arguments.hidden, arguments.layers)
        items = write_questions(folder / "items.jsonl", arguments.questions, arguments.words)
        print("method            candidate  asking   CPU ratio  wall ratio   (CPU-seconds, median)")
        for method in arguments.methods.split(","):
            measure(method, folders, items, folder / method, arguments.repeat)
    return 0


def measure(method: str, folders: list[Path], items: Path, work: Path, repeat: int) -> None:
    """Print what a candidate of this method costs."""
    from polyclinic.merge.judge import as_stored, open_judge
    from polyclinic.merge.search_folder import SearchFolder
    from polyclinic.merge.search_settings import SearchSettings

    settings = SearchSettings.model_validate(
        {"base": folders[0], "models": folders[1:], "samples": items, "method": method, "held_back": 0, "racing": 0,
         **METHODS[method]}
    )  # fmt: skip
    shared = SearchFolder(work)
    shared.open({})
    with ExitStack() as stack:
        judge = stack.enter_context(open_judge(settings, 0, work / "answers", 1))
        values = settings.equal_weights()
        every = judge.split.rest
        judge.ask(every, "warm", values)  # batches are planned once in a search
        tokens = sum(batch.tokens for batches in judge.panel._batches.values() for batch in batches)
        candidates, asked = [], []
        for number in range(repeat):

            def candidate(number: int = number) -> None:
                found = judge.evaluate({name: [v + number / 100 for v in given] for name, given in values.items()})
                shared.answer(str(number), as_stored(found))

            def asking(number: int = number) -> None:
                judge.ask(every, f"only-{number}", values)

            candidates.append(clocked(candidate))
            asked.append(clocked(asking))
    medians = [[statistics.median(one[i] for one in found) for i in (0, 1)] for found in (candidates, asked)]
    (cpu, wall), (cpu_asked, wall_asked) = medians
    print(
        f"{method:17} {cpu:8.2f}  {cpu_asked:7.2f}  {cpu / cpu_asked:9.2f}  {wall / wall_asked:10.2f}   "
        f"{len(every)} items, {tokens} tokens, {judge.panel.model.num_parameters() / 1e6:.0f} M parameters",
        flush=True,
    )


def clocked(function: Callable[[], None]) -> tuple[float, float]:
    """Return the CPU-seconds and the wall seconds of a call."""
    started = (time.process_time(), time.monotonic())
    function()
    return time.process_time() - started[0], time.monotonic() - started[1]


def write_models(folder: Path, experts: int, hidden: int, layers: int) -> list[Path]:
    """Write a random base and fine-tunes of it; returns their folders, base first."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=hidden, intermediate_size=hidden * 11 // 4, num_hidden_layers=layers,
        num_attention_heads=hidden // 64, max_position_embeddings=2048, pad_token_id=0, bos_token_id=None,
        eos_token_id=1,
    )  # fmt: skip
    words = {word: number for number, word in enumerate(["<unk>", "</s>", *(f"w{i}" for i in range(2, VOCABULARY))])}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "<unk>"},
    }
    torch.manual_seed(0)
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    made = []
    for index in range(experts + 1):
        if index:
            with torch.no_grad():
                for weight in model.parameters():
                    weight.add_(0.002 * torch.randn_like(weight))
        made.append(folder / f"model{index}")
        model.save_pretrained(made[-1])
        (made[-1] / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
        (made[-1] / "tokenizer_config.json").write_text(
            json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>", "unk_token": "<unk>"}),
            encoding="utf-8",
        )
    return made


def write_questions(file: Path, count: int, words: int) -> Path:
    """Write random multiple-choice items with four options."""
    import random

    from polyclinic.tasks import load_catalog

    task = next(name for name, task in load_catalog().items() if task.family == "multiple_choice")
    dice = random.Random(0)

    def text(length: int) -> str:
        return " ".join(f"w{dice.randrange(2, VOCABULARY)}" for _ in range(length))

    with file.open("w", encoding="utf-8") as stream:
        for number in range(count):
            options = [text(3) for _ in range(4)]
            row = {"id": f"i{number}", "task": task, "input": text(words), "options": options, "output": options[0]}
            stream.write(json.dumps({**row, "source": "random", "license": "cc0-1.0"}) + "\n")
    return file


if __name__ == "__main__":
    sys.exit(main())
