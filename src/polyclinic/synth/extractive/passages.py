"""Read the structure of a plain or Markdown text: sections under headings, sentences, turns of a dialogue.

Medical text comes with Markdown headings, `Label: text` lines, headings in capitals, bullets, hard line breaks and
transcripts. This file knows these forms and nothing about tasks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from polyclinic.records import Document

LONGEST = 24_000  # characters of a document that are read; what follows adds little to a few sentences
SPEAKERS = frozenset(
    "doctor patient nurse clinician physician guest_family guest_clinician guest_family_1 guest_family_2 "
    "therapist interviewer caregiver mother father pharmacist".split()
)
# Words that end with a full stop in the middle of a sentence.
ABBREVIATIONS = frozenset(
    "dr mr mrs ms prof st vs e.g i.e eg ie etc fig figs no nos approx al ca cf resp ref refs vol max min b.i.d t.i.d "
    "q.i.d p.o i.v i.m u.s dept inc sp spp var subsp".split()
)
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9])")
_LAST_WORD = re.compile(r"[\w.]+$")
_MARKDOWN_HEADING = re.compile(r"#{1,6}\s+(.*)")
_BULLET = re.compile(r"(?:[-*•・‣▪●–]|\d{1,2}[.)])\s+(.*)")
_TURN = re.compile(r"\[(\w+)\]\s*(.*)|([A-Z]\w+):\s*(.*)")
_LABEL = re.compile(r"([A-Z][A-Za-z0-9 ,/()&'’.-]{1,60}?)\s*:(?:\s+(.*)|$)")
_SPACES = re.compile(r"\s+")
_SPACE_BEFORE_MARK = re.compile(r"\s+([,.;:?!])")
_MARKUP = re.compile(r"\bid=\"\w+\">|<[^<>]{1,40}>|\*\*|__")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and where it stands."""

    text: str
    section: int  # number of its section
    bullet: bool = False  # whether it is an item of a list


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person says in a dialogue, until another speaks."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Passages:
    """A document taken apart."""

    topic: str  # what it is about: its title, the subject of its question, or its first heading
    question: str  # the question it opens with, where it is an answer
    headings: tuple[str, ...]  # heading of each section; the first is empty for text before any heading
    sentences: tuple[Sentence, ...]  # in order, without the turns
    turns: tuple[Turn, ...]

    def section(self, number: int) -> list[str]:
        """Return the sentences of a section."""
        return [s.text for s in self.sentences if s.section == number]


