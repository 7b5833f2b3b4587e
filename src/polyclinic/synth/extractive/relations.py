"""Relations: `X causes Y`, `X is used to treat Y`, `X is a kind of Y`, found by their verbs."""

from __future__ import annotations

import re

from polyclinic.synth.extractive.passages import Passages
from polyclinic.synth.extractive.questions import defined_term

MOST_RELATIONS = 8
MOST_WORDS = 14  # of either side
# What the text says -> how the relation is written; `None` keeps the verb as it stands.
VERBS: tuple[tuple[str, str | None], ...] = (
    (r"(?:is|are) (?:usually |often |mainly |most often )?caused by", "is caused by"),
    (r"(?:is|are) (?:usually |often )?treated with", "is treated with"),
    (r"(?:is|are) used (?:to treat|for the treatment of)", "is used to treat"),
    (r"(?:is|are) (?:usually |often )?(?:diagnosed|confirmed) (?:by|with)", "is diagnosed by"),
    (r"(?:is|are|was|were) (?:significantly |strongly )?associated with", "is associated with"),
    (r"(?:is|are) transmitted (?:by|through|via)", "is transmitted by"),
    (r"(?:is|are) characterized by|(?:is|are) characterised by", "is characterised by"),
    (r"(?:can|may) (?:cause|lead to|result in)", "can cause"),
    (r"causes|leads to|results in", "causes"),
    (r"(?:is|are) (?:a|one) (?:kind|type|form|subtype) of", "is a kind of"),
    (r"prevents|reduces|increases|inhibits|affects|controls|improves|destroys|blocks", None),
)
_VERB = re.compile("|".join(f"(?P<v{n}>\\b(?:{pattern})\\b)" for n, (pattern, _) in enumerate(VERBS)))
_CLAUSE_END = re.compile(
    r"[;.:!?]|,\s+(?:and|but|which|who|where|while|although|so|with|or)\b|,|\s+(?:which|that|who|because|although|when|while|if)\s"
)
_CLAUSE_START = re.compile(r"[,;:]\s*|\b(?:that|which|because|when|if|while|although|and|but)\s+")
_PRONOUN = re.compile(
    r"(?:it|this|they|these|the (?:condition|disease|disorder|illness|syndrome)|this (?:condition|disease|disorder))$",
    re.I,
)
_EMPTY = re.compile(
    r"(?:he|she|we|you|i|who|what|which|that|there|those|one|not|also|to|can|may|often|each|both|some|others?|such|be|is|are|was)$",
    re.I,
)
_KIND = re.compile(
    r"\b(?:is|are)\s+(?:an?|one of the|the)\s+((?:[\w'’-]+\s+){0,4}?"
    r"(?:disease|disorder|condition|infection|syndrome|cancer|tumou?r|drug|medicine|hormone|enzyme|protein|vitamin|"
    r"bacterium|virus|parasite|illness|inflammation|injury|reaction|deficiency|test|procedure|operation))\b",
    re.I,
)


def list_relations(passages: Passages) -> str:
    """Return up to eight relations as one sentence a line; empty when no sentence states one."""
    found: dict[str, str] = {}
    for sentence in passages.sentences:
        for relation in _relations(sentence.text, passages.topic):
            found.setdefault(relation.lower(), relation)
        if len(found) >= MOST_RELATIONS:
            break
    return "\n".join(list(found.values())[:MOST_RELATIONS])


def _relations(sentence: str, topic: str) -> list[str]:
    made = []
    term = defined_term(sentence)
    kind = _KIND.search(sentence) if term else None
    if kind:
        made.append(f"{_capital(term)} is a kind of {kind[1]}.")
    for verb in _VERB.finditer(sentence):
        number = int((verb.lastgroup or "v0")[1:])
        before = _CLAUSE_START.split(sentence[: verb.start()])[-1].strip(" ,")
        after = sentence[verb.end() :].strip()
        end = _CLAUSE_END.search(after)
        after = after[: end.start()].strip() if end else after
        if _PRONOUN.match(before):
            before = topic if topic and len(topic.split()) <= 6 and ":" not in topic else ""
        if not _usable(before) or not _usable(after):
            continue
        written = VERBS[number][1] or verb[0]
        if verb[0].startswith(("are ", "were ")) and written.startswith("is "):
            written = f"are {written[3:]}"
        made.append(f"{_capital(before)} {written} {after}.")
    return made


def _usable(side: str) -> bool:
    words = side.split()
    return (
        0 < len(words) <= MOST_WORDS
        and len(side) > 3
        and not any(_EMPTY.match(w) for w in (words[0], words[-1]))
        and side.count("(") == side.count(")")
        and side.count('"') % 2 == 0
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
