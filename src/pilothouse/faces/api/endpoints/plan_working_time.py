# SPDX-License-Identifier: Apache-2.0
"""Calendars and options of a plan; each change is an edit that can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from pilothouse.delivery.planning.queries import open_project
from pilothouse.delivery.planning.rules import Verb
from pilothouse.delivery.planning.services import (
    CalendarUse,
    calendars_of,
    delete_calendar,
    save_calendar,
    set_options,
    set_resource_calendar,
)
from pilothouse.engine.calendars import CalendarException as Exceptional
from pilothouse.engine.calendars import CalendarSpec, DayPattern, WorkWeek
from pilothouse.engine.network.plan import CriticalKind, FloatKind, LagCalendar, ProgressMode
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IfMatch, read, updates
from pilothouse.faces.api.endpoints.editing import edit_reply
from pilothouse.faces.api.replies import reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import CalendarException, Day, In, Intervals
from pilothouse.faces.api.schemas_editing import EditOutcomeOut

router = Router(tags=["Plans"])
Uid = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


class PlanCalendarOut(Schema):
    """``week`` is Monday first; null on a day follows the base. ``uses`` counts what runs on it.

    A null day of a work week is worked as in ``week``; of two for one day the first counts.
    """

    uid: int
    name: str
    base_uid: int | None
    week: list[list[list[int]] | None]
    exceptions: list[dict[str, Any]]
    work_weeks: list[dict[str, Any]]
    of_plan: bool
    uses: dict[str, int]


class PlanCalendarsOut(Schema):
    items: list[PlanCalendarOut]


class WorkWeekIn(In):
    first: Day
    last: Day
    week: Annotated[list[Intervals | None], Field(min_length=7, max_length=7)]
    name: Annotated[str, Field(max_length=200)] = ""


class PlanCalendarIn(In):
    """Without ``work_weeks`` those of the calendar stay."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    week: Annotated[list[Intervals | None], Field(min_length=7, max_length=7)]
    base_uid: Uid | None = None
    exceptions: Annotated[list[CalendarException], Field(max_length=2000)] = []
    work_weeks: Annotated[list[WorkWeekIn], Field(max_length=200)] | None = None


class ResourceCalendarIn(In):
    calendar_uid: Uid | None


class PlanOptionsIn(In):
    """Options that are not named stay as they are."""

    default_calendar_uid: Uid | None = None
    critical_threshold_minutes: (
        Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)] | None
    ) = None
    imposed_finish: Day | None = None
    progress_mode: Literal["retained_logic", "progress_override"] | None = None
    critical_by: Literal["total_float", "longest_path"] | None = None
    total_float: Literal["smallest", "start", "finish"] | None = None
    lag_calendar: Literal["successor", "predecessor", "project"] | None = None
    time_zone: Annotated[str, Field(max_length=64)] | None = None
    open_ends_critical: Annotated[bool, Field(strict=True)] | None = None


_READ: dict[str, Any] = {
    "progress_mode": ProgressMode,
    "critical_by": CriticalKind,
    "total_float": FloatKind,
    "lag_calendar": LagCalendar,
}


@router.get("/projects/{int:project_id}/plan/calendars", response=read(PlanCalendarsOut))
def list_plan_calendars(request: HttpRequest, project_id: int) -> HttpResponse:
    """The calendars of a plan, and what runs on each."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.READ)
    row, _plan, uses = calendars_of(actor=actor, project=project)
    return reply(PlanCalendarsOut(items=[_out(use) for use in uses]), version=row.version)


@router.post("/projects/{int:project_id}/plan/calendars", response=updates(EditOutcomeOut))
def create_plan_calendar(
    request: HttpRequest, project_id: int, payload: PlanCalendarIn, if_match: IfMatch = None
) -> HttpResponse:
    """Give a plan one more calendar; it gets the next number."""
    return _saved(request, project_id, None, payload, if_match)


@router.put(
    "/projects/{int:project_id}/plan/calendars/{int:calendar_uid}", response=updates(EditOutcomeOut)
)
def update_plan_calendar(
    request: HttpRequest,
    project_id: int,
    calendar_uid: int,
    payload: PlanCalendarIn,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Put week, exceptions and work weeks in the place of those there; all is scheduled anew."""
    return _saved(request, project_id, calendar_uid, payload, if_match)


