"""Checkpoints of MedCare's published code, taken in as adapters."""

from __future__ import annotations

from pydantic import Field

from polyclinic.step_settings import Model, Settings, SourcePath
from polyclinic.steps import Work, step_kind


class MedcareImportSettings(Settings):
    """Settings of train.medcare_import."""

    model: Model = Field(description="the base the checkpoint was trained on; for stage 2 with attention merged in")
    checkpoint: SourcePath = Field(
        description="folder with adapter_config.json, non_lora_trainables.bin and the LoRA on attention"
    )
    top_k: int = Field(2, ge=1, le=256, description="experts that one token goes to; the checkpoint does not say")


@step_kind("train.medcare_import", MedcareImportSettings, output="adapter", version=1, packages=("torch", "peft"))
def medcare_import(settings: MedcareImportSettings, work: Work) -> None:
    """Take in a checkpoint of MedCare's published code, stage 1 or 2; pickles are read as tensors only."""
    from polyclinic.adapters.low_rank import check_fit, side_by_side, write_pairs
    from polyclinic.adapters.noise_folder import write_noise
    from polyclinic.adapters.parts import write_parts
    from polyclinic.adapters.published import read_published
    from polyclinic.train.finish import load_for_training

    found = read_published(settings.checkpoint, settings.top_k)
    model, _ = load_for_training(settings.model)
    place = str(settings.checkpoint)
    for pairs in (found.attention, found.knowledge, found.aligner):
        check_fit(model, pairs, place)
    write_pairs(work.out, {**found.attention, **side_by_side(found.knowledge, found.aligner)}, settings.model)
    ranks = {m: found.knowledge[m].rank if m in found.knowledge else 0 for m in found.aligner}
    attention = tuple(sorted({module.rpartition(".")[2] for module in found.attention}))
    write_parts(work.out, found.stage, attention, ranks)
    if found.noise is not None:
        write_noise(work.out, found.noise, kept=False)
    work.facts.update(stage=found.stage, adapted_layers=len(found.attention) + len(found.knowledge))
