# SPDX-License-Identifier: Apache-2.0
"""Where the drawings put names: none over a shape, none under another."""

from datetime import date
from decimal import Decimal

from pilothouse.direction.portfolio.layouts.bubbles import bubbles_of
from pilothouse.direction.portfolio.queries.rows import Listed

BLANK = dict.fromkeys(Listed._fields, "") | dict.fromkeys(
    (
        "planned_start",
        "forecast_finish",
        "baseline_start",
        "baseline_finish",
        "slip_days",
        "budget",
        "forecast_cost",
        "bac",
        "eac",
        "next_milestone_on",
    )
)


def row(name, budget, forecast, finish=date(2027, 1, 1)):
    return Listed(
        **BLANK
        | {
            "name": name,
            "currency": "EUR",
            "planned_start": date(2026, 1, 1),
            "baseline_start": date(2026, 1, 1),
            "baseline_finish": date(2027, 1, 1),
            "forecast_finish": finish,
            "slip_days": (finish - date(2027, 1, 1)).days,
            "budget": Decimal(budget),
            "forecast_cost": Decimal(forecast),
        }
    )


def test_a_name_moves_above_a_shape_that_lies_below_it():
    large, small = row("Large", 100, 100), row("Small", 4, "3.94")

    first, second = bubbles_of([small, large]).bubbles

    assert (first.name, second.name) == ("Large", "Small")
    assert first.name_y < first.y < second.y < second.name_y


def test_a_shape_with_no_room_for_its_name_goes_without():
    twins = [row(f"Twin number {number}", 100, 100) for number in range(3)]

    names = [bubble.name for bubble in bubbles_of(twins).bubbles]

    assert names == ["Twin number 0", "Twin number 1", ""]
