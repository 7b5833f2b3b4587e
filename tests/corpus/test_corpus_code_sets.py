"""ICD-10-PCS, ICD-9-CM and ATC as documents, from tables in the form of their publishers."""

from pathlib import Path
from typing import Any

import pytest

from polyclinic import corpus
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records

PCS = """<?xml version="1.0" encoding="utf-8"?>
<ICD10PCS.tabular><version>2024</version>
<pcsTable>
 <axis pos="1" values="1"><title>Section</title><label code="0">Medical and Surgical</label></axis>
 <axis pos="2" values="1"><title>Body System</title><label code="D">Gastrointestinal System</label></axis>
 <axis pos="3" values="1"><title>Operation</title><label code="T">Resection</label>
  <definition>Cutting out or off, without replacement, all of a body part</definition></axis>
 <pcsRow codes="4">
  <axis pos="4" values="2"><title>Body Part</title><label code="J">Appendix</label>
   <label code="H">Cecum</label></axis>
  <axis pos="5" values="2"><title>Approach</title><label code="0">Open</label>
   <label code="4">Percutaneous Endoscopic</label></axis>
  <axis pos="6" values="1"><title>Device</title><label code="Z">No Device</label></axis>
  <axis pos="7" values="1"><title>Qualifier</title><label code="Z">No Qualifier</label></axis>
 </pcsRow>
</pcsTable></ICD10PCS.tabular>"""
DEFINITIONS = """<ICD10PCS.definitions><section code="0"><title>Medical and Surgical</title>
<axis pos="4"><title>Body Part</title><terms><title>Appendix</title>
<includes>Vermiform appendix</includes></terms></axis>
</section></ICD10PCS.definitions>"""
ORDER = (
    "00001 0DT     0 Gastrointestinal System, Resection                           "
    "Medical and Surgical @ Gastrointestinal System, Resection\n"
    "00002 0DTJ0ZZ 1 Resection of Appendix, Open Approach                         "
    "Resection of Appendix, Open Approach\n"
)
ATC = """atc_code,atc_name,ddd,uom,adm_r,note,synonyms
A,ALIMENTARY TRACT AND METABOLISM,NA,NA,NA,NA,
A10,DRUGS USED IN DIABETES,,,,,
A10B,"BLOOD GLUCOSE LOWERING DRUGS, EXCL. INSULINS",,,,,
A10BA,Biguanides,,,,,
A10BA01,phenformin,0.1,g,O,,
A10BA02,metformin,2,g,O,,dimethylbiguanide|Metformin
A10BB01,glibenclamide,10,mg,O,,glyburide
A10BB01,glibenclamide,7,mg,O,micronised,
"""


def found(out: Path) -> dict[str, Document]:
    return {d.id: d for d in read_records(out, Document)}


def write(file: Path, text: str, encoding: str = "utf-8") -> Path:
    file.write_text(text, encoding=encoding)
    return file


def test_a_procedure_says_what_each_of_its_characters_means(tmp_path: Path) -> None:
    fields: dict[str, Any] = {
        "tables": write(tmp_path / "icd10pcs_tables_2024.xml", PCS),
        "definitions": write(tmp_path / "definitions.xml", DEFINITIONS),
        "order": write(tmp_path / "order.txt", ORDER),
    }
    made = found(corpus.icd10pcs(out=tmp_path / "out", **fields))
    assert set(made) == {f"icd10pcs-{c}" for c in ("0DT", "0DTJ0ZZ", "0DTJ4ZZ", "0DTH0ZZ", "0DTH4ZZ")}
    one = made["icd10pcs-0DTJ0ZZ"]
    assert one.text.splitlines() == [
        "ICD-10-PCS code 0DTJ0ZZ: Resection of Appendix, Open Approach",
        "0DTJ0ZZ belongs to table 0DT, in the body system Gastrointestinal System, in the section "
        "Medical and Surgical.",
        "Operation: Resection. Cutting out or off, without replacement, all of a body part.",
        "Body Part: Appendix (includes Vermiform appendix).",
        "Approach: Open.",
    ]
    assert made["icd10pcs-0DTH4ZZ"].title == "0DTH4ZZ Resection Cecum, Percutaneous Endoscopic Approach"
    assert (one.license, one.date, one.source) == ("public-domain", "2024", "ICD-10-PCS 2024")


