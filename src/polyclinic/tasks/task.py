"""What a task is: what it asks, how it is put to a model, how it is scored, who may have its data.

This file knows nothing about where tasks are kept (see catalog.py) or how items are made from documents.
"""

from __future__ import annotations

import functools
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from polyclinic.errors import UserError, did_you_mean
from polyclinic.records import Sample

# What a template may name. `metadata` is the Sample's; for ICD-10-CM items it holds `code`.
QUESTION_NAMES = ("code", "description", "title", "domain")
PROMPT_NAMES = ("question", "instruction", "options", "metadata")


class Task(BaseModel):
    """One clinical task: a file of the catalog. Unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", description="name in recipes and results; the file's name")
    title: str = Field(min_length=1, description="name for people")
    description: str = Field("", description="what is asked and where it comes from, in a sentence or two")
    category: str = Field(min_length=1, description="kind of work, as MedS-Ins names it, e.g. Question Answering")
    domain: str = Field(min_length=1, description="domain of the documents it is made from, as in Document")
    language: str = Field("en", description="BCP 47")
    family: Literal["multiple_choice", "perplexity"] = Field(description="how a model is asked")
    builder: Literal["icd10cm_questions", "held_out_text"] = Field(description="how items are made from documents")
    metric: Literal["accuracy", "negative_log_likelihood"] = Field(description="what is reported for each item")
    license: str = Field("", description="licence of the items; empty = that of the documents they are made from")
    access: Literal["open", "credentialed", "agreement"] = Field("open", description="who may have the data")
    suites: tuple[str, ...] = Field((), description="suites that ask it")
    verified: bool = Field(False, description="whether builder and scorer were tried on the real data")

    question: str = Field("", description="template of the question, with the document's metadata: {{ code }}")
    prompt: str = Field("", description="template of what the model reads before an option: {{ question }} and more")
    answer_prefix: str = Field(" ", description="stands between prompt and option, and is scored with the option")
    answer_suffix: str = Field("", description="ends an option, and is scored with it")
    scoring: Literal["sum", "per_token", "per_byte", "mutual_information"] = Field(
        "sum", description="how an option's log-likelihood becomes its score"
    )
    neutral_prompt: str = Field("", description="template without the question, for mutual_information")
    options: int = Field(4, ge=2, le=26, description="closed choices of an item, the right one among them")
    leaves_only: bool = Field(True, description="whether only codes that are not divided further are asked")
    distance: tuple[int, int] | None = Field(
        None, description="edges in the code tree from the right code to a wrong one, least and most; empty = any"
    )

    @field_validator("question", "prompt", "neutral_prompt")
    @classmethod
    def _template(cls, text: str, info: Any) -> str:
        _check_template(text, QUESTION_NAMES if info.field_name == "question" else PROMPT_NAMES)
        return text

    @field_validator("distance")
    @classmethod
    def _distance(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and not 1 <= value[0] <= value[1]:
            raise ValueError(f"expected [least, most] with 1 <= least <= most, found {list(value)}")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.family == "multiple_choice":
            for name in ("question", "prompt"):
                if not getattr(self, name):
                    raise ValueError(f"a multiple_choice task needs {name}")
            if self.scoring == "mutual_information" and not self.neutral_prompt:
                raise ValueError("scoring mutual_information needs neutral_prompt")
        wanted = {
            "multiple_choice": ("icd10cm_questions", "accuracy"),
            "perplexity": ("held_out_text", "negative_log_likelihood"),
        }[self.family]
        if (self.builder, self.metric) != wanted:
            raise ValueError(f"family {self.family} goes with builder {wanted[0]} and metric {wanted[1]}")
        return self


def question_text(task: Task, names: dict[str, Any]) -> str:
    """Return the question of an item; `names` are what the document knows: code, description, title, domain."""
    return render(task.question, {name: names.get(name, "") for name in QUESTION_NAMES})


def prompt_text(task: Task, sample: Sample) -> str:
    """Return what a model reads before an option of this item (or, without options, before the reply)."""
    return render(task.prompt, _prompt_names(sample))


def neutral_text(task: Task, sample: Sample) -> str:
    """Return the prompt that does not give the question away: what mutual_information compares with."""
    return render(task.neutral_prompt, _prompt_names(sample))


def render(template: str, names: dict[str, Any]) -> str:
    """Fill a template; a name that it uses and `names` lacks is a UserError."""
    import jinja2

    try:
        return str(_compiled(template).render(names))
    except jinja2.UndefinedError as error:
        raise UserError(f"template {template!r}: {error.message}") from error


def _prompt_names(sample: Sample) -> dict[str, Any]:
    return {
        "question": sample.input,
        "instruction": sample.instruction,
        "options": list(sample.options),
        "metadata": sample.metadata,
    }


@functools.lru_cache(maxsize=256)
def _compiled(template: str) -> Any:
    return _environment().from_string(template)


@functools.cache
def _environment() -> Any:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # The sandbox, since a catalog may come from somebody else.
    return ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
    )


def _check_template(text: str, allowed: tuple[str, ...]) -> None:
    import jinja2
    from jinja2 import meta

    try:
        used = meta.find_undeclared_variables(_environment().parse(text))
    except jinja2.TemplateSyntaxError as error:
        raise ValueError(f"not a template: {error.message}") from error
    for name in sorted(used - set(allowed)):
        raise ValueError(
            f"the template names '{name}'{did_you_mean(name, allowed)}; it may name {', '.join(allowed)}"
        )
