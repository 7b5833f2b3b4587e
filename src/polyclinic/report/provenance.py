"""Where the data come from, under which licences, and what is needed to make the run again."""

from __future__ import annotations

from markupsafe import Markup

from polyclinic.pages import (
    Cell,
    Column,
    Section,
    bullets,
    element,
    facts,
    folded,
    joined,
    numbers,
    preformatted,
    table,
)
from polyclinic.report.run_data import MODELS, Run, RunStep

TINY = 100_000_000  # parameters under which a model is too small to be more than a demonstration


def notice(run: Run) -> Markup:
    """Return what a reader must know before trusting anything on the page; only what the run says is true."""
    final = run.final_model
    said = ["Not a medical device, and not tested for clinical use: do not decide about patients with these models."]
    size = parameters(run, final) if final is not None else None
    if final is not None and size is not None and size < TINY:
        said.append(
            f"{final.record.name} is a tiny model ({_size(size)} parameters): a "
            "demonstration of the way, not of what a useful model can do."
        )
    sources = {source for step in run.steps.values() if step.manifest for source in step.manifest.sources}
    if demonstration := sorted(s for s in sources if "demonstration" in s.lower()):
        said.append(f"Some of the text of this run was written for demonstration: {'; '.join(demonstration)}.")
    teachers = {
        str(step.manifest.facts["teacher"])
        for step in run.steps.values()
        if step.manifest is not None and "teacher" in step.manifest.facts
    }
    if any("extractive" in teacher for teacher in teachers):
        said.append("Training tasks were written by the extractive teacher: rules that copy from the text, no model.")
    return element("div", *(element("p", text) for text in said), class_="notice", role="note")


def parameters(run: Run, step: RunStep) -> float | None:
    """Return the number of parameters of a model, as it or a model it was made from says."""
    waiting, seen = [step], set[str]()
    while waiting:
        current = waiting.pop(0)
        seen.add(current.record.name)
        value = current.manifest.facts.get("parameters") if current.manifest is not None else None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        waiting += [
            run.steps[s]
            for s in current.sources
            if s in run.steps and run.steps[s].output in MODELS and s not in seen
        ]
    return None


def data_section(run: Run) -> Section | None:
    """Return licences and sources of the data in the final model, None when there is no model."""
    final = run.final_model
    if final is None or final.manifest is None:
        return None
    tables = [
        _counts(f"Licences of the data in {final.record.name}.", "licence", final.manifest.licenses),
        _counts(f"Sources of the data in {final.record.name}.", "source", final.manifest.sources),
    ]
    return Section("data", "Licences and sources", tables)


def again_section(run: Run) -> Section:
    """Return versions, seed, fingerprints and the recipe."""
    record = run.record
    versions: dict[str, set[str]] = {}
    for step in run.steps.values():
        if step.manifest is not None:
            for name, version in {"polyclinic": step.manifest.polyclinic, **step.manifest.versions}.items():
                versions.setdefault(name, set()).add(version)
    about: list[tuple[str, str | Markup]] = [
        ("recipe", record.recipe),
        ("seed", str(record.seed)),
        ("started", _moment(record.started)),
        ("finished", _moment(record.finished)),
        ("versions", ", ".join(f"{name} {' and '.join(sorted(found))}" for name, found in versions.items())),
    ]
    if record.overrides:
        about.append(
            ("changed on the command line", joined([element("code", text) for text in record.overrides], ", "))
        )
    models = [
        joined([name, " ", element("code", step.manifest.fingerprint[:16])])
        for name, step in run.steps.items()
        if step.output in MODELS and step.manifest is not None
    ]
    parts = [facts(about)]
    if models:
        parts.append(folded("Fingerprints of the models", bullets(models)))
    parts.append(folded("The recipe", preformatted(record.recipe_text), opened=True))
    return Section("again", "How to make it again", parts)


def _size(parameters: float) -> str:
    """Return a number of parameters: 70,896, or 2.61 million."""
    return numbers.count(parameters) if parameters < 1e6 else f"{numbers.significant(parameters / 1e6)} million"


def _counts(caption: str, name: str, counts: dict[str, int]) -> Markup:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rows: list[list[Cell | str]] = [[key, Cell(numbers.count(count), order=float(count))] for key, count in ordered]
    return table(
        caption, [Column(name), Column("records", number=True)], rows or [["none recorded", numbers.NO_VALUE]]
    )


def _moment(text: str) -> str:
    return text.replace("T", " ").replace("+00:00", " UTC")
