"""YAML with the line of every key, so that an error can name the line it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from polyclinic.errors import UserError

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
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        value = _construct(loader, node, (), lines, path) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}:{line}: broken YAML: {error.problem}") from error
    finally:
        loader.dispose()
    return value, lines


def _construct(loader: yaml.SafeLoader, node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> Any:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise UserError(f"{path}:{line}: the key {key!r} is not text; write it in quotes")
            if key in mapping:
                raise UserError(f"{path}:{line}: '{key}' stands twice; keep one")
            mapping[key] = _construct(loader, value_node, (*place, key), lines, path)
            lines[(*place, key)] = line
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_construct(loader, n, (*place, i), lines, path) for i, n in enumerate(node.value)]
    return loader.construct_object(node)
