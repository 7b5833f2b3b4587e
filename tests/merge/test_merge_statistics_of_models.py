"""What is measured of a model for RegMean and Fisher averaging, against the formulas; what a merge makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny_search import write_language_models

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.merge import linear, regmean, statistics
from polyclinic.models import load_model, load_tokenizer
from polyclinic.records import Document, write_records

TEXTS = ("the patient has no fever.", "a dose of ten, twice a day", "chest pain, on and off since monday")
EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
QUERY = "model.layers.0.self_attn.q_proj.weight"


def documents(folder: Path, texts: tuple[str, ...] = TEXTS) -> Path:
    write_records(folder, [Document(f"d{i}", text) for i, text in enumerate(texts)], Document)
    return folder


def test_gram_matrices_and_counts_are_those_of_the_formulas(tmp_path: Path) -> None:
    base, _ = write_language_models(tmp_path, tied=False)
    out = statistics(out=tmp_path / "out", model=base, documents=documents(tmp_path / "texts"), max_length=20)
    found = load_file(out / "statistics.safetensors")
    tokenizer, model = load_tokenizer(base), load_model(base)
    rows = [tokenizer(text)["input_ids"][:20] for text in TEXTS]
    tokens = np.concatenate(rows)
    assert len(tokens) == 60
    np.testing.assert_allclose(found[EMBEDDING], np.bincount(tokens, minlength=97) / 60, rtol=1e-6)
    embedding = model.get_input_embeddings().weight.detach().numpy().astype(np.float64)[tokens]
    scale = model.state_dict()["model.layers.0.input_layernorm.weight"].numpy()
    seen = embedding / np.sqrt((embedding**2).mean(axis=1, keepdims=True) + model.config.rms_norm_eps) * scale
    np.testing.assert_allclose(found[QUERY], seen.T @ seen / 60, rtol=1e-3, atol=1e-4)
    assert found[HEAD].shape == (32, 32)
    assert {name for name in found if "layernorm" in name or name == "model.norm.weight"} == set()
    manifest = read_manifest(out)
    assert manifest is not None
    assert (manifest.output, manifest.facts["tokens"], manifest.facts["rows"]) == ("statistics", 60, 3)


def test_a_head_that_is_the_embedding_is_measured_as_a_head(tmp_path: Path) -> None:
    base, _ = write_language_models(tmp_path)
    out = statistics(out=tmp_path / "out", model=base, documents=documents(tmp_path / "texts"))
    assert load_file(out / "statistics.safetensors")[EMBEDDING].shape == (32, 32)


def test_the_information_is_the_mean_squared_gradient_of_a_rows_likelihood(tmp_path: Path) -> None:
    import torch

    base, _ = write_language_models(tmp_path)
    texts = documents(tmp_path / "texts")
    out = statistics(out=tmp_path / "out", model=base, documents=texts, of="gradients")
    found = load_file(out / "statistics.safetensors")
    tokenizer, model = load_tokenizer(base), load_model(base)
    weight = model.get_parameter(QUERY)
    squares = []
    for text in TEXTS:
        ids = torch.tensor(tokenizer(text)["input_ids"])
        log_p = model(ids[None]).logits[0, :-1].log_softmax(-1)[torch.arange(len(ids) - 1), ids[1:]].sum()
        (gradient,) = torch.autograd.grad(log_p, weight)
        squares.append(gradient.numpy() ** 2)
    np.testing.assert_allclose(found[QUERY], np.mean(squares, axis=0), rtol=1e-3, atol=1e-8)
    assert set(found) == {name for name, _ in model.named_parameters()}


def test_no_more_than_the_tokens_asked_for_are_read(tmp_path: Path) -> None:
    base, _ = write_language_models(tmp_path)
    out = statistics(out=tmp_path / "out", model=base, documents=documents(tmp_path / "texts"), tokens=30)
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["tokens"] == 30
    with pytest.raises(UserError, match="no document has two tokens"):
        statistics(out=tmp_path / "none", model=base, documents=documents(tmp_path / "empty", ("", "a")))


def test_a_merge_with_what_was_measured_is_nearer_to_the_models_than_the_plain_mean(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path, tied=False)
    files, texts = [], []
    for number, expert in enumerate(experts):
        own = documents(tmp_path / f"texts{number}", (TEXTS[number] * 4,))
        texts.append(TEXTS[number] * 4)
        files.append(statistics(out=tmp_path / f"statistics{number}", model=expert, documents=own))
    merged = regmean(out=tmp_path / "merged", base=base, models=experts, statistics=files)
    mean = linear(out=tmp_path / "mean", base=base, models=experts)

    def distance(folder: Path) -> float:
        total = 0.0
        for expert, text in zip(experts, texts, strict=True):
            ids = load_tokenizer(base)(text, return_tensors="pt").input_ids
            wanted, ours = (load_model(one)(ids).logits.detach().log_softmax(-1) for one in (expert, folder))
            total += float((wanted.exp() * (wanted - ours)).sum(-1).mean())
        return total

    assert distance(merged) < distance(mean)


def test_statistics_of_another_sort_are_refused(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    with pytest.raises(UserError, match="wants statistics"):
        regmean(out=tmp_path / "out", base=base, models=experts[:1], statistics=[base_artifact(tmp_path, base)])


def base_artifact(folder: Path, base: Path) -> Path:
    return linear(out=folder / "model", base=base, models=[base])
