# SPDX-License-Identifier: Apache-2.0
"""What projects wait for from each other stands in the cockpit, in what the reader may see."""

from __future__ import annotations

from datetime import date

import pytest

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Step
from pilothouse.delivery.dependencies.services import take_step
from pilothouse.delivery.dependencies.tests import bonds
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.portfolio.cockpit import Asked, cockpit
from pilothouse.foundation.core import clock

LATE = (
    "‘Piles up to berth four’ from HARB comes 4 working days after it is needed: "
    "3 Apr 2026 instead of 30 Mar 2026."
)


@pytest.fixture
def world(cast):
    return bonds.build(cast)


def lines(person, today=None):
    today = today or clock.today()
    page = cockpit(person.actor(), Asked(since=date(2026, 3, 1), kind="dependency"), today)
    return [(line.code, line.sentence) for line in page.lines]


def test_what_comes_too_late_stands_at_the_project_that_waits(world):
    row = world.propose()
    take_step(actor=world.dora.actor(), dependency=row, step=Step.AGREE, version=None)
    assert lines(world.cast.ada) == []

    bonds.stretch(world.quay, bonds.PILES, "20d")

    assert lines(world.cast.ada) == [("DREDGE", LATE)]
    page = cockpit(
        world.dora.actor(), Asked(since=date(2026, 3, 1), kind="dependency"), clock.today()
    )
    (line,) = page.lines
    assert (line.sentence, line.since) == (LATE, clock.today())
    assert line.mend.place == ("dependencies:one", (row.pk,), "")


def test_of_a_confidential_giver_not_even_the_code_is_told(world):
    row = world.propose()
    take_step(actor=world.dora.actor(), dependency=row, step=Step.AGREE, version=None)
    bonds.stretch(world.quay, bonds.PILES, "20d")
    Project.objects.filter(pk=world.quay.pk).update(classification="confidential")

    assert lines(world.dora) == [("DREDGE", LATE.replace(" from HARB", ""))]


def test_dates_without_an_answer_stand_at_who_owes_it(world):
    row = world.propose()
    due = row.arbitrate_from
    assert lines(world.cast.ada) == []

    expected = [
        ("DREDGE", "The dates of ‘Piles up to berth four’ have waited for an answer too long.")
    ]
    assert lines(world.cast.ada, due) == expected


def test_a_project_on_hold_is_not_chased_and_what_is_over_no_longer(world):
    row = world.propose()
    bonds.stretch(world.quay, bonds.PILES, "20d")
    assert len(lines(world.cast.ada)) == 1

    Project.objects.filter(pk=world.dredge.pk).update(state="on_hold")
    assert lines(world.cast.ada) == []
    Project.objects.filter(pk=world.dredge.pk).update(state="executing")
    PlanDependency.objects.filter(pk=row.pk).update(state="accepted")
    assert lines(world.cast.ada) == []
