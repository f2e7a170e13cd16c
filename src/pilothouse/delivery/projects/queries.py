# SPDX-License-Identifier: Apache-2.0
"""Reads of the register."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.db.models import (
    Case,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)

from pilothouse.delivery.projects.models import (
    FormerPortfolioPlace,
    Placement,
    Portfolio,
    Programme,
    Project,
    StrategicObjective,
    Workstream,
)
from pilothouse.delivery.projects.rules import (
    HEADER_ROLES,
    OPEN_STATES,
    Guard,
    ProjectSight,
    Transition,
    portfolio_scopes,
    programme_scopes,
    project_scopes,
    project_sight,
    projects_in,
    visible_portfolios,
    visible_programmes,
)
from pilothouse.foundation.access.matrix import ROLE_LABELS, Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.prepared import NOTHING, Reading, prepared_for, together
from pilothouse.foundation.organisation.models import OrgUnit, segment
from pilothouse.foundation.organisation.queries import custom_fields, get_unit, unit_scopes


@dataclass(frozen=True, slots=True)
class PlannedEnd:
    """When a plan ends by its computed dates, and which version of it says so."""

    finish: date
    version: int


PlannedEnds = Callable[[Collection[int]], Mapping[int, PlannedEnd]]

_planned_ends: PlannedEnds


def install_planned_ends(read: PlannedEnds) -> None:
    """Set how the ends of plans are read; called once at the start, by the app that has plans."""
    global _planned_ends
    _planned_ends = read


def planned_ends(project_ids: Collection[int]) -> Mapping[int, PlannedEnd]:
    """Project → when its plan ends; without those that have no plan."""
    return _planned_ends(project_ids)


HeldValues = Callable[[Collection[int]], Mapping[int, Mapping[str, str]]]

_held_values: HeldValues


def install_held_values(read: HeldValues) -> None:
    """Set how is read what other records hold of projects; called once at the start, by the app
    that has these records."""
    global _held_values
    _held_values = read


def held_values(project_ids: Collection[int]) -> Mapping[int, Mapping[str, str]]:
    """Project → field → why nobody may change it in the register; without free ones."""
    return _held_values(project_ids) if project_ids else {}


def held_among(changes: Mapping[int, Mapping[str, object]]) -> dict[int, dict[str, str]]:
    """Project → field → why, of those fields alone that are to be changed."""
    asked = [pk for pk, fields in changes.items() if fields.keys() & HOLDABLE]
    found = {
        pk: {name: why for name, why in held.items() if name in changes[pk]}
        for pk, held in held_values(asked).items()
    }
    return {pk: held for pk, held in found.items() if held}


HOLDABLE = frozenset({"currency", "budget"})
"""Fields that another record may hold; others are never asked for."""


def forecast_finishes(projects: Collection[Project]) -> dict[int, date | None]:
    """Project → the finish that is expected now: of its plan, else as stated."""
    ends = planned_ends([row.pk for row in projects])
    return {
        row.pk: ends[row.pk].finish if row.pk in ends else row.planned_finish for row in projects
    }


def get_project(
    actor: Actor,
    project_id: int,
    grants: Grants | None = None,
    beside: Reading[Any] = NOTHING,
) -> Project:
    """One visible project with its people and places, or NotFound.

    ``beside`` is a read that is wanted as well and waited for together with this one.
    """
    asked = _project_rows.later(project_id, project_sight(actor, grants))
    together(asked, beside)
    project = next(iter(asked.rows), None)
    if project is None:
        raise NotFound("projects.project", "There is no such project, or you may not see it.")
    return project


@prepared_for(varying=1)
def _project_rows(project_id: int, sight: ProjectSight | None) -> QuerySet[Project]:
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
            "currency",
            "calendar",
        )
        .filter(pk=project_id)
        .order_by()
    )


def get_portfolio(actor: Actor, portfolio_id: int) -> Portfolio:
    """One visible portfolio, or NotFound."""
    row = (
        visible_portfolios(actor)
        .select_related("org_unit", "parent", "manager", "sponsor", "currency")
        .filter(pk=portfolio_id)
        .first()
    )
    if row is None:
        raise NotFound("projects.portfolio", "There is no such portfolio, or you may not see it.")
    return row


def get_programme(actor: Actor, programme_id: int) -> Programme:
    """One visible programme, or NotFound."""
    row = (
        visible_programmes(actor)
        .select_related("portfolio__org_unit", "manager", "sponsor")
        .filter(pk=programme_id)
        .first()
    )
    if row is None:
        raise NotFound("projects.programme", "There is no such programme, or you may not see it.")
    return row


class Lapsed(NamedTuple):
    """Somebody whom a header still names, though their role on the project has ended (R-ORG-07)."""

    person: str
    last_day: date


@dataclass(frozen=True, slots=True)
class RoleGap:
    """A mandatory role that nobody holds (R-ORG-06)."""

    role: str
    label: str
    what_to_do: str
    lapsed: Lapsed | None = None

    @property
    def missing(self) -> str:
        """The gap inside a sentence."""
        words = f"{self.label.lower()} is missing"
        if self.lapsed is None:
            return words
        return f"{words}, {self.lapsed.person} was named until {written(self.lapsed.last_day)}"


class Staffed(Protocol):
    """Whatever names the people of a project: the row itself, or a line read for many."""

    @property
    def sponsor_id(self) -> int | None: ...
    @property
    def pm_id(self) -> int | None: ...
    @property
    def functional_owner_id(self) -> int | None: ...
    @property
    def finance_contact_id(self) -> int | None: ...
    @property
    def technology_owner_id(self) -> int | None: ...
    @property
    def technology_owner_waiver(self) -> str: ...
    @property
    def size_class(self) -> str: ...
    @property
    def state(self) -> str: ...


class HeldRole(NamedTuple):
    """A role of a person on a scope, from a day to a day; one that is not void."""

    id: int
    person_id: int
    person: str
    role: str
    scope: Scope
    valid_from: date
    valid_to: date | None


def held_roles(rows: QuerySet[RoleAssignment]) -> list[HeldRole]:
    """Role assignments as they are judged."""
    return [
        HeldRole(pk, person_id, person, role, (kind, at), first, last)
        for pk, person_id, person, role, kind, at, first, last in rows.values_list(
            "id",
            "person_id",
            "person__full_name",
            "role",
            "scope_type",
            "scope_id",
            "valid_from",
            "valid_to",
        )
    ]


class Staff(NamedTuple):
    """How many sit on the committee of a project, and field → who is named there no longer."""

    steering: int
    lapsed: Mapping[str, Lapsed]


class Tenures:
    """Who holds the mandatory roles on a day, and who held them on a project before."""

    def __init__(self, rows: Iterable[HeldRole], day: date) -> None:
        self._held: set[tuple[Scope, str, int]] = set()
        self._ended: dict[tuple[Scope, str, int], Lapsed] = {}
        self._seats: dict[Scope, set[int]] = {}
        for row in rows:
            key = (row.scope, row.role, row.person_id)
            if row.valid_to is not None and row.valid_to < day:
                before = self._ended.get(key)
                if before is None or before.last_day < row.valid_to:
                    self._ended[key] = Lapsed(row.person, row.valid_to)
            elif row.valid_from <= day:
                self._held.add(key)
                if row.role == Role.SCM:
                    self._seats.setdefault(row.scope, set()).add(row.person_id)

    def staff(self, project: Staffed, scopes: Sequence[Scope]) -> Staff:
        """The staff of a project that lies in these scopes, itself the last."""
        members: set[int] = set()
        for scope in scopes:
            members |= self._seats.get(scope, set())
        lapsed: dict[str, Lapsed] = {}
        for field, role in HEADER_ROLES.items():
            person = getattr(project, f"{field}_id")
            ended = self._ended.get((scopes[-1], role, person))
            if ended and not any((scope, role, person) in self._held for scope in scopes):
                lapsed[field] = ended
        return Staff(len(members), lapsed)


def manager_until(day: date, project: str = "") -> Subquery:
    """Until when the manager of a project held the role on it, where it has ended: in one read.

    For a list of what ``project`` leads from to the project (``project__`` or nothing). It says the
    same as ``Tenures.staff``: ended on the project itself, and held nowhere above it either.
    """
    mine, whose = OuterRef(OuterRef(f"{project}pk")), OuterRef(OuterRef(f"{project}pm_id"))
    programme = OuterRef(OuterRef(f"{project}programme_id"))
    above = Q(scope_type="global") | Q(scope_type="project", scope_id=mine)
    above |= Q(scope_type="programme", scope_id=programme)
    for kind, table, place in (
        ("org_unit", OrgUnit, "portfolio__org_unit__path"),
        ("portfolio", Portfolio, "portfolio__path"),
    ):
        path = OuterRef(OuterRef(OuterRef(f"{project}{place}")))
        here = table._default_manager.filter(pk=OuterRef("scope_id"))
        reaches = here.annotate(place=ExpressionWrapper(path, TextField()))
        above |= Q(Exists(reaches.filter(place__startswith=F("path"))), scope_type=kind)
    held = RoleAssignment.objects.valid_on(day).filter(above, role=Role.PM, person_id=whose)
    ended = RoleAssignment.objects.filter(
        ~Exists(held),
        role=Role.PM,
        scope_type="project",
        scope_id=OuterRef(f"{project}pk"),
        person_id=OuterRef(f"{project}pm_id"),
        valid_to__lt=day,
        voided=False,
    )
    return Subquery(ended.order_by("-valid_to").values("valid_to")[:1])


def role_gaps(project: Staffed, staff: Staff) -> list[RoleGap]:
    """Mandatory roles without a holder: nobody is named, or somebody whose role has ended.

    None where the project has ended: nobody need be named any more.
    """
    if project.state not in OPEN_STATES:
        return []
    gaps: list[RoleGap] = []
    for name, label, what_to_do in (
        ("sponsor", "Sponsor", "Name a sponsor on the project's page."),
        ("pm", "Project manager", "Name a project manager on the project's page."),
        ("functional_owner", "Functional owner", "Name a functional owner on the project's page."),
        ("finance_contact", "Finance contact", "Name a finance contact on the project's page."),
        (
            "technology_owner",
            "Technology owner",
            "Name a technology owner or say why none is needed.",
        ),
    ):
        lapsed = staff.lapsed.get(name)
        if lapsed is not None:
            was = f"{lapsed.person} was named until {written(lapsed.last_day)}."
            gaps.append(RoleGap(name, label, f"{was} {what_to_do}", lapsed))
        elif getattr(project, f"{name}_id") is None and not (
            name == "technology_owner" and project.technology_owner_waiver
        ):
            gaps.append(RoleGap(name, label, what_to_do))
    if project.size_class != Project.SizeClass.S and staff.steering < 3:
        gaps.append(
            RoleGap(
                "steering_member",
                "Steering committee",
                f"Appoint at least three steering members ({staff.steering} now).",
            )
        )
    return gaps


def staff_of(project: Project) -> Staff:
    """Who sits on a steering committee above this project today, and whose role on it has ended."""
    scopes = project_scopes(project)
    condition = Q(pk__in=[])
    for scope_type, scope_id in scopes:
        condition |= Q(scope_type=scope_type, scope_id=scope_id)
    named = [getattr(project, f"{name}_id") for name in HEADER_ROLES]
    rows = RoleAssignment.objects.filter(
        condition,
        Q(role=Role.SCM) | Q(role__in=HEADER_ROLES.values(), person_id__in=named),
        voided=False,
    )
    return Tenures(held_roles(rows), clock.today()).staff(project, scopes)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands in the way of a step, and the page where it is mended."""

    what: str
    url_name: str


