# SPDX-License-Identifier: Apache-2.0
"""What an hour of work costs, and who may see it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from pilothouse.delivery.finance.costing import CostRates, Worker, price_hours
from pilothouse.delivery.finance.models import CostRate, ExchangeRate
from pilothouse.delivery.finance.queries.cost_rates import open_cost_rates
from pilothouse.delivery.finance.rates import Rates
from pilothouse.delivery.finance.services.cost_rates import (
    NewCost,
    end_cost_rate,
    enter_cost_rate,
    void_cost_rate,
)
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.organisation.models import Currency, Membership

pytestmark = pytest.mark.django_db
JUNE_30, JULY_1 = date(2025, 6, 30), date(2025, 7, 1)
YEAR = date(2025, 1, 1)


def enter(cast, amount, first=YEAR, last=None, who="femi", person="tess", role="", **values):
    new = NewCost(
        cast.people[person] if person else None,
        role,
        values.get("kind", "standard"),
        Decimal(amount),
        Currency.objects.get(code=values.get("currency", "EUR")),
        first,
        last,
    )
    return enter_cost_rate(actor=cast.people[who].actor(), office=cast.office, new=new)


def week(hours=8):
    """Monday 30 June 2025 to Friday 4 July."""
    return {JUNE_30 + timedelta(days=number): Decimal(hours) for number in range(5)}


def priced(cast, worker, hours, currency="EUR"):
    return price_hours(CostRates(cast.office), Rates(cast.office), worker, hours, currency)


def test_hours_are_priced_by_the_day_they_were_worked(cast):
    """O-RES-3."""
    enter(cast, "75", last=JUNE_30)
    enter(cast, "82.50", JULY_1)

    assert priced(cast, Worker(cast.tess.pk), {JUNE_30: Decimal(8)}) == 600
    assert priced(cast, Worker(cast.tess.pk), week()) == 600 + 2640 == 3240


def test_the_rate_of_a_person_comes_before_that_of_a_role(cast):
    enter(cast, "60", person="", role="Diver")
    enter(cast, "75", JULY_1)

    assert priced(cast, Worker(cast.tess.pk, "diver"), week()) == 8 * 60 + 4 * 8 * 75


def test_overtime_has_a_rate_of_its_own(cast):
    enter(cast, "75")

    with pytest.raises(Invalid, match="no overtime cost rate for 2025-06-30"):
        priced(cast, Worker(cast.tess.pk, kind="overtime"), week())


def test_a_gap_with_time_in_it_is_an_error(cast):
    enter(cast, "75", last=JUNE_30)

    with pytest.raises(Invalid, match="2025-07-01"):
        priced(cast, Worker(cast.tess.pk), week())


def test_a_rate_in_another_currency_is_taken_over_by_the_day(cast):
    Currency.objects.get_or_create(code="USD", defaults={"name": "US dollar"})
    enter(cast, "100", currency="USD")
    ExchangeRate.objects.create(
        office=cast.office,
        kind="actual",
        from_currency_id="USD",
        to_currency_id="EUR",
        rate=Decimal("0.9"),
        valid_from=YEAR,
    )

    assert priced(cast, Worker(cast.tess.pk), {JULY_1: Decimal("1.5")}) == 135


@pytest.mark.parametrize(
    "first, last", [(YEAR, None), (JUNE_30, None), (date(2024, 1, 1), None), (JUNE_30, JUNE_30)]
)
def test_two_rates_of_one_day_are_refused_naming_both(cast, first, last):
    enter(cast, "75", last=JUNE_30)

    with pytest.raises(Invalid) as refused:
        enter(cast, "80", first, last)

    assert "overlaps that from 2025-01-01 to 2025-06-30" in refused.value.message
    assert CostRate.objects.count() == 1


def test_a_rate_without_an_end_is_ended_before_the_next(cast):
    row = enter(cast, "75")
    with pytest.raises(Invalid, match="without an end"):
        enter(cast, "82.50", JULY_1)

    end_cost_rate(actor=cast.femi.actor(), rate=row, version=1, last=JUNE_30)
    enter(cast, "82.50", JULY_1)

    with pytest.raises(Invalid, match="overlaps"):
        end_cost_rate(actor=cast.femi.actor(), rate=row, version=2, last=None)
    assert CostRate.objects.get(pk=row.pk).valid_to == JUNE_30


def test_a_void_rate_prices_nothing(cast):
    row = enter(cast, "75")
    void_cost_rate(actor=cast.femi.actor(), rate=row, version=1, reason="Another person")

    with pytest.raises(Invalid, match="no standard cost rate"):
        priced(cast, Worker(cast.tess.pk), week())
    with pytest.raises(Invalid, match="is void"):
        end_cost_rate(actor=cast.femi.actor(), rate=row, version=2, last=JUNE_30)


@pytest.mark.parametrize(
    "values, field",
    [
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"amount": "5", "role": "Diver"}, "role"),
        ({"amount": "5", "person": ""}, "role"),
        ({"amount": "5", "person": "nia"}, "person"),
        ({"amount": "5", "last": date(2024, 1, 1)}, "valid_to"),
        ({"amount": "5", "kind": "guess"}, "kind"),
    ],
)
def test_what_no_cost_rate_is_is_refused_at_its_field(cast, values, field):
    with pytest.raises(Invalid) as refused:
        enter(cast, **values)

    assert field in refused.value.fields
    assert not CostRate.objects.exists()


@pytest.mark.parametrize("who", ["ada", "piet", "rosa", "sam", "tess"])
def test_only_finance_enters_cost_rates(cast, who):
    with pytest.raises(NotAllowed):
        enter(cast, "75", who=who)

    assert not CostRate.objects.exists()


def test_cost_rates_are_seen_by_director_resources_and_finance_alone(cast):
    """1.4, note 9: a project manager never sees what one person costs."""
    enter(cast, "75")
    seen = {}
    for name in ("ada", "piet", "rosa", "femi", "sam", "tess", "otto", "nia"):
        try:
            _, rows = open_cost_rates(cast.people[name].actor(), cast.office.pk)
        except (NotAllowed, NotFound):
            continue
        seen[name] = rows.count()

    assert seen == {"ada": 1, "femi": 1, "rosa": 0}


def test_a_resource_manager_sees_the_rates_of_the_people_of_the_unit(cast):
    enter(cast, "75")
    enter(cast, "60", person="piet")
    enter(cast, "50", person="", role="Diver")
    for name, unit in (("tess", cast.unit), ("piet", cast.office)):
        Membership.objects.create(person=cast.people[name], org_unit=unit)

    _, rows = open_cost_rates(cast.rosa.actor(), cast.office.pk)

    assert [row.person for row in rows] == [cast.tess]


def test_the_page_prices_work_of_those_whose_rates_may_be_read(cast, client):
    enter(cast, "75", person="tess", last=JUNE_30)
    enter(cast, "82.50", JULY_1, person="tess")
    enter(cast, "60", person="", role="Diver")
    client.force_login(cast.femi)
    page = reverse("finance:cost-rates", args=[cast.office.pk])
    asked = {"who": f"{cast.tess.pk}.standard.", "day": "2025-07-01", "hours": "8"}

    found = client.get(page, asked | {"currency": "EUR"}).content.decode()
    assert "EUR 660.00" in found
    assert "8.00 hours × EUR 82.50, the rate that holds since 1 Jul 2025" in found
    early = client.get(page, asked | {"currency": "EUR", "day": "2024-12-31"})
    assert (early.status_code, "There is no standard cost rate" in early.content.decode()) == (
        422,
        True,
    )
    nobody = client.get(page, asked | {"currency": "EUR", "who": f"{cast.otto.pk}.standard."})
    assert nobody.status_code == 422


def test_who_reads_the_rates_of_a_unit_prices_nobody_else(cast, client):
    enter(cast, "75", person="tess")
    enter(cast, "90", person="sam")
    enter(cast, "60", person="", role="Diver")
    Membership.objects.create(person=cast.tess, org_unit=cast.unit)
    client.force_login(cast.rosa)
    page = reverse("finance:cost-rates", args=[cast.office.pk])
    asked = {"day": "2025-07-01", "hours": "8", "currency": "EUR"}

    own = client.get(page, asked | {"who": f"{cast.tess.pk}.standard."})
    assert "EUR 600.00" in own.content.decode()
    for who in (f"{cast.sam.pk}.standard.", ".standard.Diver"):
        assert client.get(page, asked | {"who": who}).status_code == 422
