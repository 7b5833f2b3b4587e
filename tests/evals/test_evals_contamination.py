"""What of a benchmark stands in a model's training data is found through the manifests of the store."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from polyclinic.artifacts import InputRecord, Manifest, read_manifest, write_manifest
from polyclinic.errors import UserError
from polyclinic.evals import contamination
from polyclinic.evals.lineage import find_lineage
from polyclinic.records import Document, Reply, Sample, Score, read_records, write_records

LETTER = "the patient was admitted with fever and a productive cough for five days before a chest film was taken"
OTHER = "twelve other words that stand in no training text at all and never will be anywhere else here"


def artifact(store: Path, step: str, kind: str, output: str, **inputs: Sequence[InputRecord]) -> Path:
    folder = store / f"{step}-{zlib.crc32(step.encode()):08x}"
    folder.mkdir(parents=True, exist_ok=True)
    write_manifest(
        folder,
        Manifest(
            polyclinic="0",
            step=step,
            kind=kind,
            output=output,
            key=f"key of {step}",
            code_version=1,
            settings={},
            inputs={name: list(found) for name, found in inputs.items()},
            seed=0,
        ),
    )
    return folder


def named(*steps: str) -> list[InputRecord]:
    return [InputRecord(name=step, key=f"key of {step}") for step in steps]


def documents(store: Path, step: str, texts: Mapping[str, str]) -> None:
    folder = artifact(store, step, "corpus.read", "documents")
    write_records(folder, (Document(id=name, text=text) for name, text in texts.items()), Document)


def samples(store: Path, step: str, rows: Sequence[Sample]) -> None:
    write_records(artifact(store, step, "tasks.build", "samples"), rows, Sample)


def scores(store: Path, step: str, replies: Sequence[Reply], model: str) -> Path:
    folder = artifact(store, step, "eval.run", "scores", model=named(model))
    write_records(
        folder,
        (
            Score(
                model=r.model, fingerprint=r.fingerprint, task=r.task, item=r.item, metric="a", scorer="b", value=1.0
            )
            for r in replies
        ),
        Score,
    )
    write_records(folder / "replies", replies, Reply)
    return folder


def reply(item: str, text: str, gold: str = "yes") -> Reply:
    return Reply("expert", "f", "a-task", item, input=text, gold=gold, prompt=f"Shots: {LETTER}. {text}")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A base trained on notes; an expert trained from it on samples; a merge of the two, chosen by a search."""
    store = tmp_path / "store"
    documents(store, "notes", {"n1": "nothing here", "n2": f"Note. {LETTER.upper()}!"})
    samples(store, "written", [Sample(id="s1", task="t", input="unlike anything", output="short")])
    samples(store, "validation", [Sample(id="v1", task="t", input=OTHER, output="short")])
    artifact(store, "base", "model.tiny", "model", documents=named("notes"))
    artifact(store, "expert", "train.sft", "model", model=named("base"), samples=named("written"))
    made_from = {"base": named("base"), "models": named("expert"), "samples": named("validation")}
    artifact(store, "merged", "merge.search", "model", **made_from)
    scores(store, "expert-scores", [reply("q1", LETTER), reply("q2", OTHER), reply("q3", "too short")], "expert")
    return store


def folder_of(store: Path, step: str) -> Path:
    return next(store.glob(f"{step}-????????"))


def found(folder: Path) -> dict[tuple[str, str], Score]:
    return {(score.item, score.metric): score for score in read_records(folder, Score)}


def test_the_lineage_is_followed_through_every_model_before(store: Path) -> None:
    lineage = find_lineage(folder_of(store, "merged"))
    assert {(d.step, d.kind, d.name) for d in lineage.data} == {
        ("merged", "merge.search", "validation"),
        ("expert", "train.sft", "written"),
        ("base", "model.tiny", "notes"),
    }
    assert lineage.missing == ()
    assert lineage.origins == ()


def test_a_model_from_outside_is_named_as_an_origin_nobody_knows(store: Path) -> None:
    artifact(store, "hub", "model.folder", "model")
    artifact(store, "tuned", "train.sft", "model", model=named("hub"), samples=named("written"))
    assert find_lineage(folder_of(store, "tuned")).origins == ("hub",)


