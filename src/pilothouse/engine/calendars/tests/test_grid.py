# SPDX-License-Identifier: Apache-2.0
"""Arithmetic by direct address gives what the calendar itself gives."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.calendars import CalendarException, CalendarSpec, compile_calendars
from pilothouse.engine.calendars import kernels_grid as kernels
from pilothouse.engine.calendars.grid import grid_of
from pilothouse.engine.calendars.kernels_grid import BEYOND, FOLDED, HEAD
from pilothouse.engine.calendars.tests.test_tables import BERLIN, FIRST, LAST, LOST, PLAIN, SPECS

LORD_HOWE = list(compile_calendars(SPECS, zone=ZoneInfo("Australia/Lord_Howe")).values())
SETS = {"plain": PLAIN, "Berlin": BERLIN, "Lord Howe": LORD_HOWE}
GRIDS = {
    zone: grid_of(calendars, FIRST - 400 * 1440, LAST + 400 * 1440, FIRST)
    for zone, calendars in SETS.items()
}


def is_lost(zone, position):
    """Whether the clock leaves a position out."""
    if zone == "plain":
        return False
    if zone == "Berlin":
        return any(lost <= position < lost + 60 for lost in LOST)
    forward = [
        PLAIN[0].position(datetime(year, 10, day, 2)) for year, day in ((2025, 5), (2026, 4))
    ]
    return any(lost <= position < lost + 30 for lost in forward)


@pytest.mark.parametrize("zone", SETS)
@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    number=st.integers(0, 2),
    position=st.integers(FIRST, LAST),
    snap=st.sampled_from([1, 30, 60, 360]),
    minutes=st.integers(-60_000, 60_000),
)
def test_a_grid_counts_as_its_calendar_does(zone, number, position, snap, minutes):
    grid, calendar = GRIDS[zone], SETS[zone][number]
    position -= position % snap
    if is_lost(zone, position):
        position += 60
    agrees(grid, number, calendar, position, minutes)


def agrees(grid, number, calendar, position, minutes):
    assert kernels.start_at(grid, number, position) == calendar.start_at(position)
    assert kernels.finish_at(grid, number, position) == calendar.finish_at(position)
    other = kernels.add_at(grid, number, position, minutes)
    assert other == calendar.add_at(position, minutes)
    work = kernels.work_until(grid, number, other) - kernels.work_until(grid, number, position)
    assert work == calendar.diff_at(position, other)


@pytest.mark.parametrize(("zone", "months"), [("Berlin", (3, 10)), ("Lord Howe", (4, 10))])
def test_a_grid_counts_around_every_change_of_the_clock(zone, months):
    calendar = SETS[zone][1]
    for month in months:
        for day in range(1, 32 if month in (3, 10) else 31):
            for quarter in range(28):
                at = datetime(2026, month, day) + timedelta(minutes=15 * quarter)
                position = calendar.position(at)
                if not is_lost(zone, position):
                    for minutes in (-420, -60, -30, 0, 30, 60, 90, 480):
                        agrees(GRIDS[zone], 1, calendar, position, minutes)


def test_only_a_shift_over_a_clock_that_is_put_back_is_folded():
    folded = {
        zone: [bool(grid.heads[HEAD * number + FOLDED]) for number in range(3)]
        for zone, grid in GRIDS.items()
    }

    assert folded == {
        "plain": [False] * 3,
        "Berlin": [False, True, False],
        "Lord Howe": [False, True, False],
    }


def test_rows_are_worked_out_as_single_positions_are():
    chance = np.random.default_rng(3)
    for zone, grid in GRIDS.items():
        for number in range(len(SETS[zone])):
            rows = chance.integers(FIRST - 10**6, LAST + 10**6, (2, 64)).astype(np.int32)
            rows[0, :2] = -BEYOND, BEYOND
            found = np.zeros((1, 64), np.int32)
            kernels.works(grid, number, rows, 0, 90, found, 0)
            assert found[0].tolist() == [
                kernels.work_until(grid, number, int(at) + 90) for at in rows[0]
            ]
            work = chance.integers(-10, grid.heads[HEAD * number + kernels.TOTAL] + 10, (2, 64))
            work = work.astype(np.int32)
            kernels.ends(grid, number, work, 0, rows, 0)
            assert rows[0].tolist() == [kernels.end_at(grid, number, int(at)) for at in work[0]]
            kernels.begins(grid, number, work, 0, rows, 0)
            assert rows[0].tolist() == [kernels.begin_at(grid, number, int(at)) for at in work[0]]


def test_no_date_lies_behind_two_years_without_work():
    begin = datetime(2025, 3, 3, 8)
    off = CalendarException(begin.date() + timedelta(days=30), datetime(2028, 1, 1).date(), ())
    [calendar] = compile_calendars([CalendarSpec(1, "Odd", SPECS[0].week, (off,))]).values()
    at = calendar.position(begin)
    grid = grid_of([calendar], at, at + 2000 * 1440, at)

    assert kernels.add_at(grid, 0, at, 480 * 22) == calendar.add_at(at, 480 * 22)
    assert kernels.add_at(grid, 0, at, 480 * 23) == BEYOND
    later = grid_of([calendar], at, at + 2000 * 1440, at + 1800 * 1440)
    assert kernels.start_at(later, 0, at) == calendar.start_at(at + 1000 * 1440)
