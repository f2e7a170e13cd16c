# SPDX-License-Identifier: Apache-2.0
"""The passes of the critical path method over arrays.

Positions are wall-clock minutes since 1900. ``nothing`` in a cell is not looked at where the
flags of its row or link say so. What a pass means: docs/methods/critical-path.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import borrowing, inlined
from pilothouse.engine.calendars.kernels import (
    CODE,
    END,
    FAR,
    FIRST,
    HEAD,
    HEADS,
    NODE,
    SEGMENT,
    START,
    WORD,
    add_at,
    diff_at,
    finish_at,
    finish_in,
    locate,
    reach,
    return_to,
    start_at,
    start_in,
    sub_at,
    work_in,
    work_until,
    worked_by,
)
from pilothouse.engine.network.topology import Topology

Book = NDArray[np.int32]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]

# Flags of a row.
SUMMARY, COMPLETE, IN_PROGRESS, PINNED, EFFORT, SILENT, INACTIVE, MANUAL = (
    1 << bit for bit in range(8)
)
"""``PINNED``: dates that nothing moves. ``EFFORT``: level of effort. ``SILENT``: drives nothing."""
EARLY_START, EARLY_FINISH, LATE_START, LATE_FINISH = (1 << bit for bit in range(8, 12))
"""Which ends of a task its constraint bounds, from below and from above."""
HARD, PINS, ALAP, DEADLINE, RESUMES, DELAYED, OPEN = (1 << bit for bit in range(12, 19))
EXPECTED, OUTER_START, OUTER_FINISH = (1 << bit for bit in range(19, 22))
"""``PINS``: a hard constraint fixes both passes. ``DELAYED``: by levelling, in early dates too.
``OPEN``: late dates are the early ones, for want of a successor. ``EXPECTED``: what remains
lasts until its expected finish. ``OUTER_START``, ``OUTER_FINISH``: bounded by another project."""

# Kinds of a link.
FROM_START, TO_FINISH, LAGGED, QUIET, SPECIAL, FROM_REST = (1 << bit for bit in range(6))
"""``QUIET``: the predecessor drives nothing. ``SPECIAL``: backwards it is more than the start
of a task that is not begun. ``FROM_REST``: from where the rest of begun work starts."""

# What holds a row where it is.
BY_LINK, BY_GATE_START, BY_GATE_FINISH, BY_CONSTRAINT, BY_PROJECT, BY_STATUS = (
    1 << bit for bit in range(6)
)
BY_RESUME, BY_ACTUAL, BY_HAND, BY_DELAY, BY_LATENESS, BY_PROJECT_FINISH, BY_OUTER = (
    1 << bit for bit in range(6, 13)
)

MILLION = 1_000_000
TWO_WEEKS = 20160
"""A bound further from the start than this is not taken for what holds it."""


class Tasks(NamedTuple):
    """Columns by row; int64, ``flags`` and ``calendar`` int32."""

    flags: NDArray[np.int32]
    calendar: NDArray[np.int32]
    remaining: Ints
    """Written where it lasts until an expected finish."""
    duration: Ints
    """Written for summaries, level of effort and expected finishes."""
    actual_start: Ints
    actual_finish: Ints
    constraint: Ints
    deadline: Ints
    resume: Ints
    pinned_start: Ints
    pinned_finish: Ints
    delay: Ints
    expected: Ints
    outer_start: Ints
    outer_finish: Ints


class Links(NamedTuple):
    """Columns by link."""

    kind: NDArray[np.uint8]
    """uint8"""
    lag: Ints
    """int64, minutes; written where it is a share of a summary."""
    calendar: NDArray[np.int32]
    """-1 where a lag is elapsed."""
    share: Ints
    """int64, millionths of the duration of a summary; 0 for other links."""


class Rules(NamedTuple):
    """What holds for the whole plan."""

    project: int
    start: int
    status: int
    """Where work that remains may begin at the earliest, ``-FAR`` if anywhere."""
    microsoft: bool
    override: bool
    """Progress override instead of retained logic."""
    deadlines: bool
    """Deadlines bound late dates."""
    primavera: bool
    start_float: bool
    finish_float: bool
    """Total float is that of the start, or of the finish, and not the lesser of both."""


class Dates(NamedTuple):
    """Results of a forward pass, by row unless said otherwise; zero before it."""

    start: Ints
    finish: Ints
    resume: Ints
    """Start of the work that remains; the start itself where nothing is done."""
    broken: Ints
    """Minutes by which the logic exceeds a hard constraint."""
    told: Ints
    """Where a levelling delay led."""
    own_start: Ints
    own_finish: Ints
    """Where the logic puts what is as late as possible."""
    gate_start: Ints
    gate_finish: Ints
    """Of summaries: the bounds on every row below, ``-FAR`` for none."""
    rest_start: Ints
    rest_finish: Ints
    """Those on rows below that have begun: of links from what is not complete."""
    entry_start: Ints
    entry_finish: Ints
    """See ``enter``; known after the floats."""
    held_by: NDArray[np.int16]
    """int16, what holds a row."""
    work: Ints
    """Work of the row's calendar before its finish; not known for pinned or complete rows, for
    summaries and under hard constraints."""
    drives: NDArray[np.uint8]
    """uint8, by link: 1 where it holds the row it enters, if that is held by links; for a gate 1
    where it is the strongest bound there, and 2 where it is that for rows that have begun."""


class LateDates(NamedTuple):
    """Results of the backward pass, by row; int64."""

    start: Ints
    finish: Ints
    resume: Ints
    entry_start: Ints
    entry_finish: Ints
    """See ``enter``."""
    cap: Ints
    start_cap: Ints
    """Of summaries what bounds the finish, and the start, of every row below."""
    work: Ints
    """Work of the row's calendar before its finish; known where that of the early dates is."""


