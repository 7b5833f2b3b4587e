"""A search by several processes, killed and taken up: always the same candidates, scores and bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tiny_search import write_language_models, write_questions
from typer.testing import CliRunner

from polyclinic.artifacts import MAKING, read_manifest
from polyclinic.cli import build_app
from polyclinic.errors import UserError
from polyclinic.merge import search
from polyclinic.merge.judge import as_stored, open_judge
from polyclinic.merge.search_folder import LEADER, SearchFolder
from polyclinic.merge.search_settings import SearchSettings
from polyclinic.merge.search_workers import FOLDER, job_of, join_search, local_workers

COMMAND = [sys.executable, "-m", "polyclinic"]


def fields(base: Path, experts: list[Path], items: Path, out: Path, workers: int) -> dict[str, Any]:
    return {
        "base": base, "models": experts, "samples": items, "method": "ties", "options": {"flavour": "mergekit"},
        "search": {"weights": [0, 2], "density": [0.2, 0.9]}, "shared": "density", "evaluations": 24, "seed": 4,
        "workers": workers, "out": out,
    }  # fmt: skip


def flags(*given: Any) -> list[str]:
    """Return the same as a command: the first mapping in braces, the second without."""
    as_text = fields(*given)
    as_text["models"] = ",".join(map(str, as_text["models"]))
    as_text["options"] = "flavour: mergekit"
    return ["merge", "search", *(part for name, value in as_text.items() for part in (f"--{name}", str(value)))]


def same_result(one: Path, other: Path) -> bool:
    manifests = [read_manifest(folder) for folder in (one, other)]
    assert manifests[0] is not None
    assert manifests[1] is not None
    assert manifests[0].key == manifests[1].key
    assert manifests[0].facts == manifests[1].facts
    files = ("model.safetensors", "evaluations.jsonl", "config.json", "tokenizer.json")
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in files)


def test_one_process_or_two_and_the_command_or_the_function_make_the_same_bytes(tmp_path: Path) -> None:
    base, experts = write_language_models(tmp_path)
    items = write_questions(tmp_path / "items.jsonl", count=120, documents=60)
    alone = search(**fields(base, experts, items, tmp_path / "alone", 1))
    command = flags(base, experts, items, tmp_path / "both", 2)
    done = CliRunner().invoke(build_app("merge"), command, catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout.strip() == str(tmp_path / "both")
    assert same_result(alone, tmp_path / "both")
    assert not (tmp_path / MAKING).exists()


def look_again(process: subprocess.Popen[Any]) -> bool:
    """Wait a moment without taking the processor from those that work; say whether the process still runs."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.02)
    return process.poll() is None


def searched(tmp_path: Path) -> tuple[SearchSettings, SearchFolder]:
    """Return a search that this process leads without evaluating anything."""
    base, experts = write_language_models(tmp_path)
    items = write_questions(tmp_path / "items.jsonl", count=60)
    settings = SearchSettings.model_validate(
        {"base": base, "models": experts, "samples": items, "method": "task_arithmetic"}
    )
    shared = SearchFolder(tmp_path / MAKING / "out" / "scratch" / FOLDER)
    shared.open(job_of(settings, seed=0))
    shared.ask("000000", {"values": settings.equal_weights(), "best": "", "held_back": False})
    for number in range(1, 6):
        values = {"weights": [number / 5, 1 - number / 10]}
        shared.ask(f"{number:06d}", {"values": values, "best": "", "held_back": number == 5})
    return settings, shared


def expected(settings: SearchSettings, shared: SearchFolder) -> list[Any]:
    with open_judge(settings, 0, shared.folder / "answers") as judge:
        asked = [shared.candidate(name) for name in shared.asked()]
        return [as_stored(judge.evaluate(one["values"], held_back=one["held_back"])) for one in asked]


def test_processes_that_are_started_find_what_this_one_finds(tmp_path: Path) -> None:
    settings, shared = searched(tmp_path)
    with shared.alive(lead=True), local_workers(2, shared.folder, tmp_path) as workers:
        while any(shared.result(name) is None for name in shared.asked()):
            workers.check()
            look_again(workers.processes[0])
        shared.close()
        assert [process.wait() for process in workers.processes] == [0, 0]
    assert [shared.result(name) for name in shared.asked()] == expected(settings, shared)


def test_a_process_joins_a_search_from_elsewhere_and_leaves_when_it_is_over(tmp_path: Path) -> None:
    settings, shared = searched(tmp_path)
    with shared.alive(lead=True):
        joined = subprocess.Popen(
            [*COMMAND, "merge", "join-search", str(tmp_path / "out")], stdout=subprocess.PIPE, text=True
        )
        while any(shared.result(name) is None for name in shared.asked()) and look_again(joined):
            pass
        shared.close()
        assert joined.wait() == 0
    assert joined.stdout is not None
    assert joined.stdout.read() == "6 candidates evaluated here\n"
    joined.stdout.close()
    assert [shared.result(name) for name in shared.asked()] == expected(settings, shared)


