"""Models with different tokenizers: refused unless asked for, then aligned token by token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_parents import Array, random_tensors, read_tensors, write_model

from polyclinic import models
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.merge import linear, slerp, task_arithmetic, ties

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"


def write_with_tokens(
    folder: Path, tensors: dict[str, Array], vocabulary: dict[str, int], added: dict[str, int], **config: Any
) -> Path:
    write_model(folder, tensors, "F32", {"vocab_size": 96, **config}, vocabulary)
    entries = [
        {"id": number, "content": token, "special": True, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False} for token, number in added.items()
    ]  # fmt: skip
    tokenizer = {"model": {"type": "BPE", "vocab": vocabulary, "merges": []}, "added_tokens": entries}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


def write_pair(folder: Path) -> tuple[Path, Path]:
    """Write a base with 90 tokens in 96 rows, and a model with two added, one less and two renumbered."""
    tensors = random_tensors(0)
    base = write_with_tokens(folder / "base", tensors, {f"t{i}": i for i in range(90)}, {})
    theirs = random_tensors(1, near=tensors)
    vocabulary = {f"t{i}": i for i in range(88)} | {"t89": 88}  # t88 is gone
    vocabulary["t3"], vocabulary["t4"] = 4, 3
    return base, write_with_tokens(folder / "model", theirs, vocabulary, {"<|im_end|>": 89, "<|im_start|>": 90})


def test_different_tokens_are_refused_by_name_unless_asked_for(tmp_path: Path) -> None:
    base, model = write_pair(tmp_path)
    with pytest.raises(
        UserError, match=r"token 3 is 't4', in .*base it is 't3'; 5 differ in all.*vocabulary to base"
    ):
        slerp(out=tmp_path / "out", base=base, models=model)


def test_base_keeps_the_tokens_of_the_base_and_aligns_rows_by_token(tmp_path: Path) -> None:
    base, model = write_pair(tmp_path)
    out = task_arithmetic(out=tmp_path / "out", base=base, models=model, vocabulary="base")
    merged, start, theirs = read_tensors(out), read_tensors(base), read_tensors(model)
    for name in (EMBEDDING, HEAD):
        assert merged[name].shape == (96, 16)
        np.testing.assert_array_equal(merged[name][3], theirs[name][4])
        np.testing.assert_array_equal(merged[name][4], theirs[name][3])
        np.testing.assert_array_equal(merged[name][89], theirs[name][88])
        np.testing.assert_array_equal(merged[name][88], start[name][88])  # a token the model lacks
        np.testing.assert_array_equal(merged[name][90:], start[name][90:])  # padding
    assert (out / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    manifest = read_manifest(out)
    assert manifest is not None
    assert any("2 tokens the base lacks ('<|im_end|>', '<|im_start|>')" in note for note in manifest.facts["notes"])


def test_union_adds_tokens_with_the_rows_of_the_model_that_has_them(tmp_path: Path) -> None:
    base, model = write_pair(tmp_path)
    out = ties(out=tmp_path / "out", base=base, models=[model, base], vocabulary="union", density=1)
    merged, theirs = read_tensors(out), read_tensors(model)
    tokenizer = json.loads((out / "tokenizer.json").read_text())
    assert [(entry["id"], entry["content"]) for entry in tokenizer["added_tokens"]] == [
        (90, "<|im_end|>"),
        (91, "<|im_start|>"),
    ]
    for name in (EMBEDDING, HEAD):
        np.testing.assert_array_equal(merged[name][90:92], theirs[name][89:91])
    models.check_model_folder(out)


def test_the_result_grows_where_there_is_no_room_for_new_tokens(tmp_path: Path) -> None:
    tensors = random_tensors(0)
    names = {f"t{i}": i for i in range(96)}
    base = write_with_tokens(tmp_path / "base", tensors, names, {})
    larger = {n: np.concatenate([v, v[:8] + 1]) if v.shape == (96, 16) else v for n, v in tensors.items()}
    model = write_with_tokens(tmp_path / "model", larger, names, {"<new>": 96}, vocab_size=104)
    out = linear(out=tmp_path / "out", base=base, models=[base, model], vocabulary="union")
    merged = read_tensors(out)
    assert merged[EMBEDDING].shape == merged[HEAD].shape == (97, 16)
    np.testing.assert_array_equal(merged[EMBEDDING][96], larger[EMBEDDING][96])
    assert json.loads((out / "config.json").read_text())["vocab_size"] == 97


def test_tied_embeddings_are_aligned_once(tmp_path: Path) -> None:
    tensors = {name: values for name, values in random_tensors(0).items() if name != HEAD}
    base = write_with_tokens(
        tmp_path / "base", tensors, {f"t{i}": i for i in range(96)}, {}, tie_word_embeddings=True
    )
    names = {f"t{i}": 95 - i for i in range(96)}
    turned = {n: v[::-1].copy() if n == EMBEDDING else v for n, v in tensors.items()}
    model = write_with_tokens(tmp_path / "model", turned, names, {}, tie_word_embeddings=True)
    out = slerp(out=tmp_path / "out", base=base, models=model, vocabulary="base", t=1.0)
    np.testing.assert_array_equal(read_tensors(out)[EMBEDDING], tensors[EMBEDDING])
    assert HEAD not in read_tensors(out)


def test_vocabularies_that_were_trained_otherwise_cannot_be_united(tmp_path: Path) -> None:
    tensors = random_tensors(0)
    base = write_with_tokens(tmp_path / "base", tensors, {f"t{i}": i for i in range(96)}, {})
    model = write_with_tokens(tmp_path / "model", tensors, {f"u{i}": i for i in range(96)}, {})
    with pytest.raises(UserError, match=r"the token 'u0' is part of a vocabulary that was trained otherwise"):
        slerp(out=tmp_path / "out", base=base, models=model, vocabulary="union")


def test_a_tokenizer_with_more_tokens_than_rows_is_refused(tmp_path: Path) -> None:
    tensors = random_tensors(0)
    base = write_with_tokens(tmp_path / "base", tensors, {f"t{i}": i for i in range(96)}, {})
    model = write_with_tokens(tmp_path / "model", tensors, {f"t{i}": i for i in range(96)}, {"<new>": 96})
    with pytest.raises(UserError, match=r"has 96 rows, its tokenizer has a token with the number 96"):
        slerp(out=tmp_path / "out", base=base, models=model, vocabulary="union")


def test_transformers_reads_the_united_tokenizer_and_the_grown_model(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer, pre_tokenizers, trainers
    from tokenizers.models import BPE
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    trained = Tokenizer(BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.train_from_iterator(
        ["the heart of the matter", "a matter of the heart"] * 9,
        trainers.BpeTrainer(vocab_size=60, special_tokens=["<unk>", "</s>"]),
    )
    folders = []
    for name in ("base", "model"):
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=trained, eos_token="</s>", unk_token="<unk>")
        if name == "model":
            tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
        config = LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=2, tie_word_embeddings=True, pad_token_id=1, bos_token_id=None, eos_token_id=1,
        )  # fmt: skip
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
        folders.append(tmp_path / name)
    base, model = folders
    out = slerp(out=tmp_path / "out", base=base, models=model, vocabulary="union")
    theirs, united = models.load_tokenizer(model), models.load_tokenizer(out)
    text = "<|im_start|>the heart<|im_end|>"
    assert united.encode(text) == theirs.encode(text)
    grown = models.load_model(out)
    assert grown.get_input_embeddings().weight.shape[0] == len(united) == len(theirs)
    new = united.convert_tokens_to_ids("<|im_end|>")
    expected = models.load_model(model).get_input_embeddings().weight[theirs.convert_tokens_to_ids("<|im_end|>")]
    assert torch.equal(grown.get_input_embeddings().weight[new], expected)
    with pytest.raises(UserError, match=r"in .*base it is None; 2 differ in all"):
        slerp(out=tmp_path / "refused", base=base, models=model)
