"""Models with different tokenizers: rows of embeddings and heads brought to the tokens of the result.

Rows are matched by token, never by number. A token a model lacks has the base's row there, so its delta is zero; a
token the base lacks (vocabulary `union`) starts from the row of the first model that has it. Rows that stand for no
token (padding to a round number) are kept as the base has them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyclinic.errors import UserError
from polyclinic.merge.beside_weights import read_json, write_json
from polyclinic.merge.numbers import Float32
from polyclinic.merge.vocabulary import (
    added_tokens,
    check_same_joins,
    check_same_vocabulary,
    tokens_of,
    vocabulary_file,
)
from polyclinic.merge.weights import StoredTensor, Tensor
from polyclinic.models import is_adapter


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of the result, and where each model has them."""

    tokens: dict[str, int]  # of the result, by number
    rows: list[NDArray[np.int64] | None]  # for base and models: by number of the result, its row there or -1
    new: dict[str, dict[str, Any]] = field(default_factory=dict)  # tokens the base lacks, as its tokenizer is told
    notes: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Rows that are needed."""
        return max(self.tokens.values(), default=-1) + 1


def join_vocabularies(base: Path, models: Sequence[Path], union: bool) -> Vocabulary:
    """Return the tokens of the result and where each model has them.

    With `union` the tokens that models were given beside their vocabulary (special tokens, mostly) are added to the
    base's. Raises UserError for a tokenizer that is not a tokenizer.json or vocab.json, and for a union of models
    whose vocabularies were trained differently: two sets of merges cannot be joined.
    """
    ours = {token: number for number, token in tokens_of(vocabulary_file(base)).items()}
    joined, new, notes = dict(ours), {}, []
    theirs: list[dict[str, int]] = []
    for folder in models:
        own = is_adapter(folder)
        found = ours if own else {token: number for number, token in tokens_of(vocabulary_file(folder)).items()}
        theirs.append(found)
        missing = sorted(found.keys() - ours.keys(), key=found.__getitem__)
        lacking = ours.keys() - found.keys()
        if missing or lacking or any(found[token] != number for token, number in ours.items() if token in found):
            notes.append(
                f"{folder.name}: {len(missing)} tokens the base lacks{_some(missing)}, {len(lacking)} it lacks "
                f"itself, {sum(found.get(t, n) != n for t, n in ours.items())} with another number"
            )
        if not union:
            continue
        if not own:
            check_same_joins(base, folder)
        added = added_tokens(vocabulary_file(folder)) if missing else {}
        for token in missing:
            if token not in added:
                raise UserError(
                    f"{folder}: the token {token!r} is part of a vocabulary that was trained otherwise than that of "
                    f"{base}, and such vocabularies cannot be joined; set vocabulary to base to take its tokens"
                )
            if token not in joined:
                joined[token] = max(joined.values(), default=-1) + 1
                new[token] = {**added[token], "id": joined[token]}
    numbers = sorted(joined.items(), key=lambda item: item[1])
    rows: list[NDArray[np.int64] | None] = []
    for found in (ours, *theirs):
        mapped = np.full(max(joined.values(), default=-1) + 1, -1, np.int64)
        for token, number in numbers:
            mapped[number] = found.get(token, -1)
        rows.append(mapped)
    return Vocabulary(joined, rows, new, notes)


def have_same_rows(base: Path, other: Path) -> bool:
    """Say whether two models have the same tokens and as many rows for them, so that nothing need be aligned."""
    try:
        check_same_vocabulary(base, other)
    except UserError:
        return False
    sizes = [read_json(folder / "config.json").get("vocab_size") for folder in (base, other)]
    return sizes[0] == sizes[1]


@dataclass(frozen=True)
class AlignedTensor:
    """A tensor whose rows come from several others: runs of (first row here, rows, source, first row there)."""

    shape: tuple[int, ...]
    dtype: str
    runs: Sequence[tuple[int, int, Tensor, int]]
    starts: NDArray[np.int64]  # first row of each run

    def read(self, start: int, out: Float32) -> None:
        """Fill `out` with the elements from flat index `start` on."""
        width = 1 if len(self.shape) == 1 else self.shape[1]
        done = 0
        place = int(np.searchsorted(self.starts, start // width, side="right")) - 1
        while done < out.size:
            first, count, source, there = self.runs[place]
            offset = start + done - first * width
            length = min(out.size - done, count * width - offset)
            source.read(there * width + offset, out[done : done + length])
            done += length
            place += 1


@dataclass(frozen=True)
class Aligned:
    """An embedding or head of the base and of every model with the rows of the result."""

    base: Tensor
    models: Sequence[Tensor]
    shape: tuple[int, ...]
    taken: Sequence[tuple[int, int, Tensor, int]]  # rows that only one of them has, as in `Parents`


def align(base: StoredTensor, models: Sequence[StoredTensor], vocabulary: Vocabulary) -> Aligned:
    """Return an embedding or head of the base and of every model with the rows of the result.

    A row that only one of them has is to be taken as it is: a weighted sum of it with itself would change its length.

    Raises UserError when a model has fewer rows than tokens, or rows of another width.
    """
    for tensor, rows in zip((base, *models), vocabulary.rows, strict=True):
        if tensor.shape[1:] != base.shape[1:]:
            raise UserError(
                f"{tensor.file}: tensor {tensor.name} has rows of {list(tensor.shape[1:])}, in the base they are "
                f"{list(base.shape[1:])}; only models of one width can be merged"
            )
        if rows is not None and rows.size and int(rows.max()) >= tensor.shape[0]:
            raise UserError(
                f"{tensor.file}: tensor {tensor.name} has {tensor.shape[0]} rows, its tokenizer has a token with the "
                f"number {int(rows.max())}; the tokenizer is another model's"
            )
    shape = (max(base.shape[0], vocabulary.size), *base.shape[1:])
    sources = (base, *models)
    starting: list[tuple[Tensor, int]] = []  # where each row of the base comes from
    for row in range(shape[0]):
        known = [
            (source, int(rows[row]))
            for source, rows in zip(sources, vocabulary.rows, strict=True)
            if rows is not None and row < rows.size and rows[row] >= 0
        ]
        starting.append(known[0] if known else (base, row))
    aligned, same = [], np.ones(shape[0], bool)
    for source, rows in zip(sources, vocabulary.rows, strict=True):
        own = [
            (source, int(rows[row])) if rows is not None and row < rows.size and rows[row] >= 0 else starting[row]
            for row in range(shape[0])
        ]
        same &= [one[0] is begun[0] and one[1] == begun[1] for one, begun in zip(own, starting, strict=True)]
        aligned.append(_tensor(shape, source.dtype, own))
    taken = [(row, 1, *starting[row]) for row in np.flatnonzero(same).tolist()]
    return Aligned(aligned[0], aligned[1:], shape, taken)


def write_tokens(out: Path, new: Mapping[str, Mapping[str, Any]], rows: int) -> None:
    """Add tokens to the tokenizer in `out`, and the number of rows to its config.json."""
    if not new:
        return
    file = out / "tokenizer.json"
    loaded = read_json(file)
    entries = sorted([*(loaded.get("added_tokens") or []), *new.values()], key=lambda entry: int(entry["id"]))
    loaded["added_tokens"] = entries
    file.write_text(json.dumps(loaded, ensure_ascii=False), encoding="utf-8")
    settings = out / "tokenizer_config.json"
    if settings.is_file():
        content = read_json(settings)
        if isinstance(content.get("added_tokens_decoder"), dict):
            for entry in new.values():
                plain = {key: value for key, value in entry.items() if key != "id"}
                content["added_tokens_decoder"][str(entry["id"])] = plain
            write_json(settings, content)
    config = read_json(out / "config.json")
    write_json(out / "config.json", {**config, "vocab_size": max(rows, int(config.get("vocab_size", 0)))})


def _tensor(shape: tuple[int, ...], dtype: str, rows: Sequence[tuple[Tensor, int]]) -> AlignedTensor:
    runs: list[tuple[int, int, Tensor, int]] = []
    for row, (source, there) in enumerate(rows):
        if runs and runs[-1][2] is source and there == runs[-1][3] + runs[-1][1]:
            first, count, _, begin = runs[-1]
            runs[-1] = (first, count + 1, source, begin)
        else:
            runs.append((row, 1, source, there))
    return AlignedTensor(shape, dtype, runs, np.array([run[0] for run in runs], np.int64))


def _some(tokens: Sequence[str]) -> str:
    return f" ({', '.join(map(repr, tokens[:3]))}{', ...' if len(tokens) > 3 else ''})" if tokens else ""