def test_where_no_search_is_made_nobody_can_join(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no search is being made here"):
        join_search(tmp_path / "out")
    _, shared = searched(tmp_path)
    (shared.folder / "alive" / LEADER).write_text('"another-machine-1"')  # a leader that gives no sign of life
    with pytest.raises(UserError, match="no search is being made here"):
        join_search(tmp_path / "out")


def test_a_candidate_whose_process_is_gone_is_taken_by_another_and_no_other_is(tmp_path: Path) -> None:
    shared = SearchFolder(tmp_path)
    shared.open({})
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    machine = shared.owner.rpartition("-")[0]
    (tmp_path / "claims" / "a").write_text(f"{machine}-{gone.pid}")
    (tmp_path / "claims" / "b").write_text(f"{machine}-{os.getppid()}")
    (tmp_path / "alive" / f"{machine}-{os.getppid()}").touch()
    with shared.alive():
        assert shared.claim(["a", "b"]) == "a"
        assert shared.claim(["a", "b"]) == ""
        shared.answer("a", {"score": 1})
        assert shared.result("a") == {"score": 1}
        assert shared.claim(["a", "b"]) == ""
        long_ago = (tmp_path / "alive" / shared.owner).stat().st_mtime - 1000
        os.utime(tmp_path / "alive" / f"{machine}-{os.getppid()}", (long_ago, long_ago))
        assert shared.claim(["a", "b"]) == "b"  # its process number went to another


def test_a_claim_that_nobody_signed_is_taken_and_a_taken_one_is_signed(tmp_path: Path) -> None:
    """Without its owner in it, a claim would never be given up: a process that is killed must leave none."""
    shared = SearchFolder(tmp_path / "search")
    shared.open({})
    (shared.folder / "claims" / "000000").touch()
    assert shared.claim(["000000"]) == "000000"
    assert (shared.folder / "claims" / "000000").read_text() == shared.owner
    assert shared.claim(["000000"]) == ""
    assert [file.name for file in (shared.folder / "claims").iterdir()] == ["000000"]


def test_candidates_are_claimed_where_files_cannot_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", link)
    shared = SearchFolder(tmp_path / "search")
    shared.open({})
    assert shared.claim(["000000"]) == "000000"
    assert (shared.folder / "claims" / "000000").read_text() == shared.owner
    assert shared.claim(["000000"]) == ""


def test_a_process_that_is_killed_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    _, shared = searched(tmp_path)
    with shared.alive(lead=True), local_workers(1, shared.folder, tmp_path) as workers:
        while shared.result("000000") is None:
            workers.check()
            look_again(workers.processes[0])
        workers.processes[0].send_signal(signal.SIGKILL)
        workers.processes[0].wait()
        with pytest.raises(
            UserError, match=r"process 2 of the search was killed \(signal 9\).* set workers to fewer"
        ):
            workers.check()
    assert shared.result("000000")["score"] >= 0


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    settings, shared = searched(tmp_path)
    settings.samples[0].write_text("no records\n")
    with shared.alive(lead=True), local_workers(1, shared.folder, tmp_path) as workers:
        workers.processes[0].wait()
        with pytest.raises(RuntimeError, match=r"ended with status 1:[\s\S]*items\.jsonl"):
            workers.check()


def test_a_search_killed_at_any_moment_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """Killed twice without warning; what was evaluated before the first kill is still there at the second."""
    base, experts = write_language_models(tmp_path)
    items = write_questions(tmp_path / "items.jsonl", count=60)
    whole, out = tmp_path / "whole", tmp_path / "out"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    search(**fields(base, experts, items, whole, 1))
    results = tmp_path / MAKING / "out" / "scratch" / FOLDER / "results"
    moment = random.Random()
    before: dict[str, tuple[int, int]] = {}
    for workers in (2, 1):
        wanted = len(before) + moment.randrange(1, 9)
        process = subprocess.Popen([*COMMAND, *flags(base, experts, items, out, workers)], **quiet)
        while len(list(results.glob("*.json"))) < wanted and look_again(process):
            pass
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not out.exists()
        kept = {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in results.glob("*.json")}
        assert len(kept) >= wanted
        assert {name: kept[name] for name in before} == before  # not one of them was made again
        before = kept
    search(**fields(base, experts, items, out, 1))
    assert same_result(whole, out)
    assert not (tmp_path / MAKING).exists()
