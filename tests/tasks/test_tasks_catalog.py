"""The catalog of tasks."""

from pathlib import Path

import pytest

from polyclinic.errors import UserError
from polyclinic.records import Sample
from polyclinic.tasks import load_catalog, load_task, neutral_text, prompt_text, question_text, suite_tasks, task_rows

WHOLE = """
title: Mine
category: Question Answering
domain: medcode
family: multiple_choice
builder: icd10cm_questions
metric: accuracy
question: What is {{ code }}?
prompt: "{{ question }}"
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_packages_own_tasks_are_whole() -> None:
    catalog = load_catalog()
    assert {"icd10cm-easy", "icd10cm-medium", "icd10cm-hard"} <= set(catalog)
    domains = {"notes", "guidelines", "encyclopedia", "medcode", "pubmed", "clinical", "medwiki", "general"}
    assert {task.domain for task in catalog.values() if task.builder == "held_out_text"} == domains
    assert all(task.medcare_part != "unknown" for task in catalog.values())
    assert [catalog[f"icd10cm-{level}"].distance for level in ("easy", "medium", "hard")] == [None, (3, 5), (2, 2)]


def test_rows_for_a_list_have_what_scripts_rely_on() -> None:
    row = next(row for row in task_rows() if row["name"] == "icd10cm-hard")
    assert row == {
        "name": "icd10cm-hard",
        "category": "Question Answering",
        "domain": "medcode",
        "suites": ["icd10cm", "clue+", "quickstart"],
        "access": "open",
        "license": "public-domain",
        "verified": True,
    }
    assert {row["domain"] for row in task_rows("icd10cm")} == {"medcode"}


def test_templates_put_the_question_to_a_model() -> None:
    task = load_task("icd10cm-easy")
    sample = Sample(id="x", task=task.name, input="What?", output="b", options=("a", "b"), metadata={"code": "E11.9"})
    assert question_text(task, {"code": "E11.9"}) == "What is the description of the medical code E11.9 in ICD10CM?"
    assert prompt_text(task, sample) == "Question: What?\nAnswer:"
    assert "E11" not in neutral_text(task, sample)


def test_a_folder_of_the_users_own_adds_tasks_and_may_extend_any_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "catalog", "mine", "extends: _own\nname: mine\ntitle: Mine\n")
    write(folder, "_own", "extends: _icd10cm\nsuites: [ours]\n")
    task = load_task("mine", folder)
    assert (task.title, task.suites, task.builder) == ("Mine", ("ours",), "icd10cm_questions")
    assert "icd10cm-easy" in load_catalog(folder)
    assert "mine" not in load_catalog()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("titel: Mine\n", r"mine\.yaml:10: titel: unknown field; did you mean 'title'\?"),
        ("suites: 7\n", r"mine\.yaml:10: suites: input should be a valid tuple, found 7"),
        ("category: Quizzing\n", r"mine\.yaml:9: category: unknown category 'Quizzing'; .*Diagnosis"),
        ("published: {instanses: 3}\n", r"published\.instanses: unknown field; did you mean 'instances'\?"),
        ("options: 1\n", r"mine\.yaml:10: options: .*greater than or equal to 2"),
        ("metric: bleu\n", r"mine\.yaml:9: metric: .*'accuracy'"),
        ("distance: [5, 3]\n", r"mine\.yaml:10: distance: expected \[least, most\]"),
        ('question: "What is {{ code"\n', r"mine\.yaml:9: question: not a template"),
        ("question: What is {{ codes }}?\n", r"question: the template names 'codes'; did you mean 'code'\?"),
        ("prompt: ''\n", r"mine\.yaml: a multiple_choice task needs prompt"),
        ("scoring: mutual_information\n", r"mutual_information needs neutral_prompt"),
        ("family: perplexity\n", r"family perplexity goes with builder held_out_text or samples"),
        ("extends: _icd10\n", r"mine\.yaml: extends: no file _icd10\.yaml; did you mean '_icd10cm'\?"),
        ("extends: mine\n", r"mine\.yaml: extends: a circle: mine -> mine"),
        ("name: yours\n", r"the file is called mine\.yaml, the task 'yours'"),
        ("title: [\n", r"mine\.yaml:\d+: broken YAML"),
    ],
)
def test_a_wrong_file_is_named_with_its_field(tmp_path: Path, change: str, message: str) -> None:
    field = change.split(":")[0]
    kept = "".join(line + "\n" for line in WHOLE.splitlines() if not line.startswith(f"{field}:"))
    with pytest.raises(UserError, match=message):
        load_catalog(write(tmp_path / "catalog", "mine", kept + change))


def test_a_missing_field_says_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mine\.yaml: family: missing; how a model is asked"):
        load_catalog(write(tmp_path / "catalog", "mine", WHOLE.replace("family: multiple_choice\n", "")))


def test_a_list_or_a_missing_folder_is_no_catalog(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected `field: value` lines, found list"):
        load_catalog(write(tmp_path / "catalog", "mine", "- a\n- b\n"))
    with pytest.raises(UserError, match="no such folder"):
        load_catalog(tmp_path / "nowhere")


def test_a_name_that_is_taken_or_unknown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the catalog has a task 'icd10cm-easy' already"):
        load_catalog(write(tmp_path / "catalog", "icd10cm-easy", WHOLE))
    with pytest.raises(UserError, match=r"unknown task 'icd10cm-eazy'; did you mean 'icd10cm-easy'\?"):
        load_task("icd10cm-eazy")
    with pytest.raises(UserError, match=r"unknown suite 'klue'; did you mean 'clue'\?"):
        suite_tasks("klue")


def test_a_task_is_tested_with_its_test_split_else_with_its_validation_split_and_never_with_training_data() -> None:
    found = {task.name: task.test_split for task in load_catalog().values()}
    assert found["medcare-medqa-us"] == "test"
    assert found["medcare-medmcqa"] == "validation"
    assert found["meds-ins-070-wikidoc-questions"] == ""
    assert found["icd10cm-easy"] == "test", "items of documents are not of a split"
