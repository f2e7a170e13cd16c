# SPDX-License-Identifier: Apache-2.0
"""Exchange rates: entered, pasted, void; and what they do to a cost."""

from datetime import date
from decimal import Decimal

import pytest

from pilothouse.delivery.finance import tasks
from pilothouse.delivery.finance.models import ExchangeRate, FinancePolicy
from pilothouse.delivery.finance.money import Variance, stored
from pilothouse.delivery.finance.queries.streams import streams_of, whole
from pilothouse.delivery.finance.rates import Rates
from pilothouse.delivery.finance.services.exchange import (
    VALUE,
    NewRate,
    enter_rate,
    take_rates,
    void_rate,
)
from pilothouse.delivery.finance.services.streams import restream, value_orders
from pilothouse.delivery.finance.tests.books import Books
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.core.models import AuditEvent, Job
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db
YEAR, MARCH = date(2026, 1, 1), date(2026, 3, 1)


@pytest.fixture
def desk(cast):
    Currency.objects.get_or_create(code="USD", defaults={"name": "US dollar"})
    return cast


def enter(cast, rate, first=YEAR, last=None, who="femi", kind="actual", one="EUR", other="USD"):
    new = NewRate(kind, one, other, Decimal(rate), first, last, "Treasury")
    return enter_rate(actor=cast.people[who].actor(), office=cast.office, new=new)


def take(cast, *rows, commit=True, who="femi"):
    names = ("kind", "from", "to", "day", "rate", "last")
    lines = {
        number: dict(zip(names, row, strict=False)) for number, row in enumerate(rows, start=2)
    }
    return take_rates(
        actor=cast.people[who].actor(), office=cast.office, lines=lines, commit=commit
    )


def test_the_variance_is_split_into_price_and_exchange():
    """O-FX-1."""
    found = Variance(
        stored(95_000 * Decimal("1.10"), 2),
        stored(100_000 * Decimal("1.10"), 2),
        stored(100_000 * Decimal("1.15"), 2),
    )

    assert (found.budget, found.actual) == (104_500, 115_000)
    assert (found.total, found.price_volume, found.exchange) == (10_500, 5_500, 5_000)
    assert (found + found).total == 21_000


def test_a_rate_is_entered_with_its_source(desk):
    row = enter(desk, "1.10")

    assert (row.rate, row.source, row.version) == (Decimal("1.10"), "Treasury", 1)
    assert AuditEvent.objects.get(action="exchangerate.create").office_id == desk.office.pk


def test_a_rate_without_an_end_ends_where_the_next_begins(desk):
    enter(desk, "1.10")
    enter(desk, "1.15", MARCH)

    rates = Rates(desk.office)
    assert rates.rate("actual", "EUR", "USD", date(2026, 2, 28)) == Decimal("1.10")
    assert rates.rate("actual", "EUR", "USD", MARCH) == Decimal("1.15")


@pytest.mark.parametrize(
    "first, last", [(YEAR, None), (MARCH, None), (date(2025, 12, 1), YEAR), (MARCH, MARCH)]
)
def test_two_rates_of_one_day_are_refused_naming_both(desk, first, last):
    enter(desk, "1.10", last=date(2026, 12, 31))

    with pytest.raises(Invalid) as refused:
        enter(desk, "1.20", first, last)

    assert "EUR/USD 1.2 from" in refused.value.message
    assert "EUR/USD 1.1 from 2026-01-01 to 2026-12-31" in refused.value.message
    assert ExchangeRate.objects.count() == 1


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"rate": "0"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "1.12345678901"}, "rate"),
        ({"other": "XYZ"}, "to_currency"),
        ({"one": "USD"}, "to_currency"),
        ({"kind": "guess"}, "kind"),
        ({"last": date(2025, 1, 1)}, "valid_to"),
        ({"first": date(1026, 1, 1)}, "valid_from"),
    ],
)
def test_what_no_rate_is_is_refused_at_its_field(desk, changes, field):
    with pytest.raises(Invalid) as refused:
        enter(desk, **({"rate": "1.1"} | changes))

    assert field in {**refused.value.fields, "valid_to": refused.value.fields.get("", "")}
    assert not ExchangeRate.objects.exists()


@pytest.mark.parametrize("who", ["ada", "piet", "rosa", "sam", "tess", "otto", "nia"])
def test_only_finance_enters_rates(desk, who):
    with pytest.raises(NotAllowed):
        enter(desk, "1.1", who=who)
    with pytest.raises(NotAllowed):
        take(desk, ("actual", "EUR", "USD", "2026-01-01", "1.1"), who=who)

    assert not ExchangeRate.objects.exists()


def test_a_void_rate_converts_nothing_and_frees_its_days(desk):
    row = enter(desk, "1.10")
    void_rate(actor=desk.femi.actor(), rate=row, version=1, reason="A slip")

    with pytest.raises(Invalid, match="no actual rate from EUR to USD for 2026-03-01"):
        Rates(desk.office).rate("actual", "EUR", "USD", MARCH)
    enter(desk, "1.11")
    with pytest.raises(Invalid, match="void already"):
        void_rate(actor=desk.femi.actor(), rate=row, version=2, reason="Again")
    assert AuditEvent.objects.get(action="exchangerate.void").reason == "A slip"


