# SPDX-License-Identifier: Apache-2.0
"""The way of a dependency: proposed by one side, agreed by the other, delivered, accepted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cast import appoint
from pilothouse.delivery.dependencies import rules
from pilothouse.delivery.dependencies.models import DependencyPromise, PlanDependency
from pilothouse.delivery.dependencies.rules import Side, Step
from pilothouse.delivery.dependencies.services import (
    change_dates,
    take_step,
)
from pilothouse.delivery.dependencies.tests.bonds import DIG, PILES, SURVEY, stretch
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.planning.queries import working_days, working_time
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent


def step(row, by, verb, reason="", version=None):
    return take_step(actor=by.actor(), dependency=row, step=verb, version=version, reason=reason)


def fresh(row):
    return PlanDependency.objects.get(pk=row.pk)


def actions(row):
    found = AuditEvent.objects.filter(object_type="plandependency", object_id=row.pk)
    return list(found.order_by("pk").values_list("action", flat=True))


def settle(world, row, promised, by=None):
    return change_dates(
        actor=(by or world.piet).actor(),
        dependency=row,
        need_date=None,
        promised_date=promised,
        reason="The steel is late",
        version=None,
    )


# Proposing


def test_without_dates_it_is_needed_when_the_one_starts_and_promised_when_the_other_ends(world):
    row = world.propose()

    assert (row.need_date, row.promised_date) == (date(2026, 3, 30), date(2026, 3, 20))
    assert (row.forecast_date, row.slack_days) == (date(2026, 3, 20), 6)
    assert (row.giver_task, row.receiver_task) == ("Drive piles", "Dig")
    assert (row.state, row.giver_agreed_label, row.receiver_agreed_label) == (
        "proposed",
        "Piet Example",
        "",
    )
    assert actions(row) == ["plandependency.create"]


@pytest.mark.parametrize(
    ("slack", "colour"),
    [(6, "green"), (5, "green"), (4, "amber"), (0, "amber"), (-1, "red"), (None, "")],
)
def test_five_days_of_slack_are_green_none_is_amber_and_less_is_red(slack, colour):
    assert rules.colour_of(slack) == colour


@pytest.mark.parametrize(
    ("need", "slack"),
    [
        (date(2026, 3, 20), 0),
        (date(2026, 3, 21), 1),
        (date(2026, 3, 23), 1),
        (date(2026, 3, 27), 5),
        (date(2026, 3, 19), -1),
        (date(2026, 3, 13), -5),
    ],
)
def test_slack_counts_working_days_of_the_plan_that_waits(world, need, slack):
    """The piles are forecast for Friday 20 March; a weekend is no slack."""
    assert world.propose(need_date=need).slack_days == slack


def test_working_days_read_alike_in_both_directions(world):
    time = working_time(world.dredge)
    friday, monday = date(2026, 3, 20), date(2026, 3, 23)

    assert (working_days(time, friday, monday), working_days(time, monday, friday)) == (1, -1)


def test_the_side_that_waits_may_propose_too(world):
    row = world.propose(
        world.piet,
        side=Side.RECEIVER,
        giver=world.dredge,
        giver_uid=DIG,
        receiver=world.quay,
        receiver_uid=None,
        need_date=date(2026, 5, 4),
    )

    assert (row.giver_agreed_label, row.receiver_agreed_label) == ("", "Piet Example")
    assert step(row, world.dora, Step.AGREE).state == "agreed"


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"giver_uid": 99}, "giver_uid", "HARB has no task of this number"),
        ({"receiver_uid": 99}, "receiver_uid", "DREDGE has no task of this number"),
        ({"deliverable": "  "}, "deliverable", "Say what is delivered."),
        ({"receiver_uid": None}, "need_date", "Say when it is needed"),
    ],
)
def test_what_cannot_be_is_refused_by_field(world, values, field, words):
    with pytest.raises(Invalid) as refused:
        world.propose(**values)

    assert words in refused.value.fields[field]
    assert not PlanDependency.objects.exists()


def test_within_one_project_a_link_does_it(world):
    with pytest.raises(Invalid) as refused:
        world.propose(receiver=world.quay, receiver_uid=SURVEY)

    assert refused.value.code == "dependencies.same_project"
    assert "link them in its plan instead" in refused.value.message
    assert not PlanDependency.objects.exists()


def test_nothing_is_bound_to_a_project_that_is_not_seen(world):
    with pytest.raises(NotFound):
        world.propose(
            world.dora,
            side=Side.RECEIVER,
        )
    with pytest.raises(NotFound):
        world.propose(receiver=world.cast.foreign, receiver_uid=None, need_date=date(2026, 5, 4))

    assert not PlanDependency.objects.exists()


@pytest.mark.parametrize("name", ["tess", "sam", "rosa", "femi"])
def test_who_does_not_manage_proposes_nothing(world, name):
    with pytest.raises(NotAllowed):
        world.propose(world.cast.people[name])

    assert not PlanDependency.objects.exists()


def test_two_offices_are_never_bound(world):
    """The system sees both, and nobody else does."""
    with pytest.raises(NotAllowed):
        world.propose(world.cast.nia, giver=world.cast.foreign, receiver=world.quay)


# Circles


def test_a_circle_is_refused_and_its_chain_of_tasks_is_named(world):
    step(world.propose(), world.dora, Step.AGREE)

    with pytest.raises(Invalid) as refused:
        world.propose(
            side=Side.RECEIVER,
            giver=world.dredge,
            giver_uid=DIG,
            receiver=world.quay,
            receiver_uid=SURVEY,
        )

    assert refused.value.code == "dependencies.circle"
    assert (
        "HARB ‘Survey’ → HARB ‘Drive piles’ → DREDGE ‘Dig’ → HARB ‘Survey’" in refused.value.message
    )
    assert PlanDependency.objects.count() == 1


def test_a_task_after_the_given_one_may_wait_for_what_comes_back(world):
    world.propose()

    row = world.propose(
        side=Side.RECEIVER,
        giver=world.dredge,
        giver_uid=DIG,
        receiver=world.quay,
        receiver_uid=3,
        deliverable="The channel",
    )

    assert row.state == "proposed"


def test_what_is_over_closes_no_circle(world):
    step(world.propose(), world.piet, Step.CANCEL, "Not needed")

    row = world.propose(
        side=Side.RECEIVER,
        giver=world.dredge,
        giver_uid=DIG,
        receiver=world.quay,
        receiver_uid=SURVEY,
    )

    assert row.state == "proposed"


# Agreeing


def test_both_sides_agree_and_then_it_is_delivered_and_accepted(world):
    row = world.propose()

    assert step(row, world.dora, Step.AGREE, version=1).state == "agreed"
    assert step(row, world.piet, Step.START).state == "in_progress"
    done = step(row, world.piet, Step.DELIVER)
    assert (done.state, done.forecast_date) == ("delivered", clock.today())
    assert step(row, world.dora, Step.ACCEPT).state == "accepted"

    assert fresh(row).version == 5
    assert actions(row) == [
        "plandependency.create",
        "plandependency.agree",
        "plandependency.start",
        "plandependency.deliver",
        "plandependency.accept",
    ]


def test_nobody_agrees_with_themselves(world):
    row = world.propose()

    with pytest.raises(NotAllowed, match="nobody agrees with themselves"):
        step(row, world.piet, Step.AGREE)

    assert fresh(row).state == "proposed"


def test_who_stands_in_for_the_other_manager_does_not_agree_to_the_own_proposal(world):
    row = world.propose()
    delegate(
        actor=world.dora.actor(),
        from_person=world.dora,
        to_person=world.piet,
        actions="CRUSA",
        valid_from=clock.today(),
        valid_to=clock.today() + timedelta(days=9),
        reason="Holiday",
    )

    with pytest.raises(NotAllowed):
        step(row, world.piet, Step.AGREE)

    assert fresh(row).receiver_agreed_label == ""


def test_who_manages_both_projects_agrees_for_both(world):
    scopes = project_scopes(world.dredge)
    appoint(world.piet, Role.PM, ("project", world.dredge.pk), world.cast.office.pk, scopes)

    row = world.propose()

    assert (row.state, row.giver_agreed_label, row.receiver_agreed_label) == (
        "agreed",
        "Piet Example",
        "Piet Example",
    )


@pytest.mark.parametrize(
    ("by", "verb"),
    [
        ("dora", Step.START),
        ("dora", Step.DELIVER),
        ("tess", Step.START),
        ("tess", Step.DISPUTE),
        ("sam", Step.CANCEL),
        ("ada", Step.CANCEL),
    ],
)
def test_a_step_is_for_the_manager_of_its_side(world, by, verb):
    row = step(world.propose(), world.dora, Step.AGREE)
    who = world.dora if by == "dora" else world.cast.people[by]

    with pytest.raises(NotAllowed):
        step(row, who, verb, "Because")

    assert (fresh(row).state, fresh(row).version) == ("agreed", 2)


def test_a_step_out_of_turn_says_which_state_it_wants(world):
    row = world.propose()

    with pytest.raises(Invalid, match="to accept it, it must be delivered"):
        step(row, world.dora, Step.ACCEPT)

    assert fresh(row).state == "proposed"


def test_a_step_on_what_somebody_changed_meanwhile_is_refused(world):
    row = world.propose()
    step(row, world.dora, Step.AGREE)

    with pytest.raises(Conflict, match="Dora Example"):
        step(row, world.piet, Step.START, version=1)

    assert fresh(row).state == "agreed"


@pytest.mark.parametrize("verb", [Step.DISPUTE, Step.CANCEL])
def test_to_dispute_or_cancel_a_reason_is_needed(world, verb):
    row = world.propose()

    with pytest.raises(Invalid) as refused:
        step(row, world.dora, verb, " ")

    assert refused.value.fields == {"reason": "Say why; the other side reads it."}
    assert step(row, world.dora, verb, "Too late").state_reason == "Too late"


# Dates


def test_other_dates_want_the_agreement_of_the_other_side_again(world):
    row = step(world.propose(), world.dora, Step.AGREE)

    row = settle(world, row, date(2026, 3, 27))

    assert (row.state, row.giver_agreed_label, row.receiver_agreed_label) == (
        "proposed",
        "Piet Example",
        "",
    )
    told = DependencyPromise.objects.values_list("promised_date", "by_label", "reason")
    assert list(told) == [
        (date(2026, 3, 20), "Piet Example", ""),
        (date(2026, 3, 27), "Piet Example", "The steel is late"),
    ]
    with pytest.raises(NotAllowed):
        step(row, world.piet, Step.AGREE)


def test_the_same_dates_are_put_again_only_to_end_a_dispute(world):
    row = world.propose()
    with pytest.raises(Invalid) as refused:
        settle(world, row, None)
    assert refused.value.code == "dependencies.same_dates"
    step(row, world.dora, Step.DISPUTE, "We need them all")

    assert settle(world, row, None).state == "proposed"


def test_who_answers_for_both_projects_settles_a_dispute(world):
    row = step(world.propose(), world.dora, Step.DISPUTE, "Too late")

    row = settle(world, row, date(2026, 3, 24), by=world.cast.ada)

    assert (row.state, row.giver_agreed_label, row.receiver_agreed_label) == (
        "agreed",
        "Ada Example",
        "Ada Example",
    )
    assert actions(row)[-1] == "plandependency.settled"


def test_what_is_not_disputed_is_settled_from_above_once_five_working_days_are_over(
    world, monkeypatch
):
    monkeypatch.setattr(clock, "today", lambda: date(2026, 3, 5))
    row = world.propose()
    assert row.arbitrate_from == date(2026, 3, 13)

    monkeypatch.setattr(clock, "today", lambda: date(2026, 3, 12))
    with pytest.raises(NotAllowed):
        settle(world, row, date(2026, 3, 24), by=world.cast.ada)
    assert fresh(row).promised_date == date(2026, 3, 20)

    monkeypatch.setattr(clock, "today", lambda: date(2026, 3, 13))
    row = settle(world, row, None, by=world.cast.ada)
    assert (row.state, row.receiver_agreed_label) == ("agreed", "Ada Example")
    assert row.promised_date == date(2026, 3, 20)


def test_who_proposed_it_does_not_settle_it(world, monkeypatch):
    scopes = project_scopes(world.quay)
    appoint(
        world.cast.nia,
        Role.PGM,
        ("programme", world.cast.programme.pk),
        world.cast.office.pk,
        scopes,
    )
    Project.objects.filter(pk__in=(world.quay.pk, world.dredge.pk)).update(
        programme=world.cast.programme
    )
    for project in (world.quay, world.dredge):
        project.refresh_from_db()
    row = world.propose(by=world.cast.nia)
    held = grants_of(world.cast.nia.actor())

    assert rules.unanswered(row, row.arbitrate_from)
    assert not rules.may_arbitrate(held, row, row.arbitrate_from)
    row.created_by_id = None
    assert rules.may_arbitrate(held, row, row.arbitrate_from)


# Forecast


def test_a_change_of_the_givers_plan_moves_the_forecast_and_a_slip_is_told(world):
    row = world.propose()

    stretch(world.quay, PILES, "14d")
    assert (fresh(row).forecast_date, fresh(row).slack_days) == (date(2026, 3, 26), 2)
    stretch(world.quay, PILES, "20d")

    row = fresh(row)
    assert (row.forecast_date, row.slack_days, row.version) == (date(2026, 4, 3), -4, 1)
    assert actions(row) == ["plandependency.create", "plandependency.slipped"]
    stretch(world.quay, PILES, "21d")
    assert actions(row) == ["plandependency.create", "plandependency.slipped"]


def test_a_task_that_is_gone_leaves_its_name_and_no_forecast(world):
    row = world.propose(giver_uid=SURVEY)
    Task.objects.filter(plan__project=world.quay, uid=SURVEY).delete()

    stretch(world.quay, PILES, "11d")

    row = fresh(row)
    assert (row.giver_task, row.forecast_date, row.slack_days) == ("Survey", None, None)
