# SPDX-License-Identifier: Apache-2.0
"""The fourteen points, one function each, over a plan and its dates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from pilothouse.engine.calendars import WorkingTime, compile_calendars
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.outline import build_outline
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagKind,
    Link,
    LinkType,
    Plan,
    PlanTask,
    TaskBaseline,
)
from pilothouse.engine.schedule import (
    ScheduleOptions,
    ScheduleResult,
    TaskDates,
    TaskState,
    schedule_plan,
)

HUNDRED = Decimal(100)
_HARD = (ConstraintType.MSO, ConstraintType.MFO, ConstraintType.SNLT, ConstraintType.FNLT)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an office lets pass; the figures of DCMA unless it says otherwise.

    Percentages are of the population of their point. Days are working days of the plan.
    """

    logic_pct: Decimal = Decimal(5)
    leads: int = 0
    lags_pct: Decimal = Decimal(5)
    finish_to_start_pct: Decimal = Decimal(90)
    hard_constraints_pct: Decimal = Decimal(5)
    float_days: int = 44
    high_float_pct: Decimal = Decimal(5)
    negative_float: int = 0
    duration_days: int = 44
    high_duration_pct: Decimal = Decimal(5)
    invalid_dates: int = 0
    unresourced_pct: Decimal | None = None
    """None: the tenth point is reported without a verdict."""
    missed_pct: Decimal = Decimal(5)
    cpli: Decimal = Decimal("0.95")
    bei: Decimal = Decimal("0.95")
    bei_of_done_only: bool = False
    """Count only those unbaselined tasks that are done in the divisor of the last point."""
    test_days: int = 600


@dataclass(frozen=True, slots=True)
class Point:
    """One of the fourteen.

    ``value`` is in ``unit``; ``count`` of ``population`` are what it was made of. ``passed`` is
    None where the point does not apply, or gives no verdict. ``offenders`` are the uids of the
    tasks to look at, of links their successor; ``also`` are worth a look but not counted.
    """

    number: int
    name: str
    value: Decimal | None
    unit: str
    count: int
    population: int
    limit: str
    passed: bool | None
    offenders: tuple[int, ...] = ()
    also: tuple[int, ...] = ()
    note: str = ""


class Facts:
    """A plan, its dates, and the populations that the points are about."""

    def __init__(
        self,
        plan: Plan,
        result: ScheduleResult,
        options: ScheduleOptions,
        baseline: int,
        rolling_wave: frozenset[int],
    ) -> None:
        self.plan, self.result, self.options = plan, result, options
        self.rolling_wave = rolling_wave
        outline = build_outline(plan.tasks)
        leaves = [
            task for row, task in enumerate(plan.tasks) if not outline.summary[row] and task.active
        ]
        self.leaves = leaves
        leaf_ids = {task.uid for task in leaves}
        self.open = [task for task in leaves if self.dates(task).state is not TaskState.COMPLETE]
        self.tasks = [
            task
            for task in self.open
            if not (task.level_of_effort or task.external or task.milestone)
            and (task.duration_minutes or self.dates(task).duration_minutes)
        ]
        open_ids = {task.uid for task in self.open}
        self.links = [
            link
            for link in plan.links
            if link.successor in open_ids and link.predecessor in leaf_ids
        ]
        self.baselines = {
            task.uid: row for task in leaves for row in task.baselines if row.number == baseline
        }

    @property
    def day(self) -> int:
        """Working minutes of a day."""
        return self.plan.minutes_per_day

    @property
    def calendar(self) -> WorkingTime:
        """That of the plan."""
        compiled = compile_calendars(self.plan.calendars, zone=self.options.zone)
        return compiled[self.plan.default_calendar_uid]

    def dates(self, task: PlanTask) -> TaskDates:
        """Computed dates of a task."""
        return self.result.tasks[task.uid]

    def baseline_of(self, task: PlanTask) -> TaskBaseline | None:
        """The baseline of a task that has a finish, if there is one."""
        found = self.baselines.get(task.uid)
        return found if found is not None and found.finish is not None else None


