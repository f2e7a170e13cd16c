# SPDX-License-Identifier: Apache-2.0
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from cast import appoint
from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.models import BudgetLine, CaseFlow, FinancialCase
from pilothouse.delivery.finance.queries.streams import BY_YEAR, Key, Stream, streams_of, whole
from pilothouse.delivery.finance.services.cases import (
    approve_case,
    draft_case,
    expect_benefits,
    reject_case,
    submit_case,
    withdraw_case,
)
from pilothouse.delivery.finance.services.streams import restream
from pilothouse.delivery.finance.services.valuing import net_present_values, worth_of
from pilothouse.delivery.finance.tests.books import DAY, Books
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed

pytestmark = pytest.mark.django_db
YEAR_END = date(2026, 12, 31)
SYSTEM = Actor.system("tests")
ORACLE = {
    2026: Flows(Decimal(1000), Decimal(0)),
    2027: Flows(Decimal(0), Decimal(300)),
    2028: Flows(Decimal(0), Decimal(400)),
    2029: Flows(Decimal(0), Decimal(400)),
    2030: Flows(Decimal(0), Decimal(300)),
}


def drafted(cast, flows=ORACLE, **values):
    return draft_case(
        **{
            "actor": cast.piet.actor(),
            "project": cast.harbour,
            "first_year": 2026,
            "rate_pct": Decimal(10),
            "flows": flows,
            "reason": "Gate 1",
        }
        | values
    )


def submitted(cast):
    return submit_case(actor=cast.sam.actor(), case=drafted(cast), version=None)


def approved(cast):
    return approve_case(actor=SYSTEM, case=submitted(cast), version=None)


def test_the_figures_of_an_approved_case_are_those_of_the_oracle(cast):
    """O-FIN-1."""
    approved(cast)

    worth = worth_of(cast.harbour.pk, 2026)

    figures = worth.approved.figures
    assert f"{figures.npv:.2f} {figures.irr.rate:.5f} {figures.payback}" == "108.74 0.14895 2.75"
    assert f"{figures.discounted_payback:.3f} {figures.pi:.4f}" == "3.469 1.1087"
    assert figures.roi == Decimal("0.4")
    assert (worth.latest, worth.to_go) == (None, None)


def test_a_case_is_decided_neither_by_who_submitted_it_nor_by_who_manages_the_project(cast):
    case = drafted(cast)
    with pytest.raises(NotAllowed):
        submit_case(actor=cast.piet.actor(), case=case, version=1)
    case = submit_case(actor=cast.sam.actor(), case=case, version=1)

    for person in (cast.sam, cast.piet, cast.femi, cast.tess):
        with pytest.raises(NotAllowed) as caught:
            approve_case(actor=person.actor(), case=case, version=2)
        assert caught.value.code == "finance.case_decision"
    case.refresh_from_db()
    assert (case.state, case.version) == ("submitted", 2)

    # The cast has neither a portfolio manager nor a committee, so the director is left.
    assert approve_case(actor=cast.ada.actor(), case=case, version=2).state == "approved"


def test_a_new_approved_case_supersedes_the_one_before(cast):
    first = approved(cast)
    second = approved(cast)

    first.refresh_from_db()
    assert (first.state, second.state, second.number) == ("superseded", "approved", 2)


def test_two_cases_do_not_wait_at_once(cast):
    submitted(cast)

    with pytest.raises(Conflict) as caught:
        drafted(cast)

    assert caught.value.code == "finance.case_waits"
    assert FinancialCase.objects.count() == 1


def test_a_draft_is_changed_until_it_is_submitted(cast):
    draft = drafted(cast)

    with pytest.raises(Conflict):
        drafted(cast, version=draft.version + 1)
    again = drafted(cast, {2026: Flows(Decimal(5), Decimal(9))}, version=draft.version)

    assert (again.pk, again.version, again.state) == (draft.pk, draft.version, "draft")
    assert [tuple(flow) for flow in again.flows.values_list("year", "costs", "benefits")] == [
        (2026, 5, 9)
    ]


def test_a_case_is_sent_back_or_taken_back_with_a_reason(cast):
    first = submitted(cast)
    with pytest.raises(Invalid) as caught:
        reject_case(actor=cast.ada.actor(), case=first, version=2, reason=" ")
    assert caught.value.code == "finance.case_reason"
    reject_case(actor=cast.ada.actor(), case=first, version=2, reason="Benefits unclear")
    second = submitted(cast)
    withdraw_case(actor=cast.piet.actor(), case=second, version=2, reason="Mistyped")

    assert list(FinancialCase.objects.values_list("state", "decision_reason")) == [
        ("withdrawn", "Mistyped"),
        ("rejected", "Benefits unclear"),
    ]
    with pytest.raises(Invalid) as caught:
        approve_case(actor=cast.ada.actor(), case=second, version=None)
    assert caught.value.code == "finance.case_state"


@pytest.mark.parametrize(
    ("flows", "field"),
    [
        ({}, "flows"),
        ({2026: Flows(Decimal(0), Decimal(0))}, "flows"),
        ({2025: Flows(Decimal(1), Decimal(0))}, "year-2025"),
        ({2086: Flows(Decimal(1), Decimal(0))}, "year-2086"),
        ({2026: Flows(Decimal(-1), Decimal(0))}, "costs-2026"),
        ({2026: Flows(Decimal("1.001"), Decimal(0))}, "year-2026"),
    ],
)
def test_flows_that_cannot_be_are_refused_by_year(cast, flows, field):
    with pytest.raises(Invalid) as caught:
        drafted(cast, flows)

    assert caught.value.code == "finance.case_flows"
    assert list(caught.value.fields) == [field]
    assert not FinancialCase.objects.exists()


