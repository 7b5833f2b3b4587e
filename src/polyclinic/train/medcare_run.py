"""What both stages of MedCare share: training on conversations, and writing the adapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic import models
from polyclinic.adapters.low_rank import Pair, write_pairs
from polyclinic.adapters.parts import write_parts
from polyclinic.steps import Work
from polyclinic.train import processes
from polyclinic.train.batches import IGNORED, KeyPlan
from polyclinic.train.chat import ChatTokens
from polyclinic.train.finish import note_held_out, save_trained
from polyclinic.train.language_modeling import padding_token
from polyclinic.train.medcare_rows import conversation_rows
from polyclinic.train.settings import row_length
from polyclinic.train.sft import end_turns
from polyclinic.train.trainer_run import Phase, train_phase
from polyclinic.train.training_log import TrainingLog, write_training_log

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def train_conversations(
    work: Work,
    settings: Any,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    name: str,
    trainer: Any = None,
) -> TrainingLog:
    """Train what is trainable of a model on samples and conversations; return the log.

    Args:
        work: of the step.
        settings: ConversationSettings with the model's folder, learning_rate, epochs and steps.
        model: changed in place.
        tokenizer: with a chat template.
        name: of the phase, for people and files.
        trainer: class of the trainer; transformers.Trainer when None.
    """
    chat = ChatTokens(tokenizer, settings.model)
    rows, names = conversation_rows(settings, chat, row_length(settings, model), work)
    lengths = rows.lengths("input_ids")
    plan = key_plan(settings, lengths, work.seed)
    pad = padding_token(tokenizer)
    phase = Phase(
        name=name,
        model=model,
        batches=plan,
        data_set=rows.data_set(),
        collate=padded(pad),
        learning_rate=settings.learning_rate,
        pad_token=pad,
        trainer=trainer,
        names=lambda key: [names[key]],
    )
    log = train_phase(phase, settings, work, work.scratch / name)
    work.facts.update(tokens=sum(lengths[key] for batch in plan for key in batch), samples=len(rows))
    return log


def key_plan(settings: Any, lengths: list[int], seed: int) -> KeyPlan:
    """Return the batches of a training over rows of these lengths."""
    return KeyPlan(
        lengths,
        batch_size=settings.batch_size,
        seed=seed,
        epochs=settings.epochs,
        batches=None if settings.steps is None else settings.steps * settings.gradient_accumulation,
    )


def padded(pad_token: int) -> Callable[[list[dict[str, Any]]], dict[str, torch.Tensor]]:
    """Return the function that makes tensors of rows, padded on the right, where causal attention does not look."""

    def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        import torch

        longest = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), longest), pad_token, dtype=torch.long)
        labels = torch.full((len(rows), longest), IGNORED, dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, : len(row["input_ids"])] = torch.as_tensor(row["input_ids"])
            labels[i, : len(row["labels"])] = torch.as_tensor(row["labels"])
        return {"input_ids": ids, "labels": labels}

    return collate


def written_model(
    work: Work, settings: Any, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, log: TrainingLog
) -> None:
    """Write a merged model in the type that was asked for; it ends its turns where it has learnt to."""
    import torch

    dtype = stored_dtype(settings.model) if settings.output_dtype == "same" else settings.output_dtype
    if dtype != "float32":
        model.to(getattr(torch, dtype))
    end_turns(model, ChatTokens(tokenizer, settings.model).end_of_turn)
    save_trained(work, model, tokenizer, [log], settings.log_every)


def stored_dtype(folder: Path) -> str:
    """Return the type of a model's weights where they all have one of half precision, else float32."""
    headers = (models.read_header(file) for file in models.weight_files(folder))
    kinds = {entry["dtype"] for header in headers for entry in header.values()}
    return {"BF16": "bfloat16", "F16": "float16"}.get(kinds.pop() if len(kinds) == 1 else "", "float32")


def trained_facts(work: Work, model: PreTrainedModel) -> None:
    """Note how much is trained."""
    work.facts["trained_parameters"] = sum(p.numel() for p in model.parameters() if p.requires_grad)
    work.facts["parameters"] = sum(p.numel() for p in model.parameters())


def written_adapter(
    work: Work,
    settings: Any,
    pairs: Mapping[str, Pair],
    log: TrainingLog,
    *,
    stage: int,
    attention: tuple[str, ...],
    knowledge_ranks: Mapping[str, int],
) -> None:
    """Write pairs as one standard LoRA with what is known of it; of several processes only the first does."""
    import torch

    work.facts["steps"] = log.steps
    work.facts["final_loss"] = round(log.final_loss(), 4)
    note_held_out(work, [log])
    if not processes.is_first():
        return
    if settings.output_dtype == "bfloat16":
        pairs = {m: Pair(p.a.to(torch.bfloat16), p.b.to(torch.bfloat16), p.scale) for m, p in pairs.items()}
    write_pairs(work.out, pairs, settings.model)
    write_parts(work.out, stage, attention, knowledge_ranks)
    write_training_log(work.out, [log], settings.log_every)