def missing_for(project: Project, step: Transition) -> list[Missing]:
    """What the register itself lacks for a step; reasons and dates are asked with the step."""
    edit = "projects:project-edit"
    if step.guard == Guard.PM_BUDGET_DATES:
        checks: tuple[tuple[bool, str], ...] = (
            (project.pm_id is None, "no project manager is appointed"),
            *_lapsed_manager(project),
            (project.budget is None, "there is no budget"),
            (
                project.planned_start is None or project.planned_finish is None,
                "planned dates are missing",
            ),
        )
        return [Missing(text, edit) for lacking, text in checks if lacking]
    if step.guard == Guard.MANDATORY_ROLES:
        return [
            Missing(
                gap.missing,
                "projects:project" if gap.role == "steering_member" else edit,
            )
            for gap in role_gaps(project, staff_of(project))
        ]
    if step.guard == Guard.BASELINE_AND_BUDGET:
        checks = (
            (project.baseline_finish is None, "there is no approved finish"),
            (project.budget is None, "there is no budget"),
        )
        return [Missing(text, edit) for lacking, text in checks if lacking]
    return []


def _lapsed_manager(project: Project) -> list[tuple[bool, str]]:
    lapsed = staff_of(project).lapsed.get("pm") if project.pm_id is not None else None
    if lapsed is None:
        return []
    return [(True, f"{lapsed.person} was project manager until {written(lapsed.last_day)}")]


