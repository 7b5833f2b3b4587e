"""The weights of the tagger: a file that comes along, or one of your own; a text goes in, shares of classes come out.

The file is a safetensors file: for each feature that was seen often enough its number and WIDTH weights of eight
bits, the hidden layer's and the output's weights, and, as JSON in its head, the words that have weights of their
own. All sums are of whole numbers, so that the kernel and Python agree to the last bit.
"""

from __future__ import annotations

import ctypes
import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from polyclinic.deidentify.language import Words
from polyclinic.deidentify.lexicon import COMMON, FAMILY, NAME
from polyclinic.deidentify.tagger import kernel
from polyclinic.deidentify.tagger.features import (
    FIRST_VALUE,
    IN_PARTS,
    LABEL_IDENTITY,
    NO_WORD,
    UNKNOWN,
    VALUES,
    Token,
    features_of,
    look_again,
    read,
)
from polyclinic.deidentify.tagger.words import CHARACTERS, WordEntry, class_of, small, spoken_words, word_entries
from polyclinic.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMES_ALONG = Path(__file__).parent / "weights.safetensors"
LEAST_SHARE = 0.02  # of a class, below which a word is not looked at


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learnt.

    Attributes:
        words: that have weights of their own, in the order of their numbers.
        keys: numbers of features, ascending; shape (features,), 32 bits.
        rows: their weights; shape (features, WIDTH), 8 bits.
        bias: of the hidden layer; shape (WIDTH,), 32 bits.
        output: shape (CLASSES, WIDTH), 32 bits.
        output_bias: shape (CLASSES,), 64 bits.
        scale: what one unit of a score is, in natural logarithms.
    """

    words: tuple[str, ...]
    keys: NDArray[Any]
    rows: NDArray[Any]
    bias: NDArray[Any]
    output: NDArray[Any]
    output_bias: NDArray[Any]
    scale: float


class Candidate(NamedTuple):
    """A word that may be more than an ordinary one, and the shares of the classes."""

    hash: int  # of its letters
    none: float
    name: float
    institution: float
    town: float
    street: float
    date: float
    number: float
    age: float
    start: int
    end: int
    token: int  # its number among the tokens of the text
    bits: int  # of the lexicon
    bits_before: int  # of the word before it
    shape: int


def load_weights(path: Path = COMES_ALONG) -> Weights:
    """Return the weights of a file. Raises UserError when it is none."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UserError(f"{path}: no such file; expected weights of the tagger")
    try:
        with safe_open(path, "numpy") as file:
            head = file.metadata() or {}
            made = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        told = json.loads(head["tagger"])
        words, scale = tuple(told["words"]), float(told["scale"])
        found = Weights(words, made["keys"], made["rows"], made["bias"], made["output"], made["output_bias"], scale)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: expected weights of the tagger: {error}") from error
    wanted = {
        "keys": ("uint32", found.keys.shape[:1]),
        "rows": ("int8", (len(found.keys), kernel.WIDTH)),
        "bias": ("int32", (kernel.WIDTH,)),
        "output": ("int32", (kernel.CLASSES, kernel.WIDTH)),
        "output_bias": ("int64", (kernel.CLASSES,)),
    }
    for name, (kind, shape) in wanted.items():
        one = getattr(found, name)
        if str(one.dtype) != kind or one.shape != shape:
            raise UserError(f"{path}: {name}: expected {kind} of shape {shape}, found {one.dtype} of {one.shape}")
    return found


def save_weights(weights: Weights, path: Path) -> None:
    """Write weights to a file."""
    from safetensors.numpy import save_file

    names = ("keys", "rows", "bias", "output", "output_bias")
    head = {"tagger": json.dumps({"scale": weights.scale, "words": weights.words})}  # one: their order is not kept
    save_file({name: getattr(weights, name) for name in names}, path, head)


class Tagger:
    """Weights together with the lists of a language."""

    def __init__(self, words: Words, lexicon: Mapping[str, int], weights: Weights, *, compiled: bool = True) -> None:
        """Make the tables.

        Args:
            words: the language's.
            lexicon: word -> bits, from `make_lexicon`.
            weights: what was learnt.
            compiled: whether the kernel may be used where it is installed; what is found is the same.
        """
        self.weights = weights
        self.entries = word_entries(lexicon, weights.words, spoken_words(words))
        self._kept: list[Any] = []  # what the kernel's tables point to
        self._kernel = kernel.installed() if compiled else None
        if self._kernel is not None:
            self._made = tables(self._kernel, self.entries, weights, self._kept)

    def find(self, text: str) -> list[Candidate]:
        """Return the words of a text of which a class has at least about LEAST_SHARE, in order."""
        return [Candidate(*one) for one in self._found(text)]

    def _found(self, text: str) -> Iterable[tuple[Any, ...]]:
        return self._kernel.find(self._made, text) if self._kernel is not None else self._judged(text)

    @cached_property
    def _rows(self) -> dict[int, list[int]]:
        return dict(zip(self.weights.keys.tolist(), self.weights.rows.tolist(), strict=True))

    def _judged(self, text: str) -> Iterator[tuple[Any, ...]]:
        tokens, written = read(text, self.entries)
        first = {
            i: shares
            for i, one in enumerate(tokens)
            if one.candidate and (shares := self._of(text, tokens, i, written))
        }
        look_again(tokens, {i: shares[1] for i, shares in first.items()})
        before = 0
        for i, token in enumerate(tokens):
            bits_before = before
            if token.word:
                before = token.bits
            shares = self._of(text, tokens, i, written) if token.evidence else first.get(i)
            if shares:
                yield token.hash, *shares, token.start, token.end, i, token.bits, bits_before, token.shape

    def _of(self, text: str, tokens: list[Token], i: int, written: int) -> list[float] | None:
        """Return the shares of the classes for a token, None where none but the first has LEAST_SHARE."""
        get, w = self._rows.get, self.weights
        rows = [row for key in features_of(text, tokens, i, written) if (row := get(key)) is not None]
        hidden = [max(sum(column), 0) for column in zip(w.bias.tolist(), *rows, strict=True)]
        scores = [
            least + sum(a * b for a, b in zip(weights, hidden, strict=True))
            for least, weights in zip(w.output_bias.tolist(), w.output.tolist(), strict=True)
        ]
        shares = _shares(scores, w.scale)
        return shares if max(shares[1:]) >= LEAST_SHARE else None


