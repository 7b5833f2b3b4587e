from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from polyclinic.models import load_model
from polyclinic.train.batches import Row, collate
from polyclinic.train.noise import noisy_embeddings
from polyclinic.train.packed_attention import one_row
from polyclinic.train.token_rows import TokenRows

ROWS = TokenRows(np.random.default_rng(0).integers(5, 300, 24).astype(np.uint32), np.array([10, 24]))


def logits(model: Path, rows: list[Row], isolated: bool) -> torch.Tensor:
    network = load_model(model).eval()
    given = collate(ROWS, rows, pad_token=3, isolated=isolated)
    del given["labels"]
    with torch.no_grad():
        found: torch.Tensor = network(**given, use_cache=False).logits
    return found


def test_a_packed_document_is_read_as_if_it_were_alone(model: Path) -> None:
    packed = logits(model, [((0, 10), (10, 24))], isolated=True)
    alone = logits(model, [((10, 24),)], isolated=False)
    assert torch.allclose(packed[0, 10:24], alone[0], atol=1e-5)
    # The test is not empty: without isolation the second document sees the first.
    joined = logits(model, [((0, 10), (10, 24))], isolated=False)
    assert not torch.allclose(joined[0, 10:24], alone[0], atol=1e-3)


@pytest.mark.parametrize("isolated", [False, True])
def test_padding_changes_nothing(model: Path, isolated: bool) -> None:
    padded = logits(model, [((0, 10),), ((10, 24),)], isolated=isolated)
    assert torch.allclose(padded[0, :10], logits(model, [((0, 10),)], isolated=False)[0], atol=1e-5)


def test_noise_depends_on_a_rows_own_length_and_only_while_training(model: Path) -> None:
    network = load_model(model)
    embedding = network.get_input_embeddings()
    ids = torch.tensor([[7, 8, 3, 3, 3, 3, 3, 3], [7, 8, 9, 10, 11, 12, 13, 14]])
    quiet = embedding(ids)
    with noisy_embeddings(network, alpha=5.0, pad_token=3):
        network.train()
        torch.manual_seed(0)
        difference = (embedding(ids) - quiet).abs().amax(dim=(1, 2))
        network.eval()
        assert torch.equal(embedding(ids), quiet)
    network.train()
    assert torch.equal(embedding(ids), quiet)
    width = quiet.shape[-1]
    for found, length in zip(difference.tolist(), (2, 8), strict=True):
        assert 0.9 * 5 / (length * width) ** 0.5 < found <= 5 / (length * width) ** 0.5


def test_rows_put_behind_one_another_for_flash_attention_are_read_and_learnt_as_before(model: Path) -> None:
    rows: list[Row] = [((0, 10), (10, 16)), ((16, 24),)]
    given = collate(ROWS, rows, pad_token=3, isolated=True)
    network = load_model(model).eval()
    with torch.no_grad():
        expected = network(**given, use_cache=False)
        with one_row(network):
            found = network(**given, use_cache=False)
        again = network(**given, use_cache=False)
    assert found.logits.shape[0] == 1
    assert torch.allclose(found.logits.view_as(expected.logits)[0], expected.logits[0], atol=1e-5)
    assert torch.allclose(found.logits.view_as(expected.logits)[1, :8], expected.logits[1, :8], atol=1e-5)
    assert float(found.loss) == pytest.approx(float(expected.loss), abs=1e-5)
    assert torch.equal(again.logits, expected.logits)
