from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_language_model import save_tiny_model
from tokenizers import Tokenizer, pre_tokenizers, processors, trainers
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from polyclinic import models
from polyclinic.evals.tokens import encode_continuations, encode_prompts, first_token


@pytest.fixture(scope="module")
def space_before_every_text() -> Any:
    """A tokenizer as SentencePiece makes them, that also puts special tokens on both sides of a text."""
    tokenizer = Tokenizer(BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    tokenizer.train_from_iterator(["Question: what is the code : cholera gout gout of foot"] * 5, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def pieces(tokenizer: Any, found: dict[str, tuple[int, ...]]) -> list[list[str]]:
    return [tokenizer.convert_ids_to_tokens(list(tokens)) for tokens in found.values()]


def test_an_option_has_one_space_before_it_whatever_the_tokenizer_adds(space_before_every_text: Any) -> None:
    found = encode_continuations(space_before_every_text, [" gout of foot", "gout"])
    assert pieces(space_before_every_text, found) == [["▁gout", "▁of", "▁foot"], ["go", "ut"]]


def test_a_prompt_keeps_what_stands_before_a_text_and_loses_the_end(space_before_every_text: Any) -> None:
    found = encode_prompts(space_before_every_text, ["what is"], use_chat_template=False)
    assert pieces(space_before_every_text, found) == [["<s>", "▁what", "▁is"]]
    assert first_token(space_before_every_text) == 1


def test_prompt_and_option_together_read_as_the_text_does(tmp_path: Path) -> None:
    tokenizer = models.load_tokenizer(save_tiny_model(tmp_path / "model"))
    prompt = encode_prompts(tokenizer, ["ICD-10-CM code:"], use_chat_template=False)["ICD-10-CM code:"]
    option = encode_continuations(tokenizer, [" Gout of the left foot"])[" Gout of the left foot"]
    assert tokenizer.decode([*prompt, *option]) == "ICD-10-CM code: Gout of the left foot"
    assert list(prompt + option) == tokenizer("ICD-10-CM code: Gout of the left foot")["input_ids"]


def test_an_empty_prompt_becomes_the_token_before_a_text(tmp_path: Path) -> None:
    tokenizer = models.load_tokenizer(save_tiny_model(tmp_path / "model"))
    assert encode_prompts(tokenizer, [""], use_chat_template=False) == {"": (tokenizer.eos_token_id,)}
