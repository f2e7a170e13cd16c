# SPDX-License-Identifier: Apache-2.0
"""What the rest will cost: typed by period, submitted, endorsed, approved, never changed after."""

from datetime import date
from decimal import Decimal

import pytest

from cast import appoint, person
from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import (
    Accrual,
    BudgetLine,
    ExchangeRate,
    FiscalPeriod,
    Forecast,
    ForecastLine,
)
from pilothouse.delivery.finance.queries.forecasts import Part, sheet_of
from pilothouse.delivery.finance.services.forecast_states import (
    approve_forecast,
    endorse_forecast,
    return_forecast,
    submit_forecast,
    withdraw_forecast,
)
from pilothouse.delivery.finance.services.forecasts import (
    begin_forecast,
    set_forecast_lines,
    set_variance_reasons,
    take_forecast_lines,
)
from pilothouse.delivery.finance.tests.orders import TODAY, Desk
from pilothouse.delivery.projects.rules import portfolio_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent

REST = Key("1.1", "services", "opex", "EUR", "")


@pytest.fixture
def desk(cast):
    found = Desk(cast)
    found.release(10_000)
    return found


@pytest.fixture
def petra(cast):
    row = person("Petra Example")
    scope = ("portfolio", cast.portfolio.pk)
    appoint(row, Role.PFM, scope, cast.office.pk, portfolio_scopes(cast.portfolio))
    return row


def outlook_of(forecast):
    return sheet_of(forecast).outlook


def write(desk, forecast, amount=120, month=5, key=REST, who="piet"):
    cells = {desk.months[month].pk: Decimal(amount)}
    return set_forecast_lines(
        actor=desk.actor(who), forecast=forecast, rows=[SheetRow(1, key, cells)], version=None
    )


def reasoned(desk, forecast):
    reasons = {row.part: "The bed is rock." for row in sheet_of(forecast).asking}
    set_variance_reasons(actor=desk.actor("piet"), forecast=forecast, reasons=reasons, version=None)


def submitted(desk, amount=120):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    write(desk, forecast, amount)
    reasoned(desk, forecast)
    submit_forecast(actor=desk.actor("piet"), forecast=forecast, version=None)
    forecast.refresh_from_db()
    return forecast


def approved(desk, petra, amount=120):
    forecast = submitted(desk, amount)
    endorse_forecast(actor=desk.actor("femi"), forecast=forecast, version=None)
    approve_forecast(actor=petra.actor(), forecast=forecast, version=None)
    forecast.refresh_from_db()
    return forecast


def test_o_fct_1_cost_orders_and_rest_make_420(desk):
    order = desk.order(100)
    desk.receive(order, 60)
    desk.actual(45, order)
    desk.actual(200)
    Accrual.objects.create(
        project=desk.project,
        period=desk.months[3],
        line=order.lines.get(),
        wbs="1.1",
        category="services",
        nature="opex",
        currency_id="EUR",
        amount=Decimal(15),
        rate=Decimal(1),
        own_amount=Decimal(15),
        constant_amount=Decimal(15),
        basis="Received, not invoiced",
        state="posted",
    )
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    write(desk, forecast, 120)

    found = outlook_of(forecast)

    assert (found.cost, found.ordered, found.to_complete) == (260, 40, 120)
    assert found.eac == 420
    assert found.warning == ""
    (row,) = sheet_of(forecast).rows
    assert (row.cost, row.ordered, row.to_complete, row.eac) == (260, 40, 120, 420)


def test_what_was_received_and_not_yet_accrued_is_not_forgotten(desk):
    order = desk.order(100)
    desk.receive(order, 60)
    desk.actual(45, order)
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)

    found = outlook_of(forecast)

    assert (found.cost, found.ordered) == (45, 55)
    assert "is less than what is still open of orders" in found.warning


