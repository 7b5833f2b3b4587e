"""MedCare's aligner on preferences: direct preference optimization, held to the model as it is with its knowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyclinic.steps import Work
from polyclinic.train.chat import ChatTokens
from polyclinic.train.dpo import preference_rows, train_pairs
from polyclinic.train.medcare_orthogonality import Apartness, kept_apart
from polyclinic.train.settings import row_length
from polyclinic.train.training_log import TrainingLog

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def train_preferences(
    work: Work, settings: Any, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, apart: Apartness
) -> TrainingLog:
    """Train the aligner (and knowledge that is not frozen) on preferences; return the log.

    The reference is the model with its knowledge and the fresh aligner, computed once before the first step.
    """
    from trl import DPOTrainer

    from polyclinic.adapters.aligner import forget_reference

    class Aligning(DPOTrainer):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            forget_reference(self.model)  # its log-probabilities are known by now

    max_length = row_length(settings, model)
    rows, names = preference_rows(settings, ChatTokens(tokenizer, settings.model), max_length, work)
    return train_pairs(settings, work, model, tokenizer, rows, names, kept_apart(Aligning, apart))
