"""Calls the command line as a shell does: `main` on its arguments, with its exit status, stdout and stderr."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import polyclinic
from polyclinic.cli import main

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(polyclinic.__file__).parents[1]),
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Answer:
    """What a command ended with."""

    status: int
    out: str
    err: str


def call(*words: object) -> Answer:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with (
        mock.patch.object(sys, "argv", ["polyclinic", *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Answer(status, out.getvalue(), err.getvalue())


def call_apart(*words: object, before: str = "", after: str = "") -> Answer:
    """Run a command in a process of its own; `before` and `after` are Python that runs there around it."""
    words_text = repr(["polyclinic", *map(str, words)])
    code = (
        f"import sys\nsys.argv = {words_text}\n{before}\nfrom polyclinic.cli import main\n"
        f"try:\n    main()\nfinally:\n    pass\n    {after or 'pass'}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120
    )
    return Answer(done.returncode, done.stdout, done.stderr)
