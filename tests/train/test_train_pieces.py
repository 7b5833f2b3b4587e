from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from polyclinic.model.tokenizer import train_tokenizer
from polyclinic.train.pieces import BYTE_LEVEL, UNSETTLED, FastTokens

TEXTS = ["Acute pain, E11.9 and I21.0!  Don't\n\n  stop 12345 naïve Fieber 急性 疼痛.", "renal  renal\tfailure " * 20]
# As Llama 3 and Qwen2 cut.
LATER = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


def made(pre_tokenizer: Any, normalizer: Any = None, **options: Any) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer, decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, special_tokens=["<|im_end|>"],
                                  show_progress=False)  # fmt: skip
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.add_tokens([AddedToken("<tool>", special=False)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>")


TOKENIZERS = {
    "gpt2": made(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "llama3": made(
        pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(LATER), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
        )
    ),
    "qwen2": made(
        pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(LATER), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
        ),
        normalizers.NFC(),
    ),
    "codes": train_tokenizer(TEXTS, vocabulary_size=350, digits="codes", max_length=64),
    "single": train_tokenizer(TEXTS, vocabulary_size=350, digits="single", max_length=64),
}
FAST = {name: FastTokens(tokenizer) for name, tokenizer in TOKENIZERS.items()}
WORDS = [
    "acute",
    " pain",
    "E11.9",
    "  ",
    "\n",
    " \n",
    "'s",
    "'S",
    "1234",
    "é",
    "e\u0301",
    "急性",
    "<tool>",
    "<|im_end|>",
]
PARTS = st.sampled_from([*WORDS, "\u0558", "😀", "\t", "\u00a0", "ﬁ", "٣"])


@pytest.mark.parametrize("name", TOKENIZERS)
@given(st.lists(PARTS | st.text(max_size=6), max_size=12).map("".join))
def test_tokens_are_the_tokenizers_own(name: str, text: str) -> None:
    expected = TOKENIZERS[name]([text], add_special_tokens=False, split_special_tokens=True)["input_ids"]
    assert [list(tokens) for tokens in FAST[name].batch([text])] == expected


def test_ordinary_text_is_looked_up() -> None:
    for tokens in FAST.values():
        assert tokens._looked_up(TEXTS[0]) is not None


def test_all_settled_characters_are_cut_alike() -> None:
    text = " ".join(f"a{c}1{c}." for c in map(chr, range(0x10000)) if not UNSETTLED.match(c))
    cut = [text[a:b] for _, (a, b) in pre_tokenizers.ByteLevel(False).pre_tokenize_str(text)]
    assert cut == regex.compile(BYTE_LEVEL).findall(text)


def test_tokenizers_of_another_kind_are_left_alone(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.train_from_iterator(
        [text.replace(" ", "▁") for text in TEXTS],
        trainers.BpeTrainer(vocab_size=120, special_tokens=["<unk>"], show_progress=False),
    )
    phi = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")
    fast = FastTokens(phi)
    assert fast._cut is None
    assert [list(t) for t in fast.batch(TEXTS)] == phi(TEXTS, add_special_tokens=False)["input_ids"]