@inlined
def failed(book: Book, row: int) -> bool:
    """Whether a step left the book; notes the row."""
    if book[CODE] == 0:
        return False
    book[NODE] = row
    return True


@borrowing
def lagged(book: Book, calendar: int, lag: int, position: int) -> int:
    """The bound on the end that a link enters from the end that it leaves."""
    return position + lag if calendar < 0 else add_at(book, calendar, position, lag)


@borrowing
def lagged_back(book: Book, calendar: int, lag: int, position: int) -> int:
    """The bound on the end that a link leaves from the end that it enters."""
    if calendar < 0:
        return position - lag
    if lag >= 0:
        return sub_at(book, calendar, position, lag)
    if start_at(book, calendar, position) != position:
        # From the minute after, a lead would lead over the closed hours to a later start.
        lag += 1
    # Backwards a lead leads to the end of an interval; what goes on until the next one begins
    # is led there too.
    return start_at(book, calendar, sub_at(book, calendar, position, lag))


@borrowing
def snapped(book: Book, calendar: int, position: int) -> int:
    """Where a milestone stands: in or at the border of working time, else the next start."""
    following = start_at(book, calendar, position)
    if following == position or finish_at(book, calendar, position) == position:
        return position
    return following


@borrowing
def share_of(duration: int, share: int) -> int:
    """A share in millionths, half away from zero."""
    amount = abs(duration * share) + MILLION // 2
    return amount // MILLION if duration * share > 0 else -(amount // MILLION)


@inlined
def bound_of(
    shape: Topology, book: Book, links: Links, dates: Dates, link: int, source: int
) -> int:
    """Where a link allows the end that it enters, ``-FAR`` if it does not count."""
    rows = len(shape.parent)
    kind, row = links.kind[link], source
    if kind & QUIET:
        return -FAR
    if row >= rows:
        row -= rows
    position = dates.start[row] if kind & FROM_START else dates.finish[row]
    if kind & FROM_REST:
        position = dates.resume[row]
    if kind & LAGGED:
        return lagged(book, links.calendar[link], links.lag[link], position)
    return int(position)


@inlined
def roll(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    dates: Dates,
    row: int,
    number: int,
) -> None:
    """R-CPM-04: a summary runs from the first start to the last finish of its children."""
    if tasks.flags[row] & PINNED:
        dates.start[row], dates.finish[row] = tasks.pinned_start[row], tasks.pinned_finish[row]
    else:
        roll_up(shape, tasks, dates.start, dates.finish, row)
    dates.resume[row] = dates.start[row]
    duration = diff_at(book, rules.project, dates.start[row], dates.finish[row])
    tasks.duration[row] = duration
    for at in range(shape.out_first[number], shape.out_first[number + 1]):
        link = shape.out_link[at]
        if links.share[link] != 0:
            links.lag[link] = share_of(duration, links.share[link])


@inlined
def roll_up(shape: Topology, tasks: Tasks, starts: Ints, finishes: Ints, row: int) -> None:
    """The least start and the greatest finish of the children that are active, else of all."""
    first, last = FAR, -FAR
    any_first, any_last = FAR, -FAR
    for at in range(shape.child_first[row], shape.child_first[row + 1]):
        child = shape.child[at]
        any_first, any_last = min(any_first, starts[child]), max(any_last, finishes[child])
        if not tasks.flags[child] & INACTIVE:
            first, last = min(first, starts[child]), max(last, finishes[child])
    if first == FAR:
        first, last = any_first, any_last
    starts[row], finishes[row] = first, last


@inlined
def gate(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    dates: Dates,
    bounds: Ints,
    row: int,
    number: int,
) -> None:
    """Bounds on a summary hold for every row below it."""
    rows, above = len(shape.parent), shape.parent[row]
    start, finish, rest_start, rest_finish = -FAR, -FAR, -FAR, -FAR
    if above >= 0:
        start, finish = dates.gate_start[above], dates.gate_finish[above]
        rest_start, rest_finish = dates.rest_start[above], dates.rest_finish[above]
    for at in range(shape.in_first[number], shape.in_first[number + 1]):
        link = shape.in_link[at]
        source = shape.in_source[at]
        binds = source >= rows or not tasks.flags[source] & COMPLETE
        bounds[at] = bound_of(shape, book, links, dates, link, source)
        if links.kind[link] & TO_FINISH:
            finish = max(finish, bounds[at])
            if binds:
                rest_finish = max(rest_finish, bounds[at])
        else:
            start = max(start, bounds[at])
            if binds:
                rest_start = max(rest_start, bounds[at])
    if tasks.flags[row] & EARLY_START:
        start = max(start, tasks.constraint[row])
    dates.gate_start[row], dates.gate_finish[row] = start, finish
    dates.rest_start[row], dates.rest_finish[row] = rest_start, rest_finish
    for at in range(shape.in_first[number], shape.in_first[number + 1]):
        link = shape.in_link[at]
        source = shape.in_source[at]
        binds = source >= rows or not tasks.flags[source] & COMPLETE
        strongest, of_rest = start, rest_start
        if links.kind[link] & TO_FINISH:
            strongest, of_rest = finish, rest_finish
        mark = 0
        if bounds[at] > -FAR and bounds[at] == strongest:
            mark = 1
        if bounds[at] > -FAR and bounds[at] == of_rest and binds:
            mark += 2
        dates.drives[link] = mark


