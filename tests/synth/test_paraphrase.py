"""Further wordings of definitions, by rules and by a teacher on the loopback."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from polyclinic import tasks
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.synth import paraphrase
from polyclinic.synth.rewording import reword
from polyclinic.tasks import load_catalog, load_task
from polyclinic.tasks.wording_rules import normalised, wording_problem
from polyclinic.tasks.wordings import load_wordings

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from teacher_server import Payload, TeacherServer, completion, last_turn

OWN = """
title: Colours
category: Text Classification
domain: Clinical texts
family: label
builder: source
metric: label_accuracy
license: CC0-1.0
definition: 'Name the colour. The labels are: red; blue; green. Reply with the label and nothing else.'
labels: [red, blue, green]
input: "{{ text }}"
output: "{{ colour }}"
source: {name: Colours, folder: colours, format: delimited, files: {train: train.csv}}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "colours.yaml").write_text(OWN)
    return folder


def facts(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.facts


def rejected(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines()]


def test_rules_give_every_definition_of_the_catalog_enough_wordings_that_pass_all_checks() -> None:
    for task in load_catalog().values():
        if task.builder == "source":
            made = [text for _, text in reword(task, 7) if not wording_problem(task, text)]
            assert len({normalised(text) for text in made} - {normalised(task.definition)}) >= 8, task.name


def test_wordings_by_rules_follow_from_the_seed_and_stand_in_files_a_catalog_reads(
    tmp_path: Path, mine: Path
) -> None:
    one = paraphrase(out=tmp_path / "one", tasks="colours", catalog=mine, seed=1)
    again = paraphrase(out=tmp_path / "again", tasks=str(mine), seed=1)
    other = paraphrase(out=tmp_path / "other", tasks="colours", catalog=mine, seed=2)
    texts = [[s.output for s in read_records(path, Sample)] for path in (one, again, other)]
    assert texts[0] == texts[1] != texts[2]
    task = load_task("colours", mine)
    wordings = load_wordings(task, catalog=mine, more=[one])
    assert [w.text for w in wordings] == texts[0]
    assert {(w.origin, w.seed, w.version) for w in wordings} == {("rules", 1, "1")}
    assert facts(one)["kept"] == len(texts[0]) >= 13
    (tmp_path / "data" / "colours").mkdir(parents=True)
    (tmp_path / "data" / "colours" / "train.csv").write_text("text,colour\n" + "t,red\n" * 20)
    built = tasks.build(
        out=tmp_path / "built",
        tasks="colours",
        catalog=mine,
        data=tmp_path / "data",
        wordings=[one],
        wording_share=1.0,
    )
    assert {s.instruction for s in read_records(built, Sample)} <= set(texts[0])


async def rewording(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    """Behave as teachers do: mostly well, at times adding, losing, commenting or repeating."""
    asked = last_turn(payload)
    definition = asked.partition("Definition:\n")[2]
    if "This answer cannot be used" in asked:
        definition = str(payload["messages"][0]["content"]).partition("Definition:\n")[2]
        return completion(f'"Once more: {definition[:1].lower()}{definition[1:]}"')
    answers = [
        f"Kindly do this. {definition}",
        definition.replace("{{ labels }}", "red; blue"),
        f"Sure! {definition}",
        definition,
        f"{definition} Answer as JSON.",
    ]
    return completion(answers[int(payload["seed"]) % len(answers)])


def test_a_teacher_rewrites_what_hands_wrote_and_what_loses_or_adds_is_counted_by_reason(
    tmp_path: Path, mine: Path
) -> None:
    with TeacherServer(rewording) as server:
        made = paraphrase(
            out=tmp_path / "made",
            tasks="colours",
            catalog=mine,
            teacher_url=server.url,
            teacher_model="trial",
            rewrites=5,
        )
    samples = list(read_records(made, Sample))
    task = load_task("colours", mine)
    assert all(wording_problem(task, s.output) == "" for s in samples)
    assert {s.author for s in samples} == {"trial"}
    assert any(s.output.startswith("Kindly do this.") for s in samples)
    assert any(s.output.startswith("Once more:") for s in samples)  # the quotation marks are gone
    found = facts(made)
    assert found["rejected"].keys() == {"label lost", "comment", "name added"}
    # The fourth answer is what was asked about: the wordings rules make are no file of the catalog, so new once.
    assert found["not_kept"]["duplicate"] > 0
    assert found["kept"] == len(samples)
    wordings = load_wordings(task, more=[made])
    assert {(w.origin, w.author, w.version) for w in wordings} == {("teacher", "trial", found["prompt_version"])}
    assert min(w.basis for w in wordings) == 1
    reasons = {row["reason"].partition(":")[0] for row in rejected(made)}
    assert reasons == {"label lost", "comment", "name added", "duplicate"}
    shown = last_turn(server.seen[0])
    assert "{{ labels }}" in shown
    assert "red; blue; green" not in shown


def test_a_second_run_asks_nothing_again_and_wordings_that_are_there_are_not_made_twice(
    tmp_path: Path, mine: Path
) -> None:
    first = paraphrase(out=tmp_path / "first", tasks="colours", catalog=mine)
    from polyclinic.tasks.wordings import store_wordings

    store_wordings(first, mine)
    with pytest.raises(UserError, match=r"no further wording of colours: \d+ times duplicate"):
        paraphrase(out=tmp_path / "second", tasks="colours", catalog=mine)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "expected tasks \\(names\\) or suite"),
        ({"tasks": "colurs"}, "unknown task 'colurs'; did you mean 'colours'"),
        ({"tasks": "icd10cm-easy"}, "icd10cm-easy has no definition"),
        ({"tasks": "colours", "teacher": "openai"}, "teacher openai needs teacher_url and teacher_model"),
        ({"tasks": "colours", "rewrites": 3}, "rewrites: only a teacher that is a model has this"),
        (
            {"tasks": "colours", "teacher_url": "http://example.org/v1", "teacher_model": "m"},
            "example.org|cannot be found",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_runs(
    tmp_path: Path, mine: Path, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        paraphrase(out=tmp_path / "out", catalog=mine, **fields)
