"""Log-likelihoods of continuations that begin alike: each token that several of them share is computed once.

The continuations of a context form a tree. Its nodes stand one after the other behind the context in one sequence;
each sees the context and its own ancestors, through the attention mask, and has the position it would have alone
(tree attention, as in SpecInfer, Miao et al. 2024, arXiv 2305.09781). The options of a question share the prompt so,
the names of related diseases share their first words, and nothing is padded to the longest option.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from polyclinic.evals.cached_batches import LOGITS_IN_A_BATCH, is_stateful, without_cache
from polyclinic.evals.requests import Request, Tokens

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NODES = 224  # of a tree; the mask grows with the square of context and nodes
LONGEST = 512  # tokens of a request that goes into a tree
OPTIONS = 16  # continuations of one context that need not begin alike to be worth a tree


@dataclass(frozen=True)
class Tree:
    """A context and continuations of it that stand in one sequence.

    A node is the token after which something is asked. Its number is its place behind the context; -1 is the last
    token of the context itself.
    """

    context: Tokens
    continuations: tuple[Tokens, ...]

    @cached_property
    def nodes(self) -> dict[Tokens, int]:
        """The number of each node by the beginning of a continuation that ends in it."""
        found: dict[Tokens, int] = {}
        for continuation in self.continuations:
            for end in range(1, len(continuation)):
                found.setdefault(continuation[:end], len(found))
        return found

    @property
    def length(self) -> int:
        """Tokens of the sequence."""
        return len(self.context) + len(self.nodes)


@dataclass(frozen=True)
class TreeBatch:
    """Trees that go through the model together, each in a row."""

    trees: tuple[Tree, ...]

    @property
    def requests(self) -> tuple[Request, ...]:
        """What is asked, tree by tree."""
        return tuple(Request(tree.context, found) for tree in self.trees for found in tree.continuations)

    @property
    def tokens(self) -> int:
        """Tokens that go through the model, but for padding."""
        return sum(tree.length for tree in self.trees)

    def ask(self, model: PreTrainedModel) -> list[float]:
        """Return log p(continuation | context) of each request, in nats."""
        import numpy as np
        import torch

        length = max(tree.length for tree in self.trees)
        kept = length - min(len(tree.context) for tree in self.trees) + 1  # positions whose logits are needed
        tokens = np.zeros((len(self.trees), length), dtype=np.int64)
        positions = np.zeros_like(tokens)
        seen = np.repeat(np.eye(length, dtype=bool)[None], len(self.trees), axis=0)  # padding sees itself only
        places: list[int] = []  # of each token that is asked for: where it is predicted, in the flattened kept logits
        wanted: list[int] = []  # that token
        starts: list[int] = []  # of each request, in the two lists
        for row, tree in enumerate(self.trees):
            start = len(tree.context)
            tokens[row, :start] = tree.context
            positions[row, :start] = np.arange(start)
            seen[row, :start, :start] = np.tri(start, dtype=bool)
            for beginning, node in tree.nodes.items():
                place, parent = start + node, start + tree.nodes.get(beginning[:-1], -1)
                tokens[row, place] = beginning[-1]
                positions[row, place] = start + len(beginning) - 1
                seen[row, place] |= seen[row, parent]
            offset = row * kept - (length - kept) + start
            for continuation in tree.continuations:
                starts.append(len(wanted))
                wanted.extend(continuation)
                places.append(offset - 1)
                places.extend(offset + tree.nodes[continuation[:end]] for end in range(1, len(continuation)))
        mask = torch.zeros(seen.shape, dtype=model.dtype)
        mask.masked_fill_(torch.from_numpy(~seen), torch.finfo(model.dtype).min)
        logits = model(
            input_ids=torch.from_numpy(tokens).to(model.device),
            position_ids=torch.from_numpy(positions).to(model.device),
            attention_mask=mask.unsqueeze(1).to(model.device),
            use_cache=False,
            logits_to_keep=kept,
        ).logits.flatten(0, 1)
        log_p = torch.log_softmax(logits, dim=-1, dtype=torch.float32)
        chosen = log_p[torch.tensor(places, device=log_p.device), torch.tensor(wanted, device=log_p.device)]
        sums: list[float] = np.add.reduceat(chosen.double().cpu().numpy(), starts).tolist()
        return sums


def plan_trees(groups: Mapping[Tokens, Sequence[Tokens]], batch_tokens: int, vocabulary: int) -> list[TreeBatch]:
    """Put the continuations of contexts into trees, and trees of similar length into batches.

    Which continuations share a tree does not depend on the size of batches.

    Args:
        groups: sorted distinct continuations by context.
        batch_tokens: most tokens of one batch with padding; a tree that is longer becomes a batch of its own.
        vocabulary: size of the vocabulary, which bounds the logits of a batch.
    """
    trees = [tree for context, found in groups.items() for tree in _trees(context, found)]
    trees.sort(key=lambda tree: (-tree.length, tree.context, tree.continuations))
    batches: list[TreeBatch] = []
    rows: list[Tree] = []
    for tree in trees:
        padded = (len(rows) + 1) * rows[0].length if rows else 0
        if rows and (padded > batch_tokens or padded * vocabulary > LOGITS_IN_A_BATCH):
            batches.append(TreeBatch(tuple(rows)))
            rows = []
        rows.append(tree)
    if rows:
        batches.append(TreeBatch(tuple(rows)))
    return batches


def worth_a_tree(context: Tokens, continuations: Sequence[Tokens]) -> bool:
    """Say whether sorted continuations are short, and few or alike enough, to be asked as a tree."""
    if len(context) + max(map(len, continuations)) > LONGEST or len(continuations) < 2:
        return False
    alone = sum(len(continuation) - 1 for continuation in continuations)
    return len(continuations) <= OPTIONS or _new_nodes(continuations) <= 0.9 * alone


def trees_work(model: PreTrainedModel, batch: TreeBatch) -> bool:
    """Try a tree of `batch` against one sequence at a time, and say whether the model gives the same.

    Models differ in what they make of a mask and positions from outside; some ignore them without a word.
    """
    import torch

    config = model.config.get_text_config()
    others = set(getattr(config, "layer_types", None) or ()) - {"full_attention", "sliding_attention"}
    sliding = getattr(config, "sliding_window", None)
    # Such a mask would widen a sliding window that is shorter than a tree is deep; flash attention takes none.
    if is_stateful(model) or others or (sliding is not None and sliding < LONGEST):
        return False
    if "position_ids" not in inspect.signature(model.forward).parameters:
        return False
    if config._attn_implementation not in ("eager", "sdpa"):
        return False
    tree = max(batch.trees, key=lambda found: len(found.nodes))
    few = TreeBatch((Tree(tree.context, tree.continuations[:8]),))
    with torch.inference_mode():
        together = few.ask(model)
        alone = [without_cache(model, [request])[0] for request in few.requests]
    tolerance = 1e-3 if model.dtype == torch.float32 else 0.1  # nats per token
    differences = [abs(a - b) / len(r.continuation) for a, b, r in zip(together, alone, few.requests, strict=True)]
    return all(difference <= tolerance for difference in differences)  # not so for NaN


def _trees(context: Tokens, continuations: Iterable[Tokens]) -> Iterator[Tree]:
    """Cut sorted continuations into trees of at most NODES nodes."""
    chosen: list[Tokens] = []
    nodes = 0
    for continuation in continuations:
        new = _beyond(chosen[-1] if chosen else (), continuation)
        if chosen and nodes + new > NODES:
            yield Tree(context, tuple(chosen))
            chosen, nodes, new = [], 0, len(continuation) - 1
        chosen.append(continuation)
        nodes += new
    yield Tree(context, tuple(chosen))


def _new_nodes(continuations: Sequence[Tokens]) -> int:
    return sum(
        _beyond(before, continuation)
        for before, continuation in zip([(), *continuations], continuations, strict=False)
    )


def _beyond(before: Tokens, continuation: Tokens) -> int:
    """Return how many nodes a continuation adds behind the one sorted before it; its last token is no node."""
    shared = 0
    for one, other in zip(before[:-1], continuation[:-1], strict=False):
        if one != other:
            break
        shared += 1
    return len(continuation) - 1 - shared
