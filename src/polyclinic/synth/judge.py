"""`synth.judge`: a model scores instructions on five criteria, or outputs on three, several times each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.llm import ChatRequest, Journal, Reply
from polyclinic.records import Sample, read_records, write_records
from polyclinic.step_settings import Samples, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.answers import form_problem
from polyclinic.synth.data_page import describe
from polyclinic.synth.judgements import (
    JUDGEMENTS,
    Judgement,
    UnusableAnswer,
    mean_scores,
    read_judgement,
    subject_key,
)
from polyclinic.synth.mediflow.axes import OWN_AXES, Defined, load_axes
from polyclinic.synth.prompt_files import PromptFile, load_prompt_file
from polyclinic.synth.rounds import Account, Round, drop_empty_side_file, nothing_usable
from polyclinic.synth.teacher import TeacherSettings, check_address, endpoint_of


class JudgeSettings(TeacherSettings):
    """What is judged, by whom, and how often."""

    samples: list[Samples] = Field(min_length=1, description="the samples to judge")
    what: Literal["instruction", "output"] = Field(
        "instruction",
        description="instruction: each instruction once, without its pairs, as published; output: each pair",
    )
    judgements: int = Field(5, ge=1, le=64, description="times each is judged; scores are the means")
    temperature: float = Field(1.0, ge=0, le=2, description="temperature the judge answers with")
    axes: SourcePath | None = Field(None, description="YAML file with axes and criteria of your own")


def check_judge(settings: JudgeSettings) -> None:
    """Look at criteria, prompt and address; raises UserError before anything is asked."""
    load_axes(settings.axes or OWN_AXES)
    judge_prompt(settings.what, settings.prompts)
    check_address(settings)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one question is about."""

    key: str  # of the instruction, or the sample's id
    number: int  # of the judgement, counted from 0


@step_kind("synth.judge", JudgeSettings, output="samples", version=1, check=check_judge)
def judge(settings: JudgeSettings, work: Work) -> None:
    """Have a model judge every instruction, or every pair, and write the mean scores into the samples' metadata.

    Source: Corbeil et al., ACL 2025, section 3.2.1, appendix A.5: five judgements at temperature 1.0, reasons before
    scores, scale 1 to 4. All samples come out again; one without a usable judgement says so in its metadata. The
    single judgements with their reasons are in `judgements.jsonl`. Raises UserError when no answer could be used.
    """
    axes = load_axes(settings.axes or OWN_AXES)
    criteria = axes.judge_criteria if settings.what == "instruction" else axes.output_criteria
    keys = [criterion.key for criterion in criteria]
    prompt = judge_prompt(settings.what, settings.prompts)
    endpoint = endpoint_of(settings, work.seed, settings.temperature)
    count = _count(settings)

    def questions() -> Iterator[tuple[Judged, ChatRequest]]:
        seen: set[str] = set()
        for sample in _samples(settings):
            key = subject_key(sample, settings.what)
            if key in seen:
                continue
            seen.add(key)
            text = prompt.fill(judged_fields(sample, criteria))
            for number in range(settings.judgements):
                yield Judged(key, number), judgement_request(text, prompt, number, keys)

    asked = Round(
        f"judging {settings.what}s", questions, lambda about: {"subject": about.key, "judgement": about.number + 1}
    )
    account = Account()
    scores: dict[str, dict[str, float]] = {}
    used: dict[str, int] = {}

    with Journal(work.scratch / "journal.sqlite") as journal:
        asked.ask(endpoint, journal, work, count * settings.judgements, settings)
        with (work.out / JUDGEMENTS).open("w", encoding="utf-8") as side:
            for key, found in _by_subject(asked.read(endpoint, journal, work.out, account), keys):
                scores[key], used[key] = mean_scores(found), len(found)
                row = {"subject": key, "judgements": [{**j.scores, "rationales": j.rationales} for j in found]}
                side.write(json.dumps(row, ensure_ascii=False) + "\n")
        if not any(used.values()):
            raise nothing_usable("synth.judge", account, journal.path)

    def judged() -> Iterator[Sample]:
        for sample in _samples(settings):
            key = subject_key(sample, settings.what)
            yield replace(sample, metadata={**sample.metadata, **_marks(settings, scores[key], used[key])})

    total = write_records(work.out, judged(), Sample)
    drop_empty_side_file(work.out)
    rated = [found for found in scores.values() if found]
    work.facts.update(
        teacher=settings.teacher_model,
        prompt_versions={prompt.name: prompt.version},
        what=settings.what,
        samples=total,
        judged=sum(n > 0 for n in used.values()),
        without_a_judgement=sum(n == 0 for n in used.values()),
        means={key: sum(found[key] for found in rated) / len(rated) for key in keys},
        **account.facts(),
    )
    describe(
        work,
        "synth.judge",
        Sample,
        f"Each {settings.what} was judged {settings.judgements} times by {settings.teacher_model}; scores are means.",
    )


