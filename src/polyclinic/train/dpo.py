"""Direct preference optimization (arXiv 2305.18290; MediPhi section 3.2, Table 8), on TRL's DPOTrainer.

The log-probabilities of the reference, which is the model it starts from, are computed once before the first step:
the same curve as with a second model in memory, at half the memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from polyclinic.errors import UserError
from polyclinic.records import Preference, read_records
from polyclinic.step_settings import Model, Preferences
from polyclinic.steps import Work, step_kind
from polyclinic.train import processes
from polyclinic.train.batches import KeyPlan
from polyclinic.train.budget import training_budget
from polyclinic.train.chat import ChatTokens, TooLong, fit
from polyclinic.train.data_page import ShownData, shown_preferences, write_data_page
from polyclinic.train.held_out import HeldOut, looked_at
from polyclinic.train.language_modeling import padding_token
from polyclinic.train.lora import AdaptableSettings, check_inputs, load_trainable, output_of, write_result
from polyclinic.train.preference_loss import pair_figures, pair_losses, reference
from polyclinic.train.settings import row_length
from polyclinic.train.token_rows import TokenColumns
from polyclinic.train.trainer_run import Phase, train_phase
from polyclinic.train.training_log import TrainingLog

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

COLUMNS = ("prompt_ids", "chosen_ids", "rejected_ids")


class DpoSettings(AdaptableSettings):
    """Settings of train.dpo; the defaults are MediPhi's (Table 8), effective batch 128."""

    model: Model = Field(description="the model to align, which is also the reference")
    preferences: list[Preferences] = Field(min_length=1, description="pairs of a better and a worse reply")
    beta: float = Field(0.1, gt=0, le=100, description="how strongly it is held to the reference; larger is closer")
    learning_rate: float = Field(1e-6, gt=0, le=1, description="at its peak")
    epochs: float = Field(1.0, gt=0, le=1000, description="passes over the preferences")
    steps: int | None = Field(None, ge=1, description="optimizer steps, instead of epochs")
    batch_size: int = Field(8, ge=1, description="pairs that one device takes at once")
    gradient_accumulation: int = Field(16, ge=1, description="batches that are summed into one optimizer step")
    warmup_steps: float = Field(
        50, ge=0, description="steps over which the rate rises to its peak; below 1 a share of all steps"
    )
    too_long: TooLong = Field(
        "error", description="what to do with a pair longer than max_length: error, skip it, or cut its end"
    )
    held_out: list[Preferences] = Field(
        [], description="pairs whose loss, reward margin and accuracy are only looked at; not trained on"
    )

    @model_validator(mode="after")
    def _no_dropout(self) -> DpoSettings:
        if self.lora is not None and self.lora.dropout:
            raise ValueError("lora.dropout: replies are compared with the reference's, without dropout; leave it out")
        return self


@step_kind(
    "train.dpo",
    DpoSettings,
    output="model",
    output_of=output_of,
    version=2,
    packages=("torch", "transformers", "trl"),
    check=check_inputs,
    processes=True,
    budget=training_budget,
)
def dpo(settings: DpoSettings, work: Work) -> None:
    """Align to preferences: raise the better reply over the worse, held to the model it starts from."""
    from trl import DPOTrainer

    class Aligning(DPOTrainer):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            # TRL keeps a copy of an adapter as the reference; its log-probabilities are known by now, and with a
            # second adapter a checkpoint could not be gone on from.
            if "ref" in getattr(self.model, "peft_config", {}):
                self.model.delete_adapter("ref")

    model, tokenizer = load_trainable(settings, work.seed)
    chat = ChatTokens(tokenizer, settings.model)
    max_length = row_length(settings, model)
    rows, names = preference_rows(settings, chat, max_length, work)
    if processes.is_first():
        write_data_page(work.out, "train.dpo", tokenizer, [shown_pairs(rows, names, max_length, work)])
    log = train_pairs(settings, work, model, tokenizer, rows, names, Aligning)
    write_result(work, settings, model, tokenizer, [log])


