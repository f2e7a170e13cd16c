# SPDX-License-Identifier: Apache-2.0
"""A plan that waits is told by the promise, or by the plan of the giver, and by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cast import SYSTEM
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Step
from pilothouse.delivery.dependencies.services import (
    DRIVE,
    drive_plan,
    drive_receiver,
    take_step,
)
from pilothouse.delivery.dependencies.tests.bonds import DIG, HIRE, PILES, SURVEY, WALL, stretch
from pilothouse.delivery.planning.models import PlanEdit, ProjectPlan, Task
from pilothouse.delivery.planning.services import delete_plan, edit_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import Job
from pilothouse.foundation.notifications.models import Notice

Drive = PlanDependency.Drive


def fresh(row):
    return PlanDependency.objects.select_related("giver", "receiver").get(pk=row.pk)


def agreed(world, **values):
    row = world.propose(**values)
    return take_step(actor=world.dora.actor(), dependency=row, step=Step.AGREE, version=None)


def driven(world, drive, **values):
    """An agreed dependency that drives Dora's plan in this way."""
    row = agreed(world, **values)
    return drive_receiver(actor=world.dora.actor(), dependency=row, drive=drive, version=None)


def run_jobs():
    """Do what was ordered for plans, as often as that orders more."""
    done = []
    while job := Job.objects.filter(name=DRIVE).order_by("pk").first():
        payload = job.payload
        job.delete()
        drive_plan(project_id=payload["project_id"])
        done.append(payload["project_id"])
    return done


def dig(world):
    return Task.objects.get(plan__project=world.dredge, uid=DIG)


def test_a_frozen_one_keeps_the_task_from_starting_before_the_promise(world):
    row = driven(world, Drive.PROMISE, promised_date=date(2026, 4, 9))

    run_jobs()

    task = dig(world)
    assert task.start == datetime(2026, 4, 9, 8, tzinfo=UTC)
    assert (task.constraint, task.constraint_date) == ("asap", None)
    assert "another project" in task.reason
    stretch(world.quay, PILES, "60d")
    run_jobs()
    assert dig(world).start == datetime(2026, 4, 9, 8, tzinfo=UTC)
    assert fresh(row).held_until == datetime(2026, 4, 9, tzinfo=UTC)


def test_a_live_one_follows_the_plan_of_the_giver_there_and_back(world):
    row = driven(world, Drive.PLAN)
    run_jobs()
    assert dig(world).start == datetime(2026, 3, 30, 8, tzinfo=UTC)

    stretch(world.quay, PILES, "25d")
    assert dig(world).start == datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert run_jobs() == [world.dredge.pk]
    assert dig(world).start == datetime(2026, 4, 13, 8, tzinfo=UTC)
    assert fresh(row).held_until == datetime(2026, 4, 10, 17, tzinfo=UTC)

    stretch(world.quay, PILES, "10d")
    run_jobs()
    assert dig(world).start == datetime(2026, 3, 30, 8, tzinfo=UTC)


def test_the_plan_is_told_in_an_edit_of_the_product_that_nobody_takes_back_as_their_own(world):
    driven(world, Drive.PLAN)
    stretch(world.quay, PILES, "25d")
    run_jobs()

    edit = PlanEdit.objects.filter(project=world.dredge).first()

    assert (edit.by_id, edit.by_label) == (None, "system: dependencies")
    assert "‘Dig’: external early start" in edit.words


def test_a_chain_of_projects_is_driven_from_plan_to_plan(world):
    driven(world, Drive.PLAN)
    back = world.propose(
        by=world.piet,
        giver=world.dredge,
        giver_uid=DIG,
        receiver=world.quay,
        receiver_uid=WALL,
        side="receiver",
        deliverable="The basin",
    )
    back = take_step(actor=world.dora.actor(), dependency=back, step=Step.AGREE, version=None)
    drive_receiver(actor=world.piet.actor(), dependency=back, drive=Drive.PLAN, version=None)
    run_jobs()

    stretch(world.quay, PILES, "25d")

    assert run_jobs() == [world.dredge.pk, world.quay.pk]
    wall = Task.objects.get(plan__project=world.quay, uid=WALL)
    assert dig(world).finish == datetime(2026, 4, 17, 17, tzinfo=UTC)
    assert wall.start == datetime(2026, 4, 20, 8, tzinfo=UTC)
    assert not Job.objects.filter(name=DRIVE).exists()


