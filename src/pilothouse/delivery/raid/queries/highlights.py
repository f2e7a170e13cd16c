# SPDX-License-Identifier: Apache-2.0
"""What of a project's register belongs on its home: the top risks and the gravest issues."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Q

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Entry, Issue, Kind, Risk, open_entries
from pilothouse.foundation.access.queries import Grants

SHOWN = 5
LOOKED_AT = 40
"""Rows read of each kind: of these the confidential ones that are not opened fall out."""


@dataclass(frozen=True, slots=True)
class Highlights:
    """The gravest open risks, and the open issues S1 and S2, as far as the actor reads them."""

    risks: tuple[Risk, ...]
    issues: tuple[Issue, ...]


def highlights_of(project: Project, held: Grants) -> Highlights:
    """What stands out in the register of a project that is in sight, in two queries."""
    rows = Entry.objects.all().with_place().filter(open_entries(), project=project)
    risks = rows.filter(_read(project, held, Kind.RISK), risk__score__isnull=False)
    issues = rows.filter(_read(project, held, Kind.ISSUE), issue__severity__lte=2)
    grave = risks.select_related("risk").order_by(F("risk__score").desc(), "number")[:LOOKED_AT]
    severe = issues.select_related("issue").order_by("issue__severity", "number")[:LOOKED_AT]
    return Highlights(
        tuple(row.risk for row in grave if rules.opens(held, row))[:SHOWN],
        tuple(row.issue for row in severe if rules.opens(held, row))[:SHOWN],
    )


def _read(project: Project, held: Grants, kind: Kind) -> Q:
    """All entries of a kind for whoever reads them, else the own ones."""
    of_kind = Q(kind=kind)
    if rules.counted(held, project).allows(kind, "R", rules.scopes_of(project)):
        return of_kind
    mine = Q(owner=held.user_id) | Q(actionee=held.user_id) | Q(raised_by=held.user_id)
    return of_kind & mine if held.user_id is not None else Q(pk__in=[])
