"""XML parsed without trust, and the text of an element as a reader sees it.

Nothing outside the piece is ever read: no DTD, no entity, no network. libxml2's own limits (depth 256, 10 MB in one
text) stay on.
"""

from __future__ import annotations

import functools
import html
import re
from typing import Any

from lxml import etree

from polyclinic.corpus.readers.pieces import Piece, UnreadableError

# Prefixes that articles use and that an element around them may have declared.
NAMESPACES = (
    b'<piece xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML" '
    b'xmlns:ali="http://www.niso.org/schemas/ali/1.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    b'xmlns:oasis="http://www.niso.org/standards/z39-96/ns/oasis-exchange/table">'
)
NAMED_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,31});")
KEPT_ENTITIES = (b"amp", b"lt", b"gt", b"quot", b"apos")
SPACE = re.compile(r"[ \t\r\n\u00a0\u2009\u202f]+")
# libxml2 gathers text many times faster than a walk in Python does.
ALL_TEXT = etree.XPath("normalize-space()", smart_strings=False)
TEXTS = etree.XPath(".//text()", smart_strings=False)
Element = Any  # lxml's types are not published


def parse_piece(piece: Piece) -> Element:
    """Return the root element of a piece; raises UnreadableError when it is not XML."""
    try:
        return etree.fromstring(piece.data, _parser(piece.header or "utf-8"))
    except etree.XMLSyntaxError as error:
        if "\x00" in str(error) or b"\0" in piece.data:
            raise UnreadableError("NUL bytes", "the XML holds NUL bytes; the file is damaged") from error
        first = error
    except LookupError as error:
        raise UnreadableError("unknown encoding", f"the file says it is in '{piece.header}'") from error
    # Names like &alpha; and prefixes come from what stood around the piece; they are put in and it is tried again.
    data = NAMESPACES + NAMED_ENTITY.sub(_character, piece.data) + b"</piece>"
    try:
        return etree.fromstring(data, _parser(piece.header or "utf-8"))[0]
    except (etree.XMLSyntaxError, IndexError) as error:
        said = str(first)
        if "not proper UTF-8" in said or "Invalid bytes" in said or "encoding" in said.lower():
            raise UnreadableError(
                "wrong encoding", f"not {piece.header or 'utf-8'} as the file says: {said}"
            ) from error
        raise UnreadableError("broken XML", said) from error


@functools.lru_cache(maxsize=8)
def _parser(encoding: str) -> Any:
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _character(found: re.Match[bytes]) -> bytes:
    if found[1] in KEPT_ENTITIES:
        return found[0]
    text = html.unescape(found[0].decode())
    return found[0] if text.startswith("&") else text.encode("ascii", "xmlcharrefreplace")


def squeezed(text: str) -> str:
    """Return text with every run of white space as one blank."""
    return " ".join(text.split())


def text_of(element: Element | None) -> str:
    """Return all text below an element on one line; empty for None."""
    if element is None:
        return ""
    if not len(element):
        return " ".join((element.text or "").split())
    return str(ALL_TEXT(element)).replace("\u00a0", " ").strip()


def spaced_text_of(element: Element) -> str:
    """Return all text below an element on one line, with a blank wherever a tag divides it."""
    return " ".join(" ".join(TEXTS(element)).split())


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
