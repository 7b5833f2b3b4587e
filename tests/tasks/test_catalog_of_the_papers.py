"""The tasks of the papers, against the tables they were written down from."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from polyclinic.errors import UserError
from polyclinic.tasks import load_catalog, suite_counts, suite_tasks
from polyclinic.tasks.names import CATEGORIES, DOMAINS

TABLES = Path(__file__).parents[2].parent / "shared" / "spec" / "tables"
here = pytest.mark.skipif(not TABLES.is_dir(), reason="the tables of the papers are not here")


def table(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_suite_has_the_published_number_of_tasks() -> None:
    counts = {row["suite"]: (row["entries"], row["tasks"]) for row in suite_counts()}
    assert counts["meds-ins"] == (122, 122)
    assert counts["meds-bench"] == (53, 52)
    assert counts["clue+"] == (16, 12)  # LongHealth and ICD10CM are three entries each
    assert counts["clue"] == (8, 6)
    assert counts["medcare"] == (28, 28)


def test_every_category_and_domain_is_there_as_often_as_published() -> None:
    tasks = suite_tasks("meds-ins")
    assert {task.category for task in tasks} == set(CATEGORIES)
    domains = Counter(task.domain for task in tasks)
    assert [domains[name] for name in DOMAINS] == [67, 29, 12, 8, 6]
    assert sum(task.published.rewrites or 0 for task in tasks) == 18_996


@here
def test_meds_ins_tasks_say_what_their_table_says() -> None:
    tasks = {task.published.meds_ins_number: task for task in suite_tasks("meds-ins")}
    for row in table("meds_ins_tasks"):
        task = tasks[int(row["task_id"])]
        assert (task.category, task.domain) == (row["category"], row["domain"])
        assert task.published.meds_ins_file == row["file_stem"]
        wanted = int(row["instances_est"]) if row["instances_est"] else "unknown"
        assert task.published.instances == wanted
        access = {"open": "open", "cred": "credentialed", "data": "agreement"}[row["access"][:4]]
        assert task.access == access
        assert ("meds-bench" in task.suites) == (row["has_medsbench_file"] == "yes")


@here
def test_meds_bench_files_say_what_their_table_says() -> None:
    tasks = {task.published.meds_ins_number: task for task in suite_tasks("meds-bench")}
    shots = {row["paper_task_no"]: int(row["shots"]) for row in table("medsbench_tasks")}
    files = table("medsbench_files")
    assert len(tasks) == len(files) == 53
    for row in files:
        task = tasks[int(row["task_id"])]
        assert task.published.evaluated_items == int(row["n_eval"])
        assert task.published.bench_task == int(row["paper_task_no"])
        assert task.shots == shots[row["paper_task_no"]]
        assert (task.access == "open") == row["access"].startswith("open")
    assert len({task.published.bench_task for task in tasks.values()}) == 52


@here
def test_clue_and_medcare_tasks_say_what_their_tables_say() -> None:
    catalog = load_catalog()
    for row in table("clue_plus_tasks"):
        if row["key"] != "icd10cm":
            task = catalog[f"clue-{row['key'].replace('_', '-')}"]
            assert task.shots == int(row["shots"])
            assert task.published.evaluated_items == (int(row["n_items"]) if row["n_items"] else "unknown")
    for row in table("medcare_eval_tasks"):
        task = catalog[f"medcare-{row['key'].replace('_', '-')}"]
        assert task.published.evaluated_items == (int(row["n_items"]) if row["n_items"] else "unknown")
        assert task.language == row["language"]
        assert (task.medcare_part == "knowledge_intensive") == (row["family"] == "exam")


@here
def test_closed_label_lists_are_the_published_ones() -> None:
    by_number = {str(task.published.meds_ins_number): task for task in load_catalog().values()}
    by_title = {task.title: task for task in suite_tasks("medcare")}
    lists: dict[str, list[str]] = {}
    owners: dict[str, list[str]] = {}
    for row in table("closed_label_sets"):
        lists.setdefault(row["label_set"], []).append(row["label"])
        owners[row["label_set"]] = row["tasks"].split(";")
    for name, labels in lists.items():
        for owner in owners[name]:
            assert list((by_number.get(owner) or by_title[owner]).labels) == labels


def test_restricted_data_name_who_grants_access_and_open_data_are_never_guessed_to_be_free() -> None:
    for task in load_catalog().values():
        if task.builder != "source":
            continue
        assert task.source is not None
        assert task.license
        if task.access in ("credentialed", "agreement"):
            assert task.source.granted_by
            assert task.commercial_use is not True
        if task.license == "unknown":
            assert task.commercial_use == "unknown"


def test_a_verified_task_can_be_built_and_a_task_whose_layout_is_unknown_says_so(tmp_path: Path) -> None:
    from polyclinic import tasks as stage

    catalog = load_catalog()
    assert all(task.buildable for task in catalog.values() if task.verified)
    unknown = next(task for task in catalog.values() if not task.buildable)
    with pytest.raises(UserError, match=r"the layout of .* is not known to the catalog"):
        stage.build(out=tmp_path / "out", tasks=unknown.name, data=tmp_path)
