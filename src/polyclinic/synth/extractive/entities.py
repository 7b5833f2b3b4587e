"""Entities: medical-looking terms of a text, found by their endings, their last words, capitals and codes."""

from __future__ import annotations

import re

from polyclinic.synth.extractive.passages import ENDINGS, Passages
from polyclinic.synth.extractive.vocabulary import vocabulary

MOST_TERMS = 24
READ_CHARACTERS = 8_000
MOST_MODIFIERS = 2  # words before the last word of a term
_ADJECTIVE = re.compile(r"(?:al|ic|ous|ive|ary|ar|ory|ant|ent|oid|less|ial|ian|ine|ile|genic|itial)$")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9'’/-]*[A-Za-z0-9]|[A-Za-z]|[0-9]+(?:\.[0-9]+)?|[.,;:!?()\[\]|•\n]")
_CODE = re.compile(r"\b[A-TV-Z][0-9][0-9A-Z]\.[0-9A-Z]{1,4}\b")
_ACRONYM = re.compile(r"(?![A-Z]\d{1,2}$)[A-Z][A-Za-z]?[A-Z0-9][A-Za-z0-9-]{0,5}$|HbA1c$")


def list_entities(passages: Passages) -> str:
    """Return the medical terms of a document, one a line after a dash, in the order they appear; empty when none."""
    sentences = [*(s.text for s in passages.sentences), *(t.text for t in passages.turns)]
    terms = find_terms("\n".join([passages.topic, *sentences])[:READ_CHARACTERS])
    # The title is the surest term, unless it is a sentence or names a part of a text.
    topic = passages.short_topic
    if topic and len(topic.split()) <= 5 and topic.lower() not in vocabulary().general_headings:
        terms = [topic, *(t for t in terms if t.lower() != topic.lower())]
    return "\n".join(f"- {term}" for term in terms[:MOST_TERMS])


def find_terms(text: str) -> list[str]:
    """Return the medical-looking terms of a text, each once, in the order they appear and as they are written."""
    words = vocabulary()
    found: dict[str, str] = {}
    for code in _CODE.findall(text):
        found.setdefault(code.lower(), code)
    tokens = _TOKEN.findall(text)
    plain = [t.lower() for t in tokens]
    for i, word in enumerate(plain):
        token = tokens[i]
        if 2 <= len(token) <= 8 and token[0].isupper() and _is_acronym(tokens, i):
            found.setdefault(word, token)
            continue
        is_term = word in words.heads or (len(word) > 6 and ENDINGS.search(word) and word not in words.not_terms)
        if not is_term:
            continue
        if i + 1 < len(plain) and plain[i + 1] in words.heads:
            continue  # the last word of this term comes next
        first = i
        while first and i - first < MOST_MODIFIERS and _modifies(tokens, plain, first - 1):
            first -= 1
        if first > 1 and plain[first - 2] == "type" and tokens[first - 1] in ("1", "2", "I", "II"):
            first -= 2
        if first == i and word in words.need_a_modifier:
            continue
        # A capital that only opens the sentence is not part of the term.
        opens = first == 0 or plain[first - 1] in ".!?:•\n"
        term = " ".join(tokens[first : i + 1])
        if opens and term[1:].islower():
            term = term[0].lower() + term[1:]
        found.setdefault(term.lower(), term)
    return list(found.values())


def _modifies(tokens: list[str], plain: list[str], i: int) -> bool:
    word, words = plain[i], vocabulary()
    if len(word) < 3 or not word[0].isalpha() or word in words.no_modifiers or word.endswith(("ly", "'s", "ing")):
        return False
    if word in words.modifiers or word in words.heads or ENDINGS.search(word) or _ADJECTIVE.search(word):
        return True
    # A name in the middle of a sentence: Horner syndrome.
    return tokens[i][0].isupper() and i > 0 and plain[i - 1] not in ".!?:•\n"


def _is_acronym(tokens: list[str], i: int) -> bool:
    token = tokens[i]
    if token in vocabulary().not_acronyms or not _ACRONYM.match(token):
        return False
    # In a line of capitals no word is an acronym.
    around = [t for t in tokens[max(0, i - 2) : i + 3] if t[0].isalpha() and t is not token]
    return not token.isalpha() or not around or not all(t.isupper() for t in around)
