# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import datetime
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec, compile_calendars
from pilothouse.engine.earned_value import (
    DEFINITIONS,
    Contour,
    EvMethod,
    Performance,
    Piece,
    WorkPackage,
    earned,
    earned_schedule,
    measure,
    planned_by_sprints,
    planned_each,
    share_done,
    spread,
    together,
    value_at,
)
from pilothouse.engine.errors import InvalidInput

OFFICE = compile_calendars([CalendarSpec(1, "Standard", STANDARD_WEEK)])[1]
KNOWN = Performance((D(10), D(20), D(40)), D(2), (D(5), D(12)), (D(6), D(16)))


def test_every_figure_of_the_table_is_given_with_the_values_that_went_in():
    found = measure(KNOWN)

    assert list(found.figures) and set(found.figures) == set(DEFINITIONS)
    for key, figure in found.figures.items():
        symbols = DEFINITIONS[key].inputs
        assert [name for name, _ in figure.inputs] == list(symbols)
        assert bool(figure.note) == (figure.value is None)
    assert found.figures["eac"].inputs == (
        ("AC", D(16)),
        ("BAC", D(40)),
        ("EV", D(12)),
        ("CPI", D("0.75")),
    )


def test_cost_without_earned_value_gives_an_index_of_0_and_no_forecast():
    found = measure(Performance((D(10), D(20)), D(1), (D(0),), (D(4),)))

    assert found["cpi"] == 0
    assert found["eac"] is found["vac"] is found["etc"] is found["cv_pct"] is None
    assert found["eac_plan"] == 24
    assert found["ieac_t"] is None


def test_earned_value_without_cost_is_told():
    found = measure(Performance((D(10), D(20)), D(1), (D(5),), (D(0),)))

    assert found["cpi"] is None
    assert found.figures["cpi"].note == "No cost is booked."
    assert found.warnings == ("Actuals are missing: work is earned but no cost is booked.",)


def test_a_budget_that_is_spent_with_work_left_cannot_be_kept():
    found = measure(Performance((D(10), D(20)), D(2), (D(12),), (D(21),)))

    assert found["tcpi_bac"] is None
    assert found.figures["tcpi_bac"].note == "Not attainable: nothing is left for it."
    assert found.figures["tspi"].note == "Not attainable: nothing is left for it."


def test_much_level_of_effort_is_warned_of():
    assert measure(replace(KNOWN, loe=D(6))).warnings == ()
    (warning,) = measure(replace(KNOWN, loe=D(7))).warnings
    assert warning.startswith("Level of effort is 18 % of the budget, more than 15 %")


def test_a_bottom_up_estimate_gives_its_own_forecast():
    assert measure(KNOWN)["eac_bottom_up"] is None
    assert measure(replace(KNOWN, to_complete=D(30)))["eac_bottom_up"] == 46


def test_a_reversal_is_a_negative_period():
    found = measure(
        Performance((D(10), D(20), D(30), D(40)), D(4), (D(5), D(9), D(12), D(8)),
                    (D(5), D(9), D(12), D(15)))
    )  # fmt: skip

    assert (found["ev"], found["ev_recent"]) == (8, 3)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"planned": ()}, "evm.no_plan"),
        ({"planned": (D(20), D(10), D(40))}, "evm.falling_plan"),
        ({"earned": ()}, "evm.no_progress"),
        ({"at": D(-1)}, "evm.no_progress"),
        ({"actual": (D(6),)}, "evm.lengths"),
        ({"earned": (D(5), D(41))}, "evm.beyond_budget"),
        ({"actual": (D(6), D("NaN"))}, "evm.not_a_number"),
        ({"target": D("Infinity")}, "evm.not_a_number"),
    ],
)
def test_what_cannot_be_is_refused(change, code):
    with pytest.raises(InvalidInput) as refused:
        measure(replace(KNOWN, **change))

    assert refused.value.code == code


def test_only_what_stands_at_one_date_is_added_up():
    with pytest.raises(InvalidInput, match="different periods"):
        together([KNOWN, replace(KNOWN, at=D(3))])
    with pytest.raises(InvalidInput, match="nothing to add up"):
        together([])


amounts = st.decimals(0, 1000, places=2)
curves = st.lists(amounts, min_size=1, max_size=12).map(
    lambda steps: tuple(sum(steps[: index + 1], D(0)) for index in range(len(steps)))
)


@given(curves, st.decimals(0, 1, places=3))
def test_earned_schedule_is_the_mirror_of_the_curve(curve, share):
    earned_value = curve[-1] * share
    when = earned_schedule(curve, earned_value)

    assert 0 <= when <= len(curve)
    if earned_value < curve[-1]:
        assert abs(value_at(curve, when) - earned_value) < D("1e-20")
    else:
        assert when == len(curve)


@given(st.lists(curves, min_size=1, max_size=4), st.integers(1, 14))
def test_sums_keep_every_total(curves_of_parts, at):
    parts = [Performance(curve, D(at), (curve[-1] / 2,), (D(7),)) for curve in curves_of_parts]
    whole, each = measure(together(parts)), [measure(part) for part in parts]

    for key in ("bac", "pv", "ev", "ac", "sv", "cv", "eac_plan"):
        assert whole[key] == sum(found[key] for found in each)