def open_below_portfolio(portfolio: Portfolio) -> list[str]:
    """R-ORG-03: what must be closed, cancelled or moved before a portfolio can close."""
    branch = {"path__gte": portfolio.path, "path__lt": portfolio.path + "~"}
    inside = {f"portfolio__{name}": value for name, value in branch.items()}
    counts = (
        (
            Portfolio.objects.filter(**branch).exclude(pk=portfolio.pk).exclude(state="closed"),
            "portfolio",
        ),
        (
            Programme.objects.filter(**inside).exclude(state__in=("closed", "cancelled")),
            "programme",
        ),
        (Project.objects.filter(**inside, state__in=OPEN_STATES), "project"),
    )
    return [_still_open(rows.count(), noun) for rows, noun in counts if rows.exists()]


def open_below_programme(programme: Programme) -> list[str]:
    """R-ORG-03: what must be closed, cancelled or moved before a programme can end."""
    rows = Project.objects.filter(programme=programme, state__in=OPEN_STATES)
    return [_still_open(rows.count(), "project")] if rows.exists() else []


def _still_open(count: int, noun: str) -> str:
    verb = "is" if count == 1 else "are"
    plural = "" if count == 1 else "s"
    return f"{count} {noun}{plural} {verb} still open; close, cancel or move first"


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """One line of the list of people on a page."""

    assignment_id: int
    person_id: int
    person: str
    role: str
    scope: str
    place: str
    valid_from: date
    valid_to: date | None
    inherited: bool
    version: int


