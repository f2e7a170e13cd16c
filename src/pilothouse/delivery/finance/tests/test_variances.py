# SPDX-License-Identifier: Apache-2.0
"""Why cost is off its budget, part by part, and what is left of the contingency."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from cast import appoint
from pilothouse.delivery.finance.models import Accrual, Actual, BudgetLine
from pilothouse.delivery.finance.queries.budgets import BudgetTotals
from pilothouse.delivery.finance.queries.overview import MoneyPage, Spread
from pilothouse.delivery.finance.queries.streams import Stream
from pilothouse.delivery.finance.queries.variances import variances_of
from pilothouse.delivery.finance.services.streams import restream
from pilothouse.delivery.finance.tests.books import DAY, Books
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db
MAY = date(2026, 5, 1)


@pytest.fixture
def books(cast):
    """Divers in dollars as O-FX-1 has them (95,000 at 1.10, 100,000 at 1.15), and a crane."""
    Currency.objects.get_or_create(code="USD", defaults={"name": "Dollar"})
    found = Books(cast)
    found.budget(95_000, month=3)
    BudgetLine.objects.update(own_amount=Decimal(104_500))
    found.actual(100_000)
    Actual.objects.update(constant_amount=Decimal(110_000), own_amount=Decimal(115_000))
    return found


def test_a_part_is_off_its_budget_by_price_and_by_exchange(books, cast):
    found = variances_of(cast.harbour, MAY)

    (row,) = found.rows
    off = row.variance
    assert row.part.category == "services"
    assert (off.budget, off.constant, off.actual) == (104_500, 110_000, 115_000)
    assert (off.price_volume, off.exchange, off.total) == (5_500, 5_000, 10_500)


def test_only_periods_that_are_over_count_and_an_accrual_until_it_is_turned_back(books, cast):
    books.accrue(15, month=3)
    Accrual.objects.update(constant_amount=Decimal(14))

    assert variances_of(cast.harbour, date(2026, 3, 31)).rows == []
    (march,) = variances_of(cast.harbour, date(2026, 4, 1)).rows
    assert (march.variance.actual, march.variance.constant) == (115_015, 110_014)
    (april,) = variances_of(cast.harbour, MAY).rows
    assert april.variance.actual == 115_000


def test_the_page_shows_the_parts_to_who_sees_cost_alone(books, cast, client):
    restream([cast.harbour.pk], DAY)
    appoint(
        cast.otto,
        Role.FOW,
        ("project", cast.harbour.pk),
        cast.office.pk,
        project_scopes(cast.harbour),
    )
    page = reverse("finance:money", args=[cast.harbour.pk])

    client.force_login(cast.piet)
    text = client.get(page).content.decode()
    assert "Why cost is off its budget" in text
    assert "5,500.00" in text and "5,000.00" in text
    client.force_login(cast.otto)
    assert "Why cost is off its budget" not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("drawn", "to_come", "even", "ratio", "colour"),
    [
        (20, 500, 30, Decimal(40) / 30, "green"),
        (20, 750, 45, Decimal(40) / 45, "amber"),
        (30, 750, 45, Decimal(30) / 45, "red"),
        (20, 0, 0, None, ""),
    ],
)
def test_the_contingency_is_held_against_an_even_use(drawn, to_come, even, ratio, colour):
    zero = Decimal(0)
    budget = BudgetTotals(
        budget_id=1,
        currency="EUR",
        distributed=Decimal(900),
        undistributed=zero,
        contingency=Decimal(60),
        management_reserve=Decimal(40),
        contingency_drawn=Decimal(drawn),
        reserve_drawn=zero,
    )
    stream = Stream(actual=Decimal(1000 - to_come), to_come=Decimal(to_come))
    page = MoneyPage(Spread(stream, [], [], []), budget, None, None, None)

    found = page.contingency

    assert (found.left, found.even) == (60 - drawn, even)
    assert (found.adequacy.ratio, found.adequacy.colour) == (ratio, colour)
