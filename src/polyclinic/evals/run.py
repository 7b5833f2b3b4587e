"""eval.run: put the items of tasks to a model, keep its replies, and score them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from polyclinic.evals.answered import Letters, final_replies, forced_questions, letter_questions
from polyclinic.evals.asked_items import AskedItems, choose_items
from polyclinic.evals.backends import open_backend
from polyclinic.evals.outcome import Outcome
from polyclinic.evals.perplexity import TextItem, bits_per_byte
from polyclinic.evals.prepared import Prepared, prepare, window_of
from polyclinic.evals.reply_scores import scores_of
from polyclinic.evals.requests import Request
from polyclinic.evals.run_settings import RunSettings, check_run
from polyclinic.evals.shown_run import run_rows
from polyclinic.evals.weighed_items import Item, outcome_of
from polyclinic.evals.writing import Advance, Backend
from polyclinic.evals.yes_or_no import chosen_letters, option_questions
from polyclinic.records import Reply, Score, read_records, write_records
from polyclinic.steps import Work, step_kind
from polyclinic.tasks import Task, load_catalog

REPLIES = "replies"  # folder in the artifact


@step_kind("eval.run", RunSettings, output="scores", version=4, check=check_run, shown=run_rows)
def run(settings: RunSettings, work: Work) -> None:
    """Ask a model the items of tasks and score its replies; options and texts are weighed by likelihood.

    Each distinct question goes to the model once, and what it answered is kept, so an interrupted run goes on where
    it was. An item without an answer has value None and a reason; it is neither dropped nor counted as wrong. The
    replies lie in the folder `replies`, where `eval.score` scores them again.
    Raises UserError for items of an unknown task, items that are there twice, and broken items.
    """
    items = choose_items(settings, work)
    backend = open_backend(settings, work)
    try:
        ask(settings, work, items, backend)
    finally:
        backend.close()


def ask(settings: RunSettings, work: Work, items: AskedItems, backend: Backend) -> None:
    """Ask a backend items and write replies and scores; what `run` does once it knows whom and what to ask."""
    name = settings.name or backend.name
    prepared = prepare(settings, items, backend, work.scratch / "prepared", work.seed, name)
    tasks = load_catalog(settings.catalog)
    letters = letter_questions(prepared, settings, backend)
    asked = [request for item in prepared.weighed.values() for request in item.requests]
    asked += [request for question in letters.values() for request in question.requests]
    facts: dict[str, Any] = {"questions": len(asked), "distinct_questions": len({r.key for r in asked}), "tokens": 0}
    answers = dict(_weigh(asked, backend, work, name, facts))
    if prepared.counts["written"]:
        with work.progress(f"replies of {name}", prepared.counts["written"]) as progress:
            backend.write(prepared.requests(), progress.advance)
    forced, chosen = _force(prepared, tasks, settings, backend, work, name, answers)
    replies = final_replies(prepared, backend, answers, letters, forced, chosen)
    write_records(work.out / REPLIES, replies, Reply)
    weighed = {place: (item, outcome_of(item, answers)) for place, item in prepared.weighed.items()}
    counts = _Counts()
    write_records(work.out, counts.scores(scores_of(_read(counts, work), tasks, weighed)), Score)
    work.facts.update(
        items=counts.items,
        unscored=sum(counts.unscored.values()),
        unscored_reasons=dict(sorted(counts.reasons.items())),
        tasks=_task_facts(prepared, counts, weighed, items),
        not_run=list(items.not_run),
        **facts,
        replies={
            "written": prepared.counts["written"],
            "empty": counts.empty,
            "cut_off_at_length": counts.cut_off,
            "prompts_cut": counts.cut,
            "asked_for_a_letter": len(forced),
            "asked_option_by_option": len(chosen),
        },
        model_window=window_of(settings, backend),
        backend={key: value for key, value in backend.identity.items() if key != "model"},
        device=backend.identity.get("device", ""),
    )
    if items.facts:
        work.facts["made_items"] = dict(items.facts)


def _weigh(
    requests: Iterable[Request], backend: Backend, work: Work, name: str, facts: dict[str, Any]
) -> Mapping[str, float]:
    found = list(requests)
    if not found:
        return {}
    with ExitStack() as stack:

        def begin(tokens: float) -> Advance:
            facts["tokens"] += round(tokens)
            return stack.enter_context(work.progress(f"asking {name}", tokens)).advance

        return backend.weigh(found, begin)


def _force(
    prepared: Prepared,
    tasks: Mapping[str, Task],
    settings: RunSettings,
    backend: Backend,
    work: Work,
    name: str,
    answers: dict[str, float],
) -> tuple[dict[tuple[str, str], Letters], dict[tuple[str, str], str]]:
    """Ask exams whose free reply names no letter again; what is weighed for that goes into `answers`.

    Returns what was asked for one letter, and the letters that were chosen option by option.
    """
    forced = forced_questions(prepared, tasks, settings, backend)
    options = option_questions(prepared, tasks, settings, backend)
    weighed = [request for question in forced.values() for request in question.requests]
    weighed += [request for question in options.values() for request in question.requests]
    answers.update(_weigh(weighed, backend, work, name, {"tokens": 0}))
    again = [question.again for question in forced.values() if question.again is not None]
    again += [request for question in options.values() for request in question.written]
    if again:
        with work.progress(f"letters of {name}", len(again)) as progress:
            backend.write(again, progress.advance)
    return forced, dict(chosen_letters(options, backend, answers))


class _Counts:
    """What is counted while replies and scores pass by."""

    def __init__(self) -> None:
        self.items = self.empty = self.cut_off = self.cut = 0
        self.of_task: Counter[str] = Counter()
        self.unscored: Counter[str] = Counter()  # items by task
        self.cut_of_task: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self._unscored_items: set[tuple[str, str]] = set()

    def reply(self, reply: Reply) -> None:
        self.items += 1
        self.of_task[reply.task] += 1
        self.cut += bool(reply.cuts)
        self.cut_of_task[reply.task] += bool(reply.cuts)
        self.cut_off += reply.finish_reason == "length"
        likelihood = "nats_per_token" in reply.metadata
        self.empty += not reply.text.strip() and not reply.unanswered_reason and not likelihood
        if reply.unanswered_reason:
            self._note(reply.task, reply.item, reply.unanswered_reason)

    def scores(self, scores: Iterable[Score]) -> Iterator[Score]:
        before = ("", "")
        for score in scores:
            # The first of an item's scores is its task's headline; others may lack a model that they need.
            if score.value is None and (score.task, score.item) != before:
                self._note(score.task, score.item, score.unscored_reason)
            before = (score.task, score.item)
            yield score

    def _note(self, task: str, item: str, reason: str) -> None:
        if (task, item) not in self._unscored_items:
            self._unscored_items.add((task, item))
            self.unscored[task] += 1
            self.reasons[reason.partition(":")[0]] += 1


def _read(counts: _Counts, work: Work) -> Iterator[Reply]:
    for reply in read_records(work.out / REPLIES, Reply):
        counts.reply(reply)
        yield reply


def _task_facts(
    prepared: Prepared,
    counts: _Counts,
    weighed: Mapping[tuple[str, str], tuple[Item, Outcome]],
    items: AskedItems,
) -> dict[str, dict[str, Any]]:
    """Return by task: items, how many went unscored or were cut, worked examples, and bits per byte of texts."""
    texts: defaultdict[str, list[tuple[TextItem, Outcome]]] = defaultdict(list)
    for item, outcome in weighed.values():
        if isinstance(item, TextItem):
            texts[item.task.name].append((item, outcome))
    facts: dict[str, dict[str, Any]] = {}
    for task, count in counts.of_task.items():
        own: dict[str, Any] = {"items": count, "unscored": counts.unscored[task]}
        facts[task] = own
        if task in items.splits:
            own["split"] = items.splits[task]
        if task in prepared.shots:
            own["worked_examples"] = prepared.shots[task]
        if task in prepared.problems:
            own["no_worked_examples"] = prepared.problems[task]
        if counts.cut_of_task[task]:
            own["prompts_cut"] = counts.cut_of_task[task]
        if task in texts:
            scored = [(item, o.value * o.weight) for item, o in texts[task] if o.value is not None]
            own["tokens"] = sum(item.tokens for item, _ in texts[task])
            own["bits_per_byte"] = bits_per_byte(
                sum(nats for _, nats in scored), [item.sample.output for item, _ in scored]
            )
    return facts
