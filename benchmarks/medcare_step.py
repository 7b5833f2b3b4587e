"""One training step of MedCare's stage 1 against plain LoRA of the same trainable size, and the published form.

Forward and backward through the same model with the same tokens, alternating in one process; CPU-seconds (on an
accelerator, its own time) and the bytes that are kept for the backward pass, the model's weights left out. The
published form is written from the formulas: every expert answers every token, the answers are stacked and weighed.

    OMP_NUM_THREADS=1 python benchmarks/medcare_step.py [--hidden 512] [--layers 2] [--tokens 1024] [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import Qwen2Config, Qwen2ForCausalLM

from polyclinic.adapters.knowledge import KnowledgeShape, attach_knowledge
from polyclinic.adapters.noise import ADAPTER, NoiseShape, attach_noise, lora_layers
from polyclinic.adapters.projections import find_projections

SHAPE = NoiseShape()


def base(hidden: int, layers: int) -> Any:
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=4096, hidden_size=hidden, intermediate_size=int(hidden * 2.6875), num_hidden_layers=layers,
        num_attention_heads=8, num_key_value_heads=8, pad_token_id=0, bos_token_id=None, eos_token_id=1,
    )  # fmt: skip
    return Qwen2ForCausalLM(config)


def stage_one(hidden: int, layers: int) -> Any:
    model = base(hidden, layers)
    found = find_projections(model, "benchmark")
    made = attach_knowledge(model, found, KnowledgeShape(dropout=0.0), 0, "benchmark")
    attach_noise(made, found.ffn, SHAPE, torch.Generator().manual_seed(0))
    return made


class Stacked:
    """The published form: all experts' outputs stacked, [tokens, experts, d_out], weighed by the gates."""

    def forward(self, module: Any, active_adapter: str, x: Any, result: Any, **given: Any) -> Any:
        a, b = module.lora_A[active_adapter], module.lora_B[active_adapter]
        made = result + b(a(module.lora_dropout[active_adapter](x))) * module.scaling[active_adapter]
        if active_adapter not in module.lora_router:
            return made
        share = torch.softmax(module.lora_router[active_adapter](x), dim=-1)
        best, chosen = share.topk(SHAPE.top_k, dim=-1)
        best = best / best.sum(-1, keepdim=True)
        noise_a, noise_b = module.lora_noise_A[active_adapter].weight, module.lora_noise_B[active_adapter].weight
        answers = torch.stack(
            [
                x @ noise_a[r : r + SHAPE.rank].T @ noise_b[:, r : r + SHAPE.rank].T * SHAPE.scale
                for r in range(0, SHAPE.experts * SHAPE.rank, SHAPE.rank)
            ],
            dim=-2,
        )
        places = chosen.unsqueeze(-1).expand(*chosen.shape, answers.shape[-1])
        return made + (answers.gather(-2, places) * best.unsqueeze(-1)).sum(-2)


def stacked(hidden: int, layers: int) -> Any:
    model = stage_one(hidden, layers)
    for layer in lora_layers(model).values():
        layer.lora_variant[ADAPTER] = Stacked()
    return model


def plain(hidden: int, layers: int, wanted: int) -> Any:
    """LoRA on the same layers, attention of rank 16, the FFN of the rank that comes next to the trainable size."""
    attention, ffn = ["q_proj", "k_proj", "v_proj", "o_proj"], ["gate_proj", "up_proj", "down_proj"]
    inner = int(hidden * 2.6875)
    rank = round((wanted - layers * 4 * 16 * 2 * hidden) / (layers * 3 * (hidden + inner)))
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, rank_pattern=dict.fromkeys(attention, 16),
        alpha_pattern=dict.fromkeys(attention, 32), target_modules=attention + ffn, task_type="CAUSAL_LM",
    )  # fmt: skip
    return get_peft_model(base(hidden, layers), config)


def trainable(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def kept_bytes(model: Any, ids: torch.Tensor) -> int:
    """Return the bytes that the forward pass keeps for the backward pass, parameters left out, each storage once."""
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, tuple[int, Any]] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = model(ids, labels=ids).loss
    total = sum(size for size, _ in kept.values())
    del loss
    return total


def step(model: Any, ids: torch.Tensor) -> float:
    """Return the seconds of a forward and backward pass."""
    model.zero_grad(set_to_none=True)
    on_device = ids.is_cuda
    clock: Callable[[], float] = time.perf_counter if on_device else time.process_time
    if on_device:
        torch.cuda.synchronize()
    start = clock()
    model(ids, labels=ids).loss.backward()
    if on_device:
        torch.cuda.synchronize()
    return clock() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    ours = stage_one(given.hidden, given.layers)
    models = {
        "plain LoRA": plain(given.hidden, given.layers, trainable(ours)),
        "stage 1": ours,
        "published, stacked": stacked(given.hidden, given.layers),
    }
    ids = torch.randint(2, 4096, (4, given.tokens // 4), generator=torch.Generator().manual_seed(0)).to(device)
    times: dict[str, list[float]] = {name: [] for name in models}
    kept = {name: kept_bytes(model.to(device).train(), ids) for name, model in models.items()}
    for number in range(given.rounds + 1):
        for name, model in models.items():
            seconds = step(model, ids)
            if number:  # the first warms up
                times[name].append(seconds)
    print(
        f"hidden {given.hidden}, {given.layers} layers, {given.tokens} tokens, {device}, "
        f"{torch.get_num_threads()} threads"
    )
    print("| form | trainable | seconds | ratio | kept for backward | ratio |")
    print("|---|---|---|---|---|---|")
    for name, model in models.items():
        ratio = statistics.median(a / b for a, b in zip(times[name], times["plain LoRA"], strict=True))
        print(
            f"| {name} | {trainable(model):,} | {statistics.median(times[name]):.3f} | {ratio:.2f} | "
            f"{kept[name] / 2**20:.1f} MiB | {kept[name] / kept['plain LoRA']:.2f} |"
        )


if __name__ == "__main__":
    main()
