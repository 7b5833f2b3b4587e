"""What every client of these benchmarks asks, and the form the answers must have."""

from __future__ import annotations

from pydantic import BaseModel, Field

SYSTEM = "You write an instruction for a clinical task."
NOTE = "The patient, a man of 63 years, came with chest pain and shortness of breath. " * 12
IN_FLIGHT = 64


class Instruction(BaseModel):
    """The form of an answer: 1.2 kB of JSON."""

    instruction: str
    difficulty: int = Field(ge=1, le=6)
    findings: list[str]


def prompt(number: int) -> str:
    """Return the text of a request, of about 1 kB."""
    return f"Note {number}: {NOTE}"
