"""Checks of catalog tasks, of their items, of task files and of samples that were built."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic import tasks
from polyclinic.errors import UserError
from polyclinic.records import Sample, write_records
from polyclinic.tasks import check_files, check_tasks, load_catalog
from polyclinic.tasks.overlap import overlap

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "benchmarks"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")


def test_nothing_that_is_shipped_has_an_error_and_what_is_unsure_is_named_with_file_and_line() -> None:
    rows = check_tasks()
    assert [row for row in rows if row["level"] == "error"] == []
    assert {row["rule"] for row in rows} == {"license"}
    catalog = load_catalog()
    unknown = {task.name for task in catalog.values() if task.builder == "source" and task.license == "unknown"}
    assert {row["task"] for row in rows} == unknown
    for row in rows:
        file, _, line = row["place"].rpartition(":")
        assert Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1].startswith("license: unknown")


# What is known of the data sets that are here: how they are, not how they were read.
KNOWN = {
    ("clue-aci-bench/validation", "few"),
    ("clue-aci-bench/validation", "overlap"),
    ("clue-medec/validation", "encoding"),
    ("mts-dialog-header/train", "repeated-input"),
    ("mts-dialog-header/validation", "overlap"),
    ("mts-dialog-section/train", "repeated-input"),
    ("mts-dialog-section/validation", "overlap"),
    ("ncbi-disease/train", "repeated-input"),
    ("ncbi-disease/validation", "overlap"),
    ("meds-bench-127-test-bc5disease-named-enetity-recognition/train", "repeated-input"),
    ("meds-bench-127-test-bc5disease-named-enetity-recognition/validation", "repeated-input"),
    ("meds-bench-127-test-bc5disease-named-enetity-recognition/validation", "overlap"),
    ("meds-ins-028-disease-entity-extraction-bc5cdr-dataset/train", "repeated-input"),
}
ONE_OF_EACH_SOURCE = [
    "clue-aci-bench",
    "clue-medec",
    "clue-meqsum",
    "medcare-medmcqa",
    "medcare-medqa-us",
    "medcare-mmlu-med",
    "meds-bench-123-pubmedqa-test-set",
    "meds-bench-127-test-bc5disease-named-enetity-recognition",
    "mts-dialog-header",
    "mts-dialog-section",
    "ncbi-disease",
]


@real
def test_the_data_sets_that_are_here_have_no_errors_and_only_the_flaws_that_are_known() -> None:
    rows = check_tasks(ONE_OF_EACH_SOURCE, data=DATA)
    assert [row for row in rows if row["level"] == "error"] == []
    found = {(row["task"], row["rule"]) for row in rows if row["rule"] != "data"}
    assert found <= KNOWN
    assert {("ncbi-disease/train", "repeated-input"), ("ncbi-disease/validation", "overlap")} <= found
    assert ("clue-medec/validation", "encoding") in found
    missing = {row["task"] for row in rows if row["rule"] == "data"}
    assert "clue-medec" in missing  # its other splits are not here, and that is said


@real
def test_samples_that_were_built_are_checked_like_the_items_they_were_made_from(tmp_path: Path) -> None:
    names = ["mts-dialog-header", "clue-medec", "meds-bench-127-test-bc5disease-named-enetity-recognition"]
    built = tasks.build(out=tmp_path / "built", tasks=names, data=DATA, split="validation")
    rows = check_files([built])
    assert [row for row in rows if row["level"] == "error"] == []
    assert {(row["task"], row["rule"]) for row in rows} == {
        ("clue-medec", "encoding"),
        (names[2], "repeated-input"),
    }
    training = tasks.build(out=tmp_path / "training", tasks="mts-dialog-header", data=DATA)
    overlapping = [row for row in check_files([training], against=[built]) if row["rule"] == "overlap"]
    assert overlapping[0]["level"] == "error"
    assert overlapping[0]["message"].startswith("against the test item ")
    with_data = [row["rule"] for row in check_files([tmp_path / "training"], data=DATA)]
    assert "overlap" not in with_data  # the test splits that are here are of other data sets


TASK = """
title: Colours
category: Text Classification
domain: Clinical texts
family: label
builder: source
metric: label_accuracy
license: unknown
definition: Name the colour.
labels: [red, blue]
input: "{{ text }}{{ more }}"
output: "{{ colour }}"
source:
  name: Colours
  folder: colours
  format: json_rows
  files: {train: train.jsonl, test: test.jsonl}
