# SPDX-License-Identifier: Apache-2.0
"""What ``level_plans`` may be handed beside what ``schedule_plan`` checks: staff and options."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import inf
from numbers import Integral

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.levelling.generation import Rule, Scheme
from pilothouse.engine.levelling.options import LevelOptions
from pilothouse.engine.network.plan import Plan

MOST_UNITS = Decimal(10) ** 7
"""Of a resource and of an assignment; 1 is full time."""
MOST_SCHEDULES = 10**9
MOST_SEED = (1 << 64) - 1


def check_options(options: LevelOptions, priorities: Sequence[int]) -> None:
    """Refuse options that are no numbers in their range, or none of the rules.

    Raises
    ------
    InvalidInput
        ``levelling.options``.
    """
    for what, value, least, most in (
        ("number of schedules", options.schedules, 0, MOST_SCHEDULES),
        ("seed", options.seed, 0, MOST_SEED),
        *(("priority of a project", value, -MOST_SEED, MOST_SEED) for value in priorities),
    ):
        if not isinstance(value, Integral) or not least <= value <= most:
            raise InvalidInput(
                "levelling.options",
                f"The {what} is {value!r}; give a whole number from {least:,} to {most:,}.",
                (what,),
            )
    seconds = options.seconds
    if seconds is not None and not (isinstance(seconds, int | float) and 0 <= seconds < inf):
        raise InvalidInput(
            "levelling.options",
            f"The time is {seconds!r}; give seconds from 0 up, or None for no limit.",
            ("seconds",),
        )
    if options.rule not in tuple(Rule):
        raise InvalidInput(
            "levelling.options",
            f"‘{options.rule!s:.40}’ is no rule; choose one of {', '.join(Rule)}.",
            ("rule",),
        )
    if options.scheme not in tuple(Scheme):
        raise InvalidInput(
            "levelling.options",
            f"‘{options.scheme!s:.40}’ is no scheme; choose one of {', '.join(Scheme)}.",
            ("scheme",),
        )


def check_staff(plan: Plan) -> None:
    """Refuse units that are no number from 0 up, and assignments of what is not in the plan.

    Raises
    ------
    InvalidInput
        ``levelling.units``, ``levelling.assignment``; the message names the resource or the
        assignment.
    """
    tasks = {task.uid for task in plan.tasks}
    resources = {resource.uid for resource in plan.resources}
    for resource in plan.resources:
        _check_units(f"Resource {resource.uid} ‘{resource.name}’", resource.max_units)
    for assignment in plan.assignments:
        place = f"Assignment {assignment.uid}"
        _check_units(place, assignment.units)
        task, staff = assignment.task_uid, assignment.resource_uid
        missing = f"task {task}" if task not in tasks else f"resource {staff}"
        if task not in tasks or (staff is not None and staff not in resources):
            raise InvalidInput(
                "levelling.assignment",
                f"{place} names {missing}, which is not in the plan; correct the number or leave "
                "the assignment out.",
                (place,),
            )


def _check_units(place: str, units: Decimal) -> None:
    if (
        not isinstance(units, Decimal | Integral)
        or not Decimal(units).is_finite()
        or not 0 <= units <= MOST_UNITS
    ):
        raise InvalidInput(
            "levelling.units",
            f"{place} has {units!s:.40} units; give an exact number from 0 to {MOST_UNITS:,}.",
            (place,),
        )