def test_who_may_not_write_a_case_writes_nothing(cast):
    for person in (cast.tess, cast.femi, cast.otto):
        with pytest.raises(NotAllowed):
            drafted(cast, actor=person.actor())
    assert not FinancialCase.objects.exists()


def test_expected_benefits_are_compared_with_the_approved_case(cast):
    approved(cast)
    books = Books(cast)
    budget = books.budget(1000, month=3)
    assert BudgetLine.objects.filter(budget=budget).count() == 1
    restream([cast.harbour.pk], DAY)

    before = worth_of(cast.harbour.pk, 2026)
    case = expect_benefits(
        actor=cast.piet.actor(),
        project=cast.harbour,
        benefits={2027: Decimal(300), 2028: Decimal(400), 2029: Decimal(400)},
        reason="The last year falls away",
        version=None,
    )

    after = worth_of(cast.harbour.pk, 2026)
    assert f"{before.latest.figures.npv:.2f}" == "108.74"
    assert f"{after.latest.figures.npv:.2f}" == "-96.17"
    assert after.latest.benefits_from == "what is expected now"
    assert case.state == "expected"
    assert CaseFlow.objects.filter(case=case).count() == 3
    ids = [cast.harbour.pk]
    npv, latest = net_present_values(ids, streams_of(ids, BY_YEAR))[cast.harbour.pk]
    assert f"{npv:.2f} {latest:.2f}" == "108.74 -96.17"


def test_what_is_spent_counts_and_going_on_leaves_it_out(cast):
    approved(cast)
    books = Books(cast)
    books.budget(1000, month=3)
    books.actual(400)
    restream([cast.harbour.pk], DAY)

    worth = worth_of(cast.harbour.pk, 2026)

    assert worth.latest.flows[2026] == Flows(Decimal(1000), Decimal(0))
    assert worth.to_go.flows[2026].costs == 600
    assert f"{worth.to_go.figures.npv:.2f} {worth.latest.figures.npv:.2f}" == "508.74 108.74"

    march = books.months[3]
    march.state = "closed"
    march.save()
    assert worth_of(cast.harbour.pk, 2026).latest.flows[2026].costs == 400


def test_expectations_need_an_approved_case_and_the_right(cast):
    asked = {
        "project": cast.harbour,
        "benefits": {2027: Decimal(1)},
        "reason": "News",
        "version": None,
    }
    with pytest.raises(Invalid) as caught:
        expect_benefits(actor=cast.piet.actor(), **asked)
    assert caught.value.code == "finance.no_case"
    approved(cast)
    with pytest.raises(NotAllowed):
        expect_benefits(actor=cast.tess.actor(), **asked)

    case = expect_benefits(actor=cast.piet.actor(), **asked)
    with pytest.raises(Conflict):
        expect_benefits(actor=cast.piet.actor(), **asked | {"version": case.version + 7})
    assert list(case.flows.values_list("year", "benefits")) == [(2027, Decimal(1))]


def test_sums_by_period_follow_budget_orders_and_accruals(cast):
    books = Books(cast)
    books.budget(1000, month=3)
    books.actual(100)
    books.order(70)
    books.accrue(20, month=3)
    restream([cast.harbour.pk], YEAR_END)

    sums = streams_of([cast.harbour.pk])

    march, april = (books.months[month].pk for month in (3, 4))
    told = {(key.period, key.category): stream for key, stream in sums.items()}
    # Without a forecast, what is to come is what the budget leaves: 1,000 - 100 - 20.
    assert told[march, "services"] == Stream(1000, 0, 100, 20, 120, to_come=Decimal(880))
    assert told[april, "services"] == Stream(
        accrual=Decimal(-20), constant=Decimal(-20), to_come=Decimal(20)
    )
    # The order was due in March, so it now counts in the period of today.
    december = books.months[12].pk
    assert told[december, "services"] == Stream(committed=Decimal(70))
    assert whole(sums) == Stream(1000, 70, 100, 0, 100, to_come=Decimal(900))
    by_project = streams_of([cast.harbour.pk], ("project",))
    assert by_project == {Key(project=cast.harbour.pk): whole(sums)}


@pytest.mark.parametrize("role", [Role.FOW, Role.TOW, Role.WSL])
def test_who_may_not_see_cost_sees_the_approved_case_alone(cast, client, role):
    approved(cast)
    books = Books(cast)
    books.budget(1000, month=3)
    books.actual(400)
    restream([cast.harbour.pk], DAY)
    here = (cast.office.pk, project_scopes(cast.harbour))
    appoint(cast.otto, role, ("project", cast.harbour.pk), *here)
    page = reverse("finance:case", args=[cast.harbour.pk])
    address = f"/api/v1/projects/{cast.harbour.pk}/financial-case"

    client.force_login(cast.piet)
    whole, known = client.get(page).content.decode(), client.get(address).json()
    client.force_login(cast.otto)
    part, told = client.get(page).content.decode(), client.get(address).json()

    assert "What going on is worth" in whole
    assert known["latest"] is not None
    assert known["to_go"] is not None
    assert "What going on is worth" not in part
    assert "shown to those who may see what was spent" in part
    assert told["approved"] == known["approved"]
    assert (told["latest"], told["to_go"]) == (None, None)
