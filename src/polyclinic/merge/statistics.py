"""`merge.statistics`: what a model sees in some text, tensor by tensor, for `merge.regmean` and `merge.fisher`.

One pass over the text, a row at a time. For RegMean, of every linear layer the Gram matrix of its inputs,

    G = X^T X / tokens        [inputs, inputs]

and of the embedding, whose inputs choose one row each, the diagonal of that matrix: how often a token came. For
Fisher averaging, of every weight the mean over rows of the squared gradient of the row's log-likelihood.

Sources: Jin et al., "Dataless knowledge fusion by merging weights of language models", ICLR 2023, section 3.2; Matena
and Raffel, "Merging models with Fisher-weighted averaging", NeurIPS 2022, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.evals.backends.models_in_process import load_for_asking
from polyclinic.merge.given_statistics import FILE
from polyclinic.records import Document, read_records
from polyclinic.step_settings import Documents, Model, Settings
from polyclinic.steps import Work, step_kind

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


class ModelStatisticsSettings(Settings):
    """Which model, on which text."""

    model: Model = Field(description="one of the models that will be merged")
    documents: list[Documents] = Field(min_length=1, description="text of what this model is good at")
    of: Literal["inputs", "gradients"] = Field(
        "inputs",
        description="inputs: Gram matrices, for merge.regmean; gradients: Fisher information, for merge.fisher",
    )
    tokens: int = Field(100_000, ge=1, description="tokens that are read, at most")
    max_length: int = Field(512, ge=2, description="tokens of each document that are read, from its beginning")
    precision: Literal["float32", "bfloat16"] = Field("float32", description="arithmetic of the model")


@step_kind("merge.statistics", ModelStatisticsSettings, output="statistics", version=1, packages=("torch",))
def statistics(settings: ModelStatisticsSettings, work: Work) -> None:
    """Measure what a merge by RegMean or Fisher must know of a model: one safetensors file, named as its tensors.

    Raises UserError when the documents hold no row of two tokens.
    """
    from safetensors.torch import save_file

    model = load_for_asking(settings.model, settings.precision)
    rows = _rows(settings, model)
    measure = _gram_matrices if settings.of == "inputs" else _squared_gradients
    with work.progress("reading", settings.tokens) as progress:
        found, read = measure(model, rows, progress.advance)
    if not read["rows"]:
        raise UserError(f"{settings.documents[0]}: no document has two tokens; there is nothing to measure")
    work.facts.update(tensors=len(found), **read)
    save_file({name: found[name].float().cpu().contiguous() for name in sorted(found)}, work.out / FILE)


def _rows(settings: ModelStatisticsSettings, model: PreTrainedModel) -> Iterator[torch.Tensor]:
    """Yield the beginning of each document as tokens [1, length], until there are enough."""
    import torch

    tokenizer = models.load_tokenizer(settings.model)
    longest = min(settings.max_length, getattr(model.config, "max_position_embeddings", settings.max_length))
    left = settings.tokens
    for path in settings.documents:
        for document in read_records(path, Document):
            ids = tokenizer(document.text, truncation=True, max_length=min(longest, left))["input_ids"]
            if len(ids) > 1:
                yield torch.tensor([ids], device=model.device)
                left -= len(ids)
            if left < 2:
                return


def _gram_matrices(
    model: PreTrainedModel, rows: Iterator[torch.Tensor], advance: Any
) -> tuple[dict[str, torch.Tensor], dict[str, int]]:
    import torch

    names = {id(parameter): name for name, parameter in model.named_parameters()}
    sums: dict[str, torch.Tensor] = {}
    handles = []
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and id(module.weight) in names:
            name = names[id(module.weight)]
            sums[name] = torch.zeros(module.in_features, module.in_features, device=model.device)
            handles.append(module.register_forward_pre_hook(_adding(sums[name])))
    embedding = model.get_input_embeddings().weight
    name = names[id(embedding)]
    counted = name not in sums  # a head that shares its matrix is measured as a layer
    if counted:
        sums[name] = torch.zeros(embedding.shape[0], device=model.device)
    tokens = read = 0
    try:
        with torch.no_grad():
            for row in rows:
                model(row, use_cache=False)
                if counted:
                    sums[name] += torch.bincount(row[0], minlength=embedding.shape[0])
                tokens, read = tokens + row.shape[1], read + 1
                advance(row.shape[1])
    finally:
        for handle in handles:
            handle.remove()
    return {name: total / max(1, tokens) for name, total in sums.items()}, {"tokens": tokens, "rows": read}


def _adding(total: torch.Tensor) -> Any:
    def add(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        seen = inputs[0].detach().reshape(-1, total.shape[0]).float()
        total.addmm_(seen.T, seen)

    return add


def _squared_gradients(
    model: PreTrainedModel, rows: Iterator[torch.Tensor], advance: Any
) -> tuple[dict[str, torch.Tensor], dict[str, int]]:
    import torch

    model.requires_grad_(True)
    sums = {name: torch.zeros_like(p, dtype=torch.float32) for name, p in model.named_parameters()}
    tokens = read = 0
    for row in rows:
        model.zero_grad(set_to_none=True)
        outputs = model(row, labels=row, use_cache=False)
        (outputs.loss * (row.shape[1] - 1)).backward()  # the whole row's log-likelihood
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:
                sums[name] += parameter.grad.float() ** 2
        tokens, read = tokens + row.shape[1], read + 1
        advance(row.shape[1])
    return {name: total / max(1, read) for name, total in sums.items()}, {"tokens": tokens, "rows": read}
