# SPDX-License-Identifier: Apache-2.0
"""How sound a plan is, and which tasks to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import PlanBaseline, ProjectPlan
from pilothouse.delivery.planning.queries import existing_plan
from pilothouse.delivery.planning.services.stored import as_stored
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Offender:
    """A task that a point found fault with; ``position`` is its row."""

    uid: int
    position: int
    name: str


@dataclass(frozen=True, slots=True)
class PointFound:
    """One of the fourteen points; ``passed`` is None where it does not apply.

    ``value`` is in ``unit``, made of ``count`` in ``population``.
    """

    number: int
    name: str
    value: Decimal | None
    unit: str
    count: int
    population: int
    limit: str
    passed: bool | None
    note: str
    offenders: tuple[Offender, ...]
    also: tuple[Offender, ...]


@dataclass(frozen=True, slots=True)
class PlanQuality:
    """The points over a plan, and the baseline that they were held against."""

    plan: ProjectPlan
    baseline: PlanBaseline | None
    passed: int
    applicable: int
    points: tuple[PointFound, ...]


def quality_of(*, actor: Actor, project: Project) -> PlanQuality:
    """The fourteen points of DCMA (DOMAIN 4.10) over the plan as it stands.

    Held against the baseline that counts now.
    Who: R on task. Raises: NotFound without a plan, Invalid where it has no dates.
    """
    rules.require_on_plan(actor, project, rules.Verb.READ)
    row = existing_plan(project)
    counting = PlanBaseline.objects.filter(project=project, is_pmb=True).first()
    scheduled = as_stored(row)
    plan = scheduled.plan
    if not plan.tasks:
        return PlanQuality(row, counting, 0, 0, ())
    found = bridge.assess_plan(
        scheduled,
        work_after_status_date=row.work_after_status_date,
        against=counting,
    )
    tasks = {
        task.uid: Offender(task.uid, position, task.name)
        for position, task in enumerate(plan.tasks, 1)
    }
    points = tuple(
        PointFound(
            number=point.number,
            name=point.name,
            value=point.value,
            unit=point.unit,
            count=point.count,
            population=point.population,
            limit=point.limit,
            passed=point.passed,
            note=point.note,
            offenders=_named(point.offenders, tasks),
            also=_named(point.also, tasks),
        )
        for point in found.points
    )
    return PlanQuality(row, counting, found.passed, found.applicable, points)


def _named(uids: Iterable[int], tasks: Mapping[int, Offender]) -> tuple[Offender, ...]:
    """The tasks in the order of the plan."""
    return tuple(sorted((tasks[uid] for uid in uids), key=lambda task: task.position))
