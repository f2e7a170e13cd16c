# SPDX-License-Identifier: Apache-2.0
"""What holds in every result, asked of the dates that come out and of nothing else.

Nothing here knows how a date was found: calendars are tables of minutes, links and constraints
are looked at from both ends.
"""

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pilothouse.engine.network.plan import ConstraintType, LagKind, LinkType
from pilothouse.engine.schedule import explain, schedule_plan
from pilothouse.engine.schedule.tests.random_plans import random_plan
from pilothouse.engine.schedule.tests.reference import (
    FROM_FINISH,
    TO_START,
    Reference,
    Span,
    moment,
    position,
    table,
)
from pilothouse.engine.schedule.tests.test_against_reference import (
    PLAIN,
    anything,
    networks,
    planned,
    quietly,
)
from pilothouse.engine.testing import plan_chart

properly = settings(max_examples=60, deadline=None, derandomize=True)
_, _, SNET, SNLT, FNET, FNLT, MSO, MFO = ConstraintType


# ---- every link and constraint holds ----


class Laid:
    """A plan as a result lays it out; calendars and lags from tables of minutes."""

    def __init__(self, plan, options):
        self.plan, self.options, self.result = plan, options, schedule_plan(plan, options)
        self.tables = Reference(plan, options)
        self.excused = {
            (told.predecessor, told.successor, told.type)
            for told in (*self.result.logic_conflicts, *self.result.out_of_sequence)
        }

    def span(self, row, kind):
        """Where the rest of a task lies by its early or its shown dates."""
        dates = self.result.tasks[self.plan.tasks[row].uid]
        if kind == "shown":
            return Span(*map(position, (dates.remaining_start, dates.finish, dates.start)))
        began, finish = position(dates.early_start), position(dates.early_finish)
        start = began
        if self.tables.begun(row):
            start = self.tables.calendar(row).add(finish, -self.tables.left(row))
        return Span(start, finish, began)

    def broken_links(self):
        """Links, with those of the summaries above a task, that the shown dates break.

        Of dates that nothing moves, and of the finish of level of effort, only what is missing in
        working time counts.
        """
        tables = self.tables
        for row in tables.leaves:
            task, span = self.plan.tasks[row], self.span(row, "shown")
            if tables.complete(row) or not task.active or self.is_left_behind(row):
                continue
            for link in tables.links_into(row):
                pair = link.predecessor, task.uid, link.type
                if not tables.binds(link, row) or pair in self.excused:
                    continue
                bound = tables.moved.bound_by(link, lambda at: self.span(at, "shown"))
                end = span.start if link.type in TO_START else span.finish
                hammock = task.level_of_effort and link.type not in TO_START
                loosely = tables.by_hand(row) or task.constraint_hard or hammock
                if loosely and tables.calendar(row).count(end, bound) <= 0:
                    continue
                if not tables.clears(link, bound, row, span):
                    yield pair

    def is_left_behind(self, row):
        """What does not follow tasks that are put off in the dates shown: a limit we state."""
        late = any(task.constraint is ConstraintType.ALAP for task in self.plan.tasks)
        if self.plan.tasks[row].level_of_effort:
            return self.plan.schedule_from_finish or late
        return self.plan.schedule_from_finish and self.tables.begun(row)

    def broken_constraints(self):
        """Constraints from below that early dates break; a hard one may break those above."""
        tables = self.tables
        for row in tables.leaves:
            task, span = self.plan.tasks[row], self.span(row, "early")
            fixed = tables.complete(row) or tables.begun(row) or tables.by_hand(row)
            if fixed or task.constraint_hard:
                continue
            for at in (row, *tables.above[row]):
                if tables.held_to(at, SNET, MSO) and span.start < tables.date(at):
                    yield task.uid, self.plan.tasks[at].constraint
            if tables.held_to(row, FNET, MFO) and not self.ends_late_enough(row, span):
                yield task.uid, task.constraint

    def ends_late_enough(self, row, span):
        """Level of effort ends with the last work before a date."""
        tables, date = self.tables, self.tables.date(row)
        if self.plan.tasks[row].level_of_effort:
            return tables.calendar(row).count(span.finish, date) <= 0
        return tables.ends_late_enough(row, span, date)

    def exceeded(self):
        """Constraints and deadlines from above that late dates pass."""
        tables, deadlines = self.tables, self.options.use_deadline_in_float
        for row in tables.leaves:
            task = self.plan.tasks[row]
            dates = self.result.tasks[task.uid]
            start, finish = dates.late_start, dates.late_finish
            if task.level_of_effort or tables.complete(row) or task.constraint_hard:
                continue
            for at in (row, *tables.above[row]):
                above = self.plan.tasks[at]
                if deadlines and above.deadline and finish > above.deadline:
                    yield task.uid, "deadline"
                if tables.held_to(at, FNLT, MFO) and finish > above.constraint_date:
                    yield task.uid, above.constraint
            if tables.held_to(row, SNLT, MSO) and not tables.begun(row):
                latest = tables.from_start(row, tables.date(row)).start
                if position(start) > latest:
                    yield task.uid, task.constraint


