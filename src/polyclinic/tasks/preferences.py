"""Preference pairs made from instruction samples by rules, without a model."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b

from pydantic import Field

from polyclinic.errors import UserError, did_you_mean
from polyclinic.records import Preference, Sample, read_records, write_records
from polyclinic.step_settings import Samples, Settings
from polyclinic.steps import Work, step_kind
from polyclinic.tasks.corruptions import CORRUPTIONS, Reply, corrupt

BORROWED = 50  # replies of the same kind that one rule may choose from


class PreferencesSettings(Settings):
    """From which samples, with which errors, how many."""

    samples: list[Samples] = Field(min_length=1, description="instruction samples; their replies are the chosen ones")
    errors: list[str] = Field([], description=f"error types: {', '.join(CORRUPTIONS)}; empty = all")
    pairs: int = Field(
        1, ge=1, le=len(CORRUPTIONS), description="pairs made of each sample, each of another error type"
    )
    limit: int = Field(0, ge=0, description="samples that are used, at most, drawn by a hash; 0 = all")


def check_preferences(settings: PreferencesSettings) -> None:
    """Look for error types that do not exist; raises UserError."""
    for name in settings.errors:
        if name not in CORRUPTIONS:
            raise UserError(
                f"tasks.preferences.errors: unknown error type '{name}'{did_you_mean(name, CORRUPTIONS)}; "
                f"there are {', '.join(CORRUPTIONS)}"
            )


@step_kind("tasks.preferences", PreferencesSettings, output="preferences", version=1, check=check_preferences)
def preferences(settings: PreferencesSettings, work: Work) -> None:
    """Make pairs of a good and a worse reply: the worse one is the good one, damaged by a rule.

    No model writes anything; author is `rule`. The error types are MediFlow's (Corbeil et al. 2025, A.7) as far as a
    rule can make them, drawn at random among those that apply to a reply. The two replies always differ.
    Raises UserError when no rule applies to any sample.
    """
    check_preferences(settings)
    samples = [sample for path in settings.samples for sample in read_records(path, Sample)]
    if settings.limit:
        samples = heapq.nsmallest(settings.limit, samples, key=lambda s: _place(work.seed, s.id))
    errors: Counter[str] = Counter()
    unchanged = 0

    def pairs() -> Iterator[Preference]:
        nonlocal unchanged
        by_task, by_document = _replies(samples, "task"), _replies(samples, "document")
        with work.progress("writing pairs", len(samples)) as bar:
            for sample in samples:
                bar.advance()
                made = list(_pairs(sample, settings, work.seed, by_task, by_document))
                unchanged += not made
                errors.update(pair.error_type for pair in made)
                yield from made

    if write_records(work.out, pairs(), Preference) == 0:
        raise UserError(
            f"tasks.preferences: none of {', '.join(settings.errors) or 'the error types'} applies to any of "
            f"{len(samples)} samples; name other error types or give samples with longer replies"
        )
    work.facts.update(samples=len(samples), by_error=dict(sorted(errors.items())), samples_without_pair=unchanged)


def _pairs(
    sample: Sample,
    settings: PreferencesSettings,
    seed: int,
    by_task: dict[str, list[Sample]],
    by_document: dict[str, list[Sample]],
) -> Iterator[Preference]:
    generator = random.Random(f"{seed} {sample.id}")
    others = by_task[sample.task]
    borrowed = generator.sample(others, min(BORROWED, len(others)))
    reply = Reply(
        sample.output,
        [s.output for s in borrowed if s.output != sample.output],
        [s.output for s in by_document.get(sample.document, ()) if s.task != sample.task],
    )
    left = list(settings.errors or CORRUPTIONS)
    seen: set[str] = set()
    for _ in range(settings.pairs):
        found = corrupt(reply, left, generator)
        if found is None:
            return
        error, worse = found
        left.remove(error)
        if worse in seen:
            continue
        seen.add(worse)
        yield Preference(
            id=f"{sample.id}-{error}",
            task=sample.task,
            chosen=sample.output,
            rejected=worse,
            input=sample.input,
            instruction=sample.instruction,
            error_type=error,
            document=sample.document,
            domain=sample.domain,
            language=sample.language,
            source=sample.source,
            license=sample.license,
            author="rule",
        )


def _replies(samples: list[Sample], field: str) -> dict[str, list[Sample]]:
    grouped: dict[str, list[Sample]] = {}
    for sample in samples:
        if key := getattr(sample, field):
            grouped.setdefault(key, []).append(sample)
    return grouped


def _place(seed: int, name: str) -> bytes:
    return blake2b(f"{seed}\0{name}".encode()).digest()
