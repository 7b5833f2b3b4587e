"""Instruction samples made from documents by templates, without a model."""

from __future__ import annotations

import functools
import heapq
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from polyclinic.errors import UserError, did_you_mean
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.step_settings import Documents, Settings
from polyclinic.steps import Work, step_kind
from polyclinic.tasks.document_parts import parts_of
from polyclinic.tasks.templates import render

FILE = Path(__file__).parent / "instructions.yaml"


class InstructionTemplate(BaseModel):
    """One kind of work: what it needs of a document and how it is put. Unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str  # kind of work; the samples' task is `instruction.` and this name
    part: Literal["code", "heading", "question", "section"]  # what of a document it needs
    needs: tuple[str, ...]  # names that must not be empty
    category: str  # as MedS-Ins names it
    instruction: tuple[str, ...]  # wordings of the system turn
    input: tuple[str, ...]  # wordings of the user turn
    output: str  # the reply

    @field_validator("input", mode="before")
    @classmethod
    def _one_wording(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class InstructionsSettings(Settings):
    """Which kinds of work, from which documents, how many."""

    documents: list[Documents] = Field(min_length=1, description="what the work is about; give no held-out documents")
    tasks: list[str] = Field(
        [],
        description="kinds of work: code-description, description-code, code-place, title, definition, answer, "
        "section, section-name; empty = all that the documents allow",
    )
    weights: dict[str, float] = Field(
        {}, description="share of a kind of work against the others, 1 unless named; only counts with a limit"
    )
    limit: int = Field(300, ge=0, description="samples in all, at most; 0 = everything the documents allow")
    words: int = Field(200, ge=8, description="longest text taken into a sample, in words")

    @field_validator("weights")
    @classmethod
    def _positive(cls, value: dict[str, float]) -> dict[str, float]:
        for name, weight in value.items():
            if weight < 0:
                raise ValueError(f"the weight of {name} is {weight}; expected 0 or more")
        return value


def check_instructions(settings: InstructionsSettings) -> None:
    """Look for kinds of work that do not exist; raises UserError."""
    known = [template.name for template in load_templates()]
    for where, names in (("tasks", settings.tasks), ("weights", list(settings.weights))):
        for name in names:
            if name not in known:
                raise UserError(
                    f"tasks.instructions.{where}: unknown kind of work '{name}'{did_you_mean(name, known)}; "
                    f"there are {', '.join(known)}"
                )


@dataclass
class _Drawn:
    """The samples of one template that have the smallest hashes, at most `most` of them (0 = all)."""

    most: int
    heap: list[tuple[int, int, Sample]] = field(default_factory=list)
    candidates: int = 0

    def wants(self, place: int) -> bool:
        return not self.most or len(self.heap) < self.most or place < -self.heap[0][0]

    def take(self, place: int, sample: Sample) -> None:
        heapq.heappush(self.heap, (-place, self.candidates, sample))
        if self.most and len(self.heap) > self.most:
            heapq.heappop(self.heap)


@step_kind("tasks.instructions", InstructionsSettings, output="samples", version=1, check=check_instructions)
def instructions(settings: InstructionsSettings, work: Work) -> None:
    """Make instruction samples from documents by templates: codes, titles, definitions, answers, sections.

    No model writes anything: the reply is always taken from the document, so author is `template`. Which samples are
    taken and how they are worded follows from the seed. Raises UserError when the documents allow none.
    """
    check_instructions(settings)
    templates = [t for t in load_templates() if not settings.tasks or t.name in settings.tasks]
    drawn = {t.name: _Drawn(settings.limit) for t in templates if settings.weights.get(t.name, 1.0) > 0}
    with work.progress("reading documents", len(settings.documents)) as bar:
        for path in settings.documents:
            for document in read_records(path, Document):
                _draw(document, [t for t in templates if t.name in drawn], settings.words, work.seed, drawn)
            bar.advance()
    counts = share_out({name: len(d.heap) for name, d in drawn.items()}, settings.weights, settings.limit)
    chosen = [
        (-negative, sample)
        for name, d in drawn.items()
        for negative, _, sample in sorted(d.heap, key=lambda entry: -entry[0])[: counts[name]]
    ]
    if not chosen:
        raise UserError(
            "tasks.instructions: the documents allow no sample of "
            f"{', '.join(drawn) or 'any kind'}; they need codes, titles or sections, and texts of at most "
            f"{settings.words} words"
        )
    chosen.sort(key=lambda entry: (entry[0], entry[1].id))
    work.facts.update(
        samples=len(chosen), by_task=counts, candidates={name: d.candidates for name, d in drawn.items()}
    )
    write_records(work.out, _unique([sample for _, sample in chosen]), Sample)


@functools.cache
def load_templates() -> tuple[InstructionTemplate, ...]:
    """Return the templates of the package, in the order of their file."""
    import yaml

    return tuple(InstructionTemplate.model_validate(row) for row in yaml.safe_load(FILE.read_text(encoding="utf-8")))


def share_out(available: Mapping[str, int], weights: Mapping[str, float], limit: int) -> dict[str, int]:
    """Return how many samples each kind gives: by weight, and what one kind lacks goes to the others."""
    if limit == 0 or sum(available.values()) <= limit:
        return dict(available)
    counts = dict.fromkeys(available, 0)
    for _ in range(limit):
        # The kind that is furthest behind its share gives the next sample.
        open_kinds = [name for name in available if counts[name] < available[name]]
        counts[min(open_kinds, key=lambda name: ((counts[name] + 1) / weights.get(name, 1.0), name))] += 1
    return counts


def _draw(
    document: Document, templates: list[InstructionTemplate], words: int, seed: int, drawn: dict[str, _Drawn]
) -> None:
    for number, (part, names) in enumerate(parts_of(document, words)):
        for template in templates:
            if template.part != part or not all(names.get(name) for name in template.needs):
                continue
            identity = f"{template.name}-{document.id}" + (f"-{number}" if part == "section" else "")
            place = int.from_bytes(blake2b(f"{seed}\0{identity}".encode(), digest_size=8).digest(), "big")
            kept = drawn[template.name]
            kept.candidates += 1
            if kept.wants(place):
                kept.take(place, _sample(template, document, names, identity, seed))


def _sample(
    template: InstructionTemplate, document: Document, names: Mapping[str, Any], identity: str, seed: int
) -> Sample:
    generator = random.Random(f"{seed} {identity}")
    return Sample(
        id=identity,
        task=f"instruction.{template.name}",
        instruction=generator.choice(template.instruction),
        input=render(generator.choice(template.input), dict(names)),
        output=render(template.output, dict(names)).strip(),
        document=document.id,
        domain=document.domain,
        language=document.language,
        source=document.source,
        license=document.license,
        author="template",
        metadata={"category": template.category},
    )


def _unique(samples: list[Sample]) -> Iterator[Sample]:
    seen: set[str] = set()
    for sample in samples:
        if sample.id in seen:
            raise UserError(
                f"tasks.instructions.documents: the document '{sample.document}' comes twice; ids must be unique"
            )
        seen.add(sample.id)
        yield sample
