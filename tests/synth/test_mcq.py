from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals import Panel
from polyclinic.records import Sample, read_records, write_records
from polyclinic.synth import mcq
from polyclinic.synth.mcq.diversity import diverse, embed
from polyclinic.synth.mcq.topics import draw_angles, load_topics
from polyclinic.tasks import build, load_catalog, suite_tasks

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from random_teacher import save_random_teacher
from teacher_server import Payload, TeacherServer, completion

VOCABULARY = [f"w{n}" for n in range(400)]


def item(seed: int, topic: str, **changed: Any) -> dict[str, Any]:
    """Return an item of its own words."""
    words = np.random.default_rng([seed, sum(map(ord, topic))]).permutation(VOCABULARY).tolist()
    made = {
        "context": " ".join(words[:30]),
        "question": f"Which of them is it, {' '.join(words[30:36])}?",
        "options": [f"{words[40]} right {seed}", *(f"{words[41 + n]} wrong {seed}" for n in range(3))],
        "answer": f"{words[40]} right {seed}",
    }
    return {**made, **changed}


async def knowing(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    """Write items, and answer them by what is right in the options."""
    asked = payload["messages"][0]["content"]
    if asked.startswith("Write one multiple-choice"):
        topic = re.findall(r"The topic: ([^.]+)\.", asked)[0]
        return completion(json.dumps(item(payload["seed"], topic)))
    letter = re.findall(r"^([A-D])\. w\d+ right", asked, re.MULTILINE)[0]
    return completion(json.dumps({"rationale": "known", "answer": letter}))


def facts_of(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.facts


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_the_twelve_published_topics_have_tasks_in_the_catalog() -> None:
    topics = load_topics().topics
    assert len(topics) == 12
    assert {topic.task for topic in topics} == {task.name for task in suite_tasks("mediphi-validation")}
    assert all(load_catalog()[topic.task].family == "multiple_choice" for topic in topics)


def test_angles_come_from_the_seed_and_cover_all_before_one_comes_again() -> None:
    found = load_topics()
    first, second = found.topics[:2]
    size = len(found.fields) * len(first.aspects)
    drawn = list(draw_angles(first, found.fields, size + 5, 3))
    assert len({(a.field, a.aspect) for a in drawn[:size]}) == size
    assert drawn[:40] == list(draw_angles(first, found.fields, 40, 3))
    assert [a.field for a in drawn[:40]] != [a.field for a in draw_angles(first, found.fields, 40, 4)]
    assert [a.field for a in drawn[:40]] != [a.field for a in draw_angles(second, found.fields, 40, 3)]


def test_items_are_written_verified_and_read_back_by_the_catalog(tmp_path: Path) -> None:
    with TeacherServer(knowing) as server:
        topics = ["medication", "clinical_nli", "radiology_report"]
        fields: dict[str, Any] = {"teacher_model": "tutor", "topics": topics, "items": 3, "written": 4, "seed": 1}
        made = mcq(out=tmp_path / "sets" / "validation-sets", teacher_url=server.url, **fields)
        again = mcq(out=tmp_path / "again", teacher_url=server.url, concurrency=2, **fields)
    assert (made / "records.parquet").read_bytes() == (again / "records.parquet").read_bytes()
    samples = list(read_records(made, Sample))
    assert Counter(s.task for s in samples) == dict.fromkeys(Counter(s.task for s in samples), 3)
    assert len({s.task for s in samples}) == 3
    assert all(" right " in s.output and s.output in s.options and len(s.options) == 4 for s in samples)
    assert len({s.options.index(s.output) for s in samples}) > 1, "the right option stands anywhere"
    facts = facts_of(made)
    assert facts["left_out"] == {"more than asked for": 3}
    assert facts["requests"] == 3 * 4 * 3
    names = sorted({s.task for s in samples})
    built = build(out=tmp_path / "built", tasks=names, data=tmp_path / "sets", split="test", form="items")
    items = list(read_records(built, Sample))
    assert {(s.task, s.output) for s in items} == {(s.task, s.output) for s in samples}
    assert all(s.output in s.options for s in items)


def test_a_search_over_merges_takes_them_as_its_objective(tmp_path: Path) -> None:
    with TeacherServer(knowing) as server:
        fields: dict[str, Any] = {"teacher_model": "tutor", "items": 2, "topics": ["medication", "clinical_nli"]}
        made = mcq(out=tmp_path / "sets", teacher_url=server.url, **fields)
    panel = Panel(save_random_teacher(tmp_path / "model", window=1024), [made], tmp_path / "scratch")
    assert panel.tasks == ["validation-medication"] * 2 + ["validation-clinical-nli"] * 2
    assert len(panel.weighed) == 4, "by the likelihood of the options"


def test_what_is_wrong_alike_or_in_a_benchmark_is_left_out_with_its_reason(tmp_path: Path) -> None:
    known = item(0, "medication")["context"]
    benchmark = Sample("b1", "exam", "yes", input=f"Before. {' '.join(known.split()[:15])} and after.")
    write_records(tmp_path / "benchmark", [benchmark], Sample)

    async def careless(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        asked, seed = payload["messages"][0]["content"], payload["seed"]
        if not asked.startswith("Write one"):
            if "wrong 8\n" in f"{asked}\n":  # the second item has two right options
                return completion('{"answer": null}')
            if "wrong 16\n" in f"{asked}\n":  # the third is answered with a wrong one
                return completion(
                    json.dumps({"answer": re.findall(r"^([A-D])\. w\d+ wrong", asked, re.MULTILINE)[0]})
                )
            return await knowing(payload, number, request)
        if 24 <= seed < 28:
            return completion(json.dumps(item(seed, "medication", options=["a", "a", "b", "c"])))
        if 32 <= seed < 36:
            return completion(json.dumps(item(seed, "medication", answer="none of them")))
        if seed == 40 and len(payload["messages"]) == 1:
            return completion('{"question": "Which?"')
        if 80 <= seed < 160:  # nearly the same ten times
            one = item(7, "medication")
            return completion(json.dumps({**one, "context": f"{VOCABULARY[seed // 8]} {one['context']}"}))
        return completion(json.dumps(item(seed, "medication")))

    with TeacherServer(careless) as server:
        made = mcq(
            out=tmp_path / "a",
            topics="medication",
            items=100,
            written=40,
            benchmarks=tmp_path / "benchmark",
            teacher_url=server.url,
            teacher_model="tutor",
        )
    facts = facts_of(made)
    assert facts["left_out"]["in a benchmark"] == 1
    assert facts["left_out"]["not one right option"] == 1
    assert facts["left_out"]["another answer"] == 1
    assert facts["left_out"]["nearly the same"] == 9
    assert facts["benchmarks"] == {"exam": 1}
    # What was wrong is shown, and asked for four times with the seed moved on.
    assert facts["rejected"] == {"broken JSON": 1, "no right option": 4, "repeated option": 4}
    reasons = {row["number"]: row["reason"] for row in rows_of(made, "left_out.jsonl")}
    assert reasons[0] == "in a benchmark: shares 13 words in a row with exam/b1"
    assert reasons[1].startswith("not one right option")
    kept = {int(s.id.rpartition("-")[2]) for s in read_records(made, Sample)}
    assert 5 in kept
    assert len(kept & set(range(10, 20))) == 1
    assert kept.isdisjoint({0, 1, 2, 3, 4})


def test_clusters_give_one_item_and_outliers_stay() -> None:
    generator = np.random.default_rng(0)
    far = np.eye(12)[:6]
    near = [np.eye(12)[place] + generator.normal(0, 0.01, (8, 12)) for place in (8, 9)]
    kept = diverse(np.concatenate([far, *near]), 5)
    assert set(range(6)) <= set(kept)
    assert len(kept) == 8
    assert len(set(kept) & set(range(6, 14))) == len(set(kept) & set(range(14, 22))) == 1
    assert diverse(np.eye(2)) == [0, 1]


def test_any_local_encoder_embeds_and_another_folder_is_named(tmp_path: Path) -> None:
    folder = save_random_teacher(tmp_path / "encoder")
    vectors = embed(["a fever", "a cough and a fever", "a fever"], folder, 0)
    assert vectors.shape[0] == 3
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.allclose(vectors[0], vectors[2], atol=1e-6)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="not an embedding model that can be loaded"):
        embed(["a"], tmp_path / "empty", 0)


def test_a_topic_without_any_item_and_unknown_topics_are_named(tmp_path: Path) -> None:
    async def unsure(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if payload["messages"][0]["content"].startswith("Write one"):
            return await knowing(payload, number, request)
        return completion('{"answer": null}')

    with TeacherServer(unsure) as server:
        fields: dict[str, Any] = {"teacher_url": server.url, "teacher_model": "tutor", "items": 2}
        with pytest.raises(UserError, match=r"no item of medication was kept \(4 times not one right option\)"):
            mcq(out=tmp_path / "a", topics="medication", **fields)
        with pytest.raises(UserError, match="unknown key 'medications'; did you mean 'medication'"):
            mcq(out=tmp_path / "a", topics="medications", **fields)
        (tmp_path / "data").mkdir()
        with pytest.raises(UserError, match="the test split of no task of the catalog is here"):
            mcq(out=tmp_path / "a", topics="medication", data=tmp_path / "data", **fields)
        bad = tmp_path / "topics.yaml"
        bad.write_text("fields: [a]\ntopics: [{key: b, name: c, description: d}]")
        with pytest.raises(UserError, match=r"topics\.yaml: topics\.0\.aspects: Field required"):
            mcq(out=tmp_path / "a", topics_file=bad, **fields)
