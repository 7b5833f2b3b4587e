"""What the rule layer knows of a language: a YAML file of words, labels and patterns, read and compiled."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from polyclinic.deidentify.spans import TYPES
from polyclinic.errors import UserError, did_you_mean

HOME = Path(__file__).parent / "languages"
KNOWN = tuple(sorted(file.stem for file in HOME.glob("*.yaml")))


def words_of(text: str) -> list[str]:
    """Return the words of a text that has spaces between them; shorter to read than a list of strings."""
    return text.split()


@dataclass(frozen=True)
class ExtraPattern:
    """A pattern of a language's own, for anything that no rule knows."""

    type: str
    pattern: re.Pattern[str]
    needs: str = ""  # a word without which a text is not searched, in lower case


@dataclass(frozen=True, eq=False)
class Words:
    """The words of a language, each in lower case; languages/en.yaml says what each list is for.

    Only the same object is equal, so that what is made of a language's words can be kept by it.
    """

    language: str
    date_order: str
    months: Mapping[str, int]
    ordinals: Mapping[str, int]
    id_labels: Mapping[str, str]
    patterns: tuple[ExtraPattern, ...]
    lists: Mapping[str, frozenset[str]]

    def __getitem__(self, name: str) -> frozenset[str]:
        """Return a list of words by its name in the file; empty when the language has none."""
        return self.lists.get(name, frozenset())

    def any_of(self, name: str) -> str:
        """Return a pattern that matches any word of a list, longest first; one that never matches when it "
        "is empty."""
        return either(self[name])


LISTS = frozenset(
    words_of(
        "months_that_are_words months_that_are_names seasons month_cues weekdays number_words holidays day_cues "
        "not_days_after "
        "not_days_before titles soft_titles credentials name_suffixes particles name_labels "
        "relations not_names eponyms eponym_things states state_names_of_two_words "
        "state_codes countries cities cities_of_two_words city_cues city_endings city_labels street_types "
        "short_street_types no_street_words institution_heads institution_phrases institution_generic "
        "institution_openers employer_cues phone_labels fax_labels pager_labels zip_labels given_names "
        "family_names common_words"
    )
)


def either(words: Iterable[str]) -> str:
    """Return a pattern that matches any of the words, longest first; one that never matches when there is none."""
    found = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in found) or r"(?!)"


@functools.cache
def load_words(name: str) -> Words:
    """Return the words of a language that comes with the package (`en`), or of a YAML file of the user's own.

    Raises UserError when there is no such language or file, or naming what is wrong in it.
    """
    file = Path(name) if name.endswith((".yaml", ".yml")) else HOME / f"{name}.yaml"
    if not file.is_file():
        raise UserError(
            f"rules: '{name}' is neither a language that comes along ({', '.join(KNOWN)}) nor a YAML file of rules; "
            "docs/corpus.md says what such a file holds"
        )
    return _words(file, _merged(file))


def _merged(file: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    import yaml

    if file in seen:
        raise UserError(f"{file}: extends itself")
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: not a YAML file: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"{file}: expected names with lists of words, found {type(found).__name__}")
    base_name = found.pop("extends", None)
    if base_name is None:
        return found
    base_file = HOME / f"{base_name}.yaml" if str(base_name) in KNOWN else file.parent / str(base_name)
    if not base_file.is_file():
        raise UserError(f"{file}: extends '{base_name}', which is neither one of {', '.join(KNOWN)} nor a file")
    base = _merged(base_file, (*seen, file))
    for name, value in found.items():
        old = base.get(name)
        if name in LISTS:
            base[name] = [*_list(old, name, file), *_list(value, name, file)]
        elif isinstance(old, dict) and isinstance(value, dict):
            base[name] = {**old, **value}
        elif isinstance(old, list) and isinstance(value, list):
            base[name] = [*old, *value]
        else:
            base[name] = value
    return base


def _words(file: Path, found: Mapping[str, Any]) -> Words:
    plain = {f.name for f in fields(Words)} - {"lists"}
    for name in found:
        if name not in plain | LISTS:
            raise UserError(f"{file}: unknown field '{name}'{did_you_mean(name, plain | LISTS)}")
    if not isinstance(found.get("language"), str):
        raise UserError(f"{file}: field 'language': expected a language, e.g. en")
    order = found.get("date_order", "month_first")
    if order not in ("month_first", "day_first"):
        raise UserError(f"{file}: field 'date_order': expected month_first or day_first, found {order!r}")
    labels = _mapping(found, "id_labels", str, file)
    for kind, label in labels.items():
        if kind not in TYPES:
            raise UserError(f"{file}: field 'id_labels': unknown type '{kind}'{did_you_mean(kind, TYPES)}")
        _compiled(label, f"{file}: field 'id_labels.{kind}'")
    return Words(
        language=found["language"],
        date_order=order,
        months=_mapping(found, "months", int, file),
        ordinals=_mapping(found, "ordinals", int, file),
        id_labels={kind: re.sub(r"\s*\n\s*|(?<=\|) +", "", label.strip()) for kind, label in labels.items()},
        patterns=tuple(_extra(cell, f"{file}: the pattern {cell!r}") for cell in found.get("patterns") or []),
        lists={name: frozenset(_list(found.get(name), name, file)) for name in LISTS},
    )


def _mapping(found: Mapping[str, Any], name: str, kind: type, file: Path) -> dict[str, Any]:
    value = found.get(name) or {}
    if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, kind) for k, v in value.items()):
        raise UserError(f"{file}: field '{name}': expected words with {kind.__name__} values")
    return value


def _list(value: Any, name: str, file: Path) -> list[str]:
    """Return a list of words: a YAML list, words with spaces between, or phrases with `|` between."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split("|") if part.strip()] if "|" in value else value.split()
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return value
    raise UserError(f"{file}: field '{name}': expected words; put those that YAML reads otherwise (no, on) in quotes")


def _extra(cell: Any, where: str) -> ExtraPattern:
    if not isinstance(cell, dict) or not {"type", "pattern"} <= cell.keys() <= {"type", "pattern", "needs"}:
        raise UserError(f"{where}: expected type, pattern and perhaps needs")
    if cell["type"] not in TYPES:
        raise UserError(f"{where}: unknown type {cell['type']!r}{did_you_mean(str(cell['type']), TYPES)}")
    return ExtraPattern(cell["type"], _compiled(str(cell["pattern"]), where), str(cell.get("needs", "")).lower())


def _compiled(pattern: str, where: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise UserError(f"{where}: '{pattern}' is not a regular expression: {error}") from error
