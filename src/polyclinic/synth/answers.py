"""Read a teacher's answer: clean it, and say what is wrong with it if it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from polyclinic.llm import Reply

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


def read_answer(task: str, reply: Reply, source: str) -> Answer:
    """Return an answer in the form samples have, or what is wrong with it.

    Args:
        task: summary, question_answer, entities or relations.
        reply: the raw answer.
        source: title and text of the part it was written from; every entity must occur in it.
    """
    text = _clean(reply.text)
    if problem := form_problem(reply):
        return Answer("", problem)
    if task != "summary" and text.strip(" .").upper() == NONE:
        return Answer("")
    if task == "question_answer":
        return _pairs(text)
    if task == "entities":
        return _entities(text, source)
    if task == "relations":
        return _relations(text)
    return Answer(re.sub(r"\A(?:Summary|Answer):\s*", "", text))


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
    if task == "summary":
        return "\n\n".join(texts)
    between = "\n\n" if task == "question_answer" else "\n"
    pieces: dict[str, str] = {}
    for text in texts:
        for piece in text.split(between):
            pieces.setdefault(piece.casefold(), piece)
    return between.join(pieces.values())


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
