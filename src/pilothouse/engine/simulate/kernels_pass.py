# SPDX-License-Identifier: Apache-2.0
"""The critical path of a block of iterations: forward, backward, and who is critical.

Rows are nodes in topological order, columns the iterations of the block. Times are work: minutes
of the node's own calendar since its days begin in the grid. A link within one calendar is then
an addition and a comparison. Where times must meet on the clock, at links between calendars,
for milestones on them, summaries and hard constraints, a node has rows of positions as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import borrowing, inlined, kernel
from pilothouse.engine.calendars.kernels_grid import (
    BEYOND,
    FOLDED,
    HEAD,
    Grid,
    add_at,
    begin_at,
    begins,
    end_at,
    ends,
    finish_at,
    stand_at,
    stand_back,
    start_at,
    work_until,
    works,
)
from pilothouse.engine.simulate.kernels_draw import LANES

NEVER = -BEYOND
"""A bound that binds nothing."""

LEAF, GATE, ROLL = range(3)
WAITING, STARTED, PINNED, HAMMOCK = range(4)
SOFT, HARD_START, HARD_LATEST_START, HARD_FINISH, HARD_LATEST_FINISH = range(5)
SMALLEST, BY_START, BY_FINISH = range(3)
FROM_START, TO_FINISH, FROM_REST = 1, 2, 4
"""Flags of links. ``FROM_REST``: from where the rest of begun work starts, by what is left of the
lag after the work done."""

Ints = NDArray[np.int32]
Lanes = NDArray[np.int32]


KIND, MODE, CALENDAR, FLOOR, FLOOR_FINISH, GATE_ABOVE, ROLL_ABOVE, FIRST, CAP, CAP_START = range(10)
HARD, DATE, FIXED, FIXED_FINISH, DONE, SILENT, DELAY, LOOSE, OPEN, SPARED, LATELY = range(10, 21)
ENTERING, LEAVING, WITHIN = range(21, 24)
"""Columns of nodes. ``FLOOR`` and ``FLOOR_FINISH`` are bounds that do not move; of a ROLL the ends
of children that do not move. ``GATE_ABOVE`` and ``ROLL_ABOVE`` are nodes of the summary above or
-1. ``FIRST`` is the project's start where a task may begin before it if a predecessor does, else
NEVER. ``CAP`` and ``CAP_START`` bound the late dates. ``HARD`` goes with ``DATE``. ``FIXED`` and
``FIXED_FINISH`` are dates that stand: of what has begun the actual start, and where the work that
is done ended. ``DONE`` minutes lie before those that remain. ``SILENT`` does not count for the
finish, ``SPARED`` is never critical; ``DELAY`` is by levelling. Bounds on a summary's start say
nothing to the late dates of what is ``LOOSE``; what is ``OPEN`` finishes at the latest when it does
at the earliest; what is ``LATELY`` lies at its late dates. ``ENTERING``, ``LEAVING`` and ``WITHIN``
say where the node's links in, its places in ``left`` and in ``children`` begin, of a GATE those
that links bound; a last row closes them."""
NODE_COLUMNS = 24
SOURCE, TARGET, LAG, FLAGS, ZONE = range(5)
"""Columns of links; ``ZONE`` is the calendar of the lag, -1 for elapsed time."""
SHARE, PER = range(2)
"""A lag of SHARE/PER of the predecessor; 0 of one in minutes."""
EARLY, LATE, FLOOR_WORK, FINISH_WORK, CAP_WORK, CAP_START_WORK = range(6)
START_AT, FINISH_AT, LATE_START_AT, LATE_FINISH_AT = range(6, 10)
"""Columns of forms. ``EARLY`` and ``LATE`` are 1 where a pass needs no position; then the bounds
are there as work. The others are rows of positions, -1 where nobody asks for them."""
FORM_COLUMNS = 10
ENTERS, LEAVES = range(2)
"""Columns of ways, by link: how it bounds its target, and its source."""
PLAIN, DIRECT, SHIFTED, ACROSS = range(4)
"""Ways: the finish and a constant lag within one calendar; anything else within one; backwards
from a start in another calendar by a constant lag; over positions."""


class Course(NamedTuple):
    """The network of a plan, by node in topological order.

    ``nodes`` (n + 1, 24), ``links`` (m, 5) and ``shares`` (m, 2) have the columns above, and so
    have ``forms`` (n, 10) and ``ways`` (m, 2) after ``settle``. ``left`` are links that bound
    backwards, ``children`` nodes, both by node; ``counted`` the leaves that make the finish,
    ``last`` those of them that no other follows. ``project`` is the project's calendar in
    ``grid``. ``fixed_end`` is the last finish that does not move, ``imposed`` that of the plan or
    BEYOND, ``threshold`` the float of what is critical. ``levelled`` is 1 where levelling delays
    move the dates that are shown, and not the early ones. ``float_by`` says which difference of
    late and early dates is the float, ``breaks`` whether a broken hard constraint lowers it, and
    ``by_path`` whether instead of it the longest path tells what is critical; ``lately`` whether
    there is anything that is LATELY.
    """

    nodes: Ints
    links: Ints
    shares: NDArray[np.int64]
    left: Ints
    children: Ints
    counted: Ints
    project: int
    fixed_end: int
    imposed: int
    threshold: int
    levelled: int
    float_by: int
    breaks: int
    by_path: int
    lately: int
    grid: Grid
    forms: Ints
    ways: Ints
    last: Ints


class Dates(NamedTuple):
    """Scratch of one block: rows by LANES.

    ``minutes``, ``work`` (of early finishes) and ``late`` (of late starts) have a row for each
    node, the positions those that ``forms`` names, ``caps`` one for each calendar with the bound
    on late finishes as work, the rest one; ``latest`` is that bound as a position.
    """

    minutes: NDArray[np.int32]
    work: NDArray[np.int32]
    late: NDArray[np.int32]
    starts: NDArray[np.int32]
    finishes: NDArray[np.int32]
    late_starts: NDArray[np.int32]
    late_finishes: NDArray[np.int32]
    caps: NDArray[np.int32]
    bound: Lanes
    bound_finish: Lanes
    other: NDArray[np.int32]
    end: NDArray[np.int32]
    latest: NDArray[np.int32]


def new_dates(course: Course, like: Dates | None = None) -> Dates:
    """Scratch for one thread; with the durations of ``like``, and the late dates."""
    nodes = len(course.nodes) - 1

    def rows(count: int) -> NDArray[np.int32]:
        return np.zeros((count, LANES), np.int32)

    places: list[int] = (course.forms[:, START_AT:].max(axis=0, initial=-1) + 1).tolist()
    return Dates(
        rows(nodes) if like is None else like.minutes,
        rows(nodes),
        rows(nodes),
        rows(places[0]),
        rows(places[1]),
        rows(places[2]) if like is None else like.late_starts,
        rows(places[3]) if like is None else like.late_finishes,
        rows(len(course.grid.heads) // HEAD),
        np.zeros(LANES, np.int32),
        np.zeros(LANES, np.int32),
        rows(1),
        rows(1),
        rows(1),
    )


def new_shown(course: Course, dates: Dates) -> Dates:
    """Those that are shown: ``dates`` themselves where nothing moves them."""
    return new_dates(course, dates) if course.levelled or course.lately else dates


@kernel
def settle(course: Course, least: NDArray[np.int32], wanted: NDArray[np.bool_]) -> Ints:
    """Fill ``forms`` and ``ways``, and give the leaves that make the finish.

    ``least`` (n,) are the fewest minutes of each node, ``wanted`` (n,) whose finish is asked for.
    A milestone stands where its bound does, which work alone does not tell; so what may take no
    time needs the positions before it, if somebody asks for its own.
    """
    nodes, links, forms, ways = course.nodes, course.links, course.forms, course.ways
    count = nodes.shape[0] - 1
    asked = np.zeros((count, 4), np.bool_)
    # Late dates first: they are asked for from the front.
    for node in range(count):
        _settle_late(course, least, asked, node)
    counts = np.zeros(count, np.bool_)
    for place in range(course.counted.shape[0]):
        counts[course.counted[place]] = True
    followed = np.zeros(count, np.bool_)
    for link in range(nodes[count, ENTERING]):
        target = links[link, TARGET]
        if (
            counts[target]
            and nodes[target, KIND] == LEAF
            and nodes[target, HARD] == SOFT
            and nodes[target, MODE] in (WAITING, STARTED)
            and not _may_be_over(course, least, target)
            and not links[link, FLAGS] & (FROM_START | TO_FINISH)
            and links[link, LAG] >= 0
            and course.shares[link, SHARE] >= 0
        ):
            followed[links[link, SOURCE]] = True
    number = 0
    for node in range(count):
        if counts[node] and not followed[node]:
            number += 1
    last = np.zeros(number, np.int32)
    number = 0
    for node in range(count):
        if counts[node] and not followed[node]:
            last[number] = node
            number += 1
            folded = course.grid.heads[HEAD * nodes[node, CALENDAR] + FOLDED]
            asked[node, 1] |= least[node] == 0 or folded
        asked[node, 1] |= wanted[node]
    for node in range(count - 1, -1, -1):
        if course.by_path:
            asked[node, 0] = asked[node, 1] = True
        _settle_early(course, least, asked, node)
    for column in range(4):
        row = 0
        for node in range(count):
            forms[node, START_AT + column] = -1
            if asked[node, column]:
                forms[node, START_AT + column] = row
                row += 1
    for node in range(count):
        _settle_bounds(course, node)
    for link in range(links.shape[0]):
        ways[link, ENTERS] = _way_in(course, link)
        ways[link, LEAVES] = _way_out(course, least, link)
    return last


@borrowing
def _may_be_over(course: Course, least: NDArray[np.int32], node: int) -> bool:
    """Whether work that has begun may have nothing left, when links bound it no more."""
    return bool(course.nodes[node, MODE] == STARTED and least[node] == 0)


@borrowing
def _within_calendar(course: Course, link: int) -> bool:
    """Whether a link stays within one calendar, in which work and positions go together."""
    nodes, links = course.nodes, course.links
    source, target, zone = links[link, SOURCE], links[link, TARGET], links[link, ZONE]
    calendar = nodes[source, CALENDAR]
    if nodes[source, KIND] != LEAF or nodes[target, KIND] != LEAF:
        return False
    if nodes[target, CALENDAR] != calendar or course.grid.heads[HEAD * calendar + FOLDED]:
        return False
    lagged = links[link, LAG] != 0 or course.shares[link, SHARE] != 0
    return zone == calendar or not lagged


@borrowing
def _way_in(course: Course, link: int) -> int:
    """How a link bounds its target, if that needs no position."""
    source, flags = course.links[link, SOURCE], course.links[link, FLAGS]
    if not _within_calendar(course, link):
        return ACROSS
    if flags & FROM_START and (
        course.nodes[source, MODE] != WAITING or course.nodes[source, HARD] != SOFT
    ):
        return ACROSS
    plain = not flags & (FROM_START | TO_FINISH) and course.shares[link, SHARE] == 0
    return PLAIN if plain else DIRECT


@borrowing
def _way_out(course: Course, least: NDArray[np.int32], link: int) -> int:
    """How a link bounds its source, if that needs no position."""
    nodes, links = course.nodes, course.links
    source, target, flags = links[link, SOURCE], links[link, TARGET], links[link, FLAGS]
    zone, lag, share = links[link, ZONE], links[link, LAG], course.shares[link, SHARE]
    if nodes[target, KIND] != LEAF or _may_be_over(course, least, target):
        return ACROSS
    if nodes[target, DELAY] and not course.levelled:
        return ACROSS
    if not _within_calendar(course, link):
        near = lag == 0 or zone < 0 or (zone == nodes[source, CALENDAR] and lag > 0)
        return SHIFTED if near and share == 0 and not flags & (FROM_START | TO_FINISH) else ACROSS
    if flags & (FROM_START | TO_FINISH) and (
        nodes[target, MODE] not in (WAITING, STARTED) or nodes[target, HARD] != SOFT
    ):
        return ACROSS
    if least[target] == 0 and (flags & FROM_START or lag < 0 or share < 0):
        # A milestone may stand in closed hours, from where such a bound is another.
        return ACROSS
    plain = not flags & (FROM_START | TO_FINISH) and share == 0
    return PLAIN if plain else DIRECT


@borrowing
def _settle_late(
    course: Course, least: NDArray[np.int32], asked: NDArray[np.bool_], node: int
) -> None:
    """Whether late dates of a node need positions, and whose it asks for then."""
    nodes, links, forms = course.nodes, course.links, course.forms
    late = (
        nodes[node, KIND] == LEAF
        and nodes[node, MODE] in (WAITING, STARTED)
        and nodes[node, HARD] == SOFT
        and nodes[node, ROLL_ABOVE] < 0
        and nodes[node, OPEN] == 0
        and nodes[node, LATELY] == 0
        and not (least[node] == 0 and (asked[node, 2] or asked[node, 3]))
    )
    forms[node, LATE] = late
    if not late:
        for column in range(4):
            asked[node, column] = True
    for place in range(nodes[node, LEAVING], nodes[node + 1, LEAVING]):
        link = course.left[place]
        if not late or _way_out(course, least, link) >= SHIFTED:
            column = 3 if links[link, FLAGS] & TO_FINISH else 2
            asked[links[link, TARGET], column] = True
    if nodes[node, KIND] == GATE:
        for place in range(nodes[node, WITHIN], nodes[node + 1, WITHIN]):
            for column in range(2, 4):
                asked[course.children[place], column] = True


@inlined
def _end_left(flags: int) -> int:
    """Where ``asked`` has the end that a link leaves; the rest starts where the finish leads."""
    return 0 if flags & FROM_START and not flags & FROM_REST else 1


@borrowing
def _settle_early(
    course: Course, least: NDArray[np.int32], asked: NDArray[np.bool_], node: int
) -> None:
    """Whether early dates of a node need positions, and whose it asks for then."""
    nodes, links, forms = course.nodes, course.links, course.forms
    early = (
        nodes[node, KIND] == LEAF
        and nodes[node, MODE] in (WAITING, STARTED)
        and nodes[node, HARD] == SOFT
        and nodes[node, GATE_ABOVE] < 0
        and nodes[node, FIRST] == NEVER
        and nodes[node, DELAY] == 0
        and nodes[node, LATELY] == 0
        and not (least[node] == 0 and (asked[node, 0] or asked[node, 1]))
        and not _may_be_over(course, least, node)
    )
    forms[node, EARLY] = early
    if not early:
        asked[node, 0] = asked[node, 1] = True
    for link in range(nodes[node, ENTERING], nodes[node + 1, ENTERING]):
        source = links[link, SOURCE]
        if nodes[node, FIRST] != NEVER:
            asked[source, 0] = True
        if not early or _way_in(course, link) == ACROSS:
            asked[source, _end_left(links[link, FLAGS])] = True
    if nodes[node, KIND] == ROLL:
        for place in range(nodes[node, WITHIN], nodes[node + 1, WITHIN]):
            for column in range(2):
                asked[course.children[place], column] = True


@borrowing
def _settle_bounds(course: Course, node: int) -> None:
    """Bounds that do not move as work of the node's calendar."""
    nodes, forms, grid = course.nodes, course.forms, course.grid
    calendar = nodes[node, CALENDAR]
    for column in range(4):
        at = nodes[node, (FLOOR, FLOOR_FINISH, CAP, CAP_START)[column]]
        if NEVER < at < BEYOND:
            at = work_until(grid, calendar, at)
        forms[node, FLOOR_WORK + column] = at


