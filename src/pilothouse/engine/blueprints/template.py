# SPDX-License-Identifier: Apache-2.0
"""A plan, or a branch of it, as a template; and a plan, or a branch of one, from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from pilothouse.engine.calendars import WorkingTime, compile_calendars
from pilothouse.engine.editing import shape
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network import build_outline
from pilothouse.engine.network.plan import (
    ConstraintType,
    EnteredText,
    PercentType,
    Plan,
    PlanAssignment,
    PlanTask,
    StoredDates,
)

Offsets = Mapping[int, Mapping[str, int]]
_AT_THE_START = {ConstraintType.SNET, ConstraintType.SNLT, ConstraintType.MSO}


@dataclass(frozen=True, slots=True)
class Template:
    """Rows, links, roles and calendars of a plan, without dates, progress, costs and people.

    ``plan.resources`` are roles. ``offsets``: uid → date of constraint or deadline as working
    minutes from the start, in the calendar of the plan.
    """

    plan: Plan
    offsets: Offsets


def make_template(plan: Plan, start: datetime, root: int | None = None) -> Template:
    """A plan, or the branch of one row of it, as a template.

    Parameters
    ----------
    plan : Plan
    start : datetime
        What dates are counted from: the start of the plan, or of the branch.
    root : int, optional
        Uid of the row whose branch is taken.

    Raises
    ------
    InvalidInput
        ``template.row`` without such a row, ``template.empty`` without any.
    """
    rows = list(plan.tasks)
    if root is not None:
        place = next((row for row, task in enumerate(rows) if task.uid == root), None)
        if place is None:
            raise InvalidInput("template.row", "There is no such row in the plan.", (str(root),))
        up = rows[place].outline_level - 1
        rows = [
            replace(rows[row], outline_level=rows[row].outline_level - up)
            for row in shape.branch(rows, place)
        ]
    if not rows:
        raise InvalidInput("template.empty", "The plan has no tasks that a template could hold.")
    time = compile_calendars(plan.calendars)[plan.default_calendar_uid]
    uids = {task.uid for task in rows}
    assignments = [item for item in plan.assignments if item.task_uid in uids]
    roles = {item.resource_uid for item in assignments}
    return Template(
        replace(
            plan,
            start=start,
            tasks=tuple(_bare(task) for task in _numbered(rows)),
            links=tuple(link for link in plan.links if {link.predecessor, link.successor} <= uids),
            resources=tuple(
                replace(row, email="", initials="", rates=())
                for row in plan.resources
                if row.uid in roles
            ),
            assignments=tuple(_fresh(item) for item in assignments),
            status_date=None,
            finish=None,
            imposed_finish=None,
            notices=(),
        ),
        {
            task.uid: {
                name: time.diff(start, moment)
                for name in ("constraint_date", "deadline")
                if (moment := getattr(task, name)) is not None
            }
            for task in rows
            if task.constraint_date is not None or task.deadline is not None
        },
    )


def instantiate(
    template: Template,
    start: datetime,
    names: Mapping[int, str],
    same: Mapping[int, int] = MappingProxyType({}),
) -> Plan:
    """A plan from a template that starts on a day.

    Parameters
    ----------
    template : Template
    start : datetime
    names : mapping of int to str
        Uid of a role → who fills it; others keep the name of the role.
    same : mapping of int to int, optional
        Uid of a role → uid of the one that the same person fills, too, and that stays.
    """
    plan = template.plan
    time = compile_calendars(plan.calendars)[plan.default_calendar_uid]
    begin = time.next_start(start)
    return replace(
        plan,
        start=begin,
        tasks=tuple(_dated(task, template.offsets, time, begin) for task in plan.tasks),
        resources=tuple(
            replace(role, name=names.get(role.uid, role.name))
            for role in plan.resources
            if same.get(role.uid, role.uid) == role.uid
        ),
        assignments=_joined(plan.assignments, same) if same else plan.assignments,
    )


def inserted(
    plan: Plan,
    template: Template,
    start: datetime,
    after: int | None,
    resources: Mapping[int, int],
    last_uid: int,
) -> Plan:
    """The plan with the rows of a template below a row and what lies inside it.

    Parameters
    ----------
    plan : Plan
    template : Template
    start : datetime
        Nothing of the template begins before it.
    after : int, optional
        Uid of the row; without it they come first.
    resources : mapping of int to int
        Uid of a role → uid of a resource of the plan.
    last_uid : int
        New rows get numbers above it.

    Notes
    -----
    A calendar of a task is that of the same name in the plan, else the plan's. What waits for
    nothing starts no earlier than ``start``.
    """
    time = compile_calendars(plan.calendars)[plan.default_calendar_uid]
    begin = time.next_start(start)
    rows = list(plan.tasks)
    place, level = 0, 1
    if after is not None:
        found = next((row for row, task in enumerate(rows) if task.uid == after), None)
        if found is None:
            raise InvalidInput("template.row", "There is no such row in the plan.", (str(after),))
        place, level = shape.branch(rows, found).stop, rows[found].outline_level
    uids = {task.uid: last_uid + step for step, task in enumerate(template.plan.tasks, 1)}
    calendars = {row.name: row.uid for row in plan.calendars}
    names = {row.uid: row.name for row in template.plan.calendars}
    waiting = {link.successor for link in template.plan.links}
    made = []
    for task in template.plan.tasks:
        row = _dated(task, template.offsets, time, begin)
        if task.uid not in waiting and not task.summary and row.constraint is ConstraintType.ASAP:
            row = replace(row, constraint=ConstraintType.SNET, constraint_date=begin)
        made.append(
            replace(
                row,
                uid=uids[task.uid],
                outline_level=task.outline_level + level - 1,
                calendar_uid=calendars.get(names.get(task.calendar_uid or 0, "")),
            )
        )
    outline = build_outline(rows)
    numbers = set(uids.values()) if shape.numbers_rows(rows, outline) else set()
    last = max((item.uid for item in plan.assignments), default=0)
    return replace(
        plan,
        tasks=tuple(shape.settled(outline, shape.added(rows, place, made), numbers)[0]),
        links=plan.links
        + tuple(
            replace(link, predecessor=uids[link.predecessor], successor=uids[link.successor])
            for link in template.plan.links
        ),
        assignments=plan.assignments
        + tuple(
            replace(item, uid=last + step, task_uid=uids[item.task_uid])
            for step, item in enumerate(_joined(template.plan.assignments, resources), 1)
        ),
    )


def _numbered(rows: list[PlanTask]) -> list[PlanTask]:
    outline = build_outline(rows)
    return [
        replace(task, wbs=outline.numbers[row], summary=outline.summary[row])
        for row, task in enumerate(rows)
    ]


def _bare(task: PlanTask) -> PlanTask:
    """A row without dates, progress, costs and what a file said; its steps are all to be done."""
    return replace(
        task,
        constraint_date=None,
        deadline=None,
        manual=False,
        external=False,
        cost=None,
        actual_work_minutes=0,
        percent_complete=Decimal(0),
        physical_percent=Decimal(0) if task.percent_type is PercentType.STEPS else None,
        actual_start=None,
        actual_finish=None,
        actual_duration_minutes=None,
        remaining_minutes=None,
        stop=None,
        resume=None,
        leveling_delay_minutes=0,
        stored=StoredDates(),
        baselines=(),
        entered=EnteredText(),
        expected_finish=None,
        external_early_start=None,
        external_late_finish=None,
        steps=tuple(replace(step, done=False) for step in task.steps),
        guid="",
    )


def _fresh(item: PlanAssignment) -> PlanAssignment:
    return replace(
        item,
        actual_work_minutes=0,
        remaining_work_minutes=item.work_minutes,
        start=None,
        finish=None,
    )


def _joined(
    assignments: Iterable[PlanAssignment], resources: Mapping[int, int]
) -> tuple[PlanAssignment, ...]:
    """Assignments with other resources; those of one resource on one task are one."""
    found: dict[tuple[int, int | None], PlanAssignment] = {}
    for item in assignments:
        uid = item.resource_uid
        uid = uid if uid is None else resources.get(uid, uid)
        there = found.get((item.task_uid, uid))
        found[item.task_uid, uid] = (
            replace(item, resource_uid=uid)
            if there is None
            else replace(
                there,
                units=there.units + item.units,
                work_minutes=there.work_minutes + item.work_minutes,
                remaining_work_minutes=there.remaining_work_minutes + item.remaining_work_minutes,
            )
        )
    return tuple(found.values())


def _dated(task: PlanTask, offsets: Offsets, time: WorkingTime, start: datetime) -> PlanTask:
    """The row with its constraint and deadline as far from the start as they were."""
    found = offsets.get(task.uid, {})
    made = {
        name: time.add(start, minutes) if minutes >= 0 else time.sub(start, -minutes)
        for name, minutes in found.items()
    }
    if "constraint_date" in made and task.constraint in _AT_THE_START:
        made["constraint_date"] = time.next_start(made["constraint_date"])
    if not made:
        return task
    return replace(
        task,
        constraint_date=made.get("constraint_date"),
        deadline=made.get("deadline"),
    )
