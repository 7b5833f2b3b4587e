"""The model card, README.md of a model or an adapter: base, data with licences, settings, losses, scores, limits.

Everything in it comes from manifests, its own and those of what it was made from, so it can be written again at any
time; scores are put in when there are some. One card for everything that makes a model: training, merging, the hub.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from polyclinic.artifacts import InputRecord, Manifest, read_manifest
from polyclinic.errors import UserError
from polyclinic.models import LAYER_FIGURE

FILE = "README.md"
NOT_FOR = (
    "Not a medical device, and not tested for clinical use. Do not use it to decide about a patient: not to "
    "diagnose, to triage, to choose or dose a treatment, to code for billing without a person who checks, or to "
    "talk to patients.",
    "It can state what is false with confidence, repeat what stood in its training data, and be worse for groups, "
    "languages and kinds of text that are rare there. What it was measured on stands under Scores; nothing else is "
    "known of it.",
)
FACTS = {  # what a step measured -> how it is called
    "parameters": "parameters",
    "trained_parameters": "parameters that were trained",
    "tokens": "tokens trained on",
    "dropped_tokens": "tokens dropped",
    "steps": "optimizer steps",
    "final_loss": "last training loss, nats per token (DPO: nats per pair)",
    "held_out_loss": "lowest held-out loss",
    "held_out_reward_margin": "held-out reward margin of that step",
    "held_out_accuracy": "held-out pairs of that step whose better reply has the larger reward, as a share",
    "best_step": "step of the lowest held-out loss, whose weights these are unless `keep` says last",
    "processes": "processes it ran in",
}


def write_card(
    folder: Path, manifest: Manifest, parents: Sequence[Path] = (), scores: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Write README.md into the folder of a model or an adapter.

    Args:
        folder: where it goes; what a merge drew lies there already.
        manifest: of this model.
        parents: folders of the models it was made from, whose own manifests tell their history.
        scores: rows of task, subset, metric, scorer, estimate, low, high, n and unscored.
    """
    text = "\n".join(card_lines(folder, manifest, parents, scores))
    beside = folder / f".{FILE}"
    beside.write_text(text, encoding="utf-8")
    beside.replace(folder / FILE)


