# SPDX-License-Identifier: Apache-2.0
"""Data of the pages: the plan, its reconciliation, one task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.models import (
    BaselineTask,
    PlanAssignment,
    PlanBaseline,
    PlanCalendar,
    PlanEvent,
    PlanResource,
    ProjectPlan,
    ScheduleLook,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.queries.baselines import TaskPromise, task_promises
from pilothouse.delivery.planning.queries.cards import cards_of
from pilothouse.delivery.planning.queries.facts import existing_plan
from pilothouse.delivery.planning.queries.grouping import require_group
from pilothouse.delivery.planning.queries.listing import Listing, listing_of
from pilothouse.delivery.planning.queries.narrow import Narrow, streams_of
from pilothouse.delivery.planning.queries.rows import (
    FILTERS,
    TaskRow,
    page_of,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.prepared import NOTHING, Reading, prepared_for
from pilothouse.foundation.core.rounding import TENTH, half_up
from pilothouse.foundation.organisation.models import CustomField
from pilothouse.foundation.organisation.queries import custom_fields

DIFFERENCES_SHOWN = 500
LAST_PAGE = 100_000
"""More than any plan has; a number beyond it is not asked of the database."""


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The readable plan of a project, one page of it."""

    project: Project
    plan: ProjectPlan | None
    verbs: frozenset[rules.Verb]
    only: str
    counts: dict[str, int]
    page: int
    pages: int
    rows: Sequence[TaskRow]
    listing: Listing | None = None
    narrow: Narrow = field(default_factory=Narrow)
    group: str = ""
    people: Sequence[tuple[int, str]] = ()
    streams: Sequence[tuple[int, str]] = ()


def open_project(
    actor: Actor, project_id: int, verb: rules.Verb, beside: Reading[Any] = NOTHING
) -> tuple[Project, Grants]:
    """A visible project on which the actor holds the verb; NotFound or NotAllowed."""
    grants = grants_of(actor)
    project = get_project(actor, project_id, grants, beside)
    rules.require_on_plan(actor, project, verb, grants)
    return project, grants


def plan_page(
    actor: Actor,
    project_id: int,
    today: date,
    *,
    only: str,
    page: int,
    narrow: Narrow | None = None,
    group: str = "",
) -> PlanPage:
    """A page of the plan; an unknown filter shows all, a page too far the last one.

    With ``narrow`` there is what it can be narrowed and grouped by, too; where either is asked for,
    the rows are tasks alone, with their sums. Raises: Invalid for an unknown group.
    """
    asked = _plan_of.later(project_id)
    project, grants = open_project(actor, project_id, rules.Verb.READ, asked)
    verbs = rules.verbs_on_plan(actor, project, grants)
    plan = next(iter(asked.rows), None)
    only = only if only in FILTERS else "all"
    if plan is None:
        return PlanPage(project, None, verbs, only, dict.fromkeys(FILTERS, 0), 1, 1, [])
    asked_page = min(max(page, 1), LAST_PAGE)
    counts, page, pages, rows = page_of(plan, today, only=only, page=asked_page)
    whole = PlanPage(project, plan, verbs, only, counts, page, pages, rows)
    if narrow is None:
        return whole
    cards = cards_of(plan)
    whole = replace(
        whole, narrow=narrow, people=list(cards.names.items()), streams=streams_of(cards)
    )
    if not (narrow.narrowing or group):
        return whole
    if group:
        require_group(group)
    found = listing_of(plan, cards, today, only=only, narrow=narrow, group=group, page=asked_page)
    return replace(
        whole, rows=found.rows, page=found.page, pages=found.pages, listing=found, group=group
    )


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """What the page around the schedule screen needs; the rows come after it."""

    project: Project
    plan: ProjectPlan | None
    verbs: frozenset[rules.Verb]
    look: dict[str, Any]
    baselines: list[PlanBaseline]
    own_fields: list[CustomField]
    sees_dependencies: bool
    sandbox: Sandbox | None = None


def sandbox_schedule(actor: Actor, project: Project, sandbox: Sandbox) -> SchedulePage:
    """The page of the schedule of a sandbox; NotFound where it is closed."""
    look = ScheduleLook.objects.filter(user_id=actor.user_id or 0).first()
    verbs = rules.verbs_on_plan(actor, project)
    numbered = PlanBaseline.objects.filter(project=project, number__isnull=False)
    return SchedulePage(
        project,
        existing_plan(project, sandbox),
        verbs,
        look.look if look else {},
        list(numbered.order_by("number")),
        own_fields_of(project),
        rules.sees_dependencies(actor, project),
        sandbox,
    )


