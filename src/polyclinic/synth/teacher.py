"""The settings of every kind that asks a teacher, and the endpoint they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from polyclinic.steps import Runtime, Settings, SourcePath

if TYPE_CHECKING:
    from polyclinic.llm import Endpoint


class TeacherSettings(Settings):
    """Which model is asked, where, and how many requests are in flight."""

    teacher_url: Annotated[str, Runtime] = Field(
        min_length=1, description="base URL of an OpenAI-compatible endpoint, up to and with /v1"
    )
    teacher_model: str = Field(min_length=1, description="name of the model at the endpoint")
    teacher_key_variable: Annotated[str, Runtime] = Field(
        "", description="environment variable that holds the endpoint's key; empty sends none"
    )
    max_tokens: int = Field(4096, ge=16, le=131_072, description="tokens of one answer at most")
    prompts: SourcePath | None = Field(None, description="folder with prompts of your own, file by file")
    allow_remote: Annotated[bool, Runtime] = Field(
        False, description="let text go to an endpoint outside the local network, through the de-identifier"
    )
    concurrency: Annotated[int, Runtime] = Field(16, ge=1, le=1024, description="requests in flight")
    timeout: Annotated[float, Runtime] = Field(300.0, gt=0, description="seconds to wait for one answer")


def endpoint_of(settings: TeacherSettings, seed: int, temperature: float) -> Endpoint:
    """Return the endpoint that the settings name; a request may have a temperature of its own."""
    from polyclinic.llm import Endpoint

    return Endpoint(
        base_url=settings.teacher_url,
        model=settings.teacher_model,
        key_variable=settings.teacher_key_variable,
        temperature=temperature,
        seed=seed % 2**31,
        max_tokens=settings.max_tokens,
        timeout=settings.timeout,
        concurrency=settings.concurrency,
    )


def check_address(settings: TeacherSettings) -> None:
    """Raise UserError when text may not be sent to the teacher's address."""
    from polyclinic.llm import refuse_remote

    refuse_remote(settings.teacher_url, allow_remote=settings.allow_remote, guard=None, must_be_found=False)
