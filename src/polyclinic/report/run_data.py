"""What a run left in the store, read once: manifests, scores under the names of the steps, training logs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from polyclinic.artifacts import Manifest, read_manifest
from polyclinic.errors import UserError
from polyclinic.evals.metrics import OVERLAP
from polyclinic.pipeline import RunRecord, StepRecord
from polyclinic.records import Score, read_json_lines, read_records
from polyclinic.report.settings import ReportSettings, read_settings, without_absent

TRAINING_LOG = "training_log.jsonl"
MODELS = ("model", "adapter")


@dataclass(frozen=True)
class RunStep:
    """A step of the run and what it left, if it did."""

    record: StepRecord
    folder: Path | None  # the artifact
    manifest: Manifest | None

    @property
    def output(self) -> str:
        """The type of its artifact, empty when there is none."""
        return self.manifest.output if self.manifest is not None else ""

    @property
    def sources(self) -> list[str]:
        """Names of the steps it takes from, each once."""
        return list(dict.fromkeys(name for names in self.record.inputs.values() for name in names))


@dataclass(frozen=True)
class Run:
    """A run with all its page needs; models are called by the names of their steps."""

    record: RunRecord
    settings: ReportSettings
    steps: Mapping[str, RunStep]
    scores: Mapping[str, tuple[Score, ...]]  # by model, in the order the models were made
    overlaps: Mapping[str, tuple[Score, ...]] = field(default_factory=dict)  # with training data, by model asked

    @property
    def models(self) -> list[str]:
        """All models, in the order they were made; those that were only scored come last."""
        made = [name for name, step in self.steps.items() if step.output in MODELS]
        return [*made, *(name for name in self.scores if name not in made)]

    @property
    def measured(self) -> list[str]:
        """The models that have scores."""
        return [name for name in self.models if name in self.scores]

    def number(self, model: str) -> int:
        """The number that gives a model its colour and shape wherever it is shown."""
        measured = self.measured
        return measured.index(model) if model in measured else len(measured)

    @property
    def final_model(self) -> RunStep | None:
        """The model to ship: the one the recipe names, or the last that no other model is made from."""
        if self.settings.final:
            return self.steps[self.settings.final]
        made = [step for step in self.steps.values() if step.output in MODELS]
        used = {source for step in made for source in step.sources}
        last = [step for step in made if step.record.name not in used]
        return last[-1] if last else None

    def model_of(self, name: str) -> str:
        """The model a step stands for: itself, or the one it evaluates."""
        step = self.steps[name]
        if step.record.kind.startswith("eval."):
            models = _asked(step, self.steps)
            if len(models) == 1:
                return models[0]
        return name


def load_run(record: RunRecord, store: Path) -> Run:
    """Read what the run's page needs from its store.

    Raises UserError when an artifact the record names is not in the store, or the report section is wrong.
    """
    steps = {}
    for step in record.steps:
        folder = store / step.artifact if step.artifact else None
        manifest = read_manifest(folder) if folder is not None else None
        if folder is not None and manifest is None:
            raise UserError(
                f"{folder}: the run names this artifact, but it is not in the store; run the recipe again"
            )
        steps[step.name] = RunStep(step, folder, manifest)
    settings = without_absent(read_settings(record.report, None, where=f"{record.recipe}: report"), steps)
    return Run(record, settings, steps, _scores(steps, of_overlaps=False), _scores(steps, of_overlaps=True))


def read_log(step: RunStep) -> dict[str, list[tuple[float, float]]]:
    """Return the (step, loss) points of a training log by phase; steps go on from phase to phase.

    The losses on what was held out are a curve of their own, called so.
    """
    if step.folder is None or not (step.folder / TRAINING_LOG).is_file():
        return {}
    phases: dict[str, list[tuple[float, float]]] = {}
    held_out: dict[str, list[tuple[float, float]]] = {}
    start = last = 0.0
    for where, row in read_json_lines(step.folder / TRAINING_LOG):
        phase, number, loss = row.get("phase", ""), row.get("step"), row.get("loss")
        if not isinstance(phase, str) or not isinstance(number, (int, float)) or isinstance(number, bool):
            raise UserError(f"{where}: expected 'phase' (text) and 'step' (a number) in a training log")
        if phase not in phases:
            start = last if number <= last else 0.0
            phases[phase] = []
        if isinstance(loss, (int, float)):
            last = start + number
            phases[phase].append((last, float(loss)))
            if isinstance(row.get("held_out_loss"), (int, float)):
                held_out.setdefault(f"{phase}, held out", []).append((last, float(row["held_out_loss"])))
    return {phase: points for phase, points in (phases | held_out).items() if points}


def _asked(step: RunStep, steps: Mapping[str, RunStep]) -> list[str]:
    """The models an evaluation asked: a model with an adapter on it is called by the adapter's name."""
    made = {name: steps[name].output for name in step.sources if name in steps}
    adapters = [name for name, output in made.items() if output == "adapter"]
    return adapters or [name for name, output in made.items() if output == "model"]


def _scores(steps: Mapping[str, RunStep], *, of_overlaps: bool) -> dict[str, tuple[Score, ...]]:
    """Return the scores of all evaluations by model, or their overlaps; an item that was scored twice counts once."""
    by_fingerprint = {
        step.manifest.fingerprint: name
        for name, step in reversed(list(steps.items()))
        if step.manifest is not None and step.output == "model"
    }
    found: dict[str, dict[tuple[str, str, str, str], Score]] = {}
    for step in steps.values():
        if step.output != "scores" or step.folder is None:
            continue
        models = _asked(step, steps)
        for score in read_records(step.folder, Score):
            if score.metric.startswith(OVERLAP) != of_overlaps:
                continue
            name = models[0] if len(models) == 1 else by_fingerprint.get(score.fingerprint, score.model)
            key = (score.task, score.item, score.metric, score.scorer)
            found.setdefault(name, {})[key] = dataclasses.replace(score, model=name)
    order = [name for name in steps if name in found] + [name for name in found if name not in steps]
    return {name: tuple(found[name].values()) for name in order}
