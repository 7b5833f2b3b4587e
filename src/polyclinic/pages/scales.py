"""Axes: from values to places in a picture, with ticks at round numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps the values low..high to the places start..end."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return the place of a value; values outside are set to the border."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, wanted: int) -> list[float]:
        """Return about `wanted` round values between low and high."""
        return (
            log_ticks(self.low, self.high, wanted) if self.logarithmic else linear_ticks(self.low, self.high, wanted)
        )


def fitted_scale(
    values: Iterable[float],
    start: float,
    end: float,
    *,
    logarithmic: bool = False,
    zero: bool = False,
    margin: float = 0.04,
) -> Scale:
    """Return a scale that holds all finite values with a margin (share of the range) on both sides.

    `zero` takes zero in. A logarithmic scale leaves out values that are not positive.
    """
    kept = [v for v in values if math.isfinite(v) and (v > 0 or not logarithmic)]
    low, high = min(kept, default=0.1 if logarithmic else 0.0), max(kept, default=1.0)
    if logarithmic:
        decades = math.log10(high) - math.log10(low)
        room = 10 ** (decades * margin) if decades > 1e-9 else 2.0
        return Scale(max(low / room, 1e-307), min(high * room, 1e307), start, end, logarithmic=True)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = (high - low) * margin if high > low else abs(high) * 0.1 or 1.0
    bottom = low if zero and low == 0 else low - room
    top = high if zero and high == 0 and low < 0 else high + room
    return Scale(bottom, top, start, end)


def linear_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten between low and high, about `wanted` of them."""
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    raw = span / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((f * power for f in (1, 2, 5, 10)), key=lambda s: abs(math.log(s / raw)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(i * step, digits) + 0.0 for i in range(first, last + 1)]


def log_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return 1, 2 and 5 times powers of ten between low and high, thinned to about `wanted`."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]
        if len(found) <= wanted + 1:
            break
    if len(found) < 2:
        return linear_ticks(low, high, wanted)
    return found[:: math.ceil(len(found) / (wanted + 1))]


def tick_labels(ticks: list[float], *, share: bool = False) -> list[str]:
    """Return the texts of ticks with as many decimals as they need; shares as percentages."""
    values = [100 * t if share else t for t in ticks]
    steps = [b - a for a, b in itertools.pairwise(values)]
    biggest = max((abs(v) for v in values), default=0.0)
    even = not steps or max(steps) - min(steps) < 1e-6 * max(steps)
    if not even or biggest >= 1e7 or 0 < biggest < 1e-4:
        texts = [f"{v:,.10g}" if 1e-4 <= abs(v) < 1e7 else f"{v:.3g}" for v in values]
    else:
        step = steps[0] if steps else biggest
        digits = next((d for d in range(9) if abs(round(step, d) - step) < abs(step) * 1e-6), 9)
        texts = [f"{v:,.{digits}f}" for v in values]
    return [t.replace("-", "\u2212") + ("%" if share else "") for t in texts]


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Move places apart until neighbours are `gap` from each other, as little as possible, within low..high.

    The order is kept. When there is no room the gap is made smaller.
    """
    if not places:
        return []
    gap = min(gap, (high - low) / max(1, len(places) - 1))
    order = sorted(range(len(places)), key=lambda i: places[i])
    wanted = [places[i] - rank * gap for rank, i in enumerate(order)]
    settled = isotonic(wanted)
    found = [0.0] * len(places)
    for rank, i in enumerate(order):
        found[i] = min(max(settled[rank], low), high - (len(places) - 1) * gap) + rank * gap
    return found


def isotonic(wanted: list[float]) -> list[float]:
    """Return the non-decreasing numbers nearest to `wanted` in squares (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in wanted:
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (one, size), (other, more) = blocks[-2:]
            blocks[-2:] = [((one * size + other * more) / (size + more), size + more)]
    return [value for value, size in blocks for _ in range(size)]
