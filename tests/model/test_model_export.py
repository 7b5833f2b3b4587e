"""Models made ready to be served, and their cards."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
import torch

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

from polyclinic.adapter_folder import put_adapter
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.model import export, tiny
from polyclinic.model.export import shown
from polyclinic.model_card import write_card_again
from polyclinic.models import load_model
from polyclinic.records import Document, write_records
from polyclinic.train import dapt

SMALL: dict[str, Any] = {
    "vocabulary_size": 380,
    "hidden_size": 32,
    "intermediate_size": 64,
    "layers": 2,
    "heads": 2,
    "max_positions": 128,
    "max_length": 64,
    "batch_size": 8,
}
# What llama.cpp's converter looks like from outside: a folder and --outfile in, a file with its mark out.
CONVERTER = """
import argparse, pathlib, sys
parser = argparse.ArgumentParser()
parser.add_argument("model"); parser.add_argument("--outfile"); parser.add_argument("--outtype")
given = parser.parse_args()
if given.outtype == "q8_0":
    sys.exit("no such architecture")
size = (pathlib.Path(given.model) / "model.safetensors").stat().st_size
pathlib.Path(given.outfile).write_bytes(b"GGUF" + str(size).encode())
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with `base` and `adapter`."""
    folder = tmp_path_factory.mktemp("store")
    chance = random.Random(0)
    words = ["acute", "chronic", "renal", "fever", "pain", "left", "right"]
    texts = [" ".join(chance.choices(words, k=40)) for _ in range(40)]
    documents = [Document(f"d{i}", text, source="words", license="CC0-1.0") for i, text in enumerate(texts)]
    write_records(folder / "documents", documents, Document)
    tiny(out=folder / "base", documents=folder / "documents", steps=3, **SMALL)
    dapt(
        out=folder / "adapter", model=folder / "base", documents=folder / "documents", steps=3, warmup_steps=1,
        precision="float32", batch_size=8, gradient_accumulation=1, learning_rate=1e-2, lora={"rank": 4},
    )  # fmt: skip
    return folder


def test_an_exported_adapter_answers_as_it_does_on_its_base(made: Path, tmp_path: Path) -> None:
    out = export(out=tmp_path / "served", model=made / "adapter", base=made / "base")
    ids = torch.arange(5, 25)[None]
    merged, base = load_model(out), load_model(made / "base")
    with torch.no_grad():
        plain = base(ids).logits
        adapted = put_adapter(base, made / "adapter")(ids).logits
        assert merged(ids).logits == pytest.approx(adapted, abs=1e-4)
        assert (plain - adapted).abs().max() > 1e-3
    assert shown(out)[0]["command"] == f"vllm serve {out} --served-model-name served"
    half = export(out=tmp_path / "half", model=made / "base", dtype="bfloat16")
    assert load_model(half, "auto").dtype == torch.bfloat16


def test_an_adapter_without_its_base_or_with_another_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"model.export.base: missing; .* is an adapter"):
        export(out=tmp_path / "m", model=made / "adapter")
    other = tiny(out=tmp_path / "other", documents=made / "documents", steps=1, **SMALL)
    with pytest.raises(UserError, match="this adapter was trained on base"):
        export(out=tmp_path / "m", model=made / "adapter", base=other)


def test_gguf_is_written_by_the_users_converter(made: Path, tmp_path: Path) -> None:
    converter = tmp_path / "convert_hf_to_gguf.py"
    converter.write_text(CONVERTER)
    out = export(out=tmp_path / "m", model=made / "base", llama_cpp=converter)
    size = (made / "base" / "model.safetensors").stat().st_size
    assert (out / "model.gguf").read_bytes() == b"GGUF" + str(size).encode()
    assert [row["with"] for row in shown(out)] == ["vLLM", "llama.cpp"]
    with pytest.raises(UserError, match=r"(?s)ended with 1\. It must know this architecture \(llama\).*no such"):
        export(out=tmp_path / "n", model=made / "base", llama_cpp=converter, gguf_type="q8_0")
    with pytest.raises(UserError, match=r"expected the path of convert_hf_to_gguf\.py"):
        export(out=tmp_path / "n", model=made / "base", llama_cpp=made / "documents")


def test_a_card_tells_base_data_settings_limits_and_scores(made: Path, tmp_path: Path) -> None:
    text = (made / "adapter" / "README.md").read_text()
    manifest = read_manifest(made / "adapter")
    assert manifest is not None
    for part in (
        "## What it must not be used for\n\nNot a medical device",
        "- base by `model.tiny`",
        "| CC0-1.0 | 40 |",
        "| words | 40 |",
        "- optimizer steps: 3",
        '"learning_rate": 0.01',
        "None yet. `polyclinic model card",
        f"Fingerprint: `{manifest.fingerprint}`",
    ):
        assert part in text, part
    row = {"task": "t|x", "subset": "", "metric": "accuracy", "scorer": "s", "n": 40, "unscored": 1}
    write_card_again(made / "adapter", [{**row, "estimate": 0.5, "low": 0.4, "high": 0.6}])
    again = (made / "adapter" / "README.md").read_text()
    assert "| t\\|x |  | accuracy | 0.5 | 0.4 to 0.6 | 40 | 1 | s |" in again
    with pytest.raises(UserError, match="nothing is known for its card"):
        write_card_again(made / "documents")
