# SPDX-License-Identifier: Apache-2.0
"""The finance desk: fiscal periods and the policy, and what accounts and codes mean."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Schema

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import (
    AccountRule,
    CodeRule,
    FinancePolicy,
    FiscalPeriod,
)
from pilothouse.delivery.finance.queries.closing import Closing, closing_of
from pilothouse.delivery.finance.queries.opening import open_office
from pilothouse.delivery.finance.queries.periods import period_of, policy_of
from pilothouse.delivery.finance.queries.tellings import (
    account_rule_of,
    account_rules_of,
    code_rule_of,
    code_rules_of,
)
from pilothouse.delivery.finance.services import closing, periods, tellings
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    read,
    ref,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page_of,
    reply,
    version_of,
    whole,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_finance import (
    AccountRuleFields,
    AccountRuleNew,
    AccountRuleOut,
    AccruedOut,
    ClosingOut,
    CodeRuleFields,
    CodeRuleNew,
    CodeRuleOut,
    FinancePolicyFields,
    FinancePolicyOut,
    FiscalPeriodOut,
    FiscalYearNew,
    FiscalYearOut,
    WithReason,
)
from pilothouse.foundation.core.actor import Actor

router = Router(tags=["Finance desk"])
OFFICE = "/offices/{int:office_id}"
PERIOD = "/fiscal-periods/{int:period_id}"
ACCOUNT = "/account-rules/{int:account_rule_id}"
CODE = "/code-rules/{int:code_rule_id}"


@router.get(OFFICE + "/fiscal-periods", response=read(Page[FiscalPeriodOut]))
def list_fiscal_periods(request: HttpRequest, office_id: int) -> HttpResponse:
    """The fiscal periods of an office in order of their days."""
    opened = open_office(actor_of(request), office_id, rules.PERIOD)
    rows = FiscalPeriod.objects.filter(office=opened.office).order_by("first")
    return whole([_period(row) for row in rows])


@router.post(OFFICE + "/fiscal-years", response=creates(FiscalYearOut))
def open_fiscal_year(
    request: HttpRequest,
    office_id: int,
    payload: FiscalYearNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Open the twelve months of a fiscal year."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        office = open_office(actor, office_id, rules.PERIOD).office
        rows = periods.open_year(actor=actor, office=office, year=payload.year)
        return FiscalYearOut(year=payload.year, periods=[_period(row) for row in rows]), None

    return created(request, idempotency_key, make)


@router.get(PERIOD + "/closing", response=read(ClosingOut))
def read_closing(request: HttpRequest, period_id: int) -> HttpResponse:
    """What closing a period would do now, and what stands in its way."""
    actor = actor_of(request)
    opened, row = period_of(actor, period_id)
    rules.require_in_office(actor, opened.office, rules.PERIOD, "L", "close fiscal periods")
    return reply(_closing(closing_of(opened.office, row), row), version=row.version)


@router.post(PERIOD + "/close", response=updates(ClosingOut))
def close_fiscal_period(
    request: HttpRequest, period_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Close a period and post its accruals; rows that wait need a reason."""
    actor = actor_of(request)
    _, row = period_of(actor, period_id)
    done = closing.close_period(
        actor=actor,
        period=row,
        version=version_of(if_match),
        reason=payload.reason,
        now=timezone.now(),
    )
    row.refresh_from_db()
    return reply(_closing(done, row), version=row.version)


