"""Preferences that are only looked at: what is measured of them, and what follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from polyclinic.errors import UserError
from polyclinic.models import load_model, load_tokenizer
from polyclinic.records import Preference, read_records, write_records
from polyclinic.train import dpo, medcare_align
from polyclinic.train.chat import ChatTokens

OPTIONS: dict[str, Any] = {
    "batch_size": 4,
    "gradient_accumulation": 1,
    "warmup_steps": 0,
    "learning_rate": 3e-3,
    "beta": 0.2,
    "steps": 6,
    "evaluate_every": 2,
    "log_every": 3,
    "precision": "float32",
}


def looks_of(folder: Path) -> dict[int, dict[str, float]]:
    entries = [json.loads(line) for line in (folder / "training_log.jsonl").read_text().splitlines()]
    return {
        entry["step"]: {name: entry[f"held_out_{name}"] for name in ("loss", "reward_margin", "accuracy")}
        for entry in entries
        if "held_out_loss" in entry
    }


def facts_of(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["facts"]
    return facts


def margins(model: Path, base: Path, preferences: Path) -> torch.Tensor:
    """By how much more the chosen reply has gained than the rejected one, pair after pair, without TRL."""
    chat, networks = ChatTokens(load_tokenizer(base), base), [load_model(model).eval(), load_model(base).eval()]

    def logp(network: Any, pair: Preference, reply: str) -> float:
        said = chat.conversation(pair.instruction, pair.input, reply, "x")
        ids = torch.tensor([said.prompt + said.reply[: said.learnt]])
        with torch.no_grad():
            found = network(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])
        return float(found[-said.learnt :].sum())

    return torch.tensor(
        [
            sum(sign * logp(n, p, reply) for sign, n in zip((1, -1), networks, strict=True))
            - sum(sign * logp(n, p, other) for sign, n in zip((1, -1), networks, strict=True))
            for p in read_records(preferences, Preference)
            for reply, other in [(p.chosen, p.rejected)]
        ]
    )


def test_loss_margin_and_accuracy_are_those_of_the_definition(data: Path, model: Path, tmp_path: Path) -> None:
    held_out = tmp_path / "h"
    pairs = list(read_records(data / "preferences", Preference))
    flipped = [Preference(p.id, p.task, p.rejected, p.chosen, input=p.input) for p in pairs[20:22]]
    write_records(held_out, [*pairs[22:27], *flipped], Preference)
    made = dpo(
        out=tmp_path / "m", model=model, preferences=data / "preferences", held_out=held_out, keep="last", **OPTIONS
    )
    looks = looks_of(made)
    assert list(looks) == [2, 4, 6]
    rewards = 0.2 * margins(made, model, held_out)
    assert looks[6]["loss"] == pytest.approx(float(-torch.nn.functional.logsigmoid(rewards).mean()), abs=1e-4)
    assert looks[6]["reward_margin"] == pytest.approx(float(rewards.mean()), abs=1e-4)
    assert looks[6]["accuracy"] == pytest.approx(float((rewards > 0).float().mean()), abs=1e-6)
    assert looks[6]["accuracy"] == pytest.approx(5 / 7, abs=1e-6)  # what was learnt is wrong for two of seven
    facts = facts_of(made)
    assert facts["held_out_preferences"] == 7
    assert facts["preferences"] == 32
    best = looks[facts["best_step"]]
    assert facts["held_out_loss"] == pytest.approx(best["loss"], abs=1e-4) == min(v["loss"] for v in looks.values())
    assert facts["held_out_reward_margin"] == pytest.approx(best["reward_margin"], abs=1e-4)
    card = (made / "README.md").read_text()
    assert "held-out reward margin" in card


def test_the_best_step_is_kept_and_patience_ends_the_run(data: Path, model: Path, tmp_path: Path) -> None:
    # The held-out pairs want the opposite, so the first look is the best.
    fields: dict[str, Any] = {"model": model, "preferences": data / "preferences"}
    fields |= {"held_out": data / "held_out_preferences"}
    made = dpo(out=tmp_path / "m", patience=1, **fields, **OPTIONS)
    looks = looks_of(made)
    assert list(looks) == [2, 4]
    assert looks[2]["loss"] < looks[4]["loss"]
    assert looks[4]["accuracy"] == 0
    two = dpo(
        out=tmp_path / "two",
        model=model,
        preferences=data / "preferences",
        **(OPTIONS | {"schedule": "constant"}),
    )
    same = dpo(out=tmp_path / "s", **fields, **(OPTIONS | {"schedule": "constant"}))
    last = dpo(out=tmp_path / "l", **fields, keep="last", **(OPTIONS | {"schedule": "constant"}))
    weights = [load_model(folder).get_input_embeddings().weight for folder in (two, same, last)]
    assert torch.equal(weights[0], weights[2])  # looking changes nothing of what is learnt
    assert not torch.equal(weights[1], weights[2])  # the second step's weights are kept
    early = dpo(
        out=tmp_path / "e", model=model, preferences=data / "preferences",
        **(OPTIONS | {"schedule": "constant", "steps": 2}),
    )  # fmt: skip
    assert torch.equal(load_model(early).get_input_embeddings().weight, weights[1])


def test_medcares_aligner_looks_at_held_out_preferences_too(data: Path, model: Path, tmp_path: Path) -> None:
    made = medcare_align(
        out=tmp_path / "m", model=model, preferences=data / "preferences", orthogonality="none",
        held_out=data / "held_out_preferences", patience=1, rank=4, alpha=8, **OPTIONS,
    )  # fmt: skip
    assert list(looks_of(made)) == [2, 4]
    assert facts_of(made)["best_step"] == 2
    with pytest.raises(UserError, match="held_out: takes preferences"):
        medcare_align(
            out=tmp_path / "x", model=model, samples=data / "instructions", orthogonality="none",
            held_out=data / "held_out_preferences",
        )  # fmt: skip


def test_held_out_pairs_are_checked_before_the_first_step(data: Path, model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "same", [Preference("p1", "t", "a", "a", input="x")], Preference)
    with pytest.raises(UserError, match="preference 'p1': chosen and rejected are the same"):
        dpo(out=tmp_path / "m", model=model, preferences=data / "preferences", held_out=tmp_path / "same", **OPTIONS)
    write_records(tmp_path / "long", [Preference("p2", "t", "pain", "pain " * 300, input="x")], Preference)
    with pytest.raises(UserError, match="held_out: nothing to learn in"):
        dpo(
            out=tmp_path / "m", model=model, preferences=data / "preferences", held_out=tmp_path / "long",
            too_long="skip", **OPTIONS,
        )  # fmt: skip
