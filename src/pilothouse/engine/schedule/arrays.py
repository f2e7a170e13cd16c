# SPDX-License-Identifier: Apache-2.0
"""The critical path method, arrays in and arrays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.calendars.kernels import CODE, FAR
from pilothouse.engine.calendars.tables import Book, CalendarTables
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import (
    ConstraintType,
    CriticalKind,
    FloatKind,
    LagOrigin,
    LinkType,
    ProgressMode,
)
from pilothouse.engine.network.topology import Topology
from pilothouse.engine.schedule import kernels, kernels_rows
from pilothouse.engine.schedule.checks import MOST_MINUTES
from pilothouse.engine.schedule.kernels import Dates, LateDates, Links, Rules, Tasks
from pilothouse.engine.schedule.kernels_rows import CodeBook, RowCodes
from pilothouse.engine.schedule.options import Dialect
from pilothouse.engine.schedule.result import TaskState

Scalar = TypeVar("Scalar", bound=np.generic)
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]

CONSTRAINTS = {kind: code for code, kind in enumerate(ConstraintType)}
"""Code of each constraint in a column."""
LINK_TYPES = {kind: code for code, kind in enumerate(LinkType)}
"""Code of each type of link in a column: FS 0, SS 1, FF 2, SF 3."""
STATES = {state: code for code, state in enumerate(TaskState)}
"""Code of each state of a task in a column."""
NO_DATE = -1
"""Instead of a position where there is none."""
UNDEFINED = np.iinfo(np.int64).min
"""Instead of a float where it means nothing."""

_BOUNDED = np.zeros(8, np.int32)
for _kind, _bits in {
    ConstraintType.SNET: kernels.EARLY_START,
    ConstraintType.SNLT: kernels.LATE_START,
    ConstraintType.FNET: kernels.EARLY_FINISH,
    ConstraintType.FNLT: kernels.LATE_FINISH,
    ConstraintType.MSO: kernels.EARLY_START | kernels.LATE_START,
    ConstraintType.MFO: kernels.EARLY_FINISH | kernels.LATE_FINISH,
}.items():
    _BOUNDED[CONSTRAINTS[_kind]] = _bits
_SPECIAL = (
    kernels.SUMMARY | kernels.SILENT | kernels.COMPLETE | kernels.IN_PROGRESS | kernels.DELAYED
)
_FIXED = kernels.COMPLETE | kernels.IN_PROGRESS | kernels.PINNED | kernels.SILENT
_BOOK = CodeBook(
    _BOUNDED,
    np.isin(np.arange(8), [CONSTRAINTS[ConstraintType.MSO], CONSTRAINTS[ConstraintType.MFO]]),
    CONSTRAINTS[ConstraintType.ALAP],
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ScheduleColumns:
    """What the dates of a plan depend on, beside its topology; ``n`` rows, ``m`` links.

    Positions are wall-clock minutes since 1900-01-01 00:00, ``NO_DATE`` where there is none.
    Durations and lags are minutes of the calendar they run on. A column that is None holds its
    neutral value in every row. Columns are read, never written.

    Parameters
    ----------
    start : int
        Position of the start of the plan.
    duration : int64, shape (n,)
        Total duration, 0 or more; of summaries it is computed.
    calendar : int, shape (n,)
        Number of the calendar of each row, summaries included.
    link_type : int, shape (m,)
        See ``LINK_TYPES``.
    lag : int64, shape (m,), optional
        Negative for a lead.
    lag_calendar : int, shape (m,), optional
        Number of the calendar on which a lag runs, -1 (if None: all) for elapsed time.
    lag_share : int64, shape (m,), optional
        Instead of ``lag`` where the predecessor is a summary: millionths of its duration.
    remaining : int64, shape (n,), optional
        Duration that is left; if None all of it, none of what is complete.
    state : int, shape (n,), optional
        See ``STATES``.
    actual_start, actual_finish : int64, shape (n,), optional
        Read where the state is in progress, or complete.
    resume : int64, shape (n,), optional
        Where suspended work goes on.
    constraint : int, shape (n,), optional
        See ``CONSTRAINTS``.
    constraint_date : int64, shape (n,), optional
    hard : bool, shape (n,), optional
        The constraint holds against the logic.
    deadline : int64, shape (n,), optional
    pinned_start, pinned_finish : int64, shape (n,), optional
        Dates that nothing moves: set by hand, or of an external task.
    by_hand : bool, shape (n,), optional
        Scheduled by hand, whether it has dates or not.
    placeholder : bool, shape (n,), optional
        Never critical in Microsoft Project, see ``PlanTask.placeholder``.
    effort : bool, shape (n,), optional
        Level of effort.
    inactive : bool, shape (n,), optional
    delay : int64, shape (n,), optional
        Levelling delay in elapsed minutes.
    expected_finish : int64, shape (n,), optional
        Until when what remains lasts, whatever ``remaining`` says.
    external_early_start, external_late_finish : int64, shape (n,), optional
        What other projects allow.
    project_calendar : int
    status : int
        Status date before which no work that remains may lie.
    imposed_finish : int
        Bounds the late dates instead of the greatest early finish.
    backward_from : int
        The plan is scheduled from this finish.
    dialect, progress_mode, deadlines_in_float, critical_threshold
        See ``ScheduleOptions``.
    start_lag_from, total_float, critical_by, open_ends_critical
        See ``ScheduleRules``.
    """

    start: int
    duration: Ints
    calendar: NDArray[np.integer]
    link_type: NDArray[np.integer]
    lag: Ints | None = None
    lag_calendar: NDArray[np.integer] | None = None
    lag_share: Ints | None = None
    remaining: Ints | None = None
    state: NDArray[np.integer] | None = None
    actual_start: Ints | None = None
    actual_finish: Ints | None = None
    resume: Ints | None = None
    constraint: NDArray[np.integer] | None = None
    constraint_date: Ints | None = None
    hard: Marks | None = None
    deadline: Ints | None = None
    pinned_start: Ints | None = None
    pinned_finish: Ints | None = None
    by_hand: Marks | None = None
    placeholder: Marks | None = None
    effort: Marks | None = None
    inactive: Marks | None = None
    delay: Ints | None = None
    expected_finish: Ints | None = None
    external_early_start: Ints | None = None
    external_late_finish: Ints | None = None
    project_calendar: int = 0
    status: int = NO_DATE
    imposed_finish: int = NO_DATE
    backward_from: int = NO_DATE
    dialect: Dialect = Dialect.MICROSOFT_PROJECT
    progress_mode: ProgressMode = ProgressMode.RETAINED_LOGIC
    deadlines_in_float: bool = True
    critical_threshold: int = 0
    start_lag_from: LagOrigin = LagOrigin.ACTUAL_START
    total_float: FloatKind = FloatKind.SMALLEST
    critical_by: CriticalKind = CriticalKind.TOTAL_FLOAT
    open_ends_critical: bool = False


_RULES = ("Dialect", "ProgressMode", "LagOrigin", "FloatKind", "CriticalKind")
_COLUMNS = tuple(
    item.name for item in fields(ScheduleColumns) if item.type not in ("int", "bool", *_RULES)
)


class Passes(NamedTuple):
    """What the passes took and gave, for the reasons of late dates and floats."""

    tasks: Tasks
    links: Links
    rules: Rules
    first: Dates
    """The forward pass on which the late dates rest."""
    placed: Dates
    """The one from which floats are taken."""
    placed_links: Links
    """Its lags; those of shares of a summary may differ."""
    late: LateDates
    bound: int
    """What bounds every finish."""
    end: int
    """The greatest early finish."""


class Shown(NamedTuple):
    """What holds each row at the dates shown, as the forward pass behind them found it.

    See ``kernels.Dates``.
    """

    held_by: NDArray[np.int16]
    drives: NDArray[np.uint8]
    gate_start: Ints
    gate_finish: Ints
    rest_start: Ints
    rest_finish: Ints
    told: Ints


@dataclass(frozen=True, slots=True, eq=False)
class ScheduleArrays:
    """Dates by row as positions, floats in working minutes of the calendar of the row.

    ``start`` and ``finish`` are the dates to show: the early ones unless a task is as late as
    possible, levelled, or planned back from the finish; ``remaining_start`` is the start of the
    work that is left. Floats are ``UNDEFINED`` where they mean nothing: for what is complete,
    inactive or level of effort. ``driving_link`` is the first link that holds a row by itself,
    -1 if none does. ``held_by`` holds bits of ``kernels.BY_…``, ``drives`` by link whether it
    holds the row it enters. ``end`` is the greatest finish shown.
    """

    early_start: Ints
    early_finish: Ints
    late_start: Ints
    late_finish: Ints
    start: Ints
    finish: Ints
    remaining_start: Ints
    total_float: Ints
    free_float: Ints
    critical: Marks
    longest_path: Marks
    driving_link: NDArray[np.int32]
    duration: Ints
    begin: int
    """Where tasks may begin: the start of the plan, or the first late start where it is
    scheduled from its finish."""
    end: int
    shown: Shown = field(repr=False)
    sequence_gap: Ints = field(repr=False)
    """By link: minutes by which work began or ended before the link allowed it, else 0 or less."""
    conflict_row: Ints = field(repr=False)
    conflict_link: Ints = field(repr=False)
    conflict_gap: Ints = field(repr=False)
    """Links broken by dates set by hand or hard constraints, and by how many minutes."""
    overdue_row: Ints = field(repr=False)
    overdue_gap: Ints = field(repr=False)
    """Rows with a deadline, and the minutes by which they miss it, else 0 or less."""
    passes: Passes | None = field(repr=False)
    """None where they ran in a process apart."""


def _row_number(row: int) -> str:
    return f"in row {row}"


def schedule_arrays(
    shape: Topology,
    calendars: CalendarTables,
    columns: ScheduleColumns,
    *,
    label: Callable[[int], str] = _row_number,
) -> ScheduleArrays:
    """Dates, floats and what drives them, for all rows of a network.

    Parameters
    ----------
    shape : Topology
        From ``build_topology``; keep it as long as outline and links stay.
    calendars : CalendarTables
        Keep it as long as the calendars stay.
    columns : ScheduleColumns
    label : callable, optional
        What the task in a row is called in messages.

    Returns
    -------
    ScheduleArrays

    Raises
    ------
    InvalidInput
        ``schedule.columns`` for columns that do not fit, ``schedule.negative_duration``,
        ``calendar.out_of_range`` and ``calendar.no_working_time`` with the row as the place.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec, compile_calendars
    >>> from pilothouse.engine.network.topology import build_topology
    >>> office = compile_calendars([CalendarSpec(1, "Standard", STANDARD_WEEK)])[1]
    >>> columns = ScheduleColumns(
    ...     start=office.position(datetime(2025, 3, 3, 8)),
    ...     duration=np.array([960, 480, 240]),
    ...     calendar=np.zeros(3, int),
    ...     link_type=np.array([0, 0]),
    ... )
    >>> shape = build_topology([-1, -1, -1], predecessor=[0, 0], successor=[1, 2])
    >>> dates = schedule_arrays(shape, CalendarTables([office]), columns)
    >>> office.instant(int(dates.finish[1]))
    datetime.datetime(2025, 3, 5, 17, 0)
    >>> dates.total_float.tolist()
    [0, 0, 240]

    Notes
    -----
    Critical path method: a forward pass, a backward pass and one over the floats in
    topological order, each a compiled loop with a constant number of calendar steps for every
    task and link: O(n + m). Ties of bounds are all kept as driving. Deterministic.

    References
    ----------
    J. E. Kelley and M. R. Walker, "Critical-path planning and scheduling", Eastern Joint
    Computer Conference, 1959. DOMAIN 4.4 and 4.5.
    """
    calculation = _Calculation(shape, columns, len(calendars.calendars))
    low, high = calculation.positions()
    try:
        calendars.run(low, high, calculation.run)
    except InvalidInput as error:
        row = int(error.places[0])
        raise InvalidInput(error.code, f"Task {label(row)}: {error.message}", (label(row),)) from (
            error
        )
    return calculation.result()


def named_in(
    columns: ScheduleColumns, extent: Callable[[Ints], tuple[int, int]]
) -> tuple[int, int]:
    """The first position named anywhere, and one that most plans end before.

    ``extent`` tells the first and the last of a column, ``FAR`` and ``-FAR`` where there is none.
    """
    named = [columns.start, columns.status, columns.imposed_finish, columns.backward_from]
    low = min(value for value in named if value >= 0)
    high = max(named)
    for column in (
        columns.actual_start,
        columns.actual_finish,
        columns.constraint_date,
        columns.deadline,
        columns.resume,
        columns.pinned_start,
        columns.pinned_finish,
        columns.expected_finish,
        columns.external_early_start,
        columns.external_late_finish,
    ):
        if column is not None:
            first, last = extent(_cells(column, np.int64))
            low, high = min(low, first), max(high, last)
    return low, high + 365 * 1440


def attempt(
    shape: Topology, columns: ScheduleColumns, calendars: int, book: Book
) -> ScheduleArrays | None:
    """``schedule_arrays`` over a book of so many calendars; None where it does not hold enough."""
    calculation = _Calculation(shape, columns, calendars)
    calculation.run(book)
    return None if book[CODE] else calculation.result()


class _Calculation:
    """One calculation; ``run`` may be called again with a wider book."""

    def __init__(self, shape: Topology, columns: ScheduleColumns, calendars: int) -> None:
        self.shape, self.columns = shape, columns
        self.rows, self.links = len(shape.parent), len(shape.target)
        _check(columns, self.rows, self.links, calendars)
        self.microsoft = columns.dialect is Dialect.MICROSOFT_PROJECT
        self.flags = np.empty(self.rows, np.int32)
        codes = self._codes()
        self.any = kernels_rows.mark_rows(shape, codes, _BOOK, self.microsoft, self.flags)
        self.leveled = len(codes.delay) > 0 and bool((codes.delay > 0).any())
        # Of a link the code of its type is its kind.
        self.kind = columns.link_type.astype(np.uint8)
        self.lag = _ints(columns.lag, self.links, 0)
        self.share = _ints(columns.lag_share, self.links, 0)
        self.lag_calendar = np.ascontiguousarray(
            np.full(self.links, -1) if columns.lag_calendar is None else columns.lag_calendar,
            np.int32,
        )
        self.from_rest = self._count_from_rest()
        links = Links(self.kind, self.lag, self.lag_calendar, self.share)
        self.calendar = np.ascontiguousarray(columns.calendar, np.int32)
        kernels_rows.mark_links(shape, self.flags, links, _SPECIAL)

    def _codes(self) -> RowCodes:
        columns = self.columns
        return RowCodes(
            _cells(columns.state, np.int8),
            _cells(columns.constraint, np.int8),
            _cells(columns.constraint_date, np.int64),
            _cells(columns.hard, np.bool_),
            _cells(columns.by_hand, np.bool_),
            _cells(columns.effort, np.bool_),
            _cells(columns.inactive, np.bool_),
            self._open_ended() if columns.open_ends_critical else np.zeros(0, np.bool_),
            _cells(columns.pinned_start, np.int64),
            _cells(columns.deadline, np.int64),
            _cells(columns.resume, np.int64),
            _cells(columns.delay, np.int64),
            _cells(columns.expected_finish, np.int64),
            _cells(columns.external_early_start, np.int64),
            _cells(columns.external_late_finish, np.int64),
        )

    def _count_from_rest(self) -> Marks | None:
        """Links whose lag runs from the rest of what has begun; of it what the work done left."""
        columns, source = self.columns, self.shape.source
        if columns.start_lag_from is LagOrigin.ACTUAL_START or not self.any & kernels.IN_PROGRESS:
            return None
        begun: Marks = self.flags & kernels.IN_PROGRESS != 0
        found: Marks = (self.kind == kernels.FROM_START) & np.append(begun, np.zeros_like(begun))[
            source
        ]
        done = columns.duration.copy()
        if columns.remaining is not None:
            done -= columns.remaining
        left = self.lag - done[source % self.rows]
        self.stated_lag = self.lag
        self.lag = np.where(found & (self.lag > 0), np.maximum(left, 0), self.lag)
        self.kind[found] |= kernels.FROM_REST
        return found

    def _open_ended(self) -> Marks:
        """Rows that no link leaves, nor the summaries above them."""
        led = np.zeros(self.rows, np.bool_)
        led[self.shape.source % self.rows] = True
        for row, above in enumerate(self.shape.parent.tolist()):
            if above >= 0:
                led[row] |= led[above]
        return ~led

    def positions(self) -> tuple[int, int]:
        """The first position named anywhere, and one that most plans end before."""
        return named_in(self.columns, kernels_rows.extent)

    def run(self, book: Book) -> None:
        """All passes over one book; stops where one leaves it."""
        self.book = book
        steps = (
            self._begin,
            self._forward,
            self._backward,
            self._put_back,
            self._floats,
            self._shown,
        )
        for step in steps:
            step()
            if book[CODE]:
                return
        self._reports()

    def _begin(self) -> None:
        columns, rows = self.columns, self.rows
        duration = _ints(columns.duration, rows, 0, copy=True)
        remaining = _ints(columns.remaining, rows, 0, copy=bool(self.any & kernels.EXPECTED))
        if columns.remaining is None:
            remaining = duration.copy()
            if self.any & (kernels.COMPLETE | kernels.SUMMARY):
                remaining[(self.flags & (kernels.COMPLETE | kernels.SUMMARY)) != 0] = 0
        self.nothing = np.zeros(rows, np.int64)

        def column(values: Ints | None) -> Ints:
            return self.nothing if values is None else _ints(values, rows, 0)

        self.tasks = Tasks(
            self.flags,
            self.calendar,
            remaining,
            duration,
            column(columns.actual_start),
            column(columns.actual_finish),
            column(columns.constraint_date),
            column(columns.deadline),
            column(columns.resume),
            column(columns.pinned_start),
            column(columns.pinned_finish),
            column(columns.delay),
            column(columns.expected_finish),
            column(columns.external_early_start),
            column(columns.external_late_finish),
        )
        self.link_columns = Links(self.kind, self.lag.copy(), self.lag_calendar, self.share)
        self.rules = self._rules(columns.start)
        self.base = (self.shape, self.book, self.tasks, self.link_columns, self.rules)
        if columns.backward_from >= 0:
            late = self._late_dates()
            none = self._dates(0)
            kernels.backward(*self.base, none, late, columns.backward_from, False)
            self.rules = self._rules(int(late.start.min()))
            self.base = (*self.base[:4], self.rules)

    def _rules(self, start: int) -> Rules:
        columns = self.columns
        return Rules(
            columns.project_calendar,
            start,
            columns.status if columns.status >= 0 else -FAR,
            self.microsoft,
            columns.progress_mode is ProgressMode.PROGRESS_OVERRIDE,
            columns.deadlines_in_float,
            columns.dialect is Dialect.PRIMAVERA,
            columns.total_float is FloatKind.START,
            columns.total_float is FloatKind.FINISH,
        )

    def _pass(
        self,
        tasks: Tasks,
        links: Links,
        leveled: bool,
        late: LateDates | None = None,
        settled: bool = False,
    ) -> Dates:
        dates = self._dates(self.links)
        bounds = np.empty(self.links, np.int64)
        self.driving = np.full(self.rows, -1, np.int32)
        kernels.forward(
            self.shape,
            self.book,
            tasks,
            links,
            self.rules,
            dates,
            bounds,
            self.driving,
            leveled,
            self._late_dates() if late is None else late,
            late is not None,
            settled,
        )
        return dates

    def _column(self, bits: int) -> Ints:
        """A column that is looked at in rows with one of these flags only."""
        return np.zeros(self.rows, np.int64) if self.any & bits else self.nothing

    def _dates(self, links: int) -> Dates:
        rows, summary = self.rows, kernels.SUMMARY
        return Dates(
            np.zeros(rows, np.int64),
            np.zeros(rows, np.int64),
            np.zeros(rows, np.int64),
            self._column(kernels.HARD),
            np.zeros(rows, np.int64) if self.leveled else self.nothing,
            self._column(kernels.ALAP),
            self._column(kernels.ALAP),
            self._column(summary),
            self._column(summary),
            self._column(summary),
            self._column(summary),
            self._column(summary),
            self._column(summary),
            np.zeros(rows, np.int16),
            np.zeros(rows, np.int64),
            np.zeros(links, np.uint8),
        )

    def _late_dates(self) -> LateDates:
        rows, summary = self.rows, kernels.SUMMARY
        start, finish, resume, work = (np.zeros(rows, np.int64) for _ in range(4))
        entries = self._column(summary), self._column(summary)
        caps = self._column(summary), self._column(summary)
        return LateDates(start, finish, resume, *entries, *caps, work)

    def _end(self, finish: Ints) -> int:
        """The greatest finish of what counts, else of anything."""
        unheard = kernels.SILENT | kernels.SUMMARY
        if self.any & unheard:
            counted = self.flags & unheard == 0
            if not counted.any():
                counted = self.flags & kernels.SUMMARY == 0
            finish = finish[counted]
        return int(finish.max(initial=-FAR))

    def _forward(self) -> None:
        tasks, links = self.tasks, self.link_columns
        self.early = self.shown = self._pass(tasks, links, self.leveled and self.microsoft)
        self.shown_tasks, self.shown_links = tasks, links
        if self.leveled and not self.microsoft and not self.book[CODE]:
            self._keep_apart()
            self.shown = self._pass(self.shown_tasks, self.shown_links, True, settled=True)
        self.end = self._end(self.early.finish)
        self.bound = max(self.end, self._end(self.shown.finish))
        if self.columns.imposed_finish >= 0:
            self.bound = self.columns.imposed_finish
        elif self.columns.backward_from >= 0:
            self.bound = self.columns.backward_from

    def _backward(self) -> None:
        self.late = self._late_dates()
        kernels.backward(*self.base, self.early, self.late, self.bound, True)

    def _put_back(self) -> None:
        """Microsoft Project uses all float of what is as late as possible; successors move."""
        self.first = self.placed = self.early
        self.placed_tasks, self.placed_links = self.tasks, self.link_columns
        alike = self.microsoft and self.columns.backward_from < 0
        if not (alike and self.any & kernels.ALAP) or self.book[CODE]:
            return
        self._keep_apart()
        self.placed_tasks, self.placed_links = self.shown_tasks, self.shown_links
        self.shown = self.placed = self._pass(
            self.shown_tasks, self.shown_links, self.leveled, self.late, settled=True
        )
        put = self.shown.held_by == kernels.BY_LATENESS
        self.early = _copied(self.shown)
        self.early.start[put] = self.shown.own_start[put]
        self.early.finish[put] = self.shown.own_finish[put]
        if self.any & kernels.EFFORT:
            kernels.follow(self.shape, self.tasks, self.shown, self.late)

    def _keep_apart(self) -> None:
        """A pass writes durations of summaries and lags that are shares of them."""
        tasks, links = self.tasks, self.link_columns
        self.shown_tasks = tasks._replace(duration=tasks.duration.copy())
        self.shown_links = links._replace(lag=links.lag.copy())

    def _floats(self) -> None:
        self.total = np.full(self.rows, UNDEFINED)
        self.free = np.full(self.rows, UNDEFINED)
        inputs = self.shape, self.book, self.placed_tasks, self.placed_links, self.rules
        kernels.measure(*inputs, self.placed, self.late, self.end, self.total, self.free)
        threshold = self.columns.critical_threshold
        self.critical = (self.total <= threshold) & (self.total > UNDEFINED)
        self._spare_placeholders()
        if not self.microsoft and self.any & kernels.SUMMARY:
            kernels.spread(self.shape, self.critical)

    def _spare_placeholders(self) -> None:
        """What lacks dates and duration is never critical in Microsoft Project."""
        if self.microsoft and self.columns.placeholder is not None:
            self.critical &= ~self.columns.placeholder

    def _shown(self) -> None:
        """The dates to show after ALAP, or the late ones where a plan runs from its finish."""
        shape = self.shape
        if self.columns.backward_from >= 0:
            self.shown = _copied(self.shown)
            # Where late dates come before the early ones, they would break what leads there.
            moved = (self.flags & _FIXED == 0) & (self.late.finish >= self.shown.finish)
            self.shown.start[moved] = self.shown.resume[moved] = self.late.start[moved]
            self.shown.finish[moved] = self.late.finish[moved]
            self.shown.held_by[moved] = kernels.BY_PROJECT_FINISH
        elif self.any & kernels.ALAP and not self.microsoft:
            self.shown = _copied(self.shown)
            kernels.put_off(
                shape,
                self.book,
                self.shown_tasks,
                self.shown_links,
                self.rules,
                self.shown,
                self.late,
                self.bound,
            )
        else:
            return
        tasks = self.shown_tasks
        self.shown_tasks = tasks._replace(duration=tasks.duration.copy())
        kernels.roll_up_all(
            shape, self.book, self.shown_tasks, self.rules, self.shown.start, self.shown.finish
        )
        self.driving[self.shown.held_by & kernels.BY_LINK == 0] = -1

    def _reports(self) -> None:
        shape, tasks, links, shown = self.shape, self.shown_tasks, self.shown_links, self.shown
        self.last = self._end(shown.finish)
        on_path = np.zeros(3 * self.rows, np.bool_)
        stack = np.empty(3 * self.rows, np.int64)
        kernels.longest_path(
            shape, self.book, tasks, links, self.rules, shown, self.last, on_path, stack
        )
        self.on_path = on_path[: self.rows]
        if self.columns.critical_by is CriticalKind.LONGEST_PATH:
            self.critical = self.on_path & (self.total > UNDEFINED)
            self._spare_placeholders()
            if self.any & kernels.SUMMARY:
                kernels.spread(shape, self.critical)
        self.gaps = np.zeros(self.links, np.int64)
        begun = kernels.COMPLETE | kernels.IN_PROGRESS
        if self.any & begun:
            stated = links
            if self.from_rest is not None:
                lag = np.where(self.from_rest, self.stated_lag, links.lag)
                kind = links.kind & ~np.uint8(kernels.FROM_REST)
                kind[self.from_rest & (lag != 0)] |= np.uint8(kernels.LAGGED)
                stated = links._replace(kind=kind, lag=lag)
            kernels.sequence_gaps(shape, self.book, tasks, stated, shown, self.gaps)
        self.conflicts = _three(0)
        if self.any & (kernels.PINNED | kernels.HARD):
            held = np.flatnonzero(
                (self.flags & (kernels.PINNED | kernels.HARD) != 0)
                & (self.flags & (kernels.SUMMARY | kernels.INACTIVE | begun) == 0)
            )
            inputs = (shape, self.book, tasks, links, shown, held)
            count = kernels.conflicts(*inputs, *self.conflicts)
            self.conflicts = _three(count)
            kernels.conflicts(*inputs, *self.conflicts)
        self.due = np.zeros(0, np.int64)
        if self.any & kernels.DEADLINE:
            due = self.flags & (kernels.DEADLINE | kernels.INACTIVE) == kernels.DEADLINE
            self.due = np.flatnonzero(due)
        self.overdue = np.zeros(len(self.due), np.int64)
        if len(self.due):
            kernels.overdue(self.book, tasks, shown.finish, self.due, self.overdue)

    def result(self) -> ScheduleArrays:
        """What the last run found."""
        early, late, shown = self.early, self.late, self.shown
        return ScheduleArrays(
            early.start,
            early.finish,
            late.start,
            late.finish,
            shown.start,
            shown.finish,
            shown.resume,
            self.total,
            self.free,
            self.critical,
            self.on_path,
            self.driving,
            self.shown_tasks.duration,
            self.rules.start,
            self.last,
            Shown(*(getattr(shown, name) for name in Shown._fields)),
            self.gaps,
            *self.conflicts,
            self.due,
            self.overdue,
            Passes(
                self.tasks,
                self.link_columns,
                self.rules,
                self.first,
                self.placed,
                self.placed_links,
                late,
                self.bound,
                self.end,
            ),
        )


def _cells(values: NDArray[Any] | None, kind: type[Scalar]) -> NDArray[Scalar]:
    """A column as the kernels take it; one without cells for none."""
    return np.zeros(0, kind) if values is None else np.ascontiguousarray(values, kind)


def _ints(values: Ints | None, count: int, neutral: int, *, copy: bool = False) -> Ints:
    if values is None:
        return np.full(count, neutral, np.int64)
    found = np.ascontiguousarray(values, np.int64)
    return found.copy() if copy else found


def _three(count: int) -> tuple[Ints, Ints, Ints]:
    return np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)


def _copied(dates: Dates) -> Dates:
    """The dates of a pass with columns of their own where showing changes them."""
    return dates._replace(
        start=dates.start.copy(),
        finish=dates.finish.copy(),
        resume=dates.resume.copy(),
        entry_start=dates.entry_start.copy(),
        entry_finish=dates.entry_finish.copy(),
        held_by=dates.held_by.copy(),
    )


def _check(columns: ScheduleColumns, rows: int, links: int, calendars: int) -> None:
    """Refuse columns of the wrong length, and numbers out of their range."""
    by_link = ("link_type", "lag", "lag_calendar", "lag_share")
    for name in _COLUMNS:
        values = getattr(columns, name)
        count = links if name in by_link else rows
        if values is not None and np.shape(values) != (count,):
            raise _misfit(name, f"has the shape {np.shape(values)}, not ({count},)")
    for name, least, most in (
        ("calendar", 0, calendars - 1),
        ("lag_calendar", -1, calendars - 1),
        ("link_type", 0, len(LINK_TYPES) - 1),
        ("constraint", 0, len(CONSTRAINTS) - 1),
        ("state", 0, len(STATES) - 1),
        ("lag", -MOST_MINUTES, MOST_MINUTES),
        ("lag_share", -MOST_MINUTES, MOST_MINUTES),
        ("delay", -MOST_MINUTES, MOST_MINUTES),
        ("duration", 0, MOST_MINUTES),
        ("remaining", 0, MOST_MINUTES),
    ):
        values = getattr(columns, name)
        if values is None or not len(values):
            continue
        low, high = kernels_rows.extremes(values)
        if low < least or high > most:
            raise _misfit(name, f"goes from {low} to {high}")
    if not 0 <= columns.project_calendar < calendars:
        raise _misfit("project_calendar", f"is {columns.project_calendar}")


def _misfit(name: str, what: str) -> InvalidInput:
    return InvalidInput(
        "schedule.columns",
        f"The column ‘{name}’ {what}; see ScheduleColumns for what it takes.",
        (name,),
    )
