"""Pre-instruction tuning: first the questions about a document, then the document (arXiv 2402.12847; MediPhi 3.1.2).

Phase 1 learns the tasks alone, phase 2 the tasks followed by their document. Both are plain next-token prediction on
all tokens, without a chat format; texts are joined by the end-of-text token, one document a row, so that neither
another document nor padding is ever seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records
from polyclinic.step_settings import Documents, Samples
from polyclinic.steps import Work, step_kind
from polyclinic.train import processes
from polyclinic.train.batches import BatchPlan, TooLong
from polyclinic.train.budget import training_budget
from polyclinic.train.data_page import ShownData, shown_documents, write_data_page
from polyclinic.train.language_modeling import held_out_rows, train_on_rows
from polyclinic.train.lora import AdaptableSettings, check_inputs, load_trainable, output_of, write_result
from polyclinic.train.settings import row_length
from polyclinic.train.token_rows import (
    TokenRows,
    document_end,
    document_start,
    tokenize,
    write_token_rows,
)
from polyclinic.train.training_log import TrainingLog

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TaskName = Literal["summary", "question_answer", "entities", "relations", "explainer"]
Tasks = dict[tuple[str, str], list[str]]  # (source, id) of a document -> its task texts


class PitSettings(AdaptableSettings):
    """Settings of train.pit; rates, epochs and schedule are MediPhi's (3.1.2), whose batch size is not published."""

    samples: list[Samples] = Field(min_length=1, description="what a teacher wrote about the documents (synth.pit)")
    documents: list[Documents] = Field(min_length=1, description="the documents themselves")
    tasks: list[TaskName] = Field(
        ["summary"],
        min_length=1,
        description="which of the teacher's tasks are learnt; summaries did best in MediPhi",
    )
    sequences: Literal["joined", "apart"] = Field(
        "joined",
        description="joined: all tasks of a document in one sequence, as in MediPhi; apart: a sequence for each, "
        "in phase 2 each with the document: a small model recalls more from it when tasks repeat one another",
    )
    phase1_learning_rate: float = Field(1e-4, gt=0, le=1, description="peak rate of phase 1, the tasks alone")
    phase1_epochs: float = Field(1.0, ge=0, le=1000, description="passes of phase 1; 0 leaves it out")
    phase2_learning_rate: float = Field(3e-4, gt=0, le=1, description="peak rate of phase 2, tasks then document")
    phase2_epochs: float = Field(2.0, ge=0, le=1000, description="passes of phase 2; 0 leaves it out")
    too_long: TooLong = Field(
        "split", description="what becomes of a sequence longer than max_length: split into rows, or cut at its end"
    )
    held_out: list[Documents] = Field([], description="texts whose loss is only looked at, in phase 2")
    batch_size: int = Field(16, ge=1, description="rows that one device takes at once")
    gradient_accumulation: int = Field(2, ge=1, description="batches that are summed into one optimizer step")
    warmup_steps: float = Field(
        0.03, ge=0, description="steps over which the rate rises to its peak, in each phase; below 1 a share of them"
    )
    weight_decay: float = Field(0.1, ge=0, le=1, description="AdamW's decoupled weight decay")
    neftune_noise_alpha: float = Field(
        5.0, ge=0, description="noise on the embeddings while training (NEFTune, arXiv 2310.05914); 0 is none"
    )

    @model_validator(mode="after")
    def _something_to_do(self) -> PitSettings:
        if self.phase1_epochs == 0 and self.phase2_epochs == 0:
            raise ValueError("phase1_epochs and phase2_epochs are both 0; nothing would be trained")
        return self


@step_kind(
    "train.pit",
    PitSettings,
    output="model",
    output_of=output_of,
    version=2,
    packages=("torch", "transformers"),
    check=check_inputs,
    processes=True,
    budget=training_budget,
)
def pit(settings: PitSettings, work: Work) -> None:
    """Pre-instruction tuning in two phases: tasks alone, then tasks followed by their document."""
    model, tokenizer = load_trainable(settings, work.seed)
    max_length = row_length(settings, model)
    phase1, phase2 = phase_rows(settings, work, tokenizer)
    held_out = held_out_rows(work, settings, tokenizer, settings.held_out, max_length)
    if processes.is_first():
        write_data_page(
            work.out, "train.pit", tokenizer, shown_phases(settings, phase1, phase2, max_length, work.seed)
        )
    logs: list[TrainingLog] = []
    tokens = dropped = 0
    phases = (
        ("phase 1 tasks", phase1, settings.phase1_learning_rate, settings.phase1_epochs),
        ("phase 2 tasks and documents", phase2, settings.phase2_learning_rate, settings.phase2_epochs),
    )
    for number, (name, rows, learning_rate, epochs) in enumerate(phases, start=1):
        if epochs == 0:
            continue
        log, plan = train_on_rows(
            work,
            settings,
            model,
            tokenizer,
            rows,
            name=name,
            packing="one_document",
            max_length=max_length,
            learning_rate=learning_rate,
            epochs=epochs,
            keep_final=number == 1 and settings.phase2_epochs > 0,
            too_long=settings.too_long,
            held_out=held_out if number == 2 else None,
        )
        logs.append(log)
        tokens += plan.tokens()
        dropped += plan.dropped
    work.facts.update(tokens=tokens, dropped_tokens=dropped)
    write_result(work, settings, model, tokenizer, logs)


