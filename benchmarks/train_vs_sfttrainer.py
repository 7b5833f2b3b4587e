"""Continual pre-training: train.dapt's loop against TRL's SFTTrainer, side by side in one run.

Both train the same Llama-shaped model from the same weights on the same full rows in the same order, with the same
optimizer, schedule and seed, one thread, float32. SFTTrainer has its defaults but for what a CPU asks for (no bf16,
no gradient checkpointing; `--checkpointing` leaves the latter on, as it is by default, which makes it slower). Each
training runs in a process of its own; they alternate. Counted are the CPU-seconds of the training without imports
and loading; of the repeats the best is taken. The losses of every step are compared.

    python benchmarks/train_vs_sfttrainer.py --documents FILE --repeats 2
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
SHAPES = {"5m": (256, 704, 4, 4), "30m": (512, 1408, 9, 8)}  # hidden, inner, layers, heads
WAYS = ("ours", "SFTTrainer")


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
    from polyclinic.steps import Work
    from polyclinic.train.batches import BatchPlan, collate
    from polyclinic.train.dapt import DaptSettings
    from polyclinic.train.language_modeling import document_rows, padding_token, train_on_rows

    torch.set_num_threads(1)
    (scratch / "out").mkdir(parents=True)
    work = Work(scratch / "out", scratch, seed=0)
    model, tokenizer = load_model(model_folder), load_tokenizer(model_folder)
    rows = document_rows(work, tokenizer, [documents])
    settings = DaptSettings(
        model=model_folder, documents=[documents], batch_size=arguments.batch_size, gradient_accumulation=1,
        max_length=arguments.length, precision="float32", warmup_steps=0.1, neftune_noise_alpha=0, weight_decay=0.1,
        learning_rate=1e-3, packing="wrapped", steps=arguments.steps, checkpoint_every=10_000,
    )  # fmt: skip
    plan = BatchPlan(
        rows, packing="wrapped", max_length=arguments.length, batch_size=arguments.batch_size, seed=0,
        batches=arguments.steps,
    )  # fmt: skip
    if way == "ours":
        begun = time.process_time()
        log, _ = train_on_rows(
            work, settings, model, tokenizer, rows, name="next tokens", packing="wrapped",
            max_length=arguments.length, learning_rate=1e-3, epochs=1, steps=arguments.steps,
        )  # fmt: skip
        seconds, losses = time.process_time() - begun, log.losses
    else:
        from datasets import Dataset
        from transformers import set_seed
        from trl import SFTConfig, SFTTrainer

        pad = padding_token(tokenizer)
        data = Dataset.from_dict(
            {"input_ids": [ids for b in plan for ids in collate(rows, b, pad, isolated=False)["input_ids"].tolist()]}
        )
        options: dict[str, Any] = {"gradient_checkpointing": arguments.checkpointing}
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(
                output_dir=str(scratch / "trl"), use_cpu=True, bf16=False, max_length=arguments.length,
                per_device_train_batch_size=arguments.batch_size, learning_rate=1e-3, lr_scheduler_type="cosine",
                warmup_steps=0.1, weight_decay=0.1, max_steps=arguments.steps, logging_steps=1, save_strategy="no",
                report_to="none", seed=0, disable_tqdm=True, dataloader_pin_memory=False,
                train_sampling_strategy="sequential", **options,
            ),
            train_dataset=data,
            processing_class=tokenizer,
        )  # fmt: skip
        set_seed(0)
        begun = time.process_time()
        trainer.train()
        seconds = time.process_time() - begun
        losses = [float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]
    tokens = arguments.steps * arguments.batch_size * arguments.length
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "tokens": tokens, "losses": losses, "peak": peak}))


def main() -> None:
    """Print a row for each shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--shapes", default="5m,30m")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--way", default="")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.way:
        train(arguments.way, arguments.folder / "model", arguments.documents, arguments, arguments.folder / "scratch")
        return
    print("model  steps  way         tokens per CPU-s  peak MiB  ratio  largest difference of a step's loss")
    for shape in arguments.shapes.split(","):
        best: dict[str, dict[str, Any]] = {}
        with tempfile.TemporaryDirectory() as place:
            prepare(Path(place) / "model", arguments.documents, shape)
            for _ in range(arguments.repeats):
                for way in WAYS:
                    subprocess.run(["rm", "-rf", f"{place}/scratch"], check=True)
                    command = [sys.executable, __file__, *sys.argv[1:], "--way", way, "--folder", place]
                    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                    found = json.loads(done.stdout.strip().splitlines()[-1])
                    if way not in best or found["seconds"] < best[way]["seconds"]:
                        best[way] = found
        speed = {way: best[way]["tokens"] / best[way]["seconds"] for way in WAYS}
        pairs = zip(best["ours"]["losses"], best["SFTTrainer"]["losses"], strict=True)
        difference = max(abs(a - b) for a, b in pairs)
        for way in WAYS:
            last = f"{speed['ours'] / speed['SFTTrainer']:.2f}   {difference:.4f}" if way == "ours" else ""
            peak = best[way]["peak"]
            print(f"{shape:6} {arguments.steps:5}  {way:11} {speed[way]:16,.0f}  {peak:8,.0f}  {last}", flush=True)


if __name__ == "__main__":
    main()
