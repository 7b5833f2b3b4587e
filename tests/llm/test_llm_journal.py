"""The journal: nothing that was paid for is lost, whatever becomes of the disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from teacher_server import Payload, TeacherServer, completion

from polyclinic.errors import UserError
from polyclinic.llm import ChatRequest, Endpoint, Failure, Journal, JournalFiles, Reply, ask_all

OLD_TABLES = """
CREATE TABLE replies (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, finish_reason TEXT NOT NULL, prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL, attempts INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE failures (key TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO replies VALUES ('k', 'an old answer', 'stop', 7, 3, 2);
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_when_the_disk_fills_up_what_was_answered_is_kept_and_the_run_stops(small_disk: Path) -> None:
    async def long(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("x" * 100_000)

    def requests() -> Iterator[ChatRequest]:
        return (ChatRequest((("user", f"text {n}"),)) for n in range(200))

    file = small_disk / "journal.sqlite"
    with TeacherServer(long) as server:
        endpoint = Endpoint(server.url, "trial", concurrency=4)
        with (
            pytest.raises(UserError, match=r"journal\.sqlite: an answer could not be written"),
            Journal(file) as journal,
        ):
            ask_all(requests(), endpoint, journal)
        answered = len(server.seen)
        assert answered < 200
        with JournalFiles([file]) as kept:
            assert kept.spent().answers == answered


def test_a_disk_without_room_for_the_reserve_is_said_before_anything_is_asked(small_disk: Path) -> None:
    (small_disk / "other").write_bytes(bytes(8 << 20))
    with pytest.raises(UserError, match="if the disk is full, make room"):
        Journal(small_disk / "journal.sqlite")


def test_the_reserve_goes_when_the_journal_is_closed(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite"):
        assert (tmp_path / "journal.sqlite.reserve").stat().st_size == 8 << 20
    assert not (tmp_path / "journal.sqlite.reserve").exists()


def test_a_journal_of_the_first_version_keeps_its_answers(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    database.executescript(OLD_TABLES)
    database.close()
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.find("k") == Reply("an old answer", "stop", 7, 3, 2)
        assert journal.spent().tokens == 10


def test_a_journal_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.sqlite").close()
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(UserError, match="its tables are of version 9, not 1"):
        Journal(tmp_path / "journal.sqlite")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 1 << 39))))
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, answers: list[tuple[str, int]]
) -> None:
    file = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    replies = {f"k{n}": Reply(text, "stop", tokens, 1, 1, 0.5) for n, (text, tokens) in enumerate(answers)}
    with Journal(file) as journal:
        journal.put(replies.items())
    with Journal(file) as journal:
        assert {key: journal.find(key) for key in replies} == replies
        assert journal.spent().prompt_tokens == sum(tokens for _, tokens in answers)


def test_an_answer_is_found_before_it_is_committed_and_kept_when_the_journal_is_closed(tmp_path: Path) -> None:
    async def add(journal: Journal) -> None:
        task = asyncio.create_task(journal.add("k", Reply("fine")))
        await asyncio.sleep(0)
        assert journal.find("k") == Reply("fine")
        task.cancel()

    with Journal(tmp_path / "journal.sqlite") as journal:
        asyncio.run(add(journal))
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.find("k") == Reply("fine")


def test_several_journals_are_read_as_one_while_one_is_being_written(tmp_path: Path) -> None:
    for number in range(3):
        with Journal(tmp_path / f"{number}.sqlite") as journal:
            journal.put([(f"k{number}", Reply(f"answer {number}", prompt_tokens=number))])
    with Journal(tmp_path / "0.sqlite") as writing, JournalFiles(tmp_path / f"{n}.sqlite" for n in range(3)) as files:
        writing.put([("bad", Failure("status 400", refused=True))])
        assert files.find("k2") == Reply("answer 2", prompt_tokens=2)
        assert files.find("bad") == Failure("status 400", refused=True)
        assert files.find("unknown") is None
        assert files.spent().prompt_tokens == 3


def test_a_journal_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"7\.sqlite: no journal here"):
        JournalFiles([tmp_path / "7.sqlite"])