@kernel
def longest(course: Course, most: NDArray[np.int32]) -> int:
    """A bound on every date if each node takes ``most`` (n,) minutes, without calendars."""
    nodes = course.nodes.shape[0] - 1
    found = np.zeros(nodes, np.int64)
    last = int(course.fixed_end)
    for node in range(nodes):
        at = max(int(course.nodes[node, FLOOR_FINISH]), int(course.nodes[node, FIRST]))
        if course.nodes[node, KIND] != ROLL:
            at = max(at, int(course.nodes[node, FLOOR]))
        if course.nodes[node, GATE_ABOVE] >= 0:
            at = max(at, found[course.nodes[node, GATE_ABOVE]])
        for link in range(course.nodes[node, ENTERING], course.nodes[node + 1, ENTERING]):
            source = course.links[link, SOURCE]
            lag = int(course.links[link, LAG])
            if course.shares[link, SHARE] > 0:
                span = max(found[source], int(course.nodes[source, DONE]) + most[source])
                lag = span * course.shares[link, SHARE] // course.shares[link, PER]
            at = max(at, found[source] + max(0, lag))
        for place in range(course.nodes[node, WITHIN], course.nodes[node + 1, WITHIN]):
            if course.nodes[node, KIND] == ROLL:
                at = max(at, found[course.children[place]])
        at = max(at, int(course.nodes[node, FIXED_FINISH]))
        if course.nodes[node, LATELY] and course.imposed < BEYOND:
            at = max(at, int(course.imposed))
        found[node] = min(at + most[node] + course.nodes[node, DELAY], 1 << 40)
        last = max(last, found[node])
    return last


