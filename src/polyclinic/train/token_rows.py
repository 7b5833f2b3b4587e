"""Texts as token numbers, on disk: written in one streaming pass, read back by position.

Sequences lie one after the other in one file, four bytes a token, so memory does not grow with the corpus. A finished
file is used again when a killed run goes on. This file knows nothing about batches or training.
"""

from __future__ import annotations

import itertools
import json
import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.train import processes
from polyclinic.train.pieces import FastTokens

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerBase

TEXTS_AT_ONCE = 512  # texts handed to the tokenizer together; it works on them in parallel
CHARACTERS_AT_ONCE = 1 << 21  # fewer texts when they are long, so that memory does not depend on their length
END_OF_TEXT = "<|endoftext|>"


@dataclass(frozen=True)
class TokenRows:
    """Sequences of tokens: sequence i is `tokens[ends[i - 1]:ends[i]]`."""

    tokens: np.ndarray[Any, Any]  # all token numbers, uint32
    ends: np.ndarray[Any, Any]  # where each sequence stops, int64
    names: Path | None = None  # file with the record of each sequence, a JSON line each

    def __len__(self) -> int:
        return len(self.ends)

    def records(self, spans: Iterable[tuple[int, int]]) -> list[str]:
        """Return the ids of the records that the tokens of these spans are of; for messages, since it is slow."""
        import numpy as np

        if self.names is None:
            return []
        numbers = {
            number
            for start, stop in spans
            for number in range(
                int(np.searchsorted(self.ends, start, "right")),
                int(np.searchsorted(self.ends, stop - 1, "right")) + 1,
            )
        }
        with self.names.open(encoding="utf-8") as stream:
            return [json.loads(line) for number, line in enumerate(stream) if number in numbers]

    def end_of(self, token: int) -> int:
        """Return where the sequence stops that has this place in it."""
        import numpy as np

        return int(self.ends[int(np.searchsorted(self.ends, token, "right"))])

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield (start, stop) of each sequence."""
        start = 0
        for stop in self.ends.tolist():
            yield start, stop
            start = stop


def write_token_rows(
    folder: Path, sequences: Iterable[Sequence[int]], names: Iterator[str] | None = None
) -> TokenRows:
    """Write token sequences into `folder` and return them; what is there already whole is only read.

    `names` gives the record of each sequence; it is asked once a sequence has been given.
    """
    import numpy as np

    done = folder / "done.json"
    with processes.first_alone():
        if not done.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            ends: list[int] = []
            total = 0
            with (folder / "tokens").open("wb") as stream, (folder / "names").open("w", encoding="utf-8") as named:
                for sequence in sequences:
                    if names is not None:
                        named.write(json.dumps(next(names), ensure_ascii=False) + "\n")
                    stream.write(np.asarray(sequence, dtype=np.uint32).tobytes())
                    total += len(sequence)
                    ends.append(total)
                stream.flush()
                os.fsync(stream.fileno())
            with (folder / "ends").open("wb") as stream:
                stream.write(np.asarray(ends, dtype=np.int64).tobytes())
                stream.flush()
                os.fsync(stream.fileno())
            partial = folder / "done.partial"
            partial.write_text(json.dumps({"sequences": len(ends), "tokens": total}), encoding="utf-8")
            os.replace(partial, done)
    return read_token_rows(folder)


def read_token_rows(folder: Path) -> TokenRows:
    """Map the sequences of `folder`, which `write_token_rows` has finished."""
    import numpy as np

    counts = json.loads((folder / "done.json").read_text(encoding="utf-8"))
    if counts["tokens"] == 0:
        return TokenRows(np.zeros(0, dtype=np.uint32), np.zeros(counts["sequences"], dtype=np.int64))
    return TokenRows(
        np.memmap(folder / "tokens", dtype=np.uint32, mode="r"),
        np.fromfile(folder / "ends", dtype=np.int64),
        folder / "names" if (folder / "names").stat().st_size else None,
    )


class TokenColumns:
    """Columns of token sequences in memory, four bytes a token, handed to `datasets` without a copy."""

    def __init__(self, *names: str) -> None:
        """Begin empty columns of these names."""
        self._tokens = {name: array("i") for name in names}
        self._ends = {name: array("q", [0]) for name in names}

    def __len__(self) -> int:
        return min(len(ends) for ends in self._ends.values()) - 1

    def append(self, **row: Sequence[int]) -> None:
        """Add a row: one sequence for each column."""
        for name, sequence in row.items():
            self._tokens[name].extend(sequence)
            self._ends[name].append(len(self._tokens[name]))

    def lengths(self, name: str) -> list[int]:
        """Return the length of each sequence of a column."""
        return [stop - start for start, stop in itertools.pairwise(self._ends[name])]

    def data_set(self, order: Sequence[int] | None = None) -> Any:
        """Return a `datasets.Dataset` of the rows, in this order when one is given."""
        import numpy as np
        import pyarrow as pa
        from datasets import Dataset

        columns = {
            name: pa.LargeListArray.from_arrays(
                pa.array(np.asarray(self._ends[name]), type=pa.int64()),
                pa.array(np.asarray(self._tokens[name]), type=pa.int32()),
            )
            for name in self._tokens
        }
        table = pa.table(columns)
        return Dataset(table if order is None else table.take(pa.array(order, type=pa.int64())))


def tokenize(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]) -> Iterator[Sequence[int]]:
    """Yield the tokens of each text, in order; `<|im_end|>` or the like in a text is plain characters."""
    tokens = FastTokens(tokenizer)
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if len(batch) == TEXTS_AT_ONCE or characters >= CHARACTERS_AT_ONCE:
            yield from tokens.batch(batch)
            batch, characters = [], 0
    if batch:
        yield from tokens.batch(batch)


def document_start(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the tokens this tokenizer puts before a text: its begin-of-text token, or none."""
    bos = tokenizer.bos_token_id
    if bos is not None and tokenizer("")["input_ids"][:1] == [bos]:
        return [bos]
    return []


def document_end(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the token that ends a document: `<|endoftext|>` where the tokenizer has it, else its end-of-sequence.

    Chat models often have the end of a turn as their end-of-sequence token, which is not the end of a text.
    Raises UserError when there is neither.
    """
    found = tokenizer.get_vocab().get(END_OF_TEXT)
    if found is None:
        found = tokenizer.eos_token_id
    if found is None:
        raise UserError("the tokenizer has neither <|endoftext|> nor an end-of-sequence token; add one to it")
    return int(found)
