# SPDX-License-Identifier: Apache-2.0
"""From the engine's plan and its schedule to rows, not yet saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pilothouse import __version__
from pilothouse.delivery.planning.bridge.compare import Comparison
from pilothouse.delivery.planning.bridge.engine import Scheduled
from pilothouse.delivery.planning.bridge.instants import kept, moment, rounded, text
from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanCalendar,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.network.plan import (
    EnteredText,
    Link,
    Plan,
    PlanTask,
    ScheduleRules,
    StoredDates,
    TaskStep,
)
from pilothouse.engine.network.plan import PlanAssignment as Assigned
from pilothouse.engine.schedule import TaskDates
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.rounding import half_up

_SHARE = Decimal("0.0001")
_COPIED = (
    "uid",
    "name",
    "outline_level",
    "wbs",
    "summary",
    "milestone",
    "active",
    "manual",
    "external",
    "level_of_effort",
    "elapsed_duration",
    "estimated",
    "calendar_uid",
    "ignore_resource_calendar",
    "constraint_hard",
    "priority",
    "effort_driven",
    "work_minutes",
    "actual_work_minutes",
    "actual_duration_minutes",
    "remaining_minutes",
    "leveling_delay_minutes",
    "notes",
    "guid",
)
INSTANTS = (
    "constraint_date",
    "deadline",
    "expected_finish",
    "external_early_start",
    "external_late_finish",
    "actual_start",
    "actual_finish",
    "stop",
    "resume",
)
_COMPUTED = ("start", "finish", "early_start", "early_finish", "late_start", "late_finish")
STORED_INSTANTS = _COMPUTED
COMPUTED = (
    *_COMPUTED,
    "total_float_minutes",
    "free_float_minutes",
    "critical",
    "longest_path",
    "driving",
    "reason",
    "baseline_start",
    "baseline_finish",
    "start_variance_minutes",
    "finish_variance_minutes",
)
"""Columns that schedule and baseline decide, but for the difference from a file."""
STORED_PLAIN = ("total_float_minutes", "free_float_minutes", "critical", "longest_path")


@dataclass(slots=True)
class Rows:
    """Everything below a plan but its baselines, which outlive it."""

    calendars: list[PlanCalendar] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    links: list[TaskLink] = field(default_factory=list)
    resources: list[PlanResource] = field(default_factory=list)
    assignments: list[PlanAssignment] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """What came over, for the audit and the reconciliation."""
        return {
            "tasks": len(self.tasks),
            "links": len(self.links),
            "calendars": len(self.calendars),
            "resources": len(self.resources),
            "assignments": len(self.assignments),
        }


def plan_values(scheduled: Scheduled) -> dict[str, Any]:
    """Columns of the plan row itself."""
    plan = scheduled.plan
    return {
        "name": plan.name[:300],
        "source": plan.source[:100],
        "start": kept(plan.start),
        "finish": kept(scheduled.result.finish),
        "status_date": kept(plan.status_date),
        **option_values(plan),
        "schedule_from_finish": plan.schedule_from_finish,
        "minutes_per_day": plan.minutes_per_day,
        "minutes_per_week": plan.minutes_per_week,
        "days_per_month": plan.days_per_month,
        "currency": plan.currency,
        "notices": [
            {"place": item.place, "field": item.field, "message": item.message}
            for item in (*plan.notices, *scheduled.notices)
        ],
        "engine_version": __version__,
    }


def option_values(plan: Plan) -> dict[str, Any]:
    """Columns of the plan row that an edit of its options changes."""
    return {
        "imposed_finish": kept(plan.imposed_finish),
        "lag_calendar": "" if plan.lag_calendar is None else plan.lag_calendar.value,
        "rules": {} if plan.rules == ScheduleRules() else asdict(plan.rules),
        "default_calendar_uid": plan.default_calendar_uid,
        "critical_threshold_minutes": plan.critical_threshold_minutes,
        "time_zone": plan.time_zone if clock.is_zone(plan.time_zone) else "",
    }


def calendar_values(spec: CalendarSpec) -> dict[str, Any]:
    """Columns of a calendar but its number."""
    return {"name": spec.name, "base_uid": spec.base_uid, "data": _data(spec)}


def rows_of(row: ProjectPlan, scheduled: Scheduled, comparison: Comparison) -> Rows:
    """All rows below a plan."""
    plan = scheduled.plan
    rows = Rows()
    for spec in plan.calendars:
        rows.calendars.append(PlanCalendar(plan=row, uid=spec.uid, **calendar_values(spec)))
    for position, task in enumerate(plan.tasks, start=1):
        dates = scheduled.result.tasks[task.uid]
        rows.tasks.append(task_row(row, position, task, dates, comparison))
    rows.links += [link_row(row, link) for link in plan.links]
    _people(row, scheduled, rows)
    return rows


def _people(row: ProjectPlan, scheduled: Scheduled, rows: Rows) -> None:
    for resource in scheduled.plan.resources:
        rows.resources.append(
            PlanResource(
                plan=row,
                uid=resource.uid,
                name=resource.name,
                kind=resource.kind,
                calendar_uid=resource.calendar_uid,
                max_units=rounded(resource.max_units, _SHARE) or Decimal(0),
                initials=resource.initials,
                email=resource.email,
            )
        )
    rows.assignments += [assignment_row(row, item) for item in scheduled.plan.assignments]


def link_row(row: ProjectPlan, link: Link) -> TaskLink:
    """One link."""
    return TaskLink(
        plan=row,
        predecessor_uid=link.predecessor,
        successor_uid=link.successor,
        type=link.type.value,
        lag_minutes=link.lag_minutes,
        lag_kind=link.lag_kind.value,
        lag_percent=rounded(link.lag_percent) or Decimal(0),
    )


def assignment_row(row: ProjectPlan, item: Assigned) -> PlanAssignment:
    """One resource on one task."""
    return PlanAssignment(
        plan=row,
        uid=item.uid,
        task_uid=item.task_uid,
        resource_uid=item.resource_uid,
        units=rounded(item.units, _SHARE) or Decimal(0),
        work_minutes=item.work_minutes,
        actual_work_minutes=item.actual_work_minutes,
        remaining_work_minutes=item.remaining_work_minutes,
        start=kept(item.start),
        finish=kept(item.finish),
    )


def task_row(
    row: ProjectPlan, position: int, task: PlanTask, dates: TaskDates, comparison: Comparison
) -> Task:
    """One task with its dates."""
    compared = task.uid in comparison.compared
    return Task(
        plan=row,
        uid=task.uid,
        position=position,
        **cells_of(task, CELLS, dates, compared),
        **computed(task.uid, dates, comparison),
    )


def cells_of(
    task: PlanTask, names: Iterable[str], dates: TaskDates, compared: bool
) -> dict[str, Any]:
    """Columns that hold what the plan says of a task; of a summary, the duration it spans."""
    values = {
        name: _KINDS[name](getattr(task, name)) if name in _KINDS else getattr(task, name)
        for name in names
    }
    if task.summary and "duration_minutes" in values:
        values["duration_minutes"] = dates.duration_minutes
    if "stored" in values:
        values["stored"] |= {"compared": compared}
    return values


def as_kept(task: PlanTask) -> PlanTask:
    """The task as it comes back from its row, which rounds."""
    dates: dict[str, Any] = {
        name: moment(text(getattr(task.stored, name))) for name in STORED_INSTANTS
    }
    return replace(
        task,
        percent_complete=half_up(task.percent_complete),
        physical_percent=rounded(task.physical_percent),
        cost=rounded(task.cost),
        stored=replace(task.stored, **dates),
    )


def link_kept(link: Link) -> Link:
    """A link as it comes back from its row."""
    return replace(link, lag_percent=rounded(link.lag_percent) or Decimal(0))


def assignment_kept(item: Assigned) -> Assigned:
    """A resource on a task as it comes back from its row."""
    return replace(item, units=rounded(item.units, _SHARE) or Decimal(0))


def computed(uid: int, dates: TaskDates, comparison: Comparison) -> dict[str, Any]:
    """Columns that schedule and baseline decide."""
    start_variance, finish_variance = comparison.variances.get(uid, (None, None))
    baseline_start, baseline_finish = comparison.promised.get(uid, (None, None))
    values: dict[str, Any] = {name: kept(getattr(dates, name)) for name in _COMPUTED}
    return values | {
        "total_float_minutes": dates.total_float_minutes,
        "free_float_minutes": dates.free_float_minutes,
        "critical": dates.critical,
        "longest_path": dates.longest_path,
        "driving": list(dates.driving),
        "reason": dates.reason,
        "baseline_start": kept(baseline_start),
        "baseline_finish": kept(baseline_finish),
        "start_variance_minutes": start_variance,
        "finish_variance_minutes": finish_variance,
        "difference": comparison.differences.get(uid, ""),
    }


def _stored(stored: StoredDates) -> dict[str, object]:
    data: dict[str, object] = {name: text(getattr(stored, name)) for name in STORED_INSTANTS}
    data |= {name: getattr(stored, name) for name in STORED_PLAIN}
    return {name: value for name, value in data.items() if value is not None}


def _entered(entered: EnteredText) -> dict[str, str]:
    return {name: said for name, said in asdict(entered).items() if said is not None}


def _steps(steps: Sequence[TaskStep]) -> list[list[object]]:
    return [[step.name, str(step.weight), step.done] for step in steps]


def _code(value: StrEnum) -> str:
    return value.value


_KINDS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(INSTANTS, kept),
    **dict.fromkeys(("constraint", "work_type", "percent_type"), _code),
    **dict.fromkeys(("cost", "physical_percent"), rounded),
    "percent_complete": half_up,
    "entered": _entered,
    "stored": _stored,
    "steps": _steps,
    "custom": dict,
}
CELLS = (
    *(name for name in _COPIED if name != "uid"),
    *_KINDS,
    "duration_minutes",
)
"""Cells of a task that are columns of the same name."""


def _data(spec: CalendarSpec) -> dict[str, object]:
    return {
        "week": spec.week,
        "exceptions": [
            {
                "first": item.first.isoformat(),
                "last": item.last.isoformat(),
                "intervals": item.intervals,
                "name": item.name,
            }
            for item in spec.exceptions
        ],
        "work_weeks": [
            {
                "first": item.first.isoformat(),
                "last": item.last.isoformat(),
                "week": item.week,
                "name": item.name,
            }
            for item in spec.work_weeks
        ],
    }
