"""What may be wrong with a catalog file or a data set: named with its place, or set aside and counted."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from polyclinic import tasks
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records

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
  files: {train: train.csv*}
"""
HEAD = "text,colour\n"
GOOD = [f"text {n},{'red' if n % 2 else 'blue'}\n" for n in range(30)]


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "colours.yaml").write_text(TASK)
    (tmp_path / "data" / "colours").mkdir(parents=True)
    return {"tasks": str(tmp_path / "mine"), "data": tmp_path / "data"}


def write(own: dict[str, Any], content: bytes, name: str = "train.csv") -> None:
    (own["data"] / "colours" / name).write_bytes(content)


def lines(*bad: str) -> bytes:
    return "".join([HEAD, *GOOD[:10], *bad, *GOOD[10:]]).encode()


BAD_ROWS = {
    "a quote that is never closed": (lines('"open,red\n'), "train.csv:12", "broken csv: ", 30),
    "a quote inside a cell": (lines('"a"b,red\n'), "train.csv:12", "',' expected after '\"'", 30),
    "a cell too many": (lines("a,red,blue\n"), "train.csv:12", "expected 2 cells (text, colour), found 3", 30),
    "an empty input": (lines(" ,red\n"), "train.csv:12", "field 'input' is empty", 30),
    "a label outside the list": (
        lines("a,green\n"),
        "train.csv:12",
        "field 'output': expected one label of the closed list, found 'green'",
        30,
    ),
    "an item of 2 MB": (
        lines("x" * 2_000_000 + ",red\n"),
        "train.csv:12",
        "field 'input': the item has 2000003 characters, at most 1000000",
        30,
    ),
    "a template that names a field the row lacks": (
        lines("a,\n"),
        "train.csv:12",
        "field 'output': template '{{ colour }}': 'colour' is undefined; the row has ",
        30,
    ),
    "a line in another encoding": (
        lines().replace(b"text 10,", "täxt 10,".encode("latin-1")),
        "train.csv:12",
        "not UTF-8 (byte 1 of the line); save the file in one encoding, or name its own in source.encoding",
        29,
    ),
}


