"""FHIR (R4, R5) notes and reports: DocumentReference and DiagnosticReport, one resource a line or in bundles.

Attachments are read when they are in the resource. What only an address names is left out: nothing is fetched.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from polyclinic.corpus.readers.html_page import page_text
from polyclinic.corpus.readers.pdf import pdf_text
from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece, Row, UnreadableError
from polyclinic.corpus.readers.plain import decoded
from polyclinic.corpus.readers.rows import json_object
from polyclinic.corpus.readers.xml_text import squeezed
from polyclinic.records import Document

KINDS = ("DocumentReference", "DiagnosticReport")
MOST_DEEP = 4  # bundles in bundles


def read_fhir(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield a document for each note or report of a resource; resources of other kinds are left out."""
    row = json_object(decoded(piece.data))
    for number, resource in enumerate(_resources(row, MOST_DEEP), start=1):
        place = piece.place if row is resource else f"{piece.place}, entry {number}"
        yield _document(resource, place, options)


def _resources(row: Row, deep: int) -> Iterator[Row]:
    if row.get("resourceType") != "Bundle":
        yield row
        return
    for entry in row.get("entry") or []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and deep:
            yield from _resources(resource, deep - 1)


def _document(resource: Row, place: str, options: Options) -> Made:
    kind = resource.get("resourceType")
    if kind not in KINDS:
        return LeftOut(place, "another resource", f"resourceType {kind!r}; notes are in {', '.join(KINDS)}")
    name = f"{kind}/{resource.get('id') or place}"
    if resource.get("status") == "entered-in-error":
        return LeftOut(place, "entered in error", "the resource says that it is an error", name)
    try:
        text = _text(resource, kind, options)
    except UnreadableError as error:
        return LeftOut(place, error.reason, error.detail, name)
    title = _coded(resource.get("type") if kind == "DocumentReference" else resource.get("code"))
    context = resource.get("context")
    encounter = resource.get("encounter") or (context.get("encounter") if isinstance(context, dict) else None)
    date = resource.get("date") or resource.get("effectiveDateTime") or resource.get("issued") or ""
    return Document(
        id=name,
        text=text,
        title=title or _string(resource.get("description")),
        domain=options.defaults.get("domain") or "clinical",
        language=_string(resource.get("language")) or options.defaults.get("language") or "en",
        source=options.defaults.get("source") or "FHIR",
        license=options.defaults.get("license") or "",
        date=_string(date),
        metadata={
            "patient": _reference(resource.get("subject")),
            "encounter": _reference(encounter),
            "resource": kind,
        },
    )


def _text(resource: Row, kind: str, options: Options) -> str:
    if kind == "DocumentReference":
        attachments = [c.get("attachment") for c in _list(resource.get("content")) if isinstance(c, dict)]
    else:
        attachments = _list(resource.get("presentedForm"))
    parts: list[str] = []
    problems: list[UnreadableError] = []
    # One note may be there in several forms: the first that can be read is taken, plain text before all.
    for attachment in sorted(attachments, key=_preference):
        try:
            parts.append(_attachment(attachment, options))
            break
        except UnreadableError as error:
            problems.append(error)
    if not parts and (conclusion := _string(resource.get("conclusion"))):
        parts.append(conclusion)
    narrative = resource.get("text")
    if not parts and isinstance(narrative, dict) and _string(narrative.get("div")):
        parts.append(squeezed(page_text(f"<html><body>{narrative['div']}</body></html>", options.tables)[0]))
    text = "\n\n".join(part for part in parts if part.strip()).strip()
    if text:
        return text
    raise problems[0] if problems else UnreadableError("no text", "no attachment, conclusion or narrative")


def _attachment(attachment: Any, options: Options) -> str:
    if not isinstance(attachment, dict):
        raise UnreadableError("no text", "an attachment that is no object")
    data, kind = attachment.get("data"), _string(attachment.get("contentType")).partition(";")[0].strip().lower()
    if not data:
        if attachment.get("url"):
            raise UnreadableError("attachment elsewhere", "the attachment is an address; nothing is fetched")
        raise UnreadableError("no text", "the attachment is empty")
    try:
        found = base64.b64decode("".join(str(data).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError("broken attachment", f"not base64: {error}") from error
    if kind in ("text/plain", "text/markdown", ""):
        return decoded(found)
    if kind in ("text/html", "application/xhtml+xml"):
        return page_text(found, options.tables)[0]
    if kind == "application/pdf":
        return "\n\n".join(pdf_text(found)[0])
    raise UnreadableError("another kind of attachment", f"{kind}; expected text/plain, text/html or application/pdf")


def _preference(attachment: Any) -> int:
    kind = _string(attachment.get("contentType")) if isinstance(attachment, dict) else ""
    return next((n for n, known in enumerate(("text/plain", "text/html", "application/pdf")) if known in kind), 9)


def _coded(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    codings = _list(value.get("coding"))
    shown = next((_string(c.get("display")) for c in codings if isinstance(c, dict) and c.get("display")), "")
    return _string(value.get("text")) or shown


def _reference(value: Any) -> str:
    one = next(iter(_list(value)), value)
    return _string(one.get("reference")) if isinstance(one, dict) else ""


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
