"""Items made of samples: how likely a good reply is to its request, and exams whose wrong options are other replies.

So what a model was taught, or held-out requests of the same kind, can be asked without writing a reply.
"""

from __future__ import annotations

import dataclasses
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from polyclinic.errors import UserError
from polyclinic.records import Sample
from polyclinic.tasks.task import Task


def sample_items(
    task: Task, samples: Iterable[Sample], items: int, subset: str, seed: int, facts: dict[str, Any]
) -> list[Sample]:
    """Return up to `items` items, each of another sample, drawn by a hash of seed and id.

    Args:
        task: of the family perplexity (the reply is weighed) or multiple_choice (one reply among others).
        samples: with a request (instruction, input or both) and a good reply.
        items: how many.
        subset: put into each item.
        seed: decides which samples are taken, the wrong options and the places of the right ones.
        facts: gets the number of items, and of samples without enough other replies.

    Raises:
        UserError: for a sample without a request or a reply, and for an id that comes twice.
    """
    found = _checked(task, samples)
    drawn = sorted(found, key=lambda s: blake2b(f"{seed}\0{s.id}".encode()).digest())
    if task.family == "perplexity":
        made = [_item(task, sample, (), subset) for sample in drawn[:items]]
        facts.update(items=len(made))
        return made
    generator = random.Random(f"{seed} {task.name}")
    replies: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)  # by kind: as compared -> as written
    for sample in found:
        replies[sample.task, sample.domain].setdefault(_plain(sample.output), sample.output)
    chosen: list[tuple[Sample, list[str]]] = []
    skipped = 0
    for sample in drawn:
        if len(chosen) == items:
            break
        others = [text for key, text in replies[sample.task, sample.domain].items() if key != _plain(sample.output)]
        if len(others) < task.options - 1:
            skipped += 1
        else:
            chosen.append((sample, generator.sample(others, task.options - 1)))
    # Each place holds the right reply equally often, so no model gains by preferring one.
    places = [number % task.options for number in range(len(chosen))]
    generator.shuffle(places)
    made = []
    for (sample, wrong), place in zip(chosen, places, strict=True):
        options = [*wrong[:place], sample.output, *wrong[place:]]
        made.append(_item(task, sample, options, subset))
    facts.update(items=len(made), samples_without_enough_other_replies=skipped)
    return made


def _checked(task: Task, samples: Iterable[Sample]) -> list[Sample]:
    found: dict[str, Sample] = {}
    for sample in samples:
        where = f"tasks.build.samples: {task.name}: sample '{sample.id}'"
        if not (sample.instruction.strip() or sample.input.strip()):
            raise UserError(
                f"{where}: neither instruction nor input, so there is no request to reply to; tasks.requests makes "
                "requests of questions with answers"
            )
        if not sample.output.strip():
            raise UserError(f"{where}: the reply is empty; leave the record out or give it one")
        if sample.id in found:
            raise UserError(f"{where} is there twice; ids must be unique")
        found[sample.id] = sample
    return list(found.values())


def _item(task: Task, sample: Sample, options: Sequence[str], subset: str) -> Sample:
    return dataclasses.replace(
        sample,
        id=f"{task.name}-{sample.id}",
        task=task.name,
        options=tuple(options),
        subset=subset,
        document=sample.document or sample.id,
        metadata={"sample_task": sample.task},
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
