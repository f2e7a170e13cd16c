# SPDX-License-Identifier: Apache-2.0
"""What cost is rated against: BAC and EAC as earned value has them, unrounded (10.2)."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import appoint, person
from pilothouse.delivery.finance.models import Actual, Budget, FiscalPeriod, Forecast
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.queries import roll_up_of
from pilothouse.direction.performance.tests.worth import (
    by_month,
    claim,
    figure,
    refreshed,
    spend,
)
from pilothouse.direction.portfolio.cockpit import cockpit, parse_asked
from pilothouse.direction.portfolio.filters import Filters
from pilothouse.direction.portfolio.project_page import project_page
from pilothouse.direction.portfolio.queries import dashboard
from pilothouse.foundation.access.matrix import Role

MARCH = date(2026, 3, 31)


@pytest.fixture
def harbour(cast):
    PerformanceSnapshot.objects.filter(project=cast.harbour).delete()
    by_month(cast.harbour)
    Budget.objects.update(contingency=Decimal(10000), management_reserve=Decimal(20000))
    return cast.harbour


def in_march(project):
    return FiscalPeriod.objects.get(office_id=project.office_id, last=MARCH)


def spent_in_march(project, amount):
    """After March 22,000 of 100,000 are earned."""
    claim(project, p1="100", p2="100", p3="100")
    row = spend(project, in_march(project), 1, "1")
    Actual.objects.filter(pk=row.pk).update(own_amount=Decimal(amount))
    return refreshed(project, MARCH)


def latest(project):
    return PerformanceSnapshot.objects.get(project=project, valid_to=None)


def vac_of(row):
    return next(one for one in row.reasons["cost"]["metrics"] if one["metric"] == "vac_pct")


def test_cost_is_rated_against_bac_and_not_against_the_reserves(harbour):
    status = spent_in_march(harbour, "23500")

    row = latest(harbour)
    found = vac_of(row)
    assert (row.budget, row.bac, row.eac) == (130000, 100000, Decimal("106818.1818"))
    assert Decimal(found["exact"]) == figure(status, "vac_pct")
    assert (found["colour"], row.cost) == ("amber", "amber")
    assert found["formula"] == "(BAC − EAC) / BAC × 100"
    assert Decimal(found["inputs"]["bac"]) == figure(status, "bac")
    assert Decimal(found["inputs"]["eac"]) == figure(status, "eac")
    assert found["note"].startswith("BAC: Budget 1 by work package")
    assert "EAC₂ of earned value on 31 Mar 2026" in found["note"]


def test_an_estimate_is_rated_before_it_is_rounded(harbour):
    spent_in_march(harbour, "23100.0002")

    row = latest(harbour)
    assert row.forecast_cost == 105000
    assert vac_of(row)["colour"] == "amber"


def test_without_an_estimate_the_register_is_held_against_the_whole_budget(harbour):
    Project.objects.filter(pk=harbour.pk).update(forecast_cost=Decimal(125000))

    refreshed(harbour, MARCH)

    row = latest(harbour)
    found = vac_of(row)
    assert (row.budget, row.bac, row.eac, row.forecast_cost) == (130000, 100000, None, 125000)
    assert found["colour"] == "green"
    assert found["formula"] == "(budget − forecast cost) / budget × 100"
    assert found["note"] == (
        "There is no estimate at completion by earned value or forecast: approved budget 1 with "
        "its reserves, and the forecast cost of the register."
    )


def test_an_approved_forecast_is_held_against_bac(harbour):
    Forecast.objects.create(
        project=harbour,
        number=2,
        state="approved",
        currency=harbour.currency,
        as_of=MARCH,
        cost=Decimal(50000),
        ordered=Decimal(20000),
        to_complete=Decimal(50000),
    )

    refreshed(harbour, MARCH)

    row = latest(harbour)
    assert (row.eac, row.cost) == (120000, "red")
    assert vac_of(row)["note"].endswith("EAC: approved forecast 2.")


def test_list_cockpit_and_home_take_the_same_figures(cast, harbour):
    today = timezone.localdate()
    claim(harbour, p1="100", p2="100", p3="100")
    row = spend(harbour, in_march(harbour), 23500, "1")
    assert row.pk
    status = refreshed(harbour, today)
    over = -figure(status, "vac_pct")

    listed = dashboard(cast.ada.actor(), Filters(attention="over"), today).rows
    assert [round(one.variance_pct, 6) for one in listed] == [round(over, 6)]
    found = cockpit(cast.ada.actor(), parse_asked({}, today), today)
    lines = [line.sentence for line in found.lines if line.kind == "over_budget"]
    assert lines == ["The estimate is EUR 6,818 above BAC (6.8 %)."]
    page = project_page(cast.ada.actor(), harbour.pk, None, today)
    money = {one.key: one for one in page.money}
    assert [*money] == ["budget", "bac", "forecast_cost", "variance", "variance_pct"]
    assert money["variance_pct"].formula == "(EAC − BAC) / BAC × 100"
    assert money["bac"].value == 100000
    assert round(money["variance_pct"].value, 6) == round(over, 6)


def test_a_portfolio_weighs_its_projects_by_bac(cast, harbour):
    refreshed(harbour, timezone.localdate())

    whole = roll_up_of(cast.ada.actor(), cast.portfolio).rolled[0]

    assert sum(part.budget for part in whole.parts) == 100000


def test_the_pages_say_what_is_held_against_what(client, cast, harbour):
    claim(harbour, p1="100", p2="100", p3="100")
    spend(harbour, in_march(harbour), 23500, "1")
    refreshed(harbour, timezone.localdate())
    client.force_login(cast.ada)

    home = client.get(f"/projects/{harbour.pk}/").text
    assert "BAC: Budget 1 by work package" in home
    assert "Estimate at completion" in home
    heads = client.get("/?columns=budget,bac,forecast,variance").text
    assert "sort=bac" in heads
    assert "100,000" in client.get("/map/").text


@pytest.fixture
def fred(cast, harbour):
    """He reads the budget of the project and not what was spent; its cost is amber, 6.8 % over."""
    claim(harbour, p1="100", p2="100", p3="100")
    spend(harbour, in_march(harbour), 23400, "1")
    refreshed(harbour, date(2026, 6, 30))
    spend(harbour, in_march(harbour), 100, "1")
    refreshed(harbour, timezone.localdate())
    fred = person("Fred Example")
    appoint(fred, Role.FOW, ("project", harbour.pk), cast.office.pk, project_scopes(harbour))
    return fred


TOLD = (
    "106818",
    "106,818",
    "106,364",
    "106364",
    "107k",
    "106k",
    "6.8 %",
    "6.82",
    "6.36 %",
    "23500",
)
"""EAC as it was and is, and its variance, as pages and files write them."""


DOORS = (
    "/?columns=bac,budget,forecast,variance",
    "/map/",
    "/timeline/",
    "/cockpit/?since=2026-06-30",
    "/projects/{0}/",
    "/projects/{0}/?as_of=2026-07-01",
    "/projects/{0}/history/{1}/",
    "/projects/{0}/record/",
    "/register/projects/{0}/",
    "/search/?q=Harbour",
    "/export/?format=csv&columns=bac,budget,forecast,variance",
    "/api/v1/projects",
    "/api/v1/projects/{0}",
    "/api/v1/projects/{0}/health",
    "/api/v1/projects/{0}/snapshots",
    "/api/v1/projects/{0}/snapshots/{1}",
    "/api/v1/projects/{0}/forecasts",
    "/api/v1/projects/figures",
    "/api/v1/projects/export?format=csv",
    "/api/v1/cockpit?since=2026-06-30",
    "/api/v1/cockpit/breaches",
)


def test_an_estimate_of_what_was_spent_needs_the_right_to_cost(client, cast, harbour, fred):
    row = latest(harbour)
    for path in DOORS:
        address = path.format(harbour.pk, row.pk)
        client.force_login(fred)
        answer = client.get(address)
        assert answer.status_code == 200, address
        text = answer.text.replace("-", "−")
        assert [one for one in TOLD if one in text] == [], address


def test_what_may_not_be_seen_neither_sorts_nor_filters(cast, harbour, fred):
    today = timezone.localdate()

    assert [row.name for row in dashboard(cast.ada.actor(), Filters(attention="over"), today).rows]
    found = dashboard(fred.actor(), Filters(sort="forecast"), today)
    assert [(row.bac, row.forecast_cost, row.variance_pct) for row in found.rows] == [
        (100000, None, None)
    ]
    assert (found.cards.over, found.cards.totals.money[0].forecast) == (0, None)
    assert not dashboard(fred.actor(), Filters(attention="over"), today).rows


def test_who_reads_cost_too_finds_the_estimate_on_the_same_doors(client, cast, harbour, fred):
    client.force_login(cast.ada)

    assert "106,818" in client.get(f"/projects/{harbour.pk}/").text
    health = client.get(f"/api/v1/projects/{harbour.pk}/health").json()
    assert health["eac"] == "106818.1818"
    client.force_login(fred)
    page = client.get(f"/projects/{harbour.pk}/").text
    assert "comes of what was spent, which your roles do not include" in page
    health = client.get(f"/api/v1/projects/{harbour.pk}/health").json()
    assert (health["bac"], health["eac"], health["forecast_cost"]) == ("100000.0000", None, None)
    assert [one["metric"] for one in health["reasons"]["cost"]["metrics"]] == []
    assert "over_budget" not in health["reasons"]["since"]


def test_a_forecast_of_the_register_needs_the_right_to_budgets_alone(cast, harbour, fred):
    today = timezone.localdate()
    Actual.objects.all().delete()
    Project.objects.filter(pk=harbour.pk).update(forecast_cost=Decimal(131000))

    refreshed(harbour, today)

    found = dashboard(fred.actor(), Filters(attention="over"), today)
    assert [row.forecast_cost for row in found.rows] == [131000]