@router.post(PERIOD + "/reopen", response=updates(FiscalPeriodOut))
def reopen_fiscal_period(
    request: HttpRequest, period_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Open the last closed period again, with the reason; its accruals are taken back."""
    actor = actor_of(request)
    _, row = period_of(actor, period_id)
    kept = closing.reopen_period(
        actor=actor, period=row, version=version_of(if_match), reason=payload.reason
    )
    return reply(_period(kept), version=kept.version)


@router.get(OFFICE + "/finance-policy", response=read(FinancePolicyOut))
def read_finance_policy(request: HttpRequest, office_id: int) -> HttpResponse:
    """What an office has decided about its money."""
    opened = open_office(actor_of(request), office_id, rules.POLICY)
    row = policy_of(opened.office)
    return reply(_policy(row), version=row.version)


@router.patch(OFFICE + "/finance-policy", response=updates(FinancePolicyOut))
def update_finance_policy(
    request: HttpRequest,
    office_id: int,
    payload: FinancePolicyFields,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Decide how funding is checked, which rates count, and which variances ask for a reason."""
    actor = actor_of(request)
    office = open_office(actor, office_id, rules.POLICY).office
    row = periods.save_policy(
        actor=actor,
        office=office,
        values=payload.model_dump(exclude_none=True),
        version=version_of(if_match),
    )
    return reply(_policy(row), version=row.version)


@router.get(OFFICE + "/account-rules", response=read(Page[AccountRuleOut]))
def list_account_rules(request: HttpRequest, office_id: int, paging: Query[Paging]) -> HttpResponse:
    """Which category and nature each account of the ledger means."""
    opened = open_office(actor_of(request), office_id, rules.ACCOUNT_RULE)
    return page_of(request, account_rules_of(opened), paging, _account)


@router.post(OFFICE + "/account-rules", response=creates(AccountRuleOut))
def create_account_rule(
    request: HttpRequest,
    office_id: int,
    payload: AccountRuleNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Say what an account means; 6* is every one that begins with 6."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        office = open_office(actor, office_id, rules.ACCOUNT_RULE).office
        row = tellings.save_account_rule(
            actor=actor, office=office, rule=None, values=payload.model_dump()
        )
        return _account(row), row.version

    return created(request, idempotency_key, make)


@router.get(ACCOUNT, response=read(AccountRuleOut))
def read_account_rule(request: HttpRequest, account_rule_id: int) -> HttpResponse:
    """One rule of an account."""
    _, row = account_rule_of(actor_of(request), account_rule_id)
    return reply(_account(row), version=row.version)


@router.patch(ACCOUNT, response=updates(AccountRuleOut))
def update_account_rule(
    request: HttpRequest,
    account_rule_id: int,
    payload: AccountRuleFields,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Change what an account means."""
    actor = actor_of(request)
    opened, row = account_rule_of(actor, account_rule_id)
    kept = tellings.save_account_rule(
        actor=actor,
        office=opened.office,
        rule=row,
        values=payload.model_dump(exclude_none=True),
        version=version_of(if_match),
    )
    return reply(_account(kept), version=kept.version)


@router.post(ACCOUNT + "/void", response=updates(AccountRuleOut))
def void_account_rule(
    request: HttpRequest, account_rule_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take the rule of an account back, with the reason."""
    actor = actor_of(request)
    _, row = account_rule_of(actor, account_rule_id)
    version = version_of(if_match)
    tellings.void_rule(actor=actor, rule=row, version=version, reason=payload.reason)
    row.refresh_from_db()
    return reply(_account(row), version=row.version)


@router.get(OFFICE + "/code-rules", response=read(Page[CodeRuleOut]))
def list_code_rules(request: HttpRequest, office_id: int, paging: Query[Paging]) -> HttpResponse:
    """Which project each code of the ledger means."""
    opened = open_office(actor_of(request), office_id, rules.ACCOUNT_RULE)
    return page_of(request, code_rules_of(opened), paging, _code)


@router.post(OFFICE + "/code-rules", response=creates(CodeRuleOut))
def create_code_rule(
    request: HttpRequest,
    office_id: int,
    payload: CodeRuleNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Say which project a code of the ledger means."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        office = open_office(actor, office_id, rules.ACCOUNT_RULE).office
        values = _code_values(actor, payload.model_dump())
        row = tellings.save_code_rule(actor=actor, office=office, rule=None, values=values)
        return _code(row), row.version

    return created(request, idempotency_key, make)


@router.get(CODE, response=read(CodeRuleOut))
def read_code_rule(request: HttpRequest, code_rule_id: int) -> HttpResponse:
    """One rule of a code."""
    _, row = code_rule_of(actor_of(request), code_rule_id)
    return reply(_code(row), version=row.version)


@router.patch(CODE, response=updates(CodeRuleOut))
def update_code_rule(
    request: HttpRequest, code_rule_id: int, payload: CodeRuleFields, if_match: IfMatch = None
) -> HttpResponse:
    """Change which project a code means."""
    actor = actor_of(request)
    opened, row = code_rule_of(actor, code_rule_id)
    kept = tellings.save_code_rule(
        actor=actor,
        office=opened.office,
        rule=row,
        values=_code_values(actor, payload.model_dump(exclude_none=True)),
        version=version_of(if_match),
    )
    return reply(_code(kept), version=kept.version)


@router.post(CODE + "/void", response=updates(CodeRuleOut))
def void_code_rule(
    request: HttpRequest, code_rule_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take the rule of a code back, with the reason."""
    actor = actor_of(request)
    _, row = code_rule_of(actor, code_rule_id)
    version = version_of(if_match)
    tellings.void_rule(actor=actor, rule=row, version=version, reason=payload.reason)
    row.refresh_from_db()
    return reply(_code(row), version=row.version)


def _code_values(actor: Actor, sent: dict[str, Any]) -> dict[str, Any]:
    number = sent.pop("project_id", None)
    if number is not None:
        sent["project"] = _project(actor, number)
    return sent


def _project(actor: Actor, project_id: int) -> Project:
    row = visible_projects(actor).filter(pk=project_id).first()
    if row is None:
        raise unknown("project_id", "There is no such project in your sight.")
    return row


def _period(row: FiscalPeriod) -> FiscalPeriodOut:
    return FiscalPeriodOut(
        id=row.pk,
        version=row.version,
        office_id=row.office_id,
        year=row.year,
        number=row.number,
        name=row.name,
        first=row.first,
        last=row.last,
        state=row.state,
        closed_at=row.closed_at,
    )


def _closing(found: Closing, period: FiscalPeriod) -> ClosingOut:
    return ClosingOut(
        period=_period(period),
        accruals=[
            AccruedOut(
                order=row.line.commitment.number,
                position=row.line.position,
                project_id=row.line.commitment.project_id,
                received=row.received,
                invoiced=row.invoiced,
                amount=row.amount,
                currency=row.line.commitment.currency_id,
                own_amount=row.own_amount,
            )
            for row in found.accruals
        ],
        proposed=found.proposed,
        suspense=found.suspense,
        held=found.held,
        problems=list(found.problems),
    )


def _policy(row: FinancePolicy) -> FinancePolicyOut:
    return FinancePolicyOut(
        version=row.version,
        office_id=row.office_id,
        funding_check=row.funding_check,
        pm_contingency_pct=row.pm_contingency_pct,
        year_begins=row.year_begins,
        actual_rate=row.actual_rate,
        variance_pct=row.variance_pct,
        variance_amount=row.variance_amount,
    )


def _account(row: AccountRule) -> AccountRuleOut:
    return AccountRuleOut(
        id=row.pk,
        version=row.version,
        account=row.account,
        category=row.category,
        nature=row.nature,
        voided=row.voided,
    )


def _code(row: CodeRule) -> CodeRuleOut:
    return CodeRuleOut(
        id=row.pk,
        version=row.version,
        code=row.code,
        project=ref(row.project),
        wbs=row.wbs,
        voided=row.voided,
    )
