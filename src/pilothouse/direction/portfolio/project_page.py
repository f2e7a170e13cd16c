# SPDX-License-Identifier: Apache-2.0
"""All that the home of one project shows, now or as of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery

from pilothouse.delivery.agile.rules import can_on_backlog
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.projects.models import Placement, Project, StateChange, Workstream
from pilothouse.delivery.projects.queries import (
    Lapsed,
    RoleGap,
    RoleHolder,
    holders_later,
    holders_of,
    role_gaps,
    standings_on,
    tenures_of,
)
from pilothouse.delivery.projects.rules import (
    OPEN_STATES,
    PHASES,
    FieldRights,
    ProjectSight,
    can_on_project,
    classified,
    phase_of,
    project_scopes,
    project_sight,
    projects_in,
)
from pilothouse.delivery.raid.queries.highlights import Highlights, highlights_of
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.history_chart import Chart, Point, draw
from pilothouse.direction.portfolio.project_figures import (
    Dimension,
    Figure,
    Sight,
    benefits_of,
    dates_of,
    dimensions_of,
    money_of,
    planned_finish_of,
    verdict_of,
)
from pilothouse.direction.portfolio.register_record import ChangeLine, change_lines
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.clock import end_of
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.prepared import NOTHING, Reading, prepared_for, together
from pilothouse.foundation.core.queries import as_of as record_as_of
from pilothouse.foundation.core.queries import change_of, events_later
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import Memory, beginnings, require_remembered

CRITICAL_SHOWN = 12
MILESTONES_SHOWN = 6
CHANGES_SHOWN = 8
HISTORY_READ = 400
"""Snapshots read for the history; a row whose figures all equal the one before is left out."""
PEOPLE = (
    ("sponsor", "Sponsor"),
    ("pm", "Project manager"),
    ("functional_owner", "Functional owner"),
    ("technology_owner", "Technology owner"),
    ("finance_contact", "Finance contact"),
)


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of the phase bar: done, now or ahead, and the days spent in it."""

    label: str
    position: str
    days: int | None
    states: tuple[tuple[str, int], ...]


class PlanTask(NamedTuple):
    """A task of the plan card; times in the plan's own zone."""

    name: str
    wbs: str
    start: datetime | None
    finish: datetime | None
    percent: Decimal
    milestone: bool
    critical: bool
    late: bool