def test_a_closed_period_is_read_from_the_ledger_and_cannot_be_typed(desk):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    write(desk, forecast, 70, month=3)
    write(desk, forecast, 120, month=5)
    desk.actual(66)
    FiscalPeriod.objects.filter(pk=desk.months[3].pk).update(state="closed")

    assert outlook_of(forecast).to_complete == 120
    (row,) = sheet_of(forecast).rows
    assert (row.spent[desk.months[3].pk], row.to_complete) == (66, 120)
    with pytest.raises(Invalid, match="2026-03 is closed") as refused:
        write(desk, forecast, 71, month=3)
    assert refused.value.code == "finance.lines"
    assert ForecastLine.objects.get(period=desk.months[3]).amount == 70


@pytest.mark.parametrize("amount", ["-1", "0.001", "20000000000000"])
def test_amounts_below_nothing_too_fine_or_too_large_are_refused(desk, amount):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)

    with pytest.raises(Invalid):
        write(desk, forecast, amount)

    assert not ForecastLine.objects.exists()


def test_an_amount_that_is_too_large_in_the_currency_of_the_project_is_refused(desk):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    ExchangeRate.objects.create(
        office=desk.office,
        kind="closing",
        from_currency_id="USD",
        to_currency_id="EUR",
        rate=Decimal(20_000),
        valid_from=date(2026, 1, 1),
    )

    with pytest.raises(Invalid, match="the amount of 2026-05 is too large in EUR"):
        write(desk, forecast, 9_000_000_000_000, key=REST._replace(currency="USD"))

    assert not ForecastLine.objects.filter(forecast=forecast).exists()


def test_a_currency_without_a_rate_is_refused(desk):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)

    with pytest.raises(Invalid, match="no closing rate from USD"):
        write(desk, forecast, 5, key=REST._replace(currency="USD"))

    assert not ForecastLine.objects.exists()


def test_a_forecast_is_submitted_endorsed_and_approved_by_three_people(desk, petra):
    forecast = approved(desk, petra)

    assert (forecast.state, forecast.eac) == ("approved", 120)
    assert (forecast.submitted_by, forecast.endorsed_by, forecast.approved_by) == (
        desk.cast.piet,
        desk.cast.femi,
        petra,
    )
    told = AuditEvent.objects.filter(object_type="forecast").order_by("pk")
    assert list(told.values_list("action", flat=True)) == [
        "forecast.create",
        "forecast.lines",
        "forecast.reasons",
        "forecast.submitted",
        "forecast.endorsed",
        "forecast.approved",
    ]


def test_nothing_of_a_submitted_forecast_changes(desk):
    forecast = submitted(desk)

    for attempt in (
        lambda: write(desk, forecast, 1),
        lambda: set_variance_reasons(
            actor=desk.actor("piet"), forecast=forecast, reasons={}, version=None
        ),
    ):
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.code == "finance.forecast_fixed"
    desk.actual(50)
    assert outlook_of(forecast).eac == 120
    assert ForecastLine.objects.get().amount == 120


def test_the_next_version_follows_and_the_one_before_is_superseded(desk, petra):
    first = approved(desk, petra)

    second = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    assert ForecastLine.objects.get(forecast=second).amount == 120
    with pytest.raises(Invalid) as refused:
        begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    assert refused.value.code == "finance.forecast_open"
    submit_forecast_with_reasons(desk, second)
    endorse_forecast(actor=desk.actor("femi"), forecast=second, version=None)
    approve_forecast(actor=petra.actor(), forecast=second, version=None)

    first.refresh_from_db()
    assert first.state == "superseded"
    assert Forecast.objects.get(state="approved").number == 2


def submit_forecast_with_reasons(desk, forecast):
    reasoned(desk, forecast)
    submit_forecast(actor=desk.actor("piet"), forecast=forecast, version=None)


def test_a_line_that_leaves_its_budget_needs_a_reason(desk):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    write(desk, forecast, 120)

    with pytest.raises(Invalid) as refused:
        submit_forecast(actor=desk.actor("piet"), forecast=forecast, version=None)
    assert refused.value.code == "finance.forecast_reasons"
    assert "1.1, services, opex" in refused.value.message
    forecast.refresh_from_db()
    assert (forecast.state, forecast.cost) == ("draft", None)


