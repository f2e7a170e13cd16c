# SPDX-License-Identifier: Apache-2.0
"""Accruals, and the close of a period that posts them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cast import appoint, person
from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.invoiced import spread
from pilothouse.delivery.finance.models import Accrual, ExchangeRate, FiscalPeriod
from pilothouse.delivery.finance.queries.closing import closing_of
from pilothouse.delivery.finance.queries.costs import cost_to_date
from pilothouse.delivery.finance.services.accruals import (
    NewAccrual,
    post_accrual,
    propose_accrual,
    reject_accrual,
)
from pilothouse.delivery.finance.services.closing import close_period, reopen_period
from pilothouse.delivery.finance.tests.orders import Desk
from pilothouse.delivery.projects.rules import portfolio_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)


@pytest.fixture
def desk(cast):
    made = Desk(cast)
    made.release(10_000)
    return made


def close(desk, month, who="femi", reason="", version=1):
    return close_period(
        actor=desk.actor(who), period=desk.months[month], version=version, reason=reason, now=NOW
    )


def closed_before(desk, month):
    FiscalPeriod.objects.filter(office=desk.office, number__lt=month).update(state="closed")


def reopen(desk, month, who="femi", reason="A late receipt", version=2):
    return reopen_period(
        actor=desk.actor(who), period=desk.months[month], version=version, reason=reason
    )


def propose(desk, amount=500, who="piet", **values):
    new = {
        "period": desk.months[3],
        "wbs": "1.2",
        "category": "services",
        "nature": "opex",
        "currency": Currency.objects.get(code="EUR"),
        "amount": Decimal(amount),
        "basis": "Divers in March, invoice in April",
    } | values
    return propose_accrual(actor=desk.actor(who), project=desk.project, new=NewAccrual(**new))


def cost(desk, month):
    found = cost_to_date(desk.project, desk.months[month])
    return tuple(map(int, (found.actuals, found.accruals, found.cost)))


def test_closing_accrues_what_came_and_is_not_invoiced(desk):
    """O-FCT-1: actuals 245, accrual 15, AC 260; turned back on day 1 of the next period."""
    order = desk.order(100)
    desk.receive(order, 60)
    desk.actual(45, order)
    desk.actual(200)
    closed_before(desk, 3)

    close(desk, 3)

    row = Accrual.objects.get()
    assert (row.own_amount, row.constant_amount, row.state) == (15, 15, "posted")
    assert (row.period, row.reversal_period) == (desk.months[3], desk.months[4])
    assert row.basis == "Order PO-1, line 1: received EUR 60.00, invoiced 45.00"
    assert cost(desk, 3) == (245, 15, 260)
    assert cost(desk, 4) == (245, 0, 245)
    event = AuditEvent.objects.get(action="fiscalperiod.close")
    assert event.reason == "(1 accrual posted)"


def test_an_accrual_stands_month_after_month_until_the_invoice(desk):
    order = desk.order(100)
    desk.receive(order, 60)
    closed_before(desk, 3)
    close(desk, 3)
    close(desk, 4)
    desk.actual(60, order, month=5)

    close(desk, 5)

    assert [cost(desk, month) for month in (2, 3, 4, 5)] == [
        (0, 0, 0),
        (0, 60, 60),
        (0, 60, 60),
        (60, 0, 60),
    ]


def test_invoices_are_taken_off_lines_of_their_own_part_first():
    lines = [(("1.1", "services"), Decimal(30)), (("1.2", "services"), Decimal(30))]

    assert spread(lines, {("1.2", "services"): Decimal(20)}) == [0, 20]
    assert spread(lines, {("1.2", "services"): Decimal(40)}) == [10, 30]
    assert spread(lines, {("9", "other"): Decimal(35)}) == [30, 5]
    assert spread(lines, {("9", "other"): Decimal(99)}) == [30, 30]
    assert spread(lines, {("1.1", "services"): Decimal(-5)}) == [0, 0]
    assert spread(lines, {("1.1", "services"): Decimal(25), ("x", ""): Decimal(-5)}) == [20, 0]


def test_an_accrual_in_another_currency_is_at_the_rate_of_the_last_day(desk):
    for kind, value, day in (
        ("actual", "0.9", 1),
        ("actual", "0.8", 31),
        ("budget", "0.95", 1),
    ):
        ExchangeRate.objects.create(
            office=desk.office,
            kind=kind,
            from_currency_id="USD",
            to_currency_id="EUR",
            rate=Decimal(value),
            valid_from=date(2026, 3, day),
        )
    desk.receive(desk.order(100, currency="USD"), 100)
    closed_before(desk, 3)

    close(desk, 3)

    row = Accrual.objects.get()
    assert (row.amount, row.own_amount, row.constant_amount) == (100, 80, 95)


def test_a_period_whose_rates_are_missing_does_not_close(desk):
    ExchangeRate.objects.create(
        office=desk.office,
        kind="actual",
        from_currency_id="USD",
        to_currency_id="EUR",
        rate=Decimal("0.9"),
        valid_from=date(2026, 3, 1),
    )
    desk.receive(desk.order(100, currency="USD"), 100)
    closed_before(desk, 3)

    with pytest.raises(Invalid, match="no budget rate from USD to EUR for 2026-03-31"):
        close(desk, 3)

    assert not Accrual.objects.exists()
    assert FiscalPeriod.objects.get(pk=desk.months[3].pk).is_open


def test_periods_close_in_order_and_once(desk):
    with pytest.raises(Invalid, match="Period 2026-01 is still open"):
        close(desk, 2)
    close(desk, 1)
    with pytest.raises(Invalid, match="closed already"):
        close(desk, 1, version=2)

    assert FiscalPeriod.objects.filter(state="closed").count() == 1


def test_a_period_without_one_after_it_does_not_close(desk):
    closed_before(desk, 12)

    with pytest.raises(Invalid, match="no period after 2026-12"):
        close(desk, 12)

    assert FiscalPeriod.objects.get(pk=desk.months[12].pk).is_open


def test_rows_that_wait_need_a_reason(desk):
    closed_before(desk, 3)
    desk.actual(5, state="suspense", period=None)
    desk.actual(5, state="held")

    with pytest.raises(Invalid, match="2 rows of the ledger of 2026-03") as refused:
        close(desk, 3)
    assert set(refused.value.fields) == {"reason"}

    close(desk, 3, reason="Settled in April")
    event = AuditEvent.objects.get(action="fiscalperiod.close")
    assert event.reason == "Settled in April (0 accruals posted)"


def test_the_look_before_the_close_tells_what_it_does(desk):
    order = desk.order(100)
    desk.receive(order, 60)
    desk.actual(5, state="suspense", period=None)
    propose(desk)

    found = closing_of(desk.office, desk.months[3])

    assert [(row.line.commitment.number, row.amount) for row in found.accruals] == [("PO-1", 60)]
    assert (found.suspense, found.held, found.proposed) == (1, 0, 1)
    assert found.following == desk.months[4]
    assert found.problems == [
        "Period 2026-01 is still open; close the periods in order.",
        "A proposed accrual of 2026-03 waits; post or reject it first.",
    ]
    assert not Accrual.objects.filter(state="posted").exists()


def test_only_the_last_closed_period_opens_again_and_its_accruals_go(desk):
    order = desk.order(100)
    desk.receive(order, 60)
    closed_before(desk, 3)
    post_accrual(actor=desk.actor(), accrual=propose(desk), version=1)
    close(desk, 3)
    close(desk, 4)

    with pytest.raises(Invalid, match="Period 2026-04 is closed too"):
        reopen(desk, 3)
    with pytest.raises(Invalid, match="Say why"):
        reopen(desk, 4, reason=" ")
    reopen(desk, 4)
    reopen(desk, 3)

    assert cost(desk, 3) == (0, 500, 500)
    with pytest.raises(Invalid, match="open already"):
        reopen(desk, 3, version=3)
    close(desk, 3, version=3)
    assert cost(desk, 3) == (0, 560, 560)
    assert Accrual.objects.filter(line__isnull=False, state="rejected").count() == 2


@pytest.mark.parametrize("who", ["ada", "piet", "rosa", "sam", "tess", "otto", "nia"])
def test_only_finance_closes_and_reopens(desk, who):
    with pytest.raises(NotAllowed):
        close(desk, 1, who)
    with pytest.raises(NotAllowed):
        reopen(desk, 1, who, version=1)

    assert not FiscalPeriod.objects.filter(state="closed").exists()


def test_a_period_closes_from_the_version_that_was_seen(desk):
    with pytest.raises(Conflict):
        close(desk, 1, version=7)

    assert FiscalPeriod.objects.get(pk=desk.months[1].pk).is_open


def test_a_manager_proposes_an_accrual_and_finance_posts_it(desk):
    """1.4, note 11."""
    row = propose(desk)
    assert (row.state, row.own_amount, cost(desk, 3)) == ("proposed", 500, (0, 0, 0))

    post_accrual(actor=desk.actor(), accrual=row, version=1)

    assert cost(desk, 3) == (0, 500, 500)
    assert cost(desk, 4) == (0, 0, 0)
    with pytest.raises(Invalid, match="only a proposed one is decided"):
        reject_accrual(actor=desk.actor(), accrual=row, version=2, reason="x")


def test_who_is_alone_in_finance_leaves_an_accrual_to_the_level_above(cast, desk, client):
    """R-GEN-08: nobody else of finance is left, so the sponsor decides."""
    row = propose(desk, who="femi")
    url = f"/money/{desk.project.pk}/accruals/"

    with pytest.raises(NotAllowed, match="posted or rejected by Sam Example"):
        post_accrual(actor=desk.actor(), accrual=row, version=1)
    client.force_login(cast.femi)
    assert "waits for Sam Example" in client.get(url).content.decode()
    client.force_login(cast.sam)
    assert "Reject" in client.get(url).content.decode()
    post_accrual(actor=desk.actor("sam"), accrual=row, version=1)

    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("posted", cast.sam)


def test_the_portfolio_manager_comes_before_the_sponsor(cast, desk):
    petra = person("Petra Example")
    scope = ("portfolio", cast.portfolio.pk)
    appoint(petra, Role.PFM, scope, cast.office.pk, portfolio_scopes(cast.portfolio))
    row = propose(desk, who="femi")

    with pytest.raises(NotAllowed):
        post_accrual(actor=desk.actor("sam"), accrual=row, version=1)
    reject_accrual(actor=petra.actor(), accrual=row, version=1, reason="It is invoiced")

    row.refresh_from_db()
    assert row.state == "rejected"


def test_while_somebody_of_finance_is_left_nobody_above_posts(cast, desk):
    row = propose(desk)

    with pytest.raises(NotAllowed):
        post_accrual(actor=desk.actor("sam"), accrual=row, version=1)
    assert rules.accrual_deciders(desk.project, row.created_by_id) == "Femi Example"


def test_a_rejected_accrual_counts_nowhere(desk):
    row = propose(desk)
    with pytest.raises(Invalid, match="Say why"):
        reject_accrual(actor=desk.actor(), accrual=row, version=1, reason="")

    reject_accrual(actor=desk.actor(), accrual=row, version=1, reason="It is invoiced")

    assert cost(desk, 3) == (0, 0, 0)
    assert Accrual.objects.get().decision_reason == "It is invoiced"


def test_who_proposed_an_accrual_does_not_post_it(desk):
    row = propose(desk, who="femi")

    with pytest.raises(NotAllowed, match="You proposed this accrual"):
        post_accrual(actor=desk.actor(), accrual=row, version=1)
    with pytest.raises(NotAllowed, match="Your roles do not allow"):
        post_accrual(actor=desk.actor("piet"), accrual=row, version=1)

    assert Accrual.objects.get().state == "proposed"


@pytest.mark.parametrize("who", ["ada", "rosa", "sam", "tess", "otto", "nia"])
def test_others_propose_no_accrual(desk, who):
    with pytest.raises(NotAllowed):
        propose(desk, who=who)

    assert not Accrual.objects.exists()


@pytest.mark.parametrize(
    "values, field",
    [
        ({"amount": Decimal(-5)}, "amount"),
        ({"amount": Decimal("5.005")}, "amount"),
        ({"basis": " "}, "basis"),
        ({"category": "guess"}, "category"),
        ({"currency": Currency(code="USD")}, "currency"),
    ],
)
def test_what_no_accrual_is_is_refused_at_its_field(desk, values, field):
    with pytest.raises(Invalid) as refused:
        propose(desk, **values)

    assert set(refused.value.fields) == {field}
    assert not Accrual.objects.exists()


def test_no_accrual_goes_into_a_closed_period_or_without_a_next_one(desk):
    late = propose(desk, period=desk.months[12])
    row = propose(desk)
    FiscalPeriod.objects.filter(pk=desk.months[3].pk).update(state="closed")

    with pytest.raises(Invalid, match="Period 2026-03 is closed"):
        post_accrual(actor=desk.actor(), accrual=row, version=1)
    with pytest.raises(Invalid, match="no period after 2026-12"):
        post_accrual(actor=desk.actor(), accrual=late, version=1)
    desk.months[3].refresh_from_db()
    with pytest.raises(Invalid, match="Period 2026-03 is closed"):
        propose(desk)

    assert not Accrual.objects.filter(state="posted").exists()
