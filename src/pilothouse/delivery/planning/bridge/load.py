# SPDX-License-Identifier: Apache-2.0
"""From rows back to the engine's plan, complete."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pilothouse.delivery.planning.bridge.baselines import baselines_of_tasks
from pilothouse.delivery.planning.bridge.instants import moment, sure, wall
from pilothouse.delivery.planning.bridge.store import STORED_INSTANTS, STORED_PLAIN
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
    baselines = baselines_of_tasks(row)
    return engine.Plan(
        name=row.name,
        start=sure(row.start),
        calendars=load_calendars(row),
        default_calendar_uid=row.default_calendar_uid,
        tasks=tuple(
            _task(item, baselines.get(item.uid, ()))
            for item in Task.objects.filter(plan=row).order_by("position")
        ),
        links=tuple(_link(item) for item in TaskLink.objects.filter(plan=row).order_by("pk")),
        resources=tuple(
            _resource(item) for item in PlanResource.objects.filter(plan=row).order_by("pk")
        ),
        assignments=tuple(
            _assignment(item) for item in PlanAssignment.objects.filter(plan=row).order_by("pk")
        ),
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


def _task(row: Task, baselines: tuple[engine.TaskBaseline, ...]) -> engine.PlanTask:
    stored: dict[str, Any] = {name: moment(row.stored.get(name)) for name in STORED_INSTANTS}
    stored |= {name: row.stored.get(name) for name in STORED_PLAIN}
    return engine.PlanTask(
        uid=row.uid,
        name=row.name,
        outline_level=row.outline_level,
        wbs=row.wbs,
        summary=row.summary,
        milestone=row.milestone,
        duration_minutes=row.duration_minutes,
        elapsed_duration=row.elapsed_duration,
        estimated=row.estimated,
        calendar_uid=row.calendar_uid,
        ignore_resource_calendar=row.ignore_resource_calendar,
        constraint=engine.ConstraintType(row.constraint),
        constraint_date=wall(row.constraint_date),
        constraint_hard=row.constraint_hard,
        deadline=wall(row.deadline),
        expected_finish=wall(row.expected_finish),
        external_early_start=wall(row.external_early_start),
        external_late_finish=wall(row.external_late_finish),
        manual=row.manual,
        active=row.active,
        external=row.external,
        level_of_effort=row.level_of_effort,
        priority=row.priority,
        work_type=engine.WorkType(row.work_type),
        effort_driven=row.effort_driven,
        work_minutes=row.work_minutes,
        actual_work_minutes=row.actual_work_minutes,
        cost=row.cost,
        percent_complete=row.percent_complete,
        physical_percent=row.physical_percent,
        actual_start=wall(row.actual_start),
        actual_finish=wall(row.actual_finish),
        actual_duration_minutes=row.actual_duration_minutes,
        remaining_minutes=row.remaining_minutes,
        stop=wall(row.stop),
        resume=wall(row.resume),
        leveling_delay_minutes=row.leveling_delay_minutes,
        notes=row.notes,
        percent_type=engine.PercentType(row.percent_type),
        entered=engine.EnteredText(**row.entered),
        stored=engine.StoredDates(**stored),
        baselines=baselines,
    )


def _link(row: TaskLink) -> engine.Link:
    return engine.Link(
        row.predecessor_uid,
        row.successor_uid,
        engine.LinkType(row.type),
        row.lag_minutes,
        engine.LagKind(row.lag_kind),
        Decimal(row.lag_percent),
    )


def _resource(row: PlanResource) -> engine.PlanResource:
    return engine.PlanResource(
        row.uid, row.name, row.kind, row.calendar_uid, row.max_units, row.initials, row.email
    )


def _assignment(row: PlanAssignment) -> engine.PlanAssignment:
    return engine.PlanAssignment(
        row.uid,
        row.task_uid,
        row.resource_uid,
        row.units,
        row.work_minutes,
        row.actual_work_minutes,
        row.remaining_work_minutes,
        wall(row.start),
        wall(row.finish),
    )