def test_of_several_the_latest_counts(world):
    driven(world, Drive.PLAN)
    driven(world, Drive.PROMISE, promised_date=date(2026, 4, 9), deliverable="Fenders")
    run_jobs()
    assert dig(world).start == datetime(2026, 4, 9, 8, tzinfo=UTC)

    later = PlanDependency.objects.get(deliverable="Fenders")
    take_step(
        actor=world.dora.actor(), dependency=later, step=Step.CANCEL, version=None, reason="None"
    )
    run_jobs()

    assert dig(world).start == datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert dig(world).external_early_start == datetime(2026, 3, 20, 17, tzinfo=UTC)


def test_what_is_delivered_early_holds_nobody_any_longer(world, monkeypatch):
    row = driven(world, Drive.PROMISE, promised_date=date(2026, 4, 9))
    run_jobs()
    monkeypatch.setattr("pilothouse.foundation.core.clock.today", lambda: date(2026, 4, 1))

    take_step(actor=world.piet.actor(), dependency=row, step=Step.DELIVER, version=None)
    run_jobs()

    assert dig(world).start == datetime(2026, 4, 1, 8, tzinfo=UTC)


def test_with_nothing_chosen_the_task_is_let_go(world):
    row = driven(world, Drive.PROMISE, promised_date=date(2026, 4, 9))
    run_jobs()

    row = fresh(row)
    drive_receiver(
        actor=world.dora.actor(), dependency=row, drive=Drive.NOTHING, version=row.version
    )
    run_jobs()

    assert dig(world).external_early_start is None
    assert fresh(row).held_until is None


def test_only_what_is_agreed_drives_and_only_who_plans_lets_it(world):
    row = world.propose()
    with pytest.raises(Invalid, match="Only a date that both sides agreed to"):
        drive_receiver(actor=SYSTEM, dependency=row, drive=Drive.PLAN, version=None)
    row = take_step(actor=world.dora.actor(), dependency=row, step=Step.AGREE, version=None)
    with pytest.raises(NotAllowed):
        drive_receiver(actor=world.piet.actor(), dependency=row, drive=Drive.PLAN, version=None)
    with pytest.raises(Conflict):
        drive_receiver(actor=world.dora.actor(), dependency=row, drive=Drive.PLAN, version=1)

    assert fresh(row).drive == "nothing"


def test_where_no_task_waits_nothing_is_driven(world):
    row = agreed(world, receiver_uid=None, need_date=date(2026, 4, 9))

    with pytest.raises(Invalid, match="No task of the receiver is named"):
        drive_receiver(actor=SYSTEM, dependency=row, drive=Drive.PLAN, version=None)


def test_dates_put_anew_drive_once_they_are_agreed(world):
    from pilothouse.delivery.dependencies.services import change_dates

    row = driven(world, Drive.PROMISE, promised_date=date(2026, 4, 9))
    run_jobs()

    row = change_dates(
        actor=world.piet.actor(),
        dependency=fresh(row),
        need_date=None,
        promised_date=date(2026, 4, 16),
        reason="The steel is late",
        version=None,
    )
    run_jobs()
    assert dig(world).start.date() == date(2026, 4, 9)
    take_step(actor=world.dora.actor(), dependency=row, step=Step.AGREE, version=None)
    run_jobs()

    assert dig(world).start.date() == date(2026, 4, 16)


def test_what_has_begun_is_left_alone_and_the_page_says_so(world):
    row = driven(world, Drive.PLAN)
    run_jobs()
    step = {"do": "set", "uid": HIRE, "field": "percent_complete", "value": "100"}
    begun = {"do": "set", "uid": DIG, "field": "actual_start", "value": "2026-03-30T08:00"}
    edit_plan(actor=SYSTEM, project=world.dredge, steps=[step, begun])

    stretch(world.quay, PILES, "25d")
    run_jobs()
    stretch(world.quay, PILES, "26d")

    assert fresh(row).not_driven == "‘Dig’ has begun; nothing keeps it from starting."
    assert dig(world).start.date() == date(2026, 3, 30)
    assert run_jobs() == []


