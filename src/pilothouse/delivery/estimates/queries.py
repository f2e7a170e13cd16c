# SPDX-License-Identifier: Apache-2.0
"""Estimates as an actor may see them: task by task, one by itself, and how they turned out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import ngettext

from pilothouse.delivery.estimates import rules
from pilothouse.delivery.estimates.models import Estimate
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.rules import Verb, can_on_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import sees_budget, visible_projects
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound

State, Unit = Estimate.State, Estimate.Unit
SHOWN = ("critical", "estimated", "missing", "finished", "all")
PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class TaskEstimate:
    """A task of the plan with the estimates that count: the accepted one, else the latest.

    ``ratio`` is actual duration / estimate of a finished task.
    """

    uid: int
    wbs: str
    name: str
    duration_days: Decimal
    done: bool
    longest_path: bool
    days: Estimate | None
    hours: Estimate | None
    actual_days: Decimal | None
    ratio: Decimal | None


@dataclass(frozen=True, slots=True)
class EstimatesPage:
    """The estimates of a project, task by task, and those of the whole."""

    project: Project
    plan: ProjectPlan | None
    verbs: frozenset[rules.Verb]
    rows: Sequence[TaskEstimate]
    shown: Sequence[TaskEstimate]
    show: str
    counts: dict[str, int]
    page: int
    pages: int
    whole: Sequence[Estimate]


@dataclass(frozen=True, slots=True)
class EstimatePage:
    """One estimate, and all of the same subject and unit, the latest first."""

    estimate: Estimate
    verbs: frozenset[rules.Verb]
    history: Sequence[Estimate]
    own: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an accepted estimate of a finished task turned out."""

    method: str
    author_id: int | None
    ratio: Decimal
    within: bool


def open_estimates(actor: Actor, project_id: int) -> Project:
    """A visible project whose estimates the actor may see; NotFound or NotAllowed."""
    held = grants_of(actor)
    project = get_project(actor, project_id, held)
    if not rules.can(actor, project, rules.Verb.READ, held):
        raise NotAllowed("estimates.not_seen", "Your roles do not allow you to see estimates.")
    return project


