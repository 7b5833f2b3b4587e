"""How anything is shown: one page frame, tables, and charts as SVG made from the data.

In: texts and numbers. Out: HTML that needs no server, no network and no fonts of its own. This room knows nothing
about models or recipes, and no other room draws by itself.
"""

from polyclinic.pages.bar_chart import Bar, BarGroup, bar_chart
from polyclinic.pages.elements import (
    bullets,
    element,
    facts,
    figure,
    folded,
    joined,
    paragraph,
    preformatted,
    prose,
    side_by_side,
)
from polyclinic.pages.frame import Section, page
from polyclinic.pages.graph_picture import Node, graph_picture
from polyclinic.pages.heat_map import heat_map
from polyclinic.pages.interval_chart import Estimate, Group, interval_chart
from polyclinic.pages.item_browser import (
    ITEM_BROWSER,
    Answer,
    BrowserGroup,
    BrowserItem,
    BrowserWords,
    item_browser,
)
from polyclinic.pages.line_chart import Line, line_chart, thinned
from polyclinic.pages.png import svg_to_png
from polyclinic.pages.radar_chart import Spokes, radar_chart
from polyclinic.pages.sankey import sankey
from polyclinic.pages.sunburst import sunburst
from polyclinic.pages.tables import Cell, Column, interval_strip, share_bar, table

__all__ = [
    "ITEM_BROWSER",
    "Answer",
    "Bar",
    "BarGroup",
    "BrowserGroup",
    "BrowserItem",
    "BrowserWords",
    "Cell",
    "Column",
    "Estimate",
    "Group",
    "Line",
    "Node",
    "Section",
    "Spokes",
    "bar_chart",
    "bullets",
    "element",
    "facts",
    "figure",
    "folded",
    "graph_picture",
    "heat_map",
    "interval_chart",
    "interval_strip",
    "item_browser",
    "joined",
    "line_chart",
    "page",
    "paragraph",
    "preformatted",
    "prose",
    "radar_chart",
    "sankey",
    "share_bar",
    "side_by_side",
    "sunburst",
    "svg_to_png",
    "table",
    "thinned",
]
