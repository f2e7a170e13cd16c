# SPDX-License-Identifier: Apache-2.0
"""Who decides on budgets, draws and funding: the A of the matrix without those who submitted.

Finance endorses and decides nothing (note 4); the project manager decides on draws within the own
limit alone (note 10); the management reserve is the steering committee's (R-BUD-04). Where nobody
else is left, the director of the office decides (R-GEN-08).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Sum

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import (
    Budget,
    ContingencyDraw,
    FinancePolicy,
    Forecast,
    FundingRelease,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import (
    classified,
    decides_on_project,
    manages,
    project_scopes,
)
from pilothouse.foundation.access.matrix import Role, matrix
from pilothouse.foundation.access.queries import allowed_as, grants_of, people_in_role
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.core.models import AuditEvent

ENDORSES, OWN_LIMIT = 4, 10
"""Notes of the matrix that make an A less than a decision."""
FUNDING_CHANGED = "fundingrelease.update"
"""What the trail calls a change of funding that is only proposed."""
Barred = Iterable[int | None]


def business_roles(kind: str) -> tuple[Role, ...]:
    """The roles whose A on this kind of money is a decision without a limit."""
    return tuple(
        role
        for role, rights in matrix()[kind].items()
        if any(
            right.letter == "A" and not {ENDORSES, OWN_LIMIT} & set(right.notes) for right in rights
        )
    )


def as_decider(
    actor: Actor,
    project: Project,
    kind: str,
    *,
    barred: Barred = (),
    amount: Decimal | None = None,
    roles: tuple[Role, ...] = (),
) -> Actor | None:
    """As whom the actor decides on this kind of money of a project, or None."""
    chosen = roles or business_roles(kind)
    hands = list(barred)
    found = decides_on_project(actor, project, chosen, barred=hands, amount=amount)
    if found is not None or actor.is_system:
        return found
    director = decides_on_project(actor, project, (Role.DIR,), barred=hands, amount=amount)
    if director is None or _somebody(project, chosen, [*hands, actor.user_id]):
        return None
    return director


def _somebody(project: Project, roles: tuple[Role, ...], barred: list[int | None]) -> bool:
    """Whether anybody else could decide."""
    scopes, day = project_scopes(project), clock.today()
    managers = [pk for pk, _ in people_in_role(Role.PM, scopes, day)]
    hands = [*barred, *managers, project.pm_id]
    return any(people_in_role(role, scopes, day, hands) for role in roles)


def as_endorser(actor: Actor, budget: Budget, amount: Decimal) -> Actor | None:
    """As whom the actor endorses a budget: finance, who neither submitted nor manages it."""
    barred = [budget.submitted_by_id]
    return decides_on_project(actor, budget.project, (Role.FIN,), barred=barred, amount=amount)


def as_approver(actor: Actor, budget: Budget, amount: Decimal) -> Actor | None:
    """As whom the actor approves a budget. Who endorsed it may where a role of business says so."""
    return as_decider(
        actor, budget.project, rules.BUDGET, barred=[budget.submitted_by_id], amount=amount
    )


def as_forecast_endorser(actor: Actor, forecast: Forecast) -> Actor | None:
    """As whom the actor endorses a forecast: finance, who neither submitted nor manages it."""
    barred = [forecast.submitted_by_id]
    return decides_on_project(
        actor, forecast.project, (Role.FIN,), barred=barred, amount=forecast.eac
    )


def as_forecast_approver(actor: Actor, forecast: Forecast) -> Actor | None:
    """As whom the actor approves a forecast: programme or portfolio manager."""
    barred = [forecast.submitted_by_id]
    return as_decider(actor, forecast.project, rules.FORECAST, barred=barred, amount=forecast.eac)


def as_finance(actor: Actor, project: Project) -> Actor | None:
    """As whom the actor changes a budget for finance, or None."""
    held = classified(grants_of(actor), project)
    finance = held.only(lambda grant: grant.role is Role.FIN)
    return allowed_as(actor, rules.BUDGET, "U", project_scopes(project), finance)


def own_limit(project: Project, budget: Budget) -> Decimal:
    """Up to what the project manager draws on the contingency of a budget, all draws together."""
    policy = FinancePolicy.objects.filter(office_id=project.office_id).first()
    pct = (policy or FinancePolicy()).pm_contingency_pct
    return budget.contingency * Decimal(pct) / 100


def own_drawn(budget: Budget) -> Decimal:
    """What managers have drawn on a budget within their limit."""
    own = budget.draws.filter(state=ContingencyDraw.State.APPROVED, own_limit=True)
    return own.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def require_drawer(actor: Actor, draw: ContingencyDraw) -> tuple[Actor, bool]:
    """As whom the actor decides on a draw, and whether that is within the manager's own limit.

    Raises: NotAllowed saying who may.
    """
    project = draw.project
    if draw.reserve == ContingencyDraw.Reserve.MANAGEMENT:
        return _as_committee(actor, draw), False
    limit = own_limit(project, draw.budget)
    held = classified(grants_of(actor), project).only(lambda grant: grant.passes("A", draw.amount))
    allowed = allowed_as(actor, rules.DRAW, "A", project_scopes(project), held)
    if allowed is not None and manages(actor, project):
        drawn = own_drawn(draw.budget)
        if drawn + draw.amount <= limit:
            return allowed, True
        unit = project.currency_id
        raise NotAllowed(
            "finance.draw_above_limit",
            f"Draw {draw.number} takes {unit} {draw.amount:,.2f}; of the contingency its manager "
            f"decides on {unit} {limit:,.2f} in all, of which {unit} {drawn:,.2f} is drawn. "
            "The sponsor may approve it.",
        )
    found = as_decider(actor, project, rules.DRAW, barred=[draw.created_by_id], amount=draw.amount)
    if found is None:
        raise NotAllowed(
            "finance.draw_decision",
            f"Your roles do not approve draw {draw.number} of project {project.code}. Its sponsor "
            "may, and whoever submitted it never does beyond the manager's own limit.",
        )
    return found, False


def _as_committee(actor: Actor, draw: ContingencyDraw) -> Actor:
    found = as_decider(
        actor,
        draw.project,
        rules.DRAW,
        barred=[draw.created_by_id],
        amount=draw.amount,
        roles=(Role.SCM,),
    )
    if found is None:
        raise NotAllowed(
            "finance.reserve_decision",
            f"Draw {draw.number} is on the management reserve of project {draw.project.code}; its "
            "steering committee decides on it.",
        )
    return found


def hands_in(releases: Iterable[FundingRelease]) -> dict[int, frozenset[int | None]]:
    """Release → who proposed it, and who changed it while it was proposed (R-GEN-08)."""
    found: dict[int, set[int | None]] = {row.pk: {row.created_by_id} for row in releases}
    changes = AuditEvent.objects.filter(
        object_type=FundingRelease._meta.model_name,
        object_id__in=list(found),
        action=FUNDING_CHANGED,
    ).order_by()
    for number, *people in changes.values_list("object_id", "actor_id", "on_behalf_of_id"):
        found[number].update(people)
    return {number: frozenset(people) for number, people in found.items()}


def as_funder(actor: Actor, release: FundingRelease) -> Actor | None:
    """As whom the actor decides for the gate on a release of funding, or None."""
    return as_decider(
        actor,
        release.project,
        rules.FUNDING,
        barred=hands_in([release])[release.pk],
        amount=release.amount,
    )


def require_funder(actor: Actor, release: FundingRelease) -> Actor:
    """As ``as_funder``; raises NotAllowed."""
    found = as_funder(actor, release)
    if found is None:
        raise NotAllowed(
            "finance.funding_decision",
            f"Your roles do not decide on funding {release.number} of project "
            f"{release.project.code}. Its sponsor may; whoever proposed or changed it and the "
            "project manager never do.",
        )
    return found


def proposes_funding(actor: Actor, project: Project, also: str = "") -> bool:
    """Whether the matrix lets the actor propose funding, or gives the letter ``also``."""
    return bool(_letter(actor, project, also))


def require_proposer(actor: Actor, project: Project, also: str = "") -> Actor:
    """As whom the actor proposes funding; raises NotAllowed."""
    letter = _letter(actor, project, also) or "S"
    return rules.require(actor, project, rules.FUNDING, letter, "propose funding")


def _letter(actor: Actor, project: Project, also: str) -> str:
    held = grants_of(actor)
    for letter in ("C", "S", also):
        if letter and rules.can(actor, project, rules.FUNDING, letter, held):
            return letter
    return ""
