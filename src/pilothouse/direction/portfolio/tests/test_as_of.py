# SPDX-License-Identifier: Apache-2.0
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import SYSTEM, make_project
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import FormerPortfolioPlace, Portfolio, Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.filters import Filters
from pilothouse.direction.portfolio.queries import dashboard
from pilothouse.foundation.organisation.models import Currency

Q1, Q2 = date(2026, 3, 31), date(2026, 6, 30)


def board(person, **asked):
    return dashboard(person.actor(), Filters(**asked), timezone.localdate())


def names(found):
    return [row.name for row in found.rows]


@pytest.fixture
def years(cast, publish):
    """The harbour and a crane published twice; a lock gate that came between."""
    crane = make_project(cast.portfolio, "CRANE", "Crane", state="executing", stated_colour="amber")
    publish(cast.harbour, Q1, stated="red", stated_label="Red")
    publish(crane, Q1, stated="green", stated_label="Green")
    projects.update_project(
        actor=SYSTEM,
        project=Project.objects.get(pk=cast.harbour.pk),
        values={"name": "Harbour renamed", "forecast_cost": Decimal("1500000")},
        version=None,
    )
    publish(cast.harbour, Q2, stated="amber", stated_label="Amber")
    lock = make_project(cast.portfolio, "LOCK", "Lock gate", state="planning")
    publish(lock, Q2, stated="green")
    publish(crane, Q2, stated="red")
    return cast


def test_the_list_turns_to_the_day(years, names_for):
    assert names_for(years.ada, "?as_of=2026-04-15&sort=name") == ["Crane", "Harbour"]
    assert names_for(years.ada, "?as_of=2026-06-30&sort=name") == [
        "Crane",
        "Harbour renamed",
        "Lock gate",
    ]
    assert names_for(years.ada, "?as_of=2026-03-30") == []


@pytest.mark.parametrize("layout", ["", "timeline/", "map/"])
def test_a_project_opens_as_of_the_day_that_its_list_shows(client, years, layout):
    client.force_login(years.ada)
    home = f'href="/projects/{years.harbour.pk}/'

    then = client.get(f"/{layout}?as_of=2026-04-15").content.decode()
    now = client.get(f"/{layout}").content.decode()

    assert f'{home}?as_of=2026-04-15"' in then
    assert f'{home}"' not in then
    assert f'{home}"' in now


def test_the_figures_turn_to_the_day_too(years):
    then, now = board(years.ada, as_of=Q1).cards, board(years.ada).cards

    assert (then.totals.count, now.totals.count) == (2, 3)
    assert then.totals.stated == {"red": 1, "amber": 0, "green": 1, "grey": 0}
    assert then.totals.money[0].forecast == Decimal("1260000.00")
    assert now.totals.money[0].forecast == Decimal("1500000.00")


def test_the_page_says_that_it_is_turned_back(client, years):
    client.force_login(years.ada)

    turned, today = (
        client.get(f"/{query}").content.decode() for query in ("?as_of=2026-04-15", "")
    )

    assert "Everything on this page is shown as it stood on 15 Apr 2026." in turned
    assert "Everything on this page" not in today
    assert 'href="?as_of=2026-03-31"' in today
    assert "data-edit" not in turned
    assert "data-edit" in today


def test_today_is_the_last_day_to_look_back_to(years, names_for):
    today = timezone.localdate()

    assert names_for(years.ada, f"?as_of={today}&sort=name") == names_for(years.ada, "?sort=name")