def role_holders(scopes: list[Scope], own: Scope, day: date) -> list[RoleHolder]:
    """Everybody who holds a role on a scope or above it, on a day."""
    return holders_of(holders_later(scopes, own, day), own, day)


def holders_later(scopes: list[Scope], own: Scope, day: date) -> Reading[RoleAssignment]:
    """The read behind ``role_holders``; for a project also the mandatory roles that ended on it."""
    above = tuple(scope for scope in scopes if scope != own)
    return _holder_rows.later(own[1], own[0], above, day)


def tenures_of(read: Reading[RoleAssignment], day: date) -> Tenures:
    """The same read, for the staff of the project."""
    return Tenures(
        (
            HeldRole(
                row.pk,
                row.person_id,
                row.person.full_name,
                row.role,
                (row.scope_type, row.scope_id),
                row.valid_from,
                row.valid_to,
            )
            for row in read.rows
        ),
        day,
    )


def holders_of(read: Reading[RoleAssignment], own: Scope, day: date) -> list[RoleHolder]:
    """What a read of role assignments found, as lines of the list on the page of ``own``."""
    return [
        RoleHolder(
            row.pk,
            row.person_id,
            row.person.full_name,
            ROLE_LABELS[Role(row.role)],
            row.get_scope_type_display(),
            row.place,  # type: ignore[attr-defined]
            row.valid_from,
            row.valid_to,
            (row.scope_type, row.scope_id) != own,
            row.version,
        )
        for row in read.rows
        if row.valid_to is None or row.valid_to >= day
    ]


def _names_of_places() -> list[When]:
    tables: dict[str, QuerySet[Any]] = {
        "org_unit": OrgUnit.objects.all(),
        "portfolio": Portfolio.objects.all(),
        "programme": Programme.objects.all(),
        "project": Project.objects.all(),
    }
    return [
        When(scope_type=kind, then=Subquery(rows.filter(pk=OuterRef("scope_id")).values("name")))
        for kind, rows in tables.items()
    ]


@prepared_for(varying=1)
def _holder_rows(
    scope_id: int, scope_type: str, above: tuple[Scope, ...], day: date
) -> QuerySet[RoleAssignment]:
    own = Q(scope_type=scope_type, scope_id=scope_id)
    condition = own
    for kind, number in above:
        condition |= Q(scope_type=kind, scope_id=number)
    condition &= Q(valid_to=None) | Q(valid_to__gte=day)
    if scope_type == "project":
        condition |= own & Q(role__in=HEADER_ROLES.values())
    rows = RoleAssignment.objects.filter(condition, valid_from__lte=day, voided=False)
    rows = rows.select_related("person")
    rows = rows.annotate(place=Case(*_names_of_places(), default=Value("")))
    return rows.order_by("role", "person__full_name")


def scope_chain(actor: Actor, scope_type: str, scope_id: int) -> tuple[list[Scope], int, str]:
    """Scopes that contain an object, its office, and its name; NotFound if not visible."""
    if scope_type == "org_unit":
        unit = get_unit(actor, scope_id)
        return unit_scopes(unit), unit.office_id, unit.name
    if scope_type == "portfolio":
        row = get_portfolio(actor, scope_id)
        return portfolio_scopes(row), row.office_id, row.name
    if scope_type == "programme":
        programme = get_programme(actor, scope_id)
        return programme_scopes(programme), programme.office_id, programme.name
    if scope_type == "project":
        project = get_project(actor, scope_id)
        return project_scopes(project), project.office_id, str(project)
    if scope_type == "workstream":
        stream = Workstream.objects.filter(pk=scope_id, voided=False).first()
        if stream is not None:
            project = get_project(actor, stream.project_id)
            scopes = [*project_scopes(project), ("workstream", stream.pk)]
            return scopes, project.office_id, stream.name
    raise NotFound("projects.scope", "There is no such place.")


