# SPDX-License-Identifier: Apache-2.0
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.engine.calendars import (
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    compile_calendars,
    elapsed_calendar,
)
from pilothouse.engine.errors import InvalidInput

OFFICE = compile_calendars([CalendarSpec(1, "Standard", STANDARD_WEEK)])[1]


def day_off(day):
    exception = CalendarException(day, day, ())
    return compile_calendars([CalendarSpec(1, "Holiday", STANDARD_WEEK, (exception,))])[1]


def test_o_cal_1_adding_runs_over_the_weekend():
    assert OFFICE.add(datetime(2025, 3, 7, 15), 240) == datetime(2025, 3, 10, 10)


def test_o_cal_2_difference_counts_working_minutes_only():
    first, second = datetime(2025, 3, 6, 8), datetime(2025, 3, 11, 12)

    assert OFFICE.diff(first, second) == 1680
    assert day_off(date(2025, 3, 10)).diff(first, second) == 1200
    assert OFFICE.diff(second, first) == -1680


def test_o_cal_3_elapsed_lag_is_snapped_to_working_time():
    after = elapsed_calendar().add(datetime(2025, 3, 7, 17), 2 * 1440)

    assert after == datetime(2025, 3, 9, 17)
    assert OFFICE.next_start(after) == datetime(2025, 3, 10, 8)


def test_o_cal_4_subtracting_is_the_mirror():
    assert OFFICE.sub(datetime(2025, 3, 10, 9), 120) == datetime(2025, 3, 7, 16)


def test_a_finish_stays_at_the_end_of_the_day_and_a_start_moves_to_the_next():
    assert OFFICE.add(datetime(2025, 3, 7, 8), 480) == datetime(2025, 3, 7, 17)
    assert OFFICE.next_start(datetime(2025, 3, 7, 17)) == datetime(2025, 3, 10, 8)
    assert OFFICE.previous_finish(datetime(2025, 3, 10, 8)) == datetime(2025, 3, 7, 17)


def test_a_night_shift_over_the_spring_clock_change_has_420_minutes():
    spec = CalendarSpec(1, "Night", (((0, 360), (1320, 1440)),) * 7)
    night = compile_calendars([spec], zone=ZoneInfo("Europe/Berlin"))[1]

    assert night.diff(datetime(2025, 3, 29, 22), datetime(2025, 3, 30, 6)) == 420
    assert night.diff(datetime(2025, 3, 28, 22), datetime(2025, 3, 29, 6)) == 480


def test_own_exception_comes_before_that_of_the_base():
    base = CalendarSpec(
        1, "Base", STANDARD_WEEK, (CalendarException(date(2025, 3, 10), date(2025, 3, 10), ()),)
    )
    own = CalendarSpec(
        2,
        "Own",
        (None,) * 7,
        (CalendarException(date(2025, 3, 10), date(2025, 3, 10), ((540, 600),)),),
        base_uid=1,
    )
    compiled = compile_calendars([base, own])

    assert compiled[1].intervals(date(2025, 3, 10)) == ()
    assert compiled[2].intervals(date(2025, 3, 10)) == ((540, 600),)
    assert compiled[2].intervals(date(2025, 3, 11)) == ((480, 720), (780, 1020))


@pytest.mark.parametrize(
    ("specs", "code"),
    [
        (
            [CalendarSpec(1, "A", STANDARD_WEEK), CalendarSpec(1, "B", STANDARD_WEEK)],
            "calendar.duplicate",
        ),
        ([CalendarSpec(1, "A", (None,) * 7, base_uid=9)], "calendar.missing_base"),
        (
            [
                CalendarSpec(1, "A", (None,) * 7, base_uid=2),
                CalendarSpec(2, "B", (None,) * 7, base_uid=1),
            ],
            "calendar.base_cycle",
        ),
        ([CalendarSpec(1, "A", (None,) * 7)], "calendar.no_pattern"),
        ([CalendarSpec(1, "A", (((600, 500),),) * 7)], "calendar.intervals"),
        ([CalendarSpec(1, "A", (((0, 700), (600, 800)),) * 7)], "calendar.intervals"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_by_name(specs, code):
    with pytest.raises(InvalidInput) as refused:
        compile_calendars(specs)

    assert refused.value.code == code


def test_a_calendar_without_working_time_is_refused_in_bounded_time():
    empty = compile_calendars([CalendarSpec(1, "Never", ((),) * 7)])[1]

    with pytest.raises(InvalidInput) as refused:
        empty.add(datetime(2025, 3, 7, 8), 1)

    assert refused.value.code == "calendar.no_working_time"
    with pytest.raises(InvalidInput):
        empty.next_start(datetime(2025, 3, 7, 8))


def test_a_lag_of_a_billion_hours_is_refused():
    with pytest.raises(InvalidInput) as refused:
        OFFICE.add(datetime(2025, 3, 7, 8), 60 * 10**9)

    assert refused.value.code == "calendar.out_of_range"


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@given(moments, st.integers(0, 200_000))
def test_the_difference_to_what_was_added_is_what_was_added(start, minutes):
    assert OFFICE.diff(start, OFFICE.add(start, minutes)) == minutes
    assert OFFICE.diff(OFFICE.sub(start, minutes), start) == minutes


@given(moments, moments, moments)
def test_differences_add_up(first, second, third):
    assert OFFICE.diff(first, second) + OFFICE.diff(second, third) == OFFICE.diff(first, third)
