"""The tagger: which words of a text are names of people, by weights learnt from labelled notes.

A text comes in; its words come out with the shares that the weights give to name, institution, town and street.
`features.py` says what is looked at, `weights.py` what comes along, `training.py` how it was learnt, `names.py` which
words are taken for names. The compiled kernel does the counting; without it Python does the same, more slowly.
"""
