# SPDX-License-Identifier: Apache-2.0
"""Funding by gate: proposed, approved, released; what is left lapses with its stage (R-BUD-03)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from cast import appoint
from pilothouse.delivery.finance import tasks
from pilothouse.delivery.finance.models import (
    Commitment,
    CommitmentLine,
    FundingRelease,
)
from pilothouse.delivery.finance.queries.available import available
from pilothouse.delivery.finance.queries.funding import funding_of
from pilothouse.delivery.finance.queries.funding_pages import funding_page
from pilothouse.delivery.finance.services.funding import (
    AskedFunding,
    approve_funding,
    carry_over,
    change_funding,
    projects_to_settle,
    propose_funding,
    release_funding,
    settle_funding,
    withdraw_funding,
)
from pilothouse.delivery.finance.services.totals import retotal
from pilothouse.delivery.finance.tests.books import Books
from pilothouse.delivery.finance.tests.budgeting import released
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.jobs import Work

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("funding")
JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)


def ask(**values):
    chosen = {
        "gate": "Gate 2",
        "amount": Decimal(300),
        "first": date(2026, 1, 1),
        "last": JUNE,
    } | values
    return AskedFunding(**chosen)


def promise(cast, amount):
    """An open order."""
    order = Commitment.objects.create(
        project=cast.harbour,
        office_id=cast.office.pk,
        number=f"PO-{Commitment.objects.count()}",
        supplier="Piles Ltd",
        currency_id="EUR",
        ordered_on=date(2026, 3, 1),
    )
    CommitmentLine.objects.create(
        commitment=order,
        position=1,
        category="services",
        nature="capex",
        amount=Decimal(amount),
        rate=Decimal(1),
        own_amount=Decimal(amount),
        expected_on=JUNE,
    )


def state_of(release):
    return tuple(FundingRelease.objects.values_list("state", "lapsed").get(pk=release.pk))


def test_funding_is_proposed_approved_and_released_by_three_people(cast):
    release = propose_funding(actor=cast.piet.actor(), project=cast.harbour, asked=ask())
    assert available(cast.harbour).released == 0

    approve_funding(actor=cast.sam.actor(), release=release, version=None)
    assert available(cast.harbour).released == 0
    assert funding_of(cast.harbour).approved == 300

    release_funding(actor=cast.femi.actor(), release=release, version=None)
    assert available(cast.harbour, JUNE).released == 300
    release.refresh_from_db()
    assert (release.approved_by, release.released_by) == (cast.sam, cast.femi)


@pytest.mark.parametrize("who", ["piet", "femi", "ada", "tess", "otto", "nia"])
def test_only_those_who_decide_at_the_gate_approve(cast, who):
    release = propose_funding(actor=cast.piet.actor(), project=cast.harbour, asked=ask())

    with pytest.raises(NotAllowed) as caught:
        approve_funding(actor=cast.people[who].actor(), release=release, version=None)

    assert caught.value.code == "finance.funding_decision"
    assert state_of(release) == ("proposed", 0)


@pytest.mark.parametrize("who", ["piet", "sam", "ada", "tess", "otto"])
def test_only_finance_releases(cast, who):
    release = propose_funding(actor=cast.piet.actor(), project=cast.harbour, asked=ask())
    approve_funding(actor=cast.sam.actor(), release=release, version=None)

    with pytest.raises(NotAllowed):
        release_funding(actor=cast.people[who].actor(), release=release, version=None)

    assert state_of(release) == ("approved", 0)


def test_nothing_is_released_that_no_gate_approved(cast):
    release = propose_funding(actor=cast.piet.actor(), project=cast.harbour, asked=ask())

    with pytest.raises(Invalid, match="is proposed; for this step it would be approved"):
        release_funding(actor=cast.femi.actor(), release=release, version=None)


@pytest.mark.parametrize("who", ["tess", "otto", "sam", "nia"])
def test_others_propose_nothing(cast, who):
    with pytest.raises(NotAllowed):
        propose_funding(actor=cast.people[who].actor(), project=cast.harbour, asked=ask())

    assert not FundingRelease.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gate", ""),
        ("amount", Decimal(0)),
        ("amount", Decimal(-5)),
        ("amount", Decimal("0.001")),
        ("last", date(2226, 1, 1)),
    ],
)
def test_funding_that_cannot_be_is_refused_at_its_field(cast, field, value):
    with pytest.raises(Invalid) as caught:
        propose_funding(actor=cast.piet.actor(), project=cast.harbour, asked=ask(**{field: value}))

    assert field in caught.value.fields
    assert not FundingRelease.objects.exists()


def test_a_stage_does_not_end_before_it_begins(cast):
    with pytest.raises(Invalid, match="The last day lies before the first"):
        propose_funding(
            actor=cast.piet.actor(), project=cast.harbour, asked=ask(last=date(2025, 1, 1))
        )


def test_what_is_proposed_may_still_be_changed_and_what_is_approved_not(cast):
    release = propose_funding(actor=cast.piet.actor(), project=cast.harbour, asked=ask())
    change_funding(
        actor=cast.piet.actor(), release=release, asked=ask(amount=Decimal(250)), version=1
    )
    approve_funding(actor=cast.sam.actor(), release=release, version=None)

    with pytest.raises(Invalid) as caught:
        change_funding(actor=cast.piet.actor(), release=release, asked=ask(), version=None)

    assert caught.value.code == "finance.funding_state"
    assert FundingRelease.objects.get().amount == 250


def test_who_changed_what_was_proposed_does_not_approve_it(cast):
    """R-GEN-08: neither the last who changed it nor one before."""
    scope = ("project", cast.harbour.pk)
    appoint(cast.sam, Role.FIN, scope, cast.office.pk, project_scopes(cast.harbour))
    release = propose_funding(actor=cast.piet.actor(), project=cast.harbour, asked=ask())
    for who, amount in ((cast.sam, 900), (cast.femi, 800)):
        asked = ask(amount=Decimal(amount))
        change_funding(actor=who.actor(), release=release, asked=asked, version=None)

    with pytest.raises(NotAllowed) as caught:
        approve_funding(actor=cast.sam.actor(), release=release, version=None)

    assert caught.value.code == "finance.funding_decision"
    assert state_of(release) == ("proposed", 0)
    row = funding_page(cast.sam.actor(), cast.harbour.pk).rows[0]
    assert "edit" in row.steps and "approve" not in row.steps


def test_what_nobody_used_lapses_after_the_last_day_of_the_stage(cast):
    release = released(cast, 300)
    promise(cast, 180)

    assert settle_funding(actor=SYSTEM, project=cast.harbour, today=JUNE) == 0
    assert settle_funding(actor=SYSTEM, project=cast.harbour, today=JULY) == 1
    assert settle_funding(actor=SYSTEM, project=cast.harbour, today=JULY) == 0

    assert state_of(release) == ("lapsed", 120)
    found = available(cast.harbour)
    assert (found.released, found.commitments, found.available) == (180, 180, 0)


def test_what_an_order_lets_go_after_the_end_of_its_stage_lapses_too(cast):
    release = released(cast, 300)
    promise(cast, 180)
    settle_funding(actor=SYSTEM, project=cast.harbour, today=JULY)
    assert state_of(release) == ("lapsed", 120)

    Commitment.objects.update(state="cancelled")
    found = available(cast.harbour, JULY)
    assert (found.released, found.available) == (0, 0)
    assert projects_to_settle() == [cast.harbour]
    assert settle_funding(actor=SYSTEM, project=cast.harbour, today=JULY) == 1

    assert state_of(release) == ("lapsed", 300)
    assert projects_to_settle() == []


def test_what_an_order_lets_go_of_withdrawn_funding_is_not_free(cast):
    release = released(cast, 300)
    promise(cast, 180)
    withdraw_funding(actor=cast.sam.actor(), release=release, version=None, reason="Budget cut")

    Commitment.objects.update(state="cancelled")
    assert available(cast.harbour, JUNE).available == 0
    settle_funding(actor=SYSTEM, project=cast.harbour, today=JUNE)

    assert state_of(release) == ("withdrawn", 300)


def test_what_lapses_is_not_free_from_its_day_on_before_the_job_ran(cast):
    release = released(cast, 300)
    promise(cast, 180)

    assert available(cast.harbour, date(2026, 6, 30)).available == 120
    found = available(cast.harbour, JULY)
    held = funding_of(cast.harbour, JULY).held[0]

    assert (found.released, found.available) == (180, 0)
    assert (held.used, held.unused, held.lapsed) == (180, 0, 120)
    assert state_of(release) == ("released", 0)


def test_the_stage_that_ends_first_pays_first(cast):
    early = released(cast, 100)
    late = released(cast, 100, first=JULY, last=date(2026, 12, 31))
    promise(cast, 150)

    settle_funding(actor=SYSTEM, project=cast.harbour, today=JULY)

    held = {row.release.pk: row.unused for row in funding_of(cast.harbour).held}
    assert held == {early.pk: 0, late.pk: 50}
    assert state_of(early) == ("released", 0)


def test_what_the_gate_carries_over_lasts_as_long_as_the_next_stage(cast):
    early = released(cast, 300)
    late = released(cast, 100, first=JULY, last=date(2026, 12, 31))

    carry_over(actor=cast.sam.actor(), release=early, to=late, version=None, reason="Steel is late")
    settle_funding(actor=SYSTEM, project=cast.harbour, today=JULY)
    assert state_of(early) == ("released", 0)

    settle_funding(actor=SYSTEM, project=cast.harbour, today=date(2027, 1, 1))
    assert state_of(early) == ("lapsed", 300)
    assert state_of(late) == ("lapsed", 100)


def test_the_rest_is_carried_over_to_a_later_release_alone_and_not_by_the_manager(cast):
    early = released(cast, 300)
    late = released(cast, 100, first=JULY, last=date(2026, 12, 31))

    with pytest.raises(Invalid) as caught:
        carry_over(actor=cast.sam.actor(), release=late, to=early, version=None, reason="Back")
    assert caught.value.code == "finance.carry_to"
    with pytest.raises(NotAllowed):
        carry_over(actor=cast.piet.actor(), release=early, to=late, version=None, reason="Mine")

    assert FundingRelease.objects.get(pk=early.pk).carried_to is None


def test_funding_is_exhausted_when_costs_have_used_it_and_not_when_orders_have(cast):
    books = Books(cast)
    release = released(cast, 100)
    promise(cast, 40)
    settle_funding(actor=SYSTEM, project=cast.harbour, today=JUNE)
    assert state_of(release) == ("released", 0)

    row = books.actual(100)
    settle_funding(actor=SYSTEM, project=cast.harbour, today=JUNE)
    assert state_of(release) == ("exhausted", 0)

    row.state = "rolled_back"
    row.save()
    retotal([cast.harbour.pk])
    settle_funding(actor=SYSTEM, project=cast.harbour, today=JUNE)
    assert state_of(release) == ("released", 0)


def test_of_released_funding_only_what_nobody_used_is_withdrawn(cast):
    release = released(cast, 300)
    promise(cast, 180)

    with pytest.raises(NotAllowed):
        withdraw_funding(
            actor=cast.femi.actor(), release=release, version=None, reason="Budget cut"
        )
    withdraw_funding(actor=cast.sam.actor(), release=release, version=None, reason="Budget cut")

    assert state_of(release) == ("withdrawn", 120)
    assert available(cast.harbour).available == 0


def test_funding_that_was_never_released_is_withdrawn_whole(cast):
    release = propose_funding(actor=cast.piet.actor(), project=cast.harbour, asked=ask())

    withdraw_funding(actor=cast.piet.actor(), release=release, version=None, reason="Too early")

    assert state_of(release) == ("withdrawn", 300)
    assert available(cast.harbour).released == 0


def test_the_daily_job_settles_every_project_and_says_how_many_changed(cast):
    assert projects_to_settle() == []
    release = released(cast, 300, first=date(2020, 1, 1), last=date(2020, 12, 31))

    told = [tasks.settle(Work(0, {})) for _ in range(2)]

    assert told == ["1 release of funding changed.", "0 releases of funding changed."]
    assert state_of(release) == ("lapsed", 300)
    assert FundingRelease.objects.get().last < clock.today()
