"""Clinical notes about people who do not exist, with their identifiers labelled."""

from polyclinic.corpus.invented_notes.notes import invented_notes

__all__ = ["invented_notes"]
