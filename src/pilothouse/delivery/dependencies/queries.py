# SPDX-License-Identifier: Apache-2.0
"""Dependencies as an actor may see them: of one project, of all in sight, and one by itself.

Whoever sees the one project sees the dependency; of a project that is not in sight its code alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from pilothouse.delivery.dependencies import rules
from pilothouse.delivery.dependencies.models import (
    DependencyPromise,
    PlanDependency,
)
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.queries import task_ends, tasks_to_come, zones_of
from pilothouse.delivery.planning.rules import Verb, can_on_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import OPEN_STATES, visible_projects
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound

State = PlanDependency.State
FILTERS = ("open", "red", "amber", "disputed", "waiting", "over")
"""Ways to narrow a list; ``over`` are those that bind nobody any more."""
PAGE_SIZE = 50
TASKS_OFFERED = 500
"""Tasks of a plan that a form offers by name; of a longer plan the uid is asked for."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a dependency, and who agreed for it when.

    Of a project that is not seen no more than its code; of a confidential one not even that.
    """

    project_id: int | None
    code: str
    name: str
    uid: int | None
    task: str
    seen: bool
    agreed_by: str
    agreed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A dependency as it is listed, with the steps that the actor may take."""

    dependency: PlanDependency
    giver: End
    receiver: End
    colour: rules.Colour
    steps: Sequence[rules.Step]
    waiting: bool


@dataclass(frozen=True, slots=True)
class ProjectDependencies:
    """What a project gives and gets."""

    project: Project
    plan: ProjectPlan | None
    gives: Sequence[Row]
    gets: Sequence[Row]
    may_propose: bool


