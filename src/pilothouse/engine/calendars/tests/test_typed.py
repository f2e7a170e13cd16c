# SPDX-License-Identifier: Apache-2.0
"""Calendars as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from pilothouse.engine.calendars import CalendarException, WorkWeek
from pilothouse.engine.calendars.typed import (
    read_day,
    read_exceptions,
    read_work_weeks,
    write_day,
    write_exceptions,
    write_work_weeks,
)
from pilothouse.engine.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("08:00-12:00", ((480, 720),)),
        ("8:00–12:00 13:00–17:00", ((480, 720), (780, 1020))),
        ("22:00-24:00", ((1320, 1440),)),
    ],
)
def test_a_day_is_read_and_written_back(text, spans):
    assert read_day(text) == spans
    assert read_day(write_day(spans)) == spans


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("8-12", "no span of time"),
        ("08:00-25:00", "no time of a day"),
        ("08:61-09:00", "no time of a day"),
        ("12:00-12:00", "ends before it starts"),
        ("08:00-12:00, 11:00-13:00", "overlaps"),
        (", ".join(f"{hour:02}:00-{hour:02}:30" for hour in range(21)), "at most 20"),
    ],
)
def test_what_is_no_working_time_is_quoted(text, reason):
    with pytest.raises(InvalidInput, match=reason):
        read_day(text)


def test_a_list_of_holidays_is_read_and_written_back():
    text = "2026-12-24 to 2026-12-26 Christmas\n\n2026-05-01 May day\n2026-12-31 08:00-12:00 Eve"

    found = read_exceptions(text)

    assert found == (
        CalendarException(date(2026, 5, 1), date(2026, 5, 1), (), "May day"),
        CalendarException(date(2026, 12, 24), date(2026, 12, 26), (), "Christmas"),
        CalendarException(date(2026, 12, 31), date(2026, 12, 31), ((480, 720),), "Eve"),
    )
    assert read_exceptions(write_exceptions(found)) == found


def test_the_wrong_line_is_named():
    with pytest.raises(InvalidInput, match="Line 3, ‘tomorrow’"):
        read_exceptions("2026-05-01 May day\n\ntomorrow")


def test_work_weeks_are_read_and_written_back_in_their_order():
    summer = ((420, 720), (780, 960))
    text = (
        "2026-06-01 to 2026-08-31 Summer: 2 shifts: Mon-Thu 07:00-12:00, 13:00-16:00; "
        "Fri 07:00-12:00; Sat off\n"
        "2026-01-05: mon 06:00-14:00\n"
        "2026-09-01 to 2026-09-04 As usual:"
    )

    found = read_work_weeks(text)

    assert found == (
        WorkWeek(
            date(2026, 6, 1),
            date(2026, 8, 31),
            (*(summer,) * 4, ((420, 720),), (), None),
            "Summer: 2 shifts",
        ),
        WorkWeek(date(2026, 1, 5), date(2026, 1, 5), (((360, 840),), *(None,) * 6)),
        WorkWeek(date(2026, 9, 1), date(2026, 9, 4), (None,) * 7, "As usual"),
    )
    assert read_work_weeks(write_work_weeks(found)) == found


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2026-06-01 Summer", "write days such as"),
        ("2026-06-02 to 2026-06-01: Mon off", "lies before"),
        ("2026-06-01: Mon 8-12", "no span of time"),
        ("2026-06-01: Mon; Tue off", "no day with its spans"),
        ("2026-06-01: Fri-Mon off", "comes before"),
        ("2026-06-01: Mon-Wed off; Tue 08:00-12:00", "Tue is named twice"),
        ("1983-06-01: Mon off", "1983"),
    ],
)
def test_a_line_that_is_no_work_week_is_named(line, reason):
    with pytest.raises(InvalidInput, match=f"Line 2.*{reason}"):
        read_work_weeks(f"2026-06-01: Mon off\n{line}")
