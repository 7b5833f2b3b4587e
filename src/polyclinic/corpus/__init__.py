"""Text comes in, documents go out: from the user's files, from the ICD-10-CM tables, from the package itself."""

from polyclinic.corpus.atc import atc
from polyclinic.corpus.clean import clean
from polyclinic.corpus.decontaminate import decontaminate
from polyclinic.corpus.deduplicate import deduplicate
from polyclinic.corpus.deidentification.step import deidentify
from polyclinic.corpus.demonstration import demonstration
from polyclinic.corpus.hub import hub
from polyclinic.corpus.icd9cm import icd9cm
from polyclinic.corpus.icd10cm import icd10cm
from polyclinic.corpus.icd10pcs import icd10pcs
from polyclinic.corpus.invented_notes import invented_notes
from polyclinic.corpus.read import read

__all__ = [
    "atc",
    "clean",
    "decontaminate",
    "deduplicate",
    "deidentify",
    "demonstration",
    "hub",
    "icd9cm",
    "icd10cm",
    "icd10pcs",
    "invented_notes",
    "read",
]
