"""Articles and citations: JATS and PubMed XML, from files, archives and baselines."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from polyclinic import corpus
from polyclinic.records import Document, read_records

ARTICLE = """<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="case-report" xml:lang="en">
<front><journal-meta><journal-title-group><journal-title>Journal of Cases</journal-title></journal-title-group>
</journal-meta><article-meta>
<article-id pub-id-type="pmc">{number}</article-id><article-id pub-id-type="pmid">9{number}</article-id>
<title-group><article-title>Fever in <italic>case</italic> {number}</article-title></title-group>
{date}
<permissions><copyright-statement>© The authors</copyright-statement>{licence}</permissions>
<abstract><sec><title>Background</title>
<p>A fever &#945; of 10<sup>3</sup> cells<xref ref-type="fn">*</xref>.</p></sec>
</abstract><kwd-group><kwd>fever</kwd></kwd-group></article-meta></front>
<body><sec><title>Case</title><p>She was well<sup><xref ref-type="bibr">1</xref></sup>.
<list list-type="order"><list-item><p>first</p></list-item><list-item><p>second</p></list-item></list> Then home.</p>
<table-wrap><label>Table 1.</label><caption><p>Counts</p></caption><table>
<thead><tr><th rowspan="2">Day</th><th colspan="2">Cells</th></tr><tr><th>white</th><th>red</th></tr></thead>
<tbody><tr><td>1</td><td>5|6</td><td>7</td></tr></tbody></table></table-wrap>
<disp-formula><tex-math>\\begin{{document}}$a+b$\\end{{document}}</tex-math></disp-formula></sec>
<sec><title>Empty</title></sec></body>
<back><ref-list><ref id="r1"><element-citation><name><surname>Doe</surname><given-names>J</given-names></name>
<article-title>On fevers.</article-title><source>J Fev</source><year>2001</year><volume>3</volume><fpage>1</fpage>
<lpage>9</lpage></element-citation></ref></ref-list></back></article>"""
DATE = "<pub-date pub-type='epub'><day>4</day><month>3</month><year>2019</year></pub-date>"
BY = '<license xlink:href="http://creativecommons.org/licenses/by/4.0/"><license-p>Open access.</license-p></license>'
BY_NC = "<license><license-p>Creative Commons Attribution Non-Commercial License</license-p></license>"
CITATION = """<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article><Journal><Title>J</Title>
<JournalIssue><PubDate>{date}</PubDate></JournalIssue></Journal><ArticleTitle>Title {pmid}.</ArticleTitle>
<Abstract><AbstractText Label="AIMS">To &lt;see&gt;.</AbstractText><AbstractText Label="RESULTS">Seen.</AbstractText>
</Abstract><Language>ger</Language></Article><MeshHeadingList><MeshHeading><DescriptorName>Fever</DescriptorName>
</MeshHeading></MeshHeadingList></MedlineCitation></PubmedArticle>"""


def article(number: int, date: str = DATE, licence: str = BY) -> str:
    return ARTICLE.format(number=number, date=date, licence=licence)


def run(tmp_path: Path, path: Path, **fields: Any) -> dict[str, Document]:
    return {d.id: d for d in read_records(corpus.read(out=tmp_path / "out", documents=path, **fields), Document)}


def left_out(tmp_path: Path) -> list[dict[str, str]]:
    file = tmp_path / "out" / "left_out.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def archive(file: Path, members: dict[str, bytes], mode: Any = "w:gz") -> Path:
    with tarfile.open(file, mode) as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return file


def test_an_article_is_markdown_with_its_tables_formulas_and_references(tmp_path: Path) -> None:
    (tmp_path / "a.nxml").write_text(article(7))
    one = run(tmp_path, tmp_path / "a.nxml", references=True)["PMC7"]
    assert one.title == "Fever in case 7"
    assert (one.license, one.date, one.language, one.domain) == ("CC-BY-4.0", "2019-03-04", "en", "pubmed")
    assert one.sections == ("Abstract", "Background", "Case", "References")
    assert one.metadata["journal"] == "Journal of Cases"
    assert one.text.split("\n\n") == [
        "## Abstract",
        "### Background",
        "A fever α of 10^3 cells.",
        "## Case",
        "She was well [1].",
        "1. first\n2. second",
        "Then home.",
        "Table 1: Counts",
        "| Day | Cells white | Cells red |\n|---|---|---|\n| 1 | 5\\|6 | 7 |",
        "$a+b$",
        "## References",
        "1. Doe J. On fevers. J Fev 2001;3:1-9",
    ]


def test_tables_and_references_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.nxml").write_text(article(7))
    text = run(tmp_path, tmp_path / "a.nxml", tables=False)["PMC7"].text
    assert "Counts" not in text
    assert "Doe" not in text


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("", ""),
        ("<pub-date pub-type='ppub'><month>5</month></pub-date>", ""),  # what ends pubmed_parser with a KeyError
        ("<pub-date pub-type='epub'/><pub-date pub-type='collection'><year>2018</year></pub-date>", "2018"),
        ("<pub-date><year>2018</year><month>Spring</month></pub-date>", "2018"),
        ("<pub-date><year>2018</year><month>Feb</month><day>99</day></pub-date>", "2018-02"),
        ("<pub-date><year>twenty</year></pub-date>", ""),
    ],
)
def test_a_date_without_a_year_is_no_date_and_no_error(tmp_path: Path, date: str, said: str) -> None:
    (tmp_path / "a.xml").write_text(article(7, date))
    assert run(tmp_path, tmp_path / "a.xml")["PMC7"].date == said


def test_an_archive_of_articles_is_streamed_and_each_has_its_own_licence(tmp_path: Path) -> None:
    licences = {1: BY, 2: BY_NC, 3: "", 4: "<license><license-p>Ask the publisher.</license-p></license>"}
    members = {f"PMC/{n}.xml": article(n, licence=text).encode() for n, text in licences.items()}
    file = archive(tmp_path / "oa_bulk.tar.gz", {**members, "PMC/readme.rtf": b"text"})
    found = run(tmp_path, file)
    assert {name: d.license for name, d in found.items()} == {
        "PMC1": "CC-BY-4.0",
        "PMC2": "CC-BY-NC",
        "PMC3": "LicenseRef-unrecognised",
        "PMC4": "LicenseRef-unrecognised",
    }
    assert found["PMC4"].metadata["license_statement"].startswith("Ask the publisher.")


def test_commercial_keeps_only_articles_that_allow_it_and_lists_the_others(tmp_path: Path) -> None:
    members = {f"{n}.xml": article(n, licence=text).encode() for n, text in enumerate((BY, BY_NC, ""), start=1)}
    found = run(tmp_path, archive(tmp_path / "a.tar", members, "w"), licenses="commercial")
    assert set(found) == {"PMC1"}
    assert [(one["id"], one["reason"]) for one in left_out(tmp_path)] == [("PMC2", "licence"), ("PMC3", "licence")]


def test_a_broken_article_costs_itself_alone(tmp_path: Path) -> None:
    good = [article(n) for n in range(1, 5)]
    broken = {
        "not closed": article(90).replace("</article>", ""),
        "not XML": article(91).replace("</p>", "</q>", 1),
        "NUL": article(92).replace("fever", "fe\0ver", 1),
        "half a character": article(93).replace("She", "\udcc3She"),
        "unknown entity": article(94).replace("&#945;", "&nosuchthing;"),
    }
    text = "<pmc-articleset>" + good[0]
    for one, bad in zip([*good[1:], ""], [*broken.values()][:4], strict=True):
        text += bad + one
    file = tmp_path / "set.xml"
    file.write_bytes((text + broken["unknown entity"] + "</pmc-articleset>").encode("utf-8", "surrogateescape"))
    assert set(run(tmp_path, file)) == {f"PMC{n}" for n in range(1, 5)}
    assert [one["reason"] for one in left_out(tmp_path)] == [
        *("broken XML", "broken XML", "NUL bytes", "wrong encoding", "broken XML"),
    ]


def test_named_characters_and_prefixes_of_what_stood_around_an_article_are_understood(tmp_path: Path) -> None:
    bare = article(5).replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "").replace("&#945;", "&alpha;&nbsp;")
    (tmp_path / "a.xml").write_text(f'<set xmlns:xlink="http://www.w3.org/1999/xlink">{bare}</set>')
    one = run(tmp_path, tmp_path / "a.xml")["PMC5"]
    assert "A fever α of" in one.text
    assert one.license == "CC-BY-4.0"


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY xxe SYSTEM "file:///etc/passwd">',
        '<!ENTITY % remote SYSTEM "http://127.0.0.1:9/x.dtd"> %remote;',
    ],
)
def test_files_that_declare_entities_are_refused_and_the_others_read(tmp_path: Path, entity: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "bad.xml").write_text(f"<!DOCTYPE article [{entity}]>" + article(1).replace("&#945;", "&a;"))
    (folder / "good.xml").write_text(f"<!DOCTYPE article SYSTEM 'JATS.dtd'>{article(2)}")
    bad = f"<?xml version='1.0' encoding='utf-16'?><!DOCTYPE article [{entity}]>{article(3)}"
    (folder / "utf16.xml").write_bytes(bad.encode("utf-16"))
    assert set(run(tmp_path, folder)) == {"PMC2"}
    assert [(one["place"], one["reason"]) for one in left_out(tmp_path)] == [
        ("bad.xml", "XML entities"),
        ("utf16.xml", "XML entities"),
    ]


def test_other_encodings_are_read_as_the_file_says(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, encoding in enumerate(("iso-8859-1", "utf-16"), start=1):
        text = f"<?xml version='1.0' encoding='{encoding}'?>" + article(number).replace("She", "Fièvre: she")
        (folder / f"{number}.xml").write_bytes(text.encode(encoding))
    found = run(tmp_path, folder)
    assert all("Fièvre: she was well" in d.text for d in found.values())
    assert len(found) == 2


def test_a_citation_has_its_labels_date_and_headings(tmp_path: Path) -> None:
    texts = [
        CITATION.format(pmid=1, date="<Year>1998</Year><Month>Jun</Month><Day>3</Day>"),
        CITATION.format(pmid=2, date="<MedlineDate>1975 Nov-Dec</MedlineDate>"),
        CITATION.format(pmid=3, date=""),
        CITATION.format(pmid=4, date="").replace("Abstract>", "Nothing>"),
    ]
    file = tmp_path / "pubmed26n0001.xml.gz"
    file.write_bytes(gzip.compress(("<PubmedArticleSet>" + "\n".join(texts) + "</PubmedArticleSet>").encode()))
    found = run(tmp_path, file)
    assert [(d.id, d.date) for d in found.values()] == [("pmid-1", "1998-06-03"), ("pmid-2", "1975"), ("pmid-3", "")]
    one = found["pmid-1"]
    assert one.text == "## Aims\n\nTo <see>.\n\n## Results\n\nSeen."
    assert one.sections == ("Aims", "Results")
    assert one.metadata["mesh"] == ["Fever"]
    assert [(o["id"], o["reason"]) for o in left_out(tmp_path)] == [("pmid-4", "no abstract")]


def test_of_a_citation_and_its_update_the_last_is_kept_if_that_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, label in (("n0001", "AIMS"), ("n0002", "GOALS")):
        text = CITATION.format(pmid=1, date="").replace("AIMS", label)
        (folder / f"{name}.xml").write_text(f"<PubmedArticleSet>{text}</PubmedArticleSet>")
    assert run(tmp_path, folder, repeated_ids="last")["pmid-1"].sections[0] == "Goals"
    assert left_out(tmp_path)[0]["place"] == "n0001.xml#1"
