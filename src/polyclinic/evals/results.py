"""Folders of scores into rows of a table, for `polyclinic eval summary`, `eval compare` and `eval leaderboard`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.evals.comparison import Comparison, compare_all, correct
from polyclinic.evals.metrics import OVERLAP
from polyclinic.evals.summary import TaskSummary, summarize
from polyclinic.records import BATCH, Score, read_records, row_reader
from polyclinic.tasks import load_catalog

LONG = ("prompt", "reply")  # columns that no figure needs; they are left on the disk
AGAIN = ("model", "fingerprint", "task", "subset", "item", "metric", "scorer", "cluster", "gold")


@dataclass(frozen=True)
class Results:
    """What some folders of scores hold, without prompts and replies."""

    scores: Mapping[str, tuple[Score, ...]]  # by the model's name, in order of first appearance
    overlaps: Mapping[tuple[str, str, str], Mapping[str, float]]  # (fingerprint, task, item) -> metric -> share

    @property
    def lengths(self) -> list[str]:
        """The metrics of overlap that were measured, longest runs last."""
        found = {metric for shares in self.overlaps.values() for metric in shares}
        return sorted(found, key=lambda metric: int(metric.removeprefix(OVERLAP)))

    def touched(self, fingerprint: str, task: str, item: str, metric: str) -> bool | None:
        """Whether an item stands in a model's training data; None when nobody has looked, or it is too short."""
        share = self.overlaps.get((fingerprint, task, item), {}).get(metric)
        return None if share is None else share > 0


def read_results(paths: Sequence[Path]) -> Results:
    """Read scores, and the overlaps that eval.contamination found.

    Raises UserError when there are no scores, or when two different models have one name.
    """
    found: dict[str, list[Score]] = {}
    overlaps: dict[tuple[str, str, str], dict[str, float]] = {}
    same: dict[str, str] = {}  # texts that come again and again are held once
    for path in paths:
        for score in _scores(path):
            if score.metric.startswith(OVERLAP):
                if score.value is not None:
                    overlaps.setdefault((score.fingerprint, score.task, score.item), {})[score.metric] = score.value
                continue
            group = found.setdefault(score.model, [])
            if group and group[0].fingerprint != score.fingerprint:
                raise UserError(
                    f"{path}: '{score.model}' is another model here ({score.fingerprint[:12]}) than before "
                    f"({group[0].fingerprint[:12]}); evaluate one of them again with another `name`"
                )
            texts: dict[str, Any] = {
                name: same.setdefault(getattr(score, name), getattr(score, name)) for name in AGAIN
            }
            group.append(replace(score, **texts))
    if not found:
        raise UserError(f"{', '.join(map(str, paths))}: no scores here; expected what eval.run has made")
    return Results({model: tuple(scores) for model, scores in found.items()}, overlaps)


def read_scores(paths: Sequence[Path]) -> Mapping[str, tuple[Score, ...]]:
    """Return the scores under these paths by the model's name; see `read_results`."""
    return read_results(paths).scores


def summary_rows(paths: Sequence[Path], seed: int = 0) -> list[dict[str, Any]]:
    """Return one row for each model, task, subset, metric and scorer, with the cells of `TaskSummary` and more.

    More: category and domain of the task in the catalog, and for each length of run that eval.contamination searched
    for, where its scores are among the paths: touched_N (items that stand in the model's training data), and
    estimate_N, low_N, high_N of the others.
    """
    results = read_results(paths)
    return [row for scores in results.scores.values() for row in figure_rows(results, scores, seed)]


def figure_rows(results: Results, scores: Iterable[Score], seed: int = 0) -> list[dict[str, Any]]:
    """Return the rows of `summary_rows` for the scores of one model."""
    kept = list(scores)
    catalog = load_catalog()
    clean = {metric: _clean(results, kept, metric, seed) for metric in results.lengths}
    rows = []
    for found in summarize(kept, seed):
        task = catalog.get(found.task)
        place = {"category": task.category, "domain": task.domain} if task is not None else {}
        row = {**asdict(found), "category": "", "domain": "", **place}
        for metric, summaries in clean.items():
            row |= _clean_cells(metric.removeprefix(OVERLAP), summaries, found)
        rows.append(row)
    return rows


def comparison_rows(paths: Sequence[Path], seed: int = 0, untouched: str = "") -> list[dict[str, Any]]:
    """Return one row for each part of a task and each model but the first, compared with it on the same items.

    A row has: model, baseline, task, subset, metric, scorer, n, estimate, baseline_estimate, difference,
    standard_error, low, high, p_value, holm_p (over the rows of its family, whose number is together), needed and
    detectable (see `Comparison`), only_model, only_baseline and unscored (numbers of items), verdict. Tasks that
    only one of the two was asked are rows with n = 0.

    Args:
        paths: folders of scores; the model of the first is the baseline.
        seed: of the bootstrap and the permutations.
        untouched: words in a run; only items are kept that were searched for in the training data of both models,
            and of which no such run stands there.

    Raises UserError when the paths hold fewer than two models, scores that cannot be paired, or, with `untouched`, no
    overlaps of one of the models or no item that is left.
    """
    results = read_results(paths)
    if len(results.scores) < 2:
        raise UserError(
            f"{', '.join(map(str, paths))}: scores of one model only ({next(iter(results.scores))}); "
            "comparing needs two"
        )
    found = compare_with_first(results, seed, f"{OVERLAP}{untouched}" if untouched else "")
    return [_comparison_row(one) for one in found]


