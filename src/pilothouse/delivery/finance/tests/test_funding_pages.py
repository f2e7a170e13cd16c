# SPDX-License-Identifier: Apache-2.0
"""The page of funding and draws, step by step."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cast import appoint
from pilothouse.delivery.finance.models import Accrual, ContingencyDraw, FundingRelease
from pilothouse.delivery.finance.tests.books import Books
from pilothouse.delivery.finance.tests.budgeting import approved, released
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(cast):
    return Books(cast)


@pytest.fixture
def as_(client, cast):
    def become(who):
        client.force_login(cast.people[who])
        return client

    return become


def html(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def page(cast):
    return reverse("finance:funding", args=[cast.harbour.pk])


def of(name, row):
    return reverse(f"finance:{name}", args=[row.pk])


ASKED = {"gate": "Gate 2", "amount": "300", "first": "2026-01-01", "last": "2026-06-30"}


def test_funding_goes_its_way_on_pages(cast, as_):
    client = as_("piet")
    new = reverse("finance:funding-new", args=[cast.harbour.pk])
    assert "Propose funding" in html(client.get(page(cast)))
    assert "Needed." in html(client.post(new, ASKED | {"amount": ""}), 422)
    client.post(new, ASKED)
    row = FundingRelease.objects.get()
    client.post(of("funding-edit", row), ASKED | {"amount": "250.50", "version": "1"})
    assert client.get(of("funding-approve", row)).status_code == 403
    as_("sam").post(of("funding-approve", row), {"version": "2"})
    client = as_("femi")
    assert "EUR 250.50" in html(client.get(of("funding-release", row)))
    client.post(of("funding-release", row), {"version": "3"})

    row.refresh_from_db()
    assert (row.state, row.amount) == ("released", Decimal("250.50"))


def test_the_page_says_what_is_available_and_how(cast, books, as_):
    """O-BUD-2."""
    released(cast, 300, first=date(2026, 1, 1), last=date(2199, 1, 1))
    books.actual(180)
    books.accrue(20, month=3)
    Accrual.objects.update(reversal_period=None)
    books.order(70)

    text = html(as_("piet").get(page(cast)))

    assert "300.00 − 180.00 − 20.00 − 0.00 − 70.00 = 30.00" in text


def test_a_draw_goes_its_way_on_pages(cast, books, as_):
    approved(cast, books.months, contingency=Decimal(60))
    client = as_("piet")
    new = reverse("finance:draw-new", args=[cast.harbour.pk])
    sent = {
        "reserve": "contingency",
        "amount": "20",
        "cites": "risk",
        "cited": "R-7",
        "wbs": "1.1",
        "category": "services",
        "nature": "capex",
        "period": str(books.months[4].pk),
        "reason": "Rock",
    }
    text = html(client.post(new, sent | {"cited": "", "amount": "x"}), 422)
    assert "is no number" in text
    assert "Needed." in text
    client.post(new, sent)
    draw = ContingencyDraw.objects.get()
    assert client.get(of("draw-approve", draw)).status_code == 403
    assert "15.00 − 0.00 = 15.00" in html(client.get(page(cast)))
    client = as_("sam")
    assert "R-7. Rock" in html(client.get(of("draw-approve", draw)))
    client.post(of("draw-approve", draw), {"version": "1", "note": "Go on"})

    text = html(client.get(page(cast)))
    assert "60.00 − 20.00 = 40.00" in text
    assert "Go on" in text


def test_a_draw_is_rejected_with_a_reason_and_withdrawn(cast, books, as_):
    approved(cast, books.months, contingency=Decimal(60))
    rows = [
        ContingencyDraw.objects.create(
            project=cast.harbour,
            budget=cast.harbour.budgets.get(),
            number=number,
            reserve="contingency",
            amount=Decimal(10),
            cites="issue",
            cited="I-1",
            reason="Late",
            category="services",
            nature="capex",
            period=books.months[4],
        )
        for number in (1, 2)
    ]

    assert "Needed." in html(as_("sam").post(of("draw-reject", rows[0]), {"version": "1"}), 422)
    as_("sam").post(of("draw-reject", rows[0]), {"version": "1", "reason": "No"})
    as_("piet").post(of("draw-withdraw", rows[1]), {"version": "1", "reason": "Not needed"})

    assert list(ContingencyDraw.objects.order_by("number").values_list("state", flat=True)) == [
        "rejected",
        "withdrawn",
    ]


def test_the_rest_is_carried_over_and_withdrawn_on_pages(cast, as_):
    early = released(cast, 300)
    client = as_("sam")
    assert "no approved or released funding that ends later" in html(
        client.get(of("funding-carry", early))
    )
    late = released(cast, 100, first=date(2026, 7, 1), last=date(2026, 12, 31))
    client = as_("sam")
    sent = {"version": "3", "to": str(late.pk), "reason": "Steel is late"}
    client.post(of("funding-carry", early), sent)
    assert "carried over to 2" in html(client.get(page(cast)))
    client.post(of("funding-withdraw", late), {"version": "3", "reason": "Cut"})

    states = FundingRelease.objects.order_by("number").values_list("state", "carried_to")
    assert list(states) == [("released", late.pk), ("withdrawn", None)]


def test_the_page_makes_few_queries_whatever_the_number_of_rows(cast, books, as_):
    approved(cast, books.months, contingency=Decimal(60))
    released(cast, 10)
    client = as_("piet")
    client.get(page(cast))
    with CaptureQueriesContext(connection) as few:
        client.get(page(cast))
    for _ in range(4):
        books.release(10, created_by=cast.piet)
    with CaptureQueriesContext(connection) as many:
        client.get(page(cast))

    assert len(many) == len(few) == 27


def test_others_do_not_see_the_funding(cast, as_):
    for who, status in (("nia", 404), ("otto", 404), ("tess", 403), ("ada", 200)):
        assert as_(who).get(page(cast)).status_code == status


@pytest.mark.parametrize("role", [Role.FOW, Role.TOW])
def test_who_may_not_see_cost_sees_what_is_released_and_no_cost_by_subtraction(
    cast, books, as_, role
):
    released(cast, 300, first=date(2026, 1, 1), last=date(2199, 1, 1))
    books.actual(180)
    books.order(70)
    here = (cast.office.pk, project_scopes(cast.harbour))
    appoint(cast.otto, role, ("project", cast.harbour.pk), *here)

    whole, part = (html(as_(who).get(page(cast))) for who in ("piet", "otto"))
    answer = as_("otto").get(f"/api/v1/projects/{cast.harbour.pk}/funding").json()

    for shown in ("180.00", "250.00", "50.00", "70.00", "Not used", "Actuals"):
        assert shown in whole
        assert shown not in part
    assert "300.00" in part
    assert answer["available"] == {
        "released": "300.0000",
        **dict.fromkeys(("actuals", "accruals", "received", "commitments", "available")),
    }
    release = answer["releases"][0]
    assert (release["amount"], release["state"]) == ("300.0000", "released")
    assert {release[name] for name in ("used", "unused", "lapsed")} == {None}
