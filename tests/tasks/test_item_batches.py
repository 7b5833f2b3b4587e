"""Items made by columns are those made one by one: same ids, texts, documents, reasons, and the same bytes."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.records import Sample, write_parts, write_records
from polyclinic.tasks import load_catalog, load_task
from polyclinic.tasks.item_columns import ItemColumns, item_batches
from polyclinic.tasks.item_samples import Choices, SampleMaker
from polyclinic.tasks.prompts import PromptName, shot_pool
from polyclinic.tasks.readers import Bad
from polyclinic.tasks.source_items import Item, task_items
from polyclinic.tasks.task import Task
from polyclinic.tasks.wordings import Wording

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "benchmarks"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")

HEAD = {
    "title": "T",
    "category": "Question Answering",
    "domain": "Exams",
    "family": "free_text",
    "builder": "source",
    "metric": "text_overlap",
    "license": "CC0-1.0",
    "definition": "Answer.",
}


def a_task(source: dict[str, Any], **fields: Any) -> Task:
    given = {"name": "S", "folder": ".", **source}
    return Task.model_validate({**HEAD, "name": "t", **fields, "source": given})


def flat(found: Iterable[ItemColumns | Item | Bad]) -> list[Item | Bad]:
    made: list[Item | Bad] = []
    for part in found:
        made += part.items() if isinstance(part, ItemColumns) else [part]
    return made


def both(task: Task, data: Path, split: str, **fields: Any) -> tuple[list[Item | Bad], bool]:
    """Return the items that both ways give, and whether any of them came as columns."""
    one_by_one = list(task_items(task, data, split, **fields))
    batches = list(item_batches(task, data, split, **fields))
    assert flat(batches) == one_by_one
    return one_by_one, any(isinstance(part, ItemColumns) and len(part) for part in batches)


def write_lines(file: Path, rows: Sequence[Any]) -> None:
    text = "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)
    raw = text.encode("utf-8", "surrogatepass")
    if file.suffix == ".gz":
        raw = gzip.compress(raw)
    elif file.suffix == ".zst":
        raw = pa.compress(raw, "zstd", asbytes=True)
    file.write_bytes(raw)


def write_table(file: Path, rows: Sequence[dict[str, Any]], group: int = 100) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows)), file, row_group_size=group)


ROWS = [{"text": f"text {n} – é", "reply": f"r{n % 7}", "n": n, "who": f"p{n // 3}"} for n in range(500)]
PLAIN = {"input": "{{ text }} ({{ n }})", "output": "{{ reply }}"}


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_files_of_every_kind_come_as_columns(tmp_path: Path, ending: str, split: str) -> None:
    (write_table if ending == "parquet" else write_lines)(tmp_path / f"a.{ending}", ROWS)
    write = write_table if ending == "parquet" else write_lines
    write(tmp_path / f"b.{ending}", ROWS[:50])
    format_ = "parquet_rows" if ending == "parquet" else "json_rows"
    source = {"format": format_, "files": {"all": f"*.{ending}"}, "document": "who", "id": "n"}
    found, by_columns = both(a_task(source, **PLAIN), tmp_path, split)
    assert by_columns
    assert split != "all" or len(found) == 550
    assert len({item.id for item in found if isinstance(item, Item)}) == len(found)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_what_is_wrong_with_a_row_is_said_in_the_same_words_and_place(tmp_path: Path, ending: str) -> None:
    rows: list[dict[str, Any]] = [dict(row) for row in ROWS]
    rows[10]["text"] = None
    rows[20]["reply"] = "  "
    rows[30]["text"] = "x" * 2_000_000
    rows[40]["reply"] = "none of them"
    (write_table if ending == "parquet" else write_lines)(tmp_path / f"a.{ending}", rows)
    format_ = "parquet_rows" if ending == "parquet" else "json_rows"
    source = {"format": format_, "files": {"train": f"*.{ending}"}}
    fields = {**PLAIN, "family": "label", "metric": "label_accuracy", "labels": [f"r{n}" for n in range(7)]}
    found, _ = both(a_task(source, **fields), tmp_path, "train")
    bad = [item for item in found if isinstance(item, Bad)]
    assert [item.kind for item in bad] == ["template", "empty", "over-long", "label"]
    assert len(found) == 500


def test_batches_beside_a_broken_one_still_come_as_columns(tmp_path: Path) -> None:
    rows: list[Any] = [{"text": "x" * 5000, "reply": "r", "n": n} for n in range(3000)]
    rows[1500] = '{"text": "cut'
    write_lines(tmp_path / "a.jsonl", rows)
    source = {"format": "json_rows", "files": {"train": "a.jsonl"}}
    found, by_columns = both(a_task(source, **PLAIN), tmp_path, "train")
    assert by_columns
    assert [item.place for item in found if isinstance(item, Bad)] == [f"{tmp_path}/a.jsonl:1501"]


BROKEN_LINES = [
    '{"text": "a", "reply": "b", "n": 1',
    '{"text": "a", "reply": "b", "n": 1.0}',
    '{"text": "a", "reply": "b", "n": 123456789012345678901234567890}',
    '{"text": "a", "reply": "b", "n": 1, "other": NaN}',
    '{"text": "a", "reply": "b", "n": 1, "other": ' + "[" * 20_000 + "]" * 20_000 + "}",
    '{"text": "a", "reply": "b", "n": 1, "other": ' + "9" * 5000 + "}",
    '{"text": "\\ud800", "reply": "b", "n": 1}',
    '{"text": "a", "reply": "b", "n": 1} {"text": "a"}',
    '{"text": "a", "text": "again", "reply": "b", "n": 1}',
    '{"text": ["a"], "reply": "b", "n": 1}',
    '{"text": true, "reply": null, "n": "1"}',
    '{"text": "\udcff", "reply": "b", "n": 1}',
    "[1, 2]",
    '"text"',
    "",
    "   ",
    "\x1c",
    '{"text": "a\tb", "reply": "b", "n": 1}',
    '{"text": "\\u001c", "reply": "\\u00a0", "n": 1}',
    '\ufeff{"text": "a", "reply": "b", "n": 1}',
    '{"text": "a", "reply": "b", "n": 1}\r',
]


@pytest.mark.parametrize("line", BROKEN_LINES, ids=range(len(BROKEN_LINES)))
@pytest.mark.parametrize("place", [0, 5])
def test_a_line_that_is_unlike_the_others_gives_what_the_reader_of_lines_gives(
    tmp_path: Path, line: str, place: int
) -> None:
    rows: list[Any] = list(ROWS[:10])
    rows.insert(place, line)
    write_lines(tmp_path / "a.jsonl", rows)
    both(a_task({"format": "json_rows", "files": {"train": "a.jsonl"}}, **PLAIN), tmp_path, "train")


@pytest.mark.parametrize("ending", ["jsonl.gz", "jsonl.zst"])
def test_a_cut_archive_loses_only_what_is_cut_off(tmp_path: Path, ending: str) -> None:
    import random

    generator = random.Random(0)
    rows = [{"text": f"{generator.random()}" * 10, "reply": "r", "n": n} for n in range(60_000)]
    file = tmp_path / f"a.{ending}"
    write_lines(file, rows)
    raw = file.read_bytes()
    file.write_bytes(raw[: len(raw) - 1000])
    source = {"format": "json_rows", "files": {"train": f"a.{ending}"}}
    found, by_columns = both(a_task(source, **PLAIN), tmp_path, "train")
    assert by_columns
    [bad] = [item for item in found if isinstance(item, Bad)]
    assert "file is damaged or cut off" in bad.reason
    assert 50_000 < len(found) < 60_001


def test_parquet_with_text_that_is_not_utf8_is_named_by_its_rows(tmp_path: Path) -> None:
    texts = pa.array([b"good", b"\xff\xfe", b"good"], pa.binary()).cast(pa.string(), safe=False)
    table = pa.table({"text": texts, "reply": ["a", "b", "c"], "n": [1, 2, 3]})
    pq.write_table(table, tmp_path / "a.parquet")
    source = {"format": "parquet_rows", "files": {"train": "a.parquet"}}
    found, _ = both(a_task(source, **PLAIN), tmp_path, "train")
    assert [item.place for item in found] == [f"{tmp_path}/a.parquet, rows 1 to 3"]


def test_a_file_that_is_no_parquet_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 not at all")
    source = {"format": "parquet_rows", "files": {"train": "a.parquet"}}
    found, _ = both(a_task(source, **PLAIN), tmp_path, "train")
    assert len(found) == 1


CELL = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "a", "b", " a ", "\u3000かな\u00a0", "\x1cx", "A", "AB", "1"]),
    st.text(max_size=4),
    st.integers(-3, 5),
    st.integers(2**63, 2**64),
    st.floats(allow_nan=False),
    st.booleans(),
    st.lists(st.text(max_size=3), max_size=4),
    st.dictionaries(st.sampled_from("ABCD"), st.text(max_size=3), max_size=4),
)
TEXT = st.sampled_from(["a", "b", " a", "b\u2003", "一二", "the right one", "\u3000かな", "x" * 60])
OPTIONS = st.one_of(
    st.lists(TEXT, min_size=0, max_size=5),
    st.dictionaries(st.sampled_from("ABCDE"), TEXT, min_size=2, max_size=4),
)
ANSWER = st.one_of(st.integers(-1, 4), st.sampled_from(["A", "B", "C", "AB", "a", "1", "一二", " a"]), TEXT)


def rows_like(strategy: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(strategy, min_size=1, max_size=8)


ANY_ROW = st.dictionaries(st.sampled_from(["text", "reply", "n", "who", "kind", "items"]), CELL)
USUAL_ROW = st.fixed_dictionaries(
    {"text": TEXT, "reply": TEXT, "n": st.integers(0, 4), "who": TEXT, "kind": st.sampled_from(["k", "l"])},
    optional={"items": st.lists(TEXT, max_size=3)},
)
CHOICE_ROW = st.fixed_dictionaries({"question": TEXT, "options": OPTIONS, "answer": ANSWER}, optional={"id": TEXT})


def check_rows(task: Task, rows: Sequence[Any], split: str, ending: str) -> bool:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / f"a.{ending}"
        if ending == "parquet":
            try:
                write_table(file, rows, 3)
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, pa.ArrowNotImplementedError):
                return False
        else:
            write_lines(file, rows)
        return both(task, Path(place), split, longest=100)[1]


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(rows_like(ANY_ROW), rows_like(USUAL_ROW)),
    st.sampled_from(
        [
            "{{ text }} ({{ n }})",
            "{{ text }}",
            "{% if text %}{{ text }}{% else %}none{% endif %}{{ who }}",
            '{{ items | join(", ") }}{{ id }}{{ document }}',
            "{{ text | upper }}",
            '{{ labels | join("/") }} {{ same }}',
        ]
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "where": st.just({"kind": ["k"]}),
            "not_empty": st.just(["who"]),
            "columns": st.sampled_from([{"same": "text"}, {"both": ["text", "reply"]}, {"n": "n"}]),
            "id": st.sampled_from(["who", "n"]),
            "document": st.sampled_from(["who", "n"]),
        },
    ),
    st.booleans(),
    st.sampled_from(["train", "test", "all"]),
    st.sampled_from(["jsonl", "parquet"]),
)
def test_whatever_stands_in_rows_both_ways_give_the_same(
    rows: list[dict[str, Any]], template: str, layout: dict[str, Any], labels: bool, split: str, ending: str
) -> None:
    source = {
        **layout,
        "format": "json_rows" if ending == "jsonl" else "parquet_rows",
        "files": {"all": f"a.{ending}"},
    }
    fields: dict[str, Any] = {"input": template, "output": "{{ reply }}", "labels": ["a", "b"] if labels else []}
    check_rows(a_task(source, **fields), rows, split, ending)


@settings(max_examples=150, deadline=None)
@given(
    rows_like(CHOICE_ROW),
    st.sampled_from(["letter", "index", "number", "text"]),
    st.sampled_from(["jsonl", "parquet"]),
)
def test_options_of_every_kind_both_ways_give_the_same(
    rows: list[dict[str, Any]], answer_is: str, ending: str
) -> None:
    source = {"format": "multiple_choice", "files": {"train": f"a.{ending}"}, "answer_is": answer_is}
    fields = {
        "input": '{{ question }}\n{{ lettered }}\n{{ options | join("; ") }}',
        "output": '{{ letter }}: {{ answer }} {{ answers | join(" ") }} {{ answer_letters | join("") }}',
    }
    check_rows(a_task(source, **fields), rows, "train", ending)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    ("rows", "layout"),
    [
        ([{"question": "q", "options": {"A": "x ", "B": "y"}, "answer": "B"}] * 9, {"answer_is": "letter"}),
        ([{"question": "q", "options": ["x", " y"], "answer": 1}] * 9, {"answer_is": "index"}),
        (
            [{"question": "q", "options": ["x", "y", "z"][: 2 + n % 2], "answer": 2} for n in range(9)],
            {"answer_is": "number"},
        ),
        ([{"question": "q", "options": ["x", "y\u3000"], "answer": "y"}] * 9, {"answer_is": "text"}),
        (
            [{"question": "q", "a": "x", "b": "y", "answer": 0}] * 9,
            {"answer_is": "index", "columns": {"options": ["a", "b"]}},
        ),
    ],
)
def test_the_usual_layouts_of_options_come_as_columns(
    rows: list[dict[str, Any]], layout: dict[str, Any], ending: str
) -> None:
    source = {"format": "multiple_choice", "files": {"train": f"a.{ending}"}, **layout}
    fields = {"input": "{{ question }}\n{{ lettered }}", "output": "{{ letter }}: {{ answer }}"}
    assert check_rows(a_task(source, **fields), rows, "train", ending)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_pairs_of_sentences_and_another_release(tmp_path: Path, ending: str) -> None:
    rows = [{"sentence1": f"a{n}", "sentence2": "b", "gold_label": "yes"} for n in range(9)]
    source = {"format": "sentence_pairs", "files": {"train": f"a.{ending}"}, "expect": ["sentence1"]}
    fields = {"input": "{{ premise }} / {{ hypothesis }}", "output": "{{ label }}"}
    assert check_rows(a_task(source, **fields), rows, "train", ending)
    (write_table if ending == "parquet" else write_lines)(tmp_path / f"a.{ending}", rows)
    other = a_task({**source, "expect": ["sentence3"]}, **fields)
    said = []
    for way in (task_items, item_batches):
        with pytest.raises(Exception, match="not the release of S") as caught:
            list(way(other, tmp_path, "train"))
        said.append(str(caught.value))
    assert said[0] == said[1]


def choices(**fields: Any) -> Choices:
    usual: dict[str, Any] = {
        **{"data": None, "split": "train", "form": "instructions", "prompt": "plain", "few_shot_share": 0.0},
        **{"shots": None, "items": None, "limit": 0, "weights": {}, "exponent": 1.0, "longest": 10**6},
        **{"skip_bad": False, "task_json": False, "download": False, "subset": "", "seed": 3},
    }
    return Choices(**{**usual, **fields})


def samples(maker: SampleMaker, found: Iterable[ItemColumns | Item | Bad]) -> Iterator[Any]:
    for part in found:
        assert not isinstance(part, Bad)
        yield maker.batch(part)[0] if isinstance(part, ItemColumns) else maker.sample(part)[0]


def same_bytes(folder: Path, task: Task, data: Path, split: str, chosen: Choices) -> None:
    pool = shot_pool([i for i in task_items(task, data, split) if isinstance(i, Item)], 3, task.name)
    maker = SampleMaker(task, chosen, pool if chosen.few_shot_share else [])
    for name, found in (("rows", task_items(task, data, split)), ("columns", item_batches(task, data, split))):
        write_parts(folder / name, samples(maker, found), Sample, compression="snappy", unlike=("id", "input"))
    one, other = ((folder / name / "records.parquet").read_bytes() for name in ("rows", "columns"))
    assert one == other


WORDINGS = {"t": [Wording(text="Say.", origin="hand", author="hand 1")]}


@pytest.mark.parametrize("prompt", ["plain", "paper", "code"])
@pytest.mark.parametrize(
    "asked", [{}, {"few_shot_share": 0.5}, {"wording_share": 0.3, "wordings": WORDINGS}, {"subset": "seen"}]
)
def test_samples_are_the_same_bytes(tmp_path: Path, prompt: PromptName, asked: dict[str, Any]) -> None:
    write_lines(tmp_path / "a.jsonl", ROWS)
    source = {"format": "json_rows", "files": {"train": "a.jsonl"}, "document": "who"}
    same_bytes(tmp_path, a_task(source, **PLAIN), tmp_path, "train", choices(prompt=prompt, **asked))


# Without the sets that a teacher writes anew for each user.
VERIFIED = sorted(
    task.name
    for task in load_catalog().values()
    if task.verified and task.builder == "source" and "mediphi-validation" not in task.suites
)


@real
@pytest.mark.parametrize("name", [name for name in VERIFIED if "icd10" not in name])
def test_every_set_gives_the_same_bytes_as_it_is_and_as_jsonl_and_parquet(tmp_path: Path, name: str) -> None:
    task = load_task(name)
    split = task.splits[-1] if task.name.startswith(("meds-ins-057", "meds-ins-064")) else "all"
    split = next((s for s in ("validation", "train", "test") if has(task, s)), split)
    items = [item for item in task_items(task, DATA, split) if isinstance(item, Item)]
    assert items
    same_bytes(tmp_path / "own", task, DATA, split, choices(few_shot_share=0.3, prompt="code", split=split))
    rows = [{"q": i.input, "a": i.outputs[0], "who": i.document, "name": i.id} for i in items]
    write_lines(tmp_path / "a.jsonl", rows)
    write_table(tmp_path / "a.parquet", rows, 1000)
    for ending, format_ in (("jsonl", "json_rows"), ("parquet", "parquet_rows")):
        source = {"format": format_, "files": {"all": f"a.{ending}"}, "id": "name", "document": "who"}
        own = a_task(source, input="{{ q }}", output="{{ a }}")
        found, by_columns = both(own, tmp_path, "all")
        assert by_columns
        assert [i.input for i in found if isinstance(i, Item)] == [i.input for i in items]
        for part in ("train", "all"):
            same_bytes(tmp_path / ending / part, own, tmp_path, part, choices(few_shot_share=0.3, split=part))


def has(task: Task, split: str) -> bool:
    try:
        return any(isinstance(item, Item) for item in task_items(task, DATA, split))
    except Exception:  # no such split, or its files are not here
        return False


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_bytes_do_not_depend_on_the_batches_records_come_in(sizes: list[int]) -> None:
    from polyclinic.records import record_schema

    made = [
        Sample(id=f"{n}", task="t", output="x" * (n % 50), options=("a",) * (n % 3), metadata={"n": n})
        for n in range(sum(sizes))
    ]
    schema = record_schema(Sample)
    with tempfile.TemporaryDirectory() as place:
        write_records(Path(place) / "one", made, Sample)
        table = pq.read_table(Path(place) / "one" / "records.parquet", schema=schema)
        parts: list[Any] = []
        start = 0
        for number, size in enumerate(sizes):
            stop = start + size
            if number % 2:
                parts += table.slice(start, size).combine_chunks().to_batches()
            else:
                parts += made[start:stop]
            start = stop
        write_parts(Path(place) / "other", parts, Sample)
        one, other = (Path(place) / name / "records.parquet" for name in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()


def test_long_records_are_written_in_smaller_groups_wherever_batches_end(tmp_path: Path) -> None:
    made = [Sample(id=f"{n}", task="t", output="y", input="x" * 1_000_000) for n in range(150)]
    write_records(tmp_path / "one", made, Sample)
    with pq.ParquetFile(tmp_path / "one" / "records.parquet") as file:
        assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [68, 68, 14]
        batches = list(file.iter_batches(batch_size=41))
    write_parts(tmp_path / "other", batches, Sample)
    one, other = ((tmp_path / name / "records.parquet").read_bytes() for name in ("one", "other"))
    assert one == other
