"""MedCare's aligner on preferences: direct preference optimization, held to the model as it is with its knowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyclinic.steps import Work
from polyclinic.train.chat import ChatTokens
from polyclinic.train.dpo import COLUMNS, preference_rows
from polyclinic.train.language_modeling import padding_token
from polyclinic.train.medcare_orthogonality import Apartness, kept_apart
from polyclinic.train.medcare_run import key_plan
from polyclinic.train.preference_loss import pair_losses, reference
from polyclinic.train.settings import row_length
from polyclinic.train.trainer_run import Phase, train_phase
from polyclinic.train.training_log import TrainingLog

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def train_preferences(
    work: Work, settings: Any, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, apart: Apartness
) -> TrainingLog:
    """Train the aligner (and knowledge that is not frozen) on preferences; return the log.

    The reference is the model with its knowledge and the fresh aligner, computed once before the first step.
    """
    from trl import DPOConfig, DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    from polyclinic.adapters.aligner import forget_reference

    class Aligning(DPOTrainer):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            forget_reference(self.model)  # its log-probabilities are known by now

    max_length = row_length(settings, model)
    rows, names = preference_rows(settings, ChatTokens(tokenizer, settings.model), max_length, work)
    prompts, chosen, rejected = (rows.lengths(name) for name in COLUMNS)
    order = sorted(range(len(rows)), key=lambda i: prompts[i] + max(chosen[i], rejected[i]))
    plan = key_plan(settings, [prompts[i] + max(chosen[i], rejected[i]) for i in order], work.seed)
    pad = padding_token(tokenizer)
    phase = Phase(
        name="preferences",
        model=model,
        batches=plan,
        data_set=rows.data_set(order),
        collate=DataCollatorForPreference(pad_token_id=pad, max_length=max_length),
        learning_rate=settings.learning_rate,
        pad_token=pad,
        names=lambda key: [names[order[key]]],
        trainer=kept_apart(Aligning, apart),
        arguments=DPOConfig,
        trainer_options={"processing_class": tokenizer},
        row_losses=pair_losses(settings.beta),
        reference=reference,
        argument_options={
            "beta": settings.beta,
            "loss_type": ["sigmoid"],
            "max_length": max_length,
            "precompute_ref_log_probs": True,
        },
    )
    log = train_phase(phase, settings, work, work.scratch / "preferences")
    work.facts.update(
        tokens=sum(2 * prompts[order[k]] + chosen[order[k]] + rejected[order[k]] for batch in plan for k in batch),
        preferences=len(rows),
    )
    return log
