"""De-identification of corpora: a kind, its page, and the measure of it on labelled notes.

What is an identifier, and what stands in its place, is the business of `polyclinic.deidentify`.
"""
