"""Readers: what each format gives, and what each says of files that are broken."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.tasks.readers import Bad, Row, read_source
from polyclinic.tasks.readers.report_sections import sections_of
from polyclinic.tasks.source import Source


def read(folder: Path, form: str, text: str | bytes, name: str, **fields: Any) -> list[Row | Bad]:
    (folder / "set").mkdir(exist_ok=True)
    file = folder / "set" / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = Source.model_validate({"name": "S", "folder": "set", "format": form, "files": {"all": name}, **fields})
    return list(read_source(source, folder, "all"))


def rows(found: list[Row | Bad]) -> list[dict[str, Any]]:
    assert all(isinstance(row, Row) for row in found), [row for row in found if isinstance(row, Bad)]
    return [row.fields for row in found if isinstance(row, Row)]


def bad(found: list[Row | Bad]) -> list[str]:
    return [f"{Path(row.place).name}: {row.reason}" for row in found if isinstance(row, Bad)]


def test_csv_cells_may_hold_lines_and_the_place_is_where_the_row_begins(tmp_path: Path) -> None:
    found = read(tmp_path, "delimited", 'id,note\n1,"two\nlines"\n2,\n', "a.csv")
    assert rows(found) == [{"id": "1", "note": "two\nlines"}, {"id": "2"}]
    assert [Path(row.place).name for row in found] == ["a.csv:2", "a.csv:4"]


def test_broken_quoting_and_missing_cells_are_named_with_their_line(tmp_path: Path) -> None:
    assert bad(read(tmp_path, "delimited", 'a,b\n1,2\n3\n"x,4\n', "a.csv")) == [
        "a.csv:3: expected 2 cells (a, b), found 1",
        "a.csv:4: broken csv: unexpected end of data; a quote may not be closed, or stand inside a cell",
    ]


def test_a_line_in_another_encoding_is_named_and_its_own_encoding_can_be_said(tmp_path: Path) -> None:
    text = "a,b\n1,é\n2,x\n".encode("latin-1")
    found = read(tmp_path, "delimited", text, "a.csv")
    assert bad(found)[0].startswith("a.csv:2: not UTF-8 (byte 2 of the line)")
    assert [row.fields["a"] for row in found if isinstance(row, Row)] == ["2"]
    assert rows(read(tmp_path, "delimited", text, "a.csv", encoding="latin-1"))[0]["b"] == "é"
    with pytest.raises(UserError, match="unknown encoding 'latin-99'"):
        read(tmp_path, "delimited", text, "a.csv", encoding="latin-99")


def test_a_truncated_gzip_gives_what_it_holds_and_says_where_it_ends(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"n": i, "text": f"{i * 7919 % 1000003}" * 20}) + "\n" for i in range(2000))
    found = read(tmp_path, "json_rows", gzip.compress(lines.encode())[:-2000], "a.jsonl.gz")
    assert 0 < sum(isinstance(row, Row) for row in found) < 2000
    assert "the gzip file is damaged or cut off" in bad(found)[-1]


def test_json_comes_as_lines_as_a_list_and_as_objects_by_id(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "json_rows", '{"a": 1, "b": null}\n\n{"a": 2}\n', "a.jsonl")) == [{"a": 1}, {"a": 2}]
    assert rows(read(tmp_path, "json_rows", '[{"a": 1}, {"a": 2}]', "a.json")) == [{"a": 1}, {"a": 2}]
    assert rows(read(tmp_path, "json_rows", '{"x": {"a": 1}}', "a.json")) == [{"key": "x", "a": 1}]
    found = read(tmp_path, "json_rows", '{"x": {"p": "P", "qs": [{"a": 1}, {"a": 2}]}}', "a.json", each="qs")
    assert rows(found) == [{"key": "x", "p": "P", "a": 1}, {"key": "x", "p": "P", "a": 2}]


def test_broken_json_is_named_with_line_and_column(tmp_path: Path) -> None:
    found = read(tmp_path, "json_rows", '{"a": 1}\n{"a": \n[1]\n', "a.jsonl")
    assert bad(found)[0].startswith("a.jsonl:2: broken JSON at column")
    assert bad(found)[1] == "a.jsonl:3: expected a JSON object, found list"
    assert bad(read(tmp_path, "json_rows", '{"a": [1,}', "a.json"))[0].startswith("a.json:1: broken JSON")
    assert "found int" in bad(read(tmp_path, "json_rows", "7", "a.json"))[0]


QUESTION = {"question": "Q", "options": {"A": "one", "B": "two"}, "answer": "B"}


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (QUESTION, {}),
        ({**QUESTION, "options": ["one", "two"], "answer": 1}, {"answer_is": "index"}),
        ({**QUESTION, "options": ["one", "two"], "answer": "2"}, {"answer_is": "number"}),
        ({**QUESTION, "answer": "two"}, {"answer_is": "text"}),
        (
            {"q": "Q", "a": "one", "b": "two", "c": "", "right": "b"},
            {"columns": {"question": "q", "options": ["a", "b", "c"], "answer": "right"}},
        ),
    ],
)
def test_options_are_the_same_however_a_file_writes_them(
    tmp_path: Path, row: dict[str, Any], fields: dict[str, Any]
) -> None:
    made = rows(read(tmp_path, "multiple_choice", json.dumps(row) + "\n", "a.jsonl", **fields))[0]
    assert (made["options"], made["letter"], made["answer"]) == (["one", "two"], "B", "two")


def test_several_right_options_are_all_kept(tmp_path: Path) -> None:
    row = {"question": "Q", "options": ["x", "y", "z"], "answer": "A, C"}
    made = rows(read(tmp_path, "multiple_choice", json.dumps(row) + "\n", "a.jsonl"))[0]
    assert (made["letter"], made["answers"], made["answer"]) == ("AC", ["x", "z"], "x; z")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answer": "E"}, "field 'answer': expected letters of AB, found 'E'"),
        ({"answer": None}, "field 'answer' is missing or empty"),
        ({"options": ["one"]}, "field 'options': expected at least two options"),
        ({"options": 3}, "field 'options': expected at least two options"),
    ],
)
def test_a_question_that_is_not_whole_is_named_with_its_field(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    found = read(tmp_path, "multiple_choice", json.dumps({**QUESTION, **change}) + "\n", "a.jsonl")
    assert bad(found)[0].startswith(f"a.jsonl:1: {reason}")


def test_sentence_pairs_are_read_as_mednli_writes_them(tmp_path: Path) -> None:
    line = json.dumps({"sentence1": "P", "sentence2": "H", "gold_label": "neutral"})
    made = rows(read(tmp_path, "sentence_pairs", line + "\n", "a.jsonl"))[0]
    assert (made["premise"], made["hypothesis"], made["label"]) == ("P", "H", "neutral")
    assert (
        "field 'label' is missing"
        in bad(read(tmp_path, "sentence_pairs", '{"sentence1": "", "sentence2": ""}', "a.jsonl"))[0]
    )


IOB = "High\tO\nblood\tB-Disease\npressure\tI-Disease\nand\tO\nasthma\tB-Disease\naspirin\tB-Drug\n\n\nNone\tO\n"


def test_tokens_with_tags_become_sentences_with_entities(tmp_path: Path) -> None:
    first, second = rows(read(tmp_path, "iob", IOB, "a.tsv"))
    assert first["text"] == "High blood pressure and asthma aspirin"
    assert first["entities"] == ["blood pressure", "asthma", "aspirin"]
    assert first["typed"] == {"Disease": ["blood pressure", "asthma"], "Drug": ["aspirin"]}
    assert (second["entities"], second["tags"]) == ([], ["O"])
    assert rows(read(tmp_path, "iob", IOB, "a.tsv", types="Drug"))[0]["entities"] == ["aspirin"]
    assert rows(read(tmp_path, "iob", "a S-X\nb B-X\nc E-X\nd I-Y\n", "a.tsv"))[0]["entities"] == ["a", "b c", "d"]


def test_a_token_without_a_tag_spoils_its_sentence_only(tmp_path: Path) -> None:
    found = read(tmp_path, "iob", "a\tO\nb\n\nc\tO\n", "a.tsv")
    assert bad(found) == ["a.tsv:2: expected a token and a tag (O, B-…, I-…), found 'b'"]
    assert [row.fields["text"] for row in found if isinstance(row, Row)] == ["c"]


@given(
    st.lists(st.tuples(st.sampled_from(["O", "B-X", "I-X", "B-Y"]), st.sampled_from("abc")), min_size=1, max_size=9)
)
def test_every_tagged_token_is_in_exactly_one_entity(pairs: list[tuple[str, str]]) -> None:
    from polyclinic.tasks.readers.iob import _typed

    typed = _typed([token for _, token in pairs], [tag for tag, _ in pairs], ())
    tagged = [token for tag, token in pairs if tag != "O"]
    assert sorted(" ".join(m for mentions in typed.values() for m in mentions).split()) == sorted(tagged)


PUBTATOR = "1|t|Aspirin helps.\n1|a|It is old.\n1\t0\t7\tAspirin\tChemical\tD1\n1\tCID\tD1\tD2\n\n2|t|None\n2|a|\n"


def test_pubtator_articles_have_mentions_and_relations(tmp_path: Path) -> None:
    first, second = rows(read(tmp_path, "pubtator", PUBTATOR, "a.txt"))
    assert (first["pmid"], first["text"]) == ("1", "Aspirin helps. It is old.")
    assert first["typed"] == {"Chemical": ["Aspirin"]}
    assert first["relations"] == [{"subject": "D1", "predicate": "CID", "object": "D2"}]
    assert second["entities"] == []
    assert "is not 'Asp'" in bad(read(tmp_path, "pubtator", PUBTATOR.replace("7\tAspirin", "7\tAsp"), "a.txt"))[0]
    assert "expected id|t|title" in bad(read(tmp_path, "pubtator", "nonsense\n", "a.txt"))[0]


BIOC = """<collection><document><id>9</id>
<passage><infon key="type">title</infon><text>Aspirin</text></passage>
<passage><infon key="type">abstract</infon><text>It helps.</text>
<annotation id="1"><infon key="type">Chemical</infon><text>Aspirin</text></annotation></passage>
<relation id="R"><node refid="1" role="Drug"/></relation></document></collection>"""


def test_bioc_documents_have_passages_and_annotations(tmp_path: Path) -> None:
    made = rows(read(tmp_path, "bioc", BIOC, "a.xml"))[0]
    assert (made["pmid"], made["title"], made["abstract"]) == ("9", "Aspirin", "It helps.")
    assert (made["entities"], made["relations"]) == (["Aspirin"], [{"Drug": "1"}])
    assert "broken XML" in bad(read(tmp_path, "bioc", BIOC[:-20], "a.xml"))[0]


ARTICLES = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>5</PMID><Article>
<Journal><Title>J</Title></Journal><ArticleTitle>On <i>E. coli</i></ArticleTitle>
<Abstract><AbstractText Label="AIM">To see.</AbstractText><AbstractText Label="END">Seen.</AbstractText></Abstract>
</Article><MeshHeadingList><MeshHeading><DescriptorName>Humans</DescriptorName></MeshHeading></MeshHeadingList>
</MedlineCitation></PubmedArticle></PubmedArticleSet>"""
JATS = """<article><front><journal-meta><journal-title>J</journal-title></journal-meta><article-meta>
<article-id pub-id-type="pmid">7</article-id><title-group><article-title>T</article-title></title-group>
<abstract><p>A b.</p></abstract></article-meta></front><body><sec><title>Intro</title><p>Text.</p></sec></body>
</article>"""


