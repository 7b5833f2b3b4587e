"""JATS articles (PubMed Central, bioRxiv, publishers): one document for each, with its own licence.

Source of the format: NISO Z39.96, the Journal Article Tag Suite, and PubMed Central's tagging guidelines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from polyclinic.corpus.licences import licence_name
from polyclinic.corpus.readers.jats_body import ArticleText, inline, references
from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece
from polyclinic.corpus.readers.xml_text import Element, parse_piece, squeezed, text_of
from polyclinic.records import Document

XLINK = "{http://www.w3.org/1999/xlink}href"
LICENCE_REF = "{http://www.niso.org/schemas/ali/1.0/}license_ref"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
DATES = ("epub", "pub", "ppub", "epub-ppub", "collection", "preprint", "pmc-release", "")  # the most exact first
PMC_ID, PMID, DOI = ("pmc", "pmcid"), ("pmid",), ("doi",)


def read_jats(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield the document of one `<article>`."""
    root = parse_piece(piece)
    meta = root.find("front/article-meta")
    if meta is None:
        meta = root.find("front")
    ids = _ids(meta)
    title = "" if meta is None else _title(meta)
    text = ArticleText(options.tables)
    if meta is not None:
        _abstracts(meta, text)
    body = root.find("body")
    if body is not None:
        text.blocks(body, 2)
    back = root.find("back")
    if options.references and back is not None and (listed := references(back)):
        text.heading("References", 2)
        text.parts.append("\n".join(f"{number}. {one}" for number, one in enumerate(listed, start=1)))
    name = _name(ids) or piece.place
    written = text.text()
    if not written:
        yield LeftOut(piece.place, "no text", "the article has neither abstract nor body", name)
        return
    licence, statement = _licence(meta)
    metadata: dict[str, Any] = {key: value for key, value in ids.items() if value}
    if journal := text_of(root.find("front/journal-meta//journal-title")):
        metadata["journal"] = journal
    if kind := root.get("article-type"):
        metadata["article_type"] = kind
    if meta is not None and (words := [w for k in meta.iterfind("kwd-group/kwd") if (w := text_of(k))]):
        metadata["keywords"] = words
    if licence.startswith("LicenseRef-"):
        metadata["license_statement"] = statement[:500]
    yield Document(
        id=name,
        text=written,
        title=title,
        domain=options.defaults.get("domain", "") or "pubmed",
        language=root.get(LANGUAGE) or options.defaults.get("language", "") or "en",
        source=options.defaults.get("source", "") or ("PubMed Central" if ids["pmcid"] else "JATS"),
        license=licence or options.defaults.get("license", ""),
        date="" if meta is None else date_of(meta),
        sections=tuple(text.sections),
        metadata=metadata,
    )


def _ids(meta: Element | None) -> dict[str, str]:
    found = {"pmcid": "", "pmid": "", "doi": ""}
    for one in [] if meta is None else meta.iterfind("article-id"):
        kind, value = one.get("pub-id-type", ""), squeezed(one.text or "")
        if kind in PMC_ID and value and not found["pmcid"]:
            found["pmcid"] = value if value.upper().startswith("PMC") else f"PMC{value}"
        elif kind in PMID:
            found["pmid"] = value
        elif kind in DOI:
            found["doi"] = value
    return found


def _name(ids: dict[str, str]) -> str:
    return ids["pmcid"] or (f"pmid-{ids['pmid']}" if ids["pmid"] else "") or (ids["doi"] and f"doi-{ids['doi']}")


def _title(meta: Element) -> str:
    group = meta.find("title-group")
    title = None if group is None else group.find("article-title")
    if group is None or title is None:
        return ""
    below = group.find("subtitle")
    return ": ".join(filter(None, (squeezed(inline(title)), "" if below is None else squeezed(inline(below)))))


def _abstracts(meta: Element, text: ArticleText) -> None:
    for abstract in meta.iterfind("abstract"):
        if abstract.get("abstract-type") in ("graphical", "toc", "teaser", "web-summary", "video"):
            continue
        title = abstract.find("title")
        text.heading(text_of(title) or "Abstract", 2)
        if title is not None:
            abstract.remove(title)
        text.blocks(abstract, 3)


def date_of(meta: Element) -> str:
    """Return the date of publication as far as it is known, `2019-03-14`; empty when no date has a year."""
    found: dict[str, str] = {}
    for one in meta.iterfind("pub-date"):
        kind = one.get("pub-type") or one.get("date-type") or ""
        year = squeezed(one.findtext("year") or "")
        if len(year) == 4 and year.isdigit():
            found.setdefault(kind, iso_date(year, one.findtext("month") or "", one.findtext("day") or ""))
    for kind in DATES:
        if kind in found:
            return found[kind]
    return next(iter(found.values()), "")


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def iso_date(year: str, month: str, day: str) -> str:
    """Return a date from its parts, as far as they make one; months may be numbers or English names."""
    month, day = month.strip(), day.strip()
    if month[:3].lower() in MONTHS:
        month = str(MONTHS.index(month[:3].lower()) + 1)
    if not (month.isdigit() and 1 <= int(month) <= 12):
        return year
    if not (day.isdigit() and 1 <= int(day) <= 31):
        return f"{year}-{int(month):02d}"
    return f"{year}-{int(month):02d}-{int(day):02d}"


def _licence(meta: Element | None) -> tuple[str, str]:
    """Return the article's licence and what it says about it; both are empty when it says nothing."""
    permissions = None if meta is None else meta.find("permissions")
    if permissions is None:
        return "", ""
    statements = [text_of(one) for one in permissions.iter(LICENCE_REF)]
    for licence in permissions.iterfind("license"):
        statements.append(licence.get(XLINK) or "")
        statements += [link.get(XLINK) or "" for link in licence.iter("ext-link", "uri")]
        statements.append(text_of(licence))
        statements.append(licence.get("license-type") or "")
    said = [one for one in statements if one]
    names = [licence_name(one) for one in said]
    for name in names:
        if name.startswith(("CC", "public-domain")):
            return name, " ".join(said)
    rights = " ".join([*said, *(text_of(one) for one in permissions.iterfind("copyright-statement"))])
    return ("LicenseRef-unrecognised" if rights else ""), rights