def _shares(scores: list[int], scale: float) -> list[float]:
    most = max(scores)
    parts = [math.exp((score - most) * scale) for score in scores]
    whole = 0.0
    for part in parts:  # one after the other, as the kernel does: sum() is more exact
        whole += part
    return [part / whole for part in parts]


def tables(
    built: kernel.Kernel, entries: Mapping[str, WordEntry], weights: Weights | None, kept: list[Any]
) -> kernel.Tagger:
    """Return the kernel's tables; what they point to is added to `kept`, which has to outlive them."""
    import numpy

    def place(made: NDArray[Any]) -> int:
        kept.append(made)
        return int(made.ctypes.data)

    library = built.library
    characters = [chr(code) for code in range(CHARACTERS)]
    made = kernel.Tagger(
        classes=place(numpy.array([class_of(c) for c in characters], dtype="u1")),
        lower=place(numpy.array([small(c) for c in characters], dtype="<u2")),
        common=COMMON,
        name=NAME,
        family=FAMILY,
    )
    words = list(entries)
    letters = numpy.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    ends = numpy.fromiter(accumulate(map(len, words)), dtype="<i8", count=len(words))
    hashes = numpy.zeros(len(words), dtype="<u8")
    library.polyclinic_tagger_hashes(
        ctypes.byref(made), letters.ctypes.data, ends.ctypes.data, len(words), hashes.ctypes.data
    )
    every = entries.values()
    rows = numpy.zeros(
        len(words),
        dtype=[("hash", "<u8"), ("bits", "<i4"), ("identity", "<u2"), ("frequency", "u1"), ("kinds", "u1")],
    )
    rows["hash"] = hashes
    bits = numpy.frombuffer(array("I", [one.bits for one in every]), dtype="<u4")
    in_parts = [IN_PARTS | value for value in {0, FAMILY, COMMON, *bits[(bits & NAME) > 0].tolist()}]
    known = numpy.unique(numpy.concatenate([bits, [UNKNOWN, NO_WORD, *in_parts]])).astype("<u4")
    rows["bits"] = numpy.searchsorted(known, bits)
    rows["identity"] = numpy.frombuffer(array("H", [one.identity for one in every]), dtype="<u2")
    rows["frequency"] = numpy.frombuffer(array("B", [one.frequency for one in every]), dtype="u1")
    rows["kinds"] = numpy.frombuffer(array("B", [one.kinds for one in every]), dtype="u1")
    size = 1 << (2 * len(words) + 2).bit_length()
    table = numpy.zeros(size, dtype=rows.dtype)
    library.polyclinic_tagger_fill_entries(table.ctypes.data, size - 1, rows.ctypes.data, len(words))
    made.entries, made.entry_mask = place(table), size - 1
    made.bits, made.bits_count = place(known), len(known)
    made.identities = max(LABEL_IDENTITY, int(rows["identity"].max())) + 1
    made.frequencies, made.givens = FIRST_VALUE + VALUES, 4
    if weights is not None:
        size = 1 << (3 * len(weights.keys) // 2 + 2).bit_length()
        slots = numpy.zeros((size, kernel.ROW_BYTES), dtype="u1")
        keys, each = numpy.ascontiguousarray(weights.keys, dtype="<u4"), numpy.ascontiguousarray(weights.rows)
        library.polyclinic_tagger_fill_rows(
            slots.ctypes.data, size - 1, keys.ctypes.data, each.ctypes.data, len(keys)
        )
        made.rows, made.row_mask, made.scale, made.least = place(slots), size - 1, weights.scale, LEAST_SHARE
        made.lowest = math.log(LEAST_SHARE) - 0.001  # where no rounding makes a difference
        size = library.polyclinic_tagger_fill_tables(ctypes.byref(made), None)
        few = numpy.empty(size, dtype="u1")
        library.polyclinic_tagger_fill_tables(ctypes.byref(made), place(few))
        for name in ("bias", "output", "output_bias"):
            setattr(made, name, place(numpy.ascontiguousarray(getattr(weights, name))))
    return made
