"""Training with LoRA (Hu et al., arXiv 2106.09685), and going on from an adapter: what every kind shares.

Low-rank matrices beside the linear layers are trained, the model itself stays as it is. The result is an adapter in
PEFT's layout with the base's fingerprint beside it, or, when asked for, the model with the adapter multiplied in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from polyclinic.adapter_folder import check_base, put_adapter, read_adapter_config, save_adapter
from polyclinic.errors import UserError, did_you_mean
from polyclinic.step_settings import Adapter, Model
from polyclinic.steps import Work
from polyclinic.train import processes
from polyclinic.train.finish import load_for_training, note_held_out, write_trained
from polyclinic.train.lora_settings import ALL, LoraSettings
from polyclinic.train.settings import TrainingSettings
from polyclinic.train.trainer_run import quiet_libraries
from polyclinic.train.training_log import TrainingLog, write_training_log

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

GROUPS = {"attention": ("attn", "attention"), "mlp": ("mlp", "feed_forward", "ffn")}
FUSED = {
    **dict.fromkeys(("q_proj", "k_proj", "v_proj"), "qkv_proj"),
    **dict.fromkeys(("gate_proj", "up_proj"), "gate_up_proj"),
}


class AdaptableSettings(TrainingSettings):
    """The settings of a training that changes the whole model or an adapter on it."""

    model: Model = Field(description="the model to go on from")
    adapter: Adapter | None = Field(
        None,
        description="an adapter of the model to go on from; with lora it is trained further, without it is "
        "multiplied in and the whole model is trained",
    )
    lora: LoraSettings | None = Field(
        None, description="train low-rank matrices instead of the whole model; {} for the defaults"
    )

    @model_validator(mode="after")
    def _base_fits(self) -> Self:
        if self.lora is not None and self.lora.base_precision == "bfloat16" and self.precision != "bfloat16":
            raise ValueError(f"lora.base_precision: bfloat16 goes with precision: bfloat16, not {self.precision}")
        return self


def output_of(settings: AdaptableSettings) -> str:
    """Return what a training makes: a model or an adapter."""
    return settings.lora.output if settings.lora is not None else "model"


def check_inputs(settings: AdaptableSettings) -> None:
    """Check before anything runs that the adapter is one of the model. Raises UserError."""
    if settings.adapter is None:
        return
    given = [str(path) for path in (settings.adapter, settings.model)]
    if not any(path.startswith("$") for path in given):
        check_base(settings.adapter, settings.model)


def load_trainable(settings: AdaptableSettings, seed: int) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model as it is to be trained: whole, with new low-rank matrices, or with those of an adapter.

    Matrices begin as the seed says. Raises UserError when model, tokenizer and adapter do not fit together or when
    `target_modules` names a layer the model lacks.
    """
    import torch

    check_inputs(settings)
    lora = settings.lora
    held = lora.base_type(settings.precision, torch.cuda.is_available()) if lora is not None else "float32"
    model, tokenizer = load_for_training(settings.model, held)
    if settings.adapter is not None:
        with quiet_libraries():
            adapted = put_adapter(model, settings.adapter, trainable=lora is not None)
            if lora is None:
                whole: PreTrainedModel = adapted.merge_and_unload().requires_grad_(True)
                return whole, tokenizer
        _check_same(settings.adapter, lora, adapted.get_base_model())
        adapted.peft_config["default"].base_model_name_or_path = str(settings.model)
        return adapted, tokenizer
    return (model if lora is None else with_lora(model, lora, seed, settings.model)), tokenizer


def with_lora(model: PreTrainedModel, lora: LoraSettings, seed: int, base: Path) -> PreTrainedModel:
    """Return the model with new low-rank matrices beside its layers; only they are trained."""
    import torch
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha if lora.alpha % 1 else int(lora.alpha),
        lora_dropout=lora.dropout,
        use_rslora=lora.rank_stabilized,
        use_dora=lora.dora,
        target_modules=target_names(model, lora.target_modules, str(base)),
        base_model_name_or_path=str(base),
    )
    with torch.random.fork_rng(devices=[]), quiet_libraries():
        torch.manual_seed(seed)
        made: PreTrainedModel = get_peft_model(model, config)
    # A folder that is there keeps PEFT from asking a hub when it writes a checkpoint.
    made.peft_config["default"].base_model_name_or_path = str(base)
    return made


