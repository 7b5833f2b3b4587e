"""Items of perplexity: the text of held-out documents, in pieces that a small model's window holds."""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample
from polyclinic.tasks.task import Task


def text_items(
    task: Task, documents: Iterable[Document], items: int, words: int, subset: str, seed: int, facts: dict[str, Any]
) -> list[Sample]:
    """Return up to `items` pieces of at most `words` words from documents of the task's domain.

    Documents and their pieces are drawn by a hash of seed and name: one piece of each document, then a second of each
    that has one, and so on, so that the items are of as many documents as there can be.

    Raises UserError when no document is of the domain.
    """
    other_domains: set[str] = set()

    def of_domain() -> Iterator[Document]:
        for document in documents:
            if document.domain == task.domain:
                yield document
            else:
                other_domains.add(document.domain or "(none)")

    def place(name: str) -> bytes:
        return blake2b(f"{seed}\0{name}".encode()).digest()

    drawn = heapq.nsmallest(items, of_domain(), key=lambda document: place(document.id))
    if not drawn:
        held = f"they are of {', '.join(sorted(other_domains))}" if other_domains else "there are none"
        raise UserError(
            f"tasks.build: {task.name} needs documents of domain '{task.domain}'; {held}. "
            "Set `domain` where the documents are read, or ask another task"
        )
    taken: list[tuple[Document, int, str]] = []
    pieces = [list(enumerate(pieces_of(document.text, words), start=1)) for document in drawn]
    for document, own in zip(drawn, pieces, strict=True):
        own.sort(key=lambda piece: place(f"{document.id}\0{piece[0]}"))
    for turn in range(max(map(len, pieces))):
        taken += [(document, *own[turn]) for document, own in zip(drawn, pieces, strict=True) if turn < len(own)]
        if len(taken) >= items:
            break
    samples = [
        Sample(
            id=f"{task.name}-{document.id}-{number}",
            task=task.name,
            output=piece,
            subset=subset,
            document=document.id,
            domain=document.domain,
            language=document.language,
            source=document.source,
            license=task.license or document.license,
            author=document.source,
        )
        for document, number, piece in taken[:items]
    ]
    facts.update(items=len(samples), documents=len({sample.document for sample in samples}))
    return samples


def pieces_of(text: str, words: int) -> list[str]:
    """Return a text cut into the fewest pieces of at most `words` words, all of nearly one length."""
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    if not ends:
        return []
    count = -(-len(ends) // words)
    borders = [0] + [ends[len(ends) * i // count - 1] for i in range(1, count + 1)]
    return [text[start:end].strip() for start, end in itertools.pairwise(borders)]
