"""A picture of a directed graph: boxes in layers from top to bottom, coloured by group, joined by edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, joined, picture
from polyclinic.pages.layers import Layout, lay_out
from polyclinic.pages.palette import color_class
from polyclinic.pages.text_size import shortened, text_width, wrapped

GAP_ACROSS, GAP_DOWN, PASS = 14.0, 42.0, 14.0
WIDEST, NARROWEST = 164.0, 118.0
LINE = 15.0


@dataclass(frozen=True)
class Node:
    """A box: its name in bold, a smaller line under it, a note, and the group that gives its colour."""

    name: str  # unique in the graph
    line: str = ""
    note: str = ""
    group: str = ""
    target: str = ""  # id of the place on the page the box leads to
    state: str = ""  # "failed" or "waiting" change the border


def graph_picture(
    nodes: Sequence[Node],
    edges: Sequence[tuple[str, str]],
    *,
    name: str,
    title: str,
    description: str,
    width: float = 1080,
) -> Markup:
    """Return an SVG of the graph with a key of its groups; boxes get narrower when a layer is full.

    The picture is as wide as it must be and is scaled to the column. `name` must be unique on the page.
    """
    names = [node.name for node in nodes]
    box = WIDEST
    layout = lay_out(names, edges, node_width=box + GAP_ACROSS, pass_width=PASS)
    while layout.width > width and box > NARROWEST:
        box -= 4
        layout = lay_out(names, edges, node_width=box + GAP_ACROSS, pass_width=PASS)
    width = max(layout.width, min(width, 560.0))
    margin = (width - layout.width) / 2
    groups = list(dict.fromkeys(node.group for node in nodes if node.group))
    lines = {node.name: wrapped(node.name, 13, box - 20, 3, bold=True) for node in nodes}
    room = {node.name: LINE * len(lines[node.name]) + 13 * _small_lines(node, box) for node in nodes}
    heights = [16 + max((room[n] for n in layer if n in room), default=0.0) for layer in layout.layers]
    tops, top = [], 4.0
    for height in heights:
        tops.append(top)
        top += height + GAP_DOWN
    level = {n: i for i, layer in enumerate(layout.layers) for n in layer}
    parts = [_edge(layout, edge, tops, heights, level, margin) for edge in layout.ways]
    for node in nodes:
        x, y = margin + layout.across[node.name] - box / 2, tops[level[node.name]]
        number = groups.index(node.group) if node.group else 0
        parts.append(_box(node, lines[node.name], x, y, box, heights[level[node.name]], number))
    made = picture(width, top - GAP_DOWN + 6, title, description, *parts, name=name, class_="chart graph")
    return joined([_key(groups), made])


def _edge(
    layout: Layout,
    edge: tuple[str, str],
    tops: list[float],
    heights: list[float],
    level: dict[str, int],
    margin: float,
) -> Markup:
    way = layout.ways[edge]
    x, y = margin + layout.across[way[0]], tops[level[way[0]]] + heights[level[way[0]]]
    path = [f"M{x:.1f} {y:.1f}"]
    for place in way[1:]:
        to_x, to_y = margin + layout.across[place], tops[level[place]]
        bend = (to_y - y) / 2
        path.append(f"C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
        if place in layout.passing:
            y += heights[level[place]]
            path.append(f"V{y:.1f}")
    head = element("path", d=f"M{x - 3.5:.1f} {y - 6:.1f}L{x:.1f} {y:.1f}L{x + 3.5:.1f} {y - 6:.1f}z", class_="head")
    line = element("path", d="".join(path), class_="way")
    return element("g", line, head, class_="edge", data_from=edge[0], data_to=edge[1])


def _box(node: Node, lines: list[str], x: float, y: float, width: float, height: float, number: int) -> Markup:
    whole = " · ".join(text for text in (node.name, node.line, node.note) if text)
    small_y = y + height - 10
    parts = [
        element("title", whole),
        element("rect", x=x, y=y, width=width, height=height, rx=6, class_="box"),
        element("rect", x=x, y=y, width=6, height=height, rx=3, class_="band"),
    ]
    for i, text in enumerate(lines):
        parts.append(element("text", text, x=x + 14, y=y + 18 + LINE * i, class_="node"))
    line_y = small_y - 13 * (_small_lines(node, width) - 1)
    parts.append(element("text", shortened(node.line, 11, width - 22), x=x + 14, y=line_y, class_="small"))
    parts.append(element("text", node.note, x=x + width - 8, y=small_y, text_anchor="end", class_="small note"))
    group = element(
        "g",
        *parts,
        class_=" ".join(c for c in ("box-group", color_class(number), node.state) if c),
        data_node=node.name,
    )
    return element("a", group, href=f"#{node.target}") if node.target else group


def _small_lines(node: Node, width: float) -> int:
    """The line and the note stand beside each other where there is room."""
    return 1 if text_width(node.line, 11) + text_width(node.note, 11) + 32 <= width else 2


def _key(groups: Sequence[str]) -> Markup:
    entries = []
    for number, group in enumerate(groups):
        sign = element("rect", x=2, y=2, width=12, height=12, rx=3, class_=f"swatch {color_class(number)}")
        entries.append(
            element("li", element("svg", sign, width=18, height=16, viewBox="0 0 18 16", aria_hidden="true"), group)
        )
    return element("ul", *entries, class_="key")
