"""Linear: the weighted mean of the models, also called a model soup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field, field_validator

from polyclinic.merge.blocks import Parents
from polyclinic.merge.combination import Combined
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.numbers import Float32
from polyclinic.merge.parameters import Amount
from polyclinic.merge.settings import MergeSettings, check_sum, normalized, one_for_each_model
from polyclinic.steps import Work, step_kind


def linear_tensor(parents: Parents, weights: Sequence[float]) -> Iterable[Float32]:
    """Return the blocks of the weighted sum of the models; the base takes no part.

        merged = sum_k w_k model_k

    Source: Wortsman et al., "Model soups", ICML 2022, section 2, with weights that sum to 1.

    Args:
        parents: the tensor of every model.
        weights: w_k, one for each model.
    """
    return Combined(parents, 0.0, weights)


class LinearSettings(MergeSettings):
    weights: list[Amount] = Field(
        [1.0], min_length=1, description="share of each model, in their order; one for each, or one for all"
    )
    normalize: bool = Field(True, description="divide the weights by their sum, which makes the result a mean")

    _weights = field_validator("weights")(one_for_each_model)

    def check_together(self, values: Mapping[str, Sequence[float]]) -> None:
        """Check that the weights of one tensor have a sum they can be divided by; raises ValueError."""
        check_sum(values["weights"], self.normalize)


@step_kind("merge.linear", LinearSettings, output="model", version=1, check=check_mergeable)
def linear(settings: LinearSettings, work: Work) -> None:
    """Average the models; the base gives only configuration and tokenizer (Wortsman et al. 2022)."""

    def method(parents: Parents) -> Iterable[Float32]:
        return linear_tensor(parents, normalized(settings.at(parents.position)["weights"], settings.normalize))

    merge_models(settings, work, method)
