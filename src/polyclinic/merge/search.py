"""merge.search: find the parameters of a merge that answer validation items best.

In come a base, models and items of tasks; out goes the best merge. Candidates are merged into one live model in
memory, by the same code that writes folders. Every evaluation is kept, so a search that was killed goes on, and those
of one generation can be made by several processes: what they find does not depend on how many there are.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from polyclinic.merge.evaluations import Evaluation, Values, interval, paired
from polyclinic.merge.judge import Judge, as_stored, available_cores, from_stored, items_of, open_judge
from polyclinic.merge.search_folder import SearchFolder
from polyclinic.merge.search_settings import METHODS, SearchSettings, check_search
from polyclinic.merge.search_workers import (
    FOLDER,
    LOOK,
    Workers,
    evaluate_next,
    job_of,
    local_workers,
    number_of_workers,
)
from polyclinic.merge.suggestions import ROUND, Search, evolution, generation_size, grid
from polyclinic.steps import Work, step_kind

EVALUATIONS = "evaluations.jsonl"  # beside the weights: every candidate with its outcomes, in order


@step_kind("merge.search", SearchSettings, output="model", version=4, packages=("cmaes",), check=check_search)
def search(settings: SearchSettings, work: Work) -> None:
    """Find the parameters of a merge that answer validation items best, by CMA-ES or on a grid.

    The objective is the mean over tasks of the mean score of their items: accuracy where options are weighed,
    1 - ln(perplexity) / ln(vocabulary) for texts, the headline metric of the scorer `corrected` for what is written.
    A share of each task's items is held back; on it the best candidate is compared with equal weights, item by item.
    Candidates of a generation are compared with the best of those before, so they can be tried in any order.

    Sources: Akiba et al., "Evolutionary optimization of model merging recipes", 2024; MediPhi (ACL 2025), section
    3.1.4; racing after Birattari et al., "A racing algorithm for configuring metaheuristics", 2002.
    """
    folder = work.scratch / FOLDER
    shared = SearchFolder(folder)
    shared.open(job_of(settings, work.seed))
    grid_search = settings.algorithm == "grid"
    together = ROUND if grid_search else generation_size(settings.dimensions(), settings.population)
    count = number_of_workers(settings, together)
    threads = max(1, available_cores() // count)
    with (
        shared.alive(lead=True),
        local_workers(count - 1, folder, work.scratch) as workers,
        open_judge(settings, work.seed, folder / "answers-leader", threads) as judge,
    ):
        leader = Leader(shared, judge, workers)
        found = _search(settings, work, leader)
        best, number = _best(found)
        _tell(settings, work, leader, found, number)
        shared.close()
    _write_evaluations(work.out / EVALUATIONS, judge, found)
    METHODS[settings.method].function(settings.candidate(best.values), work)


class Leader:
    """The process that says which candidates are tried; it evaluates some of them itself."""

    def __init__(self, shared: SearchFolder, judge: Judge, workers: Workers) -> None:
        self.shared, self.judge, self.workers = shared, judge, workers

    def evaluate(
        self,
        asked: dict[str, Values],
        best: str = "",
        held_back: bool = False,
        advance: Callable[[Evaluation], None] = lambda _: None,
    ) -> list[Evaluation]:
        """Return how candidates do; those that are known are not asked again.

        Args:
            asked: parameters by name.
            best: name of the candidate they are compared with; empty for none.
            held_back: whether they are asked the items that are held back.
            advance: called for each as soon as it is known.
        """
        for name, values in asked.items():
            self.shared.ask(name, {"values": values, "best": best, "held_back": held_back})
        known: dict[str, Evaluation] = {}
        while len(known) < len(asked):
            for name, values in asked.items():
                if name not in known and (stored := self.shared.result(name)) is not None:
                    if stored["values"] != values:
                        raise RuntimeError(f"candidate {name} is kept with other parameters than the search suggests")
                    known[name] = from_stored(stored)
                    advance(known[name])
            missing = [name for name in asked if name not in known]
            if missing and not evaluate_next(self.shared, self.judge, missing):
                self.workers.check()
                time.sleep(LOOK)
        return [known[name] for name in asked]


def name_of(number: int) -> str:
    """Return the name of a candidate; number 0 are equal weights."""
    return f"{number:06d}"


def _search(settings: SearchSettings, work: Work, leader: Leader) -> list[Evaluation]:
    """Return all candidates in order, equal weights first."""
    found = leader.evaluate({name_of(0): settings.equal_weights()})
    suggestions: Search = (
        grid(settings.dimensions(), settings.grid_points)
        if settings.algorithm == "grid"
        else evolution(settings.dimensions(), work.seed, settings.population)
    )
    wanted = settings.evaluations
    if settings.algorithm == "grid":
        wanted = settings.grid_points ** settings.dimensions()
    with work.progress("candidates", wanted) as bar:
        points = next(suggestions, None)
        while points and len(found) <= settings.evaluations:
            tried = points[: settings.evaluations + 1 - len(found)]
            best, number = _best(found)

            def advance(one: Evaluation, best: Evaluation = best) -> None:
                bar.advance(1, f"best {max(best.score, 0.0 if one.dropped else one.score):.4f}")

            asked = {name_of(len(found) + i): settings.values(point) for i, point in enumerate(tried)}
            found += leader.evaluate(asked, best=name_of(number), advance=advance)
            if len(tried) < len(points):
                break
            try:
                points = suggestions.send([one.score for one in found[-len(tried) :]])
            except StopIteration:
                break
    return found


def _best(found: list[Evaluation]) -> tuple[Evaluation, int]:
    """Return the best candidate that was asked everything, and its number; the first of equals."""
    number = max((i for i, one in enumerate(found) if not one.dropped), key=lambda i: (found[i].score, -i))
    return found[number], number


def _tell(settings: SearchSettings, work: Work, leader: Leader, found: list[Evaluation], number: int) -> None:
    """Put into the manifest what was found, and how the best and equal weights do on items that were held back."""
    split, panel = leader.judge.split, leader.judge.panel
    start, best = found[0], found[number]
    seen = items_of(panel, [*split.first, *split.rest])
    work.facts["merged"] = _names(settings)
    for name, shown in (("baseline", start), ("best", best)):
        on_seen = interval(np.array(shown.outcomes), seen, work.seed)
        work.facts[name] = {
            "values": shown.values,
            "score": shown.score,
            "low": on_seen["low"],
            "high": on_seen["high"],
        }
    work.facts["best"]["number"] = number
    work.facts["items"] = {
        "first": len(split.first),
        "search": len(seen.tasks),
        "held_back": len(split.held),
        "tasks": list(dict.fromkeys(panel.tasks)),
    }
    if split.held:
        asked = {"held-back-baseline": start.values, "held-back-best": best.values}
        ours, theirs = leader.evaluate(asked, held_back=True)
        held = items_of(panel, split.held)
        one, other = np.array(theirs.outcomes), np.array(ours.outcomes)
        work.facts["held_back"] = {
            "n": len(split.held),
            "documents": len({d or i for i, d in zip(split.held, held.documents, strict=True)}),
            "baseline": interval(other, held, work.seed),
            "best": interval(one, held, work.seed),
            "difference": paired(one, other, held, work.seed),
        }
    work.facts["path"] = [
        {"values": e.values, "score": round(e.score, 6), "dropped": e.dropped, "refused": e.refused} for e in found
    ]
    work.facts["evaluations"] = {
        "made": len(found), "dropped": sum(e.dropped for e in found), "refused": sum(bool(e.refused) for e in found)
    }  # fmt: skip


def _names(settings: SearchSettings) -> list[str]:
    """Return what the models are called: the steps that made them, or their folders."""
    from polyclinic.artifacts import read_manifest

    found = []
    for folder in settings.models:
        manifest = read_manifest(folder)
        found.append((manifest.step if manifest is not None else "") or folder.resolve().name)
    return found if len(set(found)) == len(found) else [f"{name} ({i + 1})" for i, name in enumerate(found)]


def _write_evaluations(file: Path, judge: Judge, found: list[Evaluation]) -> None:
    """Write the items that were asked, then a line for each candidate."""
    seen = [*judge.split.first, *judge.split.rest]
    head: dict[str, Any] = {"items": [[judge.panel.tasks[i], judge.panel.names[i]] for i in seen]}
    lines = [head, *({"number": i, **as_stored(one)} for i, one in enumerate(found))]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
