# SPDX-License-Identifier: Apache-2.0
"""Several plans as one, with the links between them (DOMAIN 8.3 over 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pilothouse.engine.calendars import CalendarSpec, compile_calendars
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType, Link, Plan, PlanResource, PlanTask

STEP = 1_000_000
"""Numbers of tasks that each plan may use; those of the n-th begin at n × STEP."""


@dataclass(frozen=True, slots=True)
class Bond:
    """A task of one plan that a task of another waits for: (place of the plan, uid) of each."""

    giver: tuple[int, int]
    receiver: tuple[int, int]
    lag_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Joined:
    """The plan of all, the numbers its tasks have there, and the milestone that ends each plan.

    ``ends`` are uids, one for each plan in their order. ``left_out`` are the places in ``bonds`` of
    those whose tasks are not there.
    """

    plan: Plan
    ends: tuple[int, ...]
    left_out: tuple[int, ...]


def joined_uid(place: int, uid: int) -> int:
    """The number that a task of the n-th plan has in the joined one."""
    return (place + 1) * STEP + uid


def join_plans(
    name: str, plans: Sequence[Plan], bonds: Sequence[Bond] = (), *, by_resources: bool = True
) -> Joined:
    """Put plans beside each other, each under a summary of its own, and bind them.

    Parameters
    ----------
    name : str
    plans : sequence of Plan
        At least one; uids of tasks, calendars and resources below ``STEP``.
    bonds : sequence of Bond
        Finish-to-start links between tasks of two plans.
    by_resources : bool
        Whether the plan of all is scheduled by the rules of Microsoft Project, where a task runs
        on the calendars of its resources; else on that of its own plan.

    Returns
    -------
    Joined
        The plan starts where the first of them does, and no task before its own plan. The status
        date is the latest of them; minutes of a day, rules and what counts as critical are those
        of the first plan. A task without a calendar of its own keeps that of its plan. An end of
        a plan is a milestone after all its tasks.

    Raises
    ------
    InvalidInput
        ``plan.join`` where there is no plan, or a uid is too large.

    Notes
    -----
    Linear in tasks and links. A resource that works in several plans is one in each. On one
    calendar every task lies as in its own plan, but for what depends on the end of the whole:
    tasks that are to be as late as possible, and level of effort. A task on another calendar
    than its plan's may begin up to a shift later, and lags on the calendar of the project run on
    that of the first plan.
    """
    if not plans:
        raise InvalidInput("plan.join", "There is no plan to join; give at least one.")
    calendars: list[CalendarSpec] = []
    tasks: list[PlanTask] = []
    links: list[Link] = []
    ends: list[int] = []
    for place, plan in enumerate(plans):
        _require_numbers(plan)
        calendars += [_calendar(place, spec) for spec in plan.calendars]
        rows, end = _tasks(place, plan, _led(plan) if by_resources else frozenset())
        tasks += rows
        ends.append(end)
        links += _links(place, plan, end)
    there = {task.uid for task in tasks}
    left_out: list[int] = []
    for number, bond in enumerate(bonds):
        giver, receiver = joined_uid(*bond.giver), joined_uid(*bond.receiver)
        if giver in there and receiver in there:
            links.append(Link(giver, receiver, lag_minutes=bond.lag_minutes))
        else:
            left_out.append(number)
    first = plans[0]
    dated = [plan.status_date for plan in plans if plan.status_date is not None]
    whole = replace(
        first,
        name=name,
        start=min(plan.start for plan in plans),
        calendars=tuple(calendars),
        default_calendar_uid=joined_uid(0, first.default_calendar_uid),
        tasks=tuple(tasks),
        links=tuple(links),
        resources=tuple(row for place, plan in enumerate(plans) for row in _resources(place, plan)),
        assignments=tuple(
            replace(
                row,
                uid=joined_uid(place, row.uid),
                task_uid=joined_uid(place, row.task_uid),
                resource_uid=_moved(place, row.resource_uid),
            )
            for place, plan in enumerate(plans)
            for row in plan.assignments
        ),
        status_date=max(dated, default=None),
        finish=None,
        schedule_from_finish=False,
        imposed_finish=None,
        notices=(),
    )
    return Joined(whole, tuple(ends), tuple(left_out))


def _require_numbers(plan: Plan) -> None:
    tables = (plan.tasks, plan.calendars, plan.resources, plan.assignments)
    greatest = max((row.uid for rows in tables for row in rows), default=0)
    if greatest >= STEP - 2:
        raise InvalidInput(
            "plan.join",
            f"Plan ‘{plan.name}’ has the number {greatest}; only numbers below {STEP - 2:,} can be "
            "joined. Number its tasks anew.",
        )


def _calendar(place: int, spec: CalendarSpec) -> CalendarSpec:
    base = None if spec.base_uid is None else joined_uid(place, spec.base_uid)
    return replace(spec, uid=joined_uid(place, spec.uid), base_uid=base)


def _moved(place: int, uid: int | None) -> int | None:
    return None if uid is None else joined_uid(place, uid)


def _resources(place: int, plan: Plan) -> list[PlanResource]:
    return [
        replace(
            row,
            uid=joined_uid(place, row.uid),
            calendar_uid=_moved(place, row.calendar_uid),
        )
        for row in plan.resources
    ]


def _led(plan: Plan) -> frozenset[int]:
    """Tasks that run on the calendars of their resources."""
    working = {
        row.uid for row in plan.resources if row.kind == "work" and row.calendar_uid is not None
    }
    return frozenset(row.task_uid for row in plan.assignments if row.resource_uid in working)


def _begins(plan: Plan) -> datetime:
    """The first working time of a plan from its start on: nothing of it lies before."""
    return compile_calendars(plan.calendars)[plan.default_calendar_uid].next_start(plan.start)


def _tasks(place: int, plan: Plan, led: frozenset[int]) -> tuple[list[PlanTask], int]:
    """The tasks below a summary that holds them at the start of their plan, and their end."""
    rows = [
        PlanTask(
            joined_uid(place, STEP - 1),
            plan.name,
            outline_level=1,
            summary=True,
            constraint=ConstraintType.SNET,
            constraint_date=_begins(plan),
            calendar_uid=joined_uid(place, plan.default_calendar_uid),
        )
    ]
    for task in plan.tasks:
        calendar = task.calendar_uid
        if calendar is None and task.uid not in led:
            calendar = plan.default_calendar_uid
        rows.append(
            replace(
                task,
                uid=joined_uid(place, task.uid),
                outline_level=task.outline_level + 1,
                calendar_uid=_moved(place, calendar),
            )
        )
    end = joined_uid(place, STEP - 2)
    rows.append(
        PlanTask(
            end,
            f"{plan.name}: end",
            outline_level=2,
            milestone=True,
            calendar_uid=joined_uid(place, plan.default_calendar_uid),
        )
    )
    return rows, end


def _links(place: int, plan: Plan, end: int) -> list[Link]:
    rows = [
        replace(
            link,
            predecessor=joined_uid(place, link.predecessor),
            successor=joined_uid(place, link.successor),
        )
        for link in plan.links
    ]
    lasting = [task for task in plan.tasks if not task.summary and task.active]
    return rows + [Link(joined_uid(place, task.uid), end) for task in lasting]
