"""Further wordings of definitions: what is shipped, what is refused, and what a build draws."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from polyclinic import tasks
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.tasks import Task, load_catalog, load_task
from polyclinic.tasks.wording_rules import normalised, wording_problem
from polyclinic.tasks.wordings import Wording, load_wordings, store_wordings, wordings_files, write_wordings

CATALOG = Path(tasks.__file__).parent / "catalog"
DEFINITION = (
    "Name the colour of {{ part }} in one of 3 ways. The labels are: red; dark blue; none. Reply with the label and "
    'nothing else. When there is none, say "no colour seen".'
)


def own_task(definition: str = DEFINITION, **fields: Any) -> Task:
    values: dict[str, Any] = {
        "name": "colours",
        "title": "Colours",
        "category": "Text Classification",
        "domain": "Clinical texts",
        "family": "label",
        "builder": "source",
        "metric": "label_accuracy",
        "license": "CC0-1.0",
        "definition": definition,
        "labels": ["red", "dark blue", "none", "green"],
        "input": "{{ text }}",
        "output": "{{ colour }}",
        "source": {"name": "Colours", "folder": "colours", "format": "delimited", "files": {"train": ["train.csv"]}},
    }
    return Task.model_validate({**values, **fields})


def test_every_verified_task_of_a_source_has_fifteen_wordings_by_five_hands_that_pass_all_checks() -> None:
    by_hand = 0
    for task in load_catalog().values():
        if task.builder != "source" or "mediphi-validation" in task.suites:
            continue  # sets that search a merge are no instructions
        wordings = load_wordings(task)
        assert wordings or not task.verified
        if wordings:
            by_hand += 1
            assert len(wordings) == 15
            assert [w.author for w in wordings] == [f"hand {n}" for n in (1, 2, 3, 4, 5) for _ in range(3)]
            assert [wording_problem(task, w.text) for w in wordings] == [""] * 15
    assert by_hand == 53


def test_every_file_of_wordings_belongs_to_a_task_or_to_a_group_that_one_extends() -> None:
    files = wordings_files(CATALOG)
    extended = {yaml.safe_load(path.read_text(encoding="utf-8")).get("extends") for path in files.values()}
    for name in files:
        assert name in load_catalog() or name in extended


def test_every_definition_of_the_catalog_is_a_wording_of_itself() -> None:
    for task in load_catalog().values():
        if task.definition:
            assert wording_problem(task, task.definition) == ""


GOOD = (
    "Say in one of 3 ways which colour {{ part }} has. Choose among red, dark blue and none, and write the label "
    'alone. If there is none, say "no colour seen".'
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("", ""), ""),
        (("{{ part }}", "the part"), "placeholder lost: '{{ part }}'"),
        (("dark blue", "blue"), "label lost: 'dark blue'"),
        (("dark blue", "Dark blue"), "label lost: 'dark blue'"),
        (("in one of 3 ways", "in one of three ways"), "number lost: '3'"),
        (('"no colour seen"', "no colour seen"), "quoted text lost: '\"no colour seen\"'"),
        (("red, dark", "red, green, dark"), "label added: 'green'"),
        (("the label alone", "the label alone, in at most 5 words"), "number added: '5'"),
        (("the label alone", "the label alone, as JSON"), "name added: 'JSON'"),
        (("the label alone", "the label alone, as a bullet"), "demand added: 'bullet'"),
        (("the label alone", "the label with your reasons"), "demand added: 'reason'"),
        (("the label alone", "the label, with no explanation"), ""),
        (("the label alone", "the label alone, for example so"), "example added: 'for example'"),
        (("the label alone", "the label alone for [NAME]"), "placeholder added: '[NAME]'"),
        (("Say in", "Sure, here it is: say in"), "comment: begins with 'Sure, here it'"),
        (("Choose", "\nChoose"), "form: expected plain text with no more lines than the definition"),
        (("alone", "alone" + " and alone" * 40), "length: "),
    ],
)
def test_a_wording_keeps_placeholders_labels_and_fixed_texts_and_adds_nothing(
    change: tuple[str, str], reason: str
) -> None:
    assert change[0] in GOOD
    problem = wording_problem(own_task(), GOOD.replace(*change, 1) if change[0] else GOOD)
    assert problem.startswith(reason) if reason else problem == ""


def test_a_wording_in_another_language_or_without_its_sentinel_is_refused() -> None:
    german = "Nenne die Krankheit, die in dem Satz steht, und gib sie mit den Worten der Quelle an."
    problem = wording_problem(own_task("Name the disease.", labels=[]), german)
    assert problem == "language: expected en, this looks like de"
    assert wording_problem(own_task("Name the disease.", labels=[]), "请说出疾病的名称。") == "language: expected en"
    task = load_task("ncbi-disease")
    lost = "List the disease names, divided by commas, with a period at the end. When there is none, say so."
    assert wording_problem(task, lost) == "reply lost: 'There is no related entity.'"
    chinese = load_task("medcare-ceval-med")
    assert wording_problem(chinese, "请回答问题，最后以“答案为X”结束。") == ""
    assert wording_problem(chinese, "请回答问题，最后以“答案是X”结束。") == "quoted text lost: '“答案为X”'"
    assert wording_problem(chinese, 'Answer, and end with "X".') == "language: expected zh"


@given(st.lists(st.sampled_from(DEFINITION.split()), max_size=40))
def test_words_taken_from_a_definition_never_make_the_check_fail_itself(words: list[str]) -> None:
    problem = wording_problem(own_task(), " ".join(words))
    assert problem == "" or problem.partition(":")[0].strip()


def test_what_is_written_is_read_again_with_its_origin(tmp_path: Path) -> None:
    task = own_task()
    wordings = [
        Wording(text=GOOD, origin="hand", author="hand 1"),
        Wording(text=f"Now {GOOD}", origin="teacher", author="m", basis=3, seed=5, version="abc"),
    ]
    write_wordings(tmp_path / "colours.wordings.yaml", task.definition, wordings)
    assert load_wordings(task, catalog=tmp_path) == wordings
    assert load_wordings(task, catalog=tmp_path, more=[tmp_path]) == wordings  # the same twice is there once


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("definition: Another one.\nhands: [[a]]", r"these are wordings of 'Another one\.', but the definition of"),
        ("hands: [[a]]", r"definition: missing"),
        ("extends: nothing", r"extends: no file nothing\.wordings\.yaml"),
        ("extends: colours", r"a circle: colours -> colours"),
        ("definition: x\nhand: [[a]]", r"colours\.wordings\.yaml: hand: unknown field; there are extends, "),
        ("definition: x\nwordings: [{text: a, origin: me, author: m}]", r"wordings\.0\.origin: "),
        ("definition: [", r"colours\.wordings\.yaml:2: broken YAML"),
        ("- a", r"expected definition, hands and wordings, found list"),
    ],
)
def test_a_broken_file_of_wordings_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "colours.wordings.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        load_wordings(own_task(), catalog=tmp_path)


def test_made_wordings_are_put_beside_a_task_once(tmp_path: Path) -> None:
    task = own_task()
    made = tmp_path / "made" / "wordings" / "colours.wordings.yaml"
    write_wordings(made, task.definition, [Wording(text=GOOD, origin="rules", author="rules")])
    assert store_wordings(tmp_path / "made", tmp_path / "mine") == {"colours": (1, 1)}
    assert store_wordings(tmp_path / "made", tmp_path / "mine") == {"colours": (0, 1)}
    assert [w.text for w in load_wordings(task, catalog=tmp_path / "mine")] == [GOOD]
    with pytest.raises(UserError, match="no wordings here"):
        store_wordings(tmp_path / "mine" / "nothing", tmp_path / "mine")


def data_of(tmp_path: Path, rows: int = 60) -> Path:
    (tmp_path / "data" / "mts_dialog" / "Main-Dataset").mkdir(parents=True)
    lines = [f'{n},GENHX,"note {n}","Doctor: how {n}?"' for n in range(rows)]
    text = "\n".join(["ID,section_header,section_text,dialogue", *lines]) + "\n"
    (tmp_path / "data" / "mts_dialog" / "Main-Dataset" / "MTS-Dialog-TrainingSet.csv").write_text(text)
    return tmp_path / "data"


def build(tmp_path: Path, name: str, seed: int = 0, **fields: Any) -> list[Sample]:
    path = tasks.build(out=tmp_path / name, seed=seed, tasks="mts-dialog-section", **fields)
    return list(read_records(path, Sample))


def test_a_build_draws_definitions_from_the_wordings_with_the_seed(tmp_path: Path) -> None:
    data = data_of(tmp_path)
    own = load_task("mts-dialog-section")
    texts = {w.text: w.author for w in load_wordings(own)}
    plain = build(tmp_path, "plain", data=data)
    half = build(tmp_path, "half", data=data, wording_share=0.5)
    assert {s.instruction for s in plain} == {own.definition}
    drawn = [s for s in half if s.instruction != own.definition]
    assert 15 <= len(drawn) <= 45
    assert all(texts[s.instruction] == s.metadata["wording"] for s in drawn)
    assert len({s.instruction for s in drawn}) > 8
    assert [(s.id, s.input, s.output) for s in half] == [(s.id, s.input, s.output) for s in plain]
    assert build(tmp_path, "again", data=data, wording_share=0.5) == half
    assert build(tmp_path, "other", 1, data=data, wording_share=0.5) != half
    manifest = read_manifest(tmp_path / "half")
    assert manifest is not None
    assert manifest.facts["mts-dialog-section"]["reworded"] == len(drawn)
    with pytest.raises(UserError, match=r"mts-dialog-section has no further wordings by teacher; make some"):
        build(tmp_path, "none", data=data, wording_share=0.5, wording_origins=["teacher"])


def test_wordings_differ_when_their_words_do() -> None:
    assert normalised("Name the disease.") == normalised(" name  THE disease")
    assert normalised("Name the disease.") != normalised("Name a disease.")
