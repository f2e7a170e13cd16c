# SPDX-License-Identifier: Apache-2.0
"""Whoever decides on money in somebody's place does so up to the limit alone (O-ORG-2)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cast import appoint, person
from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.models import Actual, ContingencyDraw
from pilothouse.delivery.finance.services.accruals import (
    NewAccrual,
    post_accrual,
    propose_accrual,
)
from pilothouse.delivery.finance.services.budget_states import endorse_budget, submit_budget
from pilothouse.delivery.finance.services.cases import (
    approve_case,
    draft_case,
    may_decide,
    submit_case,
)
from pilothouse.delivery.finance.services.corrections import (
    Rightly,
    approve_correction,
    propose_correction,
)
from pilothouse.delivery.finance.services.draws import AskedDraw, approve_draw, submit_draw
from pilothouse.delivery.finance.services.forecast_states import (
    approve_forecast,
    endorse_forecast,
)
from pilothouse.delivery.finance.tests.budgeting import approved, draft
from pilothouse.delivery.finance.tests.desk import months
from pilothouse.delivery.finance.tests.ledgers import keep_rules, post, row
from pilothouse.delivery.projects.rules import portfolio_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import Delegation
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.organisation.models import Currency
from pilothouse.foundation.organisation.queries import unit_scopes

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


@pytest.fixture
def petra(cast):
    row = person("Petra Example")
    scope = ("portfolio", cast.portfolio.pk)
    appoint(row, Role.PFM, scope, cast.office.pk, portfolio_scopes(cast.portfolio))
    return row


def let(cast, giver, limit, actions="RA"):
    """Otto decides in somebody's place up to a limit."""
    today = clock.today()
    return delegate(
        actor=SYSTEM,
        from_person=giver,
        to_person=cast.otto,
        actions=actions,
        valid_from=today,
        valid_to=today + timedelta(days=9),
        reason="Leave",
        amount_limit=Decimal(limit),
    )


def refused_then_done(cast, giver, amount, decide, row, state, actions="RA"):
    """One below what it comes to is refused and changes nothing; exactly so much is not."""
    limited, before = let(cast, giver, amount - 1, actions), row.state
    with pytest.raises(NotAllowed):
        decide(cast.otto.actor())
    row.refresh_from_db()
    assert row.state == before

    Delegation.objects.filter(pk=limited.pk).update(amount_limit=Decimal(amount))
    decide(cast.otto.actor())
    row.refresh_from_db()
    assert row.state == state


def test_a_draw_is_approved_in_the_managers_place_up_to_the_limit(cast):
    year = months(cast.office, 2026)
    approved(cast, year, contingency=Decimal(100))
    asked = AskedDraw(
        *("contingency", Decimal(20), "risk", "R-7", "Rock", "services", "capex"), year[4]
    )
    draw = submit_draw(actor=cast.piet.actor(), project=cast.harbour, asked=asked)

    def decide(actor):
        approve_draw(actor=actor, draw=draw, version=None)

    refused_then_done(cast, cast.piet, 20, decide, draw, "approved")
    assert ContingencyDraw.objects.get().own_limit


def test_a_budget_is_endorsed_in_the_place_of_finance_up_to_the_limit(cast):
    budget = draft(cast, months(cast.office, 2026), contingency=Decimal(60))
    submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    budget.refresh_from_db()

    def decide(actor):
        endorse_budget(actor=actor, budget=budget, version=None)

    refused_then_done(cast, cast.femi, 960, decide, budget, "endorsed")


def forecast_of(cast, state):
    values = {"cost": Decimal(50), "ordered": Decimal(30), "to_complete": Decimal(40)}
    return cast.harbour.forecasts.create(
        number=1, state=state, currency_id="EUR", submitted_by=cast.piet, **values
    )


def test_a_forecast_is_endorsed_in_the_place_of_finance_up_to_the_limit(cast):
    forecast = forecast_of(cast, "submitted")

    def decide(actor):
        endorse_forecast(actor=actor, forecast=forecast, version=None)

    refused_then_done(cast, cast.femi, 120, decide, forecast, "endorsed")


def test_a_forecast_is_approved_in_the_portfolio_managers_place_up_to_the_limit(cast, petra):
    forecast = forecast_of(cast, "endorsed")

    def decide(actor):
        approve_forecast(actor=actor, forecast=forecast, version=None)

    refused_then_done(cast, petra, 120, decide, forecast, "approved")


def test_a_case_is_approved_in_the_portfolio_managers_place_up_to_its_costs(cast, petra):
    flows = {
        2026: Flows(Decimal(700), Decimal(0)),
        2027: Flows(Decimal(300), Decimal(5000)),
    }
    draft = draft_case(
        actor=cast.piet.actor(),
        project=cast.harbour,
        first_year=2026,
        rate_pct=Decimal(10),
        flows=flows,
        reason="Gate 1",
    )
    case = submit_case(actor=cast.sam.actor(), case=draft, version=None)

    def decide(actor):
        assert may_decide(actor, case) == (Delegation.objects.get().amount_limit == 1000)
        approve_case(actor=actor, case=case, version=None)

    refused_then_done(cast, petra, 1000, decide, case, "approved")


def correction_of(cast, who, amount):
    """Harbour's row of so much, which Femi imported and somebody corrects."""
    keep_rules(cast)
    post(cast, [row(1, amount)])
    return propose_correction(
        actor=who.actor(),
        actual=Actual.objects.get(document_no="1"),
        rightly=Rightly(date(2026, 4, 2)),
        reason="Twice",
    )


@pytest.mark.parametrize("amount", ["120", "-120"])
def test_a_correction_is_approved_in_the_place_of_finance_up_to_the_limit(cast, amount):
    fay, fred = person("Fay Example"), person("Fred Example")
    for one in (fay, fred):
        here = ("org_unit", cast.office.pk), cast.office.pk, unit_scopes(cast.office)
        appoint(one, Role.FIN, *here)
    correction = correction_of(cast, fay, amount)

    def decide(actor):
        approve_correction(actor=actor, correction=correction, version=None)

    refused_then_done(cast, fred, 120, decide, correction, "approved", "RV")


def test_a_correction_is_approved_in_the_portfolio_managers_place_up_to_the_limit(cast, petra):
    correction = correction_of(cast, cast.femi, "120")

    def decide(actor):
        approve_correction(actor=actor, correction=correction, version=None)

    refused_then_done(cast, petra, 120, decide, correction, "approved")


def test_an_accrual_is_posted_in_the_place_of_finance_up_to_the_limit(cast):
    new = NewAccrual(
        period=months(cast.office, 2026)[3],
        wbs="1.2",
        category="services",
        nature="opex",
        currency=Currency.objects.get(code="EUR"),
        amount=Decimal(120),
        basis="Divers in March",
    )
    accrual = propose_accrual(actor=cast.piet.actor(), project=cast.harbour, new=new)

    def decide(actor):
        post_accrual(actor=actor, accrual=accrual, version=None)

    refused_then_done(cast, cast.femi, 120, decide, accrual, "posted", "RL")


def test_where_only_the_director_is_left_whoever_decides_in_that_place_has_the_limit_too(cast):
    let(cast, cast.ada, 99)
    actor, barred = cast.otto.actor(), [cast.sam.pk]

    def may(amount):
        decider = deciding.as_decider(
            actor, cast.harbour, rules.FUNDING, barred=barred, amount=Decimal(amount)
        )
        return decider is not None

    assert (may(99), may(100)) == (True, False)