@borrowing
def hardened(book: Book, tasks: Tasks, row: int, start: int, finish: int) -> tuple[int, int, bool]:
    """Dates under a hard constraint, which holds against the logic, and whether it does."""
    flags, calendar, left = tasks.flags[row], tasks.calendar[row], tasks.remaining[row]
    date = tasks.constraint[row]
    if flags & LATE_START and (flags & EARLY_START or diff_at(book, calendar, date, start) > 0):
        fixed = start_at(book, calendar, date) if left else snapped(book, calendar, date)
        return fixed, add_at(book, calendar, fixed, left), True
    if flags & LATE_FINISH and (flags & EARLY_FINISH or diff_at(book, calendar, date, finish) > 0):
        fixed = finish_at(book, calendar, date) if left else snapped(book, calendar, date)
        return sub_at(book, calendar, fixed, left), fixed, True
    return start, finish, False


@borrowing
def left_until_expected(book: Book, tasks: Tasks, row: int, latest: int) -> int:
    """What remains of a task that lasts from a bound on its start to its expected finish.

    A hard constraint on the start moves it from there.
    """
    flags, calendar, date = tasks.flags[row], tasks.calendar[row], tasks.constraint[row]
    hard = flags & HARD and flags & LATE_START and not flags & IN_PROGRESS
    if hard and (flags & EARLY_START or diff_at(book, calendar, date, latest) > 0):
        latest = date
    return max(0, diff_at(book, calendar, latest, tasks.expected[row]))


@inlined
def placed(book: Book, calendar: int, left: int, latest: int) -> tuple[int, int, int, int]:
    """Start, finish and work before it of what remains under a bound, and from where on bounds
    hold it there."""
    if left == 0:
        start = snapped(book, calendar, latest)
        segment = locate(book, calendar, start)
        finish, work = start, work_in(book, segment, start)
    else:
        segment = locate(book, calendar, latest)
        start = start_in(book, calendar, segment, latest)
        finish, work = start + left, work_in(book, segment, start) + left
        if finish >= (book[segment + END] & WORD):
            finish = reach(book, calendar, segment, start, work)
    hold = start
    if (book[segment + START] & WORD) >= start:
        # Nothing is worked between the end before and the start.
        hold = start - TWO_WEEKS
        if segment > book[HEADS + HEAD * calendar + FIRST]:
            hold = max(hold, (book[segment - SEGMENT + END] & WORD))
    return start, finish, work, min(hold, latest)


@inlined
def placed_back(book: Book, calendar: int, left: int, latest: int) -> tuple[int, int, int]:
    """The last start and finish of what remains under a bound, and the work before it."""
    segment = locate(book, calendar, latest)
    finish = finish_in(book, calendar, segment, latest)
    work = work_in(book, segment, latest)
    if left > 0:
        if (book[segment + START] & WORD) <= finish - left:
            return finish - left, finish, work
        return return_to(book, calendar, segment, finish, work - left), finish, work
    # A milestone may also stand where work begins.
    if (book[segment + START] & WORD) <= latest:
        finish = latest
    return finish, finish, work


@inlined
def in_links(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    dates: Dates,
    bounds: Ints,
    row: int,
    number: int,
    with_done: bool,
) -> tuple[int, int]:
    """Bounds of the links of a row: the latest start and the latest finish.

    They are kept in ``bounds``; links that do not count are ``-FAR`` there.
    """
    rows = len(shape.parent)
    start, finish = -FAR, -FAR
    for at in range(shape.in_first[number], shape.in_first[number + 1]):
        link, source = shape.in_link[at], shape.in_source[at]
        if not with_done and source < rows and tasks.flags[source] & COMPLETE:
            bounds[at] = -FAR
            continue
        position = bound_of(shape, book, links, dates, link, source)
        if links.kind[link] & TO_FINISH:
            if position > -FAR:
                finish = max(finish, position)
        else:
            start = max(start, position)
        bounds[at] = position
    return start, finish


@inlined
def led_from_before(
    shape: Topology, links: Links, dates: Dates, number: int, position: int
) -> bool:
    """Whether a link to a row leaves what starts before a position."""
    rows = len(shape.parent)
    for at in range(shape.in_first[number], shape.in_first[number + 1]):
        link, source = shape.in_link[at], shape.in_source[at]
        row = source if source < rows else source - rows
        if not links.kind[link] & QUIET and dates.start[row] < position:
            return True
    return False


@inlined
def drive(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    dates: Dates,
    bounds: Ints,
    driving: NDArray[np.int32],
    row: int,
    number: int,
    hold: int,
) -> None:
    """Mark the links that hold a row: those that reach its hold.

    ``driving`` is -1, and gets the first of them; one to its start before one to its finish.
    """
    first = -1
    for at in range(shape.in_first[number], shape.in_first[number + 1]):
        link = shape.in_link[at]
        position, kind = bounds[at], links.kind[link]
        if kind & TO_FINISH and position > -FAR:
            hammock = tasks.flags[row] & (EFFORT | IN_PROGRESS) == EFFORT
            left = tasks.remaining[row]
            position = -FAR if hammock else sub_at(book, tasks.calendar[row], position, left)
        drives = position >= hold
        dates.drives[link] = drives
        if drives and (first < 0 or (links.kind[first] & TO_FINISH and not kind & TO_FINISH)):
            first = link
    if first >= 0:
        dates.held_by[row] |= BY_LINK
        driving[row] = first


