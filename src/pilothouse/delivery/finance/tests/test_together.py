# SPDX-License-Identifier: Apache-2.0
from datetime import date
from decimal import Decimal

import pytest

from cast import appoint, make_project
from pilothouse.delivery.finance.models import (
    ExchangeRate,
    FinancialCase,
    FiscalPeriod,
    Forecast,
    ForecastLine,
)
from pilothouse.delivery.finance.queries.available import available
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.queries.overview import money_page
from pilothouse.delivery.finance.queries.streams import Stream, streams_of, whole
from pilothouse.delivery.finance.queries.together import money_together
from pilothouse.delivery.finance.services.streams import restream
from pilothouse.delivery.finance.services.valuing import worth_together
from pilothouse.delivery.finance.tasks import settle
from pilothouse.delivery.finance.tests.books import DAY, Books
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(cast):
    cast.office.default_currency_id = "EUR"
    cast.office.save()
    return Books(cast)


def dollars(books, cast, code="CRANE"):
    """A project of the same portfolio that counts in dollars: budget 1,000, cost 200."""
    Currency.objects.get_or_create(code="USD", defaults={"name": "Dollar"})
    project = make_project(cast.portfolio, code, "Crane", currency_id="USD")
    books.budget(1000, month=3, project=project, currency_id="USD")
    books.actual(200, project=project, currency_id="USD")
    restream([project.pk], DAY)
    return project


def rate(cast, kind, value):
    ExchangeRate.objects.create(
        office=cast.office,
        kind=kind,
        from_currency_id="USD",
        to_currency_id="EUR",
        rate=Decimal(value),
        valid_from=date(2026, 1, 1),
    )


def test_a_project_shows_what_it_may_cost_has_cost_and_will_cost(books, cast):
    books.release(900)
    books.budget(1000, month=3)
    books.actual(100)
    books.order(70)
    books.accrue(20, month=3)
    restream([cast.harbour.pk], date(2026, 12, 31))

    page = money_page(open_project(cast.ada.actor(), cast.harbour.pk, "budget"))

    assert page.spread.whole == Stream(1000, 70, 100, 0, 100, to_come=Decimal(900))
    assert (page.outlook, page.left, page.budget.bac) == (1000, 0, 1000)
    assert page.funding.released == 900
    assert [month.period.number for month in page.spread.months] == [3, 4, 12]
    assert page.spread.months[-1].so_far == page.spread.whole
    assert [(row.key, row.stream.budget) for row in page.spread.categories] == [("services", 1000)]
    assert [(row.key, row.stream.budget) for row in page.spread.natures] == [("capex", 1000)]


def test_projects_of_two_currencies_are_one_at_the_kinds_of_rate(books, cast):
    books.budget(1000, month=3)
    books.actual(100)
    restream([cast.harbour.pk], DAY)
    crane = dollars(books, cast)
    rate(cast, "budget", "0.90")
    rate(cast, "actual", "0.95")
    rate(cast, "closing", "0.80")

    page = money_together(cast.ada.actor(), cast.portfolio, DAY)

    # Budget 1,000 + 900, actual 100 + 190, constant 100 + 180, to come 900 + 640.
    assert page.spread.whole == Stream(
        budget=Decimal(1900),
        actual=Decimal(290),
        constant=Decimal(280),
        to_come=Decimal(1540),
    )
    assert (page.budgeted, page.outlook, page.problems) == (1900, 1830, [])
    rows = {row.project.code: row for row in page.rows}
    assert rows["CRANE"].outlook == 1000
    assert rows["CRANE"].over_pct == 0
    assert page.currency == "EUR"
    assert crane.code in rows


def test_a_missing_rate_is_told_and_its_amounts_are_left_out(books, cast):
    dollars(books, cast)
    rate(cast, "budget", "0.90")

    page = money_together(cast.ada.actor(), cast.portfolio, DAY)

    assert page.spread.whole == Stream(budget=Decimal(900), constant=Decimal(180))
    assert [text.split(" for ")[0] for text in page.problems] == [
        "There is no actual rate from USD to EUR",
        "There is no closing rate from USD to EUR",
    ]


def test_cost_is_shown_where_it_may_be_seen_of_every_project(books, cast):
    crane = dollars(books, cast)
    books.budget(1000, month=3)
    restream([cast.harbour.pk], DAY)
    rate(cast, "budget", "0.90")
    # A functional owner sees the budget of Harbour and not what it has cost.
    here = (cast.office.pk, [("portfolio", cast.portfolio.pk)])
    appoint(cast.tess, Role.FOW, ("project", cast.harbour.pk), *here)
    appoint(cast.otto, Role.PFM, ("project", crane.pk), *here)

    lead = money_together(cast.tess.actor(), cast.portfolio, DAY)
    other = money_together(cast.otto.actor(), cast.portfolio, DAY)

    assert [row.project.code for row in lead.rows] == ["HARB"]
    assert (lead.sees_cost, lead.rows[0].stream, lead.released) == (False, None, 0)
    assert [row.project.code for row in other.rows] == ["CRANE"]
    assert other.sees_cost


