"""Relations: `X causes Y`, `X is used to treat Y`, `X is a kind of Y`, found by verbs, definitions and lists."""

from __future__ import annotations

import re

from polyclinic.synth.extractive.passages import Passages, finish
from polyclinic.synth.extractive.questions import defined_term
from polyclinic.synth.extractive.vocabulary import vocabulary

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
    (r"(?:is|are) characteri[sz]ed by", "is characterised by"),
    (r"(?:is|are) (?:a|the|one) (?:\w+ )?causes? of", "is a cause of"),
    (r"(?:can|may) (?:cause|lead to|result in)", "can cause"),
    (r"causes|leads to|results in", "causes"),
    (r"(?:is|are) (?:a|one) (?:kind|type|form|subtype) of", "is a kind of"),
    (r"prevents|reduces|increases|inhibits|affects|controls|improves|destroys|blocks|produces|releases", None),
)
# The letters the verbs begin with come first: most words of a text are passed over at once.
_VERB = re.compile(
    r"\b(?=[abcdilmprw])(?:" + "|".join(f"(?P<v{n}>{pattern})" for n, (pattern, _) in enumerate(VERBS)) + r")\b"
)
_CLAUSE_END = re.compile(
    r"[;.:!?]|,\s+(?:and|but|which|who|where|while|although|so|with|or)\b|,"
    r"|\s+(?:which|that|who|because|although|when|while|if|as well as)\s"
)
_CLAUSE_START = re.compile(r"[,;:]\s*|\b(?:that|which|because|when|if|while|although|and|but|how|whether)\s+")
_ADVERB = re.compile(r"\s+(?:\w+ly|also|often|sometimes|then|thus|usually)$")
_PRONOUN = re.compile(r"(?:it|this|this (?:condition|disease|disorder|infection))$", re.I)
_EMPTY = re.compile(
    r"(?:he|she|we|you|i|who|what|which|that|there|those|this|these|it|its|they|their|his|her|one|not|also|to|can|may|"
    r"often|each|both|some|others?|such|be|is|are|was|were|in|on|for|by|as|because|either|when|than|of|with|the|a|an)$",
    re.I,
)
_KIND = re.compile(
    r"\b(?:is|are)\s+(?:an?|one of the)\s+((?:[\w'’-]+\s+){0,4}?"
    r"(?:disease|disorder|condition|infection|syndrome|cancer|tumou?r|drug|medicine|hormone|enzyme|protein|vitamin|"
    r"bacterium|virus|parasite|illness|inflammation|injury|reaction|deficiency|test|procedure|operation|organ|gland|"
    r"disability|bone|muscle|nerve|mineral|antibiotic|cell|tissue))\b",
    re.I,
)


def list_relations(passages: Passages) -> str:
    """Return up to eight relations as one sentence a line; empty when no sentence states one."""
    found: dict[str, str] = {}
    for sentence in passages.sentences:
        if sentence.bullet and (listed := _listed(sentence.text, passages.headings[sentence.section], passages)):
            found.setdefault(listed.lower(), listed)
        for relation in _stated(sentence.text, passages):
            found.setdefault(relation.lower(), relation)
        if len(found) >= MOST_RELATIONS:
            break
    return "\n".join(list(found.values())[:MOST_RELATIONS])


def _stated(sentence: str, passages: Passages) -> list[str]:
    made = []
    term = defined_term(sentence, passages)
    kind = _KIND.search(sentence) if term else None
    if kind:
        made.append(finish(f"{term} is a kind of {kind[1]}"))
    for verb in _VERB.finditer(sentence):
        number = int((verb.lastgroup or "v0")[1:])
        before = _CLAUSE_START.split(sentence[: verb.start()])[-1].strip(" ,")
        before = _ADVERB.sub("", before)
        after = sentence[verb.end() :].strip()
        end = _CLAUSE_END.search(after)
        after = after[: end.start()].strip() if end else after
        if _PRONOUN.match(before):
            before = passages.short_topic
        if not _usable(before) or not _usable(after):
            continue
        written = VERBS[number][1] or verb[0]
        if verb[0].startswith(("are ", "were ")) and written.startswith("is "):
            written = f"are {written[3:]}"
        made.append(finish(f"{before} {written} {after}"))
    return made


def _listed(item: str, heading: str, passages: Passages) -> str:
    """Return what an item of a list is to the topic: `Dysuria is a sign of trichomoniasis.`"""
    topic = passages.short_topic
    head = re.sub(rf"\s+(?:of|in|for)\s+{re.escape(topic)}$", "", heading, flags=re.I) if topic else ""
    words = item.rstrip(".").split()
    if not head or not 1 <= len(words) <= 6 or ":" in item or item.count("(") != item.count(")"):
        return ""
    for pattern, relation in vocabulary().listed_relations:
        if pattern.match(head):
            return finish(f"{' '.join(words)} {relation} {topic}")
    return ""


def _usable(side: str) -> bool:
    words = side.split()
    return (
        0 < len(words) <= MOST_WORDS
        and len(side) > 3
        and not _EMPTY.match(words[-1])
        and not (_EMPTY.match(words[0]) and words[0].lower() not in ("the", "a", "an"))
        and side.count("(") == side.count(")")
        and side.count('"') % 2 == 0
    )
