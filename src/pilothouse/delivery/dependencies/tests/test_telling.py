# SPDX-License-Identifier: Apache-2.0
"""Notices of dependencies: who is asked, who is told what slipped or moved, in what they may see."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail
from django.utils import timezone

from cast import appoint, person
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Step
from pilothouse.delivery.dependencies.services import (
    WARN,
    drive_plan,
    drive_receiver,
    remind_arbiters,
    take_step,
    warn_late,
)
from pilothouse.delivery.dependencies.tests.bonds import DIG, PILES, stretch
from pilothouse.delivery.planning.services import edit_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.models import Job
from pilothouse.foundation.notifications.models import Notice
from pilothouse.foundation.notifications.services import mail_at_once

SITE = "https://pmo.example.org"


@pytest.fixture
def bound(world):
    """The two projects name their managers; Paula manages the portfolio of both."""
    Project.objects.filter(pk=world.quay.pk).update(pm=world.piet)
    Project.objects.filter(pk=world.dredge.pk).update(pm=world.dora)
    for project in (world.quay, world.dredge):
        project.refresh_from_db()
    world.paula = person("Paula Example")
    office = world.cast.office.pk
    scope = ("portfolio", world.cast.portfolio.pk)
    appoint(world.paula, Role.PFM, scope, office, project_scopes(world.quay))
    return world


def fresh(row):
    return PlanDependency.objects.get(pk=row.pk)


def agree(world, row):
    return take_step(
        actor=world.dora.actor(), dependency=row, step=Step.AGREE, version=None, site=SITE
    )


def agreed(world, **values):
    """An agreed dependency; that the other side was asked is told elsewhere."""
    row = agree(world, world.propose(**values))
    Notice.objects.all().delete()
    return row


def ordered(name):
    return [job.payload for job in Job.objects.filter(name=name).order_by("pk")]


def post():
    """Mail everybody what waits for them; how many notices went out."""
    people = Notice.objects.order_by("person").values_list("person", flat=True).distinct()
    return sum(mail_at_once(person_id=pk, now=timezone.now()) for pk in people)


def to():
    return sorted(address for message in mail.outbox for address in message.to)


def test_the_side_that_has_not_agreed_is_asked_and_sees_no_more_than_it_may(bound):
    row = bound.propose()
    Notice.objects.update(site=SITE)

    assert post() == 1

    (message,) = mail.outbox
    assert message.to == [bound.dora.email]
    assert message.subject == "Please answer: Piles up to berth four"
    assert f"{SITE}/dependencies/{row.pk}/" in message.body
    assert "Needed: 30 Mar 2026" in message.body
    assert bound.quay.name not in message.body
    assert bound.quay.code in message.body


def test_who_has_answered_by_then_is_not_asked(bound):
    agree(bound, bound.propose())

    assert post() == 0
    assert mail.outbox == []


def test_a_slip_is_told_once_it_has_stayed_and_once_for_each_later_date(bound):
    row = agreed(bound)
    stretch(bound.quay, PILES, "12d")
    stretch(bound.quay, PILES, "13d")
    assert ordered(WARN) == [{"dependency_id": row.pk}]

    assert warn_late(dependency_id=row.pk) == 2
    assert warn_late(dependency_id=row.pk) == 0
    assert post() == 2

    assert to() == sorted([bound.dora.email, bound.piet.email])
    assert "3 days after its promise" not in mail.outbox[0].body
    assert "5 days after its promise" in mail.outbox[0].body
    assert "now 25 Mar 2026" in mail.outbox[0].subject


def test_a_slip_that_was_mended_by_then_is_not_told_and_a_new_one_is(bound):
    row = agreed(bound)
    stretch(bound.quay, PILES, "13d")
    stretch(bound.quay, PILES, "10d")
    assert warn_late(dependency_id=row.pk) == 0

    stretch(bound.quay, PILES, "13d")
    assert warn_late(dependency_id=row.pk) == 2
    stretch(bound.quay, PILES, "10d")
    assert fresh(row).told_late is None
    stretch(bound.quay, PILES, "11d")
    assert warn_late(dependency_id=row.pk) == 2


def test_what_comes_too_late_is_told_above_the_receiver_too(bound):
    row = agreed(bound)
    stretch(bound.quay, PILES, "20d")

    assert warn_late(dependency_id=row.pk) == 3
    post()

    assert bound.paula.email in to()


def test_a_milestone_that_is_moved_by_more_than_three_days_is_told_to_all_above(bound):
    steps = [
        {"do": "add", "after": DIG, "tasks": [{"name": "Channel open", "duration": "0d"}]},
        {"do": "link", "predecessor": DIG, "successor": DIG + 1},
    ]
    edit_plan(actor=bound.dora.actor(), project=bound.dredge, steps=steps)
    row = agreed(bound)
    live = PlanDependency.Drive.PLAN
    drive_receiver(actor=bound.dora.actor(), dependency=row, drive=live, version=None)
    stretch(bound.quay, PILES, "18d")
    drive_plan(project_id=bound.dredge.pk)
    assert not Notice.objects.exists()

    stretch(bound.quay, PILES, "25d")
    drive_plan(project_id=bound.dredge.pk)

    assert post() == 3
    assert to() == sorted([bound.dora.email, bound.piet.email, bound.paula.email])
    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert "‘Channel open’: 8 Apr 2026 → 17 Apr 2026 (+7 d)" in bodies[bound.dora.email]


def test_who_may_settle_is_told_after_five_working_days_and_once(bound, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: date(2026, 3, 5))
    row = bound.propose()
    assert remind_arbiters(today=date(2026, 3, 12)) == 0

    monkeypatch.setattr(clock, "today", lambda: date(2026, 3, 13))
    assert remind_arbiters(today=date(2026, 3, 13)) == 1
    assert remind_arbiters(today=date(2026, 3, 16)) == 0
    post()

    assert bound.paula.email in to()
    assert mail.outbox[-1].subject == "Please settle: Piles up to berth four"
    assert fresh(row).arbiters_told == date(2026, 3, 13)


def test_nobody_is_told_of_what_they_no_longer_see(bound):
    row = agreed(bound)
    stretch(bound.quay, PILES, "13d")
    Project.objects.filter(pk=bound.dredge.pk).update(pm=bound.cast.otto)

    assert warn_late(dependency_id=row.pk) == 2
    assert post() == 1
    assert to() == [bound.piet.email]


def test_a_promise_that_is_late_when_it_is_agreed_is_told_too(bound):
    row = bound.propose(promised_date=date(2026, 3, 10))
    assert ordered(WARN) == []

    agree(bound, row)

    assert ordered(WARN) == [{"dependency_id": row.pk}]


def test_a_name_of_several_lines_is_refused_and_one_stored_before_breaks_no_mail(bound):
    with pytest.raises(Invalid, match="in one line"):
        bound.propose(deliverable="Piles\nBcc: all@example.org")
    row = bound.propose()
    PlanDependency.objects.filter(pk=row.pk).update(deliverable="Piles\nBcc: all@example.org")

    assert post() == 1

    assert mail.outbox[0].subject == "Please answer: Piles Bcc: all@example.org"
    assert mail.outbox[0].to == [bound.dora.email]


def test_each_person_is_told_for_themselves(bound):
    row = agreed(bound)
    stretch(bound.quay, PILES, "13d")
    warn_late(dependency_id=row.pk)

    told = Notice.objects.order_by("pk").values_list("person", "topic")
    assert list(told) == [
        (bound.piet.pk, "dependencies.late"),
        (bound.dora.pk, "dependencies.late"),
    ]
    assert fresh(row).told_late == date(2026, 3, 25)
