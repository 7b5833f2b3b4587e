"""Both stages of MedCare, what is in their folders, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from several_processes import kill_in

from polyclinic.adapters.low_rank import read_pairs
from polyclinic.adapters.noise_folder import put_with_noise, read_noise
from polyclinic.adapters.orthogonality import column_overlap, row_overlap
from polyclinic.adapters.parts import read_parts
from polyclinic.errors import UserError
from polyclinic.models import load_model, load_tokenizer
from polyclinic.steps import find_kind
from polyclinic.train import medcare_align, medcare_import, medcare_knowledge, medcare_parts, step_watch
from polyclinic.train.chat import ChatTokens
from polyclinic.train.medcare_rows import turn_tokens

FAST: dict[str, Any] = {
    "precision": "float32",
    "gradient_accumulation": 2,
    "batch_size": 4,
    "learning_rate": 1e-2,
    "checkpoint_every": 2,
    "log_every": 1,
}
SMALL = FAST | {"rank": 2, "alpha": 4, "experts": 4, "steps": 3}
ALIGN = FAST | {"rank": 4, "alpha": 8, "steps": 3}


def facts_of(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["facts"]
    return facts


def logits(model: Any) -> torch.Tensor:
    ids = torch.arange(4, 44).reshape(2, 20)
    with torch.no_grad():
        found: torch.Tensor = model.eval()(ids).logits
    return found


@pytest.fixture(scope="module")
def conversations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("conversations") / "train.jsonl"
    rows: list[dict[str, Any]] = [
        {
            "conversations": [{"from": "human", "value": "pain"}, {"from": "gpt", "value": f"left pain {i}"}],
            "eval": {},
        }
        for i in range(6)
    ]
    rows.append(
        {
            "conversations": [
                {"role": "user", "value": "fever"},
                {"role": "assistant", "value": "acute"},
                {"role": "user", "value": "renal"},
                {"role": "assistant", "value": "chronic"},
            ]
        }
    )
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def knowledge(data: Path, model: Path, conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The adapter of stage 1."""
    return medcare_knowledge(
        out=tmp_path_factory.mktemp("stage1") / "knowledge", seed=7, model=model, samples=data / "instructions",
        conversations=conversations, **SMALL,
    )  # fmt: skip


def test_stock_peft_loads_the_knowledge_alone_and_dropping_the_noise_is_the_same(
    model: Path, knowledge: Path
) -> None:
    stock = PeftModel.from_pretrained(load_model(model), str(knowledge))
    assert not any("noise" in name or "router" in name for name, _ in stock.named_parameters())
    noisy = put_with_noise(load_model(model), knowledge)
    with_noise = logits(noisy)
    from polyclinic.adapters.noise import drop_noise

    drop_noise(noisy)
    assert float((logits(noisy) - logits(stock)).abs().max()) == 0.0
    assert float((with_noise - logits(stock)).abs().max()) > 1e-3
    assert float((logits(stock) - logits(load_model(model))).abs().max()) > 1e-3
    assert float((logits(stock.merge_and_unload()) - logits(noisy)).abs().max()) < 1e-5


def test_stage_one_learns_and_says_what_it_did(model: Path, knowledge: Path) -> None:
    facts = facts_of(knowledge)
    assert facts["samples"] == 39
    assert facts["steps"] == 3
    noise = read_noise(knowledge)
    pairs = read_pairs(knowledge)
    trained = sum(p.a.numel() + p.b.numel() for p in pairs.values())
    trained += sum(t.numel() for two in (*noise.experts.values(), *noise.routers.values()) for t in two)
    assert facts["trained_parameters"] == trained
    ranks = {module.rpartition(".")[2]: pair.rank for module, pair in pairs.items()}
    assert ranks["q_proj"] == 2
    assert ranks["up_proj"] == 4
    assert {pair.scale for pair in pairs.values()} == {2.0}
    assert all(b.abs().sum() > 0 for _, b in noise.experts.values())
    assert json.loads((knowledge / "base.json").read_text())["fingerprint"]