@pytest.mark.parametrize(
    "address",
    [
        "/?as_of=",
        "/timeline/?as_of=",
        "/map/?as_of=",
        "/export/?as_of=",
        "/register/?as_of=",
        "/office/units/?as_of=",
        "/projects/{harbour}/?as_of=",
        "/projects/{harbour}/record/?on=",
        "/api/v1/projects?as_of=",
        "/api/v1/projects/figures?as_of=",
        "/api/v1/projects/export?as_of=",
        "/api/v1/projects/{harbour}/health?as_of=",
        "/api/v1/projects/{harbour}/record?on=",
        "/api/v1/register?as_of=",
        "/api/v1/units?as_of=",
    ],
)
def test_a_day_to_come_is_refused(client, years, address):
    client.force_login(years.ada)
    tomorrow = timezone.localdate() + timedelta(days=1)

    response = client.get(address.format(harbour=years.harbour.pk) + tomorrow.isoformat())

    assert response.status_code == 422
    assert "choose today or an earlier day" in response.content.decode()


def test_a_moved_project_stays_where_it_was_before_the_move(years, names_for):
    basin = projects.create_portfolio(
        actor=SYSTEM,
        org_unit=years.unit,
        values={
            "code": "BASIN",
            "name": "Basin",
            "currency": Currency.objects.get(code="EUR"),
            "state": "active",
        },
    )
    projects.move_project(
        actor=SYSTEM,
        project=Project.objects.get(code="CRANE"),
        portfolio=basin,
        programme=None,
        from_day=timezone.localdate(),
        version=None,
    )

    assert names_for(years.ada, f"?portfolio={basin.pk}") == ["Crane"]
    assert names_for(years.ada, f"?portfolio={basin.pk}&as_of={Q2}") == []
    assert "Crane" in names_for(years.ada, f"?portfolio={years.portfolio.pk}&as_of={Q2}")
    assert "Crane" not in names_for(years.ada, f"?portfolio={years.portfolio.pk}")


@pytest.fixture
def harbours(years):
    """Two portfolios above one another: Basin, and Quayside, which came below it in July."""
    values = {"code": "BASIN", "name": "Basin", "currency": Currency.objects.get(code="EUR")}
    basin = projects.create_portfolio(actor=SYSTEM, org_unit=years.unit, values=values)
    projects.move_portfolio(
        actor=SYSTEM,
        portfolio=Portfolio.objects.get(pk=years.portfolio.pk),
        org_unit=years.unit,
        parent=basin,
        from_day=date(2026, 7, 1),
        version=None,
        reason="Joined",
    )
    return basin


def test_a_portfolio_holds_what_lay_below_it_on_the_day(years, harbours, names_for):
    below = f"?portfolio={harbours.pk}&sort=name"

    assert names_for(years.ada, below) == ["Crane", "Harbour renamed", "Lock gate"]
    assert names_for(years.ada, f"{below}&as_of=2026-07-01") == names_for(years.ada, below)
    assert names_for(years.ada, f"{below}&as_of={Q2}") == []
    assert board(years.ada, portfolio=harbours.pk, as_of=Q2).cards.totals.count == 0
    assert board(years.ada, portfolio=harbours.pk).cards.totals.count == 3


def test_the_tree_of_portfolios_is_that_of_the_day(years, harbours):
    def depths(**asked):
        return {place.name: place.depth for place in board(years.ada, **asked).places}

    assert depths() == {"Basin": 0, "Quayside": 1}
    assert depths(as_of=Q2) == {"Basin": 0, "Quayside": 0}


def test_a_move_that_was_entered_later_counts_from_its_day(years, harbours):
    """The report of June was written in Quayside; since May the crane belonged to Basin."""
    projects.move_project(
        actor=SYSTEM,
        project=Project.objects.get(code="CRANE"),
        portfolio=harbours,
        programme=None,
        from_day=date(2026, 5, 1),
        version=None,
    )

    def groups(day):
        found = board(years.ada, as_of=day, group="portfolio", sort="name")
        return {totals.label: totals.count for totals in found.groups.values()}

    assert groups(Q1) == {"Quayside": 2}
    assert groups(Q2) == {"Basin": 1, "Quayside": 2}
    assert names(board(years.ada, as_of=Q2, portfolio=harbours.pk)) == ["Crane"]
    assert names(board(years.ada, as_of=Q1, portfolio=harbours.pk)) == []


