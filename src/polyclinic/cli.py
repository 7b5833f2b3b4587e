"""The command line; thin. Results go to stdout, progress and messages to stderr.

Exit status: 0 done, 2 the user's input is wrong (one message, no traceback), 1 anything else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from polyclinic import __version__
from polyclinic.errors import UserError, WorkStopped
from polyclinic.shown_rows import print_json, print_table

STAGE_HELP = {
    "corpus": "Read documents.",
    "model": "Get a base model.",
    "tasks": "The catalog of tasks, and the items made from it.",
    "synth": "Have a teacher write training tasks.",
    "train": "Train a model.",
    "merge": "Merge models of one architecture.",
    "eval": "Ask models the tasks of the catalog and compare them.",
}
HELP = "Turn a small open language model into a clinical one, and prove it."
INTERRUPTED = 130  # exit status after Ctrl-C, as shells have it
StoreOption = Annotated[Path, typer.Option("--store", help="folder with the artifacts")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="STEP.field=value, instead of the recipe's")]
CatalogOption = Annotated[Path | None, typer.Option("--catalog", "--tasks-dir", help="folder of your own tasks")]
OwnTasksOption = Annotated[
    Path | None, typer.Option("--tasks", "--catalog", "--tasks-dir", help="folder of your own tasks")
]
LaunchOption = Annotated[
    str, typer.Option("--launch", help="torchrun:N trains with N processes, one for each accelerator of this machine")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON, for programs")]


def main() -> None:
    """Run the command line on this process's arguments."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    # The processor's matrix library gives equal bits for equal input only when it is asked to.
    os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
    os.environ.setdefault("MKL_DYNAMIC", "FALSE")
    try:
        build_app(sys.argv[1] if len(sys.argv) > 1 else "")()
    except UserError as error:
        sys.stderr.write(f"polyclinic: {error}\n")
        sys.exit(2)
    except WorkStopped as error:
        sys.stderr.write(f"polyclinic: {error}\npolyclinic: the same command goes on from here\n")
        sys.exit(1)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:  # typer makes this of Ctrl-C in a command
            raise
        sys.stderr.write("polyclinic: stopped; the same command goes on from here\n")
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno is None:
            raise
        what = os.strerror(error.errno)  # a library's own words need not say what it is about
        sys.stderr.write(f"polyclinic: {what}{f': {error.filename}' if error.filename else ''}\n")
        sys.stderr.write("polyclinic: finished artifacts are untouched; the same command goes on from here\n")
        sys.exit(1)


def build_app(stage: str = "") -> typer.Typer:
    """Return the commands; the kinds of one stage only, so that the others need not be imported."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback(help=HELP)(_options)
    for command in (run, plan, steps, report, doctor):
        app.command()(command)
    for name, text in STAGE_HELP.items():
        group = typer.Typer(help=text, no_args_is_help=True)
        if name == "corpus":
            from polyclinic.corpus_commands import add_corpus_commands

            add_corpus_commands(group)
        if name == "tasks":
            group.command("list")(tasks_list)
            group.command("show")(tasks_show)
            group.command("check")(tasks_check)
            group.command("export")(tasks_export)
            group.command("statistics")(tasks_statistics)
            group.command("wordings")(tasks_wordings)
        if name == "merge":
            group.command("from-yaml")(merge_from_yaml)
            group.command("diagnose")(merge_diagnose)
            group.command("join-search")(merge_join_search)
        if name == "eval":
            from polyclinic.eval_commands import add_eval_commands

            add_eval_commands(group)
        if name == "model":
            group.command("card")(model_card)
        if name == stage:
            from polyclinic.kind_commands import add_kind_commands

            add_kind_commands(group, name)
        app.add_typer(group, name=name)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="print the version", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Hold what may stand before the command; `--version` has done its work by then."""


def run(
    recipe: Annotated[Path, typer.Argument(help="recipe file (YAML)")],
    store: StoreOption = Path("store"),
    set_: SetOption = None,
    only: Annotated[str, typer.Option(help="make this step and what it needs, no more")] = "",
    launch: LaunchOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the plan and stop")] = False,
    seeds: Annotated[
        str, typer.Option(help="0,1,2: the whole recipe once with each seed, and a page over them")
    ] = "",
    at_once: Annotated[int, typer.Option(min=1, max=64, help="seeds run at the same time, a process each")] = 1,
) -> None:
    """Make everything a recipe asks for that is not there yet, and its page."""
    from polyclinic.recipe_commands import run_recipe

    run_recipe(recipe, store, set_ or (), only=only, launch=launch, dry_run=dry_run, seeds=seeds, at_once=at_once)


