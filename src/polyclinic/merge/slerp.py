"""SLERP: models merged along the arc between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from polyclinic.merge.blocks import Parents
from polyclinic.merge.combination import Combined, inner_products
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.numbers import Float32
from polyclinic.merge.parameters import Amount
from polyclinic.merge.settings import MergeSettings, each_a_share, one_for_each_model
from polyclinic.steps import Work, step_kind

LINEAR = 0.9995  # cosine from which the arc is taken for a line, as mergekit does


def slerp_tensor(parents: Parents, t: Sequence[float]) -> Iterable[Float32]:
    """Return the blocks of the base merged with one model on the sphere, the result with the next, and so on.

    With omega the angle between a and b, both flattened:

        slerp(a, b, t) = sin((1 - t) omega) / sin(omega) a + sin(t omega) / sin(omega) b

    and (1 - t) a + t b where |cos(omega)| > 0.9995, or where one of them is zero and there is no angle. The chain is
    slerp(slerp(base, model_1, t_1), model_2, t_2) and so on; all of it stays within the span of the parents, so it is
    worked out on their inner products.

    Source: Shoemake, "Animating rotation with quaternion curves", 1985, section 3.3; the limit is mergekit's.
    At t = 0 the result is the base, at t = 1 the model, bit for bit.

    Args:
        parents: the tensor of the base and of every model.
        t: share of each model when its turn comes, 0 to 1.
    """
    shares = np.array([1.0] + [0.0] * len(t))
    products = None if all(share in (0.0, 1.0) for share in t) else inner_products(parents)
    for model, share in enumerate(t):
        if products is None:
            before, after = 1 - share, share
        else:
            before, after, on_line = arc(shares, model + 1, share, products)
            parents.counts["off the line", model] = 0 if on_line else parents.size
        shares *= before
        shares[model + 1] += after
    return Combined(parents, float(shares[0]), [float(share) for share in shares[1:]])


def arc(
    shares: NDArray[np.float64], model: int, t: float, products: NDArray[np.float64]
) -> tuple[float, float, bool]:
    """Return how much of the sum so far and of the next vector to take, and whether the arc was taken for a line.

    Args:
        shares: what the sum so far has of each vector.
        model: index of the next vector.
        t: its share.
        products: inner products of all vectors.
    """
    norms = (
        math.sqrt(max(0.0, float(shares @ products @ shares))),
        math.sqrt(float(products[model, model])),
    )
    cosine = float(shares @ products[:, model]) / (norms[0] * norms[1]) if norms[0] and norms[1] else 1.0
    if abs(cosine) > LINEAR:
        return 1 - t, t, True
    omega = math.acos(cosine)
    return math.sin((1 - t) * omega) / math.sin(omega), math.sin(t * omega) / math.sin(omega), False


class SlerpSettings(MergeSettings):
    t: list[Amount] = Field(
        [0.5],
        min_length=1,
        description="share of the model: 0 gives the base, 1 the model; with several models, which are merged in one "
        "after the other, one for each or one for all",
    )

    _one_each = field_validator("t")(one_for_each_model)
    _shares = field_validator("t")(each_a_share)


@step_kind("merge.slerp", SlerpSettings, output="model", version=2, check=check_mergeable)
def slerp(settings: SlerpSettings, work: Work) -> None:
    """Merge a model with its base along the arc between them (Shoemake 1985); MediPhi's way back to the base."""
    several = len(settings.models)
    merged = merge_models(settings, work, lambda parents: slerp_tensor(parents, settings.at(parents.position)["t"]))
    total = sum(parents.size for parents in merged)
    off = [max((parents.counts["off the line", model] for model in range(several)), default=0) for parents in merged]
    work.facts["share_off_the_line"] = round(sum(off) / total, 6) if total else 0.0
    work.facts["tensors_off_the_line"] = [p.name for p, count in zip(merged, off, strict=True) if count]
