"""What can be known of models before they are merged: do they fit, are they sound, do they pull the same way.

Every weight is read once, block by block; nothing is written. What would stop a merge is a problem, what makes its
result doubtful a warning.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from polyclinic.errors import UserError
from polyclinic.merge.alignment import join_vocabularies
from polyclinic.merge.blocks import Parents
from polyclinic.merge.lora import open_parents
from polyclinic.merge.numbers import dot
from polyclinic.merge.parameters import positions
from polyclinic.merge.parents import check_folders, plan_tensors
from polyclinic.merge.vocabulary import check_same_vocabulary
from polyclinic.models import check_model_folder, is_adapter
from polyclinic.progress import progress_bar

CHILD = 0.9  # cosine between a model and its base; fine-tunes lie above 0.99, models that were trained apart near 0
ALIKE, OPPOSED = 0.9, -0.1  # cosines between deltas worth a word


@dataclass
class Diagnosis:
    """What was found; all figures by name of the model, or of two joined by ` and `."""

    base: str
    models: list[str]
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    whole: dict[str, dict[str, float | None]] = field(default_factory=dict)  # figure -> model or pair -> value
    layers: dict[str, dict[str, dict[str, float | None]]] = field(default_factory=dict)  # layer -> the same


def diagnose(base: Path | str, models: Sequence[Path | str], threads: int = 0) -> Diagnosis:
    """Return what can be known of models before they are merged.

    The figures, for all weights and for each layer:

        norm_ratio        norm of a model's delta (model minus base) over the norm of the base
        base_cosine       cosine between a model and the base; far below 1 when it was not trained from it
        cosine            between the deltas of two models
        sign_agreement    of the entries that both models moved, the share that both moved the same way

    Args:
        base: the model the others were trained from.
        models: models, or LoRA adapters of the base.
        threads: tensors looked at at the same time; 0 takes all cores.

    Raises UserError for folders that cannot be read at all.
    """
    folders = [Path(model) for model in models]
    start = Path(base)
    for folder in (start, *folders):
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder")
        if not is_adapter(folder):
            check_model_folder(folder)
    names = [folder.name for folder in folders]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in folders]
    found = Diagnosis(str(start), names)
    try:
        found.warnings += check_folders(start, folders, same_vocabulary=False)
        vocabulary = None
        for folder in folders:
            if not is_adapter(folder):
                try:
                    check_same_vocabulary(start, folder)
                except UserError as error:
                    found.warnings.append(str(error))
                    vocabulary = join_vocabularies(start, folders, union=False)
        if vocabulary is not None:
            found.warnings += vocabulary.notes
        with open_parents(start, folders) as opened:
            plan = plan_tensors(start, opened[0], folders, opened[1:], vocabulary)
            placed = positions([tensor.name for tensor in plan.tensors if tensor.models])
            parents = [Parents(t.name, *t.parents, placed[t.name]) for t in plan.tensors if t.models]
            _measure(parents, found, threads or os.cpu_count() or 1)
    except UserError as error:
        found.problems += str(error).splitlines()
        return found
    _warn(found)
    return found


def figure_rows(found: Diagnosis) -> list[dict[str, Any]]:
    """Return one row for each layer, and one for the whole, with all figures; for a table."""
    return [
        {
            "layer": layer,
            **{f"{figure} {name}": value for figure, values in figures.items() for name, value in values.items()},
        }
        for layer, figures in {**found.layers, "all": found.whole}.items()
    ]


def _measure(parents: Sequence[Parents], found: Diagnosis, threads: int) -> None:
    sums: defaultdict[str, Counter[tuple[str, int, int]]] = defaultdict(Counter)
    with (
        progress_bar("reading, million weights", sum(p.size for p in parents) / 1e6) as bar,
        ThreadPoolExecutor(threads) as pool,
    ):
        for tensor, result in zip(parents, pool.map(_sums, parents), strict=True):
            bar.advance(tensor.size / 1e6)
            if isinstance(result, UserError):
                found.problems.append(str(result))
                continue
            layer = tensor.position.layer
            sums["outside the layers" if layer is None else f"layer {layer}"].update(result)
    total: Counter[tuple[str, int, int]] = Counter()
    for counted in sums.values():
        total.update(counted)
    order = sorted(sums, key=lambda g: (not g.startswith("layer "), int(g[6:]) if g.startswith("layer ") else 0))
    found.layers = {group: _figures(sums[group], found.models) for group in order}
    found.whole = _figures(total, found.models)


def _sums(parents: Parents) -> dict[tuple[str, int, int], float] | UserError:
    """Return sums over one tensor, or what is wrong with it."""
    counts: defaultdict[tuple[str, int, int], float] = defaultdict(float)
    try:
        for block in parents.blocks():
            counts["base", 0, 0] += dot(block.base, block.base)
            for i, model in enumerate(block.models):
                counts["model", i, i] += dot(model, model)
                counts["with base", i, i] += dot(model, block.base)
            deltas = block.deltas()
            for i, delta in enumerate(deltas):
                counts["delta", i, i] += dot(delta, delta)
            for i, j in combinations(range(len(deltas)), 2):
                counts["delta", i, j] += dot(deltas[i], deltas[j])
                signs = np.sign(deltas[i]) * np.sign(deltas[j])
                counts["same", i, j] += int(np.count_nonzero(signs > 0))
                counts["both", i, j] += int(np.count_nonzero(signs))
    except UserError as error:
        return error
    return dict(counts)


def _figures(sums: Mapping[tuple[str, int, int], float], names: Sequence[str]) -> dict[str, dict[str, float | None]]:
    def ratio(above: float, below: float) -> float | None:
        return round(float(above / below), 6) if below else None

    base = sums.get(("base", 0, 0), 0.0)
    several = range(len(names))
    norms = [sums.get(("delta", i, i), 0.0) ** 0.5 for i in several]
    figures: dict[str, dict[str, float | None]] = {
        "norm_ratio": {names[i]: ratio(norms[i], base**0.5) for i in several},
        "base_cosine": {
            names[i]: ratio(sums.get(("with base", i, i), 0.0), (base * sums.get(("model", i, i), 0.0)) ** 0.5)
            for i in several
        },
    }
    for figure, above, below in (("cosine", "delta", ""), ("sign_agreement", "same", "both")):
        figures[figure] = {
            f"{names[i]} and {names[j]}": ratio(
                sums.get((above, i, j), 0.0), sums.get((below, i, j), 0.0) if below else norms[i] * norms[j]
            )
            for i, j in combinations(several, 2)
        }
    return figures


def _warn(found: Diagnosis) -> None:
    for name, cosine in found.whole["base_cosine"].items():
        if found.whole["norm_ratio"][name] == 0:
            found.warnings.append(f"{name}: is the base itself: it adds nothing to a merge")
        elif cosine is None or cosine < CHILD:
            found.warnings.append(
                f"{name}: its cosine with the base is {cosine}: it is not a child of this base; fine-tunes lie above "
                "0.99, and methods that add deltas will not work"
            )
    for pair, cosine in found.whole["cosine"].items():
        if cosine is not None and cosine > ALIKE:
            found.warnings.append(f"{pair}: their deltas are nearly the same (cosine {cosine})")
        elif cosine is not None and cosine < OPPOSED:
            found.warnings.append(f"{pair}: their deltas point away from each other (cosine {cosine})")
    ratios = [value for value in found.whole["norm_ratio"].values() if value]
    if ratios and max(ratios) > 10 * min(ratios):
        found.warnings.append(
            "the deltas' norms differ more than tenfold: with equal weights the largest decides; see norm_ratio"
        )