@borrowing
def _lag(course: Course, dates: Dates, link: int, lane: int) -> int:
    """Minutes of a lag; those in percent follow the predecessor's duration in this iteration."""
    share = course.shares[link, SHARE]
    if share == 0:
        return int(course.links[link, LAG])
    node = course.links[link, SOURCE]
    if course.nodes[node, KIND] == ROLL:
        finish = dates.finishes[course.forms[node, FINISH_AT], lane]
        start = dates.starts[course.forms[node, START_AT], lane]
        minutes = work_until(course.grid, course.project, finish) - work_until(
            course.grid, course.project, start
        )
    else:
        minutes = int(course.nodes[node, DONE]) + dates.minutes[node, lane]
    size = minutes * abs(share)
    found = (2 * size + course.shares[link, PER]) // (2 * course.shares[link, PER])
    if share < 0:
        return int(-found)
    if course.links[link, FLAGS] & FROM_REST:
        found = max(0, found - course.nodes[node, DONE])
    return int(found)


@borrowing
def _rest_at(course: Course, dates: Dates, node: int, lane: int) -> int:
    """Where the work that remains of a node starts."""
    minutes = dates.minutes[node, lane]
    if minutes == 0:
        return int(dates.finishes[course.forms[node, FINISH_AT], lane])
    return begin_at(course.grid, course.nodes[node, CALENDAR], dates.work[node, lane] - minutes)


