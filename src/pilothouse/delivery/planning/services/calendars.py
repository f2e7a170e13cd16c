# SPDX-License-Identifier: Apache-2.0
"""Calendars and options of a plan: each change is an edit, scheduled, told and taken back alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import PlanEdit, ProjectPlan
from pilothouse.delivery.planning.queries import existing_plan
from pilothouse.delivery.planning.services.edits import EditOutcome, save_edit
from pilothouse.delivery.planning.services.plans import locked_plan, require_version
from pilothouse.delivery.planning.services.stored import as_stored, stored
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.editing import FIRST_YEAR, LAST_YEAR
from pilothouse.engine.network.plan import Plan
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotFound

MOST_CALENDARS = 200


@dataclass(frozen=True, slots=True)
class CalendarUse:
    """A calendar of a plan, its base, and what runs on it; ``minutes`` of an ordinary week."""

    spec: CalendarSpec
    base: str
    minutes: int
    of_plan: bool
    tasks: int
    resources: int
    bases: int

    @property
    def used(self) -> bool:
        """Whether it cannot be deleted."""
        return bool(self.of_plan or self.tasks or self.resources or self.bases)


def calendars_of(*, actor: Actor, project: Project) -> tuple[ProjectPlan, Plan, list[CalendarUse]]:
    """The plan with its calendars and what uses each. Who: R on task. Raises: NotFound."""
    rules.require_on_plan(actor, project, rules.Verb.READ)
    row = existing_plan(project)
    plan = as_stored(row).plan
    names = {spec.uid: spec.name for spec in plan.calendars}
    tasks = Counter(task.calendar_uid for task in plan.tasks)
    people = Counter(resource.calendar_uid for resource in plan.resources)
    bases = Counter(spec.base_uid for spec in plan.calendars)
    weeks = bridge.weeks_of(plan)
    found = [
        CalendarUse(
            spec,
            "" if spec.base_uid is None else names.get(spec.base_uid, ""),
            weeks[spec.uid],
            spec.uid == plan.default_calendar_uid,
            tasks[spec.uid],
            people[spec.uid],
            bases[spec.uid],
        )
        for spec in plan.calendars
    ]
    return row, plan, found


def month_of(plan: Plan, uid: int, month: date) -> list[tuple[date, Sequence[tuple[int, int]]]]:
    """Each day of a month with its working time on a calendar, bases and exceptions resolved."""
    return bridge.month_of(plan, uid, month)


def typed_calendar(
    name: str, base: int | None, week: Sequence[str], exceptions: str, work_weeks: str
) -> CalendarSpec:
    """A calendar from what was typed. Raises: Invalid by field."""
    return bridge.typed_calendar(name, base, week, exceptions, work_weeks)


def save_calendar(
    *, actor: Actor, project: Project, spec: CalendarSpec, uid: int | None, version: int | None
) -> EditOutcome:
    """Put a calendar in the place of the one with this uid; None adds it under one of its own.

    Who: U on task. Writes: as an edit. Publishes: PlanChanged. Raises: Invalid naming what is
    wrong (no working time, spans that overlap, a base that leads back, a name twice), NotFound,
    Conflict.
    """

    def change(plan: Plan) -> Plan:
        others = [one for one in plan.calendars if one.uid != uid]
        if uid is not None and len(others) == len(plan.calendars):
            raise _no_calendar()
        _require_years(spec, next((one for one in plan.calendars if one.uid == uid), None))
        if any(one.name.casefold() == spec.name.casefold() for one in others):
            raise _wrong("name", f"Another calendar is called ‘{spec.name}’.")
        if len(others) >= MOST_CALENDARS:
            raise _wrong("name", f"A plan has {MOST_CALENDARS} calendars at most.")
        if uid is None:
            made = replace(spec, uid=max((one.uid for one in plan.calendars), default=0) + 1)
            return replace(plan, calendars=(*plan.calendars, made))
        made = replace(spec, uid=uid)
        rows = tuple(made if one.uid == uid else one for one in plan.calendars)
        return replace(plan, calendars=rows)

    return _changed(actor, project, version, change)


def delete_calendar(
    *, actor: Actor, project: Project, uid: int, version: int | None
) -> EditOutcome:
    """Delete a calendar on which nothing runs. Who: U on task. Writes: as an edit.

    Raises: Invalid saying what uses it, NotFound, Conflict.
    """

    def change(plan: Plan) -> Plan:
        if all(one.uid != uid for one in plan.calendars):
            raise _no_calendar()
        uses = [
            (plan.default_calendar_uid == uid, "the plan itself"),
            (any(task.calendar_uid == uid for task in plan.tasks), "tasks"),
            (any(one.calendar_uid == uid for one in plan.resources), "resources"),
            (any(one.base_uid == uid for one in plan.calendars), "other calendars"),
        ]
        said = ", ".join(word for used, word in uses if used)
        if said:
            raise _wrong("calendar", f"It is used by {said}; give these another calendar first.")
        rows = tuple(one for one in plan.calendars if one.uid != uid)
        return replace(plan, calendars=rows)

    return _changed(actor, project, version, change)


def set_resource_calendar(
    *, actor: Actor, project: Project, resource: int, calendar: int | None, version: int | None
) -> EditOutcome:
    """Say on which calendar a resource works; None: on that of the plan. Who: U on task.

    Writes: as an edit. Raises: NotFound, Conflict.
    """

    def change(plan: Plan) -> Plan:
        if all(row.uid != resource for row in plan.resources):
            raise NotFound("planning.resource", "There is no such resource in this plan.")
        _require(plan, calendar)
        rows = tuple(
            replace(row, calendar_uid=calendar) if row.uid == resource else row
            for row in plan.resources
        )
        return replace(plan, resources=rows)

    return _changed(actor, project, version, change)


def set_options(
    *, actor: Actor, project: Project, values: Mapping[str, Any], version: int | None
) -> EditOutcome:
    """Change how a plan is scheduled: its calendar, threshold, imposed finish, lags, rules, clock.

    ``values`` are fields of the engine's plan, those of ``rules`` by their own names. Who: U on
    task. Writes: as an edit. Publishes: PlanChanged. Raises: Invalid by field, Conflict.
    """

    def change(plan: Plan) -> Plan:
        _require(plan, values.get("default_calendar_uid", plan.default_calendar_uid))
        if (zone := values.get("time_zone")) and not clock.is_zone(zone):
            raise _wrong("time_zone", f"‘{zone}’ is no time zone; write one such as Europe/Lisbon.")
        finish = values.get("imposed_finish")
        if isinstance(finish, datetime) and finish < plan.start:
            raise _wrong("imposed_finish", "It lies before the start of the plan.")
        return bridge.with_options(plan, values)

    return _changed(actor, project, version, change)


def _changed(
    actor: Actor, project: Project, version: int | None, change: Callable[[Plan], Plan]
) -> EditOutcome:
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    with transaction.atomic():
        row = locked_plan(project)
        require_version(row, version)
        known = stored(row)
        plan = change(known.scheduled.plan)
        bridge.require_calendars(plan)
        found = bridge.settled(known.scheduled, plan, row.work_after_status_date)
        if not found.delta:
            finish = row.finish and row.finish.date()
            return EditOutcome(row, "", 0, (), (), finish, finish, frozenset(), found.delta)
        return save_edit(actor, project, row, known, found, PlanEdit.Kind.EDIT)


def _require_years(spec: CalendarSpec, before: CalendarSpec | None) -> None:
    known = {*before.exceptions, *before.work_weeks} if before else set()
    for name, items in (("exceptions", spec.exceptions), ("work_weeks", spec.work_weeks)):
        for item in items:
            if item not in known and not (
                FIRST_YEAR <= item.first.year <= item.last.year <= LAST_YEAR
            ):
                raise _wrong(
                    name,
                    f"{item.first} to {item.last} is not between {FIRST_YEAR} and {LAST_YEAR}.",
                )


def _require(plan: Plan, uid: int | None) -> None:
    if uid is not None and all(one.uid != uid for one in plan.calendars):
        raise _no_calendar()


def _no_calendar() -> NotFound:
    return NotFound("planning.calendar", "There is no such calendar in this plan.")


def _wrong(name: str, message: str) -> Invalid:
    return Invalid("planning.calendar_wrong", message, fields={name: message})
