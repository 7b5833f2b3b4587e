"""The ICD-10-CM code set as documents."""

import re
from pathlib import Path
from typing import Any

import pytest

from polyclinic import corpus
from polyclinic.artifacts import read_manifest
from polyclinic.corpus.icd10cm_table import packaged_files, read_code_list, read_tabular
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "benchmarks" / "icd10cm"

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
  <version>2030</version>
  <chapter>
    <name>4</name><desc>Endocrine diseases (E00-E89)</desc>
    <section id="E08-E13">
      <desc>Diabetes mellitus (E08-E13)</desc>
      <diag>
        <name>E11</name><desc>Type 2 diabetes mellitus</desc>
        <includes><note>insulin resistant diabetes (mellitus)</note></includes>
        <useAdditionalCode>
          <note>code to identify control using:</note><note>insulin (Z79.4)</note>
        </useAdditionalCode>
        <diag>
          <name>E11.6</name><desc>Type 2 diabetes mellitus with other complications</desc>
          <diag><name>E11.65</name><desc>Type 2 diabetes mellitus with hyperglycemia</desc>
            <excludes1>
              <note>gestational diabetes (O24.4-)</note><note>conditions in E11.69 and E08-E10</note>
            </excludes1>
          </diag>
          <diag><name>E11.69</name><desc>Type 2 diabetes mellitus with vitamin B12 deficiency</desc></diag>
        </diag>
        <diag><name>E11.9</name><desc>Type 2 diabetes mellitus without complications</desc></diag>
      </diag>
    </section>
  </chapter>
  <chapter>
    <name>19</name><desc>Injury (S00-T88)</desc>
    <section id="S06">
      <desc>Head (S06)</desc>
      <diag>
        <name>S06</name><desc>Intracranial injury</desc>
        <sevenChrDef>
          <extension char="A">initial encounter</extension><extension char="S">sequela</extension>
        </sevenChrDef>
        <diag><name>S06.1</name><desc>Cerebral edema</desc></diag>
      </diag>
    </section>
  </chapter>
