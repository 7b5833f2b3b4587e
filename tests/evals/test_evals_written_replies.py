"""Replies that a local model writes: prompts, batches, resuming, what is kept, what goes wrong."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from asked_tasks import note, write_catalog
from tiny_language_model import question, save_tiny_model

from polyclinic import models
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals import run
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.steps import Work


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny", window=1024)


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Any]:
    return {**write_catalog(tmp_path), "max_new_tokens": 12}


def replies(folder: Path) -> dict[str, Reply]:
    return {reply.item: reply for reply in read_records(folder / "replies", Reply)}


def items_in(folder: Path, items: list[Sample]) -> Path:
    write_records(folder, items, Sample)
    return folder


def greedy(folder: Path, prompt: str, most: int) -> str:
    """Return what a plain loop without a cache writes behind a prompt."""
    model, tokenizer = models.load_model(folder), models.load_tokenizer(folder)
    tokens = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    made: list[int] = []
    with torch.no_grad():
        for _ in range(most):
            logits = model(input_ids=torch.tensor([tokens + made]), use_cache=False).logits[0, -1]
            made.append(int(logits.argmax()))
            if made[-1] == tokenizer.eos_token_id:
                made.pop()
                break
    return str(tokenizer.decode(made, skip_special_tokens=True))


def test_replies_are_those_of_a_plain_slow_loop(model: Path, own: dict[str, Any], tmp_path: Path) -> None:
    out = run(model=model, tasks=["symptom", "symptoms", "summary"], out=tmp_path / "out", **own)
    found = replies(out)
    assert len(found) == 18
    for reply in found.values():
        assert reply.text == greedy(model, reply.prompt, 12)
        assert reply.finish_reason in ("stop", "length")
        assert reply.fingerprint == models.fingerprint(model)
        assert (reply.unanswered_reason, reply.cuts) == ("", ())


def test_worked_examples_are_earlier_turns_from_the_training_split(
    model: Path, own: dict[str, Any], tmp_path: Path
) -> None:
    out = run(model=model, tasks="symptom", out=tmp_path / "out", **own)
    prompts = [reply.prompt for reply in replies(out).values()]
    for prompt in prompts:
        assert prompt.startswith("<|im_start|>system\nName the symptom.<|im_end|>\n<|im_start|>user\ntrain-")
        assert prompt.count("<|im_start|>user\ntrain-") == 2
        assert prompt.count("<|im_start|>user\ntest-") == 1
        assert prompt.endswith("<|im_end|>\n<|im_start|>assistant\n")
    assert len({prompt.partition("test-")[0] for prompt in prompts}) == 1  # the same examples for every item
    without = run(model=model, tasks="symptom", shots=0, out=tmp_path / "without", **own)
    assert "train-" not in next(iter(replies(without).values())).prompt
    other = run(model=model, tasks="symptom", seed=1, out=tmp_path / "other", **own)
    assert next(iter(replies(other).values())).prompt != prompts[0]


def test_a_task_without_a_training_split_says_that_it_has_no_examples(
    model: Path, own: dict[str, Any], tmp_path: Path
) -> None:
    (own["data"] / "symptom" / "train.jsonl").unlink()
    out = run(model=model, tasks="symptom", out=tmp_path / "out", **own)
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["tasks"]["symptom"]["worked_examples"] == 0
    assert "the files of the split 'train' are not here" in manifest.facts["tasks"]["symptom"]["no_worked_examples"]


def test_a_model_without_a_template_reads_plain_text(own: dict[str, Any], tmp_path: Path) -> None:
    plain = save_tiny_model(tmp_path / "plain", window=1024)
    (plain / "chat_template.jinja").unlink()
    out = run(model=plain, tasks="symptom", out=tmp_path / "out", **own)
    reply = replies(out)["symptom-test-0"]
    assert reply.prompt.startswith("Name the symptom.\n\nInput:\ntrain-")
    assert reply.prompt.endswith("Question: which one?\n\nOutput:\n")
    assert reply.text == greedy(plain, reply.prompt, 12)


@pytest.mark.parametrize("batch_tokens", [1, 37])
def test_the_size_of_batches_does_not_change_the_replies(
    model: Path, own: dict[str, Any], tmp_path: Path, batch_tokens: int
) -> None:
    tasks = ["symptom", "symptoms", "summary"]
    usual = run(model=model, tasks=tasks, out=tmp_path / "usual", **own)
    other = run(model=model, tasks=tasks, batch_tokens=batch_tokens, out=tmp_path / "other", **own)
    assert replies(other) == replies(usual)


def test_a_drawn_reply_depends_on_seed_and_item_not_on_the_batch(
    model: Path, own: dict[str, Any], tmp_path: Path
) -> None:
    own["temperature"] = 1.0
    one = run(model=model, tasks="summary", shots=0, out=tmp_path / "one", **own)
    two = run(model=model, tasks="summary", shots=0, batch_tokens=1, out=tmp_path / "two", **own)
    other = run(model=model, tasks="summary", shots=0, seed=5, out=tmp_path / "other", **own)
    texts = [{item: reply.text for item, reply in replies(folder).items()} for folder in (one, two, other)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_draws_follow_the_models_probabilities(tmp_path: Path) -> None:
    from polyclinic.evals.backends.transformers_engine import _Watch

    scores = torch.tensor([[0.0, 1.0, 2.0]])
    counts = torch.zeros(3)
    keys = [f"{number:015x}" for number in range(4000)]
    watch = _Watch(len(keys), [], 2.0, 3, keys)
    drawn = watch(torch.zeros(len(keys), 1), scores.repeat(len(keys), 1)).argmax(dim=-1)
    for token in drawn.tolist():
        counts[token] += 1
    expected = torch.softmax(scores[0] / 2.0, dim=-1) * len(keys)
    assert float(((counts - expected) ** 2 / expected).sum()) < 13.8  # chi-square, 2 degrees, p = 0.001


def test_the_same_run_gives_the_same_bytes(model: Path, own: dict[str, Any], tmp_path: Path) -> None:
    one = run(model=model, tasks=["symptom", "summary"], out=tmp_path / "one", **own)
    two = run(model=model, tasks=["symptom", "summary"], out=tmp_path / "two", **own)
    for name in ("records.parquet", "replies/records.parquet"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_a_second_checkpoint_at_the_same_path_gets_its_own_answers(own: dict[str, Any], tmp_path: Path) -> None:
    place = save_tiny_model(tmp_path / "model", seed=0, window=1024)
    samples = items_in(tmp_path / "questions", [question(i) for i in range(4)])
    usual: dict[str, Any] = {**own, "model": place, "samples": samples, "tasks": "summary", "documents": []}
    cached = {**usual, "cache": str(tmp_path / "cache")}
    first = run(out=tmp_path / "first", **cached)
    models.save_model(place, models.load_model(save_tiny_model(tmp_path / "b", seed=1)), models.load_tokenizer(place))
    second, fresh = run(out=tmp_path / "second", **cached), run(out=tmp_path / "fresh", **usual)
    assert replies(second) == replies(fresh)
    assert replies(second) != replies(first)
    assert {r.fingerprint for r in replies(second).values()} == {models.fingerprint(place)}


def test_cached_replies_are_not_asked_for_again(
    model: Path, own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from polyclinic.evals.backends.transformers_engine import TransformersEngine

    asked: list[int] = []
    write = TransformersEngine.write

    def counted(self: Any, prompts: Any, *others: Any) -> Any:
        asked.append(len(prompts))
        return write(self, prompts, *others)

    monkeypatch.setattr(TransformersEngine, "write", counted)
    own["cache"] = str(tmp_path / "cache")
    one = run(model=model, tasks="symptom", out=tmp_path / "one", **own)
    assert sum(asked) == 6
    two = run(model=model, tasks=["symptom", "summary"], out=tmp_path / "two", **own)
    assert sum(asked) == 12
    assert replies(one).items() <= replies(two).items()
    run(model=model, tasks="symptom", out=tmp_path / "three", **{**own, "temperature": 0.5})
    assert sum(asked) == 18


def test_prompts_too_long_for_the_window_are_cut_as_stated_and_each_cut_is_on_file(
    own: dict[str, Any], tmp_path: Path
) -> None:
    small = save_tiny_model(tmp_path / "small", window=160)
    words = " ".join(["cough", "fever"] * 90)
    document = f"first {words} last"
    long = note(0, input=f"{document} What now?", metadata={"cuttable": [0, len(document)]})
    fixed = note(1, input="What " * 200)
    samples = items_in(tmp_path / "samples", [long, fixed, note(2)])
    out = run(model=small, samples=samples, shots=1, out=tmp_path / "out", **own)
    found, manifest = replies(out), read_manifest(out)
    assert found["summary-0"].cuts[0] == "1 of 1 worked examples left out"
    assert "tokens left out of the middle of the document" in found["summary-0"].cuts[1]
    assert "What now?<|im_end|>" in found["summary-0"].prompt
    assert "first" in found["summary-0"].prompt
    assert found["summary-1"].unanswered_reason.startswith("too long for the model's window: the prompt has")
    assert "cuttable" not in found["summary-0"].metadata
    assert manifest is not None
    assert manifest.facts["unscored"] == 1
    assert manifest.facts["unscored_reasons"] == {"too long for the model's window": 1}
    unscored = [s for s in read_records(out, Score) if s.item == "summary-1"]
    assert unscored
    assert all(score.value is None for score in unscored)


def test_a_model_that_returns_nan_writes_nothing_and_says_so(own: dict[str, Any], tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "broken", window=1024)
    model, tokenizer = models.load_model(folder), models.load_tokenizer(folder)
    with torch.no_grad():
        model.get_input_embeddings().weight[:] = math.nan
    models.save_model(folder, model, tokenizer)
    out = run(model=folder, tasks="symptom", out=tmp_path / "out", **own)
    for reply in replies(out).values():
        assert reply.unanswered_reason == "the model returned NaN: a token of the reply has no probability"
    assert all(score.value is None for score in read_records(out, Score))


def test_a_chat_template_that_raises_is_named_before_anything_is_asked(own: dict[str, Any], tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "raises")
    (folder / "chat_template.jinja").write_text("{{ raise_exception('no turns please') }}")
    with pytest.raises(UserError, match="the chat template raised: no turns please; mend the template, or set"):
        run(model=folder, tasks="symptom", out=tmp_path / "out", **own)


def test_a_template_without_a_system_turn_gets_the_instruction_in_the_first_turn(
    own: dict[str, Any], tmp_path: Path
) -> None:
    folder = save_tiny_model(tmp_path / "no-system", window=1024)
    refusal = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    (folder / "chat_template.jinja").write_text(refusal + models.CHAT_TEMPLATE)
    out = run(model=folder, tasks="symptom", out=tmp_path / "out", **own)
    assert replies(out)["symptom-test-0"].prompt.startswith("<|im_start|>user\nName the symptom.\n\ntrain-")


def test_a_template_that_raises_for_one_item_leaves_that_item_unanswered(own: dict[str, Any], tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "picky", window=1024)
    refusal = "{% if 'test-3' in messages[-1]['content'] %}{{ raise_exception('not this') }}{% endif %}"
    (folder / "chat_template.jinja").write_text(refusal + models.CHAT_TEMPLATE)
    out = run(model=folder, tasks="symptom", out=tmp_path / "out", **own)
    reasons = {item: reply.unanswered_reason for item, reply in replies(out).items() if reply.unanswered_reason}
    assert reasons == {"symptom-test-3": "the chat template raised: not this"}


def test_an_adapter_is_put_on_the_model_and_counts_in_the_fingerprint(
    model: Path, own: dict[str, Any], tmp_path: Path
) -> None:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    wrapped = get_peft_model(
        models.load_model(model),
        LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM"),
    )
    wrapped.save_pretrained(str(tmp_path / "adapter"))
    merged = wrapped.merge_and_unload()
    models.save_model(tmp_path / "merged", merged, models.load_tokenizer(model))
    samples = items_in(tmp_path / "questions", [question(i) for i in range(4)])
    fields: dict[str, Any] = {"samples": samples, "tasks": "summary", **own}
    bare = replies(run(model=model, out=tmp_path / "bare", **fields))
    with_it = replies(run(model=model, adapter=tmp_path / "adapter", out=tmp_path / "with", **fields))
    same = replies(run(model=tmp_path / "merged", out=tmp_path / "same", **fields))
    assert {item: reply.text for item, reply in with_it.items()} == {item: r.text for item, r in same.items()}
    assert with_it["q0"].metadata["log_likelihoods"] == pytest.approx(
        same["q0"].metadata["log_likelihoods"], abs=1e-4
    )
    assert with_it["q0"].metadata["log_likelihoods"] != bare["q0"].metadata["log_likelihoods"]
    assert with_it["q0"].fingerprint != bare["q0"].fingerprint


def test_a_folder_that_is_no_adapter_is_named(model: Path, own: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty: no adapter_model\.safetensors here"):
        run(model=model, adapter=tmp_path / "empty", tasks="symptom", out=tmp_path / "out", **own)


def test_options_are_weighed_or_written_as_the_user_says(model: Path, own: dict[str, Any], tmp_path: Path) -> None:
    samples = items_in(tmp_path / "samples", [question(0)])
    weighed = replies(run(model=model, samples=samples, out=tmp_path / "weighed"))["q0"]
    assert weighed.text in question(0).options
    assert len(weighed.metadata["log_likelihoods"]) == 4


class Killed(Exception):
    """Stands for a kill."""


class KilledAfter(Work):
    """The work of a process that is killed after two batches."""

    @contextmanager
    def progress(self, title: str, total: float) -> Iterator[Any]:
        """Break off when the third batch is done."""
        calls = iter(range(3))

        class Bar:
            def advance(self, steps: float = 1, note: str = "") -> None:
                if steps and next(calls, None) is None:
                    raise Killed

        yield Bar()


def test_a_stopped_run_goes_on_and_ends_with_the_same_replies(
    model: Path, own: dict[str, Any], tmp_path: Path
) -> None:
    settings = run.settings(model=model, tasks=["symptom", "summary"], batch_tokens=40, **own)
    for name in ("killed", "undisturbed", "again", "scratch", "other"):
        (tmp_path / name).mkdir()
    run.function(settings, Work(tmp_path / "undisturbed", tmp_path / "other", 0))
    with pytest.raises(Killed):
        run.function(settings, KilledAfter(tmp_path / "killed", tmp_path / "scratch", 0))
    run.function(settings, Work(tmp_path / "again", tmp_path / "scratch", 0))
    for name in ("records.parquet", "replies/records.parquet"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


SLOW = """
import sys, time
from pathlib import Path
from polyclinic.evals import run
from polyclinic.evals.backends.transformers_engine import TransformersEngine
write = TransformersEngine.write
def slow(self, *given):
    found = write(self, *given)
    Path(sys.argv[1]).open("a").write("batch\\n")
    if sys.argv[2] == "hang" and len(Path(sys.argv[1]).read_text().splitlines()) == 4:
        print("asked", flush=True)
        time.sleep(600)
    return found
