# SPDX-License-Identifier: Apache-2.0
"""The rows of a forecast, its head, what is available and the money page say the same."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cast import appoint, person
from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import (
    Accrual,
    Commitment,
    ExchangeRate,
    FinancePolicy,
    FiscalPeriod,
    ForecastLine,
    ForecastPart,
)
from pilothouse.delivery.finance.queries.available import available
from pilothouse.delivery.finance.queries.forecast_page import forecast_page
from pilothouse.delivery.finance.queries.forecasts import sheet_of
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.queries.streams import streams_of, whole
from pilothouse.delivery.finance.services.forecast_states import (
    approve_forecast,
    endorse_forecast,
    return_forecast,
    submit_forecast,
)
from pilothouse.delivery.finance.services.forecasts import begin_forecast, set_forecast_lines
from pilothouse.delivery.finance.tests.orders import TODAY, Desk, line
from pilothouse.delivery.projects.rules import portfolio_scopes
from pilothouse.foundation.access.matrix import Role

pytestmark = pytest.mark.django_db
CODES = st.sampled_from(["1.1", "1.2", ""])
AMOUNTS = st.integers(1, 50_000).map(lambda cents: Decimal(cents) / 100)
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["EUR", "USD"]),
        st.lists(st.tuples(CODES, AMOUNTS), min_size=1, max_size=3),
        st.lists(AMOUNTS, max_size=3),
        st.lists(st.tuples(CODES, AMOUNTS), max_size=2),
        st.booleans(),
        st.sampled_from(["open", "closed"]),
    ),
    max_size=4,
)
ACCRUALS = st.lists(
    st.tuples(CODES, AMOUNTS, st.integers(1, 11), st.booleans()),
    max_size=4,
    unique_by=lambda told: told[2],
)
CELLS = st.lists(st.tuples(CODES, AMOUNTS, st.integers(1, 12)), min_size=1, max_size=5)


@pytest.fixture
def desk(cast):
    found = Desk(cast)
    found.release(10_000_000)
    for kind, value in (("actual", "0.9"), ("closing", "0.7"), ("budget", "1.1")):
        ExchangeRate.objects.create(
            office=found.office,
            kind=kind,
            from_currency_id="USD",
            to_currency_id="EUR",
            rate=Decimal(value),
            valid_from=date(2026, 1, 1),
        )
    FinancePolicy.objects.create(office=found.office, variance_amount=Decimal(10) ** 9)
    found.petra = person("Petra Example")
    scope = ("portfolio", cast.portfolio.pk)
    appoint(found.petra, Role.PFM, scope, cast.office.pk, portfolio_scopes(cast.portfolio))
    return found


def order(desk, number, told):
    currency, parts, came, invoices, kept, state = told
    row = desk.order(
        number=f"PO-{number}",
        currency=currency,
        receipts_kept=kept,
        lines=[line(amount, wbs=code) for code, amount in parts],
    )
    for place, amount in enumerate(came, start=1):
        if kept and place <= len(parts):
            desk.receive(row, amount, position=place, text="As delivered")
    for code, amount in invoices:
        desk.actual(amount, row, wbs=code, currency_id=currency, own_amount=amount)
    Commitment.objects.filter(pk=row.pk).update(state=state)


def accrue(desk, code, amount, month, *, of_line):
    found = Commitment.objects.filter(receipts_kept=True).first() if of_line else None
    Accrual.objects.create(
        project=desk.project,
        period=desk.months[month],
        reversal_period=desk.months[month + 1],
        line=found.lines.first() if found else None,
        wbs=code,
        category="services",
        nature="opex",
        currency_id="EUR",
        amount=amount,
        rate=Decimal(1),
        own_amount=amount,
        constant_amount=amount,
        basis="Work done",
        state="posted",
    )


def begun(desk, cells, closed=()):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    for code, amount, month in cells:
        set_forecast_lines(
            actor=desk.actor("piet"),
            forecast=forecast,
            rows=[
                SheetRow(
                    1, Key(code, "services", "opex", "EUR", ""), {desk.months[month].pk: amount}
                )
            ],
            version=None,
        )
    FiscalPeriod.objects.filter(number__in=closed).update(state="closed")
    return forecast


def submitted(desk, forecast):
    submit_forecast(actor=desk.actor("piet"), forecast=forecast, version=None)
    forecast.refresh_from_db()
    return forecast


def approved(desk, forecast):
    submitted(desk, forecast)
    endorse_forecast(actor=desk.actor("femi"), forecast=forecast, version=None)
    approve_forecast(actor=desk.petra.actor(), forecast=forecast, version=None)
    forecast.refresh_from_db()
    return forecast


def of_rows(forecast):
    rows = sheet_of(forecast).rows
    return tuple(
        sum((getattr(row, name) for row in rows), Decimal(0))
        for name in ("cost", "ordered", "to_complete", "eac")
    )


def of_head(forecast):
    outlook = sheet_of(forecast).outlook
    return outlook.cost, outlook.ordered, outlook.to_complete, outlook.eac


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(orders=ORDERS, accruals=ACCRUALS, cells=CELLS, closed=st.sets(st.integers(1, 6)))
def test_rows_head_and_money_page_agree_whatever_was_booked(desk, orders, accruals, cells, closed):
    with transaction.atomic():
        for number, told in enumerate(orders):
            order(desk, number, told)
        for code, amount, month, of_line in accruals:
            accrue(desk, code, amount, month, of_line=of_line)
        forecast = begun(desk, cells, closed)

        free = available(desk.project)
        assert of_rows(forecast) == of_head(forecast)
        assert of_rows(forecast)[:2] == (free.cost, free.received + free.commitments)

        approved(desk, forecast)
        assert of_rows(forecast) == of_head(forecast)
        assert of_rows(forecast)[3] == forecast.eac
        streams = whole(streams_of([desk.project.pk]))
        assert streams.cost + streams.to_come == forecast.eac

        desk.actual(1)
        assert of_rows(forecast)[3] == forecast.eac
        transaction.set_rollback(True)


def test_what_is_open_of_an_order_stands_at_the_closing_rate(desk):
    desk.order(100, currency="USD")

    assert of_rows(begun(desk, []))[:2] == (0, 70)


def test_what_came_and_is_no_cost_yet_stands_in_its_row(desk):
    placed = desk.order(100)
    desk.receive(placed, 60)
    desk.actual(45, placed)

    (row,) = sheet_of(begun(desk, [])).rows

    assert (row.cost, row.ordered) == (45, 55)


def test_an_accrual_too_much_of_one_line_hides_nothing_of_another(desk):
    placed = desk.order(60, 40)
    desk.receive(placed, 60)
    desk.receive(placed, 40, position=2)
    desk.actual(40, placed, wbs="1.2")
    Accrual.objects.create(
        project=desk.project,
        period=desk.months[1],
        line=placed.lines.get(position=2),
        wbs="1.2",
        category="services",
        nature="opex",
        currency_id="EUR",
        amount=Decimal(40),
        rate=Decimal(1),
        own_amount=Decimal(40),
        constant_amount=Decimal(40),
        basis="Work done",
        state="posted",
    )

    assert available(desk.project).received == 60


def test_a_submitted_forecast_leaves_closed_periods_to_their_actuals(desk):
    desk.actual(66)
    forecast = begun(desk, [("1.1", Decimal(70), 3), ("1.1", Decimal(120), 12)], closed=[3])

    submitted(desk, forecast)

    assert [row.amount for row in ForecastLine.objects.all()] == [120]
    assert of_rows(forecast) == of_head(forecast) == (66, 0, 120, 186)


def test_the_rows_of_a_submitted_forecast_stay_as_they_were(desk):
    desk.actual(50)
    placed = desk.order(100)
    forecast = submitted(desk, begun(desk, [("1.1", Decimal(120), 12)]))

    desk.actual(30, wbs="1.2")
    desk.receive(placed, 60)

    (row,) = sheet_of(forecast).rows
    assert (row.cost, row.ordered, row.to_complete) == (50, 100, 120)
    assert row.spent == {desk.months[3].pk: 50}


def test_a_period_that_closed_after_the_submission_shows_what_was_said_of_it(desk):
    forecast = submitted(desk, begun(desk, [("1.1", Decimal(120), 12)]))
    FiscalPeriod.objects.update(state="closed")

    page = forecast_page(open_project(desk.actor("piet"), desk.project.pk, "forecast"), forecast)

    assert desk.months[12].pk not in page.past
    assert of_rows(forecast)[2] == 120


def test_what_comes_back_is_live_again(desk):
    desk.actual(50)
    forecast = submitted(desk, begun(desk, [("1.1", Decimal(120), 12)]))
    return_forecast(
        actor=desk.actor("femi"), forecast=forecast, version=None, reason="Piles are missing."
    )
    desk.actual(30)

    forecast.refresh_from_db()
    assert of_rows(forecast) == of_head(forecast) == (80, 0, 120, 200)
    assert not ForecastPart.objects.exists()
