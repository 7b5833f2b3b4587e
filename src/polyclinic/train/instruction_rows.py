"""Instruction samples as rows of tokens: mixed by weight, some with worked examples, only the reply learnt.

Worked examples are earlier turns of the conversation: other samples with the same instruction, drawn by the seed,
never the sample itself. A sample that is too long loses them first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.train.batches import IGNORED
from polyclinic.train.chat import ChatTokens, Conversation, TooLong, fit
from polyclinic.train.token_rows import TokenColumns

if TYPE_CHECKING:
    import torch

    from polyclinic.train.sft import SftSettings

POOL = 32  # samples of an instruction that worked examples are drawn from, at most


@dataclass
class InstructionRows:
    """Rows, whose records they are, and what became of the samples."""

    columns: TokenColumns = field(default_factory=lambda: TokenColumns("input_ids", "labels"))
    names: list[str] = field(default_factory=list)  # ids of the samples
    sources: list[int] = field(default_factory=list)  # which of the sets of samples each is from
    dropped: list[int] = field(default_factory=list)  # tokens
    skipped: int = 0  # samples
    with_shots: int = 0  # rows
    lost_shots: int = 0  # worked examples that did not fit
    cut_example: tuple[str, list[int], list[int]] | None = None  # id, tokens and labels of one that is too long


def instruction_rows(
    settings: SftSettings, chat: ChatTokens, max_length: int, seed: int, paths: Sequence[Path] | None = None
) -> InstructionRows:
    """Return each sample of the settings, or of `paths`, as `input_ids` and `labels`, with what was dropped.

    Raises UserError when there is no sample, or when one has no output or is too long.
    """
    made = InstructionRows()
    places = settings.samples if paths is None else paths
    pools = _pools(places) if settings.few_shot_share else {}
    for number, path in enumerate(places):
        for sample in read_records(path, Sample):
            name = f"{path}: sample '{sample.id}'"
            shots = _shots(settings, sample, pools, random.Random(f"{seed} {sample.id} {sample.input}"))
            found = _conversation(chat, sample, shots, name, settings.too_long, max_length)
            made.lost_shots += len(shots) - found.shots
            made.with_shots += bool(found.shots)
            if found.cut:
                made.dropped.append(found.cut)
            turns = found.turns
            ids = turns.prompt + turns.reply
            labels = [IGNORED] * len(turns.prompt) + turns.reply[: turns.learnt]
            labels += [IGNORED] * (len(ids) - len(labels))
            too_long: TooLong = "error" if settings.too_long == "shorten" else settings.too_long
            kept = fit(len(ids), max_length, too_long, name, made.dropped.append)
            if len(ids) > max_length and made.cut_example is None:
                made.cut_example = (sample.id, ids, labels)
            if kept and len(turns.prompt) < max_length:
                made.columns.append(input_ids=ids[:max_length], labels=labels[:max_length])
                made.names.append(sample.id)
                made.sources.append(number)
            else:
                made.skipped += 1
    if not made.names:
        raise UserError(
            f"samples: nothing to learn in {', '.join(str(path) for path in places)}; "
            "expected samples with instruction or input, and output"
        )
    return made


def mixed(rows: InstructionRows, weights: Sequence[float] | None, seed: int) -> list[int]:
    """Return the rows of one pass: each of a set with weight 1 once, with 2 twice, of one with 0.5 a random half.

    Raises UserError when nothing is left.
    """
    if weights is None:
        return list(range(len(rows.names)))
    chance = random.Random(seed)
    order: list[int] = []
    for number, weight in enumerate(weights):
        own = [i for i, source in enumerate(rows.sources) if source == number]
        order += own * int(weight)
        order += sorted(chance.sample(own, round(len(own) * (weight % 1))))
    if not order:
        raise UserError("weights: nothing is left of the samples with these; give at least one that is larger")
    return order


def pad_instructions(pad_token: int) -> Callable[[list[Any]], dict[str, torch.Tensor]]:
    """Return a function from rows to `input_ids` and `labels`, [rows, longest], padded on the right.

    There is no attention mask: attention is causal and padding comes last, so no token sees it.
    """

    def collate(rows: list[Any]) -> dict[str, torch.Tensor]:
        import torch

        longest = max(len(row["input_ids"]) for row in rows)
        made = {"input_ids": pad_token, "labels": IGNORED}
        return {
            name: torch.tensor([list(row[name]) + [filling] * (longest - len(row[name])) for row in rows])
            for name, filling in made.items()
        }

    return collate


@dataclass(frozen=True)
class _Found:
    turns: Conversation
    shots: int  # worked examples in it
    cut: int  # tokens of the input that were left out


def _conversation(
    chat: ChatTokens, sample: Sample, shots: Sequence[Sample], name: str, too_long: str, max_length: int
) -> _Found:
    """Return a sample as tokens; too long ones lose worked examples, and the beginning of the input when asked."""
    for count in range(len(shots), -1, -1):
        examples = [(shot.input, shot.output) for shot in shots[:count]]
        turns = chat.conversation(sample.instruction, sample.input, sample.output, name, examples)
        length = len(turns.prompt) + len(turns.reply)
        if length <= max_length:
            return _Found(turns, count, 0)
    if too_long != "shorten":
        return _Found(turns, 0, 0)
    text = chat.text_tokens(sample.input)
    taken = length - max_length
    while taken < len(text):
        rest = chat.tokenizer.decode(text[taken:], clean_up_tokenization_spaces=False).lstrip("\ufffd")
        turns = chat.conversation(sample.instruction, rest, sample.output, name)
        over = len(turns.prompt) + len(turns.reply) - max_length
        if over <= 0 and rest.strip():
            return _Found(turns, 0, taken)
        taken += max(over, 1)
    raise UserError(
        f"{name}: {length} tokens, but a row has {max_length}, and instruction and output alone do not fit; raise "
        "max_length, or set too_long to skip or cut"
    )


def _pools(paths: Sequence[Path]) -> dict[tuple[str, str], list[Sample]]:
    """Return samples by task and instruction, of each the first ones."""
    pools: dict[tuple[str, str], list[Sample]] = {}
    for sample in _samples(paths):
        pool = pools.setdefault((sample.task, sample.instruction), [])
        if len(pool) < POOL and sample.input.strip() and sample.output.strip():
            pool.append(sample)
    return pools


def _shots(
    settings: SftSettings, sample: Sample, pools: dict[tuple[str, str], list[Sample]], chance: random.Random
) -> list[Sample]:
    if not pools or not sample.input.strip() or chance.random() >= settings.few_shot_share:
        return []
    others = [
        other
        for other in pools.get((sample.task, sample.instruction), [])
        if (other.id, other.input) != (sample.id, sample.input) and other.input != sample.input
    ]
    count = chance.randint(settings.fewest_shots, settings.most_shots)
    return chance.sample(others, min(count, len(others)))


def _samples(paths: Sequence[Path]) -> Iterator[Sample]:
    for path in paths:
        yield from read_records(path, Sample)