def test_a_plan_that_was_taken_back_past_what_it_was_told_is_told_again(world):
    driven(world, Drive.PROMISE, promised_date=date(2026, 4, 9))
    run_jobs()
    step = {"do": "set", "uid": DIG, "field": "external_early_start", "value": None}

    edit_plan(actor=world.dora.actor(), project=world.dredge, steps=[step])
    assert dig(world).start.date() == date(2026, 3, 30)
    run_jobs()

    assert dig(world).start.date() == date(2026, 4, 9)


def test_without_a_plan_nothing_is_told_and_nothing_breaks(world):
    row = driven(world, Drive.PLAN)
    plan = ProjectPlan.objects.get(project=world.dredge)

    delete_plan(actor=world.dora.actor(), project=world.dredge, reason="Anew", version=plan.version)
    run_jobs()

    assert fresh(row).not_driven == "The plan of DREDGE has no such task any more."


def test_an_edit_after_which_plans_would_wait_for_each_other_is_refused_whole(world):
    world.propose()
    world.propose(
        by=world.piet,
        giver=world.dredge,
        giver_uid=HIRE,
        receiver=world.quay,
        receiver_uid=WALL,
        side="receiver",
        deliverable="The ship",
    )
    before = ProjectPlan.objects.get(project=world.dredge).plan_version
    unlink = {"do": "unlink", "predecessor": HIRE, "successor": DIG}
    edit_plan(actor=world.dora.actor(), project=world.dredge, steps=[unlink])
    turned = {"do": "link", "predecessor": WALL, "successor": PILES}
    steps = [{"do": "unlink", "predecessor": PILES, "successor": WALL}, turned]

    edit_plan(actor=world.piet.actor(), project=world.quay, steps=steps)
    with pytest.raises(Invalid) as refused:
        edit_plan(
            actor=world.dora.actor(),
            project=world.dredge,
            steps=[{"do": "link", "predecessor": DIG, "successor": HIRE}],
        )

    assert refused.value.code == "dependencies.circle"
    assert "DREDGE ‘Dig’" in refused.value.message
    assert "QUAY" not in refused.value.message.replace("HARB", "")
    assert "Drive piles" not in refused.value.message
    plan = ProjectPlan.objects.get(project=world.dredge)
    assert plan.plan_version == before + 1
    assert not plan.links.filter(predecessor_uid=DIG).exists()


def put(world, project, uid, field, value):
    step = {"do": "set", "uid": uid, "field": field, "value": value}
    return edit_plan(actor=SYSTEM, project=project, steps=[step])


def test_a_task_as_late_as_possible_drives_no_other_plan(world):
    row = driven(world, Drive.PLAN)
    put(world, world.quay, PILES, "constraint", {"type": "alap"})

    run_jobs()

    assert "lies as late as its plan allows" in fresh(row).not_driven
    put(world, world.quay, PILES, "constraint", {"type": "asap"})
    run_jobs()
    assert fresh(row).not_driven == ""


def test_plans_that_move_each_other_without_end_are_stopped(world, monkeypatch):
    monkeypatch.setattr("pilothouse.delivery.dependencies.services.driving.ROUNDS", 3)
    row = driven(world, Drive.PLAN)
    for number in range(12, 20):
        stretch(world.quay, PILES, f"{number}d")
        run_jobs()

    assert PlanEdit.objects.filter(project=world.dredge, by_id=None).count() <= 5
    assert "moved each other many times" in fresh(row).not_driven