TransformersEngine.write = slow
folder = Path(sys.argv[3])
run(model=sys.argv[4], tasks=["symptom", "summary"], data=folder / "data", catalog=folder / "catalog",
    max_new_tokens=12, batch_tokens=1, out=folder / "out")
"""


def test_what_was_asked_before_a_kill_is_not_asked_again(model: Path, own: dict[str, Any], tmp_path: Path) -> None:
    script, log = tmp_path / "slow.py", tmp_path / "log"
    script.write_text(SLOW)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(script), str(log)]
    with subprocess.Popen(
        [*command, "hang", str(tmp_path), str(model)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"asked\n"
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out").exists()
    log.write_text("")
    subprocess.run([*command, "on", str(tmp_path), str(model)], check=True, env=environment)
    # Twelve items in batches of one; three were on file, the fourth was written but not kept.
    assert len(log.read_text().splitlines()) == 9
    fresh = run(model=model, tasks=["symptom", "summary"], batch_tokens=1, out=tmp_path / "fresh", **own)
    assert replies(tmp_path / "out") == replies(fresh)


def test_a_task_without_items_is_named(model: Path, own: dict[str, Any], tmp_path: Path) -> None:
    (own["data"] / "symptom" / "test.jsonl").write_text("")
    with pytest.raises(UserError, match="symptom got no item from the split 'test'"):
        run(model=model, tasks="symptom", out=tmp_path / "out", **own)


def test_half_a_cache_and_two_runs_at_once_are_named(model: Path, own: dict[str, Any], tmp_path: Path) -> None:
    import fcntl

    own["cache"] = str(tmp_path / "cache")
    run(model=model, tasks="symptom", out=tmp_path / "one", **own)
    (folder,) = (tmp_path / "cache").iterdir()
    with (folder / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another run asks the same model in the same way"):
            run(model=model, tasks="summary", out=tmp_path / "two", **own)
    for file in folder.glob("replies.sqlite*"):
        file.unlink()
    (folder / "replies.sqlite").write_text(json.dumps({"no": "database"}) * 100)
    with pytest.raises(UserError, match="cannot be used as a file of replies"):
        run(model=model, tasks="summary", out=tmp_path / "three", **own)
