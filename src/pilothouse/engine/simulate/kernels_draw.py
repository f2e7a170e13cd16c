# SPDX-License-Identifier: Apache-2.0
"""Random numbers by counter, and draws from a distribution, a block of iterations at a time.

Every input has a stream of its own: a key of 64 bits. The number of an iteration is
Threefry-2x32 with 20 rounds of the iteration's counter under that key, so that it depends on
nothing else: no order, no thread, no other input.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import inlined, kernel

LANES = 64
"""Iterations of a block."""
HALF = LANES // 2
SCORES = 4096
"""Steps of a rank score: where a draw lies between the least (0) and the greatest."""
CELLS = 128
"""Cells of a table of quantiles on each side of the median."""
SIDES = 2 * (CELLS + 2)
"""Numbers of such a table: below the median by falling depth, then above it."""
FINE = 1024
"""Cells of the tables of the normal distribution."""
FURTHEST = 6.75
"""Standard deviations up to which those reach; 32 bits do not go further than 6.4."""

CONSTANT, UNIFORM, TRIANGULAR, TABLE, DISCRETE = range(5)

_ZERO = np.float32(0)
_ONE = np.float32(1)
_HALF = np.float32(0.5)
_STEP = np.float32(2.0**-32)
_TO_CELL = np.float32(CELLS / 0.5**0.25)
_TO_FINE_CELL = np.float32(FINE / 0.5**0.25)
_TO_FINE_SCORE = np.float32(FINE / FURTHEST)
_LAST_SCORE = np.float32(FURTHEST * (1 - 2.0**-20))
_SCORES = np.float32(SCORES)
_PARITY = np.uint32(0x1BD11BDA)

Words = NDArray[np.uint32]
Lanes = NDArray[np.int32]
Singles = NDArray[np.float32]
Ranks = NDArray[np.int16]


KIND, TABLE_AT, LENGTH, COMMON = range(4)
"""Columns of ``rows``: TABLE_AT is a row of ``tables``, or where the ``steps`` of a DISCRETE begin,
with LENGTH of them; COMMON a row of normal scores that a group shares, or -1."""
SHAPE, LOADING, OWN = range(3)
"""Columns of ``weights``: of a TRIANGULAR the place of the mode between 0 and 1; how much the
common and the input's own score count."""
LOW, SPAN = range(2)
"""Columns of ``values``: a draw is between 0 and 1; these make it a value."""


class Draws(NamedTuple):
    """What is drawn, a row for each input: ``rows`` (d, 4), ``weights`` (d, 3), ``values`` (d, 2).

    ``keys`` (d, 2) are the streams, ``common_keys`` (c, 2) those of the common scores;
    ``matrices`` (k, 3) say which rows of them, first and number, ``factors`` mixes and from
    where. ``tables`` holds SIDES numbers a row; ``steps`` (s, 3) the least probability, the
    value and the rank score. ``to_score`` and ``to_tail`` (FINE + 2,) are the normal distribution.
    """

    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    values: NDArray[np.float64]
    keys: NDArray[np.uint32]
    common_keys: NDArray[np.uint32]
    matrices: NDArray[np.int32]
    factors: Singles
    tables: Singles
    steps: NDArray[np.float32]
    to_score: Singles
    to_tail: Singles


@inlined
def turned(word: np.uint32, bits: int) -> np.uint32:
    """A word of 32 bits rotated to the left."""
    return np.uint32(np.uint32(word << np.uint32(bits)) | np.uint32(word >> np.uint32(32 - bits)))


class Room(NamedTuple):
    """Scratch of one block and what is drawn in it.

    ``words`` to ``rest`` (LANES,), ``score`` (1, LANES), ``common`` (c, LANES); ``y`` and
    ``ranks`` (d, LANES), which stay 0 for constants.
    """

    words: Words
    tail: Singles
    upper: Lanes
    cell: Lanes
    rest: Singles
    score: NDArray[np.float32]
    common: NDArray[np.float32]
    y: NDArray[np.float32]
    ranks: Ranks


def new_room(draws: Draws) -> Room:
    """Scratch for one thread."""
    rows, commons = len(draws.rows), len(draws.common_keys)
    return Room(
        np.zeros(LANES, np.uint32),
        np.zeros(LANES, np.float32),
        np.zeros(LANES, np.int32),
        np.zeros(LANES, np.int32),
        np.zeros(LANES, np.float32),
        np.zeros((1, LANES), np.float32),
        np.zeros((commons, LANES), np.float32),
        np.zeros((rows, LANES), np.float32),
        np.zeros((rows, LANES), np.int16),
    )


