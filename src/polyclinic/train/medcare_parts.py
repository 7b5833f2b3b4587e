"""Some parts of a MedCare adapter, as an adapter or merged into the model: what each of them does is seen so.

Parts: attention, knowledge (the FFN's), aligner (after stage 2), noise (after stage 1). The paper's variants are
selections: `attention, knowledge` is the adapter as it is used, all four of stage 1 keep the noise.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from polyclinic.adapter_folder import check_base
from polyclinic.adapters.parts import Part
from polyclinic.errors import UserError
from polyclinic.step_settings import Adapter, Model, Settings
from polyclinic.steps import Work, step_kind


class MedcarePartsSettings(Settings):
    """Settings of train.medcare_parts."""

    model: Model = Field(description="the base the adapter was trained on")
    adapter: Adapter = Field(description="an adapter of train.medcare_knowledge, medcare_align or medcare_import")
    parts: list[Part] = Field(min_length=1, description="what is taken: attention, knowledge, aligner, noise")
    output: Literal["adapter", "model"] = Field(
        "adapter", description="adapter: a standard LoRA of these parts; model: merged into the weights"
    )


def check_parts(settings: MedcarePartsSettings) -> None:
    """Check that the adapter is the model's, and that noise is not to be merged. Raises UserError."""
    if settings.output == "model" and "noise" in settings.parts:
        raise UserError(
            "parts: noise cannot be merged into a model: which of its experts count differs from token to token; "
            "leave it out, or take output adapter"
        )
    given = [str(path) for path in (settings.adapter, settings.model)]
    if not any(path.startswith("$") for path in given):
        check_base(settings.adapter, settings.model)


@step_kind(
    "train.medcare_parts",
    MedcarePartsSettings,
    output="adapter",
    output_of=lambda settings: settings.output,
    version=1,
    packages=("torch", "transformers", "peft"),
    check=check_parts,
)
def medcare_parts(settings: MedcarePartsSettings, work: Work) -> None:
    """Take parts of a MedCare adapter: attention, knowledge, aligner, noise; as an adapter or merged."""
    import torch

    from polyclinic import models
    from polyclinic.adapters.low_rank import Pair, Pairs, add_pairs, side_by_side, write_pairs
    from polyclinic.adapters.noise_folder import read_noise, write_noise
    from polyclinic.adapters.parts import read_parts, write_parts
    from polyclinic.train.chat import ChatTokens
    from polyclinic.train.finish import load_for_training
    from polyclinic.train.medcare_run import stored_dtype
    from polyclinic.train.sft import end_turns
    from polyclinic.train.trainer_run import quiet_libraries

    check_parts(settings)
    found = read_parts(settings.adapter)
    wanted: list[Part] = list(dict.fromkeys(settings.parts))
    noise = read_noise(settings.adapter) if "noise" in wanted else None
    if missing := [part for part in wanted if part != "noise" and not found[part]]:
        has = [part for part, pairs in found.items() if pairs]
        raise UserError(f"parts: {settings.adapter} has no {missing[0]}; it has {', '.join(has)}")
    taken: dict[Part, Pairs] = {part: pairs if part in wanted else {} for part, pairs in found.items()}
    pairs = {**taken["attention"], **side_by_side(taken["knowledge"], taken["aligner"])}
    work.facts.update(parts=wanted, adapted_layers=len(pairs))
    if settings.output == "model":
        model, tokenizer = load_for_training(settings.model)
        add_pairs(model, pairs, str(settings.adapter))
        model.to(getattr(torch, stored_dtype(settings.model)))
        if tokenizer.chat_template:
            end_turns(model, ChatTokens(tokenizer, settings.model).end_of_turn)
        with quiet_libraries():
            models.save_model(work.out, model, tokenizer)
        return
    if noise is not None:  # it lies in the layers of a LoRA, be it one that does nothing
        for module, (a, b) in noise.experts.items():
            if module not in pairs:
                pairs[module] = Pair(torch.zeros(1, a.shape[1]), torch.zeros(b.shape[0], 1), noise.shape.scale)
    write_pairs(work.out, pairs, settings.model)
    attention = tuple(sorted({module.rpartition(".")[2] for module in found["attention"]}))
    ranks = {m: taken["knowledge"][m].rank if m in taken["knowledge"] else 0 for m in taken["aligner"]}
    write_parts(work.out, 2 if found["aligner"] else 1, attention, ranks)
    if noise is not None:
        write_noise(work.out, noise, kept=True)
