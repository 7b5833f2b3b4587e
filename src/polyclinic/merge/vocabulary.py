"""Whether models share one tokenizer, compared token by token.

Two vocabularies of equal size are not yet the same: row 512 of an embedding may be 'ab' in one model and 'ac' in the
other, and merging them would mix the two. Only files are compared; no tokenizer is loaded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.models import TOKENIZER_FILES


def check_same_vocabulary(base: Path, other: Path) -> None:
    """Check that two model folders give every token the same id and join text by the same merges.

    Raises UserError naming the first token that differs.
    """
    ours, theirs = _common_files(base, other)
    if ours.read_bytes() == theirs.read_bytes():
        return
    if ours.name == "tokenizer.model":
        raise UserError(f"{theirs} differs from {ours}; models can be merged only when they share one tokenizer")
    one, two = tokens_of(ours), tokens_of(theirs)
    differing = [number for number in sorted(one.keys() | two.keys()) if one.get(number) != two.get(number)]
    if differing:
        first = differing[0]
        more = ", ".join(f"{number} {two.get(number)!r}" for number in differing[1:4])
        raise UserError(
            f"{theirs}: token {first} is {two.get(first)!r}, in {base} it is {one.get(first)!r}"
            + (f"; {len(differing)} differ in all, the next are {more}" if more else "")
            + "; set vocabulary to base (the base's tokens) or union (the tokens of all) to merge them"
        )
    check_same_joins(base, other)


def check_same_joins(base: Path, other: Path) -> None:
    """Check that two tokenizers join text into tokens by the same merges. Raises UserError."""
    ours, theirs = _common_files(base, other)
    if _joins(ours) != _joins(theirs):
        raise UserError(
            f"{theirs}: has the tokens of {base}, but joins text into them in another order (its merges); "
            "set vocabulary to base to take the base's"
        )


def vocabulary_file(folder: Path) -> Path:
    """Return the file that lists a model's tokens; raises UserError when it has none that can be read."""
    for name in ("tokenizer.json", "vocab.json"):
        if (folder / name).is_file():
            return folder / name
    raise UserError(f"{folder}: no tokenizer.json or vocab.json here; save the tokenizer with transformers first")


def added_tokens(file: Path) -> dict[str, dict[str, Any]]:
    """Return the tokens a tokenizer.json was given beside its vocabulary, with their properties."""
    return {entry["content"]: dict(entry) for entry in _read(file).get("added_tokens") or []}


def _common_files(base: Path, other: Path) -> tuple[Path, Path]:
    names = [name for name in TOKENIZER_FILES if (base / name).is_file() and (other / name).is_file()]
    if not names:
        raise UserError(
            f"{other} and {base} have no tokenizer file in common (expected one of {', '.join(TOKENIZER_FILES)}); "
            "save both with the same tokenizer"
        )
    return base / names[0], other / names[0]


def _read(file: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file}: broken JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise UserError(f"{file}: expected a JSON object")
    return loaded


def tokens_of(file: Path) -> dict[int, str]:
    """Return the tokens of a tokenizer.json or vocab.json by number."""
    loaded = _read(file)
    if file.name == "vocab.json":
        return {number: token for token, number in loaded.items()}
    model = loaded.get("model") or {}
    vocabulary = model.get("vocab", {})
    if isinstance(vocabulary, dict):
        tokens = {number: token for token, number in vocabulary.items()}
    else:  # unigram: a list of [token, score]
        tokens = {number: entry[0] for number, entry in enumerate(vocabulary)}
    for added in loaded.get("added_tokens") or []:
        tokens[added["id"]] = added["content"]
    return tokens


def _joins(file: Path) -> list[str]:
    if file.name == "vocab.json":
        merges = file.parent / "merges.txt"
        return merges.read_text(encoding="utf-8").splitlines() if merges.is_file() else []
    model = _read(file).get("model") or {}
    # Older files write a merge as "a b", newer ones as ["a", "b"].
    return [entry if isinstance(entry, str) else " ".join(entry) for entry in model.get("merges") or []]
