"""The search for the best merge: it finds known optima, says how sure it is, and refuses what cannot be searched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_parents import Array, read_tensors, write_family, write_safetensors
from tiny_search import (
    LETTERS,
    write_bigram_models,
    write_language_models,
    write_questions,
    write_texts,
)

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals.likelihood import plan_batches
from polyclinic.evals.tree_batches import TreeBatch
from polyclinic.merge import breadcrumbs_ties, regmean, search, task_arithmetic
from polyclinic.merge.judge import open_judge
from polyclinic.merge.live import merge_live, open_live
from polyclinic.merge.numbers import Float32
from polyclinic.merge.search_settings import SearchSettings
from polyclinic.merge.suggestions import evolution, generation_size, grid


class Memory:
    """Arrays that take merged tensors."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}

    def take(self, name: str, shape: tuple[int, ...]) -> Callable[[int, Float32], None]:
        self.arrays[name] = np.zeros(shape, np.float32)
        flat = self.arrays[name].reshape(-1)

        def put(start: int, values: Float32) -> None:
            flat[start : start + values.size] = values

        return put


def mean_text_score(weights: list[float], tables: list[NDArray[np.float64]], texts: list[str]) -> float:
    """Return the objective in double precision, from the tables alone."""
    base, *others = tables
    table = base + sum(w * (other - base) for w, other in zip(weights, others, strict=True))
    log_p = table - np.log(np.exp(table).sum(axis=0))
    found = []
    for text in texts:
        letters = [1, *(2 + LETTERS.index(letter) for letter in text)]  # after the token of a text's end
        found.append(np.mean([log_p[letters[i + 1], letters[i]] for i in range(len(letters) - 1)]))
    return float(1 + np.mean(found) / np.log(len(base)))


def climbed(function: Callable[[list[float]], float], start: list[float]) -> list[float]:
    """Return the top of a function with one top, by ever smaller steps along each axis."""
    point, value, step = list(start), function(start), 0.25
    while step > 1e-4:
        tried = [[*point[:i], point[i] + way * step, *point[i + 1 :]] for i in range(len(point)) for way in (1, -1)]
        best = max(tried, key=function)
        if function(best) > value:
            point, value = best, function(best)
        else:
            step /= 2
    return point


def test_a_known_optimum_is_found_within_five_per_cent_in_200_evaluations(tmp_path: Path) -> None:
    """Through the whole search: the models are tables of letter pairs, the items texts that a known mix of them says,
    and the best mix for these texts is worked out in double precision, without any of the code that is tested."""
    base, experts, tables = write_bigram_models(tmp_path)
    said = tables[0] + 0.5 * (tables[1] - tables[0]) + 1.1 * (tables[2] - tables[0])
    texts = write_texts(tmp_path / "texts.jsonl", said, count=12, length=120)
    known = climbed(lambda weights: mean_text_score(weights, tables, texts), [0.5, 0.5])
    assert known == pytest.approx([0.5, 1.1], abs=0.15)  # near what the texts were said with
    out = search(
        out=tmp_path / "out", base=base, models=experts, samples=tmp_path / "texts.jsonl", method="task_arithmetic",
        search={"weights": [0, 2]}, evaluations=200, held_back=0, workers=1, seed=1,
    )  # fmt: skip
    manifest = read_manifest(out)
    assert manifest is not None
    best = manifest.facts["best"]
    assert best["values"]["weights"] == pytest.approx(known, rel=0.05)
    exact = mean_text_score(best["values"]["weights"], tables, texts)
    assert best["score"] == pytest.approx(exact, rel=1e-4)
    assert manifest.facts["evaluations"]["made"] <= 201
    assert manifest.facts["baseline"]["score"] < best["score"]