def _saved(
    request: HttpRequest,
    project_id: int,
    uid: int | None,
    payload: PlanCalendarIn,
    if_match: str | None,
) -> HttpResponse:
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.CHANGE)
    _row, plan, _uses = calendars_of(actor=actor, project=project)
    kept = next((spec.work_weeks for spec in plan.calendars if spec.uid == uid), ())
    spec = CalendarSpec(
        uid or 0,
        payload.name.strip(),
        _week(payload.week),
        tuple(
            Exceptional(item.first, item.last, _pattern(item.intervals), item.name)
            for item in payload.exceptions
        ),
        kept
        if payload.work_weeks is None
        else tuple(
            WorkWeek(item.first, item.last, _week(item.week), item.name)
            for item in payload.work_weeks
        ),
        payload.base_uid,
    )
    outcome = save_calendar(
        actor=actor, project=project, spec=spec, uid=uid, version=version_of(if_match)
    )
    return edit_reply(actor, outcome, False)


@router.delete(
    "/projects/{int:project_id}/plan/calendars/{int:calendar_uid}", response=updates(EditOutcomeOut)
)
def delete_plan_calendar(
    request: HttpRequest, project_id: int, calendar_uid: int, if_match: IfMatch = None
) -> HttpResponse:
    """Delete a calendar on which nothing runs."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.CHANGE)
    outcome = delete_calendar(
        actor=actor, project=project, uid=calendar_uid, version=version_of(if_match)
    )
    return edit_reply(actor, outcome, False)


@router.put(
    "/projects/{int:project_id}/plan/resources/{int:resource_uid}/calendar",
    response=updates(EditOutcomeOut),
)
def set_plan_resource_calendar(
    request: HttpRequest,
    project_id: int,
    resource_uid: int,
    payload: ResourceCalendarIn,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Say on which calendar a resource works; null: on that of the plan."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.CHANGE)
    outcome = set_resource_calendar(
        actor=actor,
        project=project,
        resource=resource_uid,
        calendar=payload.calendar_uid,
        version=version_of(if_match),
    )
    return edit_reply(actor, outcome, False)


@router.patch("/projects/{int:project_id}/plan/options", response=updates(EditOutcomeOut))
def update_plan_options(
    request: HttpRequest, project_id: int, payload: PlanOptionsIn, if_match: IfMatch = None
) -> HttpResponse:
    """Change how a plan is scheduled; a null imposed finish or calendar of lags takes it away.

    ``time_zone`` is a name such as Europe/Lisbon; an empty one is that of the installation.
    """
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.CHANGE)
    values: dict[str, Any] = payload.model_dump(exclude_unset=True)
    for name, kind in _READ.items():
        if values.get(name) is not None:
            values[name] = kind(values[name])
    finish = values.get("imposed_finish")
    if isinstance(finish, date):
        values["imposed_finish"] = datetime.combine(finish, time(17))
    removable = ("imposed_finish", "lag_calendar")
    outcome = set_options(
        actor=actor,
        project=project,
        values={
            name: value for name, value in values.items() if value is not None or name in removable
        },
        version=version_of(if_match),
    )
    return edit_reply(actor, outcome, False)


def _pattern(spans: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in spans)


def _week(days: list[list[list[int]] | None]) -> tuple[DayPattern | None, ...]:
    return tuple(None if day is None else _pattern(day) for day in days)


def _days(week: Sequence[DayPattern | None]) -> list[list[list[int]] | None]:
    return [None if day is None else [list(span) for span in day] for day in week]


def _out(use: CalendarUse) -> PlanCalendarOut:
    spec = use.spec
    return PlanCalendarOut(
        uid=spec.uid,
        name=spec.name,
        base_uid=spec.base_uid,
        week=_days(spec.week),
        exceptions=[
            {
                "first": item.first.isoformat(),
                "last": item.last.isoformat(),
                "intervals": [list(span) for span in item.intervals],
                "name": item.name,
            }
            for item in spec.exceptions
        ],
        work_weeks=[
            {
                "first": item.first.isoformat(),
                "last": item.last.isoformat(),
                "week": _days(item.week),
                "name": item.name,
            }
            for item in spec.work_weeks
        ],
        of_plan=use.of_plan,
        uses={"tasks": use.tasks, "resources": use.resources, "calendars": use.bases},
    )
