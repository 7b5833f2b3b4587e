"""Multiple choice by log-likelihood: eval.run against lm-evaluation-harness's hf backend on the same tiny model.

Both weigh the options of the same questions behind the same prompts and take the likeliest. Each runs in a process of
its own, they take turns; measured is the one call (loading the model, asking, writing results), after all imports.
Both get the same threads. The harness's batch size is the better one of those given. Choices are compared item by
item; where they differ, the difference of the two best log-likelihoods is shown.

    python benchmarks/evals_choices_vs_lm_eval.py --lm-eval-python /path/to/venv/bin/python --items 400 --repeats 3

The harness needs a Python of its own with `lm_eval[hf]==0.4.13`; nothing of ours is imported there.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TASK = """
title: Questions
category: Question Answering
domain: Exams
family: multiple_choice
builder: source
metric: accuracy
license: CC0-1.0
commercial_use: true
definition: Answer the question.
question: "{{ question }}"
prompt: "Question: {{ question }}\\nAnswer:"
input: "{{ question }}"
output: "{{ answer }}"
scoring: sum
source: {name: Questions, folder: set, format: multiple_choice, answer_is: index, files: {test: rows.jsonl}}
"""
LM_EVAL_TASK = """
task: questions
dataset_path: json
dataset_kwargs:
  data_files: {test: ROWS}
output_type: multiple_choice
test_split: test
doc_to_text: "Question: {{question}}\\nAnswer:"
doc_to_choice: options
doc_to_target: answer
metric_list:
  - metric: acc
"""
CALL = """
import json, resource, sys, time
folder, model, batch, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
import torch
torch.set_num_threads(threads)
SETUP
def cpu():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime
began, used = time.monotonic(), cpu()
WORK
seconds, used = time.monotonic() - began, cpu() - used
AFTER
print(json.dumps({"seconds": seconds, "cpu": used, "values": values}))
"""
LM_EVAL_SETUP = """
import lm_eval, transformers
from lm_eval.tasks import TaskManager
from lm_eval.models.huggingface import HFLM
manager = TaskManager(include_path=folder, include_defaults=False)
"""
LM_EVAL_WORK = """
found = lm_eval.simple_evaluate(
    model="hf", model_args={"pretrained": model, "dtype": "float32"}, tasks=["questions"], task_manager=manager,
    batch_size=int(batch), device="cpu", bootstrap_iters=0, log_samples=True, confirm_run_unsafe_code=False,
)
"""
LM_EVAL_AFTER = """
rows = sorted(found["samples"]["questions"], key=lambda row: row["doc_id"])
values = [[float(one[0]) for one in row["filtered_resps"]] for row in rows]
"""
OUR_SETUP = """
import os, shutil, transformers, pyarrow, pandas
from pathlib import Path
from polyclinic.evals import run
from polyclinic.records import Reply, read_records
import polyclinic.evals.likelihood
out = Path(folder) / "out"
shutil.rmtree(out, ignore_errors=True)
"""
OUR_WORK = """
run(model=model, tasks=["questions"], data=folder, catalog=Path(folder) / "catalog", out=out)
"""
OUR_AFTER = """
replies = sorted(read_records(out / "replies", Reply), key=lambda reply: int(reply.item.rpartition(":")[2]))
values = [reply.metadata["log_likelihoods"] for reply in replies]
"""


def write_questions(folder: Path, count: int) -> None:
    """Write questions of some 60 words with four options of some five, and both tasks."""
    generator = random.Random(0)
    words = [
        f"{a}{b}" for a in ("cardi", "neur", "derm", "hepat", "oste") for b in ("al", "itis", "oma", "ic", "osis")
    ]
    (folder / "set").mkdir()
    (folder / "catalog").mkdir()
    (folder / "catalog" / "questions.yaml").write_text(TASK)
    (folder / "questions.yaml").write_text(LM_EVAL_TASK.replace("ROWS", str(folder / "set" / "rows.jsonl")))
    with (folder / "set" / "rows.jsonl").open("w") as stream:
        for number in range(count):
            row = {
                "question": " ".join(generator.choices(words, k=generator.randint(30, 90))) + f" {number}?",
                "options": [
                    " ".join(generator.choices(words, k=generator.randint(2, 8))) + f" {place}" for place in range(4)
                ],
                "answer": generator.randrange(4),
            }
            stream.write(json.dumps(row) + "\n")


def write_model(folder: Path) -> None:
    """Write a random Llama (4 layers of 128, some 1 M parameters) with a byte-level tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
    from tokenizers.models import BPE
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=["<|end|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(["cardial neuritis dermoma hepatic osteosis Question: Answer:"] * 4, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=1024,
        bos_token_id=None,
        eos_token_id=0,
        initializer_range=0.1,
    )
    LlamaForCausalLM(config).save_pretrained(str(folder))
    fast.save_pretrained(str(folder))


def call(python: str, parts: tuple[str, str, str], folder: Path, batch: int, threads: int) -> dict[str, Any]:
    """Run one side in a process of its own and return what it measured."""
    code = CALL.replace("SETUP", parts[0]).replace("WORK", parts[1]).replace("AFTER", parts[2])
    done = subprocess.run(
        [python, "-c", code, str(folder), str(folder / "model"), str(batch), str(threads)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr[-4000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, compare the choices, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lm-eval-python", required=True)
    parser.add_argument("--items", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    lm_eval, ours = (LM_EVAL_SETUP, LM_EVAL_WORK, LM_EVAL_AFTER), (OUR_SETUP, OUR_WORK, OUR_AFTER)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_questions(folder, given.items)
        write_model(folder / "model")
        runs: dict[str, list[dict[str, Any]]] = {"eval.run": []}
        runs |= {f"lm_eval, batches of {size}": [] for size in given.batch_sizes}
        for _ in range(given.repeats):
            runs["eval.run"].append(call(sys.executable, ours, folder, 0, given.threads))
            for size in given.batch_sizes:
                found = call(given.lm_eval_python, lm_eval, folder, size, given.threads)
                runs[f"lm_eval, batches of {size}"].append(found)
    wall = {way: given.items / statistics.median(run["seconds"] for run in found) for way, found in runs.items()}
    cpu = {way: statistics.median(run["cpu"] for run in found) / given.items for way, found in runs.items()}
    for way in runs:
        print(f"{way:26} {wall[way]:8.1f} items/s  {1000 * cpu[way]:7.2f} CPU-ms an item")
    peers = [way for way in runs if way != "eval.run"]
    print(f"items per second: {wall['eval.run'] / max(wall[way] for way in peers):.2f} times the better one")
    print(f"CPU: {min(cpu[way] for way in peers) / cpu['eval.run']:.2f} times less than the better one")
    own, other = runs["eval.run"][0]["values"], runs[peers[0]][0]["values"]
    assert len(own) == len(other) == given.items
    different = [i for i in range(given.items) if _best(own[i]) != _best(other[i])]
    most = max(abs(a - b) for one, two in zip(own, other, strict=True) for a, b in zip(one, two, strict=True))
    print(f"equal choices: {given.items - len(different)} of {given.items}; values differ by {most:.1e} nats at most")
    for i in different:
        best = sorted(other[i], reverse=True)
        print(f"  item {i}: the two best of the harness are {best[0] - best[1]:.1e} apart")


def _best(values: list[float]) -> int:
    return values.index(max(values))


if __name__ == "__main__":
    main()
