"""Institutions, towns and streets."""
