"""What this machine has: accelerator, memory, disk, versions; what is missing and how to get it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

MEMORY_WANTED = 4  # GB, for the quickstart
DISK_WANTED = 2  # GB, for the quickstart


def examine(store: Path) -> list[dict[str, Any]]:
    """Return one row for each thing looked at: what, found, state (ok, note or missing), advice."""
    rows = [
        _row("python", platform.python_version(), sys.version_info >= (3, 11), "install Python 3.11 or newer"),
        _row("processor", f"{_cores()} cores, {platform.machine()}", True),
        _memory(),
        _disk(store),
        *_packages(),
        _merge_kernel(),
        _text_kernel(),
        _rule_kernel(),
        _tagger_kernel(),
    ]
    if all(row["state"] != "missing" for row in rows if row["what"] == "torch"):
        rows.append(_accelerator())
    return rows


def _row(what: str, found: str, good: bool, advice: str = "", otherwise: str = "missing") -> dict[str, Any]:
    return {"what": what, "found": found, "state": "ok" if good else otherwise, "advice": "" if good else advice}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> dict[str, Any]:
    import psutil

    memory = psutil.virtual_memory()
    free, total = memory.available / 2**30, memory.total / 2**30
    advice = f"the quickstart needs {MEMORY_WANTED} GB; close other programs"
    return _row("memory", f"{free:.1f} GB free of {total:.1f}", free >= MEMORY_WANTED, advice, "note")


def _disk(store: Path) -> dict[str, Any]:
    place = store.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 2**30
    advice = f"the quickstart needs {DISK_WANTED} GB; choose another folder with --store"
    return _row("disk", f"{free:.1f} GB free for {store}", free >= DISK_WANTED, advice, "note")


def _packages() -> list[dict[str, Any]]:
    from packaging.requirements import Requirement

    rows = []
    for text in importlib.metadata.requires("polyclinic") or []:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        advice = f'pip install "{wanted.name}{wanted.specifier}"'
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            rows.append(_row(wanted.name, "not installed", False, advice))
            continue
        fits = wanted.specifier.contains(version, prereleases=True)
        rows.append(_row(wanted.name, version, fits, f"not the tested range: {advice}", "note"))
    return rows


def _merge_kernel() -> dict[str, Any]:
    from polyclinic.merge.kernel import installed

    kernel = installed()
    advice = "install a C compiler and then polyclinic again; without it merges run on numpy, several times slower"
    return _row("merge kernel", kernel.name if kernel else "not built", kernel is not None, advice, "note")


def _text_kernel() -> dict[str, Any]:
    from polyclinic.word_hashes.kernel import installed

    kernel = installed()
    advice = "install a C compiler and then polyclinic again; without it duplicates are found on numpy, more slowly"
    return _row("text kernel", kernel.name if kernel else "not built", kernel is not None, advice, "note")


def _rule_kernel() -> dict[str, Any]:
    from polyclinic.deidentify.kernel import installed

    kernel = installed()
    advice = "install a C compiler and then polyclinic again; without it texts are de-identified more slowly"
    return _row(
        "de-identification kernel", kernel.name if kernel else "not built", kernel is not None, advice, "note"
    )


def _tagger_kernel() -> dict[str, Any]:
    from polyclinic.deidentify.tagger.kernel import installed

    kernel = installed()
    advice = "install a C compiler and then polyclinic again; without it names are found many times more slowly"
    return _row("tagger kernel", kernel.name if kernel else "not built", kernel is not None, advice, "note")


def _accelerator() -> dict[str, Any]:
    import torch

    if torch.cuda.is_available():
        device = torch.cuda.get_device_properties(0)
        found = f"{torch.cuda.device_count()} x {device.name}, {device.total_memory / 2**30:.0f} GB"
        return _row("accelerator", found, True)
    if torch.backends.mps.is_available():
        return _row("accelerator", "Apple GPU", True)
    advice = "models of 1 to 14 B parameters need a GPU; tiny ones train on a processor"
    return _row("accelerator", "none", False, advice, "note")