def test_a_diagnosis_of_icd9_stands_in_its_chapter_among_its_neighbours(tmp_path: Path) -> None:
    rows = "25000 Diabetes mellitus type II\n2500  Diabetes mellitus\n2501  Ketoacidosis\nV270  Single liveborn\n"
    rows += "E8120 Motor vehicle collision, driver\n0010  Ménière-like cholera\n"
    procedures = write(tmp_path / "CMS32_DESC_LONG_SG.txt", "4701 Laparoscopic appendectomy\n")
    diagnoses = write(tmp_path / "CMS32_DESC_LONG_DX.txt", rows, "cp1252")
    made = found(corpus.icd9cm(out=tmp_path / "out", diagnoses=diagnoses, procedures=procedures))
    assert made["icd9cm-250.0"].text.splitlines() == [
        "ICD-9-CM code 250.0: Diabetes mellitus",
        "250.0 belongs to category 250, in chapter 240-279 (Endocrine, nutritional and metabolic diseases, and "
        "immunity disorders). It is divided further.",
        "It is a diagnosis code.",
        "It is divided into: 250.00 (Diabetes mellitus type II).",
        "Other codes of its category: 250.1 (Ketoacidosis).",
    ]
    assert "250.00 belongs to 250.0 (Diabetes mellitus), in category 250" in made["icd9cm-250.00"].text
    assert {"icd9cm-V27.0", "icd9cm-E812.0", "icd9cm-47.01", "icd9cm-001.0"} <= set(made)
    assert "Operations on the digestive system" in made["icd9cm-47.01"].text
    assert made["icd9cm-001.0"].title == "001.0 Ménière-like cholera"


def test_a_medicine_has_its_place_doses_synonyms_and_neighbours(tmp_path: Path) -> None:
    made = found(corpus.atc(out=tmp_path / "out", table=write(tmp_path / "atc.csv", ATC), release="2024"))
    assert made["atc-A10BA02"].text.splitlines() == [
        "ATC code A10BA02: metformin",
        "A10BA02 belongs to A10BA (Biguanides), in A10B (BLOOD GLUCOSE LOWERING DRUGS, EXCL. INSULINS), in A10 "
        "(DRUGS USED IN DIABETES), in A (ALIMENTARY TRACT AND METABOLISM).",
        "Also called: dimethylbiguanide.",
        "It is a code of level 5: chemical substance.",
        "Defined daily dose: 2 g by mouth.",
        "In the same group: A10BA01 (phenformin).",
    ]
    assert "Defined daily dose: 10 mg by mouth; 7 mg by mouth." in made["atc-A10BB01"].text
    assert "Note: micronised." in made["atc-A10BB01"].text
    assert "It is divided into: A10 (DRUGS USED IN DIABETES)." in made["atc-A"].text


def test_an_ontology_s_table_of_atc_is_read_as_well(tmp_path: Path) -> None:
    rows = "Class ID,Preferred Label,Synonyms\nhttp://purl.bioontology.org/ontology/ATC/A10BA02,metformin,\n"
    rows += "http://www.w3.org/2002/07/owl#Thing,Thing,\n"
    assert set(found(corpus.atc(out=tmp_path / "out", table=write(tmp_path / "atc.csv", rows)))) == {"atc-A10BA02"}


def test_documents_to_train_on_name_no_code_that_is_held_out(tmp_path: Path) -> None:
    rows = "".join(f"{250000 + i:06d}"[1:] + f" Finding {i}\n" for i in range(40))
    file = write(tmp_path / "dx.txt", rows)
    held = found(corpus.icd9cm(out=tmp_path / "h", diagnoses=file, part="held_out", held_out_share=0.3))
    train = found(corpus.icd9cm(out=tmp_path / "t", diagnoses=file, part="train", held_out_share=0.3))
    codes = [d.metadata["code"] for d in held.values()]
    assert codes
    assert not set(held) & set(train)
    assert not [code for code in codes for d in train.values() if f"{code} (" in d.text]


def test_files_of_another_kind_are_named(tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.txt", "no codes here\n")
    with pytest.raises(UserError, match=r"bad\.txt: not ICD-10-PCS tables"):
        corpus.icd10pcs(out=tmp_path / "a", tables=bad)
    with pytest.raises(UserError, match=r"bad\.txt:1: expected a code without dot"):
        corpus.icd9cm(out=tmp_path / "b", diagnoses=bad)
    with pytest.raises(UserError, match=r"bad\.txt:1: expected a column atc_code"):
        corpus.atc(out=tmp_path / "c", table=bad)
    with pytest.raises(UserError, match="give `diagnoses`, `procedures` or both"):
        corpus.icd9cm(out=tmp_path / "d")
    bomb = PCS.replace("<ICD10PCS.tabular>", '<!DOCTYPE x [<!ENTITY a "aaaa">]><ICD10PCS.tabular>')
    with pytest.raises(UserError, match="entities"):
        corpus.icd10pcs(out=tmp_path / "e", tables=write(tmp_path / "bomb.xml", bomb))
