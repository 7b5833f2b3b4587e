"""The picture of what became of each parent's delta, layer by layer: kept, cut, dropped or overruled by sign."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from polyclinic.models import LAYER_FIGURE

Layers = Mapping[str, Mapping[str, Mapping[str, float]]]  # layer -> fate -> model -> share


def write_layer_figure(folder: Path, layers: Layers) -> None:
    """Write the picture beside the weights; a method that keeps everything has none.

    Args:
        folder: that of the merged model.
        layers: as `diagnostics.layer_shares` counts them; what was overruled is a part of what was kept.
    """
    if not layers:
        return
    from polyclinic.pages.share_bars import Part, share_bars
    from polyclinic.pages.standalone import standalone

    parts = [
        Part("kept", 2), Part("overruled by sign", 3), Part("cut as too large", 1), Part("cut as too small", 4),
        Part("dropped by chance", 6),
    ]  # fmt: skip
    rows: dict[str, dict[str, list[float]]] = {}
    for layer, fates in layers.items():
        models = dict.fromkeys(model for shares in fates.values() for model in shares)
        rows[layer] = {}
        for model in models:
            share = {fate: shares.get(model, 0.0) for fate, shares in fates.items()}
            overruled, dropped = share.get("overruled", 0.0), share.get("dropped", 0.0)
            cut_large, cut_small = share.get("cut_large", 0.0), share.get("cut_small", 0.0)
            kept = share.get("kept", 1 - cut_large - cut_small - dropped)
            rows[layer][model] = [max(0.0, kept - overruled), overruled, cut_large, cut_small, dropped]
    made = share_bars(
        rows,
        parts,
        name="layers",
        title="What became of each parent's delta, by layer",
        description="For each layer and model, the share of the entries of its delta that was kept, cut, dropped or "
        "overruled by sign; the model card has the figures.",
    )
    (folder / LAYER_FIGURE).write_text(standalone(made), encoding="utf-8")
