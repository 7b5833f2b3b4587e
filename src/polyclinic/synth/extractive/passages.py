"""Read the structure of a plain or Markdown text: sections under headings, sentences, turns of a dialogue.

Medical text comes with Markdown headings, `Label: text` lines, headings in capitals, bullets, hard line breaks and
transcripts. This file knows these forms and nothing about tasks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from polyclinic.records import Document
from polyclinic.synth.extractive.vocabulary import vocabulary

LONGEST = 24_000  # characters of a document that are read; what follows adds little to a few sentences
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9])")
_LAST_WORD = re.compile(r"[\w.]+$")
_MARKDOWN_HEADING = re.compile(r"#{1,6}\s+(.*)")
_BULLET = re.compile(r"(?:[-*•・‣▪●–]|\d{1,2}[.)])\s+(.*)")
_TURN = re.compile(r"\[(\w+)\]\s*(.*)|([A-Z]\w+):\s*(.*)")
_LABEL = re.compile(r"([A-Z][A-Za-z0-9_ ,/()&'’.-]{1,60}?)\s*:(?:\s+(.*)|$)")
_SPACES = re.compile(r"\s+")
_SPACE_BEFORE_MARK = re.compile(r"\s+([,.;:?!])(?!\d)")
_INLINE_NUMBER = re.compile(r"(?<=[.;:])\s+\d{1,2}\.\s+(?=[A-Z])")
_MARKUP = re.compile(r"\bid=\"\w+\">|<[^<>]{1,40}>|\*\*|__|\s?\[\d{1,3}(?:[-–,]\s?\d{1,3})*\]")
_PART_OF_A_TOPIC = re.compile(r"^(?:clinical features|management|treatment|diagnosis) of (?:the )?", re.IGNORECASE)
_FILLERS = re.compile(r"(?<![\w'])(?:uh|um|mm|hmm|mhm|mm-hmm|you know|i mean)\b\s*,?\s*", re.IGNORECASE)
_SPLIT_WORD = re.compile(r"(\w) (n't|'s|'re|'ve|'ll|'m|'d)\b")


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
    text: str  # what was read

    @property
    def short_topic(self) -> str:
        """The topic as it stands inside a sentence; empty when it is long or a title of two parts."""
        usable = self.topic and len(self.topic.split()) <= 8 and ":" not in self.topic
        return self.in_sentence(self.topic) if usable and self.topic[-1] not in ".?!" else ""

    def section(self, number: int) -> list[str]:
        """Return the sentences of a section."""
        return [s.text for s in self.sentences if s.section == number]

    def in_sentence(self, term: str) -> str:
        """Return a term as it stands inside a sentence: without its capital, unless it is a name or an acronym."""
        first = term.split()[0] if term else ""
        if not first[:1].isupper() or not (first[1:].islower() or len(first) == 1) or not term[1:].islower():
            return term
        small = first.lower()
        if small in vocabulary().heads or ENDINGS.search(small) or re.search(rf"\b{re.escape(small)}\b", self.text):
            return small + term[len(first) :]
        return term


# Endings that few words outside medicine have.
ENDINGS = re.compile(
    r"(?:itis|iasis|osis|oses|aemia|emia|[^c]oma|omas|pathy|pathies|algia|ectomy|otomy|ostomy|oscopy|plasty|ography|uria|penia|"
    r"plegia|paresis|rrhea|rrhoea|pnea|pnoea|cardia|trophy|plasia|megaly|sclerosis|stenosis|cillin|mycin|floxacin|"
    r"olol|[a-z]{3}pril|sartan|statin|azole|azepam|formin|gliptin|gliflozin|dipine|thiazide|caine|[ct]avir|[mnu]mab|tinib|"
    r"cyclovir|oxone|olone|isone|sulfide|virus|coccus|bacter|bacteria|cytes?|globulin|globin|kinase|lipase|amylase|"
    r"transferase|reductase|synthase|protease|polymerase|thyroidism|thyroxine|ophen|profen|dosterone|trigine|pressin)$"
)


def read_passages(document: Document) -> Passages:
    """Take a document apart; see `Passages`. Reads its first 24,000 characters."""
    text = _MARKUP.sub("", document.text[:LONGEST])
    lines = text.split("\n")
    question = ""
    if lines[0].rstrip().endswith("?") and len(lines[0]) < 200 and _turn(lines[0].strip()) is None:
        question = tidy_question(lines.pop(0))
    headings = [""]
    blocks: list[tuple[int, bool, list[str]]] = []  # section, bullet, lines that belong together
    turns: list[Turn] = []
    open_block, fresh = False, True  # whether the next line may go on; whether a heading may stand here
    for raw, following in zip(lines, [*lines[1:], ""], strict=False):
        line = raw.strip()
        if not line or line.startswith(("Figure:", "Table:")):
            open_block, fresh = False, True
            continue
        turn = _turn(line)
        if turn is not None:
            turns.append(turn)
            open_block, fresh = False, True
            continue
        heading, rest = _heading(line, fresh and not raw[:1].isspace() and not following[:1].islower())
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
        for text in split_sentences(_INLINE_NUMBER.sub(" ", tidy(" ".join(parts).lstrip("| ").replace(" | ", ": "))))
    )
    topic = document.title or question_subject(question) or _topic(headings, sentences)
    topic = _PART_OF_A_TOPIC.sub("", tidy(topic))
    return Passages(topic, question, tuple(headings), sentences, _joined(turns), text)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text in one line. Stops after abbreviations and initials are no ends."""
    abbreviations = vocabulary().abbreviations
    sentences, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if end[0][0] == ".":
            word = _LAST_WORD.search(text, max(start, end.start() - 12), end.start())
            if word and (word[0].lower() in abbreviations or (len(word[0]) == 1 and word[0].isupper())):
                continue
        sentences.append(text[start : end.end()].strip())
        start = end.end()
    sentences.append(text[start:].strip())
    return [s for s in sentences if any(c.isalpha() for c in s)]


