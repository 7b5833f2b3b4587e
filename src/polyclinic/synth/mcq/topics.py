"""The topics of validation sets, and what each item of one is to be about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from polyclinic.errors import UserError

OWN_TOPICS = Path(__file__).with_name("topics.yaml")


class Topic(BaseModel):
    """One topic."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=r"^[a-z0-9_]+$", description="name in data and settings")
    name: str = Field(min_length=1, description="name in prompts")
    description: str = Field(min_length=1, description="what its items are like, in a sentence or two")
    aspects: tuple[str, ...] = Field(min_length=1, description="what a question may be about")

    @property
    def number(self) -> int:
        """A number of its own, for generators."""
        return int.from_bytes(hashlib.blake2b(self.key.encode(), digest_size=6).digest(), "big")

    @property
    def task(self) -> str:
        """Name of its task in the catalog."""
        return f"validation-{self.key.replace('_', '-')}"


class Topics(BaseModel):
    """All topics. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: tuple[str, ...] = Field(min_length=1, description="fields of medicine that items are about")
    topics: tuple[Topic, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Angle:
    """What one item is to be about."""

    topic: Topic
    number: int  # of the item within its topic, counted from 0
    field: str
    aspect: str


def load_topics(path: Path = OWN_TOPICS) -> Topics:
    """Return the topics in a YAML file laid out as the package's own; raises UserError naming the place."""
    import yaml

    try:
        found = Topics.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file; expected topics laid out as {OWN_TOPICS.name} of the package"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(piece) for piece in first["loc"])
        raise UserError(f"{path}: {place + ': ' if place else ''}{first['msg']}") from error
    keys = [topic.key for topic in found.topics]
    if len(set(keys)) < len(keys):
        raise UserError(f"{path}: topics: a key is there twice ({', '.join(keys)})")
    return found


def draw_angles(topic: Topic, fields: tuple[str, ...], count: int, seed: int) -> Iterator[Angle]:
    """Yield what `count` items are about: every field with every aspect before one comes again, in a random order."""
    import numpy as np

    both = [(one, aspect) for one in fields for aspect in topic.aspects]
    for start in range(0, count, len(both)):
        generator = np.random.Generator(np.random.PCG64([seed, topic.number, start]))
        for offset, place in enumerate(generator.permutation(len(both)).tolist()[: count - start]):
            yield Angle(topic, start + offset, *both[place])
