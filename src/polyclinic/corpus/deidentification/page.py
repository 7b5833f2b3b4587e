"""The page of a de-identified corpus: counts by type, what was held back and why, samples with identifiers marked.

The samples are the patients' own text. The page says so, and lies in `local_only/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from markupsafe import Markup

from polyclinic import pages
from polyclinic.corpus.deidentification.job import SAMPLES, Sample

SAFE_HARBOR = {
    **{"name": "A", "address": "B", "city": "B", "zip": "B", "date": "C", "age": "C", "phone": "D", "fax": "E"},
    **{"email": "F", "ssn": "G", "mrn": "H", "health_plan": "I", "account": "J", "license": "K", "vehicle": "L"},
    **{"device": "M", "url": "N", "ip": "O", "biometric": "P", "photo": "Q", "other_id": "R", "institution": "R"},
}


def read_samples(parts: Sequence[Path], count: int) -> list[Sample]:
    """Return the samples of all parts whose hashes are smallest."""
    found: list[Sample] = []
    for part in parts:
        found += msgspec.json.decode((part / SAMPLES).read_bytes(), type=list[Sample])
        found = sorted(found, key=lambda one: (one.order, one.id))[:count]
    return found


def deidentified_page(name: str, counts: Mapping[str, int], samples: Sequence[Sample]) -> str:
    """Return the page as HTML.

    Args:
        name: of the step.
        counts: of all parts.
        samples: documents before and after.
    """
    number = pages.Column
    found = sorted((n.removeprefix("found "), c) for n, c in counts.items() if n.startswith("found "))
    reasons = sorted((n.removeprefix("suspicious: "), c) for n, c in counts.items() if n.startswith("suspicious: "))
    documents = counts.get("documents", 0)
    sections = [
        pages.Section(
            "found",
            "What was replaced",
            [
                pages.table(
                    "Identifiers by type; the letters are those of the Safe Harbor rule, 45 CFR 164.514(b)(2)(i).",
                    [
                        number("type"),
                        number("rule"),
                        number("replaced", number=True),
                        number("per document", number=True),
                    ],
                    [
                        [kind, SAFE_HARBOR.get(kind, ""), f"{count:,}", f"{count / documents:.2f}"]
                        for kind, count in sorted(found, key=lambda item: -item[1])
                    ],
                    sortable=True,
                )
            ],
        ),
        pages.Section(
            "held",
            "What may still hold an identifier",
            [
                pages.paragraph(
                    f"{counts.get('held back', 0):,} of {documents:,} documents were held back, "
                    f"{counts.get('suspicious kept', 0):,} are kept and marked."
                ),
                pages.table(
                    "Documents by reason; one may have several.",
                    [number("reason"), number("documents", number=True)],
                    [[reason, f"{count:,}"] for reason, count in reasons],
                ),
            ],
        ),
    ]
    if samples:
        note = pages.paragraph("These are originals, with the patients' identifiers. Do not hand this page on.")
        shown = [
            pages.folded(
                f"{sample.id}: {len(sample.spans)} identifiers, {len(sample.suspicions)} suspicious places",
                _marked(sample),
                pages.paragraph("After:"),
                pages.preformatted(sample.after),
            )
            for sample in samples
        ]
        sections.append(pages.Section("samples", "Samples", [note, *shown]))
    lead = f"{documents:,} documents read, {counts.get('kept', 0):,} in the artifact."
    return pages.page(f"De-identification: {name}", sections, kicker="corpus.deidentify", lead=lead)


def _marked(sample: Sample) -> Markup:
    """Return the original with what was replaced, and what is suspicious, marked."""
    marks = [(start, end, kind, False) for start, end, kind in sample.spans]
    marks += [(start, end, reason, True) for start, end, reason in sample.suspicions]
    pieces: list[str | Markup] = []
    place = 0
    for start, end, what, suspicious in sorted(marks):
        if start < place:
            continue
        pieces.append(sample.before[place:start])
        text = sample.before[start:end]
        pieces.append(pages.element("strong" if suspicious else "mark", text, title=what))
        pieces.append(pages.element("small", f" {'?' if suspicious else ''}{what} "))
        place = end
    pieces.append(sample.before[place:])
    return pages.element("pre", *pieces)
