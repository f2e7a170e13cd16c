# SPDX-License-Identifier: Apache-2.0
from datetime import date
from decimal import Decimal

import pytest

from pilothouse.delivery.finance.models import FinancePolicy
from pilothouse.delivery.finance.queries.available import (
    available,
    available_of,
    check_available,
)
from pilothouse.delivery.finance.tests.books import DAY, Books
from pilothouse.foundation.core.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(cast):
    return Books(cast)


def _of_the_oracle(books):
    books.release(300)
    books.actual(180)
    books.accrue(20, month=3)
    books.order(70)


def test_available_is_released_less_actuals_accruals_and_open_commitments(books):
    """O-BUD-2."""
    _of_the_oracle(books)

    found = available(books.project, DAY)

    assert (found.released, found.actuals, found.accruals) == (300, 180, 20)
    assert (found.commitments, found.received, found.available) == (70, 0, 30)


def test_an_order_above_what_is_available_is_refused_and_one_that_fits_leaves_nothing(books):
    """O-BUD-2."""
    _of_the_oracle(books)

    over, fits = (check_available(books.project, Decimal(amount), DAY) for amount in (35, 30))

    assert not over.allowed
    assert over.warning == "EUR 35.00 is above the EUR 30.00 that is available of project HARB."
    with pytest.raises(Invalid, match="Release funding first, or commit less") as caught:
        over.require()
    assert caught.value.code == "finance.above_funding"
    assert (fits.allowed, fits.warning, fits.left) == (True, "", 0)
    fits.require()


def test_where_the_office_only_warns_an_order_above_is_flagged(books):
    _of_the_oracle(books)
    FinancePolicy.objects.create(office=books.office, funding_check="warn")

    found = check_available(books.project, Decimal(35), DAY)

    assert found.allowed
    assert found.warning.startswith("EUR 35.00 is above")
    found.require()


def test_nothing_is_committed_before_a_release(books):
    books.release(300, state="approved")

    found = check_available(books.project, Decimal("0.01"), DAY)

    assert not found.allowed
    assert found.warning == "No funding of project HARB is released yet."


def test_what_lapsed_or_was_withdrawn_is_free_no_more(books):
    books.release(100, state="exhausted")
    books.release(100, state="lapsed", lapsed=Decimal(40))
    books.release(100, state="withdrawn", lapsed=Decimal(100))
    books.release(100, state="proposed")

    assert available(books.project, DAY).released == 160


def test_an_accrual_stands_until_the_period_begins_that_turns_it_back(books):
    books.accrue(20, month=2)
    books.accrue(5, month=3)
    books.accrue(3, month=3, state="proposed")

    assert available(books.project, DAY).accruals == 5
    assert available(books.project, date(2026, 2, 28)).accruals == 20
    assert available(books.project, date(2026, 4, 1)).accruals == 0


def test_what_came_and_is_neither_invoiced_nor_accrued_is_not_free_either(books):
    """O-FCT-1: ordered 100, received 60, invoiced 45 → 15 accrued, 40 open."""
    order = books.order(100)
    books.receive(order, 60)
    books.actual(45, order=order)

    before = available(books.project, DAY)
    books.accrue(15, month=3, line=order.lines.get())
    after = available(books.project, DAY)

    assert (before.actuals, before.accruals, before.received) == (45, 0, 15)
    assert (after.actuals, after.accruals, after.received) == (45, 15, 0)
    assert before.commitments == after.commitments == 40
    assert before.used == after.used == 100


def test_a_line_that_came_twice_makes_no_other_line_less_open(books):
    order = books.order(100, 50)
    books.receive(order, 130)

    assert available(books.project, DAY).commitments == 50


def test_where_receipts_are_not_kept_the_invoice_says_what_is_open(books):
    order = books.order(100, 50, receipts_kept=False)
    books.actual(60, order=order)

    assert available(books.project, DAY).commitments == 90

    books.actual(100, order=order)
    assert available(books.project, DAY).commitments == 0


def test_an_order_of_another_currency_is_open_at_its_own_rate(books):
    order = books.order("10.00", rate="0.9", currency_id="USD", receipts_kept=False)
    assert available(books.project, DAY).commitments == 9

    books.actual("5.01", own="4.70", order=order, currency_id="USD")

    found = available(books.project, DAY)
    assert found.actuals == Decimal("4.70")
    assert found.commitments == Decimal("4.49")


def test_closed_and_cancelled_orders_and_rows_in_suspense_do_not_count(books):
    books.order(100, state="closed")
    books.order(100, state="cancelled")
    books.actual(10, state="suspense", project=None)
    books.actual(10, state="rolled_back")

    assert available(books.project, DAY).used == 0


def test_many_projects_are_asked_in_twelve_queries(books, cast, django_assert_num_queries):
    _of_the_oracle(books)

    with django_assert_num_queries(12):
        found = available_of([cast.harbour.pk, cast.foreign.pk], DAY)

    assert found[cast.harbour.pk].available == 30
    assert found[cast.foreign.pk].available == 0
