"""A full disk: nothing that looks whole, exit status 1, one message."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from calling import Answer, call, call_apart

RECIPE = "steps:\n  notes: {uses: corpus.read, documents: notes.txt}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes.txt").write_text(random.Random(0).randbytes(300_000).hex())
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def check(done: Answer, store: Path, what: str) -> None:
    assert done.status == 1
    assert "Traceback" not in done.err
    first, second = done.err.splitlines()[-2:]
    assert first.startswith(f"polyclinic: {what}")
    assert second == "polyclinic: finished artifacts are untouched; the same command goes on from here"
    assert not list(store.glob("notes-*"))


def test_a_full_disk_ends_with_status_1_and_leaves_nothing_that_looks_whole(folder: Path, small_disk: Path) -> None:
    store = small_disk / "store"
    check(call("run", folder / "recipe.yaml", "--store", store), store, "No space left on device")
    assert not list((store / "runs").rglob("run.json.*"))
    plan = call("plan", folder / "recipe.yaml", "--store", store)
    assert plan.out.startswith(("to do", "goes on"))


def test_so_does_a_file_that_may_not_grow_and_the_same_command_goes_on_later(folder: Path) -> None:
    store = folder / "store"
    before = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"
    check(call_apart("run", folder / "recipe.yaml", "--store", store, before=before), store, "File too large")
    done = call("run", folder / "recipe.yaml", "--store", store)
    assert done.status == 0, done.err
    assert len(list(store.glob("notes-*"))) == 1
