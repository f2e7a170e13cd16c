# SPDX-License-Identifier: Apache-2.0
"""Looking back: right from the first day that is kept, refused in words before it."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from cast import SYSTEM, appoint, make_project
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import refresh_performance
from pilothouse.direction.portfolio.services import save_view, set_default_view
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.retention.kinds import first_kept
from pilothouse.retention.models import Kind
from pilothouse.retention.tests.nights import apply_rules

NOON = time(12, tzinfo=UTC)


@pytest.fixture
def first():
    """The first day that a rule of a year keeps today."""
    return first_kept(timezone.localdate(), 12)


def renamed(project, name, day):
    """Change the name of a project at noon of a day."""
    projects.update_project(
        actor=SYSTEM,
        project=Project.objects.get(pk=project.pk),
        values={"name": name},
        version=None,
    )
    AuditEvent.objects.filter(pk=AuditEvent.objects.latest("pk").pk).update(
        at=datetime.combine(day, NOON)
    )


@pytest.fixture
def lived(cast, first, rule):
    """Harbour was entered long ago and renamed before, on and after the first day; then cut."""
    long_ago = first - timedelta(days=800)
    AuditEvent.objects.update(at=datetime.combine(long_ago, NOON))
    renamed(cast.harbour, "Before", first - timedelta(days=400))
    renamed(cast.harbour, "The day before", first - timedelta(days=1))
    renamed(cast.harbour, "On the day", first)
    renamed(cast.harbour, "After", first + timedelta(days=1))
    rule(12)
    rule(12, Kind.SNAPSHOTS)
    apply_rules(today=timezone.localdate())
    return cast


def record(client, cast, day):
    return client.get(f"/api/v1/projects/{cast.harbour.pk}/record?on={day}")


def test_from_the_first_day_on_the_record_is_what_it_was(client, lived, first):
    client.force_login(lived.ada)

    names = []
    for days in (0, 1, 2):
        answer = record(client, lived, first + timedelta(days=days)).json()
        names += [line["value"] for line in answer["lines"] if line["label"] == "Name"]

    assert names == ["On the day", "After", "After"]


def test_the_values_of_the_night_before_the_first_day_are_still_there(lived, first):
    change = AuditEvent.objects.filter(object_type="project", object_id=lived.harbour.pk).earliest(
        "at"
    )

    assert change.before == {"name": "The day before"}
    assert change.at.date() == first


@pytest.mark.parametrize(
    "address",
    [
        "/projects/{project}/?as_of={day}",
        "/projects/{project}/record/?on={day}",
        "/register/?as_of={day}",
        "/cockpit/?since={day}",
        "/api/v1/projects/{project}/record?on={day}",
        "/api/v1/register?as_of={day}",
    ],
)
def test_a_day_before_the_trail_is_refused_in_words_and_the_first_one_is_not(
    client, lived, first, address
):
    client.force_login(lived.ada)
    before = first - timedelta(days=1)

    refused = client.get(address.format(project=lived.harbour.pk, day=before))
    shown = client.get(address.format(project=lived.harbour.pk, day=first))

    assert refused.status_code == 422
    said = f"The trail of Port begins on {first.day} {first:%b} {first.year}"
    assert said in refused.content.decode()
    assert "rule of retention" in refused.content.decode()
    assert "as_of" not in refused.content.decode() or "/api/" in address
    assert shown.status_code == 200


def test_another_offices_past_is_not_cut(client, lived, first):
    client.force_login(lived.nia)
    day = first - timedelta(days=300)

    assert client.get(f"/register/?as_of={day}").status_code == 200
    assert client.get(f"/api/v1/projects/{lived.foreign.pk}/record?on={day}").status_code == 200


def test_under_a_hold_the_events_stay_and_the_day_is_refused_all_the_same(
    client, cast, first, rule, hold, told
):
    """Other objects of the office have lost theirs: no list of that day would be whole."""
    kept = told(cast.harbour, first - timedelta(days=9))
    told(cast.unit, first - timedelta(days=9))
    hold("project", cast.harbour)
    rule(12)
    apply_rules(today=timezone.localdate())
    client.force_login(cast.ada)

    assert AuditEvent.objects.filter(pk=kept).exists()
    assert record(client, cast, first - timedelta(days=5)).status_code == 422


@pytest.mark.parametrize("address", ["/projects/{}/", "/projects/{}/record/"])
def test_a_list_of_changes_says_where_it_begins(client, lived, first, address):
    client.force_login(lived.ada)
    said = f"The trail of this office begins on {first.day} {first:%b} {first.year}"

    assert said in client.get(address.format(lived.harbour.pk)).content.decode()

    OrgUnit.objects.update(trail_from=None)
    assert said not in client.get(address.format(lived.harbour.pk)).content.decode()


@pytest.fixture
def figures(cast, first, rule):
    """Figures of a day long before the first one, of one shortly before, and of today."""
    today = timezone.localdate()
    days = [first - timedelta(days=300), first - timedelta(days=30), today]
    refresh_performance(project_id=cast.harbour.pk, today=today)
    row = PerformanceSnapshot.objects.get(project=cast.harbour)
    PerformanceSnapshot.objects.filter(pk=row.pk).update(status_date=today)
    row.valid_to = days[1]
    for day, until in ((days[0], days[1]), (days[1], days[2])):
        row.pk, row._state.adding = None, True
        row.status_date, row.valid_to = day, until
        row.save()
    rule(12, Kind.SNAPSHOTS)
    apply_rules(today=today)
    assert PerformanceSnapshot.objects.filter(project=cast.harbour).count() == 2
    return cast


@pytest.mark.parametrize(
    "address",
    [
        "/?as_of={day}",
        "/timeline/?as_of={day}",
        "/map/?as_of={day}",
        "/export/?format=csv&as_of={day}",
        "/projects/{project}/?as_of={day}",
        "/cockpit/?since={day}",
        "/api/v1/projects?as_of={day}",
        "/api/v1/projects/figures?as_of={day}",
        "/api/v1/projects/{project}/health?as_of={day}",
    ],
)
def test_a_list_of_a_day_before_the_figures_begin_is_refused_in_words(
    client, figures, first, address
):
    client.force_login(figures.ada)
    before = first - timedelta(days=1)

    refused = client.get(address.format(project=figures.harbour.pk, day=before))
    shown = client.get(address.format(project=figures.harbour.pk, day=first))

    assert refused.status_code == 422
    assert f"The daily figures of Port begin on {first.day}" in refused.content.decode()
    assert shown.status_code == 200


def test_a_list_of_one_office_asks_for_no_more_than_that_ones_past(client, figures, first):
    other = figures.other_office
    appoint(figures.ada, Role.DIR, ("org_unit", other.pk), other.pk, unit_scopes(other))
    client.force_login(figures.ada)
    before = first - timedelta(days=1)

    assert client.get(f"/?as_of={before}").status_code == 422
    assert client.get(f"/?as_of={before}&office={other.pk}").status_code == 200


@pytest.fixture
def publications(cast, figures, first):
    """Crane was published long before the first day and two months after it; Harbour never."""
    crane = make_project(cast.portfolio, "CRANE", "Crane")
    refresh_performance(project_id=crane.pk, today=timezone.localdate())
    row = PerformanceSnapshot.objects.get(project=crane)
    row.kind = PerformanceSnapshot.Kind.PUBLISHED
    days = [first - timedelta(days=200), first + timedelta(days=60), row.status_date]
    for day, until in pairwise(days):
        row.pk, row._state.adding = None, True
        row.status_date, row.valid_to = day, until
        row.save()
    return days


def compared(client, day=None):
    """Publication that a list is compared with, and how many are new since."""
    query = f"?as_of={day}" if day else ""
    cards = client.get(f"/api/v1/projects/figures{query}").json()
    return cards["published"], cards["changes"]["new"]


def test_a_list_is_compared_with_no_publication_from_before_the_figures_begin(
    client, figures, publications, first
):
    """Harbour ran all the time: it must not be called new because its figures are gone."""
    client.force_login(figures.ada)

    assert compared(client) == (publications[1].isoformat(), 0)
    assert compared(client, first + timedelta(days=30)) == (None, 0)
    assert (
        "No publication to compare with"
        in client.get(f"/?as_of={first + timedelta(days=30)}").content.decode()
    )

    OrgUnit.objects.update(snapshots_from=None)
    assert compared(client, first + timedelta(days=30)) == (publications[0].isoformat(), 1)


def test_no_day_is_offered_that_would_be_refused(client, figures, publications):
    client.force_login(figures.ada)
    page = client.get("/").content.decode()

    assert f"as_of={publications[1]}" in page
    assert f"as_of={publications[0]}" not in page


def test_beside_an_office_that_is_cut_no_earlier_day_of_another_is_offered(
    client, figures, publications, first
):
    other = figures.other_office
    appoint(figures.ada, Role.DIR, ("org_unit", other.pk), other.pk, unit_scopes(other))
    OrgUnit.objects.update(snapshots_from=None)
    OrgUnit.objects.filter(pk=other.pk).update(snapshots_from=first)
    client.force_login(figures.ada)

    def offered(query):
        return f"as_of={publications[0]}" in client.get(f"/{query}").content.decode()

    assert not offered("")
    assert not offered(f"?office={other.pk}")
    assert offered(f"?office={figures.office.pk}")


def test_a_default_view_of_a_day_that_is_gone_bars_nobody_from_the_first_page(
    client, figures, first
):
    before = first - timedelta(days=1)
    view = save_view(
        actor=figures.ada.actor(),
        name="Year's end",
        query=f"?as_of={before}&q=harb",
        shared_office_id=None,
        today=timezone.localdate(),
    )
    set_default_view(actor=figures.ada.actor(), view_id=view.pk)
    client.force_login(figures.ada)
    page = client.get("/")

    assert page.status_code == 200
    assert "Part of the view “Year&#39;s end” was left out:" in page.content.decode()
    assert f"The daily figures of Port begin on {first.day} {first:%b}" in page.content.decode()
    assert "Back to today" not in page.content.decode()
    for asked in (f"/?{view.query}&view={view.pk}", f"/api/v1/projects?{view.query}"):
        assert client.get(asked).status_code == 422


def test_the_tree_of_units_rests_on_places_that_are_kept(client, lived, first):
    client.force_login(lived.ada)

    assert client.get(f"/office/units/?as_of={first - timedelta(days=300)}").status_code == 200


def test_states_of_the_register_are_right_on_the_first_day(client, cast, first, rule):
    portfolio = Portfolio.objects.get(pk=cast.portfolio.pk)
    AuditEvent.objects.update(at=datetime.combine(first - timedelta(days=90), NOON))
    Portfolio.objects.filter(pk=portfolio.pk).update(
        created_at=datetime.combine(first - timedelta(days=90), NOON)
    )
    projects.set_portfolio_state(
        actor=SYSTEM, portfolio=portfolio, state="suspended", version=None, reason="No money"
    )
    AuditEvent.objects.filter(action="portfolio.state").update(
        at=datetime.combine(first + timedelta(days=1), NOON)
    )
    rule(12)
    apply_rules(today=timezone.localdate())
    client.force_login(cast.ada)

    def state(day):
        nodes = client.get(f"/api/v1/register?as_of={day}").json()["items"]
        return next(n["state"] for n in nodes if n["kind"] == "portfolio" and n["code"] == "QUAY")

    assert [state(first), state(first + timedelta(days=1))] == ["active", "suspended"]
