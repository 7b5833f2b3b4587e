from __future__ import annotations

from pathlib import Path
from typing import Any

from several_processes import kill_in

from polyclinic.train import dpo, sft

FAST: dict[str, Any] = {"precision": "float32", "gradient_accumulation": 1, "warmup_steps": 1, "batch_size": 4,
                        "learning_rate": 1e-2}  # fmt: skip


def test_a_killed_dpo_of_an_adapter_ends_with_the_undisturbed_adapter(
    data: Path, model: Path, tmp_path: Path
) -> None:
    adapter = sft(out=tmp_path / "a", model=model, samples=data / "instructions", lora={"rank": 2}, steps=2, **FAST)
    fields = {"model": model, "preferences": data / "preferences", "adapter": adapter, "lora": {}, **FAST,
              "checkpoint_every": 2}  # fmt: skip
    whole = dpo(out=tmp_path / "whole", seed=7, **fields)
    kill_in("train.dpo", fields, tmp_path / "out", "torch:Tensor.backward", 6)
    made = dpo(out=tmp_path / "out", seed=7, **fields)
    for name in ("adapter_model.safetensors", "adapter_config.json", "base.json"):
        assert (made / name).read_bytes() == (whole / name).read_bytes()
