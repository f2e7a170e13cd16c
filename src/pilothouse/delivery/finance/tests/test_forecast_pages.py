# SPDX-License-Identifier: Apache-2.0
"""The page of a forecast: begun, typed, pasted, submitted; refused with the reason in place."""

from decimal import Decimal

import pytest
from django.urls import reverse

from pilothouse.delivery.finance.models import FiscalPeriod, Forecast, ForecastLine
from pilothouse.delivery.finance.services.forecasts import begin_forecast
from pilothouse.delivery.finance.services.periods import open_year
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
