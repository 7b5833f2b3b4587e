"""`synth.pit`: the tasks of pre-instruction tuning (arXiv 2402.12847), one sample per document and task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.step_settings import Documents, Runtime, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.data_page import describe
from polyclinic.synth.extractive import AUTHOR, CodeBook, find_code, write_tasks
from polyclinic.synth.teacher import TeacherSettings, check_address, endpoint_of

Task = Literal["summary", "question_answer", "entities", "relations", "explainer"]


class PitSettings(TeacherSettings):
    """What to write for each document, and who writes it."""

    documents: list[Documents] = Field(min_length=1, description="the documents to write tasks for")
    tasks: list[Task] = Field(
        ["summary"],
        min_length=1,
        description="what is written for every document: summary, question_answer, entities, relations, "
        "explainer (rewritten as a textbook would explain it; needs a model)",
    )
    teacher: Literal["extractive", "openai"] = Field(
        "extractive",
        description="extractive: rules without a model; openai: a model behind an OpenAI-compatible endpoint "
        "(meant when teacher_url is given)",
    )
    teacher_url: Annotated[str, Runtime] = Field("", description="base URL of the endpoint, up to and with /v1")
    teacher_model: str = Field("", description="name of the model at the endpoint")
    temperature: float = Field(0.0, ge=0, le=2, description="temperature the teacher writes with")
    max_tokens: int = Field(1024, ge=16, le=131_072, description="tokens of one answer at most")
    part_characters: int = Field(
        12_000, ge=500, description="longer documents are sent in parts of at most so many characters"
    )
    prompts: SourcePath | None = Field(
        None, description="folder with prompts of your own (summary.jinja, system.jinja, ...)"
    )

    json_answers: bool = Field(
        False, description="ask for questions, entities and relations as JSON of a given form, where the endpoint can"
    )
    check_language: bool = Field(True, description="refuse an answer that is not in the document's language")

    @model_validator(mode="before")
    @classmethod
    def _an_address_means_a_model(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("teacher_url") and "teacher" not in data:
            return {**data, "teacher": "openai"}
        return data

    @field_validator("tasks")
    @classmethod
    def _each_once(cls, tasks: list[Task]) -> list[Task]:
        if len(set(tasks)) < len(tasks):
            raise ValueError(f"each task once; found {', '.join(tasks)}")
        return tasks

    @model_validator(mode="after")
    def _teacher_is_whole(self) -> Self:
        if self.teacher == "openai":
            missing = [name for name in ("teacher_url", "teacher_model") if not getattr(self, name)]
            if missing:
                raise ValueError(f"teacher openai needs {' and '.join(missing)}")
            return self
        if "explainer" in self.tasks:
            raise ValueError("tasks: explainer can only be written by a model; set teacher_url and teacher_model")
        of_models = (
            "teacher_url",
            "teacher_model",
            "teacher_key_variable",
            "temperature",
            "max_tokens",
            "prompts",
            "json_answers",
        )
        given = [name for name in of_models if name in self.model_fields_set and getattr(self, name)]
        if given:
            raise ValueError(f"{', '.join(given)}: only a teacher that is a model has this; set `teacher: openai`")
        return self


def check_pit(settings: PitSettings) -> None:
    """Look at the prompts and at the address of the teacher; raises UserError before anything runs."""
    if settings.teacher == "openai":
        from polyclinic.synth.templates import load_prompts

        load_prompts(settings.tasks, settings.prompts)
        check_address(settings)


@step_kind("synth.pit", PitSettings, output="samples", version=2, check=check_pit)
def pit(settings: PitSettings, work: Work) -> None:
    """Have a teacher write a summary, questions, entities, relations or an explanation for every document.

    The extractive teacher is no model: it follows rules, for quickstarts and tests, and signs as what it is. Answers
    of a model are checked, asked for once more when they cannot be used, and counted; those that stay unusable are in
    `rejected.jsonl`. Raises UserError when nothing at all could be written.
    """
    if settings.teacher == "extractive":
        _write_by_rules(settings, work)
    else:
        _write_by_model(settings, work)
    author = AUTHOR if settings.teacher == "extractive" else settings.teacher_model
    describe(work, "synth.pit", Sample, f"Tasks about documents, for pre-instruction tuning, by {author}.")


def _write_by_rules(settings: PitSettings, work: Work) -> None:
    book = CodeBook()
    documents = 0
    for document in _checked_documents(settings.documents):
        documents += 1
        code = find_code(document)
        if code is not None:
            book.add(code)
    written, nothing = Counter[str](), Counter[str]()
    tasks = tuple(settings.tasks)

    def samples() -> Iterator[Sample]:
        with work.progress("writing tasks", documents) as progress:
            for document in _documents(settings.documents):
                for task, text in write_tasks(document, tasks, book).items():
                    if text:
                        written[task] += 1
                        yield from _samples(document, task, text, AUTHOR)
                    else:
                        nothing[task] += 1
                progress.advance()

    if not write_records(work.out, samples(), Sample):
        raise UserError(
            f"synth.pit: the extractive teacher found nothing to write about in {documents} documents for "
            f"{', '.join(tasks)}; it needs sentences or codes to work on"
        )
    work.facts.update(
        teacher=AUTHOR,
        documents=documents,
        samples={task: written[task] for task in tasks},
        nothing_found={task: nothing[task] for task in tasks},
    )


def _write_by_model(settings: PitSettings, work: Work) -> None:
    from polyclinic.llm import Journal
    from polyclinic.synth.rounds import Account, drop_empty_side_file, nothing_usable
    from polyclinic.synth.templates import load_prompts
    from polyclinic.synth.written import Asking, count_requests, read_texts, writing_round

    endpoint = endpoint_of(settings, work.seed, settings.temperature)
    prompts = load_prompts(settings.tasks, settings.prompts)
    documents = requests = 0
    for document in _checked_documents(settings.documents):
        documents += 1
        requests += count_requests(document, len(settings.tasks), settings.part_characters)
    asking = Asking(settings.part_characters, settings.json_answers, settings.check_language)
    asked = writing_round(lambda: _documents(settings.documents), prompts, asking)
    account = Account()
    written, nothing, unusable = Counter[str](), Counter[str](), Counter[str]()

    def samples() -> Iterator[Sample]:
        for document, task in read_texts(asked, endpoint, journal, work.out, account, asking):
            if task.text:
                written[task.task] += 1
                known: dict[str, Any] = {"parts": task.parts, "parts_used": task.used} if task.parts > 1 else {}
                if task.task == "explainer" and document.title:
                    known["title"] = document.title
                yield from _samples(document, task.task, task.text, settings.teacher_model, **known)
            else:
                (unusable if task.used < task.parts else nothing)[task.task] += 1

    with Journal(work.scratch / "journal.sqlite") as journal:
        asked.ask(endpoint, journal, work, requests, settings)
        if not write_records(work.out, samples(), Sample):
            raise nothing_usable("synth.pit", account, journal.path)
    drop_empty_side_file(work.out)
    work.facts.update(
        teacher=settings.teacher_model,
        teacher_url=settings.teacher_url,
        prompt_versions={task: prompt.version for task, prompt in prompts.items()},
        documents=documents,
        samples={task: written[task] for task in settings.tasks},
        nothing_found={task: nothing[task] for task in settings.tasks},
        without_a_usable_answer={task: unusable[task] for task in settings.tasks},
        **account.facts(),
    )


def _samples(document: Document, task: str, text: str, author: str, **metadata: Any) -> Iterator[Sample]:
    """Yield the samples of one task of a document, every question its own; its origin goes with each."""
    elements = text.split("\n\n") if task == "question_answer" else [text]
    for number, element in enumerate(elements, start=1):
        yield Sample(
            id=f"{document.id}.{task}.{number}" if len(elements) > 1 else f"{document.id}.{task}",
            task=f"pit.{task}",
            output=element,
            document=document.id,
            domain=document.domain,
            language=document.language,
            source=document.source,
            license=document.license,
            author=author,
            metadata=metadata,
        )


def _documents(paths: list[Path]) -> Iterator[Document]:
    for path in paths:
        yield from read_records(path, Document)


def _checked_documents(paths: list[Path]) -> Iterator[Document]:
    """Yield the documents of all inputs; raises UserError for an id given twice, and when there is none."""
    seen: dict[str, Path] = {}
    for path in paths:
        for document in read_records(path, Document):
            if document.id in seen:
                raise UserError(
                    f"{path}: the document id '{document.id}' occurs twice (first in {seen[document.id]}); "
                    "samples are matched to documents by it, so give each document its own"
                )
            seen[document.id] = path
            yield document
    if not seen:
        raise UserError(f"synth.pit: no documents in {', '.join(map(str, paths))}; nothing to write about")
