"""The tree of a code set: who stands above whom, and which codes are so many edges away.

It is built from documents that carry a code in their metadata (`code`, `parent`, `leaf`, `chapter`, `description`,
and `block` where there is one), as `corpus.icd10cm` makes them. Above the codes stand blocks, chapters and one root,
so every two codes have a common ancestor and a distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from polyclinic.errors import UserError
from polyclinic.records import Document

ROOT = "root"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """What a question needs to know of a code."""

    code: str
    description: str
    leaf: bool
    document: str  # id of the document it was taken from
    domain: str
    language: str
    source: str
    license: str


class CodeTree:
    """Codes with their place, for distances."""

    def __init__(self) -> None:
        self.entries: dict[str, CodeEntry] = {}
        self._above: dict[str, str] = {}  # node -> node; a node is `code E11.9`, `block E08-E13`, `chapter 4`, root
        self._below: dict[str, list[str]] = {}

    def add(self, document: Document) -> CodeEntry | None:
        """Take in a document; returns None when it carries no code.

        Raises UserError when its metadata lack what the tree needs, or the code came before.
        """
        metadata = document.metadata
        if "code" not in metadata:
            return None
        where = f"document '{document.id}'"
        code, description, parent, chapter = (
            _text(metadata, name, where) for name in ("code", "description", "parent", "chapter")
        )
        if not isinstance(metadata.get("leaf"), bool):
            raise UserError(f"{where}: metadata 'leaf' should be true or false, found {metadata.get('leaf')!r}")
        if code in self.entries:
            raise UserError(f"{where}: the code {code} occurred before; a code set names each code once")
        self.entries[code] = entry = CodeEntry(
            code,
            description,
            metadata["leaf"],
            document.id,
            document.domain,
            document.language,
            document.source,
            document.license,
        )
        self._place(code, parent, str(metadata.get("block") or ""), chapter)
        return entry

    def distance(self, one: str, other: str) -> int:
        """Return the number of edges between two codes, through their common ancestor."""
        up = {node: steps for steps, node in enumerate(self._way_up(f"code {one}"))}
        for steps, node in enumerate(self._way_up(f"code {other}")):
            if node in up:
                return up[node] + steps
        raise ValueError(f"{one} and {other} are in no common tree")

    def at_distance(self, code: str, least: int, most: int) -> list[str]:
        """Return the codes that are `least` to `most` edges away from a code, in a fixed order."""
        found: list[str] = []
        came_from = ""
        for up, node in enumerate(self._way_up(f"code {code}")):
            if up > most:
                break
            level = [node]
            for steps in range(up, most + 1):
                if steps >= least:
                    found += [name[5:] for name in level if name.startswith("code ") and name[5:] in self.entries]
                level = [child for above in level for child in self._below.get(above, ()) if child != came_from]
            came_from = node
        return [name for name in found if name != code]

    def _way_up(self, node: str) -> Iterator[str]:
        yield node
        while node != ROOT:
            node = self._above[node]
            yield node

    def _place(self, code: str, parent: str, block: str, chapter: str) -> None:
        node = f"code {code}"
        if parent == block or "-" in parent:
            self._hang(node, f"block {parent}")
            self._hang(f"block {parent}", f"chapter {chapter}")
        else:
            self._hang(node, f"code {parent}")
            self._hang_missing(parent, block, chapter)
        self._hang(f"chapter {chapter}", ROOT)

    def _hang_missing(self, code: str, block: str, chapter: str) -> None:
        """Give a parent its place although no document tells of it: ICD-10-CM codes grow by one character."""
        while f"code {code}" not in self._above:
            if len(code) <= 3:
                above = f"block {block}" if block else f"chapter {chapter}"
                self._hang(f"code {code}", above)
                if block:
                    self._hang(above, f"chapter {chapter}")
                return
            shorter = code[:-1].rstrip(".")
            self._hang(f"code {code}", f"code {shorter}")
            code = shorter

    def _hang(self, node: str, above: str) -> None:
        known = self._above.get(node)
        if known == above:
            return
        if known is not None:  # a guessed place gives way to what the code's own document says
            self._below[known].remove(node)
        self._above[node] = above
        self._below.setdefault(above, []).append(node)


def read_code_tree(documents: Iterable[Document]) -> CodeTree:
    """Return the tree of all documents that carry a code."""
    tree = CodeTree()
    for document in documents:
        tree.add(document)
    return tree


def _text(metadata: dict[str, Any], name: str, where: str) -> str:
    value = metadata.get(name)
    if not isinstance(value, str) or not value:
        raise UserError(
            f"{where}: metadata '{name}' is missing or no text; documents of codes need code, description, parent, "
            "chapter and leaf, as corpus.icd10cm makes them"
        )
    return value