@borrowing
def _left_from(course: Course, dates: Dates, link: int, lane: int) -> int:
    """Early position of the end that a link leaves."""
    node, flags = course.links[link, SOURCE], course.links[link, FLAGS]
    if flags & FROM_REST:
        return _rest_at(course, dates, node, lane)
    if flags & FROM_START:
        return int(dates.starts[course.forms[node, START_AT], lane])
    return int(dates.finishes[course.forms[node, FINISH_AT], lane])


@borrowing
def led_to(course: Course, dates: Dates, link: int, lane: int) -> int:
    """The bound on the end that a link enters."""
    zone, minutes = course.links[link, ZONE], _lag(course, dates, link, lane)
    at = _left_from(course, dates, link, lane)
    return min(at + minutes, BEYOND) if zone < 0 else add_at(course.grid, zone, at, minutes)


@borrowing
def _enter(course: Course, dates: Dates, link: int) -> None:
    """Raise the bounds of a node, as positions, by one link."""
    bounds = dates.bound_finish if course.links[link, FLAGS] & TO_FINISH else dates.bound
    for lane in range(LANES):
        bounds[lane] = max(int(bounds[lane]), led_to(course, dates, link, lane))


@borrowing
def _enter_directly(course: Course, dates: Dates, link: int) -> None:
    """Raise the bound of a node, as work, by one link within its calendar."""
    flags, source = course.links[link, FLAGS], course.links[link, SOURCE]
    node, bound, minutes = course.links[link, TARGET], dates.bound, dates.minutes
    for lane in range(LANES):
        found = dates.work[source, lane] + _lag(course, dates, link, lane)
        if flags & FROM_START:
            found -= minutes[source, lane]
        if flags & TO_FINISH:
            found -= minutes[node, lane]
        bound[lane] = max(int(bound[lane]), found)


@borrowing
def _enter_across(course: Course, dates: Dates, link: int) -> None:
    """Raise the bound of a node, as work, by one link from another calendar."""
    links, grid, bound, other = course.links, course.grid, dates.bound, dates.other
    flags, source, node = links[link, FLAGS], links[link, SOURCE], links[link, TARGET]
    zone, lag, calendar = links[link, ZONE], links[link, LAG], course.nodes[node, CALENDAR]
    rows = dates.starts if flags & FROM_START else dates.finishes
    row = course.forms[source, START_AT if flags & FROM_START else FINISH_AT]
    more = np.int32(0)
    constant = course.shares[link, SHARE] == 0 and not flags & FROM_REST
    if constant and zone < 0:
        works(grid, calendar, rows, row, lag, other, 0)
    elif constant and zone == calendar:
        works(grid, calendar, rows, row, 0, other, 0)
        more = lag
    else:
        for lane in range(LANES):
            other[0, lane] = work_until(grid, calendar, led_to(course, dates, link, lane))
    if flags & TO_FINISH:
        for lane in range(LANES):
            other[0, lane] -= dates.minutes[node, lane]
    for lane in range(LANES):
        found = np.int32(other[0, lane] + more)
        bound[lane] = found if found > bound[lane] else bound[lane]


@borrowing
def _starts_early(course: Course, dates: Dates, node: int, lane: int) -> bool:
    """Whether a predecessor starts before the project, which lets its successors do so."""
    for link in range(course.nodes[node, ENTERING], course.nodes[node + 1, ENTERING]):
        row = course.forms[course.links[link, SOURCE], START_AT]
        if dates.starts[row, lane] < course.nodes[node, FIRST]:
            return True
    return False


@borrowing
def latest_of(course: Course, dates: Dates, node: int, lane: int) -> int:
    """The latest of the bounds gathered on the start of a leaf, before a levelling delay."""
    nodes, mode, minutes = course.nodes, course.nodes[node, MODE], int(dates.minutes[node, lane])
    if mode == STARTED and minutes == 0:
        # What has nothing left stays where its work ended, whatever its links say.
        return int(nodes[node, FIXED_FINISH])
    bound, finish_bound = int(dates.bound[lane]), int(dates.bound_finish[lane])
    if nodes[node, FIRST] > bound and not _starts_early(course, dates, node, lane):
        bound = int(nodes[node, FIRST])
    if mode != HAMMOCK and finish_bound > NEVER:
        bound = max(bound, add_at(course.grid, nodes[node, CALENDAR], finish_bound, -minutes))
    return bound


