"""The residual gate fails closed, the guard repeats nothing, and what synth and evals send passes through both."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import polyclinic
from polyclinic.deidentify import Deidentifier, guard_for, ledger_of, load_rules, suspicions
from polyclinic.errors import UserError
from polyclinic.llm import ChatRequest, Withheld, guarded

KEY = b"k" * 32
DEIDENTIFIER = Deidentifier(KEY, load_rules("en"))
HOUSE = Path(polyclinic.__file__).parent


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Contact someone@somewhere for more.", "an @ beside letters"),
        ("Пациент Иванов кашляет.", "letters of a script that the rules do not read"),
        ("Seen by Sm\u200bith today.", "a character that does not show"),
        ("Seen 45.45.2024 by us.", "digits like a date"),
    ],
)
def test_what_cannot_be_judged_is_suspicious_and_withheld(text: str, reason: str) -> None:
    result = DEIDENTIFIER.work(text, "p")
    assert reason in {one.reason for one in result.suspicions}
    with pytest.raises(Withheld) as caught:
        DEIDENTIFIER.guard(text)
    assert reason in str(caught.value)
    for word in re.findall(r"\w{5,}", text):
        if word not in reason:
            assert word not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Smith, a 71-year-old man with Parkinson's disease, was seen on 03/04/2024 and given Lasix 40 mg.",
        "Echocardiogram shows an ejection fraction of 45%. Continue metoprolol 25 mg. Follow up in two weeks.",
        "Summarise the text in one paragraph.",
        "",
    ],
)
def test_a_text_whose_identifiers_were_found_passes_and_passes_again(text: str) -> None:
    assert DEIDENTIFIER.work(text, "p").suspicions == []
    once = DEIDENTIFIER.guard(text)
    assert once == DEIDENTIFIER.guard(text)
    assert "Smith" not in once
    tags = Deidentifier(KEY, load_rules("en"), style="tags").guard
    assert tags(tags(text)) == tags(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The clinic knows ZBQWARTH well.", "a capitalised word that no list knows"),
        ("Note 55 1234 5678 90 was given.", "a long number"),
    ],
)
def test_what_was_not_found_and_no_list_explains_is_suspicious(text: str, reason: str) -> None:
    rules = load_rules("en")
    assert reason in {one.reason for one in suspicions(rules.read(text), [], rules)}


def test_the_gate_judges_what_was_found_nowhere_else() -> None:
    rules = load_rules("en")
    text = "Seen by Dr. Okafor."
    reading = rules.read(text)
    assert suspicions(reading, reading.spans, rules) == []
    assert {s.reason for s in suspicions(reading, [], rules)} == {
        "a title before a word that was not taken for a name",
        "a word of the lists of names",
        "a word that the tagger does not take for an ordinary one",
    }


def test_the_prompts_that_come_along_pass_unchanged() -> None:
    for file in sorted((HOUSE / "synth" / "prompts").rglob("*.jinja")):
        text = re.sub(r"\{[{%#].*?[}%#]\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert DEIDENTIFIER.guard(text) == text, file.name


def test_a_request_with_one_suspicious_turn_is_marked_and_holds_nothing() -> None:
    requests = [
        ChatRequest((("system", "Summarise."), ("user", text)))
        for text in ("Mr. Smith coughs.", "Ask of ward\u2060 7.")
    ]
    first, second = guarded(requests, DEIDENTIFIER.guard)
    assert first.messages[0] == ("system", "Summarise.")
    assert "Smith" not in first.messages[1][1]
    assert second.withheld
    assert "ward" not in json.dumps([second.messages, second.withheld])


def test_local_addresses_need_no_guard_and_remote_ones_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("POLYCLINIC_DEIDENTIFY_KEY", "POLYCLINIC_DEIDENTIFY_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert guard_for(["http://127.0.0.1:8000/v1"], allow_remote=True) is None
    with pytest.raises(UserError, match=r"teacher_url: 8\.8\.8\.8 is neither this machine"):
        guard_for(["https://8.8.8.8/v1"], allow_remote=False, where="teacher_url")
    with pytest.raises(UserError, match="teacher_url: no secret for the surrogates"):
        guard_for(["http://localhost/v1", "https://8.8.8.8/v1"], allow_remote=True, where="teacher_url")
    monkeypatch.setenv("POLYCLINIC_DEIDENTIFY_KEY", "x" * 32)
    guard = guard_for(["https://8.8.8.8/v1"], allow_remote=True)
    assert guard is not None
    assert "Okafor" not in guard("Seen by Dr. Okafor.")
    assert ledger_of(tmp_path / "store" / ".making" / "step" / "out") == tmp_path / "store" / "ledger.jsonl"