@borrowing
def forward(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    dates: Dates,
    bounds: Ints,
    driving: NDArray[np.int32],
    leveled: bool,
    late: LateDates,
    lately: bool,
    settled: bool,
) -> None:
    """Earliest dates in topological order, and what holds them.

    ``bounds`` has a cell for every link; for ``driving`` see ``drive``. With ``leveled`` the
    levelling delays are added, so that successors follow the delayed tasks. With ``lately`` what
    is as late as possible lies at its ``late`` dates, and successors follow it too. With
    ``settled`` expected finishes have set what remains in another pass. Bounds on a finish become
    bounds on a start in the task's calendar; all that hold the start are kept.
    """
    rows = len(shape.parent)
    first = start_at(book, rules.project, rules.start)
    early = False
    for number in range(len(shape.order)):
        row = shape.order[number]
        if row >= rows:
            row -= rows
            roll(shape, book, tasks, links, rules, dates, row, number)
            early |= dates.start[row] < first
            if failed(book, row):
                return
            continue
        flags = tasks.flags[row]
        if flags & SUMMARY:
            gate(shape, book, tasks, links, dates, bounds, row, number)
            if failed(book, row):
                return
            continue
        if flags & COMPLETE:
            dates.start[row] = tasks.actual_start[row]
            dates.finish[row] = dates.resume[row] = tasks.actual_finish[row]
            dates.held_by[row] = BY_ACTUAL
            early |= dates.start[row] < first
            continue
        if flags & PINNED:
            dates.start[row] = dates.resume[row] = tasks.pinned_start[row]
            dates.finish[row] = tasks.pinned_finish[row]
            dates.held_by[row] = BY_HAND
            early |= dates.start[row] < first
            continue
        calendar, left, above = tasks.calendar[row], tasks.remaining[row], shape.parent[row]
        begun = (flags & IN_PROGRESS) != 0
        hammock = flags & (EFFORT | IN_PROGRESS) == EFFORT
        led_to = -FAR
        start, finish, gate_start, gate_finish = -FAR, -FAR, -FAR, -FAR
        if begun:
            done = tasks.duration[row] - left
            led_to = add_at(book, calendar, tasks.actual_start[row], done)
        goes_on = left > 0 or (flags & EXPECTED) != 0
        linked = not begun or (goes_on and not rules.override)
        if linked:
            start, finish = in_links(
                shape, book, tasks, links, dates, bounds, row, number, not begun
            )
            if above >= 0 and begun:
                gate_start, gate_finish = dates.rest_start[above], dates.rest_finish[above]
            elif above >= 0:
                gate_start, gate_finish = dates.gate_start[above], dates.gate_finish[above]
        latest = max(start, gate_start)
        status = rules.status
        project = -FAR
        if begun:
            if not goes_on:
                status = -FAR
                latest = led_to
            else:
                if flags & RESUMES:
                    latest = max(latest, tasks.resume[row])
                if status > -FAR:
                    led_to = -FAR
                    status = max(status, tasks.actual_start[row])
                latest = max(latest, led_to)
        else:
            if flags & EARLY_START:
                latest = max(latest, tasks.constraint[row])
            project = first
            if rules.microsoft and latest > -FAR:
                # A constraint may take a task before the project, and its successors follow it.
                before = early and led_from_before(shape, links, dates, number, first)
                if flags & EARLY_START or before:
                    project = -FAR
            latest = max(latest, project)
            if flags & OUTER_START:
                latest = max(latest, tasks.outer_start[row])
            if flags & EARLY_FINISH:
                finish = max(finish, tasks.constraint[row])
        latest = max(latest, status)
        if flags & EXPECTED and not settled:
            done = tasks.duration[row] - left
            left = left_until_expected(book, tasks, row, latest)
            tasks.remaining[row], tasks.duration[row] = left, done + left
        finish = max(finish, gate_finish)
        if hammock:
            # R-CPM-04: level of effort runs from its start drivers to its finish drivers.
            resume = start_at(book, calendar, latest)
            if finish > -FAR:
                finish = max(resume, finish_at(book, calendar, finish))
            else:
                finish = add_at(book, calendar, resume, left)
            tasks.duration[row] = diff_at(book, calendar, resume, finish)
            hold = latest
        else:
            if finish > -FAR:
                latest = max(latest, sub_at(book, calendar, finish, left))
            resume, finish, dates.work[row], hold = placed(book, calendar, left, latest)
        held = 0
        if gate_start >= hold:
            held |= BY_GATE_START
        if hammock:
            gate_finish = -FAR
        if gate_finish > -FAR and sub_at(book, calendar, gate_finish, left) >= hold:
            held |= BY_GATE_FINISH
        if not begun:
            if flags & EARLY_START and tasks.constraint[row] >= hold:
                held |= BY_CONSTRAINT
            if (
                flags & EARLY_FINISH
                and not hammock
                and sub_at(book, calendar, tasks.constraint[row], left) >= hold
            ):
                held |= BY_CONSTRAINT
            if project >= hold:
                held |= BY_PROJECT
            if flags & OUTER_START and tasks.outer_start[row] >= hold:
                held |= BY_OUTER
        else:
            if flags & RESUMES and goes_on and tasks.resume[row] >= hold:
                held |= BY_RESUME
            if led_to >= hold:
                held |= BY_ACTUAL
        if status >= hold:
            held |= BY_STATUS
        if leveled and tasks.delay[row] > 0 and not begun and not hammock:
            dates.told[row] = resume + tasks.delay[row]
            resume, finish, dates.work[row], hold = placed(book, calendar, left, dates.told[row])
            held, linked = BY_DELAY, False
        if begun:
            dates.start[row] = tasks.actual_start[row]
        else:
            if flags & HARD and not hammock:
                logic = finish
                resume, finish, fixed = hardened(book, tasks, row, resume, finish)
                if fixed:
                    held, linked = BY_CONSTRAINT, False
                dates.broken[row] = max(0, diff_at(book, calendar, finish, logic))
            if flags & ALAP and lately:
                dates.own_start[row], dates.own_finish[row] = resume, finish
                if not flags & SILENT and diff_at(book, calendar, finish, late.finish[row]) > 0:
                    resume, finish = late.resume[row], late.finish[row]
                    dates.work[row], held, linked = late.work[row], BY_LATENESS, False
            dates.start[row] = resume
        dates.resume[row], dates.finish[row], dates.held_by[row] = resume, finish, held
        early |= dates.start[row] < first
        if linked:
            drive(shape, book, tasks, links, dates, bounds, driving, row, number, hold)
        if failed(book, row):
            return


