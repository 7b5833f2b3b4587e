"""MediaWiki dumps (pages-articles.xml.bz2): one document for each article; redirects and talk are passed over."""

from __future__ import annotations

from collections.abc import Iterator

from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece
from polyclinic.corpus.readers.wikitext import plain_text
from polyclinic.corpus.readers.xml_text import parse_piece
from polyclinic.records import Document


def read_mediawiki(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield the document of one `<page>`."""
    page = parse_piece(piece)
    title, number = page.findtext("title") or "", page.findtext("id") or ""
    name = f"wiki-{number}" if number else piece.place
    if page.findtext("ns", "0") != "0":
        yield LeftOut(piece.place, "no article", f"{title}: a page of namespace {page.findtext('ns')}", name)
        return
    if page.find("redirect") is not None:
        yield LeftOut(piece.place, "redirect", f"{title}: leads to another page", name)
        return
    made = plain_text(page.findtext("revision/text") or "")
    if not made.text:
        yield LeftOut(piece.place, "no text", f"{title}: nothing is left of the page", name)
        return
    yield Document(
        id=name,
        text=made.text,
        title=title,
        domain=options.defaults.get("domain") or "medwiki",
        language=options.defaults.get("language") or "en",
        source=options.defaults.get("source") or "Wikipedia",
        license=options.defaults.get("license") or "CC-BY-SA-4.0",
        date=(page.findtext("revision/timestamp") or "")[:10],
        sections=tuple(made.sections),
        metadata={"categories": made.categories} if made.categories else {},
    )
