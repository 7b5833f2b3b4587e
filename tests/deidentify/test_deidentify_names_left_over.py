"""Names by exclusion: words of no list are names, ordinary ones and those of medicine are none; streets, firms."""

from __future__ import annotations

import pytest

from polyclinic.deidentify import load_rules, suspicions
from polyclinic.deidentify.lexicon import COMMON, NAME, read_dictionary
from polyclinic.deidentify.names.ordinary_words import is_abbreviation, is_ordinary, is_slip

RULES = load_rules("en")


def covered(text: str, part: str) -> bool:
    marks = bytearray(len(text))
    for span in RULES.find(text):
        marks[span.start : span.end] = b"\x01" * (span.end - span.start)
    at = text.index(part)
    return all(marks[i] or not text[i].isalnum() for i in range(at, at + len(part)))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("We reviewed the scan with Thandeka Mbotho today.", "Thandeka Mbotho"),
        ("Ref: Quillard -> Zywietz -> Bruun", "Zywietz"),
        ("Seen with Drs. Patel/Orvosh this morning.", "Orvosh"),
        ("Crew: Olowokeere, Bettin   Unit M-14", "Bettin"),
        ("Pt was examined by Page.", "Page"),
        ("Grace Mnqamu, School Nurse", "Grace Mnqamu"),
        ("4. APORTI, GENE - to the floor", "APORTI, GENE"),
        ("Yến Phạm called the office.", "Yến Phạm"),
        ("Sent by Robin Ó Hainmneach.", "Ó Hainmneach"),
        ("Surgeon: Q. Abara. Closed by him.", "Q. Abara"),
        ("Given by Vusi de Hoog at noon.", "de Hoog"),
        ("Last name\nMercy\nFirst name\nLan\n", "Mercy"),
        ("Rose (wife) will drive.", "Rose"),
        ("QUILLON: how is the pain?\nDOCTOR: fine.\nQUILLON: good.", "QUILLON"),
        ("the old man came in with his brother harsanto because of low mood and slept well", "harsanto"),
        ("Pt seen by Mr. Banks. Banks agreed.", "Banks agreed"[:5]),
    ],
)
def test_names_in_no_list_are_found_by_what_they_are_not(text: str, name: str) -> None:
    assert covered(text, name)


@pytest.mark.parametrize(
    "text",
    [
        "Resp: CTAB. Nutr: TF Jevity. Pharm: Vanc. Dispo: ICU. Meds: Entresto, Levophed, Zosyn.",
        "Extremlties without cyanosls. Irnpression: stable. Patlent advlsed to rest.",
        "Neer and Hawkins signs negative. Lachman negative. Bosniak II cyst. Castleman disease.",
        "She is from Uruguay and speaks Tagalog. Enterobacter and Vibrio were grown on Saturdays.",
        "ADMITTING DX: CHF EXACERBATION. PMHX: CABG, OSA ON CPAP. ECHO: GLOBAL HYPOKINESIS.",
        "nsg note: lungs dim at bases bilat, abd soft nontender, foley patent, heels floated, took meds well",
        "Lochia was scant. Later the lochia was heavy.",
    ],
)
def test_abbreviations_slips_eponyms_and_peoples_are_no_names(text: str) -> None:
    assert [text[s.start : s.end] for s in RULES.find(text) if s.type in ("name", "city", "institution")] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Lives at 46 Erika Mountain, Ashgrove, OR 41428.", "46 Erika Mountain"),
        ("Street\n6195 Pierce Garden\nCity\nMichaelside\n", "6195 Pierce Garden"),
        ("Dispatched to 3499 Avenida del Sol for a fall.", "3499 Avenida del Sol"),
        ("Home is 70 County Road 210, Apt 4B in the hills.", "70 County Road 210, Apt 4B"),
        ("She works for Dean Roofing as a clerk.", "Dean Roofing"),
        ("He was seen at Brookdale Imaging in May.", "Brookdale Imaging"),
        ("He came from Xu Ship Chandlers with a cut.", "Xu Ship Chandlers"),
        ("RESIDENT WAS ADMITTED FROM WEXFORD PAIN CLINIC TODAY.", "WEXFORD PAIN CLINIC"),
        (
            "pt was brought in by ems from trillium family practice after a fall and has no pain",
            "trillium family practice",
        ),
        ("He was transferred from Memorial yesterday.", "Memorial"),
        ("They stay with family in Port Nancyside now.", "Port Nancyside"),
    ],
)
def test_streets_firms_and_towns_are_found_whole(text: str, what: str) -> None:
    assert covered(text, what)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("He met friends over Rose later.", "a word that may be a name"),
        (
            "Spoke with Dr. A and dr zbqw about the plan and he was fine with it all the same, no pain",
            "a word where names stand",
        ),
        ("Code A4471-22B-99 was read aloud.", "letters with digits"),
    ],
)
def test_the_gate_is_suspicious_where_a_name_or_number_may_be_left(text: str, reason: str) -> None:
    _spans, tokens = RULES.find_with_tokens(text)
    assert reason in {one.reason for one in suspicions(text, [], tokens, RULES)}


def test_the_dictionary_gives_ordinary_words_and_no_names() -> None:
    words = read_dictionary()
    assert len(words) > 50_000
    assert "stamford" not in words
    assert RULES.lexicon["whimsy"] & COMMON
    assert not RULES.lexicon["smith"] & COMMON
    assert RULES.lexicon["smith"] & NAME


def test_words_made_of_ordinary_ones_slips_and_abbreviations_are_told_from_names() -> None:
    lexicon = RULES.lexicon
    assert is_ordinary("nontender", lexicon)
    assert is_ordinary("pericholangitis", lexicon)
    assert not is_ordinary("olowokeere", lexicon)
    assert is_slip("pnuemonia", lexicon)
    assert not is_slip("thandeka", lexicon)
    assert is_abbreviation("pln", [])
    assert is_abbreviation("nutr", ["nutrition"])
    assert not is_abbreviation("bruun", ["brush", "brutality"])
