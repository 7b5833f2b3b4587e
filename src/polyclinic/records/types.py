"""The records themselves: Document, Sample, Preference, Reply, Score. Knows nothing about files."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar


@dataclass(frozen=True, slots=True)
class Document:
    """A text that somebody wrote."""

    type_name: ClassVar[str] = "documents"

    id: str  # unique within its source
    text: str  # the text itself, plain or Markdown
    title: str = ""  # heading under which a person would find it
    domain: str = ""  # which specialist reads it: notes, guidelines, encyclopedia, medcode, pubmed, ...
    language: str = "en"  # BCP 47
    source: str = ""  # data set or file it was taken from
    license: str = ""  # SPDX name where there is one
    date: str = ""  # when it was written or published, ISO 8601, as far as is known: 2019, 2019-03, 2019-03-14
    sections: tuple[
        str, ...
    ] = ()  # its headings from top to bottom, as they stand in the text (Markdown: `## Methods`)
    metadata: dict[str, Any] = field(default_factory=dict)  # what a source knows beyond this, e.g. an ICD code


@dataclass(frozen=True, slots=True)
class Sample:
    """Something to do and what a good reply is: a training example, or an item of a test."""

    type_name: ClassVar[str] = "samples"

    id: str  # unique within its set
    task: str  # catalog name, or the kind of work a teacher was asked for, e.g. pit.summary
    output: str  # the good reply
    input: str = ""  # the text the work is done on: the user's turn
    instruction: str = ""  # what is to be done: the system turn
    options: tuple[str, ...] = ()  # closed choices, the right one among them
    subset: str = ""  # part of the task that is reported apart, e.g. seen or unseen
    document: str = ""  # id of the document it was made from
    domain: str = ""  # as in Document
    language: str = "en"  # BCP 47
    source: str = ""  # as in Document
    license: str = ""  # as in Document
    author: str = ""  # who wrote the reply: a data set, a teacher model, the extractive teacher
    metadata: dict[str, Any] = field(default_factory=dict)  # what a task knows beyond this


@dataclass(frozen=True, slots=True)
class Preference:
    """Two replies to the same request, the first better than the second."""

    type_name: ClassVar[str] = "preferences"

    id: str  # unique within its set
    task: str  # as in Sample
    chosen: str  # the better reply
    rejected: str  # the worse reply
    input: str = ""  # as in Sample
    instruction: str = ""  # as in Sample
    error_type: str = ""  # what was made worse
    document: str = ""  # as in Sample
    domain: str = ""  # as in Document
    language: str = "en"  # BCP 47
    source: str = ""  # as in Document
    license: str = ""  # as in Document
    author: str = ""  # who wrote the rejected reply


@dataclass(frozen=True, slots=True)
class Score:
    """What one model got for one item of one task."""

    type_name: ClassVar[str] = "scores"

    model: str  # name of the model for people
    fingerprint: str  # fingerprint of its weights, tokenizer and template
    task: str  # catalog name
    item: str  # id of the Sample
    metric: str  # accuracy, negative_log_likelihood, ...
    scorer: str  # name and version of the scorer
    value: float | None  # None when the item could not be scored
    unscored_reason: str = ""  # why, when value is None
    subset: str = ""  # as in Sample
    weight: float = 1.0  # share in the mean: 1 for an item, the number of tokens for a perplexity
    cluster: str = ""  # patient or document that several items share
    prompt: str = ""  # what the model was asked
    reply: str = ""  # what it answered, or the option it preferred
    gold: str = ""  # what was right
    parts: dict[str, Any] = field(default_factory=dict)  # what a pooled figure is made of: matched, gold ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What one model answered to one item, with all that scoring it needs."""

    type_name: ClassVar[str] = "replies"

    model: str  # as in Score
    fingerprint: str  # as in Score
    task: str  # catalog name
    item: str  # id of the Sample
    text: str = ""  # the reply, or the option that was preferred
    unanswered_reason: str = ""  # why there is no reply; such an item is never scored
    finish_reason: str = ""  # stop, length, ...
    prompt: str = ""  # what the model read
    cuts: tuple[str, ...] = ()  # what was left out of the prompt for it to fit the window
    input: str = ""  # the Sample's
    gold: str = ""  # the Sample's output
    options: tuple[str, ...] = ()  # the Sample's
    subset: str = ""  # the Sample's
    cluster: str = ""  # the Sample's document
    metadata: dict[str, Any] = field(default_factory=dict)  # the Sample's; log-likelihoods where options were weighed


Record = TypeVar("Record", Document, Sample, Preference, Score, Reply)
RECORD_TYPES: Mapping[str, type[Any]] = types.MappingProxyType(
    {t.type_name: t for t in (Document, Sample, Preference, Score, Reply)}
)
