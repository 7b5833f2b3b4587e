"""Concepts that two texts share: CLUE's UMLS F1, over a list of terms of the user's own.

UMLS may not be passed on, so no list comes along. A text's concepts are the codes of the terms that stand in it, the
longest first from left to right; words are letters and digits in any case. Where several codes have one term, the
first in the file counts, as CLUE takes a linker's first candidate. Source: Dada et al. 2024 (CLUE, eval/utils.py),
where scispaCy links; figures by another list or linker are not the same figures.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.evals.scoring.measured import Measured
from polyclinic.records import read_json_lines

_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 12  # of a term; longer ones are descriptions
NO_TERMS = "no list of terms was given (concepts: a file of codes and terms, or MRCONSO.RRF)"
CODE_NAMES, TERM_NAMES = ("code", "cui"), ("term", "str", "name")
# Columns of UMLS's MRCONSO.RRF: concept, language, string, suppressed or not.
RRF_CODE, RRF_LANGUAGE, RRF_TERM, RRF_SUPPRESSED, RRF_COLUMNS = 0, 1, 14, 16, 18


@dataclass(frozen=True)
class Terms:
    """Terms and their codes."""

    codes: dict[str, str]  # words with one space between them -> code
    starts: dict[str, int]  # first word -> words of the longest term that begins with it

    def find(self, text: str) -> frozenset[str]:
        """Return the codes of the terms in a text."""
        words = [word.casefold() for word in _WORD.findall(text)]
        found = set()
        place = 0
        while place < len(words):
            length = min(self.starts.get(words[place], 0), len(words) - place)
            while length and (code := self.codes.get(" ".join(words[place : place + length]))) is None:
                length -= 1
            if length:
                found.add(code)
            place += length or 1
        return frozenset(code for code in found if code is not None)


def read_terms(path: Path) -> Terms:
    """Return the terms of a file.

    Args:
        path: csv or tsv with the columns code and term; jsonl with `code` and `term` or a list `terms`; or UMLS's
            MRCONSO.RRF, of which English strings that are not suppressed are taken.

    Raises UserError, naming file and line, for another layout, and for a file without a term.
    """
    codes: dict[str, str] = {}
    starts: dict[str, int] = {}
    for code, term in _pairs(path):
        words = [word.casefold() for word in _WORD.findall(term)]
        if words and len(words) <= MOST_WORDS:
            codes.setdefault(" ".join(words), code)
            starts[words[0]] = max(starts.get(words[0], 0), len(words))
    if not codes:
        raise UserError(f"{path}: no terms here; expected codes and terms")
    return Terms(codes, starts)


def score_concepts(text: str, references: list[str], terms: Terms | None, published: bool = False) -> list[Measured]:
    """Return umls_f1, umls_precision and umls_recall of a text, by the best of its references.

    Nothing to find and nothing found is 1 (as published 0); an empty text is 0. Without terms there is one metric
    without a value.
    """
    if terms is None:
        return [Measured("umls_f1", None, NO_TERMS)]
    said = terms.find(text)
    best = (0.0, 0.0, 0.0)
    for wanted in [terms.find(reference) for reference in references] if text.strip() else []:
        if not said and not wanted and not published:
            best = (1.0, 1.0, 1.0)
        elif shared := len(said & wanted):
            best = max(best, (2 * shared / (len(said) + len(wanted)), shared / len(said), shared / len(wanted)))
    names = ("umls_f1", "umls_precision", "umls_recall")
    return [Measured(name, value) for name, value in zip(names, best, strict=True)]


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    name = path.name.casefold()
    if name.endswith((".jsonl", ".jsonl.gz")):
        for where, row in read_json_lines(path):
            code, terms = row.get("code"), row.get("terms", row.get("term"))
            listed = [terms] if isinstance(terms, str) else terms
            if (
                not isinstance(code, str)
                or not isinstance(listed, list)
                or not all(isinstance(t, str) for t in listed)
            ):
                raise UserError(f"{where}: expected `code`, and `term` or a list `terms`")
            for term in listed:
                yield code, term
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from _rrf(path, stream) if name.endswith(".rrf") else _table(path, stream)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    except csv.Error as error:
        raise UserError(f"{path}: broken csv: {error}") from error


def _rrf(path: Path, stream: Iterator[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(stream, start=1):
        cells = line.rstrip("\n").split("|")
        if len(cells) < RRF_COLUMNS:
            raise UserError(f"{path}:{number}: expected the {RRF_COLUMNS} columns of MRCONSO.RRF, found {len(cells)}")
        if cells[RRF_LANGUAGE] == "ENG" and cells[RRF_SUPPRESSED] == "N":
            yield cells[RRF_CODE], cells[RRF_TERM]


def _table(path: Path, stream: Iterator[str]) -> Iterator[tuple[str, str]]:
    rows = csv.reader(stream, delimiter="\t" if path.name.casefold().endswith((".tsv", ".txt")) else ",")
    header = [cell.strip().casefold() for cell in next(rows, [])]
    places = [
        next((header.index(name) for name in names if name in header), None) for names in (CODE_NAMES, TERM_NAMES)
    ]
    code, term = places
    if code is None or term is None:
        raise UserError(f"{path}:1: expected the columns code and term, found {', '.join(header) or 'nothing'}")
    for row in rows:
        if row and len(row) != len(header):
            raise UserError(f"{path}:{rows.line_num}: the row has {len(row)} cells, the header {len(header)}")
        if row:
            yield row[code], row[term]
