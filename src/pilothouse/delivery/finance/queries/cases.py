# SPDX-License-Identifier: Apache-2.0
"""Financial cases of a project with their flows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.models import CaseFlow, FinancialCase
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.among import among
from pilothouse.foundation.core.errors import NotAllowed, NotFound

State = FinancialCase.State


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One version with what it says."""

    case: FinancialCase
    flows: dict[int, Flows]


def cases_of(project_id: int) -> list[CaseRow]:
    """All versions of a project, the newest first."""
    rows = list(
        FinancialCase.objects.filter(project_id=project_id).select_related(
            "created_by", "decided_by"
        )
    )
    flows = _flows(row.pk for row in rows)
    return [CaseRow(row, flows.get(row.pk, {})) for row in rows]


def counting_cases(project_ids: Collection[int]) -> dict[int, dict[str, CaseRow]]:
    """Project → state → the approved and the expected case, in two queries."""
    rows = list(
        FinancialCase.objects.filter(
            project_id__in=among(project_ids), state__in=(State.APPROVED, State.EXPECTED)
        ).order_by()
    )
    flows = _flows(row.pk for row in rows)
    found: dict[int, dict[str, CaseRow]] = {}
    for row in rows:
        found.setdefault(row.project_id, {})[row.state] = CaseRow(row, flows.get(row.pk, {}))
    return found


def benefits_of(flows: dict[int, Flows]) -> dict[int, Decimal]:
    """The benefits alone."""
    return {year: flow.benefits for year, flow in flows.items()}


def case_of(actor: Actor, case_id: int) -> FinancialCase:
    """A case of a project in sight. Raises: NotFound, NotAllowed."""
    rows = FinancialCase.objects.select_related("project__portfolio__org_unit", "project__currency")
    seen = visible_projects(actor).order_by().values("pk")
    row = rows.filter(pk=case_id, project__in=seen).first()
    if row is None:
        raise NotFound("finance.case", "There is no such financial case, or you may not see it.")
    if not rules.can(actor, row.project, rules.CASE, "R"):
        raise NotAllowed(
            "finance.case_not_seen",
            f"Your roles do not allow you to see the financial case of {row.project.code}.",
        )
    return row


def _flows(case_ids: Iterable[int]) -> dict[int, dict[int, Flows]]:
    found: dict[int, dict[int, Flows]] = {}
    rows = CaseFlow.objects.filter(case_id__in=among(list(case_ids))).order_by("year")
    for case_id, year, costs, benefits in rows.values_list("case_id", "year", "costs", "benefits"):
        found.setdefault(case_id, {})[year] = Flows(costs, benefits)
    return found
