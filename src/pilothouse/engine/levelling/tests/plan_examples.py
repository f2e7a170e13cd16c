# SPDX-License-Identifier: Apache-2.0
"""Plans to level, and what became of them in working days."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarException, CalendarSpec
from pilothouse.engine.levelling import LevelOptions, ProjectPlan, level_plans
from pilothouse.engine.network.plan import Link, Plan, PlanAssignment, PlanResource, PlanTask
from pilothouse.engine.testing import Days

DAY = 480
START = datetime(2025, 3, 3, 8)
STANDARD = CalendarSpec(
    1, "Standard", STANDARD_WEEK, (CalendarException(date(2025, 3, 14), date(2025, 3, 14), ()),)
)
NIGHT = CalendarSpec(2, "Nights", (((1200, 1440),),) * 5 + ((), ()))
AROUND = CalendarSpec(3, "Around the clock", (((0, 1440),),) * 7)


def plan_of(tasks, links=(), units=(), resources=None, **more):
    """Tasks with uids from 1; ``units`` as (task, resource, share)."""
    resources = resources or {1: 1}
    return Plan(
        "Plan",
        START,
        (STANDARD, NIGHT, AROUND),
        1,
        tuple(replace(task, uid=number) for number, task in enumerate(tasks, 1)),
        tuple(links),
        tuple(
            PlanResource(uid, f"R{uid}", max_units=Decimal(str(most)))
            for uid, most in resources.items()
        ),
        tuple(
            PlanAssignment(n, task, res, Decimal(str(share)))
            for n, (task, res, share) in enumerate(units)
        ),
        **more,
    )


def task(name="", days=1.0, **more):
    return PlanTask(0, name, duration_minutes=int(days * DAY), **more)


def oracle_plan():
    """O-LEV-1 in days, one resource of four."""
    shape = {
        "A": (3, 2, ""),
        "B": (4, 3, ""),
        "C": (2, 2, "A"),
        "D": (5, 1, "A"),
        "E": (3, 2, "B"),
        "F": (2, 3, "CE"),
    }
    names = list(shape)
    return plan_of(
        [task(name, days) for name, (days, _, _) in shape.items()],
        [
            Link(names.index(p) + 1, names.index(n) + 1)
            for n, (_, _, before) in shape.items()
            for p in before
        ],
        [(names.index(n) + 1, 1, units) for n, (_, units, _) in shape.items()],
        {1: 4},
    )


def levelled(plan, **options):
    proposal = level_plans([ProjectPlan(plan)], LevelOptions(**options))
    return proposal, proposal.projects[0].tasks


def starts(plan, moves):
    days = Days(plan)
    return {t.name: days.after(moves[t.uid].start) for t in plan.tasks if t.uid in moves}


def plan_in_days(instance):
    """A problem of whole periods whose links all go from finish to start."""
    return plan_of(
        [task(name, days) for name, days in zip(instance.names, instance.durations.tolist())],
        [Link(first + 1, second + 1) for first, second, _ in instance.links.tolist()],
        [
            (row + 1, resource + 1, int(units))
            for row, needs in enumerate(instance.demand.tolist())
            for resource, units in enumerate(needs)
            if units
        ],
        {number + 1: int(steps[0, 1]) for number, steps in enumerate(instance.capacity)},
    )
