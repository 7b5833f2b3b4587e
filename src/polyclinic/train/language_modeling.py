"""Next-token prediction on texts, from a corpus to a trained model: what model.tiny, train.dapt and train.pit share.

It runs on the Trainer of transformers, not TRL's SFTTrainer: for a plain next-token loss the two give the same
numbers, and SFTTrainer's fused head with its entropy and accuracy is about half as fast on a CPU.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.errors import UserError
from polyclinic.records import Document, read_records
from polyclinic.steps import Work
from polyclinic.train.batches import BatchPlan, Packing, Row, TooLong, collate
from polyclinic.train.held_out import HeldOut, looked_at
from polyclinic.train.packed_attention import fast_isolation
from polyclinic.train.settings import OptimizerSettings, TrainingSettings
from polyclinic.train.token_rows import TokenRows, document_end, document_start, tokenize, write_token_rows
from polyclinic.train.trainer_run import Phase, train_phase
from polyclinic.train.training_log import TrainingLog

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Rows:
    """A data set whose keys are the rows themselves; `collate` looks their tokens up."""

    def __init__(self, count: int) -> None:
        """Say how many sequences there are."""
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, row: Row) -> Row:
        return row


def read_texts(paths: Iterable[Path], names: deque[str] | None = None, setting: str = "documents") -> Iterator[str]:
    """Yield the text of every document that has one; the document's id is put into `names`.

    Raises UserError, naming the setting, when there is none at all.
    """
    empty = True
    for path in paths:
        for document in read_records(path, Document):
            if document.text.strip():
                empty = False
                if names is not None:
                    names.append(document.id)
                yield document.text
    if empty:
        raise UserError(
            f"{setting}: no text in {', '.join(str(path) for path in paths)}; give at least one document with text"
        )


def document_rows(
    work: Work, tokenizer: PreTrainedTokenizerBase, documents: Iterable[Path], setting: str = "documents"
) -> TokenRows:
    """Return each document as one sequence of tokens, its end-of-text token last; kept in scratch by its setting."""
    start, end = document_start(tokenizer), document_end(tokenizer)
    names: deque[str] = deque()
    texts = tokenize(tokenizer, read_texts(documents, names, setting))
    sequences = ([*start, *tokens, end] for tokens in texts)
    return write_token_rows(work.scratch / setting, sequences, iter(names.popleft, None))


def train_on_rows(
    work: Work,
    settings: OptimizerSettings,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: TokenRows,
    *,
    name: str,
    packing: Packing,
    max_length: int,
    learning_rate: float,
    epochs: float,
    steps: int | None = None,
    keep_final: bool = False,
    too_long: TooLong = "split",
    held_out: HeldOut | None = None,
) -> tuple[TrainingLog, BatchPlan]:
    """Train `model` in place on `rows`; return the log and the plan of what it saw.

    `steps` optimizer steps when given, else `epochs` passes.
    """
    plan = BatchPlan(
        rows,
        packing=packing,
        max_length=max_length,
        batch_size=settings.batch_size,
        seed=work.seed,
        epochs=epochs,
        batches=None if steps is None else steps * settings.gradient_accumulation,
        too_long=too_long,
    )
    pad = padding_token(tokenizer)
    phase = Phase(
        name=name,
        model=model,
        batches=plan,
        data_set=Rows(len(rows)),
        collate=lambda batch: collate(rows, batch, pad, isolated=packing == "best_fit"),
        learning_rate=learning_rate,
        pad_token=pad,
        keep_final=keep_final,
        names=rows.records,
        held_out=held_out,
    )
    with fast_isolation(model, settings.precision) if packing == "best_fit" else nullcontext():
        log = train_phase(phase, settings, work, work.scratch / name.replace(" ", "-"))
    return log, plan


def held_out_rows(
    work: Work,
    settings: TrainingSettings,
    tokenizer: PreTrainedTokenizerBase,
    documents: Sequence[Path],
    max_length: int,
) -> HeldOut | None:
    """Return documents whose loss is only looked at, one a row; None when there are none."""
    if not documents:
        return None
    rows = document_rows(work, tokenizer, documents, "held_out")
    plan = BatchPlan(
        rows, packing="one_document", max_length=max_length, batch_size=settings.batch_size, seed=work.seed
    )
    pad = padding_token(tokenizer)
    return looked_at(settings, plan, Rows(len(rows)), lambda batch: collate(rows, batch, pad, isolated=False))


def padding_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the token that fills rows; the end of a document where the tokenizer has none of its own."""
    pad = tokenizer.pad_token_id
    return int(pad) if pad is not None else document_end(tokenizer)
