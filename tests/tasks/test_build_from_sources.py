"""Samples built from data sets' own files: the instruction builder."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic import tasks
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.tasks import export_task_files, load_catalog, read_task_file, suite_tasks
from polyclinic.tasks.mixture import shares
from polyclinic.tasks.prompts import CODE_REMINDER, POOL_ANYWAY, POOL_TEXT, draw_shots, shot_pool
from polyclinic.tasks.source_items import Item

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "benchmarks"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")

TASK = """
title: Colours
category: Text Classification
domain: Clinical texts
family: label
builder: source
metric: label_accuracy
license: CC0-1.0
commercial_use: true
definition: Name the colour.
labels: [red, blue]
input: "{{ text }}"
output: "{{ colour }}"
source:
  name: Colours
  folder: colours
  format: delimited
  files: {train: train.csv, test: test.csv}
  document: patient
"""


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Any]:
    """A data set and a catalog of the user's own: one YAML file and no Python."""
    (tmp_path / "data" / "colours").mkdir(parents=True)
    for split, count in (("train", 40), ("test", 10)):
        rows = [f"{split} text {i},{'red' if i % 3 else 'blue'},p{i // 4}" for i in range(count)]
        text = "\n".join(["text,colour,patient", *rows]) + "\n"
        (tmp_path / "data" / "colours" / f"{split}.csv").write_text(text)
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "colours.yaml").write_text(TASK)
    return {"data": tmp_path / "data", "catalog": tmp_path / "catalog", "tasks": "colours"}


def build(tmp_path: Path, name: str = "out", seed: int = 0, **fields: Any) -> list[Sample]:
    return list(read_records(tasks.build(out=tmp_path / name, seed=seed, **fields), Sample))


