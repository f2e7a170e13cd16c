# SPDX-License-Identifier: Apache-2.0
"""Sprints from plan to close, and what is forecast from those that are closed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from pilothouse.delivery.agile.models import BacklogItem, Sprint
from pilothouse.delivery.agile.queries import burn_of, burn_of_sprint, scope_changes
from pilothouse.delivery.agile.services import (
    accept_forecast,
    cancel_sprint,
    change_item,
    change_sprint,
    end_release,
    forecast_of_release,
    forecasts_of,
    pace_of,
    plan_sprint,
    proposal_of,
    reached_by,
    save_release,
)
from pilothouse.delivery.agile.tests.team import MONDAY, lay_plan
from pilothouse.delivery.planning.models import PlanEdit, Task
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent

ORACLE = (21, 18, 24, 20, 26)
TODAY = MONDAY + timedelta(weeks=10)


def fresh(row):
    row.refresh_from_db()
    return row


def test_commitment_and_completion_are_written_once_and_unfinished_items_earn_nothing(team):
    done, left, added = team.write("Done (5)\nLeft (8)\nAdded (3)")
    sprint = team.start(team.sprint(0, done, left))
    team.plan([added], sprint=sprint)
    team.done(added, sprint.start)
    team.done(done, sprint.start)

    closed = team.close(sprint)

    assert (closed.state, closed.committed, closed.completed) == ("closed", 13, 8)
    assert [(row.item.title, row.committed, row.result) for row in closed.rows.all()] == [
        ("Done", True, "done"),
        ("Left", True, "back"),
        ("Added", False, "done"),
    ]
    assert fresh(left).sprint_id is None
    assert fresh(done).sprint == closed
    event = AuditEvent.objects.get(action="sprint.close")
    assert (event.after["completed"], event.after["state"]) == ("8.00", "closed")


def test_what_is_not_done_goes_forward_into_the_sprint_that_is_chosen(team):
    done, left = team.write("Done (5)\nLeft (8)")
    sprint, coming = team.sprint(0, done, left), team.sprint(1)
    team.start(sprint)
    team.done(done, sprint.start)

    closed = team.close(sprint, forward=coming)

    assert fresh(left).sprint == coming
    assert closed.rows.get(item=left).result == "forward"
    with pytest.raises(Invalid, match="must be active"):
        team.close(sprint)


def test_what_was_taken_out_during_the_sprint_is_told(team):
    kept, out = team.write("Kept (5)\nOut (8)")
    sprint = team.start(team.sprint(0, kept, out))
    team.plan([out], sprint=None)

    closed = team.close(sprint)

    assert closed.rows.get(item=out).result == "out"
    assert (closed.committed, closed.completed) == (13, 0)


def test_what_a_closed_sprint_counted_stays_until_the_item_is_opened_again(team):
    (item,) = team.write("Done (5)")
    sprint = team.start(team.sprint(0, item))
    team.done(item, sprint.start)
    team.close(sprint)

    for values in ({"points": 8}, {"sprint": None}, {"kind": "bug"}):
        with pytest.raises(Invalid, match="is closed"):
            change_item(
                actor=team.piet, item=item, values=values, version=None, today=sprint.finish
            )
    again = change_item(
        actor=team.piet, item=item, values={"state": "todo"}, version=None, today=sprint.finish
    )

    assert again.sprint_id is None
    assert Sprint.objects.get().completed == 5


def test_only_one_sprint_runs_and_none_without_an_item(team):
    one, two = team.write("One (1)\nTwo (1)")
    first, second, third = team.sprint(0, one), team.sprint(1, two), team.sprint(2)
    team.start(first)

    with pytest.raises(Invalid, match="‘Sprint 1’ runs"):
        team.start(second)
    team.close(first)
    with pytest.raises(Invalid, match="no open item"):
        team.start(third)

    assert fresh(third).state == "planned"


def test_two_sprints_never_lie_on_the_same_day(team):
    sprint = team.sprint(0)
    team.sprint(1)

    with pytest.raises(Invalid, match="on the same days") as caught:
        plan_sprint(
            actor=team.piet,
            project=team.project,
            values={"name": "", "start": sprint.finish, "finish": sprint.finish},
        )
    assert list(caught.value.fields) == ["start"]
    with pytest.raises(Invalid):
        change_sprint(
            actor=team.piet,
            sprint=sprint,
            values={"finish": sprint.finish + timedelta(days=9)},
            version=None,
        )

    assert Sprint.objects.count() == 2


def test_a_planned_sprint_is_cancelled_and_its_days_are_free_again(team):
    (item,) = team.write("One (1)")
    sprint = team.sprint(0, item)

    cancel_sprint(actor=team.piet, sprint=sprint, version=None, today=MONDAY)

    assert fresh(item).sprint_id is None
    assert team.sprint(0).number == 2


def test_the_team_and_readers_run_no_sprint(team):
    (item,) = team.write("One (1)")
    sprint = team.sprint(0, item)

    for who in ("tess", "sam", "femi"):
        with pytest.raises(NotAllowed):
            cancel_sprint(
                actor=team.cast.people[who].actor(), sprint=sprint, version=None, today=MONDAY
            )

    assert fresh(sprint).state == "planned"


def test_the_burn_down_shows_scope_added_and_not_what_the_end_took_out(team):
    done, left, added = team.write("Done (5)\nLeft (8)\nAdded (3)")
    sprint = team.start(team.sprint(0, done, left))
    team.done(done, MONDAY + timedelta(days=2))
    team.plan([added], day=MONDAY + timedelta(days=4), sprint=sprint)
    team.close(sprint)

    days = burn_of_sprint(fresh(sprint), sprint.finish)

    assert [(day.day.day, day.scope, day.remaining) for day in days] == [
        (2, 13, 13),
        (4, 13, 8),
        (6, 16, 11),
    ]


def test_the_burn_up_of_a_release_shows_its_scope_change(team):
    release = team.release()
    one, two = team.write("One (5)\nTwo (8)", release=release)
    team.write("Elsewhere (20)")
    team.done(one, MONDAY + timedelta(days=1))
    change_item(
        actor=team.piet,
        item=two,
        values={"release": None},
        version=None,
        today=MONDAY + timedelta(days=2),
    )

    days = burn_of(team.project, release, TODAY)

    assert [(day.day.day, day.scope, day.done) for day in days] == [
        (2, 13, 0),
        (3, 13, 5),
        (4, 5, 5),
    ]
    assert scope_changes(days) == [(MONDAY + timedelta(days=2), -8)]


def test_velocity_and_sprints_left_are_those_of_the_rule(team):
    """O-LIF-2: 21, 18, 24, 20, 26 points and 150 to go."""
    team.run(*ORACLE)
    release = team.release()
    team.write("\n".join(["Piece (30)"] * 5), release=release)

    found = forecast_of_release(release, TODAY)
    pace = pace_of(team.backlog, TODAY)

    assert round(pace.velocity.mean, 2) == 23.33
    assert (found.left.expected, found.left.best, found.left.worst) == (7, 6, 9)
    assert found.ahead == 150


def test_a_forecast_needs_three_closed_sprints(team):
    team.run(20, 22)
    release = team.release()
    team.write("Piece (30)", release=release)

    found = forecast_of_release(release, TODAY)

    assert (found.day, found.days) == (None, {50: None, 80: None, 95: None})
    assert found.left.expected == 2


def test_the_date_is_the_end_of_the_sprint_in_which_all_is_done(team):
    team.run(10, 10, 10)
    release = team.release()
    team.write("A (10)\nB (5)", release=release)
    planned = team.sprint(6)

    found = forecast_of_release(release, MONDAY + timedelta(weeks=6))

    # Fifteen points take two sprints: the planned one, and one two weeks later.
    assert found.sprints == {50: 2, 80: 2, 95: 2}
    assert found.day == planned.finish + timedelta(days=14)


def test_what_the_running_sprint_has_done_is_counted_in_it(team):
    team.run(10, 10, 10)
    release = team.release()
    one, two = team.write("A (10)\nB (10)", release=release)
    running = team.start(team.sprint(3, one, two))

    before = forecast_of_release(release, running.start)
    team.done(one, running.start)
    after = forecast_of_release(release, running.start)

    assert before.day == after.day == running.finish + timedelta(days=14)
    assert (after.ahead, after.points.remaining) == (20, 10)


def test_earlier_releases_are_done_first(team):
    team.run(10, 10, 10)
    first, second = team.release(), team.release("Release 2", position=2)
    team.write("A (20)", release=first)
    team.write("B (10)", release=second)

    _, (one, two) = forecasts_of(team.backlog, [first, second], TODAY)

    assert (one.sprints[80], two.sprints[80]) == (2, 3)


def test_fractions_are_forecast_as_shares_of_a_point(team):
    team.run("2.5", "2.5", "2.5")
    release = team.release()
    team.write("Rest (7.5)", release=release)

    pace, (found,) = forecasts_of(team.backlog, [release], MONDAY)

    assert pace.velocity.mean == 2.5
    assert found.sprints == {50: 3, 80: 3, 95: 3}
    assert found.left.expected == 3
    assert [row.points for row in reached_by(team.backlog, pace, pace.end_of(2))[1]] == [5, 5, 5]


def test_a_scope_that_grew_is_forecast_to_go_on_growing(team):
    release = team.grow(4)
    today = MONDAY + timedelta(weeks=6)

    pace, (found,) = forecasts_of(team.backlog, [release], today)

    # 32 points are left: four sprints of 10, but six where each brings 4 more.
    assert (found.ahead, found.sprints[80]) == (32, 4)
    assert list(found.added) == [4, 4, 4]
    assert found.growth.sprints == {50: 6, 80: 6, 95: 6}
    assert found.growth.added == {50: 24, 80: 24, 95: 24}
    assert found.growing_days[80] == pace.end_of(6)
    assert found.scope_grown == {50: 16, 80: 16, 95: 16}


def test_a_scope_that_grows_as_fast_as_it_is_worked_on_has_no_end_in_sight(team):
    _, (found,) = forecasts_of(team.backlog, [team.grow(10)], MONDAY + timedelta(weeks=6))

    assert found.growth.sprints == {50: None, 80: None, 95: None}
    assert found.growing_days == {50: None, 80: None, 95: None}


def test_what_a_release_is_filled_with_on_its_first_day_is_no_growth(team):
    first = team.grow(4)
    later = team.release("Release 2", position=2)
    team.write("Next (30)", release=later, day=MONDAY + timedelta(weeks=3))
    team.write("And that (5)", release=later, day=MONDAY + timedelta(weeks=5))

    _, (_one, two) = forecasts_of(team.backlog, [first, later], MONDAY + timedelta(weeks=6))

    assert list(two.added) == [4, 4, 9]


def test_a_scope_that_stood_still_has_no_growth_to_tell(team):
    team.run(10, 10, 10)
    release = team.release()
    team.write("A (15)", release=release, day=MONDAY)

    _, (found,) = forecasts_of(team.backlog, [release], MONDAY + timedelta(weeks=6))

    assert found.growth is None
    assert found.growing_days == {}


def test_so_much_is_done_by_a_day_down_to_an_item(team):
    team.run(10, 12, 14)
    a, b, c = team.write("A (10)\nB (10)\nC (10)")
    today = MONDAY + timedelta(weeks=6)

    sprints, rows = reached_by(team.backlog, pace_of(team.backlog, today), today + timedelta(28))

    assert sprints == 2
    assert [(row.confidence, row.points, row.item) for row in rows] == [
        (50, 24, b),
        (80, 22, b),
        (95, 20, b),
    ]
    assert reached_by(team.backlog, pace_of(team.backlog, today), today)[1] == []
    assert (a, c) != (b, b)


def test_earned_and_planned_of_a_release_are_those_of_the_rule(team):
    """O-EVM-1: 120 of 300 points, sprint 4 of 8: 40 % earned, 50 % planned, SPI 0.80."""
    release = team.release(planned_sprints=8)
    team.write("\n".join(["Rest (60)"] * 3), release=release)
    for number in range(4):
        (item,) = team.write("Part (30)", release=release)
        sprint = team.start(team.sprint(number, item))
        team.done(item, sprint.finish)
        team.close(sprint)

    found = forecast_of_release(release, TODAY)

    assert (found.points.done, found.points.scope) == (120, 300)
    assert (found.earned.earned_pct, found.earned.planned_pct) == (40, 50)
    assert found.earned.spi == Decimal("0.8")


def test_other_planned_points_need_a_note(team):
    release = team.release(planned_points=100)
    values = {"planned_points": 140, "plan_note": ""}

    with pytest.raises(Invalid) as caught:
        save_release(actor=team.piet, project=team.project, release=release, values=values)
    assert list(caught.value.fields) == ["plan_note"]
    values["plan_note"] = "The pilots ask for two screens."
    row = save_release(actor=team.piet, project=team.project, release=release, values=values)

    assert row.planned_points == 140


@pytest.fixture
def due(team):
    """A release of 15 points, tied to “Go live”, that takes two more sprints from 13 April on."""
    lay_plan(team.project)
    team.run(10, 10, 10)
    release = team.release(milestone_uid=2)
    team.write("A (10)\nB (5)", release=release)
    team.sprint(3)
    return release


NOW = date(2026, 4, 13)
DUE = date(2026, 5, 8)


def test_a_forecast_goes_into_the_plan_on_demand_alone(team, due):
    assert forecast_of_release(due, NOW).day == DUE
    assert forecast_of_release(due, NOW).late_days == 42

    proposal = proposal_of(actor=team.piet, release=due, today=NOW)
    assert proposal.day == DUE
    first = proposal.preview.moved[0]
    assert (first.name, first.finish.date()) == ("Go live", DUE)
    assert Task.objects.get(uid=2).finish.date() == date(2026, 3, 27)

    outcome = accept_forecast(actor=team.piet, release=due, day=DUE, version=1, today=NOW)

    assert outcome.tasks_moved == proposal.preview.tasks_moved == 2
    assert Task.objects.get(uid=2).finish.date() == DUE
    assert PlanEdit.objects.filter(by_label="Piet Example").count() == 1
    event = AuditEvent.objects.get(action="release.forecast_accepted")
    assert event.after["date"] == DUE.isoformat()
    assert proposal_of(actor=team.piet, release=due, today=NOW) is None


def test_a_forecast_other_than_was_shown_is_not_written(team, due):
    with pytest.raises(Invalid, match="look at it again"):
        accept_forecast(
            actor=team.piet, release=due, day=DUE - timedelta(days=14), version=1, today=NOW
        )

    assert Task.objects.get(uid=2).finish.date() == date(2026, 3, 27)


def test_who_may_not_change_the_plan_gets_no_proposal_and_accepts_none(team, due):
    assert proposal_of(actor=team.tess, release=due, today=NOW) is None
    with pytest.raises(NotAllowed):
        accept_forecast(actor=team.tess, release=due, day=DUE, version=1, today=NOW)


def test_a_milestone_must_be_in_the_plan(team, due):
    with pytest.raises(Invalid, match="no such task"):
        save_release(
            actor=team.piet, project=team.project, release=due, values={"milestone_uid": 99}
        )


def test_a_release_ends_when_none_of_its_items_is_open(team):
    release = team.release()
    (item,) = team.write("One (5)", release=release)

    with pytest.raises(Invalid, match="1 items of ‘Release 1’ are still open"):
        end_release(actor=team.piet, release=release, state="released", version=None, today=MONDAY)
    team.done(item, MONDAY)
    out = end_release(
        actor=team.piet, release=release, state="released", version=None, today=MONDAY
    )

    assert (out.state, out.released_on) == ("released", MONDAY)
    with pytest.raises(Invalid, match="no open release"):
        team.write("Late (1)", release=out)
    assert BacklogItem.objects.count() == 1
