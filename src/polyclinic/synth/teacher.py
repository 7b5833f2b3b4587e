"""The settings of every kind that asks a teacher, and what they name: the endpoint, and what it may cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.step_settings import Runtime, Settings, SourcePath

if TYPE_CHECKING:
    from polyclinic.llm import Budget, Guard, Teacher

FOLDER = "folder:"  # stands before the path of a model that is asked in this process


class Address(Settings):
    """A further address at which the same model answers."""

    url: str = Field(min_length=1, description="base URL, up to and with /v1")
    weight: float = Field(0.0, ge=0, description="share of the requests; 0 = as its concurrency")
    model: str = Field("", description="name under which it knows the model; empty = teacher_model")
    key_variable: str = Field("", description="environment variable that holds its key; empty sends none")
    concurrency: int = Field(0, ge=0, le=1024, description="requests in flight there; 0 = as teacher_url")


class TeacherSettings(Settings):
    """Which model is asked, where, how many requests are in flight, and what they may cost."""

    teacher_url: Annotated[str, Runtime] = Field(
        min_length=1,
        description="base URL of an OpenAI-compatible endpoint, up to and with /v1; or folder:PATH of a model",
    )
    teacher_model: str = Field(
        min_length=1, description="name of the model at the endpoint, or the name you give the model of a folder"
    )
    teacher_key_variable: Annotated[str, Runtime] = Field(
        "", description="environment variable that holds the endpoint's key; empty sends none"
    )
    more_addresses: Annotated[list[Address], Runtime] = Field(
        [], description="further addresses of the same model: {url, weight, model, key_variable, concurrency}"
    )
    max_tokens: int = Field(4096, ge=16, le=131_072, description="tokens of one answer at most")
    prompts: SourcePath | None = Field(None, description="folder with prompts of your own, file by file")
    allow_remote: Annotated[bool, Runtime] = Field(
        False, description="let text go to an endpoint outside the local network, through the de-identifier"
    )
    concurrency: Annotated[int, Runtime] = Field(16, ge=1, le=1024, description="requests in flight")
    timeout: Annotated[float, Runtime] = Field(300.0, gt=0, description="seconds to wait for one answer")
    batches: Annotated[bool, Runtime] = Field(
        False, description="ask through the provider's Batch API: about half the price, within a day"
    )
    batch_poll: Annotated[float, Runtime] = Field(60.0, gt=0, description="seconds between two looks at open batches")
    prompt_price: Annotated[float, Runtime] = Field(0.0, ge=0, description="money for a million tokens sent")
    completion_price: Annotated[float, Runtime] = Field(0.0, ge=0, description="money for a million tokens answered")
    most_requests: Annotated[int | None, Runtime] = Field(
        None, ge=1, description="requests sent in all, at most; then the run stops, and goes on when this is raised"
    )
    most_tokens: Annotated[int | None, Runtime] = Field(
        None, ge=1, description="tokens sent and answered in all, at most"
    )
    most_money: Annotated[float | None, Runtime] = Field(
        None, gt=0, description="money spent in all, at most; needs the two prices"
    )


def endpoint_of(settings: TeacherSettings, seed: int, temperature: float) -> Teacher:
    """Return the endpoint, or the local model, that the settings name; a request may have its own temperature."""
    from polyclinic.llm import Endpoint, Replica, open_local_model

    if folder := folder_of(settings.teacher_url):
        return open_local_model(folder, temperature=temperature, seed=seed % 2**31, max_tokens=settings.max_tokens)
    return Endpoint(
        base_url=settings.teacher_url,
        model=settings.teacher_model,
        key_variable=settings.teacher_key_variable,
        temperature=temperature,
        seed=seed % 2**31,
        max_tokens=settings.max_tokens,
        timeout=settings.timeout,
        concurrency=settings.concurrency,
        prompt_price=settings.prompt_price,
        completion_price=settings.completion_price,
        replicas=tuple(
            Replica(one.url, one.weight, one.model, one.key_variable, one.concurrency)
            for one in settings.more_addresses
        ),
    )


def folder_of(url: str) -> Path | None:
    """Return the model folder that an address names (`folder:PATH`), None when it is a URL."""
    return Path(url.removeprefix(FOLDER)) if url.startswith(FOLDER) else None


def at_once(teacher: Teacher) -> int:
    """Return how many requests to a teacher are in flight."""
    from polyclinic.llm import Endpoint

    return sum(one.concurrency for one in teacher.addresses()) if isinstance(teacher, Endpoint) else teacher.batch


def budget_of(settings: TeacherSettings) -> Budget | None:
    """Return what asking may come to in all, or None when the settings bound nothing."""
    from polyclinic.llm import Budget

    bounds = (settings.most_requests, settings.most_tokens, settings.most_money)
    return Budget(*bounds) if any(bound is not None for bound in bounds) else None


def check_address(settings: TeacherSettings) -> None:
    """Raise UserError when text may not be sent to one of the teacher's addresses."""
    from polyclinic.deidentify import guard_for

    if folder := folder_of(settings.teacher_url):
        from polyclinic.models import check_model_folder

        check_model_folder(folder)
        if settings.more_addresses or settings.batches:
            raise UserError("teacher_url: a model folder has neither more_addresses nor batches; serve it for that")
        return
    urls = (settings.teacher_url, *(one.url for one in settings.more_addresses))
    guard_for(urls, allow_remote=settings.allow_remote, where="teacher_url")


def guard_of(teacher: Teacher, allow_remote: bool) -> Guard | None:
    """Return the de-identifier through which texts for an endpoint pass first; None when it is in the local network.

    Raises UserError when it is not, and that is not allowed, or there is no secret for the surrogates.
    """
    from polyclinic.deidentify import guard_for
    from polyclinic.llm import Endpoint

    if not isinstance(teacher, Endpoint):
        return None
    urls = (address.base_url for address in teacher.addresses())
    return guard_for(urls, allow_remote=allow_remote, where="teacher_url")