def test_without_noise_there_is_no_noise_folder(data: Path, model: Path, tmp_path: Path) -> None:
    made = medcare_knowledge(
        out=tmp_path / "m", model=model, samples=data / "instructions", noise=False, **(SMALL | {"steps": 1})
    )
    assert not (made / "noise").exists()


@pytest.mark.parametrize(
    ("kind", "trainable", "inside"),
    [
        ("none", True, None),
        ("penalty_norm", True, None),
        ("penalty_published", False, None),
        ("projection", False, 1e-6),
        ("projection", True, 1e-6),
    ],
)
def test_stage_two_is_one_standard_lora(
    kind: str, trainable: bool, inside: float | None, data: Path, model: Path, knowledge: Path, tmp_path: Path
) -> None:
    made = medcare_align(
        out=tmp_path / "m", model=model, knowledge=knowledge, samples=data / "instructions", orthogonality=kind,
        knowledge_trainable=trainable, **ALIGN,
    )  # fmt: skip
    stage1, stage2 = read_parts(knowledge), read_parts(made)
    assert stage2["attention"].keys() == stage1["attention"].keys()
    for module, pair in stage1["attention"].items():
        assert torch.equal(stage2["attention"][module].a, pair.a)
    for module, pair in stage1["knowledge"].items():
        kept, aligner = stage2["knowledge"][module], stage2["aligner"][module]
        assert torch.equal(kept.b, pair.b) != trainable
        assert aligner.rank == 4
        assert aligner.b.abs().sum() > 0
        overlap = json.loads((made / "overlap.json").read_text())[module]
        assert overlap["rows"] == pytest.approx(row_overlap(kept.a, aligner.a), abs=1e-6)
        assert overlap["columns"] == pytest.approx(column_overlap(kept.b, aligner.b), abs=1e-5)
        assert inside is None or overlap["rows"] < inside
    log = [json.loads(line) for line in (made / "orthogonality.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == [1, 2, 3]
    assert all((entry["penalty"] > 0) == kind.startswith("penalty") for entry in log)
    stock = PeftModel.from_pretrained(load_model(model), str(made))
    before = logits(stock)
    assert float((logits(stock.merge_and_unload()) - before).abs().max()) < 1e-5


def test_a_merged_stage_two_gives_the_logits_of_its_adapter(
    data: Path, model: Path, knowledge: Path, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {"model": model, "knowledge": knowledge, "samples": data / "instructions", **ALIGN}
    adapter = medcare_align(out=tmp_path / "a", **fields)
    merged = medcare_align(out=tmp_path / "m", output="model", **fields)
    together = medcare_parts(
        out=tmp_path / "p", model=model, adapter=adapter, parts=["attention", "knowledge", "aligner"], output="model"
    )
    expected = logits(PeftModel.from_pretrained(load_model(model), str(adapter)))
    assert float((logits(load_model(merged)) - expected).abs().max()) < 1e-5
    assert float((logits(load_model(together)) - expected).abs().max()) < 1e-5
    assert float((logits(load_model(model)) - expected).abs().max()) > 1e-3
    only = medcare_parts(out=tmp_path / "o", model=model, adapter=adapter, parts="aligner")
    assert {name.rpartition(".")[2] for name in read_pairs(only)} == {"gate_proj", "up_proj", "down_proj"}
    assert {pair.rank for pair in read_pairs(only).values()} == {4}


def test_the_penalty_keeps_the_aligner_further_out(data: Path, model: Path, knowledge: Path, tmp_path: Path) -> None:
    fields: dict[str, Any] = {"model": model, "knowledge": knowledge, "samples": data / "instructions"}
    fields |= {"knowledge_trainable": False} | ALIGN | {"steps": 6}
    found = {}
    for kind, weight in (("none", None), ("penalty_norm", 20.0)):
        made = medcare_align(out=tmp_path / kind, orthogonality=kind, weight=weight, **fields)
        table = json.loads((made / "overlap.json").read_text()).values()
        found[kind] = sum(entry["rows"] for entry in table) / len(table)
    assert found["penalty_norm"] < 0.7 * found["none"]


def test_the_penalty_of_a_step_is_the_same_in_one_batch_and_in_two(
    data: Path, model: Path, knowledge: Path, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {"model": model, "knowledge": knowledge, "samples": data / "instructions"}
    fields |= ALIGN | {"steps": 2, "dropout": 0, "weight": 20.0}
    found = []
    for rows, batches in ((8, 1), (4, 2)):
        out = tmp_path / str(rows)
        medcare_align(out=out, **(fields | {"batch_size": rows, "gradient_accumulation": batches}))
        found.append([json.loads(line)["penalty"] for line in (out / "orthogonality.jsonl").read_text().splitlines()])
    assert found[0][0] > 0
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)


def test_preferences_align_with_the_knowledge_as_the_reference(
    data: Path, model: Path, knowledge: Path, tmp_path: Path
) -> None:
    made = medcare_align(
        out=tmp_path / "m", model=model, knowledge=knowledge, preferences=data / "preferences",
        orthogonality="projection", **ALIGN,
    )  # fmt: skip
    first = json.loads((made / "training_log.jsonl").read_text().splitlines()[0])["loss"]
    assert first == pytest.approx(0.6931, abs=1e-4)  # the reference is where it starts, with its knowledge
    stage2, stage1 = read_parts(made), read_parts(knowledge)
    assert all(not torch.equal(stage2["knowledge"][m].b, pair.b) for m, pair in stage1["knowledge"].items())
    assert facts_of(made)["row_overlap"] < 1e-6


def test_what_a_merged_model_has_learnt_is_protected(
    data: Path, model: Path, knowledge: Path, tmp_path: Path
) -> None:
    merged = medcare_parts(
        out=tmp_path / "merged", model=model, adapter=knowledge, parts=["attention", "knowledge"], output="model"
    )
    made = medcare_align(
        out=tmp_path / "m", model=merged, protect=model, protected_rank=4, samples=data / "instructions",
        orthogonality="projection", **ALIGN,
    )  # fmt: skip
    assert facts_of(made)["protected_share"] > 0.999  # the change is of rank 4
    aligner = read_parts(made)["aligner"]
    assert not read_parts(made)["knowledge"]
    for module, pair in read_parts(knowledge)["knowledge"].items():
        assert row_overlap(pair.a, aligner[module].a) < 1e-3
    with pytest.raises(UserError, match="are those of the model that is aligned"):
        medcare_align(out=tmp_path / "x", model=model, protect=model, samples=data / "instructions", **ALIGN)


def test_the_selections_of_parts_are_the_variants_of_the_paper(model: Path, knowledge: Path, tmp_path: Path) -> None:
    def of(*parts: str) -> Path:
        return medcare_parts(out=tmp_path / "-".join(parts), model=model, adapter=knowledge, parts=list(parts))

    everything = put_with_noise(load_model(model), knowledge)
    assert torch.equal(
        logits(put_with_noise(load_model(model), of("attention", "knowledge", "noise"))), logits(everything)
    )
    assert {m.rpartition(".")[2][-5:] for m in read_pairs(of("attention"))} == {"_proj"}
    assert all("mlp" in m for m in read_pairs(of("knowledge")))
    noise_alone = put_with_noise(load_model(model), of("attention", "noise"))
    assert float((logits(noise_alone) - logits(everything)).abs().max()) > 1e-4
    with pytest.raises(UserError, match="has no aligner; it has attention, knowledge"):
        of("aligner")
    with pytest.raises(UserError, match="noise cannot be merged into a model"):
        medcare_parts(out=tmp_path / "x", model=model, adapter=knowledge, parts=["noise"], output="model")


@pytest.mark.parametrize("kind", ["train.medcare_knowledge", "train.medcare_align"])
def test_a_killed_stage_ends_with_the_undisturbed_bytes(
    kind: str, data: Path, model: Path, knowledge: Path, conversations: Path, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {"model": model, "samples": data / "instructions"}
    if kind == "train.medcare_knowledge":
        fields |= SMALL | {"conversations": conversations}
        expected = knowledge
    else:
        fields |= ALIGN | {"knowledge": knowledge, "orthogonality": "projection"}
        expected = find_kind(kind)(out=tmp_path / "undisturbed", seed=7, **fields)
    kill_in(kind, fields, tmp_path / "out", "torch:Tensor.backward", 6)
    made = find_kind(kind)(out=tmp_path / "out", seed=7, **fields)
    for name in ("adapter_model.safetensors", "noise/experts.safetensors", "noise/router.safetensors"):
        if (expected / name).exists():
            assert (made / name).read_bytes() == (expected / name).read_bytes()
    if kind == "train.medcare_align":
        assert (made / "orthogonality.jsonl").read_bytes() == (expected / "orthogonality.jsonl").read_bytes()


def test_a_conversation_is_learnt_where_the_assistant_speaks(model: Path, conversations: Path) -> None:
    chat = ChatTokens(load_tokenizer(model), model)
    single = chat.conversation("Repeat.", "pain", "left pain", "x")
    ids, labels = turn_tokens(chat, [("system", "Repeat."), ("user", "pain"), ("assistant", "left pain")], "x", False)
    assert ids == single.prompt + single.reply
    assert [label for label in labels if label != -100] == single.reply[: single.learnt]
    turns = [("user", "fever"), ("assistant", "acute"), ("user", "renal"), ("assistant", "chronic")]
    ids, labels = turn_tokens(chat, turns, "x", False)
    assert chat.tokenizer.decode([x for x in labels if x != -100]) == "acute<|im_end|>chronic<|im_end|>"
    _, labels = turn_tokens(chat, turns[:2], "x", True)
    learnt = chat.tokenizer.decode([x for x in labels if x != -100])
    assert learnt == "<|im_start|>user\n<|im_start|>assistant\nacute<|im_end|>"


def published(folder: Path, knowledge: Path, stage: int) -> Path:
    """Write a stage in the layout of the published code."""
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"r": 2, "lora_alpha": 4, "peft_type": "LORA"}))
    found, noise = read_parts(knowledge), read_noise(knowledge)
    attention: dict[str, torch.Tensor] = {}
    for module, pair in found["attention"].items():
        attention |= {
            f"base_model.model.{module}.lora_{x}.weight": t for x, t in zip("AB", (pair.a, pair.b), strict=True)
        }
    save_file({name: tensor.contiguous() for name, tensor in attention.items()}, folder / "adapter_model.safetensors")
    rest: dict[str, torch.Tensor] = {}
    for module, pair in found["knowledge"].items():
        head = f"base_model.model.{module}"
        for name in ("share_experts",) if stage == 1 else ("base", "orth"):
            rest |= {f"{head}.{name}.lora_A.weight": pair.a, f"{head}.{name}.lora_B.weight": pair.b}
        if stage == 1:
            a, b = noise.experts[module]
            for i in range(4):
                rest[f"{head}.experts.{i}.lora_A_{i}.weight"] = a[2 * i : 2 * i + 2].clone()
                rest[f"{head}.experts.{i}.lora_B_{i}.weight"] = b[:, 2 * i : 2 * i + 2].clone()
            rest[f"{head}.switch.weight"], rest[f"{head}.switch.bias"] = noise.routers[module]
    torch.save(rest, folder / "non_lora_trainables.bin")
    return folder


def test_a_spike_names_the_line_of_the_conversation(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "turns.jsonl"
    replies = ["pain", "pain", "QW0Z9Z1QX7W3Z2Q8W5Z6Q4", "pain"]
    turns = [[{"from": "human", "value": "x"}, {"from": "gpt", "value": reply}] for reply in replies]
    file.write_text("\n".join(json.dumps({"conversations": one}) for one in turns), encoding="utf-8")
    monkeypatch.setattr(step_watch, "is_spike", lambda loss, before, deviations: len(before) == 1)
    fields = SMALL | {"batch_size": 1, "gradient_accumulation": 4, "steps": 2}
    with pytest.raises(UserError, match=r"the loss jumped .*its records are .*turns\.jsonl:3\. Look"):
        medcare_knowledge(out=tmp_path / "m", model=model, conversations=file, **fields)


def test_published_checkpoints_come_in_whole(model: Path, knowledge: Path, tmp_path: Path) -> None:
    first = medcare_import(out=tmp_path / "1", model=model, checkpoint=published(tmp_path / "p1", knowledge, 1))
    ours = logits(put_with_noise(load_model(model), knowledge))
    assert torch.equal(logits(put_with_noise(load_model(model), first)), ours)
    second = medcare_import(out=tmp_path / "2", model=model, checkpoint=published(tmp_path / "p2", knowledge, 2))
    assert read_parts(second)["aligner"].keys() == read_parts(knowledge)["knowledge"].keys()
    broken = published(tmp_path / "p3", knowledge, 1)
    rest = torch.load(broken / "non_lora_trainables.bin", weights_only=True)
    torch.save({k: v for k, v in rest.items() if "switch" not in k}, broken / "non_lora_trainables.bin")
    with pytest.raises(UserError, match=r"but not their router \(switch\)"):
        medcare_import(out=tmp_path / "3", model=model, checkpoint=broken)
    torch.save({"x": Path("/")}, broken / "non_lora_trainables.bin")  # a pickle of more than tensors
    with pytest.raises(UserError, match="is no pickle of tensors alone"):
        medcare_import(out=tmp_path / "4", model=model, checkpoint=broken)


def test_bad_adapters_are_refused_with_the_reason(
    data: Path, model: Path, knowledge: Path, conversations: Path, tmp_path: Path
) -> None:
    fields = {"model": model, "samples": data / "instructions", **ALIGN}
    other = tmp_path / "other"
    shutil.copytree(model, other)
    weights = load_file(other / "model.safetensors")
    save_file({k: v + 1 for k, v in weights.items()}, other / "model.safetensors", metadata={"format": "pt"})
    (other / "manifest.json").unlink()
    with pytest.raises(UserError, match="this adapter was trained on tiny with the fingerprint"):
        medcare_align(out=tmp_path / "a", knowledge=knowledge, **(fields | {"model": other}))
    wrong = tmp_path / "wrong"
    shutil.copytree(knowledge, wrong)
    config = json.loads((wrong / "adapter_config.json").read_text())
    (wrong / "adapter_config.json").write_text(json.dumps(config | {"r": 8}))
    with pytest.raises(UserError, match=r"has the rank 4, adapter_config\.json says 8"):
        medcare_align(out=tmp_path / "b", knowledge=wrong, **fields)
    (wrong / "noise" / "router.safetensors").unlink()
    (wrong / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"no router\.safetensors here; without its router"):
        medcare_parts(out=tmp_path / "c", model=model, adapter=wrong, parts=["knowledge", "noise"])
    quantised = tmp_path / "quantised"
    shutil.copytree(model, quantised)
    config = json.loads((quantised / "config.json").read_text())
    (quantised / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "gptq"}}))
    with pytest.raises(UserError, match=r"its weights are quantised \(gptq\)"):
        medcare_knowledge(out=tmp_path / "d", model=quantised, samples=data / "instructions")
    line = tmp_path / "broken.jsonl"
    line.write_text('{"conversations": [{"from": "human", "value": "x"}]}\n')
    with pytest.raises(UserError, match=r"broken\.jsonl:1: nobody replies"):
        medcare_knowledge(out=tmp_path / "e", model=model, conversations=line, **SMALL)
    line.write_text('{"conversations": [{"from": "human", "value": "x"}, {"from": "robot", "value": "y"}]}\n')
    with pytest.raises(UserError, match=r"broken\.jsonl:1: turn 2: expected from"):
        medcare_knowledge(out=tmp_path / "f", model=model, conversations=line, **SMALL)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"samples": "s", "orthogonality": "projection"}, "knowledge: missing"),
        ({"samples": "s", "knowledge": "k", "protect": "m"}, "give one of them"),
        ({"knowledge": "k"}, "preferences: give either them, or samples"),
        ({"knowledge": "k", "samples": "s", "preferences": "p"}, "preferences: give either them, or samples"),
        ({"knowledge": "k", "preferences": "p", "dropout": 0.1}, "compared with the reference's, without dropout"),
    ],
)
def test_settings_of_stage_two_that_do_not_go_together(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        medcare_align(out=tmp_path / "m", model="m", **fields)


def test_checkpointed_activations_change_nothing(data: Path, model: Path, knowledge: Path, tmp_path: Path) -> None:
    fields: dict[str, Any] = {"model": model, "knowledge": knowledge, "samples": data / "instructions"}
    fields |= ALIGN | {"steps": 1}
    made = [
        read_parts(medcare_align(out=tmp_path / str(on), gradient_checkpointing=on, **fields)) for on in (False, True)
    ]
    for module, pair in made[0]["aligner"].items():
        assert torch.allclose(made[1]["aligner"][module].a, pair.a, atol=1e-6)
        assert torch.allclose(made[1]["aligner"][module].b, pair.b, atol=1e-6)


def test_evaluation_asks_an_adapter_with_its_noise_only_when_it_is_kept(
    model: Path, knowledge: Path, tmp_path: Path
) -> None:
    from polyclinic import evals
    from polyclinic.evals.backends.models_in_process import load_for_asking
    from polyclinic.records import Sample, write_records

    kept = medcare_parts(
        out=tmp_path / "kept", model=model, adapter=knowledge, parts=["attention", "knowledge", "noise"]
    )
    stock = logits(PeftModel.from_pretrained(load_model(model), str(knowledge)))
    assert torch.equal(logits(load_for_asking(model, "float32", knowledge)), stock)
    noisy = logits(put_with_noise(load_model(model), knowledge))
    assert torch.equal(logits(load_for_asking(model, "float32", kept)), noisy)
    items = tmp_path / "items"
    write_records(items, [Sample("1", "medec", "x", input="pain", options=("x", "y"))], Sample)
    with pytest.raises(UserError, match="keeps its noise, routed experts that vLLM cannot run"):
        evals.run(out=tmp_path / "scores", model=model, adapter=kept, samples=items, backend="vllm")
    assert not torch.equal(noisy, stock)


def test_dora_is_trained_and_merged_by_sft(data: Path, model: Path, tmp_path: Path) -> None:
    from polyclinic.train import sft

    fields: dict[str, Any] = {"model": model, "samples": data / "instructions", "steps": 2, "warmup_steps": 1}
    fields |= {"batch_size": 4, "gradient_accumulation": 1, "precision": "float32", "neftune_noise_alpha": 0}
    made = sft(out=tmp_path / "m", lora={"rank": 4, "dora": True, "output": "model"}, learning_rate=1e-2, **fields)
    assert float((logits(load_model(made)) - logits(load_model(model))).abs().max()) > 1e-3
    adapter = sft(out=tmp_path / "a", lora={"rank": 4, "dora": True}, learning_rate=1e-2, **fields)
    assert any("magnitude" in name for name in load_file(adapter / "adapter_model.safetensors"))
    with pytest.raises(UserError, match="use_dora is set"):
        medcare_align(out=tmp_path / "x", model=model, knowledge=adapter, samples=data / "instructions", **ALIGN)
