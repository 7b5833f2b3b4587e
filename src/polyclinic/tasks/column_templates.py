"""Templates filled for many items at once: a template becomes joins of Arrow columns.

Names (`{{ question }}`), joined lists (`{{ entities | join(", ") }}`) and conditions on a name are understood, as in
templates.py, which gives the same text for one item; any other template is filled item by item.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyclinic.tasks.readers.batch_fields import Unusual, as_text
from polyclinic.tasks.templates import template_parts

Columns = Mapping[str, Any]
Piece = Callable[[Columns], Any]  # a text, or an Arrow column of texts


@dataclass(frozen=True)
class ColumnTemplate:
    """A template that can be filled by columns."""

    names: frozenset[str]  # fields that it uses
    constant: str  # the text in it that stands in every item, whatever the fields are
    pieces: tuple[Piece, ...]

    def fill(self, columns: Columns, count: int) -> Any:
        """Return the template filled for `count` items, as an Arrow column of texts; raises Unusual."""
        import pyarrow as pa

        filled = _joined([piece(columns) for piece in self.pieces])
        return pa.repeat(pa.scalar(filled, pa.string()), count) if isinstance(filled, str) else filled


@functools.lru_cache(maxsize=2048)
def column_template(template: str) -> ColumnTemplate | None:
    """Return a template that is filled by columns, or None where it needs Jinja."""
    parts, nodes, reserved = template_parts(template)
    names: set[str] = set()
    pieces = _pieces(parts, nodes, reserved, names)
    if pieces is None:
        return None
    constant = "".join(
        node.data
        for part in parts
        if isinstance(part, nodes.Output)
        for node in part.nodes
        if isinstance(node, nodes.TemplateData)
    )
    return ColumnTemplate(frozenset(names), constant, tuple(pieces))


def _pieces(parts: Sequence[Any], nodes: Any, reserved: frozenset[str], names: set[str]) -> list[Piece] | None:
    made: list[Piece] = []
    for part in parts:
        for node in part.nodes if isinstance(part, nodes.Output) else [part]:
            piece = _piece(node, nodes, reserved, names)
            if piece is None:
                return None
            made.append(piece)
    return made


def _piece(node: Any, nodes: Any, reserved: frozenset[str], names: set[str]) -> Piece | None:
    if isinstance(node, nodes.TemplateData):
        text: str = node.data
        return lambda columns: text
    if isinstance(node, nodes.Name) and node.name not in reserved:
        name: str = node.name
        names.add(name)
        return lambda columns: as_text(_column(columns, name))
    if (
        isinstance(node, nodes.Filter)
        and node.name == "join"
        and isinstance(node.node, nodes.Name)
        and node.node.name not in reserved
        and len(node.args) == 1
        and isinstance(node.args[0], nodes.Const)
        and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
    ):
        listed, between = node.node.name, str(node.args[0].value)
        names.add(listed)
        return lambda columns: _join_lists(_column(columns, listed), between)
    if isinstance(node, nodes.If) and isinstance(node.test, nodes.Name) and not node.elif_:
        test = node.test.name
        names.add(test)
        yes = _pieces(node.body, nodes, reserved, names)
        no = _pieces(node.else_, nodes, reserved, names)
        if test not in reserved and yes is not None and no is not None:
            return lambda columns: _either(_column(columns, test), yes, no, columns)
    return None


def _column(columns: Columns, name: str) -> Any:
    """Return a column without gaps; where a value is not there, the item has something to be said about it."""
    if name not in columns or columns[name].null_count:
        raise Unusual
    return columns[name]


def _join_lists(column: Any, between: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_list(column.type) or column.flatten().null_count:
        raise Unusual
    return pc.binary_join(column, between)


def _either(column: Any, yes: Sequence[Piece], no: Sequence[Piece], columns: Columns) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type):
        chosen = pc.greater(pc.binary_length(column), 0)
    elif pa.types.is_integer(column.type):
        chosen = pc.not_equal(column, 0)
    elif pa.types.is_list(column.type):
        chosen = pc.greater(pc.list_value_length(column), 0)
    else:
        raise Unusual
    return pc.if_else(chosen, _joined([p(columns) for p in yes]), _joined([p(columns) for p in no]))


def _joined(parts: Sequence[Any]) -> Any:
    """Return texts and columns one after the other; a text when there is no column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if all(isinstance(part, str) for part in parts):
        return "".join(parts)
    if len(parts) == 1:
        return parts[0]
    try:
        return pc.binary_join_element_wise(*[pa.scalar(p) if isinstance(p, str) else p for p in parts], "")
    except pa.ArrowInvalid as error:  # more text than one column holds
        raise Unusual from error