def placement_on(project_ids: list[int], day: date) -> dict[int, tuple[int, int | None]]:
    """Project → (portfolio, programme) as the tree was on a day."""
    rows = Placement.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=day), project_id__in=project_ids, valid_from__lte=day
    ).values_list("project_id", "portfolio_id", "programme_id")
    return {project: (portfolio, programme) for project, portfolio, programme in rows}


def custom_in_use(project: Project) -> dict[str, Any]:
    """Values of the office's own fields; those of a field that is out of use stay stored."""
    if not project.custom:
        return {}
    keys = set(custom_fields([project.office_id]).values_list("key", flat=True))
    return {key: value for key, value in project.custom.items() if key in keys}


def portfolio_paths_on(day: date) -> dict[int, str]:
    """Portfolio → its path as the portfolios were nested on a day."""
    parents = dict(Portfolio.objects.values_list("pk", "parent_id"))
    former = FormerPortfolioPlace.objects.filter(until__gt=day).order_by("-until")
    parents |= dict(former.values_list("portfolio_id", "parent_id"))
    paths: dict[int, str] = {}
    for number in parents:
        line: list[int] = []
        above: int | None = number
        # Moves entered for earlier days may have put two portfolios into each other.
        while above is not None and above not in line:
            line.append(above)
            above = parents[above]
        paths[number] = "".join(segment(pk) for pk in reversed(line))
    return paths


class Standing(NamedTuple):
    """Where a project stood on a day; the names are today's."""

    portfolio_id: int
    portfolio_name: str
    portfolio_path: str
    programme_id: int | None
    programme_name: str | None


def standings_on(project_ids: list[int], day: date) -> dict[int, Standing]:
    """Project → its place as the tree was on a day (R-ORG-02)."""
    placed = placement_on(project_ids, day)
    paths = portfolio_paths_on(day)
    names = dict(Portfolio.objects.values_list("pk", "name"))
    programmes = dict(
        Programme.objects.filter(pk__in={pk for _, pk in placed.values()}).values_list("pk", "name")
    )
    return {
        project: Standing(
            portfolio, names[portfolio], paths[portfolio], programme, programmes.get(programme or 0)
        )
        for project, (portfolio, programme) in placed.items()
    }


def entry_portfolios(actor: Actor, office_id: int) -> list[Portfolio]:
    """Portfolios of an office in which the actor may enter projects."""
    held = grants_of(actor)
    rows = visible_portfolios(actor, held).filter(office_id=office_id)
    return [
        row
        for row in rows.select_related("org_unit", "currency")
        if held.allows("project", "C", portfolio_scopes(row))
    ]


def portfolios_by_objective(
    actor: Actor, grants: Grants | None = None
) -> dict[int, list[Portfolio]]:
    """Objective → the portfolios in sight that serve it."""
    links = Portfolio.objectives.through.objects.filter(
        portfolio__in=visible_portfolios(actor, grants)
    )
    found: dict[int, list[Portfolio]] = {}
    for link in links.select_related("portfolio").order_by("portfolio__name"):
        found.setdefault(link.strategicobjective_id, []).append(link.portfolio)
    return found


@dataclass(frozen=True, slots=True)
class ObjectiveLevel:
    """Siblings, and how much of 100 % their weights lack (negative: too much)."""

    title: str
    rows: list[StrategicObjective]
    missing_pct: Decimal


def objective_levels(office: OrgUnit) -> list[ObjectiveLevel]:
    """Objectives of an office by the objective above them, the top level first."""
    rows = list(
        StrategicObjective.objects.filter(office=office, voided=False)
        .select_related("owner", "parent")
        .order_by("code")
    )
    levels: dict[int | None, list[StrategicObjective]] = {}
    for row in sorted(rows, key=lambda row: row.parent_id is not None):
        levels.setdefault(row.parent_id, []).append(row)
    return [
        ObjectiveLevel(
            siblings[0].parent.title if siblings[0].parent else "",
            siblings,
            Decimal(100) - sum((row.weight_pct for row in siblings), Decimal(0)),
        )
        for siblings in levels.values()
    ]
