"""De-identification: a text goes in; out come surrogates for its identifiers, and what may still be one.

    load_rules      the rule layer of a language: dates, names, places, numbers
    Deidentifier    rules and further layers, surrogates, the residual gate
    guard_for       the guard of remote teachers, for `polyclinic.llm`

This room knows nothing about documents or tasks, and sends nothing anywhere.
"""

from polyclinic.deidentify.detect import Rules, load_rules
from polyclinic.deidentify.gate.suspicions import Suspicion, suspicions
from polyclinic.deidentify.guard import Deidentified, Deidentifier, guard_for, held_back, ledger_of
from polyclinic.deidentify.language import load_words
from polyclinic.deidentify.measure import Counts, wilson
from polyclinic.deidentify.secret import mark_of, read_secret
from polyclinic.deidentify.spans import TYPES, Span
from polyclinic.deidentify.surrogates import Surrogates

__all__ = [
    "TYPES",
    "Counts",
    "Deidentified",
    "Deidentifier",
    "Rules",
    "Span",
    "Surrogates",
    "Suspicion",
    "guard_for",
    "held_back",
    "ledger_of",
    "load_rules",
    "load_words",
    "mark_of",
    "read_secret",
    "suspicions",
    "wilson",
]
