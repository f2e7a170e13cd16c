# SPDX-License-Identifier: Apache-2.0
"""The critical path method once more: slow, plain, and without a line of the engine's.

A calendar is a table of every minute. A task is tried at one place after the other, by halving,
until all that must hold holds; what that is stands in ``begins_well`` and in ``ends_well`` as
questions about two spans. Nothing is turned round: the late dates ask the same questions of the
links as the early dates do. Positions are minutes after ``ORIGIN``.
"""

from array import array
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import accumulate, compress

from pilothouse.engine.calendars import CalendarException, CalendarSpec
from pilothouse.engine.network.plan import (
    ConstraintType,
    FloatKind,
    LagCalendar,
    LagKind,
    LagOrigin,
    LinkType,
    ProgressMode,
)
from pilothouse.engine.schedule import Dialect

ORIGIN = datetime(2024, 11, 1)
DAYS = 400
END = DAYS * 1440
HOLIDAY = date(2025, 3, 14)
TWO_WEEKS = 14 * 1440

SPECS = (
    CalendarSpec(
        1,
        "Office",
        (((480, 720), (780, 1020)),) * 5 + ((), ()),
        (CalendarException(HOLIDAY, HOLIDAY, ()),),
    ),
    CalendarSpec(
        2, "Split", tuple(() if day == 2 else ((375, 600), (1200, 1320)) for day in range(7))
    ),
    CalendarSpec(3, "Night", (((0, 360), (1320, 1440)),) * 7),
    CalendarSpec(4, "Always", (((0, 1440),),) * 7),
)
WORKED = {
    1: lambda day, at: (
        day != HOLIDAY and day.weekday() < 5 and (480 <= at < 720 or 780 <= at < 1020)
    ),
    2: lambda day, at: day.weekday() != 2 and (375 <= at < 600 or 1200 <= at < 1320),
    3: lambda day, at: at < 360 or at >= 1320,
    4: lambda day, at: True,
}

ASAP, ALAP, SNET, SNLT, FNET, FNLT, MSO, MFO = ConstraintType
FROM_FINISH = (LinkType.FS, LinkType.FF)
TO_START = (LinkType.FS, LinkType.SS)


class Table:
    """Every minute of a calendar."""

    def __init__(self, works):
        self.works = works
        self.worked = array("i", compress(range(END), works))
        self.before = array("i", accumulate(works, initial=0))

    def count(self, first, second):
        return self.before[second] - self.before[first]

    def add(self, at, minutes):
        if minutes > 0:
            return self.worked[self.before[at] + minutes - 1] + 1
        if minutes < 0:
            return self.worked[self.before[at] + minutes]
        return at

    def start(self, at):
        """The first minute of work from here."""
        return self.worked[self.before[at]]

    def finish(self, at):
        """The end of the last minute of work before."""
        return self.worked[self.before[at] - 1] + 1

    def at_work(self, at):
        """In working time or where it begins or ends."""
        return self.works[at] or self.works[at - 1]


@cache
def table(own, resources=()):
    """Of one calendar; of resources, when any of them works within ``own`` if there is one."""
    if resources:
        works = bytes(map(max, *(table(uid).works for uid in resources), bytes(END)))
        if own is not None:
            works = bytes(map(min, works, table(own).works))
        return Table(works)
    days = (ORIGIN.date() + timedelta(days=number) for number in range(DAYS))
    return Table(bytes(WORKED[own](day, at) for day in days for at in range(1440)))


def position(instant):
    return int((instant - ORIGIN).total_seconds()) // 60


def moment(at):
    return ORIGIN + timedelta(minutes=at)


