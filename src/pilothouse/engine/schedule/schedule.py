# SPDX-License-Identifier: Apache-2.0
"""The door to the calculation; what needs arrays is loaded when a plan is first scheduled."""

from __future__ import annotations

from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.network.plan import ConstraintType, Link, Notice, Plan, PlanTask
from pilothouse.engine.schedule.options import ScheduleOptions
from pilothouse.engine.schedule.prepare import prepare
from pilothouse.engine.schedule.result import ScheduleResult

if TYPE_CHECKING:
    from pilothouse.engine.network.outline import Outline
    from pilothouse.engine.schedule.standing import Standing

_DEFAULT = ScheduleOptions()
_APART = Event()


def schedule_plan(plan: Plan, options: ScheduleOptions = _DEFAULT) -> ScheduleResult:
    """Dates, floats and reasons of every task of a plan (DOMAIN 4.4 and 4.5).

    Parameters
    ----------
    plan : Plan
        Durations and lags in working minutes; instants are wall-clock of the plan's zone.
    options : ScheduleOptions

    Returns
    -------
    ScheduleResult

    Raises
    ------
    InvalidInput
        Codes ``calendar.*``, ``network.*`` and ``schedule.*``; the message names the task. What
        is no number, percentage or date is refused before anything is computed (``checks``).
    CycleFound
        ``schedule.cycle``.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
    >>> from pilothouse.engine.network.plan import Link, PlanTask
    >>> plan = Plan(
    ...     "House",
    ...     datetime(2025, 3, 3, 8),
    ...     (CalendarSpec(1, "Standard", STANDARD_WEEK),),
    ...     1,
    ...     (PlanTask(1, "Dig", duration_minutes=960), PlanTask(2, "Pour", duration_minutes=480)),
    ...     (Link(1, 2),),
    ... )
    >>> schedule_plan(plan).tasks[2].finish
    datetime.datetime(2025, 3, 5, 17, 0)

    Notes
    -----
    Critical path method over calendars; O(n + m) calendar operations after one topological
    sort. Deterministic: nothing is read but the arguments.
    """
    from pilothouse.engine.schedule import whole

    network = prepare(plan, options)
    return whole.schedule(network) if plan.tasks else _empty(plan)


def stand(plan: Plan, options: ScheduleOptions = _DEFAULT) -> Standing | None:
    """As ``schedule_plan`` for a plan that is going to be edited; None for one without tasks.

    Raises
    ------
    InvalidInput, CycleFound
        As ``schedule_plan``.
    """
    from pilothouse.engine.schedule import standing

    return standing.stand(plan, options) if plan.tasks else None


def stand_again(
    before: Standing,
    plan: Plan,
    options: ScheduleOptions = _DEFAULT,
    outline: Outline | None = None,
) -> Standing:
    """As ``stand`` for a plan that has tasks, after an edit of the one before.

    ``outline`` is that of the plan, where it is known.

    Raises
    ------
    InvalidInput, CycleFound
        As ``schedule_plan``.
    """
    from pilothouse.engine.schedule import standing

    return standing.stand_again(before, plan, options, outline)


def calculate_apart() -> None:
    """Have large plans scheduled in a process apart, for one that runs uncompiled.

    That process is started when the first of them is scheduled.
    """
    _APART.set()


def is_apart() -> bool:
    """Whether large plans are scheduled in a process apart."""
    return _APART.is_set()


def warm() -> None:
    """Load, and where there is a compiler compile, what scheduling needs: a task from start to end.

    Compiled code is kept on disk, so that only the first process ever waits for the compiler.
    """
    office = CalendarSpec(1, "Standard", STANDARD_WEEK)
    begin = datetime(2025, 3, 3, 8)
    task = PlanTask(1, "Begin", deadline=begin, actual_start=begin)
    held = PlanTask(2, "Hold", constraint_hard=True)
    late = PlanTask(3, "Wait", constraint=ConstraintType.ALAP)
    schedule_plan(Plan("Warm-up", begin, (office,), 1, (task, held, late), (Link(1, 2),)))


def _empty(plan: Plan) -> ScheduleResult:
    notice = Notice(plan.name, "tasks", "The plan has no tasks.")
    return ScheduleResult(plan.start, plan.start, {}, (), (), (), (), (notice,), {})