def test_within_the_policy_no_reason_is_asked(desk):
    budget = desk.project.budgets.create(number=1, state="approved", currency_id="EUR")
    BudgetLine.objects.create(
        budget=budget,
        wbs="1.1",
        category="services",
        nature="opex",
        period=desk.months[5],
        currency_id="EUR",
        amount=Decimal(110),
        rate=Decimal(1),
        own_amount=Decimal(110),
    )
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    assert ForecastLine.objects.get().amount == 110

    write(desk, forecast, 121)
    assert not sheet_of(forecast).rows[0].asks
    write(desk, forecast, 122)
    assert sheet_of(forecast).rows[0].asks


@pytest.mark.parametrize("name", ["ada", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_only_the_manager_begins_and_submits(cast, desk, name):
    with pytest.raises(NotAllowed):
        begin_forecast(actor=desk.actor(name), project=desk.project, today=TODAY)
    assert not Forecast.objects.exists()

    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    with pytest.raises(NotAllowed):
        submit_forecast(actor=desk.actor(name), forecast=forecast, version=None)
    assert Forecast.objects.get().state == "draft"


@pytest.mark.parametrize("name", ["piet", "rosa", "sam", "tess", "otto", "nia"])
def test_neither_the_manager_nor_others_endorse_or_approve(cast, desk, petra, name):
    forecast = submitted(desk)

    with pytest.raises(NotAllowed):
        endorse_forecast(actor=desk.actor(name), forecast=forecast, version=None)
    endorse_forecast(actor=desk.actor("femi"), forecast=forecast, version=None)
    for who in (name, "femi", "ada"):
        with pytest.raises(NotAllowed):
            approve_forecast(actor=desk.actor(who), forecast=forecast, version=None)

    assert Forecast.objects.get().state == "endorsed"


def test_where_nobody_else_is_left_the_director_approves(desk):
    forecast = submitted(desk)
    endorse_forecast(actor=desk.actor("femi"), forecast=forecast, version=None)

    approve_forecast(actor=desk.actor("ada"), forecast=forecast, version=None)

    assert Forecast.objects.get().state == "approved"


def test_a_forecast_goes_back_with_a_reason_and_is_live_again(desk):
    forecast = submitted(desk)
    with pytest.raises(Invalid):
        return_forecast(actor=desk.actor("femi"), forecast=forecast, version=None, reason=" ")

    return_forecast(
        actor=desk.actor("femi"), forecast=forecast, version=None, reason="Piles are missing."
    )

    forecast.refresh_from_db()
    assert (forecast.state, forecast.eac) == ("draft", None)
    write(desk, forecast, 130)
    assert outlook_of(forecast).eac == 130


def test_a_version_is_withdrawn_and_stays_readable(desk):
    forecast = submitted(desk)

    withdraw_forecast(actor=desk.actor("piet"), forecast=forecast, version=None, reason="Wrong")

    assert Forecast.objects.get().state == "withdrawn"
    assert ForecastLine.objects.get().amount == 120


def test_a_stale_version_is_refused(desk):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    write(desk, forecast)

    with pytest.raises(Conflict):
        set_forecast_lines(
            actor=desk.actor("piet"),
            forecast=forecast,
            rows=[SheetRow(1, REST, {desk.months[5].pk: Decimal(1)})],
            version=1,
        )

    assert ForecastLine.objects.get().amount == 120


def test_what_is_over_is_not_forecast_again(desk):
    first = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    write(desk, first, 10, month=2)
    write(desk, first, 20, month=3)
    withdraw_forecast(actor=desk.actor("piet"), forecast=first, version=None, reason="Anew")
    Forecast.objects.update(state="superseded")

    second = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)

    assert [line.amount for line in second.lines.all()] == [20]


def test_a_first_forecast_has_the_budget_with_what_was_drawn(desk):
    budget = desk.project.budgets.create(
        number=1, state="approved", currency_id="EUR", contingency=Decimal(60)
    )
    part = {"wbs": "1.1", "category": "services", "nature": "opex"}
    line = {"currency_id": "EUR", "amount": 110, "rate": 1, "own_amount": 110}
    budget.lines.create(**part, **line, period=desk.months[5])
    drawn = {"reserve": "contingency", "cites": "risk", "cited": "R-7", "reason": "Rock"}
    for number, (state, month) in enumerate([("approved", 5), ("approved", 2), ("rejected", 5)], 1):
        told = {"number": number, "state": state, "period": desk.months[month], "amount": 20}
        budget.draws.create(project=desk.project, **part, **drawn, **told)

    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)

    assert [(row.text, row.amount) for row in forecast.lines.order_by("pk")] == [
        ("", 110),
        ("Draw 1 for R-7", 20),
    ]
    assert sheet_of(forecast).rows[0].to_complete == 130


