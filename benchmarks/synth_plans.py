"""The axes of 1,000,000 sampled MediFlow plans against the published shares, by chi-square; and the same seed twice.

    python benchmarks/synth_plans.py --plans 1000000

Of each axis: the values, chi-square with its degrees of freedom, and the probability of one as large or larger when
the shares are the published ones. Task x difficulty x format is tested at once as well.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from polyclinic.synth.mediflow.axes import Axes, load_axes
from polyclinic.synth.mediflow.plans import Plan, draw_plans


def shares(values: Any) -> dict[str, float]:
    """Return the share of each value of an axis, by key."""
    total = sum(value.weight for value in values)
    return {value.key: value.weight / total for value in values}


def published(axes: Axes) -> Mapping[str, tuple[Callable[[Plan], str], dict[str, float]]]:
    """Return how each axis is read off a plan, and the share of each of its values (appendix A.4)."""
    tasks, levels = shares(axes.task_types), shares(axes.difficulty_levels)
    formats = shares(axes.output_formats)
    return {
        "task type": (lambda plan: plan.task_type.key, tasks),
        "input type": (lambda plan: plan.input_type.key, shares(axes.input_types)),
        "difficulty": (lambda plan: plan.difficulty.key, levels),
        "output format": (lambda plan: plan.output_format.key, formats),
        "temperature": (lambda plan: str(plan.temperature), {"1.0": 0.7, "1.25": 0.3}),
        "examples": (lambda plan: str(plan.examples), {"3": 0.5, "4": 0.5}),
        "task x difficulty x format": (
            lambda plan: f"{plan.task_type.key} {plan.difficulty.key} {plan.output_format.key}",
            {
                f"{task} {level} {form}": of_task * of_level * of_form
                for task, of_task in tasks.items()
                for level, of_level in levels.items()
                for form, of_form in formats.items()
            },
        ),
    }


def main() -> None:
    """Draw, test, draw again."""
    from scipy.stats import chi2

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--plans", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    axes = load_axes()
    expected = published(axes)
    counts = {name: Counter[str]() for name in expected}
    digests = []
    for run in range(2):
        start, digest = time.process_time(), hashlib.sha256()
        for plan in draw_plans(axes, given.plans, given.seed):
            if run == 0:
                for name, (read, _) in expected.items():
                    counts[name][read(plan)] += 1
            digest.update(
                f"{plan.task_type.key}|{plan.input_type.key}|{plan.difficulty.key}|{plan.output_format.key}|"
                f"{plan.temperature}|{plan.examples}\n".encode()
            )
        digests.append(digest.hexdigest())
        print(f"run {run + 1}: {given.plans:,} plans, {time.process_time() - start:.1f} CPU-s", flush=True)
    print("| axis | values | chi-square | degrees of freedom | p |")
    print("|---|---|---|---|---|")
    for name, (_, wanted) in expected.items():
        found = counts[name]
        strangers = [key for key in found if not wanted.get(key)]
        drawn = {key: share for key, share in wanted.items() if share}
        statistic = sum((found[key] - given.plans * s) ** 2 / (given.plans * s) for key, s in drawn.items())
        freedom = len(drawn) - 1
        print(f"| {name} | {len(drawn)} | {statistic:.1f} | {freedom} | {chi2.sf(statistic, freedom):.2f} |")
        if strangers:
            print(f"{name}: drawn with weight 0: {strangers}")
    print(f"same seed, same plans: {digests[0] == digests[1]} (sha256 {digests[0][:16]})")


if __name__ == "__main__":
    main()
