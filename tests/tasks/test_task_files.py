"""MedS-Ins and Super-NaturalInstructions task files, in every published variant."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.tasks import check_files, read_task_file
from polyclinic.tasks.item_checks import entropy
from polyclinic.tasks.task_file import Instance, TaskFile, write_task_file

KEYS = [
    "Contributors",
    "Source",
    "URL",
    "Categories",
    "Reasoning",
    "Definition",
    "Input_language",
    "Output_language",
    "Instruction_language",
    "Domains",
    "Positive Examples",
    "Negative Examples",
    "Instances",
]
SEVEN: dict[str, Any] = {
    "Categories": ["Question Answering"],
    "Definition": ["Answer."],
    "Input_language": ["English"],
    "Output_language": ["English"],
    "Domains": ["Exams"],
    "Source": ["S"],
    "Instances": [{"input": f"q{i}", "output": [f"a{i % 9}"]} for i in range(30)],
}


def written(tmp_path: Path, data: Any, name: str = "task1_x.json") -> Path:
    path = tmp_path / name
    path.write_text(data if isinstance(data, str) else json.dumps(data, indent=1), encoding="utf-8")
    return path


def test_what_is_written_has_the_thirteen_keys_and_lists_everywhere(tmp_path: Path) -> None:
    head = TaskFile(definition=("Answer.",), source=("S",), input_language=("English",))
    count = write_task_file(tmp_path / "t.json", head, [Instance("a", "é\n", ("x", "y")), Instance("b", "q", ("z",))])
    data = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert (list(data), count) == (KEYS, 2)
    assert all(isinstance(value, list) for value in data.values())
    assert data["Instances"][0] == {"id": "a", "input": "é\n", "output": ["x", "y"]}
    empty = tmp_path / "empty.json"
    assert write_task_file(empty, head, []) == 0
    assert json.loads(empty.read_text())["Instances"] == []


text = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.tuples(text, text, st.lists(text, min_size=1, max_size=3)), max_size=5), text)
def test_instances_come_back_as_they_were_written(
    tmp_path: Path, rows: list[tuple[str, str, list[str]]], definition: str
) -> None:
    instances = [Instance(f"i{n}{name}", body, tuple(out)) for n, (name, body, out) in enumerate(rows)]
    write_task_file(tmp_path / "t.json", TaskFile(definition=(definition,)), instances)
    found = read_task_file(tmp_path / "t.json")
    assert (list(found.instances), found.definition) == (instances, (definition,))


def test_seven_keys_missing_ids_plain_strings_and_other_endings_are_read(tmp_path: Path) -> None:
    found = read_task_file(written(tmp_path, SEVEN))
    assert len(found.instances) == 30
    assert found.instances[0].id.startswith("task1-")
    assert len({i.id for i in found.instances}) == 30
    assert read_task_file(written(tmp_path, SEVEN)).instances == found.instances
    by_script = {**SEVEN, "Source": "S", "Definition": "Answer.", "Split Type": "Train/Test", "Reasoning": []}
    by_script["Instances"] = [{"id": "x", "input": "q", "output": "a"}]
    found = read_task_file(written(tmp_path, by_script, "task2_y.jsonl"))
    assert (found.source, found.definition, found.split_type) == (("S",), ("Answer.",), "Train/Test")
    assert found.instances == (Instance("x", "q", ("a",)),)
    natural = {
        **SEVEN,
        "Positive Examples": [{"input": "i", "output": "o", "explanation": "e"}],
        "Instance License": ["x"],
    }
    assert read_task_file(written(tmp_path, natural)).positive_examples[0].output == "o"


@pytest.mark.parametrize("leave_out", [(), ("Reasoning", "Instruction_language"), tuple(set(KEYS) - set(SEVEN))])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("ending", [".json", ".jsonl"])
@pytest.mark.parametrize("output", [["a", "b"], "a", ["a"]])
def test_thirteen_eleven_and_seven_keys_lists_or_plain_text_become_the_same_canonical_file(
    tmp_path: Path, leave_out: tuple[str, ...], plain: bool, ending: str, output: Any
) -> None:
    example = {"input": "i", "output": "o", "explanation": ""}
    data: dict[str, Any] = {key: [f"{key} 1"] for key in KEYS[:10]} | {key: [example] for key in KEYS[10:12]}
    data["Instances"] = [{"id": "task7-1", "input": "q", "output": output}, {"input": "p", "output": output}]
    data = {key: value for key, value in data.items() if key not in leave_out}
    shown = {key: value[0] if plain and key in KEYS[:10] else value for key, value in data.items()}
    found = read_task_file(written(tmp_path, shown, f"task7_x{ending}"))
    write_task_file(tmp_path / "again.json", found, found.instances)
    canonical = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert list(canonical) == KEYS
    for key in KEYS[:12]:
        assert canonical[key] == data.get(key, [])
    replies = [output] if isinstance(output, str) else output
    assert [row["output"] for row in canonical["Instances"]] == [replies, replies]
    assert canonical["Instances"][0]["id"] == "task7-1"
    assert re.fullmatch("task7-[0-9a-f]{32}", canonical["Instances"][1]["id"])
    back = read_task_file(tmp_path / "again.json")
    assert (back.instances, back.definition) == (found.instances, found.definition)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"Definition": [', r"task1_x\.json:1: broken JSON"),
        ("[1]", "expected one object with Definition and Instances, found list"),
        ({"Definition": ["x"]}, "Instances: expected a list of objects with input and output, found nothing"),
        ({"Instances": [{"input": 7, "output": ["a"]}]}, "Instances 1: input: expected text, found int"),
        ({"Instances": [{"input": "q", "output": []}]}, "Instances 1: output: expected at least one reply"),
        ({"Instances": [{"input": "q", "output": {"a": 1}}]}, "output: expected text or a list of texts, found dict"),
        ('{"Instances": [], "Instances": []}', "the key 'Instances' comes twice"),
    ],
)
def test_a_broken_task_file_is_named_with_its_place(tmp_path: Path, data: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_task_file(written(tmp_path, data))


def test_the_workbook_of_the_contribution_form_is_read(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    basic = book.create_sheet("Basic Information")
    for cells in (["Contributors", "A, B"], ["Text Domains", "Exams"], ["Definition", "Say, please."]):
        basic.append(cells)
    rows = book.create_sheet("Instances")
    given_rows: list[list[object]] = [["Input", "Output"], ["q", 7], [None, None]]
    for row in given_rows:
        rows.append(row)
    book.save(tmp_path / "task9_form.xlsx")
    found = read_task_file(tmp_path / "task9_form.xlsx")
    assert (found.contributors, found.domains, found.definition) == (("A", "B"), ("Exams",), ("Say, please.",))
    assert [(i.input, i.output) for i in found.instances] == [("q", ("7",))]


def rules(tmp_path: Path, data: dict[str, Any]) -> set[str]:
    return {row["rule"] for row in check_files([written(tmp_path, data)])}


def test_a_sound_task_file_passes_and_task12_would_not(tmp_path: Path) -> None:
    assert rules(tmp_path, SEVEN) == set()
    constant = {**SEVEN, "Instances": [{"input": f"q{i}", "output": ["no"]} for i in range(650)]}
    assert rules(tmp_path, constant) == {"one-output"}
    skewed = {**SEVEN, "Instances": [{"input": f"q{i}", "output": ["no" if i else "yes"]} for i in range(50)]}
    assert rules(tmp_path, skewed) == {"skewed"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"Instances": SEVEN["Instances"][:5]}, "few"),
        ({"Instances": [*SEVEN["Instances"], SEVEN["Instances"][0]]}, "repeated-input"),
        ({"Instances": [*SEVEN["Instances"], {"input": " ", "output": ["x"]}]}, "empty"),
        ({"Instances": [*SEVEN["Instances"], {"input": "na\u00c3\u00afve", "output": ["x"]}]}, "encoding"),
        ({"Instances": [*SEVEN["Instances"], {"input": "Mr. [**Name**]", "output": ["x"]}]}, "restricted"),
        ({"Categories": ["Quizzing"]}, "unknown-name"),
        ({"Domains": []}, "missing"),
        ({"Input_language": ["Chinese"]}, "language"),
        ({"Positive Examples": [{"input": "q1", "output": "a", "explanation": ""}]}, "example"),
        ({"Instances": [{"id": "x", **row} for row in SEVEN["Instances"]]}, "repeated-id"),
    ],
)
def test_each_rule_finds_what_it_is_for(tmp_path: Path, change: dict[str, Any], rule: str) -> None:
    assert rule in rules(tmp_path, {**SEVEN, **change})


def test_entropy_is_one_for_equal_parts_and_zero_for_one_value() -> None:
    assert entropy([5, 5]) == pytest.approx(1.0)
    assert entropy([9]) == 0.0
    assert entropy([99, 1]) < 0.1
