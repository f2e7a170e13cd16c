# SPDX-License-Identifier: Apache-2.0
"""Two baselines side by side, or one with the plan as it stands (R-BAS-02)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.planning.services import Asked
from pilothouse.foundation.core.errors import NotAllowed, NotFound


def edit(cast, *steps):
    return services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=steps)


def put(uid, field, value):
    return {"do": "set", "uid": uid, "field": field, "value": value}


def approved(cast, asked):
    baseline = services.take_baseline(actor=cast.piet.actor(), project=cast.harbour, asked=asked)
    return services.approve_baseline(actor=cast.sam.actor(), baseline=baseline, version=1)


@pytest.fixture
def slipped(cast):
    """Four tasks were promised; dredging took two days more, one task went, one came."""
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2026, 3, 2))
    names = [("Dredge", "5d"), ("Pour", "3d"), ("Ready", "0d"), ("Paint", "1d")]
    rows = [{"name": name, "duration": duration} for name, duration in names]
    edit(cast, {"do": "add", "after": None, "tasks": rows})
    edit(cast, put(2, "predecessors", "1"), put(3, "predecessors", "2"))
    Task.objects.filter(uid=1).update(cost=Decimal(500), work_minutes=2400)
    first = approved(cast, Asked("first", "Gate 3"))
    edit(cast, put(1, "duration", "7d"))
    edit(cast, {"do": "delete", "uids": [4]})
    edit(cast, {"do": "add", "after": 3, "tasks": [{"name": "Survey", "duration": "1d"}]})
    Task.objects.filter(uid=1).update(cost=Decimal(700), work_minutes=3360)
    return first


def compare(cast, by=None, **asked):
    sides = {"left": "", "right": "", **asked}
    return services.compare_baselines(
        actor=(by or cast.piet).actor(), project=cast.harbour, **sides
    )


def lines(found):
    return [(line.row.name, line.kind, line.finish_days) for line in found.lines]


def test_the_plan_is_held_against_the_pmb_unless_something_else_is_asked_for(cast, slipped):
    found = compare(cast)

    assert (found.left.baseline, found.right.baseline) == (slipped, None)
    assert lines(found) == [
        ("Dredge", "late", Decimal(2)),
        ("Pour", "late", Decimal(2)),
        ("Ready", "late", Decimal(2)),
        ("Survey", "new", None),
        ("Paint", "gone", None),
    ]
    dredge = found.lines[0]
    assert (dredge.start_days, dredge.duration_days, dredge.work_hours, dredge.cost) == (
        Decimal(0),
        Decimal(2),
        Decimal(16),
        Decimal(200),
    )
    assert (found.finish_days, found.work_hours, found.sums.cost) == (
        Decimal(2),
        Decimal(16),
        Decimal(200),
    )
    assert (found.sums.milestones_late, found.sums.unbaselined, found.sums.gone) == (1, 1, 1)
    assert found.counts == {"all": 5, "changed": 3, "late": 3, "new": 1, "gone": 1}


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("late", ["Dredge", "Pour", "Ready"]),
        ("new", ["Survey"]),
        ("gone", ["Paint"]),
        ("nonsense", ["Dredge", "Pour", "Ready", "Survey", "Paint"]),
    ],
)
def test_a_filter_narrows_the_lines_and_not_the_sums(cast, slipped, only, names):
    found = compare(cast, only=only)

    assert [line.row.name for line in found.lines] == names
    assert found.sums.unbaselined == 1


def test_any_two_are_compared_also_one_that_waits(cast, slipped):
    waiting = services.take_baseline(
        actor=cast.piet.actor(),
        project=cast.harbour,
        asked=Asked("replan", "After the slip", "Piles", "CR-1"),
    )

    found = compare(cast, left="original", right=str(waiting.pk))
    back = compare(cast, left=str(waiting.pk), right="pmb")
    nothing = compare(cast, left=str(waiting.pk), right="now")

    assert (found.finish_days, back.finish_days, nothing.finish_days) == (2, -2, 0)
    assert (nothing.counts["changed"], nothing.counts["new"]) == (0, 0)
    assert [side.label for side in found.choices] == [
        "the plan now",
        "0 · Gate 3",
        "After the slip",
    ]


def test_without_a_plan_two_baselines_are_still_compared(cast, slipped):
    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Wrong project")

    assert compare(cast, right="original").finish_days == 0
    with pytest.raises(NotFound) as refused:
        compare(cast)
    assert refused.value.code == "planning.plan"


def test_cost_is_open_only_to_those_who_see_the_budget(cast, slipped):
    told = compare(cast, by=cast.tess)

    assert not told.money
    assert (told.sums.cost, told.sums.left.cost, told.lines[0].cost) == (None, None, None)
    assert "Cost variance" not in told.table()[0]


def test_the_table_has_a_row_for_each_line_and_a_cell_for_each_column(cast, slipped):
    head, rows = compare(cast).table()

    assert head[-1] == "Cost variance"
    assert {len(row) for row in rows} == {len(head)}
    assert rows[0][1:3] == ["Dredge", "late"]
    assert rows[3][3:5] == [None, None]


def test_who_may_not_see_baselines_compares_none(cast, slipped):
    with pytest.raises(NotAllowed):
        compare(cast, by=cast.otto)


@pytest.mark.parametrize("key", ["999999", "x", "original"])
def test_an_unknown_side_is_not_found(cast, key):
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2026, 3, 2))

    with pytest.raises(NotFound) as refused:
        compare(cast, left=key)

    assert refused.value.code == "planning.no_baseline"


def test_a_baseline_of_another_project_is_not_found(cast, slipped):
    with pytest.raises(NotFound):
        services.compare_baselines(
            actor=cast.nia.actor(), project=cast.foreign, left=str(slipped.pk), right="now"
        )


def test_lines_come_a_hundred_at_a_time(cast):
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2026, 3, 2))
    rows = [{"name": f"Task {number}", "duration": "1d"} for number in range(101)]
    edit(cast, {"do": "add", "after": None, "tasks": rows})
    approved(cast, Asked("first", "Gate 3"))

    number, pages, shown = compare(cast).page(7)

    assert (number, pages, [line.row.name for line in shown]) == (2, 2, ["Task 100"])
