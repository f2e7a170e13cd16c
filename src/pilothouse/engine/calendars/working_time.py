# SPDX-License-Identifier: Apache-2.0
"""Calendars compiled for arithmetic: add, subtract and count working minutes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from pilothouse.engine.calendars.spec import CalendarSpec, DayPattern, Interval
from pilothouse.engine.errors import InvalidInput

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2200, 12, 31)
_FIRST = FIRST_DAY.toordinal()
_LAST = LAST_DAY.toordinal()
CHUNK = 64
"""Days whose working minutes are tabulated together, lazily."""
_SPAN = 1440 * CHUNK
LAST_CHUNK = (_LAST - _FIRST) // CHUNK
_EPOCH = datetime.fromordinal(_FIRST)
_EMPTY_LIMIT_DAYS = 731
"""A calendar without working time for two years is refused (R-CAL-01)."""
MOST_BASES = 16
"""Calendars on which one may build, each on the next; a week and its exceptions need two."""


class WorkingTime:
    """Arithmetic over the working minutes of one calendar.

    Instants are naive wall-clock values between 1900 and 2200; seconds are dropped.

    Parameters
    ----------
    name : str
        For error messages.
    day : callable
        Working intervals of a date, in order and not overlapping.
    zone : ZoneInfo, optional
        With a zone, minutes counted are real elapsed minutes (R-CAL-04): a shift over a
        change of the clock is shorter or longer than its wall-clock span.

    Notes
    -----
    Intervals are tabulated in chunks of 64 days when first needed; ``add``, ``sub`` and
    ``diff`` cost a binary search in a chunk and one step per chunk between. Deterministic;
    no clock is read.
    """

    def __init__(
        self, name: str, day: Callable[[date], DayPattern], zone: ZoneInfo | None = None
    ) -> None:
        self.name = name
        self._day = day
        self._zone = zone
        self._chunks: dict[int, tuple[list[int], list[int], list[int], int]] = {}

    def intervals(self, day: date) -> DayPattern:
        """Working intervals of a date in minutes after midnight."""
        return self._day(day)

    def intersect(self, other: WorkingTime) -> WorkingTime:
        """Minutes that are working time in both calendars."""
        return WorkingTime(
            f"{self.name} ∩ {other.name}",
            lambda day: _common(self._day(day), other._day(day)),
            self._zone,
        )

    def unite(self, other: WorkingTime) -> WorkingTime:
        """Minutes that are working time in at least one of the calendars."""
        return WorkingTime(
            f"{self.name} ∪ {other.name}",
            lambda day: _either(self._day(day), other._day(day)),
            self._zone,
        )

    def add(self, start: datetime, minutes: int) -> datetime:
        """The instant when ``minutes`` of working time have elapsed after ``start``.

        A result at the end of an interval stays there: 17:00, not the next morning.
        With 0 minutes the instant itself is returned. Negative minutes go back.

        Examples
        --------
        >>> from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec, compile_calendars
        >>> office = compile_calendars([CalendarSpec(1, "Standard", STANDARD_WEEK)])[1]
        >>> office.add(datetime(2025, 3, 7, 15, 0), 240)
        datetime.datetime(2025, 3, 10, 10, 0)
        """
        if minutes == 0:
            return start
        return self.instant(self.add_at(self.position(start), minutes))

    def sub(self, finish: datetime, minutes: int) -> datetime:
        """The latest instant from which ``minutes`` of working time lead to ``finish``.

        The mirror of ``add``: a result at the start of an interval stays there.
        """
        if minutes == 0:
            return finish
        return self.instant(self.sub_at(self.position(finish), minutes))

    def diff(self, first: datetime, second: datetime) -> int:
        """Working minutes from ``first`` to ``second``; negative if ``second`` is earlier."""
        return self.diff_at(self.position(first), self.position(second))

    def next_start(self, instant: datetime) -> datetime:
        """The instant itself inside working time, else the next start of an interval."""
        return self.instant(self.start_at(self.position(instant)))

    def previous_finish(self, instant: datetime) -> datetime:
        """The instant itself inside or at the end of working time, else the last end before."""
        return self.instant(self.finish_at(self.position(instant)))

    def position(self, instant: datetime) -> int:
        """Wall-clock minutes since 1900-01-01 00:00; what the ``…_at`` methods take."""
        try:
            ordinal, minute = instant.toordinal(), instant.hour * 60 + instant.minute
        except AttributeError as error:
            raise InvalidInput(
                "calendar.no_date",
                f"‘{instant!s:.40}’ is no date with a time; give one.",
                (self.name,),
            ) from error
        if not _FIRST <= ordinal <= _LAST:
            raise InvalidInput(
                "calendar.out_of_range",
                f"{instant.date()} is out of range; dates lie between {FIRST_DAY} and {LAST_DAY}.",
                (self.name,),
            )
        return (ordinal - _FIRST) * 1440 + minute

    def instant(self, position: int) -> datetime:
        """The mirror of ``position``."""
        return _EPOCH + timedelta(minutes=position)

    def add_at(self, position: int, minutes: int) -> int:
        """``add`` over positions."""
        if minutes <= 0:
            return self.sub_at(position, -minutes) if minutes else position
        chunk = position // _SPAN
        starts, ends, before, total = self._chunks.get(chunk) or self._table(chunk)
        index = bisect_right(ends, position)
        worked = total
        if index < len(starts):
            inside = self._length(starts[index], max(position, starts[index]))
            worked = before[index] + inside
        left = minutes + worked
        empty = 0
        while left > total:
            left -= total
            empty = 0 if total else empty + CHUNK
            chunk += 1
            self._require(chunk, empty)
            starts, ends, before, total = self._table(chunk)
        index = bisect_left(before, left) - 1
        return self._advance(starts[index], left - before[index])

    def sub_at(self, position: int, minutes: int) -> int:
        """``sub`` over positions."""
        if minutes <= 0:
            return self.add_at(position, -minutes) if minutes else position
        chunk = position // _SPAN
        starts, ends, before, total = self._chunks.get(chunk) or self._table(chunk)
        index = bisect_left(starts, position) - 1
        worked = 0
        if index >= 0:
            worked = before[index] + self._length(starts[index], min(position, ends[index]))
        left = worked - minutes
        empty = 0
        while left < 0:
            chunk -= 1
            self._require(chunk, empty)
            starts, ends, before, total = self._table(chunk)
            left += total
            empty = 0 if total else empty + CHUNK
        index = bisect_right(before, left) - 1
        return self._advance(starts[index], left - before[index])

    def diff_at(self, first: int, second: int) -> int:
        """``diff`` over positions."""
        if second < first:
            return -self.diff_at(second, first)
        low, high = first // _SPAN, second // _SPAN
        minutes = self._until(second, high) - self._until(first, low)
        for chunk in range(low, high):
            minutes += (self._chunks.get(chunk) or self._table(chunk))[3]
        return minutes

    def start_at(self, position: int) -> int:
        """``next_start`` over positions."""
        chunk = position // _SPAN
        empty = 0
        while True:
            starts, ends, _, _ = self._chunks.get(chunk) or self._table(chunk)
            index = bisect_right(ends, position)
            if index < len(starts):
                return max(position, starts[index])
            chunk += 1
            empty += CHUNK
            self._require(chunk, empty)

    def finish_at(self, position: int) -> int:
        """``previous_finish`` over positions."""
        chunk = position // _SPAN
        empty = 0
        while True:
            starts, ends, _, _ = self._chunks.get(chunk) or self._table(chunk)
            index = bisect_left(starts, position) - 1
            if index >= 0:
                return min(position, ends[index])
            chunk -= 1
            empty += CHUNK
            self._require(chunk, empty)

    def _until(self, position: int, chunk: int) -> int:
        starts, ends, before, total = self._chunks.get(chunk) or self._table(chunk)
        index = bisect_right(ends, position)
        if index == len(starts):
            return total
        return before[index] + self._length(starts[index], max(position, starts[index]))

    def _table(self, chunk: int) -> tuple[list[int], list[int], list[int], int]:
        found = self._chunks.get(chunk)
        if found is not None:
            return found
        self._require(chunk, 0)
        self._chunks[chunk] = table = self._tabulated(chunk)
        return table

    def _tabulated(self, chunk: int) -> tuple[list[int], list[int], list[int], int]:
        starts: list[int] = []
        ends: list[int] = []
        before: list[int] = []
        total = 0
        for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
            ordinal = _FIRST + number
            if not _FIRST <= ordinal <= _LAST:
                continue
            for start, end in self._day(date.fromordinal(ordinal)):
                low, high = number * 1440 + start, number * 1440 + end
                length = self._length(low, high)
                if length <= 0:
                    continue
                if ends and ends[-1] == low and self._zone is None:
                    ends[-1] = high
                    total += length
                    continue
                starts.append(low)
                ends.append(high)
                before.append(total)
                total += length
        return starts, ends, before, total

    def _length(self, low: int, high: int) -> int:
        if self._zone is None or high <= low:
            return max(0, high - low)
        return max(0, self._real(high) - self._real(low))

    def _real(self, position: int) -> int:
        local = self.instant(position).replace(tzinfo=self._zone)
        return int(local.astimezone(UTC).timestamp()) // 60

    def _advance(self, low: int, minutes: int) -> int:
        if self._zone is None:
            return low + minutes
        return self._wall(self._real(low) + minutes)

    def _wall(self, real: int) -> int:
        local = datetime.fromtimestamp(real * 60, UTC).astimezone(self._zone)
        return self.position(local.replace(tzinfo=None))

    def _require(self, chunk: int, empty: int) -> None:
        if empty > _EMPTY_LIMIT_DAYS:
            raise self.no_working_time((self.name,))
        ordinal = _FIRST + chunk * CHUNK
        if not _FIRST - CHUNK < ordinal <= _LAST:
            raise self.out_of_range((self.name,))

    def no_working_time(self, places: tuple[str, ...]) -> InvalidInput:
        """What is wrong where arithmetic finds no working time for two years."""
        return InvalidInput(
            "calendar.no_working_time",
            f"Calendar ‘{self.name}’ has no working time for two years; "
            "give it working days or choose another one.",
            places,
        )

    def out_of_range(self, places: tuple[str, ...]) -> InvalidInput:
        """What is wrong where arithmetic leaves the years that a calendar knows."""
        return InvalidInput(
            "calendar.out_of_range",
            f"A date leaves the range {FIRST_DAY} to {LAST_DAY}; check durations and lags.",
            places,
        )

    def segments(self, first: int, last: int) -> tuple[list[int], list[int], list[int]]:
        """Working time as spans whose wall-clock minutes count one to one.

        Parameters
        ----------
        first, last : int
            Chunks of 64 days since 1900-01-01, both included.

        Returns
        -------
        starts, ends, stops : list of int
            Positions. A span goes on at ``stops`` when it is worked to its end: at its end, but
            where the clock changes inside a shift at the start of the next span. An hour that
            the clock repeats lies in two spans.
        """
        starts: list[int] = []
        ends: list[int] = []
        stops: list[int] = []
        for chunk in range(first, last + 1):
            begins, finishes, _, _ = self._chunks.get(chunk) or self._tabulated(chunk)
            if self._zone is None:
                starts += begins
                ends += finishes
                stops += finishes
                continue
            for low, high in zip(begins, finishes, strict=True):
                pieces = self._pieces(self._real(low), self._real(high))
                starts += [start for start, _ in pieces]
                ends += [end for _, end in pieces]
                stops += [start for start, _ in pieces[1:]] + [pieces[-1][1]]
        return starts, ends, stops

    def _pieces(self, low: int, high: int) -> list[tuple[int, int]]:
        """The wall-clock spans of a span of real minutes, cut where the clock changes."""
        begin, last = self._wall(low), self._wall(high - 1)
        if last - begin == high - 1 - low:
            return [(begin, begin + high - low)]
        same, other = low, high - 1
        while other - same > 1:
            middle = (same + other) // 2
            if self._wall(middle) - begin == middle - low:
                same = middle
            else:
                other = middle
        return [(begin, begin + other - low), *self._pieces(other, high)]


def _common(first: DayPattern, second: DayPattern) -> DayPattern:
    return tuple(
        (max(a, c), min(b, d)) for a, b in first for c, d in second if max(a, c) < min(b, d)
    )


def _either(first: DayPattern, second: DayPattern) -> DayPattern:
    merged: list[Interval] = []
    for start, end in sorted((*first, *second)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def elapsed_calendar() -> WorkingTime:
    """24 hours a day, seven days a week: what elapsed lags and durations run on."""
    return WorkingTime("24 hours", lambda _day: ((0, 1440),))


def compile_calendars(
    specs: Iterable[CalendarSpec], *, zone: ZoneInfo | None = None
) -> dict[int, WorkingTime]:
    """Resolve bases and check every calendar (R-CAL-01).

    Parameters
    ----------
    specs : iterable of CalendarSpec
        Uids must be unique; a base must be among them.
    zone : ZoneInfo, optional
        See ``WorkingTime``.

    Returns
    -------
    dict
        Uid to compiled calendar.

    Raises
    ------
    InvalidInput
        ``calendar.duplicate``, ``calendar.missing_base``, ``calendar.base_cycle``,
        ``calendar.base_depth``, ``calendar.no_pattern``, ``calendar.intervals``,
        ``calendar.dates``.
    """
    by_uid: dict[int, CalendarSpec] = {}
    for spec in specs:
        if spec.uid in by_uid:
            raise InvalidInput(
                "calendar.duplicate", f"Two calendars have the uid {spec.uid}.", (spec.name,)
            )
        _check(spec)
        by_uid[spec.uid] = spec
    exceptions = {uid: _Exceptions(spec) for uid, spec in by_uid.items()}
    return {
        uid: WorkingTime(spec.name, _resolver(_chain(spec, by_uid), exceptions), zone)
        for uid, spec in by_uid.items()
    }


def _chain(spec: CalendarSpec, by_uid: dict[int, CalendarSpec]) -> list[CalendarSpec]:
    chain = [spec]
    while chain[-1].base_uid is not None:
        base = by_uid.get(chain[-1].base_uid)
        if base is None:
            raise InvalidInput(
                "calendar.missing_base",
                f"Calendar ‘{chain[-1].name}’ builds on calendar {chain[-1].base_uid}, "
                "which is not there.",
                (chain[-1].name,),
            )
        if any(base.uid == link.uid for link in chain):
            names = tuple(link.name for link in chain)
            told = ", ".join(f"‘{name}’" for name in names)
            raise InvalidInput(
                "calendar.base_cycle",
                f"Calendars build on each other: {told}; give one of them no base.",
                names,
            )
        if len(chain) > MOST_BASES:
            raise InvalidInput(
                "calendar.base_depth",
                f"Calendar ‘{spec.name}’ builds on more than {MOST_BASES} others, each on the "
                "next; let it build on one that has a week of its own.",
                (spec.name,),
            )
        chain.append(base)
    if all(day is None for day in chain[-1].week):
        raise InvalidInput(
            "calendar.no_pattern",
            f"Calendar ‘{chain[-1].name}’ has no week and builds on no other calendar.",
            (chain[-1].name,),
        )
    return chain


def _resolver(
    chain: list[CalendarSpec], exceptions: dict[int, _Exceptions]
) -> Callable[[date], DayPattern]:
    excepted = [exceptions[spec.uid] for spec in chain]

    def day_of(day: date) -> DayPattern:
        for found in excepted:
            pattern = found.on(day)
            if pattern is not None:
                return pattern
        index = day.weekday()
        for spec in chain:
            for week in spec.work_weeks:
                if week.first <= day <= week.last:
                    pattern = week.week[index]
                    if pattern is not None:
                        return pattern
            pattern = spec.week[index]
            if pattern is not None:
                return pattern
        return ()

    return day_of


class _Exceptions:
    """Exceptions of one calendar by day; of two on one day the later in the list wins."""

    def __init__(self, spec: CalendarSpec) -> None:
        spans = [(item.first.toordinal(), item.last.toordinal()) for item in spec.exceptions]
        begins = sorted((first, rank) for rank, (first, _) in enumerate(spans))
        self._days = sorted({day for first, last in spans for day in (first, last + 1)})
        self._patterns: list[DayPattern | None] = []
        open_: list[tuple[int, int]] = []
        begun = 0
        for day in self._days:
            while begun < len(begins) and begins[begun][0] == day:
                rank = begins[begun][1]
                heappush(open_, (-rank, spans[rank][1]))
                begun += 1
            while open_ and open_[0][1] < day:
                heappop(open_)
            self._patterns.append(spec.exceptions[-open_[0][0]].intervals if open_ else None)

    def on(self, day: date) -> DayPattern | None:
        index = bisect_right(self._days, day.toordinal()) - 1
        return self._patterns[index] if index >= 0 else None


def _check(spec: CalendarSpec) -> None:
    place = (spec.name,)
    if len(spec.week) != 7:
        raise InvalidInput(
            "calendar.intervals", f"The week of ‘{spec.name}’ needs seven days.", place
        )
    patterns: list[DayPattern] = [day for day in spec.week if day is not None]
    for exception in spec.exceptions:
        if exception.last < exception.first:
            raise InvalidInput(
                "calendar.dates",
                f"Exception ‘{exception.name}’ of ‘{spec.name}’ ends on {exception.last}, "
                f"before it begins on {exception.first}.",
                place,
            )
        patterns.append(exception.intervals)
    for week in spec.work_weeks:
        patterns += [day for day in week.week if day is not None]
    for pattern in patterns:
        last = 0
        for start, end in pattern:
            if not last <= start < end <= 1440:
                raise InvalidInput(
                    "calendar.intervals",
                    f"Working times of ‘{spec.name}’ must lie within a day, in order and "
                    f"without overlap; {start}–{end} minutes after midnight does not.",
                    place,
                )
            last = end
