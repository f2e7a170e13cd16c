# SPDX-License-Identifier: Apache-2.0
"""Who may see and change the money of a project and of an office."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pilothouse.delivery.finance.models import LedgerCorrection
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES, classified, project_scopes
from pilothouse.delivery.projects.rules.sight import deciding_as
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import (
    Grants,
    Scope,
    allowed_as,
    grants_of,
    in_place_of,
    people_in_role,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes

BUDGET, FUNDING, DRAW = "budget", "funding_release", "contingency_draw"
FORECAST = "forecast"
COMMITMENT, ACTUAL, ACCRUAL = "commitment", "actual", "accrual"
EXCHANGE_RATE, IMPORT, COST_RATE = "fx_rate", "ledger_import", "cost_rate"
PERIOD, POLICY, ACCOUNT_RULE = "fiscal_period", "finance_policy", "account_rule"
CASE, BENEFIT = "business_case", "benefit_profile"
"""Object types of the matrix."""


def can(
    actor: Actor, project: Project, kind: str, letter: str, grants: Grants | None = None
) -> bool:
    """Whether the matrix gives the letter on this kind of money of a project."""
    held = classified(grants or grants_of(actor), project)
    return held.allows(kind, letter, project_scopes(project))


def require(actor: Actor, project: Project, kind: str, letter: str, doing: str) -> Actor:
    """Raises NotAllowed that names what the actor was ``doing``; else says as whom."""
    held = classified(grants_of(actor), project)
    allowed = allowed_as(actor, kind, letter, project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "finance.not_allowed",
            f"Your roles do not allow you to {doing} of project {project.code}. "
            "Its project manager and finance can say who may.",
        )
    return allowed


def can_in_office(
    actor: Actor, office: OrgUnit, kind: str, letter: str, grants: Grants | None = None
) -> bool:
    """Whether the matrix gives the letter on this kind of money in the whole office."""
    return (grants or grants_of(actor)).allows(kind, letter, unit_scopes(office))


def require_in_office(actor: Actor, office: OrgUnit, kind: str, letter: str, doing: str) -> Actor:
    """Raises NotAllowed that names what the actor was ``doing``; else says as whom."""
    allowed = allowed_as(actor, kind, letter, unit_scopes(office))
    if allowed is None:
        raise NotAllowed(
            "finance.office_not_allowed",
            f"Your roles do not allow you to {doing} in {office}. Finance may.",
        )
    return allowed


def correction_decider(actor: Actor, correction: LedgerCorrection) -> Actor | None:
    """As whom the actor may approve a correction; None where the actor may not (R-GEN-08).

    Finance of the office, but neither who imported the row nor who proposed its correction; a row
    that an earlier correction posted was keyed by who proposed that one. Where nobody else of
    finance is left it is one level up: the portfolio manager, else the sponsor. Whoever decides in
    somebody's place does so up to the limit of the delegation, by the amount of the row.
    """
    row = correction.actual
    keyed = LedgerCorrection.objects.filter(batch=row.batch).values_list("created_by_id", flat=True)
    barred = (row.batch.created_by_id, correction.created_by_id, *keyed)
    amount = abs(row.amount if row.own_amount is None else row.own_amount)
    held = grants_of(actor).eligible(*barred)
    scopes = unit_scopes(correction.office)
    if row.project is None:
        return allowed_as(actor, ACTUAL, "V", scopes, _up_to(held, "V", amount))
    held = classified(held, row.project)
    finance = _deciding_scopes(row.project, scopes)
    above = _deciding_scopes(row.project, project_scopes(row.project))
    allowed = allowed_as(actor, ACTUAL, "V", finance, _up_to(held, "V", amount))
    return allowed or _one_level_up(actor, held, (finance, above), barred, amount)


def _deciding_scopes(project: Project, within: list[Scope]) -> list[Scope]:
    """Of a confidential project only roles on the project itself decide here (R-GEN-10)."""
    confidential = project.classification == Project.Classification.CONFIDENTIAL
    return [("project", project.pk)] if confidential else within


def _level(
    scopes: tuple[list[Scope], list[Scope]], barred: Iterable[int | None]
) -> tuple[Role, list[tuple[int, str]]] | None:
    """Who is left to decide: finance, else the portfolio manager, else the sponsor (R-GEN-08).

    ``scopes`` are those of finance, and those of the project.
    """
    finance, above = scopes
    today, hands = clock.today(), list(barred)
    for role, within in ((Role.FIN, finance), (Role.PFM, above), (Role.SPO, above)):
        people = people_in_role(role, within, today, hands)
        if people:
            return role, people
    return None


def _one_level_up(
    actor: Actor,
    held: Grants,
    scopes: tuple[list[Scope], list[Scope]],
    barred: Iterable[int | None],
    amount: Decimal | None,
) -> Actor | None:
    """As whom the actor decides where nobody of finance is left; None where somebody is."""
    level = _level(scopes, barred)
    if level is None or level[0] is Role.FIN:
        return None
    return deciding_as(actor, held, scopes[1], (level[0],), amount)


def _up_to(held: Grants, letter: str, amount: Decimal | None) -> Grants:
    """What lets a letter through for an amount; limits are those of delegations."""
    return held.only(lambda grant: grant.passes(letter, amount))


def require_correction(actor: Actor, correction: LedgerCorrection) -> Actor:
    """Raises NotAllowed for those who may not approve it, else says as whom the actor may."""
    allowed = correction_decider(actor, correction)
    if allowed is None:
        raise NotAllowed(
            "finance.correction_role",
            f"{correction} is approved by finance, never by who imported the row nor by who "
            "proposed the correction; where nobody else is left, by the portfolio manager or the "
            "sponsor. In somebody's place it is approved up to the limit of the delegation.",
        )
    return allowed


def is_open(project: Project) -> bool:
    """Whether the money of a project may change; for display."""
    return project.state in OPEN_STATES


def require_open(project: Project) -> None:
    """Budgets, funding and orders change only while their project is open."""
    if project.state not in OPEN_STATES:
        raise Invalid(
            "finance.project_not_open",
            f"Project {project.code} is {project.get_state_display().lower()}; its money no "
            "longer changes.",
        )


def proposing_accruals(
    actor: Actor, project: Project, grants: Grants | None = None
) -> Actor | None:
    """As whom the actor may propose an accrual, or None.

    Whoever has C on accrual, and who manages the project (1.4, note 11).
    """
    held = classified(grants or grants_of(actor), project)
    allowed = allowed_as(actor, ACCRUAL, "C", project_scopes(project), held)
    if allowed is not None:
        return allowed
    within = {("global", 0), *project_scopes(project)}
    people = [
        grant.for_person
        for grant in held.grants
        if grant.role is Role.PM
        and grant.passes("C")
        and (grant.scope_type, grant.scope_id) in within
    ]
    if not people:
        return None
    return actor if None in people else in_place_of(actor, people[:1])


def require_propose_accrual(actor: Actor, project: Project) -> Actor:
    """As ``proposing_accruals``; raises NotAllowed."""
    allowed = proposing_accruals(actor, project)
    if allowed is None:
        raise NotAllowed(
            "finance.accrual_not_allowed",
            f"Only the project manager of {project.code} and finance propose accruals.",
        )
    return allowed


def deciding_accrual(
    actor: Actor,
    project: Project,
    proposed_by: int | None,
    grants: Grants | None = None,
    amount: Decimal | None = None,
) -> Actor | None:
    """As whom the actor may post or reject an accrual; never who proposed it (R-GEN-08).

    Finance; where nobody else of finance is left, one level up: the portfolio manager, else the
    sponsor. ``amount`` counts for limits of delegations.
    """
    held = classified(grants or grants_of(actor), project).eligible(proposed_by)
    scopes = _deciding_scopes(project, project_scopes(project))
    allowed = allowed_as(actor, ACCRUAL, "L", project_scopes(project), _up_to(held, "L", amount))
    return allowed or _one_level_up(actor, held, (scopes, scopes), [proposed_by], amount)


def accrual_deciders(project: Project, proposed_by: int | None) -> str:
    """Who may post or reject an accrual, by name."""
    scopes = _deciding_scopes(project, project_scopes(project))
    level = _level((scopes, scopes), [proposed_by])
    if level is None:
        return "somebody else of finance, a portfolio manager or a sponsor, once one is appointed"
    return ", ".join(name for _, name in level[1])


def require_decide_accrual(
    actor: Actor, project: Project, proposed_by: int | None, amount: Decimal
) -> Actor:
    """As ``deciding_accrual``; raises NotAllowed."""
    allowed = deciding_accrual(actor, project, proposed_by, amount=amount)
    if allowed is not None:
        return allowed
    require(actor, project, ACCRUAL, "L", "post or reject accruals")
    raise NotAllowed(
        "finance.accrual_own",
        "You proposed this accrual, or it is above what you may decide in somebody's place. It is "
        f"posted or rejected by {accrual_deciders(project, proposed_by)}.",
    )
