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
    names = [name for name in TOKENIZER_FILES if (base / name).is_file() and (other / name).is_file()]
    if not names:
        raise UserError(
            f"{other} and {base} have no tokenizer file in common (expected one of {', '.join(TOKENIZER_FILES)}); "
            "save both with the same tokenizer"
        )
    name = names[0]
    if (base / name).read_bytes() == (other / name).read_bytes():
        return
    if name == "tokenizer.model":
        raise UserError(
            f"{other / name} differs from {base / name}; models can be merged only when they share one tokenizer"
        )
    ours, theirs = _tokens(base / name), _tokens(other / name)
    for number in sorted(ours.keys() | theirs.keys()):
        if ours.get(number) != theirs.get(number):
            raise UserError(
                f"{other / name}: token {number} is {theirs.get(number)!r}, in {base} it is {ours.get(number)!r}; "
                "models can be merged only when they share one tokenizer"
            )
    if _joins(base / name) != _joins(other / name):
        raise UserError(
            f"{other / name}: has the tokens of {base}, but joins text into them in another order (its merges); "
            "models can be merged only when they share one tokenizer"
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file}: broken JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise UserError(f"{file}: expected a JSON object")
    return loaded


def _tokens(file: Path) -> dict[int, str]:
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
