"""Judgements of another model: a rubric of dimensions and a scale, asked for as JSON, one answer a reply.

A rubric is a YAML file; `ccte` comes with the package (MedCare's four dimensions, 1 to 5). What the judge does not
answer usably is asked again and at last counted as unscored, with the reason, never as a number.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from polyclinic.errors import UserError
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean
from polyclinic.records import Reply
from polyclinic.tasks import Task

if TYPE_CHECKING:
    from polyclinic.llm.requests import Answers, Asked, ChatRequest

OWN = Path(__file__).parent / "rubrics"
NOT_JUDGED = "not judged"
LONGEST = 20_000  # characters of a reply that a judge is shown
PROMPT_NAMES = ("input", "instruction", "gold", "reply", "dimensions", "low", "high", "metadata")


class Rubric(BaseModel):
    """What a judge is asked: dimensions, a scale, and a template of the request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="name, and version by which answers are kept")
    dimensions: dict[str, str] = Field(min_length=1, description="name of a dimension -> what its levels mean")
    low: int = Field(1, description="worst level")
    high: int = Field(5, description="best level")
    system: str = Field("", description="template of the system turn; empty = none")
    user: str = Field(min_length=1, description="template of the user's turn: input, gold, reply, dimensions, ...")
    temperature: float = Field(0.0, ge=0, le=2, description="of the judge's answers")
    max_tokens: int = Field(200, ge=1, description="of an answer")

    @model_validator(mode="after")
    def _fits_together(self) -> Rubric:
        if self.low >= self.high:
            raise ValueError(f"low {self.low} must be below high {self.high}")
        bad = [name for name in self.dimensions if not name.isidentifier()]
        if bad:
            raise ValueError(f"dimensions: {', '.join(bad)}: expected names of letters, digits and _")
        from polyclinic.tasks.templates import template_problem

        for field in ("system", "user"):
            if problem := template_problem(getattr(self, field), PROMPT_NAMES):
                raise ValueError(f"{field}: {problem}")
        return self


Judgements = Mapping[str, Mapping[str, float] | str]  # item -> levels by dimension, or why there are none


def load_rubric(name: str) -> Rubric:
    """Return a rubric of the package by name, or the user's own by the path of its YAML file.

    Raises UserError, naming file and field, when there is none or it is wrong.
    """
    path = OWN / f"{name}.yaml" if (OWN / f"{name}.yaml").exists() else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in OWN.glob("*.yaml")))
        raise UserError(f"rubric {name}: no such rubric or file; the package has {known}")
    try:
        return Rubric.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: expected a YAML file with a rubric: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'rubric'}: {e['msg']}" for e in error.errors())
        raise UserError(f"{path}: {problems}") from error


@functools.cache
def answer_form(dimensions: tuple[str, ...], low: int, high: int) -> type[BaseModel]:
    """Return the form of a judgement: a whole number within the scale for each dimension."""
    fields: dict[str, Any] = {name: (int, Field(ge=low, le=high)) for name in dimensions}
    return create_model("Judgement", **fields)


def judge_request(rubric: Rubric, task: Task, reply: Reply) -> ChatRequest:
    """Return what the judge is asked about one reply."""
    from polyclinic.llm import ChatRequest
    from polyclinic.tasks.templates import render

    names = {
        "input": reply.input,
        "instruction": task.definition,
        "gold": reply.gold,
        "reply": clean(reply.text)[:LONGEST],
        "dimensions": rubric.dimensions,
        "low": rubric.low,
        "high": rubric.high,
        "metadata": reply.metadata,
    }
    turns = [("system", render(rubric.system, names))] if rubric.system else []
    return ChatRequest(
        messages=(*turns, ("user", render(rubric.user, names))),
        template=f"judge-{rubric.name}",
        temperature=rubric.temperature,
        max_tokens=rubric.max_tokens,
        answer=answer_form(tuple(rubric.dimensions), rubric.low, rubric.high),
    )


def needs_judging(reply: Reply) -> bool:
    """Whether a judge is asked about a reply: an empty one gets the worst level unasked."""
    return not reply.unanswered_reason and bool(clean(reply.text))


def read_judgements(
    rubric: Rubric, task: Task, replies: Sequence[Reply], judge: Asked, answers: Answers
) -> dict[str, Mapping[str, float] | str]:
    """Return the judgements of replies from the answers kept: levels by dimension, or why there are none."""
    from polyclinic.llm import read_json, settle

    form = answer_form(tuple(rubric.dimensions), rubric.low, rubric.high)
    found: dict[str, Mapping[str, float] | str] = {}
    for reply in replies:
        if not needs_judging(reply):
            found[reply.item] = dict.fromkeys(rubric.dimensions, float(rubric.low))
            continue
        outcome = settle(judge_request(rubric, task, reply), judge, answers)
        if outcome.accepted is not None:
            levels = read_json(outcome.accepted.text, form)
            found[reply.item] = {name: float(getattr(levels, name)) for name in rubric.dimensions}
        elif outcome.failure is not None:
            found[reply.item] = f"{NOT_JUDGED}: {outcome.failure.reason}"
        else:
            wrong = outcome.rejected[-1][1] if outcome.rejected else "no answer"
            found[reply.item] = f"{NOT_JUDGED}: {wrong}"
    return found


def score_judged(task: Task, replies: Sequence[Reply], judgements: Judgements | None) -> list[list[Measured]]:
    """Score replies by their judgements: the mean over dimensions, on the rubric's scale, and each dimension.

    Without judgements every reply is unscored and says what to do.
    """
    if judgements is None:
        return [[Measured("judge", None, f"{NOT_JUDGED}: eval.score asks a judge (judge_url)")] for _ in replies]
    names = next((list(found) for found in judgements.values() if not isinstance(found, str)), [])
    scored = []
    for reply in replies:
        found = judgements.get(reply.item, NOT_JUDGED)
        if isinstance(found, str):
            scored.append([Measured(name, None, found) for name in ("judge", *(f"judge_{n}" for n in names))])
        else:
            row = [Measured(f"judge_{name}", level) for name, level in found.items()]
            scored.append([Measured("judge", fmean(found.values())), *row])
    return scored
