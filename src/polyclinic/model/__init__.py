"""Where a model comes from, and how it leaves.

It is trained small from a corpus (`model.tiny`), or comes from a hub or a folder (`model.hub`); `model.export` makes
it ready to be served. What comes out is a model folder in the Hugging Face layout: configuration, tokenizer with chat
template, safetensors.
"""

from .export import export
from .hub import hub
from .tiny import tiny

__all__ = ["export", "hub", "tiny"]
