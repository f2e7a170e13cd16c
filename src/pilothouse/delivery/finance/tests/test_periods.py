# SPDX-License-Identifier: Apache-2.0
"""Opening fiscal years, and what an office decides about its money."""

from datetime import date
from decimal import Decimal

import pytest

from pilothouse.delivery.finance.models import FinancePolicy, FiscalPeriod
from pilothouse.delivery.finance.queries.periods import Periods, policy_of
from pilothouse.delivery.finance.services.periods import open_year, save_policy
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent

pytestmark = pytest.mark.django_db


def opened(cast, year, who="femi"):
    return open_year(actor=cast.people[who].actor(), office=cast.office, year=year)


def policy(cast, who="femi", version=1, **values):
    return save_policy(
        actor=cast.people[who].actor(), office=cast.office, values=values, version=version
    )


def test_a_year_is_twelve_months_without_gap_and_overlap(cast):
    rows = opened(cast, 2026)

    assert [row.name for row in rows][::11] == ["2026-01", "2026-12"]
    assert (rows[0].first, rows[1].last) == (date(2026, 1, 1), date(2026, 2, 28))
    assert Periods(cast.office.pk).need(date(2026, 12, 31)).number == 12
    event = AuditEvent.objects.get(action="fiscalperiod.open_year")
    assert event.after["periods"] == 12


def test_a_fiscal_year_is_named_by_the_year_it_ends_in(cast):
    policy(cast, year_begins=4)

    rows = opened(cast, 2026)

    assert (rows[0].first, rows[-1].last) == (date(2025, 4, 1), date(2026, 3, 31))
    assert (rows[0].number, rows[-1].name) == (1, "2026-03")


def test_years_are_opened_forwards_and_backwards_in_order(cast):
    opened(cast, 2026)
    opened(cast, 2027)
    opened(cast, 2025)

    assert FiscalPeriod.objects.filter(office=cast.office).count() == 36


@pytest.mark.parametrize(
    "year, code", [(2026, "year_overlap"), (2028, "year_gap"), (2024, "year_gap"), (1950, "year")]
)
def test_a_year_that_overlaps_or_leaves_a_gap_is_refused(cast, year, code):
    opened(cast, 2026)

    with pytest.raises(Invalid) as refused:
        opened(cast, year)

    assert refused.value.code == f"finance.{code}"
    assert FiscalPeriod.objects.count() == 12


@pytest.mark.parametrize("who", ["ada", "piet", "rosa", "sam", "tess", "otto", "nia"])
def test_only_finance_opens_a_year_and_decides_the_policy(cast, who):
    with pytest.raises(NotAllowed):
        opened(cast, 2026, who)
    with pytest.raises(NotAllowed):
        policy(cast, who, funding_check="warn")

    assert not FiscalPeriod.objects.exists()
    assert not FinancePolicy.objects.exists()


def test_a_policy_is_made_once_and_changed_by_its_version(cast):
    made = policy(cast, funding_check="warn", variance_pct=Decimal(15))
    policy(cast, version=made.version, actual_rate="month")

    kept = policy_of(cast.office)
    assert (kept.funding_check, kept.actual_rate, kept.variance_pct) == ("warn", "month", 15)
    assert kept.version == 3
    with pytest.raises(Conflict):
        policy(cast, version=1, funding_check="block")


def test_the_month_that_years_begin_in_stays_once_one_is_open(cast):
    opened(cast, 2026)

    with pytest.raises(Invalid, match="the month in which they begin stays"):
        policy(cast, year_begins=4)

    assert policy_of(cast.office).year_begins == 1


def test_what_no_policy_is_is_refused_at_its_field(cast):
    with pytest.raises(Invalid) as refused:
        policy(cast, pm_contingency_pct=Decimal(101))

    assert set(refused.value.fields) == {"pm_contingency_pct"}
    assert not FinancePolicy.objects.exists()


def test_a_day_before_the_first_period_is_an_error(cast):
    opened(cast, 2026)

    with pytest.raises(Invalid, match="No fiscal period holds 2025-12-31"):
        Periods(cast.office.pk).need(date(2025, 12, 31))
