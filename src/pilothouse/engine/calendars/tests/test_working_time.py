# SPDX-License-Identifier: Apache-2.0
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.engine.calendars import (
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    WorkWeek,
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
        (
            [CalendarSpec(1, "A", STANDARD_WEEK)]
            + [CalendarSpec(uid, "B", (None,) * 7, base_uid=uid - 1) for uid in range(2, 19)],
            "calendar.base_depth",
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


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), max_size=12)


@given(SPANS)
def test_of_exceptions_that_overlap_the_later_in_the_list_wins(spans):
    first = date(2025, 3, 3)
    day = timedelta(days=1)
    exceptions = tuple(
        CalendarException(first + begin * day, first + (begin + length) * day, ((rank, 1440),))
        for rank, (begin, length) in enumerate(spans)
    )
    [calendar] = compile_calendars([CalendarSpec(1, "Odd", ((),) * 7, exceptions)]).values()

    for number in range(-1, 102):
        holding = [rank for rank, (b, length) in enumerate(spans) if b <= number <= b + length]
        expected = ((holding[-1], 1440),) if holding else ()
        assert calendar.intervals(first + number * day) == expected


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


BUSY = compile_calendars(
    [
        CalendarSpec(
            1,
            "Busy",
            (
                ((0, 90), (1410, 1440)),
                ((0, 1440),),
                ((0, 1440),),
                (),
                ((480, 495),),
                (),
                ((60, 61),),
            ),
            (CalendarException(date(2025, 3, 1), date(2025, 3, 20), (), "Closed"),),
        )
    ]
)[1]
FIRST = datetime(2025, 2, 10)
SPAN = 60 * 1440
WORKS = [
    any(
        start <= minute % 1440 < end
        for start, end in BUSY.intervals((FIRST + timedelta(days=minute // 1440)).date())
    )
    for minute in range(SPAN)
]


def counted_forward(minute, minutes):
    while minutes:
        minutes -= WORKS[minute]
        minute += 1
    return minute


def counted_back(minute, minutes):
    while minutes:
        minute -= 1
        minutes -= WORKS[minute]
    return minute


@given(st.integers(20 * 1440, 40 * 1440), st.integers(1, 3000))
def test_adding_and_subtracting_count_minute_by_minute(minute, minutes):
    at = FIRST + timedelta(minutes=minute)

    assert BUSY.add(at, minutes) == FIRST + timedelta(minutes=counted_forward(minute, minutes))
    assert BUSY.sub(at, minutes) == FIRST + timedelta(minutes=counted_back(minute, minutes))
    assert BUSY.add(at, -minutes) == BUSY.sub(at, minutes)


@given(st.integers(0, SPAN), st.integers(0, SPAN))
def test_differences_count_minute_by_minute(first, second):
    low, high = min(first, second), max(first, second)

    found = BUSY.diff(FIRST + timedelta(minutes=low), FIRST + timedelta(minutes=high))

    assert found == sum(WORKS[low:high])


@given(st.integers(20 * 1440, 40 * 1440))
def test_starts_and_finishes_stand_at_working_minutes(minute):
    start = finish = minute
    while not WORKS[start]:
        start += 1
    while not WORKS[finish - 1]:
        finish -= 1
    at = FIRST + timedelta(minutes=minute)

    assert BUSY.next_start(at) == FIRST + timedelta(minutes=start)
    assert BUSY.previous_finish(at) == FIRST + timedelta(minutes=finish)


def test_a_calendar_that_never_closes_counts_every_minute():
    always = elapsed_calendar()
    start = datetime(1950, 1, 1, 13, 7)

    assert always.add(start, 50 * 365 * 1440) == start + timedelta(days=50 * 365)
    assert (
        always.diff(start, datetime(2150, 1, 1)) == (datetime(2150, 1, 1) - start).days * 1440 + 653
    )
    assert always.next_start(datetime(2025, 3, 8)) == datetime(2025, 3, 8)
    assert always.previous_finish(datetime(2025, 3, 8)) == datetime(2025, 3, 8)


def test_the_autumn_change_lengthens_a_shift_and_days_without_change_are_plain():
    spec = CalendarSpec(1, "Night", (((0, 360), (1320, 1440)),) * 7)
    night = compile_calendars([spec], zone=ZoneInfo("Europe/Berlin"))[1]

    assert night.diff(datetime(2025, 10, 25, 22), datetime(2025, 10, 26, 6)) == 540
    assert night.add(datetime(2025, 10, 25, 22), 540) == datetime(2025, 10, 26, 6)
    assert night.sub(datetime(2025, 10, 26, 6), 540) == datetime(2025, 10, 25, 22)
    assert night.add(datetime(2025, 3, 29, 22), 420) == datetime(2025, 3, 30, 6)
    assert night.add(datetime(2025, 6, 1, 22), 480) == datetime(2025, 6, 2, 6)


def test_calendars_meet_and_unite():
    night = compile_calendars([CalendarSpec(1, "Night", (((0, 360), (990, 1440)),) * 7)])[1]
    day = date(2025, 3, 10)

    assert OFFICE.intersect(night).intervals(day) == ((990, 1020),)
    assert OFFICE.unite(night).intervals(day) == ((0, 360), (480, 720), (780, 1440))
    assert OFFICE.unite(night).intervals(date(2025, 3, 9)) == ((0, 360), (990, 1440))


def test_of_two_exceptions_on_a_day_the_later_in_the_list_wins():
    long = CalendarException(date(2025, 1, 1), date(2025, 12, 31), ())
    short = CalendarException(date(2025, 3, 10), date(2025, 3, 10), ((540, 600),))

    for exceptions, expected in (((long, short), ((540, 600),)), ((short, long), ())):
        spec = CalendarSpec(1, "A", STANDARD_WEEK, exceptions)
        assert compile_calendars([spec])[1].intervals(date(2025, 3, 10)) == expected


def test_a_work_week_replaces_the_week_and_falls_through_where_it_says_nothing():
    week = WorkWeek(
        date(2025, 3, 10), date(2025, 3, 16), (((540, 600),), None, None, None, None, None, None)
    )
    summer = compile_calendars([CalendarSpec(1, "Summer", STANDARD_WEEK, (), (week,))])[1]

    assert summer.intervals(date(2025, 3, 10)) == ((540, 600),)
    assert summer.intervals(date(2025, 3, 11)) == ((480, 720), (780, 1020))
    assert summer.intervals(date(2025, 3, 17)) == ((480, 720), (780, 1020))


@pytest.mark.parametrize("instant", [datetime(1899, 12, 31), datetime(9999, 1, 1)])
def test_a_date_out_of_range_is_refused(instant):
    with pytest.raises(InvalidInput) as refused:
        OFFICE.add(instant, 1)

    assert refused.value.code == "calendar.out_of_range"
