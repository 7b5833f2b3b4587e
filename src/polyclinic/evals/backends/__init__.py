"""Who can be asked: a model in this process (transformers or vLLM), an OpenAI-compatible endpoint, a script.

In: the settings of eval.run. Out: a `Backend` (see `polyclinic.evals.writing`).
"""

from polyclinic.evals.backends.choose import open_backend

__all__ = ["open_backend"]
