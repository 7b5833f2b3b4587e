"""Dates in digits and words, holidays, days alone; how they are moved."""
