# SPDX-License-Identifier: Apache-2.0
"""What was promised of many projects and how far their tasks are, for whoever puts it to money."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from pilothouse.delivery.planning.calendars import calendar_of, office_calendar
from pilothouse.delivery.planning.models import BaselineTask, PlanBaseline, PlanCalendar, Task
from pilothouse.delivery.planning.models import ProjectPlan as Plan
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.calendars import CalendarSpec, WorkingTime, compile_calendars
from pilothouse.foundation.organisation.models import Calendar


class PromisedTask(NamedTuple):
    """A row of a baseline, or of a plan without one, in its order, with dates as on its wall."""

    uid: int
    name: str
    wbs: str
    level: int
    summary: bool
    start: datetime | None
    finish: datetime | None
    minutes: int | None
    work_minutes: int | None
    cost: Decimal | None


class Done(NamedTuple):
    """How far a task is: percent, its actual dates, whether it only accompanies others."""

    percent: Decimal
    start: datetime | None
    actual_start: datetime | None
    actual_finish: datetime | None
    level_of_effort: bool


@dataclass(frozen=True, slots=True)
class PromisedWork:
    """The baseline that counts, beside the tasks of the plan; without one, the plan itself."""

    plan_version: int | None
    status_date: date | None
    baseline_number: int | None
    has_baseline: bool
    rows: Sequence[PromisedTask]
    done: Mapping[int, Done]
    time: WorkingTime


_PROMISED = (
    *("uid", "name", "wbs", "outline_level", "summary", "start", "finish"),
    *("duration_minutes", "work_minutes", "cost"),
)
_DONE = (
    *("percent_complete", "physical_percent", "percent_type", "start"),
    *("actual_start", "actual_finish", "level_of_effort"),
)


def promised_work(projects: Collection[Project]) -> dict[int, PromisedWork]:
    """Project → what was promised and is done, in at most seven queries however many there are."""
    keys = [project.pk for project in projects]
    plans = {
        plan.project_id: plan
        for plan in Plan.objects.filter(project_id__in=keys).only(
            *("project_id", "plan_version", "status_date", "default_calendar_uid")
        )
    }
    promises = {
        row.project_id: row for row in PlanBaseline.objects.filter(project_id__in=keys, is_pmb=True)
    }
    rows = _rows_of(promises)
    rows |= _rows_of_plans([plan for key, plan in plans.items() if key not in promises])
    done = _done_of(plans)
    times = working_times(projects, plans)
    return {
        key: PromisedWork(
            plan_version=plans[key].plan_version if key in plans else None,
            status_date=_day(plans[key].status_date) if key in plans else None,
            baseline_number=promises[key].number if key in promises else None,
            has_baseline=key in promises,
            rows=rows.get(key, ()),
            done=done.get(key, {}),
            time=times[key],
        )
        for key in keys
    }


def working_times(
    projects: Collection[Project], plans: Mapping[int | None, Plan]
) -> dict[int, WorkingTime]:
    """Project → the calendar in which its variances are counted, in at most two queries."""
    specs: dict[int, list[CalendarSpec]] = {}
    of_plan = {plan.pk: plan for plan in plans.values()}
    for row in PlanCalendar.objects.filter(plan__in=list(of_plan)).order_by("pk"):
        specs.setdefault(row.plan_id, []).append(calendar_of(row))
    others = [project for project in projects if project.pk not in plans]
    offices = {project.office_id for project in others if project.calendar_id is None}
    usual = {
        row.office_id: row
        for row in (
            Calendar.objects.filter(office_id__in=offices, is_default=True) if offices else ()
        )
    }
    found: dict[int, WorkingTime] = {}
    for project in projects:
        plan = plans.get(project.pk)
        if plan is not None:
            found[project.pk] = compile_calendars(specs[plan.pk])[plan.default_calendar_uid]
        else:
            spec = office_calendar(project, usual)
            found[project.pk] = compile_calendars([spec])[spec.uid]
    return found


def _rows_of(promises: Mapping[int, PlanBaseline]) -> dict[int, list[PromisedTask]]:
    by_baseline = {row.pk: key for key, row in promises.items()}
    found: dict[int, list[PromisedTask]] = {}
    if not by_baseline:
        return found
    rows = BaselineTask.objects.filter(baseline_id__in=list(by_baseline))
    for baseline, *values in rows.order_by("baseline_id", "position").values_list(
        "baseline_id", *_PROMISED
    ):
        uid, name, wbs, level, summary, start, finish, *amounts = values
        found.setdefault(by_baseline[baseline], []).append(
            PromisedTask(uid, name, wbs, level, summary, _wall(start), _wall(finish), *amounts)
        )
    return found


def _rows_of_plans(plans: Collection[Plan]) -> dict[int, list[PromisedTask]]:
    """The tasks as they lie, where nothing was promised yet."""
    by_plan = {plan.pk: plan.home_id for plan in plans}
    found: dict[int, list[PromisedTask]] = {}
    if not by_plan:
        return found
    rows = Task.objects.filter(plan_id__in=list(by_plan), active=True, external=False)
    for plan, *values in rows.order_by("plan_id", "position").values_list("plan_id", *_PROMISED):
        uid, name, wbs, level, summary, start, finish, *amounts = values
        found.setdefault(by_plan[plan], []).append(
            PromisedTask(uid, name, wbs, level, summary, _wall(start), _wall(finish), *amounts)
        )
    return found


def _done_of(plans: Mapping[int | None, Plan]) -> dict[int, dict[int, Done]]:
    by_plan = {plan.pk: plan.home_id for plan in plans.values()}
    found: dict[int, dict[int, Done]] = {}
    if not by_plan:
        return found
    rows = Task.objects.filter(plan_id__in=list(by_plan), active=True, summary=False).order_by()
    for plan, uid, percent, physical, kind, *dates, loe in rows.values_list(
        "plan_id", "uid", *_DONE
    ):
        if kind == "physical" and physical is not None:
            percent = physical
        start, actual_start, actual_finish = map(_wall, dates)
        found.setdefault(by_plan[plan], {})[uid] = Done(
            percent, start, actual_start, actual_finish, loe
        )
    return found


def _wall(value: datetime | None) -> datetime | None:
    return None if value is None else value.replace(tzinfo=None)


def _day(value: datetime | None) -> date | None:
    return None if value is None else value.date()
