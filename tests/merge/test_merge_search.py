"""The search for the best merge: it finds known optima, goes on after a kill, and says how sure it is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_parents import Array, read_tensors, write_family

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.merge import breadcrumbs_ties, search, task_arithmetic
from polyclinic.merge.evaluations import Evaluation, Evaluations, is_clearly_behind, split_items
from polyclinic.merge.live import merge_live, open_live
from polyclinic.merge.numbers import Float32
from polyclinic.merge.search import SearchSettings
from polyclinic.merge.settings import MergeSettings
from polyclinic.merge.suggestions import evolution, grid


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


def test_a_known_optimum_is_found_within_five_per_cent_in_200_evaluations(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 3, "F32")
    known = [0.8, 0.3, 0.55]
    target = read_tensors(task_arithmetic(out=tmp_path / "target", base=base, models=experts, weights=known))
    memory = Memory()

    def settings(weights: list[float]) -> MergeSettings:
        made = task_arithmetic.settings.model_validate(
            {"base": base, "models": experts, "weights": weights, "threads": 1}
        )
        assert isinstance(made, MergeSettings)
        return made

    suggestions = evolution(3, seed=1)
    with open_live(settings([1.0]), memory.take) as live:
        point, best, score = next(suggestions), (0.0, 0.0, 0.0), -math.inf
        for _ in range(200):
            merge_live(task_arithmetic, settings(list(point)), live, seed=0)
            distance = sum(float(((memory.arrays[n] - target[n]) ** 2).sum()) for n in target)
            if -distance > score:
                best, score = (point[0], point[1], point[2]), -distance
            point = suggestions.send(-distance)
    assert best == pytest.approx(known, rel=0.05)


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
    assert list(grid(2, 2)) == [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    paths = []
    for _ in range(2):
        search_ = evolution(1, seed=3)
        points = [next(search_)]
        points += [search_.send(-((points[-1][0] - 0.2) ** 2)) for _ in range(20)]
        paths.append(points)
    assert paths[0] == paths[1]
    assert all(len(point) == 1 and 0 <= point[0] <= 1 for point in paths[0])


def test_evaluations_that_were_made_are_not_made_again_and_a_torn_line_is(tmp_path: Path) -> None:
    file = tmp_path / "evaluations.jsonl"
    journal = Evaluations(file)
    for number in range(3):
        journal.next(str(number), partial(Evaluation, {"weights": [number / 3]}, number / 7, [0.0, 1.0]))
    journal.stream.close()
    file.write_bytes(file.read_bytes()[:-5])
    made: list[str] = []

    def make() -> Evaluation:
        made.append("again")
        return Evaluation({"weights": [2 / 3]}, 2 / 7)

    again = Evaluations(file)
    scores = [again.next(str(number), make).score for number in range(3)]
    assert scores == [0.0, 1 / 7, 2 / 7]
    assert made == ["again"]


def test_items_are_split_by_task_and_none_is_in_two_parts() -> None:
    first, rest, held = split_items({"a": range(100), "b": range(100, 120)}, 0.25, 0.2, seed=5)
    assert sorted([*first, *rest, *held]) == list(range(120))
    assert len([i for i in held if i < 100]) == 20
    assert len([i for i in held if i >= 100]) == 4
    assert len([i for i in first if i < 100]) == 20


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"search": {"weights": [1, 0]}}, r"search\.weights: expected the lowest and the highest"),
        ({"search": {"t": [0, 1]}}, r"search\.t: breadcrumbs_ties has no such parameter; it has weights, density"),
        ({"shared": ["gamma"]}, r"shared: gamma is not searched"),
        ({"algorithm": "grid", "grid_points": 20}, r"a grid of 400 points does not fit into 200"),
        ({"options": {"densty": 1}}, r"options, or the middle"),
        ({"method": "model_stock"}, r"method: input should be"),
    ],
)
def test_a_search_that_cannot_be_made_is_refused_first(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    base, experts = write_family(tmp_path, 2)
    (tmp_path / "items.jsonl").write_text("{}\n")
    with pytest.raises(UserError, match=message):
        search(out=tmp_path / "out", base=base, models=experts, samples=tmp_path / "items.jsonl", **fields)


def test_a_candidate_is_dropped_only_when_it_is_clearly_behind() -> None:
    best, tasks = np.array([1.0] * 15 + [0.0] * 5), ["a"] * 20
    assert is_clearly_behind(1 - best, best, tasks)
    assert is_clearly_behind(np.where(np.arange(20) < 6, 0.0, best), best, tasks)
    assert not is_clearly_behind(np.where(np.arange(20) < 1, 0.0, best), best, tasks)
    assert not is_clearly_behind(best, best, tasks)


def test_shared_parameters_take_one_dimension(tmp_path: Path) -> None:
    found = SearchSettings.model_validate(
        {"base": "b", "models": ["x", "y"], "samples": ["s"], "shared": ["density"],
         "search": {"weights": [0, 2], "density": [0.2, 0.4]}}
    )  # fmt: skip
    assert found.dimensions() == 3
    assert found.values((0.5, 0.25, 0.5)) == {"weights": [1.0, 0.5], "density": [pytest.approx(0.3)]}
    assert found.equal_weights() == {"weights": [0.5, 0.5], "density": [pytest.approx(0.3)]}


def write_language_models(folder: Path) -> tuple[Path, list[Path]]:
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = {letter: number for number, letter in enumerate(["<s>", "</s>", *map(chr, range(32, 127))])}
    tokenizer = Tokenizer(models.WordLevel(letters, unk_token="<s>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>", pad_token="</s>", unk_token="<s>")
    config = LlamaConfig(
        vocab_size=97, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        pad_token_id=1, bos_token_id=None, eos_token_id=1, tie_word_embeddings=True, max_position_embeddings=512,
    )  # fmt: skip
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    folders = []
    for name in ("base", "one", "two"):
        if name != "base":
            with torch.no_grad():
                for weight in model.parameters():
                    weight.add_(0.02 * torch.randn_like(weight))
        model.save_pretrained(folder / name)
        fast.save_pretrained(folder / name)
        folders.append(folder / name)
    return folders[0], folders[1:]


def write_items(file: Path) -> Path:
    from polyclinic.tasks import load_catalog

    name = next(n for n, t in load_catalog().items() if t.family == "multiple_choice")
    rows = []
    for number in range(24):
        options = [f"{letter}{number}" for letter in "abcd"]
        row = {"id": f"i{number}", "task": name, "input": f"Question {number}?", "options": options}
        rows.append({**row, "output": options[number % 4], "source": "test", "license": "cc0-1.0"})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_a_search_from_end_to_end_tells_its_path_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    items = write_items(tmp_path / "items.jsonl")
    fields: dict[str, Any] = {
        "base": base, "models": experts, "samples": items, "method": "task_arithmetic", "evaluations": 5,
        "search": {"weights": [0.0, 2.0]}, "seed": 4,
    }  # fmt: skip
    out = search(out=tmp_path / "out", **fields)
    manifest = read_manifest(out)
    assert manifest is not None
    facts = manifest.facts
    assert len(facts["path"]) == 6
    assert facts["baseline"]["values"] == {"weights": [0.5, 0.5]}
    assert facts["best"]["score"] == max(e["score"] for e in facts["path"] if not e["dropped"])
    assert facts["items"] == {"first": 5, "search": 20, "held_back": 4}
    assert {"low", "high"} < set(facts["held_back"]["difference"])
    ours = task_arithmetic(
        out=tmp_path / "ours", base=base, models=experts, weights=facts["best"]["values"]["weights"]
    )
    assert (ours / "model.safetensors").read_bytes() == (out / "model.safetensors").read_bytes()
    calls = 0
    from polyclinic.merge.search import Judge

    evaluate = Judge.evaluate

    def killed_at_the_fourth(self: Judge, *arguments: Any) -> Evaluation:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return evaluate(self, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Judge, "evaluate", killed_at_the_fourth)
        with pytest.raises(KeyboardInterrupt):
            search(out=tmp_path / "again", **fields)
        search(out=tmp_path / "again", **fields)
    assert calls == 3 + 1 + 3  # three were kept
    resumed = read_manifest(tmp_path / "again")
    assert resumed is not None
    assert resumed.facts["path"] == facts["path"]
    assert resumed.fingerprint == manifest.fingerprint
