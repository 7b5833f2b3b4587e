"""Templates: how the fields of a row become text. Jinja in a sandbox, since a catalog may come from somebody else.

A template that only names fields (`{{ question }}`) is filled by joining texts, which is several times faster than
running Jinja; any other goes through Jinja. Both give the same text.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from polyclinic.errors import UserError, did_you_mean

Fill = Callable[[Mapping[str, Any]], str]


def render(template: str, names: Mapping[str, Any]) -> str:
    """Fill a template; a name that it uses and `names` lacks is a UserError."""
    return compiled(template)(names)


@functools.lru_cache(maxsize=2048)
def compiled(template: str) -> Fill:
    """Return a function that fills a template; it raises UserError for a name that is not there."""
    pieces = _plain_pieces(template)
    return _through_jinja(template) if pieces is None else _by_joining(template, pieces)


@functools.lru_cache(maxsize=4096)  # most tasks take their templates from a parent
def template_problem(text: str, allowed: tuple[str, ...] | None) -> str:
    """Return what is wrong with a template, or an empty string; `allowed` None allows every name."""
    import jinja2
    from jinja2 import meta

    try:
        used = meta.find_undeclared_variables(_environment().parse(text))
    except jinja2.TemplateSyntaxError as error:
        return f"not a template: {error.message}"
    if allowed is not None:
        for name in sorted(used - set(allowed)):
            return f"the template names '{name}'{did_you_mean(name, allowed)}; it may name {', '.join(allowed)}"
    return ""


def template_names(text: str) -> frozenset[str]:
    """Return the names that a template uses."""
    from jinja2 import meta

    return frozenset(meta.find_undeclared_variables(_environment().parse(text)))


def _by_joining(template: str, pieces: tuple[tuple[bool, str], ...]) -> Fill:
    def fill(names: Mapping[str, Any]) -> str:
        try:
            return "".join([str(names[text]) if is_name else text for is_name, text in pieces])
        except KeyError as error:
            raise UserError(f"template {template!r}: '{error.args[0]}' is undefined") from error

    return fill


def _through_jinja(template: str) -> Fill:
    import jinja2

    made = _environment().from_string(template)

    def fill(names: Mapping[str, Any]) -> str:
        try:
            return str(made.render(names))
        except (jinja2.UndefinedError, jinja2.exceptions.SecurityError) as error:
            raise UserError(f"template {template!r}: {error.message}") from error
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise UserError(f"template {template!r}: {error}") from error

    return fill


def _plain_pieces(template: str) -> tuple[tuple[bool, str], ...] | None:
    """Return (is a name, text) for each piece of a template of names and text alone, else None."""
    from jinja2 import nodes

    pieces = []
    for node in _environment().parse(template).body:
        if not isinstance(node, nodes.Output):
            return None
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                pieces.append((False, part.data))
            elif isinstance(part, nodes.Name) and part.name not in _environment().globals:
                pieces.append((True, part.name))
            else:
                return None
    return tuple(pieces)


@functools.cache
def _environment() -> Any:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)  # tojson is made for web pages
    return environment
