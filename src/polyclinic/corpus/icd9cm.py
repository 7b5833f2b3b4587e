"""ICD-9-CM as documents: diagnoses and procedures of CMS's last release (version 32, October 2014)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field

from polyclinic.corpus.code_pages import CodePage, CodePageSettings, CodeSet, table_text, write_code_pages
from polyclinic.errors import UserError
from polyclinic.step_settings import SourcePath
from polyclinic.steps import Work, step_kind

DIAGNOSIS = re.compile(r"^\s*([0-9]{3,5}|V[0-9]{2,4}|E[0-9]{3,4})\s+(\S.*?)\s*$")
PROCEDURE = re.compile(r"^\s*([0-9]{2,4})\s+(\S.*?)\s*$")
# Chapters of the tabular lists: first and last category, name.
DIAGNOSIS_CHAPTERS = (
    ("001", "139", "Infectious and parasitic diseases"),
    ("140", "239", "Neoplasms"),
    ("240", "279", "Endocrine, nutritional and metabolic diseases, and immunity disorders"),
    ("280", "289", "Diseases of the blood and blood-forming organs"),
    ("290", "319", "Mental disorders"),
    ("320", "389", "Diseases of the nervous system and sense organs"),
    ("390", "459", "Diseases of the circulatory system"),
    ("460", "519", "Diseases of the respiratory system"),
    ("520", "579", "Diseases of the digestive system"),
    ("580", "629", "Diseases of the genitourinary system"),
    ("630", "679", "Complications of pregnancy, childbirth, and the puerperium"),
    ("680", "709", "Diseases of the skin and subcutaneous tissue"),
    ("710", "739", "Diseases of the musculoskeletal system and connective tissue"),
    ("740", "759", "Congenital anomalies"),
    ("760", "779", "Certain conditions originating in the perinatal period"),
    ("780", "799", "Symptoms, signs, and ill-defined conditions"),
    ("800", "999", "Injury and poisoning"),
    ("V01", "V91", "Factors influencing health status and contact with health services"),
    ("E000", "E999", "External causes of injury and poisoning"),
)
PROCEDURE_CHAPTERS = (
    ("00", "00", "Procedures and interventions, not elsewhere classified"),
    ("01", "05", "Operations on the nervous system"),
    ("06", "07", "Operations on the endocrine system"),
    ("08", "16", "Operations on the eye"),
    ("17", "17", "Other miscellaneous diagnostic and therapeutic procedures"),
    ("18", "20", "Operations on the ear"),
    ("21", "29", "Operations on the nose, mouth, and pharynx"),
    ("30", "34", "Operations on the respiratory system"),
    ("35", "39", "Operations on the cardiovascular system"),
    ("40", "41", "Operations on the hemic and lymphatic system"),
    ("42", "54", "Operations on the digestive system"),
    ("55", "59", "Operations on the urinary system"),
    ("60", "64", "Operations on the male genital organs"),
    ("65", "71", "Operations on the female genital organs"),
    ("72", "75", "Obstetrical procedures"),
    ("76", "84", "Operations on the musculoskeletal system"),
    ("85", "86", "Operations on the integumentary system"),
    ("87", "99", "Miscellaneous diagnostic and therapeutic procedures"),
)


class Icd9cmSettings(CodePageSettings):
    """Which codes, from which files, as which text."""

    diagnoses: SourcePath | None = Field(
        None, description="CMS file CMS32_DESC_LONG_DX.txt, or CMS32_DESC_LONG_SHORT_DX.xlsx"
    )
    procedures: SourcePath | None = Field(
        None, description="CMS file CMS32_DESC_LONG_SG.txt, or CMS32_DESC_LONG_SHORT_SG.xlsx"
    )


def check_icd9cm(settings: Icd9cmSettings) -> None:
    """Raise UserError when there is no file."""
    if settings.diagnoses is None and settings.procedures is None:
        raise UserError("corpus.icd9cm: give `diagnoses`, `procedures` or both; CMS publishes them as ICD-9-CM v32")


@step_kind("corpus.icd9cm", Icd9cmSettings, output="documents", version=1, check=check_icd9cm)
def icd9cm(settings: Icd9cmSettings, work: Work) -> None:
    """Make a document of each ICD-9-CM code: description, abbreviation, place in the tree, neighbours.

    Source: the public-domain files of CMS.
    """
    check_icd9cm(settings)
    pages: list[CodePage] = []
    if settings.diagnoses is not None:
        rows = _read(settings.diagnoses, DIAGNOSIS)
        pages += _pages(rows, DIAGNOSIS_CHAPTERS, 3, "diagnosis")
    if settings.procedures is not None:
        rows = _read(settings.procedures, PROCEDURE)
        # The dot tells a procedure (25.01) from a diagnosis of the same digits (250.1).
        pages += _pages(rows, PROCEDURE_CHAPTERS, 2, "procedure")
    write_code_pages(CodeSet("ICD-9-CM", "icd9cm", "2014", "public-domain", pages), settings, work)


def _pages(
    rows: dict[str, tuple[str, str]], chapters: Sequence[tuple[str, str, str]], stem: int, kind: str
) -> Iterator[CodePage]:
    groups: dict[str, list[str]] = {}
    for code in rows:
        groups.setdefault(code[: _stem(code, stem)], []).append(code)
    for code, (description, short) in rows.items():
        above = next((code[:n] for n in range(len(code) - 1, stem - 1, -1) if code[:n] in rows), "")
        category = code[: _stem(code, stem)]
        chapter = next(((f"{a}-{b}", name) for a, b, name in chapters if a <= category <= b), ("", "no chapter"))
        below = [one for one in groups[category] if one.startswith(code) and one != code]
        beside = [one for one in groups[category] if one != code and not one.startswith(code)]
        path = [(_dotted(above, stem), rows[above][0])] if above else []
        yield CodePage(
            code=_dotted(code, stem),
            description=description,
            path=(*path, ("", f"category {category}"), ("", f"chapter {chapter[0]} ({chapter[1]})")),
            leaf=not below,
            lines=(f"It is a {kind} code.", *((f"Abbreviated: {short}.",) if short and short != description else ())),
            related=tuple(
                (lead, tuple((_dotted(one, stem), rows[one][0]) for one in found))
                for lead, found in (("It is divided into", below), ("Other codes of its category", beside))
                if found
            ),
            metadata={"kind": kind, "chapter": chapter[0], "chapter_description": chapter[1]},
        )


def _stem(code: str, stem: int) -> int:
    return 4 if code.startswith("E") else stem


def _dotted(code: str, stem: int) -> str:
    at = _stem(code, stem)
    return code if len(code) <= at else f"{code[:at]}.{code[at:]}"


def _read(path: Path, line_form: re.Pattern[str]) -> dict[str, tuple[str, str]]:
    """Return code (without dot) -> (description, abbreviation); raises UserError for lines of another form."""
    if path.suffix.lower() == ".xlsx":
        return _read_sheet(path)
    found = {}
    for number, line in enumerate(table_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        match = line_form.match(line)
        if match is None:
            raise UserError(f"{path}:{number}: expected a code without dot and its description, found {line[:60]!r}")
        found[match[1]] = (match[2], "")
    if not found:
        raise UserError(f"{path}: no code in it; expected a file of CMS's ICD-9-CM v32")
    return found


def _read_sheet(path: Path) -> dict[str, tuple[str, str]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    found = {}
    for row in book.worksheets[0].iter_rows(min_row=2, max_col=3, values_only=True):
        code, long, short = ("" if value is None else str(value).strip() for value in (*row, None, None, None)[:3])
        if code and long:
            found[code] = (" ".join(long.split()), " ".join(short.split()))
    book.close()
    if not found:
        raise UserError(f"{path}: no code in it; expected columns code, long description, short description")
    return found
