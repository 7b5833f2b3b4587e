"""The prompts of a teacher: Jinja files, one for each task, that a clinician can read and change.

The package carries its own in `prompts/`; a folder of the user's own takes their place file by file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.errors import UserError
from polyclinic.records import Document

if TYPE_CHECKING:
    import jinja2

OWN_PROMPTS = Path(__file__).parent / "prompts"
FIELDS = ("title", "text", "domain", "language", "part", "parts")


@dataclass(frozen=True)
class Prompt:
    """The prompt of one task."""

    task: str
    version: str  # hash of the two files it is made of
    system: jinja2.Template
    user: jinja2.Template

    def messages(self, document: Document, text: str, part: int = 1, parts: int = 1) -> tuple[tuple[str, str], ...]:
        """Return the system and the user turn for a document or for one part of it, counted from 1."""
        import jinja2

        values = {
            "title": document.title,
            "text": text,
            "domain": document.domain,
            "language": document.language,
            "part": part,
            "parts": parts,
        }
        made = []
        for role, template in (("system", self.system), ("user", self.user)):
            try:
                made.append((role, template.render(values).strip()))
            except jinja2.UndefinedError as error:
                raise UserError(f"{template.filename}: {error}; a prompt may use {', '.join(FIELDS)}") from error
            except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
                raise UserError(f"{template.filename}: cannot be filled in: {error}") from error
        return tuple(made)


def load_prompts(tasks: Iterable[str], folder: Path | None = None) -> dict[str, Prompt]:
    """Return the prompt of each task.

    Args:
        tasks: names of tasks; the prompt of `summary` is `summary.jinja` and `system.jinja`.
        folder: the user's own files; one that is not there is taken from the package.

    Raises:
        UserError: a file is not a template, or uses a field that documents do not have.
    """
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    places = [OWN_PROMPTS] if folder is None else [folder, OWN_PROMPTS]
    if folder is not None and not folder.is_dir():
        raise UserError(f"{folder}: not a folder of prompts; expected files like summary.jinja and system.jinja")
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(places), undefined=jinja2.StrictUndefined, autoescape=False
    )
    prompts = {}
    for task in tasks:
        try:
            names = ("system.jinja", f"{task}.jinja")
            system, user = (environment.get_template(name) for name in names)
            source = "\0".join(_source(environment, name) for name in names)
        except jinja2.TemplateSyntaxError as error:
            raise UserError(f"{error.filename}:{error.lineno}: not a Jinja template: {error.message}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{places[0]}: the prompt of {task} is not UTF-8; save it as UTF-8") from error
        version = hashlib.sha256(source.encode()).hexdigest()[:12]
        prompts[task] = Prompt(task, version, system, user)
        prompts[task].messages(Document(id="trial", text="text", title="title"), "text")
    return prompts


def _source(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