@borrowing
def _place(course: Course, dates: Dates, node: int, levelled: bool, lately: bool) -> None:
    """Start and finish of a leaf from the bounds gathered as positions."""
    nodes, grid, minute_rows, work = course.nodes, course.grid, dates.minutes, dates.work
    starts, finishes = dates.starts, dates.finishes
    start_row, finish_row = course.forms[node, START_AT], course.forms[node, FINISH_AT]
    calendar, mode = nodes[node, CALENDAR], nodes[node, MODE]
    delay = nodes[node, DELAY] if levelled and mode == WAITING else 0
    fixed, fixed_finish = nodes[node, FIXED], nodes[node, FIXED_FINISH]
    hard = nodes[node, HARD] if mode == WAITING else SOFT
    date = int(nodes[node, DATE])
    for lane in range(LANES):
        if mode == PINNED:
            starts[start_row, lane] = fixed
            finishes[finish_row, lane] = fixed_finish
            work[node, lane] = work_until(grid, calendar, fixed_finish)
            continue
        minutes = int(minute_rows[node, lane])
        bound = latest_of(course, dates, node, lane)
        if mode == HAMMOCK:
            start, finish_bound = start_at(grid, calendar, bound), int(dates.bound_finish[lane])
            if finish_bound > NEVER:
                finish = max(start, finish_at(grid, calendar, finish_bound))
            else:
                finish = add_at(grid, calendar, start, minutes)
            done = work_until(grid, calendar, finish)
            minute_rows[node, lane] = done - work_until(grid, calendar, start)
        else:
            if delay > 0:
                if minutes:
                    bound = delay + start_at(grid, calendar, bound)
                else:
                    bound = delay + stand_at(grid, calendar, bound)
            if minutes == 0:
                start = stand_at(grid, calendar, bound)
                finish = start
                done = work_until(grid, calendar, start)
            else:
                done = work_until(grid, calendar, bound) + minutes
                start = begin_at(grid, calendar, done - minutes)
                finish = end_at(grid, calendar, done)
        logic = finish
        if hard == HARD_START or (
            hard == HARD_LATEST_START
            and work_until(grid, calendar, start) > work_until(grid, calendar, date)
        ):
            if minutes:
                start = start_at(grid, calendar, date)
            else:
                start = stand_at(grid, calendar, date)
            finish = add_at(grid, calendar, start, minutes)
        elif hard == HARD_FINISH or (
            hard == HARD_LATEST_FINISH
            and work_until(grid, calendar, finish) > work_until(grid, calendar, date)
        ):
            if minutes:
                finish = finish_at(grid, calendar, date)
            else:
                finish = stand_at(grid, calendar, date)
            start = add_at(grid, calendar, finish, -minutes)
        if hard != SOFT:
            done = work_until(grid, calendar, finish)
            dates.late[node, lane] = max(0, work_until(grid, calendar, logic) - done)
        if lately and nodes[node, LATELY]:
            last = int(dates.late_finishes[course.forms[node, LATE_FINISH_AT], lane])
            later = work_until(grid, calendar, last) - done
            dates.late[node, lane] = max(0, later)
            if later > 0:
                start = int(dates.late_starts[course.forms[node, LATE_START_AT], lane])
                finish, done = last, done + later
        work[node, lane] = done
        finishes[finish_row, lane] = finish
        starts[start_row, lane] = fixed if mode == STARTED else start


@borrowing
def forward(course: Course, dates: Dates, levelled: bool, lately: bool) -> None:
    """Early dates of every node from ``dates.minutes``, and the finish of the plan.

    With ``levelled`` levelling delays count. With ``lately`` what is LATELY lies at the late dates
    of an earlier pass, and what follows it moves; ``late`` holds by how much it does. Where a hard
    constraint breaks logic, ``late`` holds by how much until ``backward``.
    """
    minutes, work, bound, forms = dates.minutes, dates.work, dates.bound, course.forms
    nodes, links, ways = course.nodes, course.links, course.ways
    for node in range(nodes.shape[0] - 1):
        if not forms[node, EARLY]:
            if nodes[node, KIND] == ROLL:
                _roll(course, dates, node)
            else:
                _stand(course, dates, node, levelled, lately)
            continue
        floor = forms[node, FLOOR_WORK]
        for lane in range(LANES):
            bound[lane] = floor
        for link in range(nodes[node, ENTERING], nodes[node + 1, ENTERING]):
            if ways[link, ENTERS] == PLAIN:
                source, lag = links[link, SOURCE], links[link, LAG]
                for lane in range(LANES):
                    found = np.int32(work[source, lane] + lag)
                    bound[lane] = found if found > bound[lane] else bound[lane]
            elif ways[link, ENTERS] == DIRECT:
                _enter_directly(course, dates, link)
            else:
                _enter_across(course, dates, link)
        floor = forms[node, FINISH_WORK]
        if floor > NEVER:
            for lane in range(LANES):
                found = np.int32(floor - minutes[node, lane])
                bound[lane] = found if found > bound[lane] else bound[lane]
        for lane in range(LANES):
            work[node, lane] = np.int32(bound[lane] + minutes[node, lane])
        row, calendar = forms[node, FINISH_AT], nodes[node, CALENDAR]
        if row >= 0:
            ends(course.grid, calendar, work, node, dates.finishes, row)
        row = forms[node, START_AT]
        if row >= 0 and nodes[node, MODE] == STARTED:
            for lane in range(LANES):
                dates.starts[row, lane] = nodes[node, FIXED]
        elif row >= 0:
            for lane in range(LANES):
                dates.other[0, lane] = bound[lane]
            begins(course.grid, calendar, dates.other, 0, dates.starts, row)
    _finish(course, dates)


@borrowing
def gather(course: Course, dates: Dates, node: int) -> None:
    """Bounds on the start and on the finish of a leaf or a gate, as positions."""
    nodes, forms, bound, bound_finish = course.nodes, course.forms, dates.bound, dates.bound_finish
    for lane in range(LANES):
        bound[lane] = nodes[node, FLOOR]
        bound_finish[lane] = nodes[node, FLOOR_FINISH]
    gate = nodes[node, GATE_ABOVE]
    if gate >= 0:
        start_row, finish_row = forms[gate, START_AT], forms[gate, FINISH_AT]
        for lane in range(LANES):
            bound[lane] = max(bound[lane], dates.starts[start_row, lane])
            bound_finish[lane] = max(bound_finish[lane], dates.finishes[finish_row, lane])
    for link in range(nodes[node, ENTERING], nodes[node + 1, ENTERING]):
        _enter(course, dates, link)


@borrowing
def _stand(course: Course, dates: Dates, node: int, levelled: bool, lately: bool) -> None:
    """Early dates of a leaf or a gate, over positions."""
    forms = course.forms
    gather(course, dates, node)
    if course.nodes[node, KIND] == GATE:
        start_row, finish_row = forms[node, START_AT], forms[node, FINISH_AT]
        for lane in range(LANES):
            dates.starts[start_row, lane] = dates.bound[lane]
            dates.finishes[finish_row, lane] = dates.bound_finish[lane]
    else:
        _place(course, dates, node, levelled, lately)