def facts(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.facts


def test_a_data_set_of_a_known_format_needs_one_yaml_file(tmp_path: Path, own: dict[str, Any]) -> None:
    found = build(tmp_path, **own)
    assert len(found) == 40
    first = found[0]
    assert (first.instruction, first.input, first.output) == ("Name the colour.", "train text 0", "blue")
    assert (first.id, first.document, first.license) == ("colours-train.csv:2", "Colours/p0", "CC0-1.0")
    assert first.metadata["category"] == "Text Classification"


@pytest.mark.parametrize("prompt", ["paper", "code"])
def test_worked_examples_come_from_training_and_never_are_the_query_nor_its_patient(
    tmp_path: Path, own: dict[str, Any], prompt: str
) -> None:
    for split in ("train", "test"):
        found = build(tmp_path, split, split=split, prompt=prompt, few_shot_share=1.0, shots=3, **own)
        plain = {s.id: s for s in build(tmp_path, f"{split}-all", split="all", **own)}
        for sample in found:
            shots = [plain[f"colours-{name}"] for name in sample.metadata["shots"]]
            assert len({shot.input for shot in shots}) == 3
            query = plain[sample.id]
            assert all(shot.document != query.document and shot.input != query.input for shot in shots)
            assert all(shot.input.startswith("train text") for shot in shots)
            assert all(shot.input in sample.instruction for shot in shots)
            assert query.input not in sample.instruction.splitlines()
            assert "Name the colour." in sample.instruction


def test_templates_are_those_of_the_paper_and_of_its_code(tmp_path: Path, own: dict[str, Any]) -> None:
    fields = {**own, "few_shot_share": 1.0, "shots": 1}
    paper = build(tmp_path, "paper", prompt="paper", **fields)[0]
    assert paper.instruction.startswith("Case1: Input: train text ")
    assert "\nName the colour.\n" in paper.instruction
    assert paper.input == "Input: train text 0"
    code = build(tmp_path, "code", prompt="code", **fields)[0]
    assert code.instruction.startswith("Input:\ntrain text ")
    assert code.instruction.endswith(f"\n\n\nName the colour.{CODE_REMINDER}")
    assert code.input == "Input:\ntrain text 0\nOutput:\n"
    zero = build(tmp_path, "zero", prompt="code", **own)[0]
    assert (zero.instruction, zero.input) == ("Name the colour.", "train text 0")


def test_the_share_of_few_shot_prompts_is_about_what_was_asked_for(tmp_path: Path, own: dict[str, Any]) -> None:
    build(tmp_path, few_shot_share=0.5, **own)
    assert 10 <= facts(tmp_path / "out")["colours"]["few_shot"] <= 30


def test_the_seed_decides_and_two_builds_give_the_same_bytes(tmp_path: Path, own: dict[str, Any]) -> None:
    fields = {**own, "few_shot_share": 0.5, "items": 20, "task_json": True}
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        build(tmp_path, name, seed, **fields)
    prints = []
    for name in ("one", "again", "other"):
        manifest = read_manifest(tmp_path / name)
        assert manifest is not None
        prints.append(manifest.fingerprint)
    assert prints[0] == prints[1] != prints[2]
    assert len(build(tmp_path, "count", **{**fields, "items": 7})) == 7


def test_without_official_splits_no_patient_stands_on_both_sides(tmp_path: Path, own: dict[str, Any]) -> None:
    text = TASK.replace("{train: train.csv, test: test.csv}", "{all: many.csv}")
    (own["catalog"] / "colours.yaml").write_text(text)
    rows = [f"text {i},red,p{i // 5}" for i in range(1000)]
    (own["data"] / "colours" / "many.csv").write_text("\n".join(["text,colour,patient", *rows]) + "\n")
    train, test = build(tmp_path, "train", **own), build(tmp_path, "test", split="test", seed=9, **own)
    assert len(train) + len(test) == 1000
    assert not {s.document for s in train} & {s.document for s in test}
    assert 50 <= len(test) <= 160


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("{{ colour }}", "{{ color }}"),
            r"train\.csv:2: task colours: field 'output': .*'color' is undefined",
        ),
        (("[red, blue]", "[red]"), r"train\.csv:2: task colours: field 'output': expected one label .* found 'blue'"),
        (("files: {train: train.csv", "files: {train: no.csv"), r"split 'train' are not here; put .* holds no\.csv"),
        (("document: patient", "expect: [colour, dose]"), r"not the release of Colours .* field 'dose' is missing"),
        (
            ("folder: colours", "folder: colours\n  formatt: x"),
            r"colours\.yaml:\d+: source\.formatt: unknown field",
        ),
        (("license: CC0-1.0\n", ""), r"colours\.yaml: license: missing"),
        (("  format: delimited\n", "  format: unknown\n"), r"the layout of Colours is not known"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_field(
    tmp_path: Path, own: dict[str, Any], change: tuple[str, str], message: str
) -> None:
    assert change[0] in TASK
    (own["catalog"] / "colours.yaml").write_text(TASK.replace(*change))
    with pytest.raises(UserError, match=message):
        build(tmp_path, **own)


def test_broken_items_can_be_set_aside_with_their_reason_and_are_counted(tmp_path: Path, own: dict[str, Any]) -> None:
    file = own["data"] / "colours" / "train.csv"
    file.write_text(file.read_text() + f"green one,green,p\nshort\n{'x' * 2_000_000},red,p\n,red,p\nlast,red,p\n")
    with pytest.raises(UserError, match=r"train\.csv:42: task colours: .*skip_bad"):
        build(tmp_path, **own)
    found = build(tmp_path, "skipped", skip_bad=True, **own)
    assert len(found) == 41
    assert facts(tmp_path / "skipped")["colours"]["set_aside"] == 4
    aside = [json.loads(line) for line in (tmp_path / "skipped" / "set_aside.jsonl").read_text().splitlines()]
    assert [row["place"].rpartition(":")[2] for row in aside] == ["42", "43", "44", "45"]
    assert "the item has 2000003 characters" in aside[2]["reason"]


def test_settings_that_do_not_fit_are_refused_before_anything_is_read(tmp_path: Path, own: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="expected tasks \\(names\\) or suite"):
        build(tmp_path)
    with pytest.raises(UserError, match=r"tasks\.build\.data: missing; colours is made from the files of Colours"):
        build(tmp_path, tasks="colours", catalog=own["catalog"])
    with pytest.raises(UserError, match=r"weights: 'colour' is none of the tasks asked for"):
        build(tmp_path, weights={"colour": 2.0}, **own)
    with pytest.raises(UserError, match="has no split 'validation'; it has train, test"):
        build(tmp_path, split="validation", **own)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 500), min_size=1),
    st.dictionaries(st.sampled_from("abcd"), st.floats(0.1, 9)),
    st.floats(0, 1),
    st.integers(1, 900),
)
def test_shares_use_the_limit_up_and_never_exceed_what_there_is(
    available: dict[str, int], weights: dict[str, float], exponent: float, limit: int
) -> None:
    given_out = shares(available, weights, exponent, limit)
    assert all(0 <= given_out[name] <= count for name, count in available.items())
    assert sum(given_out.values()) == min(limit, sum(available.values()))


