"""From the settings of eval.run to the backend that is asked."""

from __future__ import annotations

from pathlib import Path

from polyclinic import models
from polyclinic.adapter_folder import check_base
from polyclinic.adapters.noise_folder import keeps_noise
from polyclinic.errors import UserError
from polyclinic.evals.backends.local import Engine, LocalBackend
from polyclinic.evals.backends.models_in_process import load_for_asking, model_fingerprint, model_name
from polyclinic.evals.conversation import PLAIN_STOPS
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.writing import Backend
from polyclinic.steps import Work


def open_backend(settings: RunSettings, work: Work) -> Backend:
    """Return the model or endpoint that the settings name, ready to be asked; raises UserError when it is not."""
    if settings.endpoint:
        from polyclinic.deidentify import guard_for
        from polyclinic.evals.backends.endpoint import EndpointBackend

        guard = guard_for([settings.endpoint], allow_remote=settings.allow_remote, where="eval.run.endpoint")
        return EndpointBackend(settings, work, guard)
    assert settings.model is not None
    folder = settings.model
    tokenizer = models.load_tokenizer(folder)
    with_template = (
        bool(tokenizer.chat_template) if settings.use_chat_template is None else settings.use_chat_template
    )
    stops = () if with_template else PLAIN_STOPS
    engine: Engine
    if settings.backend == "vllm":
        from polyclinic.evals.backends.vllm_engine import VllmEngine

        if settings.adapter is not None:
            check_base(settings.adapter, folder)
            if keeps_noise(settings.adapter):
                raise UserError(
                    f"{settings.adapter}: keeps its noise, routed experts that vLLM cannot run; ask it with backend "
                    "transformers, or take the adapter without noise"
                )
        engine = VllmEngine(
            folder,
            settings.adapter,
            settings.precision,
            stops=stops,
            temperature=settings.temperature,
            seed=work.seed,
            window=settings.window,
        )
    else:
        from polyclinic.evals.backends.transformers_engine import TransformersEngine

        engine = TransformersEngine(
            load_for_asking(folder, settings.precision, settings.adapter),
            tokenizer,
            settings.precision,
            settings.batch_tokens,
            stops,
            settings.temperature,
            work.seed,
        )
    return LocalBackend(
        model_name(settings.adapter or folder),
        model_fingerprint(folder, settings.adapter),
        tokenizer,
        engine,
        Path(settings.cache) if settings.cache else work.scratch,
        use_chat_template=settings.use_chat_template,
        decoding={
            "temperature": settings.temperature,
            "seed": work.seed if settings.temperature else 0,
            "stops": list(stops),
        },
        cache=bool(settings.cache),
    )
