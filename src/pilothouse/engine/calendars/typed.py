# SPDX-License-Identifier: Apache-2.0
"""Calendars as people type them: spans of a day; exceptions and work weeks one to a line.

An exception is a day or two, perhaps ``yearly until 2035``, perhaps spans, and a name::

    2026-12-24 to 2026-12-26 Christmas
    2026-05-01 yearly until 2030 Labour day
    2026-12-31 08:00-12:00 New year's eve

A work week is a day or two, perhaps a name, and behind a colon its days with their spans::

    2026-06-01 to 2026-08-31 Summer: Mon-Thu 07:00-12:00, 13:00-16:00; Fri 07:00-12:00; Sat off
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import TypeVar

from pilothouse.engine.calendars.spec import CalendarException, DayPattern, WorkWeek
from pilothouse.engine.errors import InvalidInput

T = TypeVar("T")
FIRST_YEAR, LAST_YEAR = 1984, 2100
MOST_LINES = 2_000
MOST_SPANS = 20
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_LINE = re.compile(
    r"(?P<first>\d{4}-\d{2}-\d{2})"
    r"(?:\s*(?:to|–|\.\.|;|-(?=\s))\s*(?P<last>\d{4}-\d{2}-\d{2}))?"
    r"(?:\s+yearly\s+until\s+(?P<until>\d{4}))?"
    r"(?P<spans>(?:[\s,;]+\d{1,2}:\d{2}\s*[-–]\s*\d{1,2}:\d{2})*)"
    r"(?:[\s,;]+(?P<name>.*))?"
)
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NUMBER_OF = {name.casefold(): number for number, name in enumerate(DAY_NAMES)}
_NAMED = "(?:" + "|".join(DAY_NAMES) + ")"
_DAYS = re.compile(rf"({_NAMED})(?:\s*[-–]\s*({_NAMED}))?\s+(\d.*|off)", re.IGNORECASE)
_WEEK = re.compile(
    r"(?P<first>\d{4}-\d{2}-\d{2})"
    r"(?:\s*(?:to|–|\.\.|;|-(?=\s))\s*(?P<last>\d{4}-\d{2}-\d{2}))?"
    rf"(?:\s+(?P<name>.*?))?\s*:(?P<days>\s*{_NAMED}\b.*|\s*)",
    re.IGNORECASE,
)
MOST_WEEKS = 200
MOST_NAME = 200


def read_day(text: str) -> DayPattern:
    """Working time of one day; empty is a day off.

    Raises
    ------
    InvalidInput
        ``calendar.intervals``, which quotes the span.

    Examples
    --------
    >>> read_day("08:00-12:00, 13:00-17:00")
    ((480, 720), (780, 1020))
    """
    spans: list[tuple[int, int]] = []
    for part in re.split(r"[,;]|(?<=\d)\s+(?=\d{1,2}:)", text.strip()):
        bare = part.strip()
        if not bare:
            continue
        found = _SPAN.fullmatch(bare)
        if found is None:
            raise _wrong(f"‘{bare[:40]}’ is no span of time; write 08:00-12:00, 13:00-17:00.")
        hours = [int(value) for value in found.groups()]
        start, end = 60 * hours[0] + hours[1], 60 * hours[2] + hours[3]
        if hours[1] > 59 or hours[3] > 59 or end > 1440:
            raise _wrong(f"‘{bare}’ is no time of a day.")
        if end <= start:
            raise _wrong(f"‘{bare}’ ends before it starts; write a night as two days.")
        if spans and start < spans[-1][1]:
            raise _wrong(f"‘{bare}’ overlaps the span before it.")
        spans.append((start, end))
    if len(spans) > MOST_SPANS:
        raise _wrong(f"A day has {len(spans)} spans; at most {MOST_SPANS} are kept.")
    return tuple(spans)


def write_day(pattern: DayPattern) -> str:
    """The day as text that ``read_day`` gives back."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in pattern)


def read_exceptions(text: str) -> tuple[CalendarException, ...]:
    """Days that do not follow the week, from lines.

    Raises
    ------
    InvalidInput
        ``calendar.exceptions``, which names the line and says what is wrong.

    Examples
    --------
    >>> [str(item.first) for item in read_exceptions("2026-05-01 yearly until 2028 May day")]
    ['2026-05-01', '2027-05-01', '2028-05-01']
    """
    try:
        found = [item for items in _lines(text, _line) for item in items]
    except ValueError as error:
        raise InvalidInput("calendar.exceptions", str(error)) from None
    if len(found) > MOST_LINES:
        raise InvalidInput(
            "calendar.exceptions", f"A calendar has {MOST_LINES:,} exceptions at most."
        )
    return tuple(sorted(found, key=lambda item: (item.first, item.last)))


def write_exceptions(exceptions: Sequence[CalendarException]) -> str:
    """Exceptions as lines that ``read_exceptions`` gives back."""
    return "\n".join(_written(item, write_day(item.intervals)) for item in exceptions)


