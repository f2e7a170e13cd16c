# SPDX-License-Identifier: Apache-2.0
"""Working time: which minutes count, and arithmetic over them (DOMAIN 4.2)."""

from pilothouse.engine.calendars.spec import (
    STANDARD_DAY,
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    DayPattern,
    Interval,
    WorkWeek,
)
from pilothouse.engine.calendars.working_time import (
    WorkingTime,
    compile_calendars,
    elapsed_calendar,
)

__all__ = [
    "STANDARD_DAY",
    "STANDARD_WEEK",
    "CalendarException",
    "CalendarSpec",
    "DayPattern",
    "Interval",
    "WorkWeek",
    "WorkingTime",
    "compile_calendars",
    "elapsed_calendar",
]