def schedule_page(actor: Actor, project_id: int) -> SchedulePage:
    """The page of the schedule, with the look that the person likes."""
    asked = _plan_of.later(project_id)
    project, grants = open_project(actor, project_id, rules.Verb.READ, asked)
    look = ScheduleLook.objects.filter(user_id=actor.user_id or 0).first()
    return SchedulePage(
        project,
        next(iter(asked.rows), None),
        rules.verbs_on_plan(actor, project, grants),
        look.look if look else {},
        list(PlanBaseline.objects.filter(project=project, number__isnull=False).order_by("number")),
        own_fields_of(project),
        rules.sees_dependencies(actor, project, grants),
    )


def own_fields_of(project: Project) -> list[CustomField]:
    """The fields that the office of a project added to tasks."""
    return list(custom_fields([project.office_id], CustomField.Of.TASK))


@prepared_for(varying=1)
def _plan_of(project_id: int) -> QuerySet[ProjectPlan]:
    return ProjectPlan.objects.defer("notices").filter(project_id=project_id)


@dataclass(frozen=True, slots=True)
class Difference:
    """A task whose dates are not those of the file."""

    uid: int
    position: int
    name: str
    start: datetime | None
    finish: datetime | None
    file_start: datetime | None
    file_finish: datetime | None
    words: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What came over with an import, what was left out, and which dates differ."""

    project: Project
    plan: ProjectPlan
    verbs: frozenset[rules.Verb]
    event: PlanEvent | None
    tasks: int
    summaries: int
    milestones: int
    links: int
    resources: int
    assignments: int
    calendars: int
    baselines: int
    compared: int
    differing: int
    differences: list[Difference]

    @property
    def agreeing(self) -> int:
        """Tasks whose start and finish are those of the file."""
        return self.compared - self.differing

    @property
    def agreement_pct(self) -> Decimal | None:
        """None where the file stores no dates (R-GEN-04)."""
        if not self.compared:
            return None
        return half_up(Decimal(100 * self.agreeing) / self.compared, TENTH)


def reconciliation(actor: Actor, project_id: int) -> Reconciliation:
    """Counts, notices and differences of the plan that a project has now."""
    project, grants = open_project(actor, project_id, rules.Verb.READ)
    plan = existing_plan(project)
    tasks = Task.objects.filter(plan=plan).aggregate(
        all=Count("pk"),
        summaries=Count("pk", filter=Q(summary=True)),
        milestones=Count("pk", filter=Q(milestone=True)),
        compared=Count("pk", filter=Q(stored__compared=True)),
        differing=Count("pk", filter=~Q(difference="")),
    )
    return Reconciliation(
        project=project,
        plan=plan,
        verbs=rules.verbs_on_plan(actor, project, grants),
        event=PlanEvent.objects.filter(project=project)
        .defer("before")
        .order_by("-plan_version")
        .first(),
        tasks=tasks["all"],
        summaries=tasks["summaries"],
        milestones=tasks["milestones"],
        links=TaskLink.objects.filter(plan=plan).count(),
        resources=PlanResource.objects.filter(plan=plan).count(),
        assignments=PlanAssignment.objects.filter(plan=plan).count(),
        calendars=PlanCalendar.objects.filter(plan=plan).count(),
        baselines=BaselineTask.objects.filter(
            baseline__project=project, baseline__kind=PlanBaseline.Kind.IMPORTED
        ).count(),
        compared=tasks["compared"],
        differing=tasks["differing"],
        differences=_differences(plan),
    )


def _differences(plan: ProjectPlan) -> list[Difference]:
    rows = (
        Task.objects.filter(plan=plan)
        .exclude(difference="")
        .order_by("position")
        .values_list("uid", "position", "name", "start", "finish", "stored", "difference")
    )
    return [
        Difference(
            uid,
            position,
            name,
            start,
            finish,
            _moment(stored.get("start")),
            _moment(stored.get("finish")),
            words,
        )
        for uid, position, name, start, finish, stored, words in rows[:DIFFERENCES_SHOWN]
    ]


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One task with everything that bears on its dates."""

    task: Task
    promises: list[TaskPromise]
    positions: dict[int, int]


def task_page(
    actor: Actor, project: Project, plan: ProjectPlan, uid: int, others: list[int]
) -> TaskPage:
    """The task, what was promised for it, and the row numbers of the tasks in its reasons."""
    task = Task.objects.filter(plan=plan, uid=uid).first()
    if task is None:
        raise NotFound("planning.task", "There is no such task in this plan.")
    return TaskPage(
        task,
        task_promises(actor, project, plan, task),
        dict(Task.objects.filter(plan=plan, uid__in=others).values_list("uid", "position")),
    )