@dataclass(frozen=True, slots=True)
class PlanCard:
    """The imported plan in short."""

    version: int
    source_name: str
    imported_at: datetime | None
    start: datetime
    finish: datetime | None
    critical: tuple[PlanTask, ...]
    more_critical: int
    milestones: tuple[PlanTask, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One row of the history of reports."""

    id: int
    status_date: date
    published: bool
    comments: tuple[tuple[str, str], ...]
    overall: str
    stated: str
    stated_label: str
    state: str
    slip_days: int | None
    forecast_finish: date | None
    baseline_finish: date | None
    budget: Decimal | None
    forecast_cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody named in the header of the project."""

    label: str
    id: int | None
    name: str
    until: date | None = None
    """The last day of a role that has ended."""


@dataclass(frozen=True, slots=True)
class Actions:
    """What the actor may do from here; the services ask again."""

    edit: bool
    plan: bool
    board: bool
    """There is a backlog, and it may be seen."""


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """The project home."""

    project: Project
    row: PerformanceSnapshot | None
    day: date
    past: bool
    place: tuple[str, ...]
    """Names of portfolio and programme, as the tree was on the day."""
    sight: Sight
    state_label: str
    classification_label: str
    purpose: str
    gap: int | None
    verdict: str
    stated_comment: str
    phases: tuple[Phase, ...]
    dimensions: tuple[Dimension, ...]
    dates: tuple[Figure, ...]
    money: tuple[Figure, ...]
    benefits: tuple[Figure, ...]
    people: tuple[Person, ...]
    gaps: tuple[RoleGap, ...]
    holders: tuple[RoleHolder, ...]
    workstreams: tuple[Workstream, ...]
    plan: PlanCard | None
    stale_plan: str
    reports: tuple[Report, ...]
    chart: Chart | None
    changes: tuple[ChangeLine, ...]
    trail_from: date | None
    attribution: str
    actions: Actions
    raid: Highlights | None


def visible_project(actor: Actor, project_id: int, grants: Grants) -> Project:
    """One visible project with all that its pages name, in one query; else NotFound."""
    project = next(iter(_visible(project_id, project_sight(actor, grants))), None)
    if project is None:
        raise NotFound("projects.project", "There is no such project, or you may not see it.")
    return project


@prepared_for(varying=1)
def _visible(project_id: int, sight: ProjectSight | None) -> QuerySet[Project]:
    return (
        projects_in(sight)
        .select_related(
            "portfolio__org_unit",
            "programme",
            "sponsor",
            "pm",
            "functional_owner",
            "technology_owner",
            "finance_contact",
            "plan",
            "backlog",
        )
        .annotate(
            **{
                name: Subquery(OrgUnit.objects.filter(pk=OuterRef("office_id")).values(name)[:1])
                for name in ("attribution", *(kind.value for kind in Memory))
            }
        )
        .filter(pk=project_id)
        .order_by()
    )


def trail_from(project: Project) -> date | None:
    """The first day of the trail of a ``visible_project``; None: all of it is kept."""
    first: date | None = getattr(project, Memory.TRAIL)
    return first


def require_known(project: Project, day: date, kinds: Iterable[Memory], name: str) -> None:
    """Raise Invalid for a day before what is kept of a ``visible_project`` begins."""
    firsts = [getattr(project, kind) for kind in kinds]
    if any(first is not None and day < first for first in firsts):
        require_remembered(day, beginnings([project.office_id], day, *kinds), name)


def sight_of(grants: Grants, scopes: Sequence[Scope]) -> Sight:
    """What the grants that count on a project open inside it besides its header."""
    return Sight(
        money=grants.allows("budget", "R", scopes),
        spent=grants.allows("actual", "R", scopes),
        benefits=grants.allows("benefit_profile", "R", scopes),
        audit=grants.allows("audit_event", "R", scopes),
        roles=grants.allows("role_assignment", "R", scopes),
    )


def project_page(actor: Actor, project_id: int, day: date | None, today: date) -> ProjectPage:
    """The home of a visible project, today or (``day``) as it was known at the end of a day.

    Raises: NotFound, Invalid for a day before what is kept begins.
    """
    grants = grants_of(actor)
    project = visible_project(actor, project_id, grants)
    require_known(project, day or today, tuple(Memory), "as_of")
    scopes = project_scopes(project)
    sight = sight_of(classified(grants, project), scopes)
    past = day is not None and day < today
    shown = day if day is not None and past else today
    asked = _ask(project, scopes, shown, past=past, roles=sight.roles)
    row = next(iter(asked.snapshot.rows), None)
    record = record_as_of(project, shown, RECORD_NAMES) if past else None
    holders = holders_of(asked.holders, ("project", project.pk), shown)
    staff = tenures_of(asked.holders, shown).staff(project, scopes)
    reports = _history(asked.reports.rows, sight)
    gap, sentence = verdict_of(row) if row else (None, "")
    state = row.state if row else project.state
    plan, stale = (None, "") if past else _plan(project, asked.to_do, row, today)
    return ProjectPage(
        project=project,
        row=row,
        day=shown,
        past=past,
        place=_place(project, row, shown if past else None),
        sight=sight,
        state_label=str(Project.State(state).label),
        classification_label=project.get_classification_display(),
        purpose=str(record["purpose"]) if record else project.purpose,
        gap=gap,
        verdict=sentence,
        stated_comment=str(row.comments.get("stated", "")) if row else "",
        phases=_phases(asked, state, shown),
        dimensions=dimensions_of(row, sight) if row else (),
        dates=dates_of(row, planned_finish_of(project, record)) if row else (),
        money=money_of(row, sight) if row else (),
        benefits=benefits_of(row) if row and sight.benefits else (),
        people=_people(project, staff.lapsed) if not past else (),
        gaps=tuple(role_gaps(project, staff)) if sight.roles and not past else (),
        holders=tuple(holders),
        workstreams=tuple(asked.workstreams.rows),
        plan=plan,
        stale_plan=stale,
        reports=reports,
        chart=draw([_point(report) for report in reversed(reports)]),
        changes=change_lines([change_of(event) for event in asked.events.rows], sight),
        trail_from=trail_from(project),
        attribution=project.attribution or "",  # type: ignore[attr-defined]
        actions=_actions(actor, project, grants) if not past else NO_ACTIONS,
        raid=None if past else highlights_of(project, grants),
    )


RECORD_NAMES = ("purpose", "planned_start", "planned_finish")
NO_ACTIONS = Actions(edit=False, plan=False, board=False)


def _place(project: Project, row: PerformanceSnapshot | None, day: date | None) -> tuple[str, ...]:
    """Where the project stands, or stood on a day (R-ORG-02); before that, as published."""
    names: tuple[str, str | None]
    if day is None:
        programme = project.programme
        names = project.portfolio.name, programme.name if programme else None
    elif stood := standings_on([project.pk], day).get(project.pk):
        names = stood.portfolio_name, stood.programme_name
    else:
        source = row or project
        names = source.portfolio.name, source.programme.name if source.programme else None
    return tuple(name for name in names if name)


class _Asked(NamedTuple):
    """The reads of the page that need nothing but the project and the day."""

    snapshot: Reading[PerformanceSnapshot]
    holders: Reading[RoleAssignment]
    reports: Reading[tuple[Any, ...]]
    to_do: Reading[tuple[Any, ...]]
    entered: Reading[tuple[Any, ...]]
    steps: Reading[tuple[Any, ...]]
    workstreams: Reading[Workstream]
    events: Reading[AuditEvent]


def _ask(project: Project, scopes: list[Scope], shown: date, *, past: bool, roles: bool) -> _Asked:
    day = shown if past else None
    plan: ProjectPlan | None = None if past else getattr(project, "plan", None)
    asked = _Asked(
        snapshot=_snapshot_rows.later(project.pk, day),
        holders=holders_later(scopes, ("project", project.pk), shown) if roles else NOTHING,
        reports=_report_rows.later(project.pk, day),
        to_do=NOTHING if plan is None else _to_do.later(plan.pk),
        entered=_placement_rows.later(project.pk),
        steps=_change_rows.later(project.pk, end_of(shown)),
        workstreams=NOTHING if past else _workstreams.later(project.pk),
        events=events_later(project, day, CHANGES_SHOWN),
    )
    together(*asked)
    return asked


@prepared_for(varying=1)
def _snapshot_rows(project_id: int, day: date | None) -> QuerySet[PerformanceSnapshot]:
    """The snapshot that held on a day; None: the latest."""
    rows = PerformanceSnapshot.objects.filter(project_id=project_id)
    if day is None:
        rows = rows.filter(valid_to=None)
    else:
        rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=day), status_date__lte=day)
    return rows.select_related("portfolio", "programme")[:1]


