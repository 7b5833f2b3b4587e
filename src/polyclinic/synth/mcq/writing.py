"""`synth.mcq`: validation sets of multiple-choice items, by which merges are chosen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pydantic import Field

from polyclinic.errors import UserError, did_you_mean
from polyclinic.llm import ChatRequest, Journal, Teacher, read_json
from polyclinic.records import Sample, write_records
from polyclinic.step_settings import Samples, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.benchmarks import Benchmarks
from polyclinic.synth.data_page import describe
from polyclinic.synth.mcq.diversity import diverse, embed
from polyclinic.synth.mcq.items import (
    OPTIONS,
    WrittenItem,
    answered_place,
    answering_request,
    mcq_prompts,
    right_place,
    writing_request,
)
from polyclinic.synth.mcq.topics import OWN_TOPICS, Angle, Topic, draw_angles, load_topics
from polyclinic.synth.prompt_files import PromptFile
from polyclinic.synth.rounds import Account, Round, drop_empty_side_file, nothing_usable
from polyclinic.synth.teacher import TeacherSettings, check_address, endpoint_of

LEFT_OUT = "left_out.jsonl"
UNVERIFIED = "rejected-verification.jsonl"
PUBLISHED_MOST = 1200  # items of a topic
SHOWN = 1 << 31  # stands for the order in which an item is kept, beside those of its verifications
NEAR = 0.8  # Jaccard index of runs of words from which two items are nearly the same
SUITE = "mediphi-validation"


class McqSettings(TeacherSettings):
    """Which topics, how many items, how they are verified and kept apart."""

    topics: list[str] = Field([], description="topics that are written, by key; empty = all 12")
    items: int = Field(PUBLISHED_MOST, ge=1, le=100_000, description="items of a topic that are kept, at most")
    written: int = Field(0, ge=0, description="items of a topic that are asked for; 0 = one and a half times `items`")
    verifications: int = Field(
        2,
        ge=0,
        le=16,
        description="times each item is answered blind, options in another order each time; 0 leaves it out",
    )
    temperature: float = Field(1.0, ge=0, le=2, description="temperature items are written with")
    embedding_model: SourcePath | None = Field(
        None, description="folder of a local encoder that items are compared by; empty = TF-IDF"
    )
    smallest_cluster: int = Field(5, ge=2, description="items that are so alike that they make a cluster")
    benchmarks: list[Samples] = Field([], description="items of benchmarks that were built, to keep apart from")
    data: SourcePath | None = Field(
        None,
        description="the user's data folder: what the catalog's tasks are tested with (test splits, else validation) "
        "is kept apart from, as far as it is in it",
    )
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")
    topics_file: SourcePath | None = Field(None, description="YAML file with topics of your own")
    language: str = Field("en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47")
    license: str = Field("", description="licence of what is written, as far as the teacher's terms allow one")


@dataclass
class Kept:
    """The items of a run that are still in, and why the others are not."""

    items: list[tuple[Angle, WrittenItem]]
    left_out: Counter[str] = field(default_factory=Counter)

    def keep(self, numbers: dict[int, str], side: IO[str]) -> None:
        """Take out the items whose number has a reason, and write them down."""
        for number, reason in sorted(numbers.items()):
            angle, item = self.items[number]
            self.left_out[reason.partition(":")[0]] += 1
            row = {"topic": angle.topic.key, "number": angle.number, "reason": reason, "item": item.model_dump()}
            side.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.items = [entry for number, entry in enumerate(self.items) if number not in numbers]


def check_mcq(settings: McqSettings) -> None:
    """Look at topics, prompts and address; raises UserError before anything is asked."""
    chosen_topics(settings)
    mcq_prompts(settings.prompts)
    check_address(settings)


@step_kind("synth.mcq", McqSettings, output="samples", version=2, packages=("scikit-learn",), check=check_mcq)
def mcq(settings: McqSettings, work: Work) -> None:
    """Write validation sets: multiple-choice items on MediPhi's twelve topics (Corbeil et al., ACL 2025, A.3).

    Kept is an item that is answered blind with the option its writer calls right, each time, shares no run of 13
    words with a benchmark, is not nearly the same as another, and is an outlier among the items of its topic or the
    middle of its cluster. The samples
    are items of the tasks `validation-...` of the catalog, which `merge.search` takes; `items/` holds them as files.
    What is left out stands in side files with its reason. Raises UserError when a topic keeps no item.
    """
    found = load_topics(settings.topics_file or OWN_TOPICS)
    topics = chosen_topics(settings)
    write, answer = mcq_prompts(settings.prompts)
    benchmarks = Benchmarks(settings.benchmarks, settings.data, settings.catalog, without=SUITE)
    endpoint = endpoint_of(settings, work.seed, settings.temperature)
    count = settings.written or settings.items + settings.items // 2 + 1
    account = Account()

    def questions() -> Iterator[tuple[Angle, ChatRequest]]:
        for topic in topics:
            for angle in draw_angles(topic, found.fields, count, work.seed):
                yield angle, writing_request(angle, write, settings.language)

    asked = Round("writing items", questions, lambda a: {"topic": a.topic.key, "number": a.number})
    with (
        Journal(work.scratch / "journal.sqlite") as journal,
        (work.out / LEFT_OUT).open("w", encoding="utf-8") as side,
    ):
        asked.ask(endpoint, journal, work, count * len(topics), settings)
        kept = Kept(
            [
                (angle, read_json(outcome.accepted.text, WrittenItem))
                for angle, outcome in asked.read(endpoint, journal, work.out, account)
                if outcome.accepted is not None
            ]
        )
        written = len(kept.items)
        if not written:
            raise nothing_usable("synth.mcq", account, journal.path)
        kept.keep(_in_benchmarks(kept, benchmarks), side)
        if settings.verifications:
            kept.keep(_unverified(kept, answer, endpoint, journal, account, settings, work), side)
        kept.keep(_nearly_the_same(kept), side)
        kept.keep(_alike(kept, settings, work), side)
        kept.keep(_too_many(kept, settings.items), side)
    by_topic = Counter(angle.topic.key for angle, _ in kept.items)
    empty = [topic.key for topic in topics if not by_topic[topic.key]]
    if empty:
        reasons = ", ".join(f"{n} times {reason}" for reason, n in kept.left_out.most_common(5)) or "nothing usable"
        raise UserError(f"synth.mcq: no item of {', '.join(empty)} was kept ({reasons}); ask for more (`written`)")
    write_records(work.out, (_sample(angle, item, settings, work.seed) for angle, item in kept.items), Sample)
    _write_files(work.out, kept)
    for name in (LEFT_OUT, UNVERIFIED):
        drop_empty_side_file(work.out, name)
    drop_empty_side_file(work.out)
    work.facts.update(
        teacher=settings.teacher_model,
        prompt_versions={prompt.name: prompt.version for prompt in (write, answer)},
        written=written,
        kept={topic.key: by_topic[topic.key] for topic in topics},
        left_out=dict(sorted(kept.left_out.items())),
        benchmarks=benchmarks.counts,
        embedding=str(settings.embedding_model.name) if settings.embedding_model else "TF-IDF",
        **account.facts(),
    )
    describe(
        work,
        "synth.mcq",
        Sample,
        f"Multiple choice on MediPhi's topics (Corbeil et al., ACL 2025), by {settings.teacher_model}.",
    )


def chosen_topics(settings: McqSettings) -> list[Topic]:
    """Return the topics that are written; raises UserError for a key there is not."""
    known = {topic.key: topic for topic in load_topics(settings.topics_file or OWN_TOPICS).topics}
    for key in settings.topics:
        if key not in known:
            raise UserError(f"topics: unknown key '{key}'{did_you_mean(key, known)}; there are {', '.join(known)}")
    return [known[key] for key in dict.fromkeys(settings.topics)] or list(known.values())


def _in_benchmarks(kept: Kept, benchmarks: Benchmarks) -> dict[int, str]:
    texts = [_whole_text(item) for _, item in kept.items]
    return {
        number: f"in a benchmark: shares 13 words in a row with {name}"
        for number, name in enumerate(benchmarks.overlaps(texts))
        if name
    }


def _unverified(
    kept: Kept,
    prompt: PromptFile,
    endpoint: Teacher,
    journal: Journal,
    account: Account,
    settings: McqSettings,
    work: Work,
) -> dict[int, str]:
    """Return the items that are not answered each time as their writer meant."""
    orders = [[_order(angle, work.seed, time) for time in range(settings.verifications)] for angle, _ in kept.items]

    def questions() -> Iterator[tuple[tuple[int, int], ChatRequest]]:
        for number, (_, item) in enumerate(kept.items):
            for time, order in enumerate(orders[number]):
                yield (number, time), answering_request(item, order, prompt, time)

    def place(about: tuple[int, int]) -> dict[str, Any]:
        angle = kept.items[about[0]][0]
        return {"topic": angle.topic.key, "number": angle.number, "time": about[1] + 1}

    asked = Round("answering items blind", questions, place, lambda about: "answering", UNVERIFIED)
    asked.ask(endpoint, journal, work, len(kept.items) * settings.verifications, settings)
    wrong: dict[int, str] = {}
    for (number, time), outcome in asked.read(endpoint, journal, work.out, account):
        item = kept.items[number][1]
        if outcome.accepted is None:
            wrong.setdefault(number, "unanswered: no usable answer to the item")
            continue
        given = answered_place(outcome.accepted, orders[number][time])
        if given is None:
            wrong.setdefault(number, "not one right option: answered that none or several are right")
        elif given != right_place(item):
            wrong.setdefault(number, f"another answer: '{item.options[given]}' instead of '{item.answer}'")
    return wrong


def _nearly_the_same(kept: Kept) -> dict[int, str]:
    """Return the items whose words another, earlier one has: HDBSCAN needs two clusters to find any."""
    from polyclinic.near_duplicates import clusters_of, similar_pairs

    texts = [f"{angle.topic.key}\n{_whole_text(item)}" for angle, item in kept.items]
    first = clusters_of(len(texts), similar_pairs(texts, NEAR))
    return {
        number: f"nearly the same: as item {kept.items[one][0].number}"
        for number, one in enumerate(first)
        if one != number
    }


def _alike(kept: Kept, settings: McqSettings, work: Work) -> dict[int, str]:
    """Return the items of a cluster that are not its middle, topic by topic."""
    by_topic: dict[str, list[int]] = {}
    for number, (angle, _) in enumerate(kept.items):
        by_topic.setdefault(angle.topic.key, []).append(number)
    alike: dict[int, str] = {}
    with work.progress("comparing items", len(by_topic)) as bar:
        for numbers in by_topic.values():
            texts = [_asked_text(kept.items[number][1]) for number in numbers]
            places = set(diverse(embed(texts, settings.embedding_model, work.seed), settings.smallest_cluster))
            alike |= {
                number: "like another item: in its cluster, and not its middle"
                for place, number in enumerate(numbers)
                if place not in places
            }
            bar.advance()
    return alike


def _too_many(kept: Kept, most: int) -> dict[int, str]:
    seen, over = Counter[str](), dict[int, str]()
    for number, (angle, _) in enumerate(kept.items):
        seen[angle.topic.key] += 1
        if seen[angle.topic.key] > most:
            over[number] = "more than asked for: the topic has enough items"
    return over


def _order(angle: Angle, seed: int, time: int) -> list[int]:
    """Return the places of the options in the order they are shown: another one each time."""
    import numpy as np

    generator = np.random.Generator(np.random.PCG64([seed, angle.topic.number, angle.number, time]))
    return [int(place) for place in generator.permutation(OPTIONS)]


def _sample(angle: Angle, item: WrittenItem, settings: McqSettings, seed: int) -> Sample:
    options = _shown_options(angle, item, seed)
    return Sample(
        id=f"{angle.topic.key}-{angle.number}",
        task=angle.topic.task,
        input=_asked_text(item),
        output=options[_order(angle, seed, SHOWN).index(right_place(item))],
        options=tuple(options),
        domain=angle.field,
        language=settings.language,
        source=f"written by {settings.teacher_model}",
        license=settings.license,
        author=settings.teacher_model,
        metadata={"topic": angle.topic.name, "aspect": angle.aspect, "verifications": settings.verifications},
    )


def _shown_options(angle: Angle, item: WrittenItem, seed: int) -> list[str]:
    """Return the options in a random order, so that no letter is right more often; writers like the first."""
    return [" ".join(item.options[place].split()) for place in _order(angle, seed, SHOWN)]


def _write_files(out: Path, kept: Kept) -> None:
    """Write `items/<topic>.jsonl`, which the tasks of the catalog read from a data folder."""
    (out / "items").mkdir()
    for key in dict.fromkeys(angle.topic.key for angle, _ in kept.items):
        with (out / "items" / f"{key}.jsonl").open("w", encoding="utf-8") as stream:
            for angle, item in kept.items:
                if angle.topic.key == key:
                    row = {
                        "id": f"{key}-{angle.number}",
                        "context": item.context.strip(),
                        "question": item.question.strip(),
                        "options": [" ".join(option.split()) for option in item.options],
                        "answer": " ".join(item.options[right_place(item)].split()),
                    }
                    stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _asked_text(item: WrittenItem) -> str:
    return f"{item.context.strip()}\n\n{item.question.strip()}".strip()


def _whole_text(item: WrittenItem) -> str:
    return f"{_asked_text(item)}\n{item.answer}"
