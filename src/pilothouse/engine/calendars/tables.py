# SPDX-License-Identifier: Apache-2.0
"""Calendars as one flat array over the days that somebody needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.calendars import kernels
from pilothouse.engine.calendars.kernels import DAY, DESERT, HEAD, HEADS, MARK, SEGMENT, SLOT, WORD
from pilothouse.engine.calendars.working_time import CHUNK, LAST_CHUNK, WorkingTime

_CHUNK_MINUTES = CHUNK * DAY
_CHUNK_SLOTS = _CHUNK_MINUTES >> SLOT
MARGIN = 21 * DAY
"""Minutes that a book holds before the first position asked for."""

Book = NDArray[np.int32]
"""What ``kernels`` calls a book."""


class CalendarTables:
    """Several calendars as a book for kernels; number ``i`` there is ``calendars[i]``.

    Parameters
    ----------
    calendars : sequence of WorkingTime

    Notes
    -----
    The days asked for are kept with each calendar, so that they are laid out once however often
    the dates over them are calculated. Results do not depend on what is kept. Several threads
    may use one object: one of them works with its book, others bind their own.
    """

    def __init__(self, calendars: Sequence[WorkingTime]) -> None:
        self.calendars = tuple(calendars)
        self._parts: list[Part | None] = [None] * len(self.calendars)
        self._kept: Book | None = None
        self._in_use = Lock()

    def book(self, first: int, last: int) -> Book:
        """A book of one's own that holds the positions from ``first`` to ``last``."""
        return _bound([held_part(calendar, *chunks_of(first, last)) for calendar in self.calendars])

    def run(self, first: int, last: int, step: Callable[[Book], None]) -> None:
        """Call ``step`` with a book until it stays within it.

        Parameters
        ----------
        first, last : int
            Positions that the first book holds.
        step : callable
            Calculates from the beginning whenever it is called.

        Raises
        ------
        InvalidInput
            ``calendar.no_working_time``, ``calendar.out_of_range``, with what stands in
            ``NODE`` as the place.
        """
        if not self._in_use.acquire(blocking=False):
            CalendarTables(self.calendars).run(first, last, step)
            return
        try:
            self._run(first, last, step)
        finally:
            self._in_use.release()

    def _run(self, first: int, last: int, step: Callable[[Book], None]) -> None:
        self._widen(range(len(self.calendars)), *chunks_of(first, last))
        while True:
            if self._kept is None:
                self._kept = _bound([part for part in self._parts if part is not None])
            self._kept[:HEADS] = 0
            step(self._kept)
            if not self._kept[kernels.CODE]:
                return
            code, number, day, node = map(int, self._kept[:HEADS])
            self._recover(code, number, day * DAY, node)

    def _widen(self, numbers: Iterable[int], low: int, high: int) -> None:
        for number in numbers:
            part = held_part(self.calendars[number], low, high)
            if self._parts[number] is not part:
                self._parts[number], self._kept = part, None

    def _recover(self, code: int, number: int, position: int, node: int) -> None:
        """Hold more of a calendar that was left, unless that does not help."""
        calendar, held = self.calendars[number], self._parts[number]
        assert held is not None
        low, high = chunks_of(min(position, held.begin + MARGIN), max(position, held.end - 1))
        more = max(held.high - held.low, 2 * DESERT // _CHUNK_MINUTES)
        dry = code == kernels.NO_WORK or held.is_dry(code, position)
        if not dry and code == kernels.TOO_LATE and held.high < LAST_CHUNK:
            high = min(max(high, held.high + more), LAST_CHUNK)
            self._widen((number,), held.low, high)
        elif not dry and code == kernels.TOO_EARLY and held.low > 0:
            low = max(min(low, held.low - more), 0)
            self._widen((number,), low, held.high)
        else:
            # What was laid out on the way to the error may be large and is of no use.
            _HELD.pop(calendar, None)
            self._parts[number] = self._kept = None
            place = (str(node),)
            raise calendar.no_working_time(place) if dry else calendar.out_of_range(place)


def chunks_of(first: int, last: int) -> tuple[int, int]:
    low = min(max(0, first - MARGIN) // _CHUNK_MINUTES, LAST_CHUNK)
    return low, max(low, min(max(0, last) // _CHUNK_MINUTES, LAST_CHUNK))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One calendar over the chunks from ``low`` to ``high``, both included."""

    low: int
    high: int
    segments: NDArray[np.int64]
    """One row for each, the closing one included, ``SEGMENT`` cells each."""
    by_time: NDArray[np.int64]
    by_work: NDArray[np.int64]
    """Rows of ``segments``."""
    eras: NDArray[np.int64]
    """Of each segment the number of deserts before it; of no length where there is none."""

    @property
    def begin(self) -> int:
        return self.low * _CHUNK_MINUTES

    @property
    def end(self) -> int:
        return (self.high + 1) * _CHUNK_MINUTES

    def is_dry(self, code: int, position: int) -> bool:
        """Whether the end that a step left, or came near, has no work for two years."""
        within = min(max(position, self.begin), self.end)
        if code == kernels.TOO_LATE:
            last = int(self.segments[-2, kernels.END]) if len(self.segments) > 1 else self.begin
            return position >= self.begin and self.end - max(last, within) > DESERT
        first = int(self.segments[0, kernels.START])
        return position < self.end and min(first, within) - self.begin > DESERT


_HELD: WeakKeyDictionary[WorkingTime, Part] = WeakKeyDictionary()
"""The most that was laid out of each calendar so far."""


def held_part(calendar: WorkingTime, low: int, high: int) -> Part:
    """What is laid out of a calendar, from ``low`` to ``high`` at least."""
    held = _HELD.get(calendar)
    if held is not None:
        if held.low <= low and high <= held.high:
            return held
        low, high = min(low, held.low), max(high, held.high)
    part = _HELD[calendar] = _part(calendar, low, high)
    return part


def _part(calendar: WorkingTime, low: int, high: int) -> Part:
    starts, ends, stops = calendar.segments(low, high)
    found = np.zeros((len(starts) + 1, SEGMENT), np.int64)
    found[:, kernels.START] = [*starts, WORD]
    found[:, kernels.END] = [*ends, WORD]
    found[:, kernels.STOP] = [*stops, WORD]
    found[1:, kernels.BEFORE] = np.cumsum(found[:-1, kernels.END] - found[:-1, kernels.START])
    gaps = found[1:-1, kernels.START] - found[:-2, kernels.END]
    deserts = np.cumsum(gaps > DESERT)
    slots = np.arange(low * _CHUNK_SLOTS, (high + 1) * _CHUNK_SLOTS, dtype=np.int64) << SLOT
    steps = np.arange((int(found[-1, kernels.BEFORE]) >> MARK) + 1, dtype=np.int64) << MARK
    return Part(
        low,
        high,
        found,
        np.searchsorted(found[:, kernels.END], slots, side="right"),
        np.searchsorted(found[:, kernels.BEFORE], steps, side="right") - 1,
        np.concatenate([[0], deserts, deserts[-1:]]) if deserts.any() else np.zeros(0, np.int64),
    )


def _bound(parts: Sequence[Part]) -> Book:
    """The book of some calendars; segments lie within lines of the cache."""
    heads = np.zeros((len(parts), HEAD), np.int64)
    cells = [np.zeros(HEADS, np.int64), heads.ravel()]
    place = HEADS + heads.size
    for head, part in zip(heads, parts, strict=True):
        by_time = place + part.segments.size
        by_work = by_time + len(part.by_time)
        eras = by_work + len(part.by_work)
        end = eras + len(part.eras)
        head[: kernels.ERAS + 1] = (
            part.low * _CHUNK_SLOTS,
            len(part.by_time),
            place,
            by_time - SEGMENT,
            by_time,
            by_work,
            eras if len(part.eras) else 0,
        )
        cells += [
            part.segments.ravel(),
            place + SEGMENT * part.by_time,
            place + SEGMENT * part.by_work,
            part.eras,
            np.zeros(-end % SEGMENT, np.int64),
        ]
        place = end + -end % SEGMENT
    return np.concatenate(cells).astype(np.uint32).view(np.int32)
