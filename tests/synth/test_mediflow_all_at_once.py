from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Preference, Sample, read_records
from polyclinic.synth import chain, pairs

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from teacher_server import Payload, TeacherServer, completion, last_turn


def stage(payload: Payload) -> str:
    """Return which stage a request belongs to."""
    asked = payload["messages"][0]["content"]
    starts = {"You are an expert": "write", "You judge": "judge", "Below are": "spoil", "Two outputs": "compare"}
    return next(name for start, name in starts.items() if asked.startswith(start))


async def good(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    """Write, judge, spoil and compare; the answer depends on the question alone."""
    asked, seed = payload["messages"][0]["content"], payload["seed"]
    if stage(payload) == "write":
        examples = int(re.findall(r"Then come (\d) examples", asked)[0])
        output = '{{"found": "finding {}"}}' if "The output format: JSON" in asked else "Finding {}."
        blocks = "".join(
            f"<example><input>{seed} {n}</input><output>{output.format(n)}</output></example>"
            for n in range(examples)
        )
        return completion(f"<instruction>Find it, number {seed}.</instruction><examples>{blocks}</examples>")
    if stage(payload) == "judge":
        keys = re.findall(r'^  "(\w+)":', asked, re.MULTILINE)
        score = 2 if "inding 1" in asked else 3 + seed % 2
        return completion(json.dumps({key: {"rationale": "because", "score": score} for key in keys}))
    if stage(payload) == "spoil":
        output = asked.partition("The good output:\n<<<\n")[2].partition("\n>>>")[0]
        return completion(output.replace("inding", "inding, or not,"))
    first = asked.partition("Output A:\n<<<\n")[2].partition("\n>>>")[0]
    return completion(json.dumps({"better": "B" if "or not" in first else "A"}))


FIELDS: dict[str, Any] = {"instructions": 10, "teacher_model": "tutor", "judgements": 3, "seed": 4}


def facts_of(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.facts


def test_all_stages_run_at_once_and_what_they_make_becomes_preferences(tmp_path: Path) -> None:
    with TeacherServer(good) as server:
        made = chain(out=tmp_path / "a", teacher_url=server.url, concurrency=4, **FIELDS)
        assert server.most_at_once <= 4
        asked = len(server.seen)
        again = chain(out=tmp_path / "b", teacher_url=server.url, concurrency=1, **FIELDS)
        assert len(server.seen) == 2 * asked
        stages = [stage(payload) for payload in server.seen[asked:]]
    assert stages.index("judge") < len(stages) - 1 - stages[::-1].index("write")
    for name in ("records.parquet", "judgements.jsonl"):
        assert (made / name).read_bytes() == (again / name).read_bytes()
    samples = list(read_records(made, Sample))
    assert {sample.metadata["plan"] for sample in samples} == set(range(10))
    assert all({"quality", "correctness", "grounding", "format"} <= set(sample.metadata) for sample in samples)
    spoiled = [sample for sample in samples if "rejected_output" in sample.metadata]
    assert spoiled
    assert all("or not" in sample.metadata["rejected_output"] for sample in spoiled)
    assert not any("inding 1" in sample.output for sample in spoiled), "outputs of low score are not made worse"
    facts = facts_of(made)
    assert facts["pairs"] == len(spoiled) == facts["spoiled"]
    assert (facts["instructions"], facts["judged"], facts["not_worse"]) == (10, 10, 0)
    assert facts["requests"] == asked
    found = list(read_records(pairs(out=tmp_path / "pairs", samples=made), Preference))
    assert [(p.id, p.chosen, p.author) for p in found] == [(s.id, s.output, "tutor") for s in spoiled]
    rationales = [json.loads(line) for line in (made / "judgements.jsonl").read_text().splitlines()]
    assert len(rationales) == 10 + len(samples)
    assert len(rationales[0]["judgements"]) == 3


def test_a_judge_of_its_own_is_asked_and_what_it_does_not_find_worse_is_left_out(tmp_path: Path) -> None:
    async def of_two_minds(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if stage(payload) == "compare":
            return completion('{"better": "A"}')
        return await good(payload, number, request)

    with TeacherServer(of_two_minds) as server:
        made = chain(out=tmp_path / "a", teacher_url=server.url, judge_model="small", output_judgements=0, **FIELDS)
        models = {(stage(payload), payload["model"]) for payload in server.seen}
    assert models == {("write", "tutor"), ("judge", "small"), ("spoil", "tutor"), ("compare", "small")}
    facts = facts_of(made)
    assert facts["pairs"] == 0
    assert facts["not_worse"] == facts["spoiled"] > 0
    with pytest.raises(UserError, match="has a `rejected_output`"):
        pairs(out=tmp_path / "pairs", samples=made)


def test_answers_off_form_are_counted_by_stage_and_the_rest_goes_on(tmp_path: Path) -> None:
    async def sloppy(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        asked = payload["messages"][0]["content"]
        if stage(payload) == "write" and payload["seed"] // 2 % 5 == 0:
            return completion("No.")
        if stage(payload) == "judge" and "The instruction:" in asked and "The output:" not in asked:
            return completion('{"quality": {"score": 7}}')
        return await good(payload, number, request)

    with TeacherServer(sloppy) as server:
        made = chain(out=tmp_path / "a", teacher_url=server.url, **FIELDS)
    facts = facts_of(made)
    assert facts["instructions"] == 8
    assert facts["without_a_judgement"] == 8
    assert facts["rejected"] == {"judging instruction: score off the scale": 48, "writing: missing tag": 4}
    rows = [json.loads(line) for line in (made / "rejected.jsonl").read_text().splitlines()]
    assert {row["stage"] for row in rows} == {"writing", "judging instruction"}
    assert not any("rejected_output" in s.metadata for s in read_records(made, Sample))


def test_a_budget_stops_the_chain_and_a_larger_one_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with TeacherServer(good) as server:
        fields = {**FIELDS, "teacher_url": server.url, "concurrency": 2}
        with pytest.raises(UserError, match="the requests of 30 are used up"):
            chain(out=tmp_path / "a", most_requests=30, **fields)
        assert len(server.seen) == 30
        made = chain(out=tmp_path / "a", most_requests=3000, **fields)
        asked = len(server.seen)
        whole = chain(out=tmp_path / "b", **fields)
        assert len(server.seen) == 2 * asked
    assert (made / "records.parquet").read_bytes() == (whole / "records.parquet").read_bytes()


def test_further_addresses_share_the_work(tmp_path: Path) -> None:
    with TeacherServer(good) as one, TeacherServer(good) as two:
        chain(
            out=tmp_path / "a",
            teacher_url=one.url,
            more_addresses=[{"url": two.url, "weight": 2, "concurrency": 4}],
            concurrency=4,
            **FIELDS,
        )
        assert len(one.seen) > 10
        assert len(two.seen) > 10
        assert last_turn(one.seen[0])
