"""Validation sets of multiple-choice items, on the topics by which MediPhi's merges were chosen."""