def _share(
    number: int,
    name: str,
    offenders: Iterable[int],
    population: int,
    most: Decimal,
    *,
    also: Iterable[int] = (),
    note: str = "",
) -> Point:
    """A point that counts tasks or links of a population, with a percentage as its limit."""
    found = tuple(offenders)
    limit = f"≤ {most} %"
    if population == 0:
        return Point(number, name, None, "%", 0, 0, limit, None, note="Nothing to look at.")
    value = HUNDRED * len(found) / population
    return Point(
        number,
        name,
        value,
        "%",
        len(found),
        population,
        limit,
        value <= most,
        tuple(dict.fromkeys(found)),
        tuple(also),
        note,
    )


def _lag(link: Link) -> Decimal:
    if link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
        return link.lag_percent
    return Decimal(link.lag_minutes)


def logic(facts: Facts, limits: Limits) -> Point:
    """1: tasks without a predecessor or a successor; also those whose ends dangle."""
    before: dict[int, set[LinkType]] = {}
    after: dict[int, set[LinkType]] = {}
    for link in facts.plan.links:
        before.setdefault(link.successor, set()).add(link.type)
        after.setdefault(link.predecessor, set()).add(link.type)
    inherited = _linked_above(facts.plan)
    missing, dangling = [], []
    for task in facts.tasks:
        heads = before.get(task.uid, set()) | inherited[0].get(task.uid, set())
        tails = after.get(task.uid, set()) | inherited[1].get(task.uid, set())
        if not heads or not tails:
            missing.append(task.uid)
        if (heads and not heads & {LinkType.FS, LinkType.SS}) or (
            tails and not tails & {LinkType.FS, LinkType.FF}
        ):
            dangling.append(task.uid)
    note = "Also listed: a start that nothing drives, or a finish that drives nothing."
    return _share(1, "Logic", missing, len(facts.tasks), limits.logic_pct, also=dangling, note=note)


def _linked_above(plan: Plan) -> tuple[dict[int, set[LinkType]], dict[int, set[LinkType]]]:
    """Types of links that a task has through the summaries above it."""
    outline = build_outline(plan.tasks)
    heads: dict[int, set[LinkType]] = {}
    tails: dict[int, set[LinkType]] = {}
    ends: dict[int, tuple[set[LinkType], set[LinkType]]] = {}
    for link in plan.links:
        for uid, side in ((link.successor, 0), (link.predecessor, 1)):
            row = outline.index[uid]
            if outline.summary[row]:
                ends.setdefault(row, (set(), set()))[side].add(link.type)
    if ends:
        for row, task in enumerate(plan.tasks):
            for above in outline.ancestors(row):
                if above in ends:
                    heads.setdefault(task.uid, set()).update(ends[above][0])
                    tails.setdefault(task.uid, set()).update(ends[above][1])
    return heads, tails


def leads(facts: Facts, limits: Limits) -> Point:
    """2: links with a negative lag."""
    found = [link.successor for link in facts.links if _lag(link) < 0]
    return _count(2, "Leads", found, len(facts.links), limits.leads)


def lags(facts: Facts, limits: Limits) -> Point:
    """3: links with a positive lag."""
    found = [link.successor for link in facts.links if _lag(link) > 0]
    return _share(3, "Lags", found, len(facts.links), limits.lags_pct)


def link_types(facts: Facts, limits: Limits) -> Point:
    """4: links from finish to start among all."""
    others = tuple(link.successor for link in facts.links if link.type is not LinkType.FS)
    whole, least = len(facts.links), limits.finish_to_start_pct
    count = whole - len(others)
    limit = f"≥ {least} %"
    if whole == 0:
        note = "Nothing to look at."
        return Point(4, "Relationship types", None, "%", 0, 0, limit, None, note=note)
    value = HUNDRED * count / whole
    offenders = tuple(dict.fromkeys(others))
    return Point(
        4, "Relationship types", value, "%", count, whole, limit, value >= least, offenders
    )


def hard_constraints(facts: Facts, limits: Limits) -> Point:
    """5: tasks that must start or finish on or by a date."""
    found = [task.uid for task in facts.tasks if task.constraint in _HARD]
    return _share(5, "Hard constraints", found, len(facts.tasks), limits.hard_constraints_pct)


def high_float(facts: Facts, limits: Limits) -> Point:
    """6: tasks with more float than two months."""
    most = limits.float_days * facts.day
    found = [task.uid for task in facts.tasks if (_float(facts, task) or 0) > most]
    return _share(6, "High float", found, len(facts.tasks), limits.high_float_pct)


