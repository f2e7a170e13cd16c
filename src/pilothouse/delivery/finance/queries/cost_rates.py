# SPDX-License-Identifier: Apache-2.0
"""Cost rates as those may read them who may see what a person costs (1.4, note 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.costing import CostRates, Worker, price_hours
from pilothouse.delivery.finance.models import CostRate
from pilothouse.delivery.finance.queries.opening import (
    OpenedOffice,
    not_seen,
    office_in_sight,
    row_of_office,
)
from pilothouse.delivery.finance.rates import Rates
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.models import OrgUnit


def open_cost_rates(
    actor: Actor, office_id: int, *, voided: bool = False
) -> tuple[OpenedOffice, QuerySet[CostRate]]:
    """An office with those of its cost rates that the actor may read, by whom they are of.

    Who reads them in a unit alone sees those of its people, and no rate of a role.
    Raises: NotFound for an office out of sight, NotAllowed without R on cost_rate in it.
    """
    opened = office_in_sight(actor, office_id)
    rows = CostRate.objects.filter(office=opened.office).select_related("person")
    if not opened.may(rules.COST_RATE, "R"):
        rows = rows.filter(_of_units(opened))
    if not voided:
        rows = rows.filter(voided=False)
    return opened, rows.order_by(
        "role", "person__full_name", "person_id", "kind", "valid_from", "pk"
    )


def workers_of(rows: QuerySet[CostRate]) -> dict[str, tuple[str, Worker]]:
    """Key → name and worker: those whose rates these are, and nobody else."""
    found = {}
    for row in rows:
        kind = row.get_kind_display()
        key = f"{row.person_id or ''}.{row.kind}.{row.role}"
        found[key] = (f"{row.person or row.role}, {kind.lower()}", _worker(row))
    return dict(sorted(found.items(), key=lambda item: item[1][0].casefold()))


def _worker(row: CostRate) -> Worker:
    return Worker(row.person_id, row.role, row.kind)


@dataclass(frozen=True, slots=True)
class Priced:
    """What hours of a day cost, by which rate."""

    hours: Decimal
    day: date
    rate: CostRate
    cost: Decimal
    currency: str


def price_of(
    opened: OpenedOffice, worker: Worker, day: date, hours: Decimal, currency: str
) -> Priced:
    """What work of a day costs in a currency.

    ``worker`` is one of ``workers_of`` rates that the actor may read. Raises: Invalid where the day
    has no cost rate or no exchange rate.
    """
    costs = CostRates(opened.office)
    cost = price_hours(costs, Rates(opened.office), worker, {day: hours}, currency)
    return Priced(hours, day, costs.rate_of(worker, day), cost, currency)


def cost_rate_of(actor: Actor, rate_id: int) -> tuple[OpenedOffice, CostRate]:
    """One cost rate of an office in sight. Raises: NotFound, NotAllowed."""
    rows = CostRate.objects.select_related("office", "person")
    return row_of_office(actor, rows, rate_id, rules.COST_RATE)


def _of_units(opened: OpenedOffice) -> Q:
    """Rates of the people of those units, with what is below, in which the actor reads them."""
    units = opened.grants.reach(rules.COST_RATE, "R").ids("org_unit")
    paths = OrgUnit.objects.filter(pk__in=units, office_id=opened.office.pk)
    found = Q(pk__in=[])
    for path in paths.values_list("path", flat=True):
        found |= Q(
            person__membership__org_unit__path__gte=path,
            person__membership__org_unit__path__lt=path + "~",
        )
    if found == Q(pk__in=[]):
        raise not_seen(opened.office)
    return found
