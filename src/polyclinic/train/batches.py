"""Which tokens go into which batch: a plan that depends on lengths and seed alone, and tensors made from it.

A row of a batch is a tuple of spans of the token file. Three packings:

- `one_document`: a span a row; rows of like length share a batch, so that little is padding.
- `best_fit`: spans packed into rows by best-fit decreasing (arXiv 2404.10830; MediPhi A.2); documents in a row do
  not see each other.
- `wrapped`: documents one after the other in a new order each epoch, cut into full rows; they do see each other.

No packing loses a token, unless told to cut what is too long: a document longer than a row becomes several spans, of
nearly equal length where each has a row of its own, full ones and a rest where they are packed.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from polyclinic.train.token_rows import TokenRows

if TYPE_CHECKING:
    import numpy as np
    import torch

Packing = Literal["one_document", "best_fit", "wrapped"]
TooLong = Literal["split", "cut"]
Span = tuple[int, int]  # start and stop in the token file
Row = tuple[Span, ...]
SHORTEST_PIECE = 16  # tokens of the rest of a text that is split
IGNORED = -100  # label of a position that is not learnt

BATCHES_SORTED_TOGETHER = (
    50  # rows of this many batches are sorted by length at once; more is less padding, less chance
)


class BatchPlan:
    """The batches of a whole training, epoch after epoch; a batch sampler for a torch DataLoader."""

    def __init__(
        self,
        rows: TokenRows,
        *,
        packing: Packing,
        max_length: int,
        batch_size: int,
        seed: int,
        epochs: float = 1.0,
        batches: int | None = None,
        too_long: TooLong = "split",
    ) -> None:
        """Plan `epochs` passes over `rows`, or exactly `batches` batches when that is given.

        Raises ValueError when there is no token.
        """
        if not len(rows.tokens):
            raise ValueError("nothing to plan: no tokens")
        self.rows, self.packing, self.max_length = rows, packing, max_length
        self.batch_size, self.seed, self.drop_last = batch_size, seed, False
        self.dropped = 0  # tokens that no row has
        if too_long == "cut":
            self._spans = [(start, min(stop, start + max_length)) for start, stop in rows.spans()]
            self.dropped = len(rows.tokens) - sum(stop - start for start, stop in self._spans)
        else:
            split = full_pieces if packing == "best_fit" else split_span
            self._spans = [s for span in rows.spans() for s in split(span, max_length)]
        self._packed: list[Row] = []
        if packing == "one_document":
            self._packed = [(span,) for span in self._spans]
        elif packing == "best_fit":
            self._packed = pack_best_fit(self._spans, max_length)
        rows_per_epoch = len(self._packed) or math.ceil(len(rows.tokens) / max_length)
        self.batches_per_epoch = math.ceil(rows_per_epoch / batch_size)
        self.total = planned_batches(self.batches_per_epoch, epochs, batches)

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[list[Row]]:
        for start in range(0, self.total, self.batches_per_epoch):
            yield from self.epoch(start // self.batches_per_epoch)[: self.total - start]

    @property
    def epochs(self) -> float:
        """Passes over the data."""
        return self.total / self.batches_per_epoch

    def tokens(self) -> int:
        """Return how many tokens the whole plan trains on, padding left out."""
        return sum(stop - start for batch in self for row in batch for start, stop in row)

    def epoch(self, number: int) -> list[list[Row]]:
        """Return the batches of one epoch."""
        import numpy as np

        random = np.random.default_rng([self.seed, number])
        if self.packing == "wrapped":
            made = _wrap(self.rows, self.max_length, random)
            return _cut(made, self.batch_size)
        return grouped_by_length(self._packed, [_length(row) for row in self._packed], self.batch_size, random)


class KeyPlan:
    """The batches of a whole training over items that are known by their position; of like length in a batch."""

    def __init__(
        self,
        lengths: Sequence[int],
        *,
        batch_size: int,
        seed: int,
        epochs: float = 1.0,
        batches: int | None = None,
    ) -> None:
        """Plan `epochs` passes over items of these lengths, or exactly `batches` batches when that is given."""
        self.lengths, self.batch_size, self.seed, self.drop_last = lengths, batch_size, seed, False
        self.batches_per_epoch = math.ceil(len(lengths) / batch_size)
        self.total = planned_batches(self.batches_per_epoch, epochs, batches)

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[list[int]]:
        import numpy as np

        keys = range(len(self.lengths))
        for start in range(0, self.total, self.batches_per_epoch):
            random = np.random.default_rng([self.seed, start // self.batches_per_epoch])
            yield from grouped_by_length(keys, self.lengths, self.batch_size, random)[: self.total - start]

    @property
    def epochs(self) -> float:
        """Passes over the data."""
        return self.total / self.batches_per_epoch


def planned_batches(per_epoch: int, epochs: float, batches: int | None) -> int:
    """Return how many batches a training has: as many as were asked for, else those of `epochs` passes."""
    return batches if batches is not None else max(1, math.ceil(epochs * per_epoch - 1e-9))


def grouped_by_length(
    items: Sequence[Any], lengths: Sequence[int], batch_size: int, random: np.random.Generator
) -> list[list[Any]]:
    """Return the items in batches of like length, in random order; each item exactly once."""
    order = random.permutation(len(items)).tolist()
    chunk = batch_size * BATCHES_SORTED_TOGETHER
    sorted_order: list[int] = []
    for start in range(0, len(order), chunk):
        sorted_order += sorted(order[start : start + chunk], key=lambda i: lengths[i])
    batches = _cut([items[i] for i in sorted_order], batch_size)
    return [batches[i] for i in random.permutation(len(batches)).tolist()]


def split_span(span: Span, longest: int) -> list[Span]:
    """Return a span as the fewest pieces of at most `longest` tokens, nearly equal, so that no piece is a crumb."""
    start, stop = span
    pieces = math.ceil((stop - start) / longest)
    edges = [start + (stop - start) * i // pieces for i in range(pieces + 1)] if pieces else []
    return list(itertools.pairwise(edges))


def full_pieces(span: Span, longest: int) -> list[Span]:
    """Return a span as pieces of `longest` tokens and a rest, which packs better than pieces of one length.

    A rest of a few tokens, of which little could be learnt, takes some from the piece before it.
    """
    start, stop = span
    edges = [*range(start, stop, longest), stop]
    if len(edges) > 2:
        edges[-2] = min(edges[-2], stop - min(SHORTEST_PIECE, longest // 2))
    return list(itertools.pairwise(edges))


def pack_best_fit(spans: Sequence[Span], capacity: int) -> list[Row]:
    """Pack spans into rows of `capacity` tokens: longest first, each into the fullest row that still has room."""
    rows: list[list[Span]] = []
    by_room: dict[int, list[int]] = {}  # free tokens -> rows
    rooms: list[int] = []  # the keys of by_room, sorted
    for span in sorted(spans, key=lambda s: s[0] - s[1]):
        length = span[1] - span[0]
        place = bisect.bisect_left(rooms, length)
        if place == len(rooms):
            rows.append([span])
            row, room = len(rows) - 1, capacity
        else:
            room = rooms[place]
            row = by_room[room].pop()
            if not by_room[room]:
                del by_room[room]
                rooms.pop(place)
            rows[row].append(span)
        left = room - length
        if left > 0:
            if left not in by_room:
                by_room[left] = []
                bisect.insort(rooms, left)
            by_room[left].append(row)
    return [tuple(row) for row in rows]


def collate(rows: TokenRows, batch: Sequence[Row], pad_token: int, *, isolated: bool) -> dict[str, torch.Tensor]:
    """Return the tensors of a batch: `input_ids` and `labels`, [rows, longest], padded on the right.

    There is no attention mask: attention is causal and padding comes last, so no token sees it. With `isolated`, the
    positions start again at each span (`position_ids`), which is how transformers keeps documents apart, and the
    first token of a span is not to be predicted from the document before.
    """
    import torch

    longest = max(_length(row) for row in batch)
    input_ids = torch.full((len(batch), longest), pad_token, dtype=torch.long)
    labels = torch.full((len(batch), longest), IGNORED, dtype=torch.long)
    position_ids = torch.arange(longest).repeat(len(batch), 1) if isolated else None
    for i, row in enumerate(batch):
        place = 0
        for start, stop in row:
            end = place + stop - start
            found = torch.from_numpy(rows.tokens[start:stop].astype("int64"))
            input_ids[i, place:end] = found
            labels[i, place:end] = found
            if position_ids is not None:
                position_ids[i, place:end] = torch.arange(stop - start)
                position_ids[i, end:] = torch.arange(longest - end)
                labels[i, place] = IGNORED
            place = end
    made = {"input_ids": input_ids, "labels": labels}
    if position_ids is not None:
        made["position_ids"] = position_ids
    return made


def _wrap(rows: TokenRows, length: int, random: np.random.Generator) -> list[Row]:
    spans = list(rows.spans())
    made: list[Row] = []
    row: list[Span] = []
    room = length
    for i in random.permutation(len(spans)).tolist():
        start, stop = spans[i]
        while start < stop:
            taken = min(room, stop - start)
            row.append((start, start + taken))
            start += taken
            room -= taken
            if room == 0:
                made.append(tuple(row))
                row, room = [], length
    if row:
        made.append(tuple(row))
    return made


def _cut(items: Sequence[Any], size: int) -> list[list[Any]]:
    return [list(items[i : i + size]) for i in range(0, len(items), size)]


def _length(row: Row) -> int:
    return sum(stop - start for start, stop in row)
