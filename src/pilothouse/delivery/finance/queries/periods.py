# SPDX-License-Identifier: Apache-2.0
"""Fiscal periods by day. A day without a period is an error that says so, never a guess."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import FinancePolicy, FiscalPeriod
from pilothouse.delivery.finance.queries.opening import OpenedOffice, row_of_office
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit


class Periods:
    """The fiscal periods of one office, read once: which one a day lies in."""

    def __init__(self, office_id: int) -> None:
        self.rows = list(FiscalPeriod.objects.filter(office_id=office_id).order_by("first"))
        self._firsts = [row.first for row in self.rows]
        self.by_id = {row.pk: row for row in self.rows}

    def on(self, day: date) -> FiscalPeriod | None:
        """The period that a day lies in."""
        place = bisect_right(self._firsts, day) - 1
        found = self.rows[place] if place >= 0 else None
        return found if found is not None and day <= found.last else None

    def need(self, day: date) -> FiscalPeriod:
        """As ``on``. Raises: Invalid ``finance.no_period`` where no period holds the day."""
        found = self.on(day)
        if found is None:
            raise Invalid(
                "finance.no_period",
                f"No fiscal period holds {day:%Y-%m-%d}. Finance opens the year that it lies in.",
                fields={"period": "No fiscal period holds this day."},
            )
        return found

    def need_open(self, day: date) -> FiscalPeriod:
        """As ``need``. Raises: Invalid ``finance.period_closed`` where it is closed."""
        found = self.need(day)
        require_open(found)
        return found

    def next_open(self, day: date) -> FiscalPeriod | None:
        """The open period that holds a day or comes next, else the last open one, if any is."""
        opened = [row for row in self.rows if row.is_open]
        return next((row for row in opened if row.last >= day), opened[-1] if opened else None)

    def after(self, period: FiscalPeriod) -> FiscalPeriod | None:
        """The next period."""
        place = bisect_right(self._firsts, period.first)
        return self.rows[place] if place < len(self.rows) else None


def require_open(period: FiscalPeriod) -> None:
    """Raises Invalid ``finance.period_closed`` unless things can be posted into the period."""
    if not period.is_open:
        raise Invalid(
            "finance.period_closed",
            f"Period {period.name} is closed; post into an open one, or ask finance to open it.",
            fields={"period": "Closed."},
        )


def policy_of(office: OrgUnit) -> FinancePolicy:
    """What an office has decided about its money; the defaults, not saved, before it has."""
    return FinancePolicy.objects.filter(office=office).first() or FinancePolicy(office=office)


def period_of(actor: Actor, period_id: int) -> tuple[OpenedOffice, FiscalPeriod]:
    """A fiscal period of an office in sight. Raises: NotFound, NotAllowed."""
    rows = FiscalPeriod.objects.select_related("office", "closed_by")
    return row_of_office(actor, rows, period_id, rules.PERIOD)


def open_periods(office_id: int) -> QuerySet[FiscalPeriod]:
    """The periods of an office that things can be posted into, in order of their days."""
    rows = FiscalPeriod.objects.filter(office_id=office_id, state=FiscalPeriod.State.OPEN)
    return rows.order_by("first")


@dataclass(frozen=True, slots=True)
class PeriodsPage:
    """The periods of an office by year, the latest first, and which of them closes or reopens.

    ``next_year`` is the one that can be opened now; None before there is any.
    """

    years: Sequence[tuple[int, Sequence[FiscalPeriod]]]
    to_close: FiscalPeriod | None
    to_reopen: FiscalPeriod | None
    next_year: int | None


def periods_page(opened: OpenedOffice) -> PeriodsPage:
    """The fiscal calendar of an office."""
    rows = list(
        FiscalPeriod.objects.filter(office=opened.office)
        .select_related("closed_by")
        .order_by("first")
    )
    years: dict[int, list[FiscalPeriod]] = {}
    for row in rows:
        years.setdefault(row.year, []).append(row)
    shut = [row for row in rows if not row.is_open]
    return PeriodsPage(
        sorted(years.items(), reverse=True),
        next((row for row in rows if row.is_open), None),
        shut[-1] if shut else None,
        max(years) + 1 if years else None,
    )
