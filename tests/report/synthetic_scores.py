"""Folders of scores as eval.run, eval.score and eval.contamination leave them, for tests of the leaderboard."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from polyclinic.evals.scoring import score_replies, scorer_name
from polyclinic.evals.scoring.measured import SCORERS
from polyclinic.evals.scoring.score_task import has_published
from polyclinic.records import Reply, Score, write_records
from polyclinic.tasks import load_catalog

WORDS = ["fever", "cough", "aspirin", "fracture", "anemia", "chest", "pain", "left", "acute", "renal", "failure"]
ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'</script>"


def write_results(
    folder: Path, model: str, skill: float, tasks: Sequence[str], items: int = 12, attack: bool = False
) -> Path:
    """Write replies and scores of a model that gets a share `skill` of the items right."""
    dice = random.Random(f"{model} {skill}")
    catalog = load_catalog()
    replies: list[Reply] = []
    scores: list[Score] = []
    for task_name in tasks:
        task = catalog[task_name]
        made = [_reply(model, task_name, number, dice.random() < skill, attack) for number in range(items)]
        replies += made
        for scorer in SCORERS:
            if scorer == "as_published" and not has_published(task):
                continue
            for reply, found in zip(made, score_replies(task, made, scorer), strict=True):
                for place, one in enumerate(found):
                    scores.append(
                        Score(
                            model=model,
                            fingerprint=reply.fingerprint,
                            task=task_name,
                            item=reply.item,
                            metric=one.metric,
                            scorer=scorer_name(scorer),
                            value=one.value,
                            unscored_reason=one.reason,
                            weight=one.weight,
                            cluster=reply.cluster,
                            prompt=reply.prompt if not place else "",
                            reply=reply.text if not place else "",
                            gold=reply.gold if not place else "",
                            parts=dict(one.parts),
                        )
                    )
    write_records(folder / model, scores, Score)
    write_records(folder / model / "replies", replies, Reply)
    return folder / model


def write_overlaps(folder: Path, model: str, tasks: Sequence[str], items: int = 12) -> Path:
    """Write what eval.contamination finds when every third item stands in the training data."""
    scores = [
        Score(
            model,
            f"fingerprint of {model}",
            task,
            f"{task}-{number}",
            f"overlap_{words}",
            "word-runs-1",
            0.5 if number % 3 == 0 else 0.0,
            reply="notes, n1: the words that were met" if number % 3 == 0 else "",
        )
        for task in tasks
        for number in range(items)
        for words in (8, 13)
    ]
    write_records(folder / f"{model}-overlaps", scores, Score)
    return folder / f"{model}-overlaps"


def _reply(model: str, task_name: str, number: int, right: bool, attack: bool) -> Reply:
    dice = random.Random(f"{task_name} {number}")
    task = load_catalog()[task_name]
    if task.labels:
        gold, wrong = dice.sample(task.labels, 2)
    elif task.family in ("option_letters", "multiple_choice"):
        gold, wrong = "A", "B"
    elif task.family == "entities":
        gold, wrong = ", ".join(dice.sample(WORDS, 3)), ", ".join(dice.sample(WORDS, 2))
    else:
        gold, wrong = " ".join(dice.choices(WORDS, k=12)), " ".join(dice.choices(WORDS, k=12))
    options = ("Pneumonia", "Gout", "Asthma", "Anemia") if gold == "A" else ()
    said = gold if right else wrong
    return Reply(
        model=model,
        fingerprint=f"fingerprint of {model}",
        task=task_name,
        item=f"{task_name}-{number}",
        text=f"{said}{ATTACK}" if attack and number == 1 else "" if number == 2 else said,
        unanswered_reason="the endpoint answered 500 five times" if number == 0 and model != "base" else "",
        prompt=f"Prompt {number} of {task_name}. {ATTACK if attack else ''} {' '.join(dice.choices(WORDS, k=40))}",
        input=" ".join(dice.choices(WORDS, k=40)),
        gold=gold,
        options=options,
        cluster=f"letter {number // 2}",
    )
