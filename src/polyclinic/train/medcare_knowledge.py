"""MedCare stage 1: knowledge is gathered in one adapter, noise is soaked up by another that is thrown away.

Liao et al., Findings of EMNLP 2024; the layers are those of `polyclinic.adapters`. The adapter in the folder is the
knowledge, a standard LoRA; the noise lies beside it in `noise/`, where nothing loads it by chance.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from polyclinic.adapters.projections import ATTENTION, FFN, check_not_quantised
from polyclinic.step_settings import Model
from polyclinic.steps import Work, step_kind
from polyclinic.train.medcare_rows import ConversationSettings


class MedcareKnowledgeSettings(ConversationSettings):
    """Settings of train.medcare_knowledge; the defaults are the published ones, effective batch 128."""

    model: Model = Field(description="the model to teach; its own weights stay as they are")
    rank: int = Field(16, ge=1, le=4096, description="of the LoRA on attention, and of one expert")
    alpha: float = Field(32.0, gt=0, le=65536, description="every pair of matrices counts alpha / rank times")
    shared_experts: int = Field(2, ge=1, le=64, description="the knowledge on the FFN has so many times the rank")
    noise: bool = Field(True, description="soak up noise with routed experts; without, the knowledge learns alone")
    experts: int = Field(8, ge=1, le=256, description="routed experts beside each FFN projection")
    top_k: int = Field(2, ge=1, le=256, description="experts that one token goes to")
    dropout: float = Field(0.05, ge=0, lt=1, description="of the input of the LoRA on attention; the FFN has none")
    rank_stabilized: bool = Field(False, description="scale by alpha / sqrt(rank) instead (arXiv 2312.03732)")
    attention_modules: list[str] = Field(
        list(ATTENTION), min_length=1, description="names of the attention projections; those the model has are taken"
    )
    ffn_modules: list[str] = Field(
        list(FFN), min_length=1, description="names of the FFN projections; those the model has are taken"
    )
    learning_rate: float = Field(2e-4, gt=0, le=1, description="at its peak")
    epochs: float = Field(1.0, gt=0, le=1000, description="passes over the samples")
    steps: int | None = Field(None, ge=1, description="optimizer steps, instead of epochs")
    batch_size: int = Field(4, ge=1, description="rows that one device takes at once")
    gradient_accumulation: int = Field(32, ge=1, description="batches that are summed into one optimizer step")
    warmup_steps: float = Field(
        0.03, ge=0, description="steps over which the rate rises to its peak; below 1 a share of all steps"
    )
    output_dtype: Literal["float32", "bfloat16"] = Field("float32", description="type of the adapter's weights")

    @model_validator(mode="after")
    def _enough_experts(self) -> MedcareKnowledgeSettings:
        if self.noise and self.top_k > self.experts:
            raise ValueError(f"top_k: {self.top_k}, but there are {self.experts} experts")
        return self

    @property
    def scale(self) -> float:
        """What the product of a pair of matrices is multiplied with."""
        return float(self.alpha / (self.rank**0.5 if self.rank_stabilized else self.rank))


def check_knowledge(settings: MedcareKnowledgeSettings) -> None:
    """Check the model before anything runs. Raises UserError."""
    if not str(settings.model).startswith("$"):
        check_not_quantised(settings.model)


@step_kind(
    "train.medcare_knowledge",
    MedcareKnowledgeSettings,
    output="adapter",
    version=1,
    packages=("torch", "transformers", "peft"),
    check=check_knowledge,
    processes=True,
)
def medcare_knowledge(settings: MedcareKnowledgeSettings, work: Work) -> None:
    """MedCare stage 1: a knowledge adapter, with routed experts beside it that soak up noise (EMNLP 2024)."""
    import torch

    from polyclinic.adapters.aligner import lora_pairs
    from polyclinic.adapters.knowledge import KnowledgeShape, attach_knowledge
    from polyclinic.adapters.noise import NoiseShape, attach_noise, drop_noise
    from polyclinic.adapters.noise_folder import noise_of, write_noise
    from polyclinic.adapters.projections import find_projections
    from polyclinic.train import processes
    from polyclinic.train.finish import load_for_training
    from polyclinic.train.medcare_run import train_conversations, trained_facts, written_adapter

    model, tokenizer = load_for_training(settings.model)
    found = find_projections(model, str(settings.model), settings.attention_modules, settings.ffn_modules)
    shape = KnowledgeShape(settings.rank, settings.rank * settings.shared_experts, settings.scale, settings.dropout)
    adapted: Any = attach_knowledge(model, found, shape, work.seed, str(settings.model))
    if settings.noise:
        noise_shape = NoiseShape(settings.experts, settings.top_k, settings.rank, settings.scale)
        attach_noise(adapted, found.ffn, noise_shape, torch.Generator().manual_seed(work.seed + 1))
    trained_facts(work, adapted)
    log = train_conversations(work, settings, adapted, tokenizer, "knowledge")
    if settings.noise:
        noise = noise_of(adapted)
        drop_noise(adapted)
        if processes.is_first():
            write_noise(work.out, noise, kept=False)
    written_adapter(work, settings, lora_pairs(adapted), log, stage=1, attention=found.attention, knowledge_ranks={})
