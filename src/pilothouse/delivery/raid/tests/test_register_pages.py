# SPDX-License-Identifier: Apache-2.0
"""Registers as pages: who sees what of them, how they are narrowed, entries typed in one line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cast import appoint, person
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.delivery.raid.models import Action, Entry, Issue, Kind, Risk
from pilothouse.delivery.raid.queries.policies import last_working_day
from pilothouse.delivery.raid.queries.register import Asked, register
from pilothouse.delivery.raid.services.escalating import escalate
from pilothouse.delivery.raid.services.registering import edit_entry
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core import clock

pytestmark = pytest.mark.django_db


def home(raid):
    return reverse("raid:project", args=[raid.cast.harbour.pk])


def looking(client, user):
    client.force_login(user)
    return client


def codes(user, place, **asked):
    return [line.code for line in register(user.actor(), place, Asked(**asked)).lines]


def test_a_register_lists_what_is_open_with_the_gravest_risk_first(raid, client):
    mild, grave = raid.risk("Fog"), raid.risk("Quay moves")
    raid.rate(mild, probability=1, time=2)
    raid.rate(grave, probability=4, cost=5)

    assert codes(raid.cast.piet, raid.cast.harbour, kind="risk") == ["R-2", "R-1"]
    page = looking(client, raid.cast.piet).get(home(raid), {"kind": "risk"}).content.decode()
    assert "Quay moves" in page
    assert "4 × 5" in page


def test_lists_pin_their_queries_whatever_their_length(raid, client):
    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(home(raid), {"kind": "risk"})
        assert answer.status_code == 200
        return len(queries)

    looking(client, raid.cast.piet)
    raid.risk("One")
    asked()
    few = asked()
    for number in range(12):
        raid.risk(f"More {number}", confidential=True)

    assert (few, asked()) == (few, few)
    assert few == 21


def test_the_board_pins_its_queries(raid, client):
    raid.risk("One")
    raid.add(Kind.ACTION, "Call the port")
    looking(client, raid.cast.piet).get(reverse("raid:list"))

    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse("raid:list")).status_code == 200
    assert len(queries) == 16


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["A-1", "R-1", "I-1"]),
        ({"show": "mine"}, ["R-1", "I-1"]),
        ({"show": "overdue"}, ["A-1"]),
        ({"show": "high"}, ["R-1", "I-1"]),
        ({"show": "over"}, []),
        ({"text": "crane"}, ["R-1"]),
        ({"text": "a-1"}, ["A-1"]),
        ({"tag": "steel"}, ["I-1"]),
        ({"category": "Supplier"}, ["R-1"]),
        ({"kind": "issue"}, ["I-1"]),
        ({"sort": "code"}, ["A-1", "I-1", "R-1"]),
        ({"sort": "-code"}, ["R-1", "I-1", "A-1"]),
        ({"sort": "nonsense", "show": "nonsense", "kind": "nonsense"}, ["A-1", "R-1", "I-1"]),
    ],
)
def test_a_register_is_narrowed_and_sorted(raid, asked, found):
    today = clock.today()
    risk = raid.risk("Crane late", category="Supplier", due=today + timedelta(days=5))
    raid.rate(risk, probability=4, cost=4)
    raid.add(Kind.ISSUE, "Pump broken", severity=2, tags="steel", due=today + timedelta(days=9))
    raid.add(Kind.ACTION, "Call the port", due=today - timedelta(days=20))

    assert codes(raid.cast.piet, raid.cast.harbour, **asked) == found


def test_an_owner_finds_their_own(raid):
    raid.add(Kind.ACTION, "Call the port")
    raid.risk("Crane late")

    assert codes(raid.cast.piet, raid.cast.harbour, owner=raid.cast.tess.pk) == ["A-1"]


def test_what_goes_up_is_found(raid):
    risk = raid.risk("Crane late")
    raid.risk("Fog")
    escalate(actor=raid.cast.piet.actor(), entry=risk, reason="Too big", version=None)

    assert codes(raid.cast.piet, raid.cast.harbour, show="escalated") == ["R-1"]


def test_a_programme_shows_its_own_and_on_demand_what_lies_below(raid):
    raid.risk("Crane late")
    raid.add(Kind.RISK, "Port law", by=raid.gwen, place=raid.cast.programme)

    assert codes(raid.gwen, raid.cast.programme) == ["R-1"]
    assert len(codes(raid.gwen, raid.cast.programme, below=True)) == 2
    assert len(codes(raid.paul, raid.cast.portfolio, below=True)) == 2


@pytest.fixture
def reader(raid):
    """Somebody who reads the registers of Harbour and keeps none of them."""
    user = person("Rita Reader")
    harbour = raid.cast.harbour
    appoint(user, Role.FIN, ("project", harbour.pk), raid.cast.office.pk, project_scopes(harbour))
    return user


SECRET = {
    "title": "Zebra layoffs",
    "description": "Zebra plans",
    "tags": "zebra",
    "cause": "Zebra cause",
    "effect": "Zebra effect",
    "category": "People",
}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"kind": "risk"},
        {"show": "all"},
        {"q": "zebra"},
        {"tag": "zebra"},
        {"category": "People"},
        {"show": "high"},
        {"sort": "rating"},
        {"sort": "-title"},
    ],
)
def test_of_a_confidential_entry_nothing_but_its_number_leaves(raid, reader, client, query):
    risk = raid.risk(**SECRET, confidential=True)
    raid.rate(risk, probability=4, cost=5)

    for url in (home(raid), reverse("raid:list")):
        page = looking(client, reader).get(url, query).content.decode()
        said = page.casefold().replace('value="zebra"', "").replace("=zebra", "")

        assert "zebra" not in said
        assert "4 × 5" not in page
        assert ">People<" not in page
    narrowed = set(query) & {"q", "tag", "category"} or query.get("show") == "high"
    assert ("R-1" in page) is not bool(narrowed)


def test_whoever_keeps_the_register_reads_the_confidential(raid, client):
    raid.risk(**SECRET, confidential=True)

    assert "Zebra layoffs" in looking(client, raid.cast.piet).get(home(raid)).content.decode()
    assert "Zebra layoffs" in looking(client, raid.cast.ada).get(home(raid)).content.decode()


def test_a_confidential_risk_counts_in_no_exposure_of_others(raid, reader):
    risk = raid.risk(**SECRET, confidential=True)
    raid.rate(risk, probability=3, chance_pct=30, cost=3, cost_likely=Decimal(1000))

    def net(user):
        page = register(user.actor(), raid.cast.harbour, Asked(kind="risk"))
        return page.exposures["current"].net

    assert (net(raid.cast.piet), net(reader)) == (300, 0)


def test_a_stranger_finds_no_register_and_an_empty_board(raid, client):
    raid.risk("Crane late")
    looking(client, raid.cast.otto)

    assert client.get(home(raid)).status_code == 404
    page = client.get(reverse("raid:list"))
    assert "Crane late" not in page.content.decode()


def send(client, raid, kind, line):
    return client.post(home(raid), {"kind": kind, "line": line})


def test_one_line_raises_and_rates_a_risk(raid, client):
    answer = send(
        looking(client, raid.cast.piet),
        raid,
        "risk",
        "Crane late !4x5c @tess #supplier due +10d",
    )

    assert answer.status_code == 302
    risk = Risk.rows.get()
    assert (risk.title, risk.tags, risk.owner, risk.state) == (
        "Crane late",
        "supplier",
        raid.cast.tess,
        Risk.State.OPEN,
    )
    assert (risk.score, risk.due) == (20, clock.today() + timedelta(days=10))
    assert risk.ratings.get().cost == 5


def test_one_line_raises_an_issue_and_an_action(raid, client):
    looking(client, raid.cast.piet)

    assert send(client, raid, "issue", "Pump broken !s1").status_code == 302
    assert send(client, raid, "action", "Call the port @me due +2d").status_code == 302
    assert Issue.rows.get().severity == 1
    assert Action.rows.get().owner == raid.cast.piet


@pytest.mark.parametrize(
    ("kind", "line", "said"),
    [
        ("risk", "Crane late @nobody", "is nobody of this office"),
        ("risk", "Crane late @example", "may be"),
        ("risk", "Crane late !9x9", "neither a rating"),
        ("risk", "Crane late !S1", "Only an issue has a severity"),
        ("issue", "Pump broken !4x4", "Only a risk has a probability"),
        ("action", "Call the port", "Name who does it"),
        ("action", "Call the port @tess", "Say until when"),
        ("risk", "", "Say in a few words"),
    ],
)
def test_a_line_that_is_not_understood_stays_and_keeps_nothing(raid, client, kind, line, said):
    answer = send(looking(client, raid.cast.piet), raid, kind, line)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert f'value="{line}"' in page
    assert not Entry.objects.exists()


def test_a_member_raises_a_risk_and_leaves_its_rating_to_the_manager(raid, client):
    looking(client, raid.cast.tess)

    assert send(client, raid, "risk", "Fog !2x2").status_code == 422
    assert not Entry.objects.exists()
    assert send(client, raid, "risk", "Fog").status_code == 302
    assert Entry.objects.get().owner == raid.cast.piet


def test_a_member_is_offered_what_they_may_raise_alone(raid):
    page = register(raid.cast.tess.actor(), raid.cast.harbour, Asked())

    assert list(page.may_raise) == [Kind.RISK, Kind.ISSUE]
    assert list(register(raid.cast.piet.actor(), raid.cast.harbour, Asked()).may_raise) == list(
        Kind
    )


def test_a_promise_tells_how_often_it_was_put_off(raid, client):
    action = raid.add(Kind.ACTION, "Call the port", due=date(2026, 6, 1))
    for day in (date(2026, 7, 1), date(2026, 8, 1)):
        edit_entry(actor=raid.cast.piet.actor(), entry=action, values={"due": day}, version=None)

    page = looking(client, raid.cast.piet).get(home(raid)).content.decode()
    assert "put off 2 times" in page


def test_a_weekend_makes_nothing_overdue(raid):

    friday, saturday, monday = date(2026, 6, 5), date(2026, 6, 6), date(2026, 6, 8)

    assert last_working_day(raid.cast.office.pk, friday) == friday
    assert last_working_day(raid.cast.office.pk, saturday) == friday
    assert last_working_day(raid.cast.office.pk, monday) == monday