@pytest.mark.parametrize(("content", "place", "reason", "kept"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_the_error_or_set_aside_with_place_and_reason_and_counted(
    tmp_path: Path, own: dict[str, Any], content: bytes, place: str, reason: str, kept: int
) -> None:
    write(own, content)
    with pytest.raises(UserError) as caught:
        tasks.build(out=tmp_path / "stopped", **own)
    message = str(caught.value)
    assert f"{place}: task colours: " in message
    assert reason in message
    assert message.endswith("(skip_bad sets such items aside)")
    made = tasks.build(out=tmp_path / "made", skip_bad=True, **own)
    assert len(list(read_records(made, Sample))) == kept
    [aside] = [json.loads(line) for line in (made / "set_aside.jsonl").read_text(encoding="utf-8").splitlines()]
    assert aside["place"].endswith(place)
    assert reason in aside["reason"]
    assert len(aside["text"]) <= 10_000
    manifest = read_manifest(made)
    assert manifest is not None
    assert manifest.facts["colours"]["set_aside"] == 1


def test_a_truncated_gzip_keeps_what_it_holds_and_the_rest_is_one_counted_item(
    tmp_path: Path, own: dict[str, Any]
) -> None:
    rows = [f"text {n} {'x' * (n % 97)},red\n" for n in range(20_000)]
    whole = gzip.compress("".join([HEAD, *rows]).encode(), mtime=0)
    write(own, whole[: len(whole) * 2 // 3], "train.csv.gz")
    with pytest.raises(UserError, match=r"train\.csv\.gz:\d+: task colours: the gzip file is damaged or cut off"):
        tasks.build(out=tmp_path / "stopped", **own)
    made = tasks.build(out=tmp_path / "made", skip_bad=True, **own)
    kept = len(list(read_records(made, Sample)))
    assert 5_000 < kept < 20_000
    aside = [json.loads(line) for line in (made / "set_aside.jsonl").read_text(encoding="utf-8").splitlines()]
    assert "damaged or cut off" in aside[-1]["reason"]
    assert len(aside) <= 2  # the line that is cut, and the end


def test_a_whole_clean_file_leaves_no_side_file(tmp_path: Path, own: dict[str, Any]) -> None:
    write(own, lines())
    made = tasks.build(out=tmp_path / "made", skip_bad=True, **own)
    assert not (made / "set_aside.jsonl").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("family: label", "familly: label"), r"colours\.yaml:5: familly: unknown field; did you mean 'family'\?"),
        (("  folder:", "  foldr:"), r"colours\.yaml:16: source\.foldr: unknown field; did you mean 'folder'\?"),
        (
            ("Text Classification", "Text Clasification"),
            r"colours\.yaml:3: category: unknown category .* did you mean",
        ),
        (("{{ text }}", "{{ text"), r"colours\.yaml:12: input: not a template: "),
        (("format: delimited", "format: parquet"), r"colours\.yaml:17: source\.format: "),
        (("title: Colours", "title: [Colours"), r"colours\.yaml:\d+: broken YAML"),
    ],
)
def test_a_catalog_file_that_is_wrong_is_named_with_line_and_field(
    tmp_path: Path, own: dict[str, Any], change: tuple[str, str], message: str
) -> None:
    assert change[0] in TASK
    (tmp_path / "mine" / "colours.yaml").write_text(TASK.replace(*change, 1))
    with pytest.raises(UserError, match=message):
        tasks.build(out=tmp_path / "made", **own)


@pytest.mark.parametrize(
    ("task", "file", "content", "lacking"),
    [
        (
            "meds-ins-083-mimic-ct-chest-summarization",
            "note/radiology.csv",
            "row_id,subject_id,text\n1,2,EXAMINATION: CT CHEST\n",
            "not the release of .* 2.2 .*: field 'note_id' is missing, found row_id, subject_id, text",
        ),
        (
            "clue-mednli",
            "mli_train_v1.jsonl",
            '{"premise": "a", "hypothesis": "b", "label": "neutral"}\n',
            "not the release of MedNLI 1.0.0 .*: field 'sentence1' is missing",
        ),
        (
            "meds-ins-117-mimic4ed-benchmark-hospitalization",
            "train.csv",
            "stay_id,outcome\n1,True\n",
            "not the release of MIMIC4ED Benchmark .*: field 'outcome_hospitalization' is missing",
        ),
    ],
)
def test_a_restricted_set_in_the_wrong_version_is_refused_with_what_was_expected(
    tmp_path: Path, task: str, file: str, content: str, lacking: str
) -> None:
    source = tasks.load_task(task).source
    assert source is not None
    path = tmp_path / source.folder / file
    path.parent.mkdir(parents=True)
    path.write_text(content)
    for skip_bad in (False, True):  # a whole wrong release is never set aside row by row
        with pytest.raises(UserError, match=lacking):
            tasks.build(out=tmp_path / f"made-{skip_bad}", tasks=task, data=tmp_path, skip_bad=skip_bad)
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(UserError, match="grants access; put the official release at"):
        tasks.build(out=tmp_path / "missing", tasks=task, data=tmp_path / "elsewhere")


def test_every_restricted_table_says_by_which_fields_its_release_is_known() -> None:
    for task in tasks.load_catalog().values():
        if task.source is not None and task.access != "open" and task.buildable and task.source.format != "standoff":
            assert task.source.expect, task.name


def test_a_folder_of_tasks_stands_for_all_of_them_and_mistakes_are_said(tmp_path: Path, own: dict[str, Any]) -> None:
    write(own, lines())
    by_folder = tasks.build(out=tmp_path / "folder", **own)
    by_name = tasks.build(out=tmp_path / "name", tasks="colours", catalog=own["tasks"], data=own["data"])
    assert (by_folder / "records.parquet").read_bytes() == (by_name / "records.parquet").read_bytes()
    with pytest.raises(UserError, match=r"tasks: .*/nowhere: no such folder; expected names of tasks, or a folder"):
        tasks.build(out=tmp_path / "a", tasks=str(tmp_path / "nowhere"), data=own["data"])
    with pytest.raises(UserError, match="two folders of tasks; give one"):
        tasks.build(out=tmp_path / "b", tasks=own["tasks"], catalog=tmp_path, data=own["data"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no tasks here; expected one YAML file for each task"):
        tasks.build(out=tmp_path / "c", tasks=str(tmp_path / "empty"), data=own["data"])
