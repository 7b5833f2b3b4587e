"""The prompts of the tasks of pre-instruction tuning: one file for each task, and what is said before all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from polyclinic.records import Document
from polyclinic.synth.prompt_files import PromptFile, load_prompt_file

TRIAL = {"title": "title", "text": "text", "domain": "", "language": "en", "part": 1, "parts": 1, "as_json": False}


@dataclass(frozen=True)
class Prompt:
    """The prompt of one task."""

    task: str
    version: str  # hash of the two files it is made of
    system: PromptFile
    user: PromptFile

    def messages(
        self, document: Document, text: str, part: int = 1, parts: int = 1, as_json: bool = False
    ) -> tuple[tuple[str, str], ...]:
        """Return the system and the user turn for a document or for one part of it, counted from 1."""
        values = {
            "title": document.title,
            "text": text,
            "domain": document.domain,
            "language": document.language,
            "part": part,
            "parts": parts,
            "as_json": as_json,
        }
        return ("system", self.system.fill(values)), ("user", self.user.fill(values))


def load_prompts(tasks: Iterable[str], folder: Path | None = None) -> dict[str, Prompt]:
    """Return the prompt of each task; that of `summary` is `summary.jinja` and `system.jinja`.

    Args:
        tasks: names of tasks.
        folder: the user's own files; one that is not there is taken from the package.

    Raises:
        UserError: a file is not a template, or uses a field that documents do not have.
    """
    prompts = {}
    for task in tasks:
        system, user = (load_prompt_file(name, TRIAL, folder) for name in ("system", task))
        version = hashlib.sha256(f"{system.version}{user.version}".encode()).hexdigest()[:12]
        prompts[task] = Prompt(task, version, system, user)
    return prompts
