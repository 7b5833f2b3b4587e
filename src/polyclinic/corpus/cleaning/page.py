"""The page of a cleaning: what each rule did, how much is left, and examples before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from polyclinic import pages
from polyclinic.corpus.cleaning.job import Sample
from polyclinic.corpus.cleaning.rules import RULES, WHAT, RuleName


def cleaning_page(name: str, counts: Mapping[str, int], samples: Sequence[Sample]) -> str:
    """Return the page as HTML."""
    used = [rule for rule in RULES if any(counts.get(f"{rule} {action}") for action in ("changed", "dropped"))]
    sections = [pages.Section("rules", "What the rules did", [_table(counts)])]
    for rule in used:
        parts = [pages.paragraph(f"{WHAT[rule].capitalize()}.")]
        for sample in (one for one in samples if one.rule == rule):
            beside = [pages.joined([pages.paragraph("before"), pages.prose(sample.before)])]
            if sample.action == "changed":
                beside.append(pages.joined([pages.paragraph("after"), pages.prose(sample.after)]))
            parts.append(pages.folded(f"{sample.id}: {sample.action}, {sample.detail}", pages.side_by_side(beside)))
        sections.append(pages.Section(f"rule-{rule.replace('_', '-')}", rule.replace("_", " "), parts))
    before, after = counts.get("characters before", 0), counts.get("characters after", 0)
    share = f"{100 * after / before:.1f} %" if before else "none"
    lead = pages.facts(
        [
            ("documents before", f"{counts.get('documents', 0):,}"),
            ("documents after", f"{counts.get('kept', 0):,}"),
            ("characters before", f"{before:,}"),
            ("characters after", f"{after:,}"),
            ("characters kept", share),
        ]
    )
    foot = "Each document that was changed or dropped is in changes.jsonl with the rule's name."
    return pages.page(f"Cleaning: {name}", sections, kicker="corpus.clean", lead=lead, foot=foot)


def _table(counts: Mapping[str, int]) -> Markup:
    columns = [
        pages.Column("rule"),
        pages.Column("what it does"),
        pages.Column("changed", number=True),
        pages.Column("dropped", number=True),
        pages.Column("characters fewer", number=True),
    ]

    def row(rule: RuleName) -> list[pages.Cell | str]:
        figures = (counts.get(f"{rule} {what}", 0) for what in ("changed", "dropped", "characters"))
        return [rule, WHAT[rule], *(f"{figure:,}" for figure in figures)]

    return pages.table(
        "Documents and characters by rule, in the order the rules are used", columns, [row(r) for r in RULES]
    )
