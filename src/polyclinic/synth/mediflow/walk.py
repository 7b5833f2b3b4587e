"""One MediFlow instruction from its plan to its pairs: written, judged with its outputs, made worse, compared.

What is asked follows from the settings, the seed and the answers alone, so that the same walk can
be done again from a journal. This file knows nothing about files.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import Field

from polyclinic.llm import Ask, ChatRequest, Outcome, Teacher
from polyclinic.records import Sample
from polyclinic.step_settings import Runtime, Settings
from polyclinic.synth.judge import judge_prompt, judged_fields, judgement_request
from polyclinic.synth.judgements import Judgement, mean_scores, read_judgement, subject_key
from polyclinic.synth.mediflow.axes import Axes, Defined
from polyclinic.synth.mediflow.plans import Plan
from polyclinic.synth.mediflow.writing import (
    MediflowSettings,
    Passage,
    chosen_axes,
    read_passages,
    read_written,
    samples_of_plan,
    writing_prompt,
    writing_request,
)
from polyclinic.synth.preference_tiers import Pair
from polyclinic.synth.prompt_files import PromptFile
from polyclinic.synth.spoiling import clean_output, comparisons, preferred, rewriting_request, spoiling_prompts
from polyclinic.synth.teacher import endpoint_of

Put = Callable[[str, str, ChatRequest, Teacher], Awaitable[Outcome]]
STAGES = ("writing", "judging instruction", "judging output", "spoiling", "comparing")
EXAMPLES_AT_MOST = 16  # of one instruction; keeps the numbers of what is rewritten apart


class ScoreTier(Settings):
    """So many pairs for instructions of at least this score."""

    score: float = Field(ge=1, le=4, description="lowest mean quality of the instruction")
    pairs: int = Field(ge=1, le=EXAMPLES_AT_MOST, description="preference pairs of it")


TIERS = [ScoreTier(score=3.8, pairs=3), ScoreTier(score=3.4, pairs=2), ScoreTier(score=3.0, pairs=1)]


class ChainSettings(MediflowSettings):
    """What is written, who judges it, and what is spoiled."""

    judge_url: Annotated[str, Runtime] = Field(
        "", description="base URL of the judge's endpoint; empty = teacher_url"
    )
    judge_model: str = Field("", description="model that judges and compares; empty = teacher_model")
    judge_key_variable: Annotated[str, Runtime] = Field("", description="variable that holds the judge's key")
    judge_concurrency: Annotated[int, Runtime] = Field(
        0, ge=0, le=1024, description="requests in flight to the judge; 0 = concurrency"
    )
    judgements: int = Field(5, ge=1, le=64, description="times each instruction is judged; scores are the means")
    output_judgements: int = Field(
        1, ge=0, le=64, description="times each output is judged; 0 leaves it out, as published"
    )
    judge_temperature: float = Field(1.0, ge=0, le=2, description="temperature the judge scores with")
    least_output: float = Field(
        3.0, ge=1, le=4, description="lowest score of an output, on each criterion, to become a pair"
    )
    tiers: list[ScoreTier] = Field(TIERS, description="pairs by the instruction's quality; none spoils nothing")
    spoil_temperature: float = Field(1.0, ge=0, le=2, description="temperature outputs are made worse with")
    verify: bool = Field(True, description="keep a pair only if the judge prefers the good output in both orders")


@dataclass
class Walk:
    """What came of one plan."""

    plan: Plan
    outcomes: list[tuple[str, str, Outcome]] = field(default_factory=list)  # (stage, subject, what came of a request)
    samples: list[Sample] = field(default_factory=list)  # with scores and rejected outputs in their metadata
    judgements: dict[str, list[Judgement]] = field(default_factory=dict)  # by subject
    counts: Counter[str] = field(default_factory=Counter)


class Steps:
    """How one plan walks from its writing to its pairs."""

    def __init__(self, settings: ChainSettings, seed: int) -> None:
        self.settings, self.seed = settings, seed
        self.axes: Axes = chosen_axes(settings)
        self.bounds = (settings.fewest_examples, settings.most_examples)
        self.writer = endpoint_of(settings, seed, 1.0)
        self.judge = endpoint_of(of_judge(settings), seed, 1.0)  # the same as the writer where nothing else is said
        self.passages: list[Passage] = read_passages(settings)
        self.write = writing_prompt(settings)
        self.of_instruction = judge_prompt("instruction", settings.prompts)
        self.of_output = judge_prompt("output", settings.prompts)
        self.rewrite, self.compare = spoiling_prompts(settings.prompts)

    @property
    def prompts(self) -> tuple[PromptFile, ...]:
        """All prompts, in the order they are used."""
        return self.write, self.of_instruction, self.of_output, self.rewrite, self.compare

    async def walk(self, plan: Plan, ask: Ask) -> Walk:
        """Return what came of a plan; everything is asked through `ask`."""
        walk = Walk(plan)

        async def put(stage: str, subject: str, request: ChatRequest, teacher: Teacher) -> Outcome:
            outcome = await ask(request, teacher)
            walk.outcomes.append((stage, subject, outcome))
            return outcome

        passage = self.passages[plan.number % len(self.passages)] if self.passages else None
        request = writing_request(plan, passage, self.write, self.axes, self.settings)
        written = await put("writing", "", request, self.writer)
        if written.accepted is None:
            return walk
        walk.counts["instructions"] += 1
        found = read_written(written.accepted.text, plan, self.settings)
        samples = list(samples_of_plan(plan, passage, found, self.settings))
        judged = await asyncio.gather(
            self._judged(walk, samples[0], "instruction", put),
            *(self._judged(walk, sample, "output", put) for sample in samples if self.settings.output_judgements),
        )
        of_instruction, *of_outputs = judged
        walk.counts["judged" if of_instruction else "without_a_judgement"] += 1
        for number, sample in enumerate(samples):
            scores = {**of_instruction, **(of_outputs[number] if of_outputs else {})}
            walk.samples.append(replace(sample, metadata={**sample.metadata, **scores}))
        chosen = self._to_spoil(plan, walk.samples, of_instruction, of_outputs)
        spoiled = await asyncio.gather(*(self._spoiled(walk, pair, put) for _, pair in chosen))
        for (number, pair), rejected in zip(chosen, spoiled, strict=True):
            if rejected:
                sample = walk.samples[number]
                marks = {"rejected_output": rejected, "error_type": pair.error.name, "rejected_by": self.writer.model}
                walk.samples[number] = replace(sample, metadata={**sample.metadata, **marks})
                walk.counts["pairs"] += 1
        # What is asked at the same time comes back in any order.
        walk.outcomes.sort(key=lambda entry: (STAGES.index(entry[0]), entry[1]))
        walk.judgements = dict(sorted(walk.judgements.items()))
        return walk

    async def _judged(self, walk: Walk, sample: Sample, what: str, put: Put) -> dict[str, Any]:
        """Return the mean scores of an instruction or an output, or nothing when no judgement can be used."""
        of_instruction = what == "instruction"
        criteria = self.axes.judge_criteria if of_instruction else self.axes.output_criteria
        prompt = self.of_instruction if of_instruction else self.of_output
        times = self.settings.judgements if of_instruction else self.settings.output_judgements
        keys = [criterion.key for criterion in criteria]
        text, subject = prompt.fill(judged_fields(sample, criteria)), subject_key(sample, what)
        stage = f"judging {what}"

        def question(number: int) -> ChatRequest:
            request = judgement_request(text, prompt, number, keys)
            return replace(request, temperature=self.settings.judge_temperature)

        outcomes = await asyncio.gather(
            *(put(stage, f"{subject} {n:02d}", question(n), self.judge) for n in range(times))
        )
        found = [read_judgement(o.accepted.text, keys) for o in outcomes if o.accepted is not None]
        if found:
            walk.judgements[subject] = found
            return {**mean_scores(found), f"{what}_judgements": len(found)}
        return {}

    def _to_spoil(
        self, plan: Plan, samples: list[Sample], scores: dict[str, Any], outputs: list[dict[str, Any]]
    ) -> list[tuple[int, Pair]]:
        """Return which examples of a plan are made worse, and how; decided by seed and plan alone."""
        import numpy as np

        reached = [tier.pairs for tier in self.settings.tiers if scores.get("quality", 0.0) >= tier.score]
        keys = [criterion.key for criterion in self.axes.output_criteria]
        good = [
            number
            for number in range(len(samples))
            if not outputs
            or (outputs[number] and min(outputs[number][key] for key in keys) >= self.settings.least_output)
        ]
        if not reached:
            return []
        generator = np.random.Generator(np.random.Philox(key=[self.seed, 2**32 + plan.number]))
        errors: tuple[Defined, ...] = self.axes.error_types
        weights = np.array([error.weight for error in errors])
        chosen = []
        for place in generator.permutation(len(good))[: max(reached)].tolist():
            number = good[place]
            error = errors[int(generator.choice(len(errors), p=weights / weights.sum()))]
            chosen.append((number, Pair(plan.number * EXAMPLES_AT_MOST + number, samples[number], error)))
        return chosen

    async def _spoiled(self, walk: Walk, pair: Pair, put: Put) -> str:
        """Return a worse output, or an empty text when there is none or it is not worse."""
        request = replace(rewriting_request(pair, self.rewrite), temperature=self.settings.spoil_temperature)
        outcome = await put("spoiling", pair.sample.id, request, self.writer)
        if outcome.accepted is None:
            return ""
        walk.counts["spoiled"] += 1
        rejected = clean_output(outcome.accepted.text)
        if self.settings.verify:
            both = list(comparisons(pair.sample, rejected, self.compare))
            compared = await asyncio.gather(
                *(put("comparing", f"{pair.sample.id} {better}", question, self.judge) for better, question in both)
            )
            for (better, _), found in zip(both, compared, strict=True):
                if found.accepted is None or preferred(found.accepted) != better:
                    walk.counts["not_worse"] += 1
                    return ""
        return rejected


def of_judge(settings: ChainSettings) -> ChainSettings:
    """Return the settings with the judge in the place of the teacher, where it is another one."""
    own_address = bool(settings.judge_url)
    return settings.model_copy(
        update={
            "teacher_url": settings.judge_url or settings.teacher_url,
            "teacher_model": settings.judge_model or settings.teacher_model,
            "teacher_key_variable": settings.judge_key_variable
            or ("" if own_address else settings.teacher_key_variable),
            "more_addresses": [] if own_address else settings.more_addresses,
            "concurrency": settings.judge_concurrency or settings.concurrency,
        }
    )
