"""Where a model comes from: trained small from a corpus (`model.tiny`), or a hub or a folder (`model.hub`).

What comes out is a model folder in the Hugging Face layout: configuration, tokenizer with chat template, safetensors.
"""

from .hub import hub
from .tiny import tiny

__all__ = ["hub", "tiny"]