def compare_with_first(results: Results, seed: int = 0, untouched: str = "") -> list[Comparison]:
    """Return all models but the first compared with it, corrected together; see `comparison_rows`."""
    if untouched:
        _check_searched(results, untouched)
    (_, reference), *others = results.scores.items()
    found: list[Comparison] = []
    for _, scores in others:
        one, other = scores, reference
        if untouched:
            both = (scores[0].fingerprint, reference[0].fingerprint)
            one, other = (
                tuple(s for s in side if all(results.touched(f, s.task, s.item, untouched) is False for f in both))
                for side in (one, other)
            )
            if not (one and other):
                words = untouched.removeprefix(OVERLAP)
                raise UserError(
                    f"no item is left to compare {scores[0].model} with {reference[0].model} on: each is shorter "
                    f"than {words} words, was not searched for, or shares {words} words in a row with what one of "
                    "them was trained on; take another length (--untouched, and lengths of eval.contamination)"
                )
        found += compare_all(one, other, seed)
    return correct(found)


def _check_searched(results: Results, untouched: str) -> None:
    """Raise UserError for a model in whose training data nobody has looked for the items."""
    searched = {place[0] for place, shares in results.overlaps.items() if untouched in shares}
    for model, scores in results.scores.items():
        if scores[0].fingerprint not in searched:
            words = untouched.removeprefix(OVERLAP)
            raise UserError(
                f"no overlaps of {words} words for {model} among the results (an item shorter than that has none); "
                f"make them with `polyclinic eval contamination --scores DIR --lengths {words} --out OVERLAPS`, "
                f"where DIR holds scores of {model}, and name OVERLAPS too"
            )


def _comparison_row(one: Comparison) -> dict[str, Any]:
    return {
        "model": one.model_a,
        "baseline": one.model_b,
        "task": one.task,
        "subset": one.subset,
        "metric": one.metric,
        "scorer": one.scorer,
        "n": one.n,
        "estimate": one.estimate_a,
        "baseline_estimate": one.estimate_b,
        "difference": one.difference,
        "standard_error": one.standard_error,
        "low": one.low,
        "high": one.high,
        "p_value": one.p_value,
        "holm_p": one.holm_p,
        "together": one.together,
        "needed": one.needed,
        "detectable": one.detectable,
        "only_model": len(one.only_a),
        "only_baseline": len(one.only_b),
        "unscored": len(one.unscored),
        "verdict": one.verdict,
    }


def _clean(
    results: Results, scores: Sequence[Score], metric: str, seed: int
) -> dict[tuple[str, str, str, str], tuple[int, int, TaskSummary | None]]:
    """Return for each part of a task: items looked at, items touched, and the summary of the others."""
    looked: dict[tuple[str, str, str, str], list[int]] = {}
    kept = []
    for score in scores:
        counts = looked.setdefault(_part(score), [0, 0])
        touched = results.touched(score.fingerprint, score.task, score.item, metric)
        counts[0] += touched is not None
        counts[1] += touched is True
        if touched is False:
            kept.append(score)
    summaries = {_part(found): found for found in summarize(kept, seed)}
    return {part: (counts[0], counts[1], summaries.get(part)) for part, counts in looked.items() if counts[0]}


def _clean_cells(
    words: str, clean: Mapping[tuple[str, str, str, str], tuple[int, int, TaskSummary | None]], found: TaskSummary
) -> dict[str, Any]:
    looked, touched, summary = clean.get(_part(found), (0, 0, None))
    if not looked:
        return {}
    cells: dict[str, Any] = {f"searched_{words}": looked, f"touched_{words}": touched}
    if summary is not None:
        cells |= {f"n_{words}": summary.n, f"estimate_{words}": summary.estimate}
        cells |= {f"low_{words}": summary.low, f"high_{words}": summary.high}
    return cells


def _part(one: Score | TaskSummary) -> tuple[str, str, str, str]:
    return (one.task, one.subset, one.metric, one.scorer)


def _scores(path: Path) -> Iterator[Score]:
    """Yield scores without their long texts, which a folder of Parquet files lets us leave unread."""
    files = sorted(path.glob("*.parquet")) if path.is_dir() else []
    if not files:
        yield from read_records(path, Score)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    read = row_reader(Score)
    for file in files:
        number = 0
        try:
            with pq.ParquetFile(file) as stream:
                columns = [name for name in stream.schema_arrow.names if name not in LONG]
                for batch in stream.iter_batches(batch_size=BATCH, columns=columns):
                    for row in batch.to_pylist():
                        number += 1
                        yield read(row, f"{file}, row {number}")
        except pa.ArrowException as error:
            raise UserError(f"{file}: not a whole Parquet file ({error})") from error