def test_articles_come_from_pubmed_and_from_jats(tmp_path: Path) -> None:
    made = rows(read(tmp_path, "articles", ARTICLES, "a.xml"))[0]
    assert (made["pmid"], made["title"], made["abstract"]) == ("5", "On E. coli", "To see. Seen.")
    assert (made["sections"], made["mesh"]) == ({"AIM": "To see.", "END": "Seen."}, ["Humans"])
    made = rows(read(tmp_path, "articles", JATS, "a.nxml"))[0]
    assert (made["pmid"], made["abstract"], made["sections"]) == ("7", "A b.", {"Intro": "Text."})


def test_standoff_marks_are_found_in_the_text_beside_them(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    marks = "T1\tTobacco 0 6\tSmokes\nT2\tStatusTime 0 6\tSmokes\nE1\tTobacco:T1 Status:T2\n"
    marks += "A1\tStatusTimeVal T2 current\n"
    (tmp_path / "set" / "a.ann").write_text(marks)
    made = rows(read(tmp_path, "standoff", "Smokes daily.", "a.txt"))[0]
    assert made["typed"] == {"Tobacco": ["Smokes"], "StatusTime": ["Smokes"]}
    assert made["events"][0]["arguments"] == [{"label": "Status", "text": "Smokes", "StatusTimeVal": "current"}]
    (tmp_path / "set" / "a.ann").unlink()
    assert "its annotations are missing: expected a.ann" in bad(read(tmp_path, "standoff", "x", "a.txt"))[0]


def test_relations_and_typed_mentions_are_read_from_json(tmp_path: Path) -> None:
    row = {
        "text": "x",
        "spo_list": [{"subject": "a", "predicate": "treats", "object": {"@value": "b"}}],
        "entities": [{"entity": "a", "type": "drug"}, {"entity": "a", "type": "drug"}],
    }
    made = rows(read(tmp_path, "relations", json.dumps(row) + "\n", "a.jsonl"))[0]
    assert made["relations"] == [{"subject": "a", "predicate": "treats", "object": "b"}]
    assert (made["entities"], made["typed"]) == (["a"], {"drug": ["a", "a"]})
    row["spo_list"] = [{"subject": "a"}]
    assert "expected subject, predicate and object" in bad(read(tmp_path, "relations", json.dumps(row), "a.jsonl"))[0]


REPORT = (
    "EXAMINATION:  CT HEAD W/O CONTRAST\n\nINDICATION:  Fall.\n\nFINDINGS:  No\nbleeding.\n\nIMPRESSION:\nNormal.\n"
)


def test_reports_are_divided_by_their_headings_and_known_by_modality_and_region(tmp_path: Path) -> None:
    row = json.dumps({"text": REPORT}) + "\n"
    made = rows(read(tmp_path, "report_sections", row, "a.jsonl"))[0]
    assert (made["modality"], made["region"]) == ("ct", "brain")
    assert (made["findings"], made["impression"]) == ("No bleeding.", "Normal.")
    assert read(tmp_path, "report_sections", row, "a.jsonl", where={"modality": "mri"}) == []
    assert read(tmp_path, "report_sections", row, "a.jsonl", not_empty=["comparison"]) == []


@given(st.text(alphabet="ABC:\n xyz", max_size=60))
def test_sections_never_lose_a_word_behind_the_first_heading(text: str) -> None:
    sections = sections_of(text)
    assert all(content == " ".join(content.split()) for content in sections.values())


def test_code_tables_are_order_files_or_csv(tmp_path: Path) -> None:
    line = "00001 A000    1 " + "Cholera".ljust(60) + " Cholera due to Vibrio cholerae 01\n"
    made = rows(read(tmp_path, "code_table", line, "icd10cm-order-2021.txt"))[0]
    assert (made["code"], made["description"], made["leaf"]) == ("A00.0", "Cholera due to Vibrio cholerae 01", True)
    assert "expected a line of an ICD-10-CM order file" in bad(read(tmp_path, "code_table", "x\n", "order.txt"))[0]
    assert rows(read(tmp_path, "code_table", "code,description\nA,b\n", "a.csv"))[0]["description"] == "b"


def test_workbooks_are_read_from_the_sheet_with_the_expected_columns(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.create_sheet("first", 0).append(["other"])
    sheet = book.create_sheet("Q")
    for cells in (["CHQ", "Summary"], ["long", 7.0], [None, None], ["x", ""]):
        sheet.append(cells)
    (tmp_path / "set").mkdir()
    book.save(tmp_path / "a.xlsx")
    found = read(tmp_path, "workbook", (tmp_path / "a.xlsx").read_bytes(), "a.xlsx", expect=["CHQ", "Summary"])
    assert rows(found) == [{"CHQ": "long", "Summary": "7"}, {"CHQ": "x"}]
    assert "not a whole workbook" in bad(read(tmp_path, "workbook", b"no", "a.xlsx"))[0]


def test_parquet_and_saved_data_sets_are_read_without_the_hub(tmp_path: Path) -> None:
    import datasets
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": ["x", None], "b": [1, 2]}), tmp_path / "a.parquet")
    found = read(tmp_path, "parquet_rows", (tmp_path / "a.parquet").read_bytes(), "a.parquet")
    assert rows(found) == [{"a": "x", "b": 1}, {"b": 2}]
    assert "not a whole Parquet file" in bad(read(tmp_path, "parquet_rows", b"no", "a.parquet"))[0]
    saved = datasets.DatasetDict({"train": datasets.Dataset.from_list([QUESTION | {"options": ["one", "two"]}])})
    saved.save_to_disk(str(tmp_path / "saved"))
    source = Source(name="S", folder="saved", format="multiple_choice", files={"train": ("none.jsonl",)})
    assert rows(list(read_source(source, tmp_path, "train")))[0]["answer"] == "two"
    with pytest.raises(UserError, match="the data set has no split 'test'; it has train"):
        list(read_source(source, tmp_path, "test"))


def test_missing_data_say_name_who_grants_access_and_where_to_put_them(tmp_path: Path) -> None:
    from polyclinic.tasks import load_task

    source = load_task("meds-ins-041-mednli-textual-entailment-discriminative").source
    assert source is not None
    with pytest.raises(UserError) as caught:
        list(read_source(source, tmp_path, "train"))
    message = str(caught.value)
    assert "MedNLI 1.0.0 (https://physionet.org/content/mednli/1.0.0/)" in message
    assert "PhysioNet" in message
    assert "grants access" in message
    assert f"{tmp_path}/mednli/ so that it holds mli_train_v1.jsonl" in message


def test_another_release_of_a_restricted_set_is_refused_by_name(tmp_path: Path) -> None:
    from polyclinic.tasks import load_task

    source = load_task("meds-ins-078-mimic-ultrasound-summarization").source
    assert source is not None
    (tmp_path / "mimic-iv-note" / "note").mkdir(parents=True)
    (tmp_path / "mimic-iv-note" / "note" / "radiology.csv").write_text("ROW_ID,SUBJECT_ID,TEXT\n1,2,x\n")
    with pytest.raises(UserError, match=r"radiology\.csv:2: this is not the release of MIMIC-IV 2\.2 .*'note_id' is"):
        list(read_source(source, tmp_path, "all"))
