"""What another wording of a definition must keep, and what it may not add.

Kept: placeholders, the labels of the closed list that the definition names, quoted texts, numbers, names in capitals
(sections, languages, codes), and sentences that the reply is made of. Not added: any of these, demands on the form of
the reply, examples, comments about the rewriting. A wording is in the language of the instruction, of a sensible
length, and not one that is there already. The rules look at the text alone; they cannot tell whether the meaning is
the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from polyclinic.tasks.task import Task

PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{[^{}\n]*\}|<[A-Za-z_][^<>\n]*>|\[[A-Za-z_][^\[\]\n]*\]")
QUOTED = re.compile('"[^"\n]+"|“[^”\n]+”|«[^»\n]+»|「[^」\n]+」|`[^`\n]+`')
NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:[.,]\d+)*")
# Words with a capital that do not begin a sentence: names of sections, languages, entity types, codes, COVID-19.
NAME = re.compile(r"(?<![\w.])[A-Z][\w/+-]*\w|(?<![\w.])[A-Z](?!\w)")
SENTENCE_START = re.compile(r"(?:^|[.!?。！？]\s+|\n\s*)$")
AFTER_COLON = re.compile(r":\s+$")
WORD = re.compile(r"[^\W_]+")
WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts without spaces, and Korean
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
COMMENT = re.compile(
    r"^\s*(?:sure|certainly|of course|here(?:'s| is| are)|okay|ok,|rewritten|rephrased|paraphrase|reworded|revised|"
    r"alternative|version \d|\d+[.)]\s|[-*•]\s|note:|当然|好的|以下是|改写)",
    re.IGNORECASE,
)
EXAMPLE = re.compile(r"\b(?:for example|for instance|e\.g\.|such as)\b|例如|比如", re.IGNORECASE)
# What a reply should look like, as stems; a wording may name one only if the definition names it, or one of its kind.
DEMANDS = (
    ("json",),
    ("xml",),
    ("yaml",),
    ("html", "url"),
    ("markdown", "code block"),
    ("bullet",),
    ("table", "column"),
    ("paragraph",),
    ("character",),
    ("explain", "explanation", "reason", "justif", "rational", "step by step", "why"),
    ("confidence", "probabilit", "percent"),
    ("disclaimer",),
    ("citation", "cite", "referenc"),
)
REFUSES = re.compile(r"\b(?:no|not|without|nothing|never|don['’]t|avoid|omit)\b[^.;:]*$", re.IGNORECASE)
SHORTEST, LONGEST, SPARE = 0.35, 2.0, 20  # length against the definition's, in words; and words that are free
# Function words by which languages in Latin letters are told apart.
FUNCTION_WORDS = {
    "en": "the of to and in is that it with as for a an or are this be by you your from whether which if",
    "de": "der die das und ist nicht ein eine zu mit den von auf für im sie des dem wird ob oder",
    "fr": "le la les des et est un une du dans pour que qui avec sur au ou par ce votre si",
    "es": "el la los las de y es un una en que con para del por se al su o si",
    "it": "il la le di e un una che per con del della in non è si i gli o",
    "nl": "de het een en van is in op te met voor dat niet die of aan",
    "pt": "o a os as de e um uma do da em que para com não por se ou",
    "sv": "och det att i en som på är av för med den till inte om eller",
}
LETTERS = {"zh": WIDE, "ja": WIDE, "ko": WIDE, "ru": CYRILLIC, "uk": CYRILLIC}


def wording_problem(task: Task, text: str) -> str:
    """Return what is wrong with a wording of a task's definition, or an empty text.

    What stands before the colon is the kind of problem, by which rejected wordings are counted.
    """
    definition = task.definition
    if not text.strip():
        return "empty"
    if text != text.strip() or "```" in text or text.count("\n") > definition.count("\n"):
        return "form: expected plain text with no more lines than the definition"
    if COMMENT.match(text):
        return f"comment: begins with {' '.join(text.split()[:3])!r}"
    if problem := _language_problem(text, task.instruction_language):
        return problem
    for kind, kept in _kept(task).items():
        for part in kept:
            if not _stands(part, text):
                return f"{kind} lost: {part!r}"
    if problem := _added(task, text):
        return problem
    least, most = _length(definition) * SHORTEST, _length(definition) * LONGEST + SPARE
    if not least <= _length(text) <= most:
        return f"length: {_length(text)} words, expected {least:.0f} to {most:.0f}"
    return ""


def normalised(text: str) -> str:
    """Return what two wordings have in common when they differ in letter case, spaces and punctuation alone."""
    return " ".join(WORD.findall(text.casefold()))


def named_labels(task: Task) -> list[str]:
    """Return the labels of the closed list that the definition names."""
    return [label for label in task.labels if _stands(label, task.definition)]


def kept_texts(task: Task) -> list[str]:
    """Return the texts that every wording of a task's definition must hold as they are."""
    return list(dict.fromkeys(part for parts in _kept(task).values() for part in parts))


