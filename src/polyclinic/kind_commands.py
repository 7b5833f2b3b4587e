"""Every step kind as a command: its flags are the kind's settings and inputs."""

from __future__ import annotations

import inspect
import tempfile
import typing
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from polyclinic.errors import UserError
from polyclinic.launched import read_launch
from polyclinic.steps import STAGES, StepKind, kinds_of


def add_kind_commands(group: typer.Typer, stage: str) -> None:
    """Add a command for each kind of a stage."""
    for kind in kinds_of(stage).values():
        group.command(kind.name.partition(".")[2], help=kind.summary)(_command(kind))


def kind_rows() -> list[dict[str, Any]]:
    """Return one row for each step kind: name, inputs, output, summary."""
    return [
        {
            "kind": kind.name,
            "takes": sorted({role.input for role in kind.roles.values() if role.input}),
            "makes": kind.output,
            "what": kind.summary,
        }
        for stage in STAGES
        for kind in kinds_of(stage).values()
    ]


def setting_rows(kind: StepKind[Any]) -> list[dict[str, Any]]:
    """Return one row for each setting of a kind: name, type, default, description."""
    rows = []
    fields = kind.settings.model_fields
    for name in sorted(fields, key=lambda name: not kind.roles[name].input):  # inputs first
        info, role = fields[name], kind.roles[name]
        type_name = f"{role.input}{' (several)' if role.many else ''}" if role.input else _type_name(info.annotation)
        default = info.get_default(call_default_factory=True)
        rows.append(
            {
                "field": name,
                "type": type_name,
                "default": "required" if default is PydanticUndefined else default,
                "what": info.description or "",
            }
        )
    return rows


def _command(kind: StepKind[Any]) -> Any:
    def command(**given: Any) -> None:
        out: Path | None = given.pop("out")
        seed: int = given.pop("seed")
        as_json: bool = given.pop("as_json", False)
        launch = read_launch(given.pop("launch", ""))
        fields = {name: _parse(kind, name, _once(name, texts)) for name, texts in given.items() if texts}
        with tempfile.TemporaryDirectory(prefix="polyclinic-") if out is None else nullcontext() as folder:
            made = kind(out=out or Path(str(folder)) / "out", seed=seed, launch=launch, **fields)
            if kind.shown is not None:
                _show(kind.shown(made), out, as_json)
            if not as_json and out is not None:
                typer.echo(str(made))

    parameters = [
        inspect.Parameter(
            row["field"],
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                list[str]
                | None,  # so that a flag that is given twice is seen: the first would be lost without a word
                typer.Option(
                    f"--{row['field'].replace('_', '-')}",
                    *([f"--{row['field']}"] if "_" in row["field"] else []),
                    # A bracket would be read as markup.
                    help=f"{row['what']} ({row['type']}; {_default_text(row['default'])})".replace("[", r"\["),
                    metavar=row["type"].split(" ")[0].upper()[:12],
                ),
            ],
        )
        for row in setting_rows(kind)
    ]
    seed_option = typer.Option("--seed", help="decides everything random")
    kept = "; empty = nothing is kept" if kind.out_optional else ""
    out_option = typer.Option("--out", help=f"folder to make; must not exist{kept}")
    out_type, out_default = (Path | None, None) if kind.out_optional else (Path, inspect.Parameter.empty)
    parameters += [
        inspect.Parameter("seed", inspect.Parameter.KEYWORD_ONLY, default=0, annotation=Annotated[int, seed_option]),
        inspect.Parameter(
            "out", inspect.Parameter.KEYWORD_ONLY, default=out_default, annotation=Annotated[out_type, out_option]
        ),
    ]
    if kind.processes:
        launch_option = typer.Option("--launch", help="torchrun:N runs it in N processes, one for each accelerator")
        parameters.append(
            inspect.Parameter(
                "launch", inspect.Parameter.KEYWORD_ONLY, default="", annotation=Annotated[str, launch_option]
            )
        )
    if kind.shown is not None:
        json_option = typer.Option("--json", help="print JSON, for programs")
        parameters.append(
            inspect.Parameter(
                "as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, json_option]
            )
        )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__name__ = kind.name.partition(".")[2]
    return command


def _show(rows: list[dict[str, Any]], out: Path | None, as_json: bool) -> None:
    """Print what a kind shows of the artifact it made, as a table or as JSON."""
    from polyclinic.shown_rows import print_json, print_results

    if as_json:
        print_json({"out": str(out), "rows": rows} if out is not None else {"rows": rows})
    elif rows:
        print_results(rows)


def _once(name: str, texts: list[str]) -> str:
    """Return what a flag was given; raises UserError when it was given more than once."""
    if len(texts) > 1:
        flag = f"--{name.replace('_', '-')}"
        raise UserError(f"{flag} is given {len(texts)} times; give it once (several values are divided by commas)")
    return texts[0]


def _parse(kind: StepKind[Any], name: str, text: str) -> Any:
    """Return the value of a flag; several are divided by commas or, like mappings, written as YAML."""
    annotation = kind.settings.model_fields[name].annotation
    origins = {typing.get_origin(part) for part in (annotation, *typing.get_args(annotation))}
    mapping = typing.get_origin(annotation) is dict
    if any(_is_settings(part) for part in (annotation, *typing.get_args(annotation))):
        origins.add(dict)
    if not mapping and origins & {list, tuple} and not text.lstrip().startswith(("[", "{")):
        return [part.strip() for part in text.split(",")] if text else []
    if dict in origins or annotation is dict or origins & {list, tuple}:
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UserError(f"--{name}: expected YAML: {text!r}") from error
    return text


def _default_text(default: Any) -> str:
    if default == "required":
        return "required"
    return "optional" if default in (None, [], (), "") else f"default {default}"


def _is_settings(annotation: Any) -> bool:
    """Say whether a setting has settings of its own."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _type_name(annotation: Any) -> str:
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path", type(None): ""}
    if annotation in names:
        return names[annotation]
    if _is_settings(annotation):
        return f"mapping of {', '.join(annotation.model_fields)}"
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _type_name(arguments[0])
    if origin is typing.Literal:
        return " or ".join(map(str, arguments))
    if origin in (list, tuple):
        return f"{_type_name(arguments[0])} (several)"
    if arguments:
        return " or ".join(filter(None, map(_type_name, arguments)))
    return getattr(annotation, "__name__", str(annotation))
