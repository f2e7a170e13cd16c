# SPDX-License-Identifier: Apache-2.0
"""What of the released funding is still free (R-BUD-03), and whether an order fits into it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models import (
    Accrual,
    CostTotal,
    FinancePolicy,
    FundingRelease,
)
from pilothouse.delivery.finance.queries.open_orders import open_orders
from pilothouse.delivery.finance.queries.releases import held_of
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.among import among
from pilothouse.foundation.core.errors import Invalid

ZERO = Decimal(0)
_State = FundingRelease.State
COUNTED = Q(state__in=(_State.RELEASED, _State.EXHAUSTED, _State.LAPSED)) | Q(
    state=_State.WITHDRAWN, released_at__isnull=False
)
"""Releases whose money was set free; what lapsed of them or was withdrawn counts no more."""


@dataclass(frozen=True, slots=True)
class Available:
    """Released − actuals − accruals − open commitments, in the project's currency.

    ``released`` is without what has lapsed by the day, whether that is written down or not.

    ``received`` is what came of orders and is neither invoiced nor accrued: no open commitment
    any more and not yet a cost, it is as little free as either.
    """

    released: Decimal = ZERO
    actuals: Decimal = ZERO
    accruals: Decimal = ZERO
    received: Decimal = ZERO
    commitments: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """What was spent: actuals and accruals."""
        return self.actuals + self.accruals

    @property
    def used(self) -> Decimal:
        """What is spent or promised."""
        return self.cost + self.received + self.commitments

    @property
    def available(self) -> Decimal:
        """What is still free; below 0 where more is spent or promised than was released."""
        return self.released - self.used


@dataclass(frozen=True, slots=True)
class Check:
    """Whether an amount may be committed; ``warning`` says what is above, empty where it fits."""

    available: Available
    amount: Decimal
    allowed: bool
    warning: str

    @property
    def left(self) -> Decimal:
        """What is free once the amount is committed."""
        return self.available.available - self.amount

    def require(self) -> None:
        """Raises Invalid ``finance.above_funding`` where the amount may not be committed."""
        if not self.allowed:
            raise Invalid(
                "finance.above_funding",
                f"{self.warning} Release funding first, or commit less.",
                fields={"amount": self.warning},
            )


def available(project: Project, day: date | None = None) -> Available:
    """What of the funding of one project is free on a day, today without one."""
    return available_of([project.pk], day)[project.pk]


def check_available(project: Project, amount: Decimal, day: date | None = None) -> Check:
    """Whether an amount of the project's currency may be committed besides what is open.

    Above what is available it is refused or flagged, as the policy of the office says.
    """
    found = available(project, day)
    if amount <= found.available:
        return Check(found, amount, True, "")
    policy = FinancePolicy.objects.filter(office_id=project.office_id).first()
    blocked = policy is None or policy.funding_check == FinancePolicy.FundingCheck.BLOCK
    unit = project.currency_id
    told = (
        f"{unit} {amount:,.2f} is above the {unit} {found.available:,.2f} that is available of "
        f"project {project.code}."
        if found.released
        else f"No funding of project {project.code} is released yet."
    )
    return Check(found, amount, not blocked, told)


def available_of(project_ids: Collection[int], day: date | None = None) -> dict[int, Available]:
    """As ``available`` for many projects of an office, in as many queries whatever their number."""
    day = day or clock.today()
    actuals = _sums(CostTotal.objects.all(), project_ids, F("actual"))
    accruals = _sums(Accrual.objects.standing(day), project_ids, F("own_amount"))
    commitments, received = _orders(project_ids, day)
    releases: defaultdict[int, list[FundingRelease]] = defaultdict(list)
    for row in FundingRelease.objects.filter(project_id__in=project_ids):
        releases[row.project_id].append(row)
    found = {}
    for pk in project_ids:
        free = Available(ZERO, actuals[pk], accruals[pk], received[pk], commitments[pk])
        held = held_of(releases[pk], free.used, free.cost, day)
        released = sum((one.counted - one.lapsing for one in held), ZERO)
        found[pk] = replace(free, released=released)
    return found


def released_of(project_ids: Collection[int]) -> defaultdict[int, Decimal]:
    """Project → what was released of its funding, less what was written down as lapsed."""
    return _sums(FundingRelease.objects.filter(COUNTED), project_ids, F("amount") - F("lapsed"))


def _sums(
    rows: QuerySet[FundingRelease] | QuerySet[CostTotal] | QuerySet[Accrual],
    project_ids: Collection[int],
    amount: object,
) -> defaultdict[int, Decimal]:
    found = rows.filter(project_id__in=among(project_ids)).order_by().values_list("project_id")
    total = Sum(amount, output_field=MoneyField())
    return defaultdict(Decimal, found.annotate(total=total).values_list("project_id", "total"))


def _orders(
    project_ids: Collection[int], day: date
) -> tuple[defaultdict[int, Decimal], defaultdict[int, Decimal]]:
    """What is open of orders, and what came of them and is no cost yet, by project."""
    still_open: defaultdict[int, Decimal] = defaultdict(Decimal)
    came_in: defaultdict[int, Decimal] = defaultdict(Decimal)
    for row in open_orders(project_ids, day):
        for line in row.lines:
            still_open[row.order.project_id] += line.own_open
            came_in[row.order.project_id] += line.own_due
    return still_open, came_in
