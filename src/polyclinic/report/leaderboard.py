"""The leaderboard page: what models reach, how sure that is, beside what papers printed; every item to be read.

`polyclinic eval leaderboard RESULTS … --out PAGE`. All figures come from `polyclinic.evals`, all drawing from
`polyclinic.pages`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from polyclinic.evals.metrics import OVERLAP
from polyclinic.evals.results import Results, compare_with_first, figure_rows, read_results
from polyclinic.evals.suite_figures import suite_figures
from polyclinic.pages import ITEM_BROWSER, Section, joined, numbers, page, paragraph
from polyclinic.report import leaderboard_suites, leaderboard_tasks
from polyclinic.report.leaderboard_items import items_section

ITEMS = 2000  # of a task, in the page


def make_leaderboard(
    results: Sequence[Path], out: Path, *, published: bool = True, items: int = ITEMS, seed: int = 0
) -> None:
    """Write the leaderboard of some folders of scores as the HTML file `out`; it needs nothing beside it.

    Args:
        results: folders of scores (eval.run, eval.score), and of overlaps (eval.contamination); the first model is
            the one that others are compared with.
        out: file that is written, whole or not at all.
        published: whether figures that papers printed are shown.
        items: most items of a task that can be read on the page, evenly chosen; 0 for none.
        seed: of bootstrap and permutations.

    Raises UserError as `polyclinic.evals.results.read_results` and for scores that cannot be paired.
    """
    read = read_results(results)
    models = list(read.scores)
    rows = [row for scores in read.scores.values() for row in figure_rows(read, scores, seed)]
    found = compare_with_first(read, seed) if len(models) > 1 else []
    figures = suite_figures(read.scores, seed, published)
    sections: list[Section | None] = [
        leaderboard_suites.suites_section(figures, models),
        leaderboard_tasks.tasks_section(rows, models),
        leaderboard_tasks.comparisons_section(found),
        leaderboard_tasks.overlap_section(rows, [m.removeprefix(OVERLAP) for m in read.lengths]),
        leaderboard_tasks.unscored_section(rows),
        items_section(results, read, items) if items else None,
        _method(),
    ]
    made = page(
        "Leaderboard",
        [section for section in sections if section is not None],
        kicker="Polyclinic · evaluation",
        lead=_lead(read, models),
        foot="Made by Polyclinic from stored scores. Italic figures are as papers printed them.",
        scripts=[ITEM_BROWSER],
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f"{out.name}.{os.getpid()}")
    beside.write_text(made, encoding="utf-8")
    os.replace(beside, out)


def _lead(read: Results, models: Sequence[str]) -> Markup:
    scores = [score for found in read.scores.values() for score in found]
    items = len({(score.task, score.item) for score in scores})
    tasks = len({score.task for score in scores})
    said = (
        f"{_counted(len(models), 'model')}, {_counted(tasks, 'task')}, {_counted(items, 'item')}. "
        f"Every figure has its n and its 95% interval"
    )
    said += f"; the others are compared with {models[0]} item by item." if len(models) > 1 else "."
    prints = ", ".join(f"{model} ({found[0].fingerprint[:12]})" for model, found in read.scores.items())
    return joined([paragraph(said, class_="lead"), paragraph(f"Fingerprints: {prints}.", class_="muted")])


def _counted(number: int, what: str) -> str:
    return f"{numbers.count(number)} {what}{'' if number == 1 else 's'}"


def _method() -> Section:
    said = (
        "Shares right have Wilson's interval, widened where items share a patient or document; other means a "
        "bootstrap over documents; F1 and corpus BLEU a bootstrap over the parts they are made of.",
        "Two models are compared on the items both have a value for: exact McNemar for right and wrong, a "
        "permutation test otherwise; p-values are corrected for the number of tasks (Holm). Where the interval holds "
        "zero the items are too few to tell; the number that would show such a difference with 80% power is given.",
        "`corrected` is what we stand by, `as_published` does what the papers' code does. Figures that papers "
        "printed have neither n nor interval, and were measured with other prompts and often other items.",
    )
    return Section("method", "How the figures are made", [paragraph(text) for text in said])
