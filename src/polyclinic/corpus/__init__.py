"""Text comes in, documents go out: from the user's files, from the ICD-10-CM tables, from the package itself."""

from polyclinic.corpus.decontaminate import decontaminate
from polyclinic.corpus.clean import clean
from polyclinic.corpus.deduplicate import deduplicate
from polyclinic.corpus.deidentification.step import deidentify
from polyclinic.corpus.demonstration import demonstration
from polyclinic.corpus.icd10cm import icd10cm
from polyclinic.corpus.invented_notes import invented_notes
from polyclinic.corpus.read import read

__all__ = ["clean", "decontaminate", "deduplicate", "deidentify", "demonstration", "icd10cm", "invented_notes", "read"]