def requirements_of(sample: Sample) -> list[str]:
    """Return what the instruction of a sample was to meet, as far as its metadata say."""
    known = sample.metadata
    lines = [f"The task is {known.get('task_type') or sample.task}."]
    if known.get("input_data"):
        part = known.get("input_data_granular", "")
        lines.append(f"The input is a document of the type {known['input_data']}{f': {part}' if part else ''}.")
    if known.get("output_format"):
        lines.append(f"The output format is {str(known['output_format']).replace('_', ' ')}.")
    if known.get("difficulty_level"):
        lines.append(f"The difficulty is {known['difficulty_level']}, without being named.")
    lines.append("Task, expected input and output format are defined in great detail.")
    return lines


def _marks(settings: JudgeSettings, scores: dict[str, float], used: int) -> dict[str, Any]:
    if not used:
        return {f"{settings.what}_unjudged": "no judgement could be used"}
    return {**scores, f"{settings.what}_judgements": used}


def judge_prompt(what: str, folder: Path | None = None) -> PromptFile:
    """Return the prompt by which an instruction or an output is judged; raises UserError when it cannot be used."""
    trial: dict[str, Any] = {"criteria": [{"key": "quality", "name": "quality", "definition": "…"}]}
    trial |= {"instruction": "…"}
    trial |= {"requirements": ["…"]} if what == "instruction" else {"input": "…", "output": "…"}
    return load_prompt_file(f"mediflow/judge_{what}", trial, folder)


def judged_fields(sample: Sample, criteria: tuple[Defined, ...]) -> dict[str, Any]:
    """Return what a judge's prompt says of a sample."""
    return {
        "criteria": [criterion.model_dump() for criterion in criteria],
        "requirements": requirements_of(sample),
        "instruction": sample.instruction,
        "input": sample.input,
        "output": sample.output,
    }


def judgement_request(text: str, prompt: PromptFile, number: int, keys: list[str]) -> ChatRequest:
    """Return the question for one of several judgements, counted from 0, about a filled-in prompt."""

    def problem(reply: Reply) -> str:
        if said := form_problem(reply):
            return said
        try:
            read_judgement(reply.text, keys)
        except UnusableAnswer as error:
            return str(error)
        return ""

    return ChatRequest((("user", text),), template=prompt.version, sample=2 * number, check=problem)


def _by_subject(found: Iterator[tuple[Judged, Any]], keys: list[str]) -> Iterator[tuple[str, list[Judgement]]]:
    """Yield the usable judgements of each subject, in order."""
    key, usable = "", list[Judgement]()
    for about, outcome in found:
        if about.key != key:
            if key:
                yield key, usable
            key, usable = about.key, []
        if outcome.accepted is not None:
            usable.append(read_judgement(outcome.accepted.text, keys))
    if key:
        yield key, usable


def _samples(settings: JudgeSettings) -> Iterator[Sample]:
    for path in settings.samples:
        yield from read_records(path, Sample)


def _count(settings: JudgeSettings) -> int:
    """Return how many subjects there are; raises UserError when a sample cannot be judged."""
    seen: set[str] = set()
    for path in settings.samples:
        for sample in read_records(path, Sample):
            key = subject_key(sample, settings.what)
            if settings.what == "output" and key in seen:
                raise UserError(f"{path}: the sample id '{sample.id}' occurs twice; give each sample its own")
            if not sample.instruction:
                raise UserError(f"{path}: sample '{sample.id}' has no instruction; there is nothing to judge")
            seen.add(key)
    if not seen:
        raise UserError(f"synth.judge: no samples in {', '.join(map(str, settings.samples))}; nothing to judge")
    return len(seen)
