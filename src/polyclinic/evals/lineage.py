"""What a model was trained on, as the manifests of the store tell: its own training data and that of all before it.

A manifest names the inputs of its artifact by their keys; the artifacts of these keys are looked for in the folders
where artifacts lie. What is not there, and what a model brought from outside was trained on, is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from polyclinic.artifacts import InputRecord, Manifest, read_manifest
from polyclinic.errors import UserError
from polyclinic.steps import find_kind, identify

MODELS = ("model", "adapter")
RECORDS = ("documents", "samples", "preferences")
EMPTY: Mapping[str, Sequence[Path]] = MappingProxyType({})


@dataclass(frozen=True)
class TrainingData:
    """Records that one step of a model's lineage took."""

    step: str  # name of the step that took them
    kind: str  # its kind: train.pit learns from them, merge.search chooses by them
    type: str  # documents, samples or preferences
    name: str  # of the artifact or file
    key: str  # as in the manifest
    path: Path | None  # where they are, None when they were not found


@dataclass(frozen=True)
class Lineage:
    """All that is known of how a model came to be."""

    data: tuple[TrainingData, ...]
    origins: tuple[str, ...]  # models it goes back to whose own training data nobody here knows

    @property
    def missing(self) -> tuple[TrainingData, ...]:
        """Records that were not found."""
        return tuple(entry for entry in self.data if entry.path is None)


def find_lineage(model: Path, stores: Sequence[Path] = (), own: Mapping[str, Sequence[Path]] = EMPTY) -> Lineage:
    """Return what a model and the models before it were made from.

    Args:
        model: folder of a model or an adapter.
        stores: folders in which artifacts lie, beside the one the model is in.
        own: the user's own records by type (documents, samples, preferences). They are known by their content, and
            what no manifest names is added.
    """
    places = _artifacts([model.resolve().parent, *stores])
    own_data = given_data(own)
    given = {entry.key: entry.path for entry in own_data}
    data: dict[tuple[str, str], TrainingData] = {}
    origins: dict[str, None] = {}
    seen: set[str] = set()
    waiting: list[tuple[Manifest | None, str]] = [(read_manifest(model), model.resolve().name)]
    while waiting:
        manifest, name = waiting.pop()
        if manifest is None:
            origins.setdefault(name)
            continue
        if manifest.key in seen:
            continue
        seen.add(manifest.key)
        for field, records in manifest.inputs.items():
            for record in records:
                folder = places.get(record.key) or given.get(record.key)
                found = read_manifest(folder) if folder is not None and folder.is_dir() else None
                type_name = found.output if found is not None else _type_of(manifest.kind, field)
                if type_name in MODELS:
                    waiting.append((found, record.name))
                elif type_name in RECORDS:
                    entry = TrainingData(manifest.step, manifest.kind, type_name, record.name, record.key, folder)
                    data.setdefault((manifest.step, record.key), entry)
        if manifest.kind.startswith("model.") and manifest.step not in {step for step, _ in data}:
            origins.setdefault(name)
    named = {entry.key for entry in data.values()}
    more = [entry for entry in own_data if entry.key not in named]
    return Lineage((*data.values(), *more), tuple(origins))


def given_data(own: Mapping[str, Sequence[Path]]) -> list[TrainingData]:
    """Return records that the user names, by type, as training data of no known step."""
    found = [(type_name, path, identify(path)) for type_name, paths in own.items() for path in paths]
    return [TrainingData("", "", type_name, record.name, record.key, path) for type_name, path, record in found]


def find_artifact(key: str, stores: Iterable[Path]) -> Path | None:
    """Return the artifact with this key in one of these folders, None when it is in none."""
    return _artifacts(stores).get(key)


def inputs_of(folder: Path) -> dict[str, list[InputRecord]]:
    """Return what an artifact was made from by field; nothing for a folder without a manifest."""
    manifest = read_manifest(folder) if folder.is_dir() else None
    return dict(manifest.inputs) if manifest is not None else {}


def _artifacts(stores: Iterable[Path]) -> dict[str, Path]:
    """Return the folders of the artifacts in these stores by key."""
    found: dict[str, Path] = {}
    for store in dict.fromkeys(path.resolve() for path in stores):
        if not store.is_dir():
            raise UserError(f"{store}: no such folder; expected a store of artifacts")
        for folder in sorted(path for path in store.iterdir() if not path.name.startswith(".")):
            manifest = read_manifest(folder)
            if manifest is not None:
                found.setdefault(manifest.key, folder)
    return found


def _type_of(kind: str, field: str) -> str:
    """Return what type of artifact a field of a kind takes; empty for a file that is no artifact's."""
    role = find_kind(kind).roles.get(field)
    return role.input if role is not None else ""
