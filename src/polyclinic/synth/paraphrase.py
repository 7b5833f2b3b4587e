"""`synth.paraphrase`: further wordings of the definitions of tasks, by rules or by a teacher.

MedS-Ins (Wu et al., npj Digital Medicine 2025;8:58) had five people write three definitions of each task and GPT-4
rewrite each of these fifteen, told to keep the meaning, change the words and write nothing else; with ten rewrites of
each that makes the 165 wordings that most of its tasks have. Here the fifteen are those that stand beside the task,
or, for tasks without any, fifteen made by rules; the teacher rewrites each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from polyclinic.errors import UserError
from polyclinic.step_settings import Runtime, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.synth.rewording import AUTHOR, reword, rules_version
from polyclinic.synth.teacher import TeacherSettings

if TYPE_CHECKING:
    from polyclinic.synth.kept_wordings import KeptWordings
    from polyclinic.tasks import Task
    from polyclinic.tasks.wordings import Wording

TRIAL = {"definition": "Name the disease.", "language": "en", "kept": ["{{ labels }}"]}


class ParaphraseSettings(TeacherSettings):
    """Which definitions are reworded, and by whom."""

    tasks: list[str] = Field([], description="names of catalog tasks, or a folder with tasks of your own")
    suite: str = Field("", description="instead of names: all tasks of this suite that have a definition")
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")
    teacher: Literal["rules", "openai"] = Field(
        "rules",
        description="rules: frames and synonyms, no model; openai: a model behind an OpenAI-compatible endpoint "
        "(meant when teacher_url is given)",
    )
    rewrites: int = Field(10, ge=1, le=100, description="wordings the teacher is asked for, of each that is there")
    temperature: float = Field(0.8, ge=0, le=2, description="temperature the teacher writes with")
    teacher_url: Annotated[str, Runtime] = Field(
        "", description="base URL of an OpenAI-compatible endpoint, up to and with /v1"
    )
    teacher_model: str = Field("", description="name of the model at the endpoint")
    max_tokens: int = Field(1024, ge=16, le=131_072, description="tokens of one answer at most")

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if data.get("teacher_url") and "teacher" not in data:
            data = {**data, "teacher": "openai"}
        from polyclinic.tasks import tasks_and_catalog

        return tasks_and_catalog(data)

    @model_validator(mode="after")
    def _teacher_is_whole(self) -> Self:
        missing = [name for name in ("teacher_url", "teacher_model") if not getattr(self, name)]
        if self.teacher == "openai" and missing:
            raise ValueError(f"teacher openai needs {' and '.join(missing)}")
        given = [name for name in ("teacher_model", "prompts", "rewrites") if name in self.model_fields_set]
        if self.teacher == "rules" and given:
            raise ValueError(f"{', '.join(given)}: only a teacher that is a model has this; set `teacher: openai`")
        if bool(self.tasks) == bool(self.suite):
            raise ValueError("expected tasks (names) or suite, one of the two")
        return self


@dataclass(frozen=True, slots=True)
class Basis:
    """A wording that another one is made from."""

    task: Task
    number: int  # among the task's wordings, from 1
    text: str
    sample: int  # which of several wordings made from it


def check_paraphrase(settings: ParaphraseSettings) -> None:
    """Look at the tasks, the prompt and the address of the teacher; raises UserError before anything runs."""
    from polyclinic.tasks.wordings import load_wordings

    for task in _tasks(settings):
        load_wordings(task, catalog=settings.catalog)
    if settings.teacher == "openai":
        from polyclinic.synth.prompt_files import load_prompt_file
        from polyclinic.synth.teacher import check_address

        load_prompt_file("paraphrase", TRIAL, settings.prompts)
        check_address(settings)


@step_kind("synth.paraphrase", ParaphraseSettings, output="samples", version=1, check=check_paraphrase)
def paraphrase(settings: ParaphraseSettings, work: Work) -> None:
    """Write further wordings of the definitions of tasks, by rules or with a teacher, and check each of them.

    Kept is a wording that holds every placeholder, label and fixed text of the definition, is in its language, of a
    sensible length, adds nothing that can be seen, and is none that is there already. The others are in
    `rejected.jsonl`, counted by reason. Beside the samples, one a wording, stand the files that a catalog holds:
    `wordings/<task>.wordings.yaml`. Raises UserError when no wording could be used.
    """
    from polyclinic.synth.kept_wordings import KeptWordings
    from polyclinic.tasks.wordings import load_wordings

    tasks = _tasks(settings)
    there = {task.name: load_wordings(task, catalog=settings.catalog) for task in tasks}
    work.out.mkdir(parents=True, exist_ok=True)
    kept = KeptWordings(work.out, there)
    (_by_rules if settings.teacher == "rules" else _by_teacher)(settings, work, tasks, kept)
    kept.finish(work)


def _tasks(settings: ParaphraseSettings) -> list[Task]:
    from polyclinic.tasks import load_task, suite_tasks

    if settings.suite:
        return [task for task in suite_tasks(settings.suite, settings.catalog) if task.definition]
    tasks = [load_task(name, settings.catalog) for name in dict.fromkeys(settings.tasks)]
    for task in tasks:
        if not task.definition:
            raise UserError(f"synth.paraphrase.tasks: {task.name} has no definition that could be reworded")
    return tasks


def _by_rules(settings: ParaphraseSettings, work: Work, tasks: list[Task], kept: KeptWordings) -> None:
    with work.progress("rewording", len(tasks)) as bar:
        for task in tasks:
            for wording in _worded_by_rules(task, work.seed):
                kept.take(task, wording)
            bar.advance()
    work.facts.update(teacher=AUTHOR, rules_version=rules_version())


def _by_teacher(settings: ParaphraseSettings, work: Work, tasks: list[Task], kept: KeptWordings) -> None:
    from polyclinic.llm import ChatRequest, Journal, Reply
    from polyclinic.synth.prompt_files import load_prompt_file
    from polyclinic.synth.rounds import Account, Round, drop_empty_side_file, nothing_usable
    from polyclinic.synth.teacher import endpoint_of
    from polyclinic.tasks.wording_rules import kept_texts
    from polyclinic.tasks.wordings import LABELS, Wording

    prompt = load_prompt_file("paraphrase", TRIAL, settings.prompts)
    bases = [
        (task, number, text) for task in tasks for number, text in enumerate(_bases(task, settings, work), start=1)
    ]

    def questions() -> Iterator[tuple[Basis, ChatRequest]]:
        for task, number, text in bases:
            kept_whole = [LABELS if part in task.labels else part for part in kept_texts(task)]
            values = {
                "definition": _folded(task, text),
                "language": task.instruction_language,
                "kept": list(dict.fromkeys(kept_whole)) if LABELS in _folded(task, text) else kept_texts(task),
            }
            messages = (("user", prompt.fill(values)),)
            for sample in range(settings.rewrites):

                def problem(reply: Reply, task: Task = task) -> str:
                    return _read(task, reply)[1]

                request = ChatRequest(messages, template=prompt.version, sample=sample, check=problem)
                yield Basis(task, number, text, sample), request

    asked: Round[Basis] = Round(
        "asking for wordings", questions, lambda basis: {"task": basis.task.name, "basis": basis.number}
    )
    endpoint, account = endpoint_of(settings, work.seed, settings.temperature), Account()
    with Journal(work.scratch / "journal.sqlite") as journal:
        asked.ask(endpoint, journal, work, len(bases) * settings.rewrites, settings)
        for basis, outcome in asked.read(endpoint, journal, work.out, account):
            if outcome.accepted is not None:
                wording = Wording(
                    text=_read(basis.task, outcome.accepted)[0],
                    origin="teacher",
                    author=settings.teacher_model,
                    basis=basis.number,
                    seed=work.seed,
                    version=prompt.version,
                )
                kept.take(basis.task, wording)
        if not any(kept.new.values()):
            raise nothing_usable("synth.paraphrase", account, journal.path)
    drop_empty_side_file(work.out)
    work.facts.update(teacher=settings.teacher_model, prompt_version=prompt.version, **account.facts())


def _bases(task: Task, settings: ParaphraseSettings, work: Work) -> list[str]:
    """Return what the teacher rewrites: the wordings by hand beside the task, or those that rules make."""
    from polyclinic.tasks.wording_rules import wording_problem
    from polyclinic.tasks.wordings import load_wordings

    there = load_wordings(task, catalog=settings.catalog)
    texts = [wording.text for wording in there if wording.origin == "hand"]
    if texts:
        return texts
    made = dict.fromkeys(w.text for w in _worded_by_rules(task, work.seed) if not wording_problem(task, w.text))
    return list(made) or [task.definition]


def _worded_by_rules(task: Task, seed: int) -> Iterator[Wording]:
    from polyclinic.tasks.wordings import Wording

    for hand, text in reword(task, seed):
        author = f"{AUTHOR}, hand {hand}"
        yield Wording(text=text, origin="rules", author=author, seed=seed, version=rules_version())


def _read(task: Task, reply: Any) -> tuple[str, str]:
    """Return the wording a teacher wrote, and what is wrong with it."""
    from polyclinic.synth.answers import form_problem, without_thoughts
    from polyclinic.tasks.wording_rules import wording_problem
    from polyclinic.tasks.wordings import LABELS, listed_labels

    if problem := form_problem(reply):
        return "", problem
    text = " ".join(without_thoughts(reply.text).split())
    if task.definition.count("\n"):
        text = without_thoughts(reply.text).strip()
    text = text.replace(LABELS, listed_labels(task))
    for left, right in (('"', '"'), ("“", "”"), ("「", "」")):
        if len(text) > 1 and text[0] == left and text[-1] == right and text[1:-1].count(left) == 0:
            text = text[1:-1].strip()
    return text, wording_problem(task, text)


def _folded(task: Task, text: str) -> str:
    """Return a wording with the whole list of labels as one placeholder, so that a teacher cannot lose one."""
    from polyclinic.tasks.wordings import LABELS

    for between in ("; ", ", "):
        listed = between.join(task.labels)
        if len(task.labels) > 2 and listed in text:
            return text.replace(listed, LABELS)
    return text
