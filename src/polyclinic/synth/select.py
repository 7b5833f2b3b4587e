"""`synth.select`: the best of what was judged, evenly over the axes, without near-duplicates and benchmark items.

Source: Corbeil et al., ACL 2025, section 3.2.1: the best 800,000 rows by quality. How they were spread over the axes,
from which score on and without which copies is not published; here it is what the settings say.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records, write_records
from polyclinic.step_settings import Samples, Settings, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.benchmarks import Benchmarks
from polyclinic.synth.data_page import describe
from polyclinic.synth.judgements import subject_key
from polyclinic.synth.rounds import drop_empty_side_file
from polyclinic.synth.stratified import best_of_each

LEFT_OUT = "left_out.jsonl"
PUBLISHED = 800_000  # samples
AT_ONCE = 2048  # samples that are compared with the benchmarks at a time


class SelectSettings(Settings):
    """Which samples, how many, and what they must be."""

    samples: list[Samples] = Field(
        min_length=1, description="judged samples, such as synth.judge or synth.chain makes"
    )
    samples_kept: int = Field(PUBLISHED, ge=1, description="samples that are kept, at most; whole instructions")
    score: str = Field("quality", description="score in the samples' metadata that instructions are ranked by")
    least: dict[str, float] = Field(
        {"quality": 3.0}, description="lowest score of an instruction, by name; without that score it is left out"
    )
    least_output: dict[str, float] = Field(
        {},
        description="lowest score of an output, by name: correctness, grounding, format (judges of outputs)",
    )
    axes: list[str] = Field(
        ["task_type", "input_data", "output_format"],
        description="metadata over whose values instructions are spread evenly; empty = the best alone",
    )
    duplicates: Literal["instruction", "sample", "none"] = Field(
        "instruction", description="what is compared for near-duplicates: instructions, or instruction with input"
    )
    jaccard: float = Field(0.8, gt=0, le=1, description="share of runs of 5 words from which two are near-duplicates")
    benchmarks: list[Samples] = Field([], description="items of benchmarks that were built, to keep apart from")
    data: SourcePath | None = Field(
        None,
        description="the user's data folder: what the catalog's tasks are tested with (test splits, else validation) "
        "is kept apart from, as far as it is in it",
    )
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")


@dataclass
class Group:
    """One instruction with the samples that are still in."""

    score: float
    cell: tuple[Hashable, ...]
    rows: array[int] = field(default_factory=lambda: array("q"))  # numbers of its samples, in order
    text: str = ""  # that is compared


@dataclass
class Choosing:
    """What is known of the samples while they are read again and again."""

    settings: SelectSettings
    reasons: dict[int, str] = field(default_factory=dict)  # number of a sample -> why it is left out
    groups: dict[str, Group] = field(default_factory=dict)  # by instruction
    total: int = 0

    def read(self) -> Iterator[Sample]:
        """Yield the samples in order."""
        for path in self.settings.samples:
            yield from read_records(path, Sample)


@step_kind("synth.select", SelectSettings, output="samples", version=2)
def select(settings: SelectSettings, work: Work) -> None:
    """Keep the best samples by the score of their instruction, spread evenly over the axes.

    In this order a sample is left out when it was there before, has no score, a score is too low, it shares 13 words
    in a row with a benchmark, its instruction is nearly the same as a better one, or there are enough. What is left
    out is in `left_out.jsonl` with the reason. Raises UserError when nothing is kept.
    """
    choosing = Choosing(settings)
    _judge_scores(choosing)
    benchmarks = Benchmarks(settings.benchmarks, settings.data, settings.catalog)
    if benchmarks.counts:
        with work.progress("comparing with benchmarks", choosing.total) as bar:
            _leave_out_benchmarks(choosing, benchmarks, bar)
    with work.progress("looking for near-duplicates", 1) as bar:
        _leave_out_copies(choosing)
        bar.advance()
    _take_the_best(choosing)
    counted, cells = Counter[str](), Counter[str]()

    def kept() -> Iterator[Sample]:
        with (work.out / LEFT_OUT).open("w", encoding="utf-8") as side:
            for number, sample in enumerate(choosing.read()):
                reason = choosing.reasons.get(number)
                if reason is None:
                    cells[" / ".join(str(sample.metadata.get(name, "")) for name in settings.axes)] += 1
                    yield sample
                else:
                    counted[reason.partition(":")[0]] += 1
                    side.write(json.dumps({"id": sample.id, "reason": reason}, ensure_ascii=False) + "\n")

    total = write_records(work.out, kept(), Sample)
    if not total:
        reasons = ", ".join(f"{n} times {reason}" for reason, n in counted.most_common(5))
        raise UserError(f"synth.select: none of {choosing.total} samples is kept: {reasons or 'there are none'}")
    drop_empty_side_file(work.out, LEFT_OUT)
    work.facts.update(
        samples=total,
        instructions=sum(bool(group.rows) for group in choosing.groups.values()),
        read=choosing.total,
        left_out=dict(sorted(counted.items())),
        cells=len(cells),
        largest_cell=max(cells.values()),
        smallest_cell=min(cells.values()),
        benchmarks=benchmarks.counts,
    )
    describe(
        work,
        "synth.select",
        Sample,
        "The best of what was judged, spread over the axes, without near-duplicates and items of benchmarks.",
    )


def _judge_scores(choosing: Choosing) -> None:
    """Group the samples by instruction; those without or with too low scores are left out."""
    settings = choosing.settings
    seen: set[int] = set()
    for number, sample in enumerate(choosing.read()):
        choosing.total += 1
        known = len(seen)
        seen.add(_content(sample))
        if len(seen) == known:
            choosing.reasons[number] = "duplicate: instruction and input were there before"
            continue
        if problem := _score_problem(sample, settings):
            choosing.reasons[number] = problem
            continue
        key = subject_key(sample, "instruction")
        group = choosing.groups.get(key)
        if group is None:
            cell = tuple(str(sample.metadata.get(name, "")) for name in settings.axes)
            group = choosing.groups[key] = Group(float(sample.metadata[settings.score]), cell)
        group.rows.append(number)


def _content(sample: Sample) -> int:
    text = f"{sample.instruction}\0{sample.input}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def _score_problem(sample: Sample, settings: SelectSettings) -> str:
    if not isinstance(_score(sample, settings.score), float):
        return f"no score: '{settings.score}' is not in its metadata"
    for name, least in {**settings.least, **settings.least_output}.items():
        found = _score(sample, name)
        if found is None:
            return f"no score: '{name}' is not in its metadata"
        if found < least:
            return f"{name} too low: {found:g} below {least:g}"
    return ""


def _score(sample: Sample, name: str) -> float | None:
    value: Any = sample.metadata.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _leave_out_benchmarks(choosing: Choosing, benchmarks: Benchmarks, bar: Any) -> None:
    """Leave out samples that share a run of words with a benchmark; the others of the instruction stay."""
    waiting: list[tuple[int, str]] = []

    def look() -> None:
        for (number, _), name in zip(waiting, benchmarks.overlaps([text for _, text in waiting]), strict=True):
            if name:
                choosing.reasons.setdefault(number, f"in a benchmark: shares 13 words in a row with {name}")
        bar.advance(len(waiting))
        waiting.clear()

    for number, sample in enumerate(choosing.read()):
        waiting.append((number, f"{sample.instruction}\n{sample.input}\n{sample.output}"))
        if len(waiting) == AT_ONCE:
            look()
    look()
    for group in choosing.groups.values():
        group.rows = array("q", (number for number in group.rows if number not in choosing.reasons))


def _leave_out_copies(choosing: Choosing) -> None:
    """Of instructions (or samples) that are nearly the same keep the one with the best score, the first of equals."""
    if choosing.settings.duplicates == "none":
        return
    by_sample = choosing.settings.duplicates == "sample"
    group_of = {number: group for group in choosing.groups.values() for number in group.rows}
    firsts = {group.rows[0] for group in choosing.groups.values() if group.rows}
    compared: list[tuple[int, str, str]] = []  # number of a sample, its id, what is compared
    for number, sample in enumerate(choosing.read()):
        if number in (group_of if by_sample else firsts):
            text = f"{sample.instruction}\n{sample.input}" if by_sample else sample.instruction
            compared.append((number, sample.id, text))
    # The best first, so that it is the one its cluster is named by.
    compared.sort(key=lambda one: (-group_of[one[0]].score, one[0]))
    for place, first in enumerate(first_of_copies([text for *_, text in compared], choosing.settings.jaccard)):
        if place == first:
            continue
        group = group_of[compared[place][0]]
        for number in [compared[place][0]] if by_sample else list(group.rows):
            choosing.reasons[number] = f"near-duplicate: {choosing.settings.duplicates} of {compared[first][1]}"
        if not by_sample:
            group.rows = array("q")
    if by_sample:
        for group in choosing.groups.values():
            group.rows = array("q", (number for number in group.rows if number not in choosing.reasons))


def first_of_copies(texts: Sequence[str], jaccard: float) -> list[int]:
    """Return for each text the first that it is nearly the same as, itself when there is none.

    Texts too short for a run of words are compared as a whole. Chains count: what is like a copy of the first is a
    copy of the first.
    """
    from polyclinic.near_duplicates import clusters_of, similar_pairs

    return clusters_of(len(texts), similar_pairs(texts, jaccard))


def _take_the_best(choosing: Choosing) -> None:
    """Leave out all but the best instructions of each cell, as many as fit."""
    groups = [group for group in choosing.groups.values() if group.rows]
    cells, scores = [group.cell for group in groups], [group.score for group in groups]
    wanted, there = choosing.settings.samples_kept, sum(len(group.rows) for group in groups)
    # Instructions have unlike numbers of samples: about as many as fit come first, the others where room is left.
    first = best_of_each(groups, cells, scores, int(wanted * len(groups) / max(there, 1)))
    order = dict.fromkeys([*first, *best_of_each(groups, cells, scores, len(groups))])
    taken, room = set[int](), wanted
    for place in order:
        if len(groups[place].rows) <= room:
            room -= len(groups[place].rows)
            taken.add(place)
    for place, group in enumerate(groups):
        if place not in taken:
            for row in group.rows:
                choosing.reasons[row] = "enough: better ones of its cell, or of all, are kept"
            group.rows = array("q")
