"""`synth.filter`: the medical part of general collections, as MedS-Ins kept it.

MedS-Ins (Wu et al., npj Digital Medicine 2025;8:58) took from Super-NaturalInstructions the tasks whose domain is
Healthcare or Medicine and looked them through by hand, and from chat collections the conversations that InsTag tags
with healthcare, medicine or biomedicine. InsTag is a model; here a teacher writes such tags. Without a teacher a list
of words decides over conversations, which is another thing and is called so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from polyclinic.errors import UserError
from polyclinic.records import Sample, write_records
from polyclinic.step_settings import Runtime, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.medical_words import Vocabulary, load_vocabulary
from polyclinic.synth.tags import MEDICAL_TAGS, normalised_tag, read_tags, wanted_tag
from polyclinic.synth.teacher import TeacherSettings

if TYPE_CHECKING:
    from polyclinic.synth.general_collections import Candidate, Collection
    from polyclinic.tasks.source_samples import SideFile

LEFT_OUT = "left_out.jsonl"
TRIAL = {"request": "What helps against a cough?", "reply": "Honey."}
FALSE_FRIENDS = {"task1646": "tweets on Catalan independence, whose domain is wrong in the collection"}
Verdict = tuple[bool, str, Any]  # kept, kind of reason, what decided


class FilterSettings(TeacherSettings):
    """Which collections, and what decides what is medical."""

    collections: list[SourcePath] = Field(
        min_length=1,
        description="files or folders: a clone of natural-instructions; ShareGPT, LIMA or chat messages as JSON",
    )
    form: Literal["auto", "super_natural_instructions", "conversations"] = Field(
        "auto", description="what they are: super_natural_instructions, conversations, or auto"
    )
    by: Literal["auto", "domain", "words", "tags"] = Field(
        "auto",
        description="what decides: domain (as the collection says), words (a list, no model), tags (a teacher, after "
        "InsTag); auto = domain for tasks, for conversations tags with a teacher and words without",
    )
    domains: list[str] = Field(["Healthcare", "Medicine"], min_length=1, description="domains of tasks that are kept")
    leave_out: list[str] = Field(
        list(FALSE_FRIENDS), description="tasks that are left out although their domain fits, by number or name"
    )
    tags: list[str] = Field(list(MEDICAL_TAGS), min_length=1, description="tags of conversations that are kept")
    words: SourcePath | None = Field(None, description="YAML file with words of your own: certain, likely, endings")
    least: int = Field(2, ge=1, description="points of medical words that a text needs; a certain word has 2")
    characters: int = Field(4000, ge=100, description="of question and reply each, the tagger reads at most so many")
    turns: Literal["first", "all"] = Field(
        "first", description="first: the first question and reply; all: every reply, with what led to it"
    )
    license: str = Field(
        "", description="licence of the collection, where its records do not say it; empty = unknown"
    )
    skip_bad: bool = Field(
        False, description="whether what cannot be read is set aside and counted instead of an error"
    )
    journal: Annotated[Path | None, Runtime] = Field(
        None, description="file where the teacher's tags are kept between runs; empty = only while this one runs"
    )
    teacher_url: Annotated[str, Runtime] = Field(
        "", description="base URL of an OpenAI-compatible endpoint, up to and with /v1"
    )
    teacher_model: str = Field("", description="name of the model at the endpoint")
    max_tokens: int = Field(512, ge=16, le=131_072, description="tokens of one answer at most")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        missing = [name for name in ("teacher_url", "teacher_model") if not getattr(self, name)]
        if len(missing) == 1:
            raise ValueError(f"a teacher needs {missing[0]} too")
        if self.by == "tags" and missing:
            raise ValueError(f"tags are written by a teacher: give {' and '.join(missing)}, or take `by: words`")
        return self


def check_filter(settings: FilterSettings) -> None:
    """Look at the collections, the words, the prompt and the address of the teacher; raises UserError."""
    from polyclinic.synth.general_collections import find_collections

    for collection in find_collections(settings.collections, settings.form):
        if settings.by == "domain" and collection.form == "conversations":
            raise UserError(f"synth.filter.by: conversations have no domain ({collection.name}); take words or tags")
    load_vocabulary(settings.words)
    if settings.teacher_url:
        from polyclinic.synth.prompt_files import load_prompt_file
        from polyclinic.synth.teacher import check_address

        load_prompt_file("tags", TRIAL, settings.prompts)
        check_address(settings)


@step_kind("synth.filter", FilterSettings, output="samples", version=1, check=check_filter)
def filter_collections(settings: FilterSettings, work: Work) -> None:
    """Keep the medical part of general collections: by their domain, by a teacher's tags, or by a list of words.

    What is left out stands in `left_out.jsonl` with the reason, what cannot be read in `set_aside.jsonl`, both
    counted. Raises UserError when nothing is kept, and (without skip_bad) for the first record that is broken.
    """
    from polyclinic.synth.general_collections import find_collections
    from polyclinic.tasks.source_samples import SIDE_FILE, SideFile

    found = find_collections(settings.collections, settings.form)
    work.out.mkdir(parents=True, exist_ok=True)
    with SideFile(work.out / SIDE_FILE, settings.skip_bad) as aside:
        tagged = [collection for collection in found if _decides(collection, settings) == "tags"]
        if tagged:
            _keep_with_teacher(found, tagged, settings, work, aside)
        else:
            _keep(found, settings, work, aside, {})
    work.facts["set_aside"] = aside.counts


def _keep_with_teacher(
    found: list[Collection], tagged: list[Collection], settings: FilterSettings, work: Work, aside: SideFile
) -> None:
    from polyclinic.llm import ChatRequest, Journal, Outcome, Reply
    from polyclinic.synth.answers import form_problem, without_thoughts
    from polyclinic.synth.general_collections import Candidate, candidates
    from polyclinic.synth.prompt_files import load_prompt_file
    from polyclinic.synth.rounds import Account, Round, drop_empty_side_file
    from polyclinic.synth.teacher import endpoint_of

    prompt = load_prompt_file("tags", TRIAL, settings.prompts)

    def problem(reply: Reply) -> str:
        tags = read_tags(without_thoughts(reply.text))
        return form_problem(reply) or (tags if isinstance(tags, str) else "")

    def request(candidate: Candidate) -> ChatRequest:
        shown = {"request": candidate.request, "reply": candidate.reply}
        text = prompt.fill({name: part[: settings.characters] for name, part in shown.items()})
        return ChatRequest((("user", text),), template=prompt.version, check=problem)

    def questions() -> Iterator[tuple[Candidate, ChatRequest]]:
        for collection in tagged:
            for candidate in candidates(collection):
                if isinstance(candidate, Candidate):
                    yield candidate, request(candidate)

    def count() -> int:
        """Count the questions, and find what is broken before anything is asked."""
        number = 0
        for collection in tagged:
            for candidate in candidates(collection):
                if isinstance(candidate, Candidate):
                    number += 1
                elif not settings.skip_bad:
                    aside.put(collection.name, candidate)  # raises
        return number

    asked: Round[Candidate] = Round(
        "tagging", questions, lambda candidate: {"id": candidate.id, "place": candidate.place}
    )
    endpoint, account = endpoint_of(settings, work.seed, 0.0), Account()
    with Journal(settings.journal or work.scratch / "journal.sqlite") as journal:
        asked.ask(endpoint, journal, work, count(), settings)
        outcomes = asked.read(endpoint, journal, work.out, account)

        def by_tags(candidate: Candidate) -> Verdict:
            outcome: Outcome = next(outcomes)[1]  # the same candidates in the same order
            if outcome.accepted is None:
                return False, "the teacher gave no usable tags", []
            tags = read_tags(without_thoughts(outcome.accepted.text))
            assert not isinstance(tags, str)
            kept = wanted_tag(tags, settings.tags)
            return bool(kept), "no medical tag", list(tags)

        _keep(found, settings, work, aside, {collection.name: by_tags for collection in tagged})
        next(outcomes, None)  # closes the side file
    drop_empty_side_file(work.out)
    work.facts.update(teacher=settings.teacher_model, prompt_version=prompt.version, **account.facts())


def _keep(
    found: list[Collection],
    settings: FilterSettings,
    work: Work,
    aside: SideFile,
    by_teacher: dict[str, Callable[[Candidate], Verdict]],
) -> None:
    from polyclinic.synth.general_collections import candidates, samples_of
    from polyclinic.tasks.readers import Bad

    counts: dict[str, dict[str, Any]] = {}
    vocabulary = load_vocabulary(settings.words)

    def samples(side: IO[str]) -> Iterator[Sample]:
        with work.progress("filtering", sum(len(collection.files) for collection in found)) as bar:
            for number, collection in enumerate(found):
                name = collection.name if collection.name not in counts else f"{collection.name} ({number + 1})"
                by = _decides(collection, settings)
                kept, reasons, deciding, made = 0, Counter[str](), Counter[str](), 0
                decide = by_teacher.get(collection.name) or _rule(by, settings, vocabulary)
                for candidate in candidates(collection):
                    if isinstance(candidate, Bad):
                        aside.put(name, candidate)
                        continue
                    medical, reason, why = decide(candidate)
                    if not medical:
                        reasons[reason] += 1
                        row = {"collection": name, "id": candidate.id, "place": candidate.place, "reason": reason}
                        side.write(json.dumps({**row, by: why}, ensure_ascii=False) + "\n")
                        continue
                    kept += 1
                    deciding.update(why)
                    for sample in samples_of(candidate, collection, settings.license, settings.turns):
                        made += 1
                        yield sample
                bar.advance(len(collection.files), f"{name}: {kept} kept")
                counts[name] = {
                    "decided_by": "words (no model)" if by == "words" else by,
                    "kept": kept,
                    "left_out": dict(sorted(reasons.items())),
                    "samples": made,
                    "most_often": dict(deciding.most_common(20)),
                }

    with (work.out / LEFT_OUT).open("w", encoding="utf-8", newline="\n") as side:
        written = write_records(work.out, samples(side), Sample)
    work.facts["collections"] = counts
    if not written:
        reasons = "; ".join(f"{name}: {entry['left_out'] or 'nothing to read'}" for name, entry in counts.items())
        raise UserError(f"synth.filter: nothing medical was found ({reasons}); look at domains, tags or `least`")


def _decides(collection: Collection, settings: FilterSettings) -> str:
    if settings.by != "auto":
        return settings.by
    if collection.form == "super_natural_instructions":
        return "domain"
    return "tags" if settings.teacher_url else "words"


def _rule(by: str, settings: FilterSettings, vocabulary: Vocabulary) -> Callable[[Candidate], Verdict]:
    """Return what decides over a candidate without a teacher."""
    if by == "words":

        def by_words(candidate: Candidate) -> Verdict:
            text = "\n".join(part[: settings.characters] for part in (candidate.request, candidate.reply))
            medical, words = vocabulary.is_medical(text, settings.least)
            return medical, "too few medical words", words

        return by_words
    wanted = {normalised_tag(domain) for domain in settings.domains}
    without = {name.casefold() for name in settings.leave_out}

    def by_domain(candidate: Candidate) -> Verdict:
        # `Medicine -> Drugs` is Medicine.
        own = [normalised_tag(part) for domain in candidate.domains for part in domain.split("->")]
        name = candidate.id.casefold()
        if name in without or name.partition("_")[0] in without:
            return False, "left out by name", list(candidate.domains)
        return not wanted.isdisjoint(own), "another domain", list(candidate.domains)

    return by_domain
