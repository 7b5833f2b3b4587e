"""A picture as a file of its own, that shows in any browser and beside a model card."""

from __future__ import annotations

from importlib import resources

from markupsafe import Markup

from polyclinic.pages.palette import style_variables


def standalone(picture: Markup) -> str:
    """Return an SVG of this room as a whole file: colours and strokes are in it, no script, no network."""
    css = resources.files("polyclinic.pages").joinpath("page.css").read_text(encoding="utf-8")
    rules = [line for line in css.splitlines() if line.startswith("svg ") and "{" in line]
    ground = "svg{background:var(--ground);font-family:system-ui,sans-serif}"
    style = f"<style>{style_variables()}{ground}{''.join(rules)}</style>"
    return (
        str(picture).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(">", f">{style}", 1)
        + "\n"
    )
