"""The parts of a MedCare adapter told apart: attention, knowledge, aligner, noise.

An adapter holds attention and knowledge, after stage 2 the aligner in the further ranks of the same layers.
`medcare.json` beside it says which ranks are whose, so that any selection can be taken out again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from polyclinic.adapters.low_rank import Pair, Pairs, read_pairs
from polyclinic.adapters.projections import ATTENTION
from polyclinic.errors import UserError

Part = Literal["attention", "knowledge", "aligner", "noise"]
FILE = "medcare.json"


def write_parts(folder: Path, stage: int, attention: tuple[str, ...], knowledge_ranks: Mapping[str, int]) -> None:
    """Note which layers are attention, and how many ranks of each layer with an aligner are the knowledge's."""
    kept = {"stage": stage, "attention": list(attention), "knowledge_ranks": dict(sorted(knowledge_ranks.items()))}
    (folder / FILE).write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def read_parts(folder: Path) -> dict[Part, Pairs]:
    """Return attention, knowledge and aligner of an adapter, each as pairs by module; empty ones where it has none.

    A plain LoRA without medcare.json is attention and knowledge, told apart by the names of the layers.

    Raises UserError when the folder holds no plain LoRA, or medcare.json does not fit it.
    """
    pairs = read_pairs(folder)
    attention: tuple[str, ...] = ATTENTION
    ranks: dict[str, int] = {}
    if (folder / FILE).is_file():
        try:
            found = json.loads((folder / FILE).read_text(encoding="utf-8"))
            attention = tuple(str(name) for name in found["attention"])
            ranks = {str(name): int(rank) for name, rank in found["knowledge_ranks"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{folder / FILE}: broken; expected JSON with attention and knowledge_ranks") from error
    if strange := sorted(m for m, rank in ranks.items() if m not in pairs or not 0 <= rank <= pairs[m].rank):
        raise UserError(f"{folder / FILE}: speaks of {strange[0]}, which the adapter beside it has not so")
    made: dict[Part, Pairs] = {"attention": {}, "knowledge": {}, "aligner": {}}
    for module, pair in pairs.items():
        if module in ranks:
            cut = ranks[module]
            made["aligner"][module] = Pair(pair.a[cut:], pair.b[:, cut:], pair.scale)
            pair = Pair(pair.a[:cut], pair.b[:, :cut], pair.scale)
            if not cut:
                continue
        made["attention" if module.rpartition(".")[2] in attention else "knowledge"][module] = pair
    return made