def test_a_rate_is_void_with_a_reason_and_its_version_alone(desk):
    row = enter(desk, "1.10")

    with pytest.raises(Invalid, match="Say why"):
        void_rate(actor=desk.femi.actor(), rate=row, version=1, reason=" ")
    with pytest.raises(Conflict):
        void_rate(actor=desk.femi.actor(), rate=row, version=7, reason="A slip")
    with pytest.raises(NotAllowed):
        void_rate(actor=desk.ada.actor(), rate=row, version=1, reason="A slip")

    assert not ExchangeRate.objects.get().voided


def test_a_table_of_rates_is_tried_before_it_is_taken(desk):
    rows = [
        ("Actual", "eur", "USD", "2026-01-01", "1.10"),
        ("budget", "EUR", "USD", "2026-01-01", "1.08", "2026-12-31"),
    ]

    tried = take(desk, *rows, commit=False)
    assert (len(tried.added), tried.same, dict(tried.wrong)) == (2, 0, {})
    assert not ExchangeRate.objects.exists()

    take(desk, *rows)
    again = take(desk, *rows)
    assert (len(again.added), again.same) == (0, 2)
    assert ExchangeRate.objects.count() == 2


def test_each_line_that_cannot_be_taken_is_named_and_nothing_is_taken(desk):
    rows = [
        ("actual", "EUR", "USD", "2026-01-01", "1.10"),
        ("actual", "EUR", "XYZ", "2026-01-01", "1.10"),
        ("actual", "EUR", "USD", "1.2.2026", "1.10"),
        ("actual", "EUR", "USD", "2026-02-01", "1,10"),
        ("actual", "EUR", "USD", "2026-01-01", "1.20"),
        ("actual", "EUR", "USD", "2026-04-01", ""),
    ]

    tried = take(desk, *rows, commit=False)

    assert list(tried.wrong) == [3, 4, 5, 6, 7]
    assert tried.wrong[3] == "There is no currency ‘XYZ’; finance adds it under settings."
    assert tried.wrong[4] == "‘1.2.2026’ is no date; write it as 2026-11-30."
    assert "decimal point" in tried.wrong[5]
    assert "overlaps" in tried.wrong[6]
    with pytest.raises(Invalid, match="Line 3: There is no currency"):
        take(desk, *rows)
    assert not ExchangeRate.objects.exists()


def test_by_policy_the_actual_rate_is_the_mean_of_the_month(desk):
    FinancePolicy.objects.create(office=desk.office, actual_rate="month")
    enter(desk, "1.00", date(2026, 4, 1))
    enter(desk, "1.30", date(2026, 4, 21))
    rates = Rates(desk.office)

    found = rates.found("actual", "EUR", "USD", date(2026, 4, 2))

    assert (found.rate, found.source) == (Decimal("1.1"), "mean of the days of 2026-04")
    with pytest.raises(Invalid, match="2026-03-01"):
        rates.rate("actual", "EUR", "USD", date(2026, 3, 31))


def ordered(project):
    """What is open of the orders of a project by its kept sums, once the jobs that wait have run."""
    while job := Job.objects.filter(name=VALUE).order_by("pk").first():
        job.delete()
        tasks.value(Work(job.pk, job.payload))
    return whole(streams_of([project.pk])).committed


def test_a_new_rate_shows_in_what_is_ordered_once_its_job_has_run(cast):
    books = Books(cast)
    enter(cast, "0.8", kind="closing", one="USD", other="EUR")
    books.order(100, currency_id="USD", rate="0.9")
    restream([books.project.pk], YEAR)
    assert ordered(books.project) == 80

    row = enter(cast, "0.7", MARCH, kind="closing", one="USD", other="EUR")
    assert whole(streams_of([books.project.pk])).committed == 80
    assert ordered(books.project) == 70

    void_rate(actor=cast.femi.actor(), rate=row, version=None, reason="Typed wrong")
    assert ordered(books.project) == 80

    take(cast, ("closing", "USD", "EUR", "2026-05-01", "0.6"))
    assert ordered(books.project) == 60


def test_only_projects_that_a_rate_moves_are_summed_anew(cast, django_assert_num_queries):
    books = Books(cast)
    books.order(100)
    with django_assert_num_queries(1):
        assert value_orders(cast.office.pk) == 0

    books.actual(50, order=books.order(80), currency_id="USD")
    assert value_orders(cast.office.pk) == 1
    assert value_orders(cast.foreign.office_id) == 0


def test_a_table_that_brings_nothing_new_orders_no_job(cast):
    Books(cast)
    take(cast, ("closing", "USD", "EUR", "2026-05-01", "0.6"))
    Job.objects.all().delete()

    take(cast, ("closing", "USD", "EUR", "2026-05-01", "0.6"))
    take(cast, ("closing", "USD", "EUR", "2026-06-01", "0.6"), commit=False)

    assert not Job.objects.exists()