def negative_float(facts: Facts, limits: Limits) -> Point:
    """7: tasks that finish too late for what must hold."""
    found = [task.uid for task in facts.tasks if (_float(facts, task) or 0) < 0]
    return _count(7, "Negative float", found, len(facts.tasks), limits.negative_float)


def _float(facts: Facts, task: PlanTask) -> int | None:
    return facts.dates(task).total_float_minutes


def _count(number: int, name: str, found: Sequence[int], population: int, most: int) -> Point:
    """A point whose limit is a number of tasks or links."""
    limit = f"≤ {most}"
    if population == 0:
        note = "Nothing to look at."
        return Point(number, name, None, "", 0, 0, limit, None, note=note)
    value, offenders = Decimal(len(found)), tuple(dict.fromkeys(found))
    passed = len(found) <= most
    return Point(number, name, value, "", len(found), population, limit, passed, offenders)


def high_duration(facts: Facts, limits: Limits) -> Point:
    """8: tasks planned for more than two months; packages of a rolling wave may be."""
    most = limits.duration_days * facts.day
    found = [
        task.uid
        for task in facts.tasks
        if task.uid not in facts.rolling_wave and _planned_minutes(facts, task) > most
    ]
    return _share(8, "High duration", found, len(facts.tasks), limits.high_duration_pct)


def _planned_minutes(facts: Facts, task: PlanTask) -> int:
    baseline = facts.baselines.get(task.uid)
    if baseline is not None and baseline.duration_minutes is not None:
        return baseline.duration_minutes
    return task.duration_minutes


def invalid_dates(facts: Facts, limits: Limits) -> Point:
    """9: work planned before the status date, or done after it."""
    status = facts.plan.status_date
    name, limit = "Invalid dates", f"≤ {limits.invalid_dates}"
    if status is None:
        return Point(9, name, None, "", 0, 0, limit, None, note="The plan has no status date.")
    found = [task.uid for task in facts.leaves if _invalid(facts, task, status)]
    return _count(9, name, found, len(facts.leaves), limits.invalid_dates)


def _invalid(facts: Facts, task: PlanTask, status: datetime) -> bool:
    dates = facts.dates(task)
    if any(at is not None and at > status for at in (task.actual_start, task.actual_finish)):
        return True
    if dates.state is TaskState.NOT_STARTED:
        return dates.start < status
    return dates.state is TaskState.IN_PROGRESS and dates.finish < status


def resources(facts: Facts, limits: Limits) -> Point:
    """10: tasks of a day or more that nobody does and nothing is paid for."""
    staffed = {row.task_uid for row in facts.plan.assignments if row.resource_uid is not None}
    found = [
        task.uid
        for task in facts.tasks
        if task.duration_minutes >= facts.day and task.uid not in staffed and not task.cost
    ]
    most = limits.unresourced_pct
    point = _share(10, "Resources", found, len(facts.tasks), most or Decimal(0))
    return replace(point, limit="reported", passed=None) if most is None else point


def missed_tasks(facts: Facts, limits: Limits) -> Point:
    """11: of the tasks due by the baseline, those that finished late or are not finished."""
    status = facts.plan.status_date
    if status is None:
        most = limits.missed_pct
        return replace(_share(11, "Missed tasks", (), 0, most), note="The plan has no status date.")
    due = [
        (task, baseline.finish)
        for task in facts.leaves
        if (baseline := facts.baseline_of(task)) is not None
        and baseline.finish is not None
        and baseline.finish <= status
    ]
    found = [
        task.uid
        for task, finish in due
        if task.actual_finish is None or task.actual_finish > finish
    ]
    return _share(11, "Missed tasks", found, len(due), limits.missed_pct)


def critical_path(facts: Facts, limits: Limits) -> Point:
    """12: a delay of a task on the longest path must delay the whole by as much."""
    name, limit = "Critical path test", f"{limits.test_days} days ± 1"
    on_path = [
        task
        for task in facts.open
        if facts.dates(task).longest_path and not (task.level_of_effort or task.external)
    ]
    if not on_path:
        note = "No open task lies on the longest path."
        return Point(12, name, None, "days", 0, 0, limit, None, note=note)
    first = min(on_path, key=lambda task: facts.dates(task).start)
    added = limits.test_days * facts.day
    longer = replace(
        first,
        duration_minutes=first.duration_minutes + added,
        remaining_minutes=None
        if first.remaining_minutes is None
        else first.remaining_minutes + added,
        milestone=False,
    )
    tasks = tuple(longer if task is first else task for task in facts.plan.tasks)
    moved = schedule_plan(replace(facts.plan, tasks=tasks), facts.options).finish
    value = Decimal(facts.calendar.diff(facts.result.finish, moved)) / facts.day
    passed = abs(value - limits.test_days) <= 1
    note = f"{limits.test_days} days were added to {facts.result.labels[first.uid]}."
    offenders = () if passed else (first.uid,)
    return Point(12, name, value, "days", int(not passed), 1, limit, passed, offenders, note=note)


