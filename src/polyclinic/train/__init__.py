"""Training: a model and data in, a model out, with its losses in training_log.jsonl beside the weights.

`train.dapt` takes documents, `train.pit` documents with what a teacher wrote about them, `train.sft` instruction
samples, `train.dpo` preferences. A run that is killed goes on from its last checkpoint and ends with the same model.
"""

from .dapt import dapt
from .dpo import dpo
from .pit import pit
from .sft import sft

__all__ = ["dapt", "dpo", "pit", "sft"]