def test_a_merge_into_memory_is_the_merge_on_disk(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    fields: dict[str, Any] = {"base": base, "models": experts, "weights": [0.5, 0.7], "density": 0.4}
    disk = read_tensors(breadcrumbs_ties(out=tmp_path / "out", **fields))
    memory = Memory()
    made = breadcrumbs_ties.settings.model_validate(fields)
    with open_live(made, memory.take) as live:
        for _ in range(2):  # twice, since nothing of the first may be left
            merge_live(breadcrumbs_ties, made, live, seed=0)
    assert disk.keys() == memory.arrays.keys()
    assert all(np.array_equal(disk[name], memory.arrays[name]) for name in disk)


def test_a_grid_has_its_corners_and_evolution_the_same_path_for_the_same_seed() -> None:
    assert [point for points in grid(2, 2) for point in points] == [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    assert sum(len(points) for points in grid(3, 4)) == 64
    paths = []
    for _ in range(2):
        search_ = evolution(1, seed=3)
        generations = [next(search_)]
        for _ in range(5):
            generations.append(search_.send([-((point[0] - 0.2) ** 2) for point in generations[-1]]))
        paths.append(generations)
    assert paths[0] == paths[1]
    assert all(len(points) == generation_size(1) for points in paths[0])
    assert all(len(point) == 1 and 0 <= point[0] <= 1 for points in paths[0] for point in points)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"search": {"weights": [1, 0]}}, r"search\.weights: expected the lowest and the highest"),
        ({"search": {"t": [0, 1]}}, r"search\.t: breadcrumbs_ties has no such parameter; it has weights, density"),
        ({"shared": ["gamma"]}, r"shared: gamma is not searched"),
        ({"algorithm": "grid", "grid_points": 20}, r"a grid of 400 points does not fit into 200"),
        ({"options": {"densty": 1}}, r"options, or the middle"),
        ({"options": {"weights": 1}}, r"options: weights is searched, so it cannot be set as well"),
        ({"method": "model_stock"}, r"method: input should be"),
        ({"method": "fisher"}, r"statistics: fisher needs one file for each model"),
    ],
)
def test_a_search_that_cannot_be_made_is_refused_first(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    base, experts = write_family(tmp_path, 2)
    (tmp_path / "items.jsonl").write_text("{}\n")
    with pytest.raises(UserError, match=message):
        search(out=tmp_path / "out", base=base, models=experts, samples=tmp_path / "items.jsonl", **fields)


def test_shared_parameters_and_single_numbers_take_one_dimension() -> None:
    found = SearchSettings.model_validate(
        {"base": "b", "models": ["x", "y"], "samples": ["s"], "shared": ["density"],
         "search": {"weights": [0, 2], "density": [0.2, 0.4], "scale": [1, 3]}}
    )  # fmt: skip
    assert found.dimensions() == 4
    assert found.values((0.5, 0.25, 0.5, 0.5)) == {
        "weights": [1.0, 0.5],
        "density": [pytest.approx(0.3)],
        "scale": [2.0],
    }
    assert found.equal_weights()["weights"] == [0.5, 0.5]
    made = found.candidate(found.equal_weights())
    assert (made.scale, made.density) == (2.0, [pytest.approx(0.3)])  # type: ignore[attr-defined]


def test_a_search_from_end_to_end_tells_its_path_and_makes_the_best_merge(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    items = write_questions(tmp_path / "items.jsonl", count=60)
    out = search(
        out=tmp_path / "out", base=base, models=experts, samples=items, method="task_arithmetic", evaluations=9,
        search={"weights": [0.0, 2.0]}, seed=4, workers=1,
    )  # fmt: skip
    manifest = read_manifest(out)
    assert manifest is not None
    facts = manifest.facts
    assert len(facts["path"]) == 10
    assert facts["merged"] == ["one", "two"]
    assert facts["baseline"]["values"] == {"weights": [0.5, 0.5]}
    assert facts["best"]["score"] == max(e["score"] for e in facts["path"] if not e["dropped"])
    assert facts["items"] == {"first": 12, "search": 48, "held_back": 12, "tasks": facts["items"]["tasks"]}
    held = facts["held_back"]
    assert (held["n"], held["documents"]) == (12, 12)
    for name in ("baseline", "best", "difference"):
        assert held[name]["low"] <= held[name]["estimate"] <= held[name]["high"]
    assert held["difference"]["estimate"] == pytest.approx(
        held["best"]["estimate"] - held["baseline"]["estimate"], abs=1e-5
    )
    assert 0 <= held["difference"]["p_value"] <= 1
    ours = task_arithmetic(
        out=tmp_path / "ours", base=base, models=experts, weights=facts["best"]["values"]["weights"]
    )
    assert (ours / "model.safetensors").read_bytes() == (out / "model.safetensors").read_bytes()
    head, *kept = [json.loads(line) for line in (out / "evaluations.jsonl").read_text().splitlines()]
    assert len(head["items"]) == 48
    assert [line["number"] for line in kept] == list(range(10))
    for line, told in zip(kept, facts["path"], strict=True):
        assert line["values"] == told["values"]
        assert len(line["outcomes"]) == (12 if line["dropped"] else 48)
        if not line["dropped"]:
            assert line["score"] == pytest.approx(np.mean(line["outcomes"]))


def test_replies_that_are_written_can_be_the_objective(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    rows = [
        {
            "id": f"n{n}",
            "task": "clue-meqsum",
            "instruction": "Shorten.",
            "input": f"note {n}",
            "output": f"note {n} a e",
        }
        for n in range(24)
    ]
    items = tmp_path / "items.jsonl"
    items.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = search(
        out=tmp_path / "out", base=base, models=experts, samples=items, method="linear", evaluations=3, workers=1,
        racing=0, held_back_documents=2,
    )  # fmt: skip
    manifest = read_manifest(out)
    assert manifest is not None
    scores = [told["score"] for told in manifest.facts["path"]]
    assert len(scores) == 4
    assert all(0 <= score <= 1 for score in scores)
    assert manifest.facts["items"]["tasks"] == ["clue-meqsum"]


def test_options_of_a_question_share_its_prompt_when_a_candidate_is_asked(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    items = write_questions(tmp_path / "items.jsonl", count=20)
    settings = SearchSettings.model_validate(
        {"base": base, "models": experts, "samples": items, "method": "linear", "held_back": 0}
    )
    with open_judge(settings, 0, tmp_path / "answers") as judge:
        requests = [request for item in judge.panel.weighed for request in item.requests]
        batches = plan_batches(judge.panel.model, requests, 2048)
        one_by_one = sum(len(request.context) + len(request.continuation) - 1 for request in requests)
        assert {type(batch) for batch in batches} == {TreeBatch}
        assert 3 * sum(batch.tokens for batch in batches) < one_by_one  # four options a question
        found = judge.evaluate(settings.equal_weights())
    assert len(found.outcomes) == 20


def test_a_grid_over_a_method_with_statistics_is_searched_too(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    items = write_questions(tmp_path / "items.jsonl", count=20)
    name = "model.layers.0.mlp.up_proj.weight"
    files = []
    for seed, expert in enumerate(experts):
        rows = np.random.default_rng(seed).standard_normal((64, 32)).astype(np.float32)
        files.append(expert / "statistics.safetensors")
        write_safetensors(files[-1], {name: rows.T @ rows}, "F32")
    out = search(
        out=tmp_path / "out", base=base, models=experts, samples=items, method="regmean", statistics=files,
        search={"alpha": [0.1, 0.9]}, algorithm="grid", grid_points=3, held_back=0, workers=1,
    )  # fmt: skip
    manifest = read_manifest(out)
    assert manifest is not None
    assert [e["values"]["alpha"] for e in manifest.facts["path"]] == [[0.5], [0.1], [0.5], [0.9]]
    alpha = manifest.facts["best"]["values"]["alpha"][0]
    ours = regmean(out=tmp_path / "ours", base=base, models=experts, statistics=files, alpha=alpha)
    assert (ours / "model.safetensors").read_bytes() == (out / "model.safetensors").read_bytes()


def test_candidates_that_do_not_go_together_or_are_too_large_are_told_and_the_search_goes_on(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    items = write_questions(tmp_path / "items.jsonl", count=20)
    fields: dict[str, Any] = {"base": base, "models": experts, "samples": items, "held_back": 0, "workers": 1}
    out = search(
        out=tmp_path / "out", method="breadcrumbs", search={"density": [0.1, 0.8], "gamma": [0.0, 0.8]},
        shared=["density", "gamma"], algorithm="grid", **fields,
    )  # fmt: skip
    manifest = read_manifest(out)
    assert manifest is not None
    refused = [e for e in manifest.facts["path"] if e["refused"]]
    assert refused
    assert all(e["values"]["density"][0] + e["values"]["gamma"][0] > 1 for e in refused)
    assert all(e["score"] == -1 and "at most 1 - density" in e["refused"] for e in refused)
    out = search(
        out=tmp_path / "large", method="task_arithmetic", options={"dtype": "float16"}, algorithm="grid",
        grid_points=2, search={"weights": [0.0, 1e9]}, shared=["weights"], **fields,
    )  # fmt: skip
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["path"][0]["values"] == {"weights": [0.5]}
    assert "too large" in manifest.facts["path"][2]["refused"]


def test_too_few_items_to_hold_back_are_refused_with_what_to_do(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    fields: dict[str, Any] = {"base": base, "models": experts, "method": "task_arithmetic", "workers": 1}
    few = write_questions(tmp_path / "few.jsonl", count=24)
    with pytest.raises(UserError, match=r"0\.2 of the items come from 4 documents .* at least 10 .* held_back to 0"):
        search(out=tmp_path / "out", samples=few, **fields)
    one = write_questions(tmp_path / "one.jsonl", count=24, documents=1)
    with pytest.raises(
        UserError, match=r"items of the task \S+ \(24\) cannot be divided .* one document stay together"
    ):
        search(out=tmp_path / "out", samples=one, **fields)
