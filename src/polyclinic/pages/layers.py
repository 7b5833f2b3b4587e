"""Where the nodes of a directed graph go: in layers from top to bottom, with few crossings and short edges.

The way of Sugiyama, Tagawa and Toda (1981): layers by the longest path, places on long edges, barycentres against
crossings, then coordinates. The long edges of one node share their places, so that they run as one trunk and branch
late.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polyclinic.pages.scales import isotonic

SWEEPS = 24


@dataclass(frozen=True)
class Layout:
    """The layers from top to bottom, the place of everything in them from 0 to `width`, and the ways of the edges."""

    layers: list[list[str]]  # names of nodes, and of places where a long edge passes
    across: dict[str, float]  # middle of each
    ways: dict[tuple[str, str], list[str]]  # edge -> names it passes, its two nodes included
    passing: frozenset[str]  # the names that are no nodes
    width: float


def lay_out(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], *, node_width: float, pass_width: float, most: int = 7
) -> Layout:
    """Return the layout of a graph without circles; edges point downwards.

    `node_width` and `pass_width` are the room a node and a passing edge take, gaps included; of a layer with more
    than `most` nodes those that come from nowhere go one further up, those that lead nowhere one further down.
    Raises ValueError when the edges go in a circle.
    """
    edges = list(dict.fromkeys(edges))
    level = _levels(nodes, edges, most)
    layers: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node in nodes:
        layers[level[node]].append(node)
    links: dict[tuple[str, str], None] = {}
    ways: dict[tuple[str, str], list[str]] = {}
    passing: dict[str, None] = {}
    for start, end in edges:
        way = [start]
        for layer in range(level[start] + 1, level[end]):
            place = f"{start}\0{layer}"
            if place not in passing:
                passing[place] = None
                layers[layer].append(place)
            way.append(place)
        way.append(end)
        ways[start, end] = way
        links.update(dict.fromkeys(itertools.pairwise(way)))
    above: dict[str, list[str]] = {name: [] for layer in layers for name in layer}
    below: dict[str, list[str]] = {name: [] for layer in layers for name in layer}
    for start, end in links:
        below[start].append(end)
        above[end].append(start)
    layers = _ordered(layers, above, below)
    rooms = {name: pass_width if name in passing else node_width for layer in layers for name in layer}
    across, width = _placed(layers, above, below, rooms)
    return Layout(layers, across, ways, frozenset(passing), width)


def crossings(layers: Sequence[Sequence[str]], below: Mapping[str, Sequence[str]]) -> int:
    """Count the pairs of edges between neighbouring layers that cross."""
    total = 0
    for upper, lower in itertools.pairwise(layers):
        rank = {name: i for i, name in enumerate(lower)}
        ends = [end for name in upper for end in sorted(rank[b] for b in below[name])]
        total += sum(1 for i, end in enumerate(ends) for earlier in ends[:i] if earlier > end)
    return total


def _levels(nodes: Sequence[str], edges: Sequence[tuple[str, str]], most: int) -> dict[str, int]:
    """Put each node below all it takes from, and a node without inputs just above the first that takes from it."""
    sources: dict[str, list[str]] = {node: [] for node in nodes}
    targets: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        sources[end].append(start)
        targets[start].append(end)
    waiting = {node: len(sources[node]) for node in nodes}
    ready = [node for node in nodes if not waiting[node]]
    level: dict[str, int] = {}
    for node in ready:
        level[node] = max((level[s] + 1 for s in sources[node]), default=0)
        for target in targets[node]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    if len(ready) < len(nodes):
        raise ValueError("the edges go in a circle")
    for node in reversed(ready):
        if targets[node] and not sources[node]:
            level[node] = min(level[t] for t in targets[node]) - 1
    _thin(level, [n for n in ready if not sources[n]], most, down=False)
    _thin(level, [n for n in ready if sources[n] and not targets[n]], most, down=True)
    first = min(level.values(), default=0)
    return {node: level[node] - first for node in ready}


def _thin(level: dict[str, int], movable: Sequence[str], most: int, *, down: bool) -> None:
    """Move nodes of layers with more than `most` one layer on, until no layer has too many or nothing is movable."""
    layer = min(level.values(), default=0) if down else max(level.values(), default=0)
    step = 1 if down else -1
    while layer in level.values():
        count = sum(1 for place in level.values() if place == layer)
        inside = [node for node in movable if level[node] == layer]
        for node in inside[max(0, most - count + len(inside)) :]:
            level[node] += step
        layer += step


def _ordered(
    layers: list[list[str]], above: Mapping[str, Sequence[str]], below: Mapping[str, Sequence[str]]
) -> list[list[str]]:
    current = [list(layer) for layer in layers]
    best, fewest = [list(layer) for layer in current], crossings(current, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        numbers = range(1, len(current)) if down else range(len(current) - 2, -1, -1)
        for number in numbers:
            beside = current[number - 1 if down else number + 1]
            rank = {name: i / max(1, len(beside) - 1) for i, name in enumerate(beside)}
            near = above if down else below
            own = {name: i / max(1, len(current[number]) - 1) for i, name in enumerate(current[number])}

            def middle(
                name: str,
                near: Mapping[str, Sequence[str]] = near,
                rank: dict[str, float] = rank,
                own: dict[str, float] = own,
            ) -> float:
                found = [rank[n] for n in near[name]]
                return sum(found) / len(found) if found else own[name]

            current[number].sort(key=middle)
        _swap_neighbours(current, above, below)
        found = crossings(current, below)
        if found < fewest:
            best, fewest = [list(layer) for layer in current], found
    return best


def _swap_neighbours(
    layers: list[list[str]], above: Mapping[str, Sequence[str]], below: Mapping[str, Sequence[str]]
) -> None:
    """Swap neighbours in a layer wherever that leaves fewer crossings."""
    for number, layer in enumerate(layers):
        ranks = []
        if number:
            ranks.append((above, {name: i for i, name in enumerate(layers[number - 1])}))
        if number + 1 < len(layers):
            ranks.append((below, {name: i for i, name in enumerate(layers[number + 1])}))
        for i in range(len(layer) - 1):
            left, right = layer[i], layer[i + 1]
            gain = 0
            for near, rank in ranks:
                pairs = [(rank[a], rank[b]) for a in near[left] for b in near[right]]
                gain += sum((a > b) - (a < b) for a, b in pairs)
            if gain > 0:
                layer[i], layer[i + 1] = right, left


def _placed(
    layers: Sequence[Sequence[str]],
    above: Mapping[str, Sequence[str]],
    below: Mapping[str, Sequence[str]],
    rooms: Mapping[str, float],
) -> tuple[dict[str, float], float]:
    """Give everything a place near its neighbours in the layers above and below, each with its room around it."""
    width = max((sum(rooms[name] for name in layer) for layer in layers), default=0.0)
    across: dict[str, float] = {}
    for layer in layers:
        left = (width - sum(rooms[name] for name in layer)) / 2
        for name in layer:
            across[name] = left + rooms[name] / 2
            left += rooms[name]
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted, offset = [], 0.0
            for name in layer:
                near = [*above[name], *below[name]] if sweep > 3 else above[name] if sweep % 2 == 0 else below[name]
                middle = sum(across[n] for n in near) / len(near) if near else across[name]
                wanted.append(middle - offset - rooms[name] / 2)
                offset += rooms[name]
            offset, room = 0.0, width - sum(rooms[name] for name in layer)
            for name, start in zip(layer, isotonic(wanted), strict=True):
                across[name] = min(max(start, 0.0), room) + offset + rooms[name] / 2
                offset += rooms[name]
    return across, width
