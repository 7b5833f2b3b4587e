"""The house of docs/architecture.md: a room uses lower floors only; heavy libraries wait until they are needed."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

import polyclinic
from polyclinic.cli import STAGE_HELP
from polyclinic.steps import STAGES

HOUSE = Path(polyclinic.__file__).parent
# Rooms of one floor do not use each other; what stands in one tuple is one room.
FLOORS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("errors", "progress", "cost", "artifacts", "compiled", "__init__"),),
    (("records",), ("models", "adapter_folder"), ("pages",), ("word_hashes", "word_runs", "near_duplicates")),
    (("step_settings", "steps", "provenance", "model_card", "launched"), ("llm",), ("adapters",)),
    (("tasks",), ("train",), ("pipeline",), ("deidentify",)),
    (("evals",), ("corpus",), ("model",)),
    (("merge",), ("synth",), ("report",)),
    (
        (
            "cli",
            "recipe_commands",
            "side_by_side",
            "kind_commands",
            "corpus_commands",
            "eval_commands",
            "shown_plan",
            "shown_rows",
            "doctor",
            "__main__",
        ),
    ),
)
HEAVY = {
    *("torch", "transformers", "trl", "peft", "datasets", "accelerate", "pyarrow", "tokenizers", "safetensors"),
    *("aiohttp", "simple_icd_10_cm", "huggingface_hub", "pandas", "duckdb"),
}
FLOOR_OF = {name: number for number, rooms in enumerate(FLOORS) for room in rooms for name in room}
ROOM_OF = {name: room for rooms in FLOORS for room in rooms for name in room}
FILES = sorted(HOUSE.rglob("*.py"))
each_file = pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(HOUSE).as_posix())


@functools.cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def room_name(file: Path) -> str:
    return file.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported_modules(node: ast.AST, file: Path) -> Iterator[str]:
    """Yield the full names of the modules an import statement asks for."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = node.module or ""
        if node.level:
            package = ("polyclinic", *file.relative_to(HOUSE).parent.parts)
            start = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
        if start == "polyclinic":
            yield from (f"polyclinic.{alias.name}" for alias in node.names)
        else:
            yield start


def at_the_head(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported; what only the type checker sees is left out."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        yield statement
        for part in ("body", "orelse", "finalbody"):
            if part == "body" and isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
                continue
            yield from at_the_head(getattr(statement, part, []))
        for handler in getattr(statement, "handlers", []):
            yield from at_the_head(handler.body)


@each_file
def test_a_room_uses_lower_floors_only(file: Path) -> None:
    room = room_name(file)
    assert room in FLOOR_OF, f"the room {room} has no floor in docs/architecture.md"
    for node in ast.walk(tree_of(file)):
        for module in imported_modules(node, file):
            if module.split(".")[0] != "polyclinic":
                continue
            used = module.split(".")[1]
            if used not in FLOOR_OF:
                assert (HOUSE / "__init__.py").read_text().count(used), f"{module} is not there"
                continue
            where = f"{file.relative_to(HOUSE)}:{getattr(node, 'lineno', 0)} uses {module}"
            assert used in ROOM_OF[room] or FLOOR_OF[used] < FLOOR_OF[room], where


@each_file
def test_heavy_libraries_wait_until_they_are_needed(file: Path) -> None:
    for statement in at_the_head(tree_of(file).body):
        for module in imported_modules(statement, file):
            assert module.split(".")[0] not in HEAVY, f"{file.relative_to(HOUSE)}:{statement.lineno} imports {module}"


def test_every_stage_has_a_help_text_and_a_package_with_a_docstring() -> None:
    assert list(STAGE_HELP) == list(STAGES)
    for package in STAGES.values():
        text = ast.get_docstring(ast.parse((HOUSE / package.split(".")[1] / "__init__.py").read_text()))
        assert text, f"{package} has no docstring"


def test_pickle_and_foreign_code_stay_outside() -> None:
    for file in FILES:
        for node in ast.walk(tree_of(file)):
            found = set(imported_modules(node, file)) & {"pickle", "dill", "cloudpickle", "joblib"}
            assert not found, f"{file}: {found}"
            if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
                assert isinstance(node.value, ast.Constant), file
                assert node.value.value is False, file
