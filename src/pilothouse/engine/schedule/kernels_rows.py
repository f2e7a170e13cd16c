# SPDX-License-Identifier: Apache-2.0
"""Columns of a plan as the flags that the passes look at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import borrowing
from pilothouse.engine.calendars.kernels import FAR
from pilothouse.engine.network.topology import Topology
from pilothouse.engine.schedule.kernels import (
    ALAP,
    COMPLETE,
    DEADLINE,
    DELAYED,
    EFFORT,
    EXPECTED,
    HARD,
    IN_PROGRESS,
    INACTIVE,
    LAGGED,
    MANUAL,
    OPEN,
    OUTER_FINISH,
    OUTER_START,
    PINNED,
    PINS,
    QUIET,
    RESUMES,
    SILENT,
    SPECIAL,
    SUMMARY,
    TO_FINISH,
    Links,
)

Codes = NDArray[np.int8]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]


class RowCodes(NamedTuple):
    """Columns by row; one without cells says nothing of any row."""

    state: Codes
    constraint: Codes
    constraint_date: Ints
    hard: Marks
    by_hand: Marks
    effort: Marks
    inactive: Marks
    open_ended: Marks
    pinned_start: Ints
    deadline: Ints
    resume: Ints
    delay: Ints
    expected: Ints
    outer_start: Ints
    outer_finish: Ints


class CodeBook(NamedTuple):
    """What the codes of a constraint mean, by code."""

    bounds: NDArray[np.int32]
    """Which ends it bounds."""
    pins: Marks
    """Whether it fixes both passes where it is hard."""
    late: int
    """The code of as late as possible."""


@borrowing
def mark_rows(
    shape: Topology, codes: RowCodes, book: CodeBook, microsoft: bool, flags: NDArray[np.int32]
) -> int:
    """Write the flags of every row; gives the bits that any row has."""
    together = 0
    with_dates = len(codes.constraint_date) > 0
    for row in range(len(flags)):
        leaf = shape.child_first[row] == shape.child_first[row + 1]
        bits = 0 if leaf else SUMMARY
        if leaf and len(codes.state) > 0:
            if codes.state[row] == 1:
                bits |= IN_PROGRESS
            elif codes.state[row] == 2:
                bits |= COMPLETE
        begun = bits & (IN_PROGRESS | COMPLETE)
        if leaf and len(codes.effort) > 0 and codes.effort[row]:
            bits |= EFFORT | SILENT
        if len(codes.inactive) > 0 and codes.inactive[row]:
            bits |= INACTIVE | (SILENT if leaf else 0)
        if len(codes.by_hand) > 0 and codes.by_hand[row]:
            bits |= MANUAL
        if leaf and len(codes.open_ended) > 0 and codes.open_ended[row]:
            bits |= OPEN
        if not begun and len(codes.pinned_start) > 0 and codes.pinned_start[row] >= 0:
            bits |= PINNED
        hard = len(codes.hard) > 0 and codes.hard[row]
        if hard:
            bits |= HARD
        if len(codes.constraint) > 0:
            code = codes.constraint[row]
            if with_dates and codes.constraint_date[row] >= 0:
                bits |= book.bounds[code]
            if code == book.late:
                bits |= ALAP
            if hard and book.pins[code]:
                bits |= PINS
        if len(codes.deadline) > 0 and codes.deadline[row] >= 0:
            bits |= DEADLINE
        if len(codes.resume) > 0 and codes.resume[row] >= 0:
            bits |= RESUMES
        if leaf and not bits & COMPLETE:
            if len(codes.expected) > 0 and codes.expected[row] >= 0:
                bits |= 0 if bits & (EFFORT | PINNED) else EXPECTED
            if len(codes.outer_start) > 0 and codes.outer_start[row] >= 0:
                bits |= OUTER_START
            if len(codes.outer_finish) > 0 and codes.outer_finish[row] >= 0:
                bits |= OUTER_FINISH
        if microsoft and len(codes.delay) > 0 and codes.delay[row] > 0:
            bits |= DELAYED if leaf and not begun and not bits & PINNED else 0
        flags[row] = bits
        together |= bits
    return together


@borrowing
def mark_links(shape: Topology, flags: NDArray[np.int32], links: Links, special: int) -> None:
    """Say of each link whether it has a lag, and whether it is more than it seems.

    ``special`` holds the flags of rows with which a link is ``SPECIAL``.
    """
    rows = len(shape.parent)
    for link in range(len(shape.target)):
        node, kind = shape.source[link], links.kind[link]
        row = node if node < rows else node - rows
        if links.lag[link] != 0 or links.share[link] != 0:
            kind |= LAGGED
        if kind & TO_FINISH or flags[shape.target[link]] & special:
            kind |= SPECIAL
        if node < rows and flags[row] & SILENT:
            kind |= QUIET
        links.kind[link] = kind


@borrowing
def extremes(values: NDArray[np.integer]) -> tuple[int, int]:
    """The least and the greatest number; ``FAR`` and ``-FAR`` of none."""
    least, most = FAR, -FAR
    for at in range(len(values)):
        least, most = min(least, values[at]), max(most, values[at])
    return least, most


@borrowing
def extent(values: Ints) -> tuple[int, int]:
    """The first and the last position; ``FAR`` and ``-FAR`` where there is none."""
    first, last = FAR, -FAR
    for at in range(len(values)):
        if values[at] >= 0:
            first, last = min(first, values[at]), max(last, values[at])
    return first, last
