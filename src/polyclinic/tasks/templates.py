"""Templates: how the fields of a row become text. Jinja in a sandbox, since a catalog may come from somebody else.

A template of names (`{{ question }}`), joined lists (`{{ entities | join(", ") }}`) and conditions on a name is
filled by functions made once, which is several times faster than running Jinja; any other goes through Jinja. Both
give the same text.
"""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from polyclinic.errors import UserError, did_you_mean

Fill = Callable[[Mapping[str, Any]], str]


def render(template: str, names: Mapping[str, Any]) -> str:
    """Fill a template; a name that it uses and `names` lacks is a UserError."""
    return compiled(template)(names)


@functools.lru_cache(maxsize=2048)
def compiled(template: str) -> Fill:
    """Return a function that fills a template; it raises UserError for a name that is not there."""
    from jinja2 import nodes

    made = _sequence(_environment().parse(template).body, nodes)
    return _through_jinja(template) if made is None else _guarded(template, made)


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


def template_parts(template: str) -> tuple[Sequence[Any], Any, frozenset[str]]:
    """Return the parts of a template, Jinja's kinds of parts, and the names that are Jinja's own."""
    from jinja2 import nodes

    environment = _environment()
    return environment.parse(template).body, nodes, frozenset(environment.globals)


def _guarded(template: str, fill: Fill) -> Fill:
    def guarded(names: Mapping[str, Any]) -> str:
        try:
            return fill(names)
        except KeyError as error:
            raise UserError(f"template {template!r}: '{error.args[0]}' is undefined") from error
        except TypeError as error:
            raise UserError(f"template {template!r}: {error}") from error

    return guarded


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


def _sequence(parts: Sequence[Any], nodes: Any) -> Fill | None:
    """Return a function for statements and texts one after the other, None when one of them needs Jinja."""
    if all(isinstance(part, nodes.Output) for part in parts):
        pieces = [node for part in parts for node in part.nodes]
        named = [node.name for node in pieces if isinstance(node, nodes.Name)]
        plain = all(isinstance(node, (nodes.TemplateData, nodes.Name)) for node in pieces)
        if plain and len(named) > 1 and not set(named) & set(_environment().globals):
            shape = "".join(n.data.replace("%", "%%") if isinstance(n, nodes.TemplateData) else "%s" for n in pieces)
            cells = operator.itemgetter(*named)
            return lambda names: shape % cells(names)
    fills: list[Fill] = []
    for part in parts:
        for node in part.nodes if isinstance(part, nodes.Output) else [part]:
            fill = _single(node, nodes)
            if fill is None:
                return None
            fills.append(fill)
    if len(fills) == 1:
        return fills[0]
    return lambda names: "".join([fill(names) for fill in fills])


def _single(node: Any, nodes: Any) -> Fill | None:
    if isinstance(node, nodes.TemplateData):
        text: str = node.data
        return lambda names: text
    if isinstance(node, nodes.Name) and node.name not in _environment().globals:
        name: str = node.name
        return lambda names: str(names[name])
    if (
        isinstance(node, nodes.Filter)
        and node.name == "join"
        and isinstance(node.node, nodes.Name)
        and len(node.args) == 1
        and isinstance(node.args[0], nodes.Const)
        and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
    ):
        listed, between = node.node.name, str(node.args[0].value)
        return lambda names: between.join(map(str, names[listed]))
    if isinstance(node, nodes.If) and isinstance(node.test, nodes.Name) and not node.elif_:
        test, yes, no = node.test.name, _sequence(node.body, nodes), _sequence(node.else_, nodes)
        if yes is not None and no is not None:
            return lambda names: yes(names) if names[test] else no(names)
    return None


@functools.cache
def _environment() -> Any:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)  # tojson is made for web pages
    return environment