@borrowing
def _roll(course: Course, dates: Dates, node: int) -> None:
    """A summary runs from the first start to the last finish of its children."""
    nodes, forms, starts, finishes = course.nodes, course.forms, dates.starts, dates.finishes
    for lane in range(LANES):
        start, finish = nodes[node, FLOOR], nodes[node, FLOOR_FINISH]
        for place in range(nodes[node, WITHIN], nodes[node + 1, WITHIN]):
            child = course.children[place]
            start = min(start, starts[forms[child, START_AT], lane])
            finish = max(finish, finishes[forms[child, FINISH_AT], lane])
        starts[forms[node, START_AT], lane] = start
        finishes[forms[node, FINISH_AT], lane] = finish


@borrowing
def _finish(course: Course, dates: Dates) -> None:
    """The greatest finish of what counts."""
    end, finishes, caps, other = dates.end, dates.finishes, dates.caps, dates.other
    for calendar in range(caps.shape[0]):
        for lane in range(LANES):
            caps[calendar, lane] = NEVER
    for lane in range(LANES):
        end[0, lane] = course.fixed_end
    for place in range(course.last.shape[0]):
        node = course.last[place]
        row, calendar = course.forms[node, FINISH_AT], course.nodes[node, CALENDAR]
        for lane in range(LANES):
            if row >= 0:
                end[0, lane] = max(end[0, lane], finishes[row, lane])
            else:
                caps[calendar, lane] = max(caps[calendar, lane], dates.work[node, lane])
    for calendar in range(caps.shape[0]):
        if caps[calendar, 0] > NEVER:
            ends(course.grid, calendar, caps, calendar, other, 0)
            for lane in range(LANES):
                end[0, lane] = max(end[0, lane], other[0, lane])


@borrowing
def _left_at(course: Course, dates: Dates, link: int, lane: int) -> int:
    """The last position of the end that a link leaves, for which the end it enters stays.

    ``BEYOND`` where what it enters does not listen to links.
    """
    nodes, links, grid = course.nodes, course.links, course.grid
    flags, target, zone = links[link, FLAGS], links[link, TARGET], links[link, ZONE]
    lag = _lag(course, dates, link, lane)
    if flags & TO_FINISH:
        at = int(dates.late_finishes[course.forms[target, LATE_FINISH_AT], lane])
    else:
        at = int(dates.late_starts[course.forms[target, LATE_START_AT], lane])
    if nodes[target, KIND] == LEAF:
        if nodes[target, MODE] == STARTED and dates.minutes[target, lane] == 0:
            return BEYOND
        source, calendar = links[link, SOURCE], nodes[target, CALENDAR]
        if flags & TO_FINISH:
            same = nodes[source, KIND] == LEAF and nodes[source, CALENDAR] == calendar
            same = same and dates.minutes[source, lane] > 0
            elsewhere = lag != 0 and zone != calendar
            delayed = nodes[target, DELAY] > 0 and not course.levelled
            if not same or lag < 0 or elsewhere or flags & FROM_START or delayed:
                at = _last_finish(course, dates, target, lane, at)
        if not course.levelled:
            at -= nodes[target, DELAY]
    elif at >= BEYOND:
        return BEYOND
    return _lagged_back(grid, zone, lag, at)


@borrowing
def _last_finish(course: Course, dates: Dates, node: int, lane: int, position: int) -> int:
    """How far a bound on a finish may reach without moving it, as in the schedule."""
    if dates.minutes[node, lane] == 0:
        return position
    return start_at(course.grid, course.nodes[node, CALENDAR], position)


@borrowing
def _lagged_back(grid: Grid, zone: int, lag: int, position: int) -> int:
    """The bound on the end that a link leaves from the end that it enters."""
    if zone < 0:
        return position - lag
    if lag >= 0:
        return add_at(grid, zone, position, -lag)
    if start_at(grid, zone, position) != position:
        # From the minute after, a lead would lead over the closed hours to a later start.
        lag += 1
    return start_at(grid, zone, add_at(grid, zone, position, -lag))


@borrowing
def _leave(course: Course, dates: Dates, link: int) -> None:
    """Lower the bounds of a node, as positions, by one link that leaves it."""
    nodes, node = course.nodes, course.links[link, SOURCE]
    from_start = course.links[link, FLAGS] & FROM_START
    bounds = dates.bound_finish if from_start else dates.bound
    for lane in range(LANES):
        found = _left_at(course, dates, link, lane)
        if found == BEYOND:
            continue
        if from_start and nodes[node, KIND] == LEAF:
            minutes = dates.minutes[node, lane]
            found = _start_within(course.grid, nodes[node, CALENDAR], minutes, found)
        bounds[lane] = min(int(bounds[lane]), found)


@borrowing
def _leave_directly(course: Course, dates: Dates, link: int) -> None:
    """Lower the bound of a node, as work, by one link within its calendar."""
    flags, target = course.links[link, FLAGS], course.links[link, TARGET]
    node, bound, minutes = course.links[link, SOURCE], dates.bound, dates.minutes
    for lane in range(LANES):
        found = dates.late[target, lane] - _lag(course, dates, link, lane)
        if flags & TO_FINISH:
            found += minutes[target, lane]
        if flags & FROM_START:
            found += minutes[node, lane]
        bound[lane] = min(int(bound[lane]), found)


@borrowing
def _leave_shifted(course: Course, dates: Dates, link: int) -> None:
    """Lower the bound of a node, as work, by the start of a task in another calendar."""
    links, bound, other = course.links, dates.bound, dates.other
    node, elapsed, lag = links[link, SOURCE], links[link, ZONE] < 0, int(links[link, LAG])
    row, later = course.forms[links[link, TARGET], LATE_START_AT], -lag if elapsed else 0
    works(course.grid, course.nodes[node, CALENDAR], dates.late_starts, row, later, other, 0)
    less = np.int32(0 if elapsed else lag)
    for lane in range(LANES):
        found = np.int32(other[0, lane] - less)
        bound[lane] = found if found < bound[lane] else bound[lane]


