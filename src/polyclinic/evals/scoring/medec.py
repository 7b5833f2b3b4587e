"""MEDEC: which sentence of a clinical text is wrong, and how it should read.

A reply is the number of the sentence, -1 (or CORRECT) for none, and may go on with the corrected sentence. Source:
Ben Abacha et al. 2025, MEDEC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from polyclinic.evals.scoring.bleu import bleu1
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean, located
from polyclinic.evals.scoring.rouge import rouge_f1
from polyclinic.evals.scoring.words import divided, rule_for
from polyclinic.records import Reply
from polyclinic.tasks import Task

NONE = -1
# Digits that are part of a number with a point, a date or a word are no sentence number.
_NUMBER = re.compile(r"(?<![\w.,/])([-−–]?\d{1,4})(?![\w/]|[.,]\d)")
_WHOLE = re.compile(
    r"^[^\w\-−–]{0,20}(?:sentence|line|id|number|no\.?)?\W{0,20}?([-−–]?\d{1,4})\b[\s.:)\]}*\"']*(.*)$",
    re.DOTALL | re.IGNORECASE,
)
_COLON, _WORD = re.compile(r"^\W*\d+\s*:"), re.compile(r"[A-Za-z]{3,}")
_CORRECT = re.compile(r"^\W*(?:correct|no (?:medical )?errors?|none)\W*$", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?!(?:or|and|to|through|maybe|perhaps|possibly)\b)[\"']?[A-Za-z][^\s]*(?:\s+[^\s]+){2}", re.I
)
NOT_ASKED = "no correction: the task does not ask for one, and the reply gives none"
CORRECTED_FIELDS = ("corrected", "corrected_sentence")  # of an item's metadata


def sentence_number(text: str) -> tuple[int | None, str]:
    """Return the number that a cleaned reply names, and the corrected sentence behind it.

    None when no number or several different ones are named.
    """
    if _CORRECT.match(text):
        return NONE, ""
    first = text.partition("\n")[0]
    if (match := _WHOLE.match(first)) and not _NUMBER.search(match.group(2)):
        rest = match.group(2).strip()
        others = {_as_int(found) for found in _NUMBER.findall(text.partition("\n")[2])} if not rest else set()
        number = _as_int(match.group(1))
        return (number, rest) if others <= {number} else (None, "")
    if match and _SENTENCE.match(match.group(2).strip()):  # a corrected sentence with numbers in it
        return _as_int(match.group(1)), match.group(2).strip()
    if match and _COLON.match(first) and len(_WORD.findall(match.group(2))) > 2:  # one that begins with a number
        return _as_int(match.group(1)), match.group(2).strip()
    where = located(text)
    if _CORRECT.match(where):
        return NONE, ""
    found = {_as_int(number) for number in _NUMBER.findall(where)}
    return (found.pop(), "") if len(found) == 1 else (None, "")


def score_sentences(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score the sentence, whether an error was seen at all, and the correction where the item has one.

    flag_accuracy compares whether there is an error; no_error_share is how often the reply says there is none (a
    figure to read beside the others, not better when higher). The correction is scored by ROUGE-1, ROUGE-L and
    BLEU-1 on items that have an error and a corrected sentence. Where the task asks for it, so that it stands in the
    gold, a reply without a correction scores 0; where only the item's metadata know it, such a reply has no value.
    """
    rouge, bleu = rule_for("rouge", task.language), rule_for("bleu1", task.language)
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        gold, gold_sentence = sentence_number(clean(reply.gold))
        asked = bool(gold_sentence)
        for name in CORRECTED_FIELDS:
            gold_sentence = gold_sentence or str(reply.metadata.get(name, "") or "")
        number, sentence = sentence_number(text)
        found = number is not None
        row = [
            Measured("sentence_id_accuracy", float(found and number == gold)),
            Measured("flag_accuracy", float(found and (number == NONE) == (gold == NONE))),
            Measured("no_error_share", float(number == NONE)),
            Measured("answer_found", float(found)),
        ]
        if gold_sentence and gold != NONE:
            row += _correction(sentence, gold_sentence, asked, rouge, bleu)
        scored.append(row)
    return scored


def _correction(sentence: str, gold: str, asked: bool, rouge: str, bleu: str) -> list[Measured]:
    names = ("rouge1", "rougeL", "bleu1")
    if not sentence and not asked:
        return [Measured(f"correction_{name}", None, NOT_ASKED) for name in names]
    said, wanted = divided([sentence, gold], rouge)
    one, _, longest = rouge_f1(said, [wanted])
    said, wanted = divided([sentence, gold], bleu)
    values = (one, longest, bleu1(said, [wanted]))
    return [Measured(f"correction_{name}", value) for name, value in zip(names, values, strict=True)]


def _as_int(text: str) -> int:
    return int(text.replace("−", "-").replace("–", "-"))
