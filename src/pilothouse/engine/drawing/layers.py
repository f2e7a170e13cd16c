# SPDX-License-Identifier: Apache-2.0
"""Places of a network in layers: longest path, median, and heights near the neighbours.

The method of Sugiyama, Tagawa and Toda (1981) with the medians of Gansner, Koutsofios, North and Vo
(1993), in the parts that a network of tasks needs (docs/methods/drawings.md).
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

SWEEPS = 12
"""Passes over all layers, down and up in turn; the best order of all is kept."""
STRAIGHTENINGS = 6

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layered:
    """Layer and height of each node; ``ways`` are the heights at which an edge passes layers.

    Heights count rows, from 0. ``crossings`` are those of the order that was found.
    """

    layer: Mapping[int, int]
    height: Mapping[int, float]
    ways: Mapping[Edge, Sequence[float]]
    layers: int
    rows: float
    crossings: int


def layered(nodes: Sequence[int], edges: Sequence[Edge]) -> Layered:
    """Nodes in the order in which they are to stand where nothing else decides.

    Edges to nodes that are not there are passed over, and so is the edge that closes a ring.

    >>> layered([1, 2, 3], [(1, 2), (2, 3), (1, 3)]).layer
    {1: 0, 2: 1, 3: 2}
    """
    known = set(nodes)
    kept = _acyclic(nodes, [edge for edge in dict.fromkeys(edges) if known.issuperset(edge)])
    layer = _longest_paths(nodes, kept)
    graph = _Graph(nodes, kept, layer)
    crossings = graph.order()
    graph.place()
    return graph.found(crossings)


def _acyclic(nodes: Sequence[int], edges: Sequence[Edge]) -> list[Edge]:
    """The edges without those that lead back, in a search in depth from the first node on."""
    after: defaultdict[int, list[int]] = defaultdict(list)
    for first, second in edges:
        after[first].append(second)
    state: dict[int, int] = {}
    back: set[Edge] = set()
    for root in nodes:
        if root in state:
            continue
        stack = [(root, iter(after[root]))]
        state[root] = 1
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                stack.pop()
            elif state.get(following) == 1:
                back.add((node, following))
            elif following not in state:
                state[following] = 1
                stack.append((following, iter(after[following])))
    return [edge for edge in edges if edge not in back]


def _longest_paths(nodes: Sequence[int], edges: Sequence[Edge]) -> dict[int, int]:
    """Node → the number of edges on the longest path that leads to it."""
    after: defaultdict[int, list[int]] = defaultdict(list)
    waits = dict.fromkeys(nodes, 0)
    for first, second in edges:
        after[first].append(second)
        waits[second] += 1
    layer = dict.fromkeys(nodes, 0)
    ready = deque(node for node in nodes if not waits[node])
    while ready:
        node = ready.popleft()
        for following in after[node]:
            layer[following] = max(layer[following], layer[node] + 1)
            waits[following] -= 1
            if not waits[following]:
                ready.append(following)
    return layer


class _Graph:
    """Nodes and the bends of long edges, layer by layer in their present order."""

    def __init__(
        self, nodes: Sequence[int], edges: Sequence[Edge], layer: Mapping[int, int]
    ) -> None:
        self._nodes, self._layer = nodes, layer
        self._rows: list[list[int]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
        for node in nodes:
            self._rows[layer[node]].append(node)
        self._before: defaultdict[int, list[int]] = defaultdict(list)
        self._after: defaultdict[int, list[int]] = defaultdict(list)
        self._bends: dict[Edge, list[int]] = {}
        fresh = min(*nodes, 0) - 1 if nodes else -1
        for edge in edges:
            at, bends = edge[0], []
            for between in range(layer[edge[0]] + 1, layer[edge[1]]):
                bends.append(fresh)
                self._rows[between].append(fresh)
                self._join(at, fresh)
                at, fresh = fresh, fresh - 1
            self._join(at, edge[1])
            self._bends[edge] = bends
        self._height: dict[int, float] = {}

    def _join(self, first: int, second: int) -> None:
        self._after[first].append(second)
        self._before[second].append(first)

    def order(self) -> int:
        """Sweep by medians; how many crossings the best order has, which is kept."""
        best, fewest = [row[:] for row in self._rows], self._crossings()
        for sweep in range(SWEEPS):
            if not fewest:
                break
            self._sweep(down=sweep % 2 == 0)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [row[:] for row in self._rows], crossings
        self._rows = best
        return fewest

    def _sweep(self, *, down: bool) -> None:
        joined = self._before if down else self._after
        rows = self._rows if down else self._rows[::-1]
        for fixed, row in itertools.pairwise(rows):
            place = {node: number for number, node in enumerate(fixed)}
            middle: dict[int, float] = {}
            for number, node in enumerate(row):
                near = [place[other] for other in joined[node]]
                middle[node] = float(median_low(near)) if near else float(number)
            row.sort(key=middle.__getitem__)

    def _crossings(self) -> int:
        """Pairs of edges between two layers whose ends stand in another order."""
        count = 0
        for row, below in zip(self._rows, self._rows[1:], strict=False):
            place = {node: number for number, node in enumerate(below)}
            seen: list[int] = []
            for node in row:
                ends = sorted(place[other] for other in self._after[node])
                count += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
                for end in ends:
                    insort(seen, end)
        return count

    def place(self) -> None:
        """Heights: the mean of the neighbours, as far as the order and a row's distance let it."""
        for row in self._rows:
            self._height |= {node: float(number) for number, node in enumerate(row)}
        for number in range(STRAIGHTENINGS):
            down = number % 2 == 0
            joined = self._before if down else self._after
            for row in self._rows if down else self._rows[::-1]:
                self._settle(row, joined)
        lowest = min(self._height.values(), default=0.0)
        self._height = {node: round(at - lowest, 3) for node, at in self._height.items()}

    def _settle(self, row: Sequence[int], joined: Mapping[int, Sequence[int]]) -> None:
        """Half way between pushing down from the top and up from the bottom: both keep apart."""
        wanted = []
        for node in row:
            near = [self._height[other] for other in joined.get(node, ())]
            wanted.append(sum(near) / len(near) if near else self._height[node])
        falling, rising = wanted[:], wanted[:]
        for number in range(1, len(row)):
            falling[number] = max(falling[number], falling[number - 1] + 1)
        for number in range(len(row) - 2, -1, -1):
            rising[number] = min(rising[number], rising[number + 1] - 1)
        for node, one, other in zip(row, falling, rising, strict=True):
            self._height[node] = (one + other) / 2

    def found(self, crossings: int) -> Layered:
        """The places of the nodes themselves, and the bends of the edges."""
        ways = {edge: [self._height[bend] for bend in bends] for edge, bends in self._bends.items()}
        return Layered(
            {node: self._layer[node] for node in self._nodes},
            {node: self._height[node] for node in self._nodes},
            ways,
            len(self._rows),
            max(self._height.values(), default=0.0) + 1,
            crossings,
        )
