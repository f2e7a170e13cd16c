# SPDX-License-Identifier: Apache-2.0
"""Financial cases: write, submit, decide; expected benefits; what a project is worth."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.models import FinancialCase
from pilothouse.delivery.finance.queries.cases import CaseRow, case_of, cases_of
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.services import cases as services
from pilothouse.delivery.finance.services.valuing import Valued, worth_of
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IfMatch, read, updates
from pilothouse.faces.api.replies import reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_cases import (
    BenefitsExpected,
    CaseDecision,
    CaseDraft,
    CaseEnd,
    CaseFigures,
    CaseOut,
    CaseWorth,
    FlowOut,
)
from pilothouse.foundation.core import clock

router = Router(tags=["Money"])
OF_PROJECT = "/projects/{int:project_id}/financial-case"
ONE = "/financial-cases/{int:case_id}"


@router.get(OF_PROJECT, response=read(CaseWorth))
def read_financial_case(request: HttpRequest, project_id: int) -> HttpResponse:
    """The approved case of a project, what it looks like now, and all versions."""
    opened = open_project(actor_of(request), project_id, rules.CASE)
    today = clock.today()
    period = Periods(opened.project.office_id).on(today)
    worth = worth_of(project_id, period.year if period else today.year)
    if worth and not opened.may(rules.ACTUAL, "R"):
        worth = worth.without_cost()
    return reply(
        CaseWorth(
            approved=_figures(worth.approved) if worth else None,
            latest=_figures(worth.latest) if worth and worth.latest else None,
            to_go=_figures(worth.to_go) if worth and worth.to_go else None,
            cases=[_shown(row) for row in cases_of(project_id)],
        )
    )


@router.put(OF_PROJECT + "/draft", response=updates(CaseOut))
def write_financial_case(
    request: HttpRequest, project_id: int, payload: CaseDraft, if_match: IfMatch = None
) -> HttpResponse:
    """Write a financial case, or change the draft that is there."""
    actor = actor_of(request)
    project = open_project(actor, project_id, rules.CASE).project
    row = services.draft_case(
        actor=actor,
        project=project,
        first_year=payload.first_year,
        rate_pct=payload.rate_pct,
        flows={flow.year: Flows(flow.costs, flow.benefits) for flow in payload.flows},
        reason=payload.reason,
        version=version_of(if_match),
    )
    return _answer(row)


@router.put(OF_PROJECT + "/expected-benefits", response=updates(CaseOut))
def expect_benefits(
    request: HttpRequest, project_id: int, payload: BenefitsExpected, if_match: IfMatch = None
) -> HttpResponse:
    """Say what the project is expected to bring by year now."""
    actor = actor_of(request)
    project = open_project(actor, project_id, rules.CASE).project
    row = services.expect_benefits(
        actor=actor,
        project=project,
        benefits={each.year: each.benefits for each in payload.benefits},
        reason=payload.reason,
        version=version_of(if_match),
    )
    return _answer(row)


@router.post(ONE + "/submit", response=updates(CaseOut))
def submit_financial_case(
    request: HttpRequest, case_id: int, if_match: IfMatch = None
) -> HttpResponse:
    """Hand a draft in to be decided."""
    actor = actor_of(request)
    case = case_of(actor, case_id)
    return _answer(services.submit_case(actor=actor, case=case, version=version_of(if_match)))


@router.post("/financial-cases/{int:waiting_case_id}/decide", response=updates(CaseOut))
def decide_financial_case(
    request: HttpRequest, waiting_case_id: int, payload: CaseDecision, if_match: IfMatch = None
) -> HttpResponse:
    """Approve a submitted case or send it back."""
    actor = actor_of(request)
    decide = services.approve_case if payload.decision == "approve" else services.reject_case
    case = case_of(actor, waiting_case_id)
    version = version_of(if_match)
    return _answer(decide(actor=actor, case=case, version=version, reason=payload.reason))


@router.post(ONE + "/withdraw", response=updates(CaseOut))
def withdraw_financial_case(
    request: HttpRequest, case_id: int, payload: CaseEnd, if_match: IfMatch = None
) -> HttpResponse:
    """Take back a case that is not decided."""
    actor = actor_of(request)
    row = services.withdraw_case(
        actor=actor,
        case=case_of(actor, case_id),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return _answer(row)


def _answer(case: FinancialCase) -> HttpResponse:
    row = next(row for row in cases_of(case.project_id) if row.case.pk == case.pk)
    return reply(_shown(row), version=row.case.version)


def _shown(row: CaseRow) -> CaseOut:
    case = row.case
    return CaseOut(
        id=case.pk,
        version=case.version,
        number=case.number,
        state=case.state,
        currency=case.currency_id,
        first_year=case.first_year,
        rate_pct=case.rate_pct,
        reason=case.reason,
        decided_at=case.decided_at,
        decision_reason=case.decision_reason,
        flows=_flows(row.flows),
    )


def _flows(flows: Mapping[int, Flows]) -> list[FlowOut]:
    return [
        FlowOut(year=year, costs=flow.costs, benefits=flow.benefits)
        for year, flow in sorted(flows.items())
    ]


def _figures(found: Valued) -> CaseFigures:
    figures = found.figures
    return CaseFigures(
        npv=figures.npv,
        irr=figures.irr.rate,
        irr_state=str(figures.irr.state),
        payback_years=figures.payback,
        discounted_payback_years=figures.discounted_payback,
        profitability_index=figures.pi,
        roi=figures.roi,
        total_costs=figures.total_costs,
        total_benefits=figures.total_benefits,
        costs_from=found.costs_from,
        benefits_from=found.benefits_from,
        flows=_flows(found.flows),
    )