@inlined
def deaf(tasks: Tasks, rules: Rules, row: int) -> bool:
    """Whether links say nothing any more to a task, or nothing that counts."""
    flags = tasks.flags[row]
    if flags & (SILENT | COMPLETE):
        return True
    if not flags & IN_PROGRESS:
        return False
    return bool(rules.override or (tasks.remaining[row] == 0 and not flags & EXPECTED))


@inlined
def last_finish(book: Book, tasks: Tasks, row: int, position: int) -> int:
    """How far a bound on a finish may reach without moving it.

    A link to a finish holds in the working time of the successor: what goes on while the
    successor is closed delays nothing. A milestone stands where it is driven to.
    """
    if tasks.remaining[row] == 0:
        return position
    return start_at(book, tasks.calendar[row], position)


@inlined
def enter(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    rules: Rules,
    starts: Ints,
    finishes: Ints,
    entry_start: Ints,
    entry_finish: Ints,
    row: int,
) -> None:
    """Where links to a summary may lead at the latest: what they allow every row below.

    ``FAR`` where no row below listens to links. The entries of summaries below are known.
    """
    start, finish = FAR, FAR
    for at in range(shape.child_first[row], shape.child_first[row + 1]):
        child = shape.child[at]
        if tasks.flags[child] & SUMMARY:
            start, finish = min(start, entry_start[child]), min(finish, entry_finish[child])
        elif not deaf(tasks, rules, child):
            delay = tasks.delay[child] if tasks.flags[child] & DELAYED else 0
            start = min(start, starts[child] - delay)
            last = last_finish(book, tasks, child, finishes[child])
            finish = min(finish, last - delay)
    entry_start[row], entry_finish[row] = start, finish


@inlined
def allowed(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    link: int,
    row: int,
    starts: Ints,
    finishes: Ints,
    entry_start: Ints,
    entry_finish: Ints,
) -> int:
    """Latest end that a link to a row leaves so that the end it enters stays where it is.

    ``FAR`` if the link does not count.
    """
    kind, position = links.kind[link], starts[row]
    if kind & SPECIAL:
        flags = tasks.flags[row]
        if flags & SUMMARY:
            position = entry_finish[row] if kind & TO_FINISH else entry_start[row]
        elif deaf(tasks, rules, row):
            position = FAR
        else:
            if kind & TO_FINISH:
                position = finishes[row]
                source, calendar = shape.source[link], tasks.calendar[row]
                same = source < len(shape.parent) and tasks.calendar[source] == calendar
                same = same and tasks.remaining[source] > 0
                lag = links.lag[link]
                elsewhere = lag != 0 and links.calendar[link] != calendar
                if not same or lag < 0 or elsewhere or kind & FROM_START or flags & DELAYED:
                    position = last_finish(book, tasks, row, position)
            if flags & DELAYED:
                position -= tasks.delay[row]
    if kind & LAGGED and position < FAR:
        return lagged_back(book, links.calendar[link], links.lag[link], position)
    return int(position)


@inlined
def start_within(book: Book, calendar: int, left: int, position: int) -> int:
    """The last start that is not after a position: none begins outside working time."""
    if left == 0 or start_at(book, calendar, position) == position:
        return position
    return finish_at(book, calendar, position) - 1


@inlined
def caps(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    early: Dates,
    late: LateDates,
    row: int,
    number: int,
    informed: bool,
) -> None:
    """What the successors and the dates of a summary allow every row below."""
    above = shape.parent[row]
    cap, start_cap = FAR, FAR
    if above >= 0:
        cap = late.cap[above]
        if not informed or early.start[row] == early.start[above]:
            start_cap = late.start_cap[above]
    for at in range(shape.out_first[number], shape.out_first[number + 1]):
        link = shape.out_link[at]
        position = allowed(
            shape,
            book,
            tasks,
            links,
            rules,
            link,
            shape.out_target[at],
            late.resume,
            late.finish,
            late.entry_start,
            late.entry_finish,
        )
        if links.kind[link] & FROM_START:
            start_cap = min(start_cap, position)
        else:
            cap = min(cap, position)
    if tasks.flags[row] & LATE_FINISH:
        cap = min(cap, tasks.constraint[row])
    if tasks.flags[row] & DEADLINE and rules.deadlines:
        cap = min(cap, tasks.deadline[row])
    late.cap[row], late.start_cap[row] = cap, start_cap


@inlined
def roll_late(shape: Topology, tasks: Tasks, late: LateDates, row: int) -> None:
    """The span of the late dates of the children that count, else of all."""
    for all_of_them in range(2):
        start, finish = FAR, -FAR
        for at in range(shape.child_first[row], shape.child_first[row + 1]):
            child = shape.child[at]
            if all_of_them or not tasks.flags[child] & (SILENT | COMPLETE):
                start = min(start, late.start[child])
                finish = max(finish, late.finish[child])
        if start < FAR:
            break
    late.start[row], late.finish[row] = start, finish


