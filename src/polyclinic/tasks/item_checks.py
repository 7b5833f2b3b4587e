"""Checks of the items of one task, wherever they come from; they stream.

Rules from Super-NaturalInstructions (Wang et al. 2022, src/test_all.py): more than 25 instances, inputs not repeated,
more than one distinct output, a normalised entropy above 0.8 where there are fewer than 15. The rest is ours.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from polyclinic.tasks.findings import SHOWN, Finding, Level
from polyclinic.tasks.readers import Bad
from polyclinic.tasks.source_items import Item

FEWEST = 25  # instances; a task has more
FEW_OUTPUTS, LEAST_ENTROPY = 15, 0.8
# A replacement character, and UTF-8 that was read as Latin-1 or cp1252: Ã©, â€™, Â°.
DAMAGE = re.compile("\ufffd|Ã[\u0080-\u00bf]|â€[\u0080-\u203a™œ\u009d]|Â[\u00a0-\u00bf]")
DEIDENTIFIED = re.compile(r"\[\*\*[^\]]*\*\*\]|\b___\b")  # marks of MIMIC-III and MIMIC-IV


def entropy(counts: Iterable[int]) -> float:
    """Return the entropy of a distribution divided by that of equal parts: 0 one value, 1 all equally often."""
    numbers = [count for count in counts if count]
    total = sum(numbers)
    if len(numbers) < 2:
        return 0.0
    return -sum(n / total * math.log(n / total) for n in numbers) / math.log(len(numbers))


def item_findings(
    task: str, items: Iterable[Item | Bad], *, restricted: bool = False, contributed: bool = False
) -> Iterator[Finding]:
    """Yield what is wrong with the items of one task; see ItemChecks."""
    checks = ItemChecks(task, restricted=restricted, contributed=contributed)
    for item in items:
        yield from checks.see(item)
    yield from checks.finish()


class ItemChecks:
    """What is wrong with the items of one task; keeps a hash of each input and the distinct outputs."""

    def __init__(self, task: str, *, restricted: bool = False, contributed: bool = False) -> None:
        """Begin.

        Args:
            task: name under which findings are told.
            restricted: whether marks of de-identified notes are to be expected.
            contributed: whether repeated inputs are an error; in published data sets they are what they are.
        """
        self.task, self.restricted, self.count = task, restricted, 0
        self.repeated: Level = "error" if contributed else "warning"
        self.inputs: dict[bytes, str] = {}
        self.outputs: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()

    def see(self, item: Item | Bad) -> Iterator[Finding]:
        """Yield what is wrong with one item, given those before it."""
        if isinstance(item, Bad):
            yield from self._told(item.kind, item.place, item.reason)
            return
        self.count += 1
        key = blake2b(item.input.strip().encode("utf-8", "replace"), digest_size=12).digest()
        if (first := self.inputs.setdefault(key, item.place)) != item.place:
            message = f"the input stood before, at {first}"
            yield from self._told("repeated-input", item.place, message, self.repeated)
        if len(self.outputs) < 10_000 or item.outputs[0] in self.outputs:
            self.outputs[item.outputs[0]] += 1
        if match := DAMAGE.search(item.input) or DAMAGE.search(item.outputs[0]):
            message = f"damaged text {match.group(0)!r}: decoded wrongly once"
            yield from self._told("encoding", item.place, message, "warning")
        if not self.restricted and (match := DEIDENTIFIED.search(item.input)):
            message = f"a mark of de-identified notes, {match.group(0)!r}, in open data"
            yield from self._told("restricted", item.place, message)

    def finish(self) -> Iterator[Finding]:
        """Yield what can only be known of all items."""
        for rule, number in self.kinds.items():
            if number > SHOWN:
                yield Finding(self.task, "", "warning", rule, f"{number - SHOWN} more of this kind")
        if self.count <= FEWEST:
            message = f"{self.count} items; more than {FEWEST} are expected"
            yield Finding(self.task, "", "warning", "few", message)
        if self.count and len(self.outputs) == 1:
            label = next(iter(self.outputs))
            yield Finding(self.task, "", "error", "one-output", f"all {self.count} items have the output {label!r}")
        elif 1 < len(self.outputs) < FEW_OUTPUTS and (value := entropy(self.outputs.values())) <= LEAST_ENTROPY:
            shares = ", ".join(f"{label!r} {n}" for label, n in self.outputs.most_common(4))
            message = f"normalised entropy of the outputs {value:.2f}, at most {LEAST_ENTROPY}: {shares}"
            yield Finding(self.task, "", "warning", "skewed", message)

    def _told(self, rule: str, place: str, message: str, level: Level = "error") -> Iterator[Finding]:
        self.kinds[rule] += 1
        if self.kinds[rule] <= SHOWN:
            yield Finding(self.task, place, level, rule, message)