@borrowing
def _leave_across(course: Course, dates: Dates, link: int) -> None:
    """Lower the bound of a node, as work, by one link over positions."""
    node, flags, grid = course.links[link, SOURCE], course.links[link, FLAGS], course.grid
    calendar, bound = course.nodes[node, CALENDAR], dates.bound
    for lane in range(LANES):
        at, more = _left_at(course, dates, link, lane), 0
        if at == BEYOND:
            continue
        if flags & FROM_START:
            more = int(dates.minutes[node, lane])
            at = _start_within(grid, calendar, more, at)
        bound[lane] = min(int(bound[lane]), work_until(grid, calendar, at) + more)


@borrowing
def _start_within(grid: Grid, calendar: int, minutes: int, position: int) -> int:
    """The last start that is not after a position: none begins outside working time."""
    if minutes == 0 or start_at(grid, calendar, position) == position:
        return position
    return finish_at(grid, calendar, position) - 1


@borrowing
def _bounds(course: Course, dates: Dates, node: int) -> None:
    """Late bounds on the finish (``bound``) and on the start (``bound_finish``) of a node."""
    nodes, forms = course.nodes, course.forms
    cap_start, leaf = int(nodes[node, CAP_START]), nodes[node, KIND] == LEAF
    for lane in range(LANES):
        dates.bound_finish[lane] = cap_start
        if leaf and cap_start < BEYOND and dates.minutes[node, lane] == 0:
            dates.bound_finish[lane] = stand_at(course.grid, nodes[node, CALENDAR], cap_start)
    for place in range(nodes[node, LEAVING], nodes[node + 1, LEAVING]):
        _leave(course, dates, course.left[place])
    roll = nodes[node, ROLL_ABOVE]
    if roll < 0:
        return
    start_row, late_row = forms[node, START_AT], forms[roll, LATE_START_AT]
    for lane in range(LANES):
        latest = dates.late_finishes[forms[roll, LATE_FINISH_AT], lane]
        dates.bound[lane] = min(dates.bound[lane], latest)
        cap = int(dates.late_starts[late_row, lane])
        start = dates.starts[forms[roll, START_AT], lane]
        if cap == BEYOND or nodes[node, LOOSE] or dates.starts[start_row, lane] != start:
            continue
        if leaf:
            minutes = dates.minutes[node, lane]
            cap = _start_within(course.grid, nodes[node, CALENDAR], minutes, cap)
        dates.bound_finish[lane] = min(int(dates.bound_finish[lane]), cap)


@borrowing
def _dated_float(
    course: Course, dates: Dates, node: int, lane: int, start: int, finish: int
) -> int:
    """The total float of what a hard constraint holds, or what stands, from its late dates."""
    nodes, forms, grid = course.nodes, course.forms, course.grid
    calendar, mode = nodes[node, CALENDAR], nodes[node, MODE]
    early_start = int(dates.starts[forms[node, START_AT], lane])
    early_finish = int(dates.finishes[forms[node, FINISH_AT], lane])
    if mode == WAITING and dates.late[node, lane] > 0 and course.breaks:
        return -int(dates.late[node, lane])
    slack = work_until(grid, calendar, finish) - work_until(grid, calendar, early_finish)
    if mode == STARTED or course.float_by == BY_FINISH:
        return slack
    if early_start == early_finish and start == finish:
        return slack
    other = work_until(grid, calendar, start) - work_until(grid, calendar, early_start)
    return other if course.float_by == BY_START else min(slack, other)


@borrowing
def count_critical(
    course: Course, dates: Dates, shown: Dates, width: int, critical: NDArray[np.int64]
) -> None:
    """Who is critical by the late dates of one pass and the early ones of a later one.

    ``critical`` (n,) is raised by the iterations, of the first ``width``, in which a node is.
    """
    nodes, forms = course.nodes, course.forms
    for node in range(nodes.shape[0] - 1):
        mode = nodes[node, MODE]
        if nodes[node, KIND] != LEAF or nodes[node, SPARED] or mode == HAMMOCK:
            continue
        for lane in range(width):
            slack = int(dates.late[node, lane]) + int(dates.minutes[node, lane])
            slack -= int(shown.work[node, lane])
            if nodes[node, HARD] != SOFT or mode == PINNED:
                start = int(dates.late_starts[forms[node, LATE_START_AT], lane])
                finish = int(dates.late_finishes[forms[node, LATE_FINISH_AT], lane])
                slack = _dated_float(course, shown, node, lane, start, finish)
            if slack <= course.threshold:
                critical[node] += 1


@borrowing
def _place_late(
    course: Course, dates: Dates, node: int, width: int, critical: NDArray[np.int64]
) -> None:
    """Late dates of a leaf from the bounds gathered as positions, and whether it is critical."""
    nodes, grid, forms, minute_rows = course.nodes, course.grid, course.forms, dates.minutes
    start_row, finish_row = forms[node, START_AT], forms[node, FINISH_AT]
    late_row, late_finish_row = forms[node, LATE_START_AT], forms[node, LATE_FINISH_AT]
    calendar, mode, hard = nodes[node, CALENDAR], nodes[node, MODE], nodes[node, HARD]
    spared, threshold = nodes[node, SPARED], course.threshold
    for lane in range(LANES):
        early_finish = int(dates.finishes[finish_row, lane])
        early_start = int(dates.starts[start_row, lane])
        if mode == HAMMOCK:
            dates.late_starts[late_row, lane] = early_start
            dates.late_finishes[late_finish_row, lane] = early_finish
            dates.late[node, lane] = work_until(grid, calendar, early_start)
            continue
        minutes = int(minute_rows[node, lane])
        finish, latest = int(dates.bound[lane]), int(dates.bound_finish[lane])
        if latest < BEYOND:
            finish = min(finish, add_at(grid, calendar, latest, minutes))
        if nodes[node, OPEN]:
            finish = min(finish, early_finish)
        if hard in (HARD_START, HARD_FINISH) and mode != PINNED:
            finish = early_finish
        done = work_until(grid, calendar, finish)
        if minutes:
            finish = end_at(grid, calendar, done)
            start = begin_at(grid, calendar, done - minutes)
        else:
            finish = stand_back(grid, calendar, finish)
            start = finish
        slack = done - int(dates.work[node, lane])
        if hard != SOFT or mode == PINNED:
            slack = _dated_float(course, dates, node, lane, start, finish)
        dates.late_starts[late_row, lane] = start
        dates.late_finishes[late_finish_row, lane] = finish
        dates.late[node, lane] = work_until(grid, calendar, start)
        if lane < width and slack <= threshold and not spared:
            critical[node] += 1