def test_the_home_of_a_past_day_stands_where_the_list_has_it(client, years, harbours):
    crane = Project.objects.get(code="CRANE")
    projects.move_project(
        actor=SYSTEM,
        project=crane,
        portfolio=harbours,
        programme=None,
        from_day=date(2026, 5, 1),
        version=None,
    )
    client.force_login(years.ada)

    def place(day):
        text = client.get(f"/projects/{crane.pk}/?as_of={day}").content.decode()
        return re.search(r'ph-meta">CRANE · ([^<]+)<', text)[1]

    assert place(Q1) == "Quayside"
    assert place(Q2) == "Basin"


def test_what_is_gone_is_looked_for_where_it_stood_when_it_was_last_published(years, harbours):
    crane = Project.objects.get(code="CRANE")
    projects.set_project_state(
        actor=SYSTEM,
        project=crane,
        target="cancelled",
        version=None,
        reason_code="value",
        reason="No case.",
    )

    assert names(board(years.ada, attention="gone", portfolio=years.portfolio.pk)) == ["Crane"]
    assert names(board(years.ada, attention="gone", portfolio=harbours.pk)) == []


def test_two_portfolios_that_were_put_into_each_other_for_one_day_are_still_read(years, harbours):
    FormerPortfolioPlace.objects.create(
        portfolio=harbours, org_unit=years.unit, parent=years.portfolio, until=date(2026, 8, 1)
    )

    assert len(board(years.ada, as_of=date(2026, 7, 15)).rows) == 3


def test_a_publication_stays_as_it_was_published(years):
    before = [(row.name, row.stated, row.forecast_cost) for row in board(years.ada, as_of=Q1).rows]

    projects.update_project(
        actor=SYSTEM,
        project=Project.objects.get(pk=years.harbour.pk),
        values={"name": "Third name", "forecast_cost": Decimal(1), "stated_colour": "green"},
        version=None,
    )

    after = [(row.name, row.stated, row.forecast_cost) for row in board(years.ada, as_of=Q1).rows]
    assert after == before
    assert "Third name" in names(board(years.ada))


def test_changes_are_counted_from_the_publication_before(years):
    now, then = board(years.ada).cards, board(years.ada, as_of=Q2).cards

    # Today against 30 June: harbour amber → green, crane red → amber, lock gate unrated since.
    assert (now.published, dict(now.changes)) == (
        Q2,
        {"worse": 0, "better": 2, "new": 0, "gone": 0},
    )
    # The publication of 30 June against that of 31 March, not against itself.
    assert (then.published, dict(then.changes)) == (
        Q1,
        {"worse": 1, "better": 1, "new": 1, "gone": 0},
    )


def test_a_first_publication_has_nothing_to_be_compared_with(years):
    first = board(years.ada, as_of=Q1).cards

    assert first.published is None
    assert set(first.changes.values()) == {0}


@pytest.mark.parametrize(
    ("attention", "expected"),
    [("worse", ["Crane"]), ("better", ["Harbour renamed"]), ("new", ["Lock gate"]), ("gone", [])],
)
def test_each_change_leads_to_its_projects(years, names_for, attention, expected):
    assert names_for(years.ada, f"?as_of={Q2}&attention={attention}") == expected


def test_a_project_that_left_is_shown_as_it_last_stood(years, names_for):
    crane = Project.objects.get(code="CRANE")
    projects.set_project_state(
        actor=SYSTEM,
        project=crane,
        target="cancelled",
        version=None,
        reason_code="value",
        reason="No case.",
    )

    assert board(years.ada).cards.changes["gone"] == 1
    assert names_for(years.ada, "?attention=gone") == ["Crane"]
    assert board(years.ada, attention="gone").rows[0].stated == "red"
    assert board(years.ada, attention="gone", q="harbour").rows == []


