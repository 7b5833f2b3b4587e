"""What a check tells: something a person should look at, with task, file and line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["error", "warning"]
SHOWN = 3  # findings of one kind that are listed for a task; the rest is counted


@dataclass(frozen=True)
class Finding:
    """Something a person should look at. Errors make a check fail; warnings do not."""

    task: str
    place: str  # file and line, record or field
    level: Level
    rule: str
    message: str


def finding_rows(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as rows, the errors first."""
    return [asdict(finding) for finding in sorted(found, key=lambda finding: finding.level != "error")]
