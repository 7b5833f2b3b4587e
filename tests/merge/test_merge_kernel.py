"""The compiled kernel and numpy give the same bytes, on every instruction set, for every kind and dtype."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_parents import random_tensors, read_tensors, write_family, write_model

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.merge import (
    breadcrumbs,
    breadcrumbs_ties,
    dare_linear,
    dare_ties,
    della,
    della_linear,
    della_ties,
    kernel,
    linear,
    model_stock,
    slerp,
    task_arithmetic,
    ties,
)
from polyclinic.merge.blocks import Method, Parents
from polyclinic.merge.breadcrumbs import breadcrumbs_tensor
from polyclinic.merge.breadcrumbs_ties import breadcrumbs_ties_tensor
from polyclinic.merge.combination import Combined, inner_products
from polyclinic.merge.dare_linear import dare_linear_tensor
from polyclinic.merge.dare_ties import dare_ties_tensor
from polyclinic.merge.della import della_tensor
from polyclinic.merge.della_linear import della_linear_tensor
from polyclinic.merge.engine import merge_tensor
from polyclinic.merge.kernel import Kernel
from polyclinic.merge.numbers import FLOAT_BYTES, Bits, Float32, from_float32
from polyclinic.merge.settings import Flavour
from polyclinic.merge.ties import tensor_cuts, ties_tensor
from polyclinic.merge.weights import StoredTensor
from polyclinic.models import fingerprint
from polyclinic.steps import StepKind

built = kernel.installed()
pytestmark = pytest.mark.skipif(built is None, reason="the kernel was not built: there was no C compiler")
LEVELS = range(built.level + 1) if built is not None else range(0)


class Memory:
    """Takes the bytes of a merged tensor."""

    def __init__(self, size: int) -> None:
        self.data = np.zeros(size, np.uint8)

    def write(self, start: int, data: Bits) -> None:
        """Take bytes from `start` on."""
        self.data[start : start + data.size] = data


def stored(folder: Path, name: str, values: Float32, dtype: str) -> StoredTensor:
    """Return values as a tensor of a file."""
    raw = np.empty(values.size * FLOAT_BYTES[dtype], np.uint8)
    assert from_float32(np.ascontiguousarray(values.reshape(-1)), dtype, raw)
    file = folder / name
    file.write_bytes(b"\0\0\0" + raw.tobytes())  # files need not be aligned
    return StoredTensor(name, file, dtype, values.shape, 3)


def opened(parents: Parents) -> Parents:
    """Return parents whose files are open."""
    base, *models = (
        replace(tensor, descriptor=os.open(tensor.file, os.O_RDONLY))
        for tensor in (parents.base, *parents.models)
        if isinstance(tensor, StoredTensor)
    )
    return Parents(parents.name, base, models)


def merged(parents: Parents, method: Method, used: Kernel | None) -> tuple[bytes, dict[tuple[str, int], float]]:
    """Return the bytes of a merge and what was counted."""
    fresh = replace(opened(parents), kernel=used)
    place = Memory(fresh.size * FLOAT_BYTES[fresh.dtype])
    try:
        merge_tensor(fresh, method, place)
    finally:
        for tensor in (fresh.base, *fresh.models):
            assert isinstance(tensor, StoredTensor)
            os.close(tensor.descriptor)
    return place.data.tobytes(), {key: value for key, value in fresh.counts.items() if value}


def attempted(parents: Parents, method: Method, used: Kernel | None) -> object:
    """Return what a merge gives, or the error that says why it cannot be."""
    try:
        return merged(parents, method, used)
    except UserError as error:
        return str(error)


FLAVOURS: tuple[Flavour, ...] = ("paper", "mergekit")
WEIGHTS = [0.5, -0.3, 0.9]


SHARES = [0.4, 0.5, 0.6]


def ties_of(flavour: Flavour, weights: Sequence[float] = WEIGHTS, **more: Any) -> Method:
    """Return ties with its cuts in the tensor."""

    def method(p: Parents) -> Iterable[Float32]:
        cuts = tensor_cuts(p, SHARES, p.dtype if flavour == "mergekit" else "F32")
        return ties_tensor(p, weights, cuts, flavour=flavour, **more)

    return method


def methods_of(flavour: Flavour) -> dict[str, Method]:
    """Return the methods that have flavours, by name."""
    return {
        "ties": ties_of(flavour),
        "ties equal": ties_of(flavour, [0.3, 0.3, 0.3]),
        "ties sum": ties_of(flavour, normalize=False, scale=0.7),
        "ties minus": ties_of(flavour, zero_sign=-1.0),
        "ties neither": ties_of(flavour, zero_sign=0.0),
        "breadcrumbs": lambda p: breadcrumbs_tensor(p, WEIGHTS, SHARES, [0.1, 0, 0.3], 1, flavour),
        "breadcrumbs_ties": lambda p: breadcrumbs_ties_tensor(p, WEIGHTS, SHARES, [0.1, 0, 0.3], flavour=flavour),
        "dare": lambda p: dare_linear_tensor(p, WEIGHTS, [0.5, 0, 1.0], 7, 1.5, flavour),
        "dare_ties": lambda p: dare_ties_tensor(p, WEIGHTS, SHARES, 7, flavour=flavour),
        "della": lambda p: della_tensor(p, WEIGHTS, SHARES, [0.1] * 3, 3, flavour=flavour),
        "della_linear": lambda p: della_linear_tensor(p, WEIGHTS, [0.0, 1.0, 0.5], [0.1] * 3, 3, flavour=flavour),
    }


METHODS: dict[str, Method] = {
    "linear": lambda p: Combined(p, 0.0, [0.2, 0.3, 0.5]),
    "one model": lambda p: Combined(p, 0.0, [0.0, 1.0, 0.0]),
    "arithmetic": lambda p: Combined(p, -0.1, WEIGHTS),
    "nothing": lambda p: Combined(p, 0.0, [0.0, 0.0, 0.0]),
    **{f"{name} {flavour}": method for flavour in FLAVOURS for name, method in methods_of(flavour).items()},
}


def family(folder: Path, shape: tuple[int, ...], dtype: str, kind: str, seed: int = 0) -> Parents:
    """Return a tensor of a base and three models: `plain`, `coarse` with many equal deltas, or `wide` magnitudes."""
    generator = np.random.default_rng(seed)
    base = generator.standard_normal(shape).astype(np.float32)
    models = []
    for _ in range(3):
        delta = generator.standard_normal(shape) * 0.05
        if kind == "coarse":
            delta = np.round(delta * 16) / 16
        if kind == "wide":
            delta *= 10.0 ** generator.uniform(-9, 0, shape) * (generator.random(shape) < 0.5)
        models.append((base + delta).astype(np.float32))
    if kind == "wide":
        base[..., :1] = 0
    made = [stored(folder, name, v, dtype) for name, v in zip("bcde", [base, *models], strict=True)]
    return Parents("tensor", made[0], made[1:])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("shape", "dtype", "kind"),
    [
        ((300, 523), "BF16", "plain"),
        ((300, 523), "BF16", "coarse"),
        ((3, 70_001), "BF16", "wide"),
        ((130, 64), "F16", "wide"),
        ((300, 523), "F32", "plain"),
        ((90, 7), "F32", "coarse"),
        ((1_001,), "F16", "coarse"),
        ((600, 1), "BF16", "plain"),
        ((), "F32", "plain"),
    ],
)
def test_the_kernel_gives_the_bytes_and_counts_of_numpy_on_every_instruction_set(
    tmp_path: Path, name: str, shape: tuple[int, ...], dtype: str, kind: str
) -> None:
    assert built is not None
    parents = family(tmp_path, shape, dtype, kind)
    expected = merged(parents, METHODS[name], None)
    for level in LEVELS:
        assert merged(parents, METHODS[name], Kernel(built.library, level)) == expected, f"level {level}"


@pytest.mark.parametrize("deltas", [False, True])
def test_inner_products_have_the_same_bits(tmp_path: Path, deltas: bool) -> None:
    assert built is not None
    for dtype in ("BF16", "F16", "F32"):
        parents = opened(family(tmp_path, (300, 523), dtype, "wide"))
        expected = inner_products(parents, deltas)
        for level in LEVELS:
            found = inner_products(replace(parents, kernel=Kernel(built.library, level)), deltas)
            assert found.tobytes() == expected.tobytes()


@settings(deadline=None)
@given(
    bits=st.lists(st.integers(0, 0xFFFF).filter(lambda b: b & 0x7F80 != 0x7F80), min_size=4, max_size=60),
    length=st.integers(1, 9),
    seed=st.integers(0, 5),
)
def test_any_numbers_in_rows_of_any_length_are_merged_alike(
    tmp_path_factory: pytest.TempPathFactory, bits: list[int], length: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("numbers")
    rows = max(1, len(bits) // length)
    values = (np.resize(np.array(bits, np.uint32), rows * length) << 16).view(np.float32).reshape(rows, length)
    values = np.clip(values, -1e30, 1e30)
    generator = np.random.default_rng(seed)
    made = [generator.permutation(values.reshape(-1)).reshape(values.shape) for _ in range(4)]
    tensors = [stored(folder, name, v, "BF16") for name, v in zip("bcde", made, strict=True)]
    parents = Parents("tensor", tensors[0], tensors[1:])
    for name in (
        "ties paper",
        "ties mergekit",
        "breadcrumbs paper",
        "della paper",
        "della mergekit",
        "dare mergekit",
    ):
        assert attempted(parents, METHODS[name], built) == attempted(parents, METHODS[name], None)


KINDS: dict[StepKind[Any], dict[str, Any]] = {
    linear: {}, slerp: {"t": [0.3, 0.6]}, task_arithmetic: {}, model_stock: {}, ties: {}, breadcrumbs: {},
    breadcrumbs_ties: {"flavour": "mergekit"}, dare_linear: {}, dare_ties: {"flavour": "mergekit"}, della: {},
    della_linear: {}, della_ties: {"flavour": "mergekit"},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_whole_merges_have_the_same_bytes_and_facts_and_say_what_made_them(
    tmp_path: Path, kind: StepKind[Any]
) -> None:
    base, models = write_family(tmp_path, 2)
    facts = []
    for choice in ("compiled", "numpy"):
        out = kind(out=tmp_path / choice, base=base, models=models, seed=1, kernel=choice, **KINDS[kind])
        manifest = read_manifest(out)
        assert manifest is not None
        facts.append(dict(manifest.facts))
        assert facts[-1].pop("kernel").startswith(choice)
        assert manifest.fingerprint == fingerprint(out)  # what was hashed while it was written is what is there
    assert facts[0] == facts[1]
    ours, theirs = (tmp_path / choice / "model.safetensors" for choice in ("compiled", "numpy"))
    assert ours.read_bytes() == theirs.read_bytes()


def test_tensors_larger_than_what_is_written_at_once_are_whole_and_hashed(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    tensors = {"a.weight": (3, 1001), "model.embed_tokens.weight": (3000, 1501), "model.norm.weight": (17,)}
    base = {name: generator.standard_normal(shape).astype(np.float32) for name, shape in tensors.items()}
    model = {name: (values * np.float32(1.25)) for name, values in base.items()}
    folders = [write_model(tmp_path / name, values) for name, values in (("base", base), ("model", model))]
    for shard in (1, 5000):
        out = linear(out=tmp_path / f"out{shard}", base=folders[0], models=folders[1], shard_size_mb=shard)
        found, expected = read_tensors(out), read_tensors(folders[1])
        assert all(np.array_equal(found[name], expected[name]) for name in expected)
        manifest = read_manifest(out)
        assert manifest is not None
        assert manifest.fingerprint == fingerprint(out)


def test_a_number_that_is_not_finite_is_named_by_the_kernel_too(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    tensors = random_tensors(3)
    tensors["lm_head.weight"][5, 3] = np.nan
    model = write_model(tmp_path / "model", tensors)
    for choice in ("compiled", "numpy"):
        for kind in (linear, ties, della, slerp):
            with pytest.raises(UserError, match=r"tensor lm_head\.weight holds nan at flat index 83"):
                kind(out=tmp_path / "out", base=base, models=model, kernel=choice)


def test_a_kernel_that_is_asked_for_but_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "installed", lambda: None)
    assert kernel.choose("auto", 2) is None
    with pytest.raises(UserError, match="install a C compiler"):
        kernel.choose("compiled", 2)


def test_more_models_than_the_kernel_has_room_for_are_left_to_numpy() -> None:
    assert built is not None
    assert kernel.choose("auto", built.most_models + 1) is None
