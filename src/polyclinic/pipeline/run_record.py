"""The record of a run: which artifacts a recipe led to, and when. The page of a run is made from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from polyclinic.errors import UserError


class StepRecord(BaseModel):
    """What became of one step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: str
    inputs: dict[str, list[str]]  # by field: names of the steps it takes from
    artifact: str | None  # name of the artifact's folder in the store
    state: Literal["done", "made", "failed", "not run"]  # done: it was there before this run
    seconds: float  # wall time of this run's work on it


class RunRecord(BaseModel):
    """What became of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str
    title: str
    description: str
    seed: int
    started: str  # ISO 8601, UTC
    finished: str
    seconds: float  # wall time of the whole command
    recipe_text: str
    overrides: list[str]
    report: dict[str, Any]
    steps: list[StepRecord]


def write_run(folder: Path, record: RunRecord) -> None:
    """Write `run.json` into the folder of a run, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"run.json.{os.getpid()}"
    try:
        beside.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
        os.replace(beside, folder / "run.json")
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def read_run(folder: Path) -> RunRecord:
    """Read `run.json` from the folder of a run; raises UserError when it is not there or broken."""
    file = folder / "run.json"
    try:
        return RunRecord.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"{folder}: no run here (no run.json); expected a folder `STORE/runs/RECIPE`") from error
    except ValidationError as error:
        raise UserError(f"{file}: not the record of a run: {error.errors()[0]['msg']}") from error