def first_that(holds, low, high=END - 1):
    """The first position from ``low`` where something holds that holds from there on."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def last_that(holds, high, low=0):
    """The last position up to ``high`` where something holds that holds until there."""
    return first_that(lambda at: not holds(at), low, high + 1) - 1


@dataclass
class Span:
    """Where the work that remains begins and ends; ``began`` is where the task did."""

    start: int
    finish: int
    began: int

    def end(self, of_finish):
        return self.finish if of_finish else self.began


class Reference:
    """Dates and floats of a plan, each worked out when it is first asked for."""

    def __init__(self, plan, options, delays=False, first=None, blind=False, undelayed=None):
        """``blind`` stands for late dates before any early ones are known."""
        self.plan, self.options, self.tasks = plan, options, plan.tasks
        self.delays, self.first, self.blind = delays, first, blind
        self.settled = first or undelayed
        self.from_finish = plan.schedule_from_finish
        self.microsoft = options.dialect is Dialect.MICROSOFT_PROJECT
        self.primavera = options.dialect is Dialect.PRIMAVERA
        self.progress_mode = options.progress_mode or plan.rules.progress_mode
        usual = LagOrigin.EARLY_START if self.primavera else LagOrigin.ACTUAL_START
        self.from_rest = (plan.rules.start_lag_from or usual) is LagOrigin.EARLY_START
        self.delays |= self.microsoft
        rows = range(len(plan.tasks))
        self.above = []
        path = []
        for task in plan.tasks:
            path = path[: task.outline_level - 1]
            self.above.append(list(path))
            path.append(len(self.above) - 1)
        self.children = [
            [other for other in rows if self.above[other][-1:] == [row]] for row in rows
        ]
        self.leaves = [row for row in rows if not self.children[row]]
        self.row = {task.uid: row for row, task in enumerate(plan.tasks)}
        self.into = [[link for link in plan.links if self.row[link.successor] == r] for r in rows]
        self.out = [[link for link in plan.links if self.row[link.predecessor] == r] for r in rows]
        self.project = table(plan.default_calendar_uid)
        self.begin = self.project.start(position(plan.start))
        self.status = None
        if plan.status_date is not None and options.work_after_status_date:
            self.status = position(plan.status_date)
        self.early = cache(self._early)
        self.logical = cache(self._logical)
        self.late = cache(self._late)
        self.shown = cache(self._shown)
        self.own_calendar = cache(self._own_calendar)
        self.binds = cache(self._binds)
        self.earliest = cache(self._earliest)
        self.left = cache(self._left)
        self.counted = [row for row in self.leaves if not self.silent(row)] or self.leaves
        if blind:
            self.bound = position(plan.finish)
            return
        if self.from_finish:
            before = Reference(plan, options, blind=True)
            self.begin = self.project.start(min(before.late(row).began for row in rows))
        self.end = self.bound = max(self.early(row).finish for row in self.counted)
        # Delays of levelling move what is shown; in Microsoft Project they move early dates too.
        self.moved = self
        if not self.delays and any(task.leveling_delay_minutes for task in plan.tasks):
            self.moved = Reference(plan, options, delays=True, undelayed=self)
            self.bound = max(self.bound, self.moved.bound)
            self.moved.late = self.late
        if plan.imposed_finish is not None:
            self.bound = position(plan.imposed_finish)
        elif self.from_finish:
            self.bound = position(plan.finish)
        self.moved.bound = self.bound
        # Microsoft Project uses all float of what is as late as possible; successors move.
        self.placed = self
        if self.microsoft and first is None and not self.from_finish:
            self.placed = self.moved = Reference(plan, options, delays, self)
        if first is not None:
            self.bound, self.end = first.bound, first.end

    # ---- what a task is ----

    def silent(self, row):
        return not self.tasks[row].active or self.tasks[row].level_of_effort

    def complete(self, row):
        return self.tasks[row].actual_finish is not None

    def begun(self, row):
        return self.tasks[row].actual_start is not None and not self.complete(row)

    def _own_calendar(self, row):
        task = self.tasks[row]
        used = sorted(
            {
                resource.calendar_uid
                for resource in self.plan.resources
                for assignment in self.plan.assignments
                if assignment.task_uid == task.uid and assignment.resource_uid == resource.uid
            }
        )
        ignored = task.calendar_uid and task.ignore_resource_calendar
        if self.microsoft and used and not ignored:
            return table(task.calendar_uid, tuple(used))
        if self.primavera and used and not ignored:
            return table(None, tuple(used))
        return table(task.calendar_uid or self.plan.default_calendar_uid)

    def calendar(self, row):
        return table(4) if self.tasks[row].elapsed_duration else self.own_calendar(row)

    def _left(self, row):
        """Minutes of work that remain."""
        if self.complete(row):
            return 0
        if self.blind or not self.expects(row):
            return self.said_to_remain(row)
        if self.settled:
            return self.settled.left(row)
        expected = position(self.tasks[row].expected_finish)
        return max(0, self.calendar(row).count(self.logical_start(row), expected))

    def said_to_remain(self, row):
        task = self.tasks[row]
        return task.remaining_minutes if self.begun(row) else task.duration_minutes

    def expects(self, row):
        """Whether what remains lasts until an expected finish."""
        task = self.tasks[row]
        told = self.plan.rules.expected_finishes and task.expected_finish is not None
        other = task.milestone or task.level_of_effort or self.children[row] or self.complete(row)
        return told and not other and not self.by_hand(row)

    def logical_start(self, row):
        """From where an expected finish is counted: what bounds the start, finishes left aside."""
        starts = [self.earliest(row)] + [
            self.bound_by(link, self.early)
            for link in self.links_into(row)
            if link.type in TO_START and self.binds(link, row)
        ]
        start = max(starts)
        if self.tasks[row].constraint_hard and not self.begun(row):
            late = self.held_to(row, SNLT) and (self.calendar(row).count(self.date(row), start) > 0)
            if late or self.held_to(row, MSO):
                return self.date(row)
        return start

    def duration(self, row):
        """Minutes in all; of begun work what is done and what remains."""
        return self.stated_duration(row) - (
            self.said_to_remain(row) - self.left(row) if self.expects(row) else 0
        )

    def stated_duration(self, row):
        """The same before expected finishes; lags in percent are of it."""
        task = self.tasks[row]
        if self.children[row]:
            span = self.early(row)
            return self.project.count(span.start, span.finish)
        if self.complete(row):
            started, finished = position(task.actual_start), position(task.actual_finish)
            return self.calendar(row).count(started, finished)
        if self.begun(row):
            return task.actual_duration_minutes + task.remaining_minutes
        return task.duration_minutes

    def date(self, row):
        return position(self.tasks[row].constraint_date)

    def held_to(self, row, *kinds):
        """Whether the constraint of a task is one of these."""
        return self.tasks[row].constraint in kinds

    # ---- spans ----

    def from_start(self, row, at):
        """The span of what remains that begins here, or at the next minute of work."""
        calendar, left = self.calendar(row), self.left(row)
        if left == 0:
            start = at if calendar.at_work(at) else calendar.start(at)
            return self.span(row, start, start)
        start = calendar.start(at)
        return self.span(row, start, calendar.add(start, left))

    def to_finish(self, row, at):
        """The span of what remains that ends here, or at the last minute of work before."""
        calendar, left = self.calendar(row), self.left(row)
        finish = calendar.finish(at)
        if left == 0:
            finish = at if calendar.at_work(at) else finish
            return self.span(row, finish, finish)
        return self.span(row, calendar.add(finish, -left), finish)

    def span(self, row, start, finish):
        began = position(self.tasks[row].actual_start) if self.begun(row) else start
        return Span(start, finish, began)

    # ---- links ----

    def bound_by(self, link, dates):
        """Where a link lets its successor begin, or end."""
        first = self.row[link.predecessor]
        if link.type is LinkType.SS and self.from_rest and self.begun(first):
            done = self.tasks[first].actual_duration_minutes
            lag = self.lag(link)
            return self.moved_by(link, dates(first).start, max(0, lag - done) if lag > 0 else lag)
        return self.lagged(link, dates(first).end(link.type in FROM_FINISH))

    def lagged(self, link, at):
        """Where a link lets its successor begin, or end, whose predecessor does so at ``at``."""
        return self.moved_by(link, at, self.lag(link))

    def lag(self, link):
        lag, first = link.lag_minutes, self.row[link.predecessor]
        if self.blind and self.children[first] and link.lag_percent:
            return 0
        if link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
            share = self.stated_duration(first) * link.lag_percent / 100
            lag = int(share.quantize(Decimal(1), ROUND_HALF_UP))
        return lag

    def moved_by(self, link, at, lag):
        first = self.row[link.predecessor]
        if link.lag_kind in (LagKind.ELAPSED, LagKind.ELAPSED_PERCENT):
            return at + lag
        whose = self.options.lag_calendar or self.plan.lag_calendar
        if whose is None:
            whose = LagCalendar.PREDECESSOR if self.primavera else LagCalendar.SUCCESSOR
        row = first if whose is LagCalendar.PREDECESSOR else self.row[link.successor]
        calendar = self.project if whose is LagCalendar.PROJECT else self.own_calendar(row)
        return calendar.add(at, lag)

    def holds(self, link, at, row, span, delay=0):
        """Whether a link that its predecessor reaches at ``at`` lets a task lie in a span."""
        return self.clears(link, self.lagged(link, at) + delay, row, span)

    def clears(self, link, bound, row, span):
        """Whether a span lies behind the bound of a link."""
        if link.type in TO_START:
            return span.start >= bound
        return self.ends_late_enough(row, span, bound)

    def ends_late_enough(self, row, span, bound):
        """What goes on while a task is closed delays it no further."""
        return span.finish >= bound or (
            self.left(row) > 0 and self.calendar(row).count(span.finish, bound) == 0
        )

    def _binds(self, link, row):
        """Whether a link, of a task or of a summary above it, says anything about a task."""
        first = self.row[link.predecessor]
        if self.silent(first):
            return False
        if self.begun(row):
            return (
                (self.expects(row) or self.left(row) > 0)
                and not self.complete(first)
                and self.progress_mode is ProgressMode.RETAINED_LOGIC
            )
        return True

    def links_into(self, row):
        return [link for at in [row, *self.above[row]] for link in self.into[at]]

    def links_out_of(self, row):
        return [link for at in [row, *self.above[row]] for link in self.out[at]]

    # ---- early dates ----

    def _early(self, row):
        """Where a task lies when its successors are placed."""
        span = self.logical(row)
        if self.first is None or self.children[row] or self.fixed(row):
            return span
        late = self.first.late(row)
        later = self.held_to(row, ALAP) and self.calendar(row).count(span.finish, late.finish) > 0
        return late if later else span

    def fixed(self, row):
        return self.complete(row) or self.begun(row) or self.by_hand(row) or self.silent(row)

    def _logical(self, row):
        """Where a task may lie at the earliest."""
        task, calendar = self.tasks[row], self.calendar(row)
        if self.children[row]:
            spans = [self.early(child) for child in self._seen(row)]
            start = min(span.began for span in spans)
            return Span(start, max(span.finish for span in spans), start)
        if self.complete(row):
            finish = position(task.actual_finish)
            return Span(finish, finish, position(task.actual_start))
        if self.by_hand(row):
            start = position(task.stored.start)
            return Span(start, position(task.stored.finish), start)
        if self.begun(row) and not self.expects(row) and self.left(row) == 0:
            return self.from_start(row, self.worked_until(row))
        if task.level_of_effort and not self.begun(row):
            return self._hammock(row)
        span = self.from_start(row, first_that(lambda at: self.begins_well(row, at), 0))
        if self.delays and task.leveling_delay_minutes and not self.begun(row):
            span = self.from_start(row, span.start + task.leveling_delay_minutes)
        return self.hardened(row, span, calendar)

    def _seen(self, row):
        """The children that a summary runs over."""
        active = [child for child in self.children[row] if self.tasks[child].active]
        return active or self.children[row]

    def by_hand(self, row):
        task = self.tasks[row]
        return (task.manual or task.external) and not self.begun(row) and not self.complete(row)

    def worked_until(self, row):
        task = self.tasks[row]
        return self.calendar(row).add(position(task.actual_start), task.actual_duration_minutes)

    def begins_well(self, row, at):
        """Whether nothing forbids what remains of a task to begin at ``at``."""
        span = self.from_start(row, at)
        if span.start < self.earliest(row):
            return False
        ends = not self.begun(row) and self.held_to(row, FNET, MFO)
        if ends and not self.ends_late_enough(row, span, self.date(row)):
            return False
        return all(
            self.clears(link, self.bound_by(link, self.early), row, span)
            for link in self.links_into(row)
            if self.binds(link, row)
        )

    def _earliest(self, row):
        """What bounds a start beside the links."""
        task = self.tasks[row]
        bounds = [0]
        if self.begun(row):
            if task.resume is not None:
                bounds.append(position(task.resume))
            if self.status is None:
                bounds.append(self.worked_until(row))
            else:
                bounds += [self.status, position(task.actual_start)]
            return max(bounds)
        bounds += [self.date(at) for at in [row, *self.above[row]] if self.held_to(at, SNET, MSO)]
        if self.plan.rules.external_dates and task.external_early_start:
            bounds.append(position(task.external_early_start))
        if not self.may_precede_project(row):
            bounds.append(self.begin)
        if self.status is not None:
            bounds.append(self.status)
        return max(bounds)

    def may_precede_project(self, row):
        """Microsoft Project lets a constraint lead there, and successors follow."""
        if not self.microsoft:
            return False
        if self.held_to(row, SNET, MSO):
            return True
        links = [link for link in self.links_into(row) if self.binds(link, row)]
        led = any(link.type in TO_START for link in links) or any(
            self.held_to(up, SNET, MSO) for up in self.above[row]
        )
        return led and any(
            self.early(self.row[link.predecessor]).began < self.begin
            for link in links
            if self.row[link.successor] == row
        )

    def _hammock(self, row):
        """From the drivers of its start to those of its finish."""
        calendar, starts, finishes = self.calendar(row), [self.earliest(row)], []
        if self.held_to(row, FNET, MFO):
            finishes.append(self.date(row))
        for link in self.links_into(row):
            if self.binds(link, row):
                bound = self.bound_by(link, self.early)
                (starts if link.type in TO_START else finishes).append(bound)
        start = calendar.start(max(starts))
        finish = calendar.add(start, self.left(row))
        if finishes:
            finish = max(start, calendar.finish(max(finishes)))
        return Span(start, finish, start)

    def hardened(self, row, span, calendar):
        """A hard constraint holds against the logic."""
        if not self.tasks[row].constraint_hard or self.begun(row):
            return span
        broken = (self.held_to(row, SNLT) and calendar.count(self.date(row), span.start) > 0) or (
            self.held_to(row, FNLT) and calendar.count(self.date(row), span.finish) > 0
        )
        if self.held_to(row, MSO) or (self.held_to(row, SNLT) and broken):
            return self.from_start(row, self.date(row))
        if self.held_to(row, MFO) or (self.held_to(row, FNLT) and broken):
            if self.left(row) == 0:
                return self.from_start(row, self.date(row))
            return self.to_finish(row, self.date(row))
        return span

    # ---- late dates ----

    def _late(self, row):
        task = self.tasks[row]
        if self.children[row]:
            spans = [
                self.late(child)
                for child in self.children[row]
                if not self.silent(child) and not self.complete(child)
            ] or [self.late(child) for child in self.children[row]]
            start = min(span.began for span in spans)
            return Span(start, max(span.finish for span in spans), start)
        if self.complete(row) or (task.level_of_effort and not self.blind):
            return self.early(row)
        if self.first is not None:
            return self.first.late(row)
        if (
            not self.blind
            and task.constraint_hard
            and self.held_to(row, MSO, MFO)
            and not self.by_hand(row)
        ):
            return self.to_finish(row, self.early(row).finish)
        return self.to_finish(row, last_that(lambda at: self.ends_well(row, at), self.bound, 1440))

    def ends_well(self, row, at):
        """Whether nothing forbids what remains of a task to end at ``at``."""
        span, deadlines = self.to_finish(row, at), self.options.use_deadline_in_float
        for up in [row, *self.above[row]]:
            above = self.tasks[up]
            if deadlines and above.deadline and span.finish > position(above.deadline):
                return False
            if self.held_to(up, FNLT, MFO) and span.finish > self.date(up):
                return False
        outer = self.tasks[row].external_late_finish
        if self.plan.rules.external_dates and outer and span.finish > position(outer):
            return False
        is_open = self.plan.rules.open_ends_critical and not self.links_out_of(row)
        if is_open and not self.blind and span.finish > self.early(row).finish:
            return False
        starts = not self.begun(row) and self.held_to(row, SNLT, MSO)
        if starts and span.start > self.from_start(row, self.date(row)).start:
            return False
        return all(
            self.lets_succeed(link, span.end(link.type in FROM_FINISH), self.late)
            for link in self.links_out_of(row)
            if self.is_bound_by(link, row)
        )

    def is_bound_by(self, link, row):
        """Whether a link that leaves a task, or a summary above it, speaks of its late end."""
        first = self.row[link.predecessor]
        if self.silent(first):
            return False
        if link.type in FROM_FINISH:
            return True
        if self.begun(row) or (self.microsoft and self.tasks[row].manual):
            return False
        return first == row or self.blind or self.begins_with(row, first)

    def begins_with(self, row, summary):
        """Whether a row holds the start of a summary above, and so do those between."""
        path = [row, *self.above[row][::-1]]
        path = path[: path.index(summary) + 1]
        return len({self.early(at).began for at in path}) == 1

    def lets_succeed(self, link, at, dates):
        """Whether all that follows a link may lie where it does if its predecessor is here."""
        for row in self.below(self.row[link.successor]):
            if self.silent(row) or self.complete(row) or not self.binds(link, row):
                continue
            span = dates(row)
            delay = self.tasks[row].leveling_delay_minutes if self.is_delayed(row) else 0
            if not self.holds(link, at, row, span, delay):
                return False
        return True

    def is_delayed(self, row):
        return self.microsoft and not self.begun(row) and not self.by_hand(row)

    def below(self, row):
        return [leaf for leaf in self.leaves if leaf == row or row in self.above[leaf]]

    # ---- floats ----

    def total_float(self, row):
        if self.silent(row) or self.complete(row):
            return None
        calendar, early, late = self.calendar(row), self.early(row), self.late(row)
        if self.children[row]:
            calendar = self.own_calendar(row)
        broken = self.broken(row)
        if broken and not self.primavera:
            return -broken
        by_finish = calendar.count(early.finish, late.finish)
        by_start = calendar.count(early.began, late.began)
        kind = self.plan.rules.total_float
        if self.begun(row) or kind is FloatKind.FINISH:
            return by_finish
        if early.start == early.finish and late.start == late.finish:
            return by_finish
        return by_start if kind is FloatKind.START else min(by_finish, by_start)

    def broken(self, row):
        """By how much logic exceeds a hard constraint."""
        task = self.tasks[row]
        if self.children[row] or self.by_hand(row) or self.begun(row) or not task.constraint_hard:
            return 0
        logic = self.from_start(row, first_that(lambda at: self.begins_well(row, at), 0))
        if self.delays and task.leveling_delay_minutes:
            logic = self.from_start(row, logic.start + task.leveling_delay_minutes)
        return max(0, self.calendar(row).count(self.early(row).finish, logic.finish))

    def free_float(self, row):
        """How far a task may move, alone, while every successor stays at its early dates."""
        total = self.total_float(row)
        if total is None:
            return None
        early, calendar = self.early(row), self.calendar(row)
        slacks = []
        for link in self.out[row] if self.microsoft else self.links_out_of(row):
            if self.silent(self.row[link.predecessor]):
                continue
            if not any(
                not self.silent(leaf) and not self.complete(leaf) and self.binds(link, leaf)
                for leaf in self.below(self.row[link.successor])
            ):
                continue
            if self.begun(row) and link.type not in FROM_FINISH:
                continue
            slacks.append(self.slack(row, link))
        if self.microsoft:
            return max(0, min([*slacks, total]))
        return min(slacks) if slacks else calendar.count(early.finish, self.end)

    def slack(self, row, link):
        """How far a task may move while all that follows one link stays where it is early."""
        calendar, end = self.calendar(row), self.early(row).end(link.type in FROM_FINISH)
        stands = self.children[row] or self.by_hand(row) or link.type in FROM_FINISH

        def stays(at):
            moved = at if stands else self.from_start(row, at).start
            return self.lets_succeed(link, moved, self.early)

        return calendar.count(end, last_that(stays, END // 2))

    def critical(self, row):
        if self.children[row] and not self.microsoft:
            return any(self.critical(child) for child in self.children[row])
        threshold = self.options.critical_threshold_minutes
        if threshold is None:
            threshold = self.plan.critical_threshold_minutes
        total = self.total_float(row)
        if self.microsoft and self.is_placeholder(row):
            return False
        return total is not None and total <= threshold

    def is_placeholder(self, row):
        """Whether two of start, finish and duration are unknown, or all."""
        said = self.tasks[row].entered
        unknown = [said.start, said.finish, said.duration].count(None) < 2
        return self.tasks[row].manual and unknown

    # ---- what is shown ----

    def _shown(self, row):
        """As late as possible without moving a successor from where it is shown."""
        early = self.early(row)
        if self.is_turned(row):
            return self.late(row)
        if self.children[row]:
            spans = [self.shown(child) for child in self._seen(row)]
            start = min(span.began for span in spans)
            return Span(start, max(span.finish for span in spans), start)
        stays = self.microsoft or self.from_finish
        if stays or self.fixed(row) or not self.held_to(row, ALAP):
            return early

        def stands(at):
            span = self.to_finish(row, at)
            return all(
                self.lets_succeed(link, span.end(link.type in FROM_FINISH), self.shown)
                for link in self.links_out_of(row)
                if not self.silent(self.row[link.predecessor])
            )

        span = self.to_finish(row, last_that(stands, min(self.bound, self.late(row).finish)))
        return span if self.calendar(row).count(early.finish, span.finish) > 0 else early

    def is_turned(self, row):
        """Whether a plan from its finish shows a task at its late dates."""
        if not self.from_finish or self.children[row] or self.fixed(row):
            return False
        return self.late(row).finish >= self.early(row).finish

    # ---- what holds a task ----

    def driving_links(self, row):
        """The links that hold a task where it is shown, those of the summaries above too."""
        task = self.tasks[row]
        if self.children[row] or self.complete(row) or self.by_hand(row) or self.is_set(row):
            return []
        hammock = task.level_of_effort and not self.begun(row)
        found = [
            link
            for link in self.into[row]
            if self.binds(link, row) and self.holds_start(row, link.type, self.reach(link))
        ]
        for to_start in (True, False) if not hammock else (True,):
            gates = [
                (self.reach(link), link)
                for up in self.above[row]
                for link in self.into[up]
                if (link.type in TO_START) is to_start and self.binds(link, row)
            ]
            bounds = [bound for bound, _ in gates]
            if to_start and not self.begun(row):
                above = self.above[row]
                bounds += [self.date(up) for up in above if self.held_to(up, SNET, MSO)]
            found += [
                link
                for bound, link in gates
                if bound == max(bounds) and self.holds_start(row, link.type, bound)
            ]
        return found

    def reach(self, link):
        return self.bound_by(link, self.early)

    def is_set(self, row):
        """Whether something else than logic says where a task is shown."""
        task, calendar = self.tasks[row], self.calendar(row)
        if self.is_turned(row) or self.shown(row) != self.early(row):
            return True
        if self.early(row) != self.logical(row):
            return True
        if self.begun(row) or task.level_of_effort:
            return False
        if self.delays and task.leveling_delay_minutes:
            return True
        if not task.constraint_hard:
            return False
        if self.held_to(row, MSO, MFO):
            return True
        logic = self.from_start(row, first_that(lambda at: self.begins_well(row, at), 0))
        if self.held_to(row, SNLT):
            return calendar.count(self.date(row), logic.start) > 0
        return self.held_to(row, FNLT) and calendar.count(self.date(row), logic.finish) > 0

    def holds_start(self, row, kind, bound):
        """Whether no work lies between a bound, taken to the start, and the start of a task."""
        calendar, start = self.calendar(row), self.early(row).start
        if self.tasks[row].level_of_effort and not self.begun(row):
            if kind not in TO_START:
                return False
            links = [link for link in self.links_into(row) if self.binds(link, row)]
            starts = [self.reach(link) for link in links if link.type in TO_START]
            return bound == max([self.earliest(row), *starts])
        if kind not in TO_START:
            bound = calendar.add(bound, -self.left(row))
        return start - bound <= TWO_WEEKS and calendar.count(bound, start) == 0

    def driving_rows(self, row):
        """Tasks whose dates hold a task; those behind the summaries that links leave."""
        found = set()
        for link in self.driving_links(row):
            first, of_start = self.row[link.predecessor], link.type not in FROM_FINISH
            found |= self.holders(first, of_start)
        return found

    def holders(self, row, of_start):
        if not self.children[row]:
            return {row}
        end = self._edge(row, of_start)
        held = [child for child in self._seen(row) if self._edge(child, of_start) == end]
        return set().union(*(self.holders(child, of_start) for child in held))

    def _edge(self, row, of_start):
        span = self.shown(row)
        return span.began if of_start else span.finish

    def longest_path(self):
        """What is reached over driving links from the tasks that finish last."""
        last = max(self.shown(row).finish for row in self.counted)
        waiting = [
            row
            for row in self.leaves
            if not self.silent(row) and self.project.count(self.shown(row).finish, last) <= 0
        ]
        found = set(waiting)
        while waiting:
            more = self.driving_rows(waiting.pop()) - found
            found |= more
            waiting += more
        return found

    def critical_paths(self):
        """From beginning to end, as uids."""
        path = self.longest_path()
        drivers = {row: self.driving_rows(row) for row in path}
        ends = path - set().union(*drivers.values())
        found, waiting = set(), [(row,) for row in ends]
        while waiting:
            chain = waiting.pop()
            before = drivers[chain[0]]
            waiting += [(row, *chain) for row in before]
            if not before:
                found.add(tuple(self.tasks[row].uid for row in chain))
        return found

    # ---- what is told ----

    def logic_conflicts(self):
        """Broken links: uids, type, and the working minutes that are missing."""
        found = []
        for row in self.leaves:
            task = self.tasks[row]
            held = self.by_hand(row) or task.constraint_hard
            if not held or not task.active or self.begun(row) or self.complete(row):
                continue
            for link in self.links_into(row):
                if not self.binds(link, row):
                    continue
                span = self.shown(row)
                end = span.start if link.type in TO_START else span.finish
                gap = self.calendar(row).count(end, self.bound_by(link, self.shown))
                if gap > 0:
                    found.append((link.predecessor, task.uid, link.type, gap))
        return found

    def shown_duration(self, row):
        """Of summaries and level of effort what they span."""
        span = self.shown(row)
        if self.children[row]:
            return self.project.count(span.start, span.finish)
        if self.tasks[row].level_of_effort and not (
            self.begun(row) or self.complete(row) or self.by_hand(row)
        ):
            return self.calendar(row).count(span.start, span.finish)
        return self.duration(row)

    def out_of_sequence(self):
        found = set()
        for link in self.plan.links:
            first, row = self.row[link.predecessor], self.row[link.successor]
            task = self.tasks[row]
            if self.silent(first) or self.children[row]:
                continue
            happened = task.actual_start if link.type in TO_START else task.actual_finish
            if happened is None:
                continue
            bound = self.lagged(link, self.moved.shown(first).end(link.type in FROM_FINISH))
            if self.calendar(row).count(position(happened), bound) > 0:
                found.add((link.predecessor, link.successor, link.type))
        return found

    def missed_deadlines(self):
        return {
            task.uid: minutes
            for row, task in enumerate(self.tasks)
            if task.deadline and task.active
            if (
                minutes := self.calendar(row).count(
                    position(task.deadline), self.moved.shown(row).finish
                )
            )
            > 0
        }
