"""The forgetting page: what a step lost on earlier tasks, what it gained, and where aligner and knowledge overlap.

`polyclinic eval forgetting BEFORE AFTER … --out PAGE`. Figures come from `polyclinic.evals`, overlaps from folders
that train.medcare_align made (`overlap.json`), all drawing from `polyclinic.pages`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from markupsafe import Markup

from polyclinic.errors import UserError
from polyclinic.evals.comparison import Comparison
from polyclinic.evals.forgetting import Forgetting, Gain, forgetting
from polyclinic.pages import Cell, Section, figure, heat_map, numbers, page, paragraph, table
from polyclinic.pages import Column as TableColumn
from polyclinic.pages.tradeoff_chart import Point, tradeoff_chart
from polyclinic.report.leaderboard_tasks import comparisons_section

OVERLAPS = "overlap.json"
LAYER = re.compile(r"layers\.(\d+)\.(?:.*\.)?([^.]+)$")


def make_forgetting(
    results: Sequence[Path],
    out: Path,
    *,
    aligned: Sequence[Path] = (),
    knowledge: Collection[str] = (),
    alignment: Collection[str] = (),
    seed: int = 0,
) -> Forgetting:
    """Write the forgetting page as the HTML file `out`, whole or not at all; return what stands in it.

    Args:
        results: folders of scores; the model of the first is the earlier one. One named twice counts once.
        out: file that is written.
        aligned: folders of train.medcare_align whose overlap with the knowledge is shown.
        knowledge: tasks that are earlier knowledge, beside those the catalog says.
        alignment: tasks that are alignment, beside those the catalog says.
        seed: of bootstrap and permutations.

    Raises UserError as `polyclinic.evals.forgetting.forgetting`, and when a folder has no overlaps.
    """
    once = list({folder.resolve(): folder for folder in results}.values())  # patterns of a shell overlap
    found = forgetting(once, knowledge, alignment, seed)
    overlaps = [(folder.resolve().name, read_overlaps(folder)) for folder in aligned]
    sections = [_weighed(found), *_tasks(found)]
    if overlaps:
        sections.append(Section("overlap", "Aligner and knowledge", [m for o in overlaps for m in _maps(*o)]))
    made = page(
        "What was forgotten",
        sections,
        kicker="Polyclinic · evaluation",
        lead=paragraph(
            f"Every model is compared with {found.before} on the same items, pair by pair. "
            "Below zero is lost, above zero gained, with 95% intervals.",
            class_="lead",
        ),
        foot="Made by Polyclinic from stored scores.",
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f"{out.name}.{os.getpid()}")
    beside.write_text(made, encoding="utf-8")
    os.replace(beside, out)
    return found


def read_overlaps(folder: Path) -> dict[str, dict[str, float]]:
    """Return by module the shares of the aligner's `rows` and `columns` inside the knowledge's spaces.

    Raises UserError when train.medcare_align left none in the folder.
    """
    try:
        found = json.loads((folder / OVERLAPS).read_text(encoding="utf-8"))
        return {str(m): {name: float(value[name]) for name in ("rows", "columns")} for m, value in found.items()}
    except FileNotFoundError as error:
        raise UserError(
            f"{folder}: no {OVERLAPS} here; expected what train.medcare_align made with knowledge or protect"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{folder / OVERLAPS}: broken; expected rows and columns of each module") from error


def _weighed(found: Forgetting) -> Section:
    points = [Point(one.model, _three(one.alignment), _three(one.knowledge), one.best) for one in found.tradeoffs]
    chart = tradeoff_chart(
        points,
        name="tradeoff",
        title="Alignment gained against knowledge lost",
        description=f"Each dot is a model, compared with {found.before}; to the right is better at alignment tasks, "
        "upwards is better at knowledge tasks.",
        x_title="gained on alignment tasks",
        y_title="gained (below zero: lost) on knowledge tasks",
    )
    columns = [
        TableColumn("model"),
        TableColumn("alignment", "mean gain", number=True),
        TableColumn("knowledge", "mean gain", number=True),
        TableColumn("beaten"),
    ]
    rows = [
        [Cell(one.model), _cell(one.alignment), _cell(one.knowledge), Cell("no" if one.best else "yes")]
        for one in found.tradeoffs
    ]
    caption = (
        "Means over tasks, of the metric that stands for each; beaten: another is as good in both and better in one."
    )
    return Section(
        "weighed", "Gained and lost", [figure(chart, caption), table("The same in figures.", columns, rows)]
    )


def _tasks(found: Forgetting) -> list[Section]:
    made = []
    for part, title in (("knowledge", "Knowledge tasks"), ("alignment", "Alignment tasks")):
        own: list[Comparison] = [one for one in found.comparisons if found.parts[one.task] == part]
        section = comparisons_section(own)
        if section is not None:
            made.append(Section(part, title, section.parts))
    return made


def _maps(name: str, overlaps: dict[str, dict[str, float]]) -> list[Markup]:
    places = {module: match for module in overlaps if (match := LAYER.search(module))}
    layers = sorted({int(match[1]) for match in places.values()})
    projections = list(dict.fromkeys(match[2] for match in places.values()))
    made = []
    for side, said in (("rows", "inputs (row space of A)"), ("columns", "outputs (column space of B)")):
        cells = {(int(match[1]), match[2]): 100 * overlaps[module][side] for module, match in places.items()}
        if not cells:
            continue
        chart = heat_map(
            [f"layer {layer}" for layer in layers],
            projections,
            [[round(cells.get((layer, projection), 0.0), 1) for projection in projections] for layer in layers],
            name=f"overlap-{side}-{re.sub('[^a-z0-9]+', '-', name.lower())}",
            title=f"{name}: overlap of {said}",
            description=f"Per cent of the aligner's {said} inside the knowledge's, by layer and projection.",
        )
        made.append(figure(chart, f"{name}: per cent of the aligner's {said} inside the knowledge's; empty is 0."))
    return made


def _three(gain: Gain) -> tuple[float, float, float]:
    return gain.low, gain.value, gain.high


def _cell(gain: Gain) -> Cell:
    shown = [f"{value:+.3f}".replace("-", numbers.MINUS) for value in (gain.value, gain.low, gain.high)]
    note = f"{shown[1]} to {shown[2]}, {gain.tasks} task{'' if gain.tasks == 1 else 's'}"
    return Cell(shown[0], notes=(note,), order=gain.value)
