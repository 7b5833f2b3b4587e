"""Polyclinic turns a small open language model into a clinical one, and proves it.

The folders of this package are the way the data takes: corpus, synth, train, merge, evals, report; `tasks` is the
catalog they all read. See docs/architecture.md.
"""

__version__ = "0.1.0"