def closing(desk, rate):
    ExchangeRate.objects.update_or_create(
        office=desk.office,
        kind="closing",
        from_currency_id="USD",
        to_currency_id="EUR",
        valid_from=date(2026, 1, 1),
        defaults={"rate": Decimal(rate)},
    )


def test_another_currency_is_valued_anew_until_the_forecast_is_submitted(desk):
    closing(desk, "0.9")
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    write(desk, forecast, 100, key=REST._replace(currency="USD"))
    reasoned(desk, forecast)

    closing(desk, "0.8")
    assert outlook_of(forecast).to_complete == 80
    submit_forecast(actor=desk.actor("piet"), forecast=forecast, version=None)
    closing(desk, "0.7")

    forecast.refresh_from_db()
    assert outlook_of(forecast).to_complete == forecast.to_complete == 80
    kept = ForecastLine.objects.get()
    assert (kept.rate, kept.own_amount) == (Decimal("0.8"), 80)


def test_without_a_closing_rate_a_forecast_says_so_and_is_not_submitted(desk):
    closing(desk, "0.9")
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    write(desk, forecast, 100, key=REST._replace(currency="USD"))
    reasoned(desk, forecast)
    ExchangeRate.objects.update(voided=True)

    found = sheet_of(forecast)
    assert found.problem.startswith("There is no closing rate from USD to EUR")
    assert found.outlook.to_complete == 90
    with pytest.raises(Invalid) as refused:
        submit_forecast(actor=desk.actor("piet"), forecast=forecast, version=None)
    assert refused.value.code == "finance.forecast_rate"
    assert ForecastLine.objects.get().own_amount == 90


def test_rows_are_pasted_with_a_head_that_names_periods(desk):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    table = {
        1: ["WBS", "Category", "Nature", "2026-05", "2026-06"],
        2: ["1.1", "Services", "opex", "100", "1,200.50"],
    }

    take_forecast_lines(actor=desk.actor("piet"), forecast=forecast, table=table, version=None)

    amounts = ForecastLine.objects.values_list("period__name", "amount")
    assert dict(amounts) == {"2026-05": 100, "2026-06": Decimal("1200.50")}


def test_reasons_are_kept_by_part_and_taken_away(desk):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    part = Part("1.1", "services", "opex")
    say = {"actor": desk.actor("piet"), "forecast": forecast, "version": None}

    set_variance_reasons(reasons={part: "Rock."}, **say)
    assert forecast.reasons.get().reason == "Rock."
    set_variance_reasons(reasons={part: ""}, **say)

    assert not forecast.reasons.exists()


def test_the_sheet_is_read_in_the_same_number_of_queries(desk, django_assert_num_queries):
    forecast = begin_forecast(actor=desk.actor("piet"), project=desk.project, today=TODAY)
    for number in range(1, 6):
        write(desk, forecast, 10, key=REST._replace(wbs=f"1.{number}"))
        desk.actual(1, wbs=f"1.{number}")

    with django_assert_num_queries(13):
        sheet_of(Forecast.objects.select_related("project__currency").get())


def test_the_day_of_a_submission_is_kept(desk):
    forecast = submitted(desk)

    assert isinstance(forecast.as_of, date)
    assert (forecast.cost, forecast.ordered, forecast.to_complete) == (0, 0, 120)
