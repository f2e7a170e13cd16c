# SPDX-License-Identifier: Apache-2.0
"""Why late dates and floats are what they are, worked out when somebody asks.

The passes keep no account of what bounds late dates. What they allowed a task is asked once more
here, of that task alone and in the plain working time of its calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.calendars.kernels import FAR
from pilothouse.engine.calendars.tables import CalendarTables
from pilothouse.engine.schedule import kernels
from pilothouse.engine.schedule.arrays import (
    UNDEFINED,
    Ints,
    Passes,
    ScheduleArrays,
    schedule_arrays,
)
from pilothouse.engine.schedule.bound_words import BoundWords
from pilothouse.engine.schedule.bounds import Bound, BoundKind, FloatReason, LateStep
from pilothouse.engine.schedule.columns import columns_of
from pilothouse.engine.schedule.kernels import Links
from pilothouse.engine.schedule.options import Dialect
from pilothouse.engine.schedule.prepare import Network

_FIXED = {
    kernels.COMPLETE: BoundKind.ACTUAL,
    kernels.EFFORT: BoundKind.LEVEL_OF_EFFORT,
    kernels.INACTIVE: BoundKind.INACTIVE,
}


class _Side(NamedTuple):
    """Where successors lie: at their early, or at their late dates."""

    links: Links
    resume: Ints
    finish: Ints


class _Out(NamedTuple):
    """What a link allows the end that it leaves, and the row whose date that is."""

    number: int
    from_start: bool
    position: int
    holder: int
    at: int
    """The date of the holder."""
    above: int
    """The summary above that the link leaves, -1 where it leaves the task itself."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something that may bound late dates: where it allows the end it bounds to be."""

    kind: BoundKind
    row: int
    at_start: bool
    position: int
    finish: int
    """The latest finish that follows from it."""
    out: _Out | None = None


