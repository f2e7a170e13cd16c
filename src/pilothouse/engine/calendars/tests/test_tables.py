# SPDX-License-Identifier: Apache-2.0
"""Arithmetic over a book gives what the calendar itself gives."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.calendars import (
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    compile_calendars,
    elapsed_calendar,
    kernels,
)
from pilothouse.engine.calendars.tables import CalendarTables
from pilothouse.engine.errors import InvalidInput

NIGHT = (((0, 360), (1320, 1440)),) * 7
SPECS = [
    CalendarSpec(
        1,
        "Office",
        STANDARD_WEEK,
        (CalendarException(date(2025, 12, 20), date(2026, 1, 6), ()),),
    ),
    CalendarSpec(2, "Night", NIGHT),
    CalendarSpec(3, "Bits", tuple(((0, 1), (1, 2), (700, 1440)) if d else () for d in range(7))),
]
PLAIN = [*compile_calendars(SPECS).values(), elapsed_calendar()]
BERLIN = list(compile_calendars(SPECS, zone=ZoneInfo("Europe/Berlin")).values())
FIRST = PLAIN[0].position(datetime(2025, 1, 1))
LAST = PLAIN[0].position(datetime(2027, 1, 1))
# The clock leaves out this hour; no instant lies there.
LOST = [PLAIN[0].position(datetime(2025, 3, 30, 2)), PLAIN[0].position(datetime(2026, 3, 29, 2))]
BOOKS = {
    "plain": CalendarTables(PLAIN).book(FIRST - 400 * 1440, LAST + 400 * 1440),
    "Berlin": CalendarTables(BERLIN).book(FIRST - 400 * 1440, LAST + 400 * 1440),
}


@pytest.mark.parametrize(("zone", "calendars"), [("plain", PLAIN), ("Berlin", BERLIN)])
@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    number=st.integers(0, 2),
    position=st.integers(FIRST, LAST),
    snap=st.sampled_from([1, 60, 360]),
    minutes=st.integers(-60_000, 60_000),
)
def test_a_book_counts_as_its_calendar_does(zone, calendars, number, position, snap, minutes):
    book, calendar = BOOKS[zone], calendars[number]
    position -= position % snap
    if any(lost <= position < lost + 60 for lost in LOST):
        position += 60

    assert kernels.start_at(book, number, position) == calendar.start_at(position)
    assert kernels.finish_at(book, number, position) == calendar.finish_at(position)
    other = kernels.add_at(book, number, position, minutes)
    assert other == calendar.add_at(position, minutes)
    assert kernels.sub_at(book, number, position, minutes) == calendar.sub_at(position, minutes)
    assert kernels.diff_at(book, number, position, other) == calendar.diff_at(position, other)
    assert book[kernels.CODE] == 0


def test_a_finish_stays_where_the_clock_is_put_forward_within_a_shift():
    forward = PLAIN[0].position(datetime(2025, 3, 30, 3))

    assert kernels.finish_at(BOOKS["Berlin"], 1, forward) == forward
    assert BERLIN[1].finish_at(forward) == forward


def test_a_step_that_leaves_the_book_gets_a_wider_one():
    calls = []

    def step(book):
        calls.append(kernels.add_at(book, 0, FIRST, 480 * 2600))

    CalendarTables(PLAIN).run(FIRST, FIRST, step)

    assert len(calls) > 1
    assert calls[-1] == PLAIN[0].add_at(FIRST, 480 * 2600)


@pytest.mark.parametrize(
    ("week", "exceptions", "minutes", "code"),
    [
        (((),) * 7, (), 60, "calendar.no_working_time"),
        (STANDARD_WEEK, (), 1 << 40, "calendar.out_of_range"),
        (STANDARD_WEEK, (), -(1 << 40), "calendar.out_of_range"),
        (
            STANDARD_WEEK,
            (CalendarException(date(2025, 2, 1), date(2028, 2, 1), ()),),
            480 * 60,
            "calendar.no_working_time",
        ),
    ],
)
def test_what_no_book_can_hold_is_refused_with_its_place(week, exceptions, minutes, code):
    [calendar] = compile_calendars([CalendarSpec(1, "Odd", week, exceptions)]).values()

    def step(book):
        kernels.add_at(book, 0, FIRST, minutes)
        book[kernels.NODE] = 7

    with pytest.raises(InvalidInput) as refused:
        CalendarTables([calendar]).run(FIRST, FIRST, step)

    assert (refused.value.code, refused.value.places) == (code, ("7",))
