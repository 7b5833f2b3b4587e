"""Fisher-weighted and regression means, against their formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_parents import SHAPES, Array, read_tensors, write_family, write_safetensors

from polyclinic.errors import UserError
from polyclinic.merge import fisher, linear, regmean

LAYER = "model.layers.0.mlp.up_proj.weight"


def write_statistics(folder: Path, tensors: list[dict[str, Array]]) -> list[Path]:
    files = []
    for number, values in enumerate(tensors):
        files.append(folder / f"statistics{number}.safetensors")
        write_safetensors(files[-1], values, "F32")
    return files


def test_fisher_is_the_weighted_mean_of_the_formula(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    generator = np.random.default_rng(0)
    known = [{n: generator.random(s).astype(np.float32) for n, s in SHAPES.items()} for _ in range(2)]
    del known[1]["model.norm.weight"]
    files = write_statistics(tmp_path, known)
    merged = read_tensors(fisher(out=tmp_path / "out", base=base, models=experts, statistics=files, weights=[1, 3]))
    one, other = (read_tensors(expert) for expert in experts)
    a, b = known[0][LAYER].astype(np.float64), 3 * known[1][LAYER].astype(np.float64)
    np.testing.assert_allclose(merged[LAYER], (a * one[LAYER] + b * other[LAYER]) / (a + b), rtol=1e-5, atol=1e-6)
    plain = (one["model.norm.weight"] + 3 * other["model.norm.weight"]) / 4
    np.testing.assert_allclose(merged["model.norm.weight"], plain, atol=1e-6)


def test_equal_information_gives_the_plain_mean(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    files = write_statistics(tmp_path, [{LAYER: np.zeros(SHAPES[LAYER], np.float32)}] * 2)
    merged = read_tensors(fisher(out=tmp_path / "out", base=base, models=experts, statistics=files))
    mean = read_tensors(linear(out=tmp_path / "mean", base=base, models=experts))
    np.testing.assert_allclose(merged[LAYER], mean[LAYER], atol=1e-6)


def test_regmean_makes_the_least_squares_fit_to_all_outputs(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    generator = np.random.default_rng(0)
    inputs = [generator.standard_normal((50, 16)), generator.standard_normal((70, 16))]
    files = write_statistics(tmp_path, [{LAYER: (x.T @ x).astype(np.float32)} for x in inputs])
    out = regmean(out=tmp_path / "out", base=base, models=experts, statistics=files, alpha=1.0)
    models = [read_tensors(expert)[LAYER].astype(np.float64) for expert in experts]
    outputs = np.concatenate([x @ model.T for x, model in zip(inputs, models, strict=True)])
    fit = np.linalg.lstsq(np.concatenate(inputs), outputs, rcond=None)[0].T
    np.testing.assert_allclose(read_tensors(out)[LAYER], fit, rtol=1e-4, atol=1e-5)


def test_regmean_without_correlations_weighs_columns_by_their_inputs(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    grams = [np.diag(np.arange(1.0, 17)).astype(np.float32) + 0.5, np.ones((16, 16), np.float32)]
    files = write_statistics(tmp_path, [{LAYER: gram} for gram in grams])
    out = regmean(out=tmp_path / "out", base=base, models=experts, statistics=files, alpha=0.0)
    one, other = (read_tensors(expert)[LAYER] for expert in experts)
    share = np.diag(grams[0]) / (np.diag(grams[0]) + 1)
    np.testing.assert_allclose(read_tensors(out)[LAYER], one * share + other * (1 - share), rtol=1e-4, atol=1e-5)


def test_rows_of_the_embedding_are_weighed_by_how_often_their_token_came(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    name = "model.embed_tokens.weight"
    counts = [np.arange(96, dtype=np.float32), np.full(96, 3, np.float32)]
    counts[1][0] = 0  # a token nobody saw
    files = write_statistics(tmp_path, [{name: count} for count in counts])
    out = regmean(out=tmp_path / "out", base=base, models=experts, statistics=files, weights=[1, 2])
    one, other = (read_tensors(expert)[name] for expert in experts)
    shares = np.stack([counts[0], 2 * counts[1]])
    shares[:, 0] = 1, 2
    shares /= shares.sum(axis=0)
    expected = one * shares[0][:, None] + other * shares[1][:, None]
    np.testing.assert_allclose(read_tensors(out)[name], expected, rtol=1e-4, atol=1e-5)
    mixed = write_statistics(tmp_path, [{name: counts[0]}, {name: np.eye(16, dtype=np.float32)}])
    with pytest.raises(
        UserError, match=r"model\.embed_tokens\.weight: some statistics are Gram matrices, others counts"
    ):
        regmean(out=tmp_path / "mixed", base=base, models=experts, statistics=mixed)


@pytest.mark.parametrize(
    ("kind", "tensors", "message"),
    [
        (fisher, {"model.layers.0.mlp.up.weight": np.ones((40, 16), np.float32)}, "is no tensor of the base"),
        (fisher, {LAYER: np.ones((16, 40), np.float32)}, r"has the shape \[16, 40\]; expected \[40, 16\]"),
        (regmean, {LAYER: np.ones((40, 40), np.float32)}, r"has the shape \[40, 40\]; expected \[16, 16\] or \[40\]"),
        (fisher, {}, "holds no tensors"),
        (fisher, {LAYER: -np.ones((40, 16), np.float32)}, "has entries below 0"),
    ],
)
def test_statistics_that_do_not_fit_are_refused(
    tmp_path: Path, kind: Any, tensors: dict[str, Array], message: str
) -> None:
    base, experts = write_family(tmp_path, 1)
    (file,) = write_statistics(tmp_path, [tensors])
    with pytest.raises(UserError, match=message):
        kind(out=tmp_path / "out", base=base, models=experts, statistics=file)


def test_there_must_be_one_file_for_each_model(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    (file,) = write_statistics(tmp_path, [{LAYER: np.ones(SHAPES[LAYER], np.float32)}])
    with pytest.raises(UserError, match="1 files for 2 models"):
        fisher(out=tmp_path / "out", base=base, models=experts, statistics=file)
