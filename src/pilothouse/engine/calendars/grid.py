# SPDX-License-Identifier: Apache-2.0
"""Calendars by direct address, from the segments that are laid out of them."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.calendars import kernels, kernels_grid
from pilothouse.engine.calendars.kernels import DESERT
from pilothouse.engine.calendars.kernels_grid import BEYOND, DAY, HEAD, Grid
from pilothouse.engine.calendars.tables import Part, chunks_of, held_part
from pilothouse.engine.calendars.working_time import WorkingTime

MOST_SHIFT = 8
"""At most 256 minutes of work share a slot."""

Cells = NDArray[np.int64]


def grid_of(calendars: Sequence[WorkingTime], first: int, last: int, begin: int) -> Grid:
    """Working time of some calendars from ``first`` to ``last`` at least, both positions.

    Parameters
    ----------
    calendars : sequence of WorkingTime
        Number ``i`` of the grid is ``calendars[i]``.
    first, last : int
        Positions that are held, with some days around them.
    begin : int
        Two years without working time after it end a calendar, and before it begin one: no
        date lies on the other side (R-CAL-01).

    Returns
    -------
    Grid

    Notes
    -----
    Eight bytes for each day, three kilobytes for each different day, and 16 bytes for each slot
    of as much work as the shortest span, so that none has more than one gap.
    """
    low, high = chunks_of(first, last)
    pieces = [_piece_of(calendar, held_part(calendar, low, high), begin) for calendar in calendars]
    heads = np.zeros((len(pieces), HEAD), np.int32)
    patterns: dict[bytes, int] = {}
    days, slots = [], []
    day, slot = 0, 0
    for head, piece in zip(heads, pieces, strict=True):
        places = [DAY * patterns.setdefault(row.tobytes(), len(patterns)) for row in piece.patterns]
        head[: kernels_grid.FOLDED + 1] = (
            piece.base,
            day,
            DAY * (len(piece.worked) - 1),
            slot,
            piece.shift,
            piece.total,
            piece.folded,
        )
        days.append(np.stack([piece.worked, np.array(places)[piece.pattern_of]], axis=1))
        slots.append(piece.slots)
        day, slot = day + len(piece.worked), slot + len(piece.slots)
    return Grid(
        heads.ravel(),
        np.concatenate(days).astype(np.int32).ravel(),
        np.frombuffer(b"".join(patterns), np.int16),
        np.concatenate(slots).astype(np.int32).ravel(),
    )


class _Piece:
    """One calendar of a grid: days with a closing one, and slots."""

    def __init__(self, part: Part, begin: int) -> None:
        self.part, self.begin = part, begin
        segments = _reachable(part, begin)
        self.base = part.begin
        starts, ends = segments[:, kernels.START], segments[:, kernels.END]
        before = segments[:, kernels.BEFORE] - segments[0, kernels.BEFORE]
        self.total = int(before[-1])
        soft = segments[:-1, kernels.STOP] != ends[:-1]
        self.folded = int((starts[1:] < ends[:-1]).any())
        self._days(part, starts, ends, before)
        self._slots(starts, ends, before, soft)

    def _days(self, part: Part, starts: Cells, ends: Cells, before: Cells) -> None:
        days = np.arange(part.begin, part.end, DAY, dtype=np.int64)
        first = np.searchsorted(ends, days, side="right")
        worked = before[first] + np.maximum(0, days - starts[first])
        last = np.searchsorted(ends, days + DAY - 1, side="right")
        # What tells one day from another: its spans, as many as there are on any day.
        width = int((last - first).max()) + 1
        spans = np.minimum(first[:, None] + np.arange(width), len(starts) - 1)
        begins = np.clip(starts[spans] - days[:, None], None, DAY)
        begins[:, 0] = np.maximum(begins[:, 0], 0)
        told = np.concatenate([begins, np.clip(ends[spans] - days[:, None], 0, DAY)], axis=1)
        _, chosen, which = np.unique(told, axis=0, return_index=True, return_inverse=True)
        minutes = days[chosen][:, None] + np.arange(DAY)
        at = np.searchsorted(ends, minutes, side="right")
        done = before[at] + np.maximum(0, minutes - starts[at]) - worked[chosen][:, None]
        self.patterns = np.append(done, np.zeros((1, DAY), np.int64), axis=0).astype(np.int16)
        self.pattern_of = np.append(which.reshape(-1), len(chosen))
        self.worked = np.append(worked, self.total)

    def _slots(self, starts: Cells, ends: Cells, before: Cells, soft: NDArray[np.bool_]) -> None:
        lengths = np.diff(before)
        least = int(lengths.min()) if len(lengths) else 1
        self.shift = min(MOST_SHIFT, max(0, least.bit_length() - 1))
        size = 1 << self.shift
        count = (self.total >> self.shift) + 1
        steps = np.arange(count, dtype=np.int64) << self.shift
        at = np.minimum(np.searchsorted(before, steps, side="right") - 1, len(starts) - 2)
        cells = np.zeros((count, 4), np.int64)
        cells[:, kernels_grid.CUT] = cells[:, kernels_grid.STOP] = 2 * size
        self.slots = cells
        if not self.total:
            return
        cells[:, kernels_grid.POSITION] = starts[at] + steps - before[at]
        jumps = np.arange(1, len(starts) - 1)
        where = (before[jumps] - 1) >> self.shift
        cut = before[jumps] - (where << self.shift)
        cells[where, kernels_grid.CUT] = cut
        cells[where, kernels_grid.STOP] = cut - soft[jumps - 1]
        cells[where, kernels_grid.GAP] = starts[jumps] - ends[jumps - 1]


_LAID: WeakKeyDictionary[WorkingTime, _Piece] = WeakKeyDictionary()
"""The last piece of each calendar: the next simulation of a plan mostly asks for the same one."""


def _piece_of(calendar: WorkingTime, part: Part, begin: int) -> _Piece:
    piece = _LAID.get(calendar)
    if piece is None or piece.part is not part or piece.begin != begin:
        piece = _LAID[calendar] = _Piece(part, begin)
    return piece


def _reachable(part: Part, begin: int) -> Cells:
    """The segments that two years without work do not part from a position, and a closing one."""
    segments = part.segments[:-1]
    gaps = segments[1:, kernels.START] - segments[:-1, kernels.END] > DESERT
    parting = np.flatnonzero(gaps) + 1
    at = int(np.searchsorted(segments[:, kernels.END], begin, side="right"))
    low = max((int(place) for place in parting if place <= at), default=0)
    high = min((int(place) for place in parting if place > at), default=len(segments))
    kept = segments[low:high]
    closing = part.segments[-1:].copy()
    if high < len(segments):
        closing[0, kernels.BEFORE] = segments[high, kernels.BEFORE]
    closing[0, [kernels.START, kernels.END, kernels.STOP]] = 2 * BEYOND
    return np.concatenate([kept, closing])
