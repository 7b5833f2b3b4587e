"""The words the extractive teacher knows: `vocabulary.yaml`, read once."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Vocabulary:
    """The lists of `vocabulary.yaml`, where each is explained."""

    speakers: frozenset[str]
    abbreviations: frozenset[str]
    section_names: dict[str, str]
    general_headings: frozenset[str]
    heads: frozenset[str]
    need_a_modifier: frozenset[str]
    modifiers: frozenset[str]
    no_modifiers: frozenset[str]
    not_terms: frozenset[str]
    not_acronyms: frozenset[str]
    stop_words: frozenset[str]
    questions: tuple[tuple[re.Pattern[str], str, str], ...]
    headings_without_questions: re.Pattern[str]
    listed_relations: tuple[tuple[re.Pattern[str], str], ...]


@functools.cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary; the file is read on the first call."""
    import yaml

    data = yaml.safe_load((Path(__file__).parent / "vocabulary.yaml").read_text(encoding="utf-8"))

    def words(name: str) -> frozenset[str]:
        return frozenset(data[name].split())

    names = dict(data["section_names"])
    return Vocabulary(
        speakers=words("speakers"),
        abbreviations=words("abbreviations"),
        section_names=names,
        general_headings=frozenset(data["general_headings"]) | frozenset(n.lower() for n in names.values()),
        heads=words("heads"),
        need_a_modifier=words("need_a_modifier"),
        modifiers=words("modifiers"),
        no_modifiers=words("no_modifiers") | words("stop_words"),
        not_terms=words("not_terms"),
        not_acronyms=words("not_acronyms"),
        stop_words=words("stop_words"),
        questions=tuple((_whole(pattern), topic, without) for pattern, topic, without in data["questions"]),
        headings_without_questions=_whole(data["headings_without_questions"].replace(" |", "|")),
        listed_relations=tuple((_whole(pattern), relation) for pattern, relation in data["listed_relations"]),
    )


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})$", re.IGNORECASE)
