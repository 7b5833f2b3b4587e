"""Clinical reports divided by their headings: EXAMINATION, INDICATION, FINDINGS, IMPRESSION and others.

For radiology the modality and the body region follow the MedS-Ins recipe: both are read off EXAMINATION, the region
is the first hit of chest, head and neck, brain, abdomen, pelvis, spine.
"""

from __future__ import annotations

import re

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source

HEADING = re.compile(r"^[ \t]*([A-Z][A-Z /&_-]{2,40}?)[ \t]*:[ \t]*", re.MULTILINE)
MODALITIES = {
    "mri": r"\bMRI?\b|\bMRA\b|\bMAGNETIC\b",
    "ct": r"\bCTA?\b|\bCOMPUTED TOMOGRAPHY\b",
    "ultrasound": r"\bULTRASOUND\b|\bUS\b|\bSONOGRA|\bDOPPLER\b",
    "mammogram": r"\bMAMMO",
    "angiography": r"\bANGIO",
    "fluoroscopy": r"\bFLUORO",
    "pathology": r"\bPATHOLOG",
}
REGIONS = {
    "chest": r"\bCHEST\b|\bTHORAX\b|\bLUNG",
    "head_and_neck": r"\bHEAD AND NECK\b|\bNECK\b|\bSINUS|\bORBIT|\bFACE\b|\bFACIAL\b",
    "brain": r"\bBRAIN\b|\bHEAD\b",
    "abdomen": r"\bABD",
    "pelvis": r"\bPELVI",
    "spine": r"\bSPINE\b|\bSPINAL\b|\bCERVICAL\b|\bLUMBAR\b|\bTHORACIC SPINE\b",
}


def normalise(row: Row, source: Source) -> Row | Bad:
    """Return the row with sections (by lower-case heading), and each section as a field; modality and region."""
    text = row.fields.get("text")
    if not isinstance(text, str):
        return Bad(row.place, f"field 'text' is missing; found {', '.join(row.fields)}", str(row.fields))
    sections = sections_of(text)
    examination = sections.get("examination", sections.get("exam", "")).upper()
    fields = row.fields
    fields["sections"] = sections
    fields["modality"] = _first(MODALITIES, examination)
    fields["region"] = _first(REGIONS, examination)
    for name, content in sections.items():
        if content:
            fields.setdefault(re.sub(r"\W+", "_", name).strip("_"), content)
    return row


def sections_of(text: str) -> dict[str, str]:
    """Return heading (lower case) -> content with white space folded; of headings that repeat, the first counts."""
    marks = list(HEADING.finditer(text))
    sections: dict[str, str] = {}
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=False):
        sections.setdefault(mark.group(1).strip().lower(), " ".join(text[mark.end() : end].split()))
    return sections


def _first(patterns: dict[str, str], text: str) -> str:
    return next((name for name, pattern in patterns.items() if re.search(pattern, text)), "")
