"""The settings of eval.run, and what of them can be checked before anything is asked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from polyclinic.step_settings import Adapter, Documents, Model, Runtime, Samples, Settings, SourcePath

PromptStyle = Literal["suite", "turns", "paper", "code"]
ChoiceStyle = Literal["suite", "likelihood", "written"]


class RunSettings(Settings):
    """Settings of eval.run."""

    model: Model | None = Field(None, description="the model that is asked; or give endpoint")
    adapter: Adapter | None = Field(None, description="a PEFT adapter that is put on the model first")
    backend: Literal["transformers", "vllm"] = Field(
        "transformers", description="what runs the model: transformers, or vLLM (pip install polyclinic[vllm])"
    )
    endpoint: str = Field("", description="instead of a model: URL of an OpenAI-compatible endpoint, up to /v1")
    endpoint_model: str = Field("", description="name under which the endpoint knows the model")
    endpoint_revision: str = Field(
        "", description="which weights the endpoint serves, in words of yours; only then its replies may be cached"
    )
    key_variable: Annotated[str, Runtime] = Field(
        "", description="environment variable that holds the endpoint's key"
    )
    allow_remote: Annotated[bool, Runtime] = Field(
        False, description="whether text may go to an endpoint that is neither this machine nor the local network"
    )
    concurrency: Annotated[int, Runtime] = Field(16, ge=1, le=4096, description="requests in flight at an endpoint")
    timeout: Annotated[float, Runtime] = Field(300.0, gt=0, description="seconds until an endpoint's answer is whole")
    attempts: Annotated[int, Runtime] = Field(6, ge=1, description="times a request is sent before it has failed")

    samples: list[Samples] = Field([], description="items of tasks of the catalog, as tasks.build makes them")
    tasks: list[str] = Field([], description="or names of catalog tasks, whose items are then made here")
    suite: str = Field("", description="or all tasks of a suite; sets that are not here are reported as not run")
    documents: list[Documents] = Field([], description="what the items of such tasks are about, if of documents")
    data: SourcePath | None = Field(None, description="the user's data folder, for tasks of data sets")
    split: Literal["", "train", "validation", "test", "all"] = Field(
        "",
        description="split of those data sets; empty = test, or validation where a data set has no test split; one "
        "that has neither is asked only with the split given",
    )
    items: int | None = Field(None, ge=1, description="items of each such task, at most; empty = as tasks.build")
    skip_bad: bool = Field(False, description="whether broken items of data sets are set aside instead of an error")
    download: bool = Field(False, description="whether data sets that are not there may be streamed from their hub")
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")

    name: str = Field("", description="the model's name in tables; empty = the step that made it, else its folder")
    shots: int | None = Field(
        None, ge=0, le=32, description="worked examples; empty = as each task says, none for samples that are given"
    )
    prompt: PromptStyle = Field(
        "suite", description="turns: examples are earlier turns; paper, code: as MedS-Bench; suite: as the suite does"
    )
    choices: ChoiceStyle = Field(
        "suite", description="whether options are weighed by likelihood or the reply is written; suite: as it does"
    )
    forced_letter: bool = Field(
        True,
        description="whether an exam of MedCare whose free reply names no letter is asked for one again, and option "
        "by option where several may be right",
    )
    use_chat_template: bool | None = Field(
        None,
        description="whether items are put as turns of a conversation; empty = replies (written or weighed) yes if "
        "there is a template, options and texts no",
    )
    max_new_tokens: int | None = Field(
        None, ge=1, description="longest reply in tokens; empty = as each task says, else by its family"
    )
    temperature: float = Field(0.0, ge=0, le=2, description="0 takes the likeliest token, more draws from the seed")
    window: int | None = Field(
        None, ge=16, description="most tokens of prompt and reply; empty = what the model says, none for an endpoint"
    )
    text_window: int = Field(
        4096, ge=2, description="most tokens of a text read at once; never more than the model can"
    )
    context_share: float = Field(
        0.25, ge=0, le=0.9, description="share of a window that repeats the one before as context, in longer texts"
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field("float32", description="arithmetic of the model")
    batch_tokens: Annotated[int | None, Runtime] = Field(
        None,
        ge=1,
        description="most tokens in one batch; empty = 2048 on a CPU, 16384 on an accelerator (eight "
        "times as many where replies are written)",
    )
    cache: Annotated[str, Runtime] = Field(
        "", description="folder where replies are kept for later runs too, by the model's weights; empty = none"
    )

    @model_validator(mode="after")
    def _something_to_ask(self) -> RunSettings:
        if not (self.samples or self.tasks or self.suite):
            raise ValueError("nothing to ask: give samples, or tasks or a suite of the catalog")
        if self.tasks and self.suite:
            raise ValueError("tasks and suite: give one of the two")
        if (self.model is None) == (not self.endpoint):
            raise ValueError("nobody to ask: give a model or an endpoint, one of the two")
        if self.endpoint and not self.endpoint_model:
            raise ValueError("endpoint_model: missing; the name under which the endpoint knows the model")
        if self.endpoint and self.adapter is not None:
            raise ValueError("adapter: an endpoint takes none; serve the adapter there and name it in endpoint_model")
        return self


def check_run(settings: RunSettings) -> None:
    """Look at an endpoint's address before anything runs; raises UserError when nothing may be sent there."""
    if settings.endpoint:
        from polyclinic.deidentify import guard_for

        guard_for([settings.endpoint], allow_remote=settings.allow_remote, where="eval.run.endpoint")