@borrowing
def follow(shape: Topology, tasks: Tasks, dates: Dates, late: LateDates) -> None:
    """Let the late dates of level of effort be its early ones of a later pass."""
    for row in range(len(shape.parent) - 1, -1, -1):
        flags = tasks.flags[row]
        if flags & SUMMARY:
            roll_late(shape, tasks, late, row)
        elif flags & (EFFORT | COMPLETE) == EFFORT:
            late.start[row], late.resume[row] = dates.start[row], dates.resume[row]
            late.finish[row] = dates.finish[row]


@borrowing
def backward(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    early: Dates,
    late: LateDates,
    end: int,
    informed: bool,
) -> None:
    """Latest dates against the topological order; ``end`` bounds every finish.

    ``informed`` says that ``early`` is known: it tells which child of a summary holds its
    start, for links that leave it, and where hard constraints and level of effort stand.
    """
    rows = len(shape.parent)
    for number in range(len(shape.order) - 1, -1, -1):
        row = shape.order[number]
        if row >= rows:
            row -= rows
            caps(shape, book, tasks, links, rules, early, late, row, number, informed)
            if failed(book, row):
                return
            continue
        flags = tasks.flags[row]
        if flags & SUMMARY:
            roll_late(shape, tasks, late, row)
            enter(
                shape,
                book,
                tasks,
                rules,
                late.resume,
                late.finish,
                late.entry_start,
                late.entry_finish,
                row,
            )
            continue
        if flags & COMPLETE:
            late.start[row] = tasks.actual_start[row]
            late.finish[row] = late.resume[row] = tasks.actual_finish[row]
            continue
        if flags & EFFORT and informed:
            late.start[row], late.resume[row] = early.start[row], early.resume[row]
            late.finish[row] = early.finish[row]
            continue
        calendar, left, above = tasks.calendar[row], tasks.remaining[row], shape.parent[row]
        finish, start = end, FAR
        # Microsoft Project does not let the links of its start bound a task set by hand.
        bounded = not flags & IN_PROGRESS and not (flags & MANUAL and rules.microsoft)
        if not flags & SILENT:
            for at in range(shape.out_first[number], shape.out_first[number + 1]):
                link = shape.out_link[at]
                position = allowed(
                    shape,
                    book,
                    tasks,
                    links,
                    rules,
                    link,
                    shape.out_target[at],
                    late.resume,
                    late.finish,
                    late.entry_start,
                    late.entry_finish,
                )
                if not links.kind[link] & FROM_START:
                    finish = min(finish, position)
                elif bounded and position < FAR:
                    start = min(start, start_within(book, calendar, left, position))
        if above >= 0:
            finish = min(finish, late.cap[above])
            cap = late.start_cap[above]
            held = not informed or early.start[row] == early.start[above]
            if cap < FAR and bounded and held:
                start = min(start, start_within(book, calendar, left, cap))
        if flags & LATE_FINISH:
            finish = min(finish, tasks.constraint[row])
        elif flags & LATE_START and not flags & IN_PROGRESS:
            date = tasks.constraint[row]
            start = min(start, date if left > 0 else snapped(book, calendar, date))
        if flags & DEADLINE and rules.deadlines:
            finish = min(finish, tasks.deadline[row])
        if flags & OUTER_FINISH:
            finish = min(finish, tasks.outer_finish[row])
        if start < FAR:
            finish = min(finish, add_at(book, calendar, start, left))
        if flags & OPEN and informed:
            finish = min(finish, early.finish[row])
        if flags & (PINS | PINNED) == PINS and informed:
            finish = early.finish[row]
        resume, finish, late.work[row] = placed_back(book, calendar, left, finish)
        late.finish[row] = finish
        late.resume[row] = resume
        # What has started can start no later than it did.
        late.start[row] = tasks.actual_start[row] if flags & IN_PROGRESS else resume
        if failed(book, row):
            return


@inlined
def nearest(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    early: Dates,
    number: int,
    start: int,
    finish: int,
) -> tuple[int, int]:
    """The lesser of ``start`` and what the links from the start of a place in the order allow,
    and the same of its finish."""
    for at in range(shape.out_first[number], shape.out_first[number + 1]):
        link = shape.out_link[at]
        position = allowed(
            shape,
            book,
            tasks,
            links,
            rules,
            link,
            shape.out_target[at],
            early.resume,
            early.finish,
            early.entry_start,
            early.entry_finish,
        )
        if links.kind[link] & FROM_START:
            start = min(start, position)
        else:
            finish = min(finish, position)
    return start, finish


