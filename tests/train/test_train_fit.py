"""The largest micro-batch that fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.train import fit
from polyclinic.train.fit import largest_that, shown


@given(st.integers(0, 300), st.integers(1, 200))
def test_the_largest_number_that_fits_is_found(largest: int, most: int) -> None:
    assert largest_that(lambda rows: rows <= largest, most) == min(largest, most)


def test_a_batch_is_tried_until_the_memory_given_is_used_up(model: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("an accelerator has its own memory")
    made = fit(
        out=tmp_path / "f", model=model, max_length=128, precision="float32", memory_gb=8, most=6, rows_of_step=8
    )
    found = json.loads((made / "fit.json").read_text())
    assert found["batch_size"] == 4  # of 6 that fit, the largest that divides 8
    assert json.loads((made / "manifest.json").read_text())["facts"]["gradient_accumulation"] == 2
    assert [one["batch_size"] for one in found["tries"] if one["fits"]] == [1, 2, 4, 5, 6]
    named = {one["batch_size"]: one["gradient_accumulation"] for one in shown(made)}
    assert named == {1: None, 2: None, 4: 2, 5: None, 6: None}


def test_a_processor_needs_a_limit(model: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("an accelerator has its own memory")
    with pytest.raises(UserError, match="say how many GiB the processor may use"):
        fit(out=tmp_path / "f", model=model)