def _history(rows: Sequence[tuple[Any, ...]], sight: Sight) -> tuple[Report, ...]:
    """Snapshots, newest first; live ones only where a figure that may be seen changed."""
    found: list[Report] = []
    last: list[Any] = []
    for pk, status_date, kind, comments, eac, *figures in reversed(rows):
        if not sight.money:
            figures[-2] = None
        if not sight.forecast(eac):
            figures[-1] = None
        if kind == "live" and figures == last:
            continue
        last = figures
        texts = tuple(
            (key.replace("_", " ").capitalize(), str(text))
            for key, text in comments.items()
            if text
        )
        found.append(Report(pk, status_date, kind == "published", texts, *figures))
    return tuple(reversed(found))


@prepared_for(varying=1)
def _report_rows(
    project_id: int, day: date | None
) -> QuerySet[PerformanceSnapshot, tuple[Any, ...]]:
    """Snapshots up to a day, newest first."""
    rows = PerformanceSnapshot.objects.filter(project_id=project_id)
    if day is not None:
        rows = rows.filter(status_date__lte=day)
    return rows.order_by("-status_date").values_list(*_REPORT)[:HISTORY_READ]


_REPORT = (
    "id",
    "status_date",
    "kind",
    "comments",
    "eac",
    "overall",
    "stated",
    "stated_label",
    "state",
    "slip_days",
    "forecast_finish",
    "baseline_finish",
    "budget",
    "forecast_cost",
)


def _point(report: Report) -> Point:
    return Point(
        report.status_date,
        report.overall,
        report.stated,
        report.budget,
        report.forecast_cost,
        report.baseline_finish,
        report.forecast_finish,
    )


