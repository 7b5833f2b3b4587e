from __future__ import annotations

from pathlib import Path

import pytest

from polyclinic.errors import UserError
from polyclinic.models import load_tokenizer
from polyclinic.train.chat import ChatTokens, fit

NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
ENDLESS = (
    "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)


def test_the_reply_and_the_end_of_its_turn_are_learnt_and_nothing_else(model: Path) -> None:
    tokenizer = load_tokenizer(model)
    made = ChatTokens(tokenizer, model).conversation("Repeat.", "left pain", "left pain", "x")
    assert tokenizer.decode(made.prompt) == (
        "<|im_start|>system\nRepeat.<|im_end|>\n<|im_start|>user\nleft pain<|im_end|>\n<|im_start|>assistant\n"
    )
    assert tokenizer.decode(made.reply[: made.learnt]) == "left pain<|im_end|>"
    assert tokenizer.decode(made.reply[made.learnt :]) == "\n"


def test_the_parts_learnt_are_those_that_the_template_marks_as_generated(model: Path) -> None:
    tokenizer = load_tokenizer(model)
    turns = ChatTokens(tokenizer, model).turns("Repeat.", "left pain")
    whole = tokenizer.apply_chat_template(
        [*turns, {"role": "assistant", "content": "E11.9 pain"}],
        tokenize=True,
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    made = ChatTokens(tokenizer, model).conversation("Repeat.", "left pain", "E11.9 pain", "x")
    assert whole["input_ids"] == made.prompt + made.reply
    marked = [t for t, learnt in zip(whole["input_ids"], whole["assistant_masks"], strict=True) if learnt]
    assert marked == made.reply[: made.learnt]


def test_a_template_without_system_turn_gets_the_instruction_in_the_users(model: Path) -> None:
    tokenizer = load_tokenizer(model)
    tokenizer.chat_template = NO_SYSTEM
    chat = ChatTokens(tokenizer, model)
    assert not chat.system_role
    assert chat.turns("Repeat.", "pain") == [{"role": "user", "content": "Repeat.\n\npain"}]
    assert chat.end_of_turn == tokenizer.eos_token_id


def test_an_instruction_alone_is_the_users_turn(model: Path) -> None:
    assert ChatTokens(load_tokenizer(model), model).turns("Say hello.", "") == [
        {"role": "user", "content": "Say hello."}
    ]


def test_a_tokenizer_without_template_is_refused(model: Path) -> None:
    tokenizer = load_tokenizer(model)
    tokenizer.chat_template = None
    with pytest.raises(UserError, match="no chat template"):
        ChatTokens(tokenizer, model)


def test_a_template_that_does_not_end_the_turn_is_refused(model: Path) -> None:
    tokenizer = load_tokenizer(model)
    tokenizer.chat_template = ENDLESS
    with pytest.raises(UserError, match="could not learn to stop"):
        ChatTokens(tokenizer, model)


@pytest.mark.parametrize(("request_text", "reply"), [("", "yes"), ("pain", " \n")])
def test_a_record_without_request_or_reply_is_named(model: Path, request_text: str, reply: str) -> None:
    with pytest.raises(UserError, match="sample 'x7'"):
        ChatTokens(load_tokenizer(model), model).conversation("", request_text, reply, "sample 'x7'")


def test_what_is_too_long_is_an_error_unless_the_setting_says_otherwise() -> None:
    dropped: list[int] = []
    assert fit(10, 10, "error", "x", dropped.append)
    with pytest.raises(UserError, match="sample 'x': 12 tokens, but a row has 10"):
        fit(12, 10, "error", "sample 'x'", dropped.append)
    assert not fit(12, 10, "skip", "x", dropped.append)
    assert fit(12, 10, "cut", "x", dropped.append)
    assert dropped == [12, 2]