@pytest.fixture
def left(years, publish):
    """A ferry that was in the report of March, and in that of June no more."""
    ferry = make_project(years.portfolio, "FERRY", "Ferry", state="executing", budget=Decimal(900))
    publish(ferry, Q1, stated="red", stated_label="Red")
    Project.objects.filter(pk=ferry.pk).update(state="closed")
    words = {"stated": "grey", "stated_label": "Left the portfolio"}
    publish(ferry, Q2, in_portfolio=False, **words)
    PerformanceSnapshot.objects.filter(project=ferry, kind="live").delete()
    PerformanceSnapshot.objects.filter(project=ferry, status_date=Q2).update(
        valid_to=None, data_as_of=Q1
    )
    return years


@pytest.mark.parametrize("day", [None, Q2, date(2026, 7, 15)])
def test_all_holds_what_has_left_the_portfolio_as_it_was_last_published(left, day):
    assert "Ferry" not in names(board(left.ada, as_of=day))
    for phase in ("all", "benefits"):
        [ferry] = board(left.ada, as_of=day, phase=phase, q="ferry").rows
        assert (ferry.budget, ferry.data_as_of, ferry.state) == (Decimal(900), Q1, "closed")
        assert ferry.beside_phase == "Closed, no longer in the portfolio"
    assert "Ferry" in names(board(left.ada, as_of=Q1))


@pytest.mark.parametrize("address", ["/", "/timeline/", "/map/", "/export/"])
def test_every_layout_says_that_it_has_left_and_of_when_it_is(client, left, address):
    client.force_login(left.ada)

    page = client.get(f"{address}?phase=all&q=ferry&format=csv").content.decode()

    assert "Closed, no longer in the portfolio" in page
    assert "31 Mar 2026" in page or "2026-03-31" in page


def test_what_has_ended_is_neither_stale_nor_new_but_gone(left):
    open_ones, every = board(left.ada, as_of=Q2).cards, board(left.ada, as_of=Q2, phase="all").cards

    assert every.changes == open_ones.changes
    assert every.changes["gone"] == 1
    assert names(board(left.ada, as_of=Q2, phase="all", attention="gone")) == ["Ferry"]
    assert "Ferry" not in names(board(left.ada, phase="all", attention="stale"))
    assert "Ferry" not in names(board(left.ada, phase="all", attention="new"))


def test_what_has_ended_is_not_among_those_whose_age_counts(client, left):
    open_ones, every = board(left.ada).cards, board(left.ada, phase="all").cards

    assert (open_ones.ended, every.ended) == (0, 1)
    assert every.totals.count == open_ones.totals.count + 1
    assert every.known["stale"] == open_ones.known["stale"]
    assert (every.stale, every.oldest) == (open_ones.stale, open_ones.oldest)
    client.force_login(left.ada)
    card = client.get("/?phase=all").text.partition("Stale data")[2].partition("</dl>")[0]
    assert "1 has ended" in card
    assert "not known for" not in card
    assert "has ended" not in client.get("/").text.partition("Stale data")[2].partition("</dl>")[0]


def test_dates_of_publications_are_those_of_the_own_offices(years, publish):
    publish(years.foreign, date(2025, 12, 31), stated="green")

    assert list(board(years.ada).dates) == [Q2, Q1]
    assert list(board(years.nia).dates) == [date(2025, 12, 31)]
    assert list(board(years.otto).dates) == []


def test_source_and_licence_stand_where_the_data_stands(client, years):
    years.office.attribution = "Contains public data, open licence 3.0."
    years.office.save()
    client.force_login(years.ada)

    for address in ("/", "/timeline/", "/map/"):
        page = client.get(f"{address}?as_of={Q1}").content.decode()
        assert "Contains public data, open licence 3.0." in page
        assert "Annual report: 2 projects" in page
    client.force_login(years.nia)
    assert "open licence" not in client.get("/").content.decode()