@borrowing
def measure(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    early: Dates,
    late: LateDates,
    end: int,
    total: Ints,
    free: Ints,
) -> None:
    """R-CPM-01: total and free float of what counts; other cells stay as they are.

    Microsoft Project looks at the task's own links, gives a task without any its total float,
    never shows more than that and never less than none. The standard dialect also looks at
    the links of the summaries above and measures to ``end``, the greatest early finish, where
    there are none.
    """
    rows = len(shape.parent)
    for row in range(rows - 1, -1, -1):
        if tasks.flags[row] & SUMMARY:
            enter(
                shape,
                book,
                tasks,
                rules,
                early.resume,
                early.finish,
                early.entry_start,
                early.entry_finish,
                row,
            )
    for number in range(len(shape.order)):
        node = shape.order[number]
        row = node if node < rows else node - rows
        flags, calendar = tasks.flags[row], tasks.calendar[row]
        if flags & (SILENT | COMPLETE) or (flags & SUMMARY and node < rows):
            continue
        if flags & (SUMMARY | PINNED | HARD):
            float_ = diff_at(book, calendar, early.finish[row], late.finish[row])
            if early.broken[row] > 0 and not rules.primavera:
                float_ = -early.broken[row]
            elif not (flags & IN_PROGRESS or rules.finish_float) and (
                early.start[row] != early.finish[row] or late.start[row] != late.finish[row]
            ):
                by_start = diff_at(book, calendar, early.start[row], late.start[row])
                float_ = by_start if rules.start_float else min(float_, by_start)
        else:
            float_ = late.work[row] - early.work[row]
        total[row] = float_
        if rules.microsoft and float_ <= 0:
            free[row] = 0
            continue
        start, finish = nearest(shape, book, tasks, links, rules, early, number, FAR, FAR)
        moves = not flags & (SUMMARY | PINNED | IN_PROGRESS)
        above = -1 if rules.microsoft else shape.parent[row]
        while above >= 0:
            place = shape.place[rows + above]
            start, finish = nearest(shape, book, tasks, links, rules, early, place, start, finish)
            above = shape.parent[above]
        if moves and start < FAR:
            start = start_within(book, calendar, tasks.remaining[row], start)
        least = FAR
        # The start of what has begun is not moved any more.
        if start < FAR and not flags & IN_PROGRESS:
            if flags & (SUMMARY | PINNED | HARD):
                least = diff_at(book, calendar, early.start[row], start)
            elif start != early.start[row]:
                begun = early.work[row] - tasks.remaining[row]
                least = work_until(book, calendar, start) - begun
            else:
                least = 0
        if finish < FAR and finish != early.finish[row]:
            if flags & (SUMMARY | PINNED | HARD):
                slack = diff_at(book, calendar, early.finish[row], finish)
            else:
                slack = work_until(book, calendar, finish) - early.work[row]
            least = min(least, slack)
        elif finish < FAR:
            least = min(least, 0)
        if rules.microsoft:
            free[row] = max(0, min(least, float_))
        elif least < FAR:
            free[row] = least
        else:
            free[row] = diff_at(book, calendar, early.finish[row], end)
        if failed(book, row):
            return


@borrowing
def put_off(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    dates: Dates,
    late: LateDates,
    end: int,
) -> None:
    """Move tasks that are to be as late as possible by what delays no successor (R-CPM-05).

    ``dates`` holds the scheduled dates and is changed.
    """
    rows = len(shape.parent)
    for number in range(len(shape.order) - 1, -1, -1):
        row = shape.order[number]
        if row >= rows:
            continue
        flags, calendar, left = tasks.flags[row], tasks.calendar[row], tasks.remaining[row]
        if flags & SUMMARY:
            enter(
                shape,
                book,
                tasks,
                rules,
                dates.resume,
                dates.finish,
                dates.entry_start,
                dates.entry_finish,
                row,
            )
        if not flags & ALAP or flags & (SUMMARY | COMPLETE | IN_PROGRESS | PINNED | SILENT):
            continue
        limit, at, above = min(end, late.finish[row]), number, shape.parent[row]
        while at >= 0:
            for out in range(shape.out_first[at], shape.out_first[at + 1]):
                link = shape.out_link[out]
                position = allowed(
                    shape,
                    book,
                    tasks,
                    links,
                    rules,
                    link,
                    shape.out_target[out],
                    dates.resume,
                    dates.finish,
                    dates.entry_start,
                    dates.entry_finish,
                )
                if position < FAR and links.kind[link] & FROM_START:
                    start = start_within(book, calendar, left, position)
                    position = add_at(book, calendar, start, left)
                limit = min(limit, position)
            at = -1
            if above >= 0:
                at, above = shape.place[rows + above], shape.parent[above]
        if diff_at(book, calendar, dates.finish[row], limit) > 0:
            start, finish, _ = placed_back(book, calendar, left, limit)
            dates.start[row] = dates.resume[row] = start
            dates.finish[row], dates.held_by[row] = finish, BY_LATENESS
        if failed(book, row):
            return


@borrowing
def roll_up_all(
    shape: Topology, book: Book, tasks: Tasks, rules: Rules, starts: Ints, finishes: Ints
) -> None:
    """Span every summary, but one with dates set by hand, over its children; with its duration."""
    for row in range(len(shape.parent) - 1, -1, -1):
        if tasks.flags[row] & SUMMARY and not tasks.flags[row] & PINNED:
            roll_up(shape, tasks, starts, finishes, row)
            tasks.duration[row] = diff_at(book, rules.project, starts[row], finishes[row])
    failed(book, 0)


@inlined
def has_active(shape: Topology, tasks: Tasks, row: int) -> bool:
    """Whether a summary has a child that is active: then only those make its dates."""
    for at in range(shape.child_first[row], shape.child_first[row + 1]):
        if not tasks.flags[shape.child[at]] & INACTIVE:
            return True
    return False


@inlined
def reach_back(
    shape: Topology,
    tasks: Tasks,
    on_path: Marks,
    stack: Ints,
    depth: int,
    link: int,
    from_start: int,
) -> int:
    """Put what a driving link leaves on the stack; gives the new depth."""
    rows = len(shape.parent)
    node = shape.source[link]
    if node >= rows and from_start:
        node += rows
    if not on_path[node]:
        on_path[node] = True
        stack[depth] = node
        return depth + 1
    return depth


