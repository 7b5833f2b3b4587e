"""The medical part of general collections: by domain, by words, and by the tags of a teacher on the loopback."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.synth.filter import filter_collections
from polyclinic.synth.medical_words import load_vocabulary
from polyclinic.synth.tags import MEDICAL_TAGS, normalised_tag, read_tags, wanted_tag

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from teacher_server import Payload, TeacherServer, completion, last_turn

CORPORA = Path(__file__).parents[2].parent / "shared" / "data" / "corpora"


def natural_task(folder: Path, name: str, domains: list[str], **fields: Any) -> None:
    (folder / "tasks").mkdir(parents=True, exist_ok=True)
    data = {
        "Contributors": ["C"],
        "Source": [name.partition("_")[2]],
        "Categories": ["Named Entity Recognition"],
        "Definition": [f"Do {name}."],
        "Input_language": ["English"],
        "Output_language": ["English"],
        "Instruction_language": ["English"],
        "Domains": domains,
        "Positive Examples": [],
        "Negative Examples": [],
        "Instances": [
            {"id": f"{name.partition('_')[0]}-{n}", "input": f"i{n}", "output": ["a", "b"]} for n in range(3)
        ],
        **fields,
    }
    (folder / "tasks" / f"{name}.json").write_text(json.dumps(data))


def facts(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.facts


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def samples(folder: Path) -> list[Sample]:
    return list(read_records(folder, Sample))


def test_natural_instructions_keep_the_tasks_of_medical_domains_and_leave_the_known_false_one_out(
    tmp_path: Path,
) -> None:
    clone = tmp_path / "natural-instructions"
    natural_task(clone, "task179_participant_extraction", ["Healthcare"], **{"Instance License": ["CC BY 4.0"]})
    natural_task(clone, "task1495_adverse_drug_event", ["Science", "Medicine -> Drugs"])
    natural_task(clone, "task1646_catalonia", ["Medicine"])
    natural_task(clone, "task22_news", ["News"])
    made = filter_collections(out=tmp_path / "made", collections=clone)
    found = samples(made)
    assert {s.task for s in found} == {"task179_participant_extraction", "task1495_adverse_drug_event"}
    first = found[0]
    assert (first.id, first.instruction, first.output) == ("task179-0", "Do task179_participant_extraction.", "a")
    assert (first.license, first.metadata["references"]) == ("CC BY 4.0", ["a", "b"])
    assert len({s.id for s in found}) == 6
    [counts] = facts(made)["collections"].values()
    assert (counts["decided_by"], counts["kept"], counts["samples"]) == ("domain", 2, 6)
    assert counts["left_out"] == {"another domain": 1, "left out by name": 1}
    left = {row["id"]: (row["reason"], row["domain"]) for row in rows(made / "left_out.jsonl")}
    assert left["task22_news"] == ("another domain", ["News"])
    everything = filter_collections(
        out=tmp_path / "all", collections=clone, leave_out=[], domains=["medicine", "news"]
    )
    assert {s.task.partition("_")[0] for s in samples(everything)} == {"task1495", "task1646", "task22"}


CHATS: list[tuple[str, str]] = [
    ("I have had a fever and a cough for a week. Should I take antibiotics?", "See a doctor if it gets worse."),
    ("What is a good name for a black cat?", "How about Shadow?"),
    ("Write a poem about the sea in autumn.", "Grey waves."),
    ("My mother was diagnosed with type 2 diabetes. What may she eat?", "Fewer sweets."),
]


def share(path: Path, chats: list[tuple[str, str]] = CHATS) -> Path:
    data = [
        {
            "id": f"c{n}",
            "conversations": [
                {"from": "human", "value": asked},
                {"from": "gpt", "value": reply},
                {"from": "human", "value": "Thank you. More?"},
                {"from": "gpt", "value": "That is all."},
            ],
        }
        for n, (asked, reply) in enumerate(chats)
    ]
    path.write_text(json.dumps(data, indent=1))
    return path


def test_without_a_teacher_a_list_of_words_decides_and_is_called_so(tmp_path: Path) -> None:
    made = filter_collections(out=tmp_path / "made", collections=share(tmp_path / "share.json"), license="CC0-1.0")
    found = samples(made)
    assert [s.input for s in found] == [CHATS[0][0], CHATS[3][0]]
    assert (found[0].id, found[0].output, found[0].license) == ("share/c0-0", CHATS[0][1], "CC0-1.0")
    counts = facts(made)["collections"]["share"]
    assert (counts["decided_by"], counts["kept"]) == ("words (no model)", 2)
    assert counts["left_out"] == {"too few medical words": 2}
    assert [(row["id"], row["words"]) for row in rows(made / "left_out.jsonl")] == [("c1", []), ("c2", [])]
    whole = filter_collections(out=tmp_path / "whole", collections=tmp_path / "share.json", turns="all")
    last = samples(whole)[1]
    assert last.input == f"User: {CHATS[0][0]}\n\nAssistant: {CHATS[0][1]}\n\nUser: Thank you. More?"
    assert last.output == "That is all."


async def tagging(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    """Tag as teachers do: a list, at times with words around it or broken."""
    asked = last_turn(payload)
    if "fever" in asked:
        return completion('Here you are: [{"tag": "Health-care", "explanation": "x"}, {"tag": "advice"}]')
    if "diabetes" in asked:
        return completion('["internal medicine", "diet"]')
    if "poem" in asked or "cannot be used" in asked:
        return completion("I would call this poetry.")
    return completion('[{"tag": "pets", "explanation": "a cat"}]')


def test_a_teacher_tags_conversations_and_its_tags_are_kept_between_runs(tmp_path: Path) -> None:
    file = share(tmp_path / "share.json")
    with TeacherServer(tagging) as server:
        fields: dict[str, Any] = {
            "collections": file,
            "teacher_url": server.url,
            "teacher_model": "trial",
            "journal": tmp_path / "tags.sqlite",
        }
        made = filter_collections(out=tmp_path / "made", **fields)
        asked = len(server.seen)
        again = filter_collections(out=tmp_path / "again", **fields, tags=["pets"])
        assert len(server.seen) == asked == 5  # the answer without tags was asked for twice
    assert [s.input for s in samples(made)] == [CHATS[0][0], CHATS[3][0]]
    assert [s.input for s in samples(again)] == [CHATS[1][0]]
    found = facts(made)
    assert found["collections"]["share"]["decided_by"] == "tags"
    assert found["collections"]["share"]["left_out"] == {"no medical tag": 1, "the teacher gave no usable tags": 1}
    assert found["collections"]["share"]["most_often"]["health care"] == 1
    assert found["rejected"] == {"no list of tags": 2}
    assert {row["id"] for row in rows(made / "rejected.jsonl")} == {"c2"}


def test_collections_of_both_kinds_go_through_one_step(tmp_path: Path) -> None:
    natural_task(tmp_path / "clone", "task1_a", ["Medicine"])
    lines = [{"conversations": list(pair), "source": "stackexchange"} for pair in CHATS]
    (tmp_path / "lima.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    made = filter_collections(out=tmp_path / "made", collections=[tmp_path / "clone", tmp_path / "lima.jsonl"])
    assert [s.source for s in samples(made)] == ["a", "a", "a", "stackexchange", "stackexchange"]
    assert [c["decided_by"] for c in facts(made)["collections"].values()] == ["domain", "words (no model)"]
    again = filter_collections(out=tmp_path / "again", collections=[tmp_path / "clone", tmp_path / "lima.jsonl"])
    assert (made / "records.parquet").read_bytes() == (again / "records.parquet").read_bytes()


def test_broken_conversations_are_the_error_or_set_aside_with_their_place(tmp_path: Path) -> None:
    lines = [json.dumps({"conversations": list(pair)}) for pair in CHATS]
    lines[1:1] = ['{"conversations": [', json.dumps({"conversations": ["a question alone"]}), json.dumps({"x": 1})]
    (tmp_path / "lima.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"lima\.jsonl:2: task lima: broken JSON .*skip_bad"):
        filter_collections(out=tmp_path / "stopped", collections=tmp_path / "lima.jsonl")
    with (
        TeacherServer(tagging) as server,
        pytest.raises(UserError, match=r"lima\.jsonl:2: task lima: broken JSON"),
    ):
        filter_collections(
            out=tmp_path / "asked", collections=tmp_path / "lima.jsonl", teacher_url=server.url, teacher_model="m"
        )
    assert server.seen == []  # nothing was paid for
    made = filter_collections(out=tmp_path / "made", collections=tmp_path / "lima.jsonl", skip_bad=True)
    assert facts(made)["set_aside"] == {"lima": 3}
    assert [row["place"].rpartition(":")[2] for row in rows(made / "set_aside.jsonl")] == ["2", "3", "4"]
    assert len(samples(made)) == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"collections": "nothing"}, "no such file or folder"),
        ({"by": "tags"}, "give teacher_url and teacher_model, or take `by: words`"),
        ({"by": "domain"}, r"conversations have no domain \(share\)"),
        ({"teacher_url": "http://localhost:1/v1"}, "a teacher needs teacher_model too"),
        ({"least": 40}, "nothing medical was found \\(share: {'too few medical words': 4}\\)"),
        ({"tags": []}, "at least 1 item"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    given = {"collections": share(tmp_path / "share.json"), **fields}
    with pytest.raises(UserError, match=message):
        filter_collections(out=tmp_path / "out", **given)


def test_words_of_the_users_own_are_read_and_a_broken_list_is_named(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("certain: [cat]\n")
    fields: dict[str, Any] = {"collections": share(tmp_path / "share.json"), "words": tmp_path / "words.yaml"}
    assert [s.input for s in samples(filter_collections(out=tmp_path / "made", **fields))] == [CHATS[1][0]]
    (tmp_path / "words.yaml").write_text("surely: [cat]\n")
    with pytest.raises(
        UserError, match=r"words\.yaml: expected certain, likely, endings, not_these, .* found surely"
    ):
        filter_collections(out=tmp_path / "broken", **fields)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared corpora are not here")
def test_the_words_tell_clinical_texts_from_novels() -> None:
    import gzip

    vocabulary = load_vocabulary()
    shares = {}
    for name in ("clinical", "general"):
        with gzip.open(CORPORA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as stream:
            chosen = itertools.islice(stream, 0, None, 8)  # its sources stand one after the other
            texts = [" ".join(json.loads(line)["text"].split()[:120]) for line in chosen]
        shares[name] = sum(vocabulary.is_medical(text, 2)[0] for text in texts) / len(texts)
    assert shares["clinical"] > 0.95
    assert shares["general"] < 0.1


def test_a_word_counts_once_and_thin_words_do_not_make_a_long_text_medical() -> None:
    vocabulary = load_vocabulary()
    assert vocabulary.found("Fever, fever! And tonsillectomy; her eyes.") == {
        "fever": 2,
        "tonsillectomy": 2,
        "eyes": 1,
    }
    assert vocabulary.is_medical("The economy of Oklahoma and its heart", 2) == (False, ["heart"])
    assert vocabulary.is_medical("fever " + "and so on " * 10, 2)[0]
    assert not vocabulary.is_medical("fever " + "and so on " * 40, 2)[0]


@given(st.text())
def test_any_answer_is_tags_or_a_reason(text: str) -> None:
    tags = read_tags(text)
    assert tags


def test_tags_are_compared_by_their_last_words() -> None:
    assert read_tags('[{"tag": "Bio-Medicine"}, {"tag": "bio medicine"}, {"tag": "x"}]') == ("bio medicine", "x")
    assert wanted_tag(["bio medicine"], MEDICAL_TAGS) == "bio medicine"
    assert wanted_tag(["law", "emergency medicine"], MEDICAL_TAGS) == "emergency medicine"
    assert wanted_tag(["medicine ball"], MEDICAL_TAGS) == ""
    assert normalised_tag(" Health_Care ") == "health care"
    for broken in ("[", "no tags", "[1]", "[]", '[{"label": "x"}]', "[" * 100_000, json.dumps(["a"] * 60)):
        assert isinstance(read_tags(broken), str), broken[:20]
