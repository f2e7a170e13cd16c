# SPDX-License-Identifier: Apache-2.0
"""A page of the readable plan: rows, filters, bars."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanResource,
    ProjectPlan,
    Task,
    TaskBaseline,
    TaskLink,
)
from pilothouse.foundation.core.rounding import TENTH, half_up

PAGE_SIZE = 100
FILTERS = ("all", "critical", "late", "milestones", "differs")
BAR_WIDTH = 260
"""Width of the column of bars in pixels."""
_COLUMNS = (
    "uid",
    "position",
    "name",
    "wbs",
    "outline_level",
    "summary",
    "milestone",
    "active",
    "start",
    "finish",
    "duration_minutes",
    "elapsed_duration",
    "estimated",
    "percent_complete",
    "actual_finish",
    "total_float_minutes",
    "critical",
    "constraint",
    "constraint_date",
    "deadline",
    "start_variance_minutes",
    "finish_variance_minutes",
    "difference",
    "pk",
)


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a row lies on the line of time, in pixels from its left end."""

    left: float
    width: float
    done: float
    baseline_left: float | None
    baseline_width: float
    deadline: float | None


@dataclass(frozen=True, slots=True)
class TaskRow:
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


def filter_counts(plan: ProjectPlan, today: date) -> dict[str, int]:
    """How many rows each filter shows, in one query."""
    counts: dict[str, int] = Task.objects.filter(plan=plan).aggregate(
        **{name: Count("pk", filter=_condition(name, today)) for name in FILTERS[1:]},
        all=Count("pk"),
    )
    return counts


def task_rows(plan: ProjectPlan, today: date, *, offset: int, only: str = "all") -> list[TaskRow]:
    """A page of the plan in outline order, in six queries."""
    found: QuerySet[Task, dict[str, Any]] = (
        Task.objects.filter(_condition(only, today), plan=plan)
        .order_by("position")
        .values(*_COLUMNS)
    )
    page = list(found[offset : offset + PAGE_SIZE])
    uids = [row["uid"] for row in page]
    before = _predecessors(plan, uids)
    people = _resources(plan, uids)
    baselines = {
        task: (start, finish)
        for task, start, finish in TaskBaseline.objects.filter(
            task_id__in=[row["pk"] for row in page], number=0
        ).values_list("task_id", "start", "finish")
    }
    scale = _Scale(plan)
    return [
        _row(plan, row, today, before, people, baselines.get(row["pk"], (None, None)), scale)
        for row in page
    ]


def _row(
    plan: ProjectPlan,
    row: dict[str, Any],
    today: date,
    before: dict[int, list[str]],
    people: dict[int, list[str]],
    baseline: tuple[datetime | None, datetime | None],
    scale: _Scale,
) -> TaskRow:
    finish: datetime | None = row["finish"]
    per_day = plan.minutes_per_day
    open_work = row["actual_finish"] is None and row["percent_complete"] < 100
    deadline: datetime | None = row["deadline"]
    return TaskRow(
        uid=row["uid"],
        position=row["position"],
        name=row["name"],
        wbs=row["wbs"],
        level=row["outline_level"],
        summary=row["summary"],
        milestone=row["milestone"],
        active=row["active"],
        start=row["start"],
        finish=finish,
        duration=duration_text(
            row["duration_minutes"], row["elapsed_duration"], row["estimated"], per_day
        ),
        percent=row["percent_complete"],
        float_days=days_of(row["total_float_minutes"], per_day),
        critical=row["critical"],
        constraint="" if row["constraint"] == "asap" else row["constraint"].upper(),
        constraint_date=row["constraint_date"],
        deadline=deadline,
        deadline_missed=bool(deadline and finish and finish > deadline),
        late=bool(
            open_work and row["active"] and not row["summary"] and finish and finish.date() < today
        ),
        predecessors=", ".join(before.get(row["uid"], ())),
        resources=", ".join(people.get(row["uid"], ())),
        baseline_start=baseline[0],
        baseline_finish=baseline[1],
        finish_variance_days=days_of(row["finish_variance_minutes"], per_day),
        difference=row["difference"],
        bar=scale.bar(row, baseline),
    )


class _Scale:
    """The line of time of a whole plan, the same on every page of it."""

    def __init__(self, plan: ProjectPlan) -> None:
        self.first = plan.start
        last = plan.finish or plan.start
        self.seconds = max((last - self.first).total_seconds(), 86_400.0)

    def at(self, instant: datetime) -> float:
        """Pixels from the left end, held inside the column."""
        share = (instant - self.first).total_seconds() / self.seconds
        return round(min(max(share, 0.0), 1.0) * BAR_WIDTH, 1)

    def bar(
        self, row: dict[str, Any], baseline: tuple[datetime | None, datetime | None]
    ) -> Bar | None:
        """The bar of one row; None without dates."""
        start, finish = row["start"], row["finish"]
        if start is None or finish is None:
            return None
        left, right = self.at(start), self.at(finish)
        width = max(right - left, 2.0)
        base_left = base_width = None
        if baseline[0] is not None and baseline[1] is not None:
            base_left = self.at(baseline[0])
            base_width = max(self.at(baseline[1]) - base_left, 2.0)
        return Bar(
            left,
            round(width, 1),
            round(width * float(row["percent_complete"]) / 100, 1),
            base_left,
            round(base_width or 0.0, 1),
            None if row["deadline"] is None else self.at(row["deadline"]),
        )


def _predecessors(plan: ProjectPlan, uids: list[int]) -> dict[int, list[str]]:
    links = list(
        TaskLink.objects.filter(plan=plan, successor_uid__in=uids)
        .order_by("pk")
        .values_list(
            "successor_uid", "predecessor_uid", "type", "lag_minutes", "lag_kind", "lag_percent"
        )
    )
    numbers = dict(
        Task.objects.filter(plan=plan, uid__in={link[1] for link in links}).values_list(
            "uid", "position"
        )
    )
    before: defaultdict[int, list[str]] = defaultdict(list)
    for successor, predecessor, kind, lag, lag_kind, percent in links:
        before[successor].append(
            link_text(numbers[predecessor], kind, lag, lag_kind, percent, plan.minutes_per_day)
        )
    return before


def _resources(plan: ProjectPlan, uids: list[int]) -> dict[int, list[str]]:
    assigned = list(
        PlanAssignment.objects.filter(plan=plan, task_uid__in=uids)
        .exclude(resource_uid=None)
        .order_by("pk")
        .values_list("task_uid", "resource_uid", "units")
    )
    names = dict(
        PlanResource.objects.filter(plan=plan, uid__in={row[1] for row in assigned}).values_list(
            "uid", "name"
        )
    )
    people: defaultdict[int, list[str]] = defaultdict(list)
    for task_uid, resource_uid, units in assigned:
        share = "" if units == 1 else f" {(units * 100).normalize():f}%"
        if resource_uid is not None:
            people[task_uid].append(names[resource_uid] + share)
    return people


def days_of(minutes: int | None, per_day: int) -> Decimal | None:
    """Working minutes as days with one decimal."""
    return None if minutes is None else half_up(Decimal(minutes) / per_day, TENTH)


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