def tidy(text: str) -> str:
    """Return a text in one line, without space before punctuation."""
    return _SPACE_BEFORE_MARK.sub(r"\1", _SPACES.sub(" ", text)).strip()


def tidy_question(text: str) -> str:
    """Return a question as people write it: `What is (are) asthma ?` becomes `What is asthma?`."""
    plain = tidy(re.sub(r"\s*\((?:are|is)\)", "", text))
    return finish(re.sub(r"[?!.\s]*\?+$", "?", plain))


def question_subject(question: str) -> str:
    """Return what a question asks about, or an empty text: `Is asthma inherited?` gives `asthma`."""
    found = re.match(
        r"(?:what (?:is|are|causes)(?: the (?:[\w ]+?) (?:of|for|related to))?"
        r"|(?:how|what) to (?:diagnose|prevent|treat)|how many people are affected by|what causes"
        r"|who is at risk for|is|do you know the \w+ of|do you have information about)\s+(.+?)\s*(?:inherited)?\?+$",
        question,
        re.IGNORECASE,
    )
    subject = found[1].rstrip("?") if found else ""
    return subject if len(subject.split()) <= 8 else ""


def finish(text: str) -> str:
    """Return a text that starts with a capital, unless its first word has capitals of its own, and ends in a stop."""
    text = text.strip().rstrip(",;:-–")
    first = text.split(" ", 1)[0]
    if first[:1].islower() and first.islower() and not any(c.isdigit() for c in first):
        text = text[0].upper() + text[1:]
    return text if not text or text[-1] in ".!?" or text[-2:-1] in (".", "?", "!") else f"{text}."


def spoken(text: str) -> str:
    """Return what somebody said without fillers and with the words a transcript splits put together."""
    plain = _SPLIT_WORD.sub(r"\1\2", tidy(_FILLERS.sub("", text)))
    return re.sub(r"\bi\b(?=[ ,.']|$)", "I", re.sub(r"\bgon na\b", "going to", plain)).lstrip(" ,.")


def _turn(line: str) -> Turn | None:
    found = _TURN.match(line)
    speaker = (found[1] or found[3]).lower() if found else ""
    if found is None or speaker not in vocabulary().speakers:
        return None
    names = {"guest_clinician": "other clinician"}
    return Turn(
        names.get(speaker, "relative" if speaker.startswith("guest") else speaker), spoken(found[2] or found[4] or "")
    )


def _joined(turns: list[Turn]) -> tuple[Turn, ...]:
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].speaker == turn.speaker:
            joined[-1] = Turn(turn.speaker, f"{joined[-1].text} {turn.text}")
        elif turn.text:
            joined.append(turn)
    return tuple(joined)


def _heading(line: str, may_stand_alone: bool) -> tuple[str, str]:
    """Return (heading, what follows it on the line); the heading is empty for an ordinary line."""
    if line[0] == "#" and (markdown := _MARKDOWN_HEADING.match(line)):
        return tidy(markdown[1]).rstrip(":"), ""
    if not line[0].isupper():
        return "", ""
    label = _LABEL.match(line)
    if label and len(label[1].split()) <= 6 and not label[1].lower().startswith(("http", "note")):
        # `ABSTRACT.BACKGROUND:` names the section last.
        return _as_title(label[1].rsplit(".", 1)[-1].strip() or label[1]), label[2] or ""
    words = line.split()
    if len(words) <= 8 and line[-1] not in ".,;:?!" and not any(c in line for c in "|=<>"):
        if line.isupper() and len(line) > 3:
            return _as_title(line), ""
        if len(words) <= 5 and (may_stand_alone or line.lower() in vocabulary().general_headings):
            return line, ""
    return "", ""


def _as_title(text: str) -> str:
    name = vocabulary().section_names.get(text.lower())
    if name:
        return name
    if text.isupper() and (len(text) > 4 or " " in text):
        return text[0] + text[1:].lower()
    return text


def _topic(headings: list[str], sentences: tuple[Sentence, ...]) -> str:
    """Return the topic of a text without a title: what its title section says, or the heading it opens with."""
    if len(headings) > 1 and headings[1].lower() in ("title", "guideline title"):
        return next((s.text.rstrip(".") for s in sentences if s.section == 1), "")
    opens_with_text = any(s.section == 0 for s in sentences)
    if opens_with_text or len(headings) < 2 or headings[1].lower() in vocabulary().general_headings:
        return ""
    return headings[1] if len(headings[1].split()) > 1 or len(headings) > 2 else ""
