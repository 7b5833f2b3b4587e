"""A byte-level BPE tokenizer trained on a corpus, with the tokens a chat needs.

Any text can be written with it, since its alphabet is the 256 bytes. This file knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from polyclinic.models import CHAT_TEMPLATE
from polyclinic.train.token_rows import END_OF_TEXT

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Digits = Literal["single", "codes", "runs"]
TURN_START, TURN_END, PADDING = "<|im_start|>", "<|im_end|>", "<|pad|>"
SPECIAL_TOKENS = (END_OF_TEXT, TURN_START, TURN_END, PADDING)
SMALLEST_VOCABULARY = 256 + len(SPECIAL_TOKENS)


def train_tokenizer(
    texts: Iterable[str], *, vocabulary_size: int, digits: Digits, max_length: int
) -> PreTrainedTokenizerBase:
    """Train a tokenizer of at most `vocabulary_size` tokens, special ones included.

    `digits` says how numbers are cut before pieces are learnt. `single`: every digit is a token of its own, so that
    E11.9 and E11.65 share their beginning. `codes`: the same, but the two characters behind the letter of a code
    stay together (E 11 . 6 5), since they mean something only as a pair. `runs`: as ByteLevel cuts, whole numbers.
    The end of a turn is the end-of-sequence token; `<|endoftext|>` parts documents; padding has its own token.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    cuts: dict[str, list[Any]] = {
        "single": [pre_tokenizers.Digits(individual_digits=True)],
        # A category comes out as E11; ByteLevel then parts its letter from its number.
        "codes": [pre_tokenizers.Split(Regex(r"\b[A-Z][0-9][0-9A-Z]|[0-9]"), "isolated")],
        "runs": [],
    }
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*cuts[digits], byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    made: PreTrainedTokenizerBase = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=TURN_END,
        pad_token=PADDING,
        additional_special_tokens=[END_OF_TEXT, TURN_START],
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
    )
    made.chat_template = CHAT_TEMPLATE
    return made