def test_what_a_file_had_told_the_task_stays_the_least_and_comes_back(world):
    put(world, world.dredge, DIG, "external_early_start", "2026-06-01T08:00")
    june = datetime(2026, 6, 1, 8, tzinfo=UTC)

    row = driven(world, Drive.PLAN)
    run_jobs()
    assert dig(world).external_early_start == june

    stretch(world.quay, PILES, "90d")
    run_jobs()
    assert dig(world).external_early_start > june
    drive_receiver(
        actor=world.dora.actor(), dependency=fresh(row), drive=Drive.NOTHING, version=None
    )
    run_jobs()
    assert dig(world).external_early_start == june


def test_a_dependency_that_can_no_longer_be_told_holds_as_it_did(world):
    gone = driven(world, Drive.PLAN)
    stretch(world.quay, PILES, "25d")
    run_jobs()
    assert fresh(gone).held_until == datetime(2026, 4, 10, 17, tzinfo=UTC)
    edit_plan(actor=SYSTEM, project=world.quay, steps=[{"do": "delete", "uids": [PILES]}])
    run_jobs()

    driven(world, Drive.PLAN, giver_uid=WALL, deliverable="Wall")
    run_jobs()

    assert dig(world).external_early_start == datetime(2026, 4, 10, 17, tzinfo=UTC)
    assert "no such task any more" in fresh(gone).not_driven


def test_an_inactive_task_gives_nothing(world):
    row = driven(world, Drive.PLAN)
    run_jobs()

    put(world, world.quay, PILES, "active", False)

    assert fresh(row).forecast_date is None


def test_a_bound_that_came_back_later_is_put_right(world):
    driven(world, Drive.PROMISE, promised_date=date(2026, 4, 9))
    run_jobs()

    put(world, world.dredge, DIG, "external_early_start", "2026-07-01T08:00")
    run_jobs()

    assert dig(world).start.date() == date(2026, 4, 9)


def test_a_hindrance_is_forgotten_with_the_choice(world):
    row = driven(world, Drive.PLAN)
    step = {"do": "set", "uid": HIRE, "field": "percent_complete", "value": "100"}
    begun = {"do": "set", "uid": DIG, "field": "actual_start", "value": "2026-03-30T08:00"}
    edit_plan(actor=SYSTEM, project=world.dredge, steps=[step, begun])
    run_jobs()
    assert fresh(row).not_driven != ""

    drive_receiver(
        actor=world.dora.actor(), dependency=fresh(row), drive=Drive.NOTHING, version=None
    )
    run_jobs()

    assert fresh(row).not_driven == ""


def test_an_indent_that_closes_a_circle_is_refused(world):
    world.propose(giver_uid=SURVEY)
    world.propose(
        by=world.piet,
        giver=world.dredge,
        giver_uid=DIG,
        receiver=world.quay,
        receiver_uid=WALL,
        side="receiver",
        deliverable="The basin",
    )
    unlink = {"do": "unlink", "predecessor": SURVEY, "successor": PILES}
    moved = {"do": "move", "uids": [WALL], "after": SURVEY, "level": 1}
    other = {"do": "unlink", "predecessor": PILES, "successor": WALL}
    edit_plan(actor=SYSTEM, project=world.quay, steps=[unlink, other, moved])

    with pytest.raises(Invalid, match="in a circle"):
        edit_plan(actor=SYSTEM, project=world.quay, steps=[{"do": "indent", "uids": [WALL]}])


def test_the_last_milestones_of_a_long_list_are_told(world):
    tasks = [{"name": f"Gate {number}", "duration": "0d"} for number in range(12)]
    add = {"do": "add", "after": DIG, "tasks": tasks}
    links = [
        {"do": "link", "predecessor": DIG, "successor": DIG + 1 + number} for number in range(12)
    ]
    edit_plan(actor=SYSTEM, project=world.dredge, steps=[add, *links])
    Project.objects.filter(pk=world.dredge.pk).update(pm=world.dora)
    driven(world, Drive.PLAN)
    run_jobs()
    stretch(world.quay, PILES, "40d")

    run_jobs()

    moves = Notice.objects.filter(topic="dependencies.moved").earliest("pk").text
    assert [line.split("’")[0] for line in moves.splitlines()] == [
        f"‘Gate {number}" for number in range(4, 12)
    ]
