"""Ways to make a good reply worse by rule, each named after an error type of MediFlow (Corbeil et al. 2025, A.7).

MediFlow has a model rewrite the reply; here a rule does, so the errors are plainer than a model's. Logical flaws and
simplistic reasoning need understanding and are left out. A way that does not apply to a reply returns None.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from polyclinic.tasks.document_parts import sentences

SHORT = 25  # words; a shorter reply is wrong as a whole when another takes its place
OPPOSITES = (
    ("right", "left"),
    ("acute", "chronic"),
    ("with", "without"),
    ("increase", "decrease"),
    ("increased", "decreased"),
    ("raised", "lowered"),
    ("high", "low"),
    ("higher", "lower"),
    ("positive", "negative"),
    ("normal", "abnormal"),
    ("start", "stop"),
    ("before", "after"),
    ("daily", "weekly"),
    ("benign", "malignant"),
)
TURNED = {a: b for pair in OPPOSITES for a, b in (pair, pair[::-1])}
GRAMMAR = {
    "is": "are",
    "are": "is",
    "was": "were",
    "were": "was",
    "has": "have",
    "have": "has",
    "an": "a",
    "does": "do",
}
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]\w)")
WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True)
class Reply:
    """A good reply with what the rules may borrow from."""

    text: str
    same_task: Sequence[str]  # good replies to other requests of the same kind
    same_document: Sequence[str]  # good replies to other kinds of request about the same document


Corruption = Callable[[Reply, random.Random], "str | None"]


def ambiguity(reply: Reply, generator: random.Random) -> str | None:
    """Put vague words for numbers and sides."""
    vague = NUMBER.sub("some", reply.text)
    return re.sub(r"\b(?:right|left|bilateral|both)\b", "one or both", vague)


def partial_correctness(reply: Reply, generator: random.Random) -> str | None:
    """Put a sentence of another reply in the place of one of several."""
    own = sentences(reply.text)
    if len(own) < 2 or not reply.same_task:
        return None
    stranger = generator.choice(sentences(generator.choice(reply.same_task)) or [""])
    own[generator.randrange(len(own))] = stranger
    return " ".join(own)


def over_verbosity(reply: Reply, generator: random.Random) -> str | None:
    """Say everything again with padding."""
    padding = generator.choice(
        ("In other words:", "To say it once more:", "As mentioned, and this is worth repeating:")
    )
    return f"{reply.text} {padding} {reply.text} That is all there is to say about it, as stated above."


def brevity(reply: Reply, generator: random.Random) -> str | None:
    """Keep the first third of the words."""
    words = reply.text.split()
    return " ".join(words[: max(1, len(words) // 3)]) if len(words) >= 3 else None


def unbalanced_detail(reply: Reply, generator: random.Random) -> str | None:
    """Repeat the last point and barely mention the first."""
    own = sentences(reply.text)
    if len(own) < 3:
        return None
    mention = " ".join(own[0].split()[:4]).rstrip(".,;:")
    return f"{own[-1]} It should be stressed: {own[-1]} Further, {own[-1]} Also: {mention}."


def stylistic_issues(reply: Reply, generator: random.Random) -> str | None:
    """Say it in chat language."""
    opening = generator.choice(("ok so basically", "well, you know,", "lol so it's like"))
    return f"{opening} {reply.text.lower().rstrip('.')}!!"


def factual_inaccuracy(reply: Reply, generator: random.Random) -> str | None:
    """Give another request's reply if short; otherwise change a number or turn a word into its opposite."""
    if len(reply.text.split()) <= SHORT:
        return generator.choice(reply.same_task) if reply.same_task else None
    numbers = list(NUMBER.finditer(reply.text))
    if numbers:
        found = generator.choice(numbers)
        return reply.text[: found.start()] + _other_number(found[0], generator) + reply.text[found.end() :]
    return _change_words(reply.text, TURNED, 1, generator)


def misinterpretation(reply: Reply, generator: random.Random) -> str | None:
    """Answer another question about the same document."""
    return generator.choice(reply.same_document) if reply.same_document else None


def grammatical_errors(reply: Reply, generator: random.Random) -> str | None:
    """Break the agreement of verbs and articles."""
    return _change_words(reply.text, GRAMMAR, 3, generator)


def spelling_errors(reply: Reply, generator: random.Random) -> str | None:
    """Swap two letters inside one long word of ten, at least one."""
    found = [m for m in WORD.finditer(reply.text) if len(m[0]) >= 5 and len(set(m[0][1:-1])) > 1]
    if not found:
        return None
    text = reply.text
    for match in generator.sample(found, max(1, len(found) // 10)):
        word = match[0]
        swaps = [i for i in range(1, len(word) - 2) if word[i] != word[i + 1]]
        i = generator.choice(swaps)
        wrong = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        text = text[: match.start()] + wrong + text[match.end() :]
    return text


CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            ambiguity,
            partial_correctness,
            over_verbosity,
            brevity,
            unbalanced_detail,
            stylistic_issues,
            factual_inaccuracy,
            misinterpretation,
            grammatical_errors,
            spelling_errors,
        )
    }
)


def corrupt(reply: Reply, names: Sequence[str], generator: random.Random) -> tuple[str, str] | None:
    """Return (error type, worse reply) by the first rule that applies, in random order; None when none does.

    The worse reply always differs from the good one in more than white space, and is never empty.
    """
    for name in generator.sample(list(names), len(names)):
        worse = CORRUPTIONS[name](reply, generator)
        if worse is not None and worse.strip() and worse.split() != reply.text.split():
            return name, worse
    return None


def _change_words(text: str, table: Mapping[str, str], most: int, generator: random.Random) -> str | None:
    found = [match for match in WORD.finditer(text) if match[0].lower() in table]
    if not found:
        return None
    for match in sorted(generator.sample(found, min(most, len(found))), key=lambda m: -m.start()):
        wrong = table[match[0].lower()]
        wrong = wrong.capitalize() if match[0][0].isupper() else wrong
        text = text[: match.start()] + wrong + text[match.end() :]
    return text


def _other_number(number: str, generator: random.Random) -> str:
    """Return a number of the same form that is wrong: about half, twice or ten times as much."""
    decimals = len(number.partition(".")[2])
    value = float(number) * generator.choice((0.5, 2, 10)) if float(number) else 1.0
    changed = f"{value:.{decimals}f}"
    return changed if changed != number else f"{float(number) + 1:.{decimals}f}"