class LateReasons:
    """What holds late dates and floats of a plan that has been scheduled."""

    def __init__(self, network: Network, found: ScheduleArrays) -> None:
        self._network, self._found = network, found
        self._words = BoundWords(network)
        self._microsoft = network.options.dialect is Dialect.MICROSOFT_PROJECT
        self._entries: dict[tuple[int, bool, bool], tuple[int, int]] = {}

    @cached_property
    def _passes(self) -> Passes:
        """What the passes took and gave; run again where they ran in a process apart."""
        network = self._network
        found = (
            self._found.passes
            or schedule_arrays(
                network.shape, CalendarTables(network.known), columns_of(network)
            ).passes
        )
        assert found is not None
        return found

    # ---- one row ----

    def _flags(self, row: int) -> int:
        return self._passes.tasks.flags.item(row)

    def _left(self, row: int) -> int:
        return self._passes.tasks.remaining.item(row)

    def _calendar(self, row: int) -> WorkingTime:
        return self._network.known[self._passes.tasks.calendar.item(row)]

    @cached_property
    def _late(self) -> _Side:
        return _Side(self._passes.links, self._passes.late.resume, self._passes.late.finish)

    @cached_property
    def _early(self) -> _Side:
        return _Side(
            self._passes.placed_links, self._passes.placed.resume, self._passes.placed.finish
        )

    def _deaf(self, row: int) -> bool:
        """Whether links say nothing any more to a task."""
        flags = self._flags(row)
        if flags & (kernels.SILENT | kernels.COMPLETE):
            return True
        over = not self._left(row) and not flags & kernels.EXPECTED
        return bool(flags & kernels.IN_PROGRESS and (self._passes.rules.override or over))

    # ---- links ----

    def _links_out(self, row: int) -> Iterator[tuple[int, int]]:
        """Numbers and targets of the links that leave a row, of a summary those of its roll."""
        shape = self._network.shape
        node = row + self._network.rows if self._flags(row) & kernels.SUMMARY else row
        place = shape.place.item(node)
        for at in range(shape.out_first.item(place), shape.out_first.item(place + 1)):
            yield shape.out_link.item(at), shape.out_target.item(at)

    def _leaves(self, row: int) -> Iterator[int]:
        """The tasks below a summary."""
        tasks = self._network.plan.tasks
        below = row + 1
        while below < len(tasks) and tasks[below].outline_level > tasks[row].outline_level:
            if not self._flags(below) & kernels.SUMMARY:
                yield below
            below += 1

    def _delay(self, row: int) -> int:
        delayed = self._flags(row) & kernels.DELAYED
        return self._passes.tasks.delay.item(row) if delayed else 0

    def _last_finish(self, row: int, position: int) -> int:
        """How far a bound on a finish may reach without moving it."""
        return self._calendar(row).start_at(position) if self._left(row) else position

    def _entry(self, row: int, side: _Side, to_finish: bool) -> tuple[int, int]:
        """What links to a summary may reach, and the task below it that says so."""
        key = row, side is self._late, to_finish
        found = self._entries.get(key)
        if found is None:
            found = FAR, -1
            for leaf in self._leaves(row):
                if self._deaf(leaf):
                    continue
                if to_finish:
                    position = self._last_finish(leaf, side.finish.item(leaf))
                else:
                    position = side.resume.item(leaf)
                found = min(found, (position - self._delay(leaf), leaf))
            self._entries[key] = found
        return found

    def _reaches(self, number: int, row: int, side: _Side) -> tuple[int, int]:
        """Where the end that a link enters may lie, and the task whose date that is."""
        links = side.links
        kind, flags = links.kind.item(number), self._flags(row)
        to_finish = bool(kind & kernels.TO_FINISH)
        if flags & kernels.SUMMARY:
            return self._entry(row, side, to_finish)
        if self._deaf(row):
            return FAR, -1
        if not to_finish:
            return side.resume.item(row) - self._delay(row), row
        position = side.finish.item(row)
        if self._stretches(side.links, number, row):
            position = self._last_finish(row, position)
        return position - self._delay(row), row

    def _stretches(self, links: Links, number: int, row: int) -> bool:
        """Whether what a link to a finish leaves may go on while the successor is closed."""
        tasks = self._passes.tasks
        source, lag = self._network.shape.source.item(number), links.lag.item(number)
        calendar = tasks.calendar.item(row)
        same = source < self._network.rows and tasks.calendar.item(source) == calendar
        same = same and self._left(source) > 0
        elsewhere = lag != 0 and links.calendar.item(number) != calendar
        from_start = links.kind.item(number) & kernels.FROM_START
        delayed = self._flags(row) & kernels.DELAYED
        return bool(not same or lag < 0 or elsewhere or from_start or delayed)

    def _back(self, links: Links, number: int, position: int) -> int:
        """The bound on the end that a link leaves from the end that it enters."""
        if not links.kind.item(number) & kernels.LAGGED:
            return position
        lag, calendar = links.lag.item(number), links.calendar.item(number)
        if calendar < 0:
            return position - lag
        work = self._network.known[calendar]
        if lag >= 0:
            return work.sub_at(position, lag)
        if work.start_at(position) != position:
            lag += 1
        return work.start_at(work.sub_at(position, lag))

    def _outs(self, row: int, side: _Side, above: int = -1) -> Iterator[_Out]:
        """What the links that leave a row allow it; only those that say anything."""
        links = side.links
        for number, target in self._links_out(row):
            position, holder = self._reaches(number, target, side)
            if position >= FAR:
                continue
            kind = links.kind.item(number)
            ends = side.finish if kind & kernels.TO_FINISH else side.resume
            yield _Out(
                number,
                bool(kind & kernels.FROM_START),
                self._back(links, number, position),
                holder,
                ends.item(holder),
                above,
            )

    # ---- late dates ----

    def step(self, uid: int) -> LateStep:
        """What holds the late dates of one task.

        Raises
        ------
        KeyError
            If the plan has no such task.
        """
        network, late = self._network, self._passes.late
        row, instant = network.outline.index[uid], network.project.instant
        return LateStep(
            uid,
            network.outline.labels[row],
            instant(late.start.item(row)),
            instant(late.finish.item(row)),
            self._bounds(row),
        )

    def chain(self, uid: int) -> Iterator[LateStep]:
        """The task, then what holds its late dates, and so on to what no link holds.

        From a summary it leads to the child by which its total float is taken.
        """
        by_start = self._ends(self._network.outline.index[uid])[0]
        at: int | None = uid
        while at is not None:
            step = self.step(at)
            yield step
            first = step.bounds[0]
            if first.kind is BoundKind.CHILDREN and by_start:
                first = step.bounds[1]
            at = first.holder

    def _bounds(self, row: int) -> tuple[Bound, ...]:
        flags, late = self._flags(row), self._passes.late
        if flags & kernels.SUMMARY:
            return self._of_children(row)
        for flag in (kernels.COMPLETE, kernels.EFFORT):
            if flags & flag:
                finish = late.finish.item(row)
                return (self._told(row, _Candidate(_FIXED[flag], row, False, finish, finish)),)
        if flags & (kernels.PINS | kernels.PINNED) == kernels.PINS:
            finish = late.finish.item(row)
            pinned = _Candidate(BoundKind.HARD_CONSTRAINT, row, False, finish, finish)
            return (self._told(row, pinned),)
        finish = late.finish.item(row)
        holding = [
            candidate
            for candidate in self._candidates(row)
            if self._placed_back(row, candidate.finish) == finish
        ]
        return tuple(self._told(row, candidate) for candidate in holding)

    def _placed_back(self, row: int, latest: int) -> int:
        """The last finish of what remains of a task under a bound."""
        calendar = self._calendar(row)
        if self._left(row) == 0 and calendar.start_at(latest) == latest:
            return latest
        return calendar.finish_at(latest)

    def _of_children(self, row: int) -> tuple[Bound, ...]:
        """The child that finishes last, and the one that starts first, by late dates."""
        late, children = self._passes.late, self._network.outline.children[row]
        aside = kernels.SILENT | kernels.COMPLETE
        counted = [child for child in children if not self._flags(child) & aside] or children
        last = max(counted, key=late.finish.item)
        first = min(counted, key=late.start.item)
        kind, finish = BoundKind.CHILDREN, late.finish.item(last)
        start = late.start.item(first)
        return (
            self._told(row, _Candidate(kind, last, False, finish, finish)),
            self._told(row, _Candidate(kind, first, True, start, start)),
        )

    def _candidates(self, row: int) -> Iterator[_Candidate]:
        """All that may bound a task, in the order in which it is named."""
        tasks = self._passes.tasks
        flags = self._flags(row)
        if not flags & kernels.SILENT:
            for out in self._outs(row, self._late):
                if not out.from_start or self._start_is_bounded(row):
                    yield self._by_link(row, out, BoundKind.LINK)
        yield from self._links_above(row)
        date = tasks.constraint.item(row)
        if flags & kernels.LATE_FINISH:
            yield _Candidate(BoundKind.CONSTRAINT, row, False, date, date)
        elif flags & kernels.LATE_START and not flags & kernels.IN_PROGRESS:
            start = date if self._left(row) else self._network.snap(row, date)
            yield self._at_start(row, BoundKind.CONSTRAINT, row, start)
        deadlines = self._passes.rules.deadlines
        if flags & kernels.DEADLINE and deadlines:
            date = tasks.deadline.item(row)
            yield _Candidate(BoundKind.DEADLINE, row, False, date, date)
        if flags & kernels.OUTER_FINISH:
            date = tasks.outer_finish.item(row)
            yield _Candidate(BoundKind.EXTERNAL, row, False, date, date)
        for above in self._network.outline.ancestors(row):
            if self._flags(above) & kernels.LATE_FINISH:
                date = tasks.constraint.item(above)
                yield _Candidate(BoundKind.SUMMARY_CONSTRAINT, above, False, date, date)
            if self._flags(above) & kernels.DEADLINE and deadlines:
                date = tasks.deadline.item(above)
                yield _Candidate(BoundKind.SUMMARY_DEADLINE, above, False, date, date)
        if flags & kernels.OPEN:
            date = self._passes.first.finish.item(row)
            yield _Candidate(BoundKind.OPEN_END, row, False, date, date)
        bound = self._passes.bound
        yield _Candidate(self._of_the_plan(), row, False, bound, bound)

    def _of_the_plan(self) -> BoundKind:
        if self._network.imposed is not None:
            return BoundKind.IMPOSED_FINISH
        if self._network.plan.schedule_from_finish:
            return BoundKind.PROJECT_FINISH
        return BoundKind.PLAN_FINISH

    def _start_is_bounded(self, row: int) -> bool:
        flags = self._flags(row)
        by_hand = flags & kernels.MANUAL and self._microsoft
        return not (flags & kernels.IN_PROGRESS or by_hand)

    def _links_above(self, row: int) -> Iterator[_Candidate]:
        """Of the summaries above; links from a start bound only what holds that start."""
        starts = self._passes.first.start
        held, below = self._start_is_bounded(row), row
        for above in self._network.outline.ancestors(row):
            held = held and starts.item(below) == starts.item(above)
            for out in self._outs(above, self._late, above):
                if not out.from_start or held:
                    yield self._by_link(row, out, BoundKind.SUMMARY_LINK)
            below = above

    def _by_link(self, row: int, out: _Out, kind: BoundKind) -> _Candidate:
        if out.from_start:
            return self._at_start(row, kind, row, out.position, out)
        return _Candidate(kind, row, False, out.position, out.position, out)

    def _at_start(
        self, row: int, kind: BoundKind, whose: int, position: int, out: _Out | None = None
    ) -> _Candidate:
        """A bound on the start, by a link or by a date."""
        start = position if out is None else self._start_within(row, position)
        finish = self._calendar(row).add_at(start, self._left(row))
        return _Candidate(kind, whose, True, position, finish, out)

    def _start_within(self, row: int, position: int) -> int:
        """The last start that is not after a position: none begins outside working time."""
        calendar = self._calendar(row)
        if not self._left(row) or calendar.start_at(position) == position:
            return position
        return calendar.finish_at(position) - 1

    def _told(self, row: int, candidate: _Candidate) -> Bound:
        """A bound as data and in words."""
        network, out = self._network, candidate.out
        instant, tasks = network.project.instant, network.plan.tasks
        rest = bool(self._flags(row) & kernels.IN_PROGRESS)
        if out is None:
            date = instant(candidate.position)
            uid = tasks[candidate.row].uid
            holder = uid if candidate.kind is BoundKind.CHILDREN else None
            words = self._words.plain(candidate.kind, candidate.row, date, candidate.at_start, rest)
            return Bound(candidate.kind, uid, candidate.at_start, date, words, holder)
        link = network.plan.links[out.number]
        held, late = instant(out.at), self._passes.late
        date = instant((late.start if candidate.at_start else late.finish).item(row))
        words = self._words.by_link(link, out.holder, held, date, out.above, rest)
        return Bound(
            candidate.kind,
            link.successor,
            candidate.at_start,
            date,
            words,
            tasks[out.holder].uid,
            held,
            link,
            self._passes.links.lag.item(out.number),
        )

    # ---- floats ----

    def total_float(self, uid: int, chain: tuple[LateStep, ...]) -> FloatReason:
        """What the total float of a task is measured to; ``chain`` is that of its late dates."""
        network, found = self._network, self._found
        row = network.outline.index[uid]
        total = found.total_float.item(row)
        if total == UNDEFINED:
            return self._without(row)
        minutes = int(total)
        if self._is_broken(row, minutes):
            date = network.plan.tasks[row].constraint_date
            words = self._words.broken(row, minutes)
            return FloatReason(minutes, BoundKind.HARD_CONSTRAINT, uid, date, words)
        last = chain[-1].bounds[0]
        by_start, early, late = self._ends(row)
        instant = network.project.instant
        words = self._words.total(minutes, last, (by_start, instant(early), instant(late)))
        return FloatReason(minutes, last.kind, last.uid, last.date, words)

    def _without(self, row: int) -> FloatReason:
        """Why a task has no float at all."""
        kind = next(kind for flag, kind in _FIXED.items() if self._flags(row) & flag)
        uid = self._network.plan.tasks[row].uid
        return FloatReason(None, kind, uid, None, self._words.without(kind))

    def _is_broken(self, row: int, minutes: int) -> bool:
        """Whether a negative float is what the logic asks beyond a hard constraint."""
        broken = self._passes.placed.broken
        hard = self._flags(row) & kernels.HARD and not self._passes.rules.primavera
        return bool(hard and broken.item(row) > 0 and minutes == -broken.item(row))

    def _ends(self, row: int) -> tuple[bool, int, int]:
        """Whether the total float is that of the start, and the early and late date it is of."""
        early, late = self._passes.placed, self._passes.late
        by_finish = early.finish.item(row), late.finish.item(row)
        total = self._found.total_float.item(row)
        if total == UNDEFINED or self._calendar(row).diff_at(*by_finish) == total:
            return False, *by_finish
        return True, early.start.item(row), late.start.item(row)

    def free_float(self, uid: int) -> FloatReason:
        """What the free float of a task is measured to."""
        network, found = self._network, self._found
        row = network.outline.index[uid]
        free = found.free_float.item(row)
        if free == UNDEFINED:
            return self._without(row)
        minutes, total = int(free), int(found.total_float.item(row))
        slacks = [(self._slack(row, out), out) for out in self._free_outs(row)]
        least = min((slack for slack, _ in slacks), default=None)
        if least is not None and (not self._microsoft or 0 <= total >= least):
            out = next(out for slack, out in slacks if slack == least)
            link = network.plan.links[out.number]
            kind = BoundKind.LINK if out.above < 0 else BoundKind.SUMMARY_LINK
            words = self._words.free_by_link(minutes, link, out.holder, out.above)
            end = out.position if out.from_start else self._placed_back(row, out.position)
            date = network.project.instant(end)
            lag = self._early.links.lag.item(out.number)
            return FloatReason(minutes, kind, link.successor, date, words, link, lag)
        if self._microsoft:
            words = self._words.free_by_total(minutes, total)
            return FloatReason(minutes, BoundKind.TOTAL_FLOAT, uid, None, words)
        date = network.project.instant(self._passes.end)
        words = self._words.free_to_finish(minutes, date)
        return FloatReason(minutes, BoundKind.PLAN_FINISH, uid, date, words)

    def _free_outs(self, row: int) -> Iterator[_Out]:
        """The links over which a free float is taken."""
        begun = self._flags(row) & kernels.IN_PROGRESS
        rows = [(row, -1)]
        if not self._microsoft:
            rows += [(above, above) for above in self._network.outline.ancestors(row)]
        for at, above in rows:
            for out in self._outs(at, self._early, above):
                # The start of what has begun is not moved any more.
                if not (begun and out.from_start):
                    yield out

    def _slack(self, row: int, out: _Out) -> int:
        placed, position = self._passes.placed, out.position
        if out.from_start and not self._flags(row) & (kernels.SUMMARY | kernels.PINNED):
            position = self._start_within(row, position)
        end = placed.start if out.from_start else placed.finish
        return self._calendar(row).diff_at(end.item(row), position)
