# SPDX-License-Identifier: Apache-2.0
"""Small plans with everything that a schedule depends on, out of a source of random numbers."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from pilothouse.engine.network.plan import (
    ConstraintType,
    EnteredText,
    FloatKind,
    LagCalendar,
    LagKind,
    LagOrigin,
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    ProgressMode,
    ScheduleRules,
    StoredDates,
)
from pilothouse.engine.schedule import Dialect, ScheduleOptions
from pilothouse.engine.schedule.tests.reference import SPECS, position, table

START = datetime(2025, 3, 3, 8)
STEPS = (0, 30, 60, 240, 480, 480, 1200, 2400)


def random_plan(random):
    """A plan of two to nine tasks, and the options to schedule it with."""
    return _Maker(random).plan(), _options(random)


def _options(random):
    return ScheduleOptions(
        dialect=random.choice(tuple(Dialect)),
        progress_mode=random.choice((None, *ProgressMode)),
        lag_calendar=random.choice((None, None, *LagCalendar)),
        use_deadline_in_float=random.random() < 0.8,
        work_after_status_date=random.random() < 0.8,
        critical_threshold_minutes=random.choice((None, None, 0, 480)),
    )


class _Maker:
    def __init__(self, random):
        self.random = random
        self.status = None
        if random.random() < 0.4:
            self.status = START + timedelta(minutes=15 * random.randrange(0, 1500))
        # A plan has few of its tasks out of the ordinary, or what binds would hide the rest.
        self.odd = random.choice((0, 0.1, 0.3))
        self.bound = random.choice((0, 0.2, 0.5))
        self.lately = random.choice((0, 0, 0, 0.4))

    def plan(self):
        random = self.random
        tasks = []
        self._below(1, tasks, random.randint(2, 7))
        uids = random.sample(range(1, 40), len(tasks))
        tasks = [replace(task, uid=uid) for task, uid in zip(tasks, uids, strict=True)]
        links = self._links(tasks)
        resources, assignments = self._resources(tasks)
        return Plan(
            "Random",
            START,
            SPECS,
            random.choice((1, 1, 1, 2, 3, 4)),
            tuple(tasks),
            links,
            resources,
            assignments,
            status_date=self.status,
            imposed_finish=self._date() if random.random() < 0.15 else None,
            finish=START + timedelta(minutes=15 * random.randrange(960, 2400)),
            schedule_from_finish=random.random() < 0.1,
            critical_threshold_minutes=random.choice((0, 0, 60)),
            lag_calendar=random.choice((None, None, *LagCalendar)),
            rules=self._rules(),
        )

    def _rules(self):
        random = self.random
        if random.random() < 0.5:
            return ScheduleRules()
        return ScheduleRules(
            progress_mode=random.choice(tuple(ProgressMode)),
            total_float=random.choice(tuple(FloatKind)),
            open_ends_critical=random.random() < 0.3,
            start_lag_from=random.choice((None, *LagOrigin)),
            expected_finishes=random.random() < 0.7,
            external_dates=random.random() < 0.7,
        )

    def _below(self, level, tasks, count):
        while count > 0:
            if level < 4 and self.random.random() < 0.25:
                tasks.append(self._summary(level))
                inside = self.random.randint(1, count)
                self._below(level + 1, tasks, inside)
                count -= inside
            else:
                tasks.append(self._task(level))
                count -= 1

    def _date(self):
        return START + timedelta(minutes=15 * self.random.randrange(-480, 2400))

    def _outer_date(self):
        """A date that seldom binds beside constraints, or none."""
        return self._date() if self.random.random() < self.bound / 3 else None

    def _summary(self, level):
        random, kind, date = self.random, ConstraintType.ASAP, None
        if random.random() < self.bound / 2:
            kind = random.choice((ConstraintType.SNET, ConstraintType.FNLT))
            date = self._date()
        return PlanTask(
            0,
            "Phase",
            level,
            summary=True,
            constraint=kind,
            constraint_date=date,
            deadline=self._date() if random.random() < self.bound / 3 else None,
        )

    def _task(self, level):
        random = self.random
        kind, date = ConstraintType.ASAP, None
        if random.random() < self.bound:
            kind = random.choice(tuple(ConstraintType))
            if kind not in (ConstraintType.ASAP, ConstraintType.ALAP):
                date = self._date()
        elif random.random() < self.lately:
            kind = ConstraintType.ALAP
        odd = random.random() < self.odd
        task = PlanTask(
            0,
            "Task",
            level,
            duration_minutes=random.choice(STEPS),
            elapsed_duration=random.random() < 0.05,
            calendar_uid=random.choice((None, None, None, 1, 2, 3, 4)),
            ignore_resource_calendar=random.random() < 0.3,
            constraint=kind,
            constraint_date=date,
            constraint_hard=random.random() < 0.3,
            deadline=self._date() if random.random() < self.bound / 3 else None,
            level_of_effort=odd and random.random() < 0.4,
            active=not (odd and random.random() < 0.2),
            leveling_delay_minutes=random.choice((0, 1440, 600)) if odd else 0,
            expected_finish=self._outer_date(),
            external_early_start=self._outer_date(),
            external_late_finish=self._outer_date(),
        )
        if odd and random.random() < 0.2:
            return self._by_hand(task)
        return self._progress(task) if self.status and random.random() < 0.6 else task

    def _by_hand(self, task):
        start = self._date()
        finish = start + timedelta(minutes=15 * self.random.randrange(0, 400))
        stored = StoredDates(start=start, finish=finish)
        if self.random.random() < 0.3:
            return replace(task, external=True, duration_minutes=480, stored=stored)
        return replace(
            task,
            manual=True,
            duration_minutes=480,
            stored=stored,
            entered=EnteredText(*(self.random.choice((None, "", "Soon")) for _ in range(3))),
        )

    def _progress(self, task):
        random, status = self.random, self.status
        started = status - timedelta(minutes=15 * random.randrange(0, 800))
        if random.random() < 0.4:
            finished = min(status, started + timedelta(minutes=15 * random.randrange(0, 800)))
            return replace(task, actual_start=started, actual_finish=finished)
        done = table(1).count(position(started), position(status))
        resume = None
        if random.random() < 0.25:
            resume = status + timedelta(minutes=15 * random.randrange(-200, 400))
        return replace(
            task,
            actual_start=started,
            actual_duration_minutes=random.choice((0, done, done // 2)),
            remaining_minutes=random.choice(STEPS),
            resume=resume,
        )

    def _links(self, tasks):
        """Links that point down the outline, so that there is no circle."""
        random, links = self.random, {}
        rows = range(len(tasks))
        for second in rows:
            for first in random.sample(rows[:second], min(second, random.choice((0, 1, 1, 2, 3)))):
                between = tasks[first + 1 : second + 1]
                inside = all(task.outline_level > tasks[first].outline_level for task in between)
                if tasks[first].summary and inside:
                    continue
                link = self._link(tasks[first].uid, tasks[second].uid)
                links[first, second, link.type] = link
        return tuple(links.values())

    def _link(self, first, second):
        random = self.random
        kind = random.choice(tuple(LinkType))
        measured = random.choice((LagKind.WORKING, LagKind.WORKING, *LagKind))
        if measured in (LagKind.WORKING, LagKind.ELAPSED):
            lag = random.choice((0, 0, 0, 30, 480, 1800, -30, -240, -600))
            return Link(first, second, kind, lag, measured)
        share = Decimal(random.choice((0, 25, 50, 100, 33, -25, -50)))
        return Link(first, second, kind, 0, measured, share)

    def _resources(self, tasks):
        random = self.random
        if random.random() < 0.6:
            return (), ()
        resources = tuple(PlanResource(uid, f"R{uid}", calendar_uid=uid) for uid in (1, 2, 3))
        # Day and night shifts never meet.
        assignments = tuple(
            PlanAssignment(number, task.uid, random.choice((1, 2, 3)))
            for number, task in enumerate(tasks + tasks[::2])
            if not task.summary and task.calendar_uid in (None, 4) and random.random() < 0.4
        )
        return resources, assignments
