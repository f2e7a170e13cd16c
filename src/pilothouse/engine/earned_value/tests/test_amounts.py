# SPDX-License-Identifier: Apache-2.0
"""What a program can hand to earned value that is no amount: refused by code and place."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal as D

import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec, compile_calendars
from pilothouse.engine.earned_value import (
    EvMethod,
    Performance,
    Piece,
    Policy,
    WorkPackage,
    earned,
    earned_schedule,
    measure,
    planned_by_sprints,
    spread,
    together,
    value_at,
)
from pilothouse.engine.errors import InvalidInput

OFFICE = compile_calendars([CalendarSpec(1, "Standard", STANDARD_WEEK)])[1]
KNOWN = Performance((D(10), D(20), D(40)), D(2), (D(5), D(12)), (D(6), D(16)))
FROM, TO = datetime(2025, 3, 3), datetime(2025, 3, 8)
NO_AMOUNTS = [D("NaN"), D("sNaN"), D("Infinity"), D("1e999999"), D("1e24"), D("1e-999999"), 1.5,
              float("nan"), 1, "12", None]  # fmt: skip


def refusal(call, *given):
    with pytest.raises(InvalidInput) as caught:
        call(*given)
    assert "; give " in caught.value.message
    assert len(caught.value.message) < 150
    return caught.value


PLACES = {
    "planned": "planned value",
    "earned": "earned value",
    "actual": "actual cost",
    "at": "number of periods elapsed",
    "loe": "level of effort",
    "to_complete": "forecast or target",
    "agreed_cost": "forecast or target",
    "target": "forecast or target",
}


@pytest.mark.parametrize("value", NO_AMOUNTS, ids=str)
@pytest.mark.parametrize("field", PLACES)
def test_what_is_no_amount_is_refused_at_every_place(field, value):
    before = getattr(KNOWN, field)
    known = replace(KNOWN, **{field: (*before[:-1], value) if isinstance(before, tuple) else value})
    if before is None and value is None:
        assert measure(known).figures == measure(KNOWN).figures
        return

    for call in (measure, lambda known: together([KNOWN, known])):
        error = refusal(call, known)
        assert (error.code, error.places) == ("evm.not_a_number", (PLACES[field],))


@pytest.mark.parametrize("value", NO_AMOUNTS, ids=str)
def test_so_is_it_at_the_other_doors(value):
    package = WorkPackage("2.1", D(100), EvMethod.PERCENT_COMPLETE, percent=D(50))
    calls = {
        "policy": lambda: measure(KNOWN, Policy(cost_weight=value)),
        "curve": lambda: earned_schedule((D(1), value), D(1)),
        "earned": lambda: earned_schedule((D(1), D(2)), value),
        "at": lambda: value_at((D(1), D(2)), value),
        "piece": lambda: spread([Piece(value, FROM, TO)], (TO,), OFFICE),
        "sprint": lambda: planned_by_sprints(D(600), value, 8),
    }

    assert {refusal(call).code for call in calls.values()} == {"evm.not_a_number"}
    assert refusal(earned, [package._replace(budget=value)]).code == "evm.package"


def test_amounts_of_many_digits_are_measured():
    known = Performance((D("1e23"),), D("1e-20"), (D("1e-28"),), (D("9e22"),))

    assert measure(known)["cpi"] == D("1e-28") / D("9e22")
