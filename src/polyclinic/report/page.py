"""The page of a run, put together from its sections."""

from __future__ import annotations

import os
from pathlib import Path

from markupsafe import Markup

from polyclinic.pages import element, joined, page, paragraph
from polyclinic.pipeline import RunRecord
from polyclinic.report import examples, path, provenance, results, searches, training
from polyclinic.report.headline import headline
from polyclinic.report.measured import Measured
from polyclinic.report.run_data import Run, load_run


def make_report(run: RunRecord, store: Path, out: Path) -> None:
    """Write the page of `run`, whose artifacts are in `store`, as the HTML file `out`.

    The file needs nothing beside it. It is written whole or not at all. Raises UserError when the recipe's report
    section is wrong or an artifact is missing.
    """
    loaded = load_run(run, store)
    measured = Measured(loaded)
    sections = [
        path.path_section(loaded),
        results.results_section(measured),
        results.comparisons_section(measured),
        results.experts_section(measured),
        searches.searches_section(loaded),
        training.training_section(loaded),
        examples.teacher_section(loaded),
        examples.items_section(measured),
        path.cost_section(loaded),
        provenance.data_section(loaded),
        provenance.again_section(loaded),
    ]
    made = page(
        loaded.settings.title or run.title or run.recipe,
        [section for section in sections if section is not None],
        kicker=f"Polyclinic · {run.recipe} · {run.finished[:10]}",
        lead=joined([_failure(loaded), headline(measured), _description(run), provenance.notice(loaded)]),
        foot=f"Made by Polyclinic from the records of the run. All figures come from the store; seed {run.seed}.",
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f"{out.name}.{os.getpid()}")
    beside.write_text(made, encoding="utf-8")
    os.replace(beside, out)


def _description(run: RunRecord) -> Markup:
    return paragraph(run.description) if run.description else Markup("")


def _failure(run: Run) -> Markup:
    failed = [name for name, step in run.steps.items() if step.record.state == "failed"]
    if not failed:
        return Markup("")
    text = f"This run did not end: {', '.join(failed)} failed. The page shows what was there by then."
    return paragraph(element("strong", text), class_="bad")