@given(st.sampled_from(Contour), st.decimals(0, 1, places=4), st.decimals(0, 1, places=4))
def test_a_contour_runs_from_nothing_to_all_without_a_step_back(contour, first, second):
    assert share_done(contour, D(0)) == 0
    assert share_done(contour, D(1)) == 1
    low, high = sorted((first, second))
    assert share_done(contour, low) <= share_done(contour, high)


FRIDAYS = tuple(datetime(2025, 3, day, 17) for day in (7, 14, 21, 28))


def test_a_budget_is_spread_over_working_time():
    # Wed 5 to Tue 11 March: three of its five days lie in the first week.
    piece = Piece(D(1000), datetime(2025, 3, 5, 8), datetime(2025, 3, 11, 17))

    assert spread([piece], FRIDAYS, OFFICE) == (600, 1000, 1000, 1000)
    front = replace(piece, contour=Contour.FRONT)
    assert spread([front, piece], FRIDAYS[:1], OFFICE) == (D(840) + D(600),)


def test_a_budget_without_working_time_counts_when_it_is_over():
    sunday = Piece(D(70), datetime(2025, 3, 9, 8), datetime(2025, 3, 9, 17))

    assert spread([sunday], FRIDAYS, OFFICE) == (0, 70, 70, 70)


def test_each_piece_by_itself_is_worth_at_an_instant_what_it_adds_to_the_curve():
    first = Piece(D(1000), datetime(2025, 3, 5, 8), datetime(2025, 3, 11, 17))
    second = replace(first, contour=Contour.FRONT)
    pieces = [first, second, Piece(D(70), FRIDAYS[1], FRIDAYS[2])]

    assert planned_each(pieces, FRIDAYS[0], OFFICE) == (600, 840, 0)
    for end in FRIDAYS:
        assert sum(planned_each(pieces, end, OFFICE)) == spread(pieces, (end,), OFFICE)[0]


def test_a_planned_value_that_is_known_exactly_is_taken_instead_of_the_straight_line():
    curve = (D(50), D(100))
    line = Performance(curve, D("0.5"), (D(20),), (D(20),))

    assert measure(line)["pv"] == 25
    assert measure(replace(line, planned_now=D(40)))["spi"] == D("0.5")
    assert together([replace(line, planned_now=D(40)), line]).planned_now is None


def test_periods_and_dates_run_forward():
    with pytest.raises(InvalidInput, match="put the periods in order"):
        spread([], FRIDAYS[::-1], OFFICE)
    with pytest.raises(InvalidInput, match="correct one of the dates"):
        spread([Piece(D(1), FRIDAYS[1], FRIDAYS[0])], FRIDAYS, OFFICE)


def test_packages_that_follow_another_take_its_percentage():
    found = earned(
        [
            WorkPackage("test", D(200), EvMethod.APPORTIONED, follows="build"),
            WorkPackage("build", D(1000), EvMethod.UNITS_DONE, units=D(4), units_done=D(1)),
            WorkPackage("lead", D(90), EvMethod.LEVEL_OF_EFFORT, planned=D(30)),
            WorkPackage("desk", D(30), EvMethod.APPORTIONED, follows="lead"),
            WorkPackage("kit", D(40), EvMethod.FIXED_25_75, started=True, periods=3),
        ]
    )

    assert {code: item.value for code, item in found.items()} == {
        "test": 50,
        "build": 250,
        "lead": 30,
        "desk": 10,
        "kit": 10,
    }
    assert found["test"].reason == "as build: 1 of 4 units"
    assert "at most 2" in found["kit"].notice


def test_more_points_than_planned_earn_no_more_than_the_budget():
    release = WorkPackage("R", D(600), EvMethod.POINTS, units=D(100), units_done=D(120))
    found = earned([release])["R"]

    assert found.value == 600
    assert found.notice == "R has more points done than planned; re-plan the release."


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        ([WorkPackage("1", D(-1), EvMethod.FIXED_0_100)], "a budget of -1"),
        ([WorkPackage("1", D(1), EvMethod.PERCENT_COMPLETE, percent=D(101))], "100 is the most"),
        ([WorkPackage("1", D(1), EvMethod.LEVEL_OF_EFFORT, planned=D(2))], "above its budget"),
        ([WorkPackage("1", D(1), EvMethod.UNITS_DONE)], "no units"),
        ([WorkPackage("1", D(1), EvMethod.WEIGHTED_MILESTONES)], "no milestones"),
        ([WorkPackage("1", D(1), EvMethod.APPORTIONED, follows="2")], "‘2’, which is not there"),
        ([WorkPackage("1", D(1), EvMethod.APPORTIONED, follows="1")], "follow itself"),
        ([WorkPackage("1", D(1), EvMethod.POINTS, units=D("NaN"))], "a number of units of NaN"),
        ([WorkPackage("1", D(1), EvMethod.FIXED_0_100)] * 2, "the same code"),
    ],
)
def test_a_package_that_cannot_be_is_named(packages, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        earned(packages)

    assert refused.value.code == "evm.package"


def test_a_release_has_sprints():
    with pytest.raises(InvalidInput):
        planned_by_sprints(D(600), D(1), 0)
    assert planned_by_sprints(D(600), D(9), 8) == 600
