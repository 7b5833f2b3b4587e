"""Progress in a log: a line now and then, with the time left reckoned from the speed of late."""

from __future__ import annotations

import pytest

from polyclinic.progress import progress_bar

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


def lines(steps: list[tuple[float, float]], total: float, patch: Patch, capture: Capture) -> list[str]:
    """Return what is written when so many steps are done, each after so many seconds."""
    now = 0.0
    patch.setattr("polyclinic.progress.time.monotonic", lambda: now)
    with progress_bar("cooking", total) as bar:
        for after, done in steps:
            now += after
            bar.advance(done)
    return capture.readouterr().err.splitlines()


def test_the_time_left_is_reckoned_from_the_speed(monkeypatch: Patch, capsys: Capture) -> None:
    assert lines([(10, 10), (10, 10)], 100, monkeypatch, capsys) == [
        "  cooking: 10/100, 1 min 30 s left",
        "  cooking: 20/100, 1 min 20 s left",
    ]


def test_what_an_earlier_run_did_says_nothing_of_the_speed(monkeypatch: Patch, capsys: Capture) -> None:
    written = lines([(0, 500), (10, 10), (10, 10)], 1000, monkeypatch, capsys)
    assert written[1] == "  cooking: 520/1000, 8 min 00 s left"


def test_the_first_line_leaves_out_what_an_earlier_run_did(monkeypatch: Patch, capsys: Capture) -> None:
    written = lines([(1, 500), (4, 4), (5, 5)], 1000, monkeypatch, capsys)
    assert written == ["  cooking: 509/1000, 8 min 11 s left"]


def test_lines_come_in_intervals_and_at_the_end(monkeypatch: Patch, capsys: Capture) -> None:
    assert len(lines([(1, 1)] * 25, 25, monkeypatch, capsys)) == 3
