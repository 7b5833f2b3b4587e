"""What scorers need beside the gold comes from the catalog: corrections, sections, lettered choices."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from chat_server import ChatServer, completion
from tiny_language_model import question

from polyclinic.errors import UserError
from polyclinic.evals import run, score
from polyclinic.evals.scoring import score_replies
from polyclinic.evals.scoring.sections import sections_in
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.tasks import load_task

MEDEC = [
    ("t-1", "0 He has gout.\n1 He takes iron.", "1", "1", "He takes allopurinol."),
    ("t-2", "0 She coughs.\n1 She rests.", "0", "-1", "NA"),
    ("t-3", "0 He is 4 years old.\n1 He takes 900 mg.", "1", "1", "He takes 90 mg of aspirin."),
]


@pytest.fixture
def medec(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "medec" / "MEDEC-MS"
    folder.mkdir(parents=True)
    with (folder / "MEDEC-Full-TestSet-with-GroundTruth.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["Text ID", "Sentences", "Error Flag", "Error Type", "Error Sentence ID", "Corrected Sentence"]
        )
        for name, sentences, flag, number, corrected in MEDEC:
            writer.writerow([name, sentences, flag, "treatment", number, corrected])
    return tmp_path / "data"


def values(folder: Path, metric: str) -> dict[str, tuple[float | None, str]]:
    found = [s for s in read_records(folder, Score) if (s.metric, s.scorer[:4]) == (metric, "corr")]
    return {s.item.rpartition("-t-")[2]: (s.value, s.unscored_reason) for s in found}


def test_corrections_are_scored_by_the_sentences_of_the_catalogs_data(medec: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("id,prediction\nt-1,1: He takes allopurinol.\nt-2,-1\nt-3,1\n")
    made = score(out=tmp_path / "given", task="clue-medec", predictions=file, data=medec)
    assert {value for value, _ in values(made, "sentence_id_accuracy").values()} == {1.0}
    corrected = values(made, "correction_rouge1")
    assert corrected["1"] == (1.0, "")
    assert "2" not in corrected  # nothing is wrong there
    assert corrected["3"][0] is None
    assert "does not ask" in corrected["3"][1]


def test_where_corrections_are_asked_for_a_reply_without_one_scores_nothing(medec: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("id,prediction\nt-1,1: He takes allopurinol.\nt-2,-1\nt-3,1\n")
    made = score(out=tmp_path / "asked", task="medec-correction", predictions=file, data=medec)
    assert {value for value, _ in values(made, "sentence_id_accuracy").values()} == {1.0}
    assert {item: value for item, (value, _) in values(made, "correction_rougeL").items()} == {"1": 1.0, "3": 0.0}


def test_a_kept_field_that_the_source_does_not_have_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: clue-mednli\nname: mine\nkept: [premis]\n")
    with pytest.raises(UserError, match="kept: unknown field 'premis'; did you mean 'premise'"):
        load_task("mine", tmp_path)


NOTE = (
    "CHIEF COMPLAINT\n\nKnee pain.\n\nPHYSICAL EXAM\n\nTender knee.\n\nRESULTS\n\nNormal film.\n\nPLAN\nRest and ice."
)


def measured(task: str, text: str, gold: str, **fields: Any) -> dict[str, float | None]:
    row = score_replies(load_task(task), [Reply("m", "f", task, "1", text=text, gold=gold, **fields)], "corrected")[0]
    return {one.metric: one.value for one in row}


def test_a_visit_note_is_scored_section_by_section() -> None:
    whole = measured("clue-aci-bench", NOTE, NOTE)
    names = ["chief_complaint", "exam", "results", "assessment_and_plan"]
    assert [name.removeprefix("rouge1_") for name in whole if name.startswith("rouge1_")] == names
    assert whole["section_rouge1"] == whole["section_rouge2"] == whole["section_rougeL"] == 1.0
    # All words are there, each under another heading: the note as a whole cannot tell.
    bodies = ["Rest and ice.", "Normal film.", "Tender knee.", "Knee pain."]
    turned = "\n".join(f"{h}:\n{b}" for h, b in zip(["CC", "EXAM", "RESULTS", "PLAN"], bodies, strict=True))
    moved = measured("clue-aci-bench", turned, NOTE)
    assert moved["section_rougeL"] == 0.0
    assert (moved["rouge1"] or 0) > 0.7
    missing = measured("clue-aci-bench", "**Chief Complaint:** knee pain", NOTE)
    assert missing["rouge1_chief_complaint"] == 1.0
    assert missing["section_rouge1"] == 0.25
    assert measured("clue-aci-bench", NOTE, "A gold without headings.")["rouge1"] is not None
    assert "section_rouge1" not in measured("clue-aci-bench", NOTE, "A gold without headings.")


def test_headings_are_found_however_they_are_set() -> None:
    headings = {"plan": ("ASSESSMENT AND PLAN", "PLAN"), "exam": ("PHYSICAL  EXAM",)}
    text = "Hello\n## Plan\nrest\nExamination of the knee\n*physical exam*: fine\nPLAN: ice\nPlanning more."
    assert sections_in(text, headings) == {
        "plan": "rest\nExamination of the knee\nice\nPlanning more.",
        "exam": "fine",
    }
    assert sections_in("no heading at all", headings) == {}
    assert sections_in("", headings) == {}


@pytest.mark.parametrize(
    ("said", "right"),
    [("B: Gout", 1), ("B", 1), ("(B) Gout", 1), ("Gout", 1), ("A: Flu", 0), ("Bad gout", 0), ("", 0)],
)
def test_lettered_choices_of_codes_are_scored_as_published_by_their_letter(said: str, right: int) -> None:
    item = Reply("m", "f", "icd10cm-easy", "1", text=said, gold="Gout", options=("Flu", "Gout"))
    for scorer in ("as_published", "corrected"):
        found = score_replies(load_task("icd10cm-easy"), [item], scorer)[0][0].value
        if scorer == "as_published" or said != "Bad gout":
            assert found == right


def test_codes_asked_through_an_endpoint_are_right_under_both_scorers(tmp_path: Path) -> None:
    items = [question(number) for number in range(3)]
    write_records(tmp_path / "items", items, Sample)

    async def answer(payload: dict[str, Any], request: web.Request) -> web.StreamResponse:
        asked = str(payload["messages"][-1]["content"])
        item = next(one for one in items if one.input in asked)
        place = item.options.index(item.output)
        assert f"{'ABCDEFGH'[place]}: {item.output}" in asked
        return completion(f"{'ABCDEFGH'[place]}: {item.output}")

    with ChatServer(answer) as server:
        out = run(endpoint=server.url, endpoint_model="small", samples=[tmp_path / "items"], out=tmp_path / "out")
    made = score(out=tmp_path / "scores", replies=[out])
    found = {(s.scorer.partition("-")[0], s.value) for s in read_records(made, Score) if s.metric == "accuracy"}
    assert found == {("corrected", 1.0), ("as_published", 1.0)}
