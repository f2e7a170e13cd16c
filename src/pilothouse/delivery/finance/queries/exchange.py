# SPDX-License-Identifier: Apache-2.0
"""The exchange rates of an office as they are listed."""

from __future__ import annotations

from django.db.models import QuerySet

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import ExchangeRate
from pilothouse.delivery.finance.queries.opening import OpenedOffice, row_of_office
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.models import Currency


def rates_of(
    opened: OpenedOffice, kind: str = "", currency: str = "", *, voided: bool = False
) -> QuerySet[ExchangeRate]:
    """Rates of an office, the latest first; of one kind, or with one currency on either side."""
    rows = ExchangeRate.objects.filter(office=opened.office).select_related("created_by")
    if not voided:
        rows = rows.filter(voided=False)
    if kind in ExchangeRate.Kind.values:
        rows = rows.filter(kind=kind)
    if currency:
        rows = rows.filter(from_currency=currency) | rows.filter(to_currency=currency)
    return rows.order_by("-valid_from", "kind", "from_currency", "to_currency", "pk")


def rate_of_office(actor: Actor, rate_id: int) -> tuple[OpenedOffice, ExchangeRate]:
    """One rate of an office in sight. Raises: NotFound, NotAllowed."""
    rows = ExchangeRate.objects.select_related("office")
    return row_of_office(actor, rows, rate_id, rules.EXCHANGE_RATE)


def currency_codes() -> list[str]:
    """The currencies that are kept."""
    return list(Currency.objects.values_list("code", flat=True))
