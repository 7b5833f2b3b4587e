"""Summary: the few sentences that say most, in their order.

A sentence scores by how frequent its words are in the whole document (Luhn 1958, SumBasic: Nenkova & Vanderwende
2005), by standing early, and by standing in a section that sums up (assessment, conclusion, plan).
"""

from __future__ import annotations

import re
from collections import Counter

from polyclinic.synth.extractive.passages import Passages, finish

MOST_SENTENCES = 3
MOST_WORDS = 90
READ_SENTENCES = 120  # of a long document, from its start
SUMMING_UP = re.compile(
    r"assessment|impression|conclusion|diagnos|summary|definition|interpretation|recommendation 1$|prognosis", re.I
)
TELLING = re.compile(r"plan|result|objective|aim|purpose|chief complaint|introduction|overview|finding", re.I)
LEFT_OUT = re.compile(r"learning outcomes|references|acknowledg|disclosure|figure|keywords|abbreviations", re.I)
_WORD = re.compile(r"[a-z][a-z0-9'-]{2,}")
STOP_WORDS = frozenset(
    "about above after again against all also although among and another any are around because been before being "
    "below between both but can cannot could did does doing down during each either ever every few for from further "
    "get gets give given goes going got had has have having her here hers him his how however into its itself just "
    "know known less let like made make many may might more most much must near need neither nor not now off often "
    "okay once one only onto other our out over own per please quite rather really said same say says see she should "
    "since some still such take than that the their them then there these they thing things this those though through "
    "thus too two under until upon use used using usually very was way well were what when where whether which while "
    "who whom whose why will with within without would yeah yes yet you your mhm hmm right think want".split()
)


def summarise(passages: Passages) -> str:
    """Return at most three sentences and 90 words that say most of the document; empty when it has none."""
    sentences = [
        (s.text, passages.headings[s.section])
        for s in passages.sentences[:READ_SENTENCES]
        if 4 <= len(s.text.split()) <= 70 and not LEFT_OUT.search(passages.headings[s.section])
    ]
    if not sentences:
        sentences = [
            (s.text, passages.headings[s.section]) for s in passages.sentences[:MOST_SENTENCES] if len(s.text) > 3
        ]
    if len(sentences) < 2 and passages.turns:
        return _what_is_said(passages, [text for text, _ in sentences])
    if not sentences:
        return ""
    chosen = choose([text for text, _ in sentences], [_weight(heading) for _, heading in sentences])
    lines = []
    for number in chosen:
        text, heading = sentences[number]
        labelled = heading and (SUMMING_UP.search(heading) or TELLING.search(heading)) and len(text.split()) < 40
        lines.append(finish(f"{heading}: {text}" if labelled else text))
    summary = " ".join(lines)
    # A summary is read apart from its document, so it names what it is about.
    if passages.topic and passages.topic.lower() not in summary.lower():
        return f"{finish(passages.topic)} {summary}"
    return summary


def choose(texts: list[str], weights: list[float]) -> list[int]:
    """Return the numbers of the best sentences in ascending order; `weights` multiply their scores."""
    words = [[w for w in _WORD.findall(t.lower()) if w not in STOP_WORDS] for t in texts]
    frequency = Counter(w for found in words for w in found)
    total = sum(frequency.values()) or 1
    share = {w: n / total for w, n in frequency.items()}
    chosen: list[int] = []
    left = set(range(len(texts)))
    room = MOST_WORDS
    while left and len(chosen) < MOST_SENTENCES:
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


def _what_is_said(passages: Passages, notes: list[str]) -> str:
    """Return the summary of a dialogue: its note where there is one, and the turns that say most."""
    turns = [t for t in passages.turns[:READ_SENTENCES] if 6 <= len(t.text.split()) <= 60]
    room = MOST_SENTENCES - len(notes) if notes else MOST_SENTENCES
    chosen = choose([t.text for t in turns], [1.5 if t.speaker == "patient" else 1.0 for t in turns])[:room]
    said = [f"The {turns[n].speaker} says: {finish(turns[n].text)}" for n in chosen]
    return " ".join([*(finish(n) for n in notes), *said])
