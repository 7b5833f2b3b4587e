"""PubMed citations (the baseline and update files of MEDLINE/PubMed): title and abstract, one document each.

Source of the format: NLM's PubMed DTD and its descriptions of elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from polyclinic.corpus.licences import licence_name
from polyclinic.corpus.readers.jats import iso_date
from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece
from polyclinic.corpus.readers.xml_text import Element, parse_piece, text_of
from polyclinic.records import Document

LANGUAGES = {
    **{"eng": "en", "ger": "de", "fre": "fr", "spa": "es", "ita": "it", "por": "pt", "rus": "ru", "jpn": "ja"},
    **{"chi": "zh", "pol": "pl", "dut": "nl", "dan": "da", "swe": "sv", "nor": "no", "fin": "fi", "hun": "hu"},
    **{"cze": "cs", "tur": "tr", "kor": "ko", "heb": "he", "ara": "ar", "ukr": "uk", "rum": "ro", "gre": "el"},
}  # MARC codes, as PubMed writes them -> BCP 47


def read_pubmed(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield the document of one `<PubmedArticle>`."""
    root = parse_piece(piece)
    citation = root.find("MedlineCitation")
    article = None if citation is None else citation.find("Article")
    pmid = "" if citation is None else text_of(citation.find("PMID"))
    name = f"pmid-{pmid}" if pmid else piece.place
    if citation is None or article is None:
        yield LeftOut(piece.place, "no text", "no <MedlineCitation> with an <Article> in it", name)
        return
    parts, sections, rights = _abstract(article.find("Abstract"))
    if not parts:
        yield LeftOut(piece.place, "no abstract", "the citation has no abstract", name)
        return
    if options.references and (listed := [c for r in root.iter("Reference") if (c := text_of(r.find("Citation")))]):
        parts.append("## References\n\n" + "\n".join(f"{n}. {one}" for n, one in enumerate(listed, start=1)))
        sections.append("References")
    language = text_of(article.find("Language"))
    # Abstracts of works in other languages are English; a title in brackets was translated.
    yield Document(
        id=name,
        text="\n\n".join(parts),
        title=_title(article),
        domain=options.defaults.get("domain", "") or "pubmed",
        language="en",
        source=options.defaults.get("source", "") or "PubMed",
        license=(licence_name(rights) if rights else "") or options.defaults.get("license", ""),
        date=_date(article, citation),
        sections=tuple(sections),
        metadata=_metadata(root, citation, article, pmid, language),
    )


def _title(article: Element) -> str:
    title = text_of(article.find("ArticleTitle")) or text_of(article.find("VernacularTitle"))
    if title.startswith("[") and title.rstrip(".").endswith("]"):
        title = title.rstrip(".")[1:-1]
    return title


def _abstract(abstract: Element | None) -> tuple[list[str], list[str], str]:
    """Return the paragraphs, their headings and the statement of rights."""
    parts: list[str] = []
    sections: list[str] = []
    if abstract is None:
        return parts, sections, ""
    for one in abstract.iterfind("AbstractText"):
        text = text_of(one)
        if not text:
            continue
        label = one.get("Label") or ""
        if label and label.upper() != "UNLABELLED":
            heading = label.capitalize() if label.isupper() else label
            sections.append(heading)
            parts.append(f"## {heading}\n\n{text}")
        else:
            parts.append(text)
    return parts, sections, text_of(abstract.find("CopyrightInformation"))


def _date(article: Element, citation: Element) -> str:
    """Return the date of the journal's issue, else of the electronic article, else of the record."""
    issue = article.find("Journal/JournalIssue/PubDate")
    for one in (issue, article.find("ArticleDate"), citation.find("DateCompleted")):
        if one is None:
            continue
        if year := text_of(one.find("Year")):
            return iso_date(year, text_of(one.find("Month")), text_of(one.find("Day")))
        if found := re.search(r"\b(1[89]|20)\d\d\b", text_of(one.find("MedlineDate"))):
            return found[0]
    return ""


def _metadata(root: Element, citation: Element, article: Element, pmid: str, language: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"pmid": pmid}
    for one in root.iterfind("PubmedData/ArticleIdList/ArticleId"):
        kind = one.get("IdType")
        if kind in ("doi", "pmc") and one.text:
            metadata["pmcid" if kind == "pmc" else "doi"] = one.text.strip()
    if journal := text_of(article.find("Journal/Title")):
        metadata["journal"] = journal
    if mesh := [text_of(one) for one in citation.iterfind("MeshHeadingList/MeshHeading/DescriptorName")]:
        metadata["mesh"] = mesh
    if words := [w for one in citation.iterfind("KeywordList/Keyword") if (w := text_of(one))]:
        metadata["keywords"] = words
    if kinds := [text_of(one) for one in article.iterfind("PublicationTypeList/PublicationType")]:
        metadata["publication_types"] = kinds
    if language and language != "eng":
        metadata["article_language"] = LANGUAGES.get(language, language)
    return metadata
