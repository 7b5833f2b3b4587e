"""Teaching the tagger: labelled notes go in, weights come out.

A small network: the features of a token have rows of WIDTH weights, whose sum goes through one hidden layer
(rectified linear units) to the classes. Features that are seen rarely are left out more often while it learns, so
that it leans on what carries over. It takes a minute or two for some thousand notes, on one core, and needs the
compiled kernel.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from polyclinic.deidentify.language import load_words
from polyclinic.deidentify.lexicon import make_lexicon
from polyclinic.deidentify.spans import TYPES, Span
from polyclinic.deidentify.tagger import kernel
from polyclinic.deidentify.tagger.features import read
from polyclinic.deidentify.tagger.other_words import name_words, with_other_names
from polyclinic.deidentify.tagger.weights import Weights, tables
from polyclinic.deidentify.tagger.words import spoken_words, word_entries
from polyclinic.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASS_OF = {**dict.fromkeys(TYPES, 6), "name": 1, "institution": 2, "city": 3, "address": 4, "date": 5, "age": 7}
NAME_SHARE, TOKEN = 2, 11  # places in what the kernel finds
LEAST_WORDS = 3  # times a word stands outside of names to have weights of its own
LEAST_SEEN = 30  # times a feature is seen to have weights
PASSES = 8
RATE = 0.02
HIDDEN_LEFT_OUT = 0.3
FIRST_SQUARES = 0.1


_Examples = tuple["NDArray[Any]", "NDArray[Any]", "NDArray[Any]", "NDArray[Any]"]


@dataclass(frozen=True, slots=True)
class LabelledNote:
    """A note to learn from."""

    text: str
    spans: tuple[Span, ...]
    weight: float = 1.0  # how much it counts
    copies: int = 2  # how often it is learnt with other names


def teach(
    notes: Sequence[LabelledNote], language: str = "en", seed: int = 0, say: Callable[[str], None] = lambda _: None
) -> Weights:
    """Return the weights learnt from notes; the same notes and seed give the same on the same machine.

    Args:
        notes: what to learn from; a few hundred at least.
        language: rules whose lists are used, as `load_words` takes it.
        seed: of all draws.
        say: is told how far it is.

    Raises UserError when there is no note, or no compiled kernel.
    """

    built = kernel.installed()
    if built is None:
        raise UserError(
            "teaching the tagger needs its compiled kernel: install the package where there is a C compiler"
        )
    if not notes:
        raise UserError("teaching the tagger: expected labelled notes, found none")
    of_language = load_words(language)
    lexicon = make_lexicon(of_language)
    words = _own_words(notes, lexicon)
    random, names = Random(seed), name_words(lexicon)
    every = [
        LabelledNote(*made, note.weight)
        for note in notes
        for made in (
            (note.text, note.spans),
            *(
                (text, tuple(spans))
                for _ in range(note.copies)
                for text, spans in [with_other_names(note.text, note.spans, names, random)]
            ),
        )
    ]
    of = [number for number, note in enumerate(notes) for _ in range(1 + note.copies)]
    say(f"{len(every)} notes with their copies")
    entries = word_entries(lexicon, words, spoken_words(of_language))
    kept: list[Any] = []
    made = tables(built, entries, None, kept)
    alone = [_examples(built, made, note) for note in every]
    # What others of the same letters say is learnt from weights that have not seen the note.
    again: list[_Examples] = []
    for half in (0, 1):
        say(f"notes of half {half + 1}")
        weights = _weights_of(
            built, words, [one for n, one in zip(of, alone, strict=True) if n % 2 == half], seed, say
        )
        judging = tables(built, entries, weights, kept)
        for number, note in zip(of, every, strict=True):
            if number % 2 != half:
                shares = {one[TOKEN]: one[NAME_SHARE] for one in built.find(judging, note.text)}
                again.append(_examples(built, made, note, shares))
    say("all notes")
    return _weights_of(built, words, [*alone, *again], seed, say)


def _weights_of(
    built: kernel.Kernel, words: tuple[str, ...], parts: Sequence[_Examples], seed: int, say: Callable[[str], None]
) -> Weights:
    """Return the weights learnt from examples."""
    import numpy

    keys, lengths, classes, weights = (numpy.concatenate(column) for column in zip(*parts, strict=True))
    known, seen = numpy.unique(keys, return_counts=True)
    known, seen = known[seen >= LEAST_SEEN], seen[seen >= LEAST_SEEN]
    if not len(known):
        raise UserError("teaching the tagger: the notes are too few; expected some hundred at least")
    rows = numpy.searchsorted(known, keys)
    rows[rows == len(known)] = 0
    there = known[rows] == keys
    sums = numpy.concatenate([[0], numpy.cumsum(there)])
    ends = sums[numpy.concatenate([[0], numpy.cumsum(lengths)])]
    say(f"{len(lengths)} words, {len(known)} features")
    # A feature that was seen a hundred times is left out more often than one that is always there.
    left_out = numpy.clip(0.5 + 0.1 * (3.3 - numpy.log10(seen)), 0.35, 0.8).astype("<f4")
    learnt = _learn(built, rows[there].astype("<i4"), ends.astype("<i8"), classes, weights, left_out, seed, say)
    return _in_whole_numbers(words, known, learnt)


def _own_words(notes: Sequence[LabelledNote], lexicon: dict[str, int]) -> tuple[str, ...]:
    """Return the words and signs that stand outside of names often enough, in alphabetical order."""
    counts: Counter[str] = Counter()
    for note in notes:
        named = bytearray(len(note.text))
        for span in note.spans:
            if span.type != "institution":
                named[span.start : span.end] = b"\1" * (span.end - span.start)
        for start, end in ((t.start, t.end) for t in read(note.text, {})[0] if not 2 <= t.shape < 8):
            if not any(named[start:end]):
                word = note.text[start:end].lower().replace("’", "'")
                counts[word[:-2] if word.endswith("'s") and word not in lexicon else word] += 1
    return tuple(sorted(word for word, count in counts.items() if count >= LEAST_WORDS))


def _examples(
    built: kernel.Kernel, made: kernel.Tagger, note: LabelledNote, names: Mapping[int, float] | None = None
) -> _Examples:
    """Return the features of a note's candidates, how many each has, their classes and weights.

    Args:
        built: the kernel.
        made: its tables, without weights.
        note: what to learn from.
        names: share of name by token, from weights that do not know the note; then only candidates that recur are
            returned, with what the others of their letters say.
    """
    import numpy

    units, size = note.text.encode("utf-32-le", "surrogatepass"), len(note.text)
    tokens = numpy.zeros((size + 1) * kernel.TOKEN_BYTES, dtype="u1")
    mask = (1 << (2 * size + 2).bit_length()) - 1
    seen, written = numpy.zeros(mask + 1, dtype="<u8"), ctypes.c_int32()
    library = built.library
    count = library.polyclinic_tagger_read(
        ctypes.byref(made), units, size, tokens.ctypes.data, size + 1, seen.ctypes.data, mask, ctypes.byref(written)
    )
    if names is not None:
        shares = numpy.zeros(count, dtype="<f8")
        shares[list(names)] = list(names.values())
        again = numpy.zeros((mask + 1) * kernel.AGAIN_BYTES, dtype="u1")
        library.polyclinic_tagger_look_again(tokens.ctypes.data, count, shares.ctypes.data, again.ctypes.data, mask)
    starts, stops, ends = (numpy.zeros(count + 1, dtype="<i8") for _ in range(3))
    keys = numpy.zeros((count + 1) * kernel.MOST_FEATURES, dtype="<u4")
    found = library.polyclinic_tagger_features(
        *(ctypes.byref(made), units, tokens.ctypes.data, count, written, names is not None),
        *(one.ctypes.data for one in (starts, stops, ends, keys)),
    )
    starts, stops = starts[:found], stops[:found]
    classes = numpy.zeros(found, dtype="<i4")
    for span in note.spans:
        inside = (starts < span.end) & (stops > span.start)
        classes[inside] = CLASS_OF[span.type]
    lengths = numpy.diff(numpy.concatenate([[0], ends[:found]]))
    return keys[: ends[found - 1] if found else 0].copy(), lengths, classes, numpy.full(found, note.weight, "<f4")


def _learn(
    built: kernel.Kernel,
    rows: NDArray[Any],
    ends: NDArray[Any],
    classes: NDArray[Any],
    weights: NDArray[Any],
    left_out: NDArray[Any],
    seed: int,
    say: Callable[[str], None],
) -> dict[str, NDArray[Any]]:
    """Return the weights of the rows, the hidden layer and the output, in floating point."""
    import numpy

    draw = numpy.random.default_rng(seed)
    width, several, size = kernel.WIDTH, kernel.CLASSES, len(left_out)
    learnt = {
        "row": draw.normal(0, 0.003, (size, width)).astype("<f4"),
        "bias": (draw.random(width) * 0.3).astype("<f4"),
        "output": draw.normal(0, 0.3, (several, width)).astype("<f4"),
        "output_bias": numpy.zeros(several, dtype="<f4"),
    }
    squares = {
        "row_squares": numpy.full(size, FIRST_SQUARES, dtype="<f4"),
        "bias_squares": numpy.full(width, FIRST_SQUARES, dtype="<f4"),
        "output_squares": numpy.full((several, width), FIRST_SQUARES, dtype="<f4"),
        "output_bias_squares": numpy.full(several, FIRST_SQUARES, dtype="<f4"),
    }
    given = {"rows": rows, "ends": ends, "classes": classes, "weights": weights, "left_out": left_out}
    places = {name: one.ctypes.data for name, one in {**given, **learnt, **squares}.items()}
    for number in range(PASSES):
        order = draw.permutation(len(classes)).astype("<i8")
        lesson = kernel.Lesson(
            **places,
            order=order.ctypes.data,
            count=len(order),
            rate=RATE * (1 - 0.8 * number / (PASSES - 1)),
            hidden_left_out=HIDDEN_LEFT_OUT,
            seed=seed * 1000 + number,
        )
        loss = built.library.polyclinic_tagger_learn(ctypes.byref(lesson))
        say(f"pass {number + 1} of {PASSES}: loss {loss:.4f}")
    return learnt


def _in_whole_numbers(words: tuple[str, ...], keys: NDArray[Any], learnt: dict[str, NDArray[Any]]) -> Weights:
    """Return weights whose rows have eight bits."""
    import numpy

    row_unit = float(numpy.quantile(numpy.abs(learnt["row"]), 0.9999)) / 127
    output_unit = float(numpy.abs(learnt["output"]).max()) / 32767
    return Weights(
        words,
        keys.astype("<u4"),
        numpy.clip(numpy.rint(learnt["row"] / row_unit), -127, 127).astype("i1"),
        numpy.rint(learnt["bias"] / row_unit).astype("<i4"),
        numpy.rint(learnt["output"] / output_unit).astype("<i4"),
        numpy.rint(learnt["output_bias"].astype("<f8") / (row_unit * output_unit)).astype("<i8"),
        row_unit * output_unit,
    )
