"""Definitions reworded by rules, without a model: frames, verbs and closing sentences written by hand.

The fifteen frames are five manners of giving an instruction, three forms each, after the five people with three
prompts each of MedS-Ins. The seed decides which verb and which closing sentence goes with a frame. What is written is
plain; it varies the form of an instruction, hardly its words.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyclinic.tasks import Task

FILE = Path(__file__).with_suffix(".yaml")
AUTHOR = "rules (no model)"
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“])")


def reword(task: Task, seed: int) -> Iterator[tuple[int, str]]:
    """Yield (hand, wording) of a task's definition, three for each of five hands; none for a language without rules.

    Equal seeds give equal wordings. Nothing is checked here, and two wordings may be the same.
    """
    rules = load_rules().get(task.instruction_language.partition("-")[0])
    if not isinstance(rules, dict):
        return
    first, others = _sentences(task.definition)
    to_do = first.partition(" ")[0] in rules.get("do", "").split()
    frames: list[list[str]] = rules["frames" if to_do and "frames" in rules else "any_frames"]
    for hand, forms in enumerate(frames, start=1):
        for form, frame in enumerate(forms, start=1):
            generator = random.Random(f"{seed} {task.name} {hand} {form}")
            said = _begun_otherwise(first, rules.get("verbs", ()), generator)
            framed = frame.replace("{c}", said[:1].lower() + said[1:]).replace("{C}", said)
            yield (
                hand,
                " ".join([framed, *(_said_otherwise(o, rules.get("sentences", ()), generator) for o in others)]),
            )


def rules_version() -> str:
    """Return the version of the rules."""
    return str(load_rules()["version"])


@functools.cache
def load_rules() -> dict[str, Any]:
    """Return the rules by language, and their version."""
    import yaml

    rules: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return rules


def _sentences(definition: str) -> tuple[str, list[str]]:
    """Return the first sentence without its full stop, and the others."""
    first, *others = SENTENCE_END.split(" ".join(definition.split()))
    joined: list[str] = []
    for sentence in others:
        # What follows a colon belongs to it: `reply: There is no related entity.`
        if joined and joined[-1].endswith(":"):
            joined[-1] += f" {sentence}"
        else:
            joined.append(sentence)
    return first.rstrip(".。"), joined


def _begun_otherwise(first: str, verbs: Any, generator: random.Random) -> str:
    for beginning, choices in verbs:
        if first.startswith(beginning):
            return str(generator.choice(choices)) + first.removeprefix(beginning)
    return first


def _said_otherwise(sentence: str, patterns: Any, generator: random.Random) -> str:
    for pattern, choices in patterns:
        match = re.fullmatch(f"{pattern}\\.?", sentence.removesuffix("."))
        if match:
            return match.expand(str(generator.choice(choices)))
    return sentence