def read_passages(document: Document) -> Passages:
    """Take a document apart; see `Passages`. Reads its first 24,000 characters."""
    lines = _MARKUP.sub("", document.text[:LONGEST]).split("\n")
    question = ""
    if lines and lines[0].rstrip().endswith("?") and len(lines[0]) < 200:
        question = tidy_question(lines.pop(0))
    headings = [""]
    blocks: list[tuple[int, bool, list[str]]] = []  # section, bullet, lines that belong together
    turns: list[Turn] = []
    open_block = fresh = False  # whether the next line may go on; whether a heading may stand here
    fresh = True
    for raw in lines:
        line = raw.strip()
        if not line:
            open_block, fresh = False, True
            continue
        turn = _turn(line)
        if turn is not None:
            turns.append(turn)
            open_block, fresh = False, True
            continue
        heading, rest = _heading(line, fresh and not raw[:1].isspace())
        if heading:
            headings.append(heading)
            open_block, fresh = False, True
            if not rest:
                continue
            line = rest
        bullet = _BULLET.match(line)
        if bullet or not open_block:
            blocks.append((len(headings) - 1, bool(bullet), [bullet[1] if bullet else line]))
        else:
            blocks[-1][2].append(line)
        open_block, fresh = True, line.endswith((".", "!", "?"))
    sentences = tuple(
        Sentence(text, section, bullet)
        for section, bullet, parts in blocks
        for text in split_sentences(tidy(" ".join(parts)))
    )
    topic = document.title or question_subject(question) or _first_topic(headings)
    return Passages(tidy(topic), question, tuple(headings), sentences, _joined(turns))


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text in one line. Stops after abbreviations and initials are no ends."""
    sentences, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if end[0][0] == ".":
            word = _LAST_WORD.search(text, max(start, end.start() - 12), end.start())
            if word and (word[0].lower() in ABBREVIATIONS or (len(word[0]) == 1 and word[0].isupper())):
                continue
        sentences.append(text[start : end.end()].strip())
        start = end.end()
    if rest := text[start:].strip():
        sentences.append(rest)
    return sentences


def tidy(text: str) -> str:
    """Return a text in one line, without space before punctuation."""
    return _SPACE_BEFORE_MARK.sub(r"\1", _SPACES.sub(" ", text)).strip()


def tidy_question(text: str) -> str:
    """Return a question as people write it: `What is (are) asthma ?` becomes `What is asthma?`."""
    plain = tidy(re.sub(r"\s*\(are\)|\s*\(is\)", "", text))
    return re.sub(r"[?!.\s]*\?+$", "?", plain)


def question_subject(question: str) -> str:
    """Return what a question asks about, or an empty text: `Is asthma inherited?` gives `asthma`."""
    found = re.match(
        r"(?:what (?:is|are|causes)(?: the (?:\w+(?: and \w+)?) (?:of|for|related to))?"
        r"|(?:how|what) to (?:diagnose|prevent|treat)|how many people are affected by"
        r"|who is at risk for|is|do you know the \w+ of|do you have information about)\s+(.+?)\s*(?:inherited)?\?+$",
        question,
        re.IGNORECASE,
    )
    subject = found[1].rstrip("?") if found else ""
    return subject if len(subject.split()) <= 8 else ""


def finish(text: str) -> str:
    """Return a text that starts with a capital where it starts with a plain word, and ends with a full stop."""
    text = text.strip().rstrip(",;:-–")
    if text and text[0].islower() and text.split()[0].isalpha():
        text = text[0].upper() + text[1:]
    return text if not text or text[-1] in ".!?" or text[-2:] in ('."', ".)", "?)") else f"{text}."


def _turn(line: str) -> Turn | None:
    found = _TURN.match(line)
    speaker = (found[1] or found[3]).lower() if found else ""
    if found is None or speaker not in SPEAKERS:
        return None
    return Turn(speaker.split("_")[-1] if "guest" in speaker else speaker, tidy(found[2] or found[4] or ""))


def _joined(turns: list[Turn]) -> tuple[Turn, ...]:
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].speaker == turn.speaker:
            joined[-1] = Turn(turn.speaker, f"{joined[-1].text} {turn.text}")
        else:
            joined.append(turn)
    return tuple(joined)


def _heading(line: str, may_stand_alone: bool) -> tuple[str, str]:
    """Return (heading, what follows it on the line); the heading is empty for an ordinary line."""
    if line[0] == "#" and (markdown := _MARKDOWN_HEADING.match(line)):
        return tidy(markdown[1]).rstrip(":"), ""
    if not line[0].isupper():
        return "", ""
    label = _LABEL.match(line)
    if label and len(label[1].split()) <= 6 and not label[1].lower().startswith(("figure", "table", "http")):
        # `ABSTRACT.BACKGROUND:` names the section last.
        return _as_title(label[1].rsplit(".", 1)[-1].strip()), label[2] or ""
    words = line.split()
    if len(words) <= 8 and line[-1] not in ".,;:?!" and not any(c in line for c in "|=<>"):
        if line.isupper() and len(line) > 3:
            return _as_title(line), ""
        if may_stand_alone and len(words) <= 5:
            return line, ""
    return "", ""


def _as_title(text: str) -> str:
    if text.isupper() and (len(text) > 4 or " " in text):
        return text[0] + text[1:].lower()
    return text


def _first_topic(headings: list[str]) -> str:
    for heading in headings[1:3]:
        if heading and heading.lower() not in GENERAL_HEADINGS:
            return heading
    return ""


# Headings that name a part of a text and not what it is about.
GENERAL_HEADINGS = frozenset(
    "abstract aim aims assessment background causes chief complaint conclusion conclusions definition diagnosis "
    "discussion examination history introduction method methods objective objectives overview plan purpose result "
    "results scope setting study design summary symptoms title treatment".split()
) | {
    "chief complaint",
    "learning outcomes",
    "study design",
    "clinical features",
    "history of present illness",
    "materials and methods",
}