@dataclass(frozen=True, slots=True)
class DependencyList:
    """A page of all dependencies in sight, the least slack first."""

    rows: Sequence[Row]
    only: str
    counts: dict[str, int]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time zones of both plans; ``days`` is that of the receiver, by which all days are told.

    ``giver`` is empty where it is not seen, and where both plans go by one clock.
    """

    days: str
    giver: str
    differ: bool
    finish: datetime | None
    finish_there: datetime | None


@dataclass(frozen=True, slots=True)
class DependencyPage:
    """One dependency with the history of its dates."""

    row: Row
    promises: Sequence[DependencyPromise]
    may_drive: bool
    arbitrates: bool
    clocks: Clocks


class _Sight(NamedTuple):
    """What of some dependencies the actor sees: projects, and dependencies of projects."""

    held: Grants
    projects: frozenset[int]
    bound: frozenset[int]
    today: date


def _sight(actor: Actor, held: Grants, rows: Iterable[PlanDependency]) -> _Sight:
    projects = {end.pk: end for row in rows for end in (row.giver, row.receiver)}
    visible = frozenset(
        visible_projects(actor, held)
        .filter(pk__in=projects)
        .order_by()
        .values_list("pk", flat=True)
    )
    bound = frozenset(pk for pk in visible if rules.holds(held, projects[pk], "R"))
    return _Sight(held, visible, bound, clock.today())


def _seen(row: PlanDependency, sight: _Sight) -> bool:
    return row.giver_id in sight.bound or row.receiver_id in sight.bound


def _end(row: PlanDependency, side: rules.Side, sight: _Sight) -> End:
    project = side.project(row)
    agreed = (
        (row.giver_agreed_label, row.giver_agreed_at)
        if side is rules.Side.GIVER
        else (row.receiver_agreed_label, row.receiver_agreed_at)
    )
    if project.pk not in sight.projects:
        return End(None, rules.code_for_others(project), "", None, "", False, *agreed)
    uid = row.giver_uid if side is rules.Side.GIVER else row.receiver_uid
    task = row.giver_task if side is rules.Side.GIVER else row.receiver_task
    return End(project.pk, project.code, project.name, uid, task, True, *agreed)


def _shown(row: PlanDependency, sight: _Sight) -> Row:
    return Row(
        row,
        _end(row, rules.Side.GIVER, sight),
        _end(row, rules.Side.RECEIVER, sight),
        rules.colour_of(row.slack_days),
        rules.steps_for(sight.held, row, sight.today),
        rules.waits_for(sight.held, row, sight.today),
    )


def open_dependencies(actor: Actor, project_id: int, held: Grants | None = None) -> Project:
    """A visible project whose dependencies the actor may see; NotFound or NotAllowed."""
    held = held or grants_of(actor)
    project = get_project(actor, project_id, held)
    if not rules.holds(held, project, "R"):
        raise NotAllowed(
            "dependencies.not_seen", "Your roles do not allow you to see dependencies."
        )
    return project


def project_dependencies(actor: Actor, project_id: int) -> ProjectDependencies:
    """What a project gives and gets, the least slack first; what is over stands at the end."""
    held = grants_of(actor)
    project = open_dependencies(actor, project_id, held)
    rows = list(PlanDependency.objects.all().with_projects().of_project(project.pk).worst_first())
    rows.sort(key=lambda row: row.state not in PlanDependency.OPEN)
    sight = _sight(actor, held, rows)
    plan = ProjectPlan.objects.defer("notices").filter(project=project).first()
    return ProjectDependencies(
        project,
        plan,
        [_shown(row, sight) for row in rows if row.giver_id == project.pk],
        [_shown(row, sight) for row in rows if row.receiver_id == project.pk],
        project.state in OPEN_STATES and rules.holds(held, project, "C"),
    )


def dependency_rows(actor: Actor, project_id: int | None = None) -> list[Row]:
    """All dependencies in sight, or those of one project, the least slack first."""
    held = grants_of(actor)
    found = PlanDependency.objects.all().with_projects().worst_first()
    if project_id is not None:
        found = found.of_project(open_dependencies(actor, project_id, held).pk)
    else:
        visible = visible_projects(actor, held).order_by().values("pk")
        found = found.filter(Q(giver__in=visible) | Q(receiver__in=visible))
    rows = list(found)
    sight = _sight(actor, held, rows)
    return [_shown(row, sight) for row in rows if _seen(row, sight)]


def hanging(actor: Actor, project: Project, uids: Collection[int]) -> dict[int, list[str]]:
    """Open dependencies of tasks of a project, in words; nothing for who sees none."""
    held = grants_of(actor)
    if not rules.holds(held, project, "R"):
        return {}
    rows = PlanDependency.objects.all().with_projects().of_project(project.pk).open()
    own, other = Q(giver=project, giver_uid__in=uids), Q(receiver=project, receiver_uid__in=uids)
    shown = list(rows.filter(own | other).order_by("pk"))
    sight = _sight(actor, held, shown)
    found: dict[int, list[str]] = {}
    for row in shown:
        for side in rules.BOTH:
            uid = row.giver_uid if side is rules.Side.GIVER else row.receiver_uid
            if uid is None or uid not in uids or side.project(row).pk != project.pk:
                continue
            code = _end(row, side.other, sight).code or _("a confidential project")
            words = (
                _("dependency: gives ‘%(what)s’ to %(code)s")
                if side is rules.Side.GIVER
                else _("dependency: waits for ‘%(what)s’ of %(code)s")
            )
            found.setdefault(uid, []).append(words % {"what": row.deliverable, "code": code})
    return found


def matches(row: Row, only: str) -> bool:
    """Whether a row belongs to what a filter shows."""
    state = row.dependency.state
    if only == "waiting":
        return row.waiting
    if only == "disputed":
        return state == State.DISPUTED
    is_open = state in PlanDependency.OPEN
    if only in ("red", "amber"):
        return is_open and row.colour == only
    return is_open if only == "open" else not is_open


def dependency_list(actor: Actor, *, only: str, page: int) -> DependencyList:
    """A page of all dependencies in sight; an unknown filter shows the open ones."""
    rows = dependency_rows(actor)
    only = only if only in FILTERS else "open"
    counts = {name: sum(matches(row, name) for row in rows) for name in FILTERS}
    chosen = [row for row in rows if matches(row, only)]
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    first = (page - 1) * PAGE_SIZE
    return DependencyList(chosen[first : first + PAGE_SIZE], only, counts, page, pages, len(chosen))


class Bond(NamedTuple):
    """An open dependency in which a project waits too long: for what comes, or for an answer."""

    pk: int
    deliverable: str
    state: str
    giver_id: int
    giver_code: str
    giver_class: str
    giver_agreed: str
    receiver_id: int
    receiver_agreed: str
    need_date: date
    forecast_date: date | None
    slack_days: int | None
    red_since: date | None
    arbitrate_from: date | None

    @property
    def giver_for_others(self) -> str:
        """What those who do not see the giver may know of it."""
        return rules.code_told(self.giver_code, self.giver_class)


def bonds_in_breach(office_ids: Collection[int], today: date) -> list[Bond]:
    """Dependencies in offices that come too late or wait for an answer, in one query."""
    rows = PlanDependency.objects.open().filter(
        Q(slack_days__lt=0, state__in=PlanDependency.AWAITED)
        | Q(state=State.PROPOSED, arbitrate_from__lte=today),
        giver__office_id__in=office_ids,
    )
    columns = (
        "pk",
        "deliverable",
        "state",
        "giver_id",
        "giver__code",
        "giver__classification",
        "giver_agreed_label",
        "receiver_id",
        "receiver_agreed_label",
        "need_date",
        "forecast_date",
        "slack_days",
        "red_since",
        "arbitrate_from",
    )
    return [Bond(*row) for row in rows.order_by("pk").values_list(*columns)]


class Drives(NamedTuple):
    """A task of one project that keeps a task of another from an earlier start, live."""

    giver_id: int
    giver_uid: int
    receiver_id: int
    receiver_uid: int


def driving_among(project_ids: Collection[int]) -> list[Drives]:
    """Agreed dependencies between these projects whose giver drives the receiver, in one query."""
    rows = PlanDependency.objects.filter(
        giver__in=project_ids,
        receiver__in=project_ids,
        receiver_uid__isnull=False,
        drive=PlanDependency.Drive.PLAN,
        state__in=(State.AGREED, State.IN_PROGRESS),
    ).order_by("pk")
    ends = rows.values_list("giver_id", "giver_uid", "receiver_id", "receiver_uid")
    return [Drives(one, task, other, waits or 0) for one, task, other, waits in ends]


def for_mail(dependency_id: int, *, locked: bool = False) -> PlanDependency | None:
    """A dependency with its projects and their managers, whoever asks; None if it is gone."""
    rows = PlanDependency.objects.all().with_projects()
    rows = rows.select_for_update(of=("self",)) if locked else rows
    return rows.filter(pk=dependency_id).first()


def seen_by(actor: Actor, dependencies: Collection[int]) -> dict[int, Row]:
    """Those of these dependencies that a person sees, as they see them."""
    rows = list(PlanDependency.objects.all().with_projects().filter(pk__in=dependencies))
    if not rows:
        return {}
    sight = _sight(actor, grants_of(actor), rows)
    return {row.pk: _shown(row, sight) for row in rows if _seen(row, sight)}


def dependency_of(actor: Actor, dependency_id: int) -> PlanDependency:
    """A dependency in sight, for a step; else NotFound."""
    return dependency_row(actor, dependency_id).dependency


def dependency_row(actor: Actor, dependency_id: int) -> Row:
    """One dependency as it is listed; NotFound, or NotAllowed where a project of it is seen."""
    row = PlanDependency.objects.all().with_projects().filter(pk=dependency_id).first()
    if row is not None:
        sight = _sight(actor, grants_of(actor), [row])
        if _seen(row, sight):
            return _shown(row, sight)
        if sight.projects:
            raise NotAllowed(
                "dependencies.not_seen", "Your roles do not allow you to see dependencies."
            )
    raise NotFound("dependencies.dependency", "There is no such dependency, or you may not see it.")


def promises_of(row: PlanDependency) -> list[DependencyPromise]:
    """The dates as they were put, the first one first."""
    return list(row.promises.order_by("pk"))


def dependency_page(actor: Actor, dependency_id: int) -> DependencyPage:
    """One dependency with its history."""
    shown = dependency_row(actor, dependency_id)
    row, held = shown.dependency, grants_of(actor)
    return DependencyPage(
        shown,
        promises_of(row),
        may_drive(actor, row, held),
        rules.may_arbitrate(held, row, clock.today()),
        clocks_of(shown),
    )


def clocks_of(shown: Row) -> Clocks:
    """By which clocks the two plans go, and when the giver's task finishes by each."""
    row = shown.dependency
    zones = zones_of((row.giver_id, row.receiver_id))
    here, there = zones[row.giver_id], zones[row.receiver_id]
    if here.key == there.key:
        return Clocks(there.key, "", False, None, None)
    known = task_ends([(row.giver_id, row.giver_uid)]) if shown.giver.seen else {}
    ends = known.get((row.giver_id, row.giver_uid))
    return Clocks(
        there.key,
        here.key if shown.giver.seen else "",
        True,
        ends.ends_at if ends else None,
        ends.by_clock(here, there).ends_at if ends else None,
    )


