"""YAML with the line of every key, so that an error can name the line it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from polyclinic.errors import UserError

PLAIN = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
Place = tuple[str | int, ...]  # the way to a value: ("steps", "expert", "learning_rate")


def load_yaml(path: Path) -> tuple[Any, dict[Place, int]]:
    """Return the content of a YAML file and the line number of each value in it.

    Raises UserError for a missing file, broken YAML, or a key that stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise UserError(f"{path}: is a folder; expected a YAML file") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error.reason})") from error
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UserError(
            f"{path}:{line}: broken YAML: character U+{ord(text[error.position]):04X} is not allowed"
        ) from error
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        if node is not None:
            _refuse_double_keys(node, path, set())
        value = _construct(loader, node, (), lines, path) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}:{line}: broken YAML: {error.problem}") from error
    except RecursionError as error:
        raise UserError(f"{path}: broken YAML: a value contains itself, or is nested too deep") from error
    finally:
        loader.dispose()
    return value, lines


def _refuse_double_keys(node: yaml.Node, path: Path, seen: set[int]) -> None:
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_double_keys(child, path, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key_node, value_node in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in keys:
                    line = key_node.start_mark.line + 1
                    raise UserError(f"{path}:{line}: '{key_node.value}' stands twice; keep one")
                keys.add(key_node.value)
            _refuse_double_keys(value_node, path, seen)


def _construct(loader: yaml.SafeLoader, node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> Any:
    lines[place] = node.start_mark.line + 1
    if not isinstance(node, yaml.ScalarNode) and node.tag not in PLAIN:
        raise UserError(f"{path}:{node.start_mark.line + 1}: the tag {node.tag} is not allowed; write it plainly")
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)  # puts what `<<` brings in first, where the mapping's own keys may replace it
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise UserError(f"{path}:{line}: the key {key!r} is not text; write it in quotes")
            mapping[key] = _construct(loader, value_node, (*place, key), lines, path)
            lines[(*place, key)] = line
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_construct(loader, n, (*place, i), lines, path) for i, n in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError as error:  # looks like a date or a number, and is none
        raise UserError(f"{path}:{node.start_mark.line + 1}: {node.value!r}: {error}; write it in quotes") from error
