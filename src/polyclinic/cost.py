"""What a piece of work costs: wall time, CPU time and peak memory of this process."""

from __future__ import annotations

import platform
import resource
import time
from pathlib import Path


class Cost:
    """Counts from the moment it is made."""

    def __init__(self) -> None:
        """Start the clocks, and the count of peak memory where the system allows it."""
        self._clock, self._cpu = time.monotonic(), _cpu_seconds()
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            return  # not Linux, or not allowed: the peak of the whole process is reported instead

    def seconds(self) -> float:
        """Return the wall time so far."""
        return time.monotonic() - self._clock

    def cpu_seconds(self) -> float:
        """Return the CPU time so far, of all threads and of child processes that have ended."""
        return _cpu_seconds() - self._cpu

    def peak_memory_mb(self) -> float:
        """Return the largest resident memory so far, in MiB."""
        try:
            for line in Path("/proc/self/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
        except OSError:
            pass  # not Linux; asked in another way below
        unit = 1024**2 if platform.system() == "Darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
