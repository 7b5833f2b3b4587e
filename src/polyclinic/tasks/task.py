"""What a task is: what it asks, how it is put to a model, how it is scored, who may have its data.

This file knows nothing about where tasks are kept (see catalog.py) or how items are made (see build.py).
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from polyclinic.errors import did_you_mean
from polyclinic.records import Sample
from polyclinic.tasks.names import CATEGORIES, DOMAINS
from polyclinic.tasks.source import EVERYWHERE, FIELDS, SPLITS, Published, Source, Unknown
from polyclinic.tasks.templates import render, template_problem

# What a template may name. `metadata` is the Sample's; for ICD-10-CM items it holds `code`.
QUESTION_NAMES = ("code", "description", "title", "domain")
PROMPT_NAMES = ("question", "instruction", "options", "metadata")
Family = Literal[
    "multiple_choice",
    "perplexity",
    "option_letters",
    "label",
    "label_set",
    "entities",
    "structured",
    "codes",
    "free_text",
]
Metric = Literal[
    "accuracy",
    "negative_log_likelihood",
    "macro_f1",
    "weighted_f1",
    "micro_f1",
    "entity_f1",
    "field_accuracy",
    "label_accuracy",
    "text_overlap",
    "rouge1",
    "rougeL",
    "summary_mean",
    "code_mean",
    "type_f1",
    "sentence_id_accuracy",
    "judge",
    "unknown",
]


class Task(BaseModel):
    """One clinical task: a file of the catalog. Unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.+-]*$", description="name in recipes and results; the file's name")
    title: str = Field(min_length=1, description="name for people")
    description: str = Field("", description="what is asked and where it comes from, in a sentence or two")
    category: str = Field(min_length=1, description="kind of work, one of the 19 of MedS-Ins")
    domain: str = Field(
        min_length=1, description="one of the 5 domains of MedS-Ins; for items made from documents, theirs"
    )
    language: str = Field("en", description="BCP 47; of the input")
    output_language: str = Field("", description="BCP 47; empty = that of the input")
    instruction_language: str = Field("en", description="BCP 47; of the definition")
    family: Family = Field(description="how a model is asked")
    builder: Literal["icd10cm_questions", "held_out_text", "samples", "source"] = Field(
        description="how items are made: from documents, from samples, or from the files of the source"
    )
    metric: Metric = Field(description="what is reported for each item")
    license: str = Field(
        "", description="licence of the items, or unknown; empty = that of the documents they are made from"
    )
    commercial_use: bool | Unknown = Field("unknown", description="whether the licence allows commercial use")
    access: Literal["open", "credentialed", "agreement", "unknown"] = Field(
        "open", description="who may have the data"
    )
    suites: tuple[str, ...] = Field((), description="suites that ask it")
    counted_as: dict[str, str] = Field(
        {}, description="suite -> name under which several files count as one task in the suite's published number"
    )
    medcare_part: Literal["knowledge_intensive", "alignment_required", "unknown"] = Field(
        "unknown", description="stage of MedCare that learns it: knowledge (stage 1) or alignment (stages 1 and 2)"
    )
    verified: bool = Field(False, description="whether builder and layout were tried on the real data")
    only_by_name: bool = Field(False, description="whether a suite's build leaves it out, so that it must be named")
    remarks: tuple[str, ...] = Field((), description="what a user of the data should know")

    source: Source | None = Field(None, description="data set and layout of its files")
    published: Published = Field(Published(), description="what the papers say of it")
    definition: str = Field("", description="the task in words: the instruction a model is given")
    input: str = Field("", description="template of what the work is done on, over the source's fields")
    output: str = Field("", description="template of the good reply, over the source's fields")
    cuttable: str = Field(
        "",
        description="template of the part of the input that may be cut for a short window; empty = none",
    )
    kept: tuple[str, ...] = Field(
        (), description="fields of the source that stand in an item's metadata when a model is asked, for its scorer"
    )
    references: str = Field("", description="field with all good replies, where the source has several")
    several_right: bool = Field(False, description="whether questions may have several right options")
    sections: dict[str, tuple[str, ...]] = Field(
        {}, description="section of a long reply -> its headings; the reply is then scored section by section too"
    )
    concept_f1: bool = Field(
        False,
        description="whether the F1 of clinical concepts is part of its summary_mean, as in CLUE's longer texts",
    )
    labels: tuple[str, ...] = Field((), description="closed list that replies are taken from")
    shots: int | Unknown = Field("unknown", description="worked examples in the published prompt")
    max_new_tokens: int | Unknown = Field("unknown", description="longest reply, in tokens")

    question: str = Field("", description="template of the question of a multiple-choice item")
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

    @field_validator("category")
    @classmethod
    def _category(cls, value: str) -> str:
        if value not in CATEGORIES:
            raise ValueError(
                f"unknown category '{value}'{did_you_mean(value, CATEGORIES)}; there are {', '.join(CATEGORIES)}"
            )
        return value

    @field_validator("prompt", "neutral_prompt")
    @classmethod
    def _template(cls, text: str) -> str:
        if problem := template_problem(text, PROMPT_NAMES):
            raise ValueError(problem)
        return text

    @field_validator("distance")
    @classmethod
    def _distance(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and not 1 <= value[0] <= value[1]:
            raise ValueError(f"expected [least, most] with 1 <= least <= most, found {list(value)}")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = self.field_names
        for field in ("question", "input", "output", "cuttable"):
            if problem := template_problem(getattr(self, field), names):
                raise ValueError(f"{field}: {problem}")
        if self.builder == "source":
            self._check_source()
            return self
        if self.family == "multiple_choice" and self.builder != "samples":
            for name in ("question", "prompt"):
                if not getattr(self, name):
                    raise ValueError(f"a multiple_choice task needs {name}")
        if self.scoring == "mutual_information" and not self.neutral_prompt:
            raise ValueError("scoring mutual_information needs neutral_prompt")
        builders, metric = {
            "multiple_choice": (("icd10cm_questions", "samples"), "accuracy"),
            "perplexity": (("held_out_text", "samples"), "negative_log_likelihood"),
        }.get(self.family, (("source",), self.metric))
        if self.builder not in builders or self.metric != metric:
            raise ValueError(f"family {self.family} goes with builder {' or '.join(builders)} and metric {metric}")
        return self

    def _check_source(self) -> None:
        if self.source is None:
            raise ValueError("builder source needs source: the data set and the layout of its files")
        if self.family == "perplexity":
            raise ValueError("family perplexity goes with builder held_out_text or samples")
        if self.domain not in DOMAINS:
            raise ValueError(
                f"domain: unknown domain '{self.domain}'{did_you_mean(self.domain, DOMAINS)}; "
                f"there are {', '.join(DOMAINS)}"
            )
        if not self.license:
            raise ValueError("license: missing; a task with a source names its licence, or says unknown")
        if not self.definition:
            raise ValueError("definition: missing; the task in words")
        if self.access in ("credentialed", "agreement") and not self.source.granted_by:
            raise ValueError("source.granted_by: missing; data that are not open say who grants access")
        if self.buildable and not (self.input and self.output):
            raise ValueError("input and output: missing; a source with a known format needs both templates")
        if self.field_names is not None and (unknown := [name for name in self.kept if name not in self.field_names]):
            raise ValueError(
                f"kept: unknown field '{unknown[0]}'{did_you_mean(unknown[0], self.field_names)}; "
                f"there are {', '.join(self.field_names)}"
            )
        if self.verified and not self.buildable:
            raise ValueError("verified: a task whose layout is unknown cannot be verified")

    @property
    def buildable(self) -> bool:
        """Whether items can be made: from documents, or from a source whose layout is known."""
        return self.builder != "source" or (self.source is not None and self.source.format != "unknown")

    @property
    def field_names(self) -> tuple[str, ...] | None:
        """Names that question, input and output may use; None when only the files can tell."""
        if self.builder != "source":
            return QUESTION_NAMES
        if self.source is None or self.source.format not in FIELDS:
            return None
        return tuple(dict.fromkeys((*FIELDS[self.source.format], *self.source.columns, *EVERYWHERE)))

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits that can be built; a source without official ones is divided 90 to 10 into train and test."""
        if self.source is None:
            return ()
        if "all" in self.source.files:
            return ("train", "test")
        return tuple(split for split in SPLITS if split in self.source.files)

    @property
    def test_split(self) -> str:
        """The split a model is tested with: test, else validation (the answers of some tests are not published).

        Empty for a data set that has neither: what it holds is there to be learnt, so it tests nothing unasked.
        """
        return next((split for split in ("test", "validation") if split in self.splits or not self.splits), "")


def question_text(task: Task, names: dict[str, Any]) -> str:
    """Return the question of an item; `names` are what the document knows: code, description, title, domain."""
    return render(task.question, {name: names.get(name, "") for name in QUESTION_NAMES})


def prompt_text(task: Task, sample: Sample) -> str:
    """Return what a model reads before an option of this item (or, without options, before the reply)."""
    return render(task.prompt, _prompt_names(sample))


def neutral_text(task: Task, sample: Sample) -> str:
    """Return the prompt that does not give the question away: what mutual_information compares with."""
    return render(task.neutral_prompt, _prompt_names(sample))


def _prompt_names(sample: Sample) -> dict[str, Any]:
    return {
        "question": sample.input,
        "instruction": sample.instruction,
        "options": list(sample.options),
        "metadata": sample.metadata,
    }
