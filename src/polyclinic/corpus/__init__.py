"""Text comes in, documents go out: read them from files, or make them from the ICD-10-CM tables."""

from polyclinic.corpus.icd10cm import icd10cm

__all__ = ["icd10cm"]
