"""One definition, three doors: a function, a command and a step of a recipe make the same artifact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import polyclinic
from polyclinic.artifacts import Manifest, read_manifest
from polyclinic.corpus import read
from polyclinic.errors import UserError
from polyclinic.pipeline import Store, load_recipe, make_plan, run_plan
from polyclinic.synth import pit

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(polyclinic.__file__).parents[1])}


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    file = tmp_path / "texts.jsonl"
    rows = [{"id": f"n{i}", "text": f"The patient has asthma. Day {i} was calm."} for i in range(8)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def manifest_of(folder: Path) -> Manifest:
    found = read_manifest(folder)
    assert found is not None
    return found


def command(*words: object, hash_seed: str = "0") -> None:
    done = subprocess.run(
        [sys.executable, "-m", "polyclinic", *map(str, words)],
        env={**ENVIRONMENT, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_function_command_and_recipe_make_the_same_artifact(texts: Path, tmp_path: Path) -> None:
    read(out=tmp_path / "f-texts", documents=texts, domain="notes", minimum_characters=2, seed=3)
    pit(out=tmp_path / "f-tasks", documents=tmp_path / "f-texts", tasks=["summary", "entities"], seed=3)

    words = ["--documents", texts, "--domain", "notes", "--minimum-characters", "2", "--seed", "3"]
    command("corpus", "read", *words, "--out", tmp_path / "c-texts", hash_seed="1")
    words = ["--documents", tmp_path / "c-texts", "--tasks", "summary,entities", "--seed", "3"]
    command("synth", "pit", *words, "--out", tmp_path / "c-tasks", hash_seed="2")

    (tmp_path / "recipe.yaml").write_text(
        "seed: 3\nsteps:\n"
        "  r-tasks: {tasks: [summary, entities], documents: $r-texts, uses: synth.pit}\n"
        "  r-texts: {uses: corpus.read, minimum_characters: 2, domain: notes, documents: texts.jsonl}\n"
    )
    plan = make_plan(load_recipe(tmp_path / "recipe.yaml"), Store(tmp_path / "store"))
    run_plan(plan, lambda line: None)
    folders = {p.step.name: p.folder for p in plan.steps}

    for step in ("texts", "tasks"):
        function, from_command = manifest_of(tmp_path / f"f-{step}"), manifest_of(tmp_path / f"c-{step}")
        recipe = manifest_of(folders[f"r-{step}"])
        assert function.key == from_command.key == recipe.key
        assert function.fingerprint == from_command.fingerprint == recipe.fingerprint
        assert function.settings == from_command.settings == recipe.settings
        files = [tmp_path / f"{door}-{step}" / "records.parquet" for door in "fc"]
        files.append(folders[f"r-{step}"] / "records.parquet")
        assert len({file.read_bytes() for file in files}) == 1
        assert folders[f"r-{step}"].name == f"r-{step}-{recipe.key[:8]}"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"docments": "x"}, r"corpus.read.docments: unknown field; did you mean 'documents'\?$"),
        (
            {"documents": ".", "width": 1},
            r"corpus.read.width: unknown field; corpus.read has documents, domain, license",
        ),
        ({}, "corpus.read.documents: missing; corpus.read needs it: a file or a folder"),
        ({"documents": "nowhere"}, "corpus.read.documents: nowhere: no such file or folder"),
        ({"limit": "many"}, "corpus.read.limit: input should be a valid integer.*found 'many'"),
        ({"limit": -1}, "corpus.read.limit: input should be greater than or equal to 0, found -1"),
        ({"held_out_share": float("nan")}, "corpus.read.held_out_share: input should be"),
        ({"part": "some"}, "corpus.read.part: input should be 'all', 'train' or 'held_out', found 'some'"),
        (
            {"domain": ["x" * 10_000]},
            r"corpus.read.domain: input should be a valid string, found \['xxx.{150,200}\.\.\.$",
        ),
        ({"seed": -1}, "corpus.read.seed: expected a whole number from 0 to 4294967295, found -1"),
        ({"seed": True}, "corpus.read.seed: expected a whole number"),
    ],
)
def test_wrong_fields_of_a_function_are_named(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        read(out=tmp_path / "out", **fields)
    assert not any(tmp_path.iterdir())


def test_all_wrong_fields_are_told_at_once(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(out=tmp_path / "out", documents=texts, domian="x", limit=-1, part="x")
    assert len(str(caught.value).splitlines()) == 3


def test_what_no_single_field_is_to_blame_for_is_said_of_the_kind(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^synth.pit: teacher openai needs teacher_url and teacher_model$"):
        pit(out=tmp_path / "out", documents=tmp_path, teacher="openai")


def test_an_artifact_of_another_type_is_refused(texts: Path, tmp_path: Path) -> None:
    read(out=tmp_path / "texts", documents=texts)
    pit(out=tmp_path / "tasks", documents=tmp_path / "texts")
    with pytest.raises(UserError, match=r"synth\.pit\.documents wants documents, .*tasks is samples"):
        pit(out=tmp_path / "out", documents=tmp_path / "tasks")


def test_an_artifact_cannot_be_made_inside_its_input(texts: Path, tmp_path: Path) -> None:
    read(out=tmp_path / "texts", documents=texts)
    with pytest.raises(UserError, match="lies inside the input"):
        pit(out=tmp_path / "texts" / "tasks", documents=tmp_path / "texts")
    assert [p.name for p in (tmp_path / "texts").iterdir() if p.is_dir()] == []


def test_licences_and_sources_travel_with_the_data(texts: Path, tmp_path: Path) -> None:
    read(out=tmp_path / "texts", documents=texts, license="CC0-1.0", source="ward")
    assert manifest_of(tmp_path / "texts").licenses == {"CC0-1.0": 8}
    pit(out=tmp_path / "tasks", documents=tmp_path / "texts")
    found = manifest_of(tmp_path / "tasks")
    assert (found.licenses, found.sources) == ({"CC0-1.0": 8}, {"ward": 8})
    read(out=tmp_path / "nameless", documents=texts)
    assert manifest_of(tmp_path / "nameless").licenses == {"unknown": 8}
