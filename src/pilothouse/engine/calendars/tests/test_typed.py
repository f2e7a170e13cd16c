# SPDX-License-Identifier: Apache-2.0
"""Calendars as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from pilothouse.engine.calendars import CalendarException
from pilothouse.engine.calendars.typed import (
    read_day,
    read_exceptions,
    write_day,
    write_exceptions,
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
