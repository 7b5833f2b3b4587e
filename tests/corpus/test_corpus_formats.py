"""Every other format: guidelines as pages and PDF, wiki dumps, published tables of clinical text, FHIR."""

import base64
import bz2
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from polyclinic import corpus
from polyclinic.corpus.readers.wikitext import plain_text
from polyclinic.records import Document, read_records


def run(tmp_path: Path, path: Path, **fields: Any) -> list[Document]:
    return list(read_records(corpus.read(out=tmp_path / "out", documents=path, **fields), Document))


def left_out(tmp_path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (tmp_path / "out" / "left_out.jsonl").read_text().splitlines()]


def table(file: Path, rows: list[dict[str, Any]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def small_pdf(*pages: str) -> bytes:
    import pypdf
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = pypdf.PdfWriter()
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    for text in pages:
        page = writer.add_blank_page(300, 300)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
        made = DictionaryObject({NameObject(name): NameObject(value) for name, value in font.items()})
        fonts = DictionaryObject({NameObject("/F1"): made})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    writer.add_metadata({"/Title": "Care of fever", "/CreationDate": "D:20200314"})
    whole = io.BytesIO()
    writer.write(whole)
    return whole.getvalue()


HTML = """<html><head><title>Fever in children</title><meta name="date" content="2021-05-06"></head><body>
<nav><a href="/">Home</a> <a href="/x">Topics</a></nav><main><h1>Fever in children</h1>
<h2>When to act</h2><p>A fever above 38 degrees in a baby under three months needs a doctor at once, day or night.</p>
<p>Older children who drink well and play may stay at home, and their parents look after them with fluids.</p>
<ul><li>Give fluids often.</li><li>Do not wrap the child up.</li></ul></main>
<footer>Cookie policy</footer></body></html>"""


def test_guidelines_as_html_and_pdf_are_text_with_title_and_date(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.html").write_text(HTML)
    (folder / "b.pdf").write_bytes(small_pdf("Give fluids often.", "Page two."))
    (folder / "c.pdf").write_bytes(b"%PDF-1.4 and then nothing")
    (folder / "d.pdf").write_bytes(small_pdf(""))
    page, paper = run(tmp_path, folder, domain="guidelines")
    assert page.title == "Fever in children"
    assert "## When to act" in page.text
    assert "- Give fluids often." in page.text
    assert "Cookie" not in page.text
    assert (page.date, page.sections[-1]) == ("2021-05-06", "When to act")
    assert (paper.title, paper.date, paper.text) == ("Care of fever", "2020-03-14", "Give fluids often.\n\nPage two.")
    assert [(one["place"], one["reason"]) for one in left_out(tmp_path)] == [
        ("c.pdf", "broken PDF"),
        ("d.pdf", "no text"),
    ]


WIKI = """{{Infobox disease|name=Fever|image={{nested|x}}}}
'''Fever''' is a [[body temperature|temperature]] over {{convert|38|C}}.<ref name=a>A [[book]]</ref><ref name="b" />
[[File:Thermometer.jpg|thumb|A [[thermometer]] of glass]]
== Causes ==
* [[Infection]]s
** viral
{| class="wikitable"
| a || b
|}
=== Empty ===
== See also ==
* [[Chills]]
== Treatment ==
Rest &amp; fluids [http://example.org as told].
[[Category:Symptoms]]
"""


def test_wikitext_becomes_markdown_without_its_frame() -> None:
    made = plain_text(WIKI)
    assert made.text == (
        "Fever is a temperature over 38 C.\n\n## Causes\n\n- Infections\n  - viral\n\n## Treatment\n\n"
        "Rest & fluids as told."
    )
    assert made.sections == ["Causes", "Treatment"]
    assert made.categories == ["Symptoms"]


@pytest.mark.parametrize("attack", ["{{" * 50_000, "[[" * 50_000, "{{a|[[" * 20_000, "<ref>" * 30_000, "=" * 100_000])
def test_wikitext_that_never_closes_is_read_in_linear_time(attack: str) -> None:
    assert "The end." in plain_text(f"{attack}\nThe end.").text


def test_a_wiki_dump_gives_articles_and_names_what_is_none(tmp_path: Path) -> None:
    def page(number: int, title: str, text: str, ns: int = 0, more: str = "") -> str:
        return (
            f"<page><title>{title}</title><ns>{ns}</ns><id>{number}</id>{more}<revision><id>9</id>"
            f"<timestamp>2024-01-02T03:04:05Z</timestamp><text xml:space='preserve'>{text}</text></revision></page>"
        )

    dump = "<mediawiki xmlns='http://www.mediawiki.org/xml/export-0.11/'><siteinfo/>"
    dump += page(1, "Fever", "A rise.") + page(2, "Talk:Fever", "Well.", 1)
    dump += page(3, "Pyrexia", "#REDIRECT [[Fever]]", more="<redirect title='Fever'/>") + "</mediawiki>"
    (tmp_path / "pages-articles.xml.bz2").write_bytes(bz2.compress(dump.encode()))
    (one,) = run(tmp_path, tmp_path / "pages-articles.xml.bz2")
    assert (one.id, one.title, one.text, one.license, one.date) == (
        *("wiki-1", "Fever", "A rise.", "CC-BY-SA-4.0", "2024-01-02"),
    )
    assert [o["reason"] for o in left_out(tmp_path)] == ["no article", "redirect"]


def test_paragraphs_of_medical_wikipedia_become_articles(tmp_path: Path) -> None:
    rows = [
        ("Fever", "", "Intro."),
        ("Fever", "Causes", "Many."),
        ("Fever", "Causes", "More."),
        ("Pain", "", "Hurts."),
    ]
    lines = [json.dumps({"title": t, "section": s, "text": x, "extra": 1}) + "\n" for t, s, x in rows]
    (tmp_path / "w.jsonl").write_text("".join(lines))
    one, other = run(tmp_path, tmp_path / "w.jsonl", format="medical_wikipedia")
    assert (one.title, one.text, one.sections) == ("Fever", "Intro.\n\n## Causes\n\nMany.\n\nMore.", ("Causes",))
    assert (other.title, other.text) == ("Pain", "Hurts.")


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "mtsamples": (
        {
            "": 12,
            "description": "A fever.",
            "medical_specialty": " Pediatrics",
            "sample_name": "Fever - 1",
            "transcription": "SUBJECTIVE:,  Hot since 2 days.,OBJECTIVE:,  39 degrees.",
            "keywords": "fever, child",
        },
        {
            "id": "mtsamples-12",
            "text": "## Subjective\n\nHot since 2 days.\n\n## Objective\n\n39 degrees.",
            "sections": ("Subjective", "Objective"),
            "title": "Fever - 1",
        },
    ),
    "pmc_patients": (
        {
            "patient_id": 3,
            "patient_uid": "7665777-1",
            "PMID": 33492400,
            "title": "A case",
            "patient": "This 60-year…",
        },
        {"id": "pmc-patients-7665777-1", "text": "This 60-year…", "license": "CC-BY-NC-SA-4.0", "title": "A case"},
    ),
    "asclepius": (
        {"patient_id": 3, "note": "Discharge summary …", "question": "Why?", "answer": "So.", "task": "QA"},
        {"id": "asclepius-3", "text": "Discharge summary …", "license": "CC-BY-NC-SA-4.0"},
    ),
    "mimic_note": (
        {
            "note_id": "10-DS-1",
            "subject_id": 10,
            "hadm_id": 22.0,
            "note_type": "DS",
            "note_seq": 1,
            "charttime": "2180-05-07 00:00:00",
            "text": 'Name: ___\n"quoted", and\nmore',
        },
        {
            "id": "mimic-10-DS-1",
            "text": 'Name: ___\n"quoted", and\nmore',
            "title": "Discharge summary",
            "date": "2180-05-07T00:00:00",
            "license": "LicenseRef-PhysioNet-Credentialed-Health-Data-1.5.0",
        },
    ),
    "epfl_guidelines": (
        {
            "id": "x1",
            "source": "cdc",
            "title": "Flu",
            "clean_text": "# Flu\n\nWash hands.",
            "raw_text": "…",
            "url": "u",
        },
        {"id": "guidelines-x1", "text": "# Flu\n\nWash hands.", "license": "public-domain", "sections": ("Flu",)},
    ),
}


@pytest.mark.parametrize("layout", CASES)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_published_tables_are_read_in_their_layout(tmp_path: Path, layout: str, suffix: str) -> None:
    row, expected = CASES[layout]
    file = tmp_path / f"in{suffix}"
    if suffix == ".csv":
        table(file, [row])
    else:
        file.write_text(json.dumps([row], indent=1) if suffix == ".json" else json.dumps(row))
    (one,) = run(tmp_path, file, format=layout)
    assert {name: getattr(one, name) for name in expected} == expected
    if layout == "mimic_note":
        assert one.metadata == {"patient": "10", "encounter": "22" if suffix != ".csv" else "22.0"}


def test_a_table_in_another_layout_says_which_columns_it_has(tmp_path: Path) -> None:
    from polyclinic.errors import UserError

    file = table(tmp_path / "in.csv", [{"a": 1, "b": 2}])
    with pytest.raises(UserError, match="no column 'note_id'; found a, b"):
        run(tmp_path, file, format="mimic_note")


def test_any_table_is_read_by_a_map_of_fields(tmp_path: Path) -> None:
    file = table(tmp_path / "in.csv", [{"note_id": 5, "body": "Well.", "ward": "B"}])
    one = run(tmp_path, file, fields={"text": "body", "id": "note_id"}, extra_fields="metadata")[0]
    assert (one.id, one.text, one.metadata) == ("5", "Well.", {"ward": "B"})


def resource(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "DocumentReference", "status": "current", "subject": {"reference": "Patient/1"}, **fields}


def attached(text: bytes, kind: str = "text/plain") -> list[dict[str, Any]]:
    return [{"attachment": {"contentType": kind, "data": base64.b64encode(text).decode()}}]


def test_notes_and_reports_of_fhir_are_read_and_links_are_not_followed(tmp_path: Path) -> None:
    report = {"resourceType": "DiagnosticReport", "id": "r", "conclusion": "No fracture.", "code": {"text": "X-ray"}}
    rows = [
        resource(id="a", content=attached("Fièvre.".encode()), date="2024-01-02", type={"text": "Note"}),
        {"resourceType": "Bundle", "entry": [{"resource": report}, {"resource": {"resourceType": "Patient"}}]},
        resource(id="b", content=[{"attachment": {"url": "http://127.0.0.1:9/x"}}]),
        resource(id="c", content=attached(b"\xff\xfe\xff", "text/plain")),
        resource(id="d", content=attached(b"{\\rtf1}", "application/rtf")),
        resource(id="e", content=[{"attachment": {"data": "!!"}}]),
        resource(id="f", status="entered-in-error", content=attached(b"Wrong.")),
        resource(id="g", content=attached(small_pdf("Seen well."), "application/pdf")),
    ]
    (tmp_path / "notes.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = {d.id: d for d in run(tmp_path, tmp_path / "notes.ndjson", format="fhir")}
    assert {name: d.text for name, d in found.items()} == {
        "DocumentReference/a": "Fièvre.",
        "DiagnosticReport/r": "No fracture.",
        "DocumentReference/g": "Seen well.",
    }
    one = found["DocumentReference/a"]
    assert (one.title, one.date, one.metadata["patient"]) == ("Note", "2024-01-02", "Patient/1")
    assert [o["reason"] for o in left_out(tmp_path)] == [
        *("another resource", "attachment elsewhere", "wrong encoding", "another kind of attachment"),
        *("broken attachment", "entered in error"),
    ]


def test_fhir_is_known_by_what_is_in_it_packed_or_not(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    entry = {"resource": resource(id="a", content=attached(b"Hot since Monday."))}
    bundle = json.dumps({"type": "collection", "resourceType": "Bundle", "entry": [entry]}, indent=2)
    (folder / "bundle.json").write_text(bundle)
    narrative = {"status": "generated", "div": "<div><p>No fracture.</p></div>"}
    report = {"resourceType": "DiagnosticReport", "id": "r", "conclusion": "No fracture.", "text": narrative}
    lines = [resource(id="b", content=attached(b"Better.")), report, {"resourceType": "Patient", "id": "p"}]
    (folder / "notes.ndjson.bz2").write_bytes(bz2.compress("".join(json.dumps(r) + "\n" for r in lines).encode()))
    (folder / "rows.jsonl").write_text('{"id": "1", "text": "He wrote \\"resourceType\\": what is that?"}\n')
    assert {d.id: d.text for d in run(tmp_path, folder)} == {
        "DocumentReference/a": "Hot since Monday.",
        "DocumentReference/b": "Better.",
        "DiagnosticReport/r": "No fracture.",
        "1": 'He wrote "resourceType": what is that?',
    }
    assert [o["reason"] for o in left_out(tmp_path)] == ["another resource"]


def test_rows_that_name_a_resource_stay_rows(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "Hot.", "resourceType": "Note"}\n')
    (one,) = run(tmp_path, tmp_path / "a.jsonl", extra_fields="metadata")
    assert (one.id, one.text, one.metadata) == ("1", "Hot.", {"resourceType": "Note"})
    (tmp_path / "b.jsonl").write_text('{"name": "2", "note": "Cold.", "resourceType": "Note"}\n')
    mapped = corpus.read(
        out=tmp_path / "mapped",
        documents=tmp_path / "b.jsonl",
        fields={"id": "name", "text": "note"},
        extra_fields="ignore",
    )
    assert [(d.id, d.text) for d in read_records(mapped, Document)] == [("2", "Cold.")]


def test_objects_that_only_speak_of_a_resource_or_are_broken_are_named_as_rows_are(tmp_path: Path) -> None:
    lines = ['{"id": "1", "about": {"resourceType": "Patient"}}', '{"resourceType": "Patient",', '{"text": "Hot."}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert [d.text for d in run(tmp_path, tmp_path / "a.jsonl")] == ["Hot."]
    assert [o["reason"] for o in left_out(tmp_path)] == ["not a document", "broken JSON"]
