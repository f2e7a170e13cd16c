# SPDX-License-Identifier: Apache-2.0
"""What lies under the legal holds of an office, as its tree is now and as it ever was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from pilothouse.delivery.planning.models import ProjectPlan, Sandbox
from pilothouse.delivery.projects.models import (
    FormerPortfolioPlace,
    FormerProgrammePlace,
    Placement,
    Portfolio,
    Programme,
    Project,
    Workstream,
)
from pilothouse.exchange.models import ImportJob, ImportRow
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.retention.models import LegalHold

Ids = frozenset[int]


@dataclass(frozen=True, slots=True)
class Held:
    """Asked of each row that a rule would remove, by the object that it tells of.

    Of the types in ``held`` an object that is no longer there cannot be placed in the tree any
    more. It may have stood below a hold, so it counts as held while there is any.
    """

    whole: bool
    held: Mapping[str, Ids]
    there: Mapping[str, Ids]

    def holds(self, object_type: str, object_id: int) -> bool:
        """Whether nothing of this object may be removed."""
        if self.whole:
            return True
        if object_type not in self.held:
            return False
        return object_id in self.held[object_type] or object_id not in self.there[object_type]


NOTHING = Held(False, {}, {})


def held_in(office_id: int) -> Held:
    """All that the open holds of an office keep; the same number of queries for one or many."""
    holds = list(LegalHold.objects.filter(office_id=office_id, released_at=None))
    if not holds:
        return NOTHING
    named: dict[str, set[int]] = {scope: set() for scope in LegalHold.Scope.values}
    for hold in holds:
        named[hold.scope_type].add(hold.scope_id)
    if named[LegalHold.Scope.OFFICE]:
        return Held(True, {}, {})
    portfolios, all_portfolios = _portfolios(office_id, named["portfolio"])
    programmes, all_programmes = _programmes(office_id, named["programme"], portfolios)
    projects, all_projects = _projects(office_id, named["project"], portfolios, programmes)
    streams = list(
        Workstream.objects.filter(project__office_id=office_id).values_list("pk", "project_id")
    )
    held_streams = {pk for pk, project in streams if project in projects}
    plans = list(
        ProjectPlan.objects.filter(project__office_id=office_id).values_list("pk", "project_id")
    )
    asides = list(
        Sandbox.objects.filter(project__office_id=office_id).values_list("pk", "project_id")
    )
    held = {
        "portfolio": portfolios,
        "programme": programmes,
        "project": projects,
        "workstream": held_streams,
    }
    roles = list(
        RoleAssignment.objects.filter(office_id=office_id).values_list(
            "pk", "scope_type", "scope_id"
        )
    )
    jobs, all_jobs = _imports(office_id, portfolios, projects)
    # A file that is no plan was meant for projects that nobody has read out of it.
    files = list(
        IncomingFile.objects.filter(office_id=office_id).values_list("pk", "door", "object_id")
    )
    plan = IncomingFile.Door.PLAN
    return Held(
        False,
        {name: frozenset(ids) for name, ids in held.items()}
        | {
            "projectplan": frozenset(pk for pk, project in plans if project in projects),
            "sandbox": frozenset(pk for pk, project in asides if project in projects),
            "roleassignment": frozenset(pk for pk, kind, at in roles if at in held.get(kind, ())),
            "importjob": frozenset(jobs),
            "incomingfile": frozenset(
                pk for pk, door, at in files if door != plan or at in projects
            ),
        },
        {
            "portfolio": frozenset(all_portfolios),
            "programme": frozenset(all_programmes),
            "project": frozenset(all_projects),
            "workstream": frozenset(pk for pk, _ in streams),
            "projectplan": frozenset(pk for pk, _ in plans),
            "sandbox": frozenset(pk for pk, _ in asides),
            "roleassignment": frozenset(pk for pk, _, _ in roles),
            "importjob": frozenset(all_jobs),
            "incomingfile": frozenset(pk for pk, _, _ in files),
        },
    )


def _portfolios(office_id: int, named: Iterable[int]) -> tuple[set[int], set[int]]:
    """Portfolios under a hold with all that nest or nested in them, and all of the office."""
    rows = list(Portfolio.objects.filter(office_id=office_id).values_list("pk", "parent_id"))
    former = FormerPortfolioPlace.objects.filter(portfolio__office_id=office_id)
    above = [*rows, *former.values_list("portfolio_id", "parent_id")]
    found: set[int] = set()
    fresh = set(named)
    while fresh:
        found |= fresh
        fresh = {pk for pk, parent in above if parent in fresh} - found
    return found, {pk for pk, _ in rows}


def _programmes(
    office_id: int, named: Iterable[int], portfolios: set[int]
) -> tuple[set[int], set[int]]:
    rows = list(Programme.objects.filter(office_id=office_id).values_list("pk", "portfolio_id"))
    former = FormerProgrammePlace.objects.filter(programme__office_id=office_id)
    stood = [*rows, *former.values_list("programme_id", "portfolio_id")]
    below = {pk for pk, portfolio in stood if portfolio in portfolios}
    return set(named) | below, {pk for pk, _ in rows}


def _projects(
    office_id: int, named: Iterable[int], portfolios: set[int], programmes: set[int]
) -> tuple[set[int], set[int]]:
    rows = list(
        Project.objects.filter(office_id=office_id).values_list(
            "pk", "portfolio_id", "programme_id"
        )
    )
    ever = Placement.objects.filter(project__office_id=office_id)
    stood = [*rows, *ever.values_list("project_id", "portfolio_id", "programme_id")]
    below = {
        pk
        for pk, portfolio, programme in stood
        if portfolio in portfolios or programme in programmes
    }
    return set(named) | below, {pk for pk, _, _ in rows}


def _imports(office_id: int, portfolios: set[int], projects: set[int]) -> tuple[set[int], set[int]]:
    rows = list(ImportJob.objects.filter(office_id=office_id).values_list("pk", "portfolio_id"))
    # A project that is gone cannot be placed any more, so a row that lost its project counts.
    touching = ImportRow.objects.filter(
        Q(project=None, action__in=["create", "update"]) | Q(project__isnull=False),
        job__office_id=office_id,
    )
    pairs = touching.order_by().values_list("job_id", "project_id").distinct()
    below = {job for job, project in pairs if project is None or project in projects}
    return below | {pk for pk, at in rows if at in portfolios}, {pk for pk, _ in rows}