def plan(
    recipe: Annotated[Path, typer.Argument(help="recipe file (YAML)")],
    store: StoreOption = Path("store"),
    set_: SetOption = None,
    only: Annotated[str, typer.Option(help="plan this step and what it needs")] = "",
    launch: LaunchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show each step of a recipe: done, to do, or made again and why; what trainings would take."""
    from polyclinic.launched import read_launch
    from polyclinic.recipe_commands import plan_recipe
    from polyclinic.shown_plan import plan_lines, plan_rows

    processes = read_launch(launch).processes
    planned = plan_recipe(recipe, store, set_ or (), only)
    if as_json:
        print_json(plan_rows(planned, processes))
    else:
        typer.echo("\n".join(plan_lines(planned, processes)))


def steps(
    kind: Annotated[str, typer.Argument(help="one kind, e.g. train.pit; all when left out")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the step kinds, or one kind's settings."""
    from polyclinic.kind_commands import kind_rows, setting_rows
    from polyclinic.steps import find_kind

    if kind:
        found = find_kind(kind)
        if as_json:
            print_json({"kind": found.name, "makes": found.output, "settings": setting_rows(found)})
            return
        typer.echo(f"{found.name} makes {found.output}. {found.summary}")
        print_table(setting_rows(found), ("field", "type", "default", "what"))
    else:
        rows = kind_rows()
        print_json(rows) if as_json else print_table(rows, ("kind", "takes", "makes", "what"))


def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="folder of a run: STORE/runs/RECIPE")],
) -> None:
    """Make the page of a run again."""
    from polyclinic.pipeline import read_run
    from polyclinic.report import make_report

    page = run_folder / "report.html"
    make_report(read_run(run_folder), run_folder.parent.parent, page)
    typer.echo(str(page))


def doctor(store: StoreOption = Path("store"), as_json: JsonOption = False) -> None:
    """Say what this machine has, what is missing, and how to get it."""
    from polyclinic.doctor import examine

    rows = examine(store)
    print_json(rows) if as_json else print_table(rows, ("what", "found", "state", "advice"))
    if any(row["state"] == "missing" for row in rows):
        raise typer.Exit(1)


def tasks_list(
    suite: Annotated[str, typer.Option(help="only the tasks of this suite")] = "",
    catalog: OwnTasksOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the tasks of the catalog, and how many each suite has."""
    from polyclinic.tasks import suite_counts, task_rows

    rows = task_rows(suite or None, catalog)
    if as_json:
        print_json(rows)
        return
    print_table(rows, ("name", "category", "domain", "suites", "access", "license", "verified"))
    typer.echo("")
    print_table(
        [row for row in suite_counts(catalog) if suite in ("", row["suite"])],
        ("suite", "entries", "tasks", "buildable", "verified", "open"),
    )
    typer.echo("verified: builder and layout were tried on the real data; the others follow a public description.")


def tasks_show(
    name: Annotated[str, typer.Argument(help="name of a task")],
    catalog: OwnTasksOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one task of the catalog."""
    from polyclinic.tasks import load_task

    fields = load_task(name, catalog).model_dump(mode="json")
    rows = [{"field": key, "value": value} for key, value in fields.items()]
    print_json(fields) if as_json else print_table(rows, ("field", "value"))


def tasks_check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="task files (MedS-Ins JSON or workbooks), samples, or lists of a split"),
    ] = None,
    tasks: Annotated[
        str, typer.Option(help="names of tasks, divided by commas, or a folder of your own tasks; all when left out")
    ] = "",
    suite: Annotated[str, typer.Option(help="instead of names: the tasks of a suite")] = "",
    data: Annotated[
        Path | None,
        typer.Option(help="the user's data folder: items are checked too, files are held against its tests"),
    ] = None,
    against: Annotated[
        list[Path] | None, typer.Option(help="samples or task files of tests that may not stand in the files")
    ] = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check catalog tasks, their items, task files or samples; ends with 1 when there are errors."""
    from polyclinic.tasks import check_files, check_tasks, tasks_and_catalog

    names = [name.strip() for name in tasks.split(",") if name.strip()]
    chosen = tasks_and_catalog({"tasks": names, "catalog": catalog})
    names, catalog = chosen["tasks"], chosen["catalog"]
    rows = check_files(files, data, catalog, against or ()) if files else check_tasks(names, suite, data, catalog)
    print_json(rows) if as_json else print_table(rows, ("level", "task", "place", "rule", "message"))
    errors = sum(row["level"] == "error" for row in rows)
    typer.echo(f"{errors} errors, {len(rows) - errors} warnings", err=True)
    if errors:
        raise typer.Exit(1)


def tasks_wordings(
    made: Annotated[
        list[Path] | None, typer.Argument(help="what synth.paraphrase made; put beside the tasks of --tasks")
    ] = None,
    catalog: OwnTasksOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count the wordings of each task's definition, or put new ones into a folder of your own tasks."""
    from polyclinic.tasks import load_catalog
    from polyclinic.tasks.wordings import store_wordings, wording_rows

    if made and catalog is None:
        raise UserError("--tasks: missing; the folder of your own tasks where the wordings are to stand")
    for folder in made or ():
        assert catalog is not None
        for name, (added, total) in store_wordings(folder, catalog).items():
            typer.echo(f"{name}: {added} added, {total} now", err=True)
    tasks = [task for task in load_catalog(catalog).values() if task.definition]
    rows = wording_rows(tasks, catalog)
    print_json(rows) if as_json else print_table(rows, ("name", "hand", "rules", "teacher", "published"))


