# SPDX-License-Identifier: Apache-2.0
"""Two people at the money of one office at once."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from pilothouse.delivery.finance.models import Accrual, Actual, Commitment, FiscalPeriod, Receipt
from pilothouse.delivery.finance.services.accruals import (
    NewAccrual,
    post_accrual,
    propose_accrual,
)
from pilothouse.delivery.finance.services.orders import cancel_order
from pilothouse.delivery.finance.tests.ledgers import keep_rules, post, row
from pilothouse.delivery.finance.tests.orders import Desk
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import Currency

on_commits = pytest.mark.django_db(transaction=True)


def desk_of(cast):
    found = Desk(cast)
    found.release(10_000)
    return found


def after(first, second):
    """Run ``second`` while ``first`` is done and not committed; what either of them raised."""
    failed, done, go_on = [], threading.Event(), threading.Event()

    def begin():
        try:
            with transaction.atomic():
                first()
                done.set()
                go_on.wait(10)
        except Exception as error:
            failed.append(error)
        finally:
            done.set()
            connections.close_all()

    def follow():
        try:
            second()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=begin), threading.Thread(target=follow)]
    threads[0].start()
    assert done.wait(20)
    threads[1].start()
    threads[1].join(1)
    go_on.set()
    for thread in threads:
        thread.join()
    return failed


@pytest.fixture
def postgres():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")


@on_commits
def test_an_order_that_is_placed_while_the_ledger_is_posted_gets_its_invoice(postgres, cast):
    keep_rules(cast)
    desk = OnKeptPeriods(cast)

    failed = after(
        lambda: post(cast, [row(1, 45, po_no="PO-1")]),
        lambda: desk.order(100, receipts_kept=False),
    )

    assert failed == []
    assert Actual.objects.get(document_no="1").commitment == Commitment.objects.get()


@on_commits
def test_an_order_whose_invoice_is_being_posted_is_not_cancelled(postgres, cast):
    keep_rules(cast)
    desk = OnKeptPeriods(cast)
    order = desk.order(100, receipts_kept=False)

    failed = after(
        lambda: post(cast, [row(1, 45, po_no="PO-1")]),
        lambda: cancel_order(actor=desk.actor(), order=order, version=None, reason="No more"),
    )

    assert [error.code for error in failed] == ["finance.order_not_cancelled"]
    assert Commitment.objects.get().state == "open"


@on_commits
def test_nothing_is_received_in_a_period_that_is_being_closed(postgres, cast):
    desk = desk_of(cast)
    order = desk.order(100)

    failed = after(
        lambda: close(desk.months[3]),
        lambda: desk.receive(order, 60),
    )

    assert [error.code for error in failed] == ["finance.period_closed"]
    assert not Receipt.objects.exists()


class OnKeptPeriods(Desk):
    """A desk whose year was opened before."""

    def __init__(self, cast):
        self.cast, self.project, self.office = cast, cast.harbour, cast.office
        self.release(10_000)


def close(period):
    """As the close of a period holds it."""
    held = FiscalPeriod.objects.select_for_update().get(pk=period.pk)
    held.state = "closed"
    held.save(update_fields=["state"])


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["place", "receive", "cancel"])
def test_the_ledger_is_held_before_anything_of_an_order_is_written(cast, step):
    desk = desk_of(cast)
    order = desk.order(100, number="PO-0")
    steps = {
        "place": lambda: desk.order(10),
        "receive": lambda: desk.receive(order, 10),
        "cancel": lambda: cancel_order(
            actor=desk.actor(), order=order, version=None, reason="No more"
        ),
    }

    with CaptureQueriesContext(connection) as seen:
        steps[step]()

    told = [query["sql"] for query in seen]
    ledger = next(n for n, sql in enumerate(told) if 'SELECT "finance_fiscalperiod"."id"' in sql)
    assert ledger < next(n for n, sql in enumerate(told) if sql.startswith(("INSERT", "UPDATE")))


@pytest.mark.django_db
def test_an_accrual_goes_by_the_period_as_it_stands_now(cast):
    desk = desk_of(cast)
    stale = desk.months[3]
    new = NewAccrual(
        period=stale,
        wbs="1.1",
        category="services",
        nature="opex",
        currency=Currency.objects.get(code="EUR"),
        amount=Decimal(20),
        basis="Piles are driven",
    )
    proposed = propose_accrual(actor=desk.actor("piet"), project=desk.project, new=new)
    FiscalPeriod.objects.filter(first=date(2026, 3, 1)).update(state="closed")

    with pytest.raises(Invalid, match="2026-03 is closed"):
        propose_accrual(actor=desk.actor("piet"), project=desk.project, new=new)
    with pytest.raises(Invalid, match="2026-03 is closed"):
        post_accrual(actor=desk.actor("femi"), accrual=proposed, version=None)

    assert Accrual.objects.get().state == "proposed"
