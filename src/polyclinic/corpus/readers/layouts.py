"""Published tables of clinical text: how a row of each becomes a document. The user's own copies are read.

| layout | file | source |
|---|---|---|
| mtsamples | mtsamples.csv | transcribed sample reports, MTSamples (no formal licence) |
| pmc_patients | PMC-Patients.csv, PMC-Patients-V2.json | patient summaries from case reports (Zhao et al. 2023) |
| asclepius | synthetic.csv | synthetic discharge notes (Kweon et al. 2023) |
| mimic_note | discharge.csv.gz, radiology.csv.gz | MIMIC-IV-Note 2.2, PhysioNet credentialed |
| epfl_guidelines | open_guidelines.jsonl | epfl-llm/guidelines, the set of Meditron (Chen et al. 2023) |
| medical_wikipedia | rows of paragraphs | jpcorb20/medical_wikipedia |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece, Row
from polyclinic.corpus.readers.plain import headings
from polyclinic.corpus.readers.rows import as_text, needed, plain_value, read_layout
from polyclinic.records import Document

# In MTSamples a section begins as `SUBJECTIVE:,` and lines were joined by commas.
DICTATED = re.compile(r"(?:^|(?<=[.,;]))\s*([A-Z][A-Z0-9 /&()'-]{2,60}):\s*,?\s*")
# The sources of the guidelines that the set's card marks as free to pass on, with their licences.
GUIDELINE_LICENCES = {
    **{"wikidoc": "CC-BY-SA-3.0", "who": "CC-BY-NC-SA-3.0", "cdc": "public-domain", "cma": "CC-BY-NC-ND-4.0"},
    **{"icrc": "LicenseRef-ICRC", "nice": "LicenseRef-NICE-UK-Open-Content", "cco": "LicenseRef-CCO"},
    **{"spor": "LicenseRef-SPOR"},
}
MIMIC_LICENCE = "LicenseRef-PhysioNet-Credentialed-Health-Data-1.5.0"


def read_mtsamples(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield a document for each row of MTSamples; one report may stand under several specialties."""

    def layout(row: Row, place: str) -> Row:
        text = needed(row, "transcription")
        parts, sections, at = [], [], 0
        for found in DICTATED.finditer(text):
            parts.append(text[at : found.start()].strip(" ,\n"))
            sections.append(found[1].strip().capitalize())
            parts.append(f"## {sections[-1]}")
            at = found.end()
        parts.append(text[at:].strip(" ,\n"))
        number = as_text(row.get("")) or as_text(row.get("Unnamed: 0"))
        return {
            "id": f"mtsamples-{number}" if number else f"mtsamples-{place}",
            "text": "\n\n".join(part for part in parts if part),
            "title": as_text(row.get("sample_name")) or as_text(row.get("description")),
            "domain": "clinical",
            "source": "MTSamples",
            "sections": sections,
            "metadata": {
                "specialty": as_text(row.get("medical_specialty")),
                "description": as_text(row.get("description")),
                "keywords": [word.strip() for word in as_text(row.get("keywords")).split(",") if word.strip()],
            },
        }

    yield from read_layout(piece, options, layout)