"""


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "colours.yaml").write_text(TASK)
    (tmp_path / "data" / "colours").mkdir(parents=True)
    return {"catalog": tmp_path / "mine", "data": tmp_path / "data"}


def rows_of(count: int, **fields: Any) -> list[dict[str, Any]]:
    row = {"text": "text {}", "more": ".", "colour": "red"}
    return [
        {k: str(v).replace("{}", str(n)) for k, v in {**row, "colour": "red" if n % 2 else "blue", **fields}.items()}
        for n in range(count)
    ]


def findings(own: dict[str, Path], train: list[dict[str, Any]], test: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for name, rows in (("train", train), ("test", test)):
        (own["data"] / "colours" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return check_tasks(["colours"], data=own["data"], catalog=own["catalog"])


WORDS = " ".join(f"word{n}" for n in range(20))


@pytest.mark.parametrize(
    ("change", "rule", "place", "level"),
    [
        ([{"text": "text 3", "more": ".", "colour": "red"}], "repeated-input", "train.jsonl:31", "warning"),
        ([{"text": " ", "more": " ", "colour": "red"}], "empty", "train.jsonl:31", "error"),
        ([{"text": "x" * 2_000_000, "more": ".", "colour": "red"}], "over-long", "train.jsonl:31", "error"),
        ([{"text": "na\u00c3\u00afve", "more": ".", "colour": "red"}], "encoding", "train.jsonl:31", "warning"),
        ([{"text": "Mr. [**Name**]", "more": ".", "colour": "red"}], "restricted", "train.jsonl:31", "error"),
        ([{"text": "x", "more": ".", "colour": "green"}], "label", "train.jsonl:31", "error"),
        ([{"text": "x", "colour": "red"}], "template", "train.jsonl:31", "error"),
        ([{"text": f"{WORDS} in training", "more": ".", "colour": "red"}], "overlap", "test.jsonl:30", "warning"),
        ([{"text": "the last test text  29", "more": ".", "colour": "red"}], "overlap", "test.jsonl:30", "warning"),
    ],
)
def test_each_rule_names_task_file_and_line(
    own: dict[str, Path], change: list[dict[str, Any]], rule: str, place: str, level: str
) -> None:
    last = f"Begin {WORDS}" if "training" in change[0]["text"] else "The last test text 29"
    test = [*rows_of(29, text="test {}"), {"text": last, "more": ".", "colour": "red"}]
    assert not [row for row in findings(own, rows_of(30), test) if row["rule"] == rule]
    [found] = [row for row in findings(own, [*rows_of(30), *change], test) if row["rule"] == rule]
    assert found["place"].endswith(place)
    assert found["level"] == level
    assert found["task"].partition("/")[0] == "colours"


def test_rules_about_all_items_and_about_the_catalog_file(own: dict[str, Path]) -> None:
    rows = findings(own, rows_of(700, colour="red", more=""), rows_of(5))
    found = {(row["task"], row["rule"], row["level"]) for row in rows}
    assert found == {
        ("colours", "license", "warning"),
        ("colours", "never-fills", "error"),
        ("colours/train", "one-output", "error"),
        ("colours/test", "few", "warning"),
        ("colours/test", "overlap", "warning"),
    }
    places = {row["rule"]: row["place"] for row in rows}
    assert places["license"].endswith("mine/colours.yaml:8")
    assert places["never-fills"].endswith("mine/colours.yaml:11")
    rows = findings(own, [*rows_of(60, colour="red"), *rows_of(2, text="odd {}", colour="blue")], rows_of(5))
    assert [row["rule"] for row in rows if row["task"] == "colours/train"] == ["skewed"]


def test_a_wording_that_loses_something_and_a_language_that_is_not_named_are_errors(own: dict[str, Path]) -> None:
    (own["catalog"] / "colours.yaml").write_text(
        TASK.replace("Name the colour.", "Name the colour in 2 words.").replace(
            "license: unknown", "language: fr\nlicense: MIT"
        )
    )
    (own["catalog"] / "colours.wordings.yaml").write_text(
        "definition: Name the colour in 2 words.\nhands: [[Say which colour it is.]]\n"
    )
    rows = check_tasks(["colours"], catalog=own["catalog"])
    assert [(row["rule"], row["level"]) for row in rows] == [("language", "error"), ("wording", "error")]
    assert "number lost: '2'" in rows[1]["message"]
    assert rows[0]["place"].endswith("colours.yaml:10")


def test_a_task_file_is_named_with_the_line_of_the_instance(tmp_path: Path) -> None:
    instances = [{"id": f"i{n}", "input": f'a "input": {n}', "output": [f"o{n % 20}"]} for n in range(30)]
    instances[7]["input"] = "Mr. [**Name**]"
    instances[9]["id"] = "i8"
    data = {
        "Contributors": ["C"],
        "Source": [],
        "Categories": ["Question Answering"],
        "Definition": ["Answer."],
        "Input_language": ["English"],
        "Output_language": ["French"],
        "Instruction_language": ["English"],
        "Domains": ["Exams"],
        "Positive Examples": [{"input": "p", "output": "o", "explanation": "e"}],
        "Instances": instances,
    }
    path = tmp_path / "task1_x.json"
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
    lines = path.read_text(encoding="utf-8").splitlines()
    found = {row["rule"]: row["place"] for row in check_files([path])}
    assert found.keys() == {"restricted", "repeated-id", "missing", "language", "examples"}
    for rule, text in (
        ("restricted", "[**Name**]"),
        ("missing", '"Source"'),
        ("language", '"Definition"'),
        ("examples", '"Positive Examples"'),
        ("repeated-id", 'a \\"input\\": 8'),
    ):
        file, _, line = found[rule].rpartition(":")
        assert file == str(path)
        assert text in lines[int(line) - 1], rule
    other = tmp_path / "task2_y.json"
    other.write_text(json.dumps({**data, "Instances": instances[:3]}), encoding="utf-8")
    assert "overlap" in {row["rule"] for row in check_files([path], against=[other])}


def test_training_text_is_held_against_validation_items_of_a_data_set_without_a_test_split(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "medmcqa"
    folder.mkdir(parents=True)
    words = " ".join(f"w{n}" for n in range(20))
    for split, question in (("validation", words), ("train", words[::-1])):
        row = {"question": question, "options": {"A": "a", "B": "b"}, "answer_idx": "A"}
        (folder / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    made = [Sample(f"s{n}", "mine", "b", input=f"{text} and more") for n, text in enumerate((words, words[::-1]))]
    write_records(tmp_path / "samples", made, Sample)
    rows = check_files([tmp_path / "samples"], data=tmp_path / "data")
    (found,) = [row for row in rows if row["rule"] == "overlap"]
    assert "validation.jsonl" in found["message"]


def test_the_lists_of_a_split_hold_every_task_once(tmp_path: Path) -> None:
    (tmp_path / "splits" / "default").mkdir(parents=True)
    (tmp_path / "tasks").mkdir()
    for name in ("task1_a", "task2_b", "task3_c"):
        (tmp_path / "tasks" / f"{name}.json").write_text("{}")
    split = tmp_path / "splits" / "default"
    (split / "train_tasks.txt").write_text("task1_a\ntask2_b\n")
    (split / "test_tasks.txt").write_text("task3_c\n")
    assert check_files([split]) == []
    (split / "excluded_tasks.txt").write_text("task2_b\n")
    (split / "test_tasks.txt").write_text("\n")
    assert [(row["task"], row["rule"]) for row in check_files([split])] == [
        ("task2_b", "split"),
        ("task3_c", "split"),
    ]


def test_samples_without_a_licence_or_an_output_are_found(tmp_path: Path) -> None:
    samples = [Sample(id=f"s{n}", task="t", input=f"i{n}", output=f"o{n}", license="MIT") for n in range(30)]
    samples[4] = Sample(id="s4", task="t", input="i4", output=" ")
    write_records(tmp_path / "samples", samples, Sample)
    rows = check_files([tmp_path / "samples"])
    assert [(row["rule"], row["place"].rpartition(" ")[2]) for row in rows] == [
        ("empty", "5"),
        ("license", str(tmp_path / "samples")),
    ]
    with pytest.raises(UserError, match="no such file or folder; expected a task file or samples"):
        check_files([tmp_path / "nothing"])


RUNS = st.lists(st.sampled_from([f"w{i}" for i in range(500)]), min_size=30, max_size=60)


@settings(max_examples=30)
@given(RUNS, RUNS)
def test_a_shared_run_of_thirteen_words_and_a_near_copy_are_found(one: list[str], other: list[str]) -> None:
    test = [("whole", " ".join(one)), ("run", "x y " + " ".join(other[:13]) + " z")]
    training = [("a", " ".join(one).upper() + "!"), ("b", "begin " + " ".join(other[:20]))]
    found = overlap(test, training)
    place, how = found["whole"]
    assert place in ("a", "b")  # words that repeat may make the second a near copy too
    assert how == "is nearly the same"
    assert found["run"][0] in ("a", "b")
    assert overlap([("short", "one two three")], [("p", "four five six")]) == {}


def plain_overlap(test: list[tuple[str, str]], training: list[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return what `overlap` should: every pair compared, by sets of runs."""

    def runs(text: str, length: int) -> set[tuple[str, ...]]:
        words = re.findall("[a-z0-9]+", text.lower())
        length = min(length, len(words)) if length == 5 else length
        return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)} if length else set()

    found: dict[str, tuple[str, str]] = {}
    for place, text in training:
        for name, other in test:
            if runs(text, 13) & runs(other, 13):
                found.setdefault(name, (place, "shares 13 words in a row"))
        for name, other in test:
            own, theirs = runs(text, 5), runs(other, 5)
            if own and theirs and len(own & theirs) / len(own | theirs) >= 0.8:
                found[name] = (place, "is nearly the same")
    return found


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(0, 15))
def test_overlap_is_what_comparing_every_pair_gives(draw: Any, count: int) -> None:
    base = [f"w{draw.randrange(60)}" for _ in range(200)]

    def text() -> str:
        start, length = draw.randrange(150), draw.choice([0, 1, 3, 5, 13, 20, 40])
        words = base[start : start + length]
        if words and draw.random() < 0.4:
            words[draw.randrange(len(words))] = "other"
        return str(draw.choice([" ", ", ", "\n"])).join(words).title()

    test, training = ([(f"{side}{number}", text()) for number in range(count)] for side in "ab")
    assert overlap(test, training) == plain_overlap(test, training)
