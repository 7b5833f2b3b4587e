"""Training on an accelerator: how much of its speed is used, and how much memory, beside plain TRL.

    python benchmarks/train_gpu.py                 # one accelerator, a Llama-shaped model of 1 B parameters
    python benchmarks/train_gpu.py --smoke         # the same on a processor with a tiny model: no figure to quote

Needs torch 2.11 or newer and transformers 5.17 or newer. Nothing is downloaded: weights and tokens are random. In one
run it prints

- the ceiling: operations per second of a large bfloat16 matrix product on this device;
- MFU of continual pre-training (train.dapt's own loop: bfloat16, documents packed, wrapped) against that ceiling and
  against the maker's peak where it is known. Operations are 6 for each weight a token is multiplied with and 6 L h s
  for causal attention (see `polyclinic.train.memory`), so what is computed twice does not count;
- peak memory of full fine-tuning and of LoRA, ours and SFTTrainer's with the same batch, each in a process of its
  own, and what `polyclinic plan` would have said.

Rows alternate between ours and the peer. --out writes them as JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# A 1 B Llama: the shapes of Llama 3.2 1B with a vocabulary of 32,768.
LARGE = {"hidden": 2048, "inner": 8192, "layers": 16, "heads": 32, "key_values": 8, "vocabulary": 32768}
TINY = {"hidden": 64, "inner": 160, "layers": 2, "heads": 4, "key_values": 2, "vocabulary": 512}
WARM = 3  # steps before the clock


def main() -> None:
    """Print one line of JSON for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--rows", type=int, default=4, help="rows of a micro-batch")
    parser.add_argument("--length", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    shape = TINY if given.smoke else LARGE
    rows, length = (2, 64) if given.smoke else (given.rows, given.length)
    found: list[dict[str, Any]] = []

    def say(row: dict[str, Any]) -> None:
        found.append(row)
        print(json.dumps(row), flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart(write_model, folder / "model", shape, max(length, 128))
        ceiling = apart(matrix_ceiling, given.smoke)
        say({"what": "ceiling", **ceiling})
        for who, lora in ((w, lora) for lora in (False, True) for w in ("polyclinic", "trl")):
            measured = apart(train, who, folder, rows, length, given.steps, lora)
            shares = {
                "mfu_of_ceiling": round(measured.pop("operations_per_second") / ceiling["operations_per_second"], 4)
            }
            say(
                {"what": "lora" if lora else "full", "who": who, "rows": rows, "length": length, **measured, **shares}
            )
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def apart(function: Any, *given: Any) -> Any:
    """Run a function in a process of its own, so that its memory is its own, and return its answer."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_answer, args=(there, function, given))
    process.start()
    there.close()
    try:
        answer = here.recv()
    except EOFError:
        process.join()
        sys.exit(f"{function.__name__} ended with {process.exitcode}")
    process.join()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _answer(pipe: Any, function: Any, given: tuple[Any, ...]) -> None:
    try:
        pipe.send(function(*given))
    except Exception as error:
        import traceback

        traceback.print_exc()
        pipe.send(RuntimeError(str(error)))


def write_model(folder: Path, shape: dict[str, int], positions: int) -> None:
    """Write a model of random weights with a tokenizer that knows single characters."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    config = LlamaConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["hidden"],
        intermediate_size=shape["inner"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["key_values"],
        max_position_embeddings=positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=1,
    )
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.device(device):
        model = LlamaForCausalLM(config)
    model.cpu().save_pretrained(folder)
    words = Tokenizer(WordLevel({"<|endoftext|>": 0, "<pad>": 1, "a": 2}, unk_token="a"))
    PreTrainedTokenizerFast(
        tokenizer_object=words, eos_token="<|endoftext|>", pad_token="<pad>", unk_token="a"
    ).save_pretrained(folder)


def matrix_ceiling(smoke: bool) -> dict[str, Any]:
    """Return the operations per second of a matrix product in bfloat16: the best of several sizes and tries."""
    import torch

    cuda = torch.cuda.is_available()
    device = "cuda" if cuda else "cpu"
    best = 0.0
    for size in (256,) if smoke else (4096, 8192, 16384):
        left = torch.randn(size, size, device=device, dtype=torch.bfloat16)
        right = torch.randn(size, size, device=device, dtype=torch.bfloat16)
        for _ in range(3):
            left @ right
        for _ in range(5):
            settle()
            began = time.perf_counter()
            for _ in range(10):
                left @ right
            settle()
            best = max(best, 10 * 2 * size**3 / (time.perf_counter() - began))
    name = torch.cuda.get_device_name() if cuda else "processor"
    return {
        "device": name,
        "operations_per_second": best,
        "teraflops": round(best / 1e12, 3),
        "torch": torch.__version__,
    }


def settle() -> None:
    """Wait until the device has done what it was given."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def train(who: str, folder: Path, rows: int, length: int, steps: int, lora: bool) -> dict[str, Any]:
    """Train on random tokens and return speed and peak memory; the clock leaves out the first steps."""
    import torch

    from polyclinic.train.memory import StepSize, lora_weights, memory_needed, operations_per_token, shapes_of

    shapes = shapes_of(folder / "model")
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    run = ours if who == "polyclinic" else peer
    clock = run(folder, rows, length, steps, lora)
    tokens = rows * length * (steps - WARM)
    trained = lora_weights(shapes, 16) if lora else None
    # With LoRA the base lies in bfloat16 on an accelerator; TRL has it as it was loaded, in float32.
    held = lora and cuda and who == "polyclinic"
    size = StepSize(rows, length, half=True, trained=trained, on_processor=not cuda, base_half=held)
    speed = tokens / clock
    said = sum(memory_needed(shapes, size).values()) / 2**30
    return {
        "parameters": shapes.weights,
        "tokens_per_second": round(speed, 1),
        "operations_per_second": speed * operations_per_token(shapes, size),
        "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2) if cuda else None,
        "reserved_gib": round(torch.cuda.max_memory_reserved() / 2**30, 2) if cuda else None,
        "plan_says_gib": round(said, 2),
    }


def ours(folder: Path, rows: int, length: int, steps: int, lora: bool) -> float:
    """Run the loop of train.dapt on random tokens; returns the seconds of the steps that count."""
    import numpy as np

    from polyclinic.steps import Work
    from polyclinic.train.dapt import DaptSettings
    from polyclinic.train.language_modeling import train_on_rows
    from polyclinic.train.lora import load_trainable
    from polyclinic.train.token_rows import write_token_rows

    scratch = Path(tempfile.mkdtemp(dir=folder))
    (scratch / "out").mkdir()
    work = Work(scratch / "out", scratch, seed=0)
    settings = DaptSettings(
        model=folder / "model", documents=[folder / "model"], max_length=length, batch_size=rows,
        gradient_accumulation=1, warmup_steps=0, neftune_noise_alpha=0, checkpoint_every=10**6,
        lora={"rank": 16} if lora else None,  # type: ignore[arg-type]
    )  # fmt: skip
    model, tokenizer = load_trainable(settings, 0)
    random = np.random.default_rng(0)
    found = write_token_rows(
        scratch / "tokens", (random.integers(2, model.config.vocab_size, length) for _ in range(rows))
    )
    log, _ = train_on_rows(
        work, settings, model, tokenizer, found, name="benchmark", packing="wrapped", max_length=length,
        learning_rate=1e-5, epochs=1, steps=steps,
    )  # fmt: skip
    return log.seconds[-1] - log.seconds[WARM - 1]


def peer(folder: Path, rows: int, length: int, steps: int, lora: bool) -> float:
    """Run SFTTrainer with its defaults on the same tokens; returns the seconds of the steps that count."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    random = torch.Generator().manual_seed(0)
    ids = torch.randint(2, model.config.vocab_size, (rows * steps, length), generator=random)
    times: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            settle()
            times.append(time.perf_counter())

    arguments = SFTConfig(
        output_dir=tempfile.mkdtemp(dir=folder), max_steps=steps, per_device_train_batch_size=rows, bf16=True,
        use_cpu=not torch.cuda.is_available(), gradient_checkpointing=False, max_length=length, report_to="none",
        save_strategy="no", logging_strategy="no", disable_tqdm=True, learning_rate=1e-5,
        dataloader_pin_memory=torch.cuda.is_available(), dataset_kwargs={"skip_prepare_dataset": True},
    )  # fmt: skip
    adapter = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM") if lora else None
    trainer = SFTTrainer(
        model=model, args=arguments,
        train_dataset=Dataset.from_dict({"input_ids": ids.tolist(), "labels": ids.tolist()}),
        processing_class=AutoTokenizer.from_pretrained(folder / "model"), callbacks=[Clock()], peft_config=adapter,
    )  # fmt: skip
    trainer.train()
    return times[-1] - times[WARM - 1]


if __name__ == "__main__":
    main()