def _written(item: CalendarException | WorkWeek, spans: str = "") -> str:
    """Its days, what is worked and its name."""
    last = f"to {item.last}" if item.last != item.first else ""
    words = (item.first.isoformat(), last, spans, " ".join(item.name.split()))
    return " ".join(filter(None, words))


def read_work_weeks(text: str) -> tuple[WorkWeek, ...]:
    """Weeks that take the place of the ordinary one for a time, in the order of their lines.

    A day that a line does not name falls through to the ordinary week.

    Raises
    ------
    InvalidInput
        ``calendar.work_weeks``, which names the line and says what is wrong.

    Examples
    --------
    >>> read_work_weeks("2026-06-01 to 2026-08-31 Summer: Mon-Thu 07:00-16:00; Fri off")[0].week[3:]
    (((420, 960),), (), None, None)
    """
    try:
        found = _lines(text, _work_week)
    except ValueError as error:
        raise InvalidInput("calendar.work_weeks", str(error)) from None
    if len(found) > MOST_WEEKS:
        raise InvalidInput(
            "calendar.work_weeks", f"A calendar has {MOST_WEEKS} work weeks at most."
        )
    return tuple(found)


def write_work_weeks(weeks: Sequence[WorkWeek]) -> str:
    """Work weeks as lines that ``read_work_weeks`` gives back."""
    return "\n".join(f"{_written(item)}: {_written_week(item.week)}".rstrip() for item in weeks)


def _written_week(week: Sequence[DayPattern | None]) -> str:
    parts = []
    for pattern, days in groupby(enumerate(week), key=lambda day: day[1]):
        if pattern is not None:
            names = [DAY_NAMES[number] for number, _ in days]
            span = names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}"
            parts.append(f"{span} {write_day(pattern) or 'off'}")
    return "; ".join(parts)


def _lines(text: str, read: Callable[[str], T]) -> list[T]:
    """What each line that is not empty says; ValueError names the line that cannot be read."""
    found: list[T] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            found.append(read(raw.strip()))
        except (InvalidInput, ValueError) as error:
            reason = error.message if isinstance(error, InvalidInput) else str(error)
            raise ValueError(f"Line {number}, ‘{raw.strip()[:60]}’: {reason}") from None
        if len(found) > MOST_LINES:
            raise ValueError(f"There are more than {MOST_LINES:,} lines.")
    return found


def _period(found: re.Match[str]) -> tuple[date, date]:
    first = _day(found["first"])
    last = _day(found["last"]) if found["last"] else first
    if last < first:
        raise ValueError(f"{last} lies before {first}.")
    return first, last


def _work_week(text: str) -> WorkWeek:
    found = _WEEK.fullmatch(text)
    if found is None:
        raise ValueError(
            "write days such as 2026-06-01 to 2026-08-31, a name, a colon, and what is worked: "
            "Mon-Thu 07:00-16:00; Fri off."
        )
    first, last = _period(found)
    week: list[DayPattern | None] = [None] * 7
    for part in filter(None, (part.strip() for part in found["days"].split(";"))):
        days = _DAYS.fullmatch(part)
        if days is None:
            raise ValueError(f"‘{part[:40]}’ is no day with its spans; write Mon-Fri 08:00-16:00.")
        begin = _NUMBER_OF[days[1].casefold()]
        end = _NUMBER_OF[days[2].casefold()] if days[2] else begin
        if end < begin:
            raise ValueError(f"‘{part[:40]}’: {days[2]} comes before {days[1]} in a week.")
        pattern = () if days[3].casefold() == "off" else read_day(days[3])
        for number in range(begin, end + 1):
            if week[number] is not None:
                raise ValueError(f"{DAY_NAMES[number]} is named twice.")
            week[number] = pattern
    return WorkWeek(first, last, tuple(week), (found["name"] or "").strip()[:MOST_NAME])


def _line(text: str) -> list[CalendarException]:
    found = _LINE.fullmatch(text)
    if found is None:
        raise ValueError("write a day such as 2026-12-24, then perhaps to 2026-12-26, and a name.")
    first, last = _period(found)
    pattern = read_day(found["spans"].strip(" ,;\t"))
    name = (found["name"] or "").strip()[:120]
    until = int(found["until"]) if found["until"] else first.year
    if not first.year <= until <= LAST_YEAR:
        raise ValueError(f"the year {until} is not between {first.year} and {LAST_YEAR}.")
    return [
        CalendarException(_in_year(first, years), _in_year(last, years), pattern, name)
        for years in range(until - first.year + 1)
    ]


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"‘{text}’ is no day of the calendar.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year {day.year} is not between {FIRST_YEAR} and {LAST_YEAR}.")
    return day


def _in_year(day: date, shift: int) -> date:
    """The same day some years later; 29 February becomes the 28th where there is none."""
    year = day.year + shift
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _wrong(message: str) -> InvalidInput:
    return InvalidInput("calendar.intervals", message)
