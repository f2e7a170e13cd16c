# SPDX-License-Identifier: Apache-2.0
"""Cost rates as those may read them who may see what a person costs (1.4, note 9)."""

from __future__ import annotations

from django.db.models import QuerySet

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import CostRate
from pilothouse.delivery.finance.queries.opening import OpenedOffice, row_of_office
from pilothouse.foundation.core.actor import Actor


def cost_rates_of(opened: OpenedOffice, *, voided: bool = False) -> QuerySet[CostRate]:
    """Cost rates of an office, by whom they are of."""
    rows = CostRate.objects.filter(office=opened.office).select_related("person")
    if not voided:
        rows = rows.filter(voided=False)
    return rows.order_by("role", "person__full_name", "person_id", "kind", "valid_from", "pk")


def cost_rate_of(actor: Actor, rate_id: int) -> tuple[OpenedOffice, CostRate]:
    """One cost rate of an office in sight. Raises: NotFound, NotAllowed."""
    rows = CostRate.objects.select_related("office", "person")
    return row_of_office(actor, rows, rate_id, rules.COST_RATE)