def read_pmc_patients(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield a document for each patient of PMC-Patients; `file_path` names the article whose licence counts."""

    def layout(row: Row, place: str) -> Row:
        text = needed(row, "patient")
        name = needed(row, "patient_uid", "patient_id")
        metadata = {key: plain_value(row[key]) for key in ("PMID", "age", "gender", "file_path") if row.get(key)}
        return {
            "id": f"pmc-patients-{name}",
            "text": text,
            "title": as_text(row.get("title")),
            "domain": "clinical",
            "source": "PMC-Patients",
            "license": as_text(row.get("license")) or options.defaults.get("license") or "CC-BY-NC-SA-4.0",
            "metadata": {**metadata, "patient": name},
        }

    yield from read_layout(piece, options, layout)


def read_asclepius(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield the note of each row of Asclepius; its question and answer are no part of the document."""

    def layout(row: Row, place: str) -> Row:
        name = as_text(row.get("patient_id")) or as_text(row.get("id"))
        return {
            "id": f"asclepius-{name}" if name else f"asclepius-{place}",
            "text": needed(row, "note"),
            "domain": "clinical",
            "source": "Asclepius",
            "license": options.defaults.get("license") or "CC-BY-NC-SA-4.0",
            "metadata": {"patient": name, "task": as_text(row.get("task"))},
        }

    yield from read_layout(piece, options, layout)


def read_mimic_note(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield a document for each note of MIMIC-IV-Note; the patient is `subject_id`, so that dates shift together."""
    kinds = {"DS": "Discharge summary", "AD": "Discharge summary addendum", "RR": "Radiology report"}
    kinds["AR"] = "Radiology report addendum"

    def layout(row: Row, place: str) -> Row:
        kind = as_text(row.get("note_type"))
        return {
            "id": f"mimic-{needed(row, 'note_id')}",
            "text": needed(row, "text"),
            "title": kinds.get(kind, kind),
            "domain": "clinical",
            "date": as_text(row.get("charttime")).replace(" ", "T")[:19],
            "source": "MIMIC-IV-Note",
            "license": MIMIC_LICENCE,
            "metadata": {"patient": needed(row, "subject_id"), "encounter": as_text(row.get("hadm_id"))},
        }

    yield from read_layout(piece, options, layout)


def read_epfl_guidelines(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield a document for each guideline; only sources whose licence is known have one."""

    def layout(row: Row, place: str) -> Row:
        text = needed(row, "clean_text", "raw_text", "text")
        source = as_text(row.get("source"))
        metadata = {key: as_text(row.get(key)) for key in ("url", "overview") if as_text(row.get(key))}
        return {
            "id": f"guidelines-{as_text(row.get('id')) or place}",
            "text": text,
            "title": as_text(row.get("title")),
            "domain": "guidelines",
            "source": f"epfl-llm/guidelines: {source}" if source else "epfl-llm/guidelines",
            "license": GUIDELINE_LICENCES.get(source.casefold(), "") or options.defaults.get("license", ""),
            "sections": headings(text),
            "metadata": metadata,
        }

    yield from read_layout(piece, options, layout)


def read_medical_wikipedia(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield a document for each paragraph; `joined_paragraphs` makes articles of them."""

    def layout(row: Row, place: str) -> Row:
        title = as_text(row.get("title")) or as_text(row.get("page_title")) or as_text(row.get("article"))
        heading = as_text(row.get("section")) or as_text(row.get("section_title")) or as_text(row.get("heading"))
        return {
            "id": f"medical-wikipedia-{as_text(row.get('id')) or place}",
            "text": needed(row, "text", "paragraph", "content"),
            "title": title,
            "domain": "medwiki",
            "source": "Wikipedia",
            "license": options.defaults.get("license") or "CC-BY-SA-4.0",
            "sections": [heading] if heading and heading != title else [],
            "metadata": {"url": as_text(row.get("url"))} if row.get("url") else {},
        }

    yield from read_layout(piece, options, layout)


def joined_paragraphs(made: Iterator[tuple[str, Made]]) -> Iterator[tuple[str, Made]]:
    """Yield documents, those that follow each other under one title as one, with their headings."""
    place, parts = "", list[Document]()

    def article() -> Iterator[tuple[str, Made]]:
        if parts:
            texts, sections = [], list[str]()
            for part in parts:
                heading = part.sections[0] if part.sections else ""
                if heading and heading != (sections[-1] if sections else ""):
                    sections.append(heading)
                    texts.append(f"## {heading}")
                texts.append(part.text)
            yield place, replace(parts[0], text="\n\n".join(texts), sections=tuple(sections))
            parts.clear()

    for here, one in made:
        if isinstance(one, LeftOut):
            yield here, one
            continue
        if parts and (one.title != parts[0].title or not one.title):
            yield from article()
        place = place if parts else here
        parts.append(one)
    yield from article()
