"""What a recipe may say about its page: the section `report`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from polyclinic.errors import UserError, did_you_mean


class ExpertSettings(BaseModel):
    """Which models to show beside each other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    merged: str = Field(description="step that made the merged model")
    of: tuple[str, ...] = Field(min_length=1, description="steps that made the models it was merged from")


class TableSettings(BaseModel):
    """A table over several seeds: models by tasks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(description="heading of the table")
    rows: tuple[str, ...] = Field(min_length=1, description="steps: models or their evaluations")
    against: str = Field("", description="step each row is compared with, on the same items; empty = none")
    tasks: tuple[str, ...] = Field((), description="`task` or `task/subset`; empty = all that were measured")
    note: str = Field("", description="what the paper says of the same comparison, or what to look for")


class GainSettings(BaseModel):
    """What merged models keep of the gains of their specialists, over several seeds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = Field(description="step of the model the specialists were trained from")
    own: dict[str, str] = Field(min_length=1, description="step of each specialist: its own `task` or `task/subset`")
    models: tuple[str, ...] = Field(min_length=1, description="steps of the merged models")


class TradeoffSettings(BaseModel):
    """What later models gained in alignment and lost of the knowledge of an earlier one, over several seeds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: str = Field(description="step of the earlier model, or of its evaluation")
    models: tuple[str, ...] = Field(min_length=1, description="steps of the later models")
    alignment: tuple[str, ...] = Field(min_length=1, description="`task` or `task/subset` of alignment, of one unit")
    knowledge: tuple[str, ...] = Field(min_length=1, description="`task` or `task/subset` of knowledge, of one unit")
    note: str = Field("", description="what the paper says of the same comparison, or what to look for")


class ReportSettings(BaseModel):
    """The `report` section of a recipe. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field("", description="title of the page; empty = that of the recipe")
    compare: tuple[tuple[str, str], ...] = Field(
        (), description="pairs of steps (models or their evaluations) to compare; the first pair makes the headline"
    )
    headline: str = Field(
        "", description="`task` or `task/subset` the headline is about, e.g. icd10cm-easy/unseen; empty = the first"
    )
    experts: ExpertSettings | None = Field(None, description="the merged model and its experts")
    final: str = Field("", description="step that made the model to ship; empty = the last model that is made")
    tables: tuple[TableSettings, ...] = Field((), description="tables of the page over several seeds")
    gains: GainSettings | None = Field(None, description="what merged models keep of their specialists' gains")
    tradeoff: TradeoffSettings | None = Field(None, description="alignment gained against knowledge lost")


def read_settings(raw: Mapping[str, Any], steps: Iterable[str] | None, where: str = "report") -> ReportSettings:
    """Return the checked `report` section of a recipe with these step names; None leaves the names unchecked.

    Raises UserError naming each field that is unknown or of a wrong type, and each step that does not exist.
    """
    try:
        settings = ReportSettings.model_validate(dict(raw))
    except ValidationError as error:
        raise UserError("\n".join(_problem(detail, where) for detail in error.errors())) from error
    if steps is None:
        return settings
    known = list(steps)
    named = [(f"compare.{i}", name) for i, pair in enumerate(settings.compare) for name in pair]
    if settings.experts is not None:
        named += [
            ("experts.merged", settings.experts.merged),
            *(("experts.of", name) for name in settings.experts.of),
        ]
    if settings.final:
        named.append(("final", settings.final))
    for i, table in enumerate(settings.tables):
        named += [(f"tables.{i}.rows", name) for name in table.rows]
        named += [(f"tables.{i}.against", table.against)] if table.against else []
    if settings.gains is not None:
        named += [("gains.base", settings.gains.base), *(("gains.own", name) for name in settings.gains.own)]
        named += [("gains.models", name) for name in settings.gains.models]
    if settings.tradeoff is not None:
        named += [("tradeoff.before", settings.tradeoff.before)]
        named += [("tradeoff.models", name) for name in settings.tradeoff.models]
    missing = [
        f"{where}.{field}: there is no step '{name}'{did_you_mean(name, known)}"
        for field, name in named
        if name not in known
    ]
    if missing:
        raise UserError("\n".join(missing))
    return settings


def without_absent(settings: ReportSettings, steps: Collection[str]) -> ReportSettings:
    """Return the settings without what names other steps: a run may be of a part of its recipe."""
    experts = settings.experts
    if experts is not None:
        of = tuple(name for name in experts.of if name in steps)
        experts = experts.model_copy(update={"of": of}) if of and experts.merged in steps else None
    compare = tuple(pair for pair in settings.compare if all(name in steps for name in pair))
    final = settings.final if settings.final in steps else ""
    return settings.model_copy(update={"compare": compare, "experts": experts, "final": final})


def _problem(detail: Any, where: str) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        parts: dict[str, type[BaseModel]] = {
            "experts.": ExpertSettings,
            "tables.": TableSettings,
            "gains.": GainSettings,
            "tradeoff.": TradeoffSettings,
        }
        part = next((model for prefix, model in parts.items() if place.startswith(prefix)), ReportSettings)
        known = part.model_fields
        name = str(detail["loc"][-1])
        return f"{where}.{place}: unknown field{did_you_mean(name, known)}; expected {', '.join(known)}"
    if detail["type"] == "missing":
        return f"{where}.{place}: missing"
    return f"{where}.{place}: {detail['msg'][0].lower()}{detail['msg'][1:]}, found {detail['input']!r}"
