"""Supervised fine-tuning on instructions (MediPhi section 3.2, Table 7).

An instruction is the system turn, the input the user's, the output the assistant's; only what the assistant writes is
learnt, with the end of its turn. It runs on the Trainer of transformers: TRL's SFTTrainer gives the same losses from
rows that are ready, at about twice the cost on a CPU, and would cut long ones without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from polyclinic.step_settings import Model, Samples
from polyclinic.steps import Work, step_kind
from polyclinic.train import processes
from polyclinic.train.batches import KeyPlan
from polyclinic.train.budget import training_budget
from polyclinic.train.chat import ChatTokens
from polyclinic.train.data_page import shown_instructions, write_data_page
from polyclinic.train.held_out import HeldOut, looked_at
from polyclinic.train.instruction_rows import instruction_rows, mixed, pad_instructions
from polyclinic.train.language_modeling import padding_token
from polyclinic.train.lora import AdaptableSettings, check_inputs, load_trainable, output_of, write_result
from polyclinic.train.settings import row_length
from polyclinic.train.trainer_run import Phase, train_phase

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class SftSettings(AdaptableSettings):
    """Settings of train.sft; the defaults are MediPhi's (Table 7), effective batch 256."""

    model: Model = Field(description="the model to go on from; its tokenizer needs a chat template")
    samples: list[Samples] = Field(min_length=1, description="instructions with inputs and good outputs")
    learning_rate: float = Field(2e-5, gt=0, le=1, description="at its peak")
    epochs: float = Field(2.0, gt=0, le=1000, description="passes over the samples")
    steps: int | None = Field(None, ge=1, description="optimizer steps, instead of epochs")
    batch_size: int = Field(16, ge=1, description="rows that one device takes at once")
    gradient_accumulation: int = Field(16, ge=1, description="batches that are summed into one optimizer step")
    warmup_steps: float = Field(
        40, ge=0, description="steps over which the rate rises to its peak; below 1 a share of all steps"
    )
    neftune_noise_alpha: float = Field(
        5.0, ge=0, description="noise on the embeddings while training (NEFTune, arXiv 2310.05914); 0 is none"
    )
    too_long: Literal["error", "skip", "cut", "shorten"] = Field(
        "error",
        description="what to do with a sample longer than max_length: error, skip it, cut its end, or shorten the "
        "input from its beginning; worked examples are left out first",
    )
    weights: list[float] | None = Field(
        None,
        description="how often a pass takes the samples of each set, in the order of `samples`: 2 twice, 0.5 a "
        "random half, 0 none; when not given, all once",
    )
    few_shot_share: float = Field(
        0.0, ge=0, le=1, description="share of samples with worked examples as earlier turns (same instruction)"
    )
    fewest_shots: int = Field(1, ge=1, le=16, description="fewest worked examples of those")
    most_shots: int = Field(3, ge=1, le=16, description="most worked examples of those")
    held_out: list[Samples] = Field([], description="samples whose loss is only looked at; not trained on")

    @model_validator(mode="after")
    def _fitting(self) -> SftSettings:
        if self.weights is not None and len(self.weights) != len(self.samples):
            raise ValueError(f"weights: {len(self.weights)} numbers for {len(self.samples)} sets of samples")
        if self.weights is not None and (min(self.weights) < 0 or sum(self.weights) == 0):
            raise ValueError("weights: expected numbers from 0 on, at least one of them larger, or no sample is left")
        if self.fewest_shots > self.most_shots:
            raise ValueError(f"fewest_shots: {self.fewest_shots}, but most_shots is {self.most_shots}")
        return self


@step_kind(
    "train.sft",
    SftSettings,
    output="model",
    output_of=output_of,
    version=3,
    packages=("torch", "transformers"),
    check=check_inputs,
    processes=True,
    budget=training_budget,
)
def sft(settings: SftSettings, work: Work) -> None:
    """Fine-tune on instruction samples; the loss is on the assistant's words and the end of its turn."""
    model, tokenizer = load_trainable(settings, work.seed)
    chat = ChatTokens(tokenizer, settings.model)
    max_length = row_length(settings, model)
    rows = instruction_rows(settings, chat, max_length, work.seed)
    if processes.is_first():
        write_data_page(work.out, "train.sft", tokenizer, [shown_instructions(rows, max_length)])
    order = mixed(rows, settings.weights, work.seed)
    every_length = rows.columns.lengths("input_ids")
    lengths = [every_length[i] for i in order]
    plan = KeyPlan(
        lengths,
        batch_size=settings.batch_size,
        seed=work.seed,
        epochs=settings.epochs,
        batches=None if settings.steps is None else settings.steps * settings.gradient_accumulation,
    )
    pad = padding_token(tokenizer)
    phase = Phase(
        name="instructions",
        model=model,
        batches=plan,
        data_set=rows.columns.data_set(order),
        collate=pad_instructions(pad),
        learning_rate=settings.learning_rate,
        pad_token=pad,
        names=lambda key: [rows.names[order[key]]],
        held_out=_held_out(settings, chat, max_length, pad, work.seed),
    )
    log = train_phase(phase, settings, work, work.scratch / "instructions")
    work.facts.update(
        tokens=sum(lengths[key] for batch in plan for key in batch),
        samples=len(rows.names),
        samples_in_a_pass=len(order),
        dropped_tokens=sum(rows.dropped),
        skipped_samples=rows.skipped,
        few_shot_samples=rows.with_shots,
        dropped_shots=rows.lost_shots,
        system_role=chat.system_role,
    )
    end_turns(model, chat.end_of_turn)
    write_result(work, settings, model, tokenizer, [log])


def _held_out(settings: SftSettings, chat: ChatTokens, max_length: int, pad: int, seed: int) -> HeldOut | None:
    if not settings.held_out:
        return None
    rows = instruction_rows(settings, chat, max_length, seed, settings.held_out)
    keys = KeyPlan(rows.columns.lengths("input_ids"), batch_size=settings.batch_size, seed=seed)
    return looked_at(settings, keys, rows.columns.data_set(), pad_instructions(pad))


def end_turns(model: PreTrainedModel, end_of_turn: int) -> None:
    """Let generation stop at the token that ends the assistant's turn, which the model has learnt to write."""
    generation = model.generation_config
    known = generation.eos_token_id
    ends = [] if known is None else [known] if isinstance(known, int) else list(known)
    if end_of_turn not in ends:
        generation.eos_token_id = [*ends, end_of_turn] if ends else end_of_turn
