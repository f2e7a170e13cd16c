# SPDX-License-Identifier: Apache-2.0
"""Draws on contingency and management reserve, each within its authority (R-BUD-04)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cast import appoint
from pilothouse.delivery.finance.models import ContingencyDraw, FinancePolicy
from pilothouse.delivery.finance.queries.at_work import money_at_work
from pilothouse.delivery.finance.queries.budgets import (
    budget_totals,
    contingency_adequacy,
    totals_of,
)
from pilothouse.delivery.finance.services.budget_states import (
    approve_budget,
    endorse_budget,
    submit_budget,
)
from pilothouse.delivery.finance.services.budgets import begin_budget
from pilothouse.delivery.finance.services.draws import (
    AskedDraw,
    approve_draw,
    reject_draw,
    submit_draw,
    withdraw_draw,
)
from pilothouse.delivery.finance.tests.budgeting import approved
from pilothouse.delivery.finance.tests.desk import months
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(cast):
    return months(cast.office, 2026)


@pytest.fixture
def budget(cast, year):
    """BAC 900, contingency 60, management reserve 40."""
    return approved(cast, year, contingency=Decimal(60), management_reserve=Decimal(40))


@pytest.fixture
def draw(cast, year, budget):
    """Draw so much for R-7, unless told otherwise."""

    def submit(amount, **values):
        chosen = {
            "reserve": "contingency",
            "amount": Decimal(amount),
            "cites": "risk",
            "cited": "R-7",
            "reason": "The rock is harder than the survey said",
            "category": "services",
            "nature": "capex",
            "period": year[4],
            "wbs": "1.1",
        } | values
        return submit_draw(actor=cast.piet.actor(), project=cast.harbour, asked=AskedDraw(**chosen))

    return submit


def totals(cast):
    return budget_totals([cast.harbour.pk])[cast.harbour.pk]


def test_a_draw_above_the_limit_of_the_manager_is_the_sponsors(cast, draw):
    """O-BUD-1."""
    before = totals(cast)
    assert (before.bac, before.contingency_left, before.reserve_left, before.total) == (
        *(900, 60, 40),
        1000,
    )
    asked = draw(20)

    with pytest.raises(NotAllowed, match=r"decides on EUR 15.00 in all") as caught:
        approve_draw(actor=cast.piet.actor(), draw=asked, version=asked.version)
    assert caught.value.code == "finance.draw_above_limit"
    assert totals(cast) == before

    approve_draw(actor=cast.sam.actor(), draw=asked, version=asked.version)

    after = totals(cast)
    assert (after.bac, after.contingency_left, after.reserve_left, after.total) == (
        *(920, 40, 40),
        1000,
    )
    adequacy = contingency_adequacy(after, Decimal(45))
    assert (round(adequacy.ratio, 3), adequacy.colour) == (Decimal("0.889"), "amber")


@pytest.mark.parametrize(
    ("exposure", "colour"), [(40, "green"), (50, "amber"), (51, "red"), (0, "")]
)
def test_adequacy_is_green_from_1_amber_from_0_8_and_nothing_without_exposure(
    cast, draw, exposure, colour
):
    approve_draw(actor=cast.sam.actor(), draw=draw(20), version=None)

    assert contingency_adequacy(totals(cast), Decimal(exposure)).colour == colour


def test_the_register_and_the_sums_keep_their_total(cast, year, draw):
    approve_draw(actor=cast.sam.actor(), draw=draw(20), version=None)

    assert Project.objects.get(pk=cast.harbour.pk).budget == 1000
    packages = money_at_work([cast.harbour.pk])[cast.harbour.pk].budget.packages
    assert {wbs: part.amount for wbs, part in packages.items()} == {"1.1": 620, "1.2": 300}


def test_the_manager_draws_within_the_own_limit_all_draws_together(cast, draw):
    first, second, third = draw(10), draw(5), draw("0.01")

    for asked in (first, second):
        approve_draw(actor=cast.piet.actor(), draw=asked, version=None)
    with pytest.raises(NotAllowed, match=r"of which EUR 15.00 is drawn"):
        approve_draw(actor=cast.piet.actor(), draw=third, version=None)

    assert totals(cast).contingency_left == 45
    first.refresh_from_db()
    assert (first.state, first.decided_by, first.own_limit) == ("approved", cast.piet, True)


def test_what_the_sponsor_approved_does_not_use_up_the_limit_of_the_manager(cast, draw):
    approve_draw(actor=cast.sam.actor(), draw=draw(30), version=None)

    approve_draw(actor=cast.piet.actor(), draw=draw(15), version=None)

    assert totals(cast).contingency_left == 15


def test_an_office_sets_the_limit_of_its_managers(cast, draw):
    FinancePolicy.objects.create(office=cast.office, pm_contingency_pct=Decimal(50))

    approve_draw(actor=cast.piet.actor(), draw=draw(30), version=None)

    assert totals(cast).contingency_left == 30


@pytest.mark.parametrize("who", ["piet", "sam", "femi", "tess", "otto"])
def test_the_management_reserve_is_the_committees(cast, draw, who):
    on_project = (cast.office.pk, project_scopes(cast.harbour))
    appoint(cast.rosa, Role.SCM, ("project", cast.harbour.pk), *on_project)
    asked = draw(40, reserve="management_reserve")

    with pytest.raises(NotAllowed) as caught:
        approve_draw(actor=cast.people[who].actor(), draw=asked, version=None)
    assert caught.value.code == "finance.reserve_decision"
    assert totals(cast).reserve_left == 40

    approve_draw(actor=cast.rosa.actor(), draw=asked, version=None)
    assert (totals(cast).reserve_left, totals(cast).bac, totals(cast).total) == (0, 940, 1000)


@pytest.mark.parametrize("who", ["femi", "tess", "otto", "nia", "ada"])
def test_others_do_not_decide_on_contingency(cast, draw, who):
    asked = draw(10)

    for decide in (
        lambda actor: approve_draw(actor=actor, draw=asked, version=None),
        lambda actor: reject_draw(actor=actor, draw=asked, version=None, reason="No"),
    ):
        with pytest.raises(NotAllowed) as caught:
            decide(cast.people[who].actor())
        assert caught.value.code == "finance.draw_decision"
    asked.refresh_from_db()
    assert asked.state == "submitted"


@pytest.mark.parametrize("who", ["sam", "femi", "tess", "ada"])
def test_only_the_manager_submits(cast, year, budget, who):
    asked = AskedDraw(
        *("contingency", Decimal(1), "risk", "R-7", "Rock", "services", "capex"), year[4]
    )

    with pytest.raises(NotAllowed):
        submit_draw(actor=cast.people[who].actor(), project=cast.harbour, asked=asked)

    assert not ContingencyDraw.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", Decimal(0)),
        ("amount", Decimal("0.001")),
        ("amount", Decimal("60.01")),
        ("cited", " "),
        ("cites", "hope"),
        ("reserve", "cookies"),
        ("reason", ""),
        ("category", "beer"),
        ("wbs", "1" * 41),
    ],
)
def test_a_draw_that_cannot_be_is_refused_at_its_field(draw, field, value):
    with pytest.raises(Invalid) as caught:
        draw(**({"amount": 10} | {field: value}))

    assert field in caught.value.fields
    assert not ContingencyDraw.objects.exists()


def test_a_period_of_another_office_is_refused(cast, draw):
    with pytest.raises(Invalid) as caught:
        draw(10, period=months(cast.other_office, 2026)[4])

    assert "period" in caught.value.fields
    assert not ContingencyDraw.objects.exists()


def test_without_an_approved_budget_there_is_nothing_to_draw_on(cast, year):
    asked = AskedDraw(
        *("contingency", Decimal(1), "risk", "R-7", "Rock", "services", "capex"), year[4]
    )

    with pytest.raises(Invalid, match="no approved budget"):
        submit_draw(actor=cast.piet.actor(), project=cast.harbour, asked=asked)


def test_two_draws_that_wait_do_not_take_the_same_money(cast, draw):
    first, second = draw(50), draw(20)
    approve_draw(actor=cast.sam.actor(), draw=first, version=None)

    with pytest.raises(Invalid, match=r"EUR 10.00 is left"):
        approve_draw(actor=cast.sam.actor(), draw=second, version=None)

    second.refresh_from_db()
    assert second.state == "submitted"


def test_a_rejected_and_a_withdrawn_draw_move_nothing_and_are_over(cast, draw):
    first, second = draw(20), draw(10)

    reject_draw(actor=cast.sam.actor(), draw=first, version=None, reason="Not that risk")
    withdraw_draw(actor=cast.piet.actor(), draw=second, version=None)

    assert totals(cast).contingency_left == 60
    for asked in (first, second):
        with pytest.raises(Invalid) as caught:
            approve_draw(actor=cast.sam.actor(), draw=asked, version=None)
        assert caught.value.code == "finance.draw_decided"


def test_a_new_version_has_the_draws_among_its_lines_and_the_reserves_that_are_left(
    cast, budget, draw
):
    approve_draw(actor=cast.sam.actor(), draw=draw(20), version=None)

    copy = begin_budget(actor=cast.piet.actor(), project=cast.harbour, reason="Rock")

    found = totals_of([copy])[copy.pk]
    assert (found.bac, found.contingency, found.management_reserve, found.total) == (
        *(920, 40, 40),
        1000,
    )
    line = copy.lines.get(text="Draw 1 for R-7")
    assert (line.wbs, line.amount, line.currency_id) == ("1.1", 20, "EUR")


def test_a_copy_that_is_open_takes_in_what_is_drawn_meanwhile(cast, budget, draw):
    asked = draw(20)
    copy = begin_budget(actor=cast.piet.actor(), project=cast.harbour, reason="Rock")
    approve_draw(actor=cast.sam.actor(), draw=asked, version=None)

    submit_budget(actor=cast.piet.actor(), budget=copy, version=None)
    endorse_budget(actor=cast.femi.actor(), budget=copy, version=None)
    approve_budget(actor=cast.sam.actor(), budget=copy, version=None)

    found = totals(cast)
    assert (found.bac, found.contingency_left, found.drawn, found.total) == (920, 40, 0, 1000)


def test_a_draw_that_waits_is_on_the_version_that_is_approved_meanwhile(cast, budget, draw):
    asked = draw(20)
    copy = begin_budget(actor=cast.piet.actor(), project=cast.harbour, reason="Rock")
    submit_budget(actor=cast.piet.actor(), budget=copy, version=None)
    endorse_budget(actor=cast.femi.actor(), budget=copy, version=None)
    approve_budget(actor=cast.sam.actor(), budget=copy, version=None)

    approve_draw(actor=cast.sam.actor(), draw=asked, version=None)

    asked.refresh_from_db()
    assert asked.budget == copy
    assert (totals(cast).bac, totals(cast).contingency_left, totals(cast).total) == (920, 40, 1000)