def test_tasks_are_mixed_by_weight_and_size() -> None:
    assert shares({"a": 100, "b": 900}, {}, 1.0, 100) == {"a": 10, "b": 90}
    assert shares({"a": 100, "b": 900}, {}, 0.0, 100) == {"a": 50, "b": 50}
    assert shares({"a": 100, "b": 900}, {"a": 3.0}, 0.0, 100) == {"a": 75, "b": 25}
    assert shares({"a": 10, "b": 900}, {}, 0.0, 100) == {"a": 10, "b": 90}


@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_shots_are_distinct_and_never_the_item(size: int, shots: int, seed: int) -> None:
    items = [Item(f"i{n}", f"f:{n}", f"text {n % 30}", ("x",), f"d{n // 2}") for n in range(size)]
    pool = shot_pool(items, seed, "t", 25)
    for item in items[:5]:
        drawn = draw_shots(pool, item, shots, seed, "t")
        assert len({shot.input for shot in drawn}) == len(drawn) <= shots
        assert all(shot.document != item.document and shot.input != item.input for shot in drawn)
        able = {p.input for p in pool if p.document != item.document and p.input != item.input}
        assert len(drawn) == min(shots, len(able))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from([1, 9, 200_000, 900_000]), min_size=30, max_size=60), st.randoms(use_true_random=False)
)
def test_a_pool_of_long_items_is_small_and_the_same_in_whatever_order_they_come(
    lengths: list[int], order: random.Random
) -> None:
    items = [Item(f"i{n}", f"f:{n}", "x" * length, ("y",)) for n, length in enumerate(lengths)]
    pool = shot_pool(items, 0, "t")
    order.shuffle(items)
    assert shot_pool(items, 0, "t") == pool
    assert len(pool) >= min(POOL_ANYWAY, len(items))
    assert len(pool) <= POOL_ANYWAY or sum(len(item.input) + 1 for item in pool) <= POOL_TEXT


SETS = {  # what README says is here
    "clue-aci-bench": {"train": 67, "validation": 20},
    "clue-medec": {"validation": 574},
    "medec-correction": {"validation": 574},
    "meds-ins-114-medqsum-text-summurization": {"all": 700},
    "mts-dialog-section": {"train": 1201, "validation": 100},
    "mts-dialog-header": {"train": 1201, "validation": 100},
    "meds-bench-123-pubmedqa-test-set": {"test": 500},
    "meds-ins-057-medqa-question-answering-en": {"validation": 637},
    "meds-ins-064-medmcqa-question-answering": {"validation": 1408},
    "medcare-mmlu-med": {"train": 55, "test": 751},
    "meds-ins-126-bc5chem-named-enetity-recognition": {"train": 4560, "validation": 4581},
    "meds-bench-127-test-bc5disease-named-enetity-recognition": {"train": 4560, "validation": 4581},
    "meds-ins-027-disease-entity-extraction-ncbi-dataset": {"train": 2923},
    "meds-ins-028-disease-entity-extraction-bc5cdr-dataset": {"train": 2658},
    "ncbi-disease": {"train": 5424, "validation": 923},
    "linnaeus-species": {"train": 11935, "validation": 4078},
    "clue-meqsum": {"all": 700},
    "medcare-medqa-us": {"validation": 637},
    "medcare-medmcqa": {"validation": 1408},
    "meds-bench-122-medmcqa-test-set": {"validation": 1408},
    "meds-ins-115-icd10-code-explanation": {"all": 95358},
}


THIRTEEN = [
    *("Contributors", "Source", "URL", "Categories", "Reasoning", "Definition", "Input_language", "Output_language"),
    *("Instruction_language", "Domains", "Positive Examples", "Negative Examples", "Instances"),
]


def test_every_verified_task_with_a_source_is_tried_here() -> None:
    catalog = load_catalog().values()
    found = {task.name for task in catalog if task.verified and task.builder == "source"}
    # What a teacher writes for the search of merges is in nobody's data.
    assert found - {task.name for task in catalog if "mediphi-validation" in task.suites} == set(SETS)


