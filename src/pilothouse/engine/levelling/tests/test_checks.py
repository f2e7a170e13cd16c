# SPDX-License-Identifier: Apache-2.0
"""What a program can hand to ``level_plans`` that means nothing: refused by code and place."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.levelling import LevelOptions, ProjectPlan, level_plans
from pilothouse.engine.network.plan import PlanAssignment, PlanResource
from pilothouse.engine.testing import plan_chart

CRANE, LIFT = PlanResource(1, "Crane"), PlanAssignment(7, 1, 1)
PLAN = replace(
    plan_chart("start 2025-03-03\nA 3 | ### |").plan, resources=(CRANE,), assignments=(LIFT,)
)
NO_UNITS = [
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("1e30"),
    Decimal("1e999999"),
    Decimal("-1"),
    float("nan"),
    0.5,
    "1",
    None,
]


def refusal(plan=PLAN, options=None, priority=500):
    with pytest.raises(InvalidInput) as caught:
        level_plans([ProjectPlan(plan, priority)], options or LevelOptions())
    assert "; " in caught.value.message
    return caught.value


@pytest.mark.parametrize("units", NO_UNITS, ids=str)
def test_units_that_are_no_number_from_0_up_are_refused(units):
    crane = replace(PLAN, resources=(replace(CRANE, max_units=units),))
    lift = replace(PLAN, assignments=(replace(LIFT, units=units),))

    found = [refusal(plan) for plan in (crane, lift)]

    assert [(error.code, error.places) for error in found] == [
        ("levelling.units", ("Resource 1 ‘Crane’",)),
        ("levelling.units", ("Assignment 7",)),
    ]
    assert all(len(error.message) < 120 for error in found)


@pytest.mark.parametrize(
    ("fields", "missing"), [({"task_uid": 9}, "task 9"), ({"resource_uid": 9}, "resource 9")]
)
def test_an_assignment_of_what_is_not_there_is_refused(fields, missing):
    error = refusal(replace(PLAN, assignments=(replace(LIFT, **fields),)))

    assert (error.code, error.places) == ("levelling.assignment", ("Assignment 7",))
    assert f"names {missing}, which is not in the plan; " in error.message


def test_an_assignment_to_nobody_is_none():
    open_ = replace(PLAN, assignments=(replace(LIFT, resource_uid=None),))

    assert level_plans([ProjectPlan(open_)]).overloads == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"schedules": -1},
        {"schedules": 1.5},
        {"schedules": float("nan")},
        {"seed": -1},
        {"seed": 1 << 200},
        {"seed": None},
        {"rule": "late_start!"},
        {"seconds": -1.0},
        {"seconds": float("nan")},
        {"seconds": "60"},
    ],
    ids=str,
)
def test_options_that_are_no_numbers_are_refused(fields):
    error = refusal(options=LevelOptions(**fields))

    assert error.code == "levelling.options"
    assert len(error.places) == 1


def test_a_priority_that_is_no_whole_number_is_refused():
    assert refusal(priority=float("nan")).code == "levelling.options"
