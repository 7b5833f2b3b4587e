"""Model stock: the mean of the models, pulled back to the base by as much as they disagree."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import numpy as np
from pydantic import Field

from polyclinic.merge.blocks import Parents
from polyclinic.merge.combination import Combined, inner_products
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import Flavour, MergeSettings
from polyclinic.step_settings import ModelOrAdapter
from polyclinic.steps import Work, step_kind


def model_stock_tensor(parents: Parents, flavour: Flavour = "paper") -> Iterable[Float32]:
    """Return the blocks of a point between the base and the mean of the k models.

        merged = T mean_k(model_k) + (1 - T) base,   T = k cos / (1 + (k - 1) cos)

    where cos is the mean, over all pairs of models, of the cosine between their deltas.

    Source: Jang et al., "Model Stock", ECCV 2024, equation 6 and appendix. The paper speaks of angles up to 90
    degrees; beyond them T would be negative or without bound, so a negative cosine counts as 0 and gives the base.
    Flavour `mergekit` uses it as it is, and takes norms whose product is below 1e-6 for that.

    Args:
        parents: the tensor of the base and of two or more models.
        flavour: `paper` or `mergekit`.
    """
    count = len(parents.models)
    products = inner_products(parents, deltas=True)
    norms = np.sqrt(np.diag(products))
    smallest = 1e-6 if flavour == "mergekit" else 0.0
    cosines = []
    for i, j in combinations(range(count), 2):
        divisor = max(float(norms[i] * norms[j]), smallest)
        cosines.append(max(-1.0, min(1.0, float(products[i, j]) / divisor)) if divisor else 0.0)
    cosine = sum(cosines) / len(cosines)
    if flavour == "paper":
        cosine = max(0.0, cosine)
    divisor = 1 + (count - 1) * cosine
    ratio = 0.0 if abs(divisor) < 1e-6 else count * cosine / divisor
    parents.counts["ratio", -1] = ratio
    return Combined(parents, 1 - ratio, [ratio / count] * count)


class ModelStockSettings(MergeSettings):
    models: list[ModelOrAdapter] = Field(
        min_length=2, description="two or more models, or LoRA adapters of the base, to merge"
    )
    flavour: Flavour = Field(
        "paper",
        description="paper: models whose deltas point away from each other give the base; mergekit: the formula is "
        "used beyond 90 degrees too",
    )


@step_kind("merge.model_stock", ModelStockSettings, output="model", version=2, check=check_mergeable)
def model_stock(settings: ModelStockSettings, work: Work) -> None:
    """Pull the mean of the models back to the base by as much as they disagree (Jang et al. 2024)."""
    merged = merge_models(settings, work, lambda parents: model_stock_tensor(parents, settings.flavour))
    work.facts["share_of_the_mean"] = {p.name: round(p.counts["ratio", -1], 6) for p in merged}
