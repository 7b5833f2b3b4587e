"""Items made ready to be asked: how each is asked, its prompt as the model reads it, what was cut for it to fit.

The result lies on disk as replies without text, so that memory does not grow with the number of items; only items
whose answer is a likelihood are held, since they are put into batches together.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from polyclinic.evals.asked_items import AskedItems, is_written, suites_of
from polyclinic.evals.conversation import Conversation, Style, lettered
from polyclinic.evals.fit_window import fit
from polyclinic.evals.option_letters import letters_of
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.weighed_items import Examples, Item, ask_items
from polyclinic.evals.worked_examples import WorkedExamples
from polyclinic.evals.writing import Backend, WritingRequest
from polyclinic.records import Reply, Sample, read_records, write_records
from polyclinic.tasks import Task

Way = Literal["written", "letters", "choice", "text"]
# Longest reply in tokens, of tasks that do not say.
USUAL_LENGTH = {"label": 32, "label_set": 128, "option_letters": 64, "multiple_choice": 64, "entities": 256}
LONG_REPLY = 512  # of the other families
ASKING = "asking"  # where a prepared reply keeps what asking needs; taken out before it is kept
NO_LIKELIHOOD = "no log-likelihoods: an endpoint writes replies alone"
SUITE_STYLES: dict[str, Style] = {"meds-bench": "paper"}


@dataclass
class Prepared:
    """Items that are ready to be asked."""

    folder: Path  # replies without text, in order
    weighed: dict[tuple[str, str], Item] = field(default_factory=dict)  # by task and item
    cuts: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # of weighed items
    counts: Counter[str] = field(default_factory=Counter)  # items by way
    shots: dict[str, int] = field(default_factory=dict)  # task -> fewest worked examples an item has
    problems: dict[str, str] = field(default_factory=dict)  # task -> why it has no worked examples
    chosen: frozenset[tuple[str, str]] | None = None  # task and item of those that are asked; None = all

    def replies(self) -> Iterator[Reply]:
        """Yield the replies without text, in order."""
        for reply in read_records(self.folder, Reply):
            if self.chosen is None or (reply.task, reply.item) in self.chosen:
                yield reply

    def requests(self) -> Iterator[WritingRequest]:
        """Yield what is to be written, in order."""
        for reply in self.replies():
            if reply.metadata[ASKING]["way"] == "written" and not reply.unanswered_reason:
                yield writing_request(reply)


def prepare(
    settings: RunSettings, items: AskedItems, backend: Backend, folder: Path, seed: int, name: str
) -> Prepared:
    """Make items ready to be asked.

    Args:
        settings: of the run.
        items: what is asked.
        backend: who is asked.
        folder: where the replies without text are written.
        seed: decides the worked examples.
        name: the model's, in tables.

    Raises UserError for broken items; see `polyclinic.evals.asked_items.iterate_items`.
    """
    found = Prepared(folder)
    examples = WorkedExamples(settings, seed, items)
    weighed: list[tuple[Task, Sample]] = []
    shown: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}

    def made() -> Iterator[Reply]:
        for task, sample in items.read(settings.catalog):
            way = way_of(task, sample, settings, backend)
            found.counts[way] += 1
            reply = _without_text(sample, backend, name)
            if backend.tokenizer is None and task.family == "perplexity":
                yield _with(reply, way, unanswered_reason=NO_LIKELIHOOD)
                continue
            chosen = examples.of(task, sample)
            if examples.wanted(task) and task.family != "perplexity":
                found.shots[task.name] = min(len(chosen), found.shots.get(task.name, len(chosen)))
            if way in ("choice", "text"):
                weighed.append((task, sample))
                if chosen:
                    shown[task.name, sample.id] = chosen
                yield _with(reply, way)
                continue
            yield _put(reply, task, sample, way, chosen, settings, backend)

    write_records(folder, made(), Reply)
    if weighed:
        _weigh(found, settings, backend, weighed, shown)
    found.problems = examples.problems
    return found


def way_of(task: Task, sample: Sample, settings: RunSettings, backend: Backend) -> Way:
    """Return how an item is asked: written, its letters or its options weighed, or as a text that is read."""
    if task.family == "perplexity":
        return "text"
    if task.family == "option_letters":
        weighs = settings.choices == "likelihood" and backend.tokenizer is not None
        return "letters" if weighs else "written"
    if task.family == "multiple_choice" and backend.tokenizer is not None:
        if sample.output in sample.options:
            return "written" if is_written(task, settings) else "choice"
        if task.builder != "source":  # its options always stand apart, so this item is broken
            return "choice"
    return "written"


def style_of(task: Task, settings: RunSettings) -> Style:
    """Return how an item is worded: as the user says, else as a suite of its task does, else as turns."""
    if settings.prompt != "suite":
        return settings.prompt
    return next((SUITE_STYLES[suite] for suite in suites_of(task, settings) if suite in SUITE_STYLES), "turns")


def writing_request(reply: Reply) -> WritingRequest:
    """Return what is asked of a backend for a prepared reply."""
    asking = reply.metadata[ASKING]
    return WritingRequest(tuple((role, text) for role, text in asking["messages"]), reply.prompt, asking["longest"])


def reply_length(task: Task, settings: RunSettings, window: int | None) -> int:
    """Return the most tokens of a reply: the user's number, the task's or its family's; at most half a window."""
    said = settings.max_new_tokens or (task.max_new_tokens if isinstance(task.max_new_tokens, int) else None)
    wanted = said or USUAL_LENGTH.get(task.family, LONG_REPLY)
    return wanted if window is None else max(1, min(wanted, window // 2))


def window_of(settings: RunSettings, backend: Backend) -> int | None:
    """Return the window that is used: the smaller one of the user's and the model's."""
    known = [window for window in (settings.window, backend.window) if window is not None]
    return min(known) if known else None


def _put(
    reply: Reply,
    task: Task,
    sample: Sample,
    way: Way,
    shots: tuple[tuple[str, str], ...],
    settings: RunSettings,
    backend: Backend,
) -> Reply:
    """Return the prepared reply of an item that is asked in words."""
    if task.family == "multiple_choice" and sample.output in sample.options:
        sample = lettered(sample)
        reply = dataclasses.replace(reply, input=sample.input, gold=sample.output)
    span = sample.metadata.get("cuttable")
    cuttable = (int(span[0]), int(span[1])) if span else None
    talk = Conversation(
        sample.instruction or task.definition, sample.input, shots, cuttable, style_of(task, settings)
    )
    window = window_of(settings, backend)
    longest = 1 if way == "letters" else reply_length(task, settings, window)
    fitted = fit(talk, backend, None if window is None else window - longest)
    if fitted.problem:
        return _with(reply, way, unanswered_reason=fitted.problem)
    asking: dict[str, Any] = {"longest": longest, "messages": []}
    if backend.tokenizer is None:  # a local model reads the rendered prompt alone
        asking["messages"] = [list(message) for message in fitted.messages]
    if way == "letters":
        asking["letters"] = list(letters_of(sample))
    return _with(reply, way, asking, prompt=fitted.prompt, cuts=fitted.cuts)


def _weigh(
    found: Prepared,
    settings: RunSettings,
    backend: Backend,
    weighed: list[tuple[Task, Sample]],
    examples: Examples,
) -> None:
    assert backend.tokenizer is not None
    made = ask_items(settings, backend.tokenizer, weighed, window_of(settings, backend), examples, found.cuts)
    found.weighed = {(item.task.name, item.sample.id): item for item in made}


def _without_text(sample: Sample, backend: Backend, name: str) -> Reply:
    return Reply(
        model=name,
        fingerprint=backend.fingerprint,
        task=sample.task,
        item=sample.id,
        input=sample.input,
        gold=sample.output,
        options=sample.options,
        subset=sample.subset,
        cluster=sample.document,
        metadata={key: value for key, value in sample.metadata.items() if key != "cuttable"},
    )


def _with(reply: Reply, way: Way, asking: dict[str, Any] | None = None, **fields: Any) -> Reply:
    metadata = {**reply.metadata, ASKING: {**(asking or {}), "way": way}}
    return dataclasses.replace(reply, metadata=metadata, **fields)
