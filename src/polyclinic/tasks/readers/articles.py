"""Articles in XML: PubMed records (PubmedArticle) and full texts in JATS (article)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.readers.xml_parts import elements, plain, text_of
from polyclinic.tasks.source import Source

ARTICLE = frozenset({"PubmedArticle", "article"})


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield a row for each article: pmid, title, abstract, body, sections, keywords, mesh, journal, year.

    `sections` is heading -> text: the labelled parts of a PubMed abstract, or the sections of a full text.
    """
    for found in elements(file, ARTICLE):
        if isinstance(found, Bad):
            yield found
            continue
        number, element = found
        article = plain(element)
        fields = _pubmed(article) if article.tag == "PubmedArticle" else _jats(article)
        place = f"{file}, article {number}"
        if fields["title"] or fields["abstract"] or fields["body"]:
            yield Row(place, {name: value for name, value in fields.items() if value})
        else:
            yield Bad(place, "the article has neither title nor abstract nor body")


def _pubmed(article: Any) -> dict[str, Any]:
    parts = article.findall(".//Abstract/AbstractText")
    return {
        "pmid": article.findtext(".//PMID") or "",
        "title": text_of(article.find(".//ArticleTitle")),
        "abstract": " ".join(text_of(part) for part in parts),
        "body": "",
        "sections": {part.get("Label"): text_of(part) for part in parts if part.get("Label")},
        "keywords": [text_of(word) for word in article.findall(".//Keyword")],
        "mesh": [text_of(word) for word in article.findall(".//MeshHeading/DescriptorName")],
        "journal": text_of(article.find(".//Journal/Title")),
        "year": article.findtext(".//PubDate/Year") or "",
    }


def _jats(article: Any) -> dict[str, Any]:
    ids = {mark.get("pub-id-type"): text_of(mark) for mark in article.findall(".//article-meta/article-id")}
    sections = {}
    for section in article.findall("./body/sec"):
        title = section.find("title")
        whole = text_of(section)
        sections[text_of(title)] = whole.removeprefix(text_of(title)).strip()
    return {
        "pmid": ids.get("pmid", ""),
        "pmcid": ids.get("pmc", ids.get("pmcid", "")),
        "title": text_of(article.find(".//article-meta//article-title")),
        "abstract": text_of(article.find(".//article-meta/abstract")),
        "body": text_of(article.find("./body")),
        "sections": sections,
        "keywords": [text_of(word) for word in article.findall(".//article-meta//kwd")],
        "mesh": [],
        "journal": text_of(article.find(".//journal-meta//journal-title")),
        "year": text_of(article.find(".//article-meta/pub-date/year")),
    }
