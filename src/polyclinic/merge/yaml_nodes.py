"""YAML read so that every value knows its file and line, for messages that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from polyclinic.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Node:
    """A value of a YAML file: a scalar, a list of nodes or a mapping of names to nodes."""

    value: Any
    file: Path
    line: int

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}, line {self.line}"

    def error(self, problem: str) -> UserError:
        """Return an error that names the place."""
        return UserError(f"{self.place}: {problem}")

    def get(self, key: str) -> Node | None:
        """Return the node of a key, None when it is not there or empty."""
        found: Node | None = self.mapping().get(key)
        return None if found is None or found.value is None else found

    def mapping(self) -> dict[str, Node]:
        """Return the value, which must be a mapping. Raises UserError."""
        if not isinstance(self.value, dict):
            raise self.error(f"expected a mapping, found {self.plain()!r}")
        return self.value

    def items(self, count: int | None = None, problem: str = "") -> list[Node]:
        """Return the value, which must be a list, of `count` items when that is given. Raises UserError."""
        if not isinstance(self.value, list):
            raise self.error(f"expected a list, found {self.plain()!r}")
        if count is not None and len(self.value) != count:
            raise self.error(f"{problem}expected {count} items, found {len(self.value)}")
        return self.value

    def check_keys(self, known: Sequence[str]) -> None:
        """Check that a mapping has known keys only. Raises UserError naming all others with their lines."""
        unknown = {key: node for key, node in self.mapping().items() if key not in known}
        if unknown:
            raise UserError(
                "\n".join(
                    f"{node.place}: unknown key {key!r}{did_you_mean(key, known)}; known are {', '.join(known)}"
                    for key, node in unknown.items()
                )
            )

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def read_yaml(file: Path) -> Node:
    """Return what a YAML file holds. Raises UserError when it cannot be read or has a key twice."""
    try:
        with file.open("rb") as stream:
            loader = yaml.SafeLoader(stream)
            try:
                root = loader.get_single_node()
                if root is None:
                    raise UserError(f"{file}: is empty")
                return _node(loader, root, file)
            finally:
                loader.dispose()
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{file}: broken YAML: {error}") from error


def _node(loader: yaml.SafeLoader, node: yaml.Node, file: Path) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = str(loader.construct_object(key, deep=True))
            if name in found:
                raise UserError(f"{file}, line {key.start_mark.line + 1}: the key {name!r} is there twice")
            made = _node(loader, value, file)
            found[name] = Node(made.value, file, key.start_mark.line + 1)
        return Node(found, file, line)
    if isinstance(node, yaml.SequenceNode):
        return Node([_node(loader, item, file) for item in node.value], file, line)
    return Node(loader.construct_object(node, deep=True), file, line)
