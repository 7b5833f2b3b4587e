"""RegMean: linear layers merged so that their outputs come as near as can be to those of all models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.merge.blocks import Parents
from polyclinic.merge.combination import Combined
from polyclinic.merge.engine import merge_models
from polyclinic.merge.given_statistics import StatisticsSettings, check_statistics, open_statistics, read_statistic
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import normalized
from polyclinic.merge.weights import StoredTensor
from polyclinic.steps import Work, step_kind


def regmean_tensor(
    parents: Parents, weights: Sequence[float], grams: Sequence[NDArray[np.float64]], alpha: float = 0.9
) -> Iterator[Float32]:
    """Yield the blocks of the linear layer whose outputs are the least-squares fit to those of all models.

        merged = (sum_k w_k model_k G_k) (sum_k w_k G_k)^-1,   with all of G_k but its diagonal times alpha

    for layers stored as [out, in] with y = W x; G_k = X_k^T X_k is the Gram matrix of the layer's inputs. A direction
    no model was shown is left to the pseudo-inverse.

    Source: Jin et al., "Dataless knowledge fusion by merging weights of language models", ICLR 2023, section 3.2 and
    equation 2 (they store layers as [in, out]).

    Args:
        parents: the tensor of every model, a matrix; the base takes no part.
        weights: w_k, one for each model; they sum to 1.
        grams: G_k, one for each model, [in, in].
        alpha: what entries off the diagonal are multiplied with, 0 to 1.
    """
    columns = parents.shape[1]
    scaled = []
    for weight, gram in zip(weights, grams, strict=True):
        less = alpha * gram
        np.fill_diagonal(less, np.diag(gram))
        scaled.append(weight * less)
    inverse = np.linalg.pinv(np.sum(scaled, axis=0), hermitian=True)
    for block in parents.blocks(rows=True, base=False):
        total = np.zeros((block.models[0].size // columns, columns))
        for values, gram in zip(block.models, scaled, strict=True):
            total += values.reshape(-1, columns).astype(np.float64) @ gram
        yield (total @ inverse).astype(np.float32).reshape(-1)


def embedding_tensor(
    parents: Parents, weights: Sequence[float], counts: Sequence[NDArray[np.float64]]
) -> Iterator[Float32]:
    """Yield the blocks of the embedding: the same fit for inputs that choose one row each.

        merged row r = (sum_k w_k c_kr row_kr) / (sum_k w_k c_kr)

    A row no model was shown is the plain mean.

    Args:
        parents: the tensor of every model, [tokens, width]; the base takes no part.
        weights: w_k, one for each model; they sum to 1.
        counts: c_k, how often each token came, one array for each model, [tokens].
    """
    columns = parents.shape[1]
    shares = np.stack([weight * count for weight, count in zip(weights, counts, strict=True)])
    shares[:, shares.sum(axis=0) == 0] = np.asarray(weights)[:, None]
    shares /= shares.sum(axis=0)
    for block in parents.blocks(rows=True, base=False):
        first = block.start // columns
        total = np.zeros((block.models[0].size // columns, columns))
        for values, share in zip(block.models, shares, strict=True):
            total += values.reshape(-1, columns).astype(np.float64) * share[first : first + len(total), None]
        yield total.astype(np.float32).reshape(-1)


class RegMeanSettings(StatisticsSettings):
    alpha: float = Field(0.9, ge=0, le=1, description="what Gram matrices are multiplied with off the diagonal")


def _check(settings: RegMeanSettings) -> None:
    check_statistics(settings, _shapes)


def _shapes(tensor: StoredTensor) -> list[tuple[int, ...]]:
    """Return inputs x inputs of a layer stored as [out, in], and the rows of an embedding."""
    return [(tensor.shape[1], tensor.shape[1]), (tensor.shape[0],)] if len(tensor.shape) == 2 else []


@step_kind("merge.regmean", RegMeanSettings, output="model", version=2, check=_check)
def regmean(settings: RegMeanSettings, work: Work) -> None:
    """Fit linear layers and embedding to the outputs of all models' (Jin et al. 2023); other tensors are averaged."""
    _check(settings)
    with open_statistics(settings.statistics) as found:

        def method(parents: Parents) -> Iterable[Float32]:
            weights = normalized(settings.at(parents.position)["weights"])
            if any(parents.name not in tensors for tensors in found):
                return Combined(parents, 0.0, weights)
            grams = [read_statistic(tensors[parents.name]) for tensors in found]
            if len({gram.ndim for gram in grams}) > 1:
                raise UserError(f"{parents.name}: some statistics are Gram matrices, others counts; give one sort")
            if grams[0].ndim == 1:
                return embedding_tensor(parents, weights, grams)
            return regmean_tensor(parents, weights, grams, settings.alpha)

        merged = merge_models(settings, work, method)
    work.facts["plain_mean"] = [p.name for p in merged if any(p.name not in tensors for tensors in found)]