</ICD10CM.tabular>
"""
ORDER = "".join(
    f"{number:05} {code:7} {billable} {short:60} {long}\n"
    for number, code, billable, short, long in (
        (1, "S06", 0, "Intracranial injury", "Intracranial injury"),
        (2, "S061XXA", 1, "Cerebral edema, init", "Traumatic cerebral edema, initial encounter"),
    )
)


@pytest.fixture
def tabular(tmp_path: Path) -> Path:
    file = tmp_path / "tabular.xml"
    file.write_text(TABULAR, encoding="utf-8")
    return file


def run(tmp_path: Path, name: str = "out", **fields: Any) -> dict[str, Document]:
    found = list(read_records(corpus.icd10cm(out=tmp_path / name, **fields), Document))
    return {d.metadata["code"]: d for d in found}


def test_a_page_tells_code_description_place_and_notes(tmp_path: Path, tabular: Path) -> None:
    found = run(tmp_path, tabular=tabular)
    assert found["E11.65"].text == (
        "ICD-10-CM code E11.65: Type 2 diabetes mellitus with hyperglycemia\n"
        "E11.65 belongs to E11.6 (Type 2 diabetes mellitus with other complications), in the block E08-E13 (Diabetes "
        "mellitus) of chapter 4 (Endocrine diseases).\n"
        "Not coded here: gestational diabetes (O24.4-); conditions in E11.69 and E08-E10."
    )
    assert "Use additional code to identify control using: insulin (Z79.4)." in found["E11"].text
    document = found["E11.9"]
    assert document.id == "icd10cm-E11.9"
    assert (document.domain, document.license, document.source) == ("medcode", "public-domain", "ICD-10-CM 2030")
    assert document.metadata == {
        "code": "E11.9",
        "description": "Type 2 diabetes mellitus without complications",
        "leaf": True,
        "parent": "E11",
        "parent_description": "Type 2 diabetes mellitus",
        "block": "E08-E13",
        "block_description": "Diabetes mellitus",
        "chapter": "4",
        "chapter_description": "Endocrine diseases",
    }
    assert found["E11"].metadata["leaf"] is False
    assert found["E11"].metadata["parent"] == "E08-E13"


def test_a_line_is_code_and_description(tmp_path: Path, tabular: Path) -> None:
    found = run(tmp_path, tabular=tabular, render="line")
    assert found["E11.9"].text == "ICD-10-CM code E11.9: Type 2 diabetes mellitus without complications"


def test_terms_name_no_code_but_keep_what_only_looks_like_one(tmp_path: Path, tabular: Path) -> None:
    found = run(tmp_path, tabular=tabular, render="terms")
    assert found["E11.65"].text == (
        "Type 2 diabetes mellitus with hyperglycemia\n"
        "A kind of: Type 2 diabetes mellitus with other complications.\n"
        "Field: Diabetes mellitus; Endocrine diseases.\n"
        "Not the same as: gestational diabetes."
    )
    assert "vitamin B12 deficiency" in found["E11.69"].text
    assert "E11" not in "".join(d.text + d.title for d in found.values())


def test_seventh_characters_are_those_of_the_order_file_with_its_descriptions(tmp_path: Path, tabular: Path) -> None:
    every = run(tmp_path, "every", tabular=tabular)
    assert every["S06.1XXA"].metadata["description"] == "Cerebral edema, initial encounter"
    assert "S06.1XXS" in every
    assert every["S06.1"].metadata["leaf"] is False
    order = tmp_path / "order.txt"
    order.write_text(ORDER, encoding="utf-8")
    listed = run(tmp_path, "listed", tabular=tabular, order=order)
    assert listed["S06.1XXA"].metadata["description"] == "Traumatic cerebral edema, initial encounter"
    assert "S06.1XXS" not in listed
    assert run(tmp_path, "without", tabular=tabular, seventh_characters=False)["S06.1"].metadata["leaf"] is True


def test_a_block_of_one_category_is_not_the_category(tmp_path: Path, tabular: Path) -> None:
    category = run(tmp_path, tabular=tabular)["S06"]
    assert category.metadata["parent"] == category.metadata["block"] == "S06-S06"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"chapters": [4]}, {"E11", "E11.6", "E11.65", "E11.69", "E11.9"}),
        ({"chapters": ["XIX"]}, {"S06", "S06.1", "S06.1XXA", "S06.1XXS"}),
        ({"chapters": "endocrine diseases", "leaves_only": True}, {"E11.65", "E11.69", "E11.9"}),
        ({"blocks": "E11.6"}, {"E11.6", "E11.65", "E11.69"}),
        ({"blocks": ["E11.65-E11.9"]}, {"E11.65", "E11.69", "E11.9"}),
        ({"blocks": ["E11.9"], "chapters": ["19"], "leaves_only": True}, {"E11.9", "S06.1XXA", "S06.1XXS"}),
    ],
)
def test_chapters_and_blocks_choose_codes(
    tmp_path: Path, tabular: Path, fields: dict[str, Any], expected: set[str]
) -> None:
    assert set(run(tmp_path, tabular=tabular, **fields)) == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"chapters": ["23"]}, r"chapters: unknown chapter '23'"),
        ({"chapters": ["Endocrine disease"]}, r"did you mean 'endocrine diseases'"),
        ({"blocks": ["diabetes"]}, r"'diabetes' is not a block or range of codes"),
        ({"blocks": ["A00-A09"]}, r"no code of ICD-10-CM 2030 is in 'A00-A09'"),
        ({"part": "held_out", "held_out_share": 0}, r"no code is left"),
        ({"rendering": "page"}, r"icd10cm\.rendering: unknown field"),
    ],
)
def test_what_fits_nothing_is_refused(tmp_path: Path, tabular: Path, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        run(tmp_path, tabular=tabular, **fields)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html></html>", "not an ICD-10-CM tabular file"),
        ("<ICD10CM.tabular><chapter></ICD10CM.tabular>", r"tabular\.xml:1: broken XML"),
        ("<ICD10CM.tabular></ICD10CM.tabular>", "no code in it"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><ICD10CM.tabular>&a;</ICD10CM.tabular>', "declares a document type"),
        ("<ICD10CM.tabular><chapter><name>1</name></chapter></ICD10CM.tabular>", "<chapter> 1 has no <desc>"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "tabular.xml").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        run(tmp_path, tabular=tmp_path / "tabular.xml")


def test_an_order_file_needs_its_table_and_its_form(tmp_path: Path, tabular: Path) -> None:
    order = tmp_path / "order.txt"
    order.write_text(ORDER + "what is this\n", encoding="utf-8")
    with pytest.raises(UserError, match="`order` needs `tabular`"):
        run(tmp_path, order=order)
    with pytest.raises(UserError, match=r"order\.txt:3: not a line of an ICD-10-CM order file"):
        run(tmp_path, tabular=tabular, order=order)


def test_only_undivided_codes_are_held_out_and_training_text_does_not_name_them(tmp_path: Path) -> None:
    fields: dict[str, Any] = {"blocks": "E08-E13", "held_out_share": 0.3}
    train = run(tmp_path, "train", part="train", **fields)
    held_out = run(tmp_path, "held", part="held_out", **fields)
    whole = run(tmp_path, "all", **fields)
    assert not train.keys() & held_out.keys()
    assert train.keys() | held_out.keys() == whole.keys()
    assert all(d.metadata["leaf"] for d in held_out.values())
    assert 0.2 < len(held_out) / sum(d.metadata["leaf"] for d in whole.values()) < 0.4
    text = "\n".join(d.text for d in train.values())
    named = set(re.findall(r"\b[A-Z]\d\w(?:\.\w{1,4})?\b", text))
    assert not named & held_out.keys()


def test_a_limit_spreads_over_the_chapters(tmp_path: Path) -> None:
    found = run(tmp_path, limit=500, seventh_characters=False)
    assert len(found) == 500
    assert len({d.metadata["chapter"] for d in found.values()}) > 15


def test_no_term_of_the_whole_set_names_a_code(tmp_path: Path) -> None:
    found = run(tmp_path, render="terms", seventh_characters=False)
    categories = {code[:3] for code in found}
    for document in found.values():
        for name in re.findall(r"\b[A-Z]\d[0-9A-Z]\b", document.text + document.title):
            assert name not in categories, document.id
        assert not re.search(r"\b[A-TV-Z]\d\w\.\w", document.text), document.id
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    assert manifest.packages["simple-icd-10-cm"][0].isdigit()
    assert manifest.licenses == {"public-domain": len(found)}


def test_the_packaged_table_agrees_with_the_library_that_carries_it() -> None:
    import simple_icd_10_cm as library

    tabular, listed = packaged_files()
    table = read_tabular(tabular, read_code_list(listed), seventh_characters=True)
    theirs = {c for c in library.get_all_codes() if library.is_category_or_subcategory(c)}
    assert {c.code for c in table.codes} == theirs
    for code in table.codes[::37]:
        # The library adds notes on an extension (`/ open fracture NOS`); the official descriptions do not.
        assert " ".join(library.get_description(code.code).split()).split("/ ")[0] == code.description
        assert code.leaf == library.is_leaf(code.code)
        assert code.parent.split("-")[0] == library.get_parent(code.code).split("-")[0]


@pytest.mark.skipif(not DATA.is_dir(), reason="the ICD-10-CM files of 2021 are not here")
def test_the_official_files_of_2021_give_exactly_the_codes_of_the_order_file(tmp_path: Path) -> None:
    order = DATA / "icd10cm-order-Jan-2021.txt"
    fields: dict[str, Any] = {"tabular": DATA / "icd10cm_tabular_2021.xml", "order": order, "render": "line"}
    found = run(tmp_path, **fields)
    lines = order.read_text(encoding="utf-8").splitlines()
    listed = {line[6:13].strip(): line[14] == "1" for line in lines}
    made = {code.replace(".", ""): d.metadata["leaf"] for code, d in found.items()}
    assert {code for code, leaf in made.items() if leaf} == {code for code, billable in listed.items() if billable}
    assert set(made) >= set(listed)
    described = {line[6:13].strip(): line[77:].strip() for line in lines}
    unlike = [c for c, d in found.items() if described.get(c.replace(".", ""), "") != d.metadata["description"]]
    assert len(unlike) < len(found) / 50, unlike[:5]
