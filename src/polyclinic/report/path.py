"""The path taken: a picture of the steps with their times, and what each cost."""

from __future__ import annotations

from polyclinic.pages import Cell, Column, Node, Section, figure, graph_picture, numbers, paragraph, share_bar, table
from polyclinic.report.run_data import Run, RunStep

STATES = {"done": "was there", "made": "made", "failed": "failed", "not run": "not run"}
BOX_STATES = {"failed": "failed", "not run": "waiting"}


def path_section(run: Run) -> Section:
    """Return the picture of the plan."""
    nodes = [
        Node(
            name,
            line=step.record.kind,
            note=_time(step) if step.manifest is not None else STATES[step.record.state],
            group=step.record.kind.partition(".")[0],
            target=step_id(run, name),
            state=BOX_STATES.get(step.record.state, ""),
        )
        for name, step in run.steps.items()
    ]
    edges = [(source, name) for name, step in run.steps.items() for source in step.sources if source in run.steps]
    made = sum(1 for step in run.steps.values() if step.record.state == "made")
    picture = graph_picture(
        nodes,
        edges,
        name="plan",
        title=f"The {len(nodes)} steps of the recipe {run.record.recipe}",
        description="; ".join(
            f"{name} ({step.record.kind}) takes from {', '.join(step.sources) or 'the outside'}"
            for name, step in run.steps.items()
        ),
    )
    caption = (
        f"{len(nodes)} steps, {made} made in this run, which took {numbers.duration(run.record.seconds)}; the others "
        "were there from an earlier one. The time in a box is what it took to make that step's artifact. Each box "
        "leads to its costs; pointing at it shows what it takes from and leads to."
    )
    if made == len(nodes):
        caption = caption.replace("; the others were there from an earlier one", "")
    return Section("path", "The path taken", [figure(picture, caption)])


def cost_section(run: Run) -> Section:
    """Return what each step cost: time, processor time, memory."""
    made = [step.manifest for step in run.steps.values() if step.manifest is not None]
    longest = max((manifest.seconds for manifest in made), default=0.0)
    rows: list[list[Cell | str]] = []
    for name, step in run.steps.items():
        manifest = step.manifest
        state = Cell(STATES[step.record.state], mark="bad" if step.record.state == "failed" else "")
        if manifest is None:
            rows.append([name, step.record.kind, state, *[Cell(numbers.NO_VALUE, order=-1.0)] * 3, ""])
            continue
        rows.append(
            [
                name,
                step.record.kind,
                state,
                Cell(numbers.duration(manifest.seconds), order=manifest.seconds),
                Cell(numbers.duration(manifest.cpu_seconds), order=manifest.cpu_seconds),
                Cell(numbers.megabytes(manifest.peak_memory_mb), order=manifest.peak_memory_mb),
                Cell(share_bar(manifest.seconds / longest if longest else 0.0), order=manifest.seconds),
            ]
        )
    columns = [
        Column("step"),
        Column("kind"),
        Column("in this run"),
        Column("time", number=True),
        Column("processor time", number=True),
        Column("peak memory", number=True),
        Column("time", "share of the longest"),
    ]
    total = paragraph(
        f"This run took {numbers.duration(run.record.seconds)}. All artifacts together took "
        f"{numbers.duration(sum(m.seconds for m in made))} to make, "
        f"{numbers.duration(sum(m.cpu_seconds for m in made))} of processor time, and at most "
        f"{numbers.megabytes(max((m.peak_memory_mb for m in made), default=0.0))} of memory."
    )
    ids = [step_id(run, name) for name in run.steps]
    caption = "What it took to make each artifact, also where that was in an earlier run."
    return Section("cost", "Cost", [total, table(caption, columns, rows, sortable=True, row_ids=ids)])


def step_id(run: Run, name: str) -> str:
    """Return the id of a step's row of costs."""
    return f"step-{list(run.steps).index(name) + 1}"


def _time(step: RunStep) -> str:
    return numbers.duration(step.manifest.seconds) if step.manifest is not None else ""
