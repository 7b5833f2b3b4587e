"""The card of a data set that a teacher wrote: README.md beside the records, as data hubs read it.

It says what is in it, how it was made, by whom, under which licences, and what was left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyclinic.records import Preference, Sample

CARD = "README.md"
MOST_LISTED = 30


@dataclass
class Described:
    """What a card says of the records, counted while they pass."""

    name: str
    records: int = 0
    licenses: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    authors: Counter[str] = field(default_factory=Counter)

    def take(self, record: Sample | Preference) -> None:
        """Count one record."""
        self.records += 1
        self.licenses[record.license or "unknown"] += 1
        self.sources[record.source or "unknown"] += 1
        self.languages[record.language] += 1
        self.tasks[record.task] += 1
        self.authors[record.author or "unknown"] += 1


def write_card(
    out: Path,
    described: Described,
    *,
    made: str = "",
    facts: Mapping[str, Any] | None = None,
    splits: Mapping[str, int] | None = None,
) -> None:
    """Write README.md into `out`.

    Args:
        out: folder of the data set.
        described: what its records are.
        made: how it was made, in a sentence or two.
        facts: numbers and texts of the run that made it; mappings become lists.
        splits: rows by split, for a data set in `data/`; without it the records are `records.parquet`.
    """
    (out / CARD).write_text(card_text(described, made=made, facts=facts, splits=splits), encoding="utf-8")


def card_text(
    described: Described,
    *,
    made: str = "",
    facts: Mapping[str, Any] | None = None,
    splits: Mapping[str, int] | None = None,
) -> str:
    """Return the card as Markdown with the head that data hubs read; see `write_card`."""
    lines = ["---", *_head(described, splits), "---", "", f"# {_plain(described.name)}", ""]
    if made:
        lines += [made, ""]
    counted = f"{described.records:,} records"
    if splits:
        counted += "; " + ", ".join(f"{count:,} rows in the split `{name}`" for name, count in splits.items())
    lines += [
        f"{counted}. The texts were written by a language model and may be wrong. They are for training and testing",
        "models, not for care of patients.",
        "",
    ]
    for title, counts in (
        ("Licences", described.licenses),
        ("Sources", described.sources),
        ("Written by", described.authors),
        ("Languages", described.languages),
        ("Tasks", described.tasks),
    ):
        lines += [f"## {title}", "", *_listed(counts), ""]
    if "unknown" in described.licenses:
        lines += [
            "Records without a known licence: nobody said what the teacher's terms, or the owner of the source,",
            "allow.",
            "",
        ]
    if facts:
        lines += ["## How it was made", "", *_facts(facts), ""]
    return "\n".join(lines)


def _head(described: Described, splits: Mapping[str, int] | None) -> list[str]:
    known = [name for name in described.licenses if name != "unknown"]
    license_name = known[0].lower() if len(described.licenses) == 1 and known else "other"
    lines = [f"license: {_plain(license_name).replace(' ', '-')}", "language:"]
    lines += [f"- {_plain(code)}" for code in sorted(described.languages)] or ["- en"]
    lines += ["tags:", "- medical", "- synthetic"]
    if splits:
        lines += ["configs:", "- config_name: default", "  data_files:"]
        for name in splits:
            lines += [f"  - split: {name}", f"    path: data/{name}-*.parquet"]
    return lines


def _listed(counts: Mapping[str, int]) -> list[str]:
    most = sorted(counts.items(), key=lambda found: (-found[1], found[0]))
    lines = [f"- {_plain(name)}: {count:,}" for name, count in most[:MOST_LISTED]]
    left = most[MOST_LISTED:]
    return [*lines, f"- {len(left)} more: {sum(count for _, count in left):,}"] if left else lines


def _facts(facts: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for name, value in facts.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping):
            lines += [f"- {label}:", *(f"  - {_plain(str(key))}: {_shown(one)}" for key, one in value.items())]
        else:
            lines.append(f"- {label}: {_shown(value)}")
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _plain(str(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _plain(text: str) -> str:
    """Return a text as one line that Markdown and YAML take for nothing else."""
    line = " ".join(text.split())
    for sign in "<>[]`*":
        line = line.replace(sign, f"\\{sign}")
    return line[:300]