@kernel
def look_up(
    table: Singles, cells: Lanes, rests: Singles, found: NDArray[np.float32], row: int
) -> None:
    """A table between its knots, for each lane, into a row of ``found``."""
    for lane in range(LANES):
        at = np.uint64(cells[lane])
        low = table[at]
        found[row, lane] = low + rests[lane] * (table[at + np.uint64(1)] - low)


@kernel
def draw_words(key0: np.uint32, key1: np.uint32, block: int, words: Words) -> None:
    """The 32 random bits of each iteration of a block; ``words`` (LANES,) is filled."""
    key2 = np.uint32(key0 ^ key1 ^ _PARITY)
    base = np.uint32(block * HALF)
    for lane in range(HALF):
        x = np.uint32(np.uint32(base + np.uint32(lane)) + key0)
        y = np.uint32(key1)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 13) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 15) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 26) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 6) ^ x)
        x = np.uint32(x + key1)
        y = np.uint32(y + np.uint32(key2 + np.uint32(1)))
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 17) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 29) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 16) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 24) ^ x)
        x = np.uint32(x + key2)
        y = np.uint32(y + np.uint32(key0 + np.uint32(2)))
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 13) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 15) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 26) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 6) ^ x)
        x = np.uint32(x + key0)
        y = np.uint32(y + np.uint32(key1 + np.uint32(3)))
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 17) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 29) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 16) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 24) ^ x)
        x = np.uint32(x + key1)
        y = np.uint32(y + np.uint32(key2 + np.uint32(4)))
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 13) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 15) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 26) ^ x)
        x = np.uint32(x + y)
        y = np.uint32(turned(y, 6) ^ x)
        x = np.uint32(x + key2)
        y = np.uint32(y + np.uint32(key0 + np.uint32(5)))
        words[lane] = x
        words[HALF + lane] = y


@kernel
def fold(words: Words, tail: Singles, upper: Lanes) -> None:
    """Words as probabilities: ``tail`` to the nearer end, ``upper`` 1 where that is the top."""
    for lane in range(LANES):
        signed = np.int32(words[lane])
        side = np.int32(signed >> np.int32(31))
        tail[lane] = (np.float32(np.int32(signed ^ side)) + _HALF) * _STEP
        upper[lane] = np.int32(side & np.int32(1))


@kernel
def normal_lanes(
    tail: Singles,
    upper: Lanes,
    to_score: Singles,
    cells: Lanes,
    rests: Singles,
    scores: NDArray[np.float32],
    row: int,
) -> None:
    """Normal scores of probabilities into a row of ``scores``."""
    for lane in range(LANES):
        place = np.float32(math.sqrt(np.float32(math.sqrt(tail[lane])))) * _TO_FINE_CELL
        cells[lane] = np.int32(place)
        rests[lane] = place - np.float32(cells[lane])
    look_up(to_score, cells, rests, scores, row)
    for lane in range(LANES):
        found = scores[row, lane]
        scores[row, lane] = found if upper[lane] else -found


@kernel
def tail_lanes(
    scores: NDArray[np.float32],
    row: int,
    to_tail: Singles,
    cells: Lanes,
    rests: Singles,
    tail: Singles,
    upper: Lanes,
) -> None:
    """The mirror of ``normal_lanes``."""
    for lane in range(LANES):
        score = scores[row, lane]
        size = abs(score)
        size = _LAST_SCORE if size > _LAST_SCORE else size
        place = size * _TO_FINE_SCORE
        cells[lane] = np.int32(place)
        rests[lane] = place - np.float32(cells[lane])
        upper[lane] = np.int32(1) if score > _ZERO else np.int32(0)
    for lane in range(LANES):
        at = np.uint64(cells[lane])
        low = to_tail[at]
        tail[lane] = low + rests[lane] * (to_tail[at + np.uint64(1)] - low)


@kernel
def rank_lanes(tail: Singles, upper: Lanes, ranks: Ranks, row: int) -> None:
    """Probabilities as rank scores into a row of ``ranks``."""
    for lane in range(LANES):
        rank = np.int32(tail[lane] * _SCORES)
        ranks[row, lane] = np.int32(np.int32(SCORES - 1) - rank) if upper[lane] else rank


@kernel
def uniform_lanes(tail: Singles, upper: Lanes, y: NDArray[np.float32], row: int) -> None:
    """Probabilities themselves into a row of ``y``."""
    for lane in range(LANES):
        v = tail[lane]
        y[row, lane] = _ONE - v if upper[lane] else v


