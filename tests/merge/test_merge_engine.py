"""The engine: same bytes however it runs, every tensor accounted for, bad input refused."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from tiny_parents import read_tensors, write_family, write_model

from polyclinic import models
from polyclinic.artifacts import MAKING, read_manifest
from polyclinic.errors import UserError
from polyclinic.merge import breadcrumbs, slerp, task_arithmetic


def same_bytes(one: Path, other: Path) -> bool:
    ours, theirs = read_tensors(one), read_tensors(other)
    return ours.keys() == theirs.keys() and all(ours[n].tobytes() == theirs[n].tobytes() for n in ours)


def test_threads_and_shards_do_not_change_a_byte_of_the_result(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    shapes = {"model.embed_tokens.weight": (500, 700), "a.weight": (300, 1000), "b.weight": (70_000,), "c.bias": (3,)}
    base = {name: generator.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    expert = {n: (v + 0.01 * generator.standard_normal(v.shape)).astype(np.float32) for n, v in base.items()}
    base_folder, model = write_model(tmp_path / "base", base), write_model(tmp_path / "expert", expert)
    one = breadcrumbs(out=tmp_path / "one", base=base_folder, models=model, threads=1)
    four = breadcrumbs(out=tmp_path / "four", base=base_folder, models=model, threads=4, shard_size_mb=1)
    assert (one / "model.safetensors").is_file()
    index = json.loads((four / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) == 2
    assert index["metadata"]["total_size"] == 2 * sum(v.size for v in base.values())
    assert same_bytes(one, four)
    assert models.fingerprint(one) == models.fingerprint(four)
    manifests = [read_manifest(folder) for folder in (one, four)]
    assert manifests[0] is not None
    assert manifests[1] is not None
    assert manifests[0].key == manifests[1].key
    assert manifests[0].facts == manifests[1].facts


@pytest.mark.parametrize("dtype", ["BF16", "F16", "F32"])
def test_the_result_has_the_dtype_of_the_base(tmp_path: Path, dtype: str) -> None:
    base, experts = write_family(tmp_path, 2, dtype)
    out = task_arithmetic(out=tmp_path / "out", base=base, models=experts, weights=0.5)
    header = models.read_header(out / "model.safetensors")
    assert {entry["dtype"] for entry in header.values()} == {dtype}
    models.check_model_folder(out)


def test_parents_of_another_dtype_are_taken_and_told(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    expert = write_model(tmp_path / "wide", read_tensors(base), "F32")
    manifest = read_manifest(task_arithmetic(out=tmp_path / "out", base=base, models=[expert]))
    assert manifest is not None
    assert manifest.facts["notes"] == ["wide: weights are F32 (base BF16); the base's dtype is taken"]


def test_every_tensor_is_merged_copied_or_left_out_by_a_rule_that_is_named(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    ours, theirs = read_tensors(base), read_tensors(expert)
    for tensors in (ours, theirs):
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
    buffer = "model.layers.0.self_attn.rotary_emb.inv_freq"
    ours[buffer] = np.ones(4, np.float32)
    theirs["model.layers.1.self_attn.rotary_emb.inv_freq"] = np.ones(4, np.float32)
    tied = {"tie_word_embeddings": True}
    out = slerp(
        out=tmp_path / "out",
        base=write_model(tmp_path / "b", ours, config=tied),
        models=write_model(tmp_path / "e", theirs, config=tied),
    )
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["tensors"]["merged"] == 5
    assert list(manifest.facts["tensors"]["copied"]) == [buffer]
    assert sorted(manifest.facts["tensors"]["left_out"]) == [
        "lm_head.weight",
        "model.layers.1.self_attn.rotary_emb.inv_freq",
    ]
    assert sorted(read_tensors(out)) == sorted(ours.keys() - {"lm_head.weight"})


def test_a_head_that_is_said_to_be_tied_but_differs_is_refused(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    tied = write_model(tmp_path / "tied", read_tensors(base), config={"tie_word_embeddings": True})
    with pytest.raises(UserError, match=r"ties lm_head\.weight to the embeddings"):
        task_arithmetic(out=tmp_path / "out", base=tied, models=[tied])


def test_a_head_tied_in_one_parent_only_is_refused(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    tied = write_model(tmp_path / "tied", read_tensors(base), config={"tie_word_embeddings": True})
    with pytest.raises(UserError, match=r"tie_word_embeddings is True, in the base .* it is False"):
        slerp(out=tmp_path / "out", base=base, models=tied)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("model.norm.weight"), r"expert: tensor model\.norm\.weight of the base .* is missing"),
        (
            lambda t: t.update({"model.extra.weight": np.ones(3, np.float32)}),
            r"expert: tensor model\.extra\.weight is not in the base",
        ),
        (
            lambda t: t.update({"model.norm.weight": np.ones(17, np.float32)}),
            r"tensor model\.norm\.weight has the shape \[17\], in the base .* \[16\]",
        ),
    ],
)
def test_other_tensors_are_refused_by_name(tmp_path: Path, change, message: str) -> None:  # type: ignore[no-untyped-def]
    base, _ = write_family(tmp_path, 0)
    tensors = read_tensors(base)
    change(tensors)
    expert = write_model(tmp_path / "expert", tensors)
    with pytest.raises(UserError, match=message):
        slerp(out=tmp_path / "out", base=base, models=expert)
    assert not (tmp_path / MAKING).exists()  # refused before the work began


def test_another_tokenizer_of_equal_size_is_refused_at_the_first_token(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    vocabulary = {f"token{i}": i for i in range(96)}
    vocabulary["token7"], vocabulary["token8"] = 8, 7
    expert = write_model(tmp_path / "expert", read_tensors(base), vocabulary=vocabulary)
    with pytest.raises(UserError, match=r"tokenizer\.json: token 7 is 'token8', in .*base it is 'token7'"):
        slerp(out=tmp_path / "out", base=base, models=expert)


def test_a_tokenizer_file_written_another_way_is_the_same_tokenizer(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    loaded = json.loads((expert / "tokenizer.json").read_text())
    (expert / "tokenizer.json").write_text(json.dumps(loaded, indent=3), encoding="utf-8")
    slerp(out=tmp_path / "out", base=base, models=expert)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    expert = write_model(tmp_path / "expert", read_tensors(base), config={"model_type": "qwen2"})
    with pytest.raises(UserError, match=r"is a qwen2 model, the base .* is a llama"):
        slerp(out=tmp_path / "out", base=base, models=expert)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["BF16", "F16", "F32"])
def test_nan_and_infinity_are_errors_that_name_file_and_tensor(tmp_path: Path, value: float, dtype: str) -> None:
    base, _ = write_family(tmp_path, 0, dtype)
    tensors = read_tensors(base)
    tensors["model.norm.weight"][5] = value
    expert = write_model(tmp_path / "expert", tensors, dtype)
    with pytest.raises(UserError, match=r"expert/model\.safetensors: tensor model\.norm\.weight holds .* index 5"):
        slerp(out=tmp_path / "out", base=base, models=expert)
    assert not (tmp_path / "out").exists()


def test_a_result_too_large_for_the_dtype_is_an_error_not_an_infinity(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 1, "F16")
    with pytest.raises(UserError, match=r"tensor .*: the merged weights are too large for the base's F16"):
        task_arithmetic(out=tmp_path / "out", base=base, models=experts, weights=1e8)


def _rewrite_header(file: Path, change) -> None:  # type: ignore[no-untyped-def]
    content = file.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h["model.norm.weight"].update(shape=[15]),
        lambda h: h["model.norm.weight"].update(shape=[-16]),
        lambda h: h["model.norm.weight"].update(dtype="F32"),
        lambda h: h["model.norm.weight"].update(dtype="Q4"),
        lambda h: h["model.norm.weight"].update(data_offsets=[0, 32]),
        lambda h: h["model.norm.weight"].pop("data_offsets"),
        lambda h: h.update({"model.norm.weight": 3}),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    base, (expert,) = write_family(tmp_path, 1)
    _rewrite_header(expert / "model.safetensors", change)
    with pytest.raises(UserError, match=r"expert0/model\.safetensors"):
        slerp(out=tmp_path / "out", base=base, models=expert)


def test_a_cut_off_file_and_a_missing_shard_are_refused(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    file = expert / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(UserError, match="cut off or damaged"):
        slerp(out=tmp_path / "out", base=base, models=expert)
    file.write_bytes(whole)
    names = dict.fromkeys(models.read_header(file), "model.safetensors")
    index = expert / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {**names, "ghost.weight": "model.safetensors"}}), encoding="utf-8")
    with pytest.raises(UserError, match=r"says that tensor ghost\.weight lies in model\.safetensors"):
        slerp(out=tmp_path / "out", base=base, models=expert)
    index.write_text(json.dumps({"weight_map": {**names, "ghost.weight": "other.safetensors"}}), encoding="utf-8")
    with pytest.raises(UserError, match=r"other\.safetensors .* is missing"):
        slerp(out=tmp_path / "out", base=base, models=expert)


def test_pickled_weights_and_quantised_weights_are_refused(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    (expert / "config.json").write_text(
        json.dumps({"model_type": "llama", "tie_word_embeddings": False, "quantization_config": {"bits": 4}})
    )
    with pytest.raises(UserError, match="quantised"):
        slerp(out=tmp_path / "out", base=base, models=expert)
    (expert / "model.safetensors").rename(expert / "pytorch_model.bin")
    with pytest.raises(UserError, match="pickled"):
        slerp(out=tmp_path / "out", base=base, models=expert)


def test_a_result_inside_an_input_is_refused_and_leaves_nothing_there(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    before = sorted(os.listdir(expert))
    with pytest.raises(UserError, match="lies inside the input"):
        slerp(out=expert / "merged", base=base, models=expert)
    assert sorted(os.listdir(expert)) == before


def test_a_full_disk_is_told_and_leaves_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, (expert,) = write_family(tmp_path, 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(UserError, match=r"model\.safetensors: .* cannot be written: No space left on device"):
            slerp(out=tmp_path / "out", base=base, models=expert)
    assert not (tmp_path / "out").exists()
    slerp(out=tmp_path / "out", base=base, models=expert)  # the same command then succeeds


def test_whole_numbers_are_copied_when_all_agree_and_refused_otherwise(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    for folder, value in ((base, b"\x01"), (expert, b"\x01")):
        file = folder / "model.safetensors"
        content = file.read_bytes() + value * 8
        file.write_bytes(content)
        end = len(content) - 16 - struct.unpack("<Q", content[:8])[0]
        _rewrite_header(
            file,
            lambda h, end=end: h.update({"steps": {"dtype": "I64", "shape": [1], "data_offsets": [end, end + 8]}}),
        )
    out = slerp(out=tmp_path / "out", base=base, models=expert)
    assert models.read_header(out / "model.safetensors")["steps"]["dtype"] == "I64"
    file = expert / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x02")
    with pytest.raises(UserError, match=r"tensor steps holds whole numbers"):
        slerp(out=tmp_path / "again", base=base, models=expert)


def test_importing_the_package_does_not_load_torch() -> None:
    import subprocess
    import sys

    code = "import sys, polyclinic.merge; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_transformers_loads_the_result(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=96, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        tie_word_embeddings=True, pad_token_id=0, bos_token_id=None, eos_token_id=1,
    )  # fmt: skip
    folders = []
    for seed, name in enumerate(("base", "expert")):
        torch.manual_seed(seed)
        folder = write_model(tmp_path / name, {})
        LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
        folders.append(folder)
    out = slerp(out=tmp_path / "out", base=folders[0], models=folders[1], t=0.0)
    loaded = models.load_model(out).state_dict()
    for name, values in models.load_model(folders[0]).state_dict().items():
        assert torch.equal(values, loaded[name])


def test_a_misspelt_setting_is_refused_with_a_hint(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 1)
    with pytest.raises(UserError, match=r"merge\.breadcrumbs\.densty: unknown field; did you mean 'density'"):
        breadcrumbs(out=tmp_path / "out", base=base, models=experts, densty=0.5)
