from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.model import hub, tiny
from polyclinic.records import Document, write_records

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"
WORDS = ("acute", "chronic", "renal", "fever", "pain", "of", "the", "E11.9", "E11.65", "Ménière")
TINY: dict[str, Any] = {
    "vocabulary_size": 400,
    "hidden_size": 32,
    "intermediate_size": 64,
    "layers": 2,
    "heads": 2,
    "max_positions": 64,
    "max_length": 32,
    "batch_size": 8,
    "steps": 25,
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    chance = random.Random(0)
    texts = [" ".join(chance.choices(WORDS, k=20)) for _ in range(60)]
    write_records(folder, [Document(f"d{i}", text) for i, text in enumerate(texts)], Document)
    return folder


@pytest.fixture(scope="module")
def made(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(out=tmp_path_factory.mktemp("made") / "tiny", documents=documents, **TINY)


def test_the_tiny_model_learns_and_knows_its_end_and_padding(made: Path) -> None:
    lines = [json.loads(line) for line in (made / "training_log.jsonl").read_text().splitlines()]
    assert lines[-1]["loss"] < lines[0]["loss"] - 0.5
    assert lines[-1]["step"] == 25
    tokenizer = models.load_tokenizer(made)
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.chat_template == models.CHAT_TEMPLATE
    for name in ("config.json", "generation_config.json"):
        config = json.loads((made / name).read_text())
        assert config["eos_token_id"] == tokenizer.eos_token_id
        assert config["pad_token_id"] == tokenizer.pad_token_id
    special = {tokenizer.convert_tokens_to_ids(t) for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>")}
    assert len(special) == 4
    assert models.load_model(made).config.vocab_size == len(tokenizer)


def test_the_tokenizer_writes_any_text_and_keeps_digits_apart(made: Path) -> None:
    tokenizer = models.load_tokenizer(made)
    for text in ("E11.65 fever", "Ménière – 95 %", "日本語 \x00\t\n  two  spaces", "<|im_start|>user"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    tokens = tokenizer.tokenize("E11.65")
    assert [t for t in tokens if any(c.isdigit() for c in t)] == ["1", "1", "6", "5"]


def test_digits_may_be_left_together(documents: Path, tmp_path: Path) -> None:
    made = tiny(out=tmp_path / "m", documents=documents, **(TINY | {"digits": "runs", "steps": 1}))
    assert any(sum(c.isdigit() for c in t) > 1 for t in models.load_tokenizer(made).tokenize("E11.65"))


def test_two_processes_make_the_same_model(documents: Path, made: Path, tmp_path: Path) -> None:
    code = (
        "from polyclinic.model import tiny\n"
        f"tiny(out={str(tmp_path / 'again')!r}, documents={str(documents)!r}, checkpoint_every=4, **{TINY!r})\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(Path(models.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environment)
    assert models.fingerprint(tmp_path / "again") == models.fingerprint(made)


def test_wrong_shapes_and_an_empty_corpus_are_refused(documents: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"hidden_size \(30\) must be heads \(4\) times an even number"):
        tiny(out=tmp_path / "m", documents=documents, hidden_size=30, heads=4)
    with pytest.raises(UserError, match=r"max_length \(600\) is more than max_positions \(512\)"):
        tiny(out=tmp_path / "m", documents=documents, max_length=600)
    write_records(tmp_path / "empty", [Document("d", "")], Document)
    with pytest.raises(UserError, match="no text in"):
        tiny(out=tmp_path / "m", documents=tmp_path / "empty")


def test_a_local_model_is_taken_whole_and_does_not_change_with_its_source(made: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(made, source, ignore=shutil.ignore_patterns("manifest.json"))
    (source / "modeling_own.py").write_text("print('run me')")
    taken = hub(out=tmp_path / "taken", folder=source)
    assert models.fingerprint(taken) == models.fingerprint(made)
    assert not (taken / "modeling_own.py").exists()
    assert not (taken / "training_log.jsonl").exists()
    assert not any(path.is_symlink() for path in taken.iterdir())
    with (source / "model.safetensors").open("r+b") as stream:
        stream.seek(-4, 2)
        stream.write(b"\0\0\0\1")
    assert models.fingerprint(taken) == models.fingerprint(made)
    again = hub(out=tmp_path / "again", folder=source)
    keys = [json.loads((folder / "manifest.json").read_text())["key"] for folder in (taken, again)]
    assert keys[0] != keys[1]


def test_a_chat_template_can_be_given(made: Path, tmp_path: Path) -> None:
    template = tmp_path / "own.jinja"
    template.write_text("{{ messages[0]['content'] }}<|im_end|>")
    taken = hub(out=tmp_path / "taken", folder=made, chat_template=template)
    assert models.load_tokenizer(taken).chat_template == template.read_text()


def test_pickled_weights_a_missing_tokenizer_and_foreign_code_are_refused(made: Path, tmp_path: Path) -> None:
    def copy(name: str) -> Path:
        return Path(shutil.copytree(made, tmp_path / name))

    pickled = copy("pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(UserError, match="only pickled weights"):
        hub(out=tmp_path / "m", folder=pickled)
    bare = copy("bare")
    (bare / "tokenizer.json").unlink()
    with pytest.raises(UserError, match="no tokenizer here"):
        hub(out=tmp_path / "m", folder=bare)
    foreign = copy("foreign")
    config = json.loads((foreign / "config.json").read_text())
    (foreign / "config.json").write_text(json.dumps(config | {"model_type": "own", "auto_map": {"AutoModel": "x.Y"}}))
    with pytest.raises(UserError, match=r"'own' is unknown .* code that comes with it, which is not run"):
        hub(out=tmp_path / "m", folder=foreign)
    (foreign / "config.json").write_text(json.dumps(config | {"quantization_config": {"bits": 4}}))
    with pytest.raises(UserError, match="quantised"):
        hub(out=tmp_path / "m", folder=foreign)
    assert not (tmp_path / "m").exists()


def test_a_model_that_lacks_tensors_is_refused_instead_of_filled_at_random(made: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(made, tmp_path / "broken"))
    config = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(UserError, match=r"9 tensors that config\.json asks for are not in the weights"):
        models.load_model(broken)
    (broken / "config.json").write_text(json.dumps(config | {"intermediate_size": 66}))
    with pytest.raises(UserError, match="cannot be loaded"):
        models.load_model(broken)


def test_exactly_one_source_is_taken_and_an_unreachable_hub_is_explained(made: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="exactly one of `id`"):
        hub(out=tmp_path / "m")
    with pytest.raises(UserError, match="exactly one of `id`"):
        hub(out=tmp_path / "m", id="a/b", folder=made)
    with pytest.raises(UserError, match=r"nobody/nothing cannot be fetched .* give `folder`"):
        hub(out=tmp_path / "m", id="nobody/nothing")
    with pytest.raises(UserError, match="not a name on the hub"):
        hub(out=tmp_path / "m", id="a/b/c")


def test_a_model_in_the_hubs_cache_is_taken_without_a_network(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    repository, commit = tmp_path / "cache" / "models--owner--model", "a" * 40
    snapshot = repository / "snapshots" / commit
    for folder in (repository / "refs", repository / "blobs", snapshot):
        folder.mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    for file in made.iterdir():
        shutil.copy(file, repository / "blobs" / file.name)
        (snapshot / file.name).symlink_to(repository / "blobs" / file.name)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    taken = hub(out=tmp_path / "taken", id="owner/model")
    assert models.fingerprint(taken) == models.fingerprint(made)
    assert not any(path.is_symlink() for path in taken.iterdir())
    assert json.loads((taken / "manifest.json").read_text())["facts"]["commit"] == commit
    (snapshot / "model.safetensors").unlink()
    with pytest.raises(UserError, match="no weights here"):
        hub(out=tmp_path / "half", id="owner/model")
