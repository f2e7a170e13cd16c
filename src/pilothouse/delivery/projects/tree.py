# SPDX-License-Identifier: Apache-2.0
"""The tree of the register: unit → portfolio → programme → project, as on any day (R-ORG-02)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from pilothouse.delivery.projects.models import (
    FormerPortfolioPlace,
    FormerProgrammePlace,
    Portfolio,
    Programme,
    Project,
    StateChange,
)
from pilothouse.delivery.projects.queries import placement_on
from pilothouse.delivery.projects.rules import (
    OPEN_STATES,
    visible_portfolios,
    visible_programmes,
    visible_projects,
)
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import OrgUnit, ids_of_path
from pilothouse.foundation.organisation.queries import (
    Memory,
    require_remembered,
    unit_parents_on,
    visible_units,
)


@dataclass(slots=True)
class Node:
    """One place of the tree. ``linked`` is false for a frame that may be named but not opened."""

    kind: str
    pk: int
    code: str
    name: str
    state: str = ""
    state_label: str = ""
    manager: str = ""
    linked: bool = True
    is_open: bool = True
    children: list[Node] = field(default_factory=list)
    projects: int = 0
    open_projects: int = 0

    def count(self) -> None:
        """Projects in the branch, from the leaves up."""
        own = self.kind == "project"
        self.projects, self.open_projects = int(own), int(own and self.is_open)
        for child in self.children:
            child.count()
            self.projects += child.projects
            self.open_projects += child.open_projects


@dataclass(frozen=True, slots=True)
class Tree:
    """The register as on a day; ``day`` is None for the present."""

    roots: list[Node]
    day: date | None
    projects: int
    open_projects: int
    portfolios: int


def register_tree(actor: Actor, day: date | None, *, with_ended: bool = False) -> Tree:
    """All that the actor may see, in a fixed number of queries.

    On a past day places and states are those of that day; names and managers are today's.
    Raises: Invalid for a day before the trail of an office in sight begins.
    """
    grants = grants_of(actor)
    units = list(visible_units(actor, grants).order_by("path"))
    if day is not None:
        began = [(u.name, Memory.TRAIL, u.trail_from) for u in units if u.parent_id is None]
        require_remembered(day, began)
    projects = list(
        visible_projects(actor, grants)
        .select_related("pm")
        .order_by("code")
        .only("code", "name", "state", "portfolio", "programme", "pm__full_name", "office_id")
    )
    places = {p.pk: (p.portfolio_id, p.programme_id) for p in projects}
    if day is not None:
        places = placement_on([p.pk for p in projects], day)
    portfolios = _portfolios(actor, {portfolio for portfolio, _ in places.values()}, day)
    programmes = _programmes(actor, {p for _, p in places.values() if p is not None}, day)
    nodes = _nodes(actor, projects, portfolios, programmes, day)
    for project in projects:
        if project.pk not in places:
            continue
        node = nodes["project", project.pk]
        if node.is_open or with_ended:
            portfolio, programme = places[project.pk]
            above = ("portfolio", portfolio) if programme is None else ("programme", programme)
            nodes[above].children.append(node)
    for pk, (programme_row, portfolio_id) in programmes.items():
        node = nodes["programme", pk]
        if (node.is_open or with_ended or node.children) and _existed(programme_row, node, day):
            nodes["portfolio", portfolio_id].children.insert(0, node)
    roots = _hang_portfolios(units, nodes, portfolios, day, with_ended)
    for root in roots:
        root.count()
    return Tree(
        roots,
        day,
        sum(root.projects for root in roots),
        sum(root.open_projects for root in roots),
        sum(_number_of("portfolio", root) for root in roots),
    )


def _number_of(kind: str, node: Node) -> int:
    return int(node.kind == kind) + sum(_number_of(kind, child) for child in node.children)


def _existed(row: Portfolio | Programme, node: Node, day: date | None) -> bool:
    return day is None or bool(node.children) or clock.day_of(row.created_at) <= day


Places = dict[int, tuple[Portfolio, int, int | None]]


def _portfolios(actor: Actor, needed: set[int], day: date | None) -> Places:
    """Portfolio → (row, unit, parent) on a day: those in sight and the frames of projects."""
    grants = grants_of(actor)
    former: dict[int, tuple[int, int | None]] = {}
    if day is not None:
        for pk, unit, parent in (
            FormerPortfolioPlace.objects.filter(until__gt=day)
            .order_by("-until")
            .values_list("portfolio_id", "org_unit_id", "parent_id")
        ):
            former[pk] = (unit, parent)
    found: Places = {}
    rows: Iterable[Portfolio] = visible_portfolios(actor, grants).select_related("manager")
    missing = set(needed)
    while True:
        for row in rows:
            found[row.pk] = (row, *former.get(row.pk, (row.org_unit_id, row.parent_id)))
        missing |= {parent for _, _, parent in found.values() if parent is not None}
        missing |= {number for row, _, _ in found.values() for number in ids_of_path(row.path)}
        missing -= set(found)
        if not missing:
            return found
        rows = list(Portfolio.objects.filter(pk__in=missing).select_related("manager"))


def _programmes(
    actor: Actor, needed: set[int], day: date | None
) -> dict[int, tuple[Programme, int]]:
    former: dict[int, int] = {}
    if day is not None:
        former = dict(
            FormerProgrammePlace.objects.filter(until__gt=day)
            .order_by("-until")
            .values_list("programme_id", "portfolio_id")
        )
    found: dict[int, tuple[Programme, int]] = {}
    rows = list(visible_programmes(actor).select_related("manager"))
    missing = needed - {row.pk for row in rows}
    if missing:
        rows += list(Programme.objects.filter(pk__in=missing).select_related("manager"))
    for row in rows:
        found[row.pk] = (row, former.get(row.pk, row.portfolio_id))
    return found


def _nodes(
    actor: Actor,
    projects: list[Project],
    portfolios: Places,
    programmes: dict[int, tuple[Programme, int]],
    day: date | None,
) -> dict[tuple[str, int], Node]:
    states = states_on(day) if day is not None else {}
    seen = set(visible_portfolios(actor).values_list("pk", flat=True))
    seen_programmes = set(visible_programmes(actor).values_list("pk", flat=True))
    nodes: dict[tuple[str, int], Node] = {}
    for row, _, _ in portfolios.values():
        state = states.get(("portfolio", row.pk), row.state)
        nodes["portfolio", row.pk] = Node(
            "portfolio",
            row.pk,
            row.code,
            row.name,
            state,
            str(Portfolio.State(state).label),
            row.manager.full_name if row.manager else "",
            row.pk in seen,
            state != Portfolio.State.CLOSED,
        )
    for programme, _ in programmes.values():
        state = states.get(("programme", programme.pk), programme.state)
        nodes["programme", programme.pk] = Node(
            "programme",
            programme.pk,
            programme.code,
            programme.name,
            state,
            str(Programme.State(state).label),
            programme.manager.full_name if programme.manager else "",
            programme.pk in seen_programmes,
            state not in {Programme.State.CLOSED, Programme.State.CANCELLED},
        )
    for project in projects:
        state = states.get(("project", project.pk), project.state)
        nodes["project", project.pk] = Node(
            "project",
            project.pk,
            project.code,
            project.name,
            state,
            str(Project.State(state).label),
            project.pm.full_name if project.pm else "",
            True,
            state in OPEN_STATES,
        )
    return nodes


def states_on(day: date) -> dict[tuple[str, int], str]:
    """(kind, id) → state on a day, for everything that changed its state after it."""
    found: dict[tuple[str, int], str] = {}
    for pk, before in (
        StateChange.objects.filter(at__gte=clock.end_of(day))
        .order_by("-id")
        .values_list("project_id", "from_state")
    ):
        found["project", pk] = before
    for kind, pk, values in (
        AuditEvent.objects.filter(
            at__gte=clock.end_of(day), action__in=("portfolio.state", "programme.state")
        )
        .order_by("-id")
        .values_list("object_type", "object_id", "before")
    ):
        if "state" in values:
            found[kind, pk] = values["state"]
    return found


def _hang_portfolios(
    units: list[OrgUnit],
    nodes: dict[tuple[str, int], Node],
    portfolios: Places,
    day: date | None,
    with_ended: bool,
) -> list[Node]:
    below: dict[int, list[Node]] = defaultdict(list)
    order = sorted(portfolios.items(), key=lambda item: item[1][0].name)
    for pk, (_, _, parent) in order:
        if parent is not None:
            nodes["portfolio", parent].children.append(nodes["portfolio", pk])
    for pk, (row, unit, parent) in order:
        node = nodes["portfolio", pk]
        wanted = node.is_open or with_ended or node.children
        if parent is None and wanted and _existed(row, node, day):
            below[unit].append(node)
    if missing := set(below) - {unit.pk for unit in units}:
        units += list(OrgUnit.objects.filter(pk__in=missing))
    return _hang_units(units, below, unit_parents_on(day) if day is not None else {})


def _hang_units(
    units: list[OrgUnit], below: dict[int, list[Node]], former: dict[int, int]
) -> list[Node]:
    """Units that hold portfolios, with the frames above them."""
    made = {unit.pk: Node("unit", unit.pk, unit.code, unit.name) for unit in units}
    parents = {unit.pk: former.get(unit.pk, unit.parent_id) for unit in units}
    kept: set[int] = set()
    for start in below:
        number: int | None = start
        while number is not None and number in made and number not in kept:
            kept.add(number)
            number = parents[number]
    roots: list[Node] = []
    for unit in units:
        if unit.pk not in kept:
            continue
        node = made[unit.pk]
        node.children += below.get(unit.pk, [])
        above = parents[unit.pk]
        if above is not None and above in made:
            made[above].children.append(node)
        else:
            roots.append(node)
    return roots
