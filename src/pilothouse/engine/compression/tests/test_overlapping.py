# SPDX-License-Identifier: Apache-2.0
"""Fast-tracking: each way is scheduled, and says by how much the plan ends earlier."""

from decimal import Decimal

import pytest

from pilothouse.engine.compression import overlapped, overlaps
from pilothouse.engine.compression.tests.test_crashing import DAY, length_of, plan_of
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import Link, LinkType
from pilothouse.engine.schedule import schedule_plan

PLAN = plan_of((4, 10, 2, 3), [Link(1, 2), Link(2, 4), Link(3, 4)])


def found(share="0.5", critical=(1, 2, 4)):
    finish = schedule_plan(PLAN).finish
    return overlaps(PLAN, critical, finish, Decimal(share), lambda plan: schedule_plan(plan).finish)


def test_each_critical_link_is_tried_as_a_lead_and_start_to_start():
    told = [
        (
            way.before.predecessor,
            way.after.type,
            way.after.lag_minutes / DAY,
            way.gain_minutes / DAY,
        )
        for way in found()
    ]

    assert told == [
        (2, LinkType.SS, 5, 3),
        (1, LinkType.FS, -2, 2),
        (1, LinkType.SS, 2, 2),
        (2, LinkType.FS, -1.5, 1.5),
    ]


def test_a_way_gains_what_it_says():
    best = found()[0]

    assert length_of(PLAN) - length_of(overlapped(PLAN, {best.before: best.after})) == 3


def test_what_is_not_critical_is_not_tried():
    assert found(critical=(1, 4)) == ()


@pytest.mark.parametrize("share", ["0", "1", "-1"])
def test_a_share_of_nothing_or_all_is_refused(share):
    with pytest.raises(InvalidInput) as refused:
        found(share)
    assert refused.value.code == "compression.share"