def write_card_again(folder: Path, scores: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write the card of a finished artifact again, with scores; raises UserError when it has no manifest."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.output not in ("model", "adapter"):
        raise UserError(f"{folder}: no model or adapter that Polyclinic has made, so nothing is known for its card")
    write_card(folder, manifest, list(_found(folder, manifest)), scores)


def card_lines(
    folder: Path, manifest: Manifest, parents: Sequence[Path], scores: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Return the lines of the card; see `write_card`."""
    history = list(_history(parents))
    bases = [line for line in history if line.startswith("- ")]
    facts = [(name, manifest.facts[key]) for key, name in FACTS.items() if manifest.facts.get(key) is not None]
    return [
        "---",
        "language: en",
        f"library_name: {'peft' if manifest.output == 'adapter' else 'transformers'}",
        "tags: [polyclinic, medical]",
        "---",
        f"# {manifest.step}",
        "",
        f"Made by Polyclinic {manifest.polyclinic} with `{manifest.kind}` on {manifest.started[:10]}.",
        "",
        "## What it must not be used for",
        "",
        *(line for text in NOT_FOR for line in (text, "")),
        "## Made from",
        "",
        *(
            f"- {name}: {record.name} (`{record.fingerprint[:12] or record.key[:12]}`)"
            for name, found in manifest.inputs.items()
            for record in found
        ),
        "",
        *(["The models among them, and theirs:", "", *bases, ""] if bases else []),
        "## Data in it",
        "",
        "All data of this model and of those it was made from, by what each record says of itself.",
        "",
        *_counts("licence", manifest.licenses),
        *_counts("source", manifest.sources),
        *(["Of the data of models that came from elsewhere nothing is known here.", ""] if _foreign(parents) else []),
        "## Training" if manifest.kind.startswith("train.") else "## Settings",
        "",
        *([line for name, value in facts for line in [f"- {name}: {_number(value)}"]] + [""] if facts else []),
        "```json",
        json.dumps({**manifest.settings, "seed": manifest.seed}, indent=1, ensure_ascii=False),
        "```",
        "",
        "Made with "
        + ", ".join(f"{name} {version}" for name, version in manifest.versions.items() if version != "not installed")
        + ".",
        "",
        *_layer_table(folder, manifest),
        "## Scores",
        "",
        *_score_table(scores),
        f"Fingerprint: `{manifest.fingerprint}`",
        "",
    ]


def _history(parents: Sequence[Path], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield a line for each ancestor that can be found, those nearest first."""
    for path in parents:
        manifest = read_manifest(path) if path.is_dir() else None
        if manifest is None:
            yield f"- {path.name}, a folder from elsewhere"
        elif manifest.key not in seen:
            named = manifest.settings.get("id") or manifest.settings.get("base") or ""
            of = f" of {named}" if named else ""
            yield f"- {manifest.step} by `{manifest.kind}`{of}, `{manifest.fingerprint[:12]}`"
            seen |= {manifest.key}
            yield from _history(list(_found(path, manifest)), seen)


def _found(folder: Path, manifest: Manifest) -> Iterator[Path]:
    """Yield the folders of the models something was made from, where they stand beside it, as in a store."""
    for records in manifest.inputs.values():
        for record in records:
            yield from (place for place in _beside(folder, record) if _is_model(place))


def _beside(folder: Path, record: InputRecord) -> Iterator[Path]:
    if record.key.startswith("content:"):
        return
    for place in sorted(folder.resolve().parent.glob(f"*-{record.key[:8]}")):
        manifest = read_manifest(place)
        if manifest is not None and manifest.key == record.key:
            yield place


def _is_model(folder: Path) -> bool:
    manifest = read_manifest(folder)
    return manifest is not None and manifest.output in ("model", "adapter")


def _foreign(parents: Sequence[Path]) -> bool:
    manifests = [read_manifest(path) if path.is_dir() else None for path in parents]
    return any(manifest is None or manifest.kind == "model.hub" for manifest in manifests)


def _counts(what: str, counts: Mapping[str, int]) -> list[str]:
    rows = [f"| {_cell(name)} | {count:,} |" for name, count in sorted(counts.items())]
    return [f"| {what} | records |", "|---|---|", *rows, ""] if rows else []


def _score_table(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    if not scores:
        return ["None yet. `polyclinic model card FOLDER --scores DIR` puts them here.", ""]
    rows = [
        f"| {_cell(row['task'])} | {_cell(row['subset'])} | {_cell(row['metric'])} | {row['estimate']:.4g} | "
        f"{row['low']:.4g} to {row['high']:.4g} | {row['n']:,} | {row['unscored']:,} | {_cell(row['scorer'])} |"
        for row in scores
    ]
    return [
        "| task | part | metric | figure | 95 % interval | items | not scored | scorer |",
        "|---" * 8 + "|",
        *rows,
        "",
    ]


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _layer_table(folder: Path, manifest: Manifest) -> list[str]:
    """Return what became of each parent's delta, layer by layer, when the model was merged so."""
    layers: dict[str, dict[str, dict[str, float]]] = manifest.facts.get("layers") or {}
    fates = list(dict.fromkeys(fate for shares in layers.values() for fate in shares))
    columns = [
        (fate, name) for fate in fates for name in dict.fromkeys(n for s in layers.values() for n in s.get(fate, {}))
    ]
    if not columns:
        return []
    figure = (folder / LAYER_FIGURE).is_file()
    return [
        "## What became of the parents' deltas",
        "",
        *([f"![What became of each parent's delta, by layer]({LAYER_FIGURE})", ""] if figure else []),
        "Per cent of the entries of each delta.",
        "",
        "| | " + " | ".join(f"{fate.replace('_', ' ')}: {name}" for fate, name in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
        *(
            f"| {layer} | "
            + " | ".join(f"{100 * shares[f][n]:.1f}" if n in shares.get(f, {}) else "" for f, n in columns)
            + " |"
            for layer, shares in layers.items()
        ),
        "",
    ]
