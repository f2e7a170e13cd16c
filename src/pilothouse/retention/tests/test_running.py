# SPDX-License-Identifier: Apache-2.0
"""What the rules remove, to the day; what holds keep; and that a run may be cut short."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from cast import SYSTEM, make_project
from pilothouse.delivery.projects.models import FormerPortfolioPlace, Portfolio
from pilothouse.delivery.projects.services import (
    create_portfolio,
    move_project,
    save_workstream,
    withdraw_projects,
)
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.trail.sealing import seal_events
from pilothouse.foundation.core.trail.verifying import Verification
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.retention.kinds import first_kept, term
from pilothouse.retention.models import Kind, RetentionRun
from pilothouse.retention.services import place_hold, release_hold, running
from pilothouse.retention.tests.nights import apply_rules

TODAY = date(2036, 3, 15)
TOLD = ("audithead", "retentionrun", "retentionrule", "legalhold")


def left(keys):
    """Those of these events that are still there."""
    return set(AuditEvent.objects.filter(pk__in=list(keys)).values_list("pk", flat=True))


def state():
    """Everything that a run changes, told without keys and instants of the run itself."""
    events = AuditEvent.objects.exclude(object_type="audithead").order_by("pk")
    runs = RetentionRun.objects.order_by("pk").values_list("office_id", "removed", "kept_from")
    return (
        list(events.values_list("action", "object_type", "office_id", "before", "after")),
        list(runs),
        list(OrgUnit.objects.order_by("pk").values_list("pk", "trail_from", "snapshots_from")),
    )


class Cut(Exception):
    """The process is gone."""


def cut_after(number):
    count = 0

    def between():
        nonlocal count
        count += 1
        if count == number:
            raise Cut

    return between


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [
        (date(2036, 3, 15), 12, date(2035, 3, 15)),
        (date(2036, 3, 31), 1, date(2036, 2, 29)),
        (date(2035, 3, 31), 1, date(2035, 2, 28)),
        (date(2036, 1, 31), 2, date(2035, 11, 30)),
        (date(2036, 1, 1), 13, date(2034, 12, 1)),
        (date(2036, 2, 29), 12, date(2035, 2, 28)),
        (date(50, 1, 1), 1200, date.min),
    ],
)
def test_the_first_day_kept_is_the_same_of_the_month_or_the_last_of_a_shorter_one(
    today, months, first
):
    assert first_kept(today, months) == first


def test_terms_are_said_in_years_where_they_are_whole():
    assert [term(n) for n in (12, 120, 18, 1, None)] == [
        "1 year",
        "10 years",
        "18 months",
        "1 month",
        "for ever",
    ]


def test_without_a_rule_everything_is_kept(decade):
    before = state()

    assert apply_rules(today=TODAY) == []
    assert state() == before


@pytest.mark.parametrize("months", [12, 24, 60, 119])
def test_exactly_what_the_rule_says_is_gone_after_ten_years(cast, decade, rule, months):
    rule(months)
    first = first_kept(TODAY, months)
    kept = {pk for pk, (_, day) in decade.items() if day >= first}

    done = apply_rules(today=TODAY)

    assert left(decade) == kept
    assert 0 < len(kept) < len(decade)
    assert [(row.office, dict(row.counts)) for row in done] == [
        (cast.office, {Kind.TRAIL: len(decade) - len(kept)})
    ]


def test_the_first_instant_of_the_first_day_stays_and_the_one_before_goes(cast, told, rule):
    midnight = datetime(2035, 3, 15, tzinfo=UTC)
    kept = told(cast.harbour, midnight.date(), at=midnight)
    gone = told(cast.harbour, midnight.date(), at=midnight - timedelta(microseconds=1))
    rule(12)

    apply_rules(today=TODAY)

    assert left([kept, gone]) == {kept}


def test_night_by_night_the_same_goes_as_at_once(decade, rule):
    rule(24)
    for days in range(100, -1, -1):
        apply_rules(today=TODAY - timedelta(days=days))

    first = first_kept(TODAY, 24)
    assert left(decade) == {pk for pk, (_, day) in decade.items() if day >= first}


def test_a_second_run_of_the_day_changes_nothing(decade, rule):
    rule(24)
    apply_rules(today=TODAY)
    before = state()

    assert apply_rules(today=TODAY) == []
    assert state() == before


def test_another_office_and_the_installation_keep_theirs(cast, told, decade, rule):
    foreign = told(cast.foreign, date(2026, 1, 1), office=cast.other_office)
    nobodys = told(cast.ada, date(2026, 1, 1))
    AuditEvent.objects.filter(pk=nobodys).update(office_id=0)
    rule(12)

    apply_rules(today=TODAY)

    assert left([foreign, nobodys]) == {foreign, nobodys}
    cast.other_office.refresh_from_db()
    assert cast.other_office.trail_from is None


def test_a_run_is_told_once_with_what_went_and_from_when_on_all_is_kept(cast, decade, rule):
    rule(24)

    apply_rules(today=TODAY)

    event = AuditEvent.objects.get(action="retention.run")
    gone = len(decade) - len(left(decade))
    assert event.after == {"trail": gone, "trail_from": "2034-03-15"}
    assert (event.office_id, event.actor_label) == (cast.office.pk, "system: retention")
    cast.office.refresh_from_db()
    assert cast.office.trail_from == date(2034, 3, 15)


def test_the_chain_can_be_verified_after_every_run(decade, rule, hold, cast, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 40)
    hold("project", cast.harbour)
    rule(60)
    apply_rules(today=TODAY)
    rule(24)
    with pytest.raises(Cut):
        apply_rules(today=TODAY, between=cut_after(2))
    apply_rules(today=TODAY)
    seal_events()

    walk = Verification()

    assert list(walk.findings()) == []
    assert walk.retired == len(decade) - len(left(decade)) > 0


def test_what_the_trail_says_of_rules_holds_and_runs_is_never_removed(cast, decade, rule, hold):
    rule(24)
    release_hold(actor=SYSTEM, hold=hold("project", cast.harbour), version=None, reason="Over")
    apply_rules(today=TODAY)
    told = AuditEvent.objects.filter(object_type__in=TOLD)
    told.update(at=datetime(2026, 1, 1, tzinfo=UTC))
    before = list(told.order_by("pk").values_list("pk", flat=True))

    apply_rules(today=TODAY + timedelta(days=1))

    assert set(TOLD[1:]) <= set(told.values_list("object_type", flat=True))
    assert left(before) == set(before)


def test_a_looser_rule_brings_nothing_back_and_the_past_begins_where_it_did(cast, decade, rule):
    rule(24)
    apply_rules(today=TODAY)
    kept = left(decade)
    rule(60)

    assert apply_rules(today=TODAY) == []
    assert left(decade) == kept
    cast.office.refresh_from_db()
    assert cast.office.trail_from == date(2034, 3, 15)


def test_where_nothing_was_there_to_go_the_past_stays_whole(cast, told, rule):
    AuditEvent.objects.update(at=datetime(2036, 3, 15, tzinfo=UTC))
    told(cast.harbour, date(2036, 1, 1))
    rule(12)

    assert apply_rules(today=TODAY) == []
    cast.office.refresh_from_db()
    assert cast.office.trail_from is None


# What holds keep


def of(decade, *objects):
    return {pk for pk, (obj, _) in decade.items() if obj in objects}


@pytest.fixture
def cut(decade, rule):
    """Apply a rule of two years; what went and what stayed of what is older."""

    def run():
        rule(24)
        apply_rules(today=TODAY)
        old = {pk for pk, (_, day) in decade.items() if day < first_kept(TODAY, 24)}
        return old - left(decade), old & left(decade)

    return run


@pytest.mark.parametrize(
    ("scope", "holder", "held"),
    [
        ("project", "harbour", ("harbour",)),
        ("programme", "programme", ("programme", "harbour")),
        ("portfolio", "portfolio", ("portfolio", "programme", "harbour")),
        ("office", "office", ("portfolio", "programme", "harbour", "unit")),
    ],
)
def test_a_hold_keeps_its_object_and_what_lies_below(cast, decade, hold, cut, scope, holder, held):
    hold(scope, getattr(cast, holder))

    gone, kept = cut()

    assert kept == {
        pk
        for pk in of(decade, *(getattr(cast, name) for name in held))
        if decade[pk][1] < first_kept(TODAY, 24)
    }
    assert bool(gone) == (scope != "office")


def test_a_hold_keeps_nested_portfolios_and_what_hangs_on_its_projects(cast, told, hold, rule):
    nested = create_portfolio(
        actor=SYSTEM,
        org_unit=cast.unit,
        values={
            "code": "SHED",
            "name": "Sheds",
            "currency": Currency.objects.get(pk="EUR"),
            "parent": cast.portfolio,
        },
    )
    shed = make_project(nested, "ROOF", "Roof")
    stream = save_workstream(actor=SYSTEM, project=shed, workstream=None, values={"name": "Tiles"})
    role = AuditEvent.objects.filter(object_type="roleassignment", after__scope_type="project")
    role_id = role.filter(after__scope_id=cast.harbour.pk).values_list("pk", flat=True)[0]
    AuditEvent.objects.filter(pk=role_id).update(at=datetime(2030, 1, 1, tzinfo=UTC))
    day = date(2030, 1, 1)
    keys = {told(row, day) for row in (nested, shed, stream)} | {role_id}
    calendar = told(cast.unit, day)
    hold("portfolio", cast.portfolio)
    rule(12)

    apply_rules(today=TODAY)

    assert left(keys | {calendar}) == keys


def test_a_hold_keeps_what_stood_below_it_once(cast, told, hold, rule):
    elsewhere = create_portfolio(
        actor=SYSTEM,
        org_unit=cast.unit,
        values={
            "code": "DRY",
            "name": "Dry docks",
            "currency": Currency.objects.get(pk="EUR"),
            "state": "active",
        },
    )
    once = Portfolio.objects.get(pk=elsewhere.pk)
    FormerPortfolioPlace.objects.create(
        portfolio=once, org_unit=cast.unit, parent=cast.portfolio, until=date(2025, 6, 1)
    )
    moved = make_project(cast.portfolio, "MOVE", "Moved away")
    move_project(
        actor=SYSTEM,
        project=moved,
        portfolio=elsewhere,
        programme=None,
        from_day=date(2025, 2, 1),
        version=None,
    )
    below = make_project(elsewhere, "BELOW", "Below what stood there")
    day = date(2030, 1, 1)
    keys = {told(row, day) for row in (moved, once, below)}
    hold("portfolio", cast.portfolio)
    rule(12)

    apply_rules(today=TODAY)

    assert left(keys) == keys


def test_a_hold_keeps_what_is_told_of_files_that_came_in_for_it(cast, told, hold, rule):
    crane = make_project(cast.portfolio, "CRANE", "Crane")

    def came(door, number):
        file = IncomingFile.objects.create(
            office=cast.office, door=door, object_id=number, size_bytes=4, state="found"
        )
        return told(file, date(2030, 1, 1))

    held, table = came("plan", cast.harbour.pk), came("table", cast.office.pk)
    other = came("plan", crane.pk)
    hold("project", cast.harbour)
    rule(12)

    apply_rules(today=TODAY)

    assert left({held, table, other}) == {held, table}


def test_of_what_is_deleted_nothing_goes_while_anything_is_held(cast, told, hold, rule):
    gone = make_project(cast.portfolio, "GONE", "Withdrawn")
    key = told(gone, date(2030, 1, 1))
    withdraw_projects(actor=SYSTEM, projects=[(gone.pk, gone.version)], reason="Twice")
    placed = hold("project", cast.harbour)
    rule(12)

    apply_rules(today=TODAY)
    assert left([key]) == {key}

    release_hold(actor=SYSTEM, hold=placed, version=None, reason="Over")
    apply_rules(today=TODAY)
    assert left([key]) == set()


def test_a_released_hold_keeps_nothing(cast, decade, hold, cut):
    release_hold(actor=SYSTEM, hold=hold("office", cast.office), version=None, reason="Over")

    gone, kept = cut()

    assert kept == set() and gone


def test_a_hold_of_another_office_keeps_nothing_here(cast, decade, cut):
    place_hold(
        actor=SYSTEM,
        office=cast.other_office,
        scope_type="office",
        scope_id=cast.other_office.pk,
        reason="The court asked",
    )

    assert cut()[1] == set()


# A run that is cut short


@pytest.fixture
def small(monkeypatch, hold, rule, cast, decade):
    """Batches of 40 events, a hold and a rule of two years."""
    monkeypatch.setattr(running, "BATCH", 40)
    hold("project", cast.harbour)
    rule(24)
    # What is sealed in a savepoint that is taken back would not be sealed again.
    seal_events()


def passes():
    """How often a run of today can be cut."""
    count = 0

    def between():
        nonlocal count
        count += 1

    with transaction.atomic():
        apply_rules(today=TODAY, between=between)
        transaction.set_rollback(True)
    return count


def after_cut(number, end):
    """What there is after a run that was cut and one that took it up."""
    with transaction.atomic():
        with pytest.raises(Cut):
            apply_rules(today=TODAY, between=cut_after(number))
        apply_rules(today=end)
        found = state()
        transaction.set_rollback(True)
    return found


def test_a_run_that_is_cut_between_any_two_batches_ends_like_one_that_was_not(small):
    cuts = passes()
    with transaction.atomic():
        apply_rules(today=TODAY)
        whole = state()
        transaction.set_rollback(True)

    assert cuts > 9
    for number in range(1, cuts + 1):
        assert after_cut(number, TODAY) == whole, f"cut after batch {number}"


def test_the_next_night_takes_up_a_run_that_was_cut_and_tells_of_both_as_one(small):
    end = TODAY + timedelta(days=1)
    with transaction.atomic():
        apply_rules(today=end)
        events, runs, _ = state()
        transaction.set_rollback(True)

    # After the last pass the run was finished, and the next one is a run of its own.
    for number in range(1, passes()):
        got_events, got_runs, _ = after_cut(number, end)
        assert [row[:4] for row in got_events] == [row[:4] for row in events], number
        assert [row[1] for row in got_runs] == [row[1] for row in runs], number


def test_a_hold_that_is_placed_during_a_run_keeps_what_is_still_there(
    cast, decade, hold, rule, monkeypatch
):
    monkeypatch.setattr(running, "BATCH", 20)
    rule(24)
    kept = []

    def between():
        if not kept:
            hold("office", cast.office)
            kept.append(left(decade))

    apply_rules(today=TODAY, between=between)

    assert 0 < len(decade) - len(kept[0]) <= 20
    assert left(decade) == kept[0]


def test_a_rule_that_is_lifted_during_a_run_removes_no_more(decade, rule, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 20)
    rule(24)
    kept = []

    def between():
        if not kept:
            rule(None)
            kept.append(left(decade))

    apply_rules(today=TODAY, between=between)

    assert left(decade) == kept[0]
    assert RetentionRun.objects.get().finished_at is not None
