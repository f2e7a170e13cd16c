# SPDX-License-Identifier: Apache-2.0
"""Random networks against a slow, plain implementation that shares no code with ours.

It counts hours one by one, tries start after start, and asks of every link whether it holds.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.calendars import CalendarException, CalendarSpec
from pilothouse.engine.network.plan import ConstraintType, LagKind, Link, LinkType, Plan, PlanTask
from pilothouse.engine.schedule import Dialect, ScheduleOptions, schedule_plan

MONDAY = datetime(2025, 3, 3)
BEFORE, HOURS = 200 * 24, 700 * 24
WORKED = {
    1: lambda day, hour: day.weekday() < 5 and hour in (8, 9, 10, 11, 13, 14, 15, 16),
    2: lambda day, hour: day.weekday() != 2 and hour in (6, 7, 8, 9, 20, 21),
    3: lambda day, hour: hour < 6 or hour >= 22,
    4: lambda day, hour: True,
}
HOLIDAY = date(2025, 3, 14)
SPECS = (
    CalendarSpec(
        1,
        "Office",
        (((480, 720), (780, 1020)),) * 5 + ((), ()),
        (CalendarException(HOLIDAY, HOLIDAY, ()),),
    ),
    CalendarSpec(
        2,
        "Split",
        tuple(() if day == 2 else ((360, 600), (1200, 1320)) for day in range(7)),
    ),
    CalendarSpec(3, "Night", (((0, 360), (1320, 1440)),) * 7),
    CalendarSpec(4, "Always", (((0, 1440),),) * 7),
)


class Hours:
    """Working hours of one calendar; positions are hours after BEFORE hours before MONDAY."""

    def __init__(self, uid):
        first = MONDAY - timedelta(hours=BEFORE)
        self.works = []
        for number in range(HOURS):
            at = first + timedelta(hours=number)
            off = uid == 1 and at.date() == HOLIDAY
            self.works.append(not off and WORKED[uid](at, at.hour))
        self.before = [0]
        for works in self.works:
            self.before.append(self.before[-1] + works)

    def count(self, first, second):
        return self.before[second] - self.before[first]

    def add(self, at, hours):
        while hours > 0:
            hours -= self.works[at]
            at += 1
        while hours < 0:
            at -= 1
            hours += self.works[at]
        return at


CALENDARS = {uid: Hours(uid) for uid in WORKED}


@dataclass
class Job:
    uid: int
    calendar: int
    hours: int
    constraint: ConstraintType
    date: int


def hour(instant):
    seconds = (instant - MONDAY).total_seconds()
    assert seconds % 3600 == 0
    return int(seconds // 3600) + BEFORE


def moment(at):
    return MONDAY + timedelta(hours=at - BEFORE)


def lagged(link, at, calendar):
    if link.lag_kind is LagKind.ELAPSED:
        return at + link.lag_minutes // 60
    return calendar.add(at, link.lag_minutes // 60)


def holds(link, first, second, calendar):
    """Whether a link holds between (start, finish) of its two ends."""
    origin = first[0] if link.type in (LinkType.SS, LinkType.SF) else first[1]
    bound = lagged(link, origin, calendar)
    if link.type in (LinkType.FF, LinkType.SF):
        return second[1] >= bound or calendar.count(second[1], bound) == 0
    return second[0] >= bound


def spans(job, at):
    calendar = CALENDARS[job.calendar]
    return at, calendar.add(at, job.hours)


def earliest(jobs, links):
    """Raise every start, hour by hour, until all that must hold holds."""
    begin = hour(MONDAY + timedelta(hours=8))
    found = {job.uid: spans(job, _first_start(job, begin)) for job in jobs}
    moved = True
    while moved:
        moved = False
        for job in jobs:
            while not _early_enough(job, found, links):
                found[job.uid] = spans(job, _first_start(job, found[job.uid][0] + 1))
                moved = True
    return found


def _first_start(job, at):
    works = CALENDARS[job.calendar].works
    while not works[at]:
        at += 1
    return at


def _early_enough(job, found, links):
    start, finish = found[job.uid]
    calendar = CALENDARS[job.calendar]
    if job.constraint is ConstraintType.SNET and start < job.date:
        return False
    if (
        job.constraint is ConstraintType.FNET
        and finish < job.date
        and calendar.count(finish, job.date)
    ):
        return False
    return all(
        holds(link, found[link.predecessor], found[job.uid], calendar)
        for link in links
        if link.successor == job.uid
    )


def latest(jobs, links, end):
    """Lower every finish, hour by hour, until all that must hold holds."""
    found = {job.uid: _last_span(job, end) for job in jobs}
    moved = True
    while moved:
        moved = False
        for job in jobs:
            while not _late_enough(job, found, links, jobs):
                found[job.uid] = _last_span(job, found[job.uid][1] - 1)
                moved = True
    return found


def _last_span(job, at):
    calendar = CALENDARS[job.calendar]
    while not calendar.works[at - 1]:
        at -= 1
    return calendar.add(at, -job.hours), at


def _late_enough(job, found, links, jobs):
    start, finish = found[job.uid]
    if (
        job.constraint is ConstraintType.SNLT
        and start > job.date
        and CALENDARS[job.calendar].count(job.date, start)
    ):
        return False
    if job.constraint is ConstraintType.FNLT and finish > job.date:
        return False
    by_uid = {other.uid: other for other in jobs}
    return all(
        holds(
            link,
            (start, finish),
            found[link.successor],
            CALENDARS[by_uid[link.successor].calendar],
        )
        for link in links
        if link.predecessor == job.uid
    )


@st.composite
def networks(draw, constraints=True):
    kinds = [ConstraintType.ASAP] * 3
    if constraints:
        kinds += [
            ConstraintType.SNET,
            ConstraintType.FNET,
            ConstraintType.SNLT,
            ConstraintType.FNLT,
        ]
    jobs = [
        Job(
            uid,
            draw(st.sampled_from([1, 1, 2, 3, 4])),
            draw(st.integers(1, 40)),
            draw(st.sampled_from(kinds)),
            BEFORE + draw(st.integers(0, 20)) * 24 + draw(st.integers(0, 23)),
        )
        for uid in range(1, draw(st.integers(2, 7)) + 1)
    ]
    links = {}
    for second in range(2, len(jobs) + 1):
        for first in draw(st.sets(st.integers(1, second - 1), max_size=3)):
            kind = draw(st.sampled_from(LinkType))
            lag = 60 * draw(st.sampled_from([0, 0, 0, 1, 8, 30, -1, -8]))
            measured = draw(st.sampled_from([LagKind.WORKING, LagKind.ELAPSED]))
            links[first, second, kind] = Link(first, second, kind, lag, measured)
    return jobs, list(links.values())


def planned(jobs, links):
    tasks = tuple(
        PlanTask(
            job.uid,
            f"T{job.uid}",
            duration_minutes=60 * job.hours,
            calendar_uid=job.calendar,
            constraint=job.constraint,
            constraint_date=moment(job.date) if job.constraint is not ConstraintType.ASAP else None,
        )
        for job in jobs
    )
    return Plan("Random", MONDAY + timedelta(hours=8), SPECS, 1, tasks, tuple(links))


STANDARD = ScheduleOptions(dialect=Dialect.STANDARD)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(networks())
def test_early_dates_are_the_first_that_satisfy_every_link_and_constraint(network):
    jobs, links = network

    result = schedule_plan(planned(jobs, links), STANDARD)

    expected = earliest(jobs, links)
    found = {
        uid: (hour(dates.early_start), hour(dates.early_finish))
        for uid, dates in result.tasks.items()
    }
    assert found == expected


@settings(max_examples=120, deadline=None, derandomize=True)
@given(networks())
def test_late_dates_are_the_last_that_satisfy_every_link_and_constraint(network):
    jobs, links = network
    # Between two calendars the last start that a link allows may lie a minute before a closed
    # hour; the reference counts in hours. The test of slips below has no such limit.
    calendar = {job.uid: job.calendar for job in jobs}
    links = [
        link
        for link in links
        if link.type in (LinkType.FS, LinkType.FF)
        or (calendar[link.predecessor] == calendar[link.successor] and not link.lag_minutes)
    ]

    result = schedule_plan(planned(jobs, links), STANDARD)

    expected = latest(jobs, links, hour(result.finish))
    found = {
        uid: (hour(dates.late_start), hour(dates.late_finish))
        for uid, dates in result.tasks.items()
    }
    assert found == expected


@settings(max_examples=80, deadline=None, derandomize=True)
@given(networks(constraints=False))
def test_without_constraints_no_float_is_negative_and_some_task_is_critical(network):
    result = schedule_plan(planned(*network), STANDARD)

    totals = [dates.total_float_minutes for dates in result.tasks.values()]
    assert min(totals) == 0
    assert any(dates.critical for dates in result.tasks.values())


@settings(max_examples=80, deadline=None, derandomize=True)
@given(networks(constraints=False), st.data())
def test_total_float_is_what_a_task_may_slip_without_moving_the_finish(network, data):
    jobs, links = network
    plan = planned(jobs, links)
    first = schedule_plan(plan, STANDARD)
    uid = data.draw(st.sampled_from(jobs)).uid
    tasks = tuple(
        replace(
            task,
            constraint=ConstraintType.SNET,
            constraint_date=first.tasks[uid].late_start,
        )
        if task.uid == uid
        else task
        for task in plan.tasks
    )

    assert schedule_plan(replace(plan, tasks=tasks), STANDARD).finish == first.finish


@settings(max_examples=80, deadline=None, derandomize=True)
@given(networks(constraints=False), st.data())
def test_a_longer_task_never_makes_the_plan_finish_earlier(network, data):
    jobs, links = network
    plain = [
        link for link in links if link.type is LinkType.FS and link.lag_kind is LagKind.WORKING
    ]
    before = schedule_plan(planned(jobs, plain), STANDARD).finish
    data.draw(st.sampled_from(jobs)).hours += data.draw(st.integers(1, 30))

    assert schedule_plan(planned(jobs, plain), STANDARD).finish >= before


@settings(max_examples=40, deadline=None, derandomize=True)
@given(networks())
def test_the_same_plan_gives_the_same_result(network):
    plan = planned(*network)

    assert schedule_plan(plan) == schedule_plan(plan)