@inlined
def reach_back_at(
    shape: Topology,
    tasks: Tasks,
    links: Links,
    dates: Dates,
    on_path: Marks,
    stack: Ints,
    depth: int,
    number: int,
    end: int,
    mark: int,
) -> int:
    """Put on the stack what the driving links of one kind into a place in the order leave."""
    for at in range(shape.in_first[number], shape.in_first[number + 1]):
        link = shape.in_link[at]
        if dates.drives[link] & mark and (links.kind[link] & TO_FINISH) == end:
            from_start = links.kind[link] & FROM_START
            depth = reach_back(shape, tasks, on_path, stack, depth, link, from_start)
    return depth


@borrowing
def longest_path(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    rules: Rules,
    dates: Dates,
    end: int,
    on_path: Marks,
    stack: Ints,
) -> None:
    """Walk back over driving links from the tasks that finish last (R-CPM-02).

    ``on_path`` and ``stack`` have three cells for every row. The first third of ``on_path``
    then tells which rows lie on a longest path, tasks and summaries with dates set by hand;
    behind other summaries lie those whose dates are theirs.
    """
    rows = len(shape.parent)
    depth = 0
    last = worked_by(book, rules.project, end)
    for row in range(rows):
        if dates.finish[row] >= last and not tasks.flags[row] & (SUMMARY | SILENT):
            on_path[row], stack[depth] = True, row
            depth += 1
    while depth > 0:
        depth -= 1
        node = stack[depth]
        row = node % rows
        if node >= rows and not tasks.flags[row] & PINNED:
            ends = dates.start if node >= 2 * rows else dates.finish
            any_active = has_active(shape, tasks, row)
            for at in range(shape.child_first[row], shape.child_first[row + 1]):
                child = shape.child[at]
                if ends[child] != ends[row] or (any_active and tasks.flags[child] & INACTIVE):
                    continue
                if tasks.flags[child] & SUMMARY:
                    child += node - row
                if not on_path[child]:
                    on_path[child], stack[depth] = True, child
                    depth += 1
            continue
        on_path[row] = True
        held, number = dates.held_by[row], shape.place[row]
        if tasks.flags[row] & SUMMARY:
            continue
        if held & BY_LINK:
            for end_kind in (0, TO_FINISH):
                depth = reach_back_at(
                    shape, tasks, links, dates, on_path, stack, depth, number, end_kind, 1
                )
        mark = 2 if tasks.flags[row] & IN_PROGRESS else 1
        for by, end_kind in ((BY_GATE_START, 0), (BY_GATE_FINISH, TO_FINISH)):
            if mark == 2:
                gates = dates.rest_finish if end_kind else dates.rest_start
            else:
                gates = dates.gate_finish if end_kind else dates.gate_start
            above = shape.parent[row] if held & by else -1
            strongest = gates[above] if above >= 0 else 0
            while above >= 0 and gates[above] == strongest:
                depth = reach_back_at(
                    shape,
                    tasks,
                    links,
                    dates,
                    on_path,
                    stack,
                    depth,
                    shape.place[above],
                    end_kind,
                    mark,
                )
                above = shape.parent[above]
    failed(book, 0)


@borrowing
def sequence_gaps(
    shape: Topology, book: Book, tasks: Tasks, links: Links, dates: Dates, gaps: Ints
) -> None:
    """R-PRG-03: by link, the minutes by which work began, or ended, before it was allowed."""
    for link in range(len(shape.target)):
        row, kind = shape.target[link], links.kind[link]
        flags = tasks.flags[row]
        if not flags & (COMPLETE | IN_PROGRESS) or (kind & TO_FINISH and not flags & COMPLETE):
            continue
        position = bound_of(shape, book, links, dates, link, shape.source[link])
        if position > -FAR:
            actual = tasks.actual_finish[row] if kind & TO_FINISH else tasks.actual_start[row]
            gaps[link] = diff_at(book, tasks.calendar[row], actual, position)
        if failed(book, row):
            return


@borrowing
def conflicts(
    shape: Topology,
    book: Book,
    tasks: Tasks,
    links: Links,
    dates: Dates,
    rows_held: Ints,
    row_of: Ints,
    link_of: Ints,
    gaps: Ints,
) -> int:
    """R-CPM-05: by how much dates set by hand, or hard constraints, break the links.

    Gives the number of broken links; their rows, numbers and minutes are written where there
    is room, so that a call with no room counts them.
    """
    count = 0
    for row in rows_held:
        at = row
        while at >= 0:
            number = shape.place[at]
            for entry in range(shape.in_first[number], shape.in_first[number + 1]):
                link = shape.in_link[entry]
                position = bound_of(shape, book, links, dates, link, shape.source[link])
                if position == -FAR:
                    continue
                end = dates.finish[row] if links.kind[link] & TO_FINISH else dates.start[row]
                gap = diff_at(book, tasks.calendar[row], end, position)
                if gap > 0:
                    if count < len(gaps):
                        row_of[count], link_of[count], gaps[count] = row, link, gap
                    count += 1
            at = shape.parent[at]
        if failed(book, row):
            return count
    return count


@borrowing
def overdue(book: Book, tasks: Tasks, finishes: Ints, rows_bound: Ints, gaps: Ints) -> None:
    """Working minutes by which each of some rows finishes after its deadline."""
    for number in range(len(rows_bound)):
        row = rows_bound[number]
        gaps[number] = diff_at(book, tasks.calendar[row], tasks.deadline[row], finishes[row])
    failed(book, 0)


@borrowing
def spread(shape: Topology, critical: Marks) -> None:
    """A summary is critical if any of its children is (R-CPM-04)."""
    for row in range(len(shape.parent) - 1, -1, -1):
        if shape.child_first[row] < shape.child_first[row + 1]:
            critical[row] = False
            for at in range(shape.child_first[row], shape.child_first[row + 1]):
                if critical[shape.child[at]]:
                    critical[row] = True
