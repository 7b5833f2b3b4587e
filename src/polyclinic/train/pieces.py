"""Fast tokens: each distinct piece of text goes through the tokenizer once, its tokens are then looked up.

A byte-level BPE tokenizer (GPT-2, Llama 3, Qwen2, our own) cuts a text into pieces by regular expressions and turns
each piece into tokens by itself, so the tokens of a text are those of its pieces, one after the other. Text of a
language repeats the same pieces over and over. The tokens are the tokenizer's own to the last one; whatever cannot be
shown to be so (other kinds of tokenizers, texts with added tokens in them or not in normal form) goes through the
tokenizer as it is. This file knows nothing about documents or rows.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase

Cut = Callable[[str], list[str]]  # a text into pieces, nothing lost
KEPT = 200_000  # pieces that are remembered; the frequent ones come early
# What ByteLevel cuts by, from GPT-2.
BYTE_LEVEL = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
# Characters that are letters, numbers or neither to every library; those that Unicode took in later are not so yet.
SETTLED = "\u0000-\u0557\u0590-\u087f\u0890-\u0c5b\u0d00-\u208e\u20a0-\ua7cd\uac00-\ud7a3\uff00-\uffef"
UNSETTLED = re.compile(f"[^{SETTLED}]")
DIGITS = {True: r"\p{Nd}|\p{Nl}|\p{No}", False: r"[\p{Nd}\p{Nl}\p{No}]+"}


class FastTokens:
    """The tokens of texts by one tokenizer, without special tokens; `<|im_end|>` in a text is plain characters."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Look at how the tokenizer cuts."""
        self._slow = tokenizer
        self.backend: Tokenizer | None = None
        self._cut: Cut | None = None
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is not None:
            from tokenizers import Tokenizer

            self.backend = Tokenizer.from_str(backend.to_str())
            self.backend.no_padding()
            self.backend.no_truncation()
            self.backend.encode_special_tokens = True
            described = json.loads(self.backend.to_str())
            self._cut = cutter(described)
            self._normal = described.get("normalizer") is not None
            self._known = _Known(_uncut(described))
            self._added = tuple(t["content"] for t in described.get("added_tokens", []) if not t["special"])

    def batch(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Return the tokens of each text."""
        made: list[Sequence[int] | None] = [self._looked_up(text) for text in texts]
        rest = [i for i, tokens in enumerate(made) if tokens is None]
        for i, tokens in zip(rest, self._whole([texts[i] for i in rest]), strict=True):
            made[i] = tokens
        return [tokens for tokens in made if tokens is not None]

    def _looked_up(self, text: str) -> Sequence[int] | None:
        if self._cut is None or (self._normal and not unicodedata.is_normalized("NFC", text)):
            return None
        if any(token in text for token in self._added) or not (text.isascii() or UNSETTLED.search(text) is None):
            return None
        return list(chain.from_iterable(map(self._known.__getitem__, self._cut(text))))

    def _whole(self, texts: list[str]) -> Iterable[Sequence[int]]:
        if not texts:
            return []
        if self.backend is not None:
            return [e.ids for e in self.backend.encode_batch_fast(texts, add_special_tokens=False)]
        found: list[list[int]] = self._slow(
            texts, add_special_tokens=False, split_special_tokens=True, verbose=False
        )["input_ids"]
        return found


class _Known(dict[str, tuple[int, ...]]):
    """Tokens by piece, asked for when they are not there."""

    def __init__(self, whole: Tokenizer) -> None:
        super().__init__()
        self._whole = whole  # cuts nothing

    def __missing__(self, piece: str) -> tuple[int, ...]:
        made = tuple(self._whole.encode(piece, add_special_tokens=False).ids)
        if len(self) < KEPT and len(piece) <= 64:
            self[piece] = made
        return made


def cutter(described: dict[str, Any]) -> Cut | None:
    """Return a function that cuts a text as the tokenizer's own cutter does, or None when that is not known.

    Args:
        described: the tokenizer as `tokenizer.json` has it.
    """
    model, normalizer = described.get("model") or {}, described.get("normalizer")
    if (
        model.get("type") != "BPE"
        or model.get("dropout")
        or not (normalizer is None or normalizer == {"type": "NFC"})
    ):
        return None
    given = described.get("pre_tokenizer") or {}
    parts = given.get("pretokenizers", []) if given.get("type") == "Sequence" else [given]
    patterns = [_pattern(part) for part in parts]
    if not patterns or None in patterns or parts[-1].get("type") != "ByteLevel":
        return None
    import regex

    compiled = [regex.compile(pattern) for pattern in patterns if pattern]
    if not compiled:
        return None
    if len(compiled) == 1:
        # findall alone where the pattern leaves nothing out, as those of all known tokenizers do.
        find, split = compiled[0].findall, compiled[0]

        def cut(text: str) -> list[str]:
            pieces: list[str] = find(text)
            return pieces if sum(map(len, pieces)) == len(text) else list(_isolated(split, text))

        return cut

    def cut_in_turn(text: str) -> list[str]:
        pieces: Iterable[str] = [text] if text else []
        for pattern in compiled:
            pieces = [part for piece in pieces for part in _isolated(pattern, piece)]
        return list(pieces)

    return cut_in_turn


def _uncut(described: dict[str, Any]) -> Tokenizer:
    """Return the tokenizer without what it does before it looks for tokens, but for writing bytes as characters."""
    from tokenizers import Tokenizer

    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return Tokenizer.from_str(json.dumps({**described, "normalizer": None, "pre_tokenizer": byte_level}))


def _pattern(part: dict[str, Any]) -> str | None:
    """Return the expression a pre-tokenizer cuts by, empty when it does not cut, None when it is not known."""
    if part.get("type") == "ByteLevel":
        if part.get("add_prefix_space"):
            return None
        return BYTE_LEVEL if part.get("use_regex", True) else ""
    if part.get("type") == "Digits":
        return DIGITS[bool(part.get("individual_digits"))]
    if part.get("type") == "Split" and part.get("behavior") == "Isolated" and not part.get("invert"):
        found = part.get("pattern", {}).get("Regex")
        # A group would make findall give the group instead of the match.
        return found if isinstance(found, str) and not _has_groups(found) else None
    return None


def _has_groups(pattern: str) -> bool:
    import regex

    try:
        return bool(regex.compile(pattern).groups)
    except regex.error:
        return True


def _isolated(pattern: Any, text: str) -> Iterator[str]:
    end = 0
    for match in pattern.finditer(text):
        start, stop = match.span()
        if start > end:
            yield text[end:start]
        if stop > start:
            yield text[start:stop]
        end = max(end, stop)
    if end < len(text):
        yield text[end:]
