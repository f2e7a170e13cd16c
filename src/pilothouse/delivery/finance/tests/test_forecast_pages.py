# SPDX-License-Identifier: Apache-2.0
"""The page of a forecast: begun, typed, pasted, submitted; refused with the reason in place."""

from decimal import Decimal

import pytest
from django.urls import reverse

from cast import appoint
from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import FiscalPeriod, Forecast, ForecastLine
from pilothouse.delivery.finance.services.forecasts import begin_forecast, set_forecast_lines
from pilothouse.delivery.finance.services.periods import open_year
from pilothouse.delivery.finance.tests.orders import Desk
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core import clock


@pytest.fixture
def period(cast):
    """The last month of this year; it is still to come."""
    open_year(actor=cast.femi.actor(), office=cast.office, year=clock.today().year)
    return FiscalPeriod.objects.get(office=cast.office, number=12)


@pytest.fixture
def piet(cast, client):
    client.force_login(cast.piet)
    return client


def typed(forecast, period, amount, **more):
    key = "1.1\tservices\topex\tEUR\t"
    return {"version": forecast.version, "key.1": key, f"cell.1.{period.pk}": amount, **more}


def test_a_forecast_is_begun_typed_given_its_reason_and_submitted(cast, piet, period):
    project = cast.harbour
    page = reverse("finance:forecasts", args=[project.pk])
    assert "Nothing is forecast yet" in piet.get(page).content.decode()

    piet.post(reverse("finance:forecast-begin", args=[project.pk]))
    forecast = Forecast.objects.get()
    lines = reverse("finance:forecast-lines", args=[forecast.pk])
    answer = piet.post(lines, typed(forecast, period, "1,200.50", **{"reason.1": "Rock."}))
    assert answer.status_code == 302
    assert ForecastLine.objects.get().amount == Decimal("1200.50")

    forecast.refresh_from_db()
    step = reverse("finance:forecast-step", args=[forecast.pk])
    piet.post(step, {"version": forecast.version, "step": "submit"})

    forecast.refresh_from_db()
    assert (forecast.state, forecast.eac) == ("submitted", Decimal("1200.50"))


def test_a_cell_that_is_no_amount_comes_back_with_what_was_typed(cast, piet, period):
    forecast = begin_forecast(actor=cast.piet.actor(), project=cast.harbour)
    lines = reverse("finance:forecast-lines", args=[forecast.pk])

    answer = piet.post(lines, typed(forecast, period, "much"))

    assert answer.status_code == 422
    assert "‘much’ is no amount" in answer.content.decode()
    assert not ForecastLine.objects.exists()


def test_a_missing_reason_is_told_when_it_is_submitted(cast, piet, period):
    forecast = begin_forecast(actor=cast.piet.actor(), project=cast.harbour)
    piet.post(reverse("finance:forecast-lines", args=[forecast.pk]), typed(forecast, period, "120"))
    forecast.refresh_from_db()

    answer = piet.post(
        reverse("finance:forecast-step", args=[forecast.pk]),
        {"version": forecast.version, "step": "submit"},
    )

    assert answer.status_code == 422
    assert "Say why these lines leave their budget" in answer.content.decode()
    assert Forecast.objects.get().state == "draft"


def test_a_stale_sheet_is_refused_and_nothing_is_lost(cast, piet, period):
    forecast = begin_forecast(actor=cast.piet.actor(), project=cast.harbour)
    lines = reverse("finance:forecast-lines", args=[forecast.pk])
    piet.post(lines, typed(forecast, period, "120"))

    answer = piet.post(lines, typed(forecast, period, "130"))

    assert answer.status_code == 409
    assert 'value="130"' in answer.content.decode()
    assert ForecastLine.objects.get().amount == 120


def test_rows_of_a_spreadsheet_are_pasted(cast, piet, period):
    forecast = begin_forecast(actor=cast.piet.actor(), project=cast.harbour)
    table = f"wbs\tcategory\tnature\t{period.name}\n1.1\tServices\topex\t1.200,50"

    answer = piet.post(
        reverse("finance:forecast-paste", args=[forecast.pk]),
        {"version": forecast.version, "table": table, "decimal_comma": "on"},
    )

    assert answer.status_code == 302
    assert ForecastLine.objects.get().amount == Decimal("1200.50")


@pytest.mark.parametrize("role", [Role.FOW, Role.TOW, Role.WSL])
def test_who_may_not_see_cost_gets_no_figure_from_which_it_follows(cast, client, role):
    desk = Desk(cast)
    desk.release(10_000)
    desk.actual(180)
    desk.order(70)
    forecast = begin_forecast(actor=cast.piet.actor(), project=cast.harbour)
    key = Key("1.1", "services", "opex", "EUR", "")
    rows = [SheetRow(1, key, {desk.months[12].pk: Decimal(60)})]
    set_forecast_lines(actor=cast.piet.actor(), forecast=forecast, rows=rows, version=None)
    part = {"wbs": "1.1", "category": "services", "nature": "opex"}
    forecast.parts.create(**part, period=desk.months[3], spent=Decimal(180))
    forecast.parts.create(**part, ordered=Decimal(70))
    Forecast.objects.update(
        cost=Decimal(180),
        ordered=Decimal(70),
        to_complete=Decimal(60),
        warning="Orders of 70.00 are open.",
    )
    here = (cast.office.pk, project_scopes(cast.harbour))
    appoint(cast.otto, role, ("project", cast.harbour.pk), *here)
    page = reverse("finance:forecasts", args=[cast.harbour.pk])

    client.force_login(cast.piet)
    whole = client.get(page).content.decode()
    client.force_login(cast.otto)
    part = client.get(page).content.decode()
    listed = client.get(f"/api/v1/projects/{cast.harbour.pk}/forecasts").json()["items"][0]
    told = client.get(f"/api/v1/forecasts/{forecast.pk}").json()

    for shown in ("180.00", "70.00", "310.00", "Off budget", "Estimate at completion"):
        assert shown in whole
        assert shown not in part
    assert "Estimate to complete" in part
    assert (listed["eac"], listed["warning"]) == (None, "")
    hidden = ("cost", "ordered", "eac", "eac_now")
    assert [told[name] for name in hidden] == [None] * 4
    assert (told["to_complete"], told["warning"]) == ("60.0000", "")
    hidden = ("spent", "ordered", "eac", "variance")
    assert [[row[name] for name in hidden] for row in told["parts"]] == [[None] * 4]