def cpli(length: Decimal, total_float: Decimal) -> Decimal:
    """Critical path length index: (CPL + TF) / CPL, days both.

    Raises
    ------
    InvalidInput
        ``assess.path_length`` without a path ahead.

    Examples
    --------
    >>> round(cpli(Decimal(60), Decimal(-5)), 4)
    Decimal('0.9167')
    """
    if length <= 0:
        raise InvalidInput("assess.path_length", "There is no critical path ahead.")
    return (length + total_float) / length


def path_length(facts: Facts, limits: Limits) -> Point:
    """13: whether the path ahead fits into what is left until the promised finish."""
    name, limit = "Critical path length index", f"≥ {limits.cpli}"
    status, promised = facts.plan.status_date, _promised(facts)
    if status is None or promised is None:
        what = "status date" if status is None else "baseline and no imposed finish"
        note = f"The plan has no {what}."
        return Point(13, name, None, "", 0, 0, limit, None, note=note)
    calendar, finish = facts.calendar, facts.result.finish
    length = Decimal(calendar.diff(status, finish)) / facts.day
    if length <= 0:
        note = "The forecast finish is not after the status date."
        return Point(13, name, None, "", 0, 0, limit, None, note=note)
    spare = Decimal(calendar.diff(finish, promised)) / facts.day
    value = cpli(length, spare)
    note = f"({length.normalize():f} + {spare.normalize():f}) / {length.normalize():f} days"
    return Point(13, name, value, "", 0, 1, limit, value >= limits.cpli, note=note)


def _promised(facts: Facts) -> datetime | None:
    if facts.plan.imposed_finish is not None:
        return facts.plan.imposed_finish
    finishes = [row.finish for row in facts.baselines.values() if row.finish is not None]
    return max(finishes, default=None)


def bei(done: int, due: int, unbaselined: int) -> Decimal:
    """Baseline execution index: tasks done / (tasks due by the baseline + tasks without one).

    Raises
    ------
    InvalidInput
        ``assess.nothing_due`` where the divisor is 0.

    Examples
    --------
    >>> bei(40, 45, 5)
    Decimal('0.8')
    """
    if due + unbaselined <= 0:
        raise InvalidInput("assess.nothing_due", "No task is due by the baseline.")
    return Decimal(done) / (due + unbaselined)


def execution(facts: Facts, limits: Limits) -> Point:
    """14: tasks done against those that were to be done."""
    name, limit = "Baseline execution index", f"≥ {limits.bei}"
    status = facts.plan.status_date
    if status is None:
        note = "The plan has no status date."
        return Point(14, name, None, "", 0, 0, limit, None, note=note)
    done = {task.uid for task in facts.leaves if task.actual_finish is not None}
    due = unbaselined = 0
    behind: list[int] = []
    for task in facts.leaves:
        baseline = facts.baseline_of(task)
        if baseline is None or baseline.finish is None:
            unbaselined += not limits.bei_of_done_only or task.uid in done
        elif baseline.finish <= status:
            due += 1
            if task.uid not in done:
                behind.append(task.uid)
    if due == 0:
        note = "No task is due by the baseline."
        return Point(14, name, None, "", len(done), 0, limit, None, note=note)
    value = bei(len(done), due, unbaselined)
    passed = value >= limits.bei
    return Point(14, name, value, "", len(done), due + unbaselined, limit, passed, tuple(behind))


POINTS: tuple[Callable[[Facts, Limits], Point], ...] = (
    logic,
    leads,
    lags,
    link_types,
    hard_constraints,
    high_float,
    negative_float,
    high_duration,
    invalid_dates,
    resources,
    missed_tasks,
    critical_path,
    path_length,
    execution,
)
