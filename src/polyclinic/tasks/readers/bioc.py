"""BioC XML: documents of passages with annotations and relations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.readers.xml_parts import elements, plain
from polyclinic.tasks.source import Source

DOCUMENT = frozenset({"document"})


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield a row for each document: title, abstract, text, entities, types, typed, relations."""
    for found in elements(file, DOCUMENT):
        if isinstance(found, Bad):
            yield found
            continue
        number, element = found
        document = plain(element)
        passages = []
        title = ""
        typed: dict[str, list[str]] = {}
        for passage in document.iter("passage"):
            text = passage.findtext("text") or " ".join(s.findtext("text") or "" for s in passage.iter("sentence"))
            kinds = {infon.get("key", ""): infon.text or "" for infon in passage.findall("infon")}
            if "title" in (kinds.get("type", "").lower(), kinds.get("section_type", "").lower()) and not title:
                title = text
            passages.append(text)
        for mark in document.iter("annotation"):
            kind = next((i.text or "" for i in mark.findall("infon") if i.get("key") == "type"), "")
            if (mention := mark.findtext("text")) and (not source.types or kind in source.types):
                typed.setdefault(kind, []).append(mention)
        relations = [
            {node.get("role", ""): node.get("refid", "") for node in relation.findall("node")}
            for relation in document.iter("relation")
        ]
        fields: dict[str, Any] = {
            "pmid": document.findtext("id") or "",
            "title": title,
            "abstract": " ".join(passages[1:]) if title else " ".join(passages),
            "text": " ".join(passages),
            "entities": list(dict.fromkeys(m for mentions in typed.values() for m in mentions)),
            "types": list(typed),
            "typed": typed,
            "relations": relations,
        }
        place = f"{file}, document {number}"
        yield Row(place, fields) if fields["text"].strip() else Bad(place, "the document has no text")
