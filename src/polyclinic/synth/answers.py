"""Read a teacher's answer: clean it, and say what is wrong with it if it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field, ValidationError

from polyclinic.llm import Reply, json_problem, read_json
from polyclinic.synth.language import language_problem

NONE = "NONE"  # what a teacher writes when the text has nothing to say for a task
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")
_PAIR = re.compile(r"Question:\s*(.+?)\s*\n\s*Answer:\s*(.+?)\s*(?=\n\s*Question:|\Z)", re.DOTALL | re.IGNORECASE)
_REFUSAL = re.compile(
    r"(?:i['’]?m|i am) (?:sorry|unable|not able)|(?:sorry|unfortunately),? (?:but )?i|i (?:cannot|can['’]t|won['’]t) "
    r"(?:help|assist|provide|summari[sz]e|answer|do|write|fulfil|comply|process|create|generate)|as an ai\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A teacher's answer as it is used; an empty text without a reason means that there was nothing to say."""

    text: str
    problem: str = ""  # why it cannot be used: a kind that is counted, and after a colon the particulars


class EntityList(BaseModel):
    """Entities as JSON."""

    entities: list[str]

    def lines(self) -> str:
        """Return them as the answer in lines would be."""
        return "\n".join(" ".join(term.split()) for term in self.entities)


class RelationList(BaseModel):
    """Relations as JSON."""

    relations: list[str]

    def lines(self) -> str:
        """Return them as the answer in lines would be."""
        return "\n".join(" ".join(sentence.split()) for sentence in self.relations)


class Pair(BaseModel):
    """A question with its answer."""

    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)


class PairList(BaseModel):
    """Questions with answers as JSON."""

    pairs: list[Pair]

    def lines(self) -> str:
        """Return them as the answer in lines would be."""
        return "\n\n".join(f"Question: {pair.question}\nAnswer: {pair.answer}" for pair in self.pairs)


# The tasks that can be asked for as JSON, which is then checked and enforced by endpoints that know how.
FORMS: Mapping[str, type[EntityList | RelationList | PairList]] = {
    "question_answer": PairList,
    "entities": EntityList,
    "relations": RelationList,
}
CONNECTED = ("summary", "explainer")  # tasks that are answered with running text, and never with nothing


def read_answer(task: str, reply: Reply, source: str, language: str = "", as_json: bool = False) -> Answer:
    """Return an answer in the form samples have, or what is wrong with it.

    Args:
        task: summary, question_answer, entities, relations or explainer.
        reply: the raw answer.
        source: title and text of the part it was written from; every entity must occur in it.
        language: BCP 47 of the document, which the answer must be in; empty = any.
        as_json: whether it was asked for as JSON; of the tasks in `FORMS` alone.
    """
    text = _clean(reply.text)
    if problem := form_problem(reply):
        return Answer("", problem)
    if as_json and task in FORMS:
        try:
            text = _clean(read_json(reply.text, FORMS[task]).lines()) or NONE
        except ValidationError:
            return Answer("", json_problem(reply.text, FORMS[task]))
    if task not in CONNECTED and text.strip(" .").upper() == NONE:
        return Answer("")
    if problem := language_problem(_content(task, text), language):
        return Answer("", problem)
    if task == "question_answer":
        return _pairs(text)
    if task == "entities":
        return _entities(text, source)
    if task == "relations":
        return _relations(text)
    return Answer(re.sub(r"\A(?:Summary|Explanation|Answer):\s*", "", text))


def form_problem(reply: Reply) -> str:
    """Return what is wrong with any answer, whatever was asked: filtered, cut off, empty, a refusal; else nothing."""
    if reply.finish_reason == "content_filter":
        return "stopped by the endpoint's content filter"
    if reply.finish_reason == "length":
        return "cut off at max_tokens"
    text = _clean(reply.text)
    if not text:
        return "empty answer"
    return "refusal" if _REFUSAL.match(text) else ""


def without_thoughts(text: str) -> str:
    """Return an answer without what a reasoning model thought aloud before it."""
    return _THOUGHTS.sub("", text)


def join_answers(task: str, texts: Sequence[str]) -> str:
    """Return the answers for the parts of one document as one text; what is said twice is kept once."""
    if task in CONNECTED:
        return "\n\n".join(texts)
    between = "\n\n" if task == "question_answer" else "\n"
    pieces: dict[str, str] = {}
    for text in texts:
        for piece in text.split(between):
            pieces.setdefault(piece.casefold(), piece)
    return between.join(pieces.values())


def _content(task: str, text: str) -> str:
    """Return what shows a language: entities are copied from the text, the words before pairs are always English."""
    if task == "entities":
        return ""
    return re.sub(r"^\s*(?:Question|Answer):", "", text, flags=re.MULTILINE) if task == "question_answer" else text


def _clean(text: str) -> str:
    text = _THOUGHTS.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text).strip()
    fenced = _FENCE.match(text)
    return fenced[1].strip() if fenced else text


def _pairs(text: str) -> Answer:
    pairs = _PAIR.findall(text)
    asked = len(re.findall(r"^\s*Question:", text, re.MULTILINE | re.IGNORECASE))
    if not pairs or len(pairs) != asked:
        return Answer("", "no questions with answers: each needs a line `Question:` and a line `Answer:`")
    return Answer("\n\n".join(f"Question: {' '.join(q.split())}\nAnswer: {' '.join(a.split())}" for q, a in pairs))


def _entities(text: str, source: str) -> Answer:
    terms: dict[str, str] = {}
    for line in text.split("\n"):
        term = " ".join(_BULLET.sub("", line).split())
        if term:
            terms.setdefault(term.casefold(), term)
    known = " ".join(source.casefold().split())
    strangers = [term for key, term in terms.items() if key not in known]
    if strangers:
        named = ", ".join(f"'{term[:60]}'" for term in strangers[:8])
        return Answer("", f"entities that are not in the text: {named}")
    return Answer("\n".join(f"- {term}" for term in terms.values()))


def _relations(text: str) -> Answer:
    lines: dict[str, str] = {}
    for raw in text.split("\n"):
        line = " ".join(_BULLET.sub("", raw).split())
        if len(line.split()) < 3 and line:
            return Answer("", f"relations that are not sentences: '{line[:60]}'")
        if line:
            line = line if line[-1] in ".!?" else f"{line}."
            lines.setdefault(line.casefold(), line)
    return Answer("\n".join(lines.values()))
