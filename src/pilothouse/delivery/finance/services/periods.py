# SPDX-License-Identifier: Apache-2.0
"""Opening fiscal years, and what an office has decided about its money."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import FinancePolicy, FiscalPeriod
from pilothouse.delivery.finance.queries.periods import policy_of
from pilothouse.delivery.finance.services.keeping import change, create, lock_office
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.plausible import FIRST_YEAR, LAST_YEAR
from pilothouse.foundation.organisation.models import OrgUnit

POLICY_FIELDS = (
    *("funding_check", "pm_contingency_pct", "year_begins", "actual_rate"),
    *("variance_pct", "variance_amount"),
)


@transaction.atomic
def open_year(*, actor: Actor, office: OrgUnit, year: int) -> list[FiscalPeriod]:
    """Open the twelve months of a fiscal year, named by the year it ends in.

    Who: C on fiscal_period. Writes: FiscalPeriod. Raises: Invalid where the year overlaps one that
    is there, or would leave a gap.
    """
    allowed = rules.require_in_office(actor, office, rules.PERIOD, "C", "open a fiscal year")
    lock_office(office)
    if not FIRST_YEAR < year < LAST_YEAR:
        message = f"A fiscal year lies between {FIRST_YEAR + 1} and {LAST_YEAR - 1}."
        raise Invalid("finance.year", message, fields={"year": message})
    months = _months(year, policy_of(office).year_begins)
    _require_adjoining(office, year, months[0], months[-1])
    rows = [
        FiscalPeriod(
            office=office,
            year=year,
            number=number,
            name=f"{first:%Y-%m}",
            first=first,
            last=_last(first),
            created_by_id=allowed.user_id,
            updated_by_id=allowed.user_id,
        )
        for number, first in enumerate(months, start=1)
    ]
    made = FiscalPeriod.objects.bulk_create(rows)
    core.record(
        actor=allowed,
        action="fiscalperiod.open_year",
        obj=made[0],
        after={"year": year, "first": made[0].first, "last": made[-1].last, "periods": len(made)},
        office_id=office.pk,
    )
    return made


@transaction.atomic
def save_policy(
    *, actor: Actor, office: OrgUnit, values: Mapping[str, Any], version: int | None
) -> FinancePolicy:
    """Decide how funding is checked, which rates count, and which variances ask for a reason.

    Who: U on finance_policy. Writes: FinancePolicy. Raises: Invalid, Conflict; the month in which
    years begin stays once one is open.
    """
    allowed = rules.require_in_office(actor, office, rules.POLICY, "U", "change the finance policy")
    lock_office(office)
    row = policy_of(office)
    chosen = {name: values[name] for name in POLICY_FIELDS if name in values}
    begins = chosen.get("year_begins", row.year_begins)
    if begins != row.year_begins and FiscalPeriod.objects.filter(office=office).exists():
        message = (
            "Fiscal years are open already; the month in which they begin stays, so that no day "
            "lies in two periods or in none."
        )
        raise Invalid("finance.year_begins", message, fields={"year_begins": message})
    if row.pk is None:
        core.require_version(row, version)
        for name, value in chosen.items():
            setattr(row, name, value)
        row.version += 1
        return create(actor=allowed, obj=row, names=POLICY_FIELDS, office_id=office.pk)
    change(actor=allowed, obj=row, values=chosen, version=version, office_id=office.pk)
    return row


def _months(year: int, begins: int) -> list[date]:
    """First days of the months of the fiscal year that ends in a year."""
    start = year if begins == 1 else year - 1
    places = [begins - 1 + number for number in range(12)]
    return [date(start + place // 12, place % 12 + 1, 1) for place in places]


def _last(first: date) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1])


def _require_adjoining(office: OrgUnit, year: int, first: date, month: date) -> None:
    """The year is new, and its days follow those that are there or come just before them."""
    there = list(FiscalPeriod.objects.filter(office=office).order_by("first"))
    if not there:
        return
    known = f"{there[0].first:%Y-%m-%d} to {there[-1].last:%Y-%m-%d}"
    last = _last(month)
    if first <= there[-1].last and last >= there[0].first:
        message = f"Days of the year {year} lie in periods that are open already ({known})."
        raise Invalid("finance.year_overlap", message, fields={"year": message})
    one = timedelta(days=1)
    if first != there[-1].last + one and last + one != there[0].first:
        message = f"The year {year} would leave a gap beside {known}; open the years in order."
        raise Invalid("finance.year_gap", message, fields={"year": message})
