"""Supervised fine-tuning on instructions (MediPhi section 3.2, Table 7), on TRL's SFTTrainer.

An instruction is the system turn, the input the user's, the output the assistant's; only what the assistant writes is
learnt, with the end of its turn. The rows are made here, so TRL's own preparation, which cuts at max_length without
a word, is not used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.steps import Model, Samples, Work, step_kind
from polyclinic.train.batches import IGNORED, KeyPlan
from polyclinic.train.chat import ChatTokens, TooLong, fit
from polyclinic.train.language_modeling import padding_token
from polyclinic.train.lora import AdaptableSettings, check_inputs, load_trainable, output_of, write_result
from polyclinic.train.settings import row_length
from polyclinic.train.token_rows import TokenColumns
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
    too_long: TooLong = Field(
        "error", description="what to do with a sample longer than max_length: error, skip it, or cut its end"
    )


@step_kind(
    "train.sft",
    SftSettings,
    output="model",
    output_of=output_of,
    version=2,
    packages=("torch", "transformers", "trl"),
    check=check_inputs,
    processes=True,
)
def sft(settings: SftSettings, work: Work) -> None:
    """Fine-tune on instruction samples; the loss is on the assistant's words and the end of its turn."""
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    model, tokenizer = load_trainable(settings, work.seed)
    chat = ChatTokens(tokenizer, settings.model)
    rows = instruction_rows(settings, chat, row_length(settings, model), work)
    lengths = rows.lengths("input_ids")
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
        data_set=rows.data_set(),
        collate=DataCollatorForLanguageModeling(pad_token_id=pad),
        learning_rate=settings.learning_rate,
        pad_token=pad,
        trainer=SFTTrainer,
        arguments=SFTConfig,
        trainer_options={"processing_class": tokenizer},
        argument_options={"max_length": None, "dataset_kwargs": {"skip_prepare_dataset": True}},
    )
    log = train_phase(phase, settings, work, work.scratch / "instructions")
    work.facts.update(tokens=sum(lengths[key] for batch in plan for key in batch), samples=len(rows))
    end_turns(model, chat.end_of_turn)
    write_result(work, settings, model, tokenizer, [log])


def instruction_rows(settings: SftSettings, chat: ChatTokens, max_length: int, work: Work) -> TokenColumns:
    """Return each sample as `input_ids` and `labels` and note what was dropped.

    Raises UserError when there is no sample, or when one has no output or is too long.
    """
    rows = TokenColumns("input_ids", "labels")
    dropped: list[int] = []
    skipped = 0
    for path in settings.samples:
        for sample in read_records(path, Sample):
            name = f"{path}: sample '{sample.id}'"
            made = chat.conversation(sample.instruction, sample.input, sample.output, name)
            ids = made.prompt + made.reply
            labels = [IGNORED] * len(made.prompt) + made.reply[: made.learnt]
            labels += [IGNORED] * (len(ids) - len(labels))
            kept = fit(len(ids), max_length, settings.too_long, name, dropped.append)
            if kept and len(made.prompt) < max_length:
                rows.append(input_ids=ids[:max_length], labels=labels[:max_length])
            else:
                skipped += 1
    if not len(rows):
        raise UserError(
            f"samples: nothing to learn in {', '.join(str(path) for path in settings.samples)}; "
            "expected samples with instruction or input, and output"
        )
    work.facts.update(dropped_tokens=sum(dropped), skipped_samples=skipped, system_role=chat.system_role)
    return rows


def end_turns(model: PreTrainedModel, end_of_turn: int) -> None:
    """Let generation stop at the token that ends the assistant's turn, which the model has learnt to write."""
    generation = model.generation_config
    known = generation.eos_token_id
    ends = [] if known is None else [known] if isinstance(known, int) else list(known)
    if end_of_turn not in ends:
        generation.eos_token_id = [*ends, end_of_turn] if ends else end_of_turn