def target_names(model: PreTrainedModel, wanted: Sequence[str], place: str = "the model") -> list[str]:
    """Return the names, as PEFT takes them, of the layers that `wanted` means in this architecture, sorted.

    `all-linear` is every linear layer but the output head, `attention` and `mlp` those of these blocks, anything else
    a layer's own name. Raises UserError when one of them matches nothing.
    """
    linear = _linear_layers(model)
    leaves = sorted({name.rpartition(".")[2] for name in linear})
    found: set[str] = set()
    for name in wanted:
        if name == ALL:
            hits = set(linear)
        elif name in GROUPS:
            hits = {n for n in linear if any(part in n.rpartition(".")[0].split(".")[-1] for part in GROUPS[name])}
        else:
            hits = {n for n in linear if n == name or n.endswith(f".{name}")}
        if not hits:
            hint = f"; here it is part of {FUSED[name]}" if FUSED.get(name) in leaves else did_you_mean(name, leaves)
            raise UserError(
                f"lora.target_modules: {name} is no layer of {place}{hint}; it has {', '.join(leaves)}, and "
                f"{ALL}, {' and '.join(GROUPS)} name groups of them"
            )
        found |= hits
    others = set(linear) - found
    return sorted({_shortest(hit, others) for hit in found})


def merged(model: PreTrainedModel, base: Path) -> PreTrainedModel:
    """Return the model with its adapter multiplied in, weights float32.

    A base that lies in memory in half precision is read again: what it was rounded by is no part of the result.
    """
    import torch

    if all(p.dtype == torch.float32 for p in model.parameters()):
        whole: PreTrainedModel = model.merge_and_unload()
        return whole
    from peft import get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict

    exact, _ = load_for_training(base)
    with quiet_libraries():
        again = get_peft_model(exact, model.peft_config["default"])
    set_peft_model_state_dict(again, get_peft_model_state_dict(model, save_embedding_layers=False))
    again.get_base_model().generation_config = model.get_base_model().generation_config
    whole = again.merge_and_unload()
    return whole


def write_result(
    work: Work,
    settings: AdaptableSettings,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    logs: Sequence[TrainingLog],
) -> None:
    """Write what was trained, model or adapter, with its training log and facts."""
    work.facts["trained_parameters"] = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if settings.lora is not None:
        work.facts["base_precision"] = str(model.get_input_embeddings().weight.dtype).removeprefix("torch.")
    if settings.lora is None or settings.lora.output == "model":
        if settings.lora is not None:
            model = merged(model, settings.model)
        write_trained(work, settings, settings.model, model, tokenizer, logs)
        return
    work.facts["steps"] = sum(log.steps for log in logs)
    work.facts["parameters"] = sum(p.numel() for p in model.parameters())
    work.facts["final_loss"] = round(logs[-1].final_loss(), 4)
    note_held_out(work, logs)
    if not processes.is_first():
        return
    if settings.output_dtype == "bfloat16":
        import torch

        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.to(torch.bfloat16)
    with quiet_libraries():
        save_adapter(work.out, model, settings.model)
    write_training_log(work.out, logs, settings.log_every)


def _linear_layers(model: PreTrainedModel) -> dict[str, torch.nn.Module]:
    import torch
    from transformers.pytorch_utils import Conv1D

    head = model.get_output_embeddings()
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, (torch.nn.Linear, Conv1D)) and module is not head
    }


def _shortest(layer: str, others: Collection[str]) -> str:
    """Return as little of a layer's name as tells it from `others`: those who load adapters expect the last part."""
    parts = layer.split(".")
    names = [".".join(parts[-count:]) for count in range(1, len(parts) + 1)]
    return next(name for name in names if not any(_named(other, name) for other in others))


def _named(layer: str, name: str) -> bool:
    return layer == name or layer.endswith(f".{name}")


def _check_same(adapter: Path, lora: LoraSettings, base: PreTrainedModel) -> None:
    """Check that what was asked for of an adapter that is trained further is what it is. Raises UserError."""
    config = read_adapter_config(adapter)
    kept = {
        "rank": config.get("r"),
        "alpha": config.get("lora_alpha"),
        "dropout": config.get("lora_dropout"),
        "rank_stabilized": bool(config.get("use_rslora")),
        "dora": bool(config.get("use_dora")),
    }
    for name, value in kept.items():
        if name in lora.model_fields_set and getattr(lora, name) != value:
            raise UserError(
                f"lora.{name}: {getattr(lora, name)}, but {adapter}, which is trained further, has {value}; leave "
                "the field out, or leave `adapter` out to begin a new one"
            )
    if "target_modules" in lora.model_fields_set:
        raise UserError(
            f"lora.target_modules: {adapter}, which is trained further, has its layers already; leave the field out"
        )
