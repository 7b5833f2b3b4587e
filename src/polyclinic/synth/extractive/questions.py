"""Question and answer: from definitions, from headings, and from what is asked in a dialogue."""

from __future__ import annotations

import re

from polyclinic.synth.extractive.passages import Passages, finish
from polyclinic.synth.extractive.vocabulary import vocabulary

MOST_PAIRS = 6
MOST_WORDS = 60  # of an answer
_DEFINITION = re.compile(
    r"((?:The\s+|An?\s+)?(?:[\w'’()/-]+\s+){0,5}?[\w'’()/-]+)\s+(?:"
    r"(?:is|are)\s+(?:an?|one\s+of|any|inflammation|infection|defined\s+as|caused)|refers?\s+to|means)\s"
)
_NOT_DEFINED = re.compile(
    r"(?:this|that|these|those|it|they|there|here|he|she|we|you|i|who|what|which|our|his|her|their|its|one|all|most|"
    r"many|some|each|other|another|such|if|when|in|on|at|for|by|with|as|from|to|of|and|or|but|note|study|aim|objective|"
    r"purpose|patients?|background|conclusion|participants|results?|next|first|another)\b",
    re.I,
)
_NOT_IN_A_TERM = re.compile(
    r"\b(?:which|that|who|when|because|was|were|have|has|had|been|and|or|for|to|of|in|on|with|patients|study|can|may|"
    r"patient|risk|incidence|there|also|goal|aim|cause|reason|result|use)\b",
    re.I,
)
_SMALL_TALK = re.compile(
    r"how (?:are|have) you|how can i help|what brings you|is that (?:right|okay|correct)|nice to|^okay|anything else"
    r"|would that be|sounds? good|right\?$|okay\?$|correct\?$",
    re.I,
)
# Sentences of an abstract without headings that say what they are.
_CUES = (
    (
        re.compile(
            r"\b(?:aim|objective|purpose|goal) (?:of|was|is)\b|\b(?:we|study|trial) (?:aimed|sought) to\b", re.I
        ),
        "What was the aim of the study?",
    ),
    (
        re.compile(r"\bwe conclude\b|\bin conclusion\b|\bthese (?:results|findings|data) \w+ that\b", re.I),
        "What is the conclusion?",
    ),
)
_SENTENCES_SAID = re.compile(r"(?<=[.!?])\s+")


def write_questions(passages: Passages) -> str:
    """Return up to six `Question: … Answer: …` pairs, or an empty text when nothing in the document asks for one."""
    pairs: dict[str, str] = {}
    numbers = sorted({s.section for s in passages.sentences})
    sections = {n: passages.section(n) for n in numbers}
    if passages.question and sections:
        pairs[passages.question] = _answer([text for n in numbers for text in sections[n]])
    for number in numbers:
        for text in sections[number][:2]:
            term = defined_term(text, passages)
            if term and len(pairs) < MOST_PAIRS // 2:
                verb = "are" if re.match(rf"(?:{re.escape(term)}|the\s+\S.*)\s+are\b", text, re.I) else "is"
                pairs.setdefault(f"What {verb} {term}?", finish(text))
    for number in numbers:
        question = _question_of_heading(passages.headings[number], passages)
        if question and len(pairs) < MOST_PAIRS:
            pairs.setdefault(question, _answer(sections[number]))
    for question, answer in _asked_in_dialogue(passages):
        if len(pairs) < MOST_PAIRS:
            pairs.setdefault(question, answer)
    for pattern, question in _CUES:
        found = next((s.text for s in passages.sentences if pattern.search(s.text)), "")
        if found and len(pairs) < 2 and question not in pairs and len(found.split()) <= MOST_WORDS:
            pairs[question] = finish(found)
    if not pairs and passages.sentences and passages.short_topic:
        about = f"What does the text say about {passages.short_topic}?"
        pairs[about] = _answer([s.text for s in passages.sentences[:3]])
    return "\n\n".join(f"Question: {question}\nAnswer: {answer}" for question, answer in pairs.items() if answer)


def defined_term(sentence: str, passages: Passages) -> str:
    """Return the term a sentence defines (`Asthma is a disease …` gives `asthma`), or an empty text."""
    found = _DEFINITION.match(sentence)
    if found is None or len(sentence.split()) < 6:
        return ""
    term = re.sub(r"^An?\s+", "", found[1])
    bare = term.removeprefix("The ")
    if (
        len(bare) < 3
        or bare == "The"
        or _NOT_DEFINED.match(bare)
        or _NOT_IN_A_TERM.search(bare)
        or bare.split()[-1].endswith("ly")
    ):
        return ""
    return f"the {passages.in_sentence(bare)}" if bare != term else passages.in_sentence(term)


def _question_of_heading(heading: str, passages: Passages) -> str:
    if not heading or vocabulary().headings_without_questions.match(heading):
        return ""
    topic = passages.short_topic
    # A heading may name its topic again: `Clinical features of trichomoniasis`.
    head = re.sub(rf"\s+(?:of|in|for)\s+{re.escape(topic)}$", "", heading, flags=re.I) if topic else heading
    for pattern, with_topic, without in vocabulary().questions:
        found = pattern.match(head)
        if found:
            question = with_topic if topic and topic.lower() != heading.lower() else without
            return question.format(topic=topic, number=found.groupdict().get("number"))
    if heading.endswith("?"):
        return heading
    named = heading.lower() in (passages.topic.lower(), *vocabulary().general_headings)
    if named or not passages.topic:
        return ""
    about = f" on {topic}" if topic else ""
    return f'What does the text{about} say under "{heading}"?'


def _asked_in_dialogue(passages: Passages) -> list[tuple[str, str]]:
    pairs = []
    for asked, answered in zip(passages.turns, passages.turns[1:], strict=False):
        question = _SENTENCES_SAID.split(asked.text)[-1]
        question = re.sub(r"^(?:and|so|okay|all right|alright)\s*,?\s+", "", question, flags=re.I)
        if not question.endswith("?") or _SMALL_TALK.search(question):
            continue
        if 4 <= len(question.split()) <= 30 and len(answered.text.split()) >= 3:
            pairs.append((finish(question), _answer(_SENTENCES_SAID.split(answered.text))))
    return pairs


def _answer(sentences: list[str]) -> str:
    chosen: list[str] = []
    room = MOST_WORDS
    for text in sentences:
        length = len(text.split())
        if chosen and length > room:
            break
        if length > 3 * MOST_WORDS:
            return " ".join(chosen)
        chosen.append(finish(text))
        room -= length
    return " ".join(chosen)