def test_the_farthest_over_budget_stands_first(books, cast):
    books.budget(1000, month=3)
    books.actual(1500)
    restream([cast.harbour.pk], DAY)
    dollars(books, cast)
    rate(cast, "budget", "0.90")
    rate(cast, "actual", "0.95")
    rate(cast, "closing", "0.80")

    page = money_together(cast.ada.actor(), cast.portfolio, DAY)

    told = [(row.project.code, row.over_pct) for row in page.rows if row.budget]
    assert told == [("HARB", 50), ("CRANE", 0)]


def test_the_money_of_many_takes_no_more_queries(books, cast, django_assert_num_queries):
    books.budget(1000, month=3)
    restream([cast.harbour.pk], DAY)
    for number in range(6):
        dollars(books, cast, f"CRANE{number}")
    for kind in ("budget", "actual", "closing"):
        rate(cast, kind, "0.9")

    with django_assert_num_queries(15):
        page = money_together(cast.ada.actor(), cast.portfolio, DAY)

    assert len([row for row in page.rows if row.budget]) == 7


def test_net_present_values_are_added_up_in_the_currency_of_the_portfolio(books, cast):
    crane = dollars(books, cast)
    rate(cast, "budget", "0.90")
    for project, benefits in ((cast.harbour, 1500), (crane, 1100)):
        case = FinancialCase.objects.create(
            project=project,
            number=1,
            state="approved",
            currency_id=project.currency_id,
            first_year=2026,
            rate_pct=Decimal(0),
            reason="Gate 1",
        )
        case.flows.create(year=2026, costs=Decimal(1000), benefits=Decimal(benefits))

    page = money_together(cast.ada.actor(), cast.portfolio, DAY)
    worth = worth_together([cast.harbour, crane], page.by_year, page.money)

    # Harbour 500, of which nothing is known now; Crane 100 dollars, now 1,100 - 1,000.
    assert (worth.approved, worth.cases, worth.known) == (590, 2, 1)
    assert (worth.approved_of_these, worth.latest) == (90, 90)


def forecast(books, eac, lines, **values):
    row = Forecast.objects.create(
        project=books.project,
        number=1,
        state="approved",
        currency_id="EUR",
        as_of=DAY,
        cost=Decimal(0),
        ordered=Decimal(0),
        to_complete=Decimal(eac),
        reason="Month end",
    )
    for month, amount in lines.items():
        ForecastLine.objects.create(
            forecast=row,
            period=books.months[month],
            currency_id="EUR",
            amount=Decimal(amount),
            rate=Decimal(1),
            own_amount=Decimal(amount),
            category="services",
            nature="capex",
        )
    return row


def outlook_of(project):
    found = whole(streams_of([project.pk]))
    return found.cost + found.to_come


def test_what_is_spent_and_ordered_after_a_forecast_comes_out_of_it(books, cast):
    forecast(books, 300, {11: 100, 12: 200})
    restream([cast.harbour.pk], DAY)
    assert outlook_of(cast.harbour) == 300

    books.actual(120)
    books.order(50)
    restream([cast.harbour.pk], DAY)
    assert outlook_of(cast.harbour) == 300

    books.actual(230)
    restream([cast.harbour.pk], DAY)
    # 350 are spent and 50 are ordered: the forecast is passed.
    assert outlook_of(cast.harbour) == 400


def test_what_came_and_is_not_invoiced_is_to_come(books, cast):
    """O-FCT-1: actuals 245, received and not invoiced 15, open 40, to complete 120: 420."""
    order = books.order(100)
    books.receive(order, 60)
    books.actual(45, order=order)
    books.actual(200)
    forecast(books, 420, {12: 120})
    restream([cast.harbour.pk], DAY)

    found = whole(streams_of([cast.harbour.pk]))
    assert (found.actual, found.committed, found.cost + found.to_come) == (245, 40, 420)


def test_a_closed_order_is_open_no_more_but_what_came_is_to_be_paid(books, cast):
    order = books.order(100, state="closed")
    books.receive(order, 60)
    books.release(1000)

    found = available(books.project, DAY)

    assert (found.commitments, found.received, found.available) == (0, 60, 940)


def test_nothing_is_to_come_of_a_project_that_is_over(books, cast):
    books.budget(1000, month=3)
    restream([cast.harbour.pk], DAY)
    assert outlook_of(cast.harbour) == 1000

    Project.objects.filter(pk=cast.harbour.pk).update(state="cancelled")

    assert outlook_of(cast.harbour) == 0


def test_what_is_ordered_moves_to_the_next_open_period(books, cast):
    books.order(100)
    restream([cast.harbour.pk], DAY)
    FiscalPeriod.objects.filter(number__lte=4).update(state="closed")

    assert settle(Work(0, {})).endswith("of funding changed.")

    found = streams_of([cast.harbour.pk], ("period",))
    told = {FiscalPeriod.objects.get(pk=key.period).is_open for key in found}
    assert (told, whole(found).committed) == ({True}, 100)
