"""Summary: the few sentences that say most, in their order.

A sentence scores by how frequent its words are in the whole document (Luhn 1958; SumBasic: Nenkova & Vanderwende
2005), by standing early, and by standing in a section that sums up (assessment, conclusion, plan).
"""

from __future__ import annotations

import re
from collections import Counter

from polyclinic.synth.extractive.passages import Passages, finish
from polyclinic.synth.extractive.vocabulary import vocabulary

MOST_SENTENCES = 3
MOST_WORDS = 90
READ_SENTENCES = 120  # of a long document, from its start
SUMMING_UP = re.compile(
    r"assessment|impression|conclusion|diagnosis|summary|definition|interpretation|recommendation 1$|prognosis", re.I
)
TELLING = re.compile(r"plan$|results?$|objective|aims?$|purpose|chief complaint|introduction|overview|findings", re.I)
LEFT_OUT = re.compile(
    r"learning outcomes|references|acknowledg|disclosure|figure|keywords|abbreviations|registration|^setting$|source",
    re.I,
)
# Sections whose name is said with the sentence, which would be hard to read without it.
NAMED = re.compile(
    r"(?:assessment|impression|conclusions?|diagnosis|plan|results?|objectives?|aims?|chief complaint|prognosis"
    r"|recommendation \d+|scope|.* history|allergies|review of systems|medications)$",
    re.I,
)
_WORD = re.compile(r"[a-z][a-z0-9'-]{2,}")
_INTRODUCES = re.compile(r"\d+[ -]*year[ -]*s?[ -]*old|history of|presents|complain", re.I)


def summarise(passages: Passages) -> str:
    """Return at most three sentences and 90 words that say most of the document; empty when it has none."""
    found = [
        s
        for s in passages.sentences[:READ_SENTENCES]
        if not LEFT_OUT.search(passages.headings[s.section]) and "http" not in s.text
    ]
    sentences = [s for s in found if 4 <= len(s.text.split()) <= 70] or found[:MOST_SENTENCES]
    if passages.turns and len(sentences) < MOST_SENTENCES:
        note = [_named(s.text, passages.headings[s.section]) for s in found[:MOST_SENTENCES]]
        return " ".join([*note, *_what_is_said(passages, MOST_SENTENCES - len(note))])
    if not sentences:
        return ""
    weights = [_weight(passages.headings[s.section]) * (0.5 if s.bullet else 1.0) for s in sentences]
    lines, last = [], -1
    for number in choose([s.text for s in sentences], weights):
        sentence = sentences[number]
        heading = passages.headings[sentence.section] if sentence.section != last else ""
        lines.append(_named(sentence.text, heading))
        last = sentence.section
    summary = " ".join(lines)
    # A summary is read apart from its document, so it says what it is about.
    if passages.topic and passages.topic.lower() not in summary.lower():
        return f"{finish(passages.topic)} {summary}"
    return summary


def choose(texts: list[str], weights: list[float], most: int = MOST_SENTENCES) -> list[int]:
    """Return the numbers of the best sentences in ascending order; `weights` multiply their scores."""
    stop_words = vocabulary().stop_words
    words = [[w for w in _WORD.findall(t.lower()) if w not in stop_words] for t in texts]
    frequency = Counter(w for found in words for w in found)
    total = sum(frequency.values()) or 1
    share = {w: n / total for w, n in frequency.items()}
    chosen: list[int] = []
    left = set(range(len(texts)))
    room = MOST_WORDS
    while left and len(chosen) < most:
        best, best_score = -1, -1.0
        for number in sorted(left):
            found = words[number]
            score = sum(share[w] for w in found) / (len(found) + 3) if found else 0.0
            score *= weights[number] * (1 + 2 / (1 + number))
            if score > best_score:
                best, best_score = number, score
        left.discard(best)
        length = len(texts[best].split())
        if chosen and length > room:
            continue
        chosen.append(best)
        room -= length
        for word in set(words[best]):  # what is said once need not be said again
            share[word] *= share[word]
    return sorted(chosen)


def _weight(heading: str) -> float:
    if SUMMING_UP.search(heading):
        return 2.0
    return 1.4 if TELLING.search(heading) else 1.0


def _named(text: str, heading: str) -> str:
    return f"{heading}: {finish(text)}" if NAMED.match(heading) else finish(text)


def _what_is_said(passages: Passages, most: int) -> list[str]:
    """Return the sentences of a dialogue that say most, each with who says it."""
    said = [
        (turn.speaker, sentence)
        for turn in passages.turns[:READ_SENTENCES]
        for sentence in re.split(r"(?<=[.!?])\s+", turn.text)
        if 6 <= len(sentence.split()) <= 50 and not sentence.endswith("?")
    ]
    weights = [
        (1.5 if speaker == "patient" else 1.0) * (3.0 if _INTRODUCES.search(text) else 1.0) for speaker, text in said
    ]
    chosen = [said[n] for n in choose([text for _, text in said], weights, max(most, 0))]
    return [f"The {speaker} says: {finish(text)}" for speaker, text in chosen]
