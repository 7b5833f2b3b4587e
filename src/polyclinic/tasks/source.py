"""Where the items of a task come from: the data set, the files of its official release, and how they are read.

Every field that is not known says `unknown`. This file knows nothing about how files are read (see readers/).
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Unknown = Literal["unknown"]
Format = Literal[
    "delimited",
    "json_rows",
    "workbook",
    "parquet_rows",
    "multiple_choice",
    "patient_questions",
    "sentence_pairs",
    "iob",
    "pubtator",
    "bioc",
    "standoff",
    "articles",
    "code_table",
    "relations",
    "report_sections",
    "task_json",
    "conversations",
    "unknown",
]
# What each reader gives beside the fields of the file itself; readers without an entry give the file's fields alone.
FIELDS: dict[str, tuple[str, ...]] = {
    "multiple_choice": (
        "question",
        "options",
        "letters",
        "lettered",
        "letter",
        "answer",
        "answers",
        "answer_letters",
    ),
    "patient_questions": (
        *("question", "options", "letters", "lettered", "letter", "answer", "answers", "answer_letters"),
        *("documents", "repeat", "patient", "item"),
    ),
    "sentence_pairs": ("premise", "hypothesis", "label"),
    "iob": ("text", "tokens", "tags", "entities", "types", "typed"),
    "pubtator": ("title", "abstract", "text", "entities", "types", "typed", "relations"),
    "bioc": ("title", "abstract", "text", "entities", "types", "typed", "relations"),
    "standoff": ("text", "entities", "types", "typed", "events", "attributes"),
    "articles": ("title", "abstract", "body", "sections", "keywords", "mesh", "journal", "year"),
    "code_table": ("code", "description", "short", "leaf"),
    "relations": ("text", "relations", "events", "entities", "types", "typed"),
    "report_sections": ("text", "sections", "modality", "region"),
    "task_json": ("input", "output", "outputs", "definition"),
    "conversations": ("input", "output", "system", "turns", "exchanges"),
}
EVERYWHERE = ("row", "labels", "id", "document")  # names that every template may use
SPLITS = ("train", "validation", "test", "all")


class Source(BaseModel):
    """A data set and the layout of its files. Unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="the data set's name")
    version: str = Field("", description="release whose layout is described here; empty = any")
    address: str = Field("unknown", description="where the data are published: an address, or unknown")
    hub: str = Field("", description="owner/name on the Hugging Face hub, where an official set has the same fields")
    hub_config: str = Field("", description="configuration of the hub's data set")
    granted_by: str = Field("", description="who grants access, for data that are not open")
    folder: str = Field("", description="folder of the release inside the user's data folder")
    format: Format = Field("unknown", description="how the files are read; unknown = the layout is not known")
    files: dict[Literal["train", "validation", "test", "all"], tuple[str, ...]] = Field(
        {},
        description="files of each split, patterns that are tried in order; `all`: no official split",
    )
    columns: dict[str, str | tuple[str, ...]] = Field(
        {}, description="name in templates -> name in the files, or several names that make a list"
    )
    column_names: tuple[str, ...] = Field((), description="names of the columns of a file without a header")
    expect: tuple[str, ...] = Field((), description="fields that tell this release from others; all must be there")
    where: dict[str, tuple[str, ...]] = Field(
        {}, description="field -> values; rows with another value are no part of the task"
    )
    not_empty: tuple[str, ...] = Field((), description="fields without which a row is no part of the task")
    each: str = Field("", description="name of a list in a record, each element of which is a row of its own")
    context: Literal["own", "mixed", "others"] = Field(
        "own",
        description="documents beside a question (patient_questions): the patient's, with others', others' alone",
    )
    repeats: int = Field(1, ge=1, le=100, description="times a question is asked, the documents in another order")
    types: tuple[str, ...] = Field((), description="entity types that are asked for; empty = all")
    answer_is: Literal["letter", "index", "number", "text"] = Field(
        "letter", description="how a file names the right option: letter, index from 0, number from 1, or its text"
    )
    id: str = Field("", description="field that names an item; empty = file and line")
    document: str = Field("", description="field that names the patient or article; empty = each item stands alone")
    encoding: str = Field("utf-8", description="encoding of the files")

    @model_validator(mode="before")
    @classmethod
    def _one_for_several(cls, data: Any) -> Any:
        """Take a single value for a list of one."""
        if not isinstance(data, dict):
            return data
        made = dict(data)
        for name in ("files", "where"):
            if isinstance(made.get(name), dict):
                made[name] = {k: [v] if isinstance(v, str) else v for k, v in made[name].items()}
        for name in ("expect", "types", "not_empty"):
            if isinstance(made.get(name), str):
                made[name] = [made[name]]
        return made

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.format != "unknown" and not (self.files and self.folder):
            raise ValueError(f"format {self.format} needs folder, and files: the patterns of each split")
        if "all" in self.files and len(self.files) > 1:
            raise ValueError("files: `all` says that there is no official split; no other can stand beside it")
        return self


class Published(BaseModel):
    """What the papers say of a task. Unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    meds_ins_number: int | None = Field(None, description="number of the task in MedS-Ins and MedS-Bench")
    meds_ins_file: str = Field("", description="published file name without ending")
    super_natural_instructions: int | None = Field(None, description="number in Super-NaturalInstructions")
    instances: int | Unknown = Field("unknown", description="training instances")
    instances_basis: str = Field("", description="how that number is known")
    group: str = Field("", description="tasks whose size is only known together")
    group_instances: int | None = Field(None, description="training instances of the group")
    rewrites: int | None = Field(None, description="published wordings of the definition")
    test_items: int | Unknown = Field("unknown", description="items of the full test set")
    evaluated_items: int | Unknown = Field("unknown", description="items that published scores are about")
    evaluated_items_basis: str = Field("", description="how that number is known")
    metric_as_published: str = Field("", description="what the published scorer does")
    metric_corrected: str = Field("", description="what our scorer does")
    bench_folder: str = Field("", description="folder of the file in MedS-Bench")
    bench_file: str = Field("", description="file name in MedS-Bench without ending, where known")
    bench_task: int | None = Field(None, description="number of the task in the MedS-Bench paper, 1 to 52")
    gold_format: str = Field("", description="how the published test file words its answers")
