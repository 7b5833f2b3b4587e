"""XML files read piece by piece, so that memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from polyclinic.tasks.readers.compressed import DAMAGE, damage, open_bytes
from polyclinic.tasks.readers.row import Bad


def elements(file: Path, names: frozenset[str]) -> Iterator[tuple[int, ElementTree.Element] | Bad]:
    """Yield (number, element) for each element of these names, without namespaces; damage comes as Bad."""
    number = 0
    with open_bytes(file) as stream:
        try:
            for _, element in ElementTree.iterparse(stream, events=("end",)):
                if element.tag.rpartition("}")[2] in names:
                    number += 1
                    yield number, element
                    element.clear()
        except ElementTree.ParseError as error:
            yield Bad(f"{file}:{error.position[0]}", f"broken XML: {error}")
        except DAMAGE as error:
            yield Bad(str(file), damage(file, error))


def text_of(element: ElementTree.Element | None) -> str:
    """Return all text inside of an element, white space folded."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def plain(element: ElementTree.Element) -> ElementTree.Element:
    """Return the element with namespaces taken off the names inside of it."""
    for part in element.iter():
        if isinstance(part.tag, str):
            part.tag = part.tag.rpartition("}")[2]
    return element
