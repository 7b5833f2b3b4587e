"""Statistics of models that some merges need: safetensors files with the names of the models' tensors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator

from polyclinic.errors import UserError, did_you_mean
from polyclinic.merge.engine import check_mergeable
from polyclinic.merge.lora import open_parents
from polyclinic.merge.numbers import FLOAT_BYTES
from polyclinic.merge.parameters import Amount
from polyclinic.merge.settings import MergeSettings, check_sum, one_for_each_model
from polyclinic.merge.weights import StoredTensor, stored_tensors
from polyclinic.step_settings import Statistics

FILE = "statistics.safetensors"  # in the folder that merge.statistics makes
Shapes = Callable[[StoredTensor], Sequence[tuple[int, ...]]]  # a statistic of a tensor may have, one of these


class StatisticsSettings(MergeSettings):
    """What every merge has that weights models by statistics."""

    statistics: list[Statistics] = Field(
        min_length=1,
        description="what merge.statistics made of each model, in their order; or safetensors files of your own, "
        "named as the model's tensors",
    )
    weights: list[Amount] = Field(
        [1.0], min_length=1, description="share of each model, in their order; one for each, or one for all"
    )

    _weights = field_validator("weights")(one_for_each_model)

    @field_validator("statistics")
    @classmethod
    def _one_file_each(cls, value: list[Path], info: ValidationInfo) -> list[Path]:
        models = info.data.get("models")
        if models is not None and len(value) != len(models):
            raise ValueError(f"{len(value)} files for {len(models)} models; give one for each, in their order")
        return value

    def check_together(self, values: Mapping[str, Sequence[float]]) -> None:
        """Check that the weights of one tensor are not negative and have a sum; raises ValueError."""
        if min(values["weights"]) < 0:
            raise ValueError(f"a mean takes no weights below 0, found {min(values['weights'])}")
        check_sum(values["weights"])


def check_statistics(settings: StatisticsSettings, shapes: Shapes) -> None:
    """Check the models, and that the statistics are for tensors of theirs. Raises UserError."""
    check_mergeable(settings)
    if any(str(path).startswith("$") for path in (settings.base, *settings.models, *settings.statistics)):
        return
    with open_parents(settings.base, []) as (base,), open_statistics(settings.statistics) as found:
        for file, tensors in zip(settings.statistics, found, strict=True):
            check_names_and_shapes(file, tensors, base, shapes)


def check_names_and_shapes(
    file: Path, tensors: Mapping[str, StoredTensor], base: Mapping[str, StoredTensor], shapes: Shapes
) -> None:
    """Check that every statistic is for a tensor of the base, and of the right shape. Raises UserError."""
    if not tensors:
        raise UserError(f"{file}: holds no tensors")
    for name, tensor in tensors.items():
        if name not in base:
            raise UserError(f"{file}: {name} is no tensor of the base{did_you_mean(name, base)}")
        if tensor.shape not in (fitting := shapes(base[name])):
            raise UserError(
                f"{file}: the statistic of {name} has the shape {list(tensor.shape)}; expected "
                f"{' or '.join(str(list(shape)) for shape in fitting) or 'none, as it is no matrix'}"
            )
        if tensor.dtype not in FLOAT_BYTES:
            raise UserError(f"{file}: the statistic of {name} is {tensor.dtype}; expected {', '.join(FLOAT_BYTES)}")


@contextmanager
def open_statistics(files: Sequence[Path]) -> Iterator[list[dict[str, StoredTensor]]]:
    """Open statistics files while the block runs; give each one's tensors by name."""
    with ExitStack() as stack:
        found = []
        for path in files:
            file = path / FILE if path.is_dir() else path
            if not file.is_file():
                raise UserError(f"{file}: no such file; expected statistics as safetensors")
            descriptor = os.open(file, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            found.append({tensor.name: tensor for tensor in stored_tensors(file, descriptor)})
        yield found


def read_statistic(tensor: StoredTensor) -> NDArray[np.float64]:
    """Return a whole statistic in double precision."""
    values = np.empty(tensor.size, np.float32)
    tensor.read(0, values)
    return values.astype(np.float64).reshape(tensor.shape)