@kernel
def triangular_lanes(
    tail: Singles, upper: Lanes, mode: float, y: NDArray[np.float32], row: int
) -> None:
    """Quantiles of a triangular distribution between 0 and 1 into a row of ``y``."""
    rest = np.float32(_ONE - mode)
    for lane in range(LANES):
        v = tail[lane]
        other = np.float32(_ONE - v)
        below = other if upper[lane] else v
        above = v if upper[lane] else other
        left = below < mode
        root = np.float32(math.sqrt(below * mode if left else above * rest))
        y[row, lane] = root if left else _ONE - root


@kernel
def table_lanes(
    tail: Singles,
    upper: Lanes,
    tables: Singles,
    table: int,
    cells: Lanes,
    rests: Singles,
    y: NDArray[np.float32],
    row: int,
) -> None:
    """Quantiles looked up in a table of both sides of the median into a row of ``y``."""
    begin = np.int32(table * SIDES)
    for lane in range(LANES):
        place = np.float32(math.sqrt(np.float32(math.sqrt(tail[lane])))) * _TO_CELL
        cell = np.int32(place)
        rests[lane] = place - np.float32(cell)
        cells[lane] = np.int32(begin + np.int32(cell + upper[lane] * np.int32(CELLS + 2)))
    look_up(tables, cells, rests, y, row)


@kernel
def step_lanes(
    steps: NDArray[np.float32],
    begin: int,
    count: int,
    tail: Singles,
    upper: Lanes,
    y: NDArray[np.float32],
    ranks: Ranks,
    row: int,
) -> None:
    """Draws between 0 and 1, and rank scores, of a discrete distribution."""
    for lane in range(LANES):
        y[row, lane] = steps[begin, 1]
        ranks[row, lane] = np.int32(steps[begin, 2])
    for step in range(begin + 1, begin + count):
        least, value, rank = steps[step, 0], steps[step, 1], np.int32(steps[step, 2])
        for lane in range(LANES):
            v = tail[lane]
            u = _ONE - v if upper[lane] else v
            if u >= least:
                y[row, lane] = value
                ranks[row, lane] = rank


@kernel
def draw_common(draws: Draws, block: int, room: Room) -> None:
    """The normal scores that groups share, into ``room.common``."""
    common, score = room.common, room.score
    for row in range(draws.common_keys.shape[0]):
        draw_words(draws.common_keys[row, 0], draws.common_keys[row, 1], block, room.words)
        fold(room.words, room.tail, room.upper)
        normal_lanes(room.tail, room.upper, draws.to_score, room.cell, room.rest, common, row)
    for matrix in range(draws.matrices.shape[0]):
        first, size, begin = draws.matrices[matrix]
        for member in range(size - 1, -1, -1):
            for lane in range(LANES):
                score[0, lane] = _ZERO
            for other in range(member + 1):
                weight = draws.factors[begin + member * size + other]
                for lane in range(LANES):
                    score[0, lane] = score[0, lane] + weight * common[first + other, lane]
            for lane in range(LANES):
                common[first + member, lane] = score[0, lane]


@kernel
def draw_block(draws: Draws, block: int, room: Room) -> None:
    """Draws of all inputs, between 0 and 1, into ``room.y`` and rank scores into ``room.ranks``."""
    draw_common(draws, block, room)
    words, tail, upper, score = room.words, room.tail, room.upper, room.score
    cells, rests, common, y, ranks = room.cell, room.rest, room.common, room.y, room.ranks
    rows, weights, keys = draws.rows, draws.weights, draws.keys
    tables, steps, to_score, to_tail = draws.tables, draws.steps, draws.to_score, draws.to_tail
    for row in range(rows.shape[0]):
        kind, shared, own = rows[row, KIND], rows[row, COMMON], weights[row, OWN]
        if kind == CONSTANT:
            continue
        if shared < 0 or own > _ZERO:
            draw_words(keys[row, 0], keys[row, 1], block, words)
            fold(words, tail, upper)
        if shared >= 0:
            loading = weights[row, LOADING]
            if own > _ZERO:
                normal_lanes(tail, upper, to_score, cells, rests, score, 0)
                for lane in range(LANES):
                    score[0, lane] = own * score[0, lane] + loading * common[shared, lane]
                tail_lanes(score, 0, to_tail, cells, rests, tail, upper)
            else:
                tail_lanes(common, shared, to_tail, cells, rests, tail, upper)
        if kind == DISCRETE:
            begin, count = rows[row, TABLE_AT], rows[row, LENGTH]
            step_lanes(steps, begin, count, tail, upper, y, ranks, row)
            continue
        rank_lanes(tail, upper, ranks, row)
        if kind == TRIANGULAR:
            triangular_lanes(tail, upper, weights[row, SHAPE], y, row)
        elif kind == TABLE:
            table_lanes(tail, upper, tables, rows[row, TABLE_AT], cells, rests, y, row)
        else:
            uniform_lanes(tail, upper, y, row)