def tasks_export(
    samples: Annotated[list[Path], typer.Argument(help="folders or files of samples")],
    out: Annotated[Path, typer.Option(help="folder to make; must not exist")],
    catalog: OwnTasksOption = None,
) -> None:
    """Write samples as MedS-Ins task files, one a task."""
    from polyclinic.tasks import export_task_files

    for name, count in export_task_files(samples, out, catalog).items():
        typer.echo(f"{out / name}  {count}")


def tasks_statistics(
    samples: Annotated[list[Path], typer.Argument(help="folders or files of samples")],
    page: Annotated[Path | None, typer.Option(help="HTML page to write, with the pictures")] = None,
    pictures: Annotated[Path | None, typer.Option(help="folder for sunburst.png and sankey.png")] = None,
    font: Annotated[list[Path] | None, typer.Option(help="font file for the words in the pictures")] = None,
    catalog: OwnTasksOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count samples by domain, category, source, language and length, beside the published shares."""
    from polyclinic.tasks import count_samples, statistics_page, statistics_rows, write_pictures

    counts = count_samples(samples, catalog)
    rows = statistics_rows(counts)
    if page is not None:
        page.write_text(statistics_page(counts), encoding="utf-8")
        typer.echo(str(page), err=True)
    for file in write_pictures(counts, pictures, font or ()) if pictures is not None else ():
        typer.echo(str(file), err=True)
    columns = ("what", "name", "samples", "share", "published", "published_bench")
    print_json(rows) if as_json else print_table(rows, columns)


def model_card(
    model: Annotated[Path, typer.Argument(help="folder of a model or an adapter that Polyclinic has made")],
    scores: Annotated[list[Path] | None, typer.Option(help="scores to put into it: what eval.run has made")] = None,
) -> None:
    """Write the model card again, from the manifests, with scores."""
    from dataclasses import asdict

    from polyclinic.artifacts import read_manifest
    from polyclinic.model_card import FILE, write_card_again
    from polyclinic.records import Score, read_records

    rows = []
    if scores:
        from polyclinic.evals.summary import summarize

        manifest = read_manifest(model)
        own = "" if manifest is None else manifest.fingerprint
        found = [score for path in scores for score in read_records(path, Score) if score.fingerprint == own]
        if not found:
            raise UserError(f"--scores: none of them is of {model} (fingerprint {own[:12]}); give what eval.run made")
        rows = [asdict(row) for row in summarize(found)]
    write_card_again(model, rows)
    typer.echo(str(model / FILE))


def merge_from_yaml(
    file: Annotated[Path, typer.Argument(help="merge file of mergekit (YAML)")],
    out: Annotated[Path, typer.Option(help="folder to make; must not exist")],
    seed: Annotated[int, typer.Option(help="decides everything random")] = 0,
    model: Annotated[
        list[str] | None, typer.Option(help="NAME=FOLDER: where a model lies that the file calls by another name")
    ] = None,
) -> None:
    """Run a merge file of mergekit."""
    from polyclinic.merge import from_yaml
    from polyclinic.merge.from_yaml import read_merge_file

    folders = {}
    for text in model or []:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            raise UserError(f"--model {text}: expected NAME=FOLDER")
        folders[name] = Path(folder)
    for note in read_merge_file(file, folders).notes:
        typer.echo(note, err=True)
    typer.echo(str(from_yaml(file, out=out, seed=seed, folders=folders)))


def merge_diagnose(
    base: Annotated[Path, typer.Option(help="the model the others were trained from")],
    models: Annotated[str, typer.Option(help="models or adapters, divided by commas")],
    as_json: JsonOption = False,
) -> None:
    """Say what can be known of models before they are merged: do they fit, are they sound, do they agree."""
    from dataclasses import asdict

    from polyclinic.merge import diagnose
    from polyclinic.merge.diagnose import figure_rows

    found = diagnose(base, [part.strip() for part in models.split(",")])
    if as_json:
        print_json(asdict(found))
    else:
        rows = figure_rows(found)
        print_table(rows, tuple(rows[-1]))
        for warning in found.warnings:
            typer.echo(f"warning: {warning}", err=True)
    for problem in found.problems:
        typer.echo(f"problem: {problem}", err=True)
    if found.problems:
        raise typer.Exit(2)


def merge_join_search(
    out: Annotated[Path, typer.Argument(help="the folder that another process is making by merge.search")],
) -> None:
    """Help with a search that is under way, from another machine that sees the same files."""
    from polyclinic.merge.search_workers import join_search

    typer.echo(f"{join_search(out)} candidates evaluated here")