def _phases(asked: _Asked, state: str, day: date) -> tuple[Phase, ...]:
    """Six phases; inception ended when the project was entered in the register."""
    spent: dict[str, int] = {}
    begun = min((first for (first,) in asked.entered.rows), default=day)
    for before, at in asked.steps.rows:
        left = clock.day_of(at)
        spent[before] = spent.get(before, 0) + (left - begun).days
        begun = left
    spent[state] = spent.get(state, 0) + max(0, (day - begun).days)
    now = phase_of(state)
    names = [label for _, label, _ in PHASES]
    at_index = names.index(now) if now in names else len(names)
    result = [Phase("Inception", "done", None, ())]
    for index, (_, label, states) in enumerate(PHASES):
        times = tuple(
            (str(Project.State(name).label), spent[name]) for name in states if name in spent
        )
        position = "now" if index == at_index else "done" if index < at_index else "ahead"
        if now not in names:
            position = "done" if times else "ahead"
        result.append(
            Phase(label, position, sum(days for _, days in times) if times else None, times)
        )
    return tuple(result)


@prepared_for(varying=1)
def _placement_rows(project_id: int) -> QuerySet[Placement, tuple[Any, ...]]:
    rows = Placement.objects.filter(project_id=project_id)
    return rows.order_by("valid_from").values_list("valid_from")[:1]


@prepared_for(varying=1)
def _change_rows(project_id: int, until: datetime) -> QuerySet[StateChange, tuple[Any, ...]]:
    rows = StateChange.objects.filter(project_id=project_id, at__lt=until)
    return rows.values_list("from_state", "at")


def _people(project: Project, lapsed: Mapping[str, Lapsed]) -> tuple[Person, ...]:
    found: list[Person] = []
    for name, label in PEOPLE:
        person = getattr(project, name)
        until = lapsed[name].last_day if name in lapsed else None
        found.append(Person(label, person.pk if person else None, str(person or ""), until))
    return tuple(found)


@prepared_for(varying=1)
def _workstreams(project_id: int) -> QuerySet[Workstream]:
    return Workstream.objects.filter(project_id=project_id, voided=False).select_related("lead")


def _plan(
    project: Project,
    to_do: Reading[tuple[Any, ...]],
    row: PerformanceSnapshot | None,
    today: date,
) -> tuple[PlanCard | None, str]:
    plan: ProjectPlan | None = getattr(project, "plan", None)
    if plan is None:
        return None, ""
    stale = ""
    if row is not None and row.plan_version != plan.plan_version:
        before = f"plan {row.plan_version}" if row.plan_version else "no plan"
        stale = f"As of {before}, now {plan.plan_version}."
    midnight = datetime.combine(today, datetime.min.time(), tzinfo=plan.start.tzinfo)
    critical = [pk for pk, is_critical, _ in to_do.rows if is_critical]
    milestones = [pk for pk, _, is_milestone in to_do.rows if is_milestone]
    shown = {*critical[:CRITICAL_SHOWN], *milestones[:MILESTONES_SHOWN]}
    tasks = {
        row[0]: PlanTask._make((*row[1:], _late(row[4], midnight)))
        for row in Task.objects.filter(pk__in=shown).values_list("pk", *_TASK)
    }
    return (
        PlanCard(
            plan.plan_version,
            plan.source_name,
            plan.imported_at,
            plan.start,
            plan.finish,
            tuple(tasks[pk] for pk in critical[:CRITICAL_SHOWN] if pk in tasks),
            max(0, len(critical) - CRITICAL_SHOWN),
            tuple(tasks[pk] for pk in milestones[:MILESTONES_SHOWN] if pk in tasks),
        ),
        stale,
    )


_TASK = ("name", "wbs", "start", "finish", "percent_complete", "milestone", "critical")


@prepared_for(varying=1)
def _to_do(plan_id: int) -> QuerySet[Task, tuple[Any, ...]]:
    """Open tasks that are critical or milestones, as they fall due."""
    rows = Task.objects.filter(
        Q(critical=True) | Q(milestone=True),
        plan_id=plan_id,
        summary=False,
        active=True,
        actual_finish=None,
        percent_complete__lt=100,
    )
    return rows.order_by("finish", "position").values_list("pk", "critical", "milestone")


def _late(finish: datetime | None, midnight: datetime) -> bool:
    return finish is not None and finish < midnight


def _actions(actor: Actor, project: Project, grants: Grants) -> Actions:
    return Actions(
        edit=FieldRights(actor, grants).anything(project),
        plan=project.state in OPEN_STATES and can_on_project(actor, project, "C", "task", grants),
        board=hasattr(project, "backlog") and can_on_backlog(actor, project, "R", grants),
    )
