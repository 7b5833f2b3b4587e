"""Continual pre-training: train.dapt's loop against TRL's SFTTrainer, side by side in one run.

Both train the same Llama-shaped model from the same weights on the same rows in the same order, with the same
optimizer, schedule and seed, one thread, float32. SFTTrainer has its defaults, gradient checkpointing among them, but
for bf16, which this processor has no arithmetic for; with `--no-checkpointing` it is spared that too. `--packing
best_fit` packs documents that do not see each other, which is train.dapt's default and, as `packing=True`, TRL's way
of continual pre-training; by default rows are the corpus cut into pieces, the same for both.

`products` is the floor: the matrix products and the attention of such steps alone, forward and backward, which every
way has to do. Each way runs in a process of its own, all at the same time, so that what else the machine does weighs
on all alike (`--in-turns` for a quiet machine). Counted are the CPU-seconds of all steps but the first, which sets up
what the others find there; of the repeats the best is taken. The losses of every step are compared.

    python benchmarks/train_vs_sfttrainer.py --documents FILE --repeats 2
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
SHAPES = {"5m": (256, 704, 4, 4), "30m": (512, 1408, 9, 8)}  # hidden, inner, layers, heads
WAYS = ("ours", "SFTTrainer", "products")


def prepare(folder: Path, documents: Path, shape: str) -> None:
    """Write a model of a shape with random weights, and a tokenizer trained on the documents."""
    import itertools

    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from polyclinic.model.tokenizer import train_tokenizer
    from polyclinic.models import save_model
    from polyclinic.records import Document, read_records

    texts = [d.text for d in itertools.islice(read_records(documents, Document), 1500)]
    tokenizer = train_tokenizer(texts, vocabulary_size=8192, digits="runs", max_length=512)
    hidden, inner, layers, heads = SHAPES[shape]
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=8192, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=heads, max_position_embeddings=512, tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
    )  # fmt: skip
    save_model(folder, LlamaForCausalLM(config), tokenizer)


def train(way: str, model_folder: Path, documents: Path, arguments: argparse.Namespace, scratch: Path) -> None:
    """Train one way and print what it cost, as JSON."""
    import torch
    from transformers import Trainer  # noqa: F401  (imported before the clock starts)

    from polyclinic.models import load_model, load_tokenizer
    from polyclinic.progress import Progress
    from polyclinic.steps import Work
    from polyclinic.train.batches import BatchPlan
    from polyclinic.train.dapt import DaptSettings
    from polyclinic.train.language_modeling import document_rows, train_on_rows

    torch.set_num_threads(1)
    (scratch / "out").mkdir(parents=True)
    work = Work(scratch / "out", scratch, seed=0)
    model, tokenizer = load_model(model_folder), load_tokenizer(model_folder)
    rows = document_rows(work, tokenizer, [documents])
    settings = DaptSettings(
        model=model_folder, documents=[documents], batch_size=arguments.batch_size, gradient_accumulation=1,
        max_length=arguments.length, precision="float32", warmup_steps=0.1, neftune_noise_alpha=0, weight_decay=0.1,
        learning_rate=1e-3, packing=arguments.packing, steps=arguments.steps, checkpoint_every=10_000,
    )  # fmt: skip
    plan = BatchPlan(
        rows, packing=arguments.packing, max_length=arguments.length, batch_size=arguments.batch_size, seed=0,
        batches=arguments.steps,
    )  # fmt: skip
    losses: list[float] = []
    ends: list[float] = []  # CPU-seconds at the end of each step

    def step_ends() -> None:
        ends.append(time.process_time())

    if way == "products":
        products(model, plan.tokens() // arguments.steps, arguments, step_ends)
    elif way == "ours":

        class Clocked(Work):
            @contextmanager
            def progress(self, title: str, total: float) -> Iterator[Progress]:
                with super().progress(title, total) as bar:

                    class Clock:
                        def advance(self, steps: float = 1, note: str = "") -> None:
                            if steps:
                                step_ends()
                            bar.advance(steps, note)

                    yield Clock()

        log, _ = train_on_rows(
            Clocked(work.out, work.scratch, seed=0), settings, model, tokenizer, rows, name="next tokens",
            packing=arguments.packing, max_length=arguments.length, learning_rate=1e-3, epochs=1,
            steps=arguments.steps,
        )  # fmt: skip
        losses = log.losses
    else:
        losses = peer(model, tokenizer, rows, plan, arguments, scratch, step_ends)
    tokens = sum(lengths(plan)[1:])
    seconds = ends[-1] - ends[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "tokens": tokens, "losses": losses, "peak": peak}))


def lengths(plan: Any) -> list[int]:
    """Return the tokens of each step."""
    return [sum(stop - start for row in batch for start, stop in row) for batch in plan]


def peer(
    model: Any, tokenizer: Any, rows: Any, plan: Any, arguments: argparse.Namespace, scratch: Path, ends: Any
) -> list[float]:
    """Train with SFTTrainer on the rows of a plan, call `ends` at the end of each step and return the losses."""
    from datasets import Dataset
    from transformers import TrainerCallback, set_seed
    from trl import SFTConfig, SFTTrainer

    class StepEnds(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *given: Any, **named: Any) -> None:
            ends()

    taken = [row for batch in plan for row in batch]
    ids = [[int(token) for start, stop in row for token in rows.tokens[start:stop]] for row in taken]
    columns: dict[str, Any] = {"input_ids": ids}
    options: dict[str, Any] = {"gradient_checkpointing": not arguments.no_checkpointing}
    options["max_length"] = arguments.length
    if arguments.packing == "best_fit":  # packed as ours, so TRL has nothing to prepare
        columns |= {"labels": ids, "seq_lengths": [[stop - start for start, stop in row] for row in taken]}
        options |= {"padding_free": True, "max_length": None, "dataset_kwargs": {"skip_prepare_dataset": True}}
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(scratch / "trl"), use_cpu=True, bf16=False,
            per_device_train_batch_size=arguments.batch_size, learning_rate=1e-3, lr_scheduler_type="cosine",
            warmup_steps=0.1, weight_decay=0.1, max_steps=arguments.steps, logging_steps=1, save_strategy="no",
            report_to="none", seed=0, disable_tqdm=True, dataloader_pin_memory=False,
            train_sampling_strategy="sequential", **options,
        ),
        train_dataset=Dataset.from_dict(columns),
        processing_class=tokenizer,
        callbacks=[StepEnds()],
    )  # fmt: skip
    set_seed(0)
    trainer.train()
    return [float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]


def together(ways: tuple[str, ...], place: str) -> list[tuple[str, dict[str, Any]]]:
    """Run ways at the same time, each in a process of its own, and return what each says."""
    started = []
    for way in ways:
        shutil.rmtree(f"{place}/scratch-{way}", ignore_errors=True)
        command = [sys.executable, __file__, *sys.argv[1:], "--way", way, "--folder", place]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    said = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        sys.exit("a training failed")
    return [(way, json.loads(lines.strip().splitlines()[-1])) for way, lines in zip(ways, said, strict=True)]


def products(model: Any, tokens: int, arguments: argparse.Namespace, ends: Any) -> None:
    """Do the matrix products and the attention of all steps, forward and backward; call `ends` after each step."""
    import torch

    config = model.config
    heads, size = config.num_attention_heads, config.hidden_size // config.num_attention_heads
    linear = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    given = {m.in_features: torch.randn(tokens, m.in_features) for m in linear}
    back = {m.out_features: torch.randn(tokens, m.out_features) for m in linear}
    shape = (max(1, tokens // arguments.length), heads, arguments.length, size)
    attended = [torch.randn(shape, requires_grad=True) for _ in range(3)]
    answer = torch.randn(shape)
    for _ in range(arguments.steps):
        for layer in linear:
            weight, into, out = layer.weight.detach(), given[layer.in_features], back[layer.out_features]
            into @ weight.T
            out @ weight
            out.T @ into
        for _ in range(config.num_hidden_layers):
            torch.nn.functional.scaled_dot_product_attention(*attended, is_causal=True).backward(answer)
        ends()


def main() -> None:
    """Print a row for each shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--shapes", default="5m,30m")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--packing", choices=("wrapped", "best_fit"), default="wrapped")
    parser.add_argument("--no-checkpointing", action="store_true", help="for SFTTrainer; it is its default")
    parser.add_argument("--in-turns", action="store_true", help="one way after the other")
    parser.add_argument("--way", default="")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.way:
        scratch = arguments.folder / f"scratch-{arguments.way}"
        train(arguments.way, arguments.folder / "model", arguments.documents, arguments, scratch)
        return
    print(
        "model  steps  way         tokens per CPU-s  peak MiB  times SFTTrainer  largest difference of a step's loss"
    )
    for shape in arguments.shapes.split(","):
        best: dict[str, dict[str, Any]] = {}
        with tempfile.TemporaryDirectory() as place:
            prepare(Path(place) / "model", arguments.documents, shape)
            for _ in range(arguments.repeats):
                for group in [(way,) for way in WAYS] if arguments.in_turns else [WAYS]:
                    for way, found in together(group, place):
                        if way not in best or found["seconds"] < best[way]["seconds"]:
                            best[way] = found
        speed = {way: best[way]["tokens"] / best[way]["seconds"] for way in WAYS}
        pairs = zip(best["ours"]["losses"], best["SFTTrainer"]["losses"], strict=True)
        difference = max(abs(a - b) for a, b in pairs)
        for way in WAYS:
            last = f"{speed[way] / speed['SFTTrainer']:16.2f}" + (f"  {difference:.4f}" if way == "ours" else "")
            peak = best[way]["peak"]
            print(f"{shape:6} {arguments.steps:5}  {way:11} {speed[way]:16,.0f}  {peak:8,.0f}  {last}", flush=True)


if __name__ == "__main__":
    main()
