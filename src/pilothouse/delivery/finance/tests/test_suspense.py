# SPDX-License-Identifier: Apache-2.0
"""Rows that wait are mapped or released, batches are taken back, and no total is ever lost."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import make_project
from pilothouse.delivery.finance.models import (
    AccountRule,
    Actual,
    CodeRule,
    Commitment,
    CostTotal,
    ExchangeRate,
    FiscalPeriod,
    LedgerBatch,
)
from pilothouse.delivery.finance.services.ledger_batches import roll_back
from pilothouse.delivery.finance.services.suspense import Which, map_waiting, release_held
from pilothouse.delivery.finance.tests.ledgers import keep_rules, live, post, row
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def office(cast):
    keep_rules(cast)
    Currency.objects.get_or_create(code="USD", defaults={"name": "Dollar", "minor_units": 2})
    return cast.office


def mapped(cast, which, who="femi", **told):
    return map_waiting(actor=cast.people[who].actor(), office=cast.office, which=which, **told)


def released(cast, which, who="femi", period=None, reason="Late invoice"):
    actor = cast.people[who].actor()
    return release_held(actor=actor, office=cast.office, which=which, period=period, reason=reason)


def taken_back(cast, batch, who="femi", version=None, reason="Wrong file"):
    return roll_back(actor=cast.people[who].actor(), batch=batch, version=version, reason=reason)


def total(cast):
    return sum((row.actual for row in CostTotal.objects.filter(project=cast.harbour)), Decimal(0))


def test_all_rows_of_a_code_are_mapped_and_those_to_come_by_the_rule_that_is_kept(cast):
    batch = post(cast, [row(1, "10", project_code="X9"), row(2, "20", project_code="X9")]).batch

    settled = mapped(cast, Which(code="X9"), project=cast.harbour, wbs="1.1", keep=True)

    assert (settled.mapped, settled.waiting) == (2, Counter())
    assert total(cast) == 30
    batch.refresh_from_db()
    assert (batch.state, batch.totals[0]["mapped"]) == ("committed", {"rows": 2, "amount": "30"})
    assert batch.totals[0]["suspense"] == {"rows": 0, "amount": "0"}
    post(cast, [row(3, "5", project_code="X9")])
    assert (total(cast), CodeRule.objects.filter(code="X9").count()) == (35, 1)
    assert AuditEvent.objects.get(action="ledgerbatch.settle").reason == "Mapped: all of code X9."


def test_all_rows_of_an_account_are_mapped(cast):
    post(cast, [row(1, "10", account="9100"), row(2, "20", account="9200")])

    settled = mapped(cast, Which(account="91*"), category="travel", nature="opex", keep=True)

    assert (settled.mapped, total(cast)) == (1, 10)
    assert AccountRule.objects.filter(account="91*", category="travel").exists()


def test_what_is_said_of_a_row_is_kept_until_the_rest_is_known(cast):
    post(cast, [row(1, "10", account="9100", project_code="X9")])
    (only,) = Actual.objects.all()

    settled = mapped(cast, Which(rows=(only.pk,)), project=cast.harbour)
    assert settled.waiting == {"No rule says what account 9100 is for.": 1}
    mapped(cast, Which(rows=(only.pk,)), category="travel", nature="opex")

    only.refresh_from_db()
    assert (only.state, only.project, only.category) == ("mapped", cast.harbour, "travel")
    assert not CodeRule.objects.filter(code="X9").exists()


def test_a_row_of_an_order_of_another_project_loses_the_order_when_it_is_mapped(cast):
    other = make_project(cast.portfolio, "PIER", "Pier")
    Commitment.objects.create(
        project=other,
        office_id=cast.office.pk,
        number="PO-1",
        supplier="Dredgers",
        currency_id="EUR",
        ordered_on=date(2026, 1, 5),
    )
    post(cast, [row(1, "10", project_code="X9", po_no="PO-1")])
    assert Actual.objects.get().commitment is not None

    mapped(cast, Which(code="X9"), project=cast.harbour)

    assert Actual.objects.get().commitment is None


def order_of(cast, project):
    return Commitment.objects.create(
        project=project,
        office_id=cast.office.pk,
        number="PO-1",
        supplier="Dredgers",
        currency_id="EUR",
        ordered_on=date(2026, 1, 5),
    )


def test_an_invoice_that_is_mapped_after_its_order_was_placed_is_one_of_it(cast):
    post(cast, [row(1, "10", project_code="X9", po_no="PO-1")])
    order = order_of(cast, cast.harbour)

    mapped(cast, Which(code="X9"), project=cast.harbour)

    assert Actual.objects.get().commitment == order


def test_an_invoice_that_is_released_after_its_order_was_placed_is_one_of_it(cast):
    post(cast, [row(1, "10", nature="capex", po_no="PO-1")])
    order = order_of(cast, cast.harbour)

    released(cast, Which(code="HARB"))

    assert Actual.objects.get().commitment == order


def test_an_order_of_another_project_takes_no_row_that_is_mapped(cast):
    post(cast, [row(1, "10", project_code="X9", po_no="PO-1")])
    order_of(cast, make_project(cast.portfolio, "PIER", "Pier"))

    mapped(cast, Which(code="X9"), project=cast.harbour)

    assert Actual.objects.get().commitment is None


def test_a_held_row_is_released_into_an_open_period(cast):
    FiscalPeriod.objects.filter(name="2026-01").update(state="closed")
    post(cast, [row(1, "10", posting_date="2026-01-15")])

    assert released(cast, Which(account="6100")).waiting == {"Period 2026-01 is closed.": 1}
    released(cast, Which(account="6100"), period=FiscalPeriod.objects.get(name="2026-02"))

    only = Actual.objects.get()
    assert (only.state, only.period.name, only.posting_date) == (
        *("mapped", "2026-02"),
        date(2026, 1, 15),
    )
    assert total(cast) == 10


def test_no_row_is_released_into_a_closed_period(cast):
    FiscalPeriod.objects.filter(name__in=["2026-01", "2026-02"]).update(state="closed")
    post(cast, [row(1, "10", posting_date="2026-01-15")])

    with pytest.raises(Invalid) as caught:
        released(cast, Which(code="HARB"), period=FiscalPeriod.objects.get(name="2026-02"))

    assert caught.value.code == "finance.period_closed"
    assert Actual.objects.get().state == "held"


def test_a_closed_project_and_another_nature_are_accepted_by_finance(cast):
    make_project(cast.portfolio, "OLD", "Old pier", state="closed")
    post(cast, [row(1, "10", project_code="OLD"), row(2, "20", nature="capex")])

    assert released(cast, Which(account="6100")).mapped == 2

    assert [r.nature for r in Actual.objects.order_by("pk")] == ["opex", "opex"]


def test_a_missing_rate_is_never_passed_over(cast):
    post(cast, [row(1, "10", currency="USD")])

    assert released(cast, Which(code="HARB")).mapped == 0
    for kind in ("actual", "budget"):
        ExchangeRate.objects.create(
            office=cast.office,
            kind=kind,
            from_currency_id="USD",
            to_currency_id="EUR",
            rate=Decimal("0.5"),
            valid_from=date(2026, 1, 1),
        )
    released(cast, Which(code="HARB"))

    assert total(cast) == 5


def test_a_row_that_is_too_large_in_the_currency_of_its_project_is_held(cast):
    for kind in ("actual", "budget"):
        ExchangeRate.objects.create(
            office=cast.office,
            kind=kind,
            from_currency_id="USD",
            to_currency_id="EUR",
            rate=Decimal(20_000),
            valid_from=date(2026, 1, 1),
        )

    effect = post(cast, [row(1, "9000000000000", currency="USD"), row(2, "5", currency="USD")])

    why = "USD 9,000,000,000,000.00 is too large in EUR."
    assert effect.waiting == {("held", why): 1}
    assert released(cast, Which(account="6100")).waiting == {why: 1}
    assert total(cast) == 100_000


def test_what_turns_back_a_held_row_waits_and_goes_in_with_it(cast):
    FiscalPeriod.objects.filter(name="2026-01").update(state="closed")
    post(cast, [row(1, "100", posting_date="2026-01-15")])
    post(cast, [row(2, "-100", posting_date="2026-02-15", reverses="1/1")])

    back = Actual.objects.get(document_no="2")
    assert (back.state, back.state_reason) == ("held", "What it turns back waits.")
    assert total(cast) == 0

    february = FiscalPeriod.objects.get(name="2026-02")
    assert released(cast, Which(account="6100"), period=february).mapped == 2
    assert (total(cast), CostTotal.objects.get().rows) == (0, 2)


def test_what_turns_back_a_row_in_suspense_is_settled_after_it(cast):
    post(cast, [row(1, "100", project_code="X9"), row(2, "-100", reverses="1/1")])
    first, back = Actual.objects.order_by("pk")
    assert (back.state, back.state_reason) == ("suspense", "What it turns back waits.")

    told = mapped(cast, Which(rows=(back.pk,)), project=cast.harbour)
    assert told.waiting == {"What it turns back waits.": 1}
    mapped(cast, Which(rows=(first.pk,)), project=cast.harbour, wbs="1.1")
    mapped(cast, Which(rows=(back.pk,)), project=cast.harbour)

    back.refresh_from_db()
    assert (back.state, back.wbs, back.own_amount) == ("mapped", "1.1", -100)
    assert total(cast) == 0


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "project"),
        ({"category": "travel"}, "nature"),
        ({"category": "toys", "nature": "opex"}, "category"),
    ],
)
def test_a_mapping_says_what_it_lacks(cast, told, field):
    post(cast, [row(1, "10", project_code="X9")])

    with pytest.raises(Invalid) as caught:
        mapped(cast, Which(code="X9"), **told)

    assert field in caught.value.fields
    assert Actual.objects.get().state == "suspense"


def test_a_project_of_another_office_takes_no_row(cast):
    post(cast, [row(1, "10", project_code="X9")])

    with pytest.raises(Invalid):
        mapped(cast, Which(code="X9"), project=cast.foreign)

    assert Actual.objects.get().project is None


def test_rows_that_do_not_wait_are_told(cast):
    post(cast, [row(1, "10")])

    with pytest.raises(Invalid) as caught:
        mapped(cast, Which(code="HARB"), project=cast.harbour)

    assert caught.value.code == "finance.nothing_waits"


@pytest.mark.parametrize("who", ["ada", "piet", "sam", "tess", "rosa", "otto", "nia"])
def test_only_finance_maps_releases_and_takes_back(cast, who):
    batch = post(cast, [row(1, "10", project_code="X9")]).batch

    for verb in (
        lambda: mapped(cast, Which(code="X9"), who, project=cast.harbour),
        lambda: released(cast, Which(code="X9"), who),
        lambda: taken_back(cast, batch, who),
    ):
        with pytest.raises(NotAllowed):
            verb()
    assert Actual.objects.get().state == "suspense"


def test_a_batch_is_taken_back_and_its_keys_become_free(cast):
    batch = post(cast, [row(1, "10"), row(2, "20", project_code="X9")]).batch

    taken_back(cast, batch)

    batch.refresh_from_db()
    assert (batch.state, batch.reason) == ("rolled_back", "Wrong file")
    assert set(Actual.objects.values_list("state", flat=True)) == {"rolled_back"}
    assert (total(cast), live(cast)) == (0, {})
    post(cast, [row(1, "11")])
    assert total(cast) == 11


def test_a_batch_of_a_closed_period_stays(cast):
    batch = post(cast, [row(1, "10")]).batch
    FiscalPeriod.objects.filter(name="2026-03").update(state="closed")

    with pytest.raises(Invalid) as caught:
        taken_back(cast, batch)

    assert caught.value.code == "finance.batch_closed"
    assert "2026-03" in caught.value.message
    assert total(cast) == 10


def test_a_batch_that_later_rows_turn_back_stays(cast):
    first = post(cast, [row(1, "10")]).batch
    second = post(cast, [row(2, "-10", reverses="1/1")]).batch

    with pytest.raises(Invalid) as caught:
        taken_back(cast, first)
    assert caught.value.code == "finance.batch_reversed"
    assert "SAP 1/1 of batch 1 is turned back by SAP 2/1 of batch 2" in caught.value.message

    taken_back(cast, second)
    taken_back(cast, first)
    assert live(cast) == {}


def test_a_batch_is_taken_back_once_with_a_reason_and_at_its_version(cast):
    batch = post(cast, [row(1, "10")]).batch

    with pytest.raises(Invalid):
        taken_back(cast, batch, reason=" ")
    with pytest.raises(Conflict):
        taken_back(cast, batch, version=9)
    taken_back(cast, batch)
    with pytest.raises(Invalid) as caught:
        taken_back(cast, batch)

    assert caught.value.code == "finance.batch_state"


AMOUNTS = st.integers(-10_000, 10_000).map(lambda cents: f"{Decimal(cents) / 100}")
ROWS = st.tuples(
    AMOUNTS,
    st.sampled_from(["HARB", "4711", "X1", "X2"]),
    st.sampled_from(["6100", "7000", "9100"]),
    st.sampled_from(["2026-01-10", "2026-03-10", "2025-05-05"]),
    st.sampled_from(["EUR", "USD"]),
)
STEPS = st.one_of(
    st.tuples(st.just("post"), st.lists(ROWS, min_size=1, max_size=6)),
    st.tuples(st.just("again"), st.integers(0, 9)),
    st.tuples(st.just("reverse"), st.integers(0, 60)),
    st.tuples(st.just("map"), st.sampled_from(["X1", "X2", "9100"])),
    st.tuples(st.just("release"), st.sampled_from(["6100", "7000"])),
    st.tuples(st.just("back"), st.integers(0, 9)),
)


class Enough(Exception):
    """Ends an example; what it wrote is taken back."""


class Books:
    """What was imported and not taken back, kept by hand beside the ledger."""

    def __init__(self, cast) -> None:
        self.cast = cast
        self.files: list[list[dict[str, str]]] = []
        self.batches: list[tuple[LedgerBatch, dict[tuple[str, str], Decimal]]] = []
        self.number = 0

    def take(self, rows) -> None:
        """Post rows; what is new of them is noted."""
        keys = {key for _, kept in self.batches for key in kept}
        effect = post(self.cast, rows)
        new = {
            (told["document_no"], told["currency"]): Decimal(told["amount"])
            for told in rows
            if (told["document_no"], told["currency"]) not in keys
        }
        self.files.append(rows)
        self.batches.append((effect.batch, new))

    def sums(self) -> dict[str, Decimal]:
        """What has to be there, by currency."""
        found: dict[str, Decimal] = {}
        for _, kept in self.batches:
            for (_, currency), amount in kept.items():
                found[currency] = found.get(currency, Decimal(0)) + amount
        return found

    def do(self, step) -> None:
        """One step; what cannot be done changes nothing."""
        verb, what = step
        with suppress(Invalid):
            getattr(self, verb)(what)

    def post(self, rows) -> None:
        """A file of rows with documents of their own; the amount follows from the place."""
        lines = []
        for amount, code, account, day, currency in rows:
            self.number += 1
            told = {"project_code": code, "account": account, "posting_date": day}
            lines.append(row(f"D{self.number}", amount, currency=currency, **told))
        self.take(lines)

    def again(self, place) -> None:
        """A file that came before."""
        if self.files:
            self.take(self.files[place % len(self.files)])

    def reverse(self, place) -> None:
        """A row that turns back one that is there."""
        there = list(Actual.objects.exclude(state="rolled_back").order_by("pk"))
        if there:
            turned = there[place % len(there)]
            self.number += 1
            name = f"{turned.document_no}/{turned.line_no}"
            told = {"currency": turned.currency_id, "reverses": name}
            self.take([row(f"D{self.number}", f"{-turned.amount}", **told)])

    def map(self, what) -> None:
        """Suspense of a code goes to Harbour, of an account to travel."""
        if what == "9100":
            mapped(self.cast, Which(account=what), category="travel", nature="opex")
        else:
            mapped(self.cast, Which(code=what), project=self.cast.harbour)

    def release(self, account) -> None:
        """Held rows go into March."""
        march = FiscalPeriod.objects.get(name="2026-03")
        released(self.cast, Which(account=account), period=march)

    def back(self, place) -> None:
        """A batch is taken back."""
        if self.batches:
            batch, _ = self.batches[place % len(self.batches)]
            taken_back(self.cast, batch)
            self.batches[place % len(self.batches)] = (batch, {})


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=12))
def test_totals_are_conserved_under_any_mix_of_steps(cast, steps):
    """What counts is what came in and was not taken back, on projects or waiting."""
    with pytest.raises(Enough), transaction.atomic():
        FiscalPeriod.objects.filter(name="2026-01").update(state="closed")
        books = Books(cast)
        for step in steps:
            books.do(step)
            wanted = {currency: amount for currency, amount in books.sums().items() if amount}
            assert {one: sum_ for one, sum_ in live(cast).items() if sum_} == wanted
            check_totals(cast)
        raise Enough


def check_totals(cast) -> None:
    """Sums of projects are those of mapped rows, and every batch's control totals agree."""
    in_place = Actual.objects.filter(state="mapped")
    assert sum(row.actual for row in CostTotal.objects.all()) == sum(
        row.own_amount for row in in_place
    )
    assert sum(row.rows for row in CostTotal.objects.all()) == in_place.count()
    for batch in LedgerBatch.objects.exclude(state="rolled_back"):
        for line in batch.totals:
            here = Actual.objects.filter(batch=batch, currency_id=line["currency"])
            for state in ("mapped", "suspense", "held"):
                rows = here.filter(state=state)
                assert line[state]["rows"] == rows.count()
                assert Decimal(line[state]["amount"]) == sum(row.amount for row in rows)
            parts = [line[name] for name in ("mapped", "suspense", "held", "skipped")]
            assert line["imported"]["rows"] == sum(part["rows"] for part in parts)
