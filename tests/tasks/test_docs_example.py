"""The worked example of docs/catalog.md, and the commands it names."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from polyclinic.tasks import suite_counts
from polyclinic.tasks.names import SUITES

ROOT = Path(__file__).parents[2]


def polyclinic(*arguments: str, room: str = "tasks", at: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "polyclinic", room, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=at)


def test_the_example_of_the_documents_builds_checks_exports_and_is_counted(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "catalog.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n# mine/tumour-board\.yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "tumour-board.yaml").write_text(found.group(1))
    (tmp_path / "board").mkdir()
    labels = ["surgery", "radiation", "chemotherapy", "wait"]
    for split in ("train", "test"):
        rows = [f"{split} case {i},{labels[i % 4]},p{i}" for i in range(40)]
        (tmp_path / "board" / f"{split}.csv").write_text("\n".join(["text,decision,patient", *rows]) + "\n")
    own = ["--tasks", str(tmp_path / "mine")]
    task = [*own, "--data", str(tmp_path)]
    checked = polyclinic("check", *task, "--json")
    assert (checked.returncode, json.loads(checked.stdout)) == (0, []), checked.stderr
    built = polyclinic("build", *task, "--few-shot-share", "0.5", "--out", str(tmp_path / "samples"))
    assert built.returncode == 0, built.stderr
    exported = polyclinic("export", str(tmp_path / "samples"), "--out", str(tmp_path / "files"), *own)
    assert exported.stdout.split()[1] == "40"
    recheck = polyclinic("check", exported.stdout.split()[0], "--json")
    assert json.loads(recheck.stdout) == [
        {
            "task": "task_tumour_board",
            "place": exported.stdout.split()[0],
            "level": "warning",
            "rule": "file-name",
            "message": "expected task<number>_<lower case>.json",
        }
    ]
    assert json.loads(polyclinic("check", str(tmp_path / "samples"), *own, "--json").stdout) == []
    listed = json.loads(polyclinic("list", *own, "--json").stdout)
    assert [row["license"] for row in listed if row["name"] == "tumour-board"] == ["LicenseRef-hospital"]
    page = tmp_path / "page.html"
    drawn = ["--pictures", str(tmp_path / "pictures")]
    counted = polyclinic("statistics", str(tmp_path / "samples"), "--page", str(page), *drawn, *own, "--json")
    assert {"what": "category", "name": "Treatment Planning", "samples": 40}.items() <= json.loads(counted.stdout)[
        1
    ].items()
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(file.name for file in (tmp_path / "pictures").iterdir()) == ["sankey.png", "sunburst.png"]


def test_wordings_are_written_stored_and_counted_by_the_commands_of_the_documents(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    made = polyclinic(
        "paraphrase", "--tasks", "meds-ins-114-medqsum-text-summurization", "--out", "made", room="synth", at=tmp_path
    )
    assert made.returncode == 0, made.stderr
    stored = polyclinic("wordings", "made", "--tasks", "mine", "--json", at=tmp_path)
    [row] = [row for row in json.loads(stored.stdout) if row["name"].startswith("meds-ins-114")]
    assert (row["hand"], row["teacher"], row["published"]) == (15, 0, 160)
    assert row["rules"] >= 5
    assert f"{row['rules']} added" in stored.stderr
    missing = polyclinic("wordings", "made", at=tmp_path)
    assert (missing.returncode, missing.stdout) == (2, "")


def test_the_list_has_what_scripts_rely_on_and_the_counts(tmp_path: Path) -> None:
    rows = json.loads(polyclinic("list", "--suite", "clue+", "--json").stdout)
    assert len(rows) == 16
    assert set(rows[0]) == {"name", "category", "domain", "suites", "access", "license", "verified"}
    shown = polyclinic("list", "--suite", "meds-bench").stdout
    assert re.search(r"meds-bench +53 +52 +51 +6 +33", shown)
    wrong = polyclinic("check", "--tasks", "nothing-like-it")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "unknown task 'nothing-like-it'" in wrong.stderr


def test_the_counts_in_the_documents_are_those_of_the_catalog() -> None:
    text = (ROOT / "docs" / "catalog.md").read_text(encoding="utf-8")
    for row in suite_counts():
        if row["suite"] in SUITES:
            [line] = re.findall(rf"^\| {re.escape(row['suite'])} \|.*$", text, re.MULTILINE)
            numbers = [int(re.match(r"\d+", cell.strip()).group()) for cell in line.split("|")[2:-1]]  # type: ignore[union-attr]
            assert numbers == [row[name] for name in ("entries", "tasks", "buildable", "verified", "open")]
