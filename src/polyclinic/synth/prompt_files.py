"""Prompts are Jinja files that a clinician can read and change; a folder of the user's own goes before the package's.

This file knows nothing about what a prompt is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError

if TYPE_CHECKING:
    import jinja2

OWN_PROMPTS = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class PromptFile:
    """One prompt, and the fields it may use."""

    name: str  # file within the folder of prompts, without .jinja
    version: str  # hash of its text
    template: jinja2.Template
    fields: tuple[str, ...]

    def fill(self, values: Mapping[str, Any]) -> str:
        """Return the prompt with its fields filled in; raises UserError naming the file when that fails."""
        import jinja2

        try:
            return self.template.render(values).strip()
        except jinja2.UndefinedError as error:
            raise UserError(
                f"{self.template.filename}: {error}; this prompt may use {', '.join(self.fields)}"
            ) from error
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise UserError(f"{self.template.filename}: cannot be filled in: {error}") from error


def load_prompt_file(name: str, trial: Mapping[str, Any], folder: Path | None = None) -> PromptFile:
    """Return a prompt, tried on example values.

    Args:
        name: file within a folder of prompts, without .jinja: `mediflow/write`.
        trial: a value for every field that the prompt may use.
        folder: the user's own prompts; a file that is not there is taken from the package.

    Raises:
        UserError: the folder is none, the file is not a template or not UTF-8, or it uses another field.
    """
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    if folder is not None and not folder.is_dir():
        raise UserError(f"{folder}: not a folder of prompts; expected files like {name}.jinja")
    places = [OWN_PROMPTS] if folder is None else [folder, OWN_PROMPTS]
    loader = jinja2.FileSystemLoader(places)
    environment = ImmutableSandboxedEnvironment(loader=loader, undefined=jinja2.StrictUndefined, autoescape=False)
    try:
        template = environment.get_template(f"{name}.jinja")
        source = loader.get_source(environment, f"{name}.jinja")[0]
    except jinja2.TemplateSyntaxError as error:
        raise UserError(f"{error.filename}:{error.lineno}: not a Jinja template: {error.message}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{places[0] / name}.jinja: not UTF-8; save it as UTF-8") from error
    version = hashlib.sha256(source.encode()).hexdigest()[:12]
    prompt = PromptFile(name, version, template, tuple(trial))
    prompt.fill(trial)
    return prompt
