"""What a training would read, without training: the page of its data, from the tokenizer alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pydantic import Field, ValidationError, model_validator

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.step_settings import Documents, Model, Preferences, Samples, Settings
from polyclinic.step_settings import settings_problems as problems_of
from polyclinic.steps import StepKind, Work, step_kind
from polyclinic.train.chat import ChatTokens
from polyclinic.train.dapt import dapt, shown_texts
from polyclinic.train.data_page import ShownData, shown_instructions, write_data_page
from polyclinic.train.dpo import dpo, preference_rows, shown_pairs
from polyclinic.train.instruction_rows import instruction_rows
from polyclinic.train.language_modeling import document_rows
from polyclinic.train.pit import phase_rows, pit, shown_phases
from polyclinic.train.settings import row_length
from polyclinic.train.sft import sft

KINDS: dict[tuple[str, ...], StepKind[Any]] = {
    ("documents",): dapt,
    ("documents", "samples"): pit,
    ("samples",): sft,
    ("preferences",): dpo,
}


class PreviewSettings(Settings):
    """Settings of train.preview: the data say which kind of training is meant."""

    model: Model = Field(description="the model that would be trained; only its tokenizer is read")
    documents: list[Documents] = Field([], description="texts, for train.dapt; with samples, for train.pit")
    samples: list[Samples] = Field([], description="instructions, for train.sft; with documents, tasks for train.pit")
    preferences: list[Preferences] = Field([], description="pairs of replies, for train.dpo")
    options: dict[str, Any] = Field(
        {}, description="other settings of that kind, such as max_length, packing, too_long or few_shot_share"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> PreviewSettings:
        if self.given not in KINDS:
            raise ValueError(
                "give documents (train.dapt), samples (train.sft), documents and samples (train.pit) or preferences "
                "(train.dpo)"
            )
        return self

    @property
    def given(self) -> tuple[str, ...]:
        """The data that are given."""
        return tuple(name for name in ("documents", "samples", "preferences") if getattr(self, name))


@step_kind("train.preview", PreviewSettings, output="page", version=1, packages=("transformers",))
def preview(settings: PreviewSettings, work: Work) -> None:
    """Show what a training would read: rows with what is learnt in colour, lengths, and what would be cut."""
    from transformers import AutoConfig

    kind = KINDS[settings.given]
    data = {name: getattr(settings, name) for name in settings.given}
    try:
        wanted = kind.settings.model_validate({"model": settings.model, **data, **settings.options})
    except ValidationError as error:
        found = "\n".join(
            f"options.{place}: {problem}" for place, problem in problems_of(kind.settings, kind.name, error)
        )
        raise UserError(found) from error
    tokenizer = models.load_tokenizer(settings.model)
    config = AutoConfig.from_pretrained(str(settings.model), local_files_only=True, trust_remote_code=False)
    max_length = row_length(wanted, SimpleNamespace(config=config))
    shown: list[ShownData]
    if kind is dapt:
        rows = document_rows(work, tokenizer, settings.documents)
        shown = [shown_texts(wanted, rows, max_length, work.seed)]
    elif kind is pit:
        shown = shown_phases(wanted, *phase_rows(wanted, work, tokenizer), max_length, work.seed)
    elif kind is sft:
        chat = ChatTokens(tokenizer, settings.model)
        shown = [shown_instructions(instruction_rows(wanted, chat, max_length, work.seed), max_length)]
    else:
        pairs, names = preference_rows(wanted, ChatTokens(tokenizer, settings.model), max_length, work)
        shown = [shown_pairs(pairs, names, max_length, work)]
    write_data_page(work.out, kind.name, tokenizer, shown)
    work.facts.update(kind=kind.name, rows=sum(len(part.lengths) for part in shown))