def broken(plan, options):
    """All that a result breaks without saying so."""
    laid = Laid(plan, options)
    found = [("link", *pair) for pair in laid.broken_links()]
    found += [("constraint", *pair) for pair in laid.broken_constraints()]
    return found + [("late", *pair) for pair in laid.exceeded()]


def test_every_link_and_constraint_holds_in_every_result_or_is_told():
    wrong, seen = {}, Counter()
    for seed in range(200):
        plan, options = random_plan(Random(seed))
        found = broken(plan, options)
        seen.update(link.type for link in plan.links)
        seen.update(link.lag_kind for link in plan.links)
        if found:
            wrong[seed] = found

    assert wrong == {}
    assert all(seen[kind] > 20 for kind in (*LinkType, *LagKind))


@quietly
@given(anything)
def test_every_link_and_constraint_holds_in_plans_that_hypothesis_finds(random):
    assert broken(*random_plan(random)) == []


# ---- free float ----


def delayed(plan, uid, minutes):
    """The result of a plan in which one task starts so many working minutes later."""
    first = schedule_plan(plan, PLAIN)
    task = next(task for task in plan.tasks if task.uid == uid)
    start = table(task.calendar_uid).add(position(first.tasks[uid].early_start), minutes)
    later = replace(task, constraint=SNET, constraint_date=moment(start))
    tasks = tuple(later if other.uid == uid else other for other in plan.tasks)
    return schedule_plan(replace(plan, tasks=tasks), PLAIN)


def moved_successors(plan, before, after, uid):
    """Successors of a task whose early dates are not what they were."""

    def early(result, other):
        return result.tasks[other].early_start, result.tasks[other].early_finish

    ends = {link.successor for link in plan.links if link.predecessor == uid}
    return {other for other in ends if early(before, other) != early(after, other)}


@properly
@given(networks(), st.data())
def test_free_float_is_what_moves_no_successor_and_a_minute_more_moves_one(network, data):
    plan = planned(*network)
    before = schedule_plan(plan, PLAIN)
    uid = data.draw(st.sampled_from(plan.tasks)).uid
    free = explain(before, uid).free_float

    within = delayed(plan, uid, free.minutes)
    beyond = delayed(plan, uid, free.minutes + 1)

    assert moved_successors(plan, before, within, uid) == set()
    moved = moved_successors(plan, before, beyond, uid)
    assert free.link is None or free.link.successor in moved


# ---- longer tasks ----


def is_plain(plan, uid):
    """Whether a longer duration of a task can bring nothing forward.

    A finish that a link holds pulls the start of a longer task forward, and with it what links
    from that start lead to. A lead in percent of it grows with it.
    """
    into = [link.type for link in plan.links if link.successor == uid]
    out = [link for link in plan.links if link.predecessor == uid]
    held = any(kind not in TO_START for kind in into)
    from_start = any(link.type not in FROM_FINISH for link in out)
    return not (held and from_start) and all(link.lag_percent >= 0 for link in out)


@properly
@given(networks(constraints=False), st.data())
def test_a_longer_task_makes_nothing_finish_earlier(network, data):
    plan = planned(*network)
    free = [task for task in plan.tasks if is_plain(plan, task.uid)]
    assume(free)
    task = data.draw(st.sampled_from(free))
    more = data.draw(st.integers(1, 1800))
    longer = replace(task, duration_minutes=task.duration_minutes + more)
    tasks = tuple(longer if other is task else other for other in plan.tasks)

    before, after = schedule_plan(plan, PLAIN), schedule_plan(replace(plan, tasks=tasks), PLAIN)

    for uid, dates in before.tasks.items():
        assert after.tasks[uid].early_finish >= dates.early_finish
    assert after.finish >= before.finish


def test_a_longer_task_whose_finish_is_held_may_bring_the_finish_of_the_plan_forward():
    def finish(days):
        chart = plan_chart(f"""
            A 6   | |
            B {days}   | | A FF
            C 7   | | B SS
        """)
        return schedule_plan(chart.plan, PLAIN).finish

    assert finish(4) < finish(2)
