"""`synth.preferences`: a teacher makes the output of good samples slightly worse, one error type at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from polyclinic.errors import UserError, did_you_mean
from polyclinic.llm import ChatRequest, Journal, Teacher
from polyclinic.records import Preference, Sample, read_records, write_records
from polyclinic.step_settings import Samples, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.data_page import describe
from polyclinic.synth.judgements import subject_key
from polyclinic.synth.mediflow.axes import OWN_AXES, Axes, Defined, load_axes
from polyclinic.synth.pairs import preference_of
from polyclinic.synth.preference_tiers import PUBLISHED, Pair, Tier, draw_pairs, tier_sizes
from polyclinic.synth.prompt_files import PromptFile
from polyclinic.synth.rounds import Account, Round, drop_empty_side_file, nothing_usable
from polyclinic.synth.spoiling import clean_output, comparisons, preferred, rewriting_request, spoiling_prompts
from polyclinic.synth.teacher import TeacherSettings, check_address, endpoint_of

NOT_WORSE = "rejected-verification.jsonl"


class PreferencesSettings(TeacherSettings):
    """Which samples become pairs, how they are made worse, and who does it."""

    samples: list[Samples] = Field(min_length=1, description="judged samples, such as synth.judge makes")
    score: str = Field("quality", description="score in the samples' metadata that instructions are ranked by")
    tiers: list[Tier] = Field(PUBLISHED, min_length=1, description="pairs by rank; 3, 2 and 1 as published")
    counts: Literal["proportional", "as_given"] = Field(
        "proportional",
        description="proportional: with fewer instructions than the tiers hold, all tiers shrink alike",
    )
    error_types: list[str] = Field([], description="error types that are drawn, by key; empty = all 12")
    verify: bool = Field(
        True, description="keep a pair only if the teacher prefers the chosen output in both orders; not in the paper"
    )
    temperature: float = Field(1.0, ge=0, le=2, description="temperature outputs are rewritten with")
    axes: SourcePath | None = Field(None, description="YAML file with axes and error types of your own")


def check_preferences(settings: PreferencesSettings) -> None:
    """Look at error types, prompts and address; raises UserError before anything is asked."""
    _errors(settings, load_axes(settings.axes or OWN_AXES))
    spoiling_prompts(settings.prompts)
    check_address(settings)


@step_kind("synth.preferences", PreferencesSettings, output="preferences", version=2, check=check_preferences)
def preferences(settings: PreferencesSettings, work: Work) -> None:
    """Make preference pairs: chosen = the sample's output, rejected = the output rewritten with one kind of error.

    Source: Corbeil et al., ACL 2025, appendix A.7: instructions by quality, stratified by task, document type and
    format, 3, 2 or 1 pairs by rank, one of 12 error types at random. Beyond the paper: JSON must stay JSON, the
    rejected output must differ, and with `verify` the teacher must prefer the chosen one in both orders. Raises
    UserError when no pair could be made.
    """
    axes = load_axes(settings.axes or OWN_AXES)
    rewrite, compare = spoiling_prompts(settings.prompts)
    groups = read_judged(settings)
    tiers = tier_sizes(settings.tiers, len(groups), settings.counts)
    pairs = draw_pairs(groups, tiers, settings.score, _errors(settings, axes), work.seed)
    endpoint = endpoint_of(settings, work.seed, settings.temperature)

    def questions() -> Iterator[tuple[Pair, ChatRequest]]:
        for pair in pairs:
            yield pair, rewriting_request(pair, rewrite)

    asked = Round("making outputs worse", questions, lambda p: {"sample": p.sample.id, "error_type": p.error.key})
    account = Account()
    with Journal(work.scratch / "journal.sqlite") as journal:
        asked.ask(endpoint, journal, work, len(pairs), settings)
        made = [
            (pair, clean_output(outcome.accepted.text))
            for pair, outcome in asked.read(endpoint, journal, work.out, account)
            if outcome.accepted is not None
        ]
        kept = made
        if settings.verify and made:
            kept = _verified(made, compare, endpoint, journal, account, settings, work)
            if not kept:
                raise UserError(
                    f"synth.preferences: the teacher preferred the good output in both orders for none of the "
                    f"{len(made)} pairs; it cannot tell them apart: try another teacher_model, or `verify: false`"
                )
        author = settings.teacher_model
        records = (preference_of(p.sample, bad, p.error.name, author, p.error.key) for p, bad in kept)
        if not write_records(work.out, records, Preference):
            raise nothing_usable("synth.preferences", account, journal.path)
    drop_empty_side_file(work.out)
    drop_empty_side_file(work.out, NOT_WORSE)
    work.facts.update(
        teacher=settings.teacher_model,
        prompt_versions={prompt.name: prompt.version for prompt in (rewrite, compare)},
        drawn=len(pairs),
        rewritten=len(made),
        preferences=len(kept),
        error_types=dict(sorted(Counter(pair.error.key for pair, _ in kept).items())),
        **account.facts(),
    )
    describe(
        work,
        "synth.preferences",
        Preference,
        f"Good outputs and slightly worse ones, rewritten by {settings.teacher_model} with one kind of error each.",
    )


def read_judged(settings: PreferencesSettings) -> dict[str, list[Sample]]:
    """Return the samples with a score by instruction, in order; raises UserError when there are none."""
    groups: dict[str, list[Sample]] = {}
    seen = 0
    for path in settings.samples:
        for sample in read_records(path, Sample):
            seen += 1
            score = sample.metadata.get(settings.score)
            if isinstance(score, (int, float)) and not isinstance(score, bool):
                groups.setdefault(subject_key(sample, "instruction"), []).append(sample)
    if not groups:
        raise UserError(
            f"{', '.join(map(str, settings.samples))}: none of {seen} samples has the score '{settings.score}' in "
            "its metadata; judge them first (synth.judge), or name another score"
        )
    return groups


def _verified(
    made: list[tuple[Pair, str]],
    prompt: PromptFile,
    endpoint: Teacher,
    journal: Journal,
    account: Account,
    settings: PreferencesSettings,
    work: Work,
) -> list[tuple[Pair, str]]:
    """Return the pairs whose chosen output is preferred in both orders."""

    def questions() -> Iterator[tuple[tuple[int, str], ChatRequest]]:
        for number, (pair, rejected) in enumerate(made):
            for better, request in comparisons(pair.sample, rejected, prompt):
                yield (number, better), request

    asked = Round(
        "comparing chosen with rejected",
        questions,
        lambda about: {"sample": made[about[0]][0].sample.id, "chosen_is": about[1]},
        lambda about: "comparison",
        NOT_WORSE,
    )
    asked.ask(endpoint, journal, work, 2 * len(made), settings)
    agreed, answered = Counter[int](), Counter[int]()
    for (number, better), outcome in asked.read(endpoint, journal, work.out, account):
        if outcome.accepted is not None:
            answered[number] += 1
            agreed[number] += preferred(outcome.accepted) == better
    work.facts["verification"] = {
        "chosen_preferred_in_both_orders": sum(n == 2 for n in agreed.values()),
        "depends_on_the_order": sum(agreed[n] == 1 for n in answered if answered[n] == 2),
        "rejected_preferred": sum(agreed[n] == 0 for n in answered if answered[n] == 2),
        "without_an_answer": sum(answered[n] < 2 for n in range(len(made))),
    }
    return [one for number, one in enumerate(made) if agreed[number] == 2]


def _errors(settings: PreferencesSettings, axes: Axes) -> list[Defined]:
    known = {error.key: error for error in axes.error_types}
    for key in settings.error_types:
        if key not in known:
            raise UserError(
                f"error_types: unknown key '{key}'{did_you_mean(key, list(known))}; there are {', '.join(known)}"
            )
    return [known[key] for key in dict.fromkeys(settings.error_types)] or list(known.values())
