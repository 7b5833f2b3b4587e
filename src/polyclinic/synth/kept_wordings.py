"""The wordings of definitions that passed all checks, and the count of those that did not."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.records import Sample, write_records
from polyclinic.steps import Work
from polyclinic.tasks import Task
from polyclinic.tasks.wording_rules import normalised, wording_problem
from polyclinic.tasks.wordings import ENDING, Wording, write_wordings


class KeptWordings:
    """The wordings that passed all checks, in order, and the count of those that did not."""

    def __init__(self, out: Path, there: dict[str, list[Wording]]) -> None:
        self.out = out
        self.new: dict[str, list[Wording]] = {}
        for name in there:
            self.new[name] = []
        self.known = {name: {normalised(wording.text) for wording in found} for name, found in there.items()}
        self.tasks: dict[str, Task] = {}
        self.rejected: Counter[str] = Counter()
        self.rows: list[dict[str, Any]] = []

    def take(self, task: Task, wording: Wording) -> None:
        """Keep a wording, or count why not."""
        self.tasks[task.name] = task
        key = normalised(wording.text)
        problem = wording_problem(task, wording.text)
        if not problem and (key in self.known[task.name] or key == normalised(task.definition)):
            problem = "duplicate"
        if problem:
            self.reject(task, wording.basis, problem, wording.text)
        else:
            self.known[task.name].add(key)
            self.new[task.name].append(wording)

    def reject(self, task: Task, basis: int, problem: str, text: str) -> None:
        """Count a wording that is not kept, and write it down."""
        self.rejected[problem.partition(":")[0]] += 1
        row = {"task": task.name, "basis": basis, "outcome": "rejected", "reason": problem, "answer": text}
        self.rows.append(row)

    def finish(self, work: Work) -> None:
        """Write records, files of wordings and facts; raises UserError when there is nothing."""
        samples = [
            _sample(self.tasks[name], wording, number)
            for name, wordings in self.new.items()
            for number, wording in enumerate(wordings, start=1)
        ]
        if not samples:
            reasons = ", ".join(f"{n} times {reason}" for reason, n in self.rejected.most_common(5))
            raise UserError(
                f"synth.paraphrase: no further wording of {', '.join(self.new)}: {reasons or 'nothing was written'}; "
                "rules know English and Chinese definitions, a teacher writes others"
            )
        write_records(work.out, samples, Sample)
        for name, wordings in self.new.items():
            if wordings:
                path = work.out / "wordings" / f"{name}{ENDING}"
                write_wordings(path, self.tasks[name].definition, wordings)
        if self.rows:
            with (work.out / "rejected.jsonl").open("a", encoding="utf-8") as side:
                side.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)
        work.facts.update(
            wordings={name: len(wordings) for name, wordings in self.new.items()},
            there_before={name: len(known) - len(self.new[name]) for name, known in self.known.items()},
            kept=len(samples),
            not_kept=dict(sorted(self.rejected.items())),
        )


def _sample(task: Task, wording: Wording, number: int) -> Sample:
    origin = wording.model_dump(exclude={"text", "author"}, exclude_defaults=True)
    return Sample(
        id=f"{task.name}-wording-{number}",
        task="paraphrase",
        instruction="Write the definition of a task in other words.",
        input=task.definition,
        output=wording.text,
        document=task.name,
        language=task.instruction_language,
        source="catalog",
        author=wording.author,
        metadata=origin,
    )
