# SPDX-License-Identifier: Apache-2.0
"""The financial case of a project: written, submitted, decided; and what is expected now."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.models import CaseFlow, FinancialCase
from pilothouse.delivery.finance.models.cases import FIRST_YEAR, LAST_YEAR, LONGEST
from pilothouse.delivery.finance.money import is_stored
from pilothouse.delivery.finance.services.opened import locked_case, locked_project
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.events import publish

State = FinancialCase.State
ZERO = Decimal(0)
TOLD = ("number", "state", "first_year", "rate_pct", "reason")


@transaction.atomic
def draft_case(
    *,
    actor: Actor,
    project: Project,
    first_year: int,
    rate_pct: Decimal,
    flows: Mapping[int, Flows],
    reason: str,
    version: int | None = None,
) -> FinancialCase:
    """Write down what the project costs and brings by year, or change the draft that is there.

    Who: C on business_case, U to change the draft. Writes: FinancialCase, CaseFlow.
    Raises: Invalid naming the year; Conflict on a stale version, or where one waits.
    """
    row = locked_project(project)
    case = FinancialCase.objects.filter(project=row, state__in=FinancialCase.OPEN).first()
    letter, doing = ("U", "change") if case else ("C", "write")
    allowed = rules.require(actor, row, rules.CASE, letter, f"{doing} a financial case")
    _require_reason(reason)
    _check_years(row, first_year, flows)
    if case is None:
        case = _created(allowed, row, State.DRAFT, first_year, rate_pct, reason)
    elif case.state == State.SUBMITTED:
        raise Conflict(
            "finance.case_waits",
            f"Financial case {case.number} of project {row.code} waits for its decision; withdraw "
            "it before you write another.",
        )
    else:
        case.project = row
        values = {"first_year": first_year, "rate_pct": rate_pct, "reason": reason.strip()}
        _change(allowed, case, values, version, "case.draft")
    _keep(allowed, case, flows)
    return case


@transaction.atomic
def submit_case(*, actor: Actor, case: FinancialCase, version: int | None) -> FinancialCase:
    """Hand a draft in to be approved. Who: S on business_case. Writes: FinancialCase."""
    row = locked_case(case, version)
    allowed = rules.require(actor, row.project, rules.CASE, "S", "submit a financial case")
    _require_state(row, State.DRAFT)
    values = {
        "state": State.SUBMITTED,
        "submitted_by_id": allowed.user_id,
        "submitted_at": timezone.now(),
    }
    _change(allowed, row, values, None, "case.submitted", row.reason)
    return row


@transaction.atomic
def approve_case(
    *, actor: Actor, case: FinancialCase, version: int | None, reason: str = ""
) -> FinancialCase:
    """Approve what was submitted; the case that was approved before is superseded.

    Who: a decision of business on business_case, not by who submitted it or manages the project.
    Writes: FinancialCase. Publishes: MoneyChanged.
    """
    row = locked_case(case, version)
    allowed = require_decider(actor, row)
    _require_state(row, State.SUBMITTED)
    before = FinancialCase.objects.filter(project=row.project, state=State.APPROVED).first()
    if before is not None:
        _step(allowed, before, State.SUPERSEDED, f"Superseded by case {row.number}")
    _step(allowed, row, State.APPROVED, reason)
    publish(MoneyChanged((row.project_id,), "case approved"))
    return row


@transaction.atomic
def reject_case(
    *, actor: Actor, case: FinancialCase, version: int | None, reason: str
) -> FinancialCase:
    """Send a submitted case back with a reason. Who: as ``approve_case``."""
    row = locked_case(case, version)
    allowed = require_decider(actor, row)
    _require_state(row, State.SUBMITTED)
    _require_reason(reason)
    _step(allowed, row, State.REJECTED, reason)
    return row


@transaction.atomic
def withdraw_case(
    *, actor: Actor, case: FinancialCase, version: int | None, reason: str
) -> FinancialCase:
    """Take a case that is not decided back. Who: U on business_case."""
    row = locked_case(case, version)
    allowed = rules.require(actor, row.project, rules.CASE, "U", "withdraw a financial case")
    _require_state(row, *FinancialCase.OPEN)
    _require_reason(reason)
    _step(allowed, row, State.WITHDRAWN, reason)
    return row


@transaction.atomic
def expect_benefits(
    *,
    actor: Actor,
    project: Project,
    benefits: Mapping[int, Decimal],
    reason: str,
    version: int | None,
) -> FinancialCase:
    """Say what the project is expected to bring by year now.

    Period 0 and rate are those of the approved case, whose figures they are compared with.
    Who: U on benefit_profile. Writes: FinancialCase, CaseFlow. Publishes: MoneyChanged.
    Raises: Invalid naming the year, or where no case is approved; Conflict on a stale version.
    """
    allowed = rules.require(actor, project, rules.BENEFIT, "U", "change the expected benefits")
    row = locked_project(project)
    _require_reason(reason)
    approved = FinancialCase.objects.filter(project=row, state=State.APPROVED).first()
    if approved is None:
        raise Invalid(
            "finance.no_case",
            f"No financial case of project {row.code} is approved yet, so there is nothing to "
            "compare with. Submit one and have it approved.",
        )
    flows = {year: Flows(ZERO, amount) for year, amount in benefits.items()}
    _check_years(row, approved.first_year, flows)
    expected = FinancialCase.objects.select_for_update(of=("self",)).filter(
        project=row, state=State.EXPECTED
    )
    case = expected.first()
    if case is None:
        case = _created(
            allowed, row, State.EXPECTED, approved.first_year, approved.rate_pct, reason
        )
    else:
        case.project = row
        values = {"first_year": approved.first_year, "rate_pct": approved.rate_pct}
        _change(allowed, case, {**values, "reason": reason.strip()}, version, "case.expect")
    _keep(allowed, case, flows)
    publish(MoneyChanged((row.pk,), "benefits expected"))
    return case


def require_decider(actor: Actor, case: FinancialCase) -> Actor:
    """As whom the actor decides on a case. Raises: NotAllowed saying who may."""
    found = _decider(actor, case)
    if found is None:
        raise NotAllowed(
            "finance.case_decision",
            f"Your roles do not decide on the financial case of project {case.project.code}. Its "
            "portfolio manager and steering committee may, and never who wrote or submitted it.",
        )
    return found


def may_decide(actor: Actor, case: FinancialCase) -> bool:
    """Whether the actor may approve or reject what waits; for display only."""
    return _decider(actor, case) is not None


def _decider(actor: Actor, case: FinancialCase) -> Actor | None:
    """As whom the actor decides; a delegate up to the limit, which is asked of all its costs."""
    costs = case.flows.aggregate(total=Sum("costs"))["total"] or ZERO
    hands = [case.created_by_id, case.submitted_by_id]
    return deciding.as_decider(actor, case.project, rules.CASE, barred=hands, amount=costs)


def _require_state(row: FinancialCase, *states: str) -> None:
    if row.state not in states:
        raise Invalid(
            "finance.case_state",
            f"Financial case {row.number} is {row.get_state_display().lower()}, and no more to be "
            "changed or decided so.",
        )


def _created(
    actor: Actor, project: Project, state: str, first_year: int, rate_pct: Decimal, reason: str
) -> FinancialCase:
    last = FinancialCase.objects.filter(project=project).order_by("-number").first()
    case = FinancialCase(
        project=project,
        number=(last.number if last else 0) + 1,
        state=state,
        currency=project.currency,
        first_year=first_year,
        rate_pct=rate_pct,
        reason=reason.strip(),
    )
    core.create(
        actor=actor, obj=case, names=TOLD, reason=reason.strip(), office_id=project.office_id
    )
    return case


def _step(actor: Actor, case: FinancialCase, state: str, reason: str) -> None:
    values = {
        "state": state,
        "decided_by_id": actor.user_id,
        "decided_at": timezone.now(),
        "decision_reason": reason.strip(),
    }
    _change(actor, case, values, None, f"case.{state}", reason)


def _change(
    actor: Actor,
    case: FinancialCase,
    values: Mapping[str, Any],
    version: int | None,
    action: str,
    reason: str = "",
) -> None:
    core.change(
        actor=actor,
        obj=case,
        values=values,
        version=version,
        action=action,
        reason=reason.strip() or case.reason,
        office_id=case.project.office_id,
    )


def _keep(actor: Actor, case: FinancialCase, flows: Mapping[int, Flows]) -> None:
    """Replace the flows of a case, with an entry in the trail that tells both."""
    before = {row.year: Flows(row.costs, row.benefits) for row in case.flows.all()}
    case.flows.all().delete()
    CaseFlow.objects.bulk_create(
        CaseFlow(case=case, year=year, costs=flow.costs, benefits=flow.benefits)
        for year, flow in sorted(flows.items())
    )
    core.record(
        actor=actor,
        action="case.flows",
        obj=case,
        before=_told(before),
        after=_told(flows),
        reason=case.reason,
        office_id=case.project.office_id,
    )


def _told(flows: Mapping[int, Flows]) -> dict[str, list[str]]:
    return {str(year): [str(flow.costs), str(flow.benefits)] for year, flow in flows.items()}


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(
            "finance.case_reason",
            "Say why the financial case changes.",
            fields={"reason": "Needed."},
        )


def _check_years(project: Project, first_year: int, flows: Mapping[int, Flows]) -> None:
    """Years within the case, costs not below 0, nothing finer than the currency."""
    problems: dict[str, str] = {}
    units = project.currency.minor_units
    last = min(first_year + LONGEST - 1, LAST_YEAR)
    for year, flow in flows.items():
        if not first_year <= year <= last:
            problems[f"year-{year}"] = f"{year} lies outside {first_year} to {last}."
        if flow.costs < 0:
            problems[f"costs-{year}"] = f"Costs of {year}: at least 0."
        if not all(is_stored(amount, units) for amount in flow):
            problems[f"year-{year}"] = (
                f"Amounts of {year}: {project.currency_id} has {units} decimals."
            )
    if not FIRST_YEAR <= first_year <= LAST_YEAR:
        problems["first_year"] = f"{FIRST_YEAR} to {LAST_YEAR}."
    if not any(flow != Flows(ZERO, ZERO) for flow in flows.values()):
        problems["flows"] = "Enter the costs or benefits of at least one year."
    if problems:
        raise Invalid(
            "finance.case_flows",
            "The financial case cannot be kept: " + " ".join(problems.values()),
            fields=problems,
        )
