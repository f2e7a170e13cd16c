# SPDX-License-Identifier: Apache-2.0
"""Moves take effect from a day on; the tree as it was stays (R-ORG-01 to 03)."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cast import SYSTEM, make_project
from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import (
    FormerPortfolioPlace,
    FormerProgrammePlace,
    Placement,
    Portfolio,
    Programme,
    Project,
)
from pilothouse.delivery.projects.queries import placement_on
from pilothouse.delivery.projects.tree import register_tree
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent

DAY = date(2025, 6, 1)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture
def yard(cast):
    """A second portfolio of the same unit."""
    return open_portfolio(cast, "YARD", "Yard")


def open_portfolio(cast, code, name, parent=None):
    return services.create_portfolio(
        actor=SYSTEM,
        org_unit=cast.unit,
        values={
            "code": code,
            "name": name,
            "currency": cast.portfolio.currency,
            "parent": parent,
            "state": "active",
        },
    )


def move(cast, portfolio, by=SYSTEM, **values):
    cast.harbour.refresh_from_db()
    return services.move_project(
        actor=by,
        project=cast.harbour,
        portfolio=portfolio,
        programme=values.pop("programme", None),
        from_day=values.pop("from_day", DAY),
        version=cast.harbour.version,
        reason="The yard pays for it.",
    )


def places(project):
    rows = Placement.objects.filter(project=project)
    return list(rows.values_list("portfolio__code", "programme__code", "valid_from", "valid_to"))


def refused(cast, error, action):
    before = (places(cast.harbour), AuditEvent.objects.count())
    with pytest.raises(error) as caught:
        action()
    cast.harbour.refresh_from_db()
    assert (places(cast.harbour), AuditEvent.objects.count()) == before
    assert cast.harbour.portfolio_id == cast.portfolio.pk
    return caught.value


def test_a_moved_project_stands_where_it_stood_on_every_day(cast, yard):
    move(cast, yard)

    assert places(cast.harbour) == [
        ("QUAY", "DEEP", date(2025, 1, 1), DAY),
        ("YARD", None, DAY, None),
    ]
    own = [cast.harbour.pk]
    assert placement_on(own, BEFORE) == {cast.harbour.pk: (cast.portfolio.pk, cast.programme.pk)}
    assert placement_on(own, DAY) == {cast.harbour.pk: (yard.pk, None)}
    assert placement_on(own, date(2024, 12, 31)) == {}


def names(nodes, kind):
    found = [node.name for node in nodes if node.kind == kind]
    for node in nodes:
        found += names(node.children, kind)
    return found


def branch(tree, name):
    stack = list(tree.roots)
    while stack:
        node = stack.pop()
        if node.name == name:
            return node
        stack += node.children
    return None


def test_the_register_of_a_day_hangs_the_project_where_it_hung(cast, yard):
    Portfolio.objects.update(created_at="2025-01-01T00:00:00Z")
    move(cast, yard)

    then = register_tree(cast.ada.actor(), BEFORE)
    now = register_tree(cast.ada.actor(), None)

    assert names([branch(then, "Quayside")], "project") == ["Harbour"]
    assert names([branch(then, "Yard")], "project") == []
    assert names([branch(now, "Quayside")], "project") == []
    assert names([branch(now, "Yard")], "project") == ["Harbour"]


def test_a_move_on_the_day_of_the_last_move_replaces_it(cast, yard):
    third = open_portfolio(cast, "DOCK", "Dock")
    move(cast, yard)
    move(cast, third)

    assert places(cast.harbour) == [
        ("QUAY", "DEEP", date(2025, 1, 1), DAY),
        ("DOCK", None, DAY, None),
    ]


def test_a_project_does_not_move_in_the_future(cast, yard):
    tomorrow = timezone.localdate() + timedelta(days=1)

    error = refused(cast, Invalid, lambda: move(cast, yard, from_day=tomorrow))

    assert error.fields == {"from_day": "A move takes effect today or earlier."}


def test_a_project_does_not_move_before_it_came(cast, yard):
    error = refused(cast, Invalid, lambda: move(cast, yard, from_day=date(2024, 12, 31)))

    assert error.code == "organisation.move_day"


def test_portfolio_and_programme_of_a_project_agree(cast, yard):
    error = refused(cast, Invalid, lambda: move(cast, yard, programme=cast.programme))

    assert error.fields == {"programme": "Programme Deep water belongs to another portfolio."}


def test_a_project_stays_in_its_organisation(cast):
    error = refused(cast, Invalid, lambda: move(cast, cast.other_portfolio))

    assert error.code == "projects.other_office"


@pytest.mark.parametrize("name", ["piet", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_who_has_no_right_there_moves_nothing(cast, yard, name):
    refused(cast, NotAllowed, lambda: move(cast, yard, by=cast.people[name].actor()))


def test_a_programme_takes_its_projects_along(cast, yard):
    services.move_programme(
        actor=cast.ada.actor(),
        programme=cast.programme,
        portfolio=yard,
        from_day=DAY,
        version=1,
        reason="The yard pays for it.",
    )

    assert places(cast.harbour) == [
        ("QUAY", "DEEP", date(2025, 1, 1), DAY),
        ("YARD", "DEEP", DAY, None),
    ]
    former = FormerProgrammePlace.objects.get(programme=cast.programme)
    assert (former.portfolio_id, former.until) == (cast.portfolio.pk, DAY)


def test_a_portfolio_moves_with_its_branch_and_the_day_before_is_kept(cast, yard):
    inner = open_portfolio(cast, "INNER", "Inner", cast.portfolio)

    services.move_portfolio(
        actor=cast.ada.actor(),
        portfolio=cast.portfolio,
        org_unit=cast.unit,
        parent=yard,
        from_day=DAY,
        version=1,
        reason="One envelope.",
    )

    yard.refresh_from_db()
    cast.portfolio.refresh_from_db()
    inner.refresh_from_db()
    assert cast.portfolio.path.startswith(yard.path)
    assert inner.path.startswith(cast.portfolio.path)
    former = FormerPortfolioPlace.objects.get(portfolio=cast.portfolio)
    assert (former.parent_id, former.org_unit_id, former.until) == (None, cast.unit.pk, DAY)


def test_a_portfolio_is_not_put_below_itself(cast):
    inner = open_portfolio(cast, "INNER", "Inner", cast.portfolio)

    with pytest.raises(Invalid) as caught:
        services.move_portfolio(
            actor=cast.ada.actor(),
            portfolio=cast.portfolio,
            org_unit=cast.unit,
            parent=inner,
            from_day=DAY,
            version=1,
            reason="By mistake.",
        )

    assert caught.value.code == "projects.cycle"
    cast.portfolio.refresh_from_db()
    assert cast.portfolio.parent_id is None
    assert not FormerPortfolioPlace.objects.exists()


def test_a_portfolio_with_open_work_does_not_close(cast):
    with pytest.raises(Invalid) as caught:
        services.set_portfolio_state(
            actor=cast.ada.actor(), portfolio=cast.portfolio, state="closed", version=None
        )

    assert caught.value.code == "projects.open_children"
    assert Portfolio.objects.get(pk=cast.portfolio.pk).state == "active"


def test_a_portfolio_whose_work_has_ended_closes(cast):
    Project.objects.filter(pk=cast.harbour.pk).update(state="cancelled")
    Programme.objects.filter(pk=cast.programme.pk).update(state="cancelled")

    services.set_portfolio_state(
        actor=cast.ada.actor(), portfolio=cast.portfolio, state="closed", version=None
    )

    assert Portfolio.objects.get(pk=cast.portfolio.pk).state == "closed"


@pytest.mark.parametrize(
    "address",
    ["/register/", "/register/?as_of=2025-03-01&ended=on", "/register/people/", "/office/units/"],
)
def test_a_list_asks_no_more_questions_when_it_grows(client, cast, address):
    client.force_login(cast.ada)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(12):
        make_project(cast.portfolio, f"P{number}", f"Project {number}", pm=cast.piet)

    with CaptureQueriesContext(connection) as many:
        assert client.get(address).status_code == 200

    assert len(many) == len(few)
