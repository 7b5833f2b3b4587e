"""The items of a leaderboard, to be read one by one: prompt, right answer, and the replies of two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from polyclinic.evals.metrics import AS_PUBLISHED, OVERLAP, scorer_kind
from polyclinic.evals.results import Results
from polyclinic.pages import Answer, BrowserGroup, BrowserItem, Section, item_browser, numbers, paragraph
from polyclinic.records import Reply, Score, read_records
from polyclinic.report.measured import Column
from polyclinic.report.wording import metric_title, title_of

LONGEST = 12_000  # characters of a text on the page; what is left out in the middle is said

Key = tuple[str, str]  # task and item


@dataclass
class Heard:
    """What one model said to one item, gathered from its scores."""

    prompt: str = ""
    reply: str = ""
    gold: str = ""
    subset: str = ""
    values: dict[str, float | None] = field(default_factory=dict)
    reason: str = ""


def items_section(paths: Sequence[Path], results: Results, most: int) -> Section | None:
    """Return the browser of the items of all tasks, at most so many of each, evenly chosen; None without items.

    Only the chosen items' texts are held; the folders are read once more for them.
    """
    by_task: dict[str, dict[str, None]] = {}
    for scores in results.scores.values():
        for score in scores:
            by_task.setdefault(score.task, {}).setdefault(score.item)
    chosen = {(task, item) for task, items in by_task.items() for item in _evenly(list(items), most)}
    heard, notes = _heard(paths, chosen)
    groups = []
    for task, items in by_task.items():
        keys = [(task, item) for item in items if (task, item) in chosen]
        metrics: dict[str, None] = {}
        for key in keys:
            for one in heard.get(key, {}).values():
                metrics.update(dict.fromkeys(one.values))
        made = [_item(key, heard[key], notes) for key in keys if key in heard]
        left = f", {numbers.count(len(made))} of {numbers.count(len(items))} items" if len(made) < len(items) else ""
        if made:
            groups.append(BrowserGroup(f"{title_of(Column(task, '', '', ''))}{left}", list(metrics), made))
    if not groups:
        return None
    said = paragraph(
        "Every item with its prompt, both replies and the right answer. Arrow keys move in the list.", class_="muted"
    )
    return Section("items", "Items", [said, item_browser(groups, list(results.scores), name="item-browser")])


def _heard(
    paths: Sequence[Path], chosen: set[Key]
) -> tuple[dict[Key, dict[str, Heard]], dict[tuple[Key, str], list[str]]]:
    """Return what each model said to the chosen items, and what was found of them in training data."""
    heard: dict[Key, dict[str, Heard]] = {}
    notes: dict[tuple[Key, str], list[str]] = {}
    for path in paths:
        for score in read_records(path, Score):
            key = (score.task, score.item)
            if key not in chosen:
                continue
            if score.metric.startswith(OVERLAP):
                if score.value:
                    words = score.metric.removeprefix(OVERLAP)
                    notes.setdefault((key, score.model), []).append(
                        f"{numbers.percent(score.value)} of its runs of {words} words stand in the training data of "
                        f"{score.model}, first in {score.reply}"
                    )
                continue
            one = heard.setdefault(key, {}).setdefault(score.model, Heard())
            one.prompt, one.reply = one.prompt or score.prompt, one.reply or score.reply
            one.gold, one.subset = one.gold or score.gold, one.subset or score.subset
            one.values[_name(score)] = score.value
            one.reason = one.reason or score.unscored_reason
        replies = path / "replies"
        if replies.is_dir():
            _add_replies(replies, chosen, heard)
    return heard, notes


def _add_replies(folder: Path, chosen: set[Key], heard: Mapping[Key, Mapping[str, Heard]]) -> None:
    for reply in read_records(folder, Reply):
        one = heard.get((reply.task, reply.item), {}).get(reply.model)
        if one is not None:
            one.prompt, one.reply = one.prompt or reply.prompt, one.reply or reply.text
            one.gold = one.gold or reply.gold


def _item(key: Key, answers: Mapping[str, Heard], notes: Mapping[tuple[Key, str], list[str]]) -> BrowserItem:
    found = [note for model in answers for note in notes.get((key, model), ())]
    return BrowserItem(
        name=key[1],
        right=_shortened(next((one.gold for one in answers.values() if one.gold), "")),
        answers={
            model: Answer(_shortened(one.reply), _shortened(one.prompt), one.values, one.reason)
            for model, one in answers.items()
        },
        note="; ".join(found),
    )


def _name(score: Score) -> str:
    title = metric_title(score.metric)
    return f"{title} (as published)" if scorer_kind(score.scorer) == AS_PUBLISHED else title


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n… {numbers.count(len(text) - LONGEST)} characters left out …\n{text[-half:]}"


def _evenly(items: Sequence[str], most: int) -> Sequence[str]:
    if len(items) <= most:
        return items
    return [items[(2 * i + 1) * len(items) // (2 * most)] for i in range(most)]
