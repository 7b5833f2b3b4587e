"""MedCare stage 2: an aligner learns the form of clinical tasks, kept out of the way of the knowledge.

Liao et al., Findings of EMNLP 2024. The knowledge comes as an adapter (stage 1), or lies in the weights of a model,
such as a merged one: then what changed since an earlier model is protected, by the main directions of the change.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, model_validator

from polyclinic.adapter_folder import check_base
from polyclinic.adapters.orthogonality import WEIGHTS, Orthogonality
from polyclinic.adapters.projections import ATTENTION, FFN, check_not_quantised
from polyclinic.errors import UserError
from polyclinic.step_settings import Adapter, Model, Preferences
from polyclinic.steps import Work, step_kind
from polyclinic.train.medcare_rows import ConversationSettings
from polyclinic.train.settings import HeldOutSettings

OVERLAPS = "overlap.json"


class MedcareAlignSettings(ConversationSettings, HeldOutSettings):
    """Settings of train.medcare_align; the defaults are the published ones, but for the penalty that is real."""

    model: Model = Field(description="the base of the knowledge, or a model that has the knowledge in its weights")
    knowledge: Adapter | None = Field(
        None, description="the knowledge: an adapter of train.medcare_knowledge, or any plain LoRA of the model"
    )
    protect: Model | None = Field(
        None, description="instead of knowledge: the model from before; what changed since is kept away from"
    )
    protected_rank: int = Field(
        32, ge=1, le=4096, description="main directions of that change in each FFN projection"
    )
    preferences: list[Preferences] = Field(
        [], description="pairs of a better and a worse reply to align to (DPO), instead of samples and conversations"
    )
    held_out: list[Preferences] = Field(
        [], description="with preferences: pairs whose loss, reward margin and accuracy are only looked at"
    )
    beta: float = Field(0.1, gt=0, le=100, description="with preferences: how strongly it is held to where it starts")
    orthogonality: Orthogonality = Field(
        "penalty_norm",
        description="none; penalty_norm: of rows of length 1; penalty_published: the paper's sum; "
        "projection: exact, after every step",
    )
    weight: float | None = Field(
        None, ge=0, description="of the penalty beside the loss; when not given, 0.5 for penalty_norm, 1 as published"
    )
    knowledge_trainable: bool = Field(
        True, description="the knowledge goes on learning, as published; without, it is frozen"
    )
    rank: int = Field(32, ge=1, le=4096, description="of the aligner; the published code's r = 16 makes 32")
    alpha: float = Field(64.0, gt=0, le=65536, description="the aligner's product counts alpha / rank times")
    dropout: float = Field(0.05, ge=0, lt=1, description="of the input that knowledge and aligner both see")
    ffn_modules: list[str] = Field(
        list(FFN), min_length=1, description="names of the FFN projections; those the model has are taken"
    )
    attention_modules: list[str] = Field(
        list(ATTENTION), min_length=1, description="names of the attention projections; they are not aligned"
    )
    learning_rate: float = Field(2e-4, gt=0, le=1, description="at its peak")
    epochs: float = Field(3.0, gt=0, le=1000, description="passes over the data")
    steps: int | None = Field(None, ge=1, description="optimizer steps, instead of epochs")
    batch_size: int = Field(4, ge=1, description="rows that one device takes at once")
    gradient_accumulation: int = Field(32, ge=1, description="batches that are summed into one optimizer step")
    warmup_steps: float = Field(
        0.03, ge=0, description="steps over which the rate rises to its peak; below 1 a share of all steps"
    )
    output: Literal["adapter", "model"] = Field(
        "adapter",
        description="adapter: knowledge and aligner as one standard LoRA; model: both merged into the weights",
    )
    output_dtype: Literal["same", "float32", "bfloat16"] = Field(
        "same", description="type of the weights that are written; same: a model's as it was, an adapter's float32"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> MedcareAlignSettings:
        if self.knowledge is not None and self.protect is not None:
            raise ValueError("knowledge and protect: give one of them; what is to be protected is in one place")
        if self.knowledge is None and self.protect is None and self.orthogonality != "none":
            raise ValueError(
                "knowledge: missing; give what the aligner is kept away from (or protect), or orthogonality none"
            )
        if bool(self.preferences) == bool(self.samples or self.conversations):
            raise ValueError("preferences: give either them, or samples and conversations")
        if self.held_out and not self.preferences:
            raise ValueError("held_out: takes preferences, and is looked at only while preferences are trained on")
        if self.preferences and self.dropout and "dropout" in self.model_fields_set:
            raise ValueError("dropout: replies are compared with the reference's, without dropout; leave it out")
        return self


def check_align(settings: MedcareAlignSettings) -> None:
    """Check model and knowledge before anything runs. Raises UserError."""
    if not str(settings.model).startswith("$"):
        check_not_quantised(settings.model)
        if settings.knowledge is not None and not str(settings.knowledge).startswith("$"):
            check_base(settings.knowledge, settings.model)


@step_kind(
    "train.medcare_align",
    MedcareAlignSettings,
    output="adapter",
    output_of=lambda settings: settings.output,
    version=1,
    packages=("torch", "transformers", "trl", "peft"),
    check=check_align,
    processes=True,
)
def medcare_align(settings: MedcareAlignSettings, work: Work) -> None:
    """MedCare stage 2: align to clinical tasks with a second LoRA, orthogonal to the knowledge (EMNLP 2024)."""
    import torch
    from transformers import Trainer

    from polyclinic.adapters.aligner import AlignerShape, attach_aligner, knowledge_pairs, lora_pairs
    from polyclinic.adapters.difference import main_directions
    from polyclinic.adapters.low_rank import Pairs, add_pairs, side_by_side
    from polyclinic.adapters.parts import read_parts
    from polyclinic.adapters.projections import find_projections
    from polyclinic.train import processes
    from polyclinic.train.finish import load_for_training
    from polyclinic.train.medcare_orthogonality import LOG, Apartness, kept_apart, overlaps
    from polyclinic.train.medcare_preferences import train_preferences
    from polyclinic.train.medcare_run import train_conversations, trained_facts, written_adapter, written_model

    check_align(settings)
    model, tokenizer = load_for_training(settings.model)
    found = find_projections(model, str(settings.model), settings.attention_modules, settings.ffn_modules)
    frozen: Pairs = {}  # what the knowledge changes beside the FFN: attention, for the whole of the training
    knowledge: Pairs = {}
    if settings.knowledge is not None:
        for part in read_parts(settings.knowledge).values():
            for module, pair in part.items():
                (knowledge if module.rpartition(".")[2] in found.ffn else frozen)[module] = pair
        add_pairs(model, frozen, str(settings.knowledge))
    elif settings.protect is not None:
        before, _ = load_for_training(settings.protect)
        generator = torch.Generator().manual_seed(work.seed)
        knowledge, share = main_directions(before, model, found.ffn, settings.protected_rank, generator)
        work.facts["protected_share"] = round(share, 4)
        del before
    if settings.orthogonality != "none" and not knowledge:
        raise UserError(
            f"{settings.knowledge}: holds nothing for the FFN projections, so there is nothing to be orthogonal to; "
            "give knowledge of train.medcare_knowledge or a LoRA on these layers, or orthogonality none"
        )
    counted = settings.knowledge is not None
    trainable = settings.knowledge_trainable and counted
    shape = AlignerShape(
        settings.rank, settings.alpha / settings.rank, 0 if settings.preferences else settings.dropout
    )
    place = str(settings.knowledge or settings.protect or settings.model)
    adapted: Any = attach_aligner(
        model, knowledge, found.ffn, shape,
        trainable=trainable, counted=counted, seed=work.seed, base=str(settings.model), place=place,
    )  # fmt: skip
    trained_facts(work, adapted)
    weight = WEIGHTS[settings.orthogonality] if settings.weight is None else settings.weight
    apart = Apartness(settings.orthogonality, weight, trainable, work.scratch / LOG, settings.log_every)
    if settings.preferences:
        log = train_preferences(work, settings, adapted, tokenizer, apart)
    else:
        log = train_conversations(work, settings, adapted, tokenizer, "alignment", kept_apart(Trainer, apart))
    inside = overlaps(adapted)
    if inside:
        work.facts["row_overlap"] = max(rows for rows, _ in inside.values())
        work.facts["column_overlap"] = max(columns for _, columns in inside.values())
    kept = knowledge_pairs(adapted) if counted else {}
    aligner = lora_pairs(adapted)
    if settings.output == "model":
        whole = adapted.merge_and_unload()
        written_model(work, settings, whole, tokenizer, log)
    else:
        ranks = {module: kept[module].rank if module in kept else 0 for module in aligner}
        pairs = {**frozen, **side_by_side(kept, aligner)}
        written_adapter(work, settings, pairs, log, stage=2, attention=found.attention, knowledge_ranks=ranks)
    if processes.is_first() and inside:
        table = {module: {"rows": rows, "columns": columns} for module, (rows, columns) in inside.items()}
        (work.out / OVERLAPS).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        (work.out / LOG).write_text((work.scratch / LOG).read_text(encoding="utf-8"), encoding="utf-8")
