# SPDX-License-Identifier: Apache-2.0
"""Whole-life cost of a portfolio through its published years."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from cast import make_project
from pilothouse.delivery.finance.queries.published import published_costs
from pilothouse.direction.performance.models import PerformanceSnapshot

pytestmark = pytest.mark.django_db
FIRST, SECOND = date(2021, 3, 31), date(2022, 3, 31)


def published(project, day, budget, forecast, **values):
    PerformanceSnapshot.objects.filter(project=project, valid_to=None).update(valid_to=day)
    return PerformanceSnapshot.objects.create(
        project=project,
        office_id=project.office_id,
        kind="published",
        status_date=day,
        source="Report",
        engine_version="1",
        name=f"{project.name} then",
        state=project.state,
        portfolio=project.portfolio,
        currency_code="EUR",
        budget=budget,
        forecast_cost=forecast,
        **values,
    )


@pytest.fixture
def years(cast):
    """Harbour in both years, a crane that left, a quay that came and tells its cost alone."""
    PerformanceSnapshot.objects.all().delete()
    crane = make_project(cast.portfolio, "CRANE", "Crane")
    quay = make_project(cast.portfolio, "QUAY", "Quay")
    PerformanceSnapshot.objects.all().delete()
    published(cast.harbour, FIRST, 100, 110)
    published(crane, FIRST, 50, 50)
    published(cast.harbour, SECOND, 100, 130)
    published(crane, SECOND, 50, None, in_portfolio=False)
    published(quay, SECOND, 30, None)
    return cast


def test_each_year_holds_what_is_published_against_what_was_first_published(years):
    first, second = published_costs(years.ada.actor(), years.portfolio)

    assert (first.year, first.day, first.projects, first.told) == (2021, FIRST, 2, 2)
    assert (first.baseline, first.forecast) == (150, 160)
    assert (second.projects, second.told, second.baseline, second.forecast) == (2, 2, 130, 160)
    assert (first.over_pct, second.over_pct) == (Decimal(1000) / 150, Decimal(3000) / 130)


def test_a_year_is_as_it_was_published_last_and_its_baseline_stays_the_first(years):
    published(years.harbour, date(2022, 9, 30), 140, None)
    published(years.harbour, date(2023, 3, 31), None, None)

    _, second, third = published_costs(years.ada.actor(), years.portfolio)

    assert (second.day, second.baseline, second.forecast) == (date(2022, 9, 30), 130, 170)
    assert (third.projects, third.told, third.over_pct) == (1, 0, None)


def test_who_joined_and_who_left_is_told_from_the_second_year_on(years):
    first, second = published_costs(years.ada.actor(), years.portfolio)

    assert (first.joined, first.left) == ([], [])
    assert [row.name for row in second.joined] == ["Quay then"]
    assert [row.name for row in second.left] == ["Crane then"]


def test_what_the_reader_may_not_see_is_in_no_sum(years):
    assert published_costs(years.otto.actor(), years.portfolio) == []
    (own, later) = published_costs(years.piet.actor(), years.portfolio)
    assert (own.projects, own.baseline, later.joined) == (1, 100, [])


def test_the_money_of_the_portfolio_shows_its_published_years(years, client):
    client.force_login(years.ada)

    page = client.get(reverse("finance:portfolio", args=[years.portfolio.pk])).content.decode()
    told = client.get(f"/api/v1/portfolios/{years.portfolio.pk}/money").json()["published"]

    assert "Whole-life cost through the published years" in page
    assert "Quay then" in page
    assert [(row["year"], row["projects"], row["told"]) for row in told] == [
        (2021, 2, 2),
        (2022, 2, 2),
    ]


def test_years_are_read_in_as_many_queries_whatever_their_number(years, django_assert_num_queries):
    actor = years.ada.actor()
    with django_assert_num_queries(4) as few:
        published_costs(actor, years.portfolio)
    published(years.harbour, date(2023, 3, 31), 100, 140)
    with django_assert_num_queries(len(few)):
        published_costs(actor, years.portfolio)