def may_drive(actor: Actor, row: PlanDependency, held: Grants) -> bool:
    """Whether the actor may say what keeps the task of the receiver from an earlier start."""
    return (
        row.receiver_uid is not None
        and (row.state in PlanDependency.AGREED_ON or row.drive != PlanDependency.Drive.NOTHING)
        and row.receiver.state in OPEN_STATES
        and can_on_plan(actor, row.receiver, Verb.CHANGE, held)
    )


def proposing_project(actor: Actor, project_id: int) -> Project:
    """A project in whose name the actor may propose; NotFound or NotAllowed."""
    project = open_dependencies(actor, project_id)
    rules.require_propose(actor, project)
    return project


def partner_project(actor: Actor, project_id: int) -> Project:
    """A project that another can be bound to: in sight, with its plan; NotFound or NotAllowed."""
    held = grants_of(actor)
    project = get_project(actor, project_id, held)
    if not can_on_plan(actor, project, Verb.READ, held):
        raise NotAllowed(
            "dependencies.plan_not_seen",
            f"Your roles do not allow you to see the plan of project {project.code}; "
            "ask its manager to propose the dependency.",
        )
    return project


def partners_of(actor: Actor, project: Project) -> list[Project]:
    """Projects of the same office, in sight and open, that have a plan, by code."""
    held = grants_of(actor)
    rows = (
        visible_projects(actor, held)
        .filter(office_id=project.office_id, state__in=OPEN_STATES, plan__isnull=False)
        .exclude(pk=project.pk)
        .select_related("portfolio__org_unit")
        .order_by("code")
    )
    return [row for row in rows if can_on_plan(actor, row, Verb.READ, held)]


def tasks_offered(project: Project) -> list[tuple[int, str]] | None:
    """(uid, name) of the tasks to choose from; None where they are too many for a list."""
    found = tasks_to_come(project, TASKS_OFFERED + 1)
    return None if len(found) > TASKS_OFFERED else found
