# SPDX-License-Identifier: Apache-2.0
"""What the tests of money begin with: a fiscal year of months."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from pilothouse.delivery.finance.models import FiscalPeriod
from pilothouse.foundation.organisation.models import OrgUnit


def months(office: OrgUnit, year: int) -> dict[int, FiscalPeriod]:
    """Twelve open periods of a calendar year, by the number of the month."""
    return {
        month: FiscalPeriod.objects.create(
            office=office,
            year=year,
            number=month,
            name=f"{year}-{month:02}",
            first=date(year, month, 1),
            last=date(year, month, monthrange(year, month)[1]),
        )
        for month in range(1, 13)
    }
