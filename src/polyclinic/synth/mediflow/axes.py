"""The axes along which MediFlow instructions vary, read from `axes.yaml`.

Source: Corbeil et al., ACL 2025, appendices A.4 to A.7. This file knows nothing about teachers or prompts.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from polyclinic.errors import UserError

OWN_AXES = Path(__file__).with_name("axes.yaml")
WHOLE = "complete"  # key of the part that is the document itself


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Entry):
    """One value of an axis."""

    key: str = Field(pattern=r"^[a-z0-9_]+$", description="name in data and settings")
    name: str = Field(min_length=1, description="name in prompts")
    weight: float = Field(1.0, ge=0, description="how often it is drawn, against the others of its axis")


class Defined(Value):
    """A value that a teacher is told the meaning of."""

    definition: str = Field(min_length=1, description="its meaning, in a sentence")


class Part(_Entry):
    """A section of a document."""

    key: str = Field(pattern=r"^[a-z0-9_]+$", description="name in data")
    name: str = Field(min_length=1, description="name in prompts")


class DocumentType(Value):
    """A kind of clinical document, asked for as a whole or by one of its sections."""

    sections: tuple[Part, ...] = Field((), description="sections that are asked for alone")


class Temperature(_Entry):
    """A temperature the teacher writes with."""

    value: float = Field(ge=0, le=2, description="the temperature")
    weight: float = Field(1.0, ge=0, description="how often it is drawn")


class InputType(_Entry):
    """What an instruction works on: a document type, whole or one section of it."""

    key: str  # document.section
    document: DocumentType
    part: Part | None  # None = the whole document

    @property
    def weight(self) -> float:
        """How often it is drawn: as its document type."""
        return self.document.weight


class Axes(_Entry):
    """All axes. Unknown keys, empty axes and keys given twice are errors."""

    task_types: tuple[Value, ...] = Field(min_length=1)
    document_types: tuple[DocumentType, ...] = Field(min_length=1)
    difficulty_levels: tuple[Value, ...] = Field(min_length=1)
    output_formats: tuple[Value, ...] = Field(min_length=1)
    temperatures: tuple[Temperature, ...] = Field(min_length=1)
    judge_criteria: tuple[Defined, ...] = Field(min_length=1)
    output_criteria: tuple[Defined, ...] = Field(min_length=1)
    error_types: tuple[Defined, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Self:
        for name in ("task_types", "document_types", "difficulty_levels", "output_formats", "error_types"):
            values = getattr(self, name)
            keys = [value.key for value in values]
            if len(set(keys)) < len(keys):
                raise ValueError(f"{name}: a key is there twice ({', '.join(keys)})")
            if not any(value.weight for value in values):
                raise ValueError(f"{name}: all weights are 0; at least one must be drawn")
        if not any(temperature.weight for temperature in self.temperatures):
            raise ValueError("temperatures: all weights are 0; at least one must be drawn")
        unknown = {value.key for value in self.output_formats} - {"plain_text", "json"}
        if unknown:
            raise ValueError(f"output_formats: unknown {', '.join(sorted(unknown))}; there are plain_text and json")
        return self

    @cached_property
    def input_types(self) -> tuple[InputType, ...]:
        """Every document type as a whole, then by its sections: 98 in the published axes."""
        found = []
        for document in self.document_types:
            found.append(InputType(key=f"{document.key}.{WHOLE}", document=document, part=None))
            found += [InputType(key=f"{document.key}.{p.key}", document=document, part=p) for p in document.sections]
        return tuple(found)


def load_axes(path: Path = OWN_AXES) -> Axes:
    """Return the axes in a YAML file laid out as the package's own `axes.yaml`; raises UserError naming the place."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; expected axes laid out as {OWN_AXES.name} of the package") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {error}") from error
    try:
        return Axes.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(piece) for piece in first["loc"])
        raise UserError(f"{path}: {place + ': ' if place else ''}{first['msg']}") from error
