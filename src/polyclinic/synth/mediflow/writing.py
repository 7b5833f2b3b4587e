"""`synth.mediflow`: a teacher writes instructions with examples, one plan of the axes after the other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field, model_validator

from polyclinic.errors import UserError, did_you_mean
from polyclinic.llm import ChatRequest, Journal, Reply
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.step_settings import Documents, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.answers import form_problem, without_thoughts
from polyclinic.synth.data_page import describe
from polyclinic.synth.language import language_problem
from polyclinic.synth.mediflow.axes import OWN_AXES, Axes, load_axes
from polyclinic.synth.mediflow.implied_schema import implied_schema, schema_problem
from polyclinic.synth.mediflow.plans import Plan, draw_plans
from polyclinic.synth.mediflow.tagged import Unusable, Written, read_tagged
from polyclinic.synth.parts import split_into_parts
from polyclinic.synth.prompt_files import PromptFile, load_prompt_file
from polyclinic.synth.rounds import Account, Round, drop_empty_side_file, nothing_usable
from polyclinic.synth.teacher import TeacherSettings, check_address, endpoint_of

TRIAL = {
    "task_type": "summarization",
    "output_format": "JSON",
    "document": "Discharge Summary",
    "section": "hospital course",
    "difficulty": "hard",
    "scale": ["low", "hard"],
    "examples": 4,
    "language": "en",
    "seed_text": "",
}

JSON_KEY = re.compile(r'"[^"\n]{0,80}"\s*:')  # keys may be in English whatever the language


class MediflowSettings(TeacherSettings):
    """How many instructions, along which axes, and who writes them."""

    instructions: int = Field(ge=1, description="instructions that are asked for; each becomes 3 or 4 samples")
    task_types: list[str] = Field([], description="task types that are drawn, by key; empty = all 14")
    document_types: list[str] = Field([], description="document types that are drawn, by key; empty = all 36")
    difficulty_weights: dict[str, float] = Field(
        {}, description="weights of difficulty levels, by key; empty = the three hardest favoured 3:1"
    )
    fewest_examples: int = Field(3, ge=1, le=16, description="fewest examples of an instruction")
    most_examples: int = Field(4, ge=1, le=16, description="most examples of an instruction")
    axes: SourcePath | None = Field(None, description="YAML file with axes of your own")
    documents: list[Documents] = Field(
        [], description="documents of your own that the examples are written after; empty = none, as published"
    )
    passage_characters: int = Field(3000, ge=200, description="characters of a document that one request shows")
    language: str = Field("en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47")
    check_json_shape: bool = Field(
        True, description="refuse JSON outputs that differ in shape within an instruction; the paper did not look"
    )
    check_language: bool = Field(True, description="refuse instructions and examples that are in another language")
    license: str = Field("", description="licence of what is written, as far as the teacher's terms allow one")

    @model_validator(mode="after")
    def _fewest_to_most(self) -> Self:
        if self.fewest_examples > self.most_examples:
            raise ValueError(
                f"fewest_examples ({self.fewest_examples}) is above most_examples ({self.most_examples})"
            )
        return self


def check_mediflow(settings: MediflowSettings) -> None:
    """Look at axes, prompt and address; raises UserError before anything is asked."""
    chosen_axes(settings)
    writing_prompt(settings)
    check_address(settings)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one of the user's documents."""

    document: Document
    text: str


About = tuple[Plan, Passage | None]


@step_kind("synth.mediflow", MediflowSettings, output="samples", version=2, check=check_mediflow)
def mediflow(settings: MediflowSettings, work: Work) -> None:
    """Have a teacher write clinical instructions with 3 or 4 examples each (MediFlow; Corbeil et al., ACL 2025, A.4).

    Every example is a sample: instruction = system turn, input = user turn, output = assistant turn. Answers that do
    not have the asked form are asked for once more with the reason, then set aside in `rejected.jsonl`. Raises
    UserError when nothing at all could be used.
    """
    axes = chosen_axes(settings)
    prompt = writing_prompt(settings)
    passages = read_passages(settings)
    endpoint = endpoint_of(settings, work.seed, 1.0)

    def questions() -> Iterator[tuple[About, ChatRequest]]:
        bounds = (settings.fewest_examples, settings.most_examples)
        for plan in draw_plans(axes, settings.instructions, work.seed, bounds):
            passage = passages[plan.number % len(passages)] if passages else None
            yield (plan, passage), writing_request(plan, passage, prompt, axes, settings)

    asked = Round("writing instructions", questions, lambda about: {"plan": about[0].number})
    account, written = Account(), Counter[str]()

    def samples() -> Iterator[Sample]:
        for (plan, passage), outcome in asked.read(endpoint, journal, work.out, account):
            if outcome.accepted is not None:
                found = read_written(outcome.accepted.text, plan, settings)
                written["instructions"] += 1
                yield from samples_of_plan(plan, passage, found, settings)

    with Journal(work.scratch / "journal.sqlite") as journal:
        asked.ask(endpoint, journal, work, settings.instructions, settings)
        if not (count := write_records(work.out, samples(), Sample)):
            raise nothing_usable("synth.mediflow", account, journal.path)
    drop_empty_side_file(work.out)
    work.facts.update(
        teacher=settings.teacher_model,
        prompt_versions={prompt.name: prompt.version},
        instructions=written["instructions"],
        samples=count,
        **account.facts(),
    )
    describe(
        work,
        "synth.mediflow",
        Sample,
        f"Instructions along MediFlow's axes (Corbeil et al., ACL 2025), by {settings.teacher_model}.",
    )