def estimates_page(actor: Actor, project_id: int, show: str, page: int = 1) -> EstimatesPage:
    """The estimates of a project, in outline order of its plan; of what is shown, one page."""
    project = open_estimates(actor, project_id)
    held = grants_of(actor)
    plan = ProjectPlan.objects.defer("notices").filter(project=project).first()
    may_see = plan is not None and can_on_plan(actor, project, Verb.READ, held)
    rows = task_estimates(project, plan) if plan is not None and may_see else []
    counts = {name: sum(matches(row, name) for row in rows) for name in SHOWN}
    show = show if show in SHOWN else "critical" if counts["critical"] else "all"
    whole = Estimate.objects.filter(project=project, task_uid=None)
    if not sees_budget(actor, project, held):
        whole = whole.exclude(unit=Unit.COST)
    shown = [row for row in rows if matches(row, show)]
    pages = max(1, -(-len(shown) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    return EstimatesPage(
        project,
        plan if may_see else None,
        rules.verbs_of(actor, project, held),
        rows,
        shown[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        show,
        counts,
        page,
        pages,
        list(whole),
    )


def matches(row: TaskEstimate, show: str) -> bool:
    """Whether a task belongs to what a filter shows."""
    if show == "critical":
        return row.longest_path and not row.done
    if show == "finished":
        return row.done
    known = row.days is not None or row.hours is not None
    return show == "all" or (known if show == "estimated" else not known and not row.done)


def task_estimates(project: Project, plan: ProjectPlan) -> list[TaskEstimate]:
    """The tasks of a plan that are work, each with its estimates, in two queries."""
    latest: dict[tuple[int | None, str], Estimate] = {}
    rows = Estimate.objects.filter(project=project, task_uid__isnull=False)
    for row in rows.exclude(state=State.WITHDRAWN).order_by("pk"):
        key = row.task_uid, row.unit
        known = latest.get(key)
        if known is None or known.state != State.ACCEPTED or row.state == State.ACCEPTED:
            latest[key] = row
    columns = (
        *("uid", "wbs", "name", "duration_minutes", "actual_finish", "longest_path"),
        "actual_duration_minutes",
    )
    tasks = Task.objects.filter(
        plan=plan, summary=False, milestone=False, active=True, external=False
    )
    found = []
    for uid, wbs, name, minutes, finish, longest, took in tasks.order_by("position").values_list(
        *columns
    ):
        days = latest.get((uid, Unit.DAYS.value))
        actual = _days(took, plan.minutes_per_day) if finish is not None and took else None
        ratio = round(actual / days.value, 2) if actual and days else None
        found.append(
            TaskEstimate(
                uid,
                wbs,
                name,
                _days(minutes, plan.minutes_per_day),
                finish is not None,
                longest,
                days,
                latest.get((uid, Unit.HOURS.value)),
                actual,
                ratio,
            )
        )
    return found


def estimate_of(actor: Actor, estimate_id: int) -> Estimate:
    """An estimate in sight, or NotFound; NotAllowed for a cost that may not be seen."""
    rows = Estimate.objects.select_related("project__portfolio__org_unit", "author")
    visible = visible_projects(actor).order_by().values("pk")
    row = rows.filter(pk=estimate_id, project__in=visible).first()
    if row is None:
        raise NotFound("estimates.estimate", "There is no such estimate, or you may not see it.")
    open_estimates(actor, row.project_id)
    if row.unit == Unit.COST:
        rules.require_money(actor, row.project)
    return row


def estimate_page(actor: Actor, estimate_id: int) -> EstimatePage:
    """One estimate with the others of the same."""
    row = estimate_of(actor, estimate_id)
    same = Estimate.objects.filter(project=row.project, task_uid=row.task_uid, unit=row.unit)
    return EstimatePage(
        row,
        rules.verbs_of(actor, row.project),
        list(same),
        row.author_id is not None and row.author_id == actor.user_id,
    )


def estimates_of(actor: Actor, project_id: int) -> list[Estimate]:
    """All estimates of a project that the actor may see, the latest first."""
    project = open_estimates(actor, project_id)
    rows = Estimate.objects.filter(project=project)
    return list(rows if sees_budget(actor, project) else rows.exclude(unit=Unit.COST))


def hanging(actor: Actor, project: Project, uids: Collection[int]) -> dict[int, list[str]]:
    """Estimates of tasks of a project that count or wait, in words; nothing for who sees none."""
    if not rules.can(actor, project, rules.Verb.READ):
        return {}
    rows = Estimate.objects.filter(project=project, task_uid__in=uids)
    counts: Counter[int] = Counter()
    for uid in rows.filter(state__in=(State.ACCEPTED, State.PROPOSED)).values_list(
        "task_uid", flat=True
    ):
        counts[uid or 0] += 1
    return {
        uid: [ngettext("%(count)s estimate", "%(count)s estimates", count) % {"count": count}]
        for uid, count in counts.items()
    }


def outcomes_of(actor: Actor, office_id: int) -> list[Outcome]:
    """Accepted estimates of finished tasks of an office, of the projects in sight."""
    held = grants_of(actor)
    seen = visible_projects(actor, held).filter(office_id=office_id)
    ids = [
        row.pk
        for row in seen.select_related("portfolio__org_unit")
        if rules.can(actor, row, rules.Verb.READ, held) and can_on_plan(actor, row, Verb.READ, held)
    ]
    rows = Estimate.objects.filter(
        project_id__in=ids, state=State.ACCEPTED, unit=Unit.DAYS, task_uid__isnull=False
    )
    took = {
        (project_id, uid): (minutes, per_day)
        for project_id, uid, minutes, per_day in Task.objects.filter(
            plan__project_id__in=ids, actual_finish__isnull=False, actual_duration_minutes__gt=0
        ).values_list("plan__project_id", "uid", "actual_duration_minutes", "plan__minutes_per_day")
    }
    found = []
    for row in rows:
        known = took.get((row.project_id, row.task_uid or 0))
        if known is not None:
            actual = _days(known[0] or 0, known[1])
            ratio = round(actual / row.value, 2)
            found.append(Outcome(row.method, row.author_id, ratio, actual <= row.high))
    return found


def _days(minutes: int, per_day: int) -> Decimal:
    return round(Decimal(minutes) / per_day, 2)


def calculation_of(row: Estimate) -> str:
    """The calculation of an estimate in one line, with its inputs."""
    given = {name: _plain(value) for name, value in row.inputs.items()}
    value = _plain(row.value)
    if row.method == Estimate.Method.THREE_POINT:
        text = "({least} + 4 × {likely} + {most}) / 6 = {value}; σ = ({most} − {least}) / 6"
    elif row.method == Estimate.Method.TRIANGULAR:
        text = "({least} + {likely} + {most}) / 3 = {value}"
    elif row.method == Estimate.Method.PARAMETRIC:
        parts = [given["quantity"], given["rate"], *map(_plain, row.inputs.get("factors", []))]
        return f"{' × '.join(parts)} = {value}; {given['source']}"
    elif row.method == Estimate.Method.ANALOGOUS:
        text = "{actual} × {size} / {reference_size} = {value}; {reference}, {similarity}"
    else:
        text = "{base} × {ratio} = {value}; P{confidence} of {count} finished ones"
    return text.format(value=value, **given)


def _plain(value: object) -> str:
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
