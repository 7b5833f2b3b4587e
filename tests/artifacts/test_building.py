"""An artifact is whole or not there: killed, failed, started twice, or on a full disk."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import polyclinic
from polyclinic.artifacts import MAKING, InputRecord, Manifest, building, read_manifest, write_manifest
from polyclinic.errors import UserError

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(polyclinic.__file__).parents[1])}


def manifest(key: str = "k") -> Manifest:
    return Manifest(
        polyclinic="0",
        step="s",
        kind="corpus.read",
        output="documents",
        key=key,
        code_version=1,
        settings={"limit": 3},
        inputs={"path": [InputRecord(name="a", key="content:x")]},
        seed=0,
    )


def test_nothing_is_seen_before_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "store" / "made"
    with building(target) as place:
        (place.out / "data").write_text("x")
        (place.scratch / "journal").write_text("y")
        write_manifest(place.out, manifest())
        assert not target.exists()
        assert not any(not p.name.startswith(".") for p in target.parent.iterdir())
    assert sorted(p.name for p in target.iterdir()) == ["data", "manifest.json"]
    assert read_manifest(target) == manifest()
    assert [p.name for p in target.parent.iterdir()] == ["made"]


def test_a_block_that_fails_leaves_no_target_and_keeps_its_scratch(tmp_path: Path) -> None:
    target = tmp_path / "made"

    def attempt(key: str) -> list[str]:
        with building(target, key) as place:
            found = sorted(p.name for p in place.scratch.iterdir())
            assert not any(place.out.iterdir())
            (place.out / "half").touch()
            (place.scratch / "checkpoint").touch()
            write_manifest(place.out, manifest())
            if len(found) < 1 or key == "other":
                raise RuntimeError("failed")
        return found

    with pytest.raises(RuntimeError):
        attempt("one")
    assert not target.exists()
    with pytest.raises(RuntimeError):
        attempt("other")  # what "one" left was thrown away, or this would have passed
    assert (tmp_path / MAKING / "made" / "scratch" / "checkpoint").exists()
    (tmp_path / MAKING / "made" / "key").write_text("third")
    assert attempt("third") == ["checkpoint"]
    assert sorted(p.name for p in target.iterdir()) == ["half", "manifest.json"]
    assert not (tmp_path / MAKING).exists()


def test_a_block_that_fails_before_it_kept_anything_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError), building(tmp_path / "a", "key"):
        raise UserError("wrong")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / MAKING).write_text("")
    with pytest.raises(UserError, match=r"\.making is a file"), building(tmp_path / "a", "key"):
        raise AssertionError("the block must not run")


def test_the_scratch_of_another_key_is_thrown_away(tmp_path: Path) -> None:
    for key, expected in (("one", []), ("one", ["one"]), ("two", []), ("two", ["two"])):
        with pytest.raises(RuntimeError), building(tmp_path / "made", key) as place:  # noqa: PT012
            assert [p.name for p in place.scratch.iterdir()] == expected
            (place.scratch / key).touch()
            raise RuntimeError


def test_an_artifact_needs_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="without a manifest"), building(tmp_path / "made"):
        pass
    assert not (tmp_path / "made").exists()


def test_what_exists_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "own").touch()
    with pytest.raises(UserError, match="exists already"), building(tmp_path / "made"):
        raise AssertionError("the block must not run")
    assert (tmp_path / "made" / "own").exists()


@pytest.fixture
def another_process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is making `made` and does not come to an end."""
    code = (
        "import sys, pathlib\n"
        "from polyclinic.artifacts import building\n"
        "with building(pathlib.Path(sys.argv[1]), 'k') as place:\n"
        "    (place.scratch / 'checkpoint').touch()\n"
        "    print('making', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "made")],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "making\n"
    yield process
    process.kill()
    process.wait()


def test_two_processes_cannot_make_the_same_artifact_but_a_killed_one_can_be_followed(
    another_process: subprocess.Popen[str], tmp_path: Path
) -> None:
    with (
        pytest.raises(UserError, match="is being made by another process; wait for it or stop it"),
        building(tmp_path / "made", "k"),
    ):
        raise AssertionError("the block must not run")
    another_process.send_signal(signal.SIGKILL)
    another_process.wait()
    assert not (tmp_path / "made").exists()
    with building(tmp_path / "made", "k") as place:
        assert (place.scratch / "checkpoint").exists()
        write_manifest(place.out, manifest())
    assert read_manifest(tmp_path / "made") is not None


def test_many_artifacts_may_be_made_beside_each_other(tmp_path: Path) -> None:
    failures = []

    def make(start: int) -> None:
        try:
            for i in range(start, start + 40):
                with building(tmp_path / str(i)) as place:
                    write_manifest(place.out, manifest())
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=make, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(list(tmp_path.iterdir())) == 120


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("library", ["python", "pyarrow", "safetensors", "torch"])
def test_a_full_disk_leaves_nothing_and_is_called_so_whatever_the_library_says(
    library: str, small_disk: Path
) -> None:
    def write(folder: Path) -> None:
        if library == "python":
            (folder / "data").write_bytes(bytes(2**21))
        elif library == "pyarrow":
            from polyclinic.records import Document, write_records

            write_records(folder, (Document(str(i), os.urandom(2000).hex()) for i in range(3000)), Document)
        elif library == "safetensors":
            import numpy as np
            from safetensors.numpy import save_file

            save_file({"x": np.ones(2**19, np.float32)}, folder / "data")
        else:
            import torch

            torch.save(torch.ones(2**19), folder / "data")

    def attempt() -> int | None:
        with (
            pytest.raises(OSError, match="No space left on device") as caught,
            building(small_disk / "made") as place,
        ):
            write(place.out)
        return caught.value.errno

    assert attempt() == errno.ENOSPC
    assert not (small_disk / "made").exists()
    gc.collect()  # the error may hold the file open
    with building(small_disk / "made") as place:  # the space is free again for the next try
        (place.out / "data").write_bytes(bytes(2**19))
        write_manifest(place.out, manifest())
    assert (small_disk / "made" / "data").stat().st_size == 2**19


@pytest.mark.parametrize("content", ["", "{", "[]", '{"step": "x"}', '{"more": 1}'])
def test_a_broken_manifest_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=r"manifest\.json: not a manifest of this version .*; move the folder away"):
        read_manifest(tmp_path)


def test_a_place_behind_a_link_to_nothing_is_refused_and_not_tried_for_ever(tmp_path: Path) -> None:
    (tmp_path / "disk").symlink_to(tmp_path / "unmounted")
    with (
        pytest.raises(UserError, match=r"disk is a link to .*unmounted, which is not there"),
        building(tmp_path / "disk" / "a"),
    ):
        pass
    assert not (tmp_path / "unmounted").exists()


def test_a_folder_that_can_never_be_made_is_refused_and_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()  # as when a shell still stands in a folder that was removed
    with pytest.raises(UserError, match="cannot be made"), building(Path("a")):
        pass