@borrowing
def backward(
    course: Course, dates: Dates, shown: Lanes, width: int, critical: NDArray[np.int64]
) -> None:
    """Late dates of every node after ``forward``.

    ``shown`` (1, LANES) are the finishes that are shown, which bound late dates like the early
    ones. ``critical`` (n,) is raised by the iterations, of the first ``width``, in which a node is.
    """
    minutes, work, bound, late = dates.minutes, dates.work, dates.bound, dates.late
    nodes, links, left, forms, ways = (
        course.nodes,
        course.links,
        course.left,
        course.forms,
        course.ways,
    )
    threshold, caps, latest = np.int32(course.threshold), dates.caps, dates.latest
    for lane in range(LANES):
        latest[0, lane] = max(dates.end[0, lane], shown[0, lane])
        if course.imposed < BEYOND:
            latest[0, lane] = course.imposed
    for calendar in range(caps.shape[0]):
        works(course.grid, calendar, latest, 0, 0, caps, calendar)
    for node in range(nodes.shape[0] - 2, -1, -1):
        if not forms[node, LATE]:
            _stand_late(course, dates, node, width, critical)
            continue
        cap, calendar = forms[node, CAP_WORK], nodes[node, CALENDAR]
        for lane in range(LANES):
            bound[lane] = caps[calendar, lane] if caps[calendar, lane] < cap else cap
        for place in range(nodes[node, LEAVING], nodes[node + 1, LEAVING]):
            link = left[place]
            if ways[link, LEAVES] == PLAIN:
                target, lag = links[link, TARGET], links[link, LAG]
                for lane in range(LANES):
                    found = np.int32(late[target, lane] - lag)
                    bound[lane] = found if found < bound[lane] else bound[lane]
            elif ways[link, LEAVES] == DIRECT:
                _leave_directly(course, dates, link)
            elif ways[link, LEAVES] == SHIFTED:
                _leave_shifted(course, dates, link)
            else:
                _leave_across(course, dates, link)
        cap = forms[node, CAP_START_WORK]
        if cap < BEYOND:
            for lane in range(LANES):
                found = np.int32(cap + minutes[node, lane])
                bound[lane] = found if found < bound[lane] else bound[lane]
        for lane in range(LANES):
            late[node, lane] = np.int32(bound[lane] - minutes[node, lane])
        if not nodes[node, SPARED]:
            number = np.int32(0)
            for lane in range(width):
                slack = np.int32(bound[lane] - work[node, lane])
                number = np.int32(number + np.int32(slack <= threshold))
            critical[node] += number
        row = forms[node, LATE_START_AT]
        if row >= 0:
            begins(course.grid, calendar, late, node, dates.late_starts, row)
        row = forms[node, LATE_FINISH_AT]
        if row >= 0:
            for lane in range(LANES):
                dates.other[0, lane] = bound[lane]
            ends(course.grid, calendar, dates.other, 0, dates.late_finishes, row)


@borrowing
def _stand_late(
    course: Course, dates: Dates, node: int, width: int, critical: NDArray[np.int64]
) -> None:
    """Late dates of a node over positions."""
    nodes, forms, bound = course.nodes, course.forms, dates.bound
    start_row, finish_row = forms[node, LATE_START_AT], forms[node, LATE_FINISH_AT]
    if nodes[node, KIND] == GATE:
        _gate(course, dates, node)
    elif nodes[node, KIND] == ROLL:
        for lane in range(LANES):
            bound[lane] = BEYOND
        _bounds(course, dates, node)
        for lane in range(LANES):
            dates.late_starts[start_row, lane] = dates.bound_finish[lane]
            dates.late_finishes[finish_row, lane] = bound[lane]
    else:
        for lane in range(LANES):
            bound[lane] = min(dates.latest[0, lane], nodes[node, CAP])
        _bounds(course, dates, node)
        _place_late(course, dates, node, width, critical)


@borrowing
def _gate(course: Course, dates: Dates, node: int) -> None:
    """Where links to a summary may lead at the latest; ``BEYOND`` where nothing listens."""
    nodes, forms = course.nodes, course.forms
    late_starts, late_finishes = dates.late_starts, dates.late_finishes
    for lane in range(LANES):
        start, finish = BEYOND, BEYOND
        for place in range(nodes[node, WITHIN], nodes[node + 1, WITHIN]):
            child = course.children[place]
            child_start = int(late_starts[forms[child, LATE_START_AT], lane])
            child_finish = int(late_finishes[forms[child, LATE_FINISH_AT], lane])
            if nodes[child, KIND] == LEAF:
                if nodes[child, MODE] == STARTED and dates.minutes[child, lane] == 0:
                    continue
                delay = 0 if course.levelled else int(nodes[child, DELAY])
                child_start -= delay
                child_finish = _last_finish(course, dates, child, lane, child_finish) - delay
            start, finish = min(start, child_start), min(finish, child_finish)
        late_starts[forms[node, LATE_START_AT], lane] = start
        late_finishes[forms[node, LATE_FINISH_AT], lane] = finish


@borrowing
def put(course: Course, dates: Dates, shown: Dates, critical: NDArray[np.int64]) -> None:
    """Dates of a block: the early ones, and in ``shown`` those that are shown.

    They are the same but where levelling delays, or what is LATELY, move them. Nothing is added
    to ``critical`` (n,).
    """
    forward(course, dates, course.levelled == 0, False)
    if course.levelled:
        forward(course, shown, True, False)
    if course.lately:
        backward(course, dates, dates.end, 0, critical)
        forward(course, shown, True, True)