def test_items_in_the_training_data_of_an_earlier_model_are_found(store: Path, tmp_path: Path) -> None:
    out = contamination(scores=folder_of(store, "expert-scores"), out=tmp_path / "out")
    by_item = found(out)
    assert by_item["q1", "overlap_8"].value == by_item["q1", "overlap_13"].value == 1.0
    assert by_item["q1", "overlap_13"].reply.startswith("notes, n2: the patient was admitted with")
    assert by_item["q2", "overlap_8"].value == by_item["q2", "overlap_13"].value == 0.0
    assert by_item["q3", "overlap_8"].value is None
    assert by_item["q3", "overlap_8"].unscored_reason == "too short to tell"
    assert {score.fingerprint for score in by_item.values()} == {"f"}
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["touched"] == {"overlap_8": 1, "overlap_13": 1}
    assert manifest.facts["training_words"] == {"notes (model.tiny)": 22, "written (train.sft)": 3}


def test_what_stands_in_the_prompt_only_touches_no_item(store: Path, tmp_path: Path) -> None:
    """Worked examples come from training data by design."""
    by_item = found(contamination(scores=folder_of(store, "expert-scores"), out=tmp_path / "out"))
    assert by_item["q2", "overlap_13"].value == 0.0


def test_pieces_of_the_items_give_the_same(store: Path, tmp_path: Path) -> None:
    """And what a search chose by counts as well."""
    whole = contamination(scores=folder_of(store, "expert-scores"), out=tmp_path / "a")
    pieces = contamination(scores=folder_of(store, "expert-scores"), items_at_once=1, out=tmp_path / "b")
    assert found(whole) == found(pieces)
    asked = scores(store, "merged-scores", [reply("q2", OTHER)], "merged")
    merged = contamination(scores=asked, out=tmp_path / "c")
    assert found(merged)["q2", "overlap_13"].value == 1.0


def test_training_data_that_are_gone_are_an_error_unless_the_user_says_so(store: Path, tmp_path: Path) -> None:
    folder_of(store, "notes").rename(tmp_path / "elsewhere")
    with pytest.raises(
        UserError, match=r"training data of expert that are not here: documents notes \(of step base\)"
    ):
        contamination(scores=folder_of(store, "expert-scores"), out=tmp_path / "a")
    out = contamination(scores=folder_of(store, "expert-scores"), incomplete=True, out=tmp_path / "b")
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["missing"] == ["documents notes (of step base)"]
    named_again = contamination(
        scores=folder_of(store, "expert-scores"), documents=[tmp_path / "elsewhere"], out=tmp_path / "c"
    )
    assert found(named_again)["q1", "overlap_13"].value == 1.0


def test_a_model_behind_an_endpoint_needs_training_data_to_be_named(store: Path, tmp_path: Path) -> None:
    folder = scores(store, "cloud-scores", [reply("q1", LETTER)], "no such step")
    with pytest.raises(UserError, match="name it with model, or name training data"):
        contamination(scores=folder, out=tmp_path / "a")
    file = tmp_path / "notes.jsonl"
    file.write_text(f'{{"id": "own", "text": "{LETTER}"}}\n', encoding="utf-8")
    out = contamination(scores=folder, documents=[file], out=tmp_path / "b")
    assert found(out)["q1", "overlap_13"].reply.startswith("notes.jsonl, own: the patient")
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["unknown_origins"] == ["the model's own training data are not known here"]


def test_items_without_texts_and_scores_of_two_models_are_errors(store: Path, tmp_path: Path) -> None:
    folder = folder_of(store, "expert-scores")
    (folder / "replies" / "records.parquet").unlink()
    (folder / "replies").rmdir()
    with pytest.raises(UserError, match="the texts of 3 of 3 items were not found; name the items"):
        contamination(scores=folder, out=tmp_path / "a")
    items = tmp_path / "items"
    write_records(items, [Sample(id=f"q{i}", task="a-task", input=LETTER, output="yes") for i in (1, 2, 3)], Sample)
    assert found(contamination(scores=folder, items=[items], out=tmp_path / "b"))["q3", "overlap_13"].value == 1.0
    both = [Score(m, m, "t", "i", "a", "b", 1.0) for m in ("one", "two")]
    write_records(folder, both, Score)
    with pytest.raises(UserError, match="expected the scores of one model, found one, two"):
        contamination(scores=folder, out=tmp_path / "c")
