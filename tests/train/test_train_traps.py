"""What the libraries under training do unasked, and what users give by mistake.

Other traps have their tests where they belong: isolation and noise in test_isolation_and_noise, adapters of another
architecture in test_train_lora, several adapters and penalties in test_medcare, resuming in test_resume.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from peft import LoraConfig, get_peft_model

from polyclinic.errors import UserError
from polyclinic.models import load_model, load_tokenizer
from polyclinic.pipeline import load_recipe
from polyclinic.records import Document, Sample, write_records
from polyclinic.steps import Work
from polyclinic.train import dapt, dpo, sft
from polyclinic.train.batches import BatchPlan, collate
from polyclinic.train.dapt import DaptSettings
from polyclinic.train.language_modeling import Rows, document_rows, train_on_rows
from polyclinic.train.packed_attention import fast_isolation
from polyclinic.train.trainer_run import Phase, train_phase

FAST: dict[str, Any] = {"precision": "float32", "gradient_accumulation": 1, "warmup_steps": 0, "steps": 1,
                        "batch_size": 4}  # fmt: skip


def test_where_trls_default_packing_cuts_documents_ours_keeps_every_token(
    model: Path, work: Work, tmp_path: Path
) -> None:
    from datasets import Dataset
    from trl.data_utils import pack_dataset

    write_records(tmp_path / "d", [Document(f"d{i}", f"acute {i} " * 60) for i in range(5)], Document)
    rows = document_rows(work, load_tokenizer(model), [tmp_path / "d"])
    data = Dataset.from_dict({"input_ids": [rows.tokens[a:b].tolist() for a, b in rows.spans()]})
    total = len(rows.tokens)
    assert sum(map(len, pack_dataset(data, 32, "bfd")["input_ids"])) < total / 2
    for packing in ("best_fit", "wrapped", "one_document"):
        plan = BatchPlan(rows, packing=packing, max_length=32, batch_size=2, seed=0)
        assert (plan.tokens(), plan.dropped) == (total, 0)


def test_a_warm_up_below_one_is_a_share_of_the_steps(model: Path, data: Path, tmp_path: Path) -> None:
    work = Work(tmp_path / "out", tmp_path / "scratch", 0)
    tokenizer = load_tokenizer(model)
    settings = DaptSettings(model=model, documents=[data / "documents"], batch_size=4, gradient_accumulation=1,
                            precision="float32", max_length=32, schedule="constant", warmup_steps=0.5)  # fmt: skip
    rows = document_rows(work, tokenizer, settings.documents)
    log, _ = train_on_rows(work, settings, load_model(model), tokenizer, rows, name="x", packing="wrapped",
                           max_length=32, learning_rate=1e-3, epochs=1, steps=6)  # fmt: skip
    assert log.learning_rates == pytest.approx([0, 1e-3 / 3, 2e-3 / 3, 1e-3, 1e-3, 1e-3])


def test_what_the_libraries_would_do_by_default_is_said_explicitly(
    model: Path, data: Path, work: Work, tmp_path: Path
) -> None:
    # bf16 even on a processor, activations computed twice, whatever tracker is installed, rows cut at 1,024 tokens.
    from transformers import Trainer
    from trl import SFTConfig

    theirs = SFTConfig(output_dir=str(tmp_path / "x"), use_cpu=True)
    assert (theirs.bf16, theirs.gradient_checkpointing, theirs.max_length) == (True, True, 1024)
    seen: dict[str, Any] = {}

    class Looking(Trainer):  # type: ignore[misc]
        def train(self, *given: Any, **named: Any) -> Any:
            seen.update(vars(self.args))
            return super().train(*given, **named)

    tokenizer, network = load_tokenizer(model), load_model(model)
    settings = DaptSettings(model=model, documents=[data / "documents"], **FAST)
    rows = document_rows(work, tokenizer, settings.documents)
    plan = BatchPlan(rows, packing="best_fit", max_length=128, batch_size=4, seed=0, batches=1)
    shapes: list[Any] = []

    def tensors(batch: Any) -> dict[str, Any]:
        made = collate(rows, batch, 0, isolated=True)
        shapes.append(made["input_ids"].shape)
        return made

    phase = Phase("x", network, plan, Rows(len(rows)), tensors, 1e-3, 0, trainer=Looking)
    with fast_isolation(network, "bfloat16") as attention:
        train_phase(phase, settings, work, work.scratch / "x")
    assert (seen["bf16"], seen["gradient_checkpointing"], seen["use_cpu"]) == (False, False, True)
    assert seen["report_to"] == []
    # Rows of packed documents stay rows where there is no FlashAttention; as one row they cost twice as much.
    assert attention == "sdpa"
    assert shapes[0][0] == 4
    assert network.config.use_cache  # off while it trained, since a cache joins packed documents


def test_dpo_takes_an_adapter_whose_name_was_not_default(model: Path, data: Path, tmp_path: Path) -> None:
    config = LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM")
    get_peft_model(load_model(model), config, adapter_name="mine").save_pretrained(tmp_path / "a")
    made = dpo(out=tmp_path / "m", model=model, adapter=tmp_path / "a" / "mine", lora={},
               preferences=data / "preferences", **FAST)  # fmt: skip
    assert (made / "adapter_model.safetensors").is_file()


def recipe(folder: Path, model: Path, data: Path, rate: Any) -> Path:
    step = {"uses": "train.sft", "model": str(model), "samples": str(data / "instructions"), "learning_rate": rate}
    (folder / "r.yaml").write_text(yaml.safe_dump({"steps": {"aligned": step}}))
    return folder / "r.yaml"


def test_a_learning_rate_that_is_text_is_a_number_or_an_error_with_its_line(
    model: Path, data: Path, tmp_path: Path
) -> None:
    # YAML takes 2e-5, without a point, for text.
    (step,) = load_recipe(recipe(tmp_path, model, data, "2e-5")).steps
    assert step.settings.learning_rate == 2e-5  # type: ignore[attr-defined]
    with pytest.raises(
        UserError, match=r"r\.yaml:\d+: aligned\.learning_rate: input should be a valid number.*'small'"
    ):
        load_recipe(recipe(tmp_path, model, data, "small"))


def test_a_tokenizer_without_a_template_is_refused_before_training(model: Path, data: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "plain")
    (tmp_path / "plain" / "chat_template.jinja").unlink()
    for kind, given in ((sft, {"samples": "instructions"}), (dpo, {"preferences": "preferences"})):
        paths: dict[str, Any] = {name: data / value for name, value in given.items()}
        with pytest.raises(UserError, match=r"the tokenizer has no chat template.*add chat_template\.jinja"):
            kind(out=tmp_path / "m", model=tmp_path / "plain", **paths, **FAST)


def test_samples_of_which_nothing_would_be_learnt_are_counted_and_alone_refused(model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "s", [Sample("1", "t", "pain", input="fever " * 300)], Sample)
    with pytest.raises(UserError, match="samples: nothing to learn"):
        sft(out=tmp_path / "m", model=model, samples=tmp_path / "s", too_long="cut", **FAST)


def test_pickled_weights_are_refused(model: Path, data: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "pickled")
    (tmp_path / "pickled" / "model.safetensors").unlink()
    torch.save({}, tmp_path / "pickled" / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"only pickled weights here \(pytorch_model\.bin\)"):
        dapt(out=tmp_path / "m", model=tmp_path / "pickled", documents=data / "documents", **FAST)