def _kept(task: Task) -> dict[str, list[str]]:
    """Return what every wording must hold, by kind."""
    return {
        "placeholder": PLACEHOLDER.findall(task.definition),
        "label": named_labels(task),
        "quoted text": QUOTED.findall(task.definition),
        "reply": [part for part in _reply_sentences(task) if part in task.definition],
        "number": NUMBER.findall(task.definition),
        "name": _names(task.definition, after_colon=True),
    }


def _reply_sentences(task: Task) -> list[str]:
    """Return the texts of several words that the output template writes by itself."""
    literal = re.split(r"\{\{.*?\}\}|\{%.*?%\}|\n", task.output)
    return [part.strip() for part in literal if len(WORD.findall(part)) >= 3]


def _added(task: Task, text: str) -> str:
    definition = task.definition
    # What is kept word for word is taken out first, so that its words are not taken for something new.
    rest = text
    kept = _kept(task)
    for part in sorted((*kept["quoted text"], *kept["reply"], *kept["label"]), key=len, reverse=True):
        rest = rest.replace(part, " ")
    known = definition.casefold()
    for kind, pattern in (("placeholder", PLACEHOLDER), ("quoted text", QUOTED), ("number", NUMBER)):
        for part in pattern.findall(rest):
            if part not in definition and part.strip('"“”`«»「」') not in definition:
                return f"{kind} added: {part!r}"
    for label in task.labels:
        if label not in known and _stands(label, text) and not _stands(label, definition):
            return f"label added: {label!r}"
    for name in _names(rest, after_colon=False):
        if name.casefold() not in known:
            return f"name added: {name!r}"
    if (match := EXAMPLE.search(rest)) and not EXAMPLE.search(definition):
        return f"example added: {match.group(0)!r}"
    for stems in DEMANDS:
        match = re.search(rf"\b(?:{'|'.join(stems)})", rest, re.IGNORECASE)
        if match and not any(stem in known for stem in stems) and not REFUSES.search(rest[: match.start()]):
            return f"demand added: {match.group(0)!r}"
    return ""


def _names(text: str, *, after_colon: bool) -> list[str]:
    """Return the words with a capital that do not begin a sentence, and those written in capitals throughout.

    After a colon may stand a list of names, or a sentence; `after_colon` says whether its first word counts.
    """
    found = []
    for match in NAME.finditer(text):
        before, name = text[: match.start()], match.group(0)
        shouted = len(name) > 1 and name.upper() == name
        starts = SENTENCE_START.search(before) or (not after_colon and AFTER_COLON.search(before))
        if name != "I" and (shouted or not starts):
            found.append(name)
    return found


def _stands(part: str, text: str) -> bool:
    """Return whether a text holds a part as a whole phrase."""
    left = r"(?<!\w)" if part[:1].isalnum() and not WIDE.match(part) else ""
    right = r"(?!\w)" if part[-1:].isalnum() and not WIDE.match(part[-1:]) else ""
    return re.search(left + re.escape(part) + right, text) is not None


def _length(text: str) -> int:
    """Return the words of a text; two signs of a script without spaces count as one."""
    wide = len(WIDE.findall(text))
    return len(WORD.findall(WIDE.sub(" ", text))) + -(-wide // 2)


def _language_problem(text: str, language: str) -> str:
    code = language.partition("-")[0]
    letters = sum(sign.isalpha() for sign in text)
    for script in {WIDE, CYRILLIC}:
        share = len(script.findall(text)) / letters if letters else 0.0
        wanted = LETTERS.get(code) is script
        if (wanted and share < 0.5) or (not wanted and share > 0.3):
            return f"language: expected {language}"
    if code not in FUNCTION_WORDS:
        return ""
    words = [word.casefold() for word in WORD.findall(text)]
    hits = {name: _hits(words, listed.split()) for name, listed in FUNCTION_WORDS.items()}
    best = max(hits, key=lambda name: (hits[name], name == code))
    # A few shared words say nothing; a clear lead of another language does.
    return f"language: expected {language}, this looks like {best}" if hits[best] > 2 * hits[code] + 1 else ""


def _hits(words: Iterable[str], listed: list[str]) -> int:
    return sum(word in listed for word in words)
