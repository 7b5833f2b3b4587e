"""A model from the Hugging Face hub, or from a folder of the user's: checked and taken into the store.

Only safetensors, configuration and tokenizer are taken. Code that comes with a model is neither taken nor run, and
pickled weights are refused. The files of the artifact are its own: copies, or hard links to the hub's cache, whose
files are named by their content.
"""

from __future__ import annotations

import json
import os
import shutil
from fnmatch import fnmatch
from pathlib import Path

from pydantic import Field, model_validator

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.step_settings import Settings, SourcePath
from polyclinic.steps import Work, step_kind

# What a model is made of; weights are taken by name from `models.weight_files`.
WEIGHTS = ("*.safetensors", "*.safetensors.index.json")
OTHER_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "vocab*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "*.jinja",
    "LICENSE*",
    "NOTICE*",
)


class HubSettings(Settings):
    """Settings of model.hub: exactly one of `id` and `folder`."""

    id: str = Field("", description="name on the hub, e.g. microsoft/Phi-3.5-mini-instruct")
    revision: str = Field(
        "main", min_length=1, description="branch, tag or commit of the hub; a commit never changes its content"
    )
    folder: SourcePath | None = Field(None, description="a model folder on this machine, instead of `id`")
    chat_template: SourcePath | None = Field(
        None, description="a Jinja file to use as chat template, for a model that has none or another"
    )

    @model_validator(mode="after")
    def _one_source(self) -> HubSettings:
        if bool(self.id) == (self.folder is not None):
            raise ValueError("give exactly one of `id`, a name on the hub, and `folder`, a folder on this machine")
        return self


def check_folder(settings: HubSettings) -> None:
    """Check a local folder before anything runs."""
    if settings.folder is not None:
        models.check_model_folder(settings.folder)
        check_architecture(settings.folder)


@step_kind("model.hub", HubSettings, output="model", version=1, check=check_folder)
def hub(settings: HubSettings, work: Work) -> None:
    """Take a model from the Hugging Face hub or a local folder."""
    if settings.folder is not None:
        source = settings.folder
    else:
        source = download(settings.id, settings.revision)
        work.facts["commit"] = source.name
    models.check_model_folder(source)
    check_architecture(source)
    weights = models.weight_files(source)
    others = sorted(
        path
        for path in source.iterdir()
        if path.is_file() and any(fnmatch(path.name, pattern) for pattern in (*OTHER_FILES, WEIGHTS[1]))
    )
    with work.progress("taking files", len(weights) + len(others)) as progress:
        for path in [*weights, *others]:
            take(path, work.out / path.name, link=settings.folder is None)
            progress.advance(1, path.name)
    if settings.chat_template is not None:
        (work.out / "chat_template.jinja").write_bytes(settings.chat_template.read_bytes())
    tokenizer = models.load_tokenizer(work.out)
    headers = [models.read_header(file) for file in weights]
    work.facts["parameters"] = sum(_size(entry["shape"]) for header in headers for entry in header.values())
    work.facts["tokens_in_vocabulary"] = len(tokenizer)
    work.facts["chat_template"] = bool(tokenizer.chat_template)


def download(name: str, revision: str) -> Path:
    """Return the folder of the hub's cache that holds a model, downloading what is missing.

    Raises UserError when the hub cannot be reached or does not know the model.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(snapshot_download(repo_id=name, revision=revision, allow_patterns=[*WEIGHTS, *OTHER_FILES]))
    except HFValidationError as error:
        raise UserError(f"id: '{name}' is not a name on the hub; expected owner/model") from error
    except GatedRepoError as error:
        raise UserError(
            f"id: {name} is given out by its owner only; ask for access on its page, then log in with `hf auth login`"
        ) from error
    except RevisionNotFoundError as error:
        raise UserError(f"revision: {name} has no '{revision}' on the hub; give a branch, tag or commit") from error
    except RepositoryNotFoundError as error:
        raise UserError(f"id: the hub has no model {name}, or you may not see it; check the name") from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, OSError) as error:
        raise UserError(
            f"id: {name} cannot be fetched and is not in the cache: the hub is not reached from here. Connect to the "
            "network (and unset HF_HUB_OFFLINE), or give `folder`, a copy of the model on this machine"
        ) from error


def check_architecture(folder: Path) -> None:
    """Check that transformers knows the model's architecture by itself. Raises UserError."""
    from transformers import AutoModelForCausalLM
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = config["model_type"]
    if kind not in CONFIG_MAPPING:
        own_code = " without the code that comes with it, which is not run here" if "auto_map" in config else ""
        raise UserError(
            f"{folder}: the architecture '{kind}' is unknown to the installed transformers{own_code}; "
            "take a model whose architecture it has"
        )
    if CONFIG_MAPPING[kind] not in AutoModelForCausalLM._model_mapping:
        raise UserError(f"{folder}: '{kind}' is not a causal language model; expected one that writes text")
    if "quantization_config" in config:
        raise UserError(
            f"{folder}: the weights are quantised, so they can be neither trained nor merged; take the original ones"
        )


def take(source: Path, target: Path, *, link: bool) -> None:
    """Copy a file, or link it hard where that is asked for and possible; a symbolic link is followed."""
    if link:
        try:
            os.link(source.resolve(), target)
        except OSError:  # another file system
            shutil.copyfile(source, target)
    else:
        shutil.copyfile(source, target)


def _size(shape: list[int]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product
