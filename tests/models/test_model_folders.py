"""A folder that is no whole model is refused before anything is loaded, with what is wrong with it."""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_model import WEIGHTS, write_file, write_folder

from polyclinic import models
from polyclinic.errors import UserError

SHARDS = (("a.weight",), ("b.weight", "c.weight"))
INDEX = "model.safetensors.index.json"


def index_with(folder: Path, **places: Any) -> None:
    index = json.loads((folder / INDEX).read_text())
    index["weight_map"] |= places
    (folder / INDEX).write_text(json.dumps(index))


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "pickled weights only": (
        pickled,
        r"only pickled weights here \(pytorch_model.bin\).*convert them to safetensors",
    ),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "no weights here; expected model.safetensors"),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer here; expected tokenizer.json or"),
    "no config": (lambda f: (f / "config.json").unlink(), "no config.json here"),
    "broken config": (lambda f: (f / "config.json").write_text("{"), r"config\.json: broken JSON"),
    "config of something else": (lambda f: (f / "config.json").write_text("{}"), "expected a 'model_type'"),
    "config that is a list": (lambda f: (f / "config.json").write_text("[]"), "expected a 'model_type'"),
    "broken tokenizer": (lambda f: (f / "tokenizer.json").write_text('{"a"'), r"tokenizer\.json: broken JSON"),
    "tokenizer that is a list": (lambda f: (f / "tokenizer.json").write_text("[]"), "expected a JSON object"),
    "empty weights": (lambda f: (f / "model.safetensors").write_bytes(b""), "not a whole safetensors file"),
}
BROKEN_SHARDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing shard": (
        lambda f: (f / "model-00002-of-00002.safetensors").unlink(),
        "the shard model-00002-of-00002.safetensors named in model.safetensors.index.json is missing",
    ),
    "broken index": (lambda f: (f / INDEX).write_text("{"), "broken index; expected JSON with a 'weight_map'"),
    "index without places": (lambda f: (f / INDEX).write_text('{"x": 1}'), "broken index"),
    "index of lists": (lambda f: (f / INDEX).write_text('{"weight_map": {"a": []}}'), "broken index"),
    "outside": (lambda f: index_with(f, x="../other/model.safetensors"), "names a file outside its folder"),
    "far outside": (lambda f: index_with(f, x="/etc/passwd"), "names a file outside its folder"),
    "the folder above": (lambda f: index_with(f, x=".."), "names a file outside its folder|is missing"),
    "a number": (lambda f: index_with(f, **dict.fromkeys(WEIGHTS, 1)), "names a file outside its folder"),
    "a shard the index leaves out": (
        lambda f: (f / INDEX).write_text(
            json.dumps({"weight_map": dict.fromkeys(SHARDS[0], "model-00001-of-00002.safetensors")})
        ),
        r"names shards of 00002, but not model-00002-of-00002\.safetensors, whose tensors would be lost",
    ),
    "two sets of weights": (
        lambda f: (f / "model.safetensors").write_bytes((f / "model-00001-of-00002.safetensors").read_bytes()),
        r"holds model\.safetensors and an index of other files \(model-00001-of-00002\.safetensors\)",
    ),
    "a ghost": (
        lambda f: index_with(f, ghost="model-00001-of-00002.safetensors"),
        "says that tensor ghost lies in model-00001-of-00002.safetensors; it does not",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_model_folder_is_refused(name: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model")
    models.check_model_folder(folder)
    damage, message = BROKEN[name]
    damage(folder)
    with pytest.raises(UserError, match=message) as caught:
        models.check_model_folder(folder)
    assert str(caught.value).startswith(str(folder))


@pytest.mark.parametrize("name", BROKEN_SHARDS)
def test_broken_shards_are_refused(name: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", shards=SHARDS)
    write_folder(tmp_path / "other")
    models.check_model_folder(folder)
    damage, message = BROKEN_SHARDS[name]
    damage(folder)
    with pytest.raises(UserError, match=message):
        models.check_model_folder(folder)


def test_shards_may_be_links_as_in_the_cache_of_the_hub(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", shards=SHARDS)
    before = models.fingerprint(folder)
    (tmp_path / "blobs").mkdir()
    for number, file in enumerate(models.weight_files(folder)):
        file.rename(tmp_path / "blobs" / str(number))
        file.symlink_to(f"../blobs/{number}")
    models.check_model_folder(folder)
    assert models.fingerprint(folder) == before


@given(keep=st.integers(0, 10**6), more=st.binary(max_size=4))
@settings(max_examples=40, deadline=None)
def test_weights_that_are_cut_off_or_run_on_are_refused(keep: int, more: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "model.safetensors"
        write_file(file, WEIGHTS)
        whole = file.read_bytes()
        damaged = whole[: keep % (len(whole) + 1)] + more
        file.write_bytes(damaged)
        if damaged == whole:
            models.read_header(file)
            return
        with pytest.raises(UserError, match=r"not a whole safetensors file|cut off or damaged|header is damaged"):
            models.read_header(file)


def entry(dtype: Any = "F32", shape: Any = (3,), offsets: Any = (0, 12)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    "header",
    [
        {"a": entry(shape=(4,))},  # a shape that is not that many bytes
        {"a": entry(dtype="F64")},
        {"a": entry(offsets=(12, 0))},
        {"a": entry(shape=(2,), offsets=(4, 12))},  # a hole before it
        {"a": entry(), "b": entry()},  # two in one place
        {"a": entry(shape=(2,), offsets=(0, 8)), "b": entry(shape=(2,), offsets=(4, 12))},
        {"a": entry(shape=(1,), offsets=(0, 4)), "b": entry(shape=(1,), offsets=(8, 12))},  # a hole between
        {"a": entry(shape=(-3,))},
        {"a": entry(shape=(3.0,))},
        {"a": entry(shape=(True, 3))},
        {"a": entry(dtype=None)},
        {"a": entry(offsets=(0,))},
        {"a": entry(offsets=(0, 2**63))},
        {"a": 1},
        {},
        [],
        None,
    ],
)
def test_a_header_that_lies_is_refused(header: Any, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + bytes(12))
    with pytest.raises(UserError, match=r"model\.safetensors: "):
        models.read_header(file)


@given(text=st.binary(max_size=40), length=st.integers(0, 2**64 - 1) | st.none())
@settings(max_examples=80, deadline=None)
def test_bytes_that_are_no_header_are_refused(text: bytes, length: int | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "model.safetensors"
        file.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text)
        if length in (None, 2) and text.strip() == b"{}":
            return
        with pytest.raises(UserError):
            models.read_header(file)


def test_deep_brackets_are_refused(tmp_path: Path) -> None:
    text = b"[" * 200_000
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(UserError, match="header is damaged"):
        models.read_header(tmp_path / "model.safetensors")
