"""Continual pre-training on raw text (domain-adaptive pre-training): next-token prediction, MediPhi section 3.1.2."""

from __future__ import annotations

from pydantic import Field, model_validator

from polyclinic.step_settings import Documents
from polyclinic.steps import Work, step_kind
from polyclinic.train import processes
from polyclinic.train.batches import BatchPlan, Packing, TooLong
from polyclinic.train.budget import training_budget
from polyclinic.train.data_page import ShownData, shown_documents, write_data_page
from polyclinic.train.language_modeling import document_rows, held_out_rows, train_on_rows
from polyclinic.train.lora import AdaptableSettings, check_inputs, load_trainable, output_of, write_result
from polyclinic.train.settings import row_length
from polyclinic.train.token_rows import TokenRows


class DaptSettings(AdaptableSettings):
    """Settings of train.dapt; the defaults are MediPhi's (section 3.1.2, Table 6), effective batch 512."""

    documents: list[Documents] = Field(min_length=1, description="the texts to learn")
    learning_rate: float = Field(5e-5, gt=0, le=1, description="at its peak (Table 6 of the paper prints 1e-4)")
    epochs: float = Field(1.0, gt=0, le=1000, description="passes over the documents")
    steps: int | None = Field(None, ge=1, description="optimizer steps, instead of epochs")
    packing: Packing = Field(
        "best_fit",
        description="one_document: one a row; best_fit: several a row, which do not see each other; "
        "wrapped: the corpus cut into full rows, fastest, documents see each other",
    )
    too_long: TooLong = Field(
        "split", description="what becomes of a document longer than max_length: split into rows, or cut at its end"
    )
    held_out: list[Documents] = Field([], description="texts whose loss is only looked at; not trained on")
    batch_size: int = Field(16, ge=1, description="rows that one device takes at once")
    gradient_accumulation: int = Field(32, ge=1, description="batches that are summed into one optimizer step")
    warmup_steps: float = Field(
        35, ge=0, description="steps over which the rate rises to its peak; below 1 a share of all steps"
    )
    weight_decay: float = Field(0.1, ge=0, le=1, description="AdamW's decoupled weight decay")
    neftune_noise_alpha: float = Field(
        5.0, ge=0, description="noise on the embeddings while training (NEFTune, arXiv 2310.05914); 0 is none"
    )

    @model_validator(mode="after")
    def _long_documents(self) -> DaptSettings:
        if self.packing == "wrapped" and self.too_long == "cut":
            raise ValueError("too_long: wrapped packing cuts rows from the whole corpus, and loses nothing")
        return self


@step_kind(
    "train.dapt",
    DaptSettings,
    output="model",
    output_of=output_of,
    version=3,
    packages=("torch", "transformers"),
    check=check_inputs,
    processes=True,
    budget=training_budget,
)
def dapt(settings: DaptSettings, work: Work) -> None:
    """Go on with next-token prediction on the raw text of documents."""
    model, tokenizer = load_trainable(settings, work.seed)
    max_length = row_length(settings, model)
    rows = document_rows(work, tokenizer, settings.documents)
    if processes.is_first():
        write_data_page(work.out, "train.dapt", tokenizer, [shown_texts(settings, rows, max_length, work.seed)])
    log, plan = train_on_rows(
        work,
        settings,
        model,
        tokenizer,
        rows,
        name="next tokens",
        packing=settings.packing,
        max_length=max_length,
        learning_rate=settings.learning_rate,
        epochs=settings.epochs,
        steps=settings.steps,
        too_long=settings.too_long,
        held_out=held_out_rows(work, settings, tokenizer, settings.held_out, max_length),
    )
    work.facts.update(tokens=plan.tokens(), documents=len(rows), dropped_tokens=plan.dropped)
    write_result(work, settings, model, tokenizer, [log])


def shown_texts(settings: DaptSettings, rows: TokenRows, max_length: int, seed: int) -> ShownData:
    """Return the documents as the page of the data shows them."""
    plan = BatchPlan(
        rows,
        packing=settings.packing,
        max_length=max_length,
        batch_size=settings.batch_size,
        seed=seed,
        too_long=settings.too_long,
    )
    return shown_documents("Documents", rows, plan, settings.packing == "best_fit")