def chosen_axes(settings: MediflowSettings) -> Axes:
    """Return the axes with what the settings choose from them; raises UserError for a key they do not have."""
    axes = load_axes(settings.axes or OWN_AXES)
    changed: dict[str, Any] = {}
    for field in ("task_types", "document_types"):
        if wanted := getattr(settings, field):
            known = {value.key: value for value in getattr(axes, field)}
            for key in wanted:
                _known(field, key, list(known))
            changed[field] = tuple(known[key] for key in dict.fromkeys(wanted))
    if settings.difficulty_weights:
        levels = [level.key for level in axes.difficulty_levels]
        for key, weight in settings.difficulty_weights.items():
            _known("difficulty_weights", key, levels)
            if weight < 0:
                raise UserError(f"difficulty_weights: the weight of {key} is {weight}; expected 0 or more")
        if not any(settings.difficulty_weights.values()):
            raise UserError("difficulty_weights: all weights are 0; at least one level must be drawn")
        changed["difficulty_levels"] = tuple(
            level.model_copy(update={"weight": settings.difficulty_weights.get(level.key, 0.0)})
            for level in axes.difficulty_levels
        )
    return axes.model_copy(update=changed)


def read_written(answer: str, plan: Plan, settings: MediflowSettings) -> Written:
    """Return what an answer to a plan holds; raises Unusable when it is not of the asked form or language."""
    language = settings.language if settings.check_language else ""
    found = read_tagged(without_thoughts(answer), plan.examples, plan.output_format.key)
    inputs, outputs = (" ".join(texts) for texts in zip(*found.pairs, strict=True))
    for text in (found.instruction, inputs, JSON_KEY.sub(" ", outputs)):
        if problem := language_problem(text, language):
            raise Unusable(problem)
    if plan.output_format.key == "json" and settings.check_json_shape:
        values = [json.loads(output) for _, output in found.pairs]
        schema = implied_schema(found.instruction, values)
        for number, value in enumerate(values, start=1):
            if problem := schema_problem(schema, value):
                raise Unusable(f"JSON of another shape: in the output of example {number} {problem}")
    return found


def _known(field: str, key: str, known: list[str]) -> None:
    if key not in known:
        raise UserError(f"{field}: unknown key '{key}'{did_you_mean(key, known)}; there are {', '.join(known)}")


def writing_prompt(settings: MediflowSettings) -> PromptFile:
    """Return the prompt that writes an instruction; raises UserError when it cannot be used."""
    return load_prompt_file("mediflow/write", TRIAL, settings.prompts)


def read_passages(settings: MediflowSettings) -> list[Passage]:
    """Return the passages of all documents, one after the other: the first of each, then the second, and so on."""
    numbered = []
    for path in settings.documents:
        for document in read_records(path, Document):
            for number, text in enumerate(split_into_parts(document.text, settings.passage_characters)):
                numbered.append((number, Passage(document, text)))
    if settings.documents and not numbered:
        raise UserError(f"synth.mediflow: no text in {', '.join(map(str, settings.documents))}")
    return [passage for _, passage in sorted(numbered, key=lambda found: found[0])]


def writing_request(
    plan: Plan, passage: Passage | None, prompt: PromptFile, axes: Axes, settings: MediflowSettings
) -> ChatRequest:
    """Return the question for the instruction of a plan, and its examples."""
    text = prompt.fill(
        {
            "task_type": plan.task_type.name,
            "output_format": plan.output_format.name,
            "document": plan.input_type.document.name,
            "section": plan.input_type.part.name if plan.input_type.part else "",
            "difficulty": plan.difficulty.name,
            "scale": [level.name for level in axes.difficulty_levels],
            "examples": plan.examples,
            "language": settings.language,
            "seed_text": passage.text if passage else "",
        }
    )

    def problem(reply: Reply) -> str:
        if said := form_problem(reply):
            return said
        try:
            read_written(reply.text, plan, settings)
        except Unusable as error:
            return str(error)
        return ""

    # Two plans may read the same: the sample number tells them apart.
    return ChatRequest(
        (("user", text),),
        template=prompt.version,
        sample=2 * plan.number,  # asking again takes the odd number after it
        temperature=plan.temperature,
        check=problem,
    )


def samples_of_plan(
    plan: Plan, passage: Passage | None, found: Written, settings: MediflowSettings
) -> Iterator[Sample]:
    """Yield a sample for each example of what was written."""
    document = passage.document if passage else None
    for number, (source, target) in enumerate(found.pairs, start=1):
        yield Sample(
            id=f"mediflow-{plan.number}.{number}",
            task=f"mediflow.{plan.task_type.key}",
            instruction=found.instruction,
            input=source,
            output=target,
            document=document.id if document else "",
            domain=document.domain if document else "",
            language=settings.language,
            source=document.source if document else f"written by {settings.teacher_model}",
            license=document.license if document else settings.license,
            author=settings.teacher_model,
            metadata={
                "plan": plan.number,
                "task_type": plan.task_type.name,
                "input_data": plan.input_type.document.name,
                "input_data_granular": plan.input_type.part.name if plan.input_type.part else "complete document",
                "output_format": plan.output_format.key,
                "difficulty_level": plan.difficulty.name,
                "temperature": plan.temperature,
            },
        )
