# SPDX-License-Identifier: Apache-2.0
"""From rows back to the engine's plan, complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from pilothouse.delivery.planning.bridge.baselines import baselines_of_tasks
from pilothouse.delivery.planning.bridge.instants import moment, sure, wall
from pilothouse.delivery.planning.bridge.store import (
    CELLS,
    INSTANTS,
    STORED_INSTANTS,
    STORED_PLAIN,
)
from pilothouse.delivery.planning.calendars import calendar_of
from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanCalendar,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.network import plan as engine


def load_plan(row: ProjectPlan) -> engine.Plan:
    """The stored plan as the engine takes it, in six queries."""
    return engine.Plan(
        name=row.name,
        start=sure(row.start),
        calendars=load_calendars(row),
        default_calendar_uid=row.default_calendar_uid,
        tasks=tuple(_tasks(row)),
        links=tuple(_links(row)),
        resources=tuple(
            _resource(item) for item in PlanResource.objects.filter(plan=row).order_by("pk")
        ),
        assignments=tuple(_assignments(row)),
        status_date=wall(row.status_date),
        finish=wall(row.finish),
        schedule_from_finish=row.schedule_from_finish,
        critical_threshold_minutes=row.critical_threshold_minutes,
        minutes_per_day=row.minutes_per_day,
        minutes_per_week=row.minutes_per_week,
        days_per_month=row.days_per_month,
        currency=row.currency,
        source=row.source,
        imposed_finish=wall(row.imposed_finish),
        lag_calendar=engine.LagCalendar(row.lag_calendar) if row.lag_calendar else None,
        rules=_rules(row.rules) if row.rules else engine.ScheduleRules(),
        time_zone=row.time_zone,
    )


def load_calendars(row: ProjectPlan) -> tuple[CalendarSpec, ...]:
    """The calendars of a stored plan."""
    return tuple(calendar_of(item) for item in PlanCalendar.objects.filter(plan=row).order_by("pk"))


def _rules(data: dict[str, Any]) -> engine.ScheduleRules:
    origin = data["start_lag_from"]
    return engine.ScheduleRules(
        engine.ProgressMode(data["progress_mode"]),
        engine.FloatKind(data["total_float"]),
        engine.CriticalKind(data["critical_by"]),
        data["open_ends_critical"],
        None if origin is None else engine.LagOrigin(origin),
        # Plans of before these rules do not have them.
        data.get("expected_finishes", False),
        data.get("external_dates", True),
    )


def _tasks(row: ProjectPlan) -> Iterator[engine.PlanTask]:
    """The tasks in their order; as tuples, for a row object of each would take twice as long."""
    baselines = baselines_of_tasks(row)
    rows = Task.objects.filter(plan=row).order_by("position").values_list("uid", *CELLS)
    for uid, *cells in rows:
        values: dict[str, Any] = dict(zip(CELLS, cells, strict=True))
        for name, read in _KINDS.items():
            if values[name] is not None:
                values[name] = read(values[name])
        yield engine.PlanTask(uid, **values, baselines=baselines.get(uid, ()))


def _stored(data: dict[str, Any]) -> engine.StoredDates:
    if data.keys() <= {"compared"}:
        return _NO_DATES
    values: dict[str, Any] = {name: moment(data.get(name)) for name in STORED_INSTANTS}
    return engine.StoredDates(**values, **{name: data.get(name) for name in STORED_PLAIN})


def _entered(data: dict[str, str]) -> engine.EnteredText:
    return engine.EnteredText(**data) if data else _NO_TEXT


def _custom(data: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(data.items()))


def _steps(data: Sequence[tuple[str, str, bool]]) -> tuple[engine.TaskStep, ...]:
    return tuple(engine.TaskStep(name, Decimal(weight), done) for name, weight, done in data)


_NO_DATES, _NO_TEXT = engine.StoredDates(), engine.EnteredText()
_KINDS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(INSTANTS, wall),
    "constraint": engine.ConstraintType,
    "work_type": engine.WorkType,
    "percent_type": engine.PercentType,
    "entered": _entered,
    "stored": _stored,
    "steps": _steps,
    "custom": _custom,
}


def _links(row: ProjectPlan) -> Iterator[engine.Link]:
    columns = "type", "lag_minutes", "lag_kind", "lag_percent"
    rows = TaskLink.objects.filter(plan=row).order_by("pk")
    for first, second, kind, minutes, lag, percent in rows.values_list(
        "predecessor_uid", "successor_uid", *columns
    ):
        yield engine.Link(
            first, second, engine.LinkType(kind), minutes, engine.LagKind(lag), Decimal(percent)
        )


def _resource(row: PlanResource) -> engine.PlanResource:
    return engine.PlanResource(
        row.uid, row.name, row.kind, row.calendar_uid, row.max_units, row.initials, row.email
    )


def _assignments(row: ProjectPlan) -> Iterator[engine.PlanAssignment]:
    columns = "uid", "task_uid", "resource_uid", "units"
    minutes = "work_minutes", "actual_work_minutes", "remaining_work_minutes"
    rows = PlanAssignment.objects.filter(plan=row).order_by("pk")
    for uid, task, resource, units, work, done, left, start, finish in rows.values_list(
        *columns, *minutes, "start", "finish"
    ):
        dates = wall(start), wall(finish)
        yield engine.PlanAssignment(uid, task, resource, units, work, done, left, *dates)