def train_pairs(
    settings: Any,
    work: Work,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: TokenColumns,
    names: Sequence[str],
    trainer: type[Any],
) -> TrainingLog:
    """Train on preferences that are tokens already, note what was read, and return the log.

    Args:
        settings: beta, learning rate, batches, epochs or steps, max_length, and what is held out.
        work: where checkpoints and facts go.
        model: what learns; the reference is what it is now, computed once before the first step.
        tokenizer: the model's.
        rows: of `preference_rows`.
        names: the preferences' ids, in the order of the rows.
        trainer: TRL's DPOTrainer, or one made from it.
    """
    from trl import DPOConfig
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    max_length = row_length(settings, model)
    prompts, chosen, rejected = (rows.lengths(name) for name in COLUMNS)
    # Sorted by length, since the reference goes through the pairs in this order.
    order, lengths = _by_length(rows)
    plan = KeyPlan(
        lengths,
        batch_size=settings.batch_size,
        seed=work.seed,
        epochs=settings.epochs,
        batches=None if settings.steps is None else settings.steps * settings.gradient_accumulation,
    )
    pad = padding_token(tokenizer)
    collate = DataCollatorForPreference(pad_token_id=pad, max_length=max_length)
    phase = Phase(
        name="preferences",
        model=model,
        batches=plan,
        data_set=rows.data_set(order),
        collate=collate,
        learning_rate=settings.learning_rate,
        pad_token=pad,
        names=lambda key: [names[order[key]]],
        trainer=trainer,
        arguments=DPOConfig,
        trainer_options={"processing_class": tokenizer},
        row_losses=pair_losses(settings.beta),
        reference=reference,
        held_out=_held_out(settings, ChatTokens(tokenizer, settings.model), max_length, work, collate),
        argument_options={
            "beta": settings.beta,
            "loss_type": ["sigmoid"],
            "max_length": max_length,
            "precompute_ref_log_probs": True,
        },
    )
    log = train_phase(phase, settings, work, work.scratch / "preferences")
    seen = [order[key] for batch in plan for key in batch]
    work.facts.update(
        tokens=sum(2 * prompts[i] + chosen[i] + rejected[i] for i in seen),
        preferences=len(rows),
    )
    return log


def _by_length(rows: TokenColumns) -> tuple[list[int], list[int]]:
    """Return the places of the pairs in the order of their lengths, and these, of the longer reply."""
    prompts, chosen, rejected = (rows.lengths(name) for name in COLUMNS)
    lengths = [prompt + max(replies) for prompt, *replies in zip(prompts, chosen, rejected, strict=True)]
    order = sorted(range(len(rows)), key=lengths.__getitem__)
    return order, [lengths[i] for i in order]


def _held_out(settings: Any, chat: ChatTokens, max_length: int, work: Work, collate: Any) -> HeldOut | None:
    if not settings.held_out:
        return None
    rows, _ = preference_rows(settings, chat, max_length, work, held_out=True)
    order, lengths = _by_length(rows)
    keys = KeyPlan(lengths, batch_size=settings.batch_size, seed=work.seed)
    return looked_at(settings, keys, rows.data_set(order), collate, pair_figures(settings.beta))


def preference_rows(
    settings: DpoSettings, chat: ChatTokens, max_length: int, work: Work, *, held_out: bool = False
) -> tuple[TokenColumns, list[str]]:
    """Return each preference as `prompt_ids`, `chosen_ids` and `rejected_ids`, its id, and note what was dropped.

    With `held_out`, those that are only looked at. Raises UserError when there is none, when both replies are the
    same, or when a pair is too long.
    """
    rows, names = TokenColumns(*COLUMNS), list[str]()
    dropped: list[int] = []
    skipped = 0
    paths = settings.held_out if held_out else settings.preferences
    for path in paths:
        for pair in read_records(path, Preference):
            name = f"{path}: preference '{pair.id}'"
            if pair.chosen == pair.rejected:
                raise UserError(f"{name}: chosen and rejected are the same; there is nothing to prefer")
            chosen = chat.conversation(pair.instruction, pair.input, pair.chosen, name)
            rejected = chat.conversation(pair.instruction, pair.input, pair.rejected, name)
            longest = len(chosen.prompt) + max(chosen.learnt, rejected.learnt)
            kept = fit(longest, max_length, settings.too_long, name, dropped.append)
            if kept and len(chosen.prompt) < max_length:
                rows.append(
                    prompt_ids=chosen.prompt,
                    chosen_ids=chosen.reply[: chosen.learnt],
                    rejected_ids=rejected.reply[: rejected.learnt],
                )
                names.append(pair.id)
            else:
                skipped += 1
    if not len(rows):
        raise UserError(
            f"{'held_out' if held_out else 'preferences'}: nothing to learn in "
            f"{', '.join(str(path) for path in paths)}; expected pairs of a chosen and a rejected reply"
        )
    if held_out:
        work.facts.update(held_out_preferences=len(rows), skipped_held_out_preferences=skipped)
        return rows, names
    work.facts.update(dropped_tokens=sum(dropped), skipped_preferences=skipped, system_role=chat.system_role)
    return rows, names


def shown_pairs(rows: TokenColumns, names: list[str], max_length: int, work: Work) -> ShownData:
    """Return the pairs as the page of the data shows them."""
    facts = [(key.replace("_", " "), f"{work.facts[key]:,}") for key in ("skipped_preferences", "dropped_tokens")]
    return shown_preferences(rows, names, max_length, facts)
