"""Samples of catalog tasks: test items made from documents or samples, items and instructions of data sets' files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_parts
from polyclinic.step_settings import Documents, Samples, Settings, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.tasks.catalog import load_task, suite_tasks, tasks_and_catalog
from polyclinic.tasks.code_tree import CodeEntry, CodeTree, read_code_tree
from polyclinic.tasks.held_out_text import text_items
from polyclinic.tasks.icd10cm_questions import code_questions
from polyclinic.tasks.item_samples import Choices
from polyclinic.tasks.prompts import PromptName
from polyclinic.tasks.readers import missing_message, source_files
from polyclinic.tasks.sample_items import sample_items
from polyclinic.tasks.source_items import LONGEST_ITEM
from polyclinic.tasks.source_samples import source_samples
from polyclinic.tasks.task import Task
from polyclinic.tasks.wordings import Origin, Wording, load_wordings


class BuildSettings(Settings):
    """Which tasks, from which documents or data sets, and how they are asked."""

    tasks: list[str] = Field(
        [], description="names of catalog tasks, e.g. icd10cm-easy, ncbi-disease, or a folder with tasks of your own"
    )
    suite: str = Field("", description="instead of names: all tasks of this suite whose layout is known")
    documents: list[Documents] = Field([], description="what the items of tasks without a source are about")
    samples: list[Samples] = Field(
        [], description="what items of tasks like knowledge-exam are made of: requests with good replies"
    )
    table: list[Documents] = Field(
        [], description="where wrong answers and the code tree come from; empty = the same documents"
    )
    data: SourcePath | None = Field(
        None, description="the user's data folder: each data set's official release in the folder its task names"
    )
    items: int | None = Field(
        None,
        ge=1,
        description="items of each task, at most; empty = 300 of documents or samples, everything of a data set",
    )
    subset: str = Field("", description="name under which these items are reported apart, e.g. seen or unseen")
    words: int = Field(120, ge=8, description="longest piece of text in a perplexity item, in words")
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")
    split: Literal["train", "validation", "test", "all"] = Field(
        "train", description="split of the data sets; those without official ones are divided 90 to 10 by document"
    )
    form: Literal["instructions", "items", "written"] = Field(
        "instructions",
        description="instructions to train on, items to test with (options apart), or items whose replies are "
        "written (options as lettered lines)",
    )
    prompt: PromptName = Field("plain", description="how instructions are worded: plain, as the paper, as its code")
    few_shot_share: float = Field(0.0, ge=0, le=1, description="share of instructions with worked examples")
    shots: int | None = Field(
        None, ge=1, le=32, description="worked examples in those; empty = as the task says, else 3"
    )
    fewest_shots: int | None = Field(
        None, ge=1, le=32, description="with it, a number from this to `shots` is drawn for each; MedS-Ins: 1 to 3"
    )
    wording_share: float = Field(
        0.0, ge=0, le=1, description="share of instructions whose definition is one of its further wordings"
    )
    wordings: list[Samples] = Field(
        [], description="what synth.paraphrase made, beside the wordings that stand in the catalogs"
    )
    wording_origins: list[Origin] = Field(
        ["hand", "rules", "teacher"], min_length=1, description="whose wordings are drawn: hand, rules, teacher"
    )
    limit: int = Field(0, ge=0, description="samples in all, at most; 0 = all")
    weights: dict[str, float] = Field(
        {}, description="share of a task against the others, 1 unless named; 0 leaves it out; counts with a limit"
    )
    exponent: float = Field(
        1.0, ge=0, le=1, description="with a limit, shares go with size to this power: 1 proportional, 0 equal"
    )
    longest: int = Field(
        LONGEST_ITEM, ge=100, description="longest item of a data set, in characters of input and output"
    )
    skip_bad: bool = Field(
        False, description="whether broken items are set aside in set_aside.jsonl and counted instead of an error"
    )
    task_json: bool = Field(False, description="whether MedS-Ins task files are written too, into meds-ins/")
    download: bool = Field(False, description="whether data sets that are not there may be streamed from their hub")

    @model_validator(mode="before")
    @classmethod
    def _folder_of_tasks(cls, data: Any) -> Any:
        return tasks_and_catalog(data) if isinstance(data, dict) else data

    @field_validator("weights")
    @classmethod
    def _positive(cls, value: dict[str, float]) -> dict[str, float]:
        for name, weight in value.items():
            if weight < 0:
                raise ValueError(f"the weight of {name} is {weight}; expected 0 or more")
        return value


DOCUMENT_ITEMS = 300  # of a task made from documents, unless the user says how many


def check_build(settings: BuildSettings) -> None:
    """Look the tasks up in the catalog; raises UserError."""
    tasks = _load(settings)
    for name in settings.weights:
        if name not in {task.name for task in tasks}:
            raise UserError(f"tasks.build.weights: '{name}' is none of the tasks asked for")
    for task in tasks:
        if task.builder == "samples" and not settings.samples:
            raise UserError(f"tasks.build.samples: missing; {task.name} is made from requests with good replies")
        if task.builder not in ("source", "samples") and not settings.documents:
            raise UserError(f"tasks.build.documents: missing; {task.name} is made from documents")
        if task.builder == "source" and settings.data is None and not settings.download:
            raise UserError(
                f"tasks.build.data: missing; {task.name} is made from the files of "
                f"{task.source.name if task.source else task.title}: give the folder that holds its data set"
            )


@step_kind("tasks.build", BuildSettings, output="samples", version=5, check=check_build)
def build(settings: BuildSettings, work: Work) -> None:
    """Make samples of catalog tasks, from documents or from the files of data sets.

    Questions about codes follow MedConceptsQA (Shoham and Rappoport 2024) as MediPhi uses it (Corbeil et al., ACL
    2025, A.8): four definitions, wrong ones from anywhere or from a given distance in the code tree. Perplexity items
    are pieces of the documents. Everything else is read from its data set's official release as the task's YAML file
    says, MedS-Ins (Wu et al. 2025) among them. Raises UserError when a task gets no item.
    """
    check_build(settings)
    tasks = _load(settings)
    if settings.suite:
        tasks, missing = _present(tasks, settings)
        work.facts["missing"] = missing
    asked: list[CodeEntry] = []
    tree = CodeTree()
    if any(task.builder == "icd10cm_questions" for task in tasks):
        asked, tree = _codes(settings)
    choices = Choices(
        seed=work.seed, wordings=_wordings(tasks, settings), **{name: getattr(settings, name) for name in CHOSEN}
    )

    def samples() -> Iterator[Any]:
        with work.progress("making items", len(tasks)) as bar:
            for from_source, group in itertools.groupby(tasks, key=lambda task: task.builder == "source"):
                if from_source:
                    yield from source_samples(list(group), choices, work.out, work.facts, bar)
                    continue
                for task in group:
                    facts: dict[str, Any] = {}
                    yield from _items(task, settings, asked, tree, work.seed, facts)
                    work.facts[task.name] = facts
                    bar.advance()

    work.out.mkdir(parents=True, exist_ok=True)
    write_parts(work.out, samples(), Sample, compression="snappy", unlike=("id", "input"))


CHOSEN = (
    "data",
    "split",
    "form",
    "prompt",
    "few_shot_share",
    "shots",
    "fewest_shots",
    "items",
    "limit",
    "weights",
    "exponent",
    "longest",
    "skip_bad",
    "task_json",
    "download",
    "subset",
    "wording_share",
)


def _items(
    task: Task, settings: BuildSettings, asked: Sequence[CodeEntry], tree: CodeTree, seed: int, facts: dict[str, Any]
) -> list[Sample]:
    if task.builder == "icd10cm_questions":
        made = code_questions(task, asked, tree, settings.items or DOCUMENT_ITEMS, settings.subset, seed, facts)
        missing = f"no code has {task.options - 1} different wrong definitions; give a larger `table`"
    elif task.builder == "samples":
        samples = itertools.chain.from_iterable(read_records(path, Sample) for path in settings.samples)
        made = sample_items(task, samples, settings.items or DOCUMENT_ITEMS, settings.subset, seed, facts)
        missing = f"no sample has {task.options - 1} others of its kind with other replies; give more samples"
    else:
        items = settings.items or DOCUMENT_ITEMS
        documents = _read(settings.documents)
        made = text_items(task, documents, items, settings.words, settings.subset, seed, facts)
        missing = "the documents are empty"
    if not made:
        raise UserError(f"tasks.build: {task.name} got no item: {missing}")
    return made


def _codes(settings: BuildSettings) -> tuple[list[CodeEntry], CodeTree]:
    """Return the codes to ask about and the tree with the wrong answers."""
    own = read_code_tree(_read(settings.documents))
    if not own.entries:
        raise UserError(
            f"tasks.build.documents: no document carries a code ({', '.join(map(str, settings.documents))}); "
            "questions about codes need documents as corpus.icd10cm makes them"
        )
    tree = read_code_tree(_read(settings.table)) if settings.table else own
    strange = [code for code in own.entries if code not in tree.entries]
    if strange:
        raise UserError(
            f"tasks.build.table: {len(strange)} of the codes asked about are not in it, e.g. {strange[0]}; "
            "the table should hold all of them"
        )
    return list(own.entries.values()), tree


def _load(settings: BuildSettings) -> list[Task]:
    if bool(settings.tasks) == bool(settings.suite):
        raise UserError("tasks.build: expected tasks (names) or suite, one of the two")
    if settings.suite:
        suite = suite_tasks(settings.suite, settings.catalog)
        found = [task for task in suite if task.buildable and not task.only_by_name]
        if not found:
            raise UserError(f"tasks.build.suite: the layout of no task of '{settings.suite}' is known")
    else:
        found = [load_task(name, settings.catalog) for name in dict.fromkeys(settings.tasks)]
    return sorted(found, key=lambda task: task.builder == "source")  # those from documents first, in the order given


def _present(tasks: Sequence[Task], settings: BuildSettings) -> tuple[list[Task], dict[str, str]]:
    """Divide the tasks of a suite into those whose data are here and, with what to do about it, the others.

    Raises UserError when none is here.
    """
    present, missing = [], dict[str, str]()
    for task in tasks:
        if reason := missing_reason(task, settings.data, settings.split, settings.download):
            missing[task.name] = reason
        else:
            present.append(task)
    if not present:
        first = next(iter(missing.values()))
        raise UserError(f"tasks.build.suite: no data set of '{settings.suite}' is here; the first: {first}")
    return present, missing


def missing_reason(task: Task, data: Path | None, split: str, download: bool = False) -> str:
    """Return why the items of a split cannot be made, with who grants access and what to do; empty when they can.

    Args:
        task: of the catalog.
        data: the user's data folder.
        split: train, validation, test or all.
        download: whether a data set that is not there may be streamed from its hub.
    """
    source = task.source
    if source is None or (source.hub and download):
        return ""
    if not task.buildable:
        grant = f"; {source.granted_by} grants access" if source.granted_by else ""
        return f"the layout of {source.name} is not known to the catalog{grant}; describe it in a task of your own"
    splits = list(task.splits) if split == "all" else [split]
    if not set(splits) <= set(task.splits):
        return f"{source.name} has no split '{split}'; it has {', '.join(task.splits)}"
    for part in ["all"] if "all" in source.files else splits:
        if data is None or not source_files(source, data, part):
            return missing_message(source, data, part)
    return ""


def _wordings(tasks: Sequence[Task], settings: BuildSettings) -> dict[str, list[Wording]]:
    """Return the wordings that definitions are drawn from; raises UserError when a task of a source has none."""
    if not settings.wording_share:
        return {}
    found = {}
    for task in (task for task in tasks if task.builder == "source"):
        wordings = load_wordings(task, catalog=settings.catalog, more=settings.wordings)
        found[task.name] = [wording for wording in wordings if wording.origin in settings.wording_origins]
        if not found[task.name]:
            raise UserError(
                f"tasks.build.wording_share: {task.name} has no further wordings by "
                f"{' or '.join(settings.wording_origins)}; make some with synth.paraphrase and name them in "
                "`wordings`, or set wording_share to 0"
            )
    return found


def _read(paths: Sequence[Path]) -> Iterator[Document]:
    return itertools.chain.from_iterable(read_records(path, Document) for path in paths)
