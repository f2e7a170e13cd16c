# SPDX-License-Identifier: Apache-2.0
"""A page of the readable plan: rows, filters, bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import CharField, Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Substr

from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.foundation.core.prepared import prepared_for, together
from pilothouse.foundation.core.rounding import TENTH, half_up

PAGE_SIZE = 100
FILTERS = ("all", "critical", "late", "milestones", "differs")
BAR_WIDTH = 220
"""Width of the column of bars in pixels."""


class _Read(NamedTuple):
    """A task as it is read."""

    uid: int
    position: int
    name: str
    wbs: str
    outline_level: int
    summary: bool
    milestone: bool
    active: bool
    start: datetime | None
    finish: datetime | None
    duration_minutes: int
    elapsed_duration: bool
    estimated: bool
    percent_complete: Decimal
    actual_finish: datetime | None
    total_float_minutes: int | None
    critical: bool
    constraint: str
    constraint_date: datetime | None
    deadline: datetime | None
    finish_variance_minutes: int | None
    difference: str
    baseline_start: datetime | None
    baseline_finish: datetime | None


class Bar(NamedTuple):
    """Where a row lies on the line of time, in pixels from its left end."""

    left: float
    width: float
    done: float
    baseline_left: float | None
    baseline_width: float
    deadline: float | None


class TaskRow(NamedTuple):
    """One line of the readable plan."""

    uid: int
    position: int
    name: str
    wbs: str
    level: int
    summary: bool
    milestone: bool
    active: bool
    start: datetime | None
    finish: datetime | None
    duration: str
    percent: Decimal
    float_days: Decimal | None
    critical: bool
    constraint: str
    constraint_date: datetime | None
    deadline: datetime | None
    deadline_missed: bool
    late: bool
    predecessors: str
    resources: str
    baseline_start: datetime | None
    baseline_finish: datetime | None
    finish_variance_days: Decimal | None
    difference: str
    bar: Bar | None


def late_condition(today: date) -> Q:
    """Unfinished work whose finish lies before today."""
    midnight = datetime.combine(today, time(), UTC)
    return Q(summary=False, active=True, actual_finish=None, finish__lt=midnight) & Q(
        percent_complete__lt=100
    )


def _condition(only: str, today: date) -> Q:
    if only == "critical":
        return Q(critical=True)
    if only == "late":
        return late_condition(today)
    if only == "milestones":
        return Q(milestone=True)
    if only == "differs":
        return ~Q(difference="")
    return Q()


@prepared_for(varying=1)
def _counts(plan_id: int, today: date) -> QuerySet[Task, tuple[Any, ...]]:
    counted = {f"n_{name}": Count("pk", filter=_condition(name, today)) for name in FILTERS[1:]}
    rows = Task.objects.filter(plan_id=plan_id).order_by().values("plan_id")
    return rows.annotate(n_all=Count("pk"), **counted).values_list(*(f"n_{n}" for n in FILTERS))


def page_of(
    plan: ProjectPlan, today: date, *, only: str, page: int
) -> tuple[dict[str, int], int, int, list[TaskRow]]:
    """How many rows each filter shows, and one page of them in outline order, with its number.

    Counts by filter, the page (the last one where there are fewer), the number of pages, rows.
    """
    asked = (plan.pk, only, today, (page - 1) * PAGE_SIZE)
    counted = _counts.later(plan.pk, today)
    tasks = _task_rows.later(*asked)
    links = _link_rows.later(*asked)
    people = _assignment_rows.later(*asked)
    together(counted, tasks, links, people)
    counts = dict.fromkeys(FILTERS, 0)
    for row in counted.rows:
        counts = dict(zip(FILTERS, row, strict=True))
    pages = max(-(-counts[only] // PAGE_SIZE), 1)
    if page > pages:
        return page_of(plan, today, only=only, page=pages)
    before, work = _predecessors(plan, links.rows), _resources(people.rows)
    scale = _Scale(plan)
    rows = [_row(plan, _Read._make(row), today, before, work, scale) for row in tasks.rows]
    return counts, page, pages, rows


def uids_of(plan: ProjectPlan, only: str, today: date) -> set[int]:
    """The tasks that a filter shows."""
    rows = Task.objects.filter(_condition(only, today), plan=plan)
    return set(rows.values_list("uid", flat=True))


def rows_of(plan: ProjectPlan, uids: Collection[int], today: date) -> dict[int, TaskRow]:
    """Rows of the table by uid, as ``page_of`` shows them."""
    tasks = Task.objects.filter(plan=plan, uid__in=uids).values_list(*_Read._fields)
    numbers = Task.objects.filter(plan=plan, uid=OuterRef("predecessor_uid")).order_by()
    links = _told_links(TaskLink.objects.filter(plan=plan, successor_uid__in=uids), numbers)
    names = PlanResource.objects.filter(plan=plan, uid=OuterRef("resource_uid"))
    given = PlanAssignment.objects.filter(plan=plan, task_uid__in=uids)
    before = _predecessors(plan, list(links))
    work = _resources(list(_told_people(given, names)))
    scale = _Scale(plan)
    return {row[0]: _row(plan, _Read._make(row), today, before, work, scale) for row in tasks}


def _on_page(plan_id: int, only: str, today: date, offset: int) -> QuerySet[Task]:
    rows = Task.objects.filter(_condition(only, today), plan_id=plan_id).order_by("position")
    return rows[offset : offset + PAGE_SIZE]


@prepared_for(varying=1)
def _task_rows(
    plan_id: int, only: str, today: date, offset: int
) -> QuerySet[Task, tuple[Any, ...]]:
    rows = Task.objects.filter(_condition(only, today), plan_id=plan_id)
    found = rows.order_by("position").values_list(*_Read._fields)
    return found[offset : offset + PAGE_SIZE]


def _row(
    plan: ProjectPlan,
    row: _Read,
    today: date,
    before: dict[int, list[str]],
    people: dict[int, list[str]],
    scale: _Scale,
) -> TaskRow:
    finish, deadline = row.finish, row.deadline
    per_day = plan.minutes_per_day
    open_work = row.actual_finish is None and row.percent_complete < 100
    return TaskRow(
        uid=row.uid,
        position=row.position,
        name=row.name,
        wbs=row.wbs,
        level=row.outline_level,
        summary=row.summary,
        milestone=row.milestone,
        active=row.active,
        start=row.start,
        finish=finish,
        duration=duration_text(row.duration_minutes, row.elapsed_duration, row.estimated, per_day),
        percent=row.percent_complete,
        float_days=days_of(row.total_float_minutes, per_day),
        critical=row.critical,
        constraint="" if row.constraint == "asap" else row.constraint.upper(),
        constraint_date=row.constraint_date,
        deadline=deadline,
        deadline_missed=bool(deadline and finish and finish > deadline),
        late=bool(
            open_work and row.active and not row.summary and finish and finish.date() < today
        ),
        predecessors=", ".join(before.get(row.uid, ())),
        resources=", ".join(people.get(row.uid, ())),
        baseline_start=row.baseline_start,
        baseline_finish=row.baseline_finish,
        finish_variance_days=days_of(row.finish_variance_minutes, per_day),
        difference=row.difference,
        bar=scale.bar(row),
    )


class _Scale:
    """The line of time of a whole plan, the same on every page of it."""

    def __init__(self, plan: ProjectPlan) -> None:
        self.first = plan.start
        last = plan.finish or plan.start
        self.span = max(last - self.first, timedelta(days=1))

    def at(self, instant: datetime) -> float:
        """Pixels from the left end, held inside the column."""
        share = (instant - self.first) / self.span
        return (
            0.0 if share <= 0 else float(BAR_WIDTH) if share >= 1 else round(share * BAR_WIDTH, 1)
        )

    def bar(self, row: _Read) -> Bar | None:
        """The bar of one row; None without dates."""
        if row.start is None or row.finish is None:
            return None
        left, right = self.at(row.start), self.at(row.finish)
        width = max(right - left, 2.0)
        base_left = base_width = None
        if row.baseline_start is not None and row.baseline_finish is not None:
            base_left = self.at(row.baseline_start)
            base_width = max(self.at(row.baseline_finish) - base_left, 2.0)
        return Bar(
            left,
            round(width, 1),
            round(width * float(row.percent_complete) / 100, 1),
            base_left,
            round(base_width or 0.0, 1),
            None if row.deadline is None else self.at(row.deadline),
        )


def _predecessors(plan: ProjectPlan, links: list[tuple[Any, ...]]) -> dict[int, list[str]]:
    before: defaultdict[int, list[str]] = defaultdict(list)
    per_day = plan.minutes_per_day
    for successor, number, kind, lag, unit, percent in links:
        before[successor].append(link_text(number, kind, lag, unit, percent, per_day))
    return before


@prepared_for(varying=1)
def _link_rows(
    plan_id: int, only: str, today: date, offset: int
) -> QuerySet[TaskLink, tuple[Any, ...]]:
    page = _on_page(plan_id, only, today, offset)
    numbers = Task.objects.filter(plan_id=plan_id, uid=OuterRef("predecessor_uid")).order_by()
    links = TaskLink.objects.filter(plan_id=plan_id, successor_uid__in=page.values("uid"))
    return _told_links(links, numbers)


def _told_links(
    links: QuerySet[TaskLink], numbers: QuerySet[Task]
) -> QuerySet[TaskLink, tuple[Any, ...]]:
    return (
        links.annotate(number=Subquery(numbers.values("position")))
        .order_by("pk")
        .values_list("successor_uid", "number", "type", "lag_minutes", "lag_kind", "lag_percent")
    )


def _resources(assignments: list[tuple[Any, ...]]) -> dict[int, list[str]]:
    people: defaultdict[int, list[str]] = defaultdict(list)
    for task_uid, name, units in assignments:
        share = "" if units == 1 else f" {(units * 100).normalize():f}%"
        people[task_uid].append(name + share)
    return people


@prepared_for(varying=1)
def _assignment_rows(
    plan_id: int, only: str, today: date, offset: int
) -> QuerySet[PlanAssignment, tuple[Any, ...]]:
    page = _on_page(plan_id, only, today, offset)
    names = PlanResource.objects.filter(plan_id=plan_id, uid=OuterRef("resource_uid"))
    given = PlanAssignment.objects.filter(plan_id=plan_id, task_uid__in=page.values("uid"))
    return _told_people(given, names)


def _told_people(
    given: QuerySet[PlanAssignment], names: QuerySet[PlanResource]
) -> QuerySet[PlanAssignment, tuple[Any, ...]]:
    return (
        given.exclude(resource_uid=None)
        .annotate(who=Subquery(names.values("name")))
        .order_by("pk")
        .values_list("task_uid", "who", "units")
    )


def text_of(name: str, size: int) -> Substr:
    """A column as the text that the database writes of it, that long at most."""
    return Substr(Cast(name, CharField()), 1, size)


@lru_cache(maxsize=5000)
def days_of(minutes: int | None, per_day: int) -> Decimal | None:
    """Working minutes as days with one decimal."""
    return None if minutes is None else half_up(Decimal(minutes) / per_day, TENTH)


@lru_cache(maxsize=5000)
def duration_text(minutes: int, elapsed: bool, estimated: bool, per_day: int) -> str:
    """A duration as people write it: 5 d, 2.5 d, 3 ed (elapsed), 4 d? (estimated)."""
    day, unit = (1440, "ed") if elapsed else (per_day, "d")
    amount = half_up(Decimal(minutes) / day).normalize()
    return f"{amount:f} {unit}{'?' if estimated else ''}"


def link_text(
    number: int, kind: str, lag: int, lag_kind: str, lag_percent: Decimal, per_day: int
) -> str:
    """A predecessor as people write it: ``12``, ``12SS+2d``, ``7FF-1ed``, ``3FS+50%``."""
    text = f"{number}"
    if lag_kind in {"percent", "elapsed_percent"}:
        suffix = f"{lag_percent.normalize():+f}{'e' if lag_kind == 'elapsed_percent' else ''}%"
        return text + kind.upper() + suffix
    if lag:
        day, unit = (1440, "ed") if lag_kind == "elapsed" else (per_day, "d")
        amount = half_up(Decimal(lag) / day).normalize()
        return f"{text}{kind.upper()}{amount:+f}{unit}"
    return text if kind == "fs" else text + kind.upper()