def shown_phases(
    settings: PitSettings, phase1: TokenRows, phase2: TokenRows, max_length: int, seed: int
) -> list[ShownData]:
    """Return the sequences of both phases as the page of the data shows them."""
    phases = (("Phase 1: tasks", phase1, settings.phase1_epochs), ("Phase 2: tasks and documents", phase2,
              settings.phase2_epochs))  # fmt: skip
    return [
        shown_documents(
            name,
            rows,
            BatchPlan(
                rows,
                packing="one_document",
                max_length=max_length,
                batch_size=settings.batch_size,
                seed=seed,
                too_long=settings.too_long,
            ),
            isolated=False,
        )
        for name, rows, epochs in phases
        if epochs
    ]


def phase_rows(settings: PitSettings, work: Work, tokenizer: PreTrainedTokenizerBase) -> tuple[TokenRows, TokenRows]:
    """Return the sequences of phase 1 and of phase 2, and note how documents and tasks met.

    A task whose document is not there is left out of both phases and counted in `unused_tasks`. Raises UserError when
    there is no text, no task of the kinds asked for, or when no task belongs to a document.
    """
    tasks, total = _read_tasks(settings)

    def documents() -> Iterator[tuple[str, list[str], str]]:
        for path in settings.documents:
            for document in read_records(path, Document):
                if document.text.strip():
                    found = tasks.get((document.source, document.id)) or tasks.get(("", document.id)) or []
                    yield document.id, found, document.text

    used = sum(len(texts) for _, texts, _ in documents())
    if not used and any(True for _ in documents()):
        raise UserError(
            "samples: none of them is about one of the documents; `document` of a sample must be the id of a "
            "document, and `source` its source"
        )
    groups = settings.sequences
    phase1 = _write(
        work.scratch / "phase-1-tokens",
        tokenizer,
        ((name, group) for name, texts, _ in documents() for group in _grouped(texts, groups)),
    )
    phase2 = _write(
        work.scratch / "phase-2-tokens",
        tokenizer,
        ((name, [*group, text]) for name, texts, text in documents() for group in _grouped(texts, groups) or [[]]),
    )
    if not len(phase2):
        raise UserError("documents: there is no text in them; expected at least one document with text")
    work.facts.update(
        sequences_phase1=len(phase1), sequences_phase2=len(phase2), task_texts=used, unused_tasks=total - used
    )
    return phase1, phase2


def _write(folder: Path, tokenizer: PreTrainedTokenizerBase, groups: Iterable[tuple[str, list[str]]]) -> TokenRows:
    """Write each group of texts, which has the name of a document, as one sequence."""
    names: deque[str] = deque()

    def texts() -> Iterator[list[str]]:
        for name, group in groups:
            names.append(name)
            yield group

    return write_token_rows(folder, _joined(tokenizer, texts()), iter(names.popleft, None))


def _grouped(texts: list[str], sequences: str) -> list[list[str]]:
    """Return the task texts of one document as they stand in sequences together."""
    if sequences == "apart":
        return [[text] for text in texts]
    return [texts] if texts else []


def _read_tasks(settings: PitSettings) -> tuple[Tasks, int]:
    """Return the task texts by document, in the order of the samples, and their number."""
    wanted = {f"pit.{name}" for name in settings.tasks}
    tasks: Tasks = {}
    seen: set[str] = set()
    total = 0
    for path in settings.samples:
        for sample in read_records(path, Sample):
            seen.add(sample.task)
            if sample.task not in wanted:
                continue
            if not sample.output.strip():
                raise UserError(f"{path}: sample '{sample.id}' has no output; a task without text cannot be learnt")
            tasks.setdefault((sample.source, sample.document), []).append(sample.output)
            total += 1
    if not total:
        raise UserError(
            f"samples: no {' or '.join(sorted(wanted))} among them"
            + (f", only {', '.join(sorted(seen))}" if seen else "; they are empty")
            + "; change `tasks`, or let synth.pit write them"
        )
    return tasks, total


def _joined(tokenizer: PreTrainedTokenizerBase, groups: Iterable[list[str]]) -> Iterator[list[int]]:
    """Yield the tokens of each group of texts as one sequence, an end-of-text token behind every text."""
    start, end = document_start(tokenizer), document_end(tokenizer)
    sizes: list[int] = []

    def flat() -> Iterator[str]:
        for group in groups:
            sizes.append(len(group))
            yield from group

    sequence: list[int] = [*start]
    count = 0
    for tokens in tokenize(tokenizer, flat()):
        sequence += [*tokens, end]
        count += 1
        if count == sizes[0]:
            yield sequence
            sequence, count = [*start], 0
            sizes.pop(0)
