"""Training: a model and data in, a model out, with its losses in training_log.jsonl beside the weights.

`train.dapt` takes documents, `train.pit` documents with what a teacher wrote about them, `train.sft` instruction
samples, `train.dpo` preferences. `train.medcare_knowledge` and `train.medcare_align` are MedCare's two stages,
`train.medcare_parts` and `train.medcare_import` take their adapters apart and take published ones in. `train.preview`
shows what would be read. A run that is killed goes on from its last checkpoint and ends with the same model.
"""

from .dapt import dapt
from .dpo import dpo
from .fit import fit
from .medcare_align import medcare_align
from .medcare_import import medcare_import
from .medcare_knowledge import medcare_knowledge
from .medcare_parts import medcare_parts
from .pit import pit
from .preview import preview
from .sft import sft

__all__ = [
    "dapt",
    "dpo",
    "fit",
    "medcare_align",
    "medcare_import",
    "medcare_knowledge",
    "medcare_parts",
    "pit",
    "preview",
    "sft",
]