@real
@pytest.mark.parametrize("name", [name for name in SETS if "icd10" not in name])
def test_the_sets_that_are_here_build_whole_twice_alike_and_survive_their_task_file(
    tmp_path: Path, name: str
) -> None:
    for split, count in SETS[name].items():
        fields: dict[str, Any] = {"tasks": name, "data": DATA, "split": split, "task_json": True}
        found = build(tmp_path, split, **fields)
        assert len(found) == count
        assert len({sample.id for sample in found}) == count
        again = read_manifest(tasks.build(out=tmp_path / f"{split}-again", **fields))
        one = read_manifest(tmp_path / split)
        assert one is not None
        assert again is not None
        assert one.fingerprint == again.fingerprint
        [file] = (tmp_path / split / "meds-ins").iterdir()
        raw = json.loads(file.read_text(encoding="utf-8"))
        assert list(raw) == THIRTEEN
        assert all(isinstance(value, list) for value in raw.values())
        assert all(isinstance(value, str) for key in THIRTEEN[:10] for value in raw[key])
        assert {tuple(row) for row in raw["Instances"]} == {("id", "input", "output")}
        read = read_task_file(file)
        assert [(i.id, i.input, i.output[0]) for i in read.instances] == [(s.id, s.input, s.output) for s in found]
        assert [list(i.output) for i in read.instances] == [s.metadata.get("references", [s.output]) for s in found]
        assert {*read.definition} == {sample.instruction for sample in found}
        exported = export_task_files([tmp_path / split], tmp_path / f"{split}-exported")
        assert exported == {file.name: count}
        assert (tmp_path / f"{split}-exported" / file.name).read_bytes() == file.read_bytes()


@real
def test_codes_of_the_order_file_are_divided_without_loss(tmp_path: Path) -> None:
    name = "meds-ins-115-icd10-code-explanation"
    found = build(tmp_path, tasks=name, data=DATA, split="test", items=500)
    assert len(found) == 500
    assert facts(tmp_path / "out")[name]["items"] == 500


@real
def test_multiple_choice_items_carry_their_options_for_scoring_by_likelihood(tmp_path: Path) -> None:
    names = ["meds-ins-057-medqa-question-answering-en", "medcare-medmcqa"]
    found = build(tmp_path, tasks=names, data=DATA, split="validation", form="items")
    assert Counter(s.task for s in found) == {names[0]: 637, names[1]: 1408}
    assert all(s.output in s.options and len(s.options) == 4 for s in found)


@real
def test_a_suite_is_built_from_what_is_here_and_the_rest_is_said_with_who_grants_access(tmp_path: Path) -> None:
    found = build(tmp_path, suite="meds-ins", data=DATA, split="validation", items=5)
    assert {s.task for s in found} == {
        "meds-ins-027-disease-entity-extraction-ncbi-dataset",
        "meds-ins-028-disease-entity-extraction-bc5cdr-dataset",
        "meds-ins-057-medqa-question-answering-en",
        "meds-ins-064-medmcqa-question-answering",
        "meds-ins-126-bc5chem-named-enetity-recognition",
    }
    missing = facts(tmp_path / "out")["missing"]
    assert len(missing) + 5 == sum(t.buildable and not t.only_by_name for t in suite_tasks("meds-ins"))
    assert "PhysioNet" in missing["meds-ins-041-mednli-textual-entailment-discriminative"]
    with pytest.raises(UserError, match="no data set of 'meds-ins' is here; the first: "):
        build(tmp_path, "none", suite="meds-ins", data=tmp_path)


LONG = """
title: Notes
category: Question Answering
domain: Clinical texts
family: multiple_choice
builder: source
metric: accuracy
license: CC0-1.0
commercial_use: true
definition: Answer the question about the note.
question: "{{ row.note }} {{ question }}"
prompt: "{{ question }} Answer:"
input: "{{ row.note }}\n{{ question }}\n{{ lettered }}"
output: "{{ letter }}: {{ answer }}"
cuttable: "{{ row.note }}"
source:
  name: Notes
  folder: notes
  format: multiple_choice
  files: {test: test.jsonl}
  answer_is: letter
"""


@pytest.mark.parametrize(("form", "output"), [("items", "gout"), ("written", "B: gout")])
def test_items_to_ask_carry_their_options_and_say_where_they_may_be_cut(
    tmp_path: Path, form: str, output: str
) -> None:
    (tmp_path / "data" / "notes").mkdir(parents=True)
    (tmp_path / "catalog").mkdir()
    row = {"note": "A long note.", "question": "What is it?", "options": ["flu", "gout"], "answer": "B"}
    (tmp_path / "data" / "notes" / "test.jsonl").write_text(json.dumps(row))
    (tmp_path / "catalog" / "notes.yaml").write_text(LONG)
    fields: dict[str, Any] = {"data": tmp_path / "data", "catalog": tmp_path / "catalog"}
    fields |= {"tasks": "notes", "split": "test"}
    (item,) = build(tmp_path, form=form, **fields)
    start, end = item.metadata["cuttable"]
    assert item.input[start:end] == "A long note."
    assert (item.output, item.options) == (output, ("flu", "gout"))
    assert ("A: flu\nB: gout" in item.input) == (form == "written")
    (instruction,) = build(tmp_path, "instructions", form="instructions", **fields)
    assert "cuttable" not in instruction.metadata
    assert instruction.options == ()
