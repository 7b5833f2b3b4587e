"""The de-identifier: finds, replaces, looks again; and as a guard, holds back what does not pass.

deidentifier = Deidentifier(read_secret(), load_rules("en"))
result = deidentifier.work(text, patient="p-17")
result.text, result.spans, result.suspicions

ask_all(requests, endpoint, journal, allow_remote=True, guard=deidentifier.guard, ledger=ledger)
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from polyclinic.deidentify.detect import Rules, load_rules
from polyclinic.deidentify.gate.suspicions import Suspicion, suspicions
from polyclinic.deidentify.secret import read_secret
from polyclinic.deidentify.spans import Span, without_overlaps
from polyclinic.deidentify.surrogates import Surrogates

Layer = Callable[[str], Sequence[Span]]  # finds identifiers that the rules may not: a model, presidio


@dataclass(frozen=True)
class Deidentified:
    """What came of a text."""

    text: str  # with surrogates
    original: str
    spans: Sequence[Span]  # of the original
    suspicions: Sequence[Suspicion]  # of the original


@dataclass(frozen=True)
class Deidentifier:
    """Finds identifiers by rules and by further layers, and replaces them.

    Args:
        secret: see `polyclinic.deidentify.secret`.
        rules: of the language.
        layers: further finders; what any of them finds is replaced.
        style: `surrogates` or `tags`, see `Surrogates`.
    """

    secret: bytes
    rules: Rules
    layers: tuple[Layer, ...] = ()
    style: str = "surrogates"

    def work(self, text: str, patient: str) -> Deidentified:
        """Return a text with surrogates, and what may be left in it."""
        reading = self.rules.read(text)
        spans = reading.spans
        if self.layers:
            spans = without_overlaps([*spans, *(span for layer in self.layers for span in layer(text))])
        left = suspicions(reading, spans, self.rules)
        surrogates = Surrogates(self.secret, patient, self.rules.words, self.rules.lexicon, self.style)
        return Deidentified(surrogates.replace(text, spans), text, spans, left)

    def guard(self, text: str) -> str:
        """Return a text that may leave the building; a guard of `polyclinic.llm`.

        Whose text it is cannot be seen from a request, so it counts as that of a patient of its own: surrogates are
        the same within a text and for the same text, not from one text to another.

        Raises Withheld, without repeating the text, when something suspicious remains.
        """
        from polyclinic.llm import Withheld

        patient = "text " + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        result = self.work(text, patient)
        if result.suspicions:
            raise Withheld(held_back(result.suspicions))
        return result.text

    def patient_mark(self, patient: str) -> str:
        """Return a name for a patient that tells nothing of the one they have; the same under the same secret."""
        return hmac.digest(
            self.secret, b"name of the patient\0" + patient.encode("utf-8", "surrogatepass"), "sha256"
        ).hex()[:16]


def held_back(found: Sequence[Suspicion]) -> str:
    """Return why a text is held back, in words that repeat nothing of it."""
    reasons = sorted({suspicion.reason for suspicion in found})
    return f"{len(found)} places may still hold an identifier ({'; '.join(reasons)})"


def guard_for(
    urls: Iterable[str], *, allow_remote: bool, where: str = "allow_remote", key_file: Path | None = None
) -> Callable[[str], str] | None:
    """Return the guard that texts for these addresses pass through, or None when all of them are local.

    It has the rules of English and the secret of the environment or of `key_file`; texts it cannot judge, those of
    other languages among them, are withheld.

    Raises UserError when text would leave the local network and that is not allowed, or there is no secret.
    """
    from polyclinic.llm import refuse_remote

    # That there is a guard is promised here, and kept below.
    remote = [
        refuse_remote(url, allow_remote=allow_remote, guard=str, where=where, must_be_found=False) for url in urls
    ]
    if not any(remote):
        return None
    return _RememberedGuard(Deidentifier(read_secret(key_file, where), load_rules("en")))


def ledger_of(out: Path) -> Path:
    """Return the ledger of what leaves the building: a file of the store, or beside the folder a command makes.

    Args:
        out: the folder of a step that is being made, `Work.out`: STORE/.making/STEP/out.
    """
    return out.parents[2] / "ledger.jsonl"


class _RememberedGuard:
    """A guard that works each text out once: prompts are guarded when they are asked and again when they are read."""

    def __init__(self, deidentifier: Deidentifier) -> None:
        self._guard = functools.lru_cache(maxsize=4096)(deidentifier.guard)

    def __call__(self, text: str) -> str:
        return self._guard(text)
