"""Which layers of a model MedCare adapts: the projections of attention and of the feed-forward block (FFN).

Families name them differently, and some fuse several into one; a fused projection gets one pair of matrices, whose
input side its parts share. This file knows nothing about what is put beside a layer.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.errors import UserError

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj")  # Qwen, Llama, Mistral, Gemma; Phi-3 fuses
FFN = ("gate_proj", "up_proj", "down_proj", "gate_up_proj")
PREFIX = "base_model.model."  # of PEFT, before the names of a model's own modules


@dataclass(frozen=True)
class Projections:
    """The last parts of the names of a model's attention and FFN projections, in the order of ATTENTION and FFN."""

    attention: tuple[str, ...]
    ffn: tuple[str, ...]


def find_projections(
    model: PreTrainedModel,
    place: str,
    attention: Collection[str] = ATTENTION,
    ffn: Collection[str] = FFN,
) -> Projections:
    """Return which of the named projections a model has; every one of them can be adapted and merged.

    Args:
        model: a causal language model of transformers, without adapters.
        place: the model's folder, for messages.
        attention: names of attention projections to look for.
        ffn: names of FFN projections to look for.

    Raises:
        UserError: when the model has no attention or no FFN projection of these names, when some of its layers lack
            them, when one is quantised, is no plain linear layer, or shares its weights with another module.
    """
    layers = dict(model.named_modules())
    found = {name: module for name, module in layers.items() if name.rpartition(".")[2] in {*attention, *ffn}}
    present = {name.rpartition(".")[2] for name in found}
    made = Projections(
        tuple(name for name in attention if name in present), tuple(name for name in ffn if name in present)
    )
    for what, names, wanted in (("attention", made.attention, attention), ("FFN", made.ffn, ffn)):
        if not names:
            raise UserError(
                f"{place}: no {what} projection here is called {', '.join(wanted)}; its linear layers are "
                f"{', '.join(_linear_names(layers))}. Name them in {what.lower()}_modules"
            )
        _check_every_layer(model, [name for name in found if name.rpartition(".")[2] in names], what, place)
    for name, module in found.items():
        _check_plain(name, module, place)
    _check_not_shared(model, found, place)
    return made


def check_not_quantised(folder: Path) -> None:
    """Refuse a model folder with quantised weights before it is loaded. Raises UserError."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if quantisation := config.get("quantization_config"):
        method = quantisation.get("quant_method", "unknown") if isinstance(quantisation, dict) else quantisation
        raise UserError(
            f"{folder}: its weights are quantised ({method}); MedCare's adapters are merged into the weights, which "
            "quantised ones cannot take. Give the model as it was before"
        )


def _check_every_layer(model: PreTrainedModel, names: list[str], what: str, place: str) -> None:
    count = getattr(model.config.get_text_config(), "num_hidden_layers", None)
    if count and len(names) % count:
        raise UserError(
            f"{place}: {len(names)} {what} projections in {count} layers, so some layers are built differently; "
            "models with several experts or other blocks are not known to MedCare's adapters"
        )


def _check_plain(name: str, module: nn.Module, place: str) -> None:
    from torch import nn

    weight = getattr(module, "weight", None)
    if weight is not None and not weight.is_floating_point():
        raise UserError(
            f"{place}: {name} is quantised ({str(weight.dtype).removeprefix('torch.')}); give the model as it was "
            "before, since adapters cannot be merged into quantised weights"
        )
    if type(module) is not nn.Linear:
        raise UserError(
            f"{place}: {name} is a {type(module).__name__}; MedCare's adapters lie beside plain linear layers"
            " (quantised ones, and such as have an adapter already, are refused)"
        )


def _check_not_shared(model: PreTrainedModel, found: Iterable[str], place: str) -> None:
    owners: dict[int, str] = {}
    names = set(found)
    for name, parameter in model.named_parameters(remove_duplicate=False):
        module = name.rpartition(".")[0]
        other = owners.setdefault(id(parameter), module)
        if other != module and (module in names or other in names):
            raise UserError(
                f"{place}: {other} and {module} share their weights, so what is merged into one would change the "
                "other too; untie them, or name other layers"
            )


def _linear_names(layers: dict[str, nn.Module]) -> list[str]:
    from torch import nn

    return sorted({name.rpartition(".")[2] for name, module in layers.items() if isinstance(module, nn.Linear)})
