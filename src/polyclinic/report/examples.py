"""Things to read for oneself: what the teacher wrote beside its document, and what each model chose."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TypeVar

from markupsafe import Markup

from polyclinic.evals.metrics import ACCURACY
from polyclinic.pages import Section, element, folded, joined, numbers, paragraph, prose, side_by_side
from polyclinic.records import Document, Sample, Score, read_records
from polyclinic.report.measured import Column, Measured
from polyclinic.report.run_data import Run, RunStep
from polyclinic.report.wording import title_of

Thing = TypeVar("Thing")

LOOKED_AT = 2000  # samples of a step among which the examples are chosen
DOCUMENTS = 2  # examples for each step of a teacher
ITEMS = 2  # items for each task and part
EXCERPT = 900  # characters of a document or of a reply
TASK_NAMES = {
    "pit.summary": "Summary",
    "pit.question_answer": "Questions and answers",
    "pit.entities": "Entities",
    "pit.relations": "Relations",
}


def teacher_section(run: Run) -> Section | None:
    """Return documents beside what the teacher wrote about them, None when no step has a teacher."""
    parts: list[Markup] = []
    for name, step in run.steps.items():
        if step.output != "samples" or not step.record.kind.startswith("synth.") or step.folder is None:
            continue
        parts += _teacher_step(run, name, step)
    if not parts:
        return None
    intro = paragraph("Chosen evenly over the documents, not for their quality.", class_="muted")
    return Section("teacher", "What the teacher wrote", [intro, *parts])


def items_section(measured: Measured) -> Section | None:
    """Return some questions with their options and who chose which, None when there are none with options."""
    run = measured.run
    columns = measured.columns(ACCURACY)
    answers: dict[tuple[str, str], dict[str, Score]] = {}
    for model, scores in run.scores.items():
        for score in scores:
            if score.metric == ACCURACY:
                # Of two scorers the first has what was answered.
                answers.setdefault((score.task, score.item), {}).setdefault(model, score)
    wanted: dict[tuple[str, str], Column] = {}
    for column in columns:
        items = [key for key, found in answers.items() if next(iter(found.values())).subset == column.subset]
        items = sorted(key for key in items if key[0] == column.task)
        wanted.update((key, column) for key in _evenly(items, ITEMS))
    samples = _find_items(run, set(wanted))
    cards: dict[Column, list[Markup]] = {}
    for key, column in wanted.items():
        if key in samples:
            cards.setdefault(column, []).append(_item_card(samples[key], answers[key]))
    if not cards:
        return None
    parts = [
        paragraph(
            f"{ITEMS} of each kind, chosen evenly over the items and not for their outcome. The right option is "
            "marked; under each option stand the models that preferred it.",
            class_="muted",
        )
    ]
    for column, made in cards.items():
        parts += [element("h3", title_of(column)), side_by_side(made)]
    return Section("items", "Some questions and the answers", parts)


def _teacher_step(run: Run, name: str, step: RunStep) -> list[Markup]:
    written: dict[str, list[Sample]] = {}
    if step.folder is None:
        return []
    for sample in itertools.islice(read_records(step.folder, Sample), LOOKED_AT):
        if sample.document:
            written.setdefault(sample.document, []).append(sample)
    most = max((len(samples) for samples in written.values()), default=0)
    full = [document for document, samples in written.items() if len(samples) == most]
    chosen = _evenly(full, DOCUMENTS)
    documents = _find_documents(run, step, set(chosen))
    parts = []
    for identifier in chosen:
        samples = written[identifier]
        document = documents.get(identifier)
        authors = " and ".join(dict.fromkeys(s.author or "author not stated" for s in samples))
        about = [f"Tasks written by {authors}", f"document {identifier}"]
        if document is not None:
            about += [document.source or "source not stated", document.license or "licence not stated"]
        left = [
            element("h4", "Document"),
            prose(_excerpt(document.text if document else "(not in the store)")),
        ]
        right: list[Markup] = []
        for sample in samples:
            title = TASK_NAMES.get(sample.task, sample.task)
            request = "\n\n".join(text for text in (sample.instruction, sample.input) if text)
            right.append(element("h4", title))
            if request:
                right.append(folded("What was asked", prose(_excerpt(request))))
            right.append(prose(_excerpt(sample.output)))
        title = document.title if document is not None and document.title else identifier
        parts.append(
            element(
                "div",
                element("h3", title),
                paragraph(" · ".join(about), class_="muted"),
                side_by_side([joined(left), joined(right)]),
                class_="card",
            )
        )
    heading = element("h3", f"{name} ({step.record.kind})")
    if (step.folder / "page.html").is_file():  # a run's page lies in runs/NAME of the store
        link = element("a", "Counts, lengths and all samples", href=f"../../{step.folder.name}/page.html")
        parts = [paragraph(link), *parts]
    return [heading, *parts] if parts else []


def _item_card(sample: Sample, answers: dict[str, Score]) -> Markup:
    options = []
    for option in sample.options:
        who = [model for model, score in answers.items() if score.reply == option]
        right = option == sample.output
        mark = element("span", "✓", role="img", aria_label="right") if right else ""
        names = element("span", ", ".join(who), class_="who") if who else ""
        options.append(
            element(
                "li", element("span", mark, " " if right else "", option), names, class_="right" if right else None
            )
        )
    parts = [paragraph(element("strong", _excerpt(sample.input))), element("ul", *options, class_="options")]
    unscored = {model: s.unscored_reason for model, s in answers.items() if s.value is None}
    for model, reason in unscored.items():
        parts.append(paragraph(f"{model} could not be scored: {reason}", class_="bad"))
    right_count = sum(1 for s in answers.values() if s.value == 1)
    parts.append(
        paragraph(f"{numbers.count(right_count)} of {len(answers)} models right · {sample.id}", class_="muted")
    )
    return element("div", *parts, class_="card")


def _find_items(run: Run, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Sample]:
    """Return the items with options among the samples the evaluations took."""
    steps = {
        source: run.steps[source]
        for step in run.steps.values()
        if step.output == "scores"
        for source in step.sources
        if source in run.steps and run.steps[source].output == "samples"
    }
    found: dict[tuple[str, str], Sample] = {}
    for step in steps.values():
        if step.folder is None:
            continue
        for sample in read_records(step.folder, Sample):
            if sample.options and (sample.task, sample.id) in wanted:
                found[sample.task, sample.id] = sample
    return found


def _find_documents(run: Run, step: RunStep, wanted: set[str]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for source in step.sources:
        origin = run.steps.get(source)
        if origin is None or origin.output != "documents" or origin.folder is None:
            continue
        for document in read_records(origin.folder, Document):
            if document.id in wanted:
                found.setdefault(document.id, document)
                if len(found) == len(wanted):
                    return found
    return found


def _evenly(things: Iterable[Thing], most: int) -> list[Thing]:
    listed = list(things)
    if len(listed) <= most:
        return listed
    return [listed[(2 * i + 1) * len(listed) // (2 * most)] for i in range(most)]


def _excerpt(text: str) -> str:
    if len(text) <= EXCERPT:
        return text
    return f"{text[:EXCERPT].rstrip()} … ({numbers.count(len(text) - EXCERPT)} more characters)"
