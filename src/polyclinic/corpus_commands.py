"""The commands of `polyclinic corpus` that are no step kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from polyclinic.errors import UserError
from polyclinic.shown_rows import print_json, print_table

SHOWN = (
    "type",
    "n",
    "recall",
    "recall_low",
    "recall_high",
    "partly",
    "spans",
    "precision",
    "precision_low",
    "precision_high",
)


def add_corpus_commands(group: typer.Typer) -> None:
    """Add the commands to the group `corpus`."""
    group.command("deid-check")(deid_check)
    group.command("statistics")(corpus_statistics)


def corpus_statistics(
    documents: Annotated[list[Path], typer.Argument(help="folders or files of documents")],
    tokenizer: Annotated[Path | None, typer.Option(help="model folder whose tokenizer counts the tokens")] = None,
    page: Annotated[Path | None, typer.Option(help="HTML page to write, with samples to read")] = None,
    samples: Annotated[int, typer.Option(min=0, help="documents of each corpus to read on the page")] = 3,
    seed: Annotated[int, typer.Option(help="decides which these are")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for programs")] = False,
) -> None:
    """Count documents, tokens, lengths, sources, licences, duplicates and contamination by corpus."""
    from polyclinic.corpus.statistics import count_documents, statistics_rows
    from polyclinic.corpus.statistics_page import statistics_page

    counts = count_documents(documents, tokenizer, samples, seed)
    if page is not None:
        page.write_text(statistics_page(counts), encoding="utf-8")
        typer.echo(str(page), err=True)
    rows = statistics_rows(counts)
    columns = ("corpus", "what", "name", "documents", "share", "total")
    print_json(rows) if as_json else print_table(rows, columns)


def deid_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="labelled notes, lines of JSON: id, text, spans")],
    rules: Annotated[str, typer.Option(help="language, or YAML file with rules of your own")] = "en",
    model: Annotated[Path | None, typer.Option(help="a token-classification model folder that looks as well")] = None,
    label: Annotated[list[str] | None, typer.Option(help="what a label of the model means: LABEL=type")] = None,
    presidio: Annotated[bool, typer.Option("--presidio", help="have presidio look as well")] = False,
    by_style: Annotated[bool, typer.Option("--by-style", help="a table for each style of the notes, too")] = False,
    examples: Annotated[int, typer.Option(min=0, help="show so many that were missed or wrong: patients' text")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for programs")] = False,
) -> None:
    """Measure recall and precision of de-identification by type on labelled notes, with 95% intervals (Wilson)."""
    from polyclinic.corpus.deidentification.check import check_labels
    from polyclinic.progress import progress_bar

    pairs = {}
    for one in label or []:
        name, sign, kind = one.partition("=")
        if not sign:
            raise UserError(f"--label {one}: expected LABEL=type, e.g. HOSP=institution")
        pairs[name] = kind
    if not file.is_file():
        raise UserError(f"{file}: no such file; expected labelled notes, lines of JSON with id, text and spans")
    with file.open("rb") as stream:
        lines = sum(1 for _ in stream)
    with progress_bar("checking", lines) as progress:
        checked = check_labels(
            file, rules=rules, model=model, labels=pairs, presidio=presidio, examples=examples, progress=progress
        )
    styles = {style: counts.rows() for style, counts in sorted(checked.by_style.items())} if by_style else {}
    shown = [*checked.counts.missed, *checked.counts.wrong]
    if as_json:
        found: dict[str, Any] = {
            "notes": checked.counts.notes,
            "types": checked.counts.rows(),
            "gate": checked.gate_rows(),
        }
        if by_style:
            found["styles"] = styles
        if examples:
            found["missed"], found["wrong"] = checked.counts.missed, checked.counts.wrong
        print_json(found)
        return
    print_table(checked.counts.rows(), SHOWN)
    print_table(checked.gate_rows(), ("notes", "n", "held_back"))
    for style, rows in styles.items():
        typer.echo(f"\n{style}")
        print_table(rows, SHOWN)
    for number, (kind, _, context) in enumerate(shown):
        typer.echo(f"{'missed' if number < len(checked.counts.missed) else 'wrong'}  {kind}  {context}")
