"""The tagger: which words and numbers of a text identify somebody, by weights learnt from labelled notes.

A text comes in; its words and numbers come out with the shares that the weights give to name, institution, town,
street, date, number and age. `features.py` says what is looked at, `weights.py` what comes along, `teaching.py` how
it was learnt, `names.py`, `numbers.py`, `spelled_names.py` and `typists.py` what is taken for one. The compiled
kernel does the counting; without it Python does the same, more slowly.
"""
