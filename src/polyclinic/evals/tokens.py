"""Text into tokens: where a prompt ends and an option begins, and what stands before a text.

The rule: prompt and option are tokenized apart, so that all options of an item share the prompt's tokens, and no
token reaches over the boundary. An option is tokenized as it would be behind the prompt: its leading space goes with
it. To keep tokenizers that put a space of their own before every text (SentencePiece) from putting a second one
there, an option is tokenized behind an anchor that merges with nothing, and the anchor's tokens are taken off again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from polyclinic.errors import UserError
from polyclinic.evals.requests import Tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def first_token(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Return the token that stands before a text: beginning of text, else end of text, None when there is neither."""
    first = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return first if isinstance(first, int) else None


def encode_prompts(
    tokenizer: PreTrainedTokenizerBase, texts: Iterable[str], use_chat_template: bool
) -> dict[str, Tokens]:
    """Return the tokens of each prompt, with the special tokens the tokenizer puts before a text.

    With `use_chat_template` the prompt is the user's turn and the tokens end where the assistant's turn begins.
    Raises UserError when the tokenizer has no chat template.
    """
    distinct = list(dict.fromkeys(texts))
    if use_chat_template:
        if not tokenizer.chat_template:
            raise UserError(
                f"use_chat_template: the tokenizer of {tokenizer.name_or_path} has no chat template; "
                "set use_chat_template to false or save the model with a template"
            )
        rendered = [
            str(
                tokenizer.apply_chat_template(
                    [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
                )
            )
            for text in distinct
        ]
        encoded = encode_rendered(tokenizer, rendered, special=False)
    else:
        encoded = encode_rendered(tokenizer, distinct, special=True)
    # A model cannot be asked what follows nothing at all.
    first = first_token(tokenizer)
    fallback = () if first is None else (first,)
    return {text: tokens or fallback for text, tokens in zip(distinct, encoded, strict=True)}


def encode_continuations(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]) -> dict[str, Tokens]:
    """Return the tokens of each text as it would be tokenized behind other text; see the head of this file."""
    distinct = list(dict.fromkeys(texts))
    found: dict[str, Tokens] = {}
    for anchor, chosen in (
        (":", [text for text in distinct if text[:1].isspace()]),
        ("\n", [text for text in distinct if not text[:1].isspace()]),
    ):
        start = _encode(tokenizer, [anchor], special=False)[0]
        behind = _encode(tokenizer, [anchor + text for text in chosen], special=False)
        alone = _encode(tokenizer, chosen, special=False)
        for text, joined, single in zip(chosen, behind, alone, strict=True):
            found[text] = joined[len(start) :] if start and joined[: len(start)] == start else single
    return found


def encode_rendered(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], *, special: bool) -> list[Tokens]:
    """Return the tokens of prompts behind which something is asked.

    With `special` the special tokens that the tokenizer puts before a text are there, those behind it are not.
    """
    encoded = _encode(tokenizer, texts, special=special)
    end = _tokens_at_end(tokenizer) if special else 0
    return [tokens[: len(tokens) - end] for tokens in encoded] if end else encoded


def encode_texts(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[Tokens]:
    """Return the tokens of whole texts, without special tokens."""
    return _encode(tokenizer, texts, special=False)


def _encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], *, special: bool) -> list[Tokens]:
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=special, return_attention_mask=False, verbose=False)
    return [tuple(tokens) for tokens in encoded["input_ids"]]


def _tokens_at_end(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many special tokens the tokenizer puts behind a text, such as an end of text."""
    plain = _encode(tokenizer, ["a"], special=False)[0]
    dressed = _encode(tokenizer, ["a"], special=True)[0]
    for start in range(len(dressed) - len(plain) + 1):
        if dressed[start : start + len(plain)] == plain:
            return len(dressed) - start - len(plain)
    return 0
