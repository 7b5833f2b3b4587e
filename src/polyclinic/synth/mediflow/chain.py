"""`synth.chain`: instructions written, judged and spoiled in one go, so that no stage waits for another to end.

`synth.mediflow`, `synth.judge` and `synth.preferences` do the same one after the other, and then choose by rank over
the whole set. Here each plan walks through its steps on its own, so what becomes a pair is chosen by score instead.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from polyclinic.errors import UserError
from polyclinic.llm import Journal, Outcome, ask_in_steps, read_steps
from polyclinic.records import Sample, write_records
from polyclinic.steps import Work, step_kind
from polyclinic.synth.data_page import describe
from polyclinic.synth.judge import judge_prompt
from polyclinic.synth.judgements import JUDGEMENTS
from polyclinic.synth.mediflow.plans import Plan, draw_plans
from polyclinic.synth.mediflow.walk import ChainSettings, Steps, of_judge
from polyclinic.synth.mediflow.writing import check_mediflow
from polyclinic.synth.rounds import REJECTED, Account, drop_empty_side_file, nothing_usable
from polyclinic.synth.spoiling import spoiling_prompts
from polyclinic.synth.teacher import at_once, budget_of, check_address, guard_of


def check_chain(settings: ChainSettings) -> None:
    """Look at axes, prompts and addresses; raises UserError before anything is asked."""
    check_mediflow(settings)
    judge_prompt("instruction", settings.prompts)
    judge_prompt("output", settings.prompts)
    spoiling_prompts(settings.prompts)
    check_address(of_judge(settings))
    if settings.batches:
        raise UserError("synth.chain: batches: what follows from an answer cannot wait a day; take the single kinds")


@step_kind("synth.chain", ChainSettings, output="samples", version=1, check=check_chain)
def chain(settings: ChainSettings, work: Work) -> None:
    """Write MediFlow instructions, judge them and their outputs, and make the good outputs worse, all at once.

    Every sample comes out, with its scores; one that became a pair has `rejected_output` and `error_type` in its
    metadata, which `synth.pairs` makes preferences of. Stages overlap: the whole takes little longer than its longest
    stage. Raises UserError when no instruction could be used.
    """

    from polyclinic.deidentify import ledger_of

    steps = Steps(settings, work.seed)
    guards = {one: guard_of(one, settings.allow_remote) for one in (steps.writer, steps.judge)}
    remote = frozenset(one for one, found in guards.items() if found is not None)
    guard = next((found for found in guards.values() if found is not None), None)
    counts, account, errors = Counter[str](), Account(), Counter[str]()

    def plans() -> Iterator[Plan]:
        return draw_plans(steps.axes, settings.instructions, work.seed, steps.bounds)

    def samples() -> Iterator[Sample]:
        with (
            (work.out / REJECTED).open("w", encoding="utf-8") as rejected,
            (work.out / JUDGEMENTS).open("w", encoding="utf-8") as judged,
        ):
            for walk in read_steps(plans(), steps.walk, journal, guard=guard, remote=remote):
                for stage, subject, outcome in walk.outcomes:
                    account.take(outcome, stage)
                    rejected.writelines(_rejected_rows(walk.plan, stage, subject, outcome))
                for subject, found in walk.judgements.items():
                    row = {
                        "subject": subject,
                        "judgements": [{**j.scores, "rationales": j.rationales} for j in found],
                    }
                    judged.write(json.dumps(row, ensure_ascii=False) + "\n")
                counts.update(walk.counts)
                errors.update(s.metadata["error_type"] for s in walk.samples if "error_type" in s.metadata)
                yield from walk.samples

    with Journal(work.scratch / "journal.sqlite") as journal:
        with work.progress("writing, judging, spoiling", settings.instructions) as progress:
            tally = ask_in_steps(
                plans(),
                steps.walk,
                journal,
                at_once=4 * max(at_once(steps.writer), at_once(steps.judge)),
                progress=progress,
                allow_remote=settings.allow_remote,
                guard=guard,
                ledger=ledger_of(work.out),
                budget=budget_of(settings),
            )
        if not (total := write_records(work.out, samples(), Sample)):
            raise nothing_usable("synth.chain", account, journal.path)
    for name in (REJECTED, JUDGEMENTS):
        drop_empty_side_file(work.out, name)
    work.facts.update(
        teacher=settings.teacher_model,
        judge=steps.judge.model,
        prompt_versions={prompt.name: prompt.version for prompt in steps.prompts},
        asked_in_this_run=tally.asked,
        samples=total,
        **{name: counts[name] for name in COUNTED},
        error_types=dict(sorted(errors.items())),
        **account.facts(),
    )
    describe(
        work,
        "synth.chain",
        Sample,
        f"Instructions along MediFlow's axes (Corbeil et al., ACL 2025), by {settings.teacher_model}, judged by "
        f"{steps.judge.model}.",
    )


COUNTED = ("instructions", "judged", "without_a_judgement", "spoiled", "pairs", "not_worse")


def _rejected_rows(plan: Plan, stage: str, subject: str, outcome: Outcome) -> Iterator[str]:
    place = {"plan": plan.number, "stage": stage, **({"subject": subject} if subject else {})}
    for reply, reason in outcome.rejected:
        row = {**place, "outcome": "rejected", "reason": reason, "answer": reply.text}
        yield json.dumps(row, ensure_ascii=False) + "\n"
    if outcome.failure is not None:
        row = {**place, "outcome": "failed", "reason": outcome.failure.reason, "answer": ""}
        yield json.dumps(row, ensure_ascii=False) + "\n"
