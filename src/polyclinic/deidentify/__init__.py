"""De-identification: a text goes in; out come where identifiers stand in it, surrogates for them, and what is suspicious.

    load_rules              the rule layer of a language: dates, names, places, numbers
    Surrogates              what stands in place of each identifier; the same for the same patient and key
    suspicions              what may be left; a document with any goes to no remote teacher

This room knows nothing about documents or tasks, and sends nothing anywhere.
"""

from polyclinic.deidentify.detect import Rules, load_rules
from polyclinic.deidentify.spans import TYPES, Span

__all__ = ["TYPES", "Rules", "Span", "load_rules"]
