"""Multiple-choice questions about codes, after MedConceptsQA: one right definition among definitions of other codes.

How hard a question is follows from where the wrong definitions come from: anywhere (easy), 3 to 5 edges away in the
code tree (medium), 2 edges away, which are the code's siblings (hard).
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from polyclinic.records import Sample
from polyclinic.tasks.code_tree import CodeEntry, CodeTree
from polyclinic.tasks.task import Task, question_text


def code_questions(
    task: Task, asked: Sequence[CodeEntry], tree: CodeTree, items: int, subset: str, seed: int, facts: dict[str, Any]
) -> list[Sample]:
    """Return up to `items` questions, each about another code.

    Args:
        task: says the number of options, the distance of wrong ones, the question's template.
        asked: the codes that questions may be about, and what their documents say.
        tree: where wrong definitions come from.
        items: how many questions.
        subset: put into each Sample.
        seed: decides the codes (the same for all tasks), their wrong definitions and the places of the right ones.
        facts: gets the number of items, of codes without enough wrong definitions, and the places of right answers.
    """
    candidates = [entry for entry in asked if entry.leaf or not task.leaves_only]
    random.Random(f"{seed} codes").shuffle(candidates)
    generator = random.Random(f"{seed} {task.name}")
    everywhere = [e.code for e in tree.entries.values() if e.leaf or not task.leaves_only]
    chosen: list[tuple[CodeEntry, list[CodeEntry]]] = []
    skipped = 0
    for entry in candidates:
        if len(chosen) == items:
            break
        wrong = _wrong_definitions(task, entry, tree, everywhere, generator)
        if wrong is None:
            skipped += 1
        else:
            chosen.append((entry, wrong))
    # Each place holds the right answer equally often, so no model gains by preferring one.
    places = [index % task.options for index in range(len(chosen))]
    generator.shuffle(places)
    samples = [
        _sample(task, entry, wrong, place, tree, subset) for (entry, wrong), place in zip(chosen, places, strict=True)
    ]
    facts.update(
        items=len(samples), codes_without_enough_wrong_definitions=skipped, answer_places=answer_places(samples)
    )
    return samples


def answer_places(samples: Iterable[Sample]) -> dict[str, int]:
    """Return how often the right answer stands at A, B, C, ...; a letter that never holds it has a zero."""
    listed = list(samples)
    counts = Counter(sample.options.index(sample.output) for sample in listed)
    return {string.ascii_uppercase[i]: counts[i] for i in range(max((len(s.options) for s in listed), default=0))}


def _wrong_definitions(
    task: Task, entry: CodeEntry, tree: CodeTree, everywhere: Sequence[str], generator: random.Random
) -> list[CodeEntry] | None:
    """Return the wrong definitions of a question, or None when there are too few that differ."""
    found: list[CodeEntry] = []
    used = {_plain(entry.description)}
    for code in _drawn(task, entry, tree, everywhere, generator):
        other = tree.entries[code]
        if code != entry.code and _plain(other.description) not in used:
            used.add(_plain(other.description))
            found.append(other)
            if len(found) == task.options - 1:
                return found
    return None


def _drawn(
    task: Task, entry: CodeEntry, tree: CodeTree, everywhere: Sequence[str], generator: random.Random
) -> Iterator[str]:
    """Yield codes at the task's distance in random order."""
    if task.distance is None:
        tries = min(len(everywhere), 100 * task.options)
        yield from generator.sample(everywhere, tries)
        return
    near = tree.at_distance(entry.code, *task.distance)
    near = [code for code in near if tree.entries[code].leaf or not task.leaves_only]
    yield from generator.sample(near, len(near))


def _sample(
    task: Task, entry: CodeEntry, wrong: Sequence[CodeEntry], place: int, tree: CodeTree, subset: str
) -> Sample:
    options = [other.description for other in wrong]
    options.insert(place, entry.description)
    return Sample(
        id=f"{task.name}-{entry.code}",
        task=task.name,
        input=question_text(task, {"code": entry.code, "description": entry.description, "domain": entry.domain}),
        output=entry.description,
        options=tuple(options),
        subset=subset,
        document=entry.document,
        domain=task.domain,
        language=entry.language,
        source=entry.source,
        license=task.license or entry.license,
        author=entry.source,
        metadata={
            "code": entry.code,
            "wrong_codes": [other.code for other in wrong],
            "distances": [tree.distance(entry.code, other.code) for other in wrong],
        },
    )


def _plain(description: str) -> str:
    return " ".join(description.casefold().split())
