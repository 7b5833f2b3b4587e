"""The frame of every page: one self-contained HTML file, readable from disk, without a network.

Style and script are inlined and named in the page's Content-Security-Policy by their hashes, so the browser runs
nothing else, whatever stands in the data. Every text is escaped.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup

from polyclinic import __version__
from polyclinic.pages.elements import clean
from polyclinic.pages.palette import style_variables


@dataclass(frozen=True)
class Section:
    """A part of a page with its own heading and entry in the contents."""

    id: str  # letters, digits and hyphens; unique on the page
    title: str
    parts: Sequence[Markup]


def page(
    title: str,
    sections: Sequence[Section],
    *,
    kicker: str = "",
    lead: str | Markup = "",
    foot: str | Markup = "",
    scripts: Sequence[str] = (),
) -> str:
    """Return a whole HTML page.

    `kicker` is the small line over the title, `lead` what stands under it, before the contents; `scripts` names
    scripts of this package that parts of the page need.
    """
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(_resource("page.html.jinja"))
    style, script = _style(), "".join(map(_resource, ("page.js", *scripts)))
    return template.render(
        title=clean(title),
        kicker=clean(kicker),
        lead=lead,
        foot=foot,
        sections=[Section(s.id, clean(s.title), s.parts) for s in sections],
        policy=_policy(style, script),
        generator=f"Polyclinic {__version__}",
        style=Markup(style),
        script=Markup(script),
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@functools.cache
def _style() -> str:
    return style_variables() + _resource("page.css")


@functools.cache
def _resource(name: str) -> str:
    return resources.files("polyclinic.pages").joinpath(name).read_text(encoding="utf-8")
